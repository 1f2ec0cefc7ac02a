"""Which registered university does a line of a list of university domains mean?

Such lists spell names their own way (`Maple University Mapleton`) and know other domains than a
registry does. What is not recognised becomes an organization of its own, and then texts and mail
addresses of one university are answered with two ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from talentflow.resolve.hosts import strip_entrance
from talentflow.resolve.kinds import Candidate, Kind
from talentflow.resolve.normalise import normalise

if TYPE_CHECKING:
    from talentflow.resolve.registry import Registry

NameKey = tuple[str | None, frozenset[str]]
"""A country and the words of a name."""


def match_university(
    domain: str,
    name: NameKey,
    entrances: Mapping[tuple[str | None, str], int],
    with_city: Mapping[NameKey, int],
) -> int | None:
    """The position of the university that greets visitors at `portal.<domain>` or the like, else
    of the one that is called so but for its city; null where there is none.

    The same words in another order are not enough: University of Hyogo is not Hyogo University.
    """
    return entrances.get((name[0], domain), with_city.get(name))


def index_entrances(
    domains: Mapping[str, Sequence[int]], registry: Registry
) -> dict[tuple[str | None, str], int]:
    """Country and domain → the university whose pages are known below it, at a label that only
    greets."""
    found: dict[str, set[int]] = {}
    for host, owners in domains.items():
        domain = strip_entrance(host)
        if domain != host:
            own = {o for o in owners if registry.sectors[o] == "university"}
            found.setdefault(domain, set()).update(own)
    alone = {domain: own.pop() for domain, own in found.items() if len(own) == 1}
    return {(registry.countries[o], domain): o for domain, o in alone.items()}


def index_with_city(
    named: Mapping[str, Sequence[Candidate]], registry: Registry
) -> dict[NameKey, int]:
    """Names of universities with their own city added → position, where one alone is meant."""
    cities: dict[str, frozenset[str]] = {}
    found: dict[NameKey, set[int]] = {}
    for key, candidates in named.items():
        for o, _ in candidates:
            city = registry.cities[o]
            if city is None or registry.sectors[o] != "university":
                continue
            if city not in cities:
                cities[city] = frozenset(normalise(city).split())
            words = frozenset(key.split())
            if cities[city] and words.isdisjoint(cities[city]):
                found.setdefault((registry.countries[o], words | cities[city]), set()).add(o)
    return {name: own.pop() for name, own in found.items() if len(own) == 1}


def index_word_sets(
    named: Mapping[str, Sequence[Candidate]],
) -> dict[str, tuple[Candidate, ...]]:
    """Words of universities' names in alphabetical order → the university, where no two have the
    same."""
    sets: dict[str, dict[int, Candidate]] = {}
    for key, candidates in named.items():
        words = key.split() if "university" in key else []
        if 1 < len(words) < 9 and "university" in words:
            found = sets.setdefault(" ".join(sorted(words)), {})
            found.update((i, (i, Kind.ALIAS)) for i, _ in candidates)
    return {key: tuple(found.values()) for key, found in sets.items() if len(found) == 1}
