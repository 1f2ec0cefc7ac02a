"""How well, and how fast, are people found when their identifiers are hidden?

    python benchmarks/resolve_people.py STORE [--output latest.json]

STORE is the store of a build. The truth are the people that identifiers alone give; then every
identifier of one registry is hidden and names and evidence have to do. B-cubed and pair
precision, recall and F1 over author slots, on the names that the model was not fitted to, for
all names and for Chinese and Korean surnames, in which namesakes are the rule. Against: every
exact name one person; name and co-author; and the commonness rule.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from talentflow.core.contracts import IDS
from talentflow.resolve.names import PersonName
from talentflow.resolve.people import link_people
from talentflow.resolve.people_by_evidence import expect_known_bearers
from talentflow.resolve.people_evidence import list_authorships, read_affiliations
from talentflow.resolve.people_graph import Codes, Mask, find_components
from talentflow.resolve.people_joins import join_by_identifier, join_by_name
from talentflow.resolve.people_match import FEATURES, list_pairs
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
SYSTEMS = ("openreview", "ieee")
MUST = {
    ("openreview", "all"): (0.977, 0.967),
    ("openreview", "Chinese"): (None, 0.93),
    ("openreview", "Korean"): (None, 0.97),
    ("ieee", "all"): (0.955, None),
}
"""B-cubed F1 and pair F1 to reach."""

SCALE_ROWS = 1_000_000
SCALE_LIMIT_S = 60
REPLICATES = 200
Row = dict[str, object]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """Precision, recall and F1 over pairs of slots and over slots (B-cubed)."""

    pair: tuple[float, float, float]
    b_cubed: tuple[float, float, float]


@dataclass(frozen=True)
class Tables:
    """What a build has read and resolved."""

    records: pa.Table
    mentions: pa.Table
    resolved_mentions: pa.Table


@dataclass(frozen=True)
class Trial:
    """Author slots with the truth, the answers of each method, and what is needed to split
    them: whether a slot's name was held out, its surname and its block of names."""

    truth: Codes
    answers: dict[str, Codes]
    held_out: Mask
    surname: NDArray[np.str_]
    block: Codes
    ambiguous: Mask
    confidence: Floats


def measure(store: Path) -> list[Row]:
    """The rows of this benchmark, from the tables of a build."""
    tables = read_tables(store)
    rows: list[Row] = []
    for system in SYSTEMS:
        trial = try_hidden(tables, system)
        rows += _report(system, trial)
    return [*rows, *measure_scale(tables)]


def read_tables(store: Path) -> Tables:
    """The newest tables of a store, without the crawl that repeats papers."""
    records = pq.read_table(_newest(store, "read", "records"))
    return Tables(
        records=records.filter(pc.equal(records["source"], "paperlists")),
        mentions=pq.read_table(_newest(store, "read", "mentions")),
        resolved_mentions=pq.read_table(_newest(store, "organizations", "resolved_mentions")),
    )


def _newest(store: Path, stage: str, table: str) -> Path:
    found = sorted(
        (store / "tables" / stage).glob(f"*/{table}.parquet"), key=lambda p: p.stat().st_mtime
    )
    return found[-1]


