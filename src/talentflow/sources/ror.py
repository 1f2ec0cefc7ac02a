"""Which organizations does the Research Organization Registry know, and under which names?

Reads data dumps in schema v2 and v1 (https://ror.readme.io/docs/data-structure), plain or
zipped, several at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa

from talentflow.core.areas import AREA_INDEX, area_names
from talentflow.core.contracts import ORGANIZATION_NAMES, ORGANIZATIONS, REJECTS, check_table
from talentflow.core.errors import InputError
from talentflow.sources.archives import read_document
from talentflow.sources.evidence import RAW_LIMIT_BYTES

SOURCE: Final = "ror"

_SECTOR_OF_TYPE: Final = {
    "education": "university",
    "healthcare": "healthcare",
    "company": "company",
    "government": "government",
    "facility": "facility",
    "nonprofit": "nonprofit",
}
"""In order of priority where a record has several types: a teaching hospital is a university,
a government laboratory is government. `archive`, `funder` and `other` say nothing."""

_KINDS: Final = (
    ("ror_display", "display"),
    ("label", "label"),
    ("alias", "alias"),
    ("acronym", "acronym"),
)
_KIND_OF_TYPE: Final = dict(_KINDS)
_STATUSES: Final = ("active", "inactive", "withdrawn")
_ROR_ID: Final = re.compile(r"(?:https?://)?(?:www\.)?(?:ror\.org/)?(0[a-z0-9]{6}[0-9]{2})/?")
_URL: Final = re.compile(
    r"(?:[a-z]+:)?(?://)?(?:www\d?\.)?([\w-]+(?:\.[\w-]+)+)\.?(?::\d+)?(?:[/?#]+(.*))?"
)
_FRONT_PAGE: Final = re.compile(
    r"(?:\w\w|english|about(?:-us)?)?/?(?:(?:index|home|default|main)(?:\.\w{2,5})?)?/*"
)
_IN_COUNTRY: Final = re.compile(r"\(([^()]+)\)$")


@dataclass(frozen=True, kw_only=True)
class RorFile:
    """What became of the records of one file: read = used + superseded + rejected.

    `superseded`: another file holds a newer record of the same organization.
    """

    file: str
    read: int
    used: int
    superseded: int
    rejected: int


@dataclass(frozen=True, kw_only=True)
class RorTables:
    """Tables of the contracts of the same names, and an account of each file."""

    organizations: pa.Table
    organization_names: pa.Table
    rejects: pa.Table
    files: tuple[RorFile, ...]


class _Name(msgspec.Struct, gc=False):
    value: str
    types: list[str]
    lang: str | None = None


class _Geonames(msgspec.Struct, gc=False):
    country_code: str | None = None
    name: str | None = None


class _Location(msgspec.Struct, gc=False):
    geonames_details: _Geonames


class _Relation(msgspec.Struct, gc=False):
    id: str
    label: str
    type: str


class _Link(msgspec.Struct, gc=False):
    value: str
    type: str | None = None


class _Label(msgspec.Struct, gc=False):
    label: str
    iso639: str | None = None


class _Change(msgspec.Struct, gc=False):
    date: str = ""


class _Admin(msgspec.Struct, gc=False):
    last_modified: _Change | None = None


class _Address(msgspec.Struct, gc=False):
    city: str | None = None


class _Country(msgspec.Struct, gc=False):
    country_code: str | None = None


class _Record(msgspec.Struct, gc=False):
    """One organization as either schema writes it; `names` is v2's, `name` v1's."""

    id: str
    types: list[str] = []
    status: str = "active"
    established: int | None = None
    relationships: list[_Relation] = []
    links: list[_Link | str] = []
    names: list[_Name] | None = None
    locations: list[_Location] = []
    domains: list[str] = []
    admin: _Admin | None = None
    name: str | None = None
    aliases: list[str] = []
    acronyms: list[str] = []
    labels: list[_Label] = []
    addresses: list[_Address] = []
    country: _Country | None = None


class _Organization(msgspec.Struct, gc=False):
    """One record made uniform. `version` orders records of one organization."""

    id: str
    names: tuple[tuple[str, str, str | None], ...]  # name, kind, language
    country: str | None
    city: str | None
    sector: str | None
    status: str
    established: int | None
    domains: tuple[str, ...]
    relations: tuple[tuple[str, str, str], ...]  # kind, id, label
    version: tuple[int, str, int]
    file: int


class _BadRecordError(Exception):
    """`args`: reason, detail."""


def read_ror(paths: Sequence[Path]) -> RorTables:
    """All organizations of the given dumps (`.json`, or `.zip` holding one).

    Of an organization found in several files the v2 record is used, then the newest, then
    the last given. Organizations that occur only as relatives of others are included with
    the name given there and the country that their name or all their relatives state.
    Records that cannot be used become rejects. Raises `InputError` for an unusable file.
    """
    found: dict[str, _Organization] = {}
    rejects: list[dict[str, object]] = []
    read: list[int] = []
    for position, path in enumerate(paths):
        member, data = read_document(path, prefer=_prefer_v2)
        raws = _split_records(path, data)
        read.append(len(raws))
        for row, raw in enumerate(raws):
            try:
                organization = _read_record(raw, position)
            except _BadRecordError as bad:
                rejects.append(_reject(path.name, member, row, raw, bad))
                continue
            known = found.get(organization.id)
            if known is None or organization.version >= known.version:
                found[organization.id] = organization
    used = [0] * len(paths)
    for organization in found.values():
        used[organization.file] += 1
    organizations = sorted([*found.values(), *_name_relatives(found)], key=lambda o: o.id)
    return RorTables(
        organizations=_build_organizations(organizations),
        organization_names=_build_names(organizations),
        rejects=REJECTS.from_rows(rejects),
        files=tuple(_count_files(paths, read, used, rejects)),
    )


def _prefer_v2(member: str) -> int:
    name = member.lower().rsplit("/", 1)[-1]
    return 2 if "schema_v2" in name else 1 if name.startswith("v2") else 0


def _split_records(path: Path, data: bytes) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(data, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"not a ROR data dump: {error}",
            expected="a JSON array of ROR records",
            where=str(path),
            next_step="download the dump again; it may be cut short",
        ) from error


_DECODER: Final = msgspec.json.Decoder(_Record)


def _read_record(raw: msgspec.Raw, file: int) -> _Organization:
    try:
        record = _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _BadRecordError("bad_record", str(error)) from error
    identifier = _parse_id(record.id)
    if identifier is None:
        raise _BadRecordError("bad_id", f"{record.id!r} is not a ROR id")
    names = _list_names(record)
    if not any(kind == "display" for _, kind, _ in names):
        raise _BadRecordError("no_name", "no display name")
    status = record.status.lower()
    if status not in _STATUSES:
        raise _BadRecordError("bad_status", f"{record.status!r}, expected {', '.join(_STATUSES)}")
    country, city = _locate(record)
    if country is not None and country not in AREA_INDEX:
        raise _BadRecordError("bad_country", f"{country!r} is not an ISO 3166-1 code")
    year = record.established
    modified = record.admin.last_modified if record.admin else None
    return _Organization(
        id=identifier,
        names=names,
        country=country,
        city=city,
        sector=_sector_of(record.types),
        status=status,
        established=year if year is not None and 0 < year < 2200 else None,
        domains=tuple(dict.fromkeys(_list_domains(record))),
        relations=tuple(_list_relations(record)),
        version=(2 if record.names is not None else 1, modified.date if modified else "", file),
        file=file,
    )


def _sector_of(types: list[str]) -> str | None:
    if len(types) == 1:  # as most records have
        return _SECTOR_OF_TYPE.get(types[0].lower())
    known = {t.lower() for t in types}
    return next((sector for t, sector in _SECTOR_OF_TYPE.items() if t in known), None)


def _parse_id(text: str) -> str | None:
    match = _ROR_ID.fullmatch(text.strip().lower())
    return f"https://ror.org/{match[1]}" if match else None


def _list_names(record: _Record) -> tuple[tuple[str, str, str | None], ...]:
    if record.names is None:
        given: Iterable[tuple[str | None, str, str | None]] = (
            (record.name, "display", None),
            *((label.label, "label", label.iso639) for label in record.labels),
            *((alias, "alias", None) for alias in record.aliases),
            *((acronym, "acronym", None) for acronym in record.acronyms),
        )
    else:
        given = ((name.value, _kind_of(name.types), name.lang) for name in record.names)
    found: dict[tuple[str, str], tuple[str, str, str | None]] = {}
    for name, kind, language in given:
        stripped = " ".join((name or "").split())
        if stripped:
            found.setdefault((stripped, kind), (stripped, kind, language))
    return tuple(found.values())


def _kind_of(types: list[str]) -> str:
    if len(types) == 1:  # as most names are
        return _KIND_OF_TYPE.get(types[0], "alias")
    return next((kind for kind_type, kind in _KINDS if kind_type in types), "alias")


def _locate(record: _Record) -> tuple[str | None, str | None]:
    if record.locations:
        place = record.locations[0].geonames_details
        return place.country_code or None, place.name or None
    country = record.country.country_code if record.country else None
    city = record.addresses[0].city if record.addresses else None
    return country or None, city or None


def _list_domains(record: _Record) -> Iterator[str]:
    for domain in record.domains:
        if host := _host(domain):
            yield host
    for link in record.links:
        url = link if isinstance(link, str) else link.value
        if (isinstance(link, str) or link.type in (None, "website")) and (host := _own_host(url)):
            yield host


def _own_host(url: str) -> str | None:
    """The host of a website, unless the site is a page below somebody else's host."""
    match = _URL.fullmatch(url.strip().lower())
    if match is None or (match[2] and not _FRONT_PAGE.fullmatch(match[2])):
        return None
    return match[1]


