"""How right are the organizations of affiliations printed in AI papers, and are strings that
name none of the registry left alone?

    python benchmarks/resolve_conferences.py [--data ../shared/data] [--half dev|held_out]
        [--errors]

Two files of labels, each in a development and a held-out half. Labels were read one by one,
before any answer of the resolver was looked at; the texts themselves are not committed.

- `labels/organizations.csv`: mentions of the paper lists. Stratum `random`: drawn at random over
  distinct mentions that have a text. Stratum `slots`: drawn, with replacement, in proportion to
  author slots; `draws` says how often. Halves by the mention's hash.
- `labels/no_match.csv`: texts of the public lists that carry no id there, read again against
  the registry of today: `none`, `known` (the old label is outdated), or `unclear` (a parent, a
  predecessor, or one of several namesakes may be meant), which counts nowhere. Halves as in
  `talentflow.resolve.rank_labels`.

An answer is right if it is one of the organizations named; what the first answer is worth makes
precision and recall. Where the registry lacks all that is named (`local:…`), or nothing is
named, no answer is right, and so is an organization kept outside the registry that has the
name. Intervals: 95 %, bootstrap over strings.
"""

from __future__ import annotations

import argparse
import csv
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from talentflow.core.executor import run_in_processes
from talentflow.resolve.normalise import normalise
from talentflow.resolve.organizations import (
    Answer,
    Query,
    name_organization,
    resolve_affiliations,
)
from talentflow.resolve.organizations_csv import load_registry
from talentflow.resolve.rank_labels import is_held_out, read_labels
from talentflow.resolve.registry import Registry
from talentflow.sources.evidence import mention_id
from talentflow.sources.paperlists import list_files, read_file

Row = dict[str, object]
Figure = tuple[float, float, float]
"""A share with the ends of its interval."""

LABELS: Final = Path(__file__).with_name("labels")
HALVES: Final = ("dev", "held_out")
COVERAGE: Final = 0.975
REPLICATES: Final = 1000
SEED: Final = 11
TARGETS: Final = {
    "precision": 0.975,
    "recall": 0.92,
    "no match": 0.92,
    "precision by slots": 0.985,
    "coverage by slots": COVERAGE,
    "set F1": 0.75,
    "no match, public lists": 0.94,
}
_LOCAL: Final = "local:"
_COUNTRY: Final = re.compile(r"\s*\([^()]*\)\s*$")


class Named(NamedTuple):
    """One organization that a text names.

    `ids` are ROR ids, any of which is right; `names` stand for organizations without one.
    `optional`: right if answered, but not missed if it is not (a team beside its university).
    """

    ids: frozenset[str]
    names: tuple[str, ...]
    optional: bool


class Case(NamedTuple):
    """One labelled string; `named` is empty where it names no organization."""

    stratum: str
    half: str
    text: str
    domain: str | None
    draws: int
    named: tuple[Named, ...]


class Graded(NamedTuple):
    """A case with its answers, best first, as (id, name, probability)."""

    case: Case
    answers: tuple[tuple[str, str, float], ...]
    hits: tuple[int | None, ...]
    """Which of the organizations named each answer is; null: none of them."""
    wholes: frozenset[int] = frozenset()
    """Organizations named of which another one named is a part."""

    @property
    def is_right(self) -> bool:
        """Whether the first answer is an organization that the text names."""
        return bool(self.hits) and self.hits[0] is not None

    @property
    def is_reachable(self) -> bool:
        """Whether the registry holds an organization that must be found."""
        return any(named.ids for named in self.case.named if not named.optional)

    @property
    def is_left_alone(self) -> bool:
        """Whether no wrong organization is answered first."""
        return not self.hits or self.is_right

    @property
    def probability(self) -> float:
        """Of the first answer; zero where there is none."""
        return self.answers[0][2] if self.answers else 0.0


