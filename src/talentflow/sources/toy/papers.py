"""Which papers the people of the toy world wrote, with whom, and what was misprinted.

Every year with papers becomes that many author slots, and slots of the same year and venue are
bound into papers: mostly of one organization, else of one country, some mixed from all
countries. Nobody is twice on one paper.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from talentflow.core.vocabulary import STAGES
from talentflow.sources.toy.careers import Array, World, open_stream
from talentflow.sources.toy.identities import Identity, draw_identities
from talentflow.sources.toy.spec import VENUES

_TEAM_SIZES: Final = np.array([1, 2, 3, 4, 5, 6, 7])
_TEAM_WEIGHTS: Final = np.array([0.06, 0.16, 0.24, 0.22, 0.16, 0.1, 0.06])
_AWARD_STATUSES: Final = ("Oral", "Spotlight", "Poster")
_AWARD_WEIGHTS: Final = np.array([0.06, 0.14, 0.8])

DEPARTMENTS: Final = (
    "Department of Computer Science",
    "School of Computing",
    "Department of Electrical Engineering",
    "Graduate School of Artificial Intelligence",
)
"""What stands before the organization in a long affiliation."""


@dataclass(frozen=True, kw_only=True)
class Author:
    """One author slot: the person, where the person truly was, and what is misprinted."""

    identity: Identity
    row: int
    organization: int
    position: str
    department: str
    missing_affiliation: bool
    misspelt_organization: bool
    missing_ids: bool
    bad_domain: bool
    bare_branch: bool


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One paper with its authors in order. `number` counts all papers of the world from 0.

    `doubled`: an IEEE-like record prints all authors twice. `shuffled`: the profile fields of
    an OpenReview-like record are in another order than the authors.
    """

    number: int
    year: int
    venue: str
    status: str
    title: str
    authors: tuple[Author, ...]
    doubled: bool
    shuffled: bool

    @property
    def accepted(self) -> bool:
        """Whether the venue took the paper."""
        return self.status != "Reject"


def list_papers(world: World) -> Iterator[Paper]:
    """All papers of the world, by year and venue."""
    identities = draw_identities(world)
    slots = _bind_slots(world)
    authors = _list_authors(world, identities, slots)
    bounds = np.flatnonzero(np.diff(slots["paper"], prepend=-1, append=-1))
    drawn = _draw_papers(world, len(bounds) - 1)
    for number, (start, stop) in enumerate(pairwise(bounds.tolist())):
        row = slots["row"][start]
        venue = VENUES[world.venue[world.person[row]]]
        yield Paper(
            number=number,
            year=int(world.year[row]),
            venue=venue,
            status=_choose_status(venue, drawn["status"][number], world.spec.reject_share),
            title=_make_title(venue, int(drawn["words"][number]), number),
            authors=tuple(authors[start:stop]),
            doubled=bool(drawn["doubled"][number] < world.spec.errors.doubled_author_lists),
            shuffled=bool(drawn["shuffled"][number] < world.spec.errors.shuffled_profiles),
        )


def _bind_slots(world: World) -> dict[str, Array]:
    """Author slots in print order: `row` of the world and `paper` number."""
    rng = open_stream(world.seed, "papers")
    row = np.repeat(np.arange(len(world.person)), world.papers)
    # the n-th papers of people are bound with each other, so nobody meets himself
    turn = np.arange(len(row)) - np.repeat(np.cumsum(world.papers) - world.papers, world.papers)
    mixed = rng.random(len(row)) < world.spec.collaboration
    country = np.where(mixed, -1, world.country[row])
    organization = np.where(mixed, -1, world.organization[row])
    apart: list[Array] = [country, turn, world.venue[world.person[row]], world.year[row]]
    order = np.lexsort((rng.random(len(row)), organization, *apart))
    row = row[order]
    starts = np.zeros(len(row), bool)
    for key in apart:
        starts |= np.diff(key[order], prepend=-2) != 0
    sizes = rng.choice(_TEAM_SIZES, len(row), p=_TEAM_WEIGHTS)
    ends = np.cumsum(sizes)
    starts[ends[ends < len(row)]] = True
    paper = np.cumsum(starts) - 1
    in_print_order = np.lexsort((_rank_seniority(world, row, rng), paper))
    return {"row": row[in_print_order], "paper": paper[in_print_order]}


