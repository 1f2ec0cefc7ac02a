"""How is a figure said aloud, in English and in Korean?

Numbers, dates and names of countries follow CLDR; sentences stand in `texts.toml`. A placeholder
there may ask for the grammar around a word: `{area:은/는}` adds the Korean particle that fits the
word's last sound, `{area:the}` the English article.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

from babel.numbers import format_decimal, format_percent

from talentflow.core.areas import area_names
from talentflow.core.vocabulary import ALL
from talentflow.serve.figures import Figure, parse_duration, parse_window
from talentflow.serve.texts import get_text, has_text

_WITH_ARTICLE: Final = frozenset(
    """AE BS CF CK DO FK FO GB GM IM IO KM KY MH MP MV NL PH SB SC TC TF US VG VI""".split()  # noqa: SIM905 — one code a word reads better
)
_HANGUL: Final = range(0xAC00, 0xD7A4)
_FINAL_L: Final = 8  # the final consonant ㄹ, after which 로 stands without 으
_SPOKEN_FINAL: Final = {"0": 21, "1": 8, "3": 16, "6": 1, "7": 8, "8": 8}  # 영 일 삼 육 칠 팔
_LETTER_FINAL: Final = {"l": 8, "m": 16, "n": 4, "r": 8}  # 엘 엠 엔 알
_ADAPTIVE_LIMIT: Final = 0.2


class Word(str):
    """A word in a sentence, which knows how the words around it bend."""

    article: bool

    def __new__(cls, text: str, *, article: bool = False) -> Word:
        word = super().__new__(cls, text)
        word.article = article
        return word

    def __format__(self, spec: str) -> str:
        if "/" in spec:
            return attach_particle(self, spec)
        if spec in {"the", "The"}:
            return f"{spec} {self}" if self.article else str(self)
        return super().__format__(spec)


def attach_particle(word: str, pair: str) -> str:
    """`word` with the particle of `pair` that fits (`은/는`, `이/가`, `을/를`, `으로/로`).

    What stands in brackets at the end is not spoken: 홍콩(중국 특별행정구)은.
    """
    closed, opened = pair.split("/")
    spoken = word[: word.rfind("(")].rstrip() if word.endswith(")") and "(" in word else word
    final = _find_final(spoken[-1:]) if spoken else 0
    if closed == "으로" and final == _FINAL_L:
        return word + opened
    return word + (closed if final else opened)


def _find_final(letter: str) -> int:
    if letter and ord(letter) in _HANGUL:
        return (ord(letter) - _HANGUL.start) % 28
    return _SPOKEN_FINAL.get(letter, _LETTER_FINAL.get(letter.lower(), 0))


@lru_cache(maxsize=1024)
def name_area(code: str, language: str) -> Word:
    """The area's name as a word; `all` is the world."""
    if code == ALL:
        return Word(get_text("area.world", language))
    return Word(area_names(language).get(code, code), article=code in _WITH_ARTICLE)


def sort_by_name(codes: list[str], language: str) -> list[str]:
    """Areas in the order a reader of the language looks for them."""
    return sorted(codes, key=lambda code: _collate(name_area(code, language)))


def _collate(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


def say_number(value: float | None, language: str, *, digits: int = 0) -> str:
    """A number with the language's separators and a true minus sign; null is a dash."""
    if value is None:
        return "–"
    rounded = round(value, digits) + 0.0  # no minus zero
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(rounded, format=pattern, locale=language)).replace("-", "−")


def say_share(part: float, whole: float, language: str) -> str:
    """`part` of `whole` in percent, e.g. 93.1%."""
    share = part / whole if whole else 0.0
    return str(format_percent(share, format="#,##0.0%", locale=language))


def is_rate(unit: str) -> bool:
    """Whether figures of the unit are so many of a hundred, a million or the like."""
    return unit in ("percent", "per_million", "per_10k")


def count_digits(figure: Figure) -> int:
    """How many decimals: as few as the uncertainty allows, but an end near zero keeps its sign."""
    if not is_rate(figure.unit) or figure.value is None:
        return 0
    if figure.low is None or figure.high is None:
        return 1
    touches_zero = any(end and round(end, 1) == 0 for end in (figure.low, figure.high))
    return 2 if touches_zero or figure.high - figure.low < _ADAPTIVE_LIMIT else 1


