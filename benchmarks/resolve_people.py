"""How well, and how fast, are people found when their identifiers are hidden?

    python benchmarks/resolve_people.py STORE [--no-scale]

STORE is the store of a build. The truth are the people that identifiers alone give; then every
identifier of one registry is hidden and names and evidence have to do. B-cubed and pair
precision, recall and F1 over author slots, on the names that the model was not fitted to, for
all names and for Chinese and Korean surnames, in which namesakes are the rule. Against: every
exact name one person; name and co-author; the commonness rule; and Splink, which learns from
the same names as our model and is given the threshold that is best on them.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hidden_people import (
    SYSTEMS,
    Floats,
    Score,
    Tables,
    hidden_records,
    is_held_out,
    number_values,
    read_tables,
    renumber,
    score,
)
from people_methods import Outcome, explain_absence, try_alone
from people_rivals import answer_by_rule, choose_threshold, describe_authorships
from people_scale import measure_scale
from talentflow.resolve.namesakes import count_profiles
from talentflow.resolve.people_by_evidence import expect_known_bearers
from talentflow.resolve.people_evidence import list_authorships, read_affiliations
from talentflow.resolve.people_graph import Codes, Mask
from talentflow.resolve.people_joins import join_by_identifier, join_by_name
from talentflow.resolve.people_slots import read_slots

CHINESE = frozenset(
    """
bai cai cao chang chen cheng cui dai deng ding dong du duan fan fang feng fu gao gong gu guo han
hao he hou hu huang jia jiang jin kong lai lei li liang liao lin liu long lu luo lv ma mao meng ni
niu pan pang pei peng qi qian qiao qin qiu ren shang shao shen shi song su sun tan tang tao tian
wan wang wei wen wu xia xiang xiao xie xiong xu xue yan yang yao ye yi yin yu yuan zeng zhang
zhao zheng zhong zhou zhu zhuang zou
""".split()  # noqa: SIM905 -- a word list reads better as prose
)
KOREAN = frozenset(
    """
