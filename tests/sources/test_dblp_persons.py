"""DBLP's person records: identifiers, dated affiliations, entities; and what is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from source_rows import records_by_place, reject_reasons

from talentflow.core.errors import InputError
from talentflow.sources import dblp

HEAD = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!DOCTYPE dblp SYSTEM "dblp.dtd">\n<dblp>\n'
ARTICLE = '<article mdate="2020-01-01" key="a/b"><author>X Y</author><title>T</title></article>\n'


def person(*elements: str, key: str = "12/345", **attributes: str) -> str:
    extra = "".join(f' {name}="{value}"' for name, value in attributes.items())
    inside = "\n".join(elements)
    return (
        f'<www mdate="2023-04-05" key="homepages/{key}"{extra}>\n'
        "<author>J&uuml;rgen Wei&szlig; 0002</author>\n"
        f"<title>Home Page</title>\n{inside}\n</www>\n"
    )


def note(label: str, text: str = "Elm College, UK") -> str:
    return f'<note type="affiliation" label="{label}">{text}</note>'


def read(folder: Path, *records: str, head: str = HEAD):
    document = head + ARTICLE + "".join(records) + ARTICLE + "</dblp>\n"
    (folder / "dblp.xml.gz").write_bytes(gzip.compress(document.encode("iso-8859-1")))
    return dblp.read_file(folder, "dblp.xml.gz")


@pytest.mark.parametrize(
    ("label", "years"),
    [
        ("since 2020", [2020, 2021, 2022, 2023]),
        ("2015-2017", [2015, 2016, 2017]),
        ("2015 &ndash; 2016", [2015, 2016]),
        ("until 2014", [2014]),
        ("former, 1999", [1999]),
        ("2021-", [2021, 2022, 2023]),
        ("-2012", [2012]),
        ("PhD 2010", [2010]),
        ("former", []),
        ("", []),
    ],
)
def test_labels_give_years(tmp_path: Path, label: str, years: list[int]) -> None:
    rows = records_by_place(read(tmp_path, person(note(label))))
    assert [row["year"] for row in rows.values()] == years
    for row in rows.values():
        assert row["text"] == "Elm College, UK"
        assert row["kind"] == "employment"
        assert row["person_ref"] == "dblp:12/345"


def test_entities_are_those_of_html(tmp_path: Path) -> None:
    said = "Universit&eacute; de N&icirc;mes &amp; L&#246;rrach"
    rows = records_by_place(read(tmp_path, person(note("2015", said))))
    (row,) = rows.values()
    assert row["text"] == "Université de Nîmes & Lörrach"
    assert row["person_name"] == "Jürgen Weiß"


def test_a_person_known_elsewhere_has_a_row_without_place(tmp_path: Path) -> None:
    urls = (
        "<url>https://orcid.org/0000-0002-1825-0097</url>",
        "<url>https://scholar.google.com/citations?user=abcdefghijkl</url>",
        "<url>https://openreview.net/profile?id=~Jurgen_Weiss1</url>",
        "<url>https://example.org/~jw</url>",
    )
    rows = records_by_place(read(tmp_path, person(*urls, note("")), person(key="x/YZ")))
    (row,) = rows.values()
    assert row["ids"] == {
        "dblp": "12/345",
        "orcid": "0000-0002-1825-0097",
        "scholar": "abcdefghijkl",
        "openreview": "~Jurgen_Weiss1",
    }
    assert (row["year"], row["mention_id"]) == (2023, None)


def test_redirects_and_pages_of_namesakes_are_nobody(tmp_path: Path) -> None:
    evidence = read(
        tmp_path,
        person(note("2015"), publtype="disambiguation"),
        person("<crossref>homepages/9/9</crossref>", note("2015")),
        '<www mdate="2020-01-01" key="www/org/w3/TR/x"><author>A B</author></www>\n',
    )
    assert evidence.records.num_rows == evidence.rejects.num_rows == 0


def test_entities_of_its_own_are_refused(tmp_path: Path) -> None:
    bomb = HEAD.replace('"dblp.dtd">', '"dblp.dtd" [<!ENTITY a "aaaa">]>')
    with pytest.raises(InputError, match="declares entities"):
        read(tmp_path, person(note("2015")), head=bomb)
    with pytest.raises(InputError, match="does not begin"):
        read(tmp_path, head="<html>")


def test_unknown_entities_and_records_without_end_are_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dblp, "MAX_RECORD_BYTES", 5000)
    monkeypatch.setattr(dblp, "_CHUNK_BYTES", 1000)
    endless = person(note("2015"), key="e/e").replace("</www>", "") + ARTICLE * 80
    evidence = read(tmp_path, person(note("2015", "&nonsense;")), person(note("2016")), endless)
    assert reject_reasons(evidence) == {"unknown_entity": 1, "bad_xml": 1}
    assert evidence.records["year"].to_pylist() == [2016]


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
def test_pieces_of_any_size_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    people = [person(note("2015-2016"), key=f"k/{n}") for n in range(9)]
    whole = read(tmp_path, *people).records
    monkeypatch.setattr(dblp, "_CHUNK_BYTES", size)
    (tmp_path / "dblp.xml").write_bytes(gzip.decompress((tmp_path / "dblp.xml.gz").read_bytes()))
    assert dblp.list_files(tmp_path) == ["dblp.xml", "dblp.xml.gz"]
    pieces = dblp.read_file(tmp_path, "dblp.xml").records
    kept = ["person_ref", "person_name", "year", "mention_id"]
    assert pieces.select(kept) == whole.select(kept)
    assert whole.num_rows == 18


def test_a_dump_cut_off_is_an_error(tmp_path: Path) -> None:
    read(tmp_path, *[person(note("2015"), key=f"k/{n}") for n in range(99)])
    whole = (tmp_path / "dblp.xml.gz").read_bytes()
    (tmp_path / "dblp.xml.gz").write_bytes(whole[:-20])
    with pytest.raises(InputError, match="cannot be read"):
        dblp.read_file(tmp_path, "dblp.xml.gz")
