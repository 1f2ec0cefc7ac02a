"""Which papers list affiliations without saying whose, and who and what stands on them?

Rows of records as numbers: papers with open authors (no affiliation of their own) and loose parts
(affiliations of no author), in the order in which the document lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from talentflow.resolve.normalise import word_set

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

FIRST, MIDDLE, LAST = range(3)

MIN_ROLE_SHARE: Final = 0.5
"""Career positions stand in lists of profiles only. Measured: .95 or more of the loose parts of a
file have one, or .01 or less."""


@dataclass(frozen=True, kw_only=True)
class Meanings:
    """What affiliations mean, by code (−1: not known): two mentions that share an organization,
    a domain or a text are taken for one place of work."""

    organization: Codes
    domain: Codes
    text: Codes
    country: Codes

    def take(self, at: Codes) -> Meanings:
        """The meanings of mentions by number; −1 means nothing."""
        return Meanings(
            organization=_take(self.organization, at),
            domain=_take(self.domain, at),
            text=_take(self.text, at),
            country=_take(self.country, at),
        )


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Every row of records: codes of what identifies it, `mention` its place among the mentions."""

    name: Codes
    surname: Codes
    profile: Codes
    file: Codes
    crawl: Codes
    """Conference and year: files that share it are crawls of the same papers."""
    paper: Codes
    year: Codes
    mention: Codes
    role: Codes
    role_texts: pa.Array
    place: Codes
    """Place on the author list: FIRST, MIDDLE or LAST; a single author is FIRST."""
    second: Mask
    """Rows of second crawls, which are evidence for their own file only."""
    meanings: Meanings


@dataclass(frozen=True, kw_only=True)
class OpenPapers:
    """Papers with open authors and loose parts: entry `t` has authors `author_start[t]` to
    `author_start[t + 1]` and parts likewise; both hold row numbers, in document order.

    `ordered` marks papers of files whose parts are profiles in author order without the blanks;
    the parts of others are the distinct affiliations of the paper.
    """

    author: Codes
    author_start: Codes
    part: Codes
    part_start: Codes
    ordered: Mask

    def __len__(self) -> int:
        return len(self.ordered)


def encode_rows(
    records: pa.Table, mentions: pa.Table, resolved: pa.Table, *, second: str | None = None
) -> Rows:
    """The rows of `records`, with mentions looked up in `mentions` and `resolved`; `second` is
    the source of second crawls."""
    name_texts, name = _encode(records["person_name"])
    folded, same_name = _encode(fold_names(name_texts))
    _, same_surname = _encode(pc.replace_substring_regex(folded, r"^.* ", ""))
    name = _take(same_name, name)
    sources, source = _encode(records["source"])
    _, file = _encode(records["file"])
    _, venue = _encode(records["venue"])
    _, paper = _encode(records["paper_id"])
    year = _numbers(records["year"], 0)
    role_texts, role = _encode(records["role_raw"])
    mention = _find(mentions["mention_id"], records["mention_id"])
    file = _pair_codes(file, source)
    second_code = pc.index(sources, second).as_py() if second is not None else -1
    return Rows(
        name=name,
        surname=_take(same_surname, name),
        profile=_encode_profiles(records["ids"]),
        file=file,
        crawl=_pair_codes(venue, year),
        paper=_pair_codes(paper, file),
        year=year,
        mention=mention,
        role=role,
        role_texts=role_texts,
        place=_find_places(records),
        second=source == second_code if second_code >= 0 else np.zeros(len(source), np.bool_),
        meanings=_read_meanings(mentions, resolved).take(mention),
    )


def _find_places(records: pa.Table) -> Codes:
    position = _numbers(records["author_position"], 0)
    place = np.where(position == _numbers(records["n_authors"], 0), LAST, MIDDLE)
    places: Codes = np.where(position <= 1, FIRST, place)
    return places


def _pair_codes(one: Codes, other: Codes) -> Codes:
    """One code for each pair of codes."""
    _, codes = np.unique(
        (one + 1) * (int(other.max(initial=0)) + 2) + other + 1, return_inverse=True
    )
    pairs: Codes = codes.astype(np.int64)
    return pairs


def find_open_papers(records: pa.Table, rows: Rows) -> OpenPapers:
    """The papers of which something can be placed: at least one open author and one part."""
    loose = pc.is_null(records["person_ref"]).to_numpy(zero_copy_only=False)
    set_only = pc.equal(records["alignment"], "set_only").to_numpy(zero_copy_only=False)
    parts = np.flatnonzero(loose & set_only & (rows.mention >= 0))
    parts = parts[~_is_stray_domain(rows, parts)]
    authors = np.flatnonzero(~loose & set_only & (rows.mention < 0))
    papers = np.intersect1d(rows.paper[parts], rows.paper[authors])
    parts = parts[np.isin(rows.paper[parts], papers)]
    authors = authors[np.isin(rows.paper[authors], papers)]
    parts = parts[np.lexsort((_read_part_number(records, parts), rows.paper[parts]))]
    position = _numbers(records["author_position"], 0)
    authors = authors[np.lexsort((position[authors], rows.paper[authors]))]
    part_start = _starts(rows.paper[parts], papers)
    return OpenPapers(
        author=authors,
        author_start=_starts(rows.paper[authors], papers),
        part=parts,
        part_start=part_start,
        ordered=_list_profiles(rows, parts)[part_start[:-1]],
    )


def _is_stray_domain(rows: Rows, parts: Codes) -> Mask:
    """Domains without text in a list of profiles that has texts: a list of another length that
    lines up with nothing."""
    textless = rows.meanings.text[parts] < 0
    with_text = np.unique(rows.paper[parts[~textless]])
    stray: Mask = textless & _list_profiles(rows, parts) & np.isin(rows.paper[parts], with_text)
    return stray