ahn bae baek cho choi chung eom gwak han heo hong hwang hyun jang jeon jeong jo joo jung kang kim
ko koo kwak kwon lee lim min moon nam noh oh park rhee roh ryu seo shim shin sohn son song suh um
won woo yang yeo yi yoo yoon youn yun
""".split()  # noqa: SIM905 -- a word list reads better as prose
)
GROUPS = {"all": None, "Chinese": CHINESE, "Korean": KOREAN}
MUST = {
    ("openreview", "all"): (0.977, 0.967),
    ("openreview", "Chinese"): (None, 0.93),
    ("openreview", "Korean"): (None, 0.97),
    ("ieee", "all"): (0.955, None),
}
"""B-cubed F1 and pair F1 to reach."""

RIVALS = ("exact name", "commonness rule", "Splink")
"""Methods that the rows of the file name beside ours."""

REPLICATES = 200
Row = dict[str, object]


@dataclass(frozen=True)
class Trial:
    """Author slots with the truth, the answers of each method, and what is needed to split
    them: whether a slot's name was held out, its surname and its block of names. `outcomes` has
    what the methods took that ran alone."""

    truth: Codes
    answers: dict[str, Codes]
    outcomes: dict[str, Outcome]
    held_out: Mask
    surname: NDArray[np.str_]
    block: Codes
    ambiguous: Mask
    confidence: Floats


def measure(store: Path, *, scale: bool = True) -> list[Row]:
    """The rows of this benchmark, from the tables of a build; prints more beside them."""
    tables = read_tables(store)
    rows: list[Row] = []
    for system in SYSTEMS:
        rows += _report(system, try_hidden(tables, system))
    return [*rows, *measure_scale(tables)] if scale else rows


def try_hidden(tables: Tables, system: str) -> Trial:
    """Find the people of one registry with its identifiers hidden, by every method.

    What another registry tells of how many people bear a name stays known.
    """
    true, hidden = hidden_records(tables, system)
    slots = read_slots(hidden)
    by_name = join_by_name(slots, join_by_identifier(slots))
    authorships = list_authorships(
        slots,
        np.arange(slots.identifiers.n_refs),
        expect_known_bearers(slots, by_name),
        read_affiliations(slots, tables.mentions, tables.resolved_mentions),
    )
    refs = pa.array(slots.identifiers.text[: slots.identifiers.n_refs], pa.string())
    slot = refs.take(pa.array(slots.ref[authorships.first_row]))
    parsed, name = slots.names.parsed, authorships.name
    held_out = np.array([is_held_out(p) for p in parsed])[name]
    truth = number_values(_look_up(true["person_ref"], hidden["person_ref"], slot))
    ours = try_alone("talentflow", _describe_records(tables, hidden, system))
    people = {c: _look_up(ours.answer[c], ours.answer["person_ref"], slot) for c in _ANSWERED}
    answers = answer_by_rule(slots, authorships)
    outcomes = {"talentflow": ours}
    reason = explain_absence("splink")
    if reason is None:
        given = describe_authorships(slots, authorships, np.where(held_out, -1, truth))
        outcomes["Splink"] = try_alone("splink", {"authorships": given})
        answers["Splink"] = choose_threshold(outcomes["Splink"].answer, truth, ~held_out)
    else:
        print(f"{system:11}Splink is left out: {reason}")
    answers["talentflow"] = number_values(people["person_id"])
    return Trial(
        truth=truth,
        answers=answers,
        outcomes=outcomes,
        held_out=held_out,
        surname=np.array([p.surname for p in parsed])[name],
        block=authorships.names.block[name],
        ambiguous=people["ambiguous"].to_numpy(),
        confidence=people["confidence"].to_numpy(),
    )


_ANSWERED = ("person_id", "ambiguous", "confidence")


def _look_up(values: pa.ChunkedArray, keys: pa.ChunkedArray, wanted: pa.Array) -> pa.ChunkedArray:
    return values.take(pc.index_in(wanted, value_set=keys.combine_chunks()))


def _describe_records(tables: Tables, hidden: pa.Table, system: str) -> dict[str, pa.Table]:
    """What our method reads, alone in a process."""
    refs = pc.unique(tables.records["person_ref"]).drop_null().to_pylist()
    profiles = {} if system == "openreview" else count_profiles(refs)
    return {
        "records": hidden,
        "mentions": tables.mentions,
        "resolved_mentions": tables.resolved_mentions,
        "profiles": pa.table(
            {
                "name": pa.array(list(profiles), pa.string()),
                "people": pa.array(list(profiles.values()), pa.int64()),
            }
        ),
    }


def _report(system: str, trial: Trial) -> list[Row]:
    """Print the table of one registry; the rows of the file."""
    rows: list[Row] = []
    for group, members in GROUPS.items():
        chosen = trial.held_out.copy()
        if members is not None:
            chosen &= np.isin(trial.surname, list(members))
        scores = {
            method: score(renumber(trial.truth[chosen]), renumber(answer[chosen]))
            for method, answer in trial.answers.items()
        }
        for method, reached in scores.items():
            pair, b_cubed = (
                " / ".join(f"{x:.3f}" for x in part) for part in (reached.pair, reached.b_cubed)
            )
            print(f"{system:11}{group:8}{method:27}pair {pair}   B3 {b_cubed}")
        intervals = _bootstrap(trial, chosen)
        n = int(chosen.sum())
        print(f"{'':19}talentflow, 95 %: B3 {intervals[0]}, pair {intervals[1]}; {n:,} slots")
        rows += _list_scores(system, group, scores, [f"95 % {i}, n {n}" for i in intervals])
    return [*rows, *_report_ambiguous(system, trial), *_report_effort(system, trial)]


def _list_scores(system: str, group: str, scores: dict[str, Score], bounds: list[str]) -> list[Row]:
    """Two rows: B-cubed F1 and pair F1, against what must be reached or the best rival."""
    rows: list[Row] = []
    limits = MUST.get((system, group), (None, None))
    for position, what in enumerate(("B3", "pair")):
        reached = {
            method: (one.b_cubed if what == "B3" else one.pair)[2] for method, one in scores.items()
        }
        rivals = {method: reached[method] for method in RIVALS if method in reached}
        must = limits[position]
        named = [f"must {must}"] if must else []
        rows.append(
            {
                "name": f"people, {system} hidden, {group}: {what} F1",
                "value": round(reached["talentflow"], 4),
                "unit": "share",
                "against": "; ".join([*named, *(f"{m} {x:.3f}" for m, x in rivals.items())]),
                "ratio": round(reached["talentflow"] / (must or max(rivals.values())), 3),
                "bound": f"{bounds[position]}, names not fitted to",
            }
        )
    return rows


def _report_effort(system: str, trial: Trial) -> list[Row]:
    """Seconds and memory of the methods that ran alone, each in a process of its own."""
    for method, took in trial.outcomes.items():
        print(f"{system:11}{method}: {took.seconds:.1f} s, {took.memory_gib:.2f} GiB", end="")
        print(f", {len(trial.truth):,} authorships")
    ours, other = trial.outcomes["talentflow"], trial.outcomes.get("Splink")
    rows: list[Row] = []
    for what, unit, mine, theirs in (
        ("time", "s", ours.seconds, other and other.seconds),
        ("memory", "GiB", ours.memory_gib, other and other.memory_gib),
    ):
        rows.append(
            {
                "name": f"people, {system} hidden: {what} of the whole linkage",
                "value": round(mine, 3),
                "unit": unit,
                "against": f"Splink {theirs:.2f} {unit}" if theirs else "Splink is not installed",
                "ratio": round(theirs / mine, 2) if theirs else None,
                "bound": f"{len(trial.truth)} authorships, a process of its own",
            }
        )
    return rows


def _report_ambiguous(system: str, trial: Trial) -> list[Row]:
    """How much is left ambiguous, how good the rest is, and whether confidence keeps its word."""
    clear = trial.held_out & ~trial.ambiguous
    share = 1 - clear.sum() / trial.held_out.sum()
    answer = trial.answers["talentflow"]
    whole = score(trial.truth, answer)
    rest = score(*(renumber(x[clear]) for x in (trial.truth, answer)))
    print(f"{system:11}ambiguous {share:.1%}; the rest: pair {rest.pair[2]:.3f}", end="")
    print(f" B3 {rest.b_cubed[2]:.3f} (all slots {whole.b_cubed[2]:.3f})")
    # Of two random references of one person of ours: are they one person?
    order = np.random.default_rng(0).permutation(len(answer))
    order = order[np.argsort(answer[order], kind="stable")]
    pair = (answer[order[1:]] == answer[order[:-1]]) & trial.held_out[order[1:]]
    right = trial.truth[order[1:]] == trial.truth[order[:-1]]
    stated = trial.confidence[order[1:]]
    error = 0.0
    for low, high in ((0.5, 0.7), (0.7, 0.9), (0.9, 0.97), (0.97, 1.01)):
        band = pair & (stated >= low) & (stated < high)
        if band.any():
            print(f"  confidence {low:.2f}–{high:.2f}: {int(band.sum()):6} pairs,", end="")
            print(f" stated {stated[band].mean():.3f}, right {right[band].mean():.3f}")
            error += abs(stated[band].mean() - right[band].mean()) * band.sum() / pair.sum()
    return [
        {
            "name": f"people, {system} hidden: share left ambiguous",
            "value": round(float(share), 4),
            "unit": "share",
            "against": f"B3 F1 of the rest {rest.b_cubed[2]:.3f}",
            "ratio": 1.0,
            "bound": f"calibration error of confidence {error:.3f}",
        }
    ]


def _bootstrap(trial: Trial, chosen: Mask) -> list[str]:
    """95 % intervals of B-cubed F1 and pair F1 over blocks of names, which hold whole people."""
    truth, found = (renumber(x[chosen]) for x in (trial.truth, trial.answers["talentflow"]))
    block = renumber(trial.block[chosen])
    generator = np.random.default_rng(20240501)
    drawn = []
    for _ in range(REPLICATES):
        weight = generator.poisson(1.0, int(block.max(initial=0)) + 1)[block].astype(float)
        one = score(truth, found, weight)
        drawn.append((one.b_cubed[2], one.pair[2]))
    low, high = np.quantile(np.array(drawn), (0.025, 0.975), axis=0)
    return [f"{a:.3f}–{b:.3f}" for a, b in zip(low, high, strict=True)]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--no-scale", action="store_true", help="leave the million rows out")
    arguments = parser.parse_args()
    measure(arguments.store, scale=not arguments.no_scale)


if __name__ == "__main__":
    main()
