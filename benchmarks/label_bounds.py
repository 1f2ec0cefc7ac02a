"""What of the errors on lists with one id a text is error, and what is choice of the label?

Publishers assert one organization where a text names several, a part or its whole as they
like, and sometimes another altogether. Each wrong first answer is put into the first class that
fits, so that the shares say what precision could at most become.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from talentflow.resolve.candidates import parse_text
from talentflow.resolve.choose import is_part
from talentflow.resolve.general_words import GENERIC_WORDS
from talentflow.resolve.registry import Registry

CLASSES = ("also answered", "part or whole", "not in the text", "other")


def class_of_miss(text: str, known: set[int], answers: Sequence[int], registry: Registry) -> str:
    """Why the first of `answers` is not among the organizations that the label knows.

    `also answered`: the labelled one is a further answer. `part or whole`: of the labelled one.
    `not in the text`: no telling word or name of the labelled one stands there. Else `other`.
    """
    if known.intersection(answers[1:]):
        return "also answered"
    first = answers[0]
    if any(is_part(first, o, registry) or is_part(o, first, registry) for o in known):
        return "part or whole"
    return "other" if _stands_in(text, known, registry) else "not in the text"


def count_misses(
    cases: Sequence[tuple[str, set[int], Sequence[int]]], registry: Registry
) -> Counter[str]:
    """Cases of text, labelled organizations and answers → how many wrong ones of each class."""
    return Counter(
        class_of_miss(text, known, answers, registry)
        for text, known, answers in cases
        if answers and answers[0] not in known
    )


def _stands_in(text: str, known: set[int], registry: Registry) -> bool:
    words = parse_text(text).words
    padded = f" {' '.join(words)} "
    indexes = (registry.by_name, registry.by_acronym)
    names = [k for x in indexes for k, found in x.items() if any(o in known for o, _ in found)]
    telling = {word for name in names for word in name.split()} - GENERIC_WORDS
    return bool(telling.intersection(words)) or any(f" {name} " in padded for name in names)