def _host(domain: str) -> str | None:
    match = _URL.fullmatch(domain.strip().lower())
    return match[1] if match else None


def _list_relations(record: _Record) -> Iterator[tuple[str, str, str]]:
    for relation in record.relationships:
        identifier = _parse_id(relation.id)
        if identifier:
            yield relation.type.lower(), identifier, relation.label.strip()


def _name_relatives(found: dict[str, _Organization]) -> Iterator[_Organization]:
    """Organizations that only their relatives mention, as records without sector or domains."""
    labels: dict[str, str] = {}
    countries: dict[str, set[str | None]] = {}
    for organization in found.values():
        for _, identifier, label in organization.relations:
            if identifier not in found and label:
                labels.setdefault(identifier, label)
                # branches of a company lie anywhere
                near = None if organization.sector == "company" else organization.country
                countries.setdefault(identifier, set()).add(near)
    codes = {name: code for code, name in area_names("en").items()}
    for identifier, label in labels.items():
        suffix = _IN_COUNTRY.search(label)
        around = countries[identifier]
        country = codes.get(suffix[1]) if suffix else None
        if country is None and len(around) == 1:
            (country,) = around
        yield _Organization(
            id=identifier,
            names=((label, "display", None),),
            country=country,
            city=None,
            sector=None,
            status="active",
            established=None,
            domains=(),
            relations=(),
            version=(0, "", 0),
            file=-1,
        )


