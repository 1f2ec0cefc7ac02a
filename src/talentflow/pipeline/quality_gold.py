"""How right is the resolution of affiliations that people have labelled?

Measured in the build with the very resolver that made the figures, on the half of the labelled
texts whose organizations nothing was developed on: all texts of an organization are in one half.
"""

from __future__ import annotations

import csv
import itertools
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from talentflow.core.contracts import MENTIONS
from talentflow.core.executor import run_beside
from talentflow.pipeline import stages
from talentflow.pipeline.inputs import InputFile
from talentflow.pipeline.quality_scores import Groups
from talentflow.resolve.unregistered import PRECISION as UNREGISTERED

COMPLETE: Final = ("crossref-2024", "springer-2023", "s2aff", "logs")
"""Lists that label every organization of a text; in others a right answer can look wrong, so
only these enter strata and calibration. In order of trust: a text in several counts in the
first."""

BINS: Final = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)
SHOWN_COUNTRIES: Final = 15
MIN_STRATUM: Final = 20
"""Texts below which a stratum is not reported on its own."""

MAX_INCOMPLETE: Final = 1_000
"""Texts of an incomplete list that are measured."""

_ROR: Final = re.compile(r"(?<![\w.])(?:https?://ror\.org/)?(0[a-z0-9]{8})\b")
_COLUMNS: Final = (("affiliation", "ror_ids"), ("original_affiliation", "labels"))
_LINEAGE: Final = 5

Mask = NDArray[np.bool_]


class GoldText(NamedTuple):
    """One labelled text; no ids: no organization is meant."""

    source: str
    text: str
    ids: frozenset[str]


def measure_gold(files: Iterable[InputFile], registry: Path, workers: int) -> dict[str, Any] | None:
    """Accuracy by list and stratum, and calibration; null where there are no labelled texts.

    Recall and precision are over texts whose organization the registry holds.
    """
    texts = _thin([t for t in read_gold(files) if is_held_out(t)])
    if not texts:
        return None
    scored = _Scored(texts, _resolve(texts, registry, workers), _Registry.read(registry))
    complete = np.array([t.source in COMPLETE for t in texts])
    fresh = complete & _first_of_text(texts)
    bins = scored.measure_reliability(fresh)
    return {
        "half": "held out by organization",
        "texts": len(texts),
        "lists": [
            {"list": name, "complete": name in COMPLETE, **scored.measure(scored.source == name)}
            for name in dict.fromkeys(t.source for t in texts)
        ],
        "all": scored.measure(fresh),
        "by_country": scored.measure_strata(fresh, "countries", SHOWN_COUNTRIES),
        "by_sector": scored.measure_strata(fresh, "sectors", SHOWN_COUNTRIES),
        "reliability": bins,
        "calibration_error": _measure_distance(bins),
    }


def _thin(texts: list[GoldText]) -> list[GoldText]:
    """All texts of the complete lists, and of each other list those with the lowest hashes:
    they only make a row of their own, which need not cost every build seconds."""
    kept = set()
    for source in {t.source for t in texts} - set(COMPLETE):
        some = sorted(zlib.crc32(t.text.encode()) for t in texts if t.source == source)
        kept |= {(source, crc) for crc in some[:MAX_INCOMPLETE]}
    return [
        t for t in texts if t.source in COMPLETE or (t.source, zlib.crc32(t.text.encode())) in kept
    ]


def read_gold(files: Iterable[InputFile]) -> list[GoldText]:
    """The labelled texts of all files that have the columns of one of the known lists, the most
    trusted lists first."""
    found = [text for file in files for text in _read_file(file)]
    rank = {name: i for i, name in enumerate(COMPLETE)}
    return sorted(found, key=lambda t: (rank.get(t.source, len(rank)), t.source))


def is_held_out(text: GoldText) -> bool:
    """Whether the text is in the half that nothing is developed on. The half follows from the
    first of its organizations, or from the text where it has none."""
    key = min(text.ids) if text.ids else text.text
    return zlib.crc32(key.encode()) % 2 == 0


