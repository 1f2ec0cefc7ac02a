"""Can a reader work out a withheld figure from those that are published?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.contracts import TALLIES
from talentflow.indicators.disclosure import Part, find_withheld
from talentflow.indicators.quantities import NET, MeasureCounts

FLOOR = 5
WHOLE = "2010/2019"
AREAS = ("CN", "KR", "US")


def cell(measure: str, period: str, definition: str = "d", **given: str) -> Part:
    words = {"area": "all", "partner": "all", "stage": "all", "sector": "all", **given}
    return measure, (definition, *words.values(), period)  # type: ignore[return-value]


def measure_counts(cells: dict[Part, int], *, shuffle: int = 0) -> MeasureCounts:
    """Every person counted once in each cell."""
    parts = list(cells)
    np.random.default_rng(shuffle).shuffle(parts)
    rows = [
        {
            "measure": measure,
            **dict(zip(TALLIES.schema.names[1:7], key, strict=True)),
            "persons": cells[measure, key],
            "counts": [cells[measure, key]],
        }
        for measure, key in parts
    ]
    return MeasureCounts(TALLIES.from_rows(rows), FLOOR)


def withhold(cells: dict[Part, int], shuffle: int = 0) -> tuple[set[Part], set[Part]]:
    """Withheld cells, the balances of directions left aside."""
    small, protecting = withhold_all(cells, shuffle)
    return small & cells.keys(), protecting & cells.keys()


def withhold_all(cells: dict[Part, int], shuffle: int = 0) -> tuple[set[Part], set[Part]]:
    return find_withheld(measure_counts(cells, shuffle=shuffle), WHOLE)


def window_of(period: str) -> str:
    start = int(period) // 5 * 5
    return f"{start}/{start + 4}"


Flow = tuple[str, str, str]
"""from, to, year."""


def count_flows(flows: Counter[Flow]) -> dict[Part, int]:
    cells: Counter[Part] = Counter()
    for (here, there, year), n in flows.items():
        for period in (year, window_of(year)):
            cells[cell("flow", period, area=here, partner=there)] += n
            cells[cell("outflow", period, area=here)] += n
            cells[cell("inflow", period, area=there)] += n
        cells[cell("flow", WHOLE, area=here, partner=there)] += n
    return dict(cells)


def count_stock(stock: Counter[tuple[str, str, str, str]]) -> dict[Part, int]:
    """Of area, stage, sector and year."""
    cells: Counter[Part] = Counter()
    for (area, stage, sector, year), n in stock.items():
        # Of a window only the person-years of a country are told, as denominators of rates.
        cells[cell("stock", window_of(year), area=area)] += n
        cells[cell("stock", year)] += n
        cells[cell("stock", year, area=area)] += n
        cells[cell("stock", year, area=area, stage=stage)] += n
        cells[cell("stock", year, area=area, sector=sector)] += n
    return dict(cells)


def count_cohort(work: Counter[tuple[str, str]]) -> dict[Part, int]:
    cells: Counter[Part] = Counter()
    for (area, year), n in work.items():
        for period in (year, window_of(year)):
            cells[cell("cohort_located", period, "d@nips")] += n
            cells[cell("cohort_work", period, "d@nips", area=area)] += n
    return dict(cells)


years = st.sampled_from(["2010", "2011", "2014", "2015", "2016"])
sizes = st.one_of(st.integers(1, 12), st.integers(1, 60))
flows = st.dictionaries(
    st.tuples(st.sampled_from(AREAS), st.sampled_from(AREAS), years).filter(lambda f: f[0] != f[1]),
    sizes,
    max_size=20,
).map(lambda cells: count_flows(Counter(cells)))
stocks = st.dictionaries(
    st.tuples(
        st.sampled_from(AREAS),
        st.sampled_from(["doctoral", "faculty"]),
        st.sampled_from(["university", "company"]),
        years,
    ),
    sizes,
    max_size=20,
).map(lambda cells: count_stock(Counter(cells)))
cohorts = st.dictionaries(st.tuples(st.sampled_from(AREAS), years), sizes, max_size=12).map(
    lambda cells: count_cohort(Counter(cells))
)
tables = st.builds(lambda a, b, c: {**a, **b, **c}, flows, stocks, cohorts)


def list_equations(counted: dict[Part, int]) -> list[dict[Part, int]]:
    """What a reader knows to be zero, worked out from the meaning of the measures alone."""
    cells = set(counted)
    found: list[dict[Part, int]] = []

    def equate(left: Iterable[Part], right: Iterable[Part]) -> None:
        left, right = [p for p in left if p in cells], [p for p in right if p in cells]
        if left and right:
            found.append({**dict.fromkeys(left, 1), **dict.fromkeys(right, -1)})

    def having(measure: str, **wanted: str) -> list[Part]:
        names = ("definition", "area", "partner", "stage", "sector", "period")
        return [
            part
            for part in cells
            if part[0] == measure
            and all(part[1][names.index(name)] == word for name, word in wanted.items())
        ]

    whole = {"partner": "all", "stage": "all", "sector": "all"}
    hidden = set.union(*withhold_all(counted))
    for _, key in {part for part in cells if part[0] in ("inflow", "outflow")}:
        directions = [part for part in (("inflow", key), ("outflow", key)) if part in cells]
        if (NET, key) not in hidden:
            found.append(dict(zip(directions, (1, -1), strict=False)))
    for period in {key[-1] for _, key in cells}:
        equate(having("outflow", period=period), having("inflow", period=period))
        world = having("stock", period=period, area="all")
        equate(world, [p for p in having("stock", period=period, **whole) if p not in world])
        located = having("cohort_located", period=period)
        equate(located, having("cohort_work", period=period))
        for area in AREAS:
            equate(
                having("outflow", period=period, area=area),
                having("flow", period=period, area=area),
            )
            equate(
                having("inflow", period=period, area=area),
                having("flow", period=period, partner=area),
            )
            total = having("stock", period=period, area=area, **whole)
            staged = having("stock", period=period, area=area, sector="all")
            equate(total, [p for p in staged if p not in total])
            placed = having("stock", period=period, area=area, stage="all")
            equate(total, [p for p in placed if p not in total])
    for area in AREAS:
        windows = [p for p in having("outflow", area=area) if "/" in p[1][-1]]
        equate(windows, having("flow", area=area, period=WHOLE))
        windows = [p for p in having("inflow", area=area) if "/" in p[1][-1]]
        equate(windows, having("flow", partner=area, period=WHOLE))
    for measure, key in cells:
        series = [p for p in cells if p[0] == measure and p[1][:5] == key[:5]]
        if "/" in key[-1] and key[-1] != WHOLE:
            equate(
                [(measure, key)],
                [p for p in series if p[1][-1].isdigit() and window_of(p[1][-1]) == key[-1]],
            )
        if key[-1] == WHOLE:
            equate([(measure, key)], [p for p in series if "/" in p[1][-1] and p[1][-1] != WHOLE])
    return found


def find_determined(cells: dict[Part, int], withheld: set[Part]) -> set[Part]:
    """Withheld cells that all solutions of the reader's equations agree on."""
    unknown = sorted(withheld)
    if not unknown:
        return set()
    matrix = np.array(
        [[equation.get(part, 0) for part in unknown] for equation in list_equations(cells)], float
    ).reshape(-1, len(unknown))
    _, singular, basis = np.linalg.svd(matrix)
    free = basis[np.sum(singular > 1e-9) :]
    return {part for i, part in enumerate(unknown) if (np.abs(free[:, i]) < 1e-9).all()}


