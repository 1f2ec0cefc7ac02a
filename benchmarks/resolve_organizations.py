"""How right and how fast is the resolution of organizations, on texts it has not learned from?

Prints one row per target with a bootstrap interval (texts drawn with replacement), beside the
same figure of two simple baselines run on the same texts: exact names of segments, and token
TF-IDF with RapidFuzz. Everything is measured on the held-out half of the labelled lists: all
texts of an organization are in one half, and the ranker was trained on the other.

    python benchmarks/resolve_organizations.py [--data ../shared/data] [--half dev|test]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from label_bounds import CLASSES, count_misses
from talentflow.core.areas import area_names
from talentflow.resolve.candidates import parse_text
from talentflow.resolve.choose import gather_evidence
from talentflow.resolve.normalise import normalise
from talentflow.resolve.organizations import Query, resolve_affiliations
from talentflow.resolve.organizations_csv import find_registry_files, load_registry
from talentflow.resolve.rank_labels import (
    COMPLETE_LISTS,
    Label,
    choose_training,
    find_positions,
    is_held_out,
    read_labels,
)
from talentflow.resolve.registry import Registry, build_registry
from talentflow.sources.ror import read_ror
from talentflow.sources.university_domains import read_university_domains

Row = dict[str, object]
Found = list[tuple[int, float]]
"""Organizations answered for one text, best first, each with its probability."""
System = Callable[[Sequence[str]], list[Found]]

PUBLIC_LISTS = ("crossref", "springer", "logs")
MULTI_LISTS = ("crossref-2024", "springer-2023")
REPLICATES = 500
SPEED_TEXTS = 40_000
CORES = 2
_COMMAND = (sys.executable, "-c", "from talentflow.cli import main; main()")
BOUND = "labels that give one id where a text names several; homonyms without a place"


class Truth(NamedTuple):
    """A labelled text with the positions of its organizations; empty where it names none."""

    label: Label
    known: set[int]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--half", choices=("dev", "test"), default="test")
    options = parser.parse_args()
    for row in measure(options.data, half=options.half):
        print(
            f"{row['name']:<58} {row['value']:>9} {row['unit']:<10} {row['against']:<46} "
            f"{row['ratio']}"
        )


def measure(data: Path, half: str = "test") -> list[Row]:
    """All rows; with `half="dev"` on the texts that were learned from, for comparison only."""
    registry = load_registry(data)
    labels = read_labels(data)
    truths = _list_truths(labels, registry, half)
    texts = [truth.label.text for truth in truths]
    systems: dict[str, System] = {
        "ranker": _ranker(registry),
        "exact": _exact(registry),
        "tf-idf": _tf_idf(registry),
    }
    answers = {name: system(texts) for name, system in systems.items()}
    rows = _measure_lists(truths, answers)
    rows += _measure_label_choice(truths, answers["ranker"], registry)
    rows += _measure_sets(truths, answers)
    rows.append(_measure_calibration(truths, answers["ranker"]))
    rows += _measure_edits(truths, answers["ranker"], registry)
    rows.append(_measure_memory_of_aliases(data, labels, truths, answers["ranker"]))
    rows += _measure_speed(data, registry)
    return rows


def _list_truths(labels: list[Label], registry: Registry, half: str) -> list[Truth]:
    chosen = (
        [label for label in labels if is_held_out(label)]
        if half == "test"
        else choose_training(labels)
    )
    return [Truth(label, find_positions(label.ids, registry)) for label in chosen]


def _ranker(registry: Registry) -> System:
    def answer(texts: Sequence[str]) -> list[Found]:
        found = []
        for start in range(0, len(texts), 4000):
            queries = [Query(text) for text in texts[start : start + 4000]]
            for answers in resolve_affiliations(queries, registry):
                found.append(
                    [
                        (a.organization, a.probability or 0.0)
                        for a in answers
                        if a.organization is not None
                    ]
                )
        return found

    return answer


def _exact(registry: Registry) -> System:
    """The longest segment, or run of segments, that is a name of one organization alone."""

    def answer(texts: Sequence[str]) -> list[Found]:
        found = []
        for text in texts:
            segments = parse_text(text).segments
            keys = {normalise(part) for part in (*segments, text)}
            alone = {k: registry.by_name[k] for k in keys if len(registry.by_name.get(k, ())) == 1}
            one = [
                (len(k), c[0][0]) for k, c in alone.items() if not registry.places.is_place(k)
            ] or [(len(k), c[0][0]) for k, c in alone.items()]
            found.append([(o, 1.0) for _, o in sorted(one, reverse=True)[:1]])
        return found

    return answer


def _tf_idf(registry: Registry) -> System:
    """The name whose words are most like the text's, re-ranked by RapidFuzz; country checked."""

    def answer(texts: Sequence[str]) -> list[Found]:
        from rapidfuzz import fuzz

        from talentflow.resolve.rank_index import find_like_names

        found = []
        for text in texts:
            evidence = gather_evidence(text, None, registry)
            queries = [normalise(s).split() for s in evidence.parsed.segments]
            best: tuple[float, int] | None = None
            for query, names in zip(queries, find_like_names(queries, registry.rank), strict=True):
                for key, likeness in names:
                    score = likeness * fuzz.token_sort_ratio(" ".join(query), key) / 100
                    for o, _ in registry.by_name[key]:
                        country = registry.countries[o]
                        if evidence.stated and country and country not in evidence.stated:
                            continue
                        if best is None or score > best[0]:
                            best = (score, o)
            found.append([(best[1], best[0])] if best and best[0] > 0.6 else [])
        return found

    return answer


