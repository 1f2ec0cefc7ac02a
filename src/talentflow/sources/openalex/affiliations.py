"""Which affiliation is meant: each distinct one has a number, and its mention.

A worker keeps what it has met from file to file, because files name the same institutions over
and over. What a file yields does not depend on it: its mentions come sorted by their ids.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from talentflow.core.areas import AREA_INDEX
from talentflow.core.contracts import MENTIONS, check_table
from talentflow.core.errors import ContractError
from talentflow.sources.evidence import Affiliation, mention_id
from talentflow.sources.openalex.known import E_NUMBER, INSTITUTION, Entries, enlarge, make_entries
from talentflow.sources.printed_text import fold_space

Integers = npt.NDArray[np.int64]

NO_AFFILIATION: Final = -1
_NOWHERE: Final = Affiliation()
_ROR: Final = re.compile(r"(?:https?://)?(?:www\.)?(?:ror\.org/)?(0[a-z0-9]{6}[0-9]{2})/?")

_KEPT: Final = 1 << 19
"""So many affiliations are kept for the next file; institutions are a fifth of them."""


class Institution(msgspec.Struct, gc=False):
    """An institution as an authorship names it."""

    display_name: str | None = None
    ror: str | None = None
    country_code: str | None = None


_INSTITUTION_DECODER: Final = msgspec.json.Decoder(Institution)
_TEXTS_DECODER: Final = msgspec.json.Decoder(list[str | None])


class Affiliations:
    """Each distinct affiliation once; rows point to it by its number.

    `entries` are those that lines of JSON named, by the bytes they are written in.
    """

    def __init__(self) -> None:
        self.entries: Entries = make_entries()
        self._numbers = np.array([NO_AFFILIATION])  # the last one is that of no entry
        self._known: dict[Affiliation, int] = {}
        self._ids = np.zeros(1, np.int64)  # the last one is that of no affiliation
        self._new: list[int] = []
        self._mentions = MENTIONS.empty()

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Affiliation]:
        return iter(self._known)

    def number(self, said: Affiliation) -> int:
        """Of one affiliation; `NO_AFFILIATION` for an empty one."""
        if said == _NOWHERE:
            return NO_AFFILIATION
        number = self._known.setdefault(said, len(self._known))
        if number == len(self._ids) - 1 + len(self._new):
            self._new.append(mention_id(*said))
        return number

    def of_institution(self, institution: Institution) -> int:
        """What the source itself asserts: the organization and the country."""
        country = (institution.country_code or "").upper()
        return self.number(
            Affiliation(
                fold_space(institution.display_name or "") or None,
                None,
                _parse_ror(institution.ror),
                country if country in AREA_INDEX else None,
            )
        )

    def of_text(self, text: str | None) -> int:
        """What is printed, where the source found no institution in it."""
        folded = fold_space(text or "")
        return self.number(Affiliation(folded)) if folded else NO_AFFILIATION

    def of_entries(self, entry: Integers) -> Integers:
        """The number of each entry; `NO_AFFILIATION` for those below 0. Raises
        `msgspec.DecodeError` and `UnicodeDecodeError` for an entry that is broken."""
        entries = self.entries
        arena = entries.arena.data
        told = entries.entries[len(self._numbers) - 1 : entries.counts[0], :E_NUMBER].tolist()
        raws = [(arena[start : start + length], kind) for start, length, kind in told]
        # All texts at once: in many files most affiliations are texts that occur once.
        joined = b",".join(raw for raw, kind in raws if kind != INSTITUTION)
        texts = iter(_TEXTS_DECODER.decode(b"[%s]" % joined))
        numbers = [
            self.of_institution(_INSTITUTION_DECODER.decode(raw))
            if kind == INSTITUTION
            else self.of_text(next(texts))
            for raw, kind in raws
        ]
        if numbers:
            added = np.array([*numbers, NO_AFFILIATION], np.int64)
            self._numbers = np.concatenate([self._numbers[:-1], added])
        return self._numbers[entry]

    @property
    def lacks_room(self) -> bool:
        """Whether there was no room for one more entry."""
        return bool(self.entries.counts[2])

    def make_room(self) -> None:
        """Take more memory for entries, or forget them where it is enough."""
        self.entries, kept = enlarge(self.entries)
        if not kept:
            self._numbers = self._numbers[-1:]

    def forget_entries(self) -> None:
        """As if no line had been read: one of the entries is broken."""
        self.entries = make_entries()
        self._numbers = self._numbers[-1:]

    def mention_ids(self, numbers: Integers) -> Integers:
        """The mention of each affiliation; 0 for none."""
        if self._new:
            self._ids = np.concatenate([self._ids[:-1], np.array([*self._new, 0], np.int64)])
            self._new = []
        return self._ids[numbers]

    def list_mentions(self, numbers: Integers, where: str) -> pa.Table:
        """The table of mentions of some affiliations, each given once, by their ids."""
        ids = self.mention_ids(numbers)
        order = np.argsort(ids)
        if (np.diff(ids[order]) == 0).any():
            raise ContractError(
                "two different mentions have the same id",
                expected="one id per affiliation",
                where=where,
            )
        self._list_new_mentions()
        return check_table(self._mentions.take(pa.array(numbers[order])), MENTIONS)

    def _list_new_mentions(self) -> None:
        listed = self._mentions.num_rows
        if listed == len(self._known):
            return
        said = islice(self._known, listed, None)
        columns = [self._ids[listed:-1].tolist(), *zip(*said, strict=True)]
        told = [pa.array(c, f.type) for c, f in zip(columns, MENTIONS.schema, strict=True)]
        added = pa.Table.from_arrays(told, schema=MENTIONS.schema)
        self._mentions = pa.concat_tables([self._mentions, added]).combine_chunks()


def recall_affiliations() -> Affiliations:
    """Those that this thread met before, or none where they became too many."""
    found: Affiliations | None = getattr(_THREAD, "affiliations", None)
    if found is None or len(found) > _KEPT:
        found = _THREAD.affiliations = Affiliations()
    return found


_THREAD: Final = threading.local()


def _parse_ror(text: str | None) -> str | None:
    found = (_ROR.fullmatch(text) or _ROR.fullmatch(text.strip().lower())) if text else None
    return f"https://ror.org/{found[1]}" if found else None
