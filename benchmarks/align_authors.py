"""How often is an affiliation given to the right author, and how much is left open?

    python benchmarks/align_authors.py [DATA]

DATA is the folder of the sources (default: beside the repository). Four truths:

- **twins**: five conferences of which a second crawl lost the blanks and the order of its lists
  while the first kept both. The first crawl's file is taken away, the second is aligned, and the
  first tells what was right. Papers whose entries changed between the crawls are left out. Half
  of the papers (by checksum of their id) chose the weights and thresholds; figures are of the
  other half.
- **made sets**: papers whose authors are known, reduced to their distinct affiliations, as some
  conferences print them; half of the papers again.
- **e-mail domains** of the same authors in another crawl, for lists of distinct affiliations.
- **hidden evidence**: in the files that are aligned in earnest, what is known of every tenth
  profile is hidden, and what is placed is compared with it.

Intervals: 95 %, bootstrap over papers. Against: the k-th affiliation to the k-th author.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.catalog import Catalog
from talentflow.core.engine import LocalEngine
from talentflow.core.progress import Silent
from talentflow.pipeline import stages
from talentflow.pipeline.gathering import read_records
from talentflow.pipeline.inputs import find_inputs
from talentflow.resolve.align_authors import (
    DEFAULT_RULE,
    PlacingRule,
    align_authors,
    choose_placements,
    find_places_of_work,
)
from talentflow.resolve.align_chances import lay_ordered, weigh_listed
from talentflow.resolve.align_evidence import PROFILE, measure_fit
from talentflow.resolve.align_habits import measure_habits
from talentflow.resolve.align_papers import (
    Codes,
    Floats,
    Mask,
    OpenPapers,
    Rows,
    encode_rows,
    find_open_papers,
)

SECOND = "paperlists-other-crawls"
SET_FILES = (
    "aaai/aaai2021.json",
    "acl/acl2021.json",
    "acl/acl2022.json",
    "wacv/wacv2022.json",
    "wacv/wacv2023.json",
    "wacv/wacv2024.json",
    "kdd/kdd2022.json",
    "kdd/kdd2023.json",
)
Row = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Open papers whose answer is known. `right` marks the right pairs, `has` the authors who have
    an affiliation, `scored` the papers that count and `held_out` those that nothing was fitted
    on."""

    name: str
    rows: Rows
    papers: OpenPapers
    start: Codes
    fit: Floats
    role: Floats
    blank: Floats
    right: Mask
    has: Mask
    scored: Mask
    held_out: Mask


def find_twins(records: pa.Table) -> list[tuple[str, str]]:
    """Pairs (file, second crawl) of which only the first shows whose the affiliations are."""
    counted = records.group_by(["source", "file", "alignment"]).aggregate([([], "count_all")])
    numbers: dict[tuple[str, str], dict[str, int]] = {}
    for row in counted.to_pylist():
        by = numbers.setdefault((row["source"], row["file"]), {})
        by[row["alignment"]] = row["count_all"]
    twins = []
    for (source, file), by in sorted(numbers.items()):
        if source != SECOND or by.get("set_only", 0) < by.get("aligned", 0):
            continue
        first = f"{file.partition('@')[0]}.json"
        known = numbers.get(("paperlists", first), {})
        has_roles = "iclr201" not in file and "iclr2020" not in file
        if known.get("aligned", 0) > 2 * known.get("set_only", 0) and has_roles:
            twins.append((first, file))
    return twins


def load_trials(records: pa.Table, mentions: pa.Table, resolved: pa.Table) -> list[Trial]:
    """A trial for every twin and one for the made sets."""
    texts = _text_of_mentions(mentions)
    trials = []
    for first, second in find_twins(records):
        is_first = pc.and_(
            pc.equal(records["file"], first), pc.not_equal(records["source"], SECOND)
        )
        truth = _known_texts(records.filter(is_first), texts)
        rest = records.filter(pc.invert(is_first))
        trials.append(_make_trial(second, rest, mentions, resolved, truth, texts))
    changed, truth = make_sets(records, texts)
    trials.append(_make_trial("made sets", changed, mentions, resolved, truth, texts))
    return trials


