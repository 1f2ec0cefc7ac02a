"""What does the ranker have to know of the registry, as arrays and tables of words?

Built once from a registry: how rare each word of a name is, what each organization is and
where, and which names hold a given word, for texts whose names are not written as registered.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numba as nb
import numpy as np
import numpy.typing as npt

from talentflow.core.areas import AREA_INDEX
from talentflow.core.vocabulary import SECTORS
from talentflow.resolve.normalise import is_wide, normalise

if TYPE_CHECKING:
    from talentflow.resolve.registry import Registry

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
Positions = npt.NDArray[np.int64]

LIKE_NAMES: Final = 6
"""Names of the registry that are looked at for one unknown name."""

_COMMON_WORD_NAMES: Final = 2_500
"""A word of more names finds nothing by itself."""
_USUAL_NAMES: Final = 120_000
"""Names of a registry; in a smaller one a word is as rare as if it had so many."""

_MAX_NAME_WORDS: Final = 15
_MAX_PLACE_WORDS: Final = 4
_MIN_LIKENESS: Final = 0.45
_STEM: Final = 4


@dataclass(frozen=True)
class NameWords:
    """Words ↔ names in both directions (compressed rows), and the weight of each name."""

    number: dict[str, int]
    weight: Floats
    """Of each word: the rarer in names, the heavier."""
    starts: Ints
    names: Ints
    name_weight: Floats
    keys: list[str]
    stems: dict[str, list[str]]
    """Rare words by their first letters, to find the one that a typing error meant."""


class Organizations(NamedTuple):
    """What each organization is and where; arrays are parallel to the registry's lists."""

    area: Ints
    """Number of the country in `AREA_INDEX`; 0 where not known."""
    city: Ints
    """Position in `city_names`; 0 where not known."""
    parent: Ints
    """Position of the parent; -1 where none is known."""
    family: Ints
    """Number of the company whose branch it is; -1 for all others."""
    is_seat: Bools
    """Whether it lies where the overlays put the seat of its company."""
    weight: Ints
    """Names and parts: how well known it is."""
    age: Doubles
    """Centuries since its foundation, as of 2100; 0 where not known."""
    is_company: Bools
    is_local: Bools
    """Known by little more than a name, or only to the hand-kept tables."""


@dataclass(frozen=True)
class RankIndex:
    """The registry as the ranker reads it."""

    pairs: dict[str, tuple[int, ...]]
    """First two words of a name → how many words the names have that begin with them, the most
    first."""
    place_words: frozenset[str]
    """First words of the names of places that have several words."""
    place_pairs: dict[str, tuple[int, ...]]
    """The same of the names of places."""
    rarest: float
    rarity: dict[str, float]
    """Of each word of a name: the fewer names have it, the more."""
    words: NameWords
    organizations: Organizations
    city_names: list[str]
    """Normalised names of the cities in which organizations sit; the first is empty."""
    sectors: Floats
    is_family: Floats

    @property
    def is_local(self) -> Bools:
        """Of each organization, see `Organizations`."""
        return self.organizations.is_local

    def weight_of(self, word: str) -> float:
        """How rare a word is in names; an unknown word is as rare as any."""
        return self.rarity.get(word, self.rarest)


def build_rank_index(registry: Registry) -> RankIndex:
    """The index of a registry whose names are complete."""
    words_of = _index_words([key for key in registry.by_name if " " in key or len(key) > 3])
    sectors = {name: i for i, name in enumerate(SECTORS)}
    city_names, city = _number_cities(registry.cities)
    places = registry.places
    place_pairs = _index_pairs(
        (*places.countries, *places.states, *places.cities), _MAX_PLACE_WORDS
    )
    return RankIndex(
        pairs=_index_pairs(registry.by_name, _MAX_NAME_WORDS),
        place_words=frozenset(pair.split(" ", 1)[0] for pair in place_pairs),
        place_pairs=place_pairs,
        rarest=math.log(max(len(registry.by_name), _USUAL_NAMES) + 1),
        rarity=dict(zip(words_of.number, words_of.weight.tolist(), strict=True)),
        words=words_of,
        organizations=_describe_organizations(registry, city),
        city_names=city_names,
        sectors=_floats([sectors.get(s or "", 0) for s in registry.sectors]),
        is_family=_floats([i in registry.family_of for i in range(len(registry.ids))]),
    )


