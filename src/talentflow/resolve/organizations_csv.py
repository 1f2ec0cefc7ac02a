"""Which organizations do the affiliations of a CSV file mean?

The file behind `talentflow resolve organizations IN.csv --registry DIR --output OUT.csv`:
IN has the columns `id,affiliation[,domain][,year]`, OUT
`id,rank,ror_id,name,country,city,sector,probability,rule`.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import pyarrow as pa

from talentflow.core.errors import InputError, StoreError
from talentflow.resolve.organizations import Answer, resolve_affiliation
from talentflow.resolve.registry import Registry, build_registry
from talentflow.sources.ror import read_ror
from talentflow.sources.university_domains import read_university_domains

OUTPUT_COLUMNS: Final = (
    "id",
    "rank",
    "ror_id",
    "name",
    "country",
    "city",
    "sector",
    "probability",
    "rule",
)
MAX_FIELD_CHARS: Final = 100_000
"""A longer affiliation is not read; the row comes back as rejected."""

_MAX_LINE_CHARS: Final = 8 * 2**20
_CACHED_ANSWERS: Final = 200_000
_PROGRESS_ROWS: Final = 5_000
_REJECTED: Final = "rejected: "


@dataclass(frozen=True, kw_only=True)
class RegistryFiles:
    """The files of a registry folder."""

    ror: tuple[Path, ...]
    university_domains: Path | None


def resolve_organizations_csv(
    input_path: Path,
    registry_dir: Path,
    output_path: Path,
    on_progress: Callable[[int, int], None] | None = None,
) -> dict[str, int]:
    """Resolve each row of `input_path` and write `output_path`; returns counts of rows.

    Every input row appears in the order of the input with rank 1; further organizations that
    the text names follow as rank 2, 3, …. A row without an organization has an empty
    `ror_id`, as has one that only a local overlay knows (then with `name`). A row that cannot
    be read comes back with its reason in `rule` (`rejected: …`). Counts: `rows`, `matched`,
    `with_country`, `unmatched`, `rejected`; `rows = matched + unmatched + rejected`.

    Memory does not grow with the file. `on_progress` gets bytes read and bytes in all. The
    output appears only when complete. Raises `InputError` where the input has no usable
    header or the registry cannot be read, `StoreError` where the output cannot be written.
    """
    registry = load_registry(registry_dir)
    counts = {"rows": 0, "matched": 0, "with_country": 0, "unmatched": 0, "rejected": 0}
    partial = output_path.with_name(f".{output_path.name}.{os.getpid()}.partial")
    try:
        with (
            _open_input(input_path) as source,
            partial.open("w", encoding="utf-8", newline="") as target,
        ):
            size = os.fstat(source.fileno()).st_size
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow(OUTPUT_COLUMNS)
            answers = _Resolver(registry)
            for row in _read_rows(source, input_path):
                writer.writerows(answers.resolve(row, counts))
                if on_progress is not None and counts["rows"] % _PROGRESS_ROWS == 0:
                    on_progress(source.buffer.tell(), size)  # type: ignore[attr-defined] # IO hides buffer
            if on_progress is not None:
                on_progress(size, size)
        partial.replace(output_path)
    except OSError as error:
        raise StoreError(
            f"cannot write the result: {error}",
            expected="a folder that can be written and has room",
            where=str(output_path),
        ) from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    return counts


def find_registry_files(folder: Path) -> RegistryFiles:
    """The ROR dumps and the list of university domains in `folder`.

    Looks in `ror/` and `university-domains/` where those exist, else in the folder itself: a
    ROR dump is a `.zip`, or a `.json` with `ror` in its name; the list of universities a
    `.json` with `universit` in its name. Raises `InputError` where no dump is found.
    """
    ror_folder = folder / "ror" if (folder / "ror").is_dir() else folder
    lists = folder / "university-domains"
    list_folder = lists if lists.is_dir() else folder
    named = [p for p in sorted(ror_folder.glob("*.json")) if "ror" in p.name.lower()]
    dumps = [*sorted(ror_folder.glob("*.zip")), *named]
    universities = [p for p in sorted(list_folder.glob("*.json")) if "universit" in p.name.lower()]
    if not dumps:
        raise InputError(
            "no ROR dump found",
            expected="a ROR data dump, as .zip or .json",
            where=str(folder),
            next_step="`talentflow fetch ror` downloads it",
        )
    return RegistryFiles(
        ror=tuple(dumps), university_domains=universities[0] if universities else None
    )


def load_registry(folder: Path) -> Registry:
    """The registry of the files in `folder`."""
    files = find_registry_files(folder)
    ror = read_ror(files.ror)
    universities: pa.Table | None = None
    if files.university_domains is not None:
        universities = read_university_domains(files.university_domains).domains
    return build_registry(ror.organizations, ror.organization_names, universities)


@dataclass(frozen=True)
class _Row:
    """One row as read. `problem` is set where it cannot be used."""

    id: str
    affiliation: str = ""
    domain: str = ""
    problem: str | None = None


class _Resolver:
    """Answers rows, each distinct affiliation once as long as the memory for that lasts."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[tuple[str, str], list[Answer]] = {}

    def resolve(self, row: _Row, counts: dict[str, int]) -> list[tuple[object, ...]]:
        counts["rows"] += 1
        if row.problem is not None:
            counts["rejected"] += 1
            return [(row.id, 1, "", "", "", "", "", "", _REJECTED + row.problem)]
        answers = self._answer(row)
        found = answers[0].organization is not None
        counts["matched" if found else "unmatched"] += 1
        counts["with_country"] += answers[0].country is not None
        return [
            (row.id, rank, *self._describe(answer)) for rank, answer in enumerate(answers, start=1)
        ]

    def _answer(self, row: _Row) -> list[Answer]:
        key = (row.affiliation, row.domain)
        answers = self._known.get(key)
        if answers is None:
            if len(self._known) >= _CACHED_ANSWERS:
                self._known.clear()
            answers = resolve_affiliation(row.affiliation, row.domain, self._registry)
            self._known[key] = answers
        return answers

    def _describe(self, answer: Answer) -> tuple[object, ...]:
        o, registry = answer.organization, self._registry
        identifier = "" if o is None else registry.ids[o]
        return (
            identifier if identifier.startswith("https://ror.org/") else "",
            "" if o is None else registry.names[o],
            answer.country or "",
            answer.city or "",
            answer.sector or "",
            "" if answer.probability is None else f"{answer.probability:.3f}",
            answer.rule,
        )


