"""Which organizations does a text name, once place and domain have had their say?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from talentflow.core.vocabulary import SECTORS
from talentflow.resolve.candidates import (
    ParsedText,
    Span,
    Via,
    add_like_names,
    find_campuses,
    find_spans,
    list_unknown_names,
    parse_text,
)
from talentflow.resolve.normalise import normalise
from talentflow.resolve.places import PlaceWord, area_of_domain, find_places
from talentflow.resolve.rank_features import FEATURES, RankRows, build_rows
from talentflow.resolve.rank_index import Floats
from talentflow.resolve.rank_model import calibrate, load_model
from talentflow.resolve.registry import Registry

REVIEWED_PRECISION: Final = 0.96
"""Share of texts spelled exactly as a reviewed overlay line that mean what the line says."""

REVIEWED_THRESHOLD: Final = 0.45
"""Least probability of a reviewed name beside an unknown unit (`Brain Science Institute, RIKEN,
Japan`), see `_are_reviewed_parts`: the labelled lists, which ask for the unit alone where they
know it, make the ranker doubt what texts of this field mean."""

LOOSE_THRESHOLD: Final = 0.7
LIKE_THRESHOLD: Final = 0.85
"""Least probability of a name that stands among other words of its segment, and of one that is
only like a registered one, where no place speaks for it and it is no reviewed name. The lists to
learn from name registered organizations nearly always, other texts do not: set on the texts of the
development half that name none."""

OWNER_LOG_ODDS: Final = 1.5
AREA_LOG_ODDS: Final = 0.7
"""What an e-mail domain adds to a candidate that owns it, and to one of several namesakes in
the country that its ending names. The labelled texts have no domains; set with care instead."""

UNSUPPORTED_LOG_ODDS: Final = 5.0
"""Taken off a name that seems part of a longer unknown one: such texts are rare in the lists,
whose organizations are all registered, and common elsewhere."""

_MIN_FURTHER_SCORE: Final = -4.0
_INNER, _OTHER_AREA = (FEATURES.index(name) for name in ("inner", "best_area_other"))
_KIND, _WHOLE, _VIA, _EQUALS, _SECTOR, _CUT, _AREA, _CITY = (
    FEATURES.index(name)
    for name in ("kind", "whole", "via", "equal_namesakes", "sector", "cut", "area", "city")
)
_WEIGHT: Final = FEATURES.index("weight")
_COMPANY: Final = SECTORS.index("company")
_UNIVERSITY: Final = SECTORS.index("university")
_RULE_OF_VIA: Final = {
    Via.REORDERED: "name_loose",
    Via.WIDE: "name_loose",
    Via.ACRONYM: "acronym",
    Via.ACRONYM_INSIDE: "acronym",
    Via.LIKE: "like_name",
    Via.WITH_CITY: "name_and_city",
}


class Evidence(NamedTuple):
    """What text and domain say besides names. `stated`: areas that the text names outright."""

    parsed: ParsedText
    places: list[PlaceWord]
    stated: frozenset[str]
    plausible: frozenset[str]
    domain: str | None
    owners: tuple[int, ...]


class Choice(NamedTuple):
    """An organization that a span of the text was taken for."""

    organization: int
    probability: float
    rule: str
    span: Span


def gather_evidence(text: str, domain: str | None, registry: Registry) -> Evidence:
    """What a text and its domain say: names, places, and who owns the domain."""
    parsed = parse_text(text)
    places = find_places(parsed.segments, registry.places)
    owners = registry.find_domain(domain) if domain else ()
    return Evidence(parsed, places, *_read_areas(places), domain, owners)


def _read_areas(places: Sequence[PlaceWord]) -> tuple[frozenset[str], frozenset[str]]:
    """Areas that place words name outright, and those that they could mean."""
    stated = {a for p in places if p.level == 3 and len(p.areas) == 1 for a in p.areas}
    plausible = {a for p in places for a in p.areas if a}
    return frozenset(stated), frozenset(plausible)


def list_candidates(
    evidence: Sequence[Evidence],
    registry: Registry,
    without: Sequence[set[int]] | None = None,
) -> RankRows:
    """Every organization that each text could name, with what speaks for and against it.

    `without`: for each text organizations to treat as if the registry lacked them, from which
    a ranker learns what a text looks like that names none of the others.
    """
    parsed = [one.parsed for one in evidence]
    spans = [
        _leave_out_cities(find_spans(one.parsed, registry), one.places, registry)
        for one in evidence
    ]
    for one, found in zip(evidence, spans, strict=True):
        cities = {normalise(p.name) for p in one.places if p.level == 1}
        if cities:
            found.extend(find_campuses(found, sorted(cities), registry))
    if without is not None:
        spans = [_leave_out(*pair) for pair in zip(spans, without, strict=True)]
    unknown = [
        list_unknown_names(one.parsed, found, {p.segment for p in one.places if p.alone})
        for one, found in zip(evidence, spans, strict=True)
    ]
    like = add_like_names(unknown, parsed, registry)
    if without is not None:
        like = [_leave_out(*pair) for pair in zip(like, without, strict=True)]
    return build_rows(
        evidence, [[*own, *more] for own, more in zip(spans, like, strict=True)], registry
    )


def _leave_out_cities(
    spans: list[Span], places: Sequence[PlaceWord], registry: Registry
) -> list[Span]:
    """The names without those that are cities here: `Princeton` between another organization and
    a state or country (`NEC Laboratories America, Princeton, NJ`)."""
    cities = [s for s in spans if s.whole == 1 and registry.places.is_place(s.key)]
    if not cities:
        return spans
    larger = {p.segment for p in places if p.level > 1 and p.alone}
    firm = {s.segment for s in spans if not s.generic and not s.inner and s not in cities}
    return [
        s
        for s in spans
        if s not in cities
        or larger.isdisjoint((s.segment - 1, s.segment + 1))
        or not firm - {s.segment}
    ]


def _leave_out(spans: list[Span], missing: set[int]) -> list[Span]:
    kept = []
    for span in spans:
        candidates = tuple(c for c in span.candidates if c[0] not in missing)
        if candidates:
            kept.append(span._replace(candidates=candidates))
    return kept


class Part(NamedTuple):
    """A stretch of a text between hard breaks (semicolons and the like), read on its own."""

    text: int
    evidence: Evidence
    first_word: int
    first_segment: int


def split_parts(evidence: Sequence[Evidence]) -> list[Part]:
    """The parts of texts that have several; one that names no place of its own keeps the text's."""
    parts = []
    for text, one in enumerate(evidence):
        groups = one.parsed.group_of
        if not groups or groups[0] == groups[-1]:
            continue
        for group in dict.fromkeys(groups):
            first, end = groups.index(group), len(groups) - groups[::-1].index(group)
            parts.append(_cut_part(text, one, first, end))
    return parts


