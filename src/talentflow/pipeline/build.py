"""The main path: sources → records → organizations → aligned records → people → careers → values.

Every stage has a key over its inputs, its rules and the code that makes it. A stage whose key
is in the store is not run again: a killed build continues, a repeated one does nothing, and
the same inputs give the same bytes.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.catalog import open_store
from talentflow.core.engine import open_engine
from talentflow.core.progress import Note, Progress, Silent
from talentflow.core.provenance import checksum_code, checksum_value
from talentflow.core.settings import Settings
from talentflow.estimate.values import Publication, first_censored_year
from talentflow.indicators.definitions import (
    DEFAULT,
    Definition,
    choose_definitions,
)
from talentflow.pipeline import stages
from talentflow.pipeline.correcting import (
    Answers,
    correct_answers,
    read_store_corrections,
    sum_corrections,
)
from talentflow.pipeline.following import (
    follow_people,
    look_back,
    read_opt_out,
    without_opted_out,
)
from talentflow.pipeline.gathering import read_records
from talentflow.pipeline.incremental import (
    BASIS,
    describe_basis,
    find_earlier,
    resolve_new_mentions,
)
from talentflow.pipeline.inputs import Inputs, find_inputs, list_checksums
from talentflow.pipeline.publish import build_manifest, write_snapshot
from talentflow.pipeline.quality import QualityInputs, measure_quality
from talentflow.pipeline.quality_gold import measure_gold
from talentflow.pipeline.replicating import read_report, replicate
from talentflow.pipeline.run import Run
from talentflow.resolve.people_changes import compare_people
from talentflow.sources.denominators import read_denominators


@dataclass(frozen=True, kw_only=True)
class BuildReport:
    """What a build did: the snapshot, and the seconds each stage took (0: nothing to do)."""

    snapshot_id: str
    folder: Path
    seconds: dict[str, float]
    manifest: dict[str, Any]


def build(settings: Settings, progress: Progress | None = None) -> BuildReport:
    """Build the store from the data folder and publish a snapshot.

    Raises `InputError` for an unusable data folder or corrections file, `UsageError` for an
    unknown definition and `StoreError` for a store that is locked, full or newer than this program.
    """
    definitions = choose_definitions(settings.definitions)
    inputs = find_inputs(settings.data)
    corrections = read_store_corrections(settings.store)
    with open_store(settings.store) as catalog, open_engine(settings) as engine:
        run = Run(catalog, settings, engine, progress or Silent(), corrections)
        _read_inputs(run, inputs)
        _resolve_organizations(run)
        with ThreadPoolExecutor(1) as beside:
            # Its processes take the core that the next stages, which use one, leave idle.
            labelled = beside.submit(_measure_gold, run, inputs)
            _identify_people(run)
            _correct_answers(run)
            labelled.result()
            # The careers are mostly compiled and leave the interpreter to the measurement.
            note = Note()
            measured = beside.submit(_measure_quality, run, note)
            follow_people(run, definitions)
            look_back(run)
            measured.result()
        note.tell(run.progress)
        return _publish(run, inputs, definitions)


def _read_inputs(run: Run, inputs: Inputs) -> None:
    """The records, in processes of their own, and beside them the registry."""
    progress, note = run.progress, Note()
    with ThreadPoolExecutor(1) as beside:
        registry = beside.submit(
            run.run,
            "registry",
            [list_checksums(inputs.registry), checksum_code("core", "sources")],
            lambda: stages.read_registry(inputs.registry, note),
        )
        run.run(
            "read",
            [list_checksums(inputs.records + inputs.mappings), checksum_code("core", "sources")],
            lambda: read_records(
                inputs.records, run.engine, progress, inputs.mappings, run.catalog.root
            ),
        )
        registry.result()
    note.tell(progress)


def _resolve_organizations(run: Run) -> None:
    code = checksum_code("core", "sources", "resolve")
    run.run(
        "organizations",
        [run.keys["read"], run.keys["registry"], code],
        lambda: _resolve_mentions(run, code),
    )


def _identify_people(run: Run) -> None:
    progress, code = run.progress, checksum_code("core", "sources", "resolve")
    run.run(
        "align",
        [run.keys["read"], run.keys["organizations"], code],
        lambda: stages.give_affiliations(
            run.store("read", "records"),
            run.read("read", "mentions"),
            run.read("organizations", "resolved_mentions"),
            progress,
            run.room,
        ),
    )
    run.run(
        "people",
        [run.keys["align"], code],
        lambda: stages.identify_people(
            run.store("align", "records"),
            run.read("read", "mentions"),
            run.read("organizations", "resolved_mentions"),
            progress,
            run.room,
        ),
    )
    _note_changes(run)


def _resolve_mentions(run: Run, code: str) -> stages.Tables:
    """Only the affiliations that the last build did not meet under the same registry and code."""
    basis = checksum_value([run.keys["registry"], code])
    earlier = find_earlier(run.catalog, "organizations", basis)
    names = ("resolved_mentions", "mention_organizations")
    tables = resolve_new_mentions(
        run.read("read", "mentions"),
        {name: run.catalog.read_table("organizations", earlier, name) for name in names}
        if earlier
        else None,
        lambda mentions: stages.resolve_organizations(
            mentions, run.folder("registry"), run.engine, run.progress
        ),
    )
    return {**tables, BASIS: describe_basis(basis)}


def _note_changes(run: Run) -> None:
    """Keep what became of the people of the last finished build, under the key of the new ones.

    It is no stage of the build: the same inputs give the same snapshot whatever came before.
    """
    before, after = run.catalog.read_current().get("people"), run.keys["people"]
    if before in (None, after) or not run.catalog.has_stage("people", before):
        return
    if not run.catalog.has_stage("person_changes", after):
        earlier = run.catalog.read_table("people", before, "people")
        changes = compare_people(earlier, run.read("people", "people"))
        run.catalog.write_stage("person_changes", after, {"person_changes": changes})


def _correct_answers(run: Run) -> None:
    def make() -> stages.Tables:
        answers = Answers(
            records=run.store("align", "records"),
            mentions=run.read("read", "mentions"),
            resolved_mentions=run.read("organizations", "resolved_mentions"),
            people=run.read("people", "people"),
            organizations=run.read("registry", "organizations"),
        )
        return correct_answers(answers, run.corrections, run.progress)

    run.run(
        "corrections",
        [
            [run.keys[stage] for stage in ("registry", "organizations", "align", "people")],
            run.corrections.sha256,
            checksum_code("core", "resolve"),
        ],
        make,
    )


def _measure_gold(run: Run, inputs: Inputs) -> None:
    def make() -> stages.Tables:
        found = measure_gold(inputs.gold, run.folder("registry"), run.settings.worker_count)
        return {"report": pa.table({"json": [json.dumps(found, ensure_ascii=False)]})}

    run.run(
        "gold",
        [
            run.keys["registry"],
            list_checksums(inputs.gold),
            checksum_code("core", "resolve", "pipeline"),
        ],
        make,
    )


def _measure_quality(run: Run, progress: Progress) -> None:
    settings = run.settings
    opted_out = read_opt_out(settings.opt_out)

    def make() -> stages.Tables:
        return measure_quality(
            QualityInputs(
                records=stages.take_papers(run.store("align", "records"), run.room),
                mentions=run.read("read", "mentions"),
                resolved_mentions=run.read("corrections", "resolved_mentions"),
                people=without_opted_out(run, opted_out),
                gold=json.loads(run.read("gold", "report")["json"][0].as_py()),
            ),
            floor=settings.floor,
            progress=progress,
            room=run.room,
        )

    run.run(
        "quality",
        [
            [run.keys[stage] for stage in ("gold", "corrections")],
            [settings.floor, sorted(opted_out)],
            checksum_code("core", "resolve", "pipeline"),
        ],
        make,
    )


_NAMED_SETTINGS: Final = ("level", "floor", "replicates", "resample")
_PUBLISHED: Final = ("values", "replicates", "ranks", "nowcasts", "awaited", "coverage")


def _publish(run: Run, inputs: Inputs, definitions: tuple[Definition, ...]) -> BuildReport:
    settings = run.settings
    facts = json.loads(run.read("careers", "facts")["json"][0].as_py())
    first, last = facts["years"]
    code = checksum_code("core", "indicators", "estimate", "pipeline")
    compared = list_checksums(inputs.comparison + inputs.denominators)
    snapshot_id = checksum_value([run.keys, settings.level, settings.floor, code, compared])[:16]
    publication = Publication(
        level=settings.level,
        floor=settings.floor,
        first_year=first,
        last_year=last,
        snapshot_id=snapshot_id,
        denominators=read_denominators(file.path for file in inputs.denominators),
    )

    def make() -> stages.Tables:
        tallies = _split_tallies(run.read("careers", "tallies"))
        estimated = stages.estimate_all(
            tallies,
            definitions,
            publication,
            engine=run.engine,
            progress=run.progress,
        )
        past = stages.supplement(estimated["values"], _read_vintages(run), publication)
        return {**estimated, **past}

    run.run("values", [snapshot_id], make)
    replicate(run)
    manifest = build_manifest(
        snapshot_id=snapshot_id,
        settings={name: getattr(settings, name) for name in _NAMED_SETTINGS},
        years=(first, last),
        censored_from=first_censored_year(DEFAULT.rules, last),
        inputs=run.read("read", "inputs"),
        registry=[file.to_dict() for file in inputs.registry],
        gold=[file.to_dict() for file in inputs.gold],
        comparison=[file.to_dict() for file in inputs.comparison],
        denominators=[file.to_dict() for file in inputs.denominators],
        rejects=run.read("read", "rejects"),
        facts=facts,
        corrections=sum_corrections(run.corrections.sha256, run.read("corrections", "corrections")),
    )
    reports = _complete_quality(run, manifest), read_report(run, snapshot_id)
    described = [*(d.to_dict() for d in definitions), *facts["cohorts"]]
    tables = {name: run.read("values", name) for name in _PUBLISHED}
    folder = run.catalog.publish(
        snapshot_id,
        lambda folder: write_snapshot(folder, tables, described, manifest, *reports),
    )
    run.catalog.write_current(run.keys)
    return BuildReport(
        snapshot_id=snapshot_id, folder=folder, seconds=run.seconds, manifest=manifest
    )


def _complete_quality(run: Run, manifest: dict[str, Any]) -> dict[str, Any]:
    """The report on quality with what the manifest knows of it."""
    return {
        "snapshot_id": manifest["snapshot_id"],
        **json.loads(run.read("quality", "report")["json"][0].as_py()),
        "second_opinion": manifest["second_opinion"],
        "corrections": manifest["corrections"],
    }


def _read_vintages(run: Run) -> stages.Tables:
    return {name: run.read("vintages", name) for name in ("vintages", "awaited", "captures")}


def _split_tallies(tallies: pa.Table) -> dict[str, pa.Table]:
    """By definition; the cohorts go with the rules they are computed under."""
    ids = pc.list_element(pc.split_pattern(tallies["definition_id"], "@"), 0)
    return {
        definition_id: tallies.filter(pc.equal(ids, definition_id))
        for definition_id in pc.unique(ids).to_pylist()
    }