def _read_file(file: InputFile) -> Iterator[GoldText]:
    source = file.source if file.source == "s2aff" else Path(file.file).stem
    with file.path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        reader = csv.DictReader(stream)
        names = next((c for c in _COLUMNS if set(c) <= set(reader.fieldnames or ())), None)
        if names is None:
            return
        for row in reader:
            text, labels = row[names[0]] or "", row[names[1]] or ""
            ids = frozenset(f"https://ror.org/{id_}" for id_ in _ROR.findall(labels))
            if text.strip():
                yield GoldText(source, text, ids)


def _resolve(texts: list[GoldText], registry: Path, workers: int) -> list[dict[str, Any]]:
    """The answer to each text, in order; equal texts are asked once."""
    numbers: dict[str, int] = {}
    for text in texts:
        numbers.setdefault(" ".join(text.text.split()), len(numbers))
    mentions = MENTIONS.from_rows(
        [{"mention_id": number, "text": text} for text, number in numbers.items()]
    )
    answers = run_beside(stages.resolve_slice, (registry, mentions), workers).resolved.to_pylist()
    by_number = {answer["mention_id"]: answer for answer in answers}
    return [by_number[numbers[" ".join(text.text.split())]] for text in texts]


def _first_of_text(texts: list[GoldText]) -> Mask:
    seen: set[str] = set()
    first = []
    for text in texts:
        key = " ".join(text.text.split()).casefold()
        first.append(key not in seen)
        seen.add(key)
    return np.array(first)


class _Registry(NamedTuple):
    """Organization id → what it is."""

    countries: dict[str, str | None]
    sectors: dict[str, str | None]
    parents: dict[str, str]
    successors: dict[str, str]

    @classmethod
    def read(cls, folder: Path) -> _Registry:
        columns = ["organization_id", "country", "sector", "parent_id", "successor_id"]
        table = pq.read_table(folder / "organizations.parquet", columns=columns)
        rows = table.to_pylist()
        return cls(
            {row["organization_id"]: row["country"] for row in rows},
            {row["organization_id"]: row["sector"] for row in rows},
            {row["organization_id"]: row["parent_id"] for row in rows if row["parent_id"]},
            {row["organization_id"]: row["successor_id"] for row in rows if row["successor_id"]},
        )

    def find(self, ids: Iterable[str]) -> frozenset[str]:
        """Those of the ids that the registry holds, and what replaced them."""
        held = {id_ for id_ in ids if id_ in self.countries}
        return frozenset(held | {self.successors[id_] for id_ in held if id_ in self.successors})

    def line(self, id_: str) -> list[str]:
        """The organization and those it is part of."""
        line = [id_]
        while len(line) < _LINEAGE and line[-1] in self.parents:
            line.append(self.parents[line[-1]])
        return line


