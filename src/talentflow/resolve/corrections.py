"""What have people who know better corrected, and what do their corrections change?

Corrections are lines of a CSV file in the store (`corrections.csv`). A line overrides any answer
to one question about one affiliation or person, whatever rule gave it; nothing else changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.contracts import Column, Contract, check_table
from talentflow.core.errors import InputError
from talentflow.resolve.corrections_csv import NONE, PERSON_KINDS, Correction

RULE: Final = "correction"
"""What `rule` and `country_rule` say of an answer that a line gave."""

_MENTION: Final = "mention:"
_NAMED: Final = "named:"
_NAMED_IN_TEXT: Final = frozenset({"country_word", "place_word", "name_word", "campus"})
"""Rules by which the text itself tells the country: a corrected organization leaves it alone."""


def _column(name: str, type_: pa.DataType, doc: str, *, nullable: bool = False) -> Column:
    return Column(name=name, type=type_, doc=doc, nullable=nullable)


CORRECTIONS: Final = Contract(
    name="corrections",
    row="one line of the corrections file and what it changed",
    key=("line",),
    columns=(
        _column("line", pa.int64(), "line of the file, the header is 1"),
        _column("kind", pa.string(), "what is corrected"),
        _column("match", pa.string(), "affiliation text, mention or reference", nullable=True),
        _column("domain", pa.string(), "domain that the mention must have", nullable=True),
        _column("value", pa.string(), "the right answer", nullable=True),
        _column("reason", pa.string(), "why, as written by the user"),
        _column("date", pa.string(), "when, as written by the user"),
        _column("by", pa.string(), "who, as written by the user", nullable=True),
        _column("matched", pa.int64(), "mentions or references that the line answers for"),
        _column("records", pa.int64(), "records that rest on them"),
    ),
)


class Corrected(NamedTuple):
    """A table after correction, and line → the mentions or references it answers for."""

    table: pa.Table
    matched: dict[int, list[Any]]


def correct_mentions(
    mentions: pa.Table,
    resolved: pa.Table,
    organizations: pa.Table,
    lines: Iterable[Correction],
) -> Corrected:
    """`resolved` with the answers of the lines of kind organization, country, city and sector.

    A line with a mention's number counts before one with text and domain, and that before one
    with the text alone. Text is compared without regard to case. A corrected organization brings
    its sector and, unless the text itself names a place, its country and city; probability 1.
    Raises `InputError` for an organization that neither the registry nor any answer holds.
    """
    wanted = [line for line in lines if line.kind not in PERSON_KINDS]
    if not wanted:
        return Corrected(resolved, {})
    winners = _find_winners(mentions, wanted)
    described = _describe_organizations(wanted, organizations, resolved)
    positions = pc.index_in(
        pa.array(sorted(winners), pa.int64()), value_set=resolved["mention_id"].combine_chunks()
    )
    rows = resolved.take(positions).to_pylist()
    for row in rows:
        _correct_row(row, winners[row["mention_id"]], described)
    matched: dict[int, list[Any]] = {}
    for mention, by_kind in sorted(winners.items()):
        for line in by_kind.values():
            matched.setdefault(line.line, []).append(mention)
    return Corrected(_replace_rows(resolved, positions, rows), matched)


def correct_people(people: pa.Table, records: pa.Table, lines: Iterable[Correction]) -> Corrected:
    """`people` with the persons of the lines of kind person_split and person_merge.

    Splits come first: the reference leaves its person for one of its own, `split:…`. A merge then
    gives all references of the person that `match` means to the person that `value` means; both
    may be a `person_ref` or a `person_id`. `named:Jane Doe` as match means every ambiguous
    reference that `records` print under this name. Who was merged is told apart, with
    confidence 1.
    """
    wanted = [line for line in lines if line.kind in PERSON_KINDS]
    if not wanted:
        return Corrected(people, {})
    persons: dict[str, str] = dict(
        zip(people["person_ref"].to_pylist(), people["person_id"].to_pylist(), strict=True)
    )
    matched: dict[int, list[Any]] = {}
    changed: set[str] = set()
    for line in (line for line in wanted if line.kind == "person_split"):
        if line.match in persons:
            matched[line.line] = [line.match]
            persons[line.match] = f"split:{line.value or line.match}"
            changed.add(line.match)
    merges = [line for line in wanted if line.kind == "person_merge"]
    named = _find_named(people, records, merges)
    merged = _merge(persons, merges, named, matched)
    return Corrected(_write_persons(people, persons, changed, merged), matched)


def list_applied(
    lines: Sequence[Correction], matched: Mapping[int, Sequence[Any]], records: pa.Table
) -> pa.Table:
    """One row of `CORRECTIONS` per line; a line that matches nothing has `matched` 0."""
    counts = {
        name: dict(zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True))
        for name in ("mention_id", "person_ref")
        for counted in [pc.value_counts(records[name].combine_chunks())]
    }
    rows = []
    for line in lines:
        found = matched.get(line.line, ())
        by = counts["person_ref" if line.kind in PERSON_KINDS else "mention_id"]
        rows.append(
            {
                **line.to_dict(),
                "matched": len(found),
                "records": sum(by.get(thing, 0) for thing in found),
            }
        )
    return check_table(pa.Table.from_pylist(rows, schema=CORRECTIONS.schema), CORRECTIONS)


def fold_text(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Texts as they are compared: compatibility forms and case undone, no white space around."""
    return pc.utf8_lower(pc.utf8_trim_whitespace(pc.utf8_normalize(texts, "NFKC")))


