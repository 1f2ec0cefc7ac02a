"""Which strings test country and sector, and what is their truth?

`resolve_places.py` tells what each test is.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from talentflow.core.areas import area_names
from talentflow.resolve.candidates import parse_text
from talentflow.resolve.organizations import resolve_affiliation
from talentflow.resolve.places import PARENT_AREA, find_places
from talentflow.resolve.rank_labels import COMPLETE_LISTS, find_positions, half_of, read_labels
from talentflow.resolve.registry import Registry
from talentflow.resolve.sectors import sector_of_organization
from talentflow.sources.evidence import mention_id

LABELS = Path(__file__).with_name("labels") / "places.csv"
HALVES = ("dev", "held_out")


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