def _measure_lists(truths: list[Truth], answers: dict[str, list[Found]]) -> list[Row]:
    groups: dict[str, Callable[[str], bool]] = {
        "S2AFF validation": lambda s: s == "s2aff-val",
        "public lists": lambda s: s in PUBLIC_LISTS,
        "multi-label lists": lambda s: s in MULTI_LISTS,
        "  crossref": lambda s: s == "crossref",
        "  springer": lambda s: s == "springer",
        "  logs": lambda s: s == "logs",
    }
    must = {
        "S2AFF validation": (0.975, 0.90),
        "public lists": (0.93, 0.87),
        "multi-label lists": (0.965, 0.90),
    }
    rows = []
    for group, belongs in groups.items():
        places = [i for i, t in enumerate(truths) if belongs(t.label.source) and t.known]
        for number, measure_name in enumerate(("precision", "recall")):
            figures = {
                name: _bootstrap([_hit(found[i], truths[i].known) for i in places], number)
                for name, found in answers.items()
            }
            limit = must.get(group, (None, None))[number]
            rows.append(_row(f"organizations, {group}: {measure_name}", figures, limit))
    places = [i for i, t in enumerate(truths) if not t.label.ids]
    figures = {
        name: _bootstrap([(1, 0 if found[i] else 1) for i in places], 0)
        for name, found in answers.items()
    }
    rows.append(_row("organizations, no match (labels as they are, not read again)", figures, None))
    return rows


def _measure_label_choice(truths: list[Truth], found: list[Found], registry: Registry) -> list[Row]:
    """What the wrong answers on the public lists are, as shares of all answered texts."""
    cases = [
        (t.label.text, t.known, [o for o, _ in f])
        for t, f in zip(truths, found, strict=True)
        if t.label.source in PUBLIC_LISTS and t.known and f
    ]
    misses = count_misses(cases, registry)
    rows = []
    for name in CLASSES:
        share = misses[name] / len(cases)
        rows.append(_make_row(f"  public lists, wrong: {name}", share, "share", "answered", share))
    return rows


def _hit(found: Found, known: set[int]) -> tuple[int, int]:
    return int(bool(found)), int(bool(found) and found[0][0] in known)


def _measure_sets(truths: list[Truth], answers: dict[str, list[Found]]) -> list[Row]:
    """F1 of the sets where several organizations are labelled (and the registry holds all),
    and further answers that are not labelled, per row with any label."""
    several = [
        i
        for i, t in enumerate(truths)
        if t.label.source in COMPLETE_LISTS and len(t.label.ids) > 1 and t.known
    ]
    scores: dict[str, tuple[float, float, float]] = {}
    for name, found in answers.items():
        counts = np.array(
            [
                (len({o for o, _ in found[i]} & truths[i].known), len(found[i]),
                 len(truths[i].label.ids))
                for i in several
            ]
        )  # fmt: skip
        scores[name] = _bootstrap_f1(counts)
    rows = [_row("several organizations: set F1", scores, 0.75)]
    labelled = [i for i, t in enumerate(truths) if t.label.source in COMPLETE_LISTS and t.known]
    found = answers["ranker"]
    extra = [sum(o not in truths[i].known for o, _ in found[i][1:]) for i in labelled]
    rows.append(
        _row("spurious further organizations per row", {"ranker": _interval(extra)}, 0.06, True)
    )
    return rows