def _cut_part(text: int, one: Evidence, first: int, end: int) -> Part:
    parsed = one.parsed
    low, high = parsed.segment_of[first], parsed.segment_of[end - 1]
    places = [p._replace(segment=p.segment - low) for p in one.places if low <= p.segment <= high]
    stated, plausible = _read_areas(places)
    own = ParsedText(
        parsed.segments[low : high + 1],
        parsed.words[first:end],
        parsed.joiners[first:end],
        [s - low for s in parsed.segment_of[first:end]],
        [0] * (end - first),
    )
    if not plausible:
        stated, plausible = one.stated, one.plausible
    return Part(text, Evidence(own, places, stated, plausible, one.domain, one.owners), first, low)


def choose_organizations(evidence: Sequence[Evidence], registry: Registry) -> list[list[Choice]]:
    """For each text the organizations that it names, most probable first; none where none fits.

    A text is read as a whole; one with hard breaks (semicolons and the like) is also read part
    by part, which may add organizations, or find those of parts that each name one.
    """
    choices = _choose(evidence, registry)
    parts = split_parts(evidence)
    found = _choose([part.evidence for part in parts], registry)
    by_text: dict[int, list[Choice]] = {}
    for part, chosen in zip(parts, found, strict=True):
        by_text.setdefault(part.text, []).extend(_place(choice, part) for choice in chosen[:1])
    for text, more in by_text.items():
        if choices[text] or len(more) > 1:
            for choice in sorted(more, key=lambda c: -c.probability):
                _add(choices[text], choice, registry)
    return choices