def _find_winners(
    mentions: pa.Table, lines: Sequence[Correction]
) -> dict[int, dict[str, Correction]]:
    """Mention → kind → the line that answers for it."""
    by_key: dict[tuple[str, str, str | None], Correction] = {}
    texts = fold_text(pa.array([line.match for line in lines], pa.string())).to_pylist()
    for line, text in zip(lines, texts, strict=True):
        by_key[line.kind, text, line.domain] = line
    kinds = sorted({line.kind for line in lines})
    folded = fold_text(pc.fill_null(mentions["text"], ""))
    numbered = pa.array(
        [t.removeprefix(_MENTION) for t in texts if t.startswith(_MENTION)], pa.string()
    )
    near = pc.or_(
        pc.is_in(folded, value_set=pa.array(texts, pa.string())),
        pc.is_in(pc.cast(mentions["mention_id"], pa.string()), value_set=numbered),
    )
    table = mentions.append_column("folded", folded).filter(near)
    winners: dict[int, dict[str, Correction]] = {}
    for row in table.to_pylist():
        keys: list[tuple[str, str | None]] = [(f"{_MENTION}{row['mention_id']}", None)]
        keys.append((row["folded"], (row["domain"] or "").lower() or None))
        if row["folded"]:
            keys.append((row["folded"], None))
        for kind in kinds:
            found = [by_key[kind, *key] for key in keys if (kind, *key) in by_key]
            if found:
                winners.setdefault(row["mention_id"], {})[kind] = found[0]
    return winners


def _describe_organizations(
    lines: Sequence[Correction], organizations: pa.Table, resolved: pa.Table
) -> dict[str, dict[str, Any]]:
    """Organization id → name, seat country, city and sector, for the ids that lines name."""
    wanted = {line.value: line for line in lines if line.kind == "organization"}
    wanted.pop(NONE, None)
    ids = pa.array(sorted(wanted), pa.string())
    local = resolved.filter(pc.is_in(resolved["organization_id"], value_set=ids)).to_pylist()
    described = {
        row["organization_id"]: {
            "name": row["organization_name"],
            "country": row["seat_country"],
            "city": None,
            "sector": row["sector"],
        }
        for row in reversed(local)
    }
    known = organizations.filter(pc.is_in(organizations["organization_id"], value_set=ids))
    described.update({row["organization_id"]: row for row in known.to_pylist()})
    for organization, line in wanted.items():
        if organization not in described:
            raise InputError(
                f"line {line.line} of the corrections names an organization that the registry "
                f"lacks: {organization}",
                expected="the ROR id of an organization in the registry of this build, or a "
                "local id that some affiliation already has",
                where=f"corrections.csv, line {line.line}",
                next_step="correct the id, or give country and sector in lines of their own",
            )
    return described


def _correct_row(
    row: dict[str, Any], lines: Mapping[str, Correction], described: Mapping[str, dict[str, Any]]
) -> None:
    if "organization" in lines:
        _correct_organization(row, lines["organization"].value, described)
    for kind in ("country", "city", "sector"):
        if kind in lines:
            _set(row, kind, None if lines[kind].value == NONE else lines[kind].value)


def _correct_organization(
    row: dict[str, Any], value: str, described: Mapping[str, dict[str, Any]]
) -> None:
    found = described.get(value, {})
    known = bool(found)
    row["organization_id"] = value if known else None
    row["organization_name"] = found.get("name")
    row["seat_country"] = found.get("country")
    row["probability"] = 1.0 if known else None
    row["rule"] = RULE
    _set(row, "sector", found.get("sector"))
    if row["country_rule"] not in _NAMED_IN_TEXT:
        _set(row, "country", found.get("country"))
        _set(row, "city", found.get("city"))


