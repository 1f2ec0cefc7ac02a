"""Which rows of evidence does one paper hold? Its lists, laid over its authors.

Knows a paper's lists and the layout of its file, nothing of files and tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from talentflow.sources.alignment import Layout, is_certain, match_profiles
from talentflow.sources.author_lists import (
    split_authors,
    split_comma_plus,
    split_joined,
    undo_list_repeat,
    undo_repeat,
)
from talentflow.sources.email_domains import normalise_domain
from talentflow.sources.identifiers import (
    normalise_dblp,
    normalise_orcid,
    normalise_scholar,
    parse_author_id,
)
from talentflow.sources.json_papers import Paper
from talentflow.sources.printed_text import clean_field, fold_space, looks_like_affiliation

ENTRY_PROBLEMS: Final[dict[str, str]] = {
    "not_an_affiliation": "no letter, or a whole page; expected the name of an institution",
    "name_as_affiliation": "the author's own name; expected the name of an institution",
    "bad_domain": "no affiliation text, and no domain can be read from this",
}
"""Reason → what was expected of one affiliation of a paper."""


class Entry(NamedTuple):
    """One affiliation: its text and domain; `reason` says why it cannot be used."""

    text: str | None
    domain: str | None
    role: str | None = None
    reason: str | None = None


Entries = tuple[Entry, ...]


class AuthorIds(NamedTuple):
    """An author's identifiers by system, and the one that stands for the person."""

    ids: dict[str, str]
    ref: str | None


class SlotRow(NamedTuple):
    """One row: of author `author` (from 1), or of no author where it is null.

    `entry` is null where the author has no affiliation; `alignment` as in `vocabulary`.
    """

    author: int | None
    part: int
    entry: Entry | None
    alignment: str


@dataclass(slots=True, kw_only=True)
class PaperLists:
    """The parallel lists of one paper, split.

    `ids` is empty where it does not fit the authors; `stray_ids` then holds what it was.
    `stray_affs` are affiliations of authors whose name is missing. `accounts` are the lists of
    further identifiers, by system; `matches` the profile of each author once it was looked up.
    """

    names: list[str]
    ids: list[str] = field(default_factory=list)
    stray_ids: list[str] = field(default_factory=list)
    stray_affs: list[str] = field(default_factory=list)
    profiles: list[str] = field(default_factory=list)
    affs: list[str] = field(default_factory=list)
    domains: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    accounts: dict[str, list[str]] = field(default_factory=dict)
    matches: list[int | None] | None = None


def split_lists(paper: Paper, *, comma: bool) -> PaperLists:
    """The lists of a paper, each author list once. `comma` as in `split_authors`."""
    ids = _split(paper.authorids)
    affs = _split(clean_field(paper.aff or paper.affs or ""))
    author_field = clean_field(paper.author or paper.authors or "")
    names = split_authors(author_field, comma=comma, expected=(len(ids) or len(affs),))
    names = undo_repeat(names, ids)
    count = len(names)
    lists = PaperLists(names=names)
    ids = undo_list_repeat(ids, count)
    if len(ids) == count:
        lists.ids = ids
    else:
        lists.stray_ids = ids
    lists.profiles = _split(paper.or_profile)
    lists.affs = undo_list_repeat(affs, count)
    lists.domains = undo_list_repeat(_split(paper.aff_domain) or _split(paper.email), count)
    lists.roles = _split(paper.position)
    if lists.profiles or lists.ids:
        lists.accounts = {
            system: parts
            for system, parts in (
                ("orcid", _split(paper.orcid)),
                ("dblp", _split(paper.dblp)),
                ("scholar", _split(paper.google_scholar)),
            )
            if parts
        }
    if "" in names:
        _drop_nameless(lists)
    return lists


def _split(field_text: str | None) -> list[str]:
    if not field_text or not field_text.strip("; "):
        return []
    return [part.strip() for part in field_text.split(";")]


def _drop_nameless(lists: PaperLists) -> None:
    """Leave out authors whose name is missing, with their entries in lists that line up."""
    count = len(lists.names)
    kept = [i for i, name in enumerate(lists.names) if name]
    if len(lists.affs) == count:
        pairs = zip(lists.names, lists.affs, strict=True)
        lists.stray_affs = [aff for name, aff in pairs if aff and not name]
    for name in ("names", "ids", "profiles", "affs", "domains", "roles"):
        parts = getattr(lists, name)
        if len(parts) == count:
            setattr(lists, name, [parts[i] for i in kept])


