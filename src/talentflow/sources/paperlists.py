"""Where does a list of conference papers say that its authors were?

Reads the JSON files of github.com/papercopilot/paperlists: one file per conference and year, one
object per paper, parallel lists of authors, identifiers, affiliations, domains and positions.
What each trap of these files is and how it is handled: docs/guide/sources-paperlists.md.
"""

from __future__ import annotations

import csv
import hashlib
import json
import logging
import re
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from talentflow.core.collector import paused_collector
from talentflow.sources.alignment import ListShape, find_layout
from talentflow.sources.author_lists import comma_separates, is_title_block, plus_is_comma
from talentflow.sources.evidence import Evidence, EvidenceBuilder
from talentflow.sources.json_papers import MAX_FILE_BYTES, Paper, PaperFile, read_papers
from talentflow.sources.paper_slots import (
    ENTRY_PROBLEMS,
    Entry,
    PaperLists,
    SlotPlanner,
    split_lists,
)
from talentflow.sources.paper_status import is_rejection, read_tier

MAX_AUTHORS: Final = 1000
"""Longer author lists are consortia: being on one says nothing about who worked where."""

_YEAR = re.compile(r"(\d{4})(?:@.*)?")
_PLAUSIBLE_YEARS: Final = range(1950, 2101)

_log = logging.getLogger(__name__)


