"""By which names and ids the people of the toy world appear in each source.

Ids are computed from the person's number, so that they differ between persons and repeat
between builds. Nobody has all of them, as in life.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np

from talentflow.sources.toy.careers import Array, World, open_stream
from talentflow.sources.toy.names import POOL_OF_COUNTRY, FullName, draw_names

NEVER: Final = 9999
"""The year of a change that does not happen."""

_SHARE_WITH_ORCID = 0.35
_SHARE_WITH_DBLP = 0.5
_SHARE_WITH_SCHOLAR = 0.6
_BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@dataclass(frozen=True, kw_only=True)
class Identity:
    """One person. `profile`: the OpenReview id; `old_profile` stands on papers before
    `renamed_year`. From `split_year` on the `second_…` ids appear instead. Empty: has none."""

    name: FullName
    profile: str
    old_profile: str
    renamed_year: int
    split_year: int
    second_profile: str
    ieee: str
    second_ieee: str
    slug: str
    second_slug: str
    email_number: str
    orcid: str
    dblp: str
    scholar: str
    openalex: str
    second_openalex: str

    def current_profile(self, year: int) -> str:
        """The profile that holds the person's data, whatever id the paper shows."""
        return self.second_profile if year >= self.split_year else self.profile

    def printed_profile(self, year: int) -> str:
        """The profile id on a paper of this year."""
        return self.old_profile if year < self.renamed_year else self.current_profile(year)

    def printed_ieee(self, year: int) -> str:
        """The IEEE author number on a paper of this year."""
        return self.second_ieee if year >= self.split_year else self.ieee

    def printed_slug(self, year: int) -> str:
        """The ACL Anthology slug on a paper of this year."""
        return self.second_slug if year >= self.split_year else self.slug

    def printed_openalex(self, year: int) -> str:
        """The OpenAlex author on a paper of this year."""
        return self.second_openalex if year >= self.split_year else self.openalex


def draw_identities(world: World) -> list[Identity]:
    """One identity for each person of the world, by person number."""
    rng = open_stream(world.seed, "people")
    pools = [POOL_OF_COUNTRY[world.spec.countries[origin]] for origin in world.origin]
    names = draw_names(pools, rng)
    has = rng.random((3, world.n_people)) < np.array(
        [[_SHARE_WITH_ORCID], [_SHARE_WITH_DBLP], [_SHARE_WITH_SCHOLAR]]
    )
    names = _plant_homonyms(world, names)
    renamed, split = _draw_changes(world)
    bearers: Counter[FullName] = Counter()
    identities = []
    for person, name in enumerate(names):
        bearers[name] += 1
        identities.append(
            _identify(
                (person, name, bearers[name]),
                has=has[:, person],
                renamed_year=int(renamed[person]),
                split_year=int(split[person]),
            )
        )
    return identities


def checksum_orcid(digits: str) -> str:
    """The check character of 15 digits: ISO/IEC 7064 MOD 11-2."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    return "X" if check == 10 else str(check)


def _plant_homonyms(world: World, names: list[FullName]) -> list[FullName]:
    """Some persons take the name of another person from the same country."""
    rng = open_stream(world.seed, "homonyms")
    takes = np.flatnonzero(rng.random(len(names)) < world.spec.errors.homonyms)
    planted = list(names)
    for person in takes:
        compatriots = np.flatnonzero(world.origin == world.origin[person])
        planted[person] = names[int(rng.choice(compatriots))]
    return planted


def _draw_changes(world: World) -> tuple[Array, Array]:
    """The year in which a profile was renamed, and in which ids split; mostly never."""
    rng = open_stream(world.seed, "changed_ids")
    count = world.n_people
    year = np.maximum(world.start_year, world.spec.first_year) + rng.integers(1, 6, (2, count))
    happens = rng.random((2, count)) < np.array(
        [[world.spec.errors.renamed_profiles], [world.spec.errors.split_ids]]
    )
    renamed, split = np.where(happens, year, [[0], [NEVER]])
    return renamed, split


def _identify(
    who: tuple[int, FullName, int], *, has: Array, renamed_year: int, split_year: int
) -> Identity:
    person, name, bearer = who
    given, surname = _fold(name.given), _fold(name.surname)
    slug = f"{given}-{surname}".lower().replace("_", "-")
    suffix = f"{bearer}"
    return Identity(
        name=name,
        profile=f"~{given}_{surname}{suffix}",
        old_profile=f"~{surname}_{given}{suffix}",
        renamed_year=renamed_year,
        split_year=split_year,
        second_profile=f"~{given}_{surname}{bearer + 100}",
        ieee=f"/37{_scatter(person, 10**9):09d}",
        second_ieee=f"/38{_scatter(person, 10**9):09d}",
        slug=f"/{slug[0]}/{slug}/",
        second_slug=f"/{slug[0]}/{slug}-2/",
        email_number=f"{person + 1:06d}",
        orcid=_make_orcid(person) if has[0] else "",
        dblp=f"{person // 9999 + 401}/{person % 9999 + 1}" if has[1] else "",
        scholar=_make_scholar(person) if has[2] else "",
        openalex=f"https://openalex.org/A9{_scatter(person, 10**9):09d}",
        second_openalex=f"https://openalex.org/A8{_scatter(person, 10**9):09d}",
    )


def _fold(part: str) -> str:
    return re.sub(r"[^A-Za-z_-]", "", part.replace(" ", "_"))


def _scatter(number: int, size: int) -> int:
    """A one-to-one shuffle of 0 … size - 1 for sizes that are powers of ten."""
    return (number * 982_451_653 + 15_485_863) % size


def _make_orcid(person: int) -> str:
    digits = f"00090009{_scatter(person, 10**7):07d}"
    digits += checksum_orcid(digits)
    return "-".join(digits[start : start + 4] for start in range(0, 16, 4))


def _make_scholar(person: int) -> str:
    letters, rest = "", _scatter(person, 10**9)
    for _ in range(7):
        rest, digit = divmod(rest, 64)
        letters += _BASE64[digit]
    return f"{letters}AAAAJ"