class _Scored:
    """Labelled texts with their answers, as arrays over texts."""

    def __init__(
        self, texts: list[GoldText], answers: list[dict[str, Any]], registry: _Registry
    ) -> None:
        held = [registry.find(text.ids) for text in texts]
        # The lists know registered organizations only, so a name outside the registry is no answer.
        found = [
            None if answer["rule"] in UNREGISTERED else answer["organization_id"]
            for answer in answers
        ]
        self.answers = answers
        self.source = np.array([text.source for text in texts])
        self.none = np.array([not text.ids for text in texts])
        self.reachable = np.array([bool(ids) for ids in held])
        self.answered = np.array([id_ is not None for id_ in found])
        self.right = np.array([id_ in ids for id_, ids in zip(found, held, strict=True)])
        self.akin = np.array(
            [_is_akin(id_, ids, registry) for id_, ids in zip(found, held, strict=True)]
        )
        self.meant = {
            "countries": [{c for i in ids if (c := registry.countries.get(i))} for ids in held],
            "sectors": [{s for i in ids if (s := registry.sectors.get(i))} for ids in held],
        }
        names = [min(text.ids) if text.ids else text.text for text in texts]
        _, group = np.unique(names, return_inverse=True)
        self.groups = Groups(group.astype(np.int64))

    def measure(self, chosen: Mask) -> dict[str, Any]:
        """Precision and recall of organizations, country and sector, and how often a text
        without organization gets none."""
        rows = chosen & self.reachable
        empty = chosen & self.none
        share = self._share
        return {
            "texts": int(chosen.sum()),
            "precision": share(rows & self.answered, self.right),
            "precision_akin": share(rows & self.answered, self.akin),
            "recall": share(rows, self.right),
            "none_kept": share(empty, ~self.answered),
            "country": self._measure_field("country", "countries", rows),
            "sector": self._measure_field("sector", "sectors", rows),
        }

    def measure_strata(self, chosen: Mask, kind: str, limit: int) -> list[dict[str, Any]]:
        """One entry per country or sector of the organizations meant, the largest first."""
        rows = chosen & self.reachable
        one = [min(values) if len(values) == 1 else "" for values in self.meant[kind]]
        labels = np.array(one)
        names, counts = np.unique(labels[rows], return_counts=True)
        wanted = [
            (str(name), count)
            for name, count in sorted(zip(names, counts, strict=True), key=lambda x: -x[1])
            if name and count >= MIN_STRATUM
        ]
        return [
            {"stratum": name, **self.measure(rows & (labels == name))} for name, _ in wanted[:limit]
        ]

    def measure_reliability(self, chosen: Mask) -> list[dict[str, Any]]:
        """By field and bin of probability: what was claimed, and what came true."""
        found: list[dict[str, Any]] = []
        for field, column, truth in (
            ("organization", "probability", self.right),
            ("country", "country_probability", self._is_right("country", "countries")),
            ("sector", "sector_probability", self._is_right("sector", "sectors")),
        ):
            claimed = np.array(
                [np.nan if (p := a.get(column)) is None else p for a in self.answers], float
            )
            rows = chosen & self.reachable & np.isfinite(claimed)
            if field == "organization":
                rows &= self.answered
            if rows.any():
                found += self._bin(field, claimed, truth, rows)
        return found

    def _bin(
        self, field: str, claimed: NDArray[np.float64], truth: Mask, rows: Mask
    ) -> Iterator[dict[str, Any]]:
        place = np.digitize(claimed, BINS[1:-1], right=True)
        for i, (low, high) in enumerate(itertools.pairwise(BINS)):
            inside = rows & (place == i)
            if inside.any():
                share = self._share(inside, truth)
                mean = round(float(claimed[inside].mean()), 5)
                yield {"field": field, "from": low, "to": high, "claimed": mean, **share}

    def _share(self, rows: Mask, right: Mask) -> dict[str, Any]:
        groups = self.groups.select(rows)
        return groups.measure_share(right[rows].astype(float), np.ones(int(rows.sum())))

    def _measure_field(self, field: str, kind: str, rows: Mask) -> dict[str, Any]:
        given = np.array([answer[field] is not None for answer in self.answers])
        rows = rows & np.array([bool(values) for values in self.meant[kind]])
        return {
            "precision": self._share(rows & given, self._is_right(field, kind)),
            "coverage": self._share(rows, given),
        }

    def _is_right(self, field: str, kind: str) -> Mask:
        pairs = zip(self.answers, self.meant[kind], strict=True)
        return np.array([answer[field] in values for answer, values in pairs])


def _is_akin(found: str | None, meant: frozenset[str], registry: _Registry) -> bool:
    """Whether the answer is what is meant, contains it or is part of it."""
    if found is None:
        return False
    line = registry.line(found)
    return any(one in line or found in registry.line(one) for one in meant)


def _measure_distance(bins: list[dict[str, Any]]) -> dict[str, float]:
    """Field → calibration error: how far what was claimed lies from what came true, on average."""
    fields = dict.fromkeys(entry["field"] for entry in bins)
    return {
        field: round(
            sum(abs(b["claimed"] - b["value"]) * b["n"] for b in bins if b["field"] == field)
            / sum(b["n"] for b in bins if b["field"] == field),
            5,
        )
        for field in fields
    }
