"""How many inhabitants, or members of a network, did a country have in a year?

Figures per head need numbers that no list of papers holds. The user's own tables come first:
CSV files with the columns `country` (ISO 3166-1, two or three letters), `year`, and `inhabitants`
or `members` or both, a row for each country and year. Beside them, or where there are none, the
World Bank's table of inhabitants is read as the Scholarly Migration Database passes it on
(`countryiso3code`, `date`, `value`; CC BY 4.0), whose codes of regions and groups of countries
are passed over.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from talentflow.core.areas import AREA_INDEX
from talentflow.core.errors import InputError

SOURCE: Final = "denominators"
WORLD_BANK_FILE: Final = "world_bank_population.csv"

KINDS: Final = ("inhabitants", "members")

Denominators = dict[str, dict[tuple[str, str], float]]
"""Kind → (area, year as text) → how many."""

_YEARS: Final = range(1900, 2101)
_EXPECTED: Final = "the columns country, year, and inhabitants or members"
_NOT_IN_CLDR: Final = {"XKX": "XK"}


def read_denominators(files: Iterable[Path]) -> Denominators:
    """The numbers of all files together; a row of the user's tables goes before the World Bank's.

    Raises `InputError` for a table that cannot be read, an unknown country, a year outside
    1900–2100, a number that is not above zero, and two numbers for one country and year.
    """
    found: Denominators = {kind: {} for kind in KINDS}
    for path in sorted(files, key=lambda path: (path.name != WORLD_BANK_FILE, path.name)):
        told: Denominators = {kind: {} for kind in KINDS}
        for kind, area, year, number, line in _read_table(path):
            if (area, year) in told[kind]:
                raise _refuse(path, line, f"a second number of {kind} of {area} in {year}")
            told[kind][area, year] = number
        for kind, numbers in told.items():
            found[kind].update(numbers)
    return found


def _read_table(path: Path) -> Iterator[tuple[str, str, str, float, int]]:
    """Kind, area, year, number, and the line they stand in."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            names = rows.fieldnames or []
            columns = _find_columns(path, names)
            for line, row in enumerate(rows, start=2):
                area = _read_area(path, line, (row[columns["country"]] or "").strip())
                if area is None:
                    continue
                year = _read_year(path, line, row[columns["year"]] or "")
                for kind in KINDS:
                    text = (row[columns[kind]] or "").strip() if kind in columns else ""
                    if text:
                        yield kind, area, year, _read_number(path, line, text), line
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"a table of denominators cannot be read: {error}",
            where=str(path),
            expected=f"a CSV file in UTF-8 with {_EXPECTED}",
        ) from error


def _find_columns(path: Path, names: Iterable[str]) -> dict[str, str]:
    if path.name == WORLD_BANK_FILE:
        wanted = {"country": "countryiso3code", "year": "date", "inhabitants": "value"}
    else:
        wanted = {name: name for name in ("country", "year", *KINDS) if name in names}
    missing = {"country", "year"}.difference(wanted) or set(wanted.values()).difference(names)
    if missing or not set(KINDS).intersection(wanted):
        raise InputError(
            f"the columns are {', '.join(names) or 'none'}",
            where=str(path),
            expected=_EXPECTED,
            next_step="name the columns so in the first line",
        )
    return wanted


def _read_area(path: Path, line: int, code: str) -> str | None:
    area = _spell_code(code)
    if area is None and path.name != WORLD_BANK_FILE:
        raise _refuse(path, line, f"unknown country {code!r}", "ISO 3166-1, such as KR or KOR")
    return area


@lru_cache(maxsize=1024)
def _spell_code(code: str) -> str | None:
    """Two or three letters → two; null for codes of no country."""
    from babel.core import get_global

    if code in AREA_INDEX:
        return code
    known = get_global("territory_aliases").get(code, [_NOT_IN_CLDR.get(code)])
    return known[0] if len(known) == 1 and known[0] in AREA_INDEX else None


def _read_year(path: Path, line: int, text: str) -> str:
    year = text.strip().removesuffix(".0")
    if not (year.isascii() and year.isdigit() and int(year) in _YEARS):
        raise _refuse(path, line, f"year {text!r}", "a year from 1900 to 2100")
    return year


def _read_number(path: Path, line: int, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not 0 < number < float("inf"):
        raise _refuse(path, line, f"{text!r} inhabitants or members", "a number above zero")
    return number


def _refuse(path: Path, line: int, found: str, expected: str | None = None) -> InputError:
    return InputError(
        found,
        where=f"{path}, line {line}",
        expected=expected or "one row for each country and year",
        next_step="correct or remove the line",
    )
