"""The stages of a build, each tables in and tables out, none aware of the others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from talentflow.careers.captures import count_captures
from talentflow.careers.counting import count_evidence
from talentflow.careers.counts import CellCounts
from talentflow.careers.histories import list_histories_in_parts
from talentflow.careers.imputation import draw_mentions, draw_people, number_imputation
from talentflow.careers.packing import PackedEvidence, choose_populations, pack_evidence
from talentflow.careers.paper_tiers import count_submissions
from talentflow.careers.shared_rules import Wanted
from talentflow.careers.tallies import data_years, list_tallies
from talentflow.careers.vintages import (
    count_vintages,
    list_awaited,
    open_years,
    pack_by_venue,
)
from talentflow.core.catalog import Parts
from talentflow.core.collector import paused_collector
from talentflow.core.contracts import (
    MENTION_ORGANIZATIONS,
    MOVES,
    RANKS,
    RECORDS,
    REPLICATES,
    RESIDENCES,
    RESOLVED_MENTIONS,
    SPELLS,
    STAGE_CHANGES,
    UNIVERSITY_DOMAINS,
    VALUES,
    Contract,
)
from talentflow.core.engine import Engine
from talentflow.core.progress import Progress
from talentflow.core.rules import Rules
from talentflow.core.scans import Room, Source, Stored, read_parts, select
from talentflow.estimate.coverage import estimate_coverage
from talentflow.estimate.imputation import Imputed, pool_imputations, share_replicates
from talentflow.estimate.truncation import RECENT_VINTAGES, estimate_nowcasts
from talentflow.estimate.values import Estimated, Publication, estimate_together
from talentflow.indicators.definitions import DEFAULT, Definition, define_cohort
from talentflow.pipeline.incremental import (
    KEPT_DEFINITIONS,
    Counted,
    count_since,
    keep_counts,
    keep_evidence,
)
from talentflow.pipeline.inputs import SECOND_OPINION, InputFile
from talentflow.resolve.align_authors import align_authors
from talentflow.resolve.asserted import resolve_with_assertions
from talentflow.resolve.organizations import ResolvedMentions
from talentflow.resolve.people import link_people
from talentflow.resolve.registry import Registry, build_registry
from talentflow.sources.ror import read_ror
from talentflow.sources.university_domains import read_university_domains

Tables = dict[str, pa.Table]

_MENTIONS_A_TASK: Final = 4000
_IMPUTATION_SEED: Final = 1987


def read_registry(files: Iterable[InputFile], progress: Progress) -> Tables:
    """Registry files → organizations, their names, university domains, and what was rejected."""
    wanted = list(files)
    progress.start("registry", len(wanted))
    ror = read_ror([file.path for file in wanted if file.source == "ror"])
    lists = [read_university_domains(file.path) for file in wanted if file.source != "ror"]
    progress.advance(len(wanted))
    tables = {
        "organizations": ror.organizations,
        "organization_names": ror.organization_names,
        "university_domains": pa.concat_tables(
            [UNIVERSITY_DOMAINS.empty(), *(found.domains for found in lists)]
        ),
        "rejects": pa.concat_tables([ror.rejects, *(found.rejects for found in lists)]),
    }
    progress.finish(
        f"{ror.organizations.num_rows:,} organizations, {tables['rejects'].num_rows:,} rejects"
    )
    return tables


def resolve_organizations(
    mentions: pa.Table, registry: Path, engine: Engine, progress: Progress
) -> Tables:
    """Mentions → resolved mentions and all organizations they name.

    `registry` is the folder of the registry's tables.
    """
    tasks = [
        (registry, mentions.slice(start, _MENTIONS_A_TASK))
        for start in range(0, mentions.num_rows, _MENTIONS_A_TASK)
    ]
    progress.start("organizations", mentions.num_rows)
    resolved, named = [RESOLVED_MENTIONS.empty()], [MENTION_ORGANIZATIONS.empty()]
    for part in engine.run(resolve_slice, tasks):
        resolved.append(part.resolved)
        named.append(part.organizations)
        progress.advance(part.resolved.num_rows)
    found = pa.concat_tables(resolved)
    located = found.num_rows - found["country"].null_count
    progress.finish(f"country known for {located:,} of {found.num_rows:,} affiliations")
    return {"resolved_mentions": found, "mention_organizations": pa.concat_tables(named)}


def resolve_slice(task: tuple[Path, pa.Table]) -> ResolvedMentions:
    """What some mentions mean by the registry whose tables are in a folder."""
    registry, mentions = task
    with paused_collector():
        return resolve_with_assertions(mentions, _load_registry(registry))


@lru_cache(maxsize=1)
def _load_registry(folder: Path) -> Registry:
    names = ("organizations", "organization_names", "university_domains")
    return build_registry(*(pq.read_table(folder / f"{name}.parquet") for name in names))


def give_affiliations(
    records: Stored, mentions: pa.Table, resolved: pa.Table, progress: Progress, room: Room
) -> Parts:
    """Records as read → records with affiliations given to authors, and the placements.

    Positions are known to be their person's, and so is every affiliation of a source that prints
    affiliations author by author, such as OpenAlex: they take no part and pass by unread, after
    those that do.
    """
    progress.start("align", 1)
    open_sources = [row["source"] for row in select(_OPEN_SOURCES, room, r=records).to_pylist()]
    papers = RECORDS.empty()
    if open_sources:
        papers = _take_open(records, open_sources)
    aligned = align_authors(papers, mentions, resolved, second=SECOND_OPINION)
    del papers
    yield "records", aligned.records
    yield "placements", aligned.placements
    for part in read_parts(records.path):
        taken = pc.is_in(part["source"], value_set=pa.array(open_sources, pa.string()))
        taken = pc.and_(taken, pc.equal(part["kind"], "authorship"))
        yield "records", part.filter(pc.invert(taken))
    progress.advance()
    progress.finish(f"{aligned.placements.num_rows:,} authors given an affiliation of their paper")


_OPEN_SOURCES: Final = """
    select distinct source from r
    where person_ref is null and alignment = 'set_only' and kind = 'authorship'
    order by source
