"""Which organizations, places and domains could a text mean?

The registry is the index behind resolution: built once from tables and overlays, then read by
any number of processes. It holds plain dictionaries and lists, so it pickles and forks well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.areas import area_names
from talentflow.core.collector import paused_collector
from talentflow.resolve import universities
from talentflow.resolve.faculties import lift_faculties
from talentflow.resolve.hosts import FREE_MAIL, is_public, is_shared, list_endings
from talentflow.resolve.kinds import Candidate, Kind
from talentflow.resolve.normalise import normalise, normalise_once
from talentflow.resolve.overlays import read_overlay
from talentflow.resolve.places import PlaceIndex, build_places
from talentflow.resolve.rank_index import RankIndex, build_rank_index

MAX_NAME_WORDS: Final = 14

_IN_COUNTRY: Final = re.compile(r"^(.*\S)\s*\(([^()]+)\)$")
_SLUG: Final = re.compile(r"[^a-z0-9]+")
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
"""How texts without accents spell German names: `Wuerzburg`."""
_KIND_OF: Final = {"display": Kind.DISPLAY, "label": Kind.LABEL, "alias": Kind.ALIAS}


@dataclass
class Registry:
    """Organizations as parallel lists, and indexes from normalised words to positions."""

    ids: list[str] = field(default_factory=list)
    position: dict[str, int] = field(default_factory=dict)
    """Id → position in all lists."""
    names: list[str] = field(default_factory=list)
    countries: list[str | None] = field(default_factory=list)
    cities: list[str | None] = field(default_factory=list)
    sectors: list[str | None] = field(default_factory=list)
    current: list[int] = field(default_factory=list)
    """Position of what the organization is today: itself, or the successor of one that is gone."""
    former: dict[tuple[str, int], int] = field(default_factory=dict)
    """A name and what bears it today → the withdrawn organization that bore it before."""
    parents: list[int] = field(default_factory=list)
    """Position of the parent; -1 where none is known."""
    founded: list[int | None] = field(default_factory=list)
    """Year of foundation."""
    weights: list[int] = field(default_factory=list)
    """Names and parts that the registry lists of an organization: how well known it is."""
    named_only: set[int] = field(default_factory=set)
    """Organizations of which the registry states little more than the name."""
    by_name: dict[str, tuple[Candidate, ...]] = field(default_factory=dict)
    by_acronym: dict[str, tuple[Candidate, ...]] = field(default_factory=dict)
    by_word_set: dict[str, tuple[Candidate, ...]] = field(default_factory=dict)
    """Words of a university's name in alphabetical order, where no two have the same."""
    late_names: dict[str, int] = field(default_factory=dict)
    """Reviewed names that are asked only where nothing else fits, so that the ranker, which weighs
    words by how many names have them, knows nothing of them."""
    by_domain: dict[str, tuple[int, ...]] = field(default_factory=dict)
    families: dict[str, dict[str, int]] = field(default_factory=dict)
    """Company name without its country → country → position."""
    family_of: dict[int, str] = field(default_factory=dict)
    family_seats: dict[str, str] = field(default_factory=dict)
    """Company name → country of its seat, where the overlays state it."""
    longest: dict[str, int] = field(default_factory=dict)
    """First word of a name → number of words of the longest name that begins with it."""
    places: PlaceIndex = field(default_factory=lambda: build_places(()))
    rank: RankIndex = field(init=False)
    """What the ranker reads of all this."""

    def find_domain(self, domain: str) -> tuple[int, ...]:
        """Organizations of the longest known ending of a domain; free-mail hosts give none."""
        for ending in list_endings(domain):
            if ending in FREE_MAIL:
                return ()
            found = self.by_domain.get(ending)
            if found:
                return found
        return ()

    def seat_of(self, organization: int) -> str | None:
        """The country of the organization's seat; of a branch that of the company above it."""
        top = organization
        if self.sectors[top] == "company":
            for _ in range(4):
                above = self.parents[top]
                if above < 0 or self.sectors[above] not in ("company", None):
                    break
                top = above
        stated = self.family_seats.get(self.family_of.get(top, ""))
        return stated or self.countries[top] or self.countries[organization]