def say_value(figure: Figure, language: str) -> str:
    """The value alone with its unit's sign (`0.8%`), or why there is none."""
    if figure.value is None:
        return get_text(f"flag.{figure.flag}.short", language)
    sign = "%" if figure.unit == "percent" else ""
    return say_number(figure.value, language, digits=count_digits(figure)) + sign


def say_interval(figure: Figure, language: str) -> str:
    """`0.3 to 1.3`, `0.3~1.3`; a dash where there is none."""
    if figure.low is None or figure.high is None:
        return "–"
    digits = count_digits(figure)
    low = say_number(figure.low, language, digits=digits)
    high = say_number(figure.high, language, digits=digits)
    return get_text("interval.span", language, low=low, high=high)


def say_figure(figure: Figure, language: str) -> str:
    """Value and interval in one: `0.8% (0.3 to 1.3)`."""
    if figure.value is None or figure.low is None:
        return say_value(figure, language)
    return f"{say_value(figure, language)} ({say_interval(figure, language)})"


def say_period(period: str, language: str) -> str:
    """`2015–2019`, `2018`, `5 years`."""
    years = parse_duration(period)
    if years is not None:
        return get_text("period.years" if years != 1 else "period.year", language, years=years)
    window = parse_window(period)
    if window is None:
        return period
    return str(window[0]) if window[0] == window[1] else f"{window[0]}–{window[1]}"


def say_level(level: float, language: str) -> str:
    """`95%`."""
    return str(format_percent(level, format="#,##0.#%", locale=language))


def name_sector(sector: str, language: str) -> str:
    """A sector, or a change `university>company`, in the reader's words."""
    names = [
        get_text(f"sector.{part}", language) if has_text(f"sector.{part}") else part
        for part in sector.split(">")
    ]
    return " → ".join(names)


def name_stage(stage: str, language: str) -> str:
    """A stage in the reader's words."""
    key = f"stage.{stage}"
    return get_text(key, language) if has_text(key) else stage


def describe_figure(figure: Figure, language: str) -> str:
    """The figure as one sentence, with its interval in plain words.

    A net rate is told as a gain or a loss, and as undecided where the interval holds zero.
    """
    area = name_area(figure.area, language)
    if figure.value is None:
        return get_text(f"flag.{figure.flag}.sentence", language, area=area)
    words: dict[str, object] = {
        "area": area,
        "value": say_number(abs(figure.value), language, digits=count_digits(figure)),
        "interval": say_interval(figure, language),
        "when": say_when(figure.period, language),
        "stage": name_stage(figure.stage, language),
    }
    key = figure.indicator
    if figure.indicator == "net_rate":
        key, words = _tell_net_rate(figure, language, words)
    elif figure.indicator == "retention":
        key = "retention.first" if figure.stage == ALL else "retention.stage"
    elif figure.indicator == "work_share":
        key = "work_share.oral" if figure.definition_id.endswith(".oral") else "work_share.all"
    return get_text(f"sentence.{key}", language, **words)


def _tell_net_rate(
    figure: Figure, language: str, words: dict[str, object]
) -> tuple[str, dict[str, object]]:
    """Which sentence tells the net rate, and its words: signs become gain and loss."""
    value, low, high = figure.value or 0.0, figure.low, figure.high
    key = "net_rate.gain" if value >= 0 else "net_rate.loss"
    if low is None or high is None:
        return key, words
    digits = count_digits(figure)
    below, above = (say_number(abs(end), language, digits=digits) for end in (low, high))
    if low < 0 < high:
        return "net_rate.open", {**words, "low": below, "high": above}
    near, far = (below, above) if value >= 0 else (above, below)
    span = get_text("interval.span", language, low=near, high=far)
    return key, {**words, "interval": span}


def say_when(period: str, language: str) -> Word:
    """A period as an adverb: `in 2018`, `between 2015 and 2019`, `after 5 years`."""
    years = parse_duration(period)
    if years is not None:
        return Word(get_text("when.after", language, years=years))
    window = parse_window(period)
    if window is None:
        return Word(period)
    key = "when.in" if window[0] == window[1] else "when.between"
    return Word(get_text(key, language, first=window[0], last=window[1]))