def score(truth: Codes, found: Codes, weight: Floats | None = None) -> Score:
    """Compare two partitions of the same slots, both given as group numbers.

    `weight` counts a slot, and with it its pairs, several times.
    """
    weight = np.ones(len(truth)) if weight is None else weight
    width = int(found.max(initial=0)) + 1
    both, place = np.unique(truth * width + found, return_inverse=True)
    in_both = np.bincount(place)
    in_truth = np.bincount(truth)[both // width]
    in_found = np.bincount(found)[both % width]
    precision, recall = (
        float(np.average((in_both / size)[place], weights=weight)) for size in (in_found, in_truth)
    )
    right = float((weight * (in_both - 1)[place]).sum())
    of_found = float((weight * (in_found - 1)[place]).sum())
    of_truth = float((weight * (in_truth - 1)[place]).sum())
    return Score(
        pair=_with_f1(right / max(of_found, 1), right / max(of_truth, 1)),
        b_cubed=_with_f1(precision, recall),
    )


def is_held_out(name: PersonName) -> bool:
    """Whether the model was not fitted to people of this surname and initial."""
    initial = name.given[0][:1] if name.given else ""
    return crc32(f"{name.surname} {initial}".encode()) % 2 == 1


def hide(records: pa.Table) -> pa.Table:
    """Give every row a reference of its own per author slot, and no identifiers."""
    slot = pc.binary_join_element_wise(
        "slot", records["paper_id"], pc.cast(records["author_position"], pa.string()), ":"
    )
    named = pc.is_valid(records["person_ref"])
    slot = pc.if_else(named, slot, pa.scalar(None, pa.string()))
    nothing = pa.array([[]] * len(records), IDS)
    return _with_column(_with_column(records, "person_ref", slot), "ids", nothing)


def hidden_records(tables: Tables, system: str) -> tuple[pa.Table, pa.Table]:
    """Rows of the papers of one registry: with the true person in `person_ref`, and hidden."""
    records = tables.records
    mine = pc.fill_null(pc.starts_with(records["person_ref"], f"{system}:"), False)
    papers = pc.unique(records["paper_id"].filter(mine))
    loose = pc.and_(
        pc.is_null(records["person_ref"]), pc.is_in(records["paper_id"], value_set=papers)
    )
    records = records.filter(pc.or_(mine, loose))
    told = records.filter(pc.is_valid(records["person_ref"]))
    nameless = _with_column(told, "person_name", pa.nulls(len(told), pa.string()))
    people = link_people(nameless).people
    place = pc.index_in(records["person_ref"], value_set=people["person_ref"].combine_chunks())
    true = _with_column(records, "person_ref", people["person_id"].take(place))
    return true, hide(records)


def try_hidden(tables: Tables, system: str) -> Trial:
    """Find the people of one registry with its identifiers hidden, by every method."""
    true, hidden = hidden_records(tables, system)
    linked = link_people(
        hidden, mentions=tables.mentions, resolved_mentions=tables.resolved_mentions
    )
    slots = read_slots(hidden)
    by_name = join_by_name(slots, join_by_identifier(slots))
    authorships = list_authorships(
        slots,
        np.arange(slots.identifiers.n_refs),
        expect_known_bearers(slots, by_name),
        read_affiliations(slots, tables.mentions, tables.resolved_mentions),
    )
    one, other, features = list_pairs(
        authorships, np.arange(len(authorships.node)), slots.identifiers.n_refs
    )
    refs = pa.array(slots.identifiers.text[: slots.identifiers.n_refs], pa.string())
    ref = slots.ref[authorships.first_row]
    place = pc.index_in(refs.take(pa.array(ref)), value_set=hidden["person_ref"].combine_chunks())
    name = authorships.name
    common = slots.names.commonness[name]

    def column(feature: str) -> Floats:
        return features[:, FEATURES.index(feature)]

    author = column("common_author") > 0
    place_too = (column("log_affiliations") > 0) | (column("rarest_domain") > 0)
    same = name[one] == name[other]
    rare = same & (common[one] < 0.1)
    n = len(name)
    answers = {
        "exact name": name,
        "name + co-author": _components(n, one, other, same & author),
        "commonness rule": _components(n, one, other, rare | (same & (author | place_too))),
        "commonness rule, initials": _components(n, one, other, rare | author | place_too),
    }
    answers["talentflow"] = _numbers(linked.people["person_id"].take(pa.array(ref)))
    parsed = slots.names.parsed
    return Trial(
        truth=_numbers(true["person_ref"].take(place)),
        answers=answers,
        held_out=np.array([is_held_out(p) for p in parsed])[name],
        surname=np.array([p.surname for p in parsed])[name],
        block=authorships.names.block[name],
        ambiguous=linked.people["ambiguous"].to_numpy()[ref],
        confidence=linked.people["confidence"].to_numpy()[ref],
    )


def _components(n: int, one: Codes, other: Codes, joined: Mask) -> Codes:
    return find_components(n, one[joined], other[joined])


def _report(system: str, trial: Trial) -> list[Row]:
    """Print the table of one registry; the rows of the file."""
    rows: list[Row] = []
    for group, members in GROUPS.items():
        chosen = trial.held_out.copy()
        if members is not None:
            chosen &= np.isin(trial.surname, list(members))
        scores: dict[str, Score] = {}
        for method, answer in trial.answers.items():
            scores[method] = score(*(_renumber(x[chosen]) for x in (trial.truth, answer)))
            pair, b_cubed = (
                " / ".join(f"{x:.3f}" for x in part)
                for part in (scores[method].pair, scores[method].b_cubed)
            )
            print(f"{system:11}{group:8}{method:27}pair {pair}   B3 {b_cubed}")
        low_high = _bootstrap(trial, chosen)
        print(f"{'':19}talentflow, 95 %: {low_high}; {int(chosen.sum()):,} slots")
        ours, rule = scores["talentflow"], scores["commonness rule"]
        for position, (what, mine, theirs) in enumerate(
            (
                ("B3 F1", ours.b_cubed[2], rule.b_cubed[2]),
                ("pair F1", ours.pair[2], rule.pair[2]),
            )
        ):
            must = MUST.get((system, group), (None, None))[position]
            rows.append(
                {
                    "name": f"people, {system} hidden, {group}: {what}",
                    "value": round(mine, 4),
                    "unit": low_high.split("; ")[position],
                    "against": f"must {must}" if must else f"commonness rule {theirs:.3f}",
                    "ratio": round(mine / (must or theirs), 3),
                    "bound": f"names not fitted to, n = {int(chosen.sum())}",
                }
            )
    rows += _report_ambiguous(system, trial)
    return rows


def _report_ambiguous(system: str, trial: Trial) -> list[Row]:
    """How much is left ambiguous, how good the rest is, and whether confidence keeps its word."""
    clear = trial.held_out & ~trial.ambiguous
    share = 1 - clear.sum() / trial.held_out.sum()
    answer = trial.answers["talentflow"]
    whole = score(trial.truth, answer)
    rest = score(*(_renumber(x[clear]) for x in (trial.truth, answer)))
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


def _bootstrap(trial: Trial, chosen: Mask) -> str:
    """95 % intervals of B-cubed F1 and pair F1 over blocks of names, which hold whole people."""
    truth, found = (_renumber(x[chosen]) for x in (trial.truth, trial.answers["talentflow"]))
    block = _renumber(trial.block[chosen])
    generator = np.random.default_rng(20240501)
    drawn = []
    for _ in range(REPLICATES):
        weight = generator.poisson(1.0, int(block.max(initial=0)) + 1)[block].astype(float)
        one = score(truth, found, weight)
        drawn.append((one.b_cubed[2], one.pair[2]))
    low, high = np.quantile(np.array(drawn), (0.025, 0.975), axis=0)
    return "; ".join(f"{a:.3f}–{b:.3f}" for a, b in zip(low, high, strict=True))


def measure_scale(tables: Tables) -> list[Row]:
    """1,000,000 authorships, copies of the real ones under changed names and papers: through
    the library in memory and through the command from a file."""
    records, mentions = replicate(tables, SCALE_ROWS)
    link_people(records.slice(0, 2000), mentions=mentions)  # compiled code is loaded
    start = time.perf_counter()
    people = link_people(
        records, mentions=mentions, resolved_mentions=tables.resolved_mentions
    ).people
    seconds = time.perf_counter() - start
    count = len(people["person_id"].unique())
    print(f"{len(records):,} authorships, {count:,} people in {seconds:.1f} s")
    rows = [_limit("people, 1,000,000 authorships linked", seconds)]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.csv"
        write_csv(records, mentions, source)
        command = "from talentflow.cli import main; main()"
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", command, "resolve", "people", source, "--output", target],
            check=True,
            capture_output=True,
        )
        seconds = time.perf_counter() - start
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
        print(f"resolve people, whole process: {seconds:.1f} s, {memory:.2f} GiB")
        rows.append(_limit("resolve people, 1,000,000 rows", seconds))
    return rows