def _measure_calibration(truths: list[Truth], found: list[Found]) -> Row:
    """Mean distance of probability and share of right answers in ten bands of equal size, over
    all labelled texts whose organization the registry holds, and those that name none."""
    pairs = np.array(
        [
            (f[0][1], f[0][0] in t.known)
            for t, f in zip(truths, found, strict=True)
            if f and (t.known or not t.label.ids)
        ]
    )
    generator = np.random.default_rng(0)
    drawn = [
        _calibration_error(pairs[generator.integers(0, len(pairs), len(pairs))])
        for _ in range(REPLICATES)
    ]
    low, high = np.quantile(drawn, (0.025, 0.975))
    figures = {"ranker": (_calibration_error(pairs), float(low), float(high))}
    return _row("calibration error of the probability", figures, 0.04, True)


def _calibration_error(pairs: np.ndarray) -> float:
    ordered = pairs[np.argsort(pairs[:, 0], kind="stable")]
    return float(
        sum(
            abs(band[:, 0].mean() - band[:, 1].mean()) * len(band) / len(ordered)
            for band in np.array_split(ordered, 10)
        )
    )


def _measure_edits(truths: list[Truth], found: list[Found], registry: Registry) -> list[Row]:
    """Edits that mean nothing must leave the first organization; another country must not."""
    rng = np.random.default_rng(0)
    answered = [i for i, f in enumerate(found) if f]
    chosen = rng.choice(answered, min(600, len(answered)), replace=False).tolist()
    edits: dict[str, Callable[[str], str]] = {
        "footnote": lambda t: f"1,{t}*†",
        "capitals": str.upper,
        "accents": lambda t: t.replace("é", "e").replace("ü", "u").replace("ö", "o"),
        "separators": lambda t: t.replace(", ", " , ").replace(";", " ; "),
        "reordered": lambda t: ", ".join(reversed(t.split(", "))) if ";" not in t else t,
    }
    ranker = _ranker(registry)
    kept: list[int] = []
    for edit in edits.values():
        again = ranker([edit(truths[i].label.text) for i in chosen])
        kept += [bool(f) and f[0][0] == found[i][0][0] for i, f in zip(chosen, again, strict=True)]
    domains = resolve_affiliations(
        [Query(truths[i].label.text, "unrelated-hosting.example") for i in chosen], registry
    )
    kept += [a[0].organization == found[i][0][0] for i, a in zip(chosen, domains, strict=True)]
    rows = [_row("unchanged by meaningless edits", {"ranker": _interval(kept)}, 0.97)]
    swapped = [(i, s) for i in answered if (s := _swap_country(truths[i], found[i], registry))]
    swapped = swapped[:600]
    again = ranker([text for _, text in swapped])
    moved = [not f or f[0][0] != found[i][0][0] for (i, _), f in zip(swapped, again, strict=True)]
    rows.append(_row("changed by another country", {"ranker": _interval(moved)}, 0.96))
    return rows


def _swap_country(truth: Truth, found: Found, registry: Registry) -> str | None:
    """The text with another country for its own, where it names one alone and the organization
    is no company."""
    organization = found[0][0]
    if organization not in truth.known or registry.sectors[organization] == "company":
        return None
    evidence = gather_evidence(truth.label.text, None, registry)
    named = [p for p in evidence.places if p.level == 3 and p.alone and len(p.areas) == 1]
    if len(named) != 1 or named[0].areas[0] != registry.countries[organization]:
        return None
    names = [name for code, name in sorted(area_names("en").items()) if len(name) < 12]
    other = names[zlib.crc32(truth.label.text.encode()) % len(names)]
    before, cut, after = truth.label.text.rpartition(evidence.parsed.segments[named[0].segment])
    return f"{before}{other}{after}" if cut else None


def _measure_memory_of_aliases(
    data: Path, labels: list[Label], truths: list[Truth], found: list[Found]
) -> Row:
    """Points of F1 lost when every labelled text is taken out of the hand-kept aliases."""
    files = find_registry_files(data)
    ror = read_ror(files.ror)
    universities = files.university_domains
    domains = read_university_domains(universities).domains if universities else None
    spelled = set()
    for label in labels:
        spelled.add(normalise(label.text))
        spelled.update(normalise(s) for s in parse_text(label.text).segments)
    bare = build_registry(
        ror.organizations, ror.organization_names, domains, ignored_names=frozenset(spelled)
    )
    again = _ranker(bare)([t.label.text for t in truths])
    with_aliases = _f1([_hit(f, t.known) for t, f in zip(truths, found, strict=True) if t.known])
    without = _f1(
        [
            _hit(f, find_positions(t.label.ids, bare))
            for t, f in zip(truths, again, strict=True)
            if t.known
        ]
    )
    lost = 100 * (with_aliases - without)
    return _make_row("points lost without the labelled texts as aliases", lost, "points",
                     "limit of 2 points", 2 / max(lost, 0.01))  # fmt: skip