def build_registry(
    organizations: pa.Table,
    organization_names: pa.Table,
    university_domains: pa.Table | None = None,
    ignored_names: frozenset[str] = frozenset(),
) -> Registry:
    """The registry of tables that satisfy the contracts of the same names.

    Overlays shipped with the package add short names, companies with their seats, and
    domains; what they name that the tables lack gets a local id (`local:…`). Universities of
    `university_domains` that the tables lack are added likewise. Overlay names in
    `ignored_names` (as normalised) are left out, to measure what they are worth.
    """
    with paused_collector():
        return _build(organizations, organization_names, university_domains, ignored_names)


def _build(
    organizations: pa.Table,
    organization_names: pa.Table,
    university_domains: pa.Table | None,
    ignored_names: frozenset[str],
) -> Registry:
    builder = _Builder(ignored_names)
    builder.add_organizations(organizations)
    builder.add_names(organization_names)
    builder.add_overlay("aliases.csv")
    builder.add_overlay("companies.csv")
    builder.add_overlay_domains("domains.csv")
    if university_domains is not None:
        builder.add_university_domains(university_domains)
    builder.add_late_names("late_names.csv")
    return builder.finish()


class _Builder:
    """Collects names and domains; `finish` freezes them."""

    def __init__(self, ignored_names: frozenset[str]) -> None:
        self.ignored_names = ignored_names
        self.registry = Registry()
        self.position: dict[str, int] = {}
        self.named = self.registry.by_name
        self.acronyms = self.registry.by_acronym
        self.domains: dict[str, list[int]] = {}
        self.country_codes = {name: code for code, name in area_names("en").items()}
        self.country_codes |= {"Turkey": "TR", "Czech Republic": "CZ", "Hong Kong": "HK"}
        self.country_codes |= {"Macau": "MO", "Macao": "MO", "South Korea": "KR", "Burma": "MM"}

    def add_organizations(self, organizations: pa.Table) -> None:
        columns = organizations.to_pydict()
        registry = self.registry
        self.position = {identifier: i for i, identifier in enumerate(columns["organization_id"])}
        registry.ids = columns["organization_id"]
        registry.position = self.position
        registry.names = columns["name"]
        registry.countries = columns["country"]
        registry.cities = columns["city"]
        registry.sectors = columns["sector"]
        registry.parents = [self.position.get(p or "", -1) for p in columns["parent_id"]]
        successors = [self.position.get(s or "", -1) for s in columns["successor_id"]]
        gone = [
            status == "withdrawn" or (status == "inactive" and sector != "company")
            for status, sector in zip(columns["status"], columns["sector"], strict=True)
        ]
        registry.current = [_follow(i, successors, gone) for i in range(len(registry.ids))]
        registry.weights = [1] * len(registry.ids)
        registry.founded = columns["established"]
        for parent in registry.parents:
            if parent >= 0:
                registry.weights[parent] += 2
        for i, domains in enumerate(columns["domains"]):
            if columns["status"][i] != "withdrawn":
                for domain in domains or ():
                    self._add_domain(domain, i)
            if not domains and registry.cities[i] is None and registry.sectors[i] is None:
                registry.named_only.add(i)

    def add_names(self, names: pa.Table) -> None:
        known = pa.array(self.registry.ids, pa.string())
        positions = pc.index_in(names["organization_id"], value_set=known).to_pylist()
        weights = self.registry.weights
        for i, name, kind in zip(
            positions, names["name"].to_pylist(), names["kind"].to_pylist(), strict=True
        ):
            if i is None:
                continue
            weights[i] += 1
            company = _IN_COUNTRY.match(name) if name.endswith(")") else None
            country = self.country_codes.get(company[2]) if company else None
            if company and country:
                self._add_name(company[1], i, Kind.FAMILY)
                if kind == "display":
                    self._add_family(company[1], country, i)
            elif kind == "acronym" or len(name) < 3 or _looks_like_acronym(name):
                self._add_acronym(name, i)
                if kind == "display":
                    self._add_name(name, i, Kind.DISPLAY)
            else:
                self._add_name(name, i, _KIND_OF[kind])

    def add_overlay(self, file: str) -> None:
        """Names of known organizations; the organization is made where none fits."""
        for row in read_overlay(file):
            names = row["names"].split("|")
            if row["local_id"] == "local:*":
                for name in names:
                    self._add_overlay_names([name], name, f"local:{_slug(name)}", row)
            else:
                self._add_overlay_names(names, row["registry_name"], row["local_id"], row)

    def add_university_domains(self, domains: pa.Table) -> None:
        """What a list calls a university whose domain is known is another name of it; what is
        known under no name and no domain is a university of its own."""
        columns = domains.to_pydict()
        known = {domain: owners[0] for domain, owners in self.domains.items() if len(owners) == 1}
        entrances = universities.index_entrances(self.domains, self.registry)
        with_city = universities.index_with_city(self.named, self.registry)
        made: dict[tuple[str, str | None], int] = {}
        for domain, name, country in zip(*columns.values(), strict=True):
            if domain in known:
                self._add_other_name(name, country, known[domain])
            if domain in self.domains or is_public(domain):
                continue
            i = made.get((name, country))
            if i is None:
                found = self._find(name, country)
                i = self._find_by_suffix(domain) if found is None else found
            if i is None:
                key = country, frozenset(normalise(name).split())
                i = universities.match_university(domain, key, entrances, with_city)
                if i is not None:
                    self._add_other_name(name, country, i)
            if i is None:
                i = self._make_university(domain, name, country)
            made[name, country] = i
            self._add_domain(domain, i)

    def _add_other_name(self, name: str, country: str | None, i: int) -> None:
        """A name that nothing else bears, of a university in that country."""
        registry = self.registry
        if registry.sectors[i] != "university" or registry.countries[i] != country:
            return
        key = normalise_once(name)
        if key not in self.named and key not in self.acronyms:
            self._add_name(name, i, Kind.ALIAS)

    def add_overlay_domains(self, file: str) -> None:
        for row in read_overlay(file):
            i = self._find(row["registry_name"], row["country"] or None)
            if i is not None:
                for domain in row["domains"].split("|"):
                    self.domains[domain] = [i]

    def add_late_names(self, file: str) -> None:
        for row in read_overlay(file):
            own = [(row["registry_name"], row["local_id"], row["names"].split("|"))]
            if row["local_id"] == "local:*":
                own = [(name, f"local:{_slug(name)}", [name]) for name in row["names"].split("|")]
            for name, local_id, spellings in own:
                i = self._find(name, row["country"] or None)
                if i is None:
                    i = self._make(local_id, name, row["country"] or None, row["sector"])
                for key in map(normalise, (*spellings, name)):
                    if key not in self.ignored_names:
                        self.registry.late_names.setdefault(key, i)

    def finish(self) -> Registry:
        registry = self.registry
        registry.places = build_places(
            (city, country)
            for city, country in zip(registry.cities, registry.countries, strict=True)
            if city and country
        )
        lift_faculties(self.named, registry.sectors, registry.parents)
        registry.by_domain = {
            domain: _owners(found, registry) if len(found) > 1 else tuple(found)
            for domain, found in self.domains.items()
        }
        registry.by_word_set = universities.index_word_sets(self.named)
        longest = registry.longest
        for key in registry.by_name:
            first, size = key.split(" ", 1)[0], key.count(" ") + 1
            if size <= MAX_NAME_WORDS and longest.get(first, 0) < size:
                longest[first] = size
        registry.rank = build_rank_index(registry)
        return registry

    def _add_name(self, name: str, i: int, kind: Kind) -> None:
        self._add_key(normalise_once(name), i, kind)
        if not name.isascii():
            plain = name.translate(_UMLAUTS)
            if plain != name:
                self._add_key(normalise_once(plain), i, max(kind, Kind.ALIAS))

    def _add_key(self, key: str, i: int, kind: Kind) -> None:
        if key:
            today = self.registry.current[i]
            _append(self.named, key, today, kind)
            if today != i:
                self.registry.former.setdefault((key, today), i)

    def _add_acronym(self, name: str, i: int) -> None:
        key = normalise_once(name)
        if key:
            _append(self.acronyms, key, self.registry.current[i], Kind.ACRONYM)

    def _add_family(self, base: str, country: str, i: int) -> None:
        if self.registry.current[i] != i:
            return  # what a family became may be another company altogether
        key = normalise(base)
        self.registry.families.setdefault(key, {}).setdefault(country, i)
        self.registry.family_of.setdefault(i, key)

    def _add_domain(self, domain: str, i: int) -> None:
        if is_shared(domain):
            return
        found = self.domains.setdefault(domain, [])
        if self.registry.current[i] not in found:
            found.append(self.registry.current[i])

    def _add_overlay_names(
        self, names: Sequence[str], registry_name: str, local_id: str, row: dict[str, str]
    ) -> None:
        country = row["country"] or None
        i = self._find(registry_name, country)
        if i is None:
            i = self._make(local_id, registry_name, country, row["sector"])
        else:
            registry = self.registry
            registry.sectors[i] = registry.sectors[i] or row["sector"]
            if i in registry.named_only:
                registry.countries[i] = country
        if row["sector"] == "company":
            base = _IN_COUNTRY.match(registry_name)
            if base and base[2] in self.country_codes and country:
                self._add_family(base[1], country, i)
                self.registry.family_seats.setdefault(normalise(base[1]), country)
        for name in (*names, registry_name):
            key = normalise(name)
            if key in self.ignored_names:
                continue
            found = self.named.get(key, ())
            if found and found[0][1] is Kind.OVERLAY:
                continue  # the first line wins
            self.named[key] = ((i, Kind.OVERLAY), *(c for c in found if c[0] != i))

    def _find(self, name: str, country: str | None) -> int | None:
        """The organization of this name and country, display names before other names."""
        company = _IN_COUNTRY.match(name)
        base = company[1] if company and self.country_codes.get(company[2]) else name
        found = self.named.get(normalise(base), ())
        fitting = [
            (i in self.registry.named_only, kind, i)
            for i, kind in found
            if country is None
            or self.registry.countries[i] in (country, None)
            or i in self.registry.named_only
        ]
        if company and base != name:
            same = name.casefold()
            exact = [e for e in fitting if self.registry.names[e[2]].casefold() == same]
            fitting = exact or [entry for entry in fitting if entry[2] not in self._in_family(base)]
        return min(fitting)[2] if fitting else None

    def _in_family(self, base: str) -> set[int]:
        return set(self.registry.families.get(normalise(base), {}).values())

    def _find_by_suffix(self, domain: str) -> int | None:
        """The owner of the longest domain that this one is below."""
        for ending in list_endings(domain)[1:]:
            found = self.domains.get(ending)
            if found:
                return found[0]
        return None

    def _make_university(self, domain: str, name: str, country: str | None) -> int:
        i = self._make(f"local:university/{domain}", name, country, "university")
        self._add_name(name, i, Kind.LABEL)
        return i

    def _make(self, local_id: str, name: str, country: str | None, sector: str | None) -> int:
        if local_id in self.position:
            return self.position[local_id]
        registry = self.registry
        i = len(registry.ids)
        self.position[local_id] = i
        registry.ids.append(local_id)
        registry.names.append(name)
        registry.countries.append(country)
        registry.cities.append(None)
        registry.sectors.append(sector or None)
        registry.current.append(i)
        registry.parents.append(-1)
        registry.weights.append(1)
        registry.founded.append(None)
        return i


