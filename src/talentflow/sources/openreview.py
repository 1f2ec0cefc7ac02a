"""Where do OpenReview profiles say that somebody studied and worked, and when?

Reads profiles as the API (version 2) answers them: `{"profiles": [...]}`, a list, or one profile
a line, plain or gzipped. Every year of an entry of `content.history` becomes a record. The
profiles are personal data under OpenReview's terms of use, so nothing is read until the user has
accepted them: docs/guide/sources-openreview.md.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from talentflow.core.errors import InputError
from talentflow.sources.email_domains import normalise_domain
from talentflow.sources.evidence import Evidence
from talentflow.sources.identifiers import (
    normalise_dblp,
    normalise_openreview,
    normalise_orcid,
    normalise_scholar,
)
from talentflow.sources.positions import HistoryBuilder, Person, Position, Refusal, describe_place

SOURCE: Final = "openreview"
SUFFIXES: Final = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
ACCEPTANCE: Final = "TERMS-ACCEPTED"
TERMS_URL: Final = "https://openreview.net/legal/terms"
TERMS: Final = (
    "OpenReview's profiles are personal data that people entered for peer review. Its terms of use "
    "and privacy policy bind whoever takes them by the API; no licence to publish or pass them on "
    "is given. talentflow keeps them in the private store and publishes counts alone."
)
"""What is asked to be accepted, in short; the terms themselves stand at `TERMS_URL`."""

MAX_FILE_BYTES: Final = 2 * 2**30
_STUDIES = re.compile(
    r"\bstudent\b|\bunder-?grad|\bph\.?\s?d\b(?!\s*(?:supervisor|advisor))|학생|과정"
)
_WORKS = re.compile(r"\bintern(?:ship)?\b|\bpost-?\s?doc")


def list_files(folder: Path) -> list[str]:
    """The files of profiles in a folder, sorted.

    Raises `InputError` where there are some and the terms have not been accepted.
    """
    found = sorted(
        path.name for path in folder.glob("*") if path.name.endswith(SUFFIXES) and path.is_file()
    )
    if found:
        require_terms(folder)
    return found


def require_terms(folder: Path) -> None:
    """Raises `InputError`, which shows the terms, unless the folder says they are accepted."""
    if (folder / ACCEPTANCE).is_file():
        return
    raise InputError(
        f"the terms of OpenReview have not been accepted. {TERMS}",
        expected=f"a file {ACCEPTANCE} beside the profiles",
        where=str(folder),
        next_step=f"read {TERMS_URL}; if you accept, write {ACCEPTANCE}, else remove the folder",
    )


def read_file(folder: Path, file: str) -> Evidence:
    """The evidence of one file of profiles.

    One row is one year of one entry, a row that names the person's other profiles, or a reject.
    `position` is profile, entry and year. Raises `InputError` for a file that cannot be read.
    """
    path = folder / file
    builder = HistoryBuilder(source=SOURCE, file=file)
    try:
        with path.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        for number, profile in enumerate(_list_profiles(path)):
            _read_profile(builder, number, profile)
        return builder.build(sha256=sha256, size_bytes=path.stat().st_size)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"the profiles cannot be read: {error}",
            expected="JSON of OpenReview's API, plain or gzipped",
            where=str(path),
            next_step="fetch the file again",
        ) from error


def _list_profiles(path: Path) -> Iterator[Any]:
    """The profiles of a file; a line or document that is no JSON is given as its bytes."""
    open_file = gzip.open if path.name.endswith(".gz") else open
    with open_file(path, "rb") as stream:
        if ".jsonl" in path.name:
            yield from (_decode(line) for line in stream if line.strip())
            return
        document = stream.read(MAX_FILE_BYTES + 1)
        if len(document) > MAX_FILE_BYTES:
            raise InputError(
                f"more than {MAX_FILE_BYTES} bytes in one document",
                expected="one profile a line for so many",
                where=str(path),
                next_step="fetch the profiles as .jsonl",
            )
    found = _decode(document)
    if isinstance(found, dict) and isinstance(found.get("profiles"), list):
        found = found["profiles"]
    yield from found if isinstance(found, list) else [found]


def _decode(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _read_profile(builder: HistoryBuilder, number: int, profile: Any) -> None:
    raw = json.dumps(profile) if isinstance(profile, dict) else repr(profile)
    if not isinstance(profile, dict) or not isinstance(profile.get("content"), dict):
        builder.reject(str(number), Refusal("bad_profile", "no object with content"), raw=raw)
        return
    profile_id = normalise_openreview(str(profile.get("id", "")))
    if profile_id is None:
        refusal = Refusal("bad_profile", f"id {profile.get('id')!r} is no profile's")
        builder.reject(str(number), refusal, raw=raw)
        return
    content = {name: _value(value) for name, value in profile["content"].items()}
    confirmed = _read_date(profile.get("tmdate") or profile.get("mdate"))
    person = Person(f"openreview:{profile_id}", _read_name(content), _read_ids(profile_id, content))
    history = content.get("history")
    entries = history if isinstance(history, list) else []
    positions = [
        _read_entry(at + 1, entry, confirmed)
        for at, entry in enumerate(entries)
        if isinstance(entry, dict)
    ]
    builder.add_history(str(number), person, positions)
    for at, other in enumerate(_list_other_ids(profile_id, content)):
        renamed = Person(f"openreview:{other}", person.name, {"openreview_renamed": profile_id})
        builder.add_identity(f"{number}/other{at + 1}", renamed, confirmed or 2000)


def _value(field: Any) -> Any:
    """Fields of notes are `{"value": …}`, those of profiles are bare."""
    return field["value"] if isinstance(field, dict) and set(field) == {"value"} else field


def _read_entry(number: int, entry: dict[str, Any], confirmed: int | None) -> Position:
    institution = entry.get("institution")
    place = institution if isinstance(institution, dict) else {"name": institution}
    role = _text(entry.get("position"))
    folded = role.casefold()
    studies = _STUDIES.search(folded) and not _WORKS.search(folded)
    affiliation = describe_place(
        _text(place.get("name")),
        _text(place.get("city")),
        _text(place.get("stateProvince")),
        _text(place.get("country")),
    )
    domain = normalise_domain(_text(place.get("domain")))
    return Position(
        number=number,
        key=str(number),
        kind="education" if studies else "employment",
        role=role or None,
        affiliation=affiliation._replace(domain=domain),
        start=_read_year(entry.get("start")),
        end=_read_year(entry.get("end")),
        confirmed=confirmed,
    )


def _read_ids(profile_id: str, content: dict[str, Any]) -> dict[str, str]:
    found = {
        "openreview": profile_id,
        "orcid": normalise_orcid(_text(content.get("orcid"))),
        "dblp": normalise_dblp(_text(content.get("dblp"))),
        "scholar": normalise_scholar(_text(content.get("gscholar"))),
    }
    return {system: value for system, value in found.items() if value}


def _read_name(content: dict[str, Any]) -> str | None:
    names = _list_names(content)
    for name in sorted(names, key=lambda name: not name.get("preferred")):
        parts = [_text(name.get(part)) for part in ("first", "middle", "last")]
        said = _text(name.get("fullname")) or " ".join(part for part in parts if part)
        if said:
            return said
    return None


def _list_names(content: dict[str, Any]) -> list[dict[str, Any]]:
    names = content.get("names")
    found = names if isinstance(names, list) else []
    return [name for name in found if isinstance(name, dict)]


def _list_other_ids(profile_id: str, content: dict[str, Any]) -> list[str]:
    names = _list_names(content)
    found = (normalise_openreview(_text(name.get("username"))) for name in names)
    return sorted({other for other in found if other and other != profile_id})


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _read_year(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float) and float(value).is_integer():
        return int(value)
    text = _text(value)
    return int(text) if text.isascii() and text.isdigit() else None


def _read_date(value: Any) -> int | None:
    """The year of a moment given in milliseconds since 1970."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value / 1000, UTC).year
    except (OverflowError, OSError, ValueError):
        return None
