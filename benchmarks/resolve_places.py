"""How right are country and sector, on strings that were never looked at?

Four tests, each in a development and a held-out half, with bootstrap 95 % intervals:

- `labelled`: mentions of the paper lists labelled by hand (`labels/places.csv`, keyed by the
  mention's hash, the texts are not committed) before any answer was seen: `random` ones, drawn
  by author slots; `hard` ones (multinationals, homonyms, campuses); `own` ones, whose text or
  domain speaks of HK, MO, TW or PR, whether they are there or not. `disputed` ones, on which an
  earlier version and the upstream label differed, were read afterwards.
- `masked`: texts that end in a country; the country is hidden and must be found again.
- `upstream`: texts that end in no country, against the labels that come with the paper lists
  (HK, MO and TW folded into CN for the comparison; these labels are wrong in about .3 %; where
  a hand label exists it counts instead).
- `gold`: country and sector of the organizations that the public lists label; `one id`: lists
  that name one organization a text, though half of these texts name a university and its
  hospital, or a laboratory and those who run it.

    python benchmarks/resolve_places.py [--data ../shared/data] [--half dev|held_out]
        [--calibrate]

`--calibrate` prints the tables of `talentflow.resolve.place_rules` anew, from the development
half alone.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from talentflow.core.areas import area_names
from talentflow.resolve.candidates import parse_text
from talentflow.resolve.choose import choose_organizations, gather_evidence
from talentflow.resolve.locate import Location, locate_affiliation, locate_domain, name_choice
from talentflow.resolve.organizations import (
    Query,
    clean_domain,
    resolve_affiliation,
    resolve_affiliations,
)
from talentflow.resolve.organizations_csv import load_registry
from talentflow.resolve.places import PARENT_AREA, find_places
from talentflow.resolve.rank_labels import COMPLETE_LISTS, find_positions, half_of, read_labels
from talentflow.resolve.registry import Registry
from talentflow.resolve.sectors import sector_of_organization
from talentflow.sources.evidence import mention_id

Row = dict[str, object]
LABELS = Path(__file__).with_name("labels") / "places.csv"
HALVES = ("dev", "held_out")
REPLICATES = 1000
SEED = 7
BATCH = 2000
OWN_CODES = ("HK", "MO", "TW", "PR")
OWN_TESTS = {
    "labelled": ("labelled random", "labelled hard", "labelled own"),
    "gold": ("gold", "gold, one id"),
    "masked": ("masked",),
}
"""Tests in which these codes are graded apart."""

MIN_OWN = 10
"""Fewer cases are not shown as a row."""
TARGETS = {
    "labelled random": (0.997, 0.96),
    "labelled hard": (0.975, 0.96),
    "labelled own": (0.98, None),
    "masked": (0.975, None),
    "upstream": (0.997, None),
    "gold": (0.993, 0.96),
    "gold, one id": (0.993, None),
}
"""Country and sector accuracy that is asked for."""


class Case(NamedTuple):
    """One string with its truth. `countries`: any of them is right; empty: not known."""

    test: str
    half: str
    text: str
    domain: str
    slots: int
    countries: frozenset[str]
    sectors: frozenset[str]
    folded: bool = False


class Graded(NamedTuple):
    """A case, its answer, and whether it was right; null where nothing was to be graded."""

    case: Case
    location: Location
    country: bool | None
    sector: bool | None


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--half", choices=HALVES, default=None)
    parser.add_argument("--calibrate", action="store_true")
    parser.add_argument("--errors", action="store_true", help="list the wrong answers")
    options = parser.parse_args()
    registry = load_registry(options.data)
    halves = (options.half,) if options.half else HALVES
    cases = [c for c in read_cases(options.data, registry) if c.half in halves]
    graded = grade_cases(cases, registry)
    if options.calibrate:
        print_calibration(graded)
        return
    for half in halves:
        print_half(half, [g for g in graded if g.case.half == half])
    if options.errors:
        print_errors(graded)
    print(f"\nlocating alone: {measure_speed(options.data, registry):.0f} strings/s on one core")


def measure(data: Path) -> list[Row]:
    """Rows for `benchmarks/run.py`: held-out accuracy and coverage of each test."""
    registry = load_registry(data)
    cases = [c for c in read_cases(data, registry) if c.half == "held_out"]
    graded = grade_cases(cases, registry)
    rows: list[Row] = []
    for test, (country, sector) in TARGETS.items():
        members = [g for g in graded if g.case.test == test]
        for name, target, verdicts in (
            ("country", country, [g.country for g in members]),
            ("sector", sector, [g.sector for g in members]),
        ):
            answered = [v for v, g in zip(verdicts, members, strict=True) if v is not None]
            if target is None or not answered:
                continue
            value, low, high = share(answered)
            rows.append(
                _row(f"{name}, {test}", value, f"must {target}", value / target,
                     f"95 % {low:.4f}–{high:.4f}, n {len(answered)}")
            )  # fmt: skip
    for kind, tests in OWN_TESTS.items():
        members = [g for g in graded if g.case.test in tests]
        for code in (None, *OWN_CODES):
            rows += _list_own_rows(code, kind, members)
    speed = measure_speed(data, registry)
    rows.append(_row("locating alone", speed, "10,000 strings/s", speed / 10_000, "one core"))
    return rows


def _list_own_rows(code: str | None, kind: str, graded: Sequence[Graded]) -> list[Row]:
    """Recall and precision of one own code, or of all four together."""
    rows = []
    for name, verdicts in zip(("recall", "precision"), judge_own(code, graded), strict=True):
        if len(verdicts) < MIN_OWN:
            continue
        value, low, high = share(verdicts)
        bound = f"95 % {low:.4f}–{high:.4f}, n {len(verdicts)}"
        label = f"country, {code or 'HK MO TW PR'}, {kind}: {name}"
        rows.append(_row(label, value, "must 0.98", value / 0.98, bound))
    return rows


def judge_own(code: str | None, graded: Sequence[Graded]) -> tuple[list[bool], list[bool]]:
    """Of cases that are of the code alone, whether each was answered so (no answer is wrong);
    of answers with the code, whether each is right."""
    codes = {code} if code else set(OWN_CODES)
    of_code = [g for g in graded if g.case.countries and g.case.countries <= codes]
    answered = [g for g in graded if g.case.countries and g.location.country in codes]
    return [bool(g.country) for g in of_code], [bool(g.country) for g in answered]


def _row(name: str, value: float, against: str, ratio: float, bound: str) -> Row:
    unit = "1/s" if value > 1 else ""
    return {
        "name": name, "value": round(value, 4), "unit": unit, "against": against,
        "ratio": round(ratio, 3), "bound": bound,
    }  # fmt: skip


def locate_mentions(
    mentions: Sequence[tuple[str, str]], registry: Registry
) -> dict[tuple[str, str], Location]:
    """The first location of each mention, from the same steps as the main path."""
    found: dict[tuple[str, str], Location] = {}
    for start in range(0, len(mentions), BATCH):
        batch = mentions[start : start + BATCH]
        answers = resolve_affiliations([Query(t, d) for t, d in batch], registry)
        asked = []
        for (text, domain), answer in zip(batch, answers, strict=True):
            if answer[0].rule == "none_named":
                found[text, domain] = Location(country_rule="none_named")
            elif not text.strip():
                found[text, domain] = locate_domain(clean_domain(domain), registry)
            else:
                asked.append((text, domain))
        evidence = [gather_evidence(t, clean_domain(d), registry) for t, d in asked]
        chosen = choose_organizations(evidence, registry)
        for mention, one, choices in zip(asked, evidence, chosen, strict=True):
            named = [name_choice(c, c.probability) for c in choices]
            found[mention] = locate_affiliation(mention[0], named, one, registry)[0]
    return found


def grade_cases(cases: Sequence[Case], registry: Registry) -> list[Graded]:
    """Answer the cases and compare."""
    mentions = list(dict.fromkeys((c.text, c.domain) for c in cases))
    locations = locate_mentions(mentions, registry)
    return [_grade(case, locations[case.text, case.domain]) for case in cases]


def _grade(case: Case, location: Location) -> Graded:
    country, sector = location.country, location.sector
    right: bool | None = None
    if case.countries and country is not None:
        answer = PARENT_AREA.get(country, country) if case.folded else country
        right = answer in case.countries
    fits = sector in case.sectors if case.sectors and sector is not None else None
    return Graded(case, location, right, fits)


def read_cases(data: Path, registry: Registry) -> Iterator[Case]:
    """The cases of all tests."""
    slots, upstream = read_slots(data / "paperlists")
    ids = {mention_id(t or None, d or None): (t, d) for t, d in slots}
    by_hand = {}
    with LABELS.open() as file:
        for row in csv.DictReader(file):
            key = int(row["mention_id"])
            if key not in ids:
                continue
            countries = frozenset(filter(None, row["country"].split("|")))
            sectors = frozenset(filter(None, row["sector"].split("|")))
            by_hand[ids[key]] = countries
            if countries:
                mention = ids[key]
                test = f"labelled {row['stratum']}"
                yield Case(test, row["half"], *mention, slots[mention], countries, sectors)
    for (text, domain), count in slots.items():
        half = HALVES[mention_id(text or None, domain or None) & 1]
        yield from _mask(text, domain, half, count, registry)
        labels = upstream.get((text, domain))
        if labels and not _ends_in_country(text, registry):
            top = frozenset({labels.most_common(1)[0][0]})
            known = by_hand.get((text, domain))
            fold = frozenset(PARENT_AREA.get(c, c) for c in known or top)
            yield Case("upstream", half, text, domain, count, fold, frozenset(), True)
    yield from _read_gold(data, registry)


def _mask(text: str, domain: str, half: str, count: int, registry: Registry) -> Iterator[Case]:
    """The text without the country that ends it, where nothing else names a country."""
    head, _, tail = text.rpartition(",")
    if not head or ";" in text or len(tail) > 30:
        return
    ends = find_places([tail.strip(" .")], registry.places)
    if len(ends) != 1 or ends[0].level != 3 or not ends[0].alone or len(ends[0].areas) != 1:
        return
    others = [p for p in find_places(parse_text(head).segments, registry.places) if p.level == 3]
    if others:
        return
    area = ends[0].areas[0]
    if area in PARENT_AREA.values():  # `University of Hong Kong, China`: the text tells no truth
        evident = resolve_affiliation(text, None, registry)[0].country
        if PARENT_AREA.get(evident or "") == area:
            return
    yield Case("masked", half, head, domain, count, frozenset({area}), frozenset())


def _ends_in_country(text: str, registry: Registry) -> bool:
    last = parse_text(text).segments[-1:]
    return any(p.level == 3 for p in find_places(last, registry.places))


def _read_gold(data: Path, registry: Registry) -> Iterator[Case]:
    for label in read_labels(data):
        known = find_positions(label.ids, registry)
        countries = {registry.countries[i] for i in known} - {None}
        sectors = {sector_of_organization(i, registry)[0] for i in known} - {None}
        if countries:
            half = "dev" if half_of(label) == "dev" else "held_out"
            test = "gold" if label.source in COMPLETE_LISTS else "gold, one id"
            yield Case(
                test, half, label.text, "", 1,
                frozenset(c for c in countries if c), frozenset(s for s in sectors if s),
            )  # fmt: skip


def share(verdicts: Iterable[bool], weights: Iterable[int] | None = None) -> tuple[float, ...]:
    """The share of right answers and its bootstrap 95 % interval over strings."""
    right = np.asarray(list(verdicts), dtype=float)
    if not len(right):
        return (float("nan"),) * 3
    weight = np.ones(len(right)) if weights is None else np.asarray(list(weights), dtype=float)
    generator = np.random.default_rng(SEED)
    rounds = REPLICATES if len(right) < 5000 else 200
    drawn = []
    for _ in range(rounds):
        rows = generator.integers(0, len(right), len(right))
        drawn.append((right[rows] * weight[rows]).sum() / weight[rows].sum())
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float((right * weight).sum() / weight.sum()), float(low), float(high)


def print_half(half: str, graded: list[Graded]) -> None:
    """Accuracy and coverage by test, own codes, rule and sector."""
    print(f"\n== {half}\n{'country':34s}      n  coverage  accuracy  95 %            by slots")
    strata: dict[str, list[Graded]] = {}
    for g in graded:
        strata.setdefault(g.case.test, []).append(g)
    for name, members in strata.items():
        answered = [g for g in members if g.country is not None]
        value, low, high = share(bool(g.country) for g in answered)
        slots, *_ = share([bool(g.country) for g in answered], [g.case.slots for g in answered])
        print(
            f"{name:34s} {len(members):6d}  {len(answered) / len(members):.4f}    {value:.4f}    "
            f"{low:.4f}–{high:.4f}  {slots:.4f}"
        )
    _print_own(graded)
    _print_calibration_error(graded)
    print(f"{'sector':34s}      n  coverage  accuracy  95 %")
    for test in ("labelled random", "labelled hard", "labelled own", "gold", "gold, one id"):
        members = [g for g in graded if g.case.test == test and g.case.sectors]
        for sector in (None, "university", "company", "facility", "government", "healthcare",
                       "nonprofit"):  # fmt: skip
            some = [g for g in members if sector is None or sector in g.case.sectors]
            told = [g for g in some if g.sector is not None]
            if told:
                value, low, high = share(bool(g.sector) for g in told)
                name = test if sector is None else f"  {sector}"
                print(
                    f"{name:34s} {len(some):6d}  {len(told) / len(some):.4f}    {value:.4f}    "
                    f"{low:.4f}–{high:.4f}"
                )
    print(f"{'country by rule (upstream, masked)':34s}      n  accuracy")
    rules: dict[str, list[bool]] = {}
    for g in graded:
        if g.country is not None and g.case.test in ("upstream", "masked"):
            rules.setdefault(f"{g.case.test}: {g.location.country_rule}", []).append(g.country)
    for rule, verdicts in sorted(rules.items()):
        print(f"  {rule:32s} {len(verdicts):6d}  {sum(verdicts) / len(verdicts):.4f}")


def _print_own(graded: list[Graded]) -> None:
    """Recall and precision of the own codes by test."""
    print(f"{'own codes':34s} of code  recall  95 %            answers  precision")
    for kind, tests in OWN_TESTS.items():
        members = [g for g in graded if g.case.test in tests]
        for code in (*OWN_CODES, None):
            found, right = judge_own(code, members)
            if found or right:
                recall, low, high = share(found)
                precision, *_ = share(right)
                print(
                    f"  {kind}, {code or 'all':23s} {len(found):6d}   {recall:.4f}  "
                    f"{low:.4f}–{high:.4f}  {len(right):6d}  {precision:.4f}"
                )


def _print_calibration_error(graded: list[Graded]) -> None:
    """Mean distance between the probability told and the share that is right, in ten bands."""
    for kind in ("country", "sector"):
        rows = [
            (getattr(g.location, f"{kind}_probability"), getattr(g, kind))
            for g in graded
            if getattr(g, kind) is not None
            and g.case.test in (("upstream",) if kind == "country" else ("gold", "gold, one id"))
        ]
        told = np.asarray([p for p, _ in rows])
        right = np.asarray([v for _, v in rows], dtype=float)
        bands = np.minimum((told * 20).astype(int), 19)
        error = sum(
            abs(told[bands == b].mean() - right[bands == b].mean()) * (bands == b).mean()
            for b in np.unique(bands)
        )
        print(f"calibration error of the {kind}'s probability {error:.4f}")


def print_errors(graded: list[Graded]) -> None:
    """The wrong answers, for whoever improves rules."""
    for g in graded:
        location = g.location
        missing = g.case.countries and location.country is None and g.case.test != "masked"
        if g.country is False or missing:
            wanted = "|".join(sorted(g.case.countries))
            got = f"{location.country} ({location.country_rule})"
            print(f"{g.case.test}: {g.case.text[:120]!r} {g.case.domain} {got}, {wanted} wanted")
        if g.sector is False:
            wanted = "|".join(sorted(g.case.sectors))
            got = f"{location.sector} ({location.sector_rule})"
            print(f"{g.case.test}: {g.case.text[:120]!r} {g.case.domain} {got}, {wanted} wanted")


def print_calibration(graded: list[Graded]) -> None:
    """The tables of `place_rules`, from the development half.

    Texts that end in no country come first; rules that these seldom use (`country_word`) are
    measured on all labelled texts. Each cell is shrunk towards its rule by ten texts, each rule
    towards .9 by two.
    """
    cells: dict[tuple[str, str], Counter[bool]] = {}
    for g in graded:
        if g.case.half != "dev" or g.country is None:
            continue
        if g.case.test in ("upstream", "labelled random", "labelled hard", "labelled own"):
            key = (g.location.country_rule, g.location.support)
            cells.setdefault(key, Counter())[g.country] += 1
    rules: dict[str, Counter[bool]] = {}
    for (rule, _), counted in cells.items():
        rules.setdefault(rule, Counter()).update(counted)
    for (rule, support), counted in sorted(cells.items()):
        whole = (rules[rule][True] + 1.8) / (rules[rule].total() + 2)
        value = (counted[True] + 10 * whole) / (counted.total() + 10)
        print(f'    ("{rule}", "{support}"): {value:.3f},  # {counted.total()}')
    sectors: dict[str, Counter[bool]] = {}
    for g in graded:
        if g.case.half == "dev" and g.sector is not None:
            sectors.setdefault(g.location.sector_rule, Counter())[g.sector] += 1
    for rule, counted in sorted(sectors.items()):
        value = (counted[True] + 1.8) / (counted.total() + 2)
        print(f'    "{rule}": {value:.3f},  # {counted.total()}')


def read_slots(
    folder: Path,
) -> tuple[Counter[tuple[str, str]], dict[tuple[str, str], Counter[str]]]:
    """(text, domain) → slots, and → country labels where they line up."""
    codes = {name: code for code, name in area_names("en").items()}
    codes |= {"Turkey": "TR", "Hong Kong": "HK", "Macau": "MO", "Czech Republic": "CZ"}
    slots: Counter[tuple[str, str]] = Counter()
    labelled: dict[tuple[str, str], Counter[str]] = {}
    for path in sorted(folder.glob("*/*.json")):
        for paper in json.loads(path.read_bytes()):
            texts = [x.strip() for x in (paper.get("aff") or paper.get("affs") or "").split(";")]
            domains = [x.strip() for x in (paper.get("aff_domain") or "").split(";")]
            if len(domains) != len(texts):
                domains = [""] * len(texts)
            indexes = [x.strip() for x in (paper.get("aff_country_unique_index") or "").split(";")]
            countries = [x.strip() for x in (paper.get("aff_country_unique") or "").split(";")]
            for i, (text, domain) in enumerate(zip(texts, domains, strict=True)):
                parts = [part.strip() for part in text.split("+")]
                if text or domain:
                    slots.update((part, domain) for part in parts)
                if text and len(parts) == 1 and len(indexes) == len(texts) and indexes[i].isdigit():
                    at = int(indexes[i])
                    code = codes.get(countries[at]) if at < len(countries) else None
                    if code:
                        labelled.setdefault((text, domain), Counter())[code] += 1
    return slots, labelled


def measure_speed(data: Path, registry: Registry) -> float:
    """Strings a second of locating alone, on one core, once names and places are found."""
    slots, _ = read_slots(data / "paperlists")
    sample = sorted(m for m in slots if m[0])[::20]
    ready = []
    for text, domain in sample:
        evidence = gather_evidence(text, clean_domain(domain), registry)
        named = [name_choice(c) for c in choose_organizations([evidence], registry)[0]]
        ready.append((text, named, evidence))
    started = time.process_time()
    for text, named, evidence in ready:
        locate_affiliation(text, named, evidence, registry)
    return len(ready) / (time.process_time() - started)


if __name__ == "__main__":
    main()