def _rank_seniority(world: World, row: Array, rng: np.random.Generator) -> Array:
    """Students tend to stand first and faculty last."""
    stage = world.stage[row]
    rank = np.where(stage == STAGES.index("faculty"), 2.0, 1.0)
    rank[stage <= STAGES.index("doctoral")] = 0.0
    return rank + 1.5 * rng.random(len(row))


def _list_authors(
    world: World, identities: list[Identity], slots: dict[str, Array]
) -> list[Author]:
    row = slots["row"]
    rng = open_stream(world.seed, "slots")
    errors = world.spec.errors
    rates = {
        "missing_affiliation": errors.missing_affiliation,
        "misspelt_organization": errors.misspelt_organization,
        "missing_ids": errors.missing_ids,
        "bad_domain": errors.bad_domains,
        "bare_branch": errors.bare_branches,
    }
    planted = {name: (rng.random(len(row)) < rate).tolist() for name, rate in rates.items()}
    department = rng.integers(0, len(DEPARTMENTS), len(row)).tolist()
    positions = _list_positions(world)
    people, organizations = world.person[row].tolist(), world.organization[row].tolist()
    return [
        Author(
            identity=identities[people[slot]],
            row=world_row,
            organization=organizations[slot],
            position=positions[world_row],
            department=DEPARTMENTS[department[slot]],
            **{name: flags[slot] for name, flags in planted.items()},
        )
        for slot, world_row in enumerate(row.tolist())
    ]


def _list_positions(world: World) -> list[str]:
    """What OpenReview would print for each row; professors rise with the years."""
    first = np.flatnonzero(np.diff(world.person, prepend=-1))
    since = np.repeat(world.start_year[world.person[first]], np.diff([*first, len(world.person)]))
    years = (world.year - since).tolist()
    return [
        _name_position(STAGES[stage], age, person)
        for stage, age, person in zip(
            world.stage.tolist(), years, world.person.tolist(), strict=True
        )
    ]


def _name_position(stage: str, career_years: int, person: int) -> str:
    if stage == "faculty":
        ranks = ("Assistant Professor", "Associate Professor", "Full Professor")
        return ranks[min(career_years // 8, 2)]
    if stage == "industry":
        return ("Research Scientist", "Software Engineer", "Researcher")[person % 3]
    return _POSITIONS[stage]


_POSITIONS: Final = {
    "undergraduate": "Undergrad student",
    "master": "MS student",
    "doctoral": "PhD student",
    "postdoctoral": "Postdoc",
    "researcher": "Researcher",
    "other": "Instructor",
}


def _draw_papers(world: World, count: int) -> dict[str, Array]:
    rng = open_stream(world.seed, "printing")
    return {
        "status": rng.random(count),
        "doubled": rng.random(count),
        "shuffled": rng.random(count),
        "words": rng.integers(0, 2**31, count),
    }


def _choose_status(venue: str, drawn: float, reject_share: float) -> str:
    if venue == "icra":
        return "Poster"
    if venue == "acl":
        return ("Long", "Short", "Findings")[min(int(drawn * 4), 2)]
    if venue == "corl":
        if drawn < reject_share:
            return "Reject"
        drawn = (drawn - reject_share) / (1 - reject_share)
    return _AWARD_STATUSES[int(np.searchsorted(np.cumsum(_AWARD_WEIGHTS), drawn, side="right"))]


_TITLE_WORDS: Final = {
    "how": "Adaptive,Robust,Self-Supervised,Sparse,Causal,Hierarchical,Efficient,Contrastive,"
    "Uncertainty-Aware,Lifelong,Modular,Scalable",
    "corl": "Skill Discovery,Policy Learning,Grasp Synthesis,Imitation,World Models,"
    "Reward Inference",
    "icra": "Motion Planning,Legged Locomotion,Visual Servoing,Localization,Swarm Control,"
    "Soft Grippers",
    "acl": "Parsing,Translation,Question Answering,Summarization,Word Alignment,Dialogue Modelling",
    "nips": "Variational Inference,Kernel Methods,Bandits,Spiking Networks,Matrix Completion,"
    "Density Estimation",
    "where": "from Few Examples,under Partial Observation,with Shared Memory,in Open Worlds,"
    "at Scale,with Guarantees,across Domains,without Labels",
}


def _make_title(venue: str, drawn: int, number: int) -> str:
    parts = []
    for kind in ("how", venue, "where"):
        words = _TITLE_WORDS[kind].split(",")
        drawn, choice = divmod(drawn, len(words))
        parts.append(words[choice])
    return f"{' '.join(parts)}: Study {number + 1}"
