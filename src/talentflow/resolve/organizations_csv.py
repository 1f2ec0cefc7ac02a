"""Which organizations do the affiliations of a CSV file mean?

The file behind `talentflow resolve organizations IN.csv --registry DIR --output OUT.csv`:
IN has the columns `id,affiliation[,domain][,year]`, OUT
`id,rank,ror_id,name,country,city,sector,probability,rule`.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Final, NamedTuple

import pyarrow as pa

from talentflow.core.collector import paused_collector
from talentflow.core.contracts import UNIVERSITY_DOMAINS
from talentflow.core.errors import InputError, StoreError
from talentflow.core.executor import run_in_processes
from talentflow.resolve.organizations import (
    Answer,
    Query,
    name_organization,
    resolve_affiliations,
)
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
_SLICE_ROWS: Final = 2_000
_SLICE_CHARS: Final = 2**20
_SMALL_FILE_BYTES: Final = 400_000
"""A smaller file is resolved sooner than a second process could load the registry."""

_TABLES: Final = ("organizations", "organization_names", "university_domains")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")
_REJECTED: Final = "rejected: "


@dataclass(frozen=True, kw_only=True)
class RegistryFiles:
    """The files of a registry folder. `tables`: folder with what one process has read from them,
    so that others need not."""

    ror: tuple[Path, ...]
    university_domains: Path | None
    tables: Path | None = None


def resolve_organizations_csv(
    input_path: Path,
    registry_dir: Path,
    output_path: Path,
    on_progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> dict[str, int]:
    """Resolve each row of `input_path` and write `output_path`; returns counts of rows.

    Every input row appears in the order of the input with rank 1; further organizations that
    the text names follow as rank 2, 3, …. A row without an organization has an empty
    `ror_id`, as has one that only a local overlay knows (then with `name`). A row that cannot
    be read comes back with its reason in `rule` (`rejected: …`). Counts: `rows`, `matched`,
    `with_country`, `unmatched`, `rejected`; `rows = matched + unmatched + rejected`.

    Large files are resolved in `workers` processes (default: one per core), which changes
    nothing but the time. Memory does not grow with the file. `on_progress` gets bytes read and
    bytes in all. The output appears only when complete. Raises `InputError` where the input
    has no usable header or the registry cannot be read, `StoreError` where the output cannot
    be written.
    """
    files = find_registry_files(registry_dir)
    counts = {"rows": 0, "matched": 0, "with_country": 0, "unmatched": 0, "rejected": 0}
    partial = output_path.with_name(f".{output_path.name}.{os.getpid()}.partial")
    try:
        with (
            _open_input(input_path) as source,
            partial.open("w", encoding="utf-8", newline="") as target,
            TemporaryDirectory() as folder,
        ):
            size = os.fstat(source.fileno()).st_size
            writer = csv.writer(target, lineterminator="\n")
            writer.writerow(OUTPUT_COLUMNS)
            workers = workers or (_count_cores() if size > _SMALL_FILE_BYTES else 1)
            shared = Path(folder) if workers > 1 else None
            slices = _cut_slices(source, input_path, files, shared)
            for done in run_in_processes(_resolve_slice, slices, workers):
                target.write(done.lines)
                for name, count in done.counts.items():
                    counts[name] += count
                if on_progress is not None:
                    on_progress(done.bytes_read, size)
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
    return _load_files(find_registry_files(folder))


def _load_files(files: RegistryFiles) -> Registry:
    with paused_collector():
        if files.tables is None:
            return build_registry(*_read_tables(files))
        return build_registry(*(_open_table(files.tables / name) for name in _TABLES))


def _read_tables(files: RegistryFiles) -> tuple[pa.Table, pa.Table, pa.Table]:
    ror = read_ror(files.ror)
    universities = UNIVERSITY_DOMAINS.empty()
    if files.university_domains is not None:
        universities = read_university_domains(files.university_domains).domains
    return ror.organizations, ror.organization_names, universities


def _share_tables(files: RegistryFiles, folder: Path) -> RegistryFiles:
    """Read the files here, once for all workers."""
    with paused_collector():
        for name, table in zip(_TABLES, _read_tables(files), strict=True):
            with pa.ipc.new_file(folder / name, table.schema) as target:
                target.write_table(table)
    return replace(files, tables=folder)


def _open_table(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as table:
        return table.read_all()


class _Row(NamedTuple):
    """One row as read. `problem` is set where it cannot be used."""

    id: str
    affiliation: str = ""
    domain: str = ""
    year: int | None = None
    problem: str | None = None


class _Slice(NamedTuple):
    """Some rows of the file, and how much of it had been read with the last of them."""

    files: RegistryFiles
    rows: list[_Row]
    bytes_read: int


class _Done(NamedTuple):
    """Lines to write for a slice, and what became of its rows."""

    lines: str
    counts: dict[str, int]
    bytes_read: int


def _cut_slices(
    source: IO[str], path: Path, files: RegistryFiles, shared: Path | None
) -> Iterator[_Slice]:
    """Slices of the input; `shared`: folder for the tables of the registry, if they need one."""
    if shared is not None:  # while the workers start
        files = _share_tables(files, shared)
    rows: list[_Row] = []
    chars = 0
    for row in _read_rows(source, path):
        rows.append(row)
        chars += len(row.affiliation)
        if len(rows) >= _SLICE_ROWS or chars >= _SLICE_CHARS:
            yield _Slice(files, rows, source.buffer.tell())  # type: ignore[attr-defined] # IO hides buffer
            rows, chars = [], 0
    if rows:
        yield _Slice(files, rows, source.buffer.tell())  # type: ignore[attr-defined] # IO hides buffer


def _resolve_slice(task: _Slice) -> _Done:
    counts: Counter[str] = Counter(rows=len(task.rows))
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    resolver = _start_resolver(task.files, _list_versions(task.files))
    for row, answers in zip(task.rows, resolver.answer(task.rows), strict=True):
        if row.problem is not None:
            counts["rejected"] += 1
            writer.writerow((row.id, 1, "", "", "", "", "", "", _REJECTED + row.problem))
            continue
        counts["matched" if answers[0].is_known else "unmatched"] += 1
        counts["with_country"] += answers[0].country is not None
        for rank, answer in enumerate(answers, start=1):
            writer.writerow((row.id, rank, *resolver.describe(answer)))
    return _Done(target.getvalue(), dict(counts), task.bytes_read)


def _list_versions(files: RegistryFiles) -> tuple[int, ...]:
    paths = [p for p in (*files.ror, files.university_domains) if p is not None]
    return tuple(path.stat().st_mtime_ns for path in paths)


@lru_cache(maxsize=1)
def _start_resolver(files: RegistryFiles, _: tuple[int, ...]) -> _Resolver:
    """One resolver per process; a changed registry file makes a new one."""
    return _Resolver(_load_files(files))


class _Resolver:
    """Answers rows, each distinct affiliation once as long as the memory for that lasts."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[Query, list[Answer]] = {}

    def answer(self, rows: list[_Row]) -> list[list[Answer]]:
        """The answers of each row; none for a row with a problem."""
        if len(self._known) >= _CACHED_ANSWERS:
            self._known.clear()
        queries = [
            None if row.problem else Query(row.affiliation, row.domain, row.year) for row in rows
        ]
        new = list(dict.fromkeys(q for q in queries if q is not None and q not in self._known))
        self._known.update(zip(new, resolve_affiliations(new, self._registry), strict=True))
        return [[] if query is None else self._known[query] for query in queries]

    def describe(self, answer: Answer) -> tuple[object, ...]:
        identifier, name = name_organization(answer, self._registry)
        return (
            identifier if identifier and identifier.startswith("https://ror.org/") else "",
            name or "",
            answer.country or "",
            answer.city or "",
            answer.sector or "",
            "" if answer.probability is None else f"{answer.probability:.3f}",
            answer.rule,
        )


def _count_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
    year = cells[place["year"]].strip() if "year" in place else ""
    return _Row(
        id=identifier,
        affiliation=affiliation,
        domain=domain,
        year=int(year) if _YEAR.fullmatch(year) else None,
    )
