"""Are features and scores the same however texts are put into batches?"""

from __future__ import annotations

from importlib import resources

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.contracts import ORGANIZATION_NAMES, ORGANIZATIONS
from talentflow.resolve.choose import gather_evidence, list_candidates
from talentflow.resolve.rank_features import FEATURES
from talentflow.resolve.rank_model import MODEL_FILE, load_model
from talentflow.resolve.registry import Registry, build_registry

# (id, name, country, city, sector, parent, other names)
_ROWS = [
    (1, "Alder University", "KR", "Seoul", "university", None, [("앨더대학교", "label")]),
    (2, "Alder Hospital", "KR", "Seoul", "healthcare", 1, []),
    (3, "Brix (United States)", "US", "Austin", "company", None, []),
    (4, "Brix (Germany)", "DE", "Bonn", "company", 3, []),
    (5, "Institute of Larch Studies", "JP", "Kobe", "facility", None, [("ILS", "acronym")]),
    (6, "Rowan University", "GB", "Leeds", "university", None, []),
    (7, "Rowan University", "CA", "Ottawa", "university", None, []),
    (8, "University of Ottawa Rowan", "CA", "Ottawa", "university", 7, []),
]
_TEXTS = (
    "Alder University, Seoul",
    "Alder Hospital, Alder University, Korea; Rowan University, Leeds, UK",
    "Brix, Bonn",
    "Brix",
    "ILS, Kobe, Japan",
    "Rowan University",
    "Rowan University, Ottawa, Ottawa, Canada",
    "Department of Larches, Institut of Larch Studys, Kobe",
    "앨더대학교 전산학과",
    "Nowhere in particular",
    "INC, Alder University",
    "PTE",
)


@pytest.fixture(scope="module")
def registry() -> Registry:
    def identify(number: int | None) -> str | None:
        return None if number is None else f"https://ror.org/0test{number:02d}00"

    organizations = [
        {
            "organization_id": identify(number),
            "name": name,
            "country": country,
            "city": city,
            "sector": sector,
            "status": "active",
            "parent_id": identify(parent),
            "domains": [],
        }
        for number, name, country, city, sector, parent, _ in _ROWS
    ]
    names = [
        {"organization_id": identify(row[0]), "name": name, "kind": kind}
        for row in _ROWS
        for name, kind in ((row[1], "display"), *row[6])
    ]
    return build_registry(
        pa.Table.from_pylist(organizations, ORGANIZATIONS.schema),
        pa.Table.from_pylist(names, ORGANIZATION_NAMES.schema),
    )


@given(st.lists(st.sampled_from(_TEXTS), min_size=1, max_size=8))
def test_a_batch_describes_each_text_as_if_it_were_alone(
    registry: Registry, texts: list[str]
) -> None:
    evidence = [gather_evidence(text, None, registry) for text in texts]
    together = list_candidates(evidence, registry)
    alone = [list_candidates([one], registry) for one in evidence]
    assert together.text.tolist() == [i for i, rows in enumerate(alone) for _ in rows.text]
    assert together.organization.tolist() == [o for rows in alone for o in rows.organization]
    assert [s for rows in alone for s in rows.spans] == together.spans
    expected = np.concatenate([rows.features for rows in alone])
    np.testing.assert_array_equal(together.features, expected)


@pytest.mark.parametrize(
    ("text", "organization", "expected"),
    [
        ("Alder University, Seoul", 0, {"area": 2, "city": 3, "whole": 1, "part_named": 0}),
        ("Alder University, Alder Hospital", 0, {"area": 0, "city": 0, "part_named": 1}),
        ("Alder University, Alder Hospital", 1, {"whole_named": 1, "part_named": 0}),
        ("Rowan University, Leeds, UK", 5, {"area": 3, "better_namesakes": 0}),
        ("Rowan University, Leeds, UK", 6, {"area": -2, "better_namesakes": 1}),
        ("Brix, Alder University", 2, {"kind": 3, "whole": 1, "equal_namesakes": 0}),
        ("Larch Studies Institute of Rowan", 4, {"size": 3, "missing_word": 0}),
    ],
)
def test_features_say_how_an_organization_fits(
    registry: Registry, text: str, organization: int, expected: dict[str, float]
) -> None:
    rows = list_candidates([gather_evidence(text, None, registry)], registry)
    row = rows.features[rows.organization.tolist().index(organization)]
    assert {name: row[FEATURES.index(name)] for name in expected} == expected


@given(st.integers(0, 2**32 - 1))
def test_trees_score_as_if_each_row_went_down_alone(seed: int) -> None:
    generator = np.random.default_rng(seed)
    with (resources.files("talentflow.resolve") / MODEL_FILE).open("rb") as file:
        stored = dict(np.load(file, allow_pickle=False))
    feature, split = stored["candidates_feature"], stored["candidates_split"]
    left, right = stored["candidates_left"], stored["candidates_right"]
    edges = np.concatenate([split[feature >= 0], [-3.0, 0.0, 1.0, 1e6]]).astype(np.float32)
    rows = generator.choice(edges, (3, len(FEATURES)))

    def score(row: np.ndarray) -> float:
        total = float(stored["candidates_start"])
        for root in stored["candidates_roots"].tolist():
            at = root
            while feature[at] >= 0:
                at = left[at] if row[feature[at]] <= split[at] else right[at]
            total += stored["candidates_value"][at]
        return total

    assert load_model().candidates.score(rows).tolist() == [score(row) for row in rows]