def draw_table(seed: int) -> dict[Part, int]:
    """Moves and stocks of ten years between three countries, many of them few."""
    random = np.random.default_rng(seed)
    flows, stock = Counter[Flow](), Counter[tuple[str, str, str, str]]()
    for year in map(str, range(2010, 2020)):
        for here in AREAS:
            for there in set(AREAS) - {here}:
                flows[here, there, year] = int(random.poisson(random.gamma(0.5, 6)))
            for stage in ("doctoral", "faculty"):
                for sector in ("university", "company"):
                    stock[here, stage, sector, year] = int(random.poisson(random.gamma(0.5, 12)))
    return {**count_flows(+flows), **count_stock(+stock)}


def test_hardly_a_small_cell_follows_from_several_sums_together() -> None:
    """One sum never gives a cell away; that all together do is rare but not ruled out."""
    few, determined = 0, 0
    for seed in range(20):
        cells = draw_table(seed)
        small, protecting = withhold(cells)
        assert small == {part for part, n in cells.items() if n < FLOOR}
        few += len(small)
        determined += len(find_determined(cells, small | protecting) & small)
    assert few > 1000
    assert determined / few < 0.005


@given(tables)
def test_no_sum_gives_its_withheld_members_away(cells: dict[Part, int]) -> None:
    small, protecting = withhold(cells)
    for equation in list_equations(cells):
        hidden = [part for part in equation if part in small | protecting]
        assert len(hidden) != 1
        if len({equation[part] for part in hidden}) == 1:
            shown = [part for part in equation if part not in hidden]
            assert sum(cells[part] for part in hidden) >= FLOOR or not shown


