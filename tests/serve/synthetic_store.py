"""Writes a store with a published snapshot of invented figures, in the published format."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from synthetic_quality import make_quality
from synthetic_replication import make_replication

from talentflow.core.contracts import COVERAGE, RANKS, REPLICATES, VALUES, check_table
from talentflow.core.rules import Population
from talentflow.indicators.definitions import DEFINITIONS, define_cohort
from talentflow.indicators.registry import INDICATORS

AREAS = tuple(
    """US CN GB DE FR KR JP CA CH IN AU SG IL IT NL ES HK SE TW BR AT BE DK FI NO PL PT IE RU IR
    TR SA AE ZA CZ GR NZ VN MX LU""".split()  # noqa: SIM905 — one code a word reads better
)
FIRST, LAST, CENSORED_FROM = 1990, 2025, 2024
FLOOR = 5
SECTORS = ("unknown", "university", "company", "government", "nonprofit", "facility", "healthcare")
STAGES = ("unknown", "undergraduate", "master", "doctoral", "postdoctoral", "faculty", "industry")
COHORTS = tuple(
    define_cohort(Population(venue=venue, tier=tier))
    for venue in ("all", "nips")
    for tier in ("accepted", "oral")
)
WHOLE = f"{FIRST}/{LAST}"
WINDOWS = (*(f"{y}/{y + 4}" for y in range(1990, LAST + 1, 5)), f"{LAST - 6}/{LAST - 2}")

Row = dict[str, Any]


@dataclass
class World:
    """Sizes, rates and chance of the invented world."""

    random: np.random.Generator
    snapshot_id: str

    def size(self, area: str, year: int) -> float:
        rank = AREAS.index(area)
        growth = 1.16 ** (year - 2012) if year < 2020 else 1.16**8 * 1.06 ** (year - 2020)
        return 9000 / (rank + 1) ** 1.15 * growth


def write_store(store: Path, *, seed: int = 7, snapshot_id: str = "2026-01-15-toy0001") -> Path:
    """A complete store below `store`; the same seed gives the same figures."""
    folder = store / "snapshots" / snapshot_id
    folder.mkdir(parents=True)
    world = World(np.random.default_rng(seed), snapshot_id)
    rows = [{**row, "snapshot_id": snapshot_id} for row in _make_rows(world)]
    table = check_table(pa.Table.from_pylist(rows, schema=VALUES.schema), VALUES)
    pq.write_table(table, folder / "values.parquet")
    pq.write_table(_make_replicates(world, rows), folder / "replicates.parquet")
    pq.write_table(_make_ranks(rows, snapshot_id), folder / "ranks.parquet")
    pq.write_table(_make_coverage(), folder / "coverage.parquet")
    _write_json(folder / "indicators.json", [i.to_dict() for i in INDICATORS])
    _write_json(folder / "definitions.json", [d.to_dict() for d in (*DEFINITIONS, *COHORTS)])
    _write_json(folder / "manifest.json", _make_manifest(snapshot_id))
    _write_json(folder / "quality.json", make_quality(snapshot_id))
    _write_json(folder / "replication.json", make_replication(table, snapshot_id))
    _write_json(folder / "datapackage.json", {"name": "toy", "resources": []})
    publish(store, snapshot_id)
    return store


def _make_replicates(world: World, rows: list[Row]) -> pa.Table:
    """Independent replicates of the default figures of whole countries; Luxembourg has none."""
    chosen = [
        {**{name: row[name] for name in REPLICATES.key}, "replicates": _draw(world, row)}
        for row in rows
        if row["value"] is not None
        and row["definition_id"] == "default"
        and row["partner"] == row["sector"] == "all"
        and row["area"] != "LU"
    ]
    return REPLICATES.from_rows(chosen)


def _make_coverage() -> pa.Table:
    """South Korea alone: 3,174 people of 5,790."""
    row = {"area": "KR", "period": "2020/2024", "compared": "years", "method": "chao",
           "lists": "2020 2021 2022 2023 2024", "observed": 3174, "estimated": 5790.0,
           "low": 5489.0, "high": 6129.0, "level": 0.95, "share": 3174 / 5790}  # fmt: skip
    return COVERAGE.from_rows([row])


def _draw(world: World, row: Row) -> list[float]:
    error = (row["high"] - row["low"]) / 3.92
    return list(world.random.normal(row["value"], error, 20))


def _make_ranks(rows: list[Row], snapshot_id: str) -> pa.Table:
    """Places by value; the records allow two places more on either side."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        if row["value"] is not None and row["partner"] == row["sector"] == "all":
            key = tuple(row[name] for name in ("indicator", "definition_id", "stage", "period"))
            groups.setdefault(key, []).append(row)
    ranked = []
    for key, group in groups.items():
        named = dict(zip(("indicator", "definition_id", "stage", "period"), key, strict=True))
        ordered = sorted(group, key=lambda row: -row["value"])
        for rank, row in enumerate(ordered, start=1):
            ranked.append(
                {
                    **named,
                    "area": row["area"],
                    "rank": rank,
                    "rank_low": max(rank - 2, 1),
                    "rank_high": min(rank + 2, len(ordered)),
                    "of": len(ordered),
                    "level": 0.95,
                    "snapshot_id": snapshot_id,
                }
            )
    return RANKS.from_rows(ranked)


