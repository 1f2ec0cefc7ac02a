"""What do sets of rules that are counted beside each other have in common?

Whoever was only ever seen in one country is *settled*: how a country is chosen and what makes a
move cannot matter, so sets of rules that differ in nothing else count the settled once. Sets that
differ only in what makes a move put everybody in the same countries, which are found once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np

from talentflow.careers.residence import (
    DATED_SEEN,
    KIND_ANY,
    KIND_MODE,
    ORIGIN_FIRST,
    TIE_STAY,
    CompiledRules,
    compile_rules,
)
from talentflow.core.rules import Rules


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What to count under one set of rules: moves between countries, and if so said, who lives
    where (`stock`), who has moved before and who stayed (`lasting`), stages and sectors
    (`details`), and shares of `cohorts`. Rules that split persons (`Rules.splits_persons`) have
    neither of the last two. Moves alone are counted of those who were seen in several countries,
    so most persons cost nothing.
    """

    rules: Rules
    stock: bool = True
    lasting: bool = True
    details: bool = True
    cohorts: bool = True


class Asked(NamedTuple):
    """Compiled rules, what is counted under them, and the traits of the rows that place
    everybody, told apart or not, who hold the cohorts."""

    rules: CompiledRules
    stock: bool
    lasting: bool
    details: bool
    cohorts: bool
    traits_of_all: int

    @property
    def concerns_settled(self) -> bool:
        """Whether anything but moves is counted, which the settled have none of."""
        return self.stock or self.lasting or self.details or self.cohorts


class Plan(NamedTuple):
    """What is asked of those who were seen in several countries, what of the settled, and which
    of the latter goes with each of the former."""

    moving: list[Asked]
    settled: list[Asked]
    settled_as: list[int]


def ask(wanted: Wanted) -> Asked:
    """What is wanted, in the form the compiled pass reads."""
    rules, single = wanted.rules, not wanted.rules.splits_persons
    everybody = replace(rules, people=replace(rules.people, linkage="all"))
    return Asked(
        compile_rules(rules),
        wanted.stock,
        wanted.lasting,
        wanted.details and single,
        wanted.cohorts and single,
        compile_rules(everybody).traits,
    )


def settle(asked: Asked) -> Asked:
    """The same without what cannot matter to who was only ever seen in one country. Where every
    country of a year counts, it matters that the world is counted apart."""
    kind = KIND_ANY if asked.rules.kind == KIND_ANY else KIND_MODE
    rules = asked.rules._replace(
        tie=TIE_STAY, kind=kind, by_votes=False, units=1, dating=DATED_SEEN, window=-1
    )
    return asked._replace(rules=rules)


def make_plan(moving: list[Asked]) -> Plan:
    """With what is asked of the settled, each of it once."""
    settled = [settle(asked) for asked in moving]
    distinct = list(dict.fromkeys(settled))
    return Plan(moving, distinct, [distinct.index(each) for each in settled])


_FIELDS: Final = ("settled", "stock", "lasting", "details", "cohorts")
_ASKED_RECORD: Final = np.dtype([(name, np.int64) for name in (*_FIELDS, *CompiledRules._fields)])


def list_records(group: Sequence[Asked], *, everybody: bool, settled: bool) -> Any:
    """Records with the fields of `CompiledRules`, of whom and what is counted; the first has the
    widest window, so that what it needs to know of a life serves the others."""
    values = [
        (
            *(settled, asked.stock, asked.lasting, asked.details, asked.cohorts),
            *(asked.rules._replace(traits=asked.traits_of_all) if everybody else asked.rules),
        )
        for asked in group
    ]
    return np.array(values, _ASKED_RECORD)


def list_groups(asked: Sequence[Asked], most: int) -> list[list[int]]:
    """The numbers of those that put everybody in the same country in the same year, at most so
    many together, the widest window first."""
    groups: dict[Asked, list[int]] = {}
    for number, each in enumerate(asked):
        groups.setdefault(_reside(each), []).append(number)
    return [
        sorted(group, key=lambda number: -asked[number].rules.window)[at : at + most]
        for group in groups.values()
        for at in range(0, len(group), most)
    ]


def _reside(asked: Asked) -> Asked:
    """The same without what says nothing of who lives where, and at which stage."""
    rules = asked.rules._replace(
        max_gap=0, fill=0, pad=0, dating=0, window=-1, origin_left_out=False,
        origin=int(asked.details or asked.rules.origin != ORIGIN_FIRST),
    )  # fmt: skip
    return Asked(rules, False, False, False, False, 0)
