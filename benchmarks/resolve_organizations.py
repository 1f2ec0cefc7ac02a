"""How right and how fast is the resolution of organizations, places and sectors?

Prints, for each labelled list: precision and recall over the rows whose organization the
registry holds (wrong answers count), the same with part and whole taken for one, the share of
rows without organization that get none, and the country's accuracy. Then the precision of each
rule on the development half (split by organization, never by row), and over the paper lists:
coverage by slots, agreement with the upstream country labels, and rows per second.

    python benchmarks/resolve_organizations.py [--data ../shared/data] [--half dev|test|all]
"""

from __future__ import annotations

import argparse
import ast
import csv
import json
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from talentflow.core.areas import area_names
from talentflow.resolve.candidates import parse_text
from talentflow.resolve.organizations import Answer, resolve_affiliation
from talentflow.resolve.organizations_csv import load_registry
from talentflow.resolve.places import PARENT_AREA, find_places
from talentflow.resolve.registry import Registry

LISTS = ("crossref", "logs", "springer", "crossref-2024", "springer-2023")
COMPLETE_LISTS = ("s2aff-train", "logs", "crossref-2024", "springer-2023")
"""Lists that label every organization of a text; in the others a right answer can look wrong."""


class Label(NamedTuple):
    """One labelled text; no ids: no organization of the registry is meant."""

    source: str
    text: str
    ids: frozenset[str]


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--half", choices=("dev", "test", "all"), default="all")
    options = parser.parse_args()
    started = time.perf_counter()
    registry = load_registry(options.data)
    print(f"registry: {len(registry.ids)} organizations, {time.perf_counter() - started:.1f} s")
    labels = [x for x in read_labels(options.data) if options.half in ("all", half_of(x))]
    answers = [resolve_affiliation(x.text, None, registry)[0] for x in labels]
    print_lists(labels, answers, registry)
    print_rules(labels, answers, registry)
    print_paper_lists(options.data, registry)


def read_labels(data: Path) -> Iterator[Label]:
    """The labelled texts of all lists."""
    with (data / "s2aff" / "gold_affiliation_annotations_train_val.csv").open() as file:
        for row in csv.DictReader(file):
            ids = {x for x in ast.literal_eval(row["labels"]) if x.startswith("http")}
            yield Label(f"s2aff-{row['split']}", row["original_affiliation"], frozenset(ids))
    for name in LISTS:
        with (data / "affiliation-gold" / f"{name}.csv").open() as file:
            for row in csv.DictReader(file):
                ids = {f"https://ror.org/{x}" for x in row["ror_ids"].split("|") if x}
                yield Label(name, row["affiliation"], frozenset(ids))


def half_of(label: Label) -> str:
    """All texts of an organization are in one half, so that a score is none of memory."""
    key = min(label.ids) if label.ids else label.text
    return "dev" if zlib.crc32(key.encode()) % 2 else "test"


def print_lists(labels: list[Label], answers: list[Answer], registry: Registry) -> None:
    """One line per labelled list."""
    counts: dict[str, Counter[str]] = {}
    for label, answer in zip(labels, answers, strict=True):
        count = counts.setdefault(label.source, Counter())
        if not label.ids:
            count["without"] += 1
            count["rejected"] += answer.organization is None
            continue
        known = positions(label.ids, registry)
        if not known:
            continue
        count["rows"] += 1
        count["answered"] += answer.organization is not None
        count["right"] += answer.organization in known
        count["akin"] += is_akin(answer.organization, known, registry)
        count["country_answered"] += answer.country is not None
        count["country_right"] += answer.country in {registry.countries[i] for i in known}
    print("\nlist            rows  P     P akin  R     none kept  country P  country R")
    for source, n in counts.items():
        print(
            f"{source:14s} {n['rows']:5d}  {n['right'] / n['answered']:.3f} "
            f"{n['akin'] / n['answered']:.3f}   {n['right'] / n['rows']:.3f} "
            f"{n['rejected']:4d}/{n['without']:<4d}  "
            f"{n['country_right'] / max(1, n['country_answered']):.4f}     "
            f"{n['country_right'] / n['rows']:.4f}"
        )


