"""What the people of the toy world are called.

Surnames and given names are put together from lists; in the Korean and Chinese pools a few
surnames are as common as in life. Within the world every full name is borne by one person,
except where homonyms are planted.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, kw_only=True)
class NamePool:
    """Surnames, the commonest first, and given names. `skew`: the weight of the surname of
    rank r is r ** -skew."""

    surnames: tuple[str, ...]
    given: tuple[str, ...]
    skew: float


@dataclass(frozen=True)
class FullName:
    """A name as printed, `Minji Han`, in its two parts."""

    given: str
    surname: str

    def __str__(self) -> str:
        return f"{self.given} {self.surname}"


def draw_names(pools: list[str], rng: np.random.Generator) -> list[FullName]:
    """A name for each person from the pool of the person's country; no two are the same."""
    names: list[FullName] = [FullName("", "")] * len(pools)
    of_person = np.array(pools)
    for pool_name in sorted(set(pools)):
        people = np.flatnonzero(of_person == pool_name)
        pool = POOLS[pool_name]
        weights = np.arange(1, len(pool.surnames) + 1) ** -pool.skew
        surnames = np.searchsorted(
            np.cumsum(weights), rng.random(len(people)) * weights.sum(), side="right"
        )
        for surname, bearers in _group(surnames, people):
            for person, given in zip(bearers, _list_given(pool, len(bearers), rng), strict=True):
                names[person] = FullName(given, pool.surnames[surname])
    return names


def _group(
    surnames: npt.NDArray[Any], people: npt.NDArray[Any]
) -> list[tuple[int, npt.NDArray[Any]]]:
    return [(int(s), people[surnames == s]) for s in np.unique(surnames)]


def _list_given(pool: NamePool, count: int, rng: np.random.Generator) -> list[str]:
    """`count` different given names in random order; once all are used, with initials."""
    order = rng.permutation(len(pool.given))
    given: list[str] = []
    for initials in _list_initials():
        given += [pool.given[i] + initials for i in order[: count - len(given)]]
        if len(given) == count:
            break
    return given


def _list_initials() -> list[str]:
    letters = "JHSKMBDWCEGLNPRTY"
    return [
        "",
        *(f" {a}." for a in letters),
        *(f" {a}. {b}." for a, b in product(letters, letters)),
    ]


def _split(words: str) -> tuple[str, ...]:
    return tuple(words.split())


def _join(first: str, second: str, link: str = "") -> tuple[str, ...]:
    return tuple(f"{a}{link}{b}" for a, b in product(_split(first), _split(second)))


_KOREAN_FIRST = "Min Ji Seo Ha Do Ye Jun Su Yu Eun Tae Hyun Chae Da Woo Kyu In Sol"
_KOREAN_SECOND = "jun woo yeon ah hyun min bin seok ho jin young won kyung rim chan gyu hee sung"
_CHINESE_SYLLABLES = "Yi Wen Hao Jia Zi Xin Ming Rui Chen Yu Han Lin Kai Bo Qing Tian Xiao Zhe Jun"
_CHINESE_SECOND = "han xuan ze tong yue lin hao qi rui ting yang fei jie mei ning peng shan wei"

POOLS: Final[dict[str, NamePool]] = {
    "korean": NamePool(
        surnames=_split(
            "Kim Lee Park Choi Jung Kang Cho Yoon Jang Lim Han Oh Seo Shin Kwon Hwang Ahn Song "
            "Ryu Hong Jeon Moon Bae Nam"
        ),
        given=_join(_KOREAN_FIRST, _KOREAN_SECOND),
        skew=1.0,
    ),
    "chinese": NamePool(
        surnames=_split(
            "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Gao Luo "
            "Zheng Liang Xie Tang Deng Feng Cao Peng Zeng Xiao Tian"
        ),
        given=_split(_CHINESE_SYLLABLES) + _join(_CHINESE_SYLLABLES, _CHINESE_SECOND),
        skew=0.7,
    ),
    "cantonese": NamePool(
        surnames=_split("Chan Leung Wong Cheung Lau Ng Cheng Ho Lai Tsang Kwok Yip Fung Tam Mak"),
        given=_join("Ka Wing Tsz Hoi Man Chi Yan Siu Kwan Pui", "Yan Lok Ching Ho Kit Fai Yi", " "),
        skew=0.7,
    ),
    "taiwanese": NamePool(
        surnames=_split("Lin Chang Tsai Hsu Hsieh Hsiao Chiu Tseng Liao Yeh Chuang Lo"),
        given=_join("Chia Yu Wei Chun Shih Hsin Po Ting Kuan Yi", "han ting ju lin hsuan jen", "-"),
        skew=0.7,
    ),
    "japanese": NamePool(
        surnames=_join("Asa Kiri Mizu Tani Hoshi Kusa Nagi Tsuki Haru Sawa Fuji", "mori zaki hara"),
        given=_split(
            "Haruki Sakura Ren Yuto Aoi Hina Sota Mei Riku Yui Kaito Akari Daiki Nanami Itsuki "
            "Honoka Takumi Misaki Shun Ayaka Kenta Rin Naoki Emi"
        ),
        skew=0.3,
    ),
    "english": NamePool(
        surnames=_join(
            "Hart Brack Thorn Wex Alder Fen Marl Cope Ridge Stan Wick Ash Lang Holt Mere Dun",
            "well ley bury combe more stead ford ham",
        ),
        given=_split(
            "Oliver Amelia George Isla Harry Ava Noah Emily Jack Grace Leo Sophie Arthur Lily "
            "Oscar Freya Theo Ella Henry Alice Samuel Ruby Daniel Clara Lucas Naomi Adam Priya "
            "Marcus Elena Victor Zara"
        ),
        skew=0.3,
    ),
    "german": NamePool(
        surnames=_join(
            "Stein Eichen Linden Rosen Falken Winter Sommer Silber Birken Hohen",
            "hofer rieder brenner egger mayr lechner",
        ),
        given=_split(
            "Lukas Anna Felix Lena Jonas Marie Paul Klara Maximilian Johanna Moritz Greta Jakob "
            "Ida Niklas Charlotte Tobias Frieda Sebastian Katharina"
        ),
        skew=0.3,
    ),
}

POOL_OF_COUNTRY: Final[dict[str, str]] = {
    "KR": "korean",
    "US": "english",
    "CN": "chinese",
    "JP": "japanese",
    "GB": "english",
    "DE": "german",
    "HK": "cantonese",
    "TW": "taiwanese",
    "CA": "english",
    "SG": "chinese",
}