def _floats(values: Sequence[float]) -> Floats:
    return np.array(values, dtype=np.float32)


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int32)


def _index_pairs(keys: Iterable[str], most_words: int) -> dict[str, tuple[int, ...]]:
    """First two words → numbers of words of the names that begin so, up to `most_words`."""
    masks: dict[str, int] = {}
    for key in keys:
        size = key.count(" ") + 1
        if 1 < size <= most_words:
            pair = key if size == 2 else " ".join(key.split(" ", 2)[:2])
            masks[pair] = masks.get(pair, 0) | 1 << size
    sizes = {
        mask: tuple(size for size in range(most_words, 1, -1) if mask >> size & 1)
        for mask in set(masks.values())
    }
    return {pair: sizes[mask] for pair, mask in masks.items()}


def _number_cities(cities: Sequence[str | None]) -> tuple[list[str], Ints]:
    """The distinct normalised names, and the number of each city among them."""
    numbers = {"": 0}
    known: dict[str | None, int] = {None: 0, "": 0}
    for city in cities:
        if city is not None and city not in known:
            known[city] = numbers.setdefault(normalise(city), len(numbers))
    return list(numbers), _ints([known[city] for city in cities])


def _describe_organizations(registry: Registry, city: Ints) -> Organizations:
    families = {name: i for i, name in enumerate(dict.fromkeys(registry.family_of.values()))}
    family = np.full(len(registry.ids), -1, dtype=np.int32)
    for i, name in registry.family_of.items():
        family[i] = families[name]
    is_local = [i.startswith("local:") for i in registry.ids]
    for i in registry.named_only:
        is_local[i] = True
    return Organizations(
        area=_ints([AREA_INDEX.get(country or "", 0) for country in registry.countries]),
        city=city,
        parent=_ints(registry.parents),
        family=family,
        is_seat=np.array(
            [
                country == registry.family_seats.get(registry.family_of.get(i, ""))
                for i, country in enumerate(registry.countries)
            ],
            dtype=np.bool_,
        ),
        weight=_ints(registry.weights),
        age=np.array([(2100 - year) / 100 if year else 0.0 for year in registry.founded]),
        is_company=np.array([sector == "company" for sector in registry.sectors], dtype=np.bool_),
        is_local=np.array(is_local, dtype=np.bool_),
    )


def _index_words(keys: list[str]) -> NameWords:
    flat = " ".join(keys).split(" ")
    number: dict[str, int] = {}
    words = _ints([number.setdefault(word, len(number)) for word in flat])
    own = np.repeat(np.arange(len(keys)), [key.count(" ") + 1 for key in keys])
    pairs = np.sort(words.astype(np.int64) * len(keys) + own)
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]  # a word counts once a name
    word, name = (part.astype(np.int32) for part in np.divmod(pairs, max(1, len(keys))))
    counts = np.bincount(word, minlength=len(number))
    of = max(len(keys), _USUAL_NAMES)
    weight = np.log((of + 1) / np.maximum(counts, 1)).astype(np.float32)
    starts = np.zeros(len(number) + 1, dtype=np.int32)
    np.cumsum(counts, out=starts[1:])
    stems: dict[str, list[str]] = {}
    for text, count in zip(number, counts.tolist(), strict=True):
        if count < 300 and len(text) > 5 and not is_wide(text):
            stems.setdefault(text[:_STEM], []).append(text)
    name_weight = np.bincount(name, weights=weight[word], minlength=len(keys)).astype(np.float32)
    return NameWords(number, weight, starts, name, name_weight, keys, stems)


