"""Which choices does a set of rules make, and how are they said?

Every set of rules makes the same choices, each at one of a few levels, so that figures under
different rules can be laid side by side and the share of each choice in their spread be told.
"""

from __future__ import annotations

from typing import Final

from talentflow.core.rules import MoveRule, Rules

Text = dict[str, str]
"""Language (`en`, `ko`) → text."""

LEVELS: Final[dict[str, dict[str, Text]]] = {
    "residence": {
        "mode": {"en": "most frequent country of the year", "ko": "그 해 최빈 국가"},
        "last": {"en": "country of the last venue of the year", "ko": "그 해 마지막 학회의 국가"},
        "any": {"en": "every country of the year counts once", "ko": "그 해 모든 국가에 1명씩"},
        "fractional": {
            "en": "divided among the year's countries",
            "ko": "그 해 국가들에 나누어 셈",
        },
    },
    "bridging": {
        "bridged": {"en": "silences of up to 3 years bridged", "ko": "3년 이하의 공백은 이어서 봄"},
        "consecutive": {"en": "consecutive years only", "ko": "연속 관측된 해만"},
        "observed": {
            "en": "moves across any silence, observed years only",
            "ko": "모든 공백을 잇는 이동, 관측된 해만 집계",
        },
        "padded": {
            "en": "moves across any silence, 2 years padded on both sides of a record",
            "ko": "모든 공백을 잇는 이동, 기록 앞뒤 2년씩 채움",
        },
        "other": {"en": "another treatment of silences", "ko": "그 밖의 공백 처리"},
    },
    "move": {
        "change": {"en": "any change is a move", "ko": "모든 변경을 이동으로 봄"},
        "left": {
            "en": "a move only if the old country is left (else a traveller)",
            "ko": "이전 국가를 떠난 경우만 이동 (아니면 순회자)",
        },
    },
    "employer": {
        "site": {"en": "site of the employer", "ko": "근무지 소재국"},
        "seat": {"en": "seat of the employer", "ko": "고용 기관 본부 소재국"},
    },
    "dating": {
        "seen": {"en": "dated when first seen", "ko": "처음 관측된 해의 이동으로 봄"},
        "midpoint": {
            "en": "dated to the middle of the silence",
            "ko": "공백 중간에 이동한 것으로 봄",
        },
        "spread": {"en": "spread evenly over the silence", "ko": "공백 기간에 고르게 나눔"},
    },
    "ties": {
        "stay": {"en": "of equal countries the previous", "ko": "동률이면 이전 국가"},
        "code": {"en": "of equal countries the first code", "ko": "동률이면 코드 순"},
        "drop": {"en": "years of equal countries left out", "ko": "동률인 해는 제외"},
    },
    "votes": {
        "records": {"en": "each record counts once", "ko": "기록마다 1표"},
        "paper_shares": {
            "en": "each record counts its part of the paper",
            "ko": "논문 기여분만큼 표를 줌",
        },
    },
    "evidence": {
        "papers_first": {
            "en": "papers, and positions where they are silent",
            "ko": "논문 우선, 없는 해는 학력·경력",
        },
        "positions_first": {
            "en": "positions, and papers where they are silent",
            "ko": "학력·경력 우선, 없는 해는 논문",
        },
        "together": {"en": "papers and positions together", "ko": "논문과 학력·경력을 함께"},
        "papers": {"en": "papers only", "ko": "논문만"},
        "positions": {
            "en": "education and employment only",
            "ko": "학력·경력만",
        },
    },
    "linkage": {
        "told_apart": {"en": "persons told apart from others", "ko": "구분되는 사람만"},
        "all": {"en": "ambiguous names too", "ko": "동명이인 구분이 안 되는 저자 포함"},
        "hard_id": {"en": "only persons with an identifier", "ko": "식별자가 있는 사람만"},
    },
    "authors": {
        "all": {"en": "all authors", "ko": "모든 저자"},
        "first": {"en": "first authors", "ko": "제1저자만"},
        "last": {"en": "last authors", "ko": "마지막 저자만"},
        "corresponding": {"en": "corresponding authors", "ko": "교신저자만"},
    },
    "tier": {
        "all": {"en": "all papers", "ko": "모든 논문"},
        "accepted": {"en": "accepted papers", "ko": "채택 논문만"},
        "oral": {"en": "orals", "ko": "구두 발표만"},
        "top20pct": {"en": "the top 20 % of submissions", "ko": "투고 상위 20 %"},
        "top2pct": {"en": "the top 2 % of submissions", "ko": "투고 상위 2 %"},
        "top0.5pct": {"en": "the top 0.5 % of submissions", "ko": "투고 상위 0.5 %"},
    },
    "field": {
        "all": {"en": "all fields", "ko": "모든 분야"},
        "machine-learning": {"en": "machine-learning venues", "ko": "기계학습 학회"},
        "vision": {"en": "computer-vision venues", "ko": "컴퓨터 비전 학회"},
        "language": {"en": "language-processing venues", "ko": "자연어처리 학회"},
        "robotics": {"en": "robotics venues", "ko": "로봇 학회"},
        "data": {"en": "data and web venues", "ko": "데이터·웹 학회"},
        "graphics": {"en": "graphics and multimedia venues", "ko": "그래픽스·멀티미디어 학회"},
    },
    "origin": {
        "first": {"en": "origin by first affiliation", "ko": "출신은 첫 소속"},
        "undergraduate": {
            "en": "origin by undergraduate study, else first affiliation",
            "ko": "출신은 학부, 모르면 첫 소속",
        },
        "undergraduate_only": {"en": "origin by undergraduate study", "ko": "출신은 학부"},
        "doctorate": {
            "en": "origin by doctorate, else first affiliation",
            "ko": "출신은 박사과정, 모르면 첫 소속",
        },
        "doctorate_only": {"en": "origin by doctorate", "ko": "출신은 박사과정"},
    },
    "denominator": {
        "observed": {"en": "rates over researchers observed", "ko": "관측된 연구자 대비"},
        "padded": {"en": "rates over observed and filled years", "ko": "공백을 채운 연구자 대비"},
    },
}
"""Choice → level → how it is said. The first level is the default's, but for `denominator`,
which follows from `bridging`."""


