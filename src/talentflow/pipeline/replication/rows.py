"""What is a row of the replication report?

Two kinds: a `Check` compares many cells at once, a `Comparison` puts one published figure beside
one of ours. Each carries a verdict and an explanation in all languages; a miss without an
explanation cannot be written down.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from talentflow.core.areas import LANGUAGES

Text = dict[str, str]
"""Language (`en`, `ko`) → text."""

VERDICTS: Final = ("agrees", "differs", "not_comparable")
PARTS: Final = ("tables", "equal_inputs", "conferences", "cohorts", "beside")


@dataclass(frozen=True, kw_only=True)
class Check:
    """`cells` compared, `equal` of them the same; `largest` deviation in `unit`. `holds` is the
    identity's own verdict, null where none is claimed; `correlation` (Pearson) and `ranks`
    (Spearman) have bounds where they were bootstrapped."""

    id: str
    title: Text
    explanation: Text
    verdict: str
    cells: int
    equal: int | None = None
    largest: float | None = None
    unit: str | None = None
    correlation: float | None = None
    ranks: float | None = None
    ranks_low: float | None = None
    ranks_high: float | None = None
    ratio: float | None = None
    holds: bool | None = None

    def __post_init__(self) -> None:
        _check_words(self.verdict, self.title, self.explanation)

    def to_dict(self) -> dict[str, Any]:
        """As written to `replication.json`."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """A figure of somebody else beside ours. Null bounds: nothing was printed to compute them
    from; null `ours`: there is no open figure. `n` is the number of persons behind the published
    figure, `design_effect` and `icc` what its bounds assume."""

    id: str
    edition: str
    measure: str
    area: str
    published: float
    unit: str
    definition: Text
    denominator: Text
    grade: str
    source: str
    url: str
    verdict: str
    explanation: Text
    low: float | None = None
    high: float | None = None
    n: int | None = None
    design_effect: float | None = None
    icc: float | None = None
    ours: float | None = None
    ours_low: float | None = None
    ours_high: float | None = None
    ours_unit: str | None = None
    ours_n: int | None = None
    ours_period: str | None = None
    ours_definition: str | None = None
    ours_denominator: Text | None = field(default=None)
    stand_in: bool = False
    difference: float | None = None
    difference_low: float | None = None
    difference_high: float | None = None

    def __post_init__(self) -> None:
        _check_words(self.verdict, self.definition, self.denominator, self.explanation)

    def to_dict(self) -> dict[str, Any]:
        """As written to `replication.json`."""
        return asdict(self)


def say(key: str, **words: object) -> Text:
    """A sentence of `texts.toml` in all languages with its placeholders filled; a placeholder
    that is itself a `Text` is taken in the same language."""
    entry: Any = _texts()
    for name in key.split("."):
        entry = entry[name]
    return {
        language: entry[language].format(
            **{n: w[language] if isinstance(w, dict) else w for n, w in words.items()}
        )
        for language in LANGUAGES
    }


def join(*texts: Text) -> Text:
    """Sentences after one another."""
    return {language: " ".join(text[language] for text in texts) for language in LANGUAGES}


def _check_words(verdict: str, *texts: Text) -> None:
    if verdict not in VERDICTS:
        raise ValueError(f"verdict {verdict!r} is none of {VERDICTS}")
    if not all(text.get(language) for text in texts for language in LANGUAGES):
        raise ValueError("a row of the replication report lacks words")


@lru_cache(maxsize=1)
def _texts() -> dict[str, Any]:
    folder = files("talentflow.pipeline.replication")
    return tomllib.loads(folder.joinpath("texts.toml").read_text(encoding="utf-8"))
