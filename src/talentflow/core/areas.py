"""Countries and territories: codes, names in Korean and English.

Codes are ISO 3166-1 alpha-2, in which Hong Kong, Macao, Taiwan and Puerto Rico have codes of
their own, plus XK (Kosovo), the user-assigned code that CLDR and ROR use. Names come from CLDR.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from talentflow.core.errors import UsageError

_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ
EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW
GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY
KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV
MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG
TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA
ZM ZW
"""

AREAS: Final[tuple[str, ...]] = tuple(_CODES.split())
"""All codes in alphabetical order."""

AREA_INDEX: Final[dict[str, int]] = {code: i + 1 for i, code in enumerate(AREAS)}
"""Code → packed number, 1…250; 0 is unknown."""

LANGUAGES: Final = ("en", "ko")


@lru_cache(maxsize=4)
def area_names(language: str = "en") -> dict[str, str]:
    """Code → CLDR name in `language` (`en` or `ko`)."""
    from babel import Locale

    territories = Locale.parse(language).territories
    return {code: territories.get(code, code) for code in AREAS}


def area_name(code: str, language: str = "en") -> str:
    """The CLDR name of one area."""
    return area_names(language)[code]


def parse_area(text: str) -> str:
    """An area given as code (`KR`), or as its Korean or English name → its code.

    Raises `UsageError` for anything else, naming the nearest known areas.
    """
    wanted = text.strip()
    if wanted.upper() in AREA_INDEX:
        return wanted.upper()
    by_name = {
        name.casefold(): code for lang in LANGUAGES for code, name in area_names(lang).items()
    }
    if wanted.casefold() in by_name:
        return by_name[wanted.casefold()]
    raise UsageError(
        f"unknown area {text!r}",
        expected="an ISO 3166-1 alpha-2 code such as KR, HK or TW, or a country name",
        next_step=_suggest(wanted, by_name),
    )


def _suggest(wanted: str, by_name: dict[str, str]) -> str:
    import difflib

    near = difflib.get_close_matches(wanted.casefold(), by_name, n=3)
    if not near:
        return "`talentflow show stock` lists the areas that have data"
    return "did you mean " + ", ".join(f"{by_name[name]} ({name})" for name in near) + "?"
