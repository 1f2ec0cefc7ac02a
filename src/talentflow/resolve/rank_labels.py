"""Which labelled affiliations teach the ranker, and which only test it?

The lists are those of S2AFF and of the ROR matching tests. All texts of an organization are in
one half; texts of the half that tests are never trained on, under whatever label.
"""

from __future__ import annotations

import ast
import csv
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from talentflow.resolve.registry import Registry

COMPLETE_LISTS: Final = ("s2aff-train", "s2aff-val", "logs", "crossref-2024", "springer-2023")
"""Lists that label every organization of a text; the others give one id where several fit."""

_LISTS: Final = ("crossref-2024", "springer-2023", "logs", "springer", "crossref")
_HELD_OUT_LISTS: Final = ("s2aff-val",)


class Label(NamedTuple):
    """One labelled text; no ids: no organization of the registry is meant."""

    source: str
    text: str
    ids: frozenset[str]


def read_labels(data: Path) -> list[Label]:
    """The labelled texts of all lists below `data`, as they stand."""
    return [*_read_s2aff(data), *_read_ror_lists(data)]


def half_of(label: Label) -> str:
    """`dev` or `test`: by the organization, or by the text where there is none."""
    return "dev" if _hash(label) % 2 else "test"


def fold_of(label: Label, folds: int) -> int:
    """The part of the development half that a label is in, again by organization."""
    return (_hash(label) >> 8) % folds


def is_held_out(label: Label) -> bool:
    """Whether the label only tests."""
    return label.source in _HELD_OUT_LISTS or half_of(label) == "test"


def choose_training(labels: Sequence[Label]) -> list[Label]:
    """Labels of the development half, each text once (with its most complete label), without
    texts that also occur among those held out."""
    tested = {_fold_text(label.text) for label in labels if is_held_out(label)}
    order = {source: i for i, source in enumerate((*COMPLETE_LISTS, "springer", "crossref"))}
    chosen: dict[str, Label] = {}
    for label in sorted(labels, key=lambda x: order[x.source]):
        text = _fold_text(label.text)
        if not is_held_out(label) and text not in tested:
            chosen.setdefault(text, label)
    return list(chosen.values())


def find_positions(ids: Iterable[str], registry: Registry) -> set[int]:
    """Positions of the ids, and of what they are today; empty where the registry holds none of
    them in full."""
    found = {registry.position[i] for i in ids if i in registry.position}
    if found <= registry.named_only:
        return set()
    return found | {registry.current[i] for i in found}


def _hash(label: Label) -> int:
    return zlib.crc32((min(label.ids) if label.ids else label.text).encode())


def _fold_text(text: str) -> str:
    return " ".join(text.casefold().split())


def _read_s2aff(data: Path) -> Iterator[Label]:
    path = data / "s2aff" / "gold_affiliation_annotations_train_val.csv"
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            ids = {x for x in ast.literal_eval(row["labels"]) if x.startswith("http")}
            yield Label(f"s2aff-{row['split']}", row["original_affiliation"], frozenset(ids))


def _read_ror_lists(data: Path) -> Iterator[Label]:
    for name in _LISTS:
        path = data / "affiliation-gold" / f"{name}.csv"
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                ids = {f"https://ror.org/{x}" for x in row["ror_ids"].split("|") if x}
                yield Label(name, row["affiliation"], frozenset(ids))