class SlotPlanner:
    """Lays the lists of the papers of one file over their authors.

    `layout` and `comma_plus` are properties of the file; `dropped_ids` counts identifiers that
    were not what their field should hold.
    """

    def __init__(self) -> None:
        self.layout = Layout.LOST
        self.comma_plus = False
        self.dropped_ids = 0
        self._entries: dict[tuple[str, str, str], Entries] = {}
        self._ids: dict[str, AuthorIds] = {}

    def rows(self, lists: PaperLists) -> Iterator[SlotRow]:
        """The rows of one paper: each author's, then those of no author."""
        slots, loose = self._place(lists)
        elsewhere = "unknown"
        if loose and any(entry.reason is None for entry in loose):
            elsewhere = "set_only"
        for author, (name, entries) in enumerate(zip(lists.names, slots, strict=True), 1):
            used = False
            for part, entry in enumerate(entries, 1):
                text = entry.text
                if text and len(text) == len(name) and text.casefold() == name.casefold():
                    entry = entry._replace(reason="name_as_affiliation")  # noqa: PLW2901
                used = used or entry.reason is None
                yield SlotRow(author, part, entry, "aligned")
            if not used:
                yield SlotRow(author, len(entries) + 1, None, elsewhere)
        for part, entry in enumerate(loose, 1):
            yield SlotRow(None, part, entry, "set_only")

    def _place(self, lists: PaperLists) -> tuple[list[Entries], list[Entry]]:
        count = len(lists.names)
        if self.layout is Layout.PROFILES and lists.profiles and lists.ids:
            slots, loose = self._lay(lists, self._matches(lists), len(lists.profiles))
        elif self.layout is Layout.AUTHORS:
            slots, loose = self._lay(lists, range(count), count)
        elif is_certain(count, lists.affs, lists.domains):
            roles = lists.roles if is_certain(count, lists.roles) else []
            certain = PaperLists(
                names=lists.names, affs=lists.affs, domains=lists.domains, roles=roles
            )
            slots, loose = self._lay(certain, range(count), count)
        else:
            slots, loose = [()] * count, self._loosen(lists)
        for author, raw in enumerate(lists.ids):
            if not slots[author] and raw.startswith("email:"):
                slots[author] = _domain_entry(raw)
        for raw in lists.stray_ids:
            if raw.startswith("email:"):
                loose.extend(_domain_entry(raw))
        for aff in lists.stray_affs:
            loose.extend(self._read(aff, "", ""))
        return slots, loose

    def _matches(self, lists: PaperLists) -> list[int | None]:
        if lists.matches is None:
            if lists.ids == lists.profiles:
                lists.matches = list(range(len(lists.ids)))
            else:
                lists.matches = match_profiles(lists.ids, lists.profiles)
        return lists.matches

    def _lay(
        self, lists: PaperLists, order: Sequence[int | None], length: int
    ) -> tuple[list[Entries], list[Entry]]:
        """Entries by author, `order` giving each author's place in lists of `length`; and what
        belongs to nobody: lists of another length, and places that are no author's."""
        affs, domains, roles = (
            one if len(one) == length else [""] * length
            for one in (lists.affs, lists.domains, lists.roles)
        )
        slots = [() if at is None else self._read(affs[at], domains[at], roles[at]) for at in order]
        loose: list[Entry] = []
        if None in order or len(order) != length:
            for at in sorted(set(range(length)).difference(order)):
                loose.extend(self._read(affs[at], domains[at], roles[at]))
        if len(lists.affs) not in (0, length):
            domains_used = len(lists.domains) == length
            stray = self._loosen(lists, domains_used=domains_used)
            if len(lists.names) == 1:
                slots[0] = (*slots[0], *stray)
            else:
                loose.extend(stray)
        elif len(lists.domains) not in (0, length):
            loose.extend(e for d in lists.domains for e in self._read("", d, ""))
        return slots, loose

    def _loosen(self, lists: PaperLists, *, domains_used: bool = False) -> list[Entry]:
        """The affiliations of a paper as nobody's; domain and role stay where lists line up."""
        domains = [] if domains_used else lists.domains
        if not lists.affs or len(lists.affs) == len(domains):
            affs = lists.affs or [""] * len(domains)
            roles = lists.roles if len(lists.roles) == len(affs) else [""] * len(affs)
            domains = domains or [""] * len(affs)
            triples = list(zip(affs, domains, roles, strict=True))
        else:
            roles = lists.roles if len(lists.roles) == len(lists.affs) else [""] * len(lists.affs)
            triples = [(aff, "", role) for aff, role in zip(lists.affs, roles, strict=True)]
            triples += [("", domain, "") for domain in domains]
        return [entry for triple in triples for entry in self._read(*triple)]

    def _read(self, aff: str, domain: str, role: str) -> Entries:
        """The entries of one place of the lists: as many as affiliations are joined in it."""
        key = (aff, domain, role)
        found = self._entries.get(key)
        if found is None:
            found = self._entries[key] = _read_entries(
                split_comma_plus(aff) if self.comma_plus else split_joined(aff), domain, role
            )
        return found

    def identify(self, lists: PaperLists, index: int) -> AuthorIds:
        """The identifiers of the author at `index` (from 0)."""
        raw = lists.ids[index] if lists.ids else ""
        known = self._ids.get(raw)
        if known is None:
            known = self._ids[raw] = self._parse(raw)
        if not lists.accounts:
            return known
        return self._add_accounts(known, lists, index)

    def _parse(self, raw: str) -> AuthorIds:
        found = parse_author_id(raw) if raw else None
        if found is None or not found.value:
            self.dropped_ids += bool(raw)
            return AuthorIds({}, None)
        return _with_ref({found.system: found.value})

    def _add_accounts(self, known: AuthorIds, lists: PaperLists, index: int) -> AuthorIds:
        ids = dict(known.ids)
        at: int | None = index
        length = len(lists.names)
        if self.layout is Layout.PROFILES and lists.profiles and lists.ids:
            at, length = self._matches(lists)[index], len(lists.profiles)
            if at is not None:
                _add_profile(ids, lists.profiles[at])
        elif self.layout is not Layout.AUTHORS and length > 1:
            at = None
        if at is not None:
            for system, parts in lists.accounts.items():
                if len(parts) == length and parts[at]:
                    value = _NORMALISE[system](parts[at])
                    self.dropped_ids += value is None
                    if value is not None:
                        ids[system] = value
        return _with_ref(ids)


