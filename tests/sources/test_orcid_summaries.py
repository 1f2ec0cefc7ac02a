"""ORCID summaries: what is read, by whichever way, and what is refused."""

from __future__ import annotations

import io
import re
import tarfile
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_rows import records_by_place, reject_reasons

from talentflow.core.errors import InputError
from talentflow.sources import orcid
from talentflow.sources.orcid_summary import (
    History,
    cut_summary,
    read_carefully,
    read_cut,
    read_summary,
)
from talentflow.sources.positions import Refusal
from talentflow.sources.toy.identities import checksum_orcid
from talentflow.sources.toy.orcid import Entry, Summary, add_summary, print_summary

ORCID = "0000-0002-1825-0097"
ENTRY = Entry(
    section="education",
    put_code=11,
    role="PhD",
    name="Elm College",
    city="Elmton",
    region="",
    country="GB",
    organization_id="https://ror.org/0abcdef12",
    id_source="ROR",
    start=2010,
    end=2013,
    modified=2024,
)
JOB = replace(
    ENTRY, section="employment", put_code=12, role="Professor & Chair", start=2014, end=None
)
SUMMARY = Summary(
    orcid=ORCID,
    given="José",
    family="O'Neil",
    urls=(("DBLP", "https://dblp.org/pid/12/345.html"), ("Page", "https://example.org/?a=1&b=2")),
    entries=(ENTRY, JOB),
    works=3,
)
DOCUMENT = print_summary(SUMMARY)


def write(folder: Path, *documents: str | bytes) -> str:
    with tarfile.open(folder / "ORCID_summaries.tar.gz", "w:gz") as archive:
        for document in documents:
            content = document.encode() if isinstance(document, str) else document
            add_summary(archive, ORCID, content)
    return "ORCID_summaries.tar.gz"


def test_every_year_of_a_position_is_a_record(tmp_path: Path) -> None:
    evidence = orcid.read_file(tmp_path, write(tmp_path, DOCUMENT))
    rows = records_by_place(evidence)
    assert [row["year"] for row in rows.values()] == [*range(2010, 2014), *range(2014, 2025)]
    study, job = rows["0/1/2010"], rows["0/2/2024"]
    assert study["person_ref"] == f"orcid:{ORCID}"
    assert study["person_name"] == "José O'Neil"
    assert dict(study["ids"]) == {"orcid": ORCID, "dblp": "12/345"}
    assert (study["kind"], study["role_raw"]) == ("education", "PhD")
    assert (job["kind"], job["role_raw"]) == ("employment", "Professor & Chair")
    assert study["paper_id"] == f"orcid:{ORCID}/11"
    assert study["n_authors"] == 1
    assert study["author_position"] is None
    mention = evidence.mentions.to_pylist()
    assert mention[0]["text"] == "Elm College, Elmton, United Kingdom"
    assert mention[0]["asserted_country"] == "GB"
    assert mention[0]["asserted_organization"] == "https://ror.org/0abcdef12"
    assert evidence.inputs.to_pylist()[0]["rows"] == 15


def test_only_ids_of_ror_are_asserted() -> None:
    for source, identifier in (("GRID", "grid.1.2"), ("RINGGOLD", "123"), ("ROR", "nonsense")):
        entry = replace(ENTRY, id_source=source, organization_id=identifier)
        found = read_summary(print_summary(replace(SUMMARY, entries=(entry,))).encode())
        assert isinstance(found, History)
        assert found.positions[0].affiliation.organization is None


def test_who_tells_of_no_position_has_no_row(tmp_path: Path) -> None:
    silent = print_summary(replace(SUMMARY, entries=()))
    evidence = orcid.read_file(tmp_path, write(tmp_path, silent, silent))
    assert evidence.records.num_rows == evidence.rejects.num_rows == 0


def test_prefixes_mean_what_the_document_says() -> None:
    other = re.sub(r"\bcommon(?=[:=])", "c", DOCUMENT)
    other = re.sub(r"\beducation:", "edu:", other).replace("xmlns:education=", "xmlns:edu=")
    assert other != DOCUMENT
    assert read_summary(other.encode()) == read_summary(DOCUMENT.encode())
    wrong = DOCUMENT.replace("http://www.orcid.org/ns/education", "http://example.org/education")
    found = read_summary(wrong.encode())
    assert isinstance(found, History)
    assert [position.kind for position in found.positions] == ["employment"]


def test_comments_and_character_sections_are_seen_through() -> None:
    start = DOCUMENT.index("<activities:educations")
    hidden = DOCUMENT[:start] + "<!-- <activities:educations> -->" + DOCUMENT[start:]
    spelt = DOCUMENT.replace("Elm College", "<![CDATA[Elm College]]>")
    for document in (hidden, spelt, DOCUMENT.replace("Elm College", "Elm&#32;College")):
        assert read_summary(document.encode()) == read_summary(DOCUMENT.encode())


def test_other_encodings_are_read() -> None:
    spelt = DOCUMENT.replace('encoding="UTF-8"', 'encoding="UTF-16"')
    assert read_summary(spelt.encode("utf-16")) == read_summary(DOCUMENT.encode())


BOMB = """<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>"""
SPY = """<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>"""


