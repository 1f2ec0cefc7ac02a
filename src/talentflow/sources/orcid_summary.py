"""What education and employment does one ORCID summary hold?

A summary is one XML document of ORCID's message schema 3.0 (2.0 is read as well):
`record/activities-summary/educations/affiliation-group/education-summary`, and the same for
employments. Summaries in the layout of the public data file are read by looking only at the few
parts that matter; whatever is laid out otherwise goes to a real parser, which refuses document
types, so no entity is ever expanded and nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from xml.parsers import expat

from talentflow.sources.evidence import Affiliation
from talentflow.sources.identifiers import find_profiles, normalise_orcid
from talentflow.sources.positions import Person, Position, Refusal, describe_place

Tokens = list[tuple[str, str, str]]
"""Elements in document order: local name, attributes or nothing, text before the next element."""


class History(NamedTuple):
    """Whose summary it is, and the entries as they stand, dated or not."""

    person: Person
    positions: list[Position]


class Cut(NamedTuple):
    """The part of one summary that says something: `text` is a whole document, or where `usual`
    its elements from the ORCID iD to the last position."""

    text: bytes
    usual: bool


def cut_summary(buffer: bytes, start: int, stop: int) -> Cut | None:
    """What to read of the summary in `buffer[start:stop]`; null where the person tells of no
    position. At the least doubt it is all of it."""
    body = buffer.find(b"<common:orcid-identifier", start, stop)
    at = buffer.find(_OWN_PATH, start, body) + len(_OWN_PATH)
    # All documents of an archive begin alike but for the ORCID iD.
    if (
        body < 0
        or not _is_usual(buffer[start:at] + buffer[at + _ORCID_LENGTH : body])
        or b"</record:record>" not in buffer[stop - 24 : stop]
    ):
        return Cut(buffer[start:stop], False)
    end, tells = body, False
    for name in (b"educations", b"employments"):
        at = buffer.find(name, end, stop)
        if at < 0:
            continue
        end = buffer.find(b">", at, stop) + 1
        if buffer[at - 12 : at] != b"<activities:" or not end:
            return Cut(buffer[start:stop], False)
        if buffer[end - 2 : end - 1] != b"/":
            close = b"</activities:" + name + b">"
            end = buffer.find(close, end, stop) + len(close)
            if end < len(close):
                return Cut(buffer[start:stop], False)
            tells = True
    text = buffer[body:end]
    if not _is_plain(text):
        return Cut(buffer[start:stop], False)
    return Cut(text, True) if tells else None


def read_cut(cut: Cut) -> History | Refusal | None:
    """The history; null where there is none, `Refusal` where the document cannot be trusted or
    read."""
    if not cut.usual:
        return read_carefully(cut.text)
    found = _read_usual(cut.text)
    if found is _UNUSUAL:
        return read_carefully(_complete(cut.text))
    return found  # type: ignore[return-value]  # the sentinel has gone above


def read_summary(document: bytes) -> History | Refusal | None:
    """The history of one document."""
    cut = cut_summary(document, 0, len(document))
    return None if cut is None else read_cut(cut)


def read_carefully(document: bytes) -> History | Refusal | None:
    """The same by a validating walk through every element, for any spelling of the XML."""
    reader = _Reader()
    try:
        reader.parser.Parse(document, True)
    except _Forbidden as error:
        return Refusal("unsafe_xml", str(error))
    except (expat.ExpatError, UnicodeError, LookupError, ValueError) as error:
        return Refusal("bad_xml", str(error))
    if not reader.found_record:
        return Refusal("bad_xml", "no record of ORCID")
    entries = _list_positions(reader.tokens)
    if not entries:
        return None
    return _describe(reader.path, reader.names, reader.urls, entries)


_NAMESPACE: Final = "http://www.orcid.org/ns/"
_PREFIXES: Final = (
    "record", "common", "activities", "education", "employment", "personal-details",
    "researcher-url",
)  # fmt: skip
_UNUSUAL: Final = object()
_HEAD = re.compile(
    rb'<\?xml version="1\.0" encoding="UTF-8"(?: standalone="yes")?\?>\s*'
    rb"<record:record ([^<>]*)>\s*"
)
_DECLARED = re.compile(r'xmlns:([\w-]+)="([^"]*)"')
_OWN_PATH: Final = b'path="/'
_ORCID_LENGTH: Final = 19
_ENTITY = re.compile(r"&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));|&")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


_PREFIX = re.compile(rb"<([a-z-]+):")


def _complete(text: bytes) -> bytes:
    """The cut-off middle of a usual document as a document of its own."""
    names = sorted({*_PREFIX.findall(text), b"record"})
    declared = b" ".join(b'xmlns:%s="%s%s"' % (name, _NAMESPACE.encode(), name) for name in names)
    return b"<record:record " + declared + b">" + text + _CLOSING


_CLOSING: Final = b"</activities:activities-summary></record:record>"


def _read_usual(text: bytes) -> object:
    """The usual layout by searching for its parts; `_UNUSUAL` at the least doubt."""
    entries: list[Position] = []
    first = end = 0
    try:
        for kind, name in _SECTIONS:
            begin = text.find(b"<activities:" + name, end)
            if begin < 0:
                continue
            first = first or begin
            close = text.find(b"</activities:" + name, begin)
            if close < 0:  # an empty element
                continue
            end = close
            listed = _list_usual(kind, text[begin:end].decode("utf-8"), len(entries))
            if listed is None:
                return _UNUSUAL
            entries += listed
        return _describe_usual(text[:first], entries) if entries else None
    except (UnicodeDecodeError, _UnknownEntityError):
        return _UNUSUAL


def _describe_usual(person: bytes, entries: list[Position]) -> History | Refusal:
    names = {"family-name": _between(person, b"<personal-details:family-name>")}
    names["given-names"] = _between(person, b"<personal-details:given-names>")
    if not names["family-name"]:
        names["credit-name"] = _between(person, b"<personal-details:credit-name>")
    return _describe(_between(person, b"<common:path>"), names, _find_urls(person), entries)


_SECTIONS: Final = (("education", b"educations"), ("employment", b"employments"))


def _is_plain(text: bytes) -> bool:
    """Whether it is free of comments, character sections, instructions, new prefixes and nulls."""
    return (
        (b"!" not in text or b"<!" not in text)
        and (b"?" not in text or b"<?" not in text)
        and b"xmlns" not in text
        and b"\0" not in text
    )


def _compile_entry(kind: str) -> re.Pattern[str]:
    """One entry of schema 3.0 with all its elements in the order of the schema."""

    def leaf(name: str, said: str = "[^<]*") -> str:
        return rf"<common:{name}>{said}</common:{name}>\s*"

    def date(name: str) -> str:
        rest = f"(?:{leaf('month')})?(?:{leaf('day')})?"
        return rf"(?:<common:{name}>\s*{leaf('year', '([^<]*)')}{rest}</common:{name}>\s*)?"

    organization = "disambiguated-organization"
    return re.compile(
        rf'<{kind}:{kind}-summary put-code="(\d+)"[^<>]*>\s*'
        rf"(?:{leaf('created-date')})?(?:{leaf('last-modified-date', '([^<]*)')})?"
        r"<common:source>[^<]*(?:<(?!/common:source>)[^<]*)*</common:source>\s*"
        rf"(?:{leaf('department-name')})?(?:{leaf('role-title', '([^<]*)')})?"
        rf"{date('start-date')}{date('end-date')}"
        rf"<common:organization>\s*{leaf('name', '([^<]*)')}<common:address>\s*"
        rf"(?:{leaf('city', '([^<]*)')})?(?:{leaf('region', '([^<]*)')})?"
        rf"(?:{leaf('country', '([^<]*)')})?</common:address>\s*"
        rf"(?:<common:{organization}>\s*{leaf(organization + '-identifier', '([^<]*)')}"
        rf"{leaf('disambiguation-source', '([^<]*)')}</common:{organization}>\s*)?"
        r"</common:organization>"
    )


_USUAL: Final = {kind: _compile_entry(kind) for kind, _ in _SECTIONS}


def _list_usual(kind: str, text: str, before: int) -> list[Position] | None:
    """The entries of one section, numbered from `before`; null where one is laid out otherwise."""
    positions: list[Position] = []
    for found in _USUAL[kind].finditer(text):
        said = found.groups("")
        if "&" in found[0]:
            said = tuple(_unescape(part) if "&" in part else part for part in said)
        key, modified, role, start, end, *place, identifier, source = said
        positions.append(
            Position(
                before + len(positions) + 1,
                key,
                kind,
                " ".join(role.split()) or None,
                _make_affiliation(*place, identifier if source == "ROR" else ""),
                _read_year(start),
                _read_year(end),
                _read_year(modified[:4]),
            )
        )
    return positions if len(positions) == text.count("-summary ") else None


@lru_cache(maxsize=64)
def _is_usual(head: bytes) -> bool:
    """Whether a document begins as usual and its root gives every prefix its usual meaning."""
    found = _HEAD.fullmatch(head)
    if found is None:
        return False
    declared = dict(_DECLARED.findall(found[1].decode("utf-8", "replace")))
    return all(declared.get(prefix) == _NAMESPACE + prefix for prefix in _PREFIXES)


def _between(text: bytes, tag: bytes) -> str:
    at = text.find(tag)
    if at < 0:
        return ""
    at += len(tag)
    said = text[at : text.find(b"<", at)].decode("utf-8")
    return _unescape(said) if "&" in said else said


def _find_urls(text: bytes) -> list[str]:
    tag = b"<researcher-url:url>"
    if tag not in text:
        return []
    urls = [part[: part.find(b"<")].decode("utf-8") for part in text.split(tag)[1:]]
    return [_unescape(url) for url in urls]


class _UnknownEntityError(ValueError):
    """An entity that XML itself does not define."""


def _unescape(text: str) -> str:
    if text.count("&") == text.count("&amp;"):
        return text.replace("&amp;", "&")

    def replace(found: re.Match[str]) -> str:
        decimal, hexadecimal, name = found.groups()
        if name:
            return _NAMED[name]
        if not (decimal or hexadecimal):
            raise _UnknownEntityError(text)
        code = int(decimal) if decimal else int(hexadecimal, 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF or code == 0:
            raise _UnknownEntityError(text)
        return chr(code)

    return _ENTITY.sub(replace, text)


_LEAVES: Final = (
    "role-title", "year", "name", "city", "region", "country", "last-modified-date",
    "disambiguated-organization-identifier", "disambiguation-source", "start-date", "end-date",
)  # fmt: skip
_ENTRIES: Final = {"education-summary": "education", "employment-summary": "employment"}
_WANTED: Final = frozenset((*_LEAVES, *_ENTRIES))


def _list_positions(tokens: Sequence[tuple[str, str, str]]) -> list[Position]:
    """The entries among the elements of the two sections, in document order."""
    positions: list[Position] = []
    entry: dict[str, str] | None = None
    kind = date = ""
    for name, attributes, text in tokens:
        if name in _ENTRIES:
            if entry is not None:
                positions.append(_make_position(len(positions) + 1, kind, entry))
            kind, date = _ENTRIES[name], ""
            entry = {"put-code": _read_attribute(attributes, "put-code")}
        elif entry is None:
            continue
        elif name in ("start-date", "end-date"):
            date = name
        elif name == "year":
            entry.setdefault(date, text)
        else:
            entry.setdefault(name, text)
    if entry is not None:
        positions.append(_make_position(len(positions) + 1, kind, entry))
    return positions


_ATTRIBUTE = re.compile(r"""([\w-]+)=["']([^"']*)["']""")
_ROR = re.compile(r"(?:https?://)?(?:www\.)?ror\.org/(0[a-z0-9]{6}\d{2})/?", re.IGNORECASE)


def _read_attribute(attributes: str, name: str) -> str:
    found: dict[str, str] = dict(_ATTRIBUTE.findall(attributes))
    return found.get(name, "")


def _make_position(number: int, kind: str, entry: dict[str, str]) -> Position:
    said = entry.get
    return Position(
        number=number,
        key=said("put-code") or str(number),
        kind=kind,
        role=" ".join(said("role-title", "").split()) or None,
        affiliation=_make_affiliation(
            said("name", ""),
            said("city", ""),
            said("region", ""),
            said("country", ""),
            said("disambiguated-organization-identifier", "")
            if said("disambiguation-source", "").strip() == "ROR"
            else "",
        ),
        start=_read_year(said("start-date", "")),
        end=_read_year(said("end-date", "")),
        confirmed=_read_year(said("last-modified-date", "").strip()[:4]),
    )


@lru_cache(maxsize=65536)
def _make_affiliation(
    name: str, city: str, region: str, country: str, identifier: str
) -> Affiliation:
    found = _ROR.fullmatch(identifier.strip())
    organization = f"https://ror.org/{found[1].lower()}" if found else None
    return describe_place(name, city, region, country)._replace(organization=organization)


@lru_cache(maxsize=4096)
def _read_year(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() else None


def _describe(
    path: str, names: dict[str, str], urls: list[str], entries: list[Position]
) -> History | Refusal:
    orcid = normalise_orcid(path)
    if orcid is None:
        return Refusal("bad_orcid", f"{path!r} is no ORCID iD")
    both = " ".join(f"{names.get('given-names', '')} {names.get('family-name', '')}".split())
    name = both if names.get("family-name") else names.get("credit-name", "").strip() or both
    return History(
        Person(f"orcid:{orcid}", name or None, {**find_profiles(urls), "orcid": orcid}), entries
    )


class _Forbidden(Exception):  # noqa: N818 -- said of the document, never shown to a user
    """A document type, and so entities, which no summary has."""


class _Reader:
    """Collects the wanted elements of one document, whatever its prefixes, order and spacing."""

    def __init__(self) -> None:
        self.found_record = False
        self.path = ""
        self.names: dict[str, str] = {}
        self.urls: list[str] = []
        self.tokens: Tokens = []
        self._open: list[str] = []
        self.parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._say
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse

    def _refuse(self, *_: object) -> None:
        raise _Forbidden("a document type declaration, which no summary of ORCID has")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if not self._open:
            self.found_record = (namespace, local) == (f"{_NAMESPACE}record", "record")
        self._open.append(local if namespace.startswith(_NAMESPACE) else "")
        if self._section and local in _WANTED and self._open[-1]:
            said = " ".join(f'{key}="{value}"' for key, value in attributes.items())
            self.tokens.append((local, said, ""))
        elif local == "url" and self._open[-2:-1] == ["researcher-url"]:
            self.urls.append("")

    @property
    def _section(self) -> bool:
        return len(self._open) > 3 and self._open[2] in ("educations", "employments")

    def _end(self, _: str) -> None:
        self._open.pop()

    def _say(self, text: str) -> None:
        local = self._open[-1] if self._open else ""
        if self._section:
            if local in _WANTED and self.tokens and self.tokens[-1][0] == local:
                name, attributes, said = self.tokens[-1]
                self.tokens[-1] = name, attributes, said + text
        elif local == "path" and self._open[1:2] == ["orcid-identifier"]:
            self.path += text
        elif local in ("given-names", "family-name", "credit-name"):
            self.names[local] = self.names.get(local, "") + text
        elif local == "url" and self._open[-2] == "researcher-url":
            self.urls[-1] += text
