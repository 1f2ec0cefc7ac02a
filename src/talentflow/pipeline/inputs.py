"""What is there to build from? The files of each source, with checksums.

A data folder has one subfolder a source; folders of unknown names are left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from talentflow.core.errors import InputError
from talentflow.core.executor import run_in_threads
from talentflow.core.provenance import checksum_file
from talentflow.sources import dblp, openreview, orcid, paperlists, table
from talentflow.sources.denominators import WORLD_BANK_FILE
from talentflow.sources.openalex import merged, reading

SECOND_OPINION: Final = "paperlists-other-crawls"
"""Read and compared, but never counted: its papers are those of `paperlists`."""

RECORD_SOURCES: Final = (
    "paperlists",
    SECOND_OPINION,
    "table",
    "openalex",
    "dblp",
    "openreview",
    "orcid",
)
REGISTRY_SOURCES: Final = ("ror", "university-domains")
GOLD_SOURCES: Final = ("affiliation-gold", "s2aff")
"""Affiliations that people have labelled: nothing is built from them, they measure the build."""

COMPARISON_SOURCES: Final = ("scholarlymigration",)
"""Published aggregates that figures are compared with: nothing is built from them but figures
per head, for which one of the tables gives the inhabitants."""

DENOMINATOR_SOURCES: Final = ("denominators",)
"""The user's tables of inhabitants and members; see `sources.denominators`."""

_PATTERNS: Final = {
    "ror": ("*.json.zip", "*.json"),
    "university-domains": ("*.json",),
    "affiliation-gold": ("*.csv",),
    "s2aff": ("*.csv",),
    "scholarlymigration": ("*.csv",),
    "denominators": ("*.csv",),
}


@dataclass(frozen=True, kw_only=True)
class InputFile:
    """One file of one source. `file` is the path below `folder`, with forward slashes."""

    source: str
    folder: Path
    file: str
    sha256: str
    size_bytes: int

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self.folder / self.file

    def to_dict(self) -> dict[str, Any]:
        """As manifests list it, without the folder."""
        names = ("source", "file", "sha256", "size_bytes")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """All files of a build, sorted by source and path; `mappings` say how to read others (columns
    of tables, merged ids of OpenAlex), `gold` are labelled affiliations to measure it by,
    `comparison` published tables to compare it with, `denominators` say how many inhabitants
    or members countries have."""

    records: tuple[InputFile, ...]
    registry: tuple[InputFile, ...]
    mappings: tuple[InputFile, ...] = ()
    gold: tuple[InputFile, ...] = ()
    comparison: tuple[InputFile, ...] = ()
    denominators: tuple[InputFile, ...] = ()


def list_checksums(files: Iterable[InputFile]) -> list[tuple[str, str, str]]:
    """What a content key needs to know of files: source, path and checksum."""
    return [(f.source, f.file, f.sha256) for f in files]


def find_inputs(data: Path) -> Inputs:
    """The files of all known sources below `data`.

    Raises `InputError` if the folder is missing, holds no records or no registry, or holds a
    source whose terms have not been accepted.
    """
    if not data.is_dir():
        raise InputError(
            "there is no such data folder",
            where=str(data),
            expected="a folder with one subfolder a source: " + ", ".join(RECORD_SOURCES),
            next_step="give --data, or make a toy world: python -m talentflow.sources.toy data",
        )
    records = _read_files([(s, data / s, _list_records(s, data / s)) for s in RECORD_SOURCES])
    registry = _read_files([(s, data / s, _list_matching(s, data / s)) for s in REGISTRY_SOURCES])
    _require(records, data, "no records", "files such as paperlists/icra/icra2019.json")
    _require(registry, data, "no registry of organizations", "a ROR dump such as ror/v2.json.zip")
    gold = _read_files([(s, data / s, _list_matching(s, data / s)) for s in GOLD_SOURCES])
    mappings = _find_mappings(data, records) + _find_merged(data, records)
    comparison = _read_files(
        [(s, data / s, _list_matching(s, data / s)) for s in COMPARISON_SOURCES]
    )
    given = _read_files([(s, data / s, _list_matching(s, data / s)) for s in DENOMINATOR_SOURCES])
    world_bank = tuple(file for file in comparison if file.file == WORLD_BANK_FILE)
    return Inputs(
        records=records,
        registry=registry,
        mappings=mappings,
        gold=gold,
        comparison=comparison,
        denominators=world_bank + given,
    )


def _find_mappings(data: Path, records: tuple[InputFile, ...]) -> tuple[InputFile, ...]:
    if not any(file.source == "table" for file in records):
        return ()
    folder = data / "table"
    table.load_mapping(folder / table.MAPPING_FILE)  # a wrong one is said before the work starts
    return _read_files([("table", folder, [table.MAPPING_FILE])])


def _find_merged(data: Path, records: tuple[InputFile, ...]) -> tuple[InputFile, ...]:
    if not any(file.source == "openalex" for file in records):
        return ()
    folder = data / "openalex"
    return _read_files([("openalex", folder, merged.list_merged_files(folder))])


def _list_records(source: str, folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(_LISTED_BY.get(source, paperlists.list_files)(folder))


_LISTED_BY: Final[dict[str, Callable[[Path], list[str]]]] = {
    "table": table.list_files,
    "openalex": reading.list_files,
    "dblp": dblp.list_files,
    "openreview": openreview.list_files,
    "orcid": orcid.list_files,
}


def _list_matching(source: str, folder: Path) -> list[str]:
    found = {p.name for pattern in _PATTERNS[source] for p in folder.glob(pattern)}
    return sorted(found)


def _read_files(found: list[tuple[str, Path, list[str]]]) -> tuple[InputFile, ...]:
    wanted = [(source, folder, file) for source, folder, files in found for file in files]
    return tuple(run_in_threads(_describe_file, wanted, workers=2))


def _describe_file(wanted: tuple[str, Path, str]) -> InputFile:
    source, folder, file = wanted
    path = folder / file
    try:
        sha256, size_bytes = checksum_file(path), path.stat().st_size
    except OSError as error:
        raise InputError(
            f"an input file cannot be read: {error.strerror or error}",
            where=str(path),
            next_step="check that the file exists and may be read",
        ) from error
    return InputFile(source=source, folder=folder, file=file, sha256=sha256, size_bytes=size_bytes)


def _require(files: tuple[InputFile, ...], data: Path, found: str, expected: str) -> None:
    if not files:
        raise InputError(f"the data folder holds {found}", where=str(data), expected=expected)
