"""What speaks for and against each organization that a name in a text could mean?

One row per text, name and organization; the columns are the features that the ranker was
trained on. Order inside the text is no feature, so that shuffled segments mean the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from talentflow.core.vocabulary import SECTORS
from talentflow.resolve.candidates import Span, Via
from talentflow.resolve.general_words import GENERIC_WORDS, INSTITUTION_WORDS
from talentflow.resolve.kinds import Kind
from talentflow.resolve.normalise import is_wide, normalise
from talentflow.resolve.places import PARENT_AREA
from talentflow.resolve.rank_index import Floats, RankIndex
from talentflow.resolve.registry import Registry

if TYPE_CHECKING:
    from talentflow.resolve.choose import Evidence

MAX_NAMESAKES: Final = 10
"""Organizations of one name that are looked at; those that fit the place come first."""

TEXT_FEATURES: Final = (
    "segments", "words", "groups", "names_found", "institutions_unknown", "areas_stated",
    "areas_plausible", "words_unknown",
)  # fmt: skip
SPAN_FEATURES: Final = (
    "whole", "size", "generic", "via", "inner", "likeness", "weight", "heaviest_word", "namesakes",
    "at_start", "at_end", "joined_before", "joined_after", "unknown_left", "unknown_right",
    "general_before", "general_after", "place_before", "place_after", "institution_word",
    "contains_names", "share_of_segment", "own_place", "unknown_elsewhere",
    "missing_word", "extra_word", "cut",
)  # fmt: skip
ROW_FEATURES: Final = (
    "kind", "area", "city", "better_namesakes", "equal_namesakes", "rival_weight",
    "older_rival", "part_named", "whole_named", "sister_named", "same_in_text",
)  # fmt: skip
REGISTRY_FEATURES: Final = ("sector", "is_family")
CONTEXT_FEATURES: Final = (
    "heaviest_other", "best_area_other", "university_other", "fitting_names",
    "best_whole_other", "hospital_other", "facility_other", "government_other",
)  # fmt: skip
FEATURES: Final = (
    *ROW_FEATURES, *SPAN_FEATURES, *TEXT_FEATURES, *REGISTRY_FEATURES, *CONTEXT_FEATURES,
)  # fmt: skip

_STRENGTH: Final = {Kind.OVERLAY: -1.0} | {k: float(k) for k in Kind if k is not Kind.OVERLAY}
_UNKNOWN, _GENERAL, _NUMBER, _PLACE = 0, 1, 2, 3
_UNIVERSITY, _HEALTHCARE, _FACILITY, _GOVERNMENT = (
    SECTORS.index(name) for name in ("university", "healthcare", "facility", "government")
)


@dataclass(frozen=True)
class RankRows:
    """Rows of candidates, grouped by text. `spans[i]` is the name that row i reads."""

    text: npt.NDArray[np.int64]
    organization: npt.NDArray[np.int64]
    kind: npt.NDArray[np.int64]
    spans: list[Span]
    features: Floats


def build_rows(
    evidence: Sequence[Evidence], spans: Sequence[Sequence[Span]], registry: Registry
) -> RankRows:
    """All candidates of all texts with their features."""
    index = registry.rank
    rows: list[tuple[float, ...]] = []
    row_text: list[int] = []
    row_span: list[int] = []
    row_spans: list[Span] = []
    row_organization: list[int] = []
    span_features: list[tuple[float, ...]] = []
    text_features: list[tuple[float, ...]] = []
    for number, (one, found) in enumerate(zip(evidence, spans, strict=True)):
        if not found:
            text_features.append((0.0,) * len(TEXT_FEATURES))
            continue
        words = _Words(one, found, registry)
        text_features.append(words.describe_text())
        candidates = _Candidates(one, words, registry)
        candidates.first = len(rows)
        for span in found:
            span_features.append(words.describe_span(span, index))
            for organization, row in candidates.describe(span):
                rows.append(row)
                row_text.append(number)
                row_span.append(len(span_features) - 1)
                row_spans.append(span)
                row_organization.append(organization)
        candidates.relate(rows, row_organization, row_spans)
    text = np.array(row_text, dtype=np.int64)
    organization_of = np.array(row_organization, dtype=np.int64)
    own = np.array(rows, dtype=np.float32).reshape(len(rows), len(ROW_FEATURES))
    of_span = np.array(span_features, dtype=np.float32).reshape(-1, len(SPAN_FEATURES))
    of_text = np.array(text_features, dtype=np.float32).reshape(-1, len(TEXT_FEATURES))
    known = np.stack([index.sectors[organization_of], index.is_family[organization_of]], axis=1)
    base = np.concatenate([own, of_span[row_span], of_text[text], known], axis=1)
    features = np.concatenate([base, _describe_others(text, np.array(row_span), base)], axis=1)
    kind = own[:, 0].astype(np.int64)
    return RankRows(text, organization_of, kind, row_spans, features)


class _Words:
    """The words of one text: which are known, general, numbers or places."""

    def __init__(self, evidence: Evidence, spans: Sequence[Span], registry: Registry) -> None:
        self.parsed = parsed = evidence.parsed
        self.spans = spans
        self.words = words = parsed.words
        self.kinds = _sort_words(words, registry)
        self.bounds: dict[int, tuple[int, int]] = {}
        for position, segment in enumerate(parsed.segment_of):
            first, _ = self.bounds.get(segment, (position, position))
            self.bounds[segment] = (first, position + 1)
        covered = bytearray(len(words))
        for span in spans:
            if span.via is not Via.LIKE and not span.generic:
                for position in range(span.start, min(span.start + span.size, len(words))):
                    covered[position] = 1
        self.covered = covered
        self.unknown = sum(
            not kind and not hit for kind, hit in zip(self.kinds, covered, strict=True)
        )
        self.institutions = sum(
            not any(covered[first:end])
            and not INSTITUTION_WORDS.isdisjoint(words[first:end])
            and not all(self.kinds[first:end])
            for first, end in self.bounds.values()
        )
        self.inner = [(s.start, s.start + s.size) for s in spans if s.inner]
        self.stated = len(evidence.stated)
        self.plausible = len(evidence.plausible)
        self.padded = f" {' '.join(words)} "

    def describe_text(self) -> tuple[float, ...]:
        return (
            len(self.parsed.segments),
            len(self.words),
            len(set(self.parsed.group_of)),
            sum(not s.inner and s.via < Via.ACRONYM for s in self.spans),
            self.institutions,
            self.stated,
            self.plausible,
            self.unknown,
        )

    def describe_span(self, span: Span, index: RankIndex) -> tuple[float, ...]:
        words, kinds = self.words, self.kinds
        start, end = span.start, min(span.start + span.size, len(words))
        first, _ = self.bounds.get(span.segment, (start, end))
        last = self.bounds.get(self.parsed.segment_of[end - 1] if end else 0, (start, end))[1]
        own = span.key.split()
        weights = [index.weight_of(w) for w in own]
        at_start, at_end = start <= first, end >= last
        joiners = self.parsed.joiners
        left = kinds[first:start].count(_UNKNOWN)
        right = kinds[end:last].count(_UNKNOWN)
        inside = kinds[start:end].count(_UNKNOWN)
        return (
            span.whole,
            len(own),
            span.generic,
            span.via,
            span.inner,
            span.likeness,
            sum(weights),
            max(weights, default=0),
            len(span.candidates),
            at_start,
            at_end,
            bool(joiners[start]) if start < len(words) and not at_start else 0,
            bool(joiners[end]) if not at_end else 0,
            left,
            right,
            not at_start and kinds[start - 1] == _GENERAL,
            not at_end and kinds[end] == _GENERAL,
            not at_start and kinds[start - 1] == _PLACE,
            not at_end and kinds[end] == _PLACE,
            not INSTITUTION_WORDS.isdisjoint(own),
            sum(1 for low, high in self.inner if low >= start and high <= end),
            (end - start) / max(1, last - first),
            kinds[start:end].count(_PLACE),
            self.unknown - left - right - (0 if span.via is not Via.LIKE else inside),
            self._weigh_missing(own, weights) if span.via is Via.LIKE else 0.0,
            self._weigh_extra(first, last, own, index),
            span.cut,
        )

    def _weigh_missing(self, own: Sequence[str], weights: Sequence[float]) -> float:
        """The rarest word of the name that the text lacks."""
        return max(
            (weight for word, weight in zip(own, weights, strict=True) if word not in self.words),
            default=0.0,
        )

    def _weigh_extra(self, first: int, last: int, own: Sequence[str], index: RankIndex) -> float:
        """The rarest word beside the name, in its segment, that says something of its own."""
        kinds = self.kinds
        if _UNKNOWN not in kinds[first:last]:
            return 0.0
        return max(
            (
                index.weight_of(self.words[at])
                for at in range(first, last)
                if kinds[at] == _UNKNOWN and self.words[at] not in own
            ),
            default=0.0,
        )


def _sort_words(words: Sequence[str], registry: Registry) -> list[int]:
    """For each word: unknown, general, a number, or of a place name."""
    places, longest = registry.places, registry.rank.place_words
    kinds = [_UNKNOWN] * len(words)
    skip = 0
    for position, word in enumerate(words):
        if position < skip:
            continue
        size = longest.get(word, 0)
        if size:
            for n in range(min(size, 4, len(words) - position), 0, -1):
                if n == 1 and word in GENERIC_WORDS:
                    continue
                if places.is_place(" ".join(words[position : position + n])):
                    kinds[position : position + n] = [_PLACE] * n
                    skip = position + n
                    break
            if position < skip:
                continue
        if word in GENERIC_WORDS or word in INSTITUTION_WORDS:
            kinds[position] = _GENERAL
        elif word[0].isdigit() or len(word) < 2:
            kinds[position] = _NUMBER
        elif is_wide(word):
            kinds[position] = _GENERAL  # written without spaces, so mostly a unit of the name
    return kinds


class _Candidates:
    """The organizations of the names of one text, against its places and each other."""

    def __init__(self, evidence: Evidence, words: _Words, registry: Registry) -> None:
        self.registry = registry
        self.words = words
        self.stated, self.plausible = evidence.stated, evidence.plausible
        self.first = 0
        self.groups: dict[int, tuple[frozenset[str], frozenset[str]]] = {}
        parsed = evidence.parsed
        if parsed.group_of and parsed.group_of[0] != parsed.group_of[-1]:
            group_of = dict(zip(parsed.segment_of, parsed.group_of, strict=True))
            for group in set(group_of.values()):
                near = [p for p in evidence.places if group_of.get(p.segment) == group]
                stated = {p.areas[0] for p in near if p.level == 3 and len(p.areas) == 1}
                plausible = {a for p in near for a in p.areas if a}
                if plausible:
                    areas = frozenset(stated), frozenset(plausible)
                    self.groups |= {s: areas for s, of in group_of.items() if of == group}
        self.cities = {normalise(p.name) for p in evidence.places if p.level == 1}

    def describe(self, span: Span) -> list[tuple[int, tuple[float, ...]]]:
        registry = self.registry
        stated, plausible = self.groups.get(span.segment, (self.stated, self.plausible))
        local, countries, weights = registry.rank.is_local, registry.countries, registry.weights
        fits = [
            (self._fit_area(o, stated, plausible), self._fit_city(o, span), o, _STRENGTH[kind])
            for o, kind in span.candidates
        ]
        families = {registry.family_of.get(f[2]) for f in fits}
        one_company = len(families) == 1 and None not in families
        if one_company and max(f[0] for f in fits) <= 0:  # none of its branches is placed
            seat = registry.family_seats.get(next(iter(families)) or "")
            fits = [max(fits, key=lambda f: (countries[f[2]] == seat, weights[f[2]], -f[2]))]
        elif any(not local[f[2]] and f[0] >= 0 for f in fits):
            fits = [f for f in fits if not local[f[2]]]  # bare names are no rivals of full records
        if len(fits) > MAX_NAMESAKES:
            fits.sort(key=lambda f: (-f[0], -f[1], f[3]))
            del fits[MAX_NAMESAKES:]
        rows: list[tuple[int, tuple[float, ...]]] = []
        ages = registry.rank.ages
        for area, city, o, kind in fits:
            better = equal = 0
            rival = 0.0
            rival_age = 0.0
            for other_area, other_city, other, other_kind in fits:
                if other == o:
                    continue
                place, other_place = (area, city > 1), (other_area, other_city > 1)
                if other_place > place:
                    better += 1
                elif other_place == place:
                    equal += 1
                    if other_kind <= kind:
                        rival = max(rival, registry.weights[other])
                        rival_age = max(rival_age, ages[other])
            rival_weight = float(registry.weights[o] / (registry.weights[o] + rival))
            rows.append(
                (
                    o,
                    (kind, area, city, better, equal, rival_weight, rival_age - ages[o])
                    + (0.0,) * 4,
                )
            )
        return rows

    def _fit_area(
        self, organization: int, stated: frozenset[str], plausible: frozenset[str]
    ) -> float:
        """3 stated, 2 plausible, 0 nothing known, -1 another plausible, -2 another stated."""
        country = self.registry.countries[organization]
        if country is None or not plausible:
            return 0.0
        if country in stated:
            return 3.0
        if PARENT_AREA.get(country) in stated:
            return 3.0
        if country in plausible:
            return 2.0
        if self.registry.sectors[organization] == "company":
            return 0.0  # companies are anywhere
        return -2.0 if stated else -1.0

    def _fit_city(self, organization: int, span: Span) -> float:
        """3 where the city stands as a place, 2 elsewhere outside the name, 1 only inside it,
        0 not, -1 where the registry tells none."""
        city = self.registry.rank.cities[organization]
        if not city:
            return -1.0
        pattern = f" {city} "
        if pattern not in self.words.padded:
            return 0.0
        inside = pattern in f" {span.key} " and span.via is not Via.LIKE
        if inside and self.words.padded.count(pattern) == 1:
            return 1.0
        return 3.0 if city in self.cities else 2.0

    def relate(
        self, rows: list[tuple[float, ...]], organizations: list[int], spans: list[Span]
    ) -> None:
        """Mark rows whose part, whole or sister is named in the same text as well."""
        first = self.first
        parents = self.registry.parents
        named: dict[int, set[int]] = {}
        for o, span in zip(organizations[first:], spans[first:], strict=True):
            if not span.inner and span.via is not Via.LIKE:
                named.setdefault(o, set()).add(span.start)
        above: set[int] = set()
        mothers: dict[int, set[int]] = {}
        for o in named:
            at = parents[o]
            if at >= 0:
                mothers.setdefault(at, set()).add(o)
            for _ in range(4):
                if at < 0 or at in above:
                    break
                above.add(at)
                at = parents[at]
        for i in range(first, len(rows)):
            o = organizations[i]
            whole = 0.0
            at = parents[o]
            for _ in range(4):
                if at < 0:
                    break
                if at in named:
                    whole = 1.0
                    break
                at = parents[at]
            sisters = mothers.get(parents[o], set()) - {o} if parents[o] >= 0 else ()
            same = len(named.get(o, set()) - {spans[i].start})
            rows[i] = (*rows[i][:7], float(o in above), whole, float(bool(sisters)), float(same))


def _describe_others(
    text: npt.NDArray[np.int64], span: npt.NDArray[np.int64], base: Floats
) -> Floats:
    """For each row what the other names of its text offer."""
    n = len(text)
    if not n:
        return np.zeros((0, len(CONTEXT_FEATURES)), dtype=np.float32)
    column = {name: base[:, i] for i, name in enumerate(FEATURES[: base.shape[1]])}
    starts = np.flatnonzero(np.r_[True, text[1:] != text[:-1]])
    number = np.cumsum(np.r_[True, text[1:] != text[:-1]]) - 1
    firm = (column["inner"] == 0) & (column["generic"] == 0) & (column["via"] <= Via.ACRONYM)
    fitting = firm & (column["area"] >= 0)
    heaviest = _best_of_others(np.where(fitting, column["weight"], 0.0), span, starts, number)
    area = _best_of_others(np.where(firm, column["area"], -3.0), span, starts, number)
    sectors = [
        _best_of_others(np.where(fitting & (column["sector"] == s), 1.0, 0.0), span, starts, number)
        for s in (_UNIVERSITY, _HEALTHCARE, _FACILITY, _GOVERNMENT)
    ]
    whole = _best_of_others(np.where(fitting, column["whole"], 0.0), span, starts, number)
    names = np.r_[True, span[1:] != span[:-1]]
    fitting_names = np.add.reduceat((names & fitting).astype(np.float32), starts)
    return np.stack(
        [
            heaviest, area, sectors[0], fitting_names[number], whole, *sectors[1:],
        ],
        axis=1,
    ).astype(np.float32)  # fmt: skip


def _best_of_others(
    values: npt.NDArray[np.floating],
    span: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    number: npt.NDArray[np.int64],
) -> npt.NDArray[np.floating]:
    """The largest value among rows of the same text that read another name."""
    span_starts = np.flatnonzero(np.r_[True, span[1:] != span[:-1]])
    span_number = np.cumsum(np.r_[True, span[1:] != span[:-1]]) - 1
    of_span = np.maximum.reduceat(values, span_starts)
    text_of_span = number[span_starts]
    text_starts = np.searchsorted(text_of_span, np.arange(len(starts)))
    best = np.maximum.reduceat(of_span, text_starts)
    where = np.flatnonzero(of_span == best[text_of_span])
    first = np.zeros(len(starts), dtype=np.int64)
    first[text_of_span[where[::-1]]] = where[::-1]
    without = of_span.copy()
    without[first] = -3.0
    second = np.maximum.reduceat(without, text_starts)
    result: npt.NDArray[np.floating] = np.where(
        span_number == first[number], second[number], best[number]
    )
    return result
