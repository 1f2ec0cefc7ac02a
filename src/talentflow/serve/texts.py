"""What does the web say, in each language?

Every sentence shown to users stands in `texts.toml`, once, in all languages side by side.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from talentflow.core.areas import LANGUAGES

DEFAULT_LANGUAGE: Final = "en"


def get_text(key: str, language: str, **words: object) -> str:
    """The text of `key` (`overview.title`) with its placeholders filled.

    Raises `KeyError` for an unknown key: texts are part of the program, not of its input.
    """
    text = load_texts()[key][language]
    return text.format(**words) if words else text


def has_text(key: str) -> bool:
    """Whether there is a text of this key."""
    return key in load_texts()


@lru_cache(maxsize=1)
def load_texts() -> dict[str, dict[str, str]]:
    """Dotted key → language → text."""
    raw = files("talentflow.serve").joinpath("texts.toml").read_text(encoding="utf-8")
    return dict(_flatten(tomllib.loads(raw), ""))


def _flatten(tree: dict[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, str]]]:
    if set(tree) & set(LANGUAGES):
        yield prefix, tree
        return
    for name, below in tree.items():
        yield from _flatten(below, f"{prefix}.{name}" if prefix else name)


def choose_language(accept_language: str | None) -> str:
    """The language an `Accept-Language` header prefers among those spoken here."""
    ranked = sorted(_parse_accept(accept_language or ""), key=lambda item: -item[1])
    return next((lang for lang, weight in ranked if weight > 0), DEFAULT_LANGUAGE)


def _parse_accept(header: str) -> Iterator[tuple[str, float]]:
    for part in header.split(","):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            continue
        if language in LANGUAGES:
            yield language, weight
