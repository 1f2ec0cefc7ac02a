"""Does a build that goes on from the last one publish what a build from nothing publishes?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from talentflow.core.contracts import MENTION_ORGANIZATIONS, MENTIONS, RESOLVED_MENTIONS
from talentflow.core.settings import Settings
from talentflow.pipeline import incremental, stages
from talentflow.pipeline.build import build
from talentflow.pipeline.incremental import resolve_new_mentions

NEW_FILE = "paperlists/icra/icra2019.json"


def published(store: Path) -> dict[str, bytes]:
    tables = ("values", "replicates", "ranks", "nowcasts", "awaited", "coverage")
    found = {path.stem: path.read_bytes() for path in (store / "published").glob("*.parquet")}
    assert set(tables) <= set(found)
    return found


def test_a_new_file_gives_the_same_figures_as_a_build_from_nothing(
    toy_store, tmp_path, monkeypatch
):
    data, store = tmp_path / "data", tmp_path / "store"
    shutil.copytree(toy_store.data, data)
    late = (data / NEW_FILE).read_bytes()
    (data / NEW_FILE).unlink()
    build(Settings(data=data, store=store, workers=1))

    asked, touched = [], []
    resolve, find = stages.resolve_organizations, incremental.find_touched

    def counting(mentions, *others):
        asked.append(mentions.num_rows)
        return resolve(mentions, *others)

    def noting(before, now):
        touched.append(find(before, now).persons)
        return find(before, now)

    monkeypatch.setattr(stages, "resolve_organizations", counting)
    monkeypatch.setattr(incremental, "find_touched", noting)
    (data / NEW_FILE).write_bytes(late)
    build(Settings(data=data, store=store, workers=1))
    (path,) = store.glob("tables/organizations/*/resolved_mentions.parquet")
    (people,) = store.glob("tables/people/*/people.parquet")
    assert sum(asked) < pq.read_metadata(path).num_rows / 4
    assert 0 < touched[0] < pq.read_metadata(people).num_rows / 2
    assert published(store) == published(toy_store.store)


def answers_of(mentions: pa.Table) -> dict[str, pa.Table]:
    ids = mentions["mention_id"].to_pylist()
    resolved = [
        {"mention_id": i, "organization_id": f"local:{i}", "rule": "exact", "country_rule": "text"}
        for i in ids
    ]
    named = [
        {
            "mention_id": i,
            "rank": rank,
            "organization_id": f"local:{i}/{rank}",
            "organization_name": "Some College",
            "probability": 0.9,
            "rule": "exact",
        }
        for i in ids
        for rank in range(1, 1 + i % 3)
    ]
    return {
        "resolved_mentions": RESOLVED_MENTIONS.from_rows(resolved),
        "mention_organizations": MENTION_ORGANIZATIONS.from_rows(named),
    }


def mentions_of(*ids: int) -> pa.Table:
    return MENTIONS.from_rows([{"mention_id": i, "text": f"College {i}"} for i in ids])


def test_only_new_mentions_are_asked_and_lost_ones_go():
    asked = []

    def resolve(mentions: pa.Table) -> dict[str, pa.Table]:
        asked.extend(mentions["mention_id"].to_pylist())
        return answers_of(mentions)

    earlier = resolve_new_mentions(mentions_of(2, 4, 5), None, resolve)
    now = mentions_of(1, 2, 3, 5, 8)
    found = resolve_new_mentions(now, earlier, resolve)
    assert asked == [2, 4, 5, 1, 3, 8]
    for name, anew in answers_of(now).items():
        assert found[name].to_pylist() == anew.to_pylist(), name