def _choose(evidence: Sequence[Evidence], registry: Registry) -> list[list[Choice]]:
    choices: list[list[Choice]] = [[] for _ in evidence]
    rows = list_candidates(evidence, registry)
    if not len(rows.text):
        return choices
    model = load_model()
    scores = model.candidates.score(rows.features) + _weigh_domains(rows, evidence, registry)
    scores -= UNSUPPORTED_LOG_ODDS * _are_unsupported(rows)
    firsts = pick_firsts(rows, scores)
    probability = calibrate(scores[firsts], model.first_calibration)
    probability /= _count_equals(rows, scores, firsts)
    reviewed = (rows.features[firsts, _KIND] < 0) & (rows.features[firsts, _WHOLE] == 2)
    reviewed &= rows.features[firsts, _VIA] == Via.NAME
    probability = np.where(reviewed, np.maximum(probability, REVIEWED_PRECISION), probability)
    kept = probability >= _list_thresholds(rows.features[firsts], model.threshold)
    firsts, probability = firsts[kept], probability[kept]
    for p, row in zip(probability.tolist(), firsts.tolist(), strict=True):
        choices[rows.text[row]].append(_choice(rows, row, p))
    further, first_of = list_further(rows, scores, firsts, registry)
    if len(further):
        features = further_features(rows, scores, further, first_of, registry)
        more = calibrate(model.further.score(features), model.further_calibration)
        # A further organization is named beside a first one, so it is never surer than that.
        above = dict(zip(firsts.tolist(), probability.tolist(), strict=True))
        more = np.minimum(more, [above[row] for row in first_of.tolist()])
        chosen = more >= model.further_threshold
        found = zip(more[chosen].tolist(), further[chosen].tolist(), strict=True)
        for p, row in sorted(found, key=lambda f: (-f[0], f[1])):
            _add_named(choices[rows.text[row]], _choice(rows, row, p), registry)
    return choices


def _add_named(chosen: list[Choice], choice: Choice, registry: Registry) -> None:
    """Add an organization with a name of its own in the text, also part or whole of another."""
    known = [one.organization for one in chosen]
    if not any(_are_branches(choice.organization, other, registry) for other in known):
        chosen.append(choice)


def _list_thresholds(features: Floats, usual: float) -> npt.NDArray[np.float64]:
    """The least probability from which on each first candidate is answered."""
    via = features[:, _VIA]
    unplaced = (features[:, _AREA] < 2) & (features[:, _KIND] >= 0)
    loose = (via == Via.NAME) & (features[:, _WHOLE] == 0) | (via == Via.ACRONYM_INSIDE)
    return np.select(
        [_are_reviewed_parts(features), unplaced & (via == Via.LIKE), unplaced & loose],
        [REVIEWED_THRESHOLD, LIKE_THRESHOLD, LOOSE_THRESHOLD],
        default=usual,
    )


def _are_reviewed_parts(features: Floats) -> npt.NDArray[np.bool_]:
    """Reviewed names that fill a segment where the text's place agrees with them; of a university
    also where the text has no place."""
    is_named = (features[:, _KIND] < 0) & (features[:, _VIA] == Via.NAME)
    is_named &= (features[:, _WHOLE] == 1) & (features[:, _INNER] == 0)
    agrees = features[:, _AREA] >= 2
    agrees |= (features[:, _AREA] == 0) & (features[:, _SECTOR] == _UNIVERSITY)
    return np.asarray(is_named & agrees, dtype=np.bool_)


def _are_unsupported(rows: RankRows) -> npt.NDArray[np.bool_]:
    """Names inside a longer known one that fits, and names that look like part of a longer
    unknown one in texts whose places say nothing for them: `Maple University of Music`."""
    cut = rows.features[:, _CUT] > 0
    inner = (rows.features[:, _INNER] > 0) & (rows.features[:, _OTHER_AREA] >= 0)
    return inner | (cut & (rows.features[:, _AREA] < 2) & (rows.features[:, _CITY] < 2))