def publish(store: Path, snapshot_id: str) -> None:
    """Point the store's link to a snapshot, as a build does."""
    fresh = store / "published.new"
    fresh.symlink_to(Path("snapshots") / snapshot_id)
    fresh.replace(store / "published")


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def _make_rows(world: World) -> Iterator[Row]:
    for definition in ("default", "no-bridging", "any-gap"):
        yield from _make_stocks(world, definition)
        yield from _make_moves(world, definition)
        yield from _make_flows(world, definition)
    yield from _make_cohorts(world)
    yield from _make_stages(world)


def _cell(indicator: str, area: str, period: str, **other: str) -> Row:
    cell = {"definition_id": "default", "partner": "all", "stage": "all", "sector": "all"}
    return {"indicator": indicator, "area": area, "period": period, **cell, **other}


def _count(world: World, cell: Row, expected: float, unit: str) -> Row:
    value = float(world.random.poisson(max(expected, 0)))
    spread = 1.96 * max(value, 1) ** 0.5
    censored = _is_censored(cell["period"])
    if value < FLOOR:
        return _hide(cell, unit)
    return {
        **cell, "value": value, "low": max(0.0, round(value - spread)),
        "high": round(value + spread), "level": 0.95, "n": int(value), "unit": unit,
        "flag": "censored" if censored else "ok",
    }  # fmt: skip


def _rate(world: World, cell: Row, percent: float, n: float) -> Row:
    n = int(n)
    if n < FLOOR * 4:
        return _hide(cell, "percent")
    error = max(0.02, 100 * (max(abs(percent), 0.5) / 100 / n) ** 0.5)
    value = percent + world.random.normal(0, error / 2)
    return {
        **cell, "value": value, "low": value - 1.96 * error, "high": value + 1.96 * error,
        "level": 0.95, "n": n, "unit": "percent",
        "flag": "censored" if _is_censored(cell["period"]) else "ok",
    }  # fmt: skip


def _hide(cell: Row, unit: str) -> Row:
    empty = {"value": None, "low": None, "high": None, "n": None}
    return {**cell, **empty, "level": 0.95, "unit": unit, "flag": "too_few"}


def _is_censored(period: str) -> bool:
    last = period.rpartition("/")[2]
    return last.isdigit() and int(last) >= CENSORED_FROM and period != WHOLE


def _make_stocks(world: World, definition: str) -> Iterator[Row]:
    split = dict(zip(SECTORS, (0.1, 0.55, 0.2, 0.05, 0.02, 0.06, 0.02), strict=True))
    for area in AREAS:
        for year in range(FIRST, LAST + 1):
            cell = _cell("stock", area, str(year), definition_id=definition)
            size = world.size(area, year) * (0.8 if definition == "no-bridging" else 1)
            yield _count(world, cell, size, "persons")
            if definition != "default":
                continue
            for sector, share in split.items():
                drift = 1 + (year - 2000) / 50 if sector == "company" else 1
                yield _count(world, {**cell, "sector": sector}, size * share * drift, "persons")
            for stage in STAGES:
                yield _count(world, {**cell, "stage": stage}, size / len(STAGES), "persons")


def _make_moves(world: World, definition: str) -> Iterator[Row]:
    for i, area in enumerate(AREAS):
        rate_in = 1.2 + 2.2 * ((i * 7) % 11) / 11
        rate_out = 1.3 + 2.0 * ((i * 5) % 13) / 13
        for period in [*map(str, range(FIRST, LAST + 1)), *WINDOWS, WHOLE]:
            first, last = int(period[:4]), int(period[-4:])
            person_years = sum(world.size(area, y) for y in range(first, last + 1))
            wave = 1 + 0.25 * np.sin((first + last) / 2 / 3 + i)
            fade = 0.5 if _is_censored(period) else 1
            ins, outs = rate_in * wave * fade, rate_out * fade
            cell = _cell("inflow", area, period, definition_id=definition)
            yield _count(world, cell, ins * person_years / 100, "moves")
            cell = {**cell, "indicator": "outflow"}
            yield _count(world, cell, outs * person_years / 100, "moves")
            for name, rate in (("in_rate", ins), ("out_rate", outs), ("net_rate", ins - outs)):
                yield _rate(world, {**cell, "indicator": name}, rate, person_years)
            if definition == "default" and len(period) == 4:
                cell = {**cell, "indicator": "share_mobile"}
                yield _rate(world, cell, 18 + (i * 3) % 30, person_years)