def list_files(folder: Path) -> list[str]:
    """The files of a folder, `icra/icra2019.json`, sorted, with forward slashes."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.glob("*/*.json"))


def read_file(
    folder: Path, file: str, *, source: str = "paperlists", max_bytes: int = MAX_FILE_BYTES
) -> Evidence:
    """The evidence of one conference year.

    One row per author and affiliation; an author without one has a row without mention; an
    affiliation whose author is not known has a row without person. `position` is row, author and
    part, e.g. `17/3/1`: rows count from 0, authors and parts from 1, `s` stands for no author.

    Never raises for what the file holds: whatever cannot be used is a reject, the whole file
    included (no plausible year in its name, unreadable, too large, empty, not a list).
    """
    with paused_collector():
        return _read(folder / file, file, source, max_bytes)


def _read(path: Path, file: str, source: str, max_bytes: int) -> Evidence:
    found = read_papers(path, max_bytes=max_bytes)
    builder = EvidenceBuilder(
        source=source, file=file, sha256=found.sha256, size_bytes=found.size_bytes
    )
    venue, year = _read_name(file)
    if year is None:
        builder.reject(
            position="file",
            reason="bad_year",
            detail=f"{Path(file).name}: expected the conference and a year, as in icra2019.json",
            raw=file,
        )
        return builder.build(1)
    for problem in found.problems:
        builder.reject(
            position="file" if problem.row is None else str(problem.row),
            reason=problem.reason,
            detail=problem.detail,
            raw=problem.raw,
        )
    reader = _FileReader(builder, venue=venue, year=year)
    rows = len(found.problems) + reader.add_papers(found)
    if reader.planner.dropped_ids:
        _log.info("%s: %d malformed identifiers dropped", file, reader.planner.dropped_ids)
    return builder.build(rows)


def _read_name(file: str) -> tuple[str, int | None]:
    """Conference and year of `corl/corl2021@2025-02-11.json`; null where there is no year."""
    venue, _, name = file.rpartition("/")
    venue = venue.rpartition("/")[2].lower()
    found = _YEAR.fullmatch(Path(name).stem.lower().removeprefix(venue))
    year = int(found[1]) if found else None
    return venue, year if year in _PLAUSIBLE_YEARS else None


@lru_cache(maxsize=1)
def load_corrections() -> dict[str, dict[str, str]]:
    """File → paper id → reason for which the paper is rejected, from `corrections/`."""
    text = (files("talentflow.sources") / "corrections" / "paperlists.csv").read_text("utf-8")
    corrections: dict[str, dict[str, str]] = {}
    for line in csv.DictReader(text.splitlines()):
        corrections.setdefault(line["file"], {})[line["paper"]] = line["reject_as"]
    return corrections


class _FileReader:
    """Turns the papers of one file into rows of `builder`."""

    def __init__(self, builder: EvidenceBuilder, *, venue: str, year: int) -> None:
        self.builder = builder
        self.venue = venue
        self.year = year
        self.planner = SlotPlanner()
        self.seen: set[tuple[str | None, ...]] = set()
        self.paper_ids: dict[str, int] = {}
        self.corrections = load_corrections().get(builder.file, {})

    def add_papers(self, found: PaperFile) -> int:
        """All papers of the file; returns how many rows of evidence they hold."""
        papers = [paper for _, paper in found.papers]
        comma = comma_separates(paper.author or paper.authors or "" for paper in papers)
        lists = [split_lists(paper, comma=comma) for paper in papers]
        self.planner.comma_plus = plus_is_comma(paper.aff or paper.affs or "" for paper in papers)
        self.planner.layout = find_layout(
            ListShape(len(one.names), one.affs or one.domains, bool(one.roles), bool(one.profiles))
            for one in lists
        )
        has_rejects = any(is_rejection(paper.status or "") for paper in papers)
        self.builder.papers = len(papers)
        return sum(
            self._add_paper(row, paper, one, has_rejects)
            for (row, paper), one in zip(found.papers, lists, strict=True)
        )

    def _add_paper(self, row: int, paper: Paper, lists: PaperLists, has_rejects: bool) -> int:
        self.builder.slots += len(lists.names)
        problem = self._find_problem(paper, lists)
        if problem is not None:
            reason, detail = problem
            rows = self._count_rows(reason, lists)
            self.builder.reject(
                position=str(row), reason=reason, detail=detail, raw=_show(paper), rows=rows
            )
            return rows
        tier = read_tier(paper.status or "", file_has_rejects=has_rejects)
        return self._add_rows(row, lists, self._paper_id(paper), tier)

    def _count_rows(self, reason: str, lists: PaperLists) -> int:
        """How many rows a rejected paper stands for: those it would have given."""
        if reason == "too_many_authors":
            return len(lists.names)
        if reason in ("no_authors", "not_names"):
            return 1
        return sum(1 for _ in self.planner.rows(lists))

    def _find_problem(self, paper: Paper, lists: PaperLists) -> tuple[str, str] | None:
        if not lists.names:
            return "no_authors", f"no author beside {len(lists.affs)} affiliations"
        if len(lists.names) > MAX_AUTHORS:
            return "too_many_authors", f"{len(lists.names)} authors; at most {MAX_AUTHORS} are read"
        if is_title_block(paper.author or paper.authors or ""):
            return "not_names", "the author field holds institutions and e-mail addresses"
        if paper.id in self.corrections:
            return self.corrections[paper.id], "see corrections/paperlists.csv"
        content = (paper.id, paper.title, paper.author, paper.aff, paper.affs, paper.status)
        if content in self.seen:
            return "duplicate_paper", "same id, title, authors, affiliations and status as before"
        self.seen.add(content)
        return None

    def _paper_id(self, paper: Paper) -> str:
        """The same for the same paper in another crawl; a repeated one gets `-2`, `-3` …"""
        name = (paper.id or "").strip()
        if not name:
            words = re.sub(r"\W+", " ", paper.title or paper.author or "").strip().casefold()
            name = "title-" + hashlib.blake2b(words.encode(), digest_size=8).hexdigest()
        times = self.paper_ids[name] = self.paper_ids.get(name, 0) + 1
        return f"{self.venue}{self.year}:{name}" + (f"-{times}" if times > 1 else "")

    def _add_rows(self, row: int, lists: PaperLists, paper_id: str, tier: int) -> int:
        add_record, identify, names = self.builder.add_record, self.planner.identify, lists.names
        count = 0
        for author, part, entry, alignment in self.planner.rows(lists):
            count += 1
            position = f"{row}/{author or 's'}/{part}"
            if entry is not None and entry.reason is not None:
                self._reject_entry(position, entry)
                continue
            ref = ids = None
            if author is not None:
                ids, ref = identify(lists, author - 1)
                ref = ref or f"slot:{self.builder.source}:{self.builder.file}#{row}/{author}"
            add_record(
                position=position,
                year=self.year,
                paper_id=paper_id,
                n_authors=len(names),
                alignment=alignment,
                person_ref=ref,
                person_name=names[author - 1] if author else None,
                ids=ids,
                text=entry.text if entry else None,
                domain=entry.domain if entry else None,
                role_raw=entry.role if entry else None,
                author_position=author,
                venue=self.venue,
                tier_flags=tier,
            )
        return count

    def _reject_entry(self, position: str, entry: Entry) -> None:
        reason = entry.reason or ""
        self.builder.reject(
            position=position,
            reason=reason,
            detail=ENTRY_PROBLEMS[reason],
            raw=entry.text or entry.domain or "",
        )


def _show(paper: Paper) -> str:
    """A rejected paper as JSON, without the fields it does not have."""
    values = {name: value for name in paper.__struct_fields__ if (value := getattr(paper, name))}
    return json.dumps(values, ensure_ascii=False)
