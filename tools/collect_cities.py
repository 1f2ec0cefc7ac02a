"""Which cities do affiliation texts name before their country, and how often?

    python tools/collect_cities.py [--data ../shared/data]

writes `src/talentflow/resolve/overlays/cities.csv`. Registries name a city only where an
organization is seated; texts name many more, and tell how often a name that several countries
share means which. Counted are distinct texts of the development half (`half_of`), never those
that benchmarks hold out; a line stands for at least `MIN_TEXTS` of them.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from resolve_organizations import Label, half_of, read_labels, read_slots
from talentflow.resolve.candidates import parse_text
from talentflow.resolve.general_words import GENERIC_WORDS
from talentflow.resolve.normalise import is_wide, normalise
from talentflow.resolve.organizations_csv import load_registry
from talentflow.resolve.places import PARENT_AREA, bare_place, find_places
from talentflow.resolve.registry import Registry
from talentflow.sources.evidence import mention_id

OUTPUT = Path(__file__).resolve().parents[1] / "src/talentflow/resolve/overlays/cities.csv"
MIN_TEXTS = 2
MIN_SHARE = 0.04
"""Rarer meanings of a name are slips of the pen more often than cities."""
MAX_WORDS = 4
REASON = "stands before the country in affiliation texts"


def main() -> None:
    """Count and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default)
    options = parser.parse_args()
    registry = load_registry(options.data)
    counts: dict[str, Counter[str]] = {}
    spellings: dict[str, Counter[str]] = {}
    for text in sorted(read_texts(options.data)):
        found = city_before_country(text, registry)
        if found is not None:
            name, area = found
            key = normalise(name)
            counts.setdefault(key, Counter())[area] += 1
            spellings.setdefault(key, Counter())[name.title() if name.isupper() else name] += 1
    with OUTPUT.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("name", "country", "texts", "reason"))
        for key in sorted(counts):
            for area, n in sorted(counts[key].items()):
                if n >= MIN_TEXTS and n / counts[key].total() >= MIN_SHARE:
                    writer.writerow((spellings[key].most_common(1)[0][0], area, n, REASON))


def read_texts(data: Path) -> set[str]:
    """The distinct texts of the development half: paper lists and labelled lists."""
    slots, _ = read_slots(data / "paperlists")
    texts = {t for t, d in slots if t and not mention_id(t or None, d or None) & 1}
    held_out = {t for t, d in slots if t and mention_id(t or None, d or None) & 1}
    labels: list[Label] = list(read_labels(data))
    texts |= {x.text for x in labels if half_of(x) == "dev"}
    held_out |= {x.text for x in labels if half_of(x) == "test"}
    return texts - held_out


def city_before_country(text: str, registry: Registry) -> tuple[str, str] | None:
    """The segment before a country that ends the text, if it can be a city."""
    segments = parse_text(text).segments
    if len(segments) < 3:
        return None
    ends = [p for p in find_places(segments, registry.places) if p.level == 3]
    if len(ends) != 1 or ends[0].segment != len(segments) - 1 or not ends[0].alone:
        return None
    area = ends[0].areas
    states = {p.segment for p in find_places(segments, registry.places) if p.level == 2 and p.alone}
    at = len(segments) - 2
    while at > 0 and at in states:
        at -= 1
    name = bare_place(segments[at])
    words = normalise(name).split()
    if (
        at < 1
        or len(area) != 1
        or not 0 < len(words) <= MAX_WORDS
        or len(name) < 4
        or is_wide(name)
    ):
        return None
    places = registry.places
    key = " ".join(words)
    if key in places.countries or key in places.states or not name.replace(" ", "").isalpha():
        return None
    if key not in places.cities and (
        not GENERIC_WORDS.isdisjoint(words) or key in registry.by_name or name.isupper()
    ):
        return None
    stated = area[0]
    known = places.cities.get(key, ())
    if PARENT_AREA.get(known[0] if len(known) == 1 else "") == stated:
        stated = known[0]
    return name, stated


if __name__ == "__main__":
    main()