def main() -> None:
    """Print the figures of each half."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default)
    parser.add_argument("--half", choices=HALVES, default=None)
    parser.add_argument("--errors", action="store_true", help="list the wrong answers")
    options = parser.parse_args()
    registry = load_registry(options.data)
    halves = (options.half,) if options.half else HALVES
    cases = [c for c in read_cases(options.data) if c.half in halves]
    graded = grade(cases, registry)
    for half in halves:
        members = [g for g in graded if g.case.half == half]
        print(f"\n== {half}")
        for name, (value, low, high), count in list_figures(members):
            print(f"{name:46s} {value:.4f}  95 % {low:.4f}–{high:.4f}  n {count}")
    if options.errors:
        print_errors(graded, registry)


def measure(data: Path) -> list[Row]:
    """Rows for `benchmarks/run.py`: the held-out half."""
    registry = load_registry(data)
    cases = [c for c in read_cases(data) if c.half == "held_out"]
    rows: list[Row] = []
    for name, (value, low, high), count in list_figures(grade(cases, registry)):
        target = TARGETS.get(name)
        rows.append(
            {
                "name": f"AI papers, {name}" if "public" not in name else name,
                "value": round(value, 4),
                "unit": "",
                "against": f"must {target}" if target else "",
                "ratio": round(value / target, 3) if target else None,
                "bound": f"95 % {low:.4f}–{high:.4f}, n {count}",
            }
        )
    return rows


def list_figures(graded: Sequence[Graded]) -> Iterator[tuple[str, Figure, int]]:
    """Name, value with interval, and number of strings of every measure of one half."""
    random = [g for g in graded if g.case.stratum == "random"]
    slots = [g for g in graded if g.case.stratum == "slots"]
    papers = random + slots
    yield _share("precision", [g for g in random if g.hits], _is_right)
    reachable = [g for g in random if g.is_reachable]
    yield _share("precision, registry names it", [g for g in reachable if g.hits], _is_right)
    yield _share("recall", reachable, _is_right)
    yield _share("no match", [g for g in random if not g.is_reachable], _is_left_alone)
    named = [g for g in slots if g.case.named]
    yield _figure("precision by slots", named, partial(precision_at, coverage=COVERAGE))
    yield _figure("coverage by slots", named, _coverage)
    several = [g for g in papers if len(list_required(g)) > 1]
    yield _figure("set F1", several, set_f1)
    several = [g for g in papers if len(list_required(g, wholes=False)) > 1]
    yield _figure("set F1, parts without their wholes", several, partial(set_f1, wholes=False))
    yield _figure("further answers that are wrong, per string", random, _count_spurious)
    lists = [g for g in graded if g.case.stratum == "none"]
    yield _share("no match, public lists", lists, _is_left_alone)
    outdated = [g for g in graded if g.case.stratum == "known"]
    answered = [g for g in outdated if g.hits]
    yield _share("precision, outdated labels of public lists", answered, _is_right)
    yield _share("recall, outdated labels of public lists", outdated, _is_right)


def parse_label(label: str) -> tuple[Named, ...]:
    """`a/b|?local:Some Lab`: organization a, or as well b; perhaps also a lab without id."""
    if label == "none":
        return ()
    found = []
    for group in label.split("|"):
        choices = group.removeprefix("?").split("/")
        names = tuple(c.removeprefix(_LOCAL) for c in choices if c.startswith(_LOCAL))
        ids = frozenset(f"https://ror.org/{c}" for c in choices if not c.startswith(_LOCAL))
        found.append(Named(ids, names, group.startswith("?")))
    return tuple(found)


def read_cases(data: Path) -> list[Case]:
    """All labelled strings whose text is found below `data`."""
    return [*_read_mentions(data), *_read_public_lists(data)]


def _read_mentions(data: Path) -> Iterator[Case]:
    with (LABELS / "organizations.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    wanted = frozenset(int(row["mention_id"]) for row in rows)
    folder = data / "paperlists"
    texts: dict[int, tuple[str, str | None]] = {}
    read = partial(_find_mentions, folder, wanted)
    for found in run_in_processes(read, list_files(folder), os.cpu_count() or 1):
        texts.update(found)
    for row in rows:
        mention = texts.get(int(row["mention_id"]))
        if mention is not None:
            named = parse_label(row["organizations"])
            yield Case(row["stratum"], row["half"], *mention, int(row["draws"]), named)


def _find_mentions(
    folder: Path, wanted: frozenset[int], file: str
) -> dict[int, tuple[str, str | None]]:
    """Text and domain of those wanted that occur in one file."""
    columns = read_file(folder, file).mentions.to_pydict()
    return {
        key: (text, domain)
        for key, text, domain in zip(
            columns["mention_id"], columns["text"], columns["domain"], strict=True
        )
        if key in wanted and text
    }


def _read_public_lists(data: Path) -> Iterator[Case]:
    with (LABELS / "no_match.csv").open(encoding="utf-8") as file:
        verdicts = {int(row["key"]): row for row in csv.DictReader(file)}
    halves: dict[int, tuple[str, str]] = {}
    for label in read_labels(data):
        key = mention_id(label.text, None)
        if not label.ids and key in verdicts:
            held_out = is_held_out(label) or halves.get(key, ("", "dev"))[1] == "held_out"
            halves[key] = (label.text, HALVES[held_out])
    for key, (text, half) in halves.items():
        verdict = verdicts[key]["verdict"]
        if verdict != "unclear":
            named = parse_label(verdicts[key]["organizations"] or "none")
            yield Case(verdict, half, text, None, 1, named)


def grade(cases: Sequence[Case], registry: Registry) -> list[Graded]:
    """Resolve every case and compare."""
    queries = [Query(case.text, case.domain) for case in cases]
    graded = []
    for case, found in zip(cases, resolve_affiliations(queries, registry), strict=True):
        known = [answer for answer in found if answer.is_known]
        answers = tuple(
            (*map(str, name_organization(answer, registry)), answer.probability or 0.0)
            for answer in known
        )
        hits = tuple(_find_hit(answer, case.named, registry) for answer in known)
        wholes = _find_wholes(case.named, registry)
        if case.stratum != "none":
            graded.append(Graded(case, answers, hits, wholes))
        else:  # the lists ask for ids of the registry alone
            kept = [i for i, answer in enumerate(answers) if not answer[0].startswith(_LOCAL)]
            graded.append(
                Graded(case, tuple(answers[i] for i in kept), tuple(hits[i] for i in kept))
            )
    return graded


def _find_wholes(named: Sequence[Named], registry: Registry) -> frozenset[int]:
    positions = [_find_known(one, registry) for one in named]
    above = [{w for p in known for w in _list_parents(p, registry)} for known in positions]
    return frozenset(
        i
        for i, known in enumerate(positions)
        if any(known & parents for j, parents in enumerate(above) if i != j)
    )


def _list_parents(position: int, registry: Registry) -> set[int]:
    """The parent, its parent, and so on; a registry that runs in circles is left in time."""
    found: set[int] = set()
    while (position := registry.parents[position]) >= 0 and position not in found:
        found.add(position)
    return found


def _find_known(one: Named, registry: Registry) -> set[int]:
    """Positions of the ids, and of what they are today."""
    known = {registry.position[x] for x in one.ids if x in registry.position}
    return known | {registry.current[k] for k in known}


def _find_hit(answer: Answer, named: Sequence[Named], registry: Registry) -> int | None:
    """Which organization of the label an answer is."""
    identifier, name = name_organization(answer, registry)
    is_local = str(identifier).startswith(_LOCAL)
    for i, one in enumerate(named):
        if answer.organization in _find_known(one, registry):
            return i
        if is_local and any(is_same_name(str(name), other) for other in one.names):
            return i
    return None


def is_same_name(one: str, other: str) -> bool:
    """Whether one name is the other, but for words added: `Acme` and `Acme Robotics (France)`."""
    short, long = sorted(
        (normalise(_COUNTRY.sub("", name)).replace(" ", "") for name in (one, other)), key=len
    )
    return bool(short) and short in long


def precision_at(graded: Sequence[Graded], coverage: float) -> float:
    """Share of author slots that are right among the surest answers that cover `coverage` of
    all; among all answers where they cover less."""
    ordered = sorted((g for g in graded if g.hits), key=lambda g: -g.probability)
    enough = coverage * sum(g.case.draws for g in graded)
    taken = right = 0
    for g in ordered:
        if taken >= enough:
            break
        taken += g.case.draws
        right += g.case.draws * g.is_right
    return right / taken if taken else float("nan")


def set_f1(graded: Sequence[Graded], wholes: bool = True) -> float:
    """F1 of found organizations against required ones, over all strings together. A second
    answer for the same organization, and an optional one, count neither for nor against.
    Without `wholes` what another one named is part of is optional too (`Institute of X, Academy
    of Y`)."""
    found = missed = spurious = 0
    for g in graded:
        required = list_required(g, wholes=wholes)
        hit = required & set(g.hits)
        found += len(hit)
        missed += len(required) - len(hit)
        spurious += g.hits.count(None)
    return 2 * found / (2 * found + missed + spurious) if graded else float("nan")


def list_required(g: Graded, wholes: bool = True) -> set[int | None]:
    """Organizations that must be found, as places in the label."""
    required = {i for i, named in enumerate(g.case.named) if not named.optional}
    return {*required} if wholes else {*(required - g.wholes)}


def _is_right(g: Graded) -> bool:
    return g.is_right


def _is_left_alone(g: Graded) -> bool:
    return g.is_left_alone


def _coverage(graded: Sequence[Graded]) -> float:
    slots = sum(g.case.draws for g in graded)
    return sum(g.case.draws for g in graded if g.hits) / slots if slots else float("nan")


def _count_spurious(graded: Sequence[Graded]) -> float:
    return sum(g.hits[1:].count(None) for g in graded) / len(graded) if graded else float("nan")


def _share(
    name: str, graded: Sequence[Graded], verdict: Callable[[Graded], bool]
) -> tuple[str, Figure, int]:
    def mean(members: Sequence[Graded]) -> float:
        return sum(map(verdict, members)) / len(members) if members else float("nan")

    return _figure(name, graded, mean)


def _figure(
    name: str, graded: Sequence[Graded], statistic: Callable[[Sequence[Graded]], float]
) -> tuple[str, Figure, int]:
    """A statistic and its bootstrap interval over strings."""
    generator = np.random.default_rng(SEED)
    drawn = [
        statistic([graded[i] for i in generator.integers(0, len(graded), len(graded))])
        for _ in range(REPLICATES if graded else 0)
    ]
    low, high = np.nanquantile(drawn, (0.025, 0.975)) if drawn else (np.nan, np.nan)
    return name, (statistic(graded), float(low), float(high)), len(graded)


def print_errors(graded: Iterable[Graded], registry: Registry) -> None:
    """Wrong first answers, wrong further ones, and organizations missed, with their texts."""
    for g in graded:
        missed = list_required(g, wholes=False) - set(g.hits)
        kind = (
            ("wrong" if g.hits else "missed")
            if not (g.is_right or (g.is_left_alone and not g.is_reachable))
            else "spurious"
            if None in g.hits
            else "partly"
            if missed and g.is_reachable
            else ""
        )
        if kind:
            answers = "; ".join(
                f"{'+' if hit is not None else '-'}{name} {probability:.2f}"
                for (_, name, probability), hit in zip(g.answers, g.hits, strict=True)
            )
            named = "; ".join(_describe(one, registry) for one in g.case.named)
            print(
                f"{g.case.half} {g.case.stratum} {kind}: {g.case.text[:140]!r} "
                f"{g.case.domain or ''}\n    answered {answers or 'nothing'}\n    named {named}"
            )


def _describe(named: Named, registry: Registry) -> str:
    names = [registry.names[registry.position[i]] for i in named.ids if i in registry.position]
    return "?" * named.optional + " / ".join([*names, *(f"[{name}]" for name in named.names)])


if __name__ == "__main__":
    main()