@given(tables, st.integers(1, 99))
def test_order_of_rows_does_not_matter(cells: dict[Part, int], shuffle: int) -> None:
    assert withhold(cells, shuffle) == withhold(cells)


@given(tables)
def test_nothing_is_withheld_where_nothing_is_small(cells: dict[Part, int]) -> None:
    assert withhold({part: n + FLOOR for part, n in cells.items()}) == (set(), set())


def test_one_small_partner_takes_the_smallest_other_with_it() -> None:
    flows = Counter(
        {("KR", "US", "2010"): 40, ("KR", "CN", "2010"): 7, ("KR", "DE", "2010"): 3}
    ) + Counter({("US", "CN", "2010"): 60, ("US", "DE", "2010"): 50})
    small, protecting = withhold(count_flows(flows))
    year = {(part[1][1], part[1][2]) for part in small | protecting if part[1][-1] == "2010"}
    assert {("KR", "DE"), ("KR", "CN")} <= year
    assert ("KR", "US") not in year


def test_two_small_ones_below_the_floor_need_a_third() -> None:
    cells = count_cohort(
        Counter({("CN", "2010"): 2, ("KR", "2010"): 2, ("US", "2010"): 30, ("DE", "2010"): 20})
    )
    small, protecting = withhold(cells)
    assert {part[1][1] for part in small} == {"CN", "KR"}
    assert {part[1][1] for part in protecting} == {"DE"}


def test_a_total_withheld_for_others_hides_a_part_too() -> None:
    """Departures of 2011 protect those of 2010; their only partner must not show them."""
    cells = count_flows(
        Counter({("KR", "US", "2010"): 3, ("KR", "US", "2011"): 9, ("KR", "US", "2014"): 30})
    )
    small, protecting = withhold(cells)
    assert cell("outflow", "2010", area="KR") in small
    assert {
        cell("outflow", "2011", area="KR"),
        cell("flow", "2011", area="KR", partner="US"),
        cell("inflow", "2011", area="US"),
    } <= protecting


def test_arrivals_are_protected_from_departures() -> None:
    """Both add up to all moves: a single withheld one on either side would follow."""
    cells = {
        cell("outflow", "2010", area="KR"): 20,
        cell("outflow", "2010", area="US"): 10,
        cell("inflow", "2010", area="CN"): 3,
        cell("inflow", "2010", area="US"): 27,
    }
    _, protecting = withhold(cells)
    # Once departures are withheld, the balance would give them away beside the arrivals.
    assert {cell(measure, "2010", area="US") for measure in ("outflow", "inflow")} <= protecting


def test_a_balance_is_shown_where_both_directions_together_are_enough() -> None:
    cells = {
        cell("outflow", "2010", area="KR"): 6,
        cell("inflow", "2010", area="KR"): 3,
        cell("outflow", "2010", area="US"): 20,
        cell("inflow", "2010", area="US"): 22,
        cell("outflow", "2010", area="CN"): 10,
        cell("inflow", "2010", area="CN"): 11,
    }
    small, protecting = withhold_all(cells)
    assert small == {cell("inflow", "2010", area="KR")}
    assert protecting == {cell("outflow", "2010", area="KR")}


def test_few_who_never_moved_are_as_private_as_few_who_did() -> None:
    cells = {
        cell("followed", "2010", area="KR"): 40,
        cell("mobile", "2010", area="KR"): 37,
        cell("followed", "2010", area="US"): 40,
        cell("mobile", "2010", area="US"): 40,
    }
    small, _ = withhold(cells)
    assert small == {cell("mobile", "2010", area="KR")}
