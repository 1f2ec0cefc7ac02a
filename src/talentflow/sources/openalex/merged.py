"""Which works and authors of OpenAlex have been merged into which others?

`merged_ids` lists them: the id that is gone and the id it went into. A work that is gone counts
no more, its evidence is in the other; the records of an author who is gone are the other's.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from talentflow.core.errors import InputError
from talentflow.sources.openalex.works import Damaged, Integers, parse_entity, unpack

_LONGEST_CHAIN: Final = 20


def _none() -> Integers:
    return np.empty(0, np.int64)


@dataclass(frozen=True)
class Merged:
    """Digits of ids. `authors` (sorted) went into `heirs`; `works` (sorted) are gone."""

    works: Integers
    authors: Integers
    heirs: Integers

    def gone(self, works: Integers) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which of these works are gone."""
        places, known = _find(self.works, works)
        del places
        return known

    def follow(self, authors: Integers) -> Integers:
        """The authors as they are known today; a chain of merges is followed to its end."""
        found = authors
        for _ in range(_LONGEST_CHAIN):
            places, known = _find(self.authors, found)
            if not known.any():
                break
            found = np.where(known, self.heirs[places], found) if len(self.heirs) else found
        return found


NOTHING_MERGED: Final = Merged(_none(), _none(), _none())


def list_merged_files(folder: Path) -> list[str]:
    """The files below a folder that list merged works and authors, sorted."""
    return sorted(
        path.relative_to(folder).as_posix()
        for kind in ("works", "authors")
        for path in folder.rglob(f"merged_ids/{kind}/*")
        if path.name.endswith((".csv", ".csv.gz")) and path.is_file()
    )


def load_merged(folder: Path, files: Iterable[str]) -> Merged:
    """What these files say. Raises `InputError` for one that cannot be read."""
    works: dict[int, int] = {}
    authors: dict[int, int] = {}
    for file in files:
        letter = "W" if "/works/" in f"/{file}" else "A"
        (works if letter == "W" else authors).update(_read_pairs(folder / file, letter))
    gone = np.array(sorted(authors), np.int64)
    return Merged(
        works=np.array(sorted(works), np.int64),
        authors=gone,
        heirs=np.array([authors[int(number)] for number in gone], np.int64),
    )


def _read_pairs(path: Path, letter: str) -> dict[int, int]:
    try:
        body = path.read_bytes()
        text = unpack(body).decode()
        pairs = {}
        for row in csv.DictReader(io.StringIO(text, newline="")):
            gone = parse_entity(row["id"], letter)
            heir = parse_entity(row["merge_into_id"], letter)
            if gone is not None and heir is not None and gone != heir:
                pairs[gone] = heir
        return pairs
    except (OSError, EOFError, Damaged, ValueError, KeyError) as error:
        raise InputError(
            f"the list of merged ids cannot be read: {error!r}",
            expected="CSV with the columns merge_date, id, merge_into_id, plain or gzipped",
            where=str(path),
            next_step="fetch it again",
        ) from error


def _find(
    known: Integers, asked: Integers
) -> tuple[Integers, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    if not len(known):
        return np.zeros(len(asked), np.int64), np.zeros(len(asked), np.bool_)
    places = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return places, known[places] == asked