def _set(row: dict[str, Any], field: str, value: str | None) -> None:
    """A field with what goes with it: the rule of a country, the probability where one is kept."""
    row[field] = value
    if field == "country":
        row["country_rule"] = RULE
    if f"{field}_probability" in row:
        row[f"{field}_probability"] = None if value is None else 1.0


def _find_named(
    people: pa.Table, records: pa.Table, lines: Sequence[Correction]
) -> dict[str, list[str]]:
    """`named:…` → the ambiguous references under that name."""
    asked = sorted({line.match for line in lines if line.match.startswith(_NAMED)})
    if not asked:
        return {}
    wanted = fold_text(pa.array([match.removeprefix(_NAMED) for match in asked], pa.string()))
    ambiguous = people.filter(people["ambiguous"])["person_ref"].combine_chunks()
    records = records.filter(pc.is_in(records["person_ref"], value_set=ambiguous))
    place = pc.index_in(fold_text(records["person_name"]), value_set=wanted)
    found: dict[str, set[str]] = {match: set() for match in asked}
    chosen = pc.is_valid(place)
    for i, ref in zip(
        place.filter(chosen).to_pylist(),
        records["person_ref"].filter(chosen).to_pylist(),
        strict=True,
    ):
        found[asked[i]].add(ref)
    return {match: sorted(refs) for match, refs in found.items()}


def _merge(
    persons: dict[str, str],
    lines: Sequence[Correction],
    named: Mapping[str, Sequence[str]],
    matched: dict[int, list[Any]],
) -> set[str]:
    """Write the merges into `persons` (reference → person); the persons that came of them."""
    of_person: dict[str, list[str]] = {}
    for ref, person in persons.items():
        of_person.setdefault(person, []).append(ref)
    root: dict[str, str] = {}

    def find(person: str) -> str:
        while person in root:
            person = root[person]
        return person

    def who(side: str) -> list[str]:
        if side in named:
            return sorted({persons[ref] for ref in named[side]})
        person = persons.get(side, side)
        return [person] if person in of_person else []

    for line in lines:
        joined, kept = who(line.match), who(line.value)
        if not joined or not kept:
            continue
        matched[line.line] = sorted(ref for person in joined for ref in of_person[person])
        for person in joined:
            if find(person) != find(kept[0]):
                root[find(person)] = find(kept[0])
    for person in root:
        for ref in of_person[person]:
            persons[ref] = find(person)
    return {find(person) for person in root}


def _write_persons(
    people: pa.Table, persons: Mapping[str, str], split: set[str], merged: set[str]
) -> pa.Table:
    """`people` with new person ids where they changed, in the order of the rows."""
    hard = _persons_with_hard_id(people, persons, merged)

    def amend(row: dict[str, Any]) -> None:
        row["person_id"] = persons[row["person_ref"]]
        if row["person_id"] in merged:
            row |= {"confidence": 1.0, "ambiguous": False, "hard_id": row["person_id"] in hard}

    changed = [
        i
        for i, (ref, old) in enumerate(
            zip(people["person_ref"].to_pylist(), people["person_id"].to_pylist(), strict=True)
        )
        if persons[ref] != old or ref in split or old in merged
    ]
    positions = pa.array(changed, pa.int64())
    return _amend_rows(people, positions, amend)


def _persons_with_hard_id(
    people: pa.Table, persons: Mapping[str, str], merged: set[str]
) -> set[str]:
    hard = people.filter(people["hard_id"])["person_ref"].to_pylist()
    return {persons[ref] for ref in hard} & merged


def _amend_rows(
    table: pa.Table, positions: pa.Array, amend: Callable[[dict[str, Any]], None]
) -> pa.Table:
    rows = table.take(positions).to_pylist()
    for row in rows:
        amend(row)
    return _replace_rows(table, positions, rows)


def _replace_rows(table: pa.Table, positions: pa.Array, rows: list[dict[str, Any]]) -> pa.Table:
    """The table with other rows at these positions."""
    order = np.arange(table.num_rows)
    order[np.asarray(positions, dtype=np.int64)] = table.num_rows + np.arange(len(rows))
    fresh = pa.Table.from_pylist(rows, schema=table.schema)
    return pa.concat_tables([table, fresh]).take(pa.array(order))
