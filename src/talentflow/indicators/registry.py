"""The indicators: what each is called, its unit, its formula and what its n counts.

A formula is over measures, the additive counts of the tallies; `kind` names how they combine.
"""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from talentflow.core.errors import UsageError

Text = dict[str, str]


@dataclass(frozen=True, kw_only=True)
class Indicator:
    """One named quantity.

    `kind`: `count` of a measure, `difference` of two, `ratio` (100 · sum of signed numerators /
    denominator, percent), `per_head` (`per` · the same sum / inhabitants or members of the country,
    a number told from outside) or `survival` (Kaplan–Meier from risk and event counts, percent).
    `numerator` and `denominator` name measures; a leading minus sign subtracts.
    """

    id: str
    kind: Literal["count", "difference", "ratio", "per_head", "survival"]
    unit: str
    numerator: tuple[str, ...]
    denominator: str | None = None
    title: Text = field(hash=False)
    formula: str
    meaning: Text = field(hash=False)
    n_means: Text = field(hash=False)
    per: int = 100

    @property
    def heads(self) -> str | None:
        """Who a figure per head is set against, `inhabitants` or `members`; null for others."""
        return self.denominator if self.kind == "per_head" else None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as written to `indicators.json`."""
        return asdict(self)


_N_STOCK = {
    "en": "researchers observed in the country, the denominator",
    "ko": "분모가 되는, 그 나라에서 관측된 연구자 수",
}
_N_MOVES = {"en": "persons who moved", "ko": "이동한 사람 수"}

INDICATORS: Final[tuple[Indicator, ...]] = (
    Indicator(
        id="stock",
        kind="count",
        unit="persons",
        numerator=("stock",),
        title={"en": "Researchers in the country", "ko": "국내 연구자 수"},
        formula="S(c, y) = number of persons whose residence in year y is c",
        meaning={
            "en": "Persons whose records place them in the country in the year, silent years "
            "between two records included where the definition bridges them.",
            "ko": "그 해 그 나라에 있었던 것으로 기록된 사람 수. 정의에 따라 두 기록 사이의 "
            "공백 연도를 포함한다.",
        },
        n_means={"en": "the persons counted", "ko": "집계된 사람 수"},
    ),
    Indicator(
        id="inflow",
        kind="count",
        unit="moves",
        numerator=("inflow",),
        title={"en": "Arrivals", "ko": "유입"},
        formula="I(c, y) = moves dated y into c",
        meaning={
            "en": "Moves into the country, dated to the first year seen there.",
            "ko": "그 나라로의 이동. 그 나라에서 처음 관측된 해를 기준으로 한다.",
        },
        n_means=_N_MOVES,
    ),
    Indicator(
        id="outflow",
        kind="count",
        unit="moves",
        numerator=("outflow",),
        title={"en": "Departures", "ko": "유출"},
        formula="O(c, y) = moves dated y out of c",
        meaning={
            "en": "Moves out of the country, dated to the first year seen in the next one.",
            "ko": "그 나라에서 나간 이동. 다음 나라에서 처음 관측된 해를 기준으로 한다.",
        },
        n_means=_N_MOVES,
    ),
    Indicator(
        id="net_flow",
        kind="difference",
        unit="moves",
        numerator=("inflow", "-outflow"),
        title={"en": "Net flow", "ko": "순유입"},
        formula="N(c, y) = I(c, y) − O(c, y)",
        meaning={
            "en": "Arrivals less departures; below zero the country loses people.",
            "ko": "유입에서 유출을 뺀 값. 음수이면 인재가 빠져나가는 것이다.",
        },
        n_means=_N_MOVES,
    ),
    Indicator(
        id="in_rate",
        kind="ratio",
        unit="percent",
        numerator=("inflow",),
        denominator="stock",
        title={"en": "Arrival rate", "ko": "유입률"},
        formula="100 · I(c, y) / S(c, y)",
        meaning={
            "en": "Arrivals a year for each 100 researchers in the country.",
            "ko": "국내 연구자 100명당 연간 유입.",
        },
        n_means=_N_STOCK,
    ),
    Indicator(
        id="out_rate",
        kind="ratio",
        unit="percent",
        numerator=("outflow",),
        denominator="stock",
        title={"en": "Departure rate", "ko": "유출률"},
        formula="100 · O(c, y) / S(c, y)",
        meaning={
            "en": "Departures a year for each 100 researchers in the country.",
            "ko": "국내 연구자 100명당 연간 유출.",
        },
        n_means=_N_STOCK,
    ),
    Indicator(
        id="net_rate",
        kind="ratio",
        unit="percent",
        numerator=("inflow", "-outflow"),
        denominator="stock",
        title={"en": "Net rate", "ko": "순유입률"},
        formula="100 · (I(c, y) − O(c, y)) / S(c, y)",
        meaning={
            "en": "Net arrivals a year for each 100 researchers in the country; below zero the "
            "country loses people.",
            "ko": "국내 연구자 100명당 연간 순유입. 음수이면 인재가 빠져나가는 것이다.",
        },
        n_means=_N_STOCK,
    ),
    Indicator(
        id="flow",
        kind="count",
        unit="moves",
        numerator=("flow",),
        title={"en": "Moves between two countries", "ko": "두 나라 사이의 이동"},
        formula="F(c, d, y) = moves dated y from c to d",
        meaning={
            "en": "Moves from the area to the partner.",
            "ko": "해당 국가에서 상대국으로의 이동.",
        },
        n_means=_N_MOVES,
    ),
    Indicator(
        id="work_share",
        kind="ratio",
        unit="percent",
        numerator=("cohort_work",),
        denominator="cohort_located",
        title={"en": "Where the cohort works", "ko": "코호트의 근무 국가"},
        formula="100 · members of the cohort of year y resident in c / members whose residence "
        "is known",
        meaning={
            "en": "Share of the authors of a venue, year and tier who work in the country.",
            "ko": "해당 학회·연도·등급 저자 가운데 그 나라에서 일하는 비율.",
        },
        n_means={
            "en": "members of the cohort whose country is known",
            "ko": "국가가 알려진 코호트 구성원 수",
        },
    ),
    Indicator(
        id="origin_share",
        kind="ratio",
        unit="percent",
        numerator=("cohort_origin",),
        denominator="cohort_located",
        title={"en": "Where the cohort comes from", "ko": "코호트의 출신 국가"},
        formula="100 · members of the cohort of year y first seen in c / members whose residence "
        "is known",
        meaning={
            "en": "Share of the authors of a venue, year and tier whose first known affiliation "
            "was in the country.",
            "ko": "해당 학회·연도·등급 저자 가운데 첫 소속이 그 나라였던 비율.",
        },
        n_means={
            "en": "members of the cohort whose country is known",
            "ko": "국가가 알려진 코호트 구성원 수",
        },
    ),
    Indicator(
        id="retention",
        kind="survival",
        unit="percent",
        numerator=("retention_left",),
        denominator="retention_risk",
        title={"en": "Retention", "ko": "잔류율"},
        formula="R(t) = 100 · ∏ (1 − left(s) / at risk(s)), s = 1 … t (Kaplan–Meier 1958)",
        meaning={
            "en": "Share of those whose stage ended in the country who had not been seen abroad "
            "t years later; people not seen that long are censored. Stage `all` starts the clock "
            "at the first record.",
            "ko": "그 나라에서 해당 단계를 마친 사람 중 t년 뒤까지 해외에서 관측되지 않은 비율. "
            "그만큼 오래 관측되지 않은 사람은 중도절단 처리한다. 단계 `all`은 첫 기록부터 센다.",
        },
        n_means={
            "en": "persons whose stage ended in the country and who were seen at least a year on",
            "ko": "그 나라에서 단계를 마치고 1년 이상 뒤에도 관측된 사람 수",
        },
    ),
    Indicator(
        id="stage_flow",
        kind="count",
        unit="persons",
        numerator=("stage_flow",),
        title={"en": "From study to work", "ko": "학업에서 취업으로"},
        formula="G(c, d, s) = persons whose stage s ended in c and whose first work after it was "
        "in d",
        meaning={
            "en": "Persons who finished a stage of study in the area and then worked in the "
            "partner country.",
            "ko": "해당 국가에서 학업 단계를 마치고 상대국에서 일한 사람 수.",
        },
        n_means={"en": "the persons counted", "ko": "집계된 사람 수"},
    ),
    Indicator(
        id="sector_flow",
        kind="count",
        unit="moves",
        numerator=("sector_flow",),
        title={"en": "Moves between sectors", "ko": "부문 간 이동"},
        formula="H(c, a>b, y) = persons in c in year y in sector b who were in sector a before",
        meaning={
            "en": "Changes of sector (university, company, …) of persons now in the country.",
            "ko": "현재 그 나라에 있는 사람들의 부문(대학, 기업 등) 변경.",
        },
        n_means={"en": "persons who changed sector", "ko": "부문을 바꾼 사람 수"},
    ),
    Indicator(
        id="share_mobile",
        kind="ratio",
        unit="percent",
        numerator=("mobile",),
        denominator="followed",
        title={"en": "Internationally mobile share", "ko": "국제 이동 경험 비율"},
        formula="100 · persons in c in year y who had lived in another country / persons in c in "
        "year y seen in at least two years so far",
        meaning={
            "en": "Share of the researchers in the country, followed for at least two observed "
            "years, who had been resident elsewhere before.",
            "ko": "2개 연도 이상 관측된 국내 연구자 중 이전에 다른 나라에 체류한 적이 있는 비율.",
        },
        n_means={
            "en": "researchers in the country seen in at least two years",
            "ko": "2개 연도 이상 관측된 국내 연구자 수",
        },
    ),
    Indicator(
        id="per_million",
        kind="per_head",
        unit="per_million",
        numerator=("stock",),
        denominator="inhabitants",
        per=1_000_000,
        title={"en": "Researchers per million inhabitants", "ko": "인구 100만 명당 연구자"},
        formula="1,000,000 · S(c, y) / inhabitants of c in y",
        meaning={
            "en": "Researchers in the country for each million of its inhabitants, where a table "
            "of inhabitants has the country and year.",
            "ko": "국내 연구자 수를 인구 100만 명당으로 나타낸 값. 인구표에 그 나라와 연도가 있는 "
            "경우에만 계산한다.",
        },
        n_means={"en": "the researchers counted", "ko": "집계된 연구자 수"},
    ),
    Indicator(
        id="net_per_million",
        kind="per_head",
        unit="per_million",
        numerator=("inflow", "-outflow"),
        denominator="inhabitants",
        per=1_000_000,
        title={"en": "Net flow per million inhabitants", "ko": "인구 100만 명당 순유입"},
        formula="1,000,000 · (I(c, y) − O(c, y)) / inhabitants of c in y",
        meaning={
            "en": "Arrivals less departures for each million inhabitants of the country, where a "
            "table of inhabitants has the country and year.",
            "ko": "유입에서 유출을 뺀 값을 인구 100만 명당으로 나타낸 값. 인구표에 그 나라와 "
            "연도가 있는 경우에만 계산한다.",
        },
        n_means=_N_MOVES,
    ),
    Indicator(
        id="net_per_10k_members",
        kind="per_head",
        unit="per_10k",
        numerator=("inflow", "-outflow"),
        denominator="members",
        per=10_000,
        title={
            "en": "Net flow per 10,000 members of a network",
            "ko": "네트워크 회원 1만 명당 순유입",
        },
        formula="10,000 · (I(c, y) − O(c, y)) / members in c in y",
        meaning={
            "en": "Arrivals less departures for each 10,000 members that a professional network "
            "counts in the country, the denominator of its own published rates. No open table "
            "has them: computed where the user gives one.",
            "ko": "유입에서 유출을 뺀 값을 직업 네트워크 회원 1만 명당으로 나타낸 값(해당 "
            "네트워크가 발표하는 비율의 분모). 공개된 회원표가 없어 사용자가 제공한 경우에만 "
            "계산한다.",
        },
        n_means=_N_MOVES,
    ),
)

_BY_ID: Final = {indicator.id: indicator for indicator in INDICATORS}


def find_indicator(id_: str) -> Indicator:
    """The indicator of this id, or `UsageError` naming the nearest ones."""
    if id_ in _BY_ID:
        return _BY_ID[id_]
    near = difflib.get_close_matches(id_, _BY_ID, n=3)
    raise UsageError(
        f"unknown indicator {id_!r}",
        expected="one of " + ", ".join(_BY_ID),
        next_step=f"did you mean {' or '.join(near)}?" if near else None,
    )
