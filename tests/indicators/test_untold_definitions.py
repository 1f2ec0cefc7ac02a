"""Is a definition whose choice nothing tells refused with the nearest valid one, not shown as 0?"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from talentflow.core.contracts import VALUES
from talentflow.indicators.absence import describe_absence, describe_untold
from talentflow.indicators.definitions import choose_definitions
from talentflow.indicators.snapshot import Query, Snapshot, open_snapshot


def publish(folder: Path) -> Snapshot:
    row = {
        "indicator": "stock",
        "definition_id": "default",
        **dict.fromkeys(("partner", "stage", "sector"), "all"),
        **{"area": "KR", "period": "2010", "value": 9.0, "low": 5.0, "high": 15.0, "level": 0.95},
        **{"n": 9, "unit": "persons", "flag": "ok", "snapshot_id": "s"},
    }
    published = folder / "published"
    published.mkdir()
    pq.write_table(VALUES.from_rows([row]), published / "values.parquet")
    chosen = [d.to_dict() for d in choose_definitions("corresponding-author,first-author")]
    (published / "definitions.json").write_text(json.dumps(chosen), "utf-8")
    return open_snapshot(folder)


def test_the_message_names_the_choice_and_the_nearest_request(tmp_path: Path) -> None:
    snapshot = publish(tmp_path)
    query = Query(indicator="stock", area="KR", definition="corresponding-author")
    said = str(describe_absence(snapshot, query))
    assert "no record of these data says who is the corresponding author" in said
    assert "not zero" in said
    assert "--definition last-author" in said
    assert "--definition default" in str(
        describe_absence(snapshot, Query(indicator="stock", definition="first-author"))
    )


def test_definitions_with_figures_or_without_such_a_choice_are_not_refused(tmp_path: Path) -> None:
    snapshot = publish(tmp_path)
    assert describe_untold(snapshot, "default") is None
    assert describe_untold(snapshot, "smd") is None
    assert describe_untold(snapshot, None) is None
