"""Authorships as the open record has them, drawn in the run: who was where in which year.

Papers of a person are heavy-tailed (a few hundred for some, one for most), careers begin more
often in later years, most people stay where they are, some move and some of those come back, and
a few rows name a wrong country. Rows come in the order of papers, not of persons, as in the
record itself: within a row group they are shuffled, and every row group holds all sorts of people.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

ROWS_A_GROUP = 1 << 20
ROWS_A_FILE = 50_000_000
_ROWS_A_CHUNK = 8 << 20
_FIRST_YEAR, _LAST_YEAR = 1970, 2024
_COUNTRIES = tuple(
    word
    for line in (
        "US CN GB DE JP FR IN IT CA BR ES KR AU IR RU NL PL TR ID CH SE TW BE MX DK AT PT CZ IL FI",
        "NO GR MY ZA EG SG SA UA RO HK PK NZ AR TH IE CL HU CO VN NG IQ MA TN DZ BD SK RS HR BG SI",
    )
    for word in line.split()
)

Integers = npt.NDArray[np.int64]


def write_authorships(folder: Path, rows: int, *, seed: int = 2024) -> list[Path]:
    """Parquet files with `person` (a whole number of 33 bits, as OpenAlex counts authors), `year`
    and `country`; the same seed gives the same rows."""
    files = []
    schema = pa.schema(
        [
            ("person", pa.int64()),
            ("year", pa.int16()),
            ("country", pa.dictionary(pa.int8(), pa.string())),
        ]
    )
    done = 0
    while done < rows:
        files.append(folder / f"authorships-{len(files):03}.parquet")
        with pq.ParquetWriter(files[-1], schema) as writer:
            in_file = 0
            while in_file < ROWS_A_FILE and done < rows:
                count = min(_ROWS_A_CHUNK, rows - done, ROWS_A_FILE - in_file)
                random = np.random.default_rng([seed, done])
                writer.write_table(_draw(random, count, done), row_group_size=ROWS_A_GROUP)
                done, in_file = done + count, in_file + count
    return files


def _draw(random: np.random.Generator, rows: int, first: int) -> pa.Table:
    """So many rows of persons who are in no other draw."""
    papers = _draw_papers(random, rows)
    people = len(papers)
    of_row = np.repeat(np.arange(people), papers)
    span = np.minimum(1 + papers // 2 + random.geometric(0.25, people), 45)
    begin = _LAST_YEAR - (random.beta(1.0, 2.2, people) * (_LAST_YEAR - _FIRST_YEAR)).astype(int)
    year = np.minimum(begin[of_row] + (random.random(rows) * span[of_row]).astype(int), _LAST_YEAR)
    country = _place(random, of_row, year - begin[of_row], span)
    # A factor prime to 2^33 scatters the numbers as they are scattered in the record.
    person = ((of_row + first) * 5_651_294_731) % (1 << 33)
    order = random.permutation(rows)
    dictionary = pa.array(_COUNTRIES)
    codes = pa.DictionaryArray.from_arrays(pa.array(country[order].astype(np.int8)), dictionary)
    return pa.table(
        {
            "person": person[order],
            "year": year[order].astype(np.int16),
            "country": codes,
        }
    )


def _draw_papers(random: np.random.Generator, rows: int) -> Integers:
    """Papers of one person after another, `rows` in all."""
    drawn = np.minimum((1 - random.random(rows)) ** (-1 / 1.15), 600).astype(np.int64)
    ends = np.cumsum(drawn)
    people = int(np.searchsorted(ends, rows)) + 1
    papers = drawn[:people]
    papers[-1] -= ends[people - 1] - rows
    return papers


def _place(
    random: np.random.Generator, of_row: Integers, age: Integers, span: Integers
) -> npt.NDArray[np.int64]:
    """Country of each row: at home, after a move abroad, after a second move or a return."""
    people, rows = len(span), len(of_row)
    shares = 1 / np.arange(2, len(_COUNTRIES) + 2)
    bounds = np.cumsum(shares) / shares.sum()
    places = np.searchsorted(bounds, random.random((3, people)))
    moves = random.random((2, people)) < np.array([[0.16], [0.45]])
    when = 1 + (random.random((2, people)) * span).astype(np.int64)
    when[1] += when[0]
    returns = random.random(people) < 0.5
    places[2] = np.where(returns, places[0], places[2])
    left = moves[0][of_row] & (age >= when[0][of_row])
    left_again = left & moves[1][of_row] & (age >= when[1][of_row])
    country = np.where(left, places[1][of_row], places[0][of_row])
    country = np.where(left_again, places[2][of_row], country)
    wrong = random.random(rows) < 0.02
    country[wrong] = random.integers(0, len(_COUNTRIES), int(wrong.sum()))
    return country