_NORMALISE: Final = {
    "orcid": normalise_orcid,
    "dblp": normalise_dblp,
    "scholar": normalise_scholar,
}
_REF_SYSTEMS: Final = ("openreview", "ieee", "email", "acl")


def _with_ref(ids: dict[str, str]) -> AuthorIds:
    for system in _REF_SYSTEMS:
        if system in ids:
            return AuthorIds(ids, f"{system}:{ids[system]}")
    return AuthorIds(ids, None)


def _add_profile(ids: dict[str, str], profile: str) -> None:
    """Note the id that a profile has now, where it is not the one on the paper."""
    if profile.startswith("~") and ids.get("openreview") != profile:
        ids["openreview_renamed" if "openreview" in ids else "openreview"] = profile


def _domain_entry(address: str) -> Entries:
    found = parse_author_id(address)
    return (Entry(None, found.domain),) if found and found.domain else ()


def _read_entries(affs: list[str], domain_field: str, role: str) -> Entries:
    """One entry per affiliation; a domain goes with a text only where their numbers agree."""
    texts = [aff for aff in affs if aff.strip()]
    fields = [part for part in domain_field.split("+") if part.strip()]
    domains = [normalise_domain(part) for part in fields]
    roles = [part.strip() for part in role.split("+")] if "+" in role else [role]
    if len(roles) != len(texts):
        roles = [role] * max(len(texts), 1)
    if len(domains) != len(texts):
        paired: list[str | None] = [None] * len(texts)
        apart = list(zip(fields, domains, strict=True))
    else:
        paired, apart = domains, []
    entries = []
    for text, domain, title in zip(texts, paired, roles, strict=False):
        good = looks_like_affiliation(text)
        reason = None if good else "not_an_affiliation"
        entries.append(Entry(fold_space(text), domain, fold_space(title) or None, reason))
    for field_text, domain in apart:
        if domain is not None:
            entries.append(Entry(None, domain, fold_space(roles[0]) or None))
        elif not texts:
            entries.append(Entry(None, fold_space(field_text), None, "bad_domain"))
    return tuple(entries)