"""
"""Sources that state affiliations of papers without saying whose."""


def _take_open(records: Stored, sources: Sequence[str]) -> pa.Table:
    parts = [RECORDS.empty()]
    wanted = pa.array(sources, pa.string())
    for part in read_parts(records.path):
        taken = pc.is_in(part["source"], value_set=wanted)
        parts.append(part.filter(pc.and_(taken, pc.equal(part["kind"], "authorship"))))
    return pa.concat_tables(parts)


def take_papers(records: Stored, room: Room) -> Stored:
    """The records of documents, without the years of positions; all of them where there are no
    documents at all."""
    papers = records.filter("kind = 'authorship'")
    return papers if select("select 1 from r limit 1", room, r=papers).num_rows else records


def identify_people(
    records: Source, mentions: pa.Table, resolved: pa.Table, progress: Progress, room: Room
) -> Tables:
    """Records and what their affiliations mean → people and the edges that say why."""
    progress.start("people", 1)
    with paused_collector():
        linked = link_people(records, mentions=mentions, resolved_mentions=resolved, room=room)
    progress.advance()
    ids = len(linked.people["person_id"].unique())
    progress.finish(f"{ids:,} persons behind {linked.people.num_rows:,} references")
    return {"people": linked.people, "person_edges": linked.edges}


def follow_careers(
    evidence: PackedEvidence,
    definitions: Iterable[Definition],
    *,
    replicates: int,
    floor: int,
    workers: int,
    progress: Progress,
    drawn: Sequence[PackedEvidence] = (),
    earlier: Counted | None = None,
) -> Parts:
    """Packed evidence → tallies under every definition, and the default one's histories, person
    after person.

    Where there are `drawn` imputations of the evidence, the tallies are theirs, pooled. What an
    `earlier` build counted under the same definitions is not counted again. The evidence and
    its raw counts are kept for the next build, unless they are drawn or of very many definitions.
    """
    chosen = list(definitions)
    progress.start("careers", len(chosen))
    years = data_years(evidence)
    tallies, kept = {}, {}

    def count(rows: PackedEvidence) -> Iterator[tuple[int, CellCounts]]:
        return _count((rows,), chosen, replicates, workers)

    counting = (
        _count(drawn, chosen, replicates, workers)
        if drawn
        else count_since(earlier, evidence, count)
    )
    for number, counted in counting:
        if not drawn and len(chosen) <= KEPT_DEFINITIONS:
            kept[number] = keep_counts(number, counted)
        definition, cohorts = chosen[number], []
        if definition.cohorts:
            cohorts = [define_cohort(p, definition).id for p in evidence.populations]
        tallies[number] = list_tallies(counted, [*cohorts, definition.id], years, floor)
        progress.advance()
    yield "tallies", _in_order(tallies)
    if kept:
        yield from keep_evidence(evidence).items()
        yield "counts", _in_order(kept)
    moves = 0
    for contract in (RESIDENCES, SPELLS, MOVES, STAGE_CHANGES):
        yield contract.name, contract.empty()
    for part in list_histories_in_parts(evidence, DEFAULT.rules):
        yield from vars(part).items()
        moves += part.moves.num_rows
    progress.finish(f"{moves:,} moves, {len(chosen)} definitions × {replicates} replicates")


def _in_order(tables: Mapping[int, pa.Table]) -> pa.Table:
    return pa.concat_tables([tables[number] for number in sorted(tables)])


def _count(
    imputations: Sequence[PackedEvidence],
    definitions: Sequence[Definition],
    replicates: int,
    workers: int,
) -> Iterator[tuple[int, CellCounts]]:
    """The number of each definition and its counts, the imputations pooled, as they are done."""
    wanted = [Wanted(rules=d.rules, details=d.details, cohorts=d.cohorts) for d in definitions]
    shares = share_replicates(replicates, len(imputations))
    counting = [
        count_evidence(evidence, wanted, replicates=share, workers=workers)
        for share, evidence in zip(shares, imputations, strict=True)
    ]
    for of_definition in zip(*counting, strict=True):
        parts = [Imputed(c.cells, c.persons, c.counts) for _, c in of_definition]
        number, first = of_definition[0]
        pooled = pool_imputations(parts)
        yield (
            number,
            CellCounts(
                cells=pooled.cells,
                persons=pooled.persons,
                counts=pooled.counts,
                units=first.units,
            ),
        )


def impute(
    records: Source,
    people: pa.Table,
    resolved: pa.Table,
    inputs: pa.Table | None = None,
    *,
    imputations: int,
    room: Room | None = None,
) -> list[PackedEvidence]:
    """So many draws of the evidence, each with bootstrap weights of its own; none for 1.

    Every draw decides each country and each doubtful person from its probability.
    """
    drawn = []
    for number in range(imputations if imputations > 1 else 0):
        random = np.random.default_rng([_IMPUTATION_SEED, number])
        evidence = prepare_evidence(
            records, draw_people(people, random), draw_mentions(resolved, random), inputs, room
        )
        drawn.append(number_imputation(evidence, number))
    return drawn


def prepare_evidence(
    records: Source,
    people: pa.Table,
    resolved: pa.Table,
    inputs: pa.Table | None = None,
    room: Room | None = None,
) -> PackedEvidence:
    """The three tables as packed evidence, with the cohorts that the records offer. `inputs` say
    how many papers were submitted, which tiers at a fixed share need."""
    submissions = count_submissions(records, inputs, room) if inputs is not None else None
    populations = choose_populations(records, room)
    return pack_evidence(records, people, resolved, populations, submissions, room=room)


def look_back(
    records: Stored,
    people: pa.Table,
    resolved: pa.Table,
    *,
    workers: int,
    progress: Progress,
    room: Room,
) -> Tables:
    """What earlier vintages of the records said, what the last years still lack, and who was
    seen in which lists; under the default rules and from documents alone, because positions
    are told years later."""
    progress.start("vintages", 1)
    papers, rules = take_papers(records, room), DEFAULT.rules
    evidence = pack_by_venue(papers, people, resolved, room)
    last = data_years(evidence.packed)[1]
    cuts = range(last - RECENT_VINTAGES + 1, last + 1) if last else range(0)
    tables = {
        "vintages": count_vintages(evidence, rules, cuts, workers=workers),
        "awaited": list_awaited(evidence, open_years(rules) if last else 0),
        "captures": count_captures(evidence),
    }
    progress.advance()
    progress.finish(f"{len(cuts)} years looked back")
    return tables


def supplement(values: pa.Table, past: Tables, publication: Publication) -> Tables:
    """Tables of `look_back` and the values → what is published beside the values."""
    level, floor = publication.level, publication.floor
    awaited = past["awaited"]
    return {
        "nowcasts": estimate_nowcasts(past["vintages"], values, awaited, level=level),
        "awaited": awaited,
        "coverage": estimate_coverage(past["captures"], level=level, floor=floor),
    }


def estimate_all(
    tallies: Mapping[str, pa.Table],
    definitions: Iterable[Definition],
    publication: Publication,
    *,
    engine: Engine,
    progress: Progress,
) -> Tables:
    """Tallies by definition → values and ranks under all of them, and the replicates that
    comparisons under the default one need; each sorted by key."""
    tasks = [
        (tallies[d.id], d.rules, publication, d.id == DEFAULT.id)
        for d in definitions
        if d.id in tallies
    ]
    progress.start("indicators", len(tasks))
    parts = []
    for part in engine.run(_estimate, tasks):
        parts.append(part)
        progress.advance()
    values = _join_sorted(VALUES, [part.values for part in parts])
    shown = values.num_rows - values["value"].null_count
    progress.finish(f"{shown:,} figures, {values['value'].null_count:,} withheld")
    return {
        "values": values,
        "replicates": _join_sorted(REPLICATES, [part.replicates for part in parts]),
        "ranks": _join_sorted(RANKS, [part.ranks for part in parts]),
    }


def _estimate(task: tuple[pa.Table, Rules, Publication, bool]) -> Estimated:
    tallies, rules, publication, is_default = task
    with paused_collector():
        return estimate_together(tallies, rules, publication, replicates=is_default)


def _join_sorted(contract: Contract, parts: list[pa.Table]) -> pa.Table:
    together = pa.concat_tables([contract.empty(), *parts])
    return together.sort_by([(name, "ascending") for name in contract.key])
