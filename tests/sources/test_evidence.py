"""Does every row of an input file become a record or a reject, and nothing else?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.errors import ContractError
from talentflow.sources.evidence import RAW_LIMIT_BYTES, EvidenceBuilder, mention_id


def builder() -> EvidenceBuilder:
    return EvidenceBuilder(source="toy", file="venue/one.json", sha256="0" * 64, size_bytes=10)


def add(evidence: EvidenceBuilder, position: str, text: str | None, alignment: str) -> None:
    evidence.add_record(
        position=position,
        year=2020,
        paper_id="p1",
        n_authors=2,
        alignment=alignment,
        person_name="Ada Example",
        ids={"orcid": "0000-0000-0000-0000"},
        text=text,
    )


def test_records_rejects_and_counts() -> None:
    evidence = builder()
    evidence.papers = 1
    add(evidence, "0/1/1", "Example University", "aligned")
    add(evidence, "0/2/1", "Example University", "set_only")
    add(evidence, "0/3/1", None, "unknown")
    evidence.reject(position="1", reason="bad_year", detail="20O1", raw='{"year": "20O1"}', rows=3)
    built = evidence.build(rows=6)
    assert built.inputs.to_pylist() == [
        {
            "source": "toy",
            "file": "venue/one.json",
            "sha256": "0" * 64,
            "size_bytes": 10,
            "papers": 1,
            "slots": 0,
            "rows": 6,
            "records": 3,
            "rejected": 3,
            "aligned": 1,
            "set_only": 1,
            "unknown": 1,
        }
    ]
    assert built.mentions.num_rows == 1
    first = built.records.to_pylist()[0]
    assert first["record_id"] == "toy:venue/one.json#0/1/1"
    assert first["mention_id"] == mention_id("Example University", None)
    assert first["ids"] == [("orcid", "0000-0000-0000-0000")]
    assert built.records["mention_id"].to_pylist()[2] is None
    assert built.rejects.to_pylist()[0]["position"] == "venue/one.json#1"


@pytest.mark.parametrize("rows", [0, 2])
def test_a_lost_or_invented_row_stops_the_build(rows: int) -> None:
    evidence = builder()
    add(evidence, "0/1/1", None, "unknown")
    with pytest.raises(ContractError, match="rows = records"):
        evidence.build(rows=rows)


def test_the_same_position_twice_is_refused() -> None:
    evidence = builder()
    add(evidence, "0/1/1", None, "unknown")
    add(evidence, "0/1/1", None, "unknown")
    with pytest.raises(ContractError, match="repeated keys"):
        evidence.build(rows=2)


def test_an_empty_file_gives_empty_tables() -> None:
    built = builder().build(rows=0)
    assert (built.records.num_rows, built.mentions.num_rows, built.rejects.num_rows) == (0, 0, 0)
    assert built.inputs.num_rows == 1


def test_a_long_rejected_row_is_cut_between_characters() -> None:
    evidence = builder()
    evidence.reject(position="0", reason="too_long", detail="", raw="한" * RAW_LIMIT_BYTES)
    (kept,) = evidence.build(rows=1).rejects["raw"].to_pylist()
    assert len(kept.encode()) <= RAW_LIMIT_BYTES
    assert set(kept) == {"한"}


def test_a_row_with_broken_characters_is_kept_readable() -> None:
    evidence = builder()
    evidence.reject(position="0", reason="bad_text", detail="", raw="a\udc80b")
    assert evidence.build(rows=1).rejects["raw"].to_pylist() == ["a?b"]


GOLDEN = [
    ("Example University", None, 2_679_159_114_332_907_936),
    (None, "example.edu", 8_083_242_386_832_872_554),
    ("Example University", "example.edu", 2_653_510_302_100_664_804),
    ("서울 예시 대학교", None, 2_459_309_989_343_513_826),
]


@pytest.mark.parametrize(("text", "domain", "expected"), GOLDEN)
def test_mention_ids_never_change(text: str | None, domain: str | None, expected: int) -> None:
    assert mention_id(text, domain) == expected


TEXTS = st.text(st.characters(exclude_characters="\x1f", exclude_categories=["Cs"]))


@given(st.lists(st.tuples(TEXTS, TEXTS), unique=True))
def test_distinct_pairs_have_distinct_ids_in_63_bits(pairs: list[tuple[str, str]]) -> None:
    ids = [mention_id(text, domain) for text, domain in pairs]
    assert len(set(ids)) == len(ids)
    assert all(0 <= number < 2**63 for number in ids)


@given(st.lists(st.sampled_from(["aligned", "set_only", "unknown", "reject"]), max_size=20))
def test_rows_are_records_plus_rejects(kinds: list[str]) -> None:
    evidence = builder()
    for position, kind in enumerate(kinds):
        if kind == "reject":
            evidence.reject(position=str(position), reason="bad", detail="", raw="")
        else:
            add(evidence, str(position), "Example Laboratory", kind)
    (counts,) = evidence.build(rows=len(kinds)).inputs.to_pylist()
    assert counts["records"] == counts["aligned"] + counts["set_only"] + counts["unknown"]
    assert counts["rows"] == counts["records"] + counts["rejected"] == len(kinds)