def list_choices(rules: Rules) -> dict[str, str]:
    """Choice → level, for every choice of `LEVELS`."""
    origin = rules.origin.stage
    return {
        "residence": rules.residence.kind,
        "bridging": _name_bridging(rules.move),
        "move": rules.move.kind,
        "employer": rules.place.employer,
        "dating": rules.move.dating,
        "ties": rules.residence.tie,
        "votes": rules.residence.votes,
        "evidence": rules.residence.evidence,
        "linkage": rules.people.linkage,
        "authors": rules.people.authors,
        "tier": rules.people.tier,
        "field": rules.people.field,
        "origin": f"{origin}_only" if rules.origin.otherwise == "left_out" else origin,
        "denominator": "observed" if rules.move.fill == "none" else "padded",
    }


def title_rules(rules: Rules) -> Text:
    """What the rules do differently from the default ones, in words."""
    defaults = list_choices(Rules())
    told = [
        LEVELS[choice][level]
        for choice, level in list_choices(rules).items()
        if level != defaults[choice] and choice != "denominator"
    ]
    if not told:
        told = [LEVELS[choice][defaults[choice]] for choice in ("residence", "bridging")]
    joined = {language: "; ".join(text[language] for text in told) for language in ("en", "ko")}
    return {"en": joined["en"][0].upper() + joined["en"][1:], "ko": joined["ko"]}


def _name_bridging(move: MoveRule) -> str:
    silence = (move.max_gap_years, move.fill, move.pad_years)
    return {
        (3, "before", None): "bridged",
        (3, "dated", None): "bridged",
        (0, "none", None): "consecutive",
        (50, "none", None): "observed",
        (50, "around", 2): "padded",
    }.get(silence, "other")