def _list_profiles(rows: Rows, parts: Codes) -> Mask:
    """Whether each part is of a file whose parts are profiles."""
    file = rows.file[parts]
    size = int(file.max(initial=-1)) + 1
    with_role = np.bincount(file[rows.role[parts] >= 0], minlength=size)
    share = with_role / np.maximum(np.bincount(file, minlength=size), 1)
    profiles: Mask = share[file] >= MIN_ROLE_SHARE
    return profiles


def fold_names(names: pa.Array) -> pa.Array:
    """Names as lower-case letters and single spaces, without accents; `Kim, Ana` → `ana kim`."""
    plain = pc.replace_substring_regex(pc.utf8_normalize(names, "NFKD"), r"\p{M}", "")
    plain = pc.replace_substring_regex(plain, r"^([^,]+), *([^,]+)$", r"\2 \1")
    plain = pc.replace_substring_regex(pc.utf8_lower(plain), r"[^\p{L} ]", "")
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(plain, r" +", " "))


def _encode_profiles(ids: pa.ChunkedArray) -> Codes:
    """Profile ids by code, a renamed profile under the code of its old id (−1: none)."""
    maps = pa.chunked_array(ids.chunks, ids.type).combine_chunks()
    old = pc.map_lookup(maps, pa.scalar("openreview"), "first")
    new = pc.map_lookup(maps, pa.scalar("openreview_renamed"), "first")
    known = pc.and_(pc.is_valid(old), pc.is_valid(new))
    renamed = dict(zip(new.filter(known).to_pylist(), old.filter(known).to_pylist(), strict=True))
    values, code = _encode(old)
    place = {value: i for i, value in enumerate(values.to_pylist())}
    target = np.arange(len(place) + 1, dtype=np.int64)
    target[-1] = -1
    for new_id, old_id in sorted(renamed.items()):
        if new_id in place:
            target[place[new_id]] = place[old_id]
    codes: Codes = target[code]
    return codes


_SECOND_LEVEL: Final = "ac|co|com|edu|gov|go|gob|net|or|org|re|res|sch"
_ROOT: Final = rf"(?P<root>[^.]+\.(?:{_SECOND_LEVEL})\.[a-z][a-z]|[^.]+\.[^.]+)$"
_FREE_MAIL: Final = tuple(
    word_set(
        "gmail.com googlemail.com hotmail.com outlook.com yahoo.com qq.com 163.com 126.com "
        "foxmail.com icloud.com me.com protonmail.com proton.me mail.com aol.com gmx.de gmx.net "
        "live.com sina.com naver.com daum.net hanmail.net web.de mail.ru yandex.ru"
    )
)
"""Sharing one of these hosts is no sign of a common place of work."""


def _read_meanings(mentions: pa.Table, resolved: pa.Table) -> Meanings:
    at = _find(resolved["mention_id"], mentions["mention_id"])
    root = pc.struct_field(pc.extract_regex(_flat(mentions["domain"]), _ROOT), "root")
    root = pc.if_else(pc.is_in(root, pa.array(_FREE_MAIL)), pa.scalar(None, pa.string()), root)
    text = pc.replace_substring_regex(pc.utf8_lower(_flat(mentions["text"])), r"[^\p{L}\d]+", " ")
    return Meanings(
        organization=_take(_encode(resolved["organization_id"])[1], at),
        domain=_encode(root)[1],
        text=_encode(text)[1],
        country=_take(_encode(resolved["country"])[1], at),
    )


def _read_part_number(records: pa.Table, rows: Codes) -> Codes:
    ids = records["record_id"].take(pa.array(rows))
    number = pc.struct_field(pc.extract_regex(_flat(ids), r"(?P<part>\d{1,9})$"), "part")
    return _numbers(pc.cast(number, pa.int64()), 0)


def _flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _encode(values: pa.ChunkedArray | pa.Array) -> tuple[pa.Array, Codes]:
    """Distinct values in ascending order, and each value's place among them (null: −1)."""
    encoded = _flat(values).dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    place = np.empty(len(order) + 1, dtype=np.int64)
    place[order] = np.arange(len(order))
    place[-1] = -1
    codes: Codes = place[_numbers(encoded.indices, -1)]
    return encoded.dictionary.take(pa.array(order)), codes


def _numbers(values: pa.ChunkedArray | pa.Array, default: int) -> Codes:
    filled: Codes = pc.fill_null(values, default).to_numpy(zero_copy_only=False).astype(np.int64)
    return filled


def _take(values: Codes, at: Codes) -> Codes:
    """`values[at]`, and −1 where `at` is −1."""
    taken: Codes = np.append(values, -1)[at]
    return taken


def _find(keys: pa.ChunkedArray, wanted: pa.ChunkedArray) -> Codes:
    """Where in `keys` each of `wanted` stands (−1: null or nowhere)."""
    known = _numbers(keys, -1)
    ask = _numbers(wanted, -1)
    if not len(known):
        return np.full(len(ask), -1, dtype=np.int64)
    order = np.argsort(known, kind="stable")
    at = order[np.minimum(np.searchsorted(known[order], ask), len(known) - 1)]
    found: Codes = np.where(known[at] == ask, at, -1)
    return found


def _starts(sorted_keys: Codes, keys: Codes) -> Codes:
    starts: Codes = np.append(np.searchsorted(sorted_keys, keys), len(sorted_keys))
    return starts.astype(np.int64)