def _build_organizations(organizations: Sequence[_Organization]) -> pa.Table:
    columns: dict[str, list[Any]] = {
        "organization_id": [o.id for o in organizations],
        "name": [next(n for n, kind, _ in o.names if kind == "display") for o in organizations],
        "country": [o.country for o in organizations],
        "city": [o.city for o in organizations],
        "sector": [o.sector for o in organizations],
        "status": [o.status for o in organizations],
        "successor_id": [_first_relative(o, "successor") for o in organizations],
        "parent_id": [_first_relative(o, "parent") for o in organizations],
        "established": [o.established for o in organizations],
        "domains": [o.domains for o in organizations],
    }
    return check_table(pa.table(columns, schema=ORGANIZATIONS.schema), ORGANIZATIONS)


def _first_relative(organization: _Organization, kind: str) -> str | None:
    for found, identifier, _ in organization.relations:
        if found == kind:
            return identifier
    return None


def _build_names(organizations: Sequence[_Organization]) -> pa.Table:
    rows = [(o.id, *name) for o in organizations for name in o.names]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    names = pa.table(columns, schema=ORGANIZATION_NAMES.schema)
    return check_table(names, ORGANIZATION_NAMES)


def _reject(
    file: str, member: str, row: int, raw: msgspec.Raw, bad: _BadRecordError
) -> dict[str, object]:
    reason, detail = bad.args
    return {
        "source": SOURCE,
        "file": file,
        "position": f"{file}#{member}/{row}" if member != file else f"{file}#{row}",
        "reason": reason,
        "detail": detail,
        "raw": bytes(raw)[:RAW_LIMIT_BYTES].decode("utf-8", "replace"),
        "rows": 1,
    }


def _count_files(
    paths: Sequence[Path],
    read: Sequence[int],
    used: Sequence[int],
    rejects: Sequence[dict[str, object]],
) -> Iterator[RorFile]:
    for position, path in enumerate(paths):
        rejected = sum(reject["file"] == path.name for reject in rejects)
        yield RorFile(
            file=path.name,
            read=read[position],
            used=used[position],
            superseded=read[position] - used[position] - rejected,
            rejected=rejected,
        )
