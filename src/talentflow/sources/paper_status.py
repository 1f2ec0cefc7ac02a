"""What became of a paper, from the words a conference list puts in its status field."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from talentflow.core.vocabulary import Tier

STATUS_WORDS: Final[dict[str, Tier]] = {
    "oral": Tier.ORAL,
    "talk": Tier.ORAL,
    "spotlight": Tier.SPOTLIGHT,
    "highlight": Tier.SPOTLIGHT,
    "poster": Tier.POSTER,
    "workshop": Tier.WORKSHOP,
    "findings": Tier.FINDINGS,
    "reject": Tier.REJECTED,
    "rejected": Tier.REJECTED,
    "withdraw": Tier.WITHDRAWN,
    "withdrawn": Tier.WITHDRAWN,
}
"""Word of a status → flag. Other words (Long, Short, Main, Industry, Technical Paper …) say
nothing about the tier: the paper was accepted."""

_UNDECIDED: Final = frozenset({"active", "pending", "submitted", "review"})


@lru_cache(maxsize=4096)
def read_tier(status: str, *, file_has_rejects: bool = False) -> int:
    """The sum of `vocabulary.Tier` flags of a status such as `Long Findings` or `Desk Reject`.

    Every paper was submitted. It was accepted unless it was rejected, withdrawn or is still
    undecided; an empty status means accepted in a list of accepted papers, and undecided in a
    list that holds rejected ones.
    """
    words = re.findall(r"[a-z]+", status.lower())
    tier = Tier.SUBMITTED
    for word in words:
        tier |= STATUS_WORDS.get(word, Tier.NONE)
    undecided = not _UNDECIDED.isdisjoint(words) or (not words and file_has_rejects)
    if not undecided and not tier & (Tier.REJECTED | Tier.WITHDRAWN):
        tier |= Tier.ACCEPTED
    return int(tier)


def is_rejection(status: str) -> bool:
    """Whether `status` says that the paper was rejected or withdrawn."""
    return bool(read_tier(status) & (Tier.REJECTED | Tier.WITHDRAWN))