def _open_input(path: Path) -> IO[str]:
    try:
        return path.open(encoding="utf-8-sig", errors="replace", newline="")
    except OSError as error:
        raise InputError(
            f"cannot be read: {error}",
            expected="a CSV file with the columns id,affiliation[,domain][,year]",
            where=str(path),
        ) from error


def _read_rows(source: IO[str], path: Path) -> Iterator[_Row]:
    """The rows of the file; a row that cannot be read becomes one with a problem."""
    # The limit belongs to the whole process, so it is put back for whoever reads CSV next.
    limit_before = csv.field_size_limit(_MAX_LINE_CHARS)
    try:
        yield from _read_checked_rows(csv.reader(_cut_lines(source)), path)
    finally:
        csv.field_size_limit(limit_before)


def _read_checked_rows(reader: Any, path: Path) -> Iterator[_Row]:
    header = [name.strip().lower() for name in _next_row(reader) or []]
    if "id" not in header or "affiliation" not in header:
        raise InputError(
            f"columns {header[:8]}",
            expected="a header with id and affiliation, and perhaps domain and year",
            where=str(path),
            next_step="name the columns in the first line",
        )
    place = {name: i for i, name in reversed(list(enumerate(header)))}
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _Row(id="", problem=f"not CSV near line {reader.line_num}: {error}")
            continue
        if cells:
            yield _check_row(cells, header, place)


def _next_row(reader: Iterator[list[str]]) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error:
        return None


def _cut_lines(source: IO[str]) -> Iterator[str]:
    """Lines of the file, of which an endless one is cut so that memory stays bounded."""
    while line := source.readline(_MAX_LINE_CHARS):
        if len(line) == _MAX_LINE_CHARS and not line.endswith("\n"):
            while rest := source.readline(_MAX_LINE_CHARS):
                if rest.endswith("\n"):
                    break
        yield line.replace("\x00", "\ufffd")


def _check_row(cells: list[str], header: list[str], place: dict[str, int]) -> _Row:
    identifier = cells[place["id"]] if len(cells) > place["id"] else ""
    if len(cells) != len(header):
        problem = f"{len(cells)} cells where the header has {len(header)}"
        return _Row(id=identifier, problem=problem)
    affiliation = cells[place["affiliation"]]
    if len(affiliation) > MAX_FIELD_CHARS:
        return _Row(id=identifier, problem=f"affiliation of {len(affiliation)} characters")
    if "\ufffd" in affiliation:
        return _Row(id=identifier, problem="affiliation is not UTF-8 text")
    domain = cells[place["domain"]] if "domain" in place else ""
    return _Row(id=identifier, affiliation=affiliation, domain=domain)