def _limit(name: str, seconds: float) -> Row:
    return {
        "name": name,
        "value": round(seconds, 1),
        "unit": "s",
        "against": f"limit of {SCALE_LIMIT_S} s",
        "ratio": round(SCALE_LIMIT_S / seconds, 2),
        "bound": "sorting, parsing names and affiliations, comparing pairs",
    }


def replicate(tables: Tables, n_rows: int) -> tuple[pa.Table, pa.Table]:
    """One record per author slot, copied until there are `n_rows`; every copy has its own
    papers, and one letter more in each surname so that its people are others."""
    records = tables.records.filter(pc.is_valid(tables.records["person_ref"]))
    position = pc.cast(records["author_position"], pa.string())
    slot = pc.binary_join_element_wise(records["paper_id"], position, ":")
    _, first = np.unique(
        np.asarray(slot.combine_chunks().dictionary_encode().indices), return_index=True
    )
    records = records.take(pa.array(np.sort(first)))
    parts = []
    for copy in range(-(-n_rows // len(records))):
        letter = chr(97 + copy) if copy else ""
        part = records
        for column, ending in (("paper_id", f"/{copy}"), ("record_id", f"/{copy}")):
            part = _with_column(part, column, pc.binary_join_element_wise(part[column], ending, ""))
        name = pc.binary_join_element_wise(part["person_name"], letter, "")
        parts.append(_with_column(part, "person_name", name))
    together = hide(pa.concat_tables(parts).slice(0, n_rows))
    return together, tables.mentions


def write_csv(records: pa.Table, mentions: pa.Table, path: Path) -> None:
    """The input of `resolve people`."""
    place = pc.index_in(records["mention_id"], value_set=mentions["mention_id"].combine_chunks())
    columns = [
        *(records[name] for name in ("record_id", "paper_id", "person_name", "year")),
        *(mentions[name].take(place) for name in ("text", "domain")),
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["record_id", "paper_id", "name", "year", "affiliation", "domain"])
        writer.writerows(zip(*(column.to_pylist() for column in columns), strict=True))


def _with_column(table: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), table.schema.field(name), values)


def _numbers(values: pa.Array | pa.ChunkedArray) -> Codes:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    return values.dictionary_encode().indices.to_numpy().astype(np.int64)


def _renumber(values: Codes) -> Codes:
    return np.unique(values, return_inverse=True)[1]


def _with_f1(precision: float, recall: float) -> tuple[float, float, float]:
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-12)


def main() -> None:
    """Print the table and, with --output, append the figures to a list of benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("store", type=Path)
    parser.add_argument("--output", type=Path)
    parser.add_argument("--no-scale", action="store_true", help="leave the million rows out")
    arguments = parser.parse_args()
    measuring: Callable[[Path], list[Row]] = measure
    if arguments.no_scale:
        tables = read_tables(arguments.store)
        rows = [row for s in SYSTEMS for row in _report(s, try_hidden(tables, s))]
    else:
        rows = measuring(arguments.store)
    if arguments.output:
        known = json.loads(arguments.output.read_text()) if arguments.output.exists() else []
        arguments.output.write_text(json.dumps([*known, *rows], indent=1) + "\n")


if __name__ == "__main__":
    main()
