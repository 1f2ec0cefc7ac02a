"""Works say the same in every form they come in, and every row is accounted for."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.sources.evidence import Evidence
from talentflow.sources.openalex import affiliations, known, lines
from talentflow.sources.openalex.affiliations import Affiliations
from talentflow.sources.openalex.merged import load_merged
from talentflow.sources.openalex.reading import (
    WorksRead,
    list_files,
    read_file,
    write_evidence,
)
from talentflow.sources.openalex.versions import find_superseded, load_parts
from talentflow.sources.openalex.works import Batch, decode_works

ROR = "https://ror.org/00f54p054"


def an_institution(**changes: Any) -> dict[str, Any]:
    told = {
        "id": "https://openalex.org/I97018004",
        "display_name": "Seoul National University",
        "ror": ROR,
        "country_code": "KR",
        "type": "education",
        "lineage": ["https://openalex.org/I97018004"],
    }
    return {**told, **changes}


def an_authorship(**changes: Any) -> dict[str, Any]:
    told = {
        "author_position": "first",
        "author": {
            "id": "https://openalex.org/A5012345678",
            "display_name": "Mina Example",
            "orcid": "https://orcid.org/0000-0002-1825-0097",
        },
        "institutions": [an_institution()],
        "countries": ["KR"],
        "is_corresponding": True,
        "raw_author_name": "M. Example",
        "raw_affiliation_strings": ["Dept of X, SNU"],
        "affiliations": [],
    }
    return {**told, **changes}


def a_work(number: int = 1, **changes: Any) -> dict[str, Any]:
    told = {
        "id": f"https://openalex.org/W{number}",
        "title": 'A "quoted" title \\ with 한글',
        "publication_year": 2021,
        "primary_location": {
            "is_oa": False,
            "source": {"id": "https://openalex.org/S1", "display_name": "Journal of Ünder"},
        },
        "authorships": [an_authorship()],
        "abstract_inverted_index": {"authorships": [1], '"id': [2], "}{": [3]},
        "updated_date": "2025-01-10T01:02:03.456",
        "created_date": "2020-01-01",
    }
    return {**told, **changes}


def write_lines(path: Path, works: list[Any], **style: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [w if isinstance(w, bytes) else json.dumps(w, **style).encode() for w in works]
    path.write_bytes(gzip.compress(b"".join(row + b"\n" for row in rows)))


def read(tmp_path: Path, works: list[Any], **style: Any) -> Evidence:
    write_lines(tmp_path / "works" / "f.gz", works, **style)
    return read_file(tmp_path, "works/f.gz")


def rows(evidence: Evidence) -> list[dict[str, Any]]:
    """Records with what their mentions say."""
    said = {m["mention_id"]: m for m in evidence.mentions.to_pylist()}
    return [{**r, "said": said.get(r["mention_id"])} for r in evidence.records.to_pylist()]


def test_one_record_an_author_and_institution(tmp_path: Path) -> None:
    other = an_institution(
        id="https://openalex.org/I2", display_name="Institute  B", ror=None, country_code="HK"
    )
    second = an_authorship(
        author={"id": "https://openalex.org/A7", "display_name": "B", "orcid": None},
        institutions=[an_institution(), other],
        raw_author_name=None,
    )
    found = read(tmp_path, [a_work(authorships=[an_authorship(), second])])
    first, *_ = records = rows(found)
    assert len(records) == 3
    assert first["record_id"] == "openalex:works/f.gz#0/1/1"
    assert first["person_ref"] == "openalex:A5012345678"
    assert first["person_name"] == "M. Example"
    assert dict(first["ids"]) == {"openalex": "A5012345678", "orcid": "0000-0002-1825-0097"}
    assert (first["year"], first["paper_id"]) == (2021, "openalex:W1")
    assert (first["author_position"], first["n_authors"]) == (1, 2)
    assert (first["venue"], first["alignment"]) == ("journal of ünder", "aligned")
    assert first["said"]["text"] == "Seoul National University"
    assert first["said"]["asserted_organization"] == ROR
    assert first["said"]["asserted_country"] == "KR"
    assert records[2]["person_name"] == "B"
    assert dict(records[2]["ids"]) == {"openalex": "A7"}
    assert records[2]["said"]["text"] == "Institute B"
    assert records[2]["said"]["asserted_country"] == "HK"
    assert records[1]["mention_id"] == first["mention_id"]
    (inputs,) = found.inputs.to_pylist()
    assert (inputs["papers"], inputs["slots"], inputs["rows"]) == (1, 2, 3)


def test_without_institutions_what_is_printed_counts(tmp_path: Path) -> None:
    printed = an_authorship(institutions=[], raw_affiliation_strings=["A Lab, Busan", "B  Lab"])
    nothing = an_authorship(institutions=[], raw_affiliation_strings=[])
    records = rows(read(tmp_path, [a_work(authorships=[printed, nothing])]))
    assert [r["said"] and r["said"]["text"] for r in records] == ["A Lab, Busan", "B Lab", None]
    assert [r["alignment"] for r in records] == ["aligned", "aligned", "unknown"]
    assert records[0]["said"]["asserted_organization"] is None


def test_an_author_without_id_is_of_this_work_alone(tmp_path: Path) -> None:
    nobody = an_authorship(author={"id": None, "display_name": "X", "orcid": None})
    (record,) = rows(read(tmp_path, [a_work(7, authorships=[nobody])]))
    assert record["person_ref"] == "openalex:W7/1"
    assert record["ids"] == []


@pytest.mark.parametrize("code", ["HK", "MO", "TW", "PR"])
def test_areas_stay_as_they_are(tmp_path: Path, code: str) -> None:
    found = read(
        tmp_path,
        [a_work(authorships=[an_authorship(institutions=[an_institution(country_code=code)])])],
    )
    assert found.mentions["asserted_country"].to_pylist() == [code]


@pytest.mark.parametrize(
    ("work", "reason", "count"),
    [
        (b'{"id": "https://openalex.org/W3", "publication_year": 20', "bad_json", 1),
        (b"\xff\xfe", "bad_json", 1),
        (a_work(3, publication_year=None), "bad_year", 1),
        (a_work(3, publication_year=1066), "bad_year", 1),
        (a_work(3, publication_year=2021, id="https://example.org/3"), "bad_id", 1),
        (a_work(3, publication_year=9, authorships=[an_authorship()] * 4), "bad_year", 4),
        (b'{"id": 5}', "bad_json", 1),
        (b"[]", "bad_json", 1),
    ],
)
def test_a_bad_line_is_one_reject(tmp_path: Path, work: Any, reason: str, count: int) -> None:
    found = read(tmp_path, [a_work(1), work, b"", a_work(2)])
    assert found.records["paper_id"].to_pylist() == ["openalex:W1", "openalex:W2"]
    (reject,) = found.rejects.to_pylist()
    assert (reject["reason"], reject["rows"]) == (reason, count)
    assert reject["position"].startswith("works/f.gz#1")
    (inputs,) = found.inputs.to_pylist()
    assert inputs["rows"] == inputs["records"] + inputs["rejected"] == 2 + count


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9, 0.999])
def test_a_cut_off_file_gives_what_is_whole(tmp_path: Path, keep: float) -> None:
    works = [a_work(n, title="x" * (n % 97)) for n in range(1, 3000)]
    write_lines(tmp_path / "works" / "f.gz", works)
    path = tmp_path / "works" / "f.gz"
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    found = read_file(tmp_path, "works/f.gz")
    assert found.rejects["reason"].to_pylist() == ["damaged_file"]
    read_so_far = found.records["paper_id"].to_pylist()
    assert read_so_far == [f"openalex:W{n}" for n in range(1, len(read_so_far) + 1)]
    assert len(read_so_far) < 2999


def test_a_corrupt_file_does_not_stop_the_build(tmp_path: Path) -> None:
    write_lines(tmp_path / "works" / "f.gz", [a_work(n) for n in range(1, 3000)])
    path = tmp_path / "works" / "f.gz"
    body = bytearray(path.read_bytes())
    body[len(body) // 2 : len(body) // 2 + 40] = bytes(40)
    path.write_bytes(bytes(body))
    assert "damaged_file" in read_file(tmp_path, "works/f.gz").rejects["reason"].to_pylist()
    path.write_bytes(b"\x1f\x8bnothing of the kind")
    assert read_file(tmp_path, "works/f.gz").rejects["reason"].to_pylist() == ["damaged_file"]


def join(parts: Iterable[Evidence]) -> Evidence:
    """Evidence told in parts, together."""
    told = [vars(part) for part in parts]
    return Evidence(**{name: pa.concat_tables([each[name] for each in told]) for name in told[0]})


def compare(one: Evidence, other: Evidence) -> None:
    """But for the place in the file, the same."""

    def known(evidence: Evidence) -> list[dict[str, Any]]:
        told = [{**r, "ids": dict(r["ids"])} for r in rows(evidence)]
        for row in told:
            for name in ("record_id", "file"):
                del row[name]
        return sorted(told, key=str)

    assert known(one) == known(other)
    assert one.rejects["rows"].to_pylist() == other.rejects["rows"].to_pylist()
    assert one.rejects["reason"].to_pylist() == other.rejects["reason"].to_pylist()


VARIED = [
    a_work(1),
    a_work(2, authorships=[]),
    a_work(3, primary_location=None, authorships=[an_authorship(raw_author_name="")]),
    a_work(4, primary_location={"is_oa": True, "source": None}),
    a_work(
        5, authorships=[an_authorship(institutions=[], raw_affiliation_strings=["A", "A", "B"])]
    ),
    a_work(
        6, authorships=[an_authorship(author={"id": None, "display_name": None, "orcid": None})]
    ),
    a_work(
        7, authorships=[an_authorship(institutions=[an_institution(ror="bad", country_code="ZZ")])]
    ),
    a_work(8, publication_year=None, authorships=[an_authorship()] * 3),
    a_work(9, updated_date=None),
    a_work(
        10,
        authorships=[
            an_authorship(
                author={"id": "https://openalex.org/A1", "display_name": "Ø 한", "orcid": None}
            )
        ],
    ),
]


@pytest.mark.parametrize("style", [{}, {"ensure_ascii": False}, {"separators": (",", ":")}])
def test_lines_pages_and_parquet_say_the_same(tmp_path: Path, style: dict[str, Any]) -> None:
    from_lines = read(tmp_path, VARIED, **style)
    (tmp_path / "pages").mkdir()
    page = {"meta": {"count": len(VARIED)}, "results": VARIED}
    (tmp_path / "pages" / "p1.json").write_text(json.dumps(page))
    table = pa.Table.from_pylist(VARIED)
    pq.write_table(table, tmp_path / "works" / "f.parquet")
    compare(from_lines, read_file(tmp_path, "pages/p1.json"))
    compare(from_lines, read_file(tmp_path, "works/f.parquet"))


TEXTS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
NULLABLE = st.none() | TEXTS
INSTITUTIONS = st.fixed_dictionaries(
    {"display_name": NULLABLE},
    optional={
        "id": st.sampled_from([f"https://openalex.org/I{n}" for n in range(3)]),
        "ror": st.none() | st.just(ROR) | TEXTS,
        "country_code": st.none() | st.sampled_from(["KR", "kr", "TW", "XX"]),
        "lineage": st.lists(TEXTS, max_size=2),
    },
)
AUTHORS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.none() | st.sampled_from(["https://openalex.org/A5", "A5", "x"]),
        "display_name": NULLABLE,
        "orcid": st.none()
        | st.sampled_from(
            [
                "https://orcid.org/0000-0002-1825-0097",
                "https://orcid.org/0000-0002-1825-0098",
                "https://orcid.org/0000-0002-1694-233X",
                "0000-0002-1825-0097",
                "https://orcid.org/none",
            ]
        ),
    },
)
AUTHORSHIPS = st.fixed_dictionaries(
    {"author": AUTHORS | st.none()},
    optional={
        "institutions": st.lists(INSTITUTIONS, max_size=3) | st.none(),
        "raw_author_name": NULLABLE,
        "raw_affiliation_strings": st.lists(NULLABLE, max_size=3) | st.none(),
        "is_corresponding": st.booleans() | st.none() | st.sampled_from(["true", 1]),
        "extra": st.dictionaries(TEXTS, st.integers() | TEXTS | st.none(), max_size=2),
    },
)
WORKS = st.fixed_dictionaries(
    {"id": st.sampled_from(["https://openalex.org/W1", "https://openalex.org/W22", "W3", "x"])},
    optional={
        "publication_year": st.none() | st.integers(1890, 2110),
        "updated_date": st.none() | st.sampled_from(["2025-01-10", "2025-01-10T10:11:12.1"]),
        "primary_location": st.none()
        | st.fixed_dictionaries(
            {"x": TEXTS},
            optional={
                "source": st.none()
                | st.fixed_dictionaries(
                    {"display_name": NULLABLE, "y": st.lists(TEXTS, max_size=2)}
                )
            },
        ),
        "authorships": st.none() | st.lists(AUTHORSHIPS, max_size=4),
        "abstract": st.dictionaries(TEXTS, st.lists(st.integers(0, 9), max_size=2), max_size=3),
    },
)


def as_rows(batches: list[Batch], affiliations: Affiliations) -> list[tuple[Any, ...]]:
    said = [*affiliations, None]
    found = []
    for b in batches:
        venues, names = b.work_venue.to_pylist(), b.author_name.to_pylist()
        orcids = b.author_orcid.to_pylist()
        for at, part, number in zip(b.row_author, b.row_part, b.row_affiliation, strict=True):
            w = b.author_work[at]
            found.append(
                (
                    *(b.work_line[w], b.work_id[w], b.work_year[w], b.work_updated[w]),
                    *(b.work_authors[w], venues[w], b.author_position[at], b.author_id[at]),
                    *(names[at], orcids[at], b.author_corresponds[at], part, said[number]),
                )
            )
    return sorted(found, key=str)


@given(st.lists(WORKS, max_size=6), st.booleans(), st.booleans(), st.data())
def test_scanning_says_what_decoding_says(
    tmp_path_factory: pytest.TempPathFactory,
    works: list[dict[str, Any]],
    compact: bool,
    escaped: bool,
    data: st.DataObject,
) -> None:
    works = [
        {key: work[key] for key in data.draw(st.permutations(list(work)))} if n % 2 else work
        for n, work in enumerate(works)
    ]
    separators = (",", ":") if compact else (", ", ": ")
    raws = [json.dumps(w, ensure_ascii=escaped, separators=separators).encode() for w in works]
    path = tmp_path_factory.mktemp("w") / "f.gz"
    path.write_bytes(gzip.compress(b"\n".join(raws)))
    told: tuple[list[Any], list[Any]] = ([], [])
    scanned, decoded = Affiliations(), Affiliations()
    batches = list(lines.read_lines(path, scanned, lambda *r: told[0].append(r)))
    batch = decode_works(enumerate(raws), decoded, lambda *r: told[1].append(r))
    assert as_rows(batches, scanned) == as_rows([batch], decoded)
    assert told[0] == told[1]


def test_small_blocks_and_long_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    works = [a_work(n, title="x" * (n * 37 % 5000)) for n in range(1, 200)]
    whole = read(tmp_path, works)
    monkeypatch.setattr(lines, "BLOCK_BYTES", 1024)
    compare(whole, read(tmp_path, works))


@pytest.mark.parametrize("most_slots", [64, 1 << 21])
def test_more_affiliations_than_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_slots: int
) -> None:
    works = [
        a_work(n, authorships=[an_authorship(institutions=[an_institution(display_name=f"U{n}")])])
        for n in range(1, 300)
    ]
    works.append(a_work(300, authorships=[an_authorship()] * 3000))
    whole = read(tmp_path, works)
    assert whole.records.num_rows == 299 + 3000
    monkeypatch.setattr(affiliations, "_THREAD", threading.local())
    monkeypatch.setattr(affiliations, "make_entries", lambda: known.make_entries(16))
    monkeypatch.setattr(known, "_MOST_SLOTS", most_slots)
    compare(whole, read(tmp_path, works))


def test_what_a_file_says_does_not_depend_on_the_files_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def works_of(number: int) -> list[dict[str, Any]]:
        names = [f"U{number + n}" for n in range(3)]
        told = [an_authorship(institutions=[an_institution(display_name=n)]) for n in names]
        return [a_work(number, authorships=told)]

    write_lines(tmp_path / "works" / "a.gz", works_of(1))
    write_lines(tmp_path / "works" / "b.gz", works_of(3))
    monkeypatch.setattr(affiliations, "_THREAD", threading.local())
    alone = read_file(tmp_path, "works/b.gz")
    monkeypatch.setattr(affiliations, "_THREAD", threading.local())
    read_file(tmp_path, "works/a.gz")
    compare(alone, read_file(tmp_path, "works/b.gz"))
    assert sorted(alone.mentions["text"].to_pylist()) == ["U3", "U4", "U5"]


def test_a_broken_affiliation_spoils_only_its_line(tmp_path: Path) -> None:
    works = [
        a_work(n, authorships=[an_authorship(institutions=[an_institution(display_name=f"U{n}")])])
        for n in (1, 2, 3)
    ]
    raws = [json.dumps(work, separators=(",", ":")).encode() for work in works]
    raws[1] = raws[1].replace(b"U2", b"U\\x2")
    path = tmp_path / "works" / "f.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(b"\n".join(raws)))
    for _ in range(2):
        found = read_file(tmp_path, "works/f.gz")
        assert sorted(found.mentions["text"].to_pylist()) == ["U1", "U3"]
        assert found.rejects["reason"].to_pylist() == ["bad_json"]


def test_merged_authors_and_works(tmp_path: Path) -> None:
    for kind, body in (
        ("authors", "2024-01-01,A5012345678,A8\n2024-01-02,A8,A9\n2024-01-02,A3,A3\n"),
        ("works", "2024-01-01,W2,W1\n"),
    ):
        path = tmp_path / "merged_ids" / kind / "2024-01-01.csv.gz"
        path.parent.mkdir(parents=True)
        path.write_bytes(gzip.compress(f"merge_date,id,merge_into_id\n{body}".encode()))
    files = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.csv.gz"))
    merged = load_merged(tmp_path, files)
    write_lines(tmp_path / "works" / "f.gz", [a_work(1), a_work(2)])
    found = read_file(tmp_path, "works/f.gz", merged=merged)
    assert found.records["person_ref"].to_pylist() == ["openalex:A9"]
    assert found.records["paper_id"].to_pylist() == ["openalex:W1"]
    assert found.rejects["reason"].to_pylist() == ["merged_work"]
    (inputs,) = found.inputs.to_pylist()
    assert inputs["rows"] == inputs["records"] + inputs["rejected"]


def test_merges_in_a_circle_end() -> None:
    from talentflow.sources.openalex.merged import Merged

    merged = Merged(np.array([], np.int64), np.array([1, 2]), np.array([2, 1]))
    assert set(merged.follow(np.array([1, 2, 3]))) == {1, 2, 3}


def test_a_later_version_replaces_an_earlier_one(tmp_path: Path) -> None:
    old = [a_work(1), a_work(2), a_work(3, authorships=[])]
    new = [a_work(2, updated_date="2025-02-01", publication_year=2022), a_work(2)]
    write_lines(tmp_path / "works" / "updated_date=2025-01-10" / "part_000.gz", old)
    write_lines(tmp_path / "works" / "updated_date=2025-02-01" / "part_000.gz", new)
    files = list_files(tmp_path)
    written = [write_evidence(tmp_path, f, tmp_path / "out" / str(n)) for n, f in enumerate(files)]
    masks = find_superseded([each.works for each in written])
    assert [mask.tolist() for mask in masks] == [[False, True, False], [False, True]]
    evidence = [join(load_parts(w, m)) for w, m in zip(written, masks, strict=True)]
    told = [(r["paper_id"], r["year"]) for e in evidence for r in e.records.to_pylist()]
    assert told == [("openalex:W1", 2021), ("openalex:W2", 2022)]
    for each in evidence:
        (inputs,) = each.inputs.to_pylist()
        assert inputs["rows"] == inputs["records"] + inputs["rejected"]
        assert inputs["records"] == each.records.num_rows == inputs["aligned"] + inputs["unknown"]
        assert inputs["rejected"] == sum(each.rejects["rows"].to_pylist())


@given(st.lists(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 3)), max_size=8), max_size=4))
def test_exactly_one_version_of_a_work_is_left(files: list[list[tuple[int, int]]]) -> None:
    read_works = [
        WorksRead(
            np.array([i for i, _ in file], np.int64),
            np.array([u for _, u in file], np.int64),
            np.ones(len(file), np.int64),
        )
        for file in files
    ]
    left: dict[int, int] = {}
    for works, mask in zip(read_works, find_superseded(read_works), strict=True):
        for number, updated in zip(works.ids[~mask], works.updated[~mask], strict=True):
            assert number not in left
            left[number] = updated
    latest: dict[int, int] = {}
    for number, updated in (row for file in files for row in file):
        latest[number] = max(updated, latest.get(number, 0))
    assert left == latest


def test_written_and_held_evidence_are_the_same(tmp_path: Path) -> None:
    held = read(tmp_path, VARIED)
    written = write_evidence(tmp_path, "works/f.gz", tmp_path / "out")
    loaded = join(load_parts(written, np.zeros(len(written.works.ids), np.bool_)))
    for name in ("records", "mentions", "rejects", "inputs"):
        assert getattr(loaded, name).equals(getattr(held, name)), name


def test_files_of_old_and_new_layouts_are_found(tmp_path: Path) -> None:
    wanted = [
        "data/jsonl/works/updated_date=2026-06-24/part_0000.gz",
        "data/works/updated_date=2025-01-01/part_000.gz",
        "pages/KR/page-000001.json",
        "updated_date=2025-01-01/part_000.gz",
    ]
    others = [
        "data/jsonl/authors/updated_date=2026-06-24/part_0000.gz",
        "data/parquet/works/updated_date=2026-06-24/part_0000.parquet",
        "legacy-data/merged_ids/works/2024-01-01.csv.gz",
        "data/jsonl/works/manifest.json",
        "works/updated_date=2025-01-01/part_000.gz.partial",
        "pages/KR/fetch.state",
    ]
    for file in wanted + others:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(b"")
    assert list_files(tmp_path) == sorted(wanted)