def _f1(hits: list[tuple[int, int]]) -> float:
    answered, right = np.array(hits).sum(axis=0)
    return float(2 * right / (answered + len(hits)))


def _measure_speed(data: Path, registry: Registry) -> list[Row]:
    """Distinct texts a second on both cores: after loading, and of the whole command."""
    texts = _distinct_texts(data)
    queries = [Query(text) for text in texts[:8000]]
    resolve_affiliations(queries[:200], registry)
    started = time.process_time()
    for start in range(0, len(queries), 4000):
        resolve_affiliations(queries[start : start + 4000], registry)
    rate = CORES * len(queries) / (time.process_time() - started)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.csv"), Path(folder, "out.csv")
        table = pa.table({"id": range(len(texts)), "affiliation": texts})
        import pyarrow.csv

        pyarrow.csv.write_csv(table, source)
        command = [*_COMMAND, "resolve", "organizations", str(source)]
        started = time.perf_counter()
        subprocess.run(
            [*command, "--registry", str(data), "--output", str(target)],
            check=True, capture_output=True, env={**os.environ},
        )  # fmt: skip
        whole = len(texts) / (time.perf_counter() - started)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
    return [
        _make_row(
            "distinct texts a second after loading, processor time of two cores",
            rate, "1/s", "limit of 10,000/s", rate / 10_000,
        ),
        _make_row(
            f"distinct texts a second, whole command, {len(texts):,} texts",
            whole, "1/s", "limit of 5,000/s", whole / 5_000,
        ),
        _make_row("memory of one resolving process", memory, "GiB", "limit of 1 GB",
                  0.931 / memory),
    ]  # fmt: skip


def _distinct_texts(data: Path) -> list[str]:
    """Affiliations of the paper lists, one per spelling, in a fixed order."""
    texts: Counter[str] = Counter()
    for path in sorted((data / "paperlists").glob("*/*.json")):
        for paper in json.loads(path.read_bytes()):
            for part in (paper.get("aff") or "").replace("+", ";").split(";"):
                texts[" ".join(part.split())] += 1
        if len(texts) > SPEED_TEXTS:
            break
    return sorted(text for text in texts if text)[:SPEED_TEXTS]


def _bootstrap(hits: Sequence[tuple[int, int]], number: int) -> tuple[float, float, float]:
    """Right over answered (`number` 0) or over all (1), with a 95 % interval."""
    pairs = np.array(hits, dtype=float).reshape(-1, 2)
    generator = np.random.default_rng(0)
    drawn = generator.integers(0, len(pairs), (REPLICATES, len(pairs)))
    answered, right = pairs[drawn].sum(axis=1).T
    of = answered if number == 0 else np.full(REPLICATES, len(pairs))
    low, high = np.quantile(right / np.maximum(of, 1), (0.025, 0.975))
    total = pairs.sum(axis=0)
    point = total[1] / max(1, total[0] if number == 0 else len(pairs))
    return float(point), float(low), float(high)


def _bootstrap_f1(counts: np.ndarray) -> tuple[float, float, float]:
    generator = np.random.default_rng(0)
    drawn = counts[generator.integers(0, len(counts), (REPLICATES, len(counts)))].sum(axis=1)
    low, high = np.quantile(2 * drawn[:, 0] / (drawn[:, 1] + drawn[:, 2]), (0.025, 0.975))
    right, answered, labelled = counts.sum(axis=0)
    return float(2 * right / (answered + labelled)), float(low), float(high)


def _interval(values: Sequence[float]) -> tuple[float, float, float]:
    array = np.array(values, dtype=float)
    generator = np.random.default_rng(0)
    drawn = array[generator.integers(0, len(array), (REPLICATES, len(array)))].mean(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(array.mean()), float(low), float(high)


def _row(
    name: str,
    figures: dict[str, tuple[float, float, float]],
    limit: float | None,
    smaller_is_better: bool = False,
) -> Row:
    point, low, high = figures["ranker"]
    others = [f"{k} {v[0]:.3f}" for k, v in figures.items() if k != "ranker"]
    against = "; ".join([*([f"must {limit}"] if limit is not None else []), *others])
    ratio = (
        1.0 if limit is None else limit / max(point, 1e-9) if smaller_is_better else point / limit
    )
    return _make_row(name, point, f"{low:.3f}–{high:.3f}", against, ratio)


def _make_row(name: str, value: float, unit: str, against: str, ratio: float) -> Row:
    return {
        "name": name,
        "value": round(value, 4),
        "unit": unit,
        "against": against,
        "ratio": round(ratio, 3),
        "bound": BOUND if name.startswith("organizations") else "words and features in Python",
    }


if __name__ == "__main__":
    main()
