"""Are inhabitants and members read from the user's tables and the World Bank's?"""

from __future__ import annotations

from pathlib import Path

import pytest

from talentflow.core.errors import InputError
from talentflow.sources.denominators import WORLD_BANK_FILE, read_denominators


def write(folder: Path, text: str, name: str = "mine.csv") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_the_world_bank_gives_countries_and_no_regions(tmp_path: Path) -> None:
    told = "countryiso3code,date,value\n,1996,1447252023.0\nKOR,2014,50746659.0\nWLD,2014,7e9\n"
    found = read_denominators([write(tmp_path, told + "XKX,2014,1.8e6\n", WORLD_BANK_FILE)])
    assert found["inhabitants"] == {("KR", "2014"): 50746659.0, ("XK", "2014"): 1.8e6}
    assert found["members"] == {}


def test_own_tables_go_first_and_fill_gaps(tmp_path: Path) -> None:
    bank = write(tmp_path, "countryiso3code,date,value\nKOR,2014,5\nKOR,2013,4\n", WORLD_BANK_FILE)
    mine = "country,year,inhabitants,members\nKR,2014,6,\nTWN,2020,23000000,1e6\n"
    found = read_denominators([write(tmp_path, mine), bank])
    assert found["inhabitants"] == {
        ("KR", "2014"): 6,
        ("KR", "2013"): 4,
        ("TW", "2020"): 23000000,
    }
    assert found["members"] == {("TW", "2020"): 1e6}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("country,year\nKR,2014\n", "the columns are country, year"),
        ("country,inhabitants\nKR,5\n", "the columns are"),
        ("country,year,inhabitants\nAtlantis,2014,5\n", "line 2"),
        ("country,year,inhabitants\nKR,2014,5\nKR,2014,6\n", "a second number"),
        ("country,year,inhabitants\nKR,14,5\n", "year '14'"),
        ("country,year,inhabitants\nKR,2014,0\n", "above zero"),
        ("country,year,inhabitants\nKR,2014,many\n", "above zero"),
    ],
)
def test_a_bad_table_says_where_and_what_is_expected(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match="expected") as raised:
        read_denominators([write(tmp_path, text)])
    assert said in str(raised.value)
    assert "mine.csv" in str(raised.value)


def test_a_table_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        read_denominators([tmp_path / "t.csv"])


def test_the_real_table(shared_data: Path) -> None:
    found = read_denominators([shared_data / "scholarlymigration" / WORLD_BANK_FILE])["inhabitants"]
    assert found["KR", "2014"] == 50746659
    assert len({area for area, _ in found}) == 216
    assert not any(area == "TW" for area, _ in found)