@pytest.mark.parametrize("attack", [BOMB, SPY, '<!DOCTYPE x SYSTEM "http://example.org/x.dtd">'])
def test_a_document_type_is_refused_and_nothing_is_expanded(tmp_path: Path, attack: str) -> None:
    head, body = DOCUMENT.split("\n", 1)
    document = f"{head}\n{attack}\n{body}".replace("Elm College", "&a;")
    found = read_summary(document.encode())
    assert isinstance(found, Refusal)
    assert found.reason == "unsafe_xml"
    evidence = orcid.read_file(tmp_path, write(tmp_path, document, DOCUMENT))
    assert reject_reasons(evidence) == {"unsafe_xml": 1}
    assert evidence.records.num_rows == 15


@pytest.mark.parametrize(
    "broken",
    [
        DOCUMENT[:-40],
        DOCUMENT.replace("Elm College", "&unknown;"),
        DOCUMENT.replace("</common:name>", "", 1),
        "<other/>",
        "",
        DOCUMENT.replace("</common:city>", "</common:town>"),
        DOCUMENT.replace("Elm College", "Elm\x00College"),
    ],
)
def test_what_is_no_sound_document_is_rejected(broken: str) -> None:
    found = read_summary(broken.encode())
    assert isinstance(found, Refusal)
    assert found.reason == "bad_xml"


def test_a_wrong_orcid_is_rejected() -> None:
    found = read_summary(DOCUMENT.replace(ORCID, "0000-0002-1825-0098").encode())
    assert isinstance(found, Refusal)
    assert found.reason == "bad_orcid"


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="￾￿"),
    max_size=12,
)
ENTRIES = st.builds(
    Entry,
    section=st.sampled_from(["education", "employment"]),
    put_code=st.integers(1, 10**7),
    role=TEXT,
    name=TEXT,
    city=TEXT,
    region=TEXT,
    country=st.sampled_from(["KR", "US", "XX", "tw"]),
    organization_id=st.sampled_from(["", "https://ror.org/0abcdef12", "grid.1.2"]),
    id_source=st.sampled_from(["ROR", "GRID"]),
    start=st.none() | st.integers(1000, 9999),
    end=st.none() | st.integers(1000, 9999),
    modified=st.integers(2012, 2025),
)


@given(st.lists(ENTRIES, max_size=4), TEXT, TEXT, st.integers(0, 3))
def test_both_ways_of_reading_agree(
    entries: list[Entry], given_names: str, family: str, works: int
) -> None:
    made = Summary(
        orcid=ORCID, given=given_names, family=family, urls=(), entries=entries, works=works
    )
    document = print_summary(made).encode()
    carefully = read_carefully(document)
    assert read_summary(document) == carefully
    cut = cut_summary(document, 0, len(document))
    assert (cut is None) == (not entries)
    if cut is not None:
        assert cut.usual
        assert read_cut(cut) == carefully


@given(st.data())
def test_a_damaged_document_never_stops_the_reader(data: st.DataObject) -> None:
    document = bytearray(DOCUMENT.encode())
    at = data.draw(st.integers(0, len(document) - 1))
    document[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    found = read_summary(bytes(document))
    assert found is None or isinstance(found, History | Refusal)


def test_processes_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orcid, "PART_PEOPLE", 7)
    documents = []
    for person in range(40):
        digits = f"{person:015d}"
        iD = "-".join((digits + checksum_orcid(digits))[i : i + 4] for i in range(0, 16, 4))  # noqa: N806
        documents.append(print_summary(replace(SUMMARY, orcid=iD)))
    file = write(tmp_path, *documents)
    alone, several = (orcid.read_file(tmp_path, file, workers=n) for n in (1, 2))
    assert alone.records.combine_chunks() == several.records.combine_chunks()
    assert alone.mentions == several.mentions
    assert alone.inputs == several.inputs
    assert pc.count_distinct(alone.records["person_ref"]).as_py() == 40
    assert alone.inputs["slots"].to_pylist() == [40]
    assert isinstance(alone.records, pa.Table)


def test_only_those_who_are_asked_for_are_read(tmp_path: Path) -> None:
    file = write(tmp_path, DOCUMENT)
    assert orcid.read_file(tmp_path, file, only={ORCID}).records.num_rows == 15
    nobody = orcid.read_file(tmp_path, file, only={"0000-0001-0000-0000"})
    assert nobody.records.num_rows == nobody.inputs["rows"][0].as_py() == 0


def test_other_files_of_the_archive_are_left_alone(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "s.tar.gz", "w:gz") as archive:
        header = tarfile.TarInfo("README.txt")
        header.size = 3
        archive.addfile(header, io.BytesIO(b"hey"))
        add_summary(archive, ORCID, DOCUMENT.encode())
    (tmp_path / "ORCID_activities_0.tar.gz").write_bytes(b"")
    assert orcid.list_files(tmp_path) == ["s.tar.gz"]
    assert orcid.read_file(tmp_path, "s.tar.gz").records.num_rows == 15


def test_an_archive_cut_off_is_an_error(tmp_path: Path) -> None:
    file = write(tmp_path, *[DOCUMENT] * 50)
    whole = (tmp_path / file).read_bytes()
    (tmp_path / file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="cannot be read"):
        orcid.read_file(tmp_path, file)
    (tmp_path / file).write_bytes(whole[:300] + b"\xff" * 300 + whole[600:])
    with pytest.raises(InputError, match="cannot be read"):
        orcid.read_file(tmp_path, file)
    with pytest.raises(InputError, match="cannot be read"):
        orcid.read_file(tmp_path, "missing.tar.gz")
