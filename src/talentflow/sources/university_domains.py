"""Which web domain belongs to which university, beyond what the registry knows?

Reads the public list of universities and their domains
(https://github.com/Hipo/university-domains-list).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa

from talentflow.core.areas import AREA_INDEX
from talentflow.core.contracts import REJECTS, UNIVERSITY_DOMAINS, check_table
from talentflow.core.errors import InputError
from talentflow.sources.archives import read_document
from talentflow.sources.evidence import RAW_LIMIT_BYTES

SOURCE: Final = "university_domains"

_DOMAIN: Final = re.compile(r"(?:[a-z0-9_-]+\.)+[a-z]{2,}")


@dataclass(frozen=True, kw_only=True)
class UniversityDomains:
    """Tables of the contracts `university_domains` and `rejects`."""

    domains: pa.Table
    rejects: pa.Table


class _Entry(msgspec.Struct):
    name: str
    domains: list[str]
    alpha_two_code: str | None = None


def read_university_domains(path: Path) -> UniversityDomains:
    """One row per university and domain of the list at `path` (`.json` or `.zip`).

    An entry that cannot be used, and each domain that is none, becomes a reject. Raises
    `InputError` where the file is not a JSON array.
    """
    member, data = read_document(path)
    try:
        raws = msgspec.json.decode(data, type=list[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"not a list of universities: {error}",
            expected="a JSON array of entries with name, domains and alpha_two_code",
            where=f"{path} ({member})",
            next_step="download the list again; it may be cut short",
        ) from error
    columns: dict[str, list[Any]] = {"domain": [], "name": [], "country": []}
    rejects: list[dict[str, object]] = []
    for row, raw in enumerate(raws):
        try:
            entry = msgspec.json.decode(raw, type=_Entry)
            code = _check_country(entry)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            rejects.append(_reject(path.name, str(row), "bad_entry", str(error), bytes(raw)))
            continue
        for part, given in enumerate(entry.domains):
            domain = _clean(given)
            if domain is None:
                found = f"{given!r} is not a domain"
                rejects.append(_reject(path.name, f"{row}/{part}", "bad_domain", found, bytes(raw)))
                continue
            for column, value in zip(columns.values(), (domain, entry.name, code), strict=True):
                column.append(value)
    table = pa.table(columns, schema=UNIVERSITY_DOMAINS.schema)
    return UniversityDomains(
        domains=check_table(table, UNIVERSITY_DOMAINS), rejects=REJECTS.from_rows(rejects)
    )


def _check_country(entry: _Entry) -> str | None:
    code = (entry.alpha_two_code or "").strip().upper()
    if code and code not in AREA_INDEX:
        raise msgspec.ValidationError(f"{code!r} is not an ISO 3166-1 code")
    return code or None


def _clean(domain: str) -> str | None:
    host = re.sub(r"^(https?://)?(www\.)?", "", domain.strip().lower()).split("/")[0].strip(".")
    return host if _DOMAIN.fullmatch(host) else None


def _reject(file: str, position: str, reason: str, detail: str, raw: bytes) -> dict[str, object]:
    return {
        "source": SOURCE,
        "file": file,
        "position": f"{file}#{position}",
        "reason": reason,
        "detail": detail,
        "raw": raw[:RAW_LIMIT_BYTES].decode("utf-8", "replace"),
        "rows": 1,
    }