def pick_firsts(rows: RankRows, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """The row of the best candidate of each text that has any; of equals the first."""
    order = np.lexsort((np.arange(len(scores)), -scores, rows.text))
    text = rows.text[order]
    firsts: npt.NDArray[np.int64] = order[np.r_[True, text[1:] != text[:-1]]]
    return firsts


def _count_equals(
    rows: RankRows, scores: npt.NDArray[np.float64], firsts: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Of each text the organizations of the first's name that score as much: nothing tells
    them apart, so they share its probability."""
    first_of = np.full(int(rows.text[-1]) + 1, -1, dtype=np.int64)
    first_of[rows.text[firsts]] = firsts
    same = np.flatnonzero(scores == scores[first_of[rows.text]])
    alike = same[rows.features[same, _WEIGHT] == rows.features[first_of[rows.text[same]], _WEIGHT]]
    key = (rows.text[alike].tolist(), rows.organization[alike].tolist())
    pairs = {(t, o) for t, o in zip(*key, strict=True)}
    counts = np.bincount(np.array([t for t, _ in pairs]), minlength=len(first_of))
    return counts[rows.text[firsts]]


def list_further(
    rows: RankRows,
    scores: npt.NDArray[np.float64],
    firsts: npt.NDArray[np.int64],
    registry: Registry,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Rows that could be named beside the first of their text, and the first of each.

    Of each name the best candidate, where the name shares no word with the first one's and
    the organization is no branch of the same company.
    """
    first_of = dict(zip(rows.text[firsts].tolist(), firsts.tolist(), strict=True))
    best: dict[tuple[int, int, int], int] = {}
    for row, text in enumerate(rows.text.tolist()):
        first = first_of.get(text)
        if first is None or scores[row] < _MIN_FURTHER_SCORE:
            continue
        span, chosen = rows.spans[row], rows.spans[first]
        apart = span.start >= chosen.start + chosen.size or chosen.start >= span.start + span.size
        one, other = int(rows.organization[row]), int(rows.organization[first])
        if not apart or span.inner or _are_branches(one, other, registry):
            continue
        key = (text, span.start, span.size)
        if key not in best or scores[row] > scores[best[key]]:
            best[key] = row
    found = np.array(list(best.values()), dtype=np.int64)
    return found, np.array([first_of[t] for t in rows.text[found].tolist()], dtype=np.int64)


def further_features(
    rows: RankRows,
    scores: npt.NDArray[np.float64],
    further: npt.NDArray[np.int64],
    first_of: npt.NDArray[np.int64],
    registry: Registry,
) -> Floats:
    """The features of `FURTHER_FEATURES` for each row that could be named as well."""
    pairs = list(
        zip(rows.organization[further].tolist(), rows.organization[first_of].tolist(), strict=True)
    )
    own = np.stack(
        [
            scores[further],
            scores[first_of],
            rows.features[first_of, _SECTOR] == _COMPANY,
            np.array([is_part(first, one, registry) for one, first in pairs], dtype=bool),
            np.array([is_part(one, first, registry) for one, first in pairs], dtype=bool),
        ],
        axis=1,
    ).astype(np.float32)
    return np.concatenate([rows.features[further], own], axis=1)


def _are_related(one: int, other: int, registry: Registry) -> bool:
    """Whether the organizations are one, branches of one company, or part and whole."""
    return (
        _are_branches(one, other, registry)
        or is_part(one, other, registry)
        or is_part(other, one, registry)
    )


def _are_branches(one: int, other: int, registry: Registry) -> bool:
    """Whether the organizations are one, or branches of one company."""
    family = registry.family_of.get(one)
    return one == other or (family is not None and family == registry.family_of.get(other))


def is_part(below: int, above: int, registry: Registry) -> bool:
    """Whether the first organization is the second or, over at most five steps, a part of it."""
    at = registry.parents[below]
    for _ in range(4):
        if at == above or at < 0:
            break
        at = registry.parents[at]
    return at == above


def _add(chosen: list[Choice], choice: Choice, registry: Registry) -> None:
    """Add a further organization, unless one that was chosen before is part or whole of it."""
    related = any(
        _are_related(choice.organization, known.organization, registry) for known in chosen
    )
    if not related:
        chosen.append(choice)


def _choice(rows: RankRows, row: int, probability: float) -> Choice:
    span = rows.spans[row]
    overlay = rows.features[row, _KIND] < 0
    if span.via is Via.NAME:
        rule = ("name_in_text", "segment_name", "text_name")[span.whole]
        if overlay and span.whole:
            rule = ("segment_overlay", "text_overlay")[span.whole - 1]
        if rows.features[row, _EQUALS] and not overlay:
            rule = "homonym"
    else:
        rule = _RULE_OF_VIA[span.via]
    return Choice(int(rows.organization[row]), round(probability, 4), rule, span)


def _place(choice: Choice, part: Part) -> Choice:
    """The choice of a part, placed in the whole text."""
    span = choice.span._replace(
        start=choice.span.start + part.first_word,
        segment=choice.span.segment + part.first_segment,
    )
    return choice._replace(span=span)


def _weigh_domains(
    rows: RankRows, evidence: Sequence[Evidence], registry: Registry
) -> npt.NDArray[np.float64]:
    """What the domain adds to candidates that the text names: it never speaks against one."""
    extra = np.zeros(len(rows.text))
    with_domain = [one.domain is not None for one in evidence]
    if not any(with_domain):
        return extra
    for row in np.flatnonzero(np.array(with_domain)[rows.text]).tolist():
        one = evidence[rows.text[row]]
        o = int(rows.organization[row])
        if any(_are_related(o, owner, registry) for owner in one.owners):
            extra[row] = OWNER_LOG_ODDS
        elif rows.features[row, _EQUALS] and one.domain is not None and not one.plausible:
            area = "US" if one.domain.endswith((".gov", ".mil")) else area_of_domain(one.domain)
            extra[row] = AREA_LOG_ODDS * (area is not None and area == registry.countries[o])
    return extra