def make_sets(
    records: pa.Table, texts: dict[int, str]
) -> tuple[pa.Table, dict[tuple[str, int], set[str]]]:
    """Records in which the papers of SET_FILES state their distinct affiliations only."""
    mine = pc.is_in(records["file"], pa.array(SET_FILES))
    mine = pc.and_(mine, pc.is_valid(records["author_position"]))
    chosen = records.filter(mine)
    truth = _known_texts(chosen, texts)
    authors = chosen.take(_first_of(chosen, ["paper_id", "author_position"]))
    n = authors.num_rows
    authors = _set(authors, "mention_id", pa.nulls(n, pa.int64()))
    authors = _set(authors, "role_raw", pa.nulls(n, pa.string()))
    authors = _set(authors, "alignment", pa.array(["set_only"] * n))
    loose = chosen.filter(pc.is_valid(chosen["mention_id"]))
    loose = loose.take(_first_of(loose, ["paper_id", "mention_id"]))
    n = loose.num_rows
    for name in ("person_ref", "person_name", "role_raw"):
        loose = _set(loose, name, pa.nulls(n, pa.string()))
    loose = _set(loose, "author_position", pa.nulls(n, pa.int16()))
    loose = _set(loose, "alignment", pa.array(["set_only"] * n))
    made = [f"paperlists:{SET_FILES[0]}#{i}/s/{i}" for i in range(n)]
    loose = _set(loose, "record_id", pa.array(made))
    return pa.concat_tables([records.filter(pc.invert(mine)), authors, loose]), truth


def _first_of(table: pa.Table, keys: list[str]) -> pa.Array:
    numbered = table.select(keys).append_column("row", pa.array(np.arange(table.num_rows)))
    first = numbered.group_by(keys, use_threads=False).aggregate([("row", "min")])["row_min"]
    return first