def _follow(start: int, successors: Sequence[int], gone: Sequence[bool]) -> int:
    """The end of the chain of successors of an organization that is no more. A company that
    another one bought keeps its own name, so it is not among those `gone`."""
    i = start
    for _ in range(8):
        if not gone[i] or successors[i] < 0:
            return i
        i = successors[i]
    return start


def _append(index: dict[str, tuple[Candidate, ...]], key: str, i: int, kind: Kind) -> None:
    found = index.get(key)
    if found is None:
        index[key] = ((i, kind),)
        return
    for position, (known, known_kind) in enumerate(found):
        if known == i:
            if kind < known_kind:
                index[key] = (*found[:position], (i, kind), *found[position + 1 :])
            return
    index[key] = (*found, (i, kind))


def _owners(found: Sequence[int], registry: Registry) -> tuple[int, ...]:
    """Of several organizations under one domain those that contain the others."""
    members = set(found)
    tops = [i for i in found if registry.parents[i] not in members]
    if len(tops) > 1:
        schools = [i for i in tops if registry.sectors[i] == "university"]
        tops = schools if len(schools) == 1 else tops
    return tuple(tops or found)


def _looks_like_acronym(name: str) -> bool:
    return " " not in name and len(name) <= 6 and name.isascii() and name.upper() == name


def _slug(name: str) -> str:
    return _SLUG.sub("-", normalise(name)).strip("-")


def list_overlay_gaps(registry: Registry, ids: Iterable[str] | None = None) -> list[str]:
    """Names of organizations that only the overlays know, for whoever maintains them."""
    wanted = registry.ids if ids is None else ids
    return [
        registry.names[i]
        for i, identifier in enumerate(wanted)
        if identifier.startswith("local:") and not identifier.startswith("local:university/")
    ]
