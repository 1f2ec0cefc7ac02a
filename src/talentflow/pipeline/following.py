"""The stages of a build that follow people: from records and persons to tallies and vintages.

Careers go on from those of the last build where nothing but the records has changed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from talentflow.careers.packing import PackedEvidence, tells_authors
from talentflow.careers.resampling import ARRANGEMENTS, hold_by_papers
from talentflow.careers.tallies import data_years
from talentflow.core.catalog import Parts
from talentflow.core.errors import InputError
from talentflow.core.id_lists import read_ids
from talentflow.core.provenance import checksum_code, checksum_value
from talentflow.core.scans import Stored
from talentflow.estimate.truncation import RECENT_VINTAGES
from talentflow.indicators.absence import explain_untold
from talentflow.indicators.definitions import DEFAULT, Definition, define_cohort
from talentflow.pipeline import stages
from talentflow.pipeline.accounting import Balance, account_for_records
from talentflow.pipeline.incremental import (
    BASIS,
    Counted,
    describe_basis,
    find_earlier,
    read_counted,
)
from talentflow.pipeline.inputs import SECOND_OPINION
from talentflow.pipeline.run import Run
from talentflow.resolve.people import drop_opted_out
from talentflow.resolve.second_opinion import compare_crawls


def follow_people(run: Run, definitions: tuple[Definition, ...]) -> None:
    """Careers under every definition, the default one's histories, and the account of records."""
    settings = run.settings
    opted_out = read_opt_out(settings.opt_out)
    rules = [
        [definition.to_dict() for definition in definitions],
        [settings.replicates, settings.imputations, settings.resample],
        checksum_code("core", "careers"),
    ]

    def make() -> Parts:
        records, people = _primary_records(run), without_opted_out(run, opted_out)
        resolved, inputs = run.read("corrections", "resolved_mentions"), run.read("read", "inputs")
        evidence = stages.prepare_evidence(records, people, resolved, inputs, run.room)
        if settings.definitions not in ("all", "standard"):
            _refuse_untold(evidence, definitions)
        basis = checksum_value([rules, evidence.populations])
        facts = {
            **_account(run, people, resolved),
            "cohorts": _list_cohorts(definitions, evidence),
            "years": data_years(evidence),
        }
        yield "facts", pa.table({"json": [json.dumps(facts, ensure_ascii=False)]})
        drawn = stages.impute(
            records, people, resolved, inputs, imputations=settings.imputations, room=run.room
        )
        if settings.resample == "two_way":
            drawn = hold_by_papers(drawn or [evidence] * ARRANGEMENTS, records, people, run.room)
        for name, part in stages.follow_careers(
            evidence,
            definitions,
            drawn=drawn,
            replicates=settings.replicates,
            floor=settings.floor,
            workers=settings.worker_count,
            progress=run.progress,
            earlier=_find_counted(run, basis, evidence, len(definitions)),
        ):
            yield name, part
            if name == "counts":
                yield BASIS, describe_basis(basis)

    run.run(
        "careers",
        [
            [run.keys[stage] for stage in ("align", "organizations", "people")],
            rules,
            [settings.floor, sorted(opted_out), run.corrections.effective],
            checksum_code("estimate") if settings.pools_draws else "",
        ],
        make,
    )


def _refuse_untold(evidence: PackedEvidence, definitions: tuple[Definition, ...]) -> None:
    """`InputError` for a definition asked for by name whose choice of authors nothing tells."""
    for definition in definitions:
        rule = definition.rules.people
        if len(evidence.keys) and not tells_authors(evidence, rule):
            raise InputError(**explain_untold(definition.id, rule.authors))


def _find_counted(
    run: Run, basis: str, evidence: PackedEvidence, definitions: int
) -> Counted | None:
    earlier = find_earlier(run.catalog, "careers", basis)
    if earlier is None:
        return None
    return read_counted(run.catalog, earlier, evidence.populations, definitions)


def _account(run: Run, people: pa.Table, resolved: pa.Table) -> dict[str, Any]:
    """What became of every row, and what a second crawl says."""
    everything, as_read = run.store("align", "records"), run.store("read", "records")
    room = run.room
    balance = Balance(
        read=as_read.rows,
        placements=run.read("align", "placements"),
        rejected=int(pc.sum(run.read("read", "rejects")["rows"]).as_py() or 0),
    )
    return {
        "accounting": account_for_records(
            everything, people, resolved, balance, SECOND_OPINION, room=room
        ),
        "second_opinion": compare_crawls(as_read, resolved, SECOND_OPINION, room=room).to_pylist(),
    }


def _list_cohorts(
    definitions: tuple[Definition, ...], evidence: PackedEvidence
) -> list[dict[str, Any]]:
    return [
        define_cohort(population, definition).to_dict()
        for definition in definitions
        if definition.cohorts
        for population in evidence.populations
    ]


def look_back(run: Run) -> None:
    """Vintages and captures, for nowcasts and coverage."""
    opted_out = read_opt_out(run.settings.opt_out)
    run.run(
        "vintages",
        [
            [run.keys[stage] for stage in ("align", "organizations", "people")],
            [sorted(opted_out), run.corrections.effective, DEFAULT.to_dict()],
            [RECENT_VINTAGES, checksum_code("core", "careers")],
        ],
        lambda: stages.look_back(
            _primary_records(run),
            without_opted_out(run, opted_out),
            run.read("corrections", "resolved_mentions"),
            workers=run.settings.worker_count,
            progress=run.progress,
            room=run.room,
        ),
    )


def _primary_records(run: Run) -> Stored:
    return run.store("align", "records").filter(f"source <> '{SECOND_OPINION}'")


def without_opted_out(run: Run, opted_out: frozenset[str]) -> pa.Table:
    """The table `people` without those who asked to be left out."""
    people = run.read("corrections", "people")
    if not opted_out:
        return people
    return drop_opted_out(run.store("align", "records"), people, set(opted_out), run.room)


def read_opt_out(path: Path | None) -> frozenset[str]:
    """The ids (`system:value`) of those who asked to be left out; none without a file.

    Raises `InputError` for a file that cannot be read.
    """
    if path is None:
        return frozenset()
    expected = "a UTF-8 text file with one system:value a line"
    return frozenset(read_ids(path, "the opt-out file", expected))