def _make_flows(world: World, definition: str) -> Iterator[Row]:
    periods = [*map(str, range(2015, LAST + 1)), *WINDOWS, WHOLE]
    for i, area in enumerate(AREAS):
        for j, partner in enumerate(AREAS):
            if area == partner:
                continue
            for period in periods:
                years = int(period[-4:]) - int(period[:4]) + 1
                size = world.size(area, int(period[-4:]) - years // 2)
                moves = 0.08 * years * size / (1 + j) ** 1.1 / (1 + abs(i - j)) ** 0.2
                cell = _cell("flow", area, period, definition_id=definition, partner=partner)
                yield _count(world, cell, moves, "moves")


def _make_cohorts(world: World) -> Iterator[Row]:
    for cohort in COHORTS:
        small = 0.08 if cohort.id.endswith("oral") else 1
        for i, area in enumerate(AREAS):
            share = 45 / (i + 1) ** 1.1
            for period in [*map(str, range(2010, LAST + 1)), *WINDOWS[4:]]:
                n = small * 20000 * 1.1 ** (int(period[-4:]) - 2020)
                for indicator in ("work_share", "origin_share"):
                    cell = _cell(indicator, area, period, definition_id=cohort.id)
                    row = _rate(world, cell, share, n)
                    # who wrote a year's papers is known at once, unlike who will have moved
                    yield {**row, "flag": "ok" if row["flag"] == "censored" else row["flag"]}


def _make_stages(world: World) -> Iterator[Row]:
    for i, area in enumerate(AREAS[:30]):
        for k, stage in enumerate(("all", "undergraduate", "master", "doctoral", "postdoctoral")):
            n = world.size(area, 2018) / (1 + 2 * k)
            for t in range(1, 16):
                stays = 100 * (0.965 - 0.012 * k - 0.0008 * i) ** t
                cell = _cell("retention", area, f"P{t}Y", stage=stage)
                yield _rate(world, cell, stays, n / t)
        for partner in AREAS[:20]:
            cell = _cell("stage_flow", area, WHOLE, stage="doctoral", partner=partner)
            scale = 0.6 if partner == area else 0.2 / (1 + AREAS.index(partner))
            yield _count(world, cell, world.size(area, 2018) * scale, "persons")
        for change, share in (("university>company", 0.03), ("company>university", 0.012)):
            for period in [*WINDOWS, WHOLE]:
                cell = _cell("sector_flow", area, period, sector=change)
                size = world.size(area, int(period[-4:]))
                yield _count(world, cell, share * size, "moves")


def _make_manifest(snapshot_id: str) -> dict[str, Any]:
    inputs = [_make_input(venue, year) for venue in ("nips", "icml") for year in (2021, 2022)]
    keys = ("papers", "slots", "rows", "records", "rejected")
    totals = {key: sum(entry[key] for entry in inputs) for key in keys}
    return {
        "snapshot_id": snapshot_id,
        "format": 1,
        "software": {"name": "talentflow", "version": "0.1.0"},
        "level": 0.95,
        "floor": FLOOR,
        "replicates": 200,
        "first_year": FIRST,
        "last_year": LAST,
        "censored_from": CENSORED_FROM,
        "inputs": inputs,
        "totals": {"files": len(inputs), **totals},
        "rejects": [
            {"source": "paperlists", "reason": "no_author", "rows": 31},
            {"source": "paperlists", "reason": "bad_year", "rows": 9},
        ],
        "accounting": [
            {"id": "used", "title": {"en": "place a person", "ko": "사람의 위치를 알려 줌"},
             "records": 48000},
            {"id": "set_only", "title": {"en": "only known for the whole paper",
             "ko": "논문 전체에 대해서만 알려짐"}, "records": 9000},
            {"id": "no_place", "title": {"en": "no country found", "ko": "국가를 찾지 못함"},
             "records": totals["records"] - 57000},
        ],
        "licences": [
            {"source": "paperlists", "title": "Lists of conference papers",
             "licence": "no licence stated: statistics only", "url": "https://example.org/lists"},
            {"source": "ror", "title": "Research Organization Registry", "licence": "CC0-1.0",
             "url": "https://ror.org"},
        ],
    }  # fmt: skip


def _make_input(venue: str, year: int) -> dict[str, Any]:
    file = f"{venue}/{venue}{year}.json"
    return {
        "source": "paperlists",
        "file": file,
        "sha256": hashlib.sha256(file.encode()).hexdigest(),
        "size_bytes": 1_234_567,
        "papers": 2500,
        "slots": 12_000,
        "rows": 15_010,
        "records": 15_000,
        "rejected": 10,
        "aligned": 12_500,
        "set_only": 2_000,
        "unknown": 500,
    }
