"""Every text exists in every language and asks for the same words."""

from __future__ import annotations

import re

import pytest

from talentflow.core.areas import LANGUAGES
from talentflow.core.vocabulary import FLAGS, SECTORS, STAGES
from talentflow.serve.charts import AREA_CHARTS, WORLD_CHARTS
from talentflow.serve.charts.quality import QUALITY_CHARTS
from talentflow.serve.charts.replication import REPLICATION_CHARTS
from talentflow.serve.texts import choose_language, get_text, has_text, load_texts


def _placeholders(text: str) -> set[str]:
    return {name.split(":")[0] for name in re.findall(r"\{([^}]+)\}", text)}


def test_every_text_is_in_every_language() -> None:
    for key, texts in load_texts().items():
        assert set(texts) == set(LANGUAGES), key
        assert all(text.strip() for text in texts.values()), key


def test_languages_ask_for_the_same_words() -> None:
    for key, texts in load_texts().items():
        assert _placeholders(texts["en"]) == _placeholders(texts["ko"]), key


def test_korean_texts_are_korean() -> None:
    symbols = {"site.name", "api.title", "nav.api", "column.n", "column.sha256", "chart.n_one",
               "headline.n", "headline.n_title", "site.other_language"}  # fmt: skip
    foreign = {key for key, texts in load_texts().items() if not re.search("[가-힣]", texts["ko"])}
    formulas = {"interval.span", "chart.n_range", "api.parameter.kind", "api.parameter.format"}
    assert foreign - symbols == formulas


def test_words_of_the_field_have_texts() -> None:
    keys = [f"flag.{flag}.{part}" for flag in FLAGS for part in ("short", "sentence", "long")]
    keys += [f"sector.{sector}" for sector in SECTORS] + [f"stage.{stage}" for stage in STAGES]
    charts = (*WORLD_CHARTS, *AREA_CHARTS, *QUALITY_CHARTS, *REPLICATION_CHARTS)
    keys += [f"chart.{id_}.{part}" for id_ in charts for part in ("title", "subtitle")]
    assert [key for key in keys if not has_text(key)] == []


def test_unknown_text_is_an_error() -> None:
    with pytest.raises(KeyError):
        get_text("no.such.text", "en")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("en-US,en;q=0.9,ko;q=0.8", "en"),
        ("fr,ko;q=0.3", "ko"),
        ("ko;q=0, en;q=0.1", "en"),
        ("ko;q=nonsense", "en"),
        ("*", "en"),
    ],
)
def test_language_follows_the_browser(header: str | None, language: str) -> None:
    assert choose_language(header) == language