def find_like_names(
    queries: Sequence[Sequence[str]], index: RankIndex
) -> list[list[tuple[str, float]]]:
    """For each list of words the names most like it, with a likeness from 0 to 1.

    The likeness is the weight of the words shared over the mean weight of both.
    """
    words = index.words
    mended: dict[str, int | None] = {}
    starts, flat, weights = [0], [], []
    for query in queries:
        known, total = set(), 0.0
        for word in dict.fromkeys(query):
            number = words.number.get(word)
            if number is None:
                if word not in mended:
                    mended[word] = _mend(word, words)
                number = mended[word]
            if number is None:
                total += index.rarest
            else:
                known.add(number)
                total += float(words.weight[number])
        flat.extend(sorted(known))
        starts.append(len(flat))
        weights.append(total)
    if not flat:
        return [[] for _ in queries]
    names, likeness = _find_like(
        np.array(starts, dtype=np.int32),
        np.array(flat, dtype=np.int32),
        np.array(weights, dtype=np.float32),
        words.starts,
        words.names,
        words.weight,
        words.name_weight,
    )
    return [
        [
            (words.keys[n], float(score))
            for n, score in zip(found, scores, strict=True)
            if score > _MIN_LIKENESS
        ]
        for found, scores in zip(names.tolist(), likeness.tolist(), strict=True)
    ]


def _mend(word: str, words: NameWords) -> int | None:
    """The one known word that differs by one letter; null where there is none or several."""
    if len(word) < 6 or is_wide(word):
        return None
    size = len(word)
    near = [
        w
        for w in words.stems.get(word[:_STEM], ())
        if -2 < len(w) - size < 2 and _differs_by_one(word, w)
    ]
    return words.number[near[0]] if len(near) == 1 else None


def _differs_by_one(left: str, right: str) -> bool:
    """Whether one letter is missing, added, another, or two are swapped; of words whose lengths
    differ by one at most."""
    if left == right:
        return False
    short, long = (left, right) if len(left) <= len(right) else (right, left)
    same = 0
    while same < len(short) and short[same] == long[same]:
        same += 1
    if len(short) < len(long):
        return short[same:] == long[same + 1 :]
    rest_short, rest_long = short[same + 1 :], long[same + 1 :]
    swapped = short[same : same + 2] == long[same : same + 2][::-1]
    return rest_short == rest_long or (swapped and short[same + 2 :] == long[same + 2 :])


@nb.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator, unused-ignore]
def _find_like(
    query_starts: Ints,
    query_words: Ints,
    query_weights: Floats,
    starts: Ints,
    names: Ints,
    weight: Floats,
    name_weight: Floats,
) -> tuple[Ints, Floats]:
    n = query_starts.size - 1
    found = np.full((n, LIKE_NAMES), -1, dtype=np.int32)
    best = np.zeros((n, LIKE_NAMES), dtype=np.float32)
    shared = np.zeros(name_weight.size, dtype=np.float32)
    touched = np.empty(name_weight.size, dtype=np.int32)
    for q in range(n):
        count = 0
        for rare in (True, False):
            for at in range(query_starts[q], query_starts[q + 1]):
                w = query_words[at]
                size = starts[w + 1] - starts[w]
                if (size <= _COMMON_WORD_NAMES) != rare:
                    continue
                for k in range(starts[w], starts[w + 1]):
                    i = names[k]
                    if shared[i] == 0.0:
                        if not rare:
                            continue
                        touched[count] = i
                        count += 1
                    shared[i] += weight[w]
        for t in range(count):
            i = touched[t]
            score = 2 * shared[i] / (query_weights[q] + name_weight[i])
            shared[i] = 0.0
            if score <= best[q, LIKE_NAMES - 1]:
                continue
            at = LIKE_NAMES - 1
            while at > 0 and best[q, at - 1] < score:
                best[q, at] = best[q, at - 1]
                found[q, at] = found[q, at - 1]
                at -= 1
            best[q, at] = score
            found[q, at] = i
    return found, best