def positions(ids: Iterable[str], registry: Registry) -> set[int]:
    """Positions of the ids, and of what they are today; empty where the registry holds none of
    them in full."""
    place = _places(registry)
    found = {place[i] for i in ids if i in place}
    if found <= registry.named_only:
        return set()
    return found | {registry.current[i] for i in found}


_PLACES: dict[int, dict[str, int]] = {}


def _places(registry: Registry) -> dict[str, int]:
    if id(registry) not in _PLACES:
        _PLACES[id(registry)] = {identifier: i for i, identifier in enumerate(registry.ids)}
    return _PLACES[id(registry)]


def is_akin(organization: int | None, known: set[int], registry: Registry) -> bool:
    """Whether the answer is right, or contains what is right or is part of it."""
    if organization is None:
        return False
    return any(
        o in _line(k, registry) or k in _line(organization, registry)
        for k in known
        for o in (organization,)
    )


def _line(organization: int, registry: Registry) -> list[int]:
    line = [organization]
    while len(line) < 5 and registry.parents[line[-1]] >= 0:
        line.append(registry.parents[line[-1]])
    return line


def print_rules(labels: list[Label], answers: list[Answer], registry: Registry) -> None:
    """Precision of each rule, over the lists that label every organization of a text."""
    counts: dict[str, Counter[str]] = {}
    for label, answer in zip(labels, answers, strict=True):
        known = positions(label.ids, registry)
        if answer.organization is None or not known or label.source not in COMPLETE_LISTS:
            continue
        for rule in (answer.rule, f"country: {answer.country_rule}"):
            count = counts.setdefault(rule, Counter())
            count["n"] += 1
        counts[answer.rule]["right"] += answer.organization in known
        right = answer.country in {registry.countries[i] for i in known}
        counts[f"country: {answer.country_rule}"]["right"] += right
    print("\nrule                         n  precision")
    for rule, count in sorted(counts.items()):
        print(f"{rule:26s} {count['n']:5d}  {count['right'] / count['n']:.3f}")


def print_paper_lists(data: Path, registry: Registry) -> None:
    """Coverage by slots, agreement with upstream country labels, speed."""
    slots, labelled = read_slots(data / "paperlists")
    started = time.perf_counter()
    answers = {m: resolve_affiliation(m[0] or None, m[1] or None, registry)[0] for m in slots}
    elapsed = time.perf_counter() - started
    total = slots.total()
    print(
        f"\npaper lists: {total} slots, {len(slots)} distinct mentions in {elapsed:.1f} s, "
        f"{len(slots) / elapsed:.0f}/s"
    )
    for field in ("organization", "country", "city", "sector"):
        covered = sum(n for m, n in slots.items() if getattr(answers[m], field) is not None)
        print(f"  slots with {field:13s} {covered / total:.4f}")
    print_domains(slots, answers, registry)
    agreed = compared = 0
    for mention, countries in labelled.items():
        ours = answers[mention].country
        if ours is None or _ends_in_country(mention[0], registry):
            continue
        for country, n in countries.items():
            compared += n
            agreed += n * (PARENT_AREA.get(ours, ours) == PARENT_AREA.get(country, country))
    print(
        f"  country as labelled upstream  {agreed / compared:.4f} of {compared} slots whose "
        "text ends in no country (HK, MO, TW folded)"
    )


def print_domains(
    slots: Counter[tuple[str, str]], answers: dict[tuple[str, str], Answer], registry: Registry
) -> None:
    """How often the domain alone gives the organization that the text names."""
    n = akin = 0
    for (text, domain), count in slots.items():
        answer = answers[text, domain]
        if not domain or not answer.rule.startswith(("text_", "segment_")):
            continue
        alone = resolve_affiliation(None, domain, registry)[0]
        if alone.organization is not None and answer.organization is not None:
            n += count
            akin += count * is_akin(alone.organization, {answer.organization}, registry)
    print(
        f"  domain alone gives the organization of the text (or its part, its whole) "
        f"{akin / n:.3f} of {n}"
    )


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


def _ends_in_country(text: str, registry: Registry) -> bool:
    last = parse_text(text).segments[-1:]
    return any(place.level == 3 for place in find_places(last, registry.places))


if __name__ == "__main__":
    main()
