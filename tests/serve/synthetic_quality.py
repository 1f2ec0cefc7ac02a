"""An invented report on quality in the published format."""

from __future__ import annotations

from typing import Any

from talentflow.pipeline.quality import BANDS


def make_quality(snapshot_id: str) -> dict[str, Any]:
    """A report whose parts fit each other."""
    return {
        "snapshot_id": snapshot_id,
        "format": 1,
        "floor": 5,
        "records": 50_000,
        "mentions": 9_000,
        "slots": 40_000,
        "fields": [
            {"field": field, "records": int(50_000 * share), "share": share,
             "slots": int(40_000 * share), "slot_share": share}
            for field, share in (("organization", 0.93), ("country", 0.97), ("city", 0.9),
                                 ("sector", 0.96))
        ],
        "by_year": [
            {"year": 1990, **dict.fromkeys(("records", "persons", "organization", "country",
                                            "city", "sector", "country_only"))},
            *(
                {"year": year, "records": 1000, "persons": 700, "organization": 900,
                 "country": 950, "city": 850, "sector": 940, "country_only": 60}
                for year in range(1991, 2026)
            ),
        ],
        "by_source": [],
        "rules": [
            {"field": "organization", "rule": "segment_name", "known": True, "records": 46_500,
             "persons": 30_000, "mentions": 8_000},
            {"field": "organization", "rule": "a_new_rule", "known": False, "records": 3_500,
             "persons": 2_000, "mentions": 1_000},
            {"field": "organization", "rule": "acronym", "known": True, "records": None,
             "persons": None, "mentions": None},
            {"field": "country", "rule": "country_word", "known": True, "records": 48_500,
             "persons": 30_000, "mentions": 8_500},
            {"field": "country", "rule": "unknown", "known": False, "records": 1_500,
             "persons": 900, "mentions": 500},
        ],
        "bands": [
            {"low": None, "high": None, "records": 3_500, "persons": 2_000, "mentions": 1_000},
            *(
                {"low": low, "high": high, "records": n, "persons": n, "mentions": n}
                for low, high, n in zip(
                    BANDS, BANDS[1:], (0, 100, 200, 300, 900, 5_000, 40_000), strict=False
                )
            ),
        ],
        "people": {
            "linkage": [
                {"linkage": "hard_id", "persons": 8_000, "records": 25_000},
                {"linkage": "rare_name", "persons": 3_000, "records": 6_000},
                {"linkage": "ambiguous", "persons": 4_000, "records": 5_000},
            ],
            "by_country": [
                {"country": country, "persons": 900, "hard_id": 500, "rare_name": 300,
                 "ambiguous": 100}
                for country in ("US", "KR", "HK", "unknown", "rest")
            ],
            "hidden_ids": [
                {"surnames": name, "slots": 2_000, "persons": 900,
                 **{measure: _share(0.9, 2_000) for measure in
                    ("b_cubed_precision", "b_cubed_recall", "pair_precision", "pair_recall")}}
                for name in ("all", "chinese", "korean", "chinese_or_korean", "other")
            ],
        },
        "unresolved": {
            "spread": [],
            "texts": [{"text": "Institute of <b>Things</b>", "records": 40, "persons": 12,
                       "country_known": True}],
        },
        "gold": {
            "half": "held out by organization",
            "texts": 3_000,
            "lists": [{"list": "logs", "complete": True, **_measure(0.95)}],
            "all": _measure(0.94),
            "by_country": [{"stratum": area, **_measure(0.93)} for area in ("US", "KR")],
            "by_sector": [{"stratum": sector, **_measure(0.92)}
                          for sector in ("university", "company")],
            "reliability": [
                {"field": field, "from": low, "to": high, "claimed": (low + high) / 2,
                 **_share((low + high) / 2, n)}
                for field in ("organization", "country")
                for low, high, n in ((0.5, 0.6, 3), (0.8, 0.9, 300), (0.95, 1.0, 900))
            ],
            "calibration_error": {"organization": 0.012, "country": 0.004},
        },
        "second_opinion": [
            {"file": "iclr/iclr2021@2021-05-01.json", "slots": 2_000, "placed_in_both": 1_800,
             "same_affiliation": 1_500, "same_country": 1_700},
        ],
        "corrections": {"sha256": "ab" * 32, "lines": 3, "applied": 2, "unused": 1, "records": 41},
    }  # fmt: skip


def _share(value: float, n: int) -> dict[str, Any]:
    return {"value": value, "low": value - 0.02, "high": min(value + 0.02, 1), "n": n}


def _measure(value: float) -> dict[str, Any]:
    share = _share(value, 500)
    nothing = {"value": None, "low": None, "high": None, "n": 0}
    return {
        "texts": 600,
        "precision": share,
        "precision_akin": share,
        "recall": _share(value - 0.05, 550),
        "none_kept": nothing,
        "country": {"precision": share, "coverage": share},
        "sector": {"precision": share, "coverage": share},
    }