def _set(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    at = table.schema.get_field_index(name)
    return table.set_column(
        at, table.schema.field(name), values.cast(table.schema.field(name).type)
    )


def _text_of_mentions(mentions: pa.Table) -> dict[int, str]:
    columns = (mentions[name].to_pylist() for name in ("mention_id", "text", "domain"))
    return {mention: text or domain for mention, text, domain in zip(*columns, strict=True)}


def _known_texts(records: pa.Table, texts: dict[int, str]) -> dict[tuple[str, int], set[str]]:
    """(Paper, author) → the texts of that author's own affiliations."""
    known: dict[tuple[str, int], set[str]] = {}
    names = ("paper_id", "author_position", "mention_id")
    for paper, author, mention in zip(*(records[n].to_pylist() for n in names), strict=True):
        if author is not None:
            found = known.setdefault((paper, author), set())
            if mention is not None:
                found.add(texts[mention])
    return known


def _make_trial(
    name: str,
    records: pa.Table,
    mentions: pa.Table,
    resolved: pa.Table,
    truth: dict[tuple[str, int], set[str]],
    texts: dict[int, str],
) -> Trial:
    rows = encode_rows(records, mentions, resolved, second=SECOND)
    everything = find_open_papers(records, rows)
    fit = measure_fit(rows, everything)
    habits = measure_habits(rows, everything)
    file = records["file"].take(pa.array(everything.part[everything.part_start[:-1]]))
    names = SET_FILES if name == "made sets" else (name,)
    chosen = pc.is_in(file, pa.array(names)).to_numpy()
    papers, of_pairs, of_authors = select_papers(everything, chosen)
    first = papers.author[papers.author_start[:-1]]
    ids = records["paper_id"].take(pa.array(first)).to_pylist()
    answers = _find_answers(records, rows, papers, truth, texts)
    sizes = np.diff(papers.author_start) * np.diff(papers.part_start)
    return Trial(
        name=name,
        rows=rows,
        papers=papers,
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        fit=fit.fit[of_pairs],
        role=habits.role[of_pairs],
        blank=habits.blank[of_authors],
        held_out=np.array([hashlib.blake2b(i.encode()).digest()[0] % 2 == 1 for i in ids]),
        **answers,
    )


def select_papers(papers: OpenPapers, chosen: Mask) -> tuple[OpenPapers, Mask, Mask]:
    """The chosen papers, and which pairs and authors of all are theirs."""
    n_authors, n_parts = np.diff(papers.author_start), np.diff(papers.part_start)
    of_authors = np.repeat(chosen, n_authors)
    selected = OpenPapers(
        author=papers.author[of_authors],
        author_start=np.concatenate([[0], np.cumsum(n_authors[chosen])]).astype(np.int64),
        part=papers.part[np.repeat(chosen, n_parts)],
        part_start=np.concatenate([[0], np.cumsum(n_parts[chosen])]).astype(np.int64),
        ordered=papers.ordered[chosen],
    )
    return selected, np.repeat(chosen, n_authors * n_parts), of_authors


def _find_answers(
    records: pa.Table,
    rows: Rows,
    papers: OpenPapers,
    truth: dict[tuple[str, int], set[str]],
    texts: dict[int, str],
) -> dict[str, Any]:
    author = records.take(pa.array(papers.author))
    keys = list(
        zip(author["paper_id"].to_pylist(), author["author_position"].to_pylist(), strict=True)
    )
    mentions = records["mention_id"].take(pa.array(papers.part)).to_pylist()
    place = find_places_of_work(rows, papers)
    right: list[Mask] = []
    scored = np.zeros(len(papers), np.bool_)
    for t in range(len(papers)):
        mine = keys[papers.author_start[t] : papers.author_start[t + 1]]
        stated = [texts[m] for m in mentions[papers.part_start[t] : papers.part_start[t + 1]]]
        known = [truth.get(key) for key in mine]
        agrees = np.array([[text in (k or ()) for text in stated] for k in known])
        explained = not papers.ordered[t] or _can_all_be_had(agrees)
        scored[t] = all(k is not None for k in known) and explained
        if not papers.ordered[t]:
            same = place[papers.part_start[t] : papers.part_start[t + 1]]
            agrees = agrees @ (same[:, None] == same[None, :])
        right.append(agrees.ravel())
    return {
        "right": np.concatenate(right),
        "has": np.array([bool(truth.get(key)) for key in keys]),
        "scored": scored,
    }


def _can_all_be_had(agrees: Mask) -> bool:
    """Whether every part can be had by an author of its own."""
    holder = np.full(agrees.shape[0], -1)

    def find(part: int, seen: set[int]) -> bool:
        for author in np.flatnonzero(agrees[:, part]).tolist():
            if author not in seen:
                seen.add(author)
                if holder[author] < 0 or find(int(holder[author]), seen):
                    holder[author] = part
                    return True
        return False

    return all(find(part, set()) for part in range(agrees.shape[1]))


def measure_trial(trial: Trial, rule: PlacingRule) -> Floats:
    """The chance of every pair of a trial."""
    chances = rule.chances
    score = trial.fit @ np.array(chances.ordered) + chances.role * trial.role
    laid = lay_ordered(trial.rows, trial.papers, trial.start, score, trial.blank, chances)
    weigh_listed(trial.rows, trial.papers, trial.start, trial.fit, chances, laid)
    return laid


@dataclass(frozen=True)
class Count:
    """By paper: affiliations placed, placed rightly, and authors whose affiliation is there."""

    placed: Codes
    right: Codes
    there: Codes

    def of(self, papers: Codes) -> tuple[float, float]:
        """Precision and coverage over these papers."""
        right = self.right[papers].sum()
        return right / max(self.placed[papers].sum(), 1), right / max(self.there[papers].sum(), 1)


def count_placed(trial: Trial, chances: Floats, rule: PlacingRule) -> Count:
    """What `choose_placements` makes of the chances."""
    papers = trial.papers
    placed = choose_placements(trial.rows, papers, chances, rule)
    author_at = {row: i for i, row in enumerate(papers.author.tolist())}
    part_at = {row: i for i, row in enumerate(papers.part.tolist())}
    author = np.array([author_at[row] for row in placed.author.tolist()], np.int64)
    part = np.array([part_at[row] for row in placed.part.tolist()], np.int64)
    return _count(trial, author, part)


def count_zip(trial: Trial) -> Count:
    """The k-th affiliation to the k-th author."""
    papers = trial.papers
    within_author = _within(papers.author_start)
    n_parts = np.repeat(np.diff(papers.part_start), np.diff(papers.author_start))
    author = np.flatnonzero(within_author < n_parts)
    paper = np.searchsorted(papers.author_start, author, side="right") - 1
    return _count(trial, author, papers.part_start[paper] + within_author[author])


def _within(start: Codes) -> Codes:
    sizes = np.diff(start)
    within: Codes = np.arange(int(start[-1])) - np.repeat(start[:-1], sizes)
    return within


def _count(trial: Trial, author: Codes, part: Codes) -> Count:
    papers = trial.papers
    n = len(papers)
    paper = np.searchsorted(papers.author_start, author, side="right") - 1
    n_parts = np.diff(papers.part_start)
    pair = trial.start[paper] + (author - papers.author_start[paper]) * n_parts[paper]
    right = trial.right[pair + part - papers.part_start[paper]]
    of_author = np.repeat(np.arange(n), np.diff(papers.author_start))
    of_pair = np.repeat(of_author, n_parts[of_author])
    author_of_pair = np.repeat(np.arange(len(of_author)), n_parts[of_author])
    there = np.unique(author_of_pair[trial.right])
    assert len(of_pair) == len(trial.right)
    return Count(
        placed=np.bincount(paper, minlength=n),
        right=np.bincount(paper[right], minlength=n),
        there=np.bincount(of_author[there], minlength=n),
    )


def bootstrap(counts: Iterable[tuple[Count, Codes]], draws: int = 1000) -> Iterator[float]:
    """Precision, its 95 % interval, coverage, its interval: over papers of all trials."""
    placed, right, there = (
        np.concatenate([getattr(count, name)[papers] for count, papers in counts])
        for name in ("placed", "right", "there")
    )
    generator = np.random.default_rng(0)
    drawn = generator.integers(0, len(placed), (draws, len(placed)))
    for below in (placed, there):
        yield right.sum() / below.sum()
        yield from np.quantile(right[drawn].sum(1) / below[drawn].sum(1), [0.025, 0.975])


def hide_evidence(
    records: pa.Table, mentions: pa.Table, resolved: pa.Table, rule: PlacingRule
) -> dict[str, tuple[int, int, int]]:
    """File → hidden authors placed, placed where their own evidence says, and hidden in all.

    Of every tenth profile in the ordered lists of first crawls everything known from elsewhere is
    hidden; those count whose own affiliations of other years fit exactly one place of work on the
    paper. What remains open is whether they were there in that year, so this errs downwards.
    """
    rows = encode_rows(records, mentions, resolved, second=SECOND)
    everything = find_open_papers(records, rows)
    pairs, habits = measure_fit(rows, everything), measure_habits(rows, everything)
    chosen = everything.ordered & ~rows.second[everything.part[everything.part_start[:-1]]]
    papers, of_pairs, of_authors = select_papers(everything, chosen)
    fit, n_parts = pairs.fit[of_pairs], np.diff(papers.part_start)
    start = np.concatenate([[0], np.cumsum(np.diff(papers.author_start) * n_parts)])
    per_author = np.repeat(n_parts, np.diff(papers.author_start))
    profile = rows.profile[papers.author]
    hidden = (profile >= 0) & ((profile * 2654435761) % 10 == 3)
    hidden_pairs = np.repeat(hidden, per_author)
    known = fit[:, PROFILE] > 0
    blind = np.where(hidden_pairs[:, None], 0.0, fit)
    chances = rule.chances
    score = blind @ np.array(chances.ordered) + chances.role * habits.role[of_pairs]
    laid = lay_ordered(rows, papers, start, score, habits.blank[of_authors], chances)
    placed = choose_placements(rows, papers, laid, rule)
    part_of = dict(zip(placed.author.tolist(), placed.part.tolist(), strict=True))
    place = dict(zip(papers.part.tolist(), find_places_of_work(rows, papers).tolist(), strict=True))
    names = records["file"].take(pa.array(papers.author)).to_pylist()
    counts: dict[str, list[int]] = {}
    first = np.concatenate([[0], np.cumsum(per_author)])
    paper = np.repeat(np.arange(len(papers)), np.diff(papers.author_start))
    for i in np.flatnonzero(hidden).tolist():
        parts = papers.part[papers.part_start[paper[i]] : papers.part_start[paper[i] + 1]]
        fits = {place[part] for part in parts[known[first[i] : first[i + 1]]].tolist()}
        if len(fits) != 1 or len({place[part] for part in parts.tolist()}) == 1:
            continue
        count = counts.setdefault(names[i], [0, 0, 0])
        count[2] += 1
        if int(papers.author[i]) in part_of:
            count[0] += 1
            count[1] += place[part_of[int(papers.author[i])]] in fits
    return {file: (count[0], count[1], count[2]) for file, count in sorted(counts.items())}


Counted = list[tuple[Count, Codes]]


def measure(data: Path) -> list[Row]:
    """Rows of the benchmark: precision with its interval, coverage in `bound`."""
    records, mentions, resolved = load_tables(data)
    trials = load_trials(records, mentions, resolved)
    results = []
    for name, chosen in group_trials(trials).items():
        naive: Counted = [(count_zip(trial), held_out(trial)) for trial in chosen]
        zipped = next(bootstrap(naive))
        results.append(_describe(f"{name}, k-th to k-th", naive, zipped))
        forced = replace(DEFAULT_RULE, min_ordered=1e-6, min_listed=1e-6, min_single=1e-6)
        for label, rule in (("all placed", forced), ("placed where probable", DEFAULT_RULE)):
            counts: Counted = [
                (count_placed(trial, measure_trial(trial, rule), rule), held_out(trial))
                for trial in chosen
            ]
            results.append(_describe(f"{name}, {label}", counts, zipped))
    agreed = hide_evidence(records, mentions, resolved, DEFAULT_RULE)
    placed, right, hidden = (sum(numbers[k] for numbers in agreed.values()) for k in range(3))
    note = f"{placed} of {hidden} hidden profiles placed"
    results.append(_row("lists in earnest, hidden evidence", right / placed, 1.0, note))
    results.append(compare_with_mail(records, mentions, resolved))
    return [*results, *measure_effect(records, mentions, resolved)]


def compare_with_mail(records: pa.Table, mentions: pa.Table, resolved: pa.Table) -> Row:
    """Country of affiliations placed in lists of distinct ones, against that of the e-mail domain
    of the same author in another crawl. People use addresses of a second employer, or of a former
    one, and DeepMind (United Kingdom) writes from google.com: this errs downwards."""
    found = align_authors(records, mentions, resolved, second=SECOND)
    country = resolved.select(["mention_id", "country"])
    author = ["paper_id", "author_position"]
    rule = found.placements.filter(pc.not_equal(found.placements["rule"], "ordered_list"))
    placed = found.records.select(["record_id", "source", *author, "mention_id"]).join(
        rule, "record_id", "author_record_id", join_type="inner"
    )
    placed = placed.filter(pc.equal(placed["source"], SECOND))
    placed = placed.select([*author, "mention_id"]).join(country, "mention_id")
    by_mail = records.filter(pc.not_equal(records["source"], SECOND))
    by_mail = by_mail.select([*author, "mention_id"]).join(country, "mention_id")
    both = placed.join(by_mail, author, right_suffix="_mail", join_type="inner")
    both = both.filter(pc.and_(pc.is_valid(both["country"]), pc.is_valid(both["country_mail"])))
    same = pc.mean(pc.equal(both["country"], both["country_mail"])).as_py()
    return _row("distinct affiliations, country of the e-mail", same, 1.0, f"{len(both)} authors")


def group_trials(trials: list[Trial]) -> dict[str, list[Trial]]:
    """Trials by what they try, the twins together and one by one."""
    twins = [trial for trial in trials if trial.papers.ordered.all()]
    groups = {"twins": twins, "made sets": [t for t in trials if t not in twins]}
    return groups | {trial.name: [trial] for trial in twins}


def held_out(trial: Trial) -> Codes:
    """The papers that nothing was fitted on."""
    return np.flatnonzero(trial.scored & trial.held_out)


def _describe(name: str, counts: Counted, naive: float) -> Row:
    precision, low, high, coverage, at_least, at_most = bootstrap(counts)
    note = (
        f"95 %: {low:.3f}–{high:.3f}; of all that could be placed rightly {coverage:.3f} "
        f"({at_least:.3f}–{at_most:.3f}), {sum(len(papers) for _, papers in counts)} papers"
    )
    return _row(name, precision, precision / naive, note)


def _row(name: str, value: float, ratio: float, bound: str, unit: str = "share") -> Row:
    return {
        "name": f"align: {name}",
        "value": round(float(value), 4),
        "unit": unit,
        "against": "k-th to k-th",
        "ratio": round(float(ratio), 2),
        "bound": bound,
    }


def measure_effect(records: pa.Table, mentions: pa.Table, resolved: pa.Table) -> list[Row]:
    """Seconds of the stage, and how many author slots and positions it gains in first crawls."""
    align_authors(records, mentions, resolved, second=SECOND)
    start = time.perf_counter()
    found = align_authors(records, mentions, resolved, second=SECOND)
    seconds = time.perf_counter() - start
    rows = [_row("whole stage, warm", seconds, 6 / seconds, "limit of 6 s", "s")]
    ours = found.placements.filter(
        pc.invert(pc.starts_with(found.placements["author_record_id"], SECOND))
    )
    for rule in ("ordered_list", "known_place", "only_affiliation"):
        mine = ours.filter(pc.equal(ours["rule"], rule))["author_record_id"]
        of_rule = found.records.filter(pc.is_in(found.records["record_id"], mine.combine_chunks()))
        roles = of_rule.num_rows - of_rule["role_raw"].null_count
        note = f"{roles} with position"
        rows.append(_row(f"slots gained, {rule}", of_rule.num_rows, 1.0, note, "slots"))
    return rows


def load_tables(data: Path) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Records as read, mentions and resolved mentions of the sources in `data`."""
    inputs = find_inputs(data)
    parts: dict[str, list[pa.Table]] = {}
    for name, part in read_records(inputs.records, LocalEngine(2), Silent()):
        parts.setdefault(name, []).append(part)
    read = {name: pa.concat_tables(tables) for name, tables in parts.items()}
    with tempfile.TemporaryDirectory() as folder:
        catalog = Catalog(Path(folder))
        catalog.write_stage("registry", "0", stages.read_registry(inputs.registry, Silent()))
        resolved = stages.resolve_organizations(
            read["mentions"], catalog.stage_folder("registry", "0"), LocalEngine(2), Silent()
        )
    return read["records"], read["mentions"], resolved["resolved_mentions"]


def main() -> None:
    """Print the rows."""
    beside = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
    for row in measure(Path(sys.argv[1]) if len(sys.argv) > 1 else beside):
        print(f"{row['name']:<64} {row['value']:>9} {row['unit']:<6} {row['bound']}")


if __name__ == "__main__":
    main()
