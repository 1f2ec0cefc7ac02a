"""Common names: what is seen with them decides, and what cannot be decided stays ambiguous."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talentflow.core.contracts import MENTIONS, RECORDS
from talentflow.resolve.names import parse_name
from talentflow.resolve.namesakes import count_profiles, expect_bearers
from talentflow.resolve.people import LinkedPeople, link_people
from talentflow.resolve.people_by_evidence import PROFILE_SHARE, expect_known_bearers
from talentflow.resolve.people_evidence import registered_domains, split_affiliations, take_apart
from talentflow.resolve.people_joins import join_by_identifier, join_by_name
from talentflow.resolve.people_linkage import compare_names
from talentflow.resolve.people_match import FEATURES, load_model
from talentflow.resolve.people_slots import read_slots

from test_people_links import make_records, person, persons  # isort: skip

# Enough other people that co-authors and affiliations of the cases are seen to be rare.
CROWD = [(f"c{i}", "slot", f"{chr(97 + i)}o Zhang") for i in range(15)]
CROWD += [(f"d{i}", "slot", f"Wei {chr(97 + i)}er") for i in range(15)]
CROWD += [(f"e{i}", "slot", f"Xa{chr(97 + i % 26)} Yo{chr(97 + i // 26)}n") for i in range(170)]


def link(rows: list[Any], texts: dict[int, tuple[str | None, str | None]]) -> LinkedPeople:
    """`texts`: row → affiliation text and domain."""
    records = make_records(*rows, *CROWD)
    found = [i if i in texts else None for i in range(records.num_rows)]
    column = records.schema.get_field_index("mention_id")
    records = records.set_column(column, RECORDS.schema.field(column), pa.array(found, pa.int64()))
    mentions: list[dict[str, object]] = [
        {"mention_id": i, "text": text, "domain": domain} for i, (text, domain) in texts.items()
    ]
    return link_people(records, mentions=MENTIONS.from_rows(mentions))


def test_common_names_join_by_co_authors() -> None:
    rows = [
        ("p1", "slot", "Wei Zhang"),
        ("p1", "slot", "Ada Quill"),
        ("p1", "slot", "Zora Nilsson"),
        ("p2", "slot", "Wei Zhang"),
        ("p2", "slot", "Ada Quill"),
        ("p2", "slot", "Z. Nilsson"),
        ("p3", "slot", "Wei Zhang"),
    ]
    linked = link(rows, {})
    found = persons(linked)
    assert found["slot:0"] == found["slot:3"] == "slot:0"
    assert found["slot:6"] == "slot:6"
    assert person(linked, "slot:6")["ambiguous"] is True
    kinds = {(e["left"], e["right"]): e["kind"] for e in linked.edges.to_pylist()}
    assert "same_evidence" in {kinds.get(k) for k in (("slot:0", "slot:3"), ("slot:3", "slot:0"))}


def test_a_rare_affiliation_joins_and_a_free_address_does_not() -> None:
    rows = [("p1", "slot", "Wei Kim"), ("p2", "slot", "Wei Kim"), ("p3", "slot", "Wei Kim")]
    rows += [("p4", "slot", "Wei Kim")]
    linked = link(
        rows,
        {
            0: ("Quill Institute, Example Town", "quill.example"),
            1: ("Dept. of Ink, Quill Institute", "ink.quill.example"),
            2: (None, "gmail.com"),
            3: (None, "gmail.com"),
            **{i: (f"University {i}, Example Town", f"u{i}.example") for i in range(34, 154)},
        },
    )
    found = persons(linked)
    assert found["slot:0"] == found["slot:1"]
    assert found["slot:2"] != found["slot:3"]


def test_a_common_reference_joins_an_identified_person() -> None:
    rows = [
        ("p1", "openreview:~Wei_Zhang9", "Wei Zhang"),
        ("p1", "slot", "Ada Quill"),
        ("p1", "slot", "Zora Nilsson"),
        ("p2", "slot", "Wei Zhang"),
        ("p2", "slot", "Ada Quill"),
        ("p2", "slot", "Zora Nilsson"),
    ]
    assert person(link(rows, {}), "slot:3")["person_id"] == "openreview:~Wei_Zhang9"


def test_two_people_of_one_registry_stay_two_whatever_they_share() -> None:
    rows = [
        ("p1", "openreview:~Wei_Zhang8", "Wei Zhang"),
        ("p1", "slot", "Ada Quill"),
        ("p2", "openreview:~Wei_Zhang9", "Wei Zhang"),
        ("p2", "slot", "Ada Quill"),
    ]
    found = persons(link(rows, {0: ("Quill Institute", None), 2: ("Quill Institute", None)}))
    assert found["openreview:~Wei_Zhang8"] != found["openreview:~Wei_Zhang9"]


def test_an_initial_follows_only_evidence() -> None:
    rows = [("p1", "slot", "J. Quillfeather"), ("p2", "slot", "Jane Quillfeather")]
    rows += [("p3", "slot", "J. Quillfeather"), ("p3", "slot", "Ada Roe")]
    rows += [("p1", "slot", "Ada Roe")]
    found = persons(link(rows, {}))
    assert found["slot:0"] == found["slot:2"]
    assert found["slot:1"] != found["slot:0"]


@pytest.mark.parametrize(
    ("one", "other", "relation"),
    [
        ("Jane Doe", "Jane Doe", 0),
        ("Jane Mary Doe", "Jane Doe", 1),
        ("J. Doe", "Jane Doe", 2),
        ("J. M. Doe", "Jane Mary Doe", 2),
        ("Jane M. Doe", "Jane Mary Doe", 2),
        ("Jane K. Doe", "Jane Mary Doe", -1),
        ("Jane Doe", "John Doe", -1),
        ("김민", "김민준", -1),
    ],
)
def test_names_that_may_be_one_persons(one: str, other: str, relation: int) -> None:
    parts = take_apart([parse_name(one), parse_name(other)])
    words = (parts.starts, parts.word, parts.first_letter, parts.is_letter)
    assert compare_names(words, 0, 1) == compare_names(words, 1, 0) == relation


def test_names_are_commoner_outside_a_short_list() -> None:
    names = [parse_name(text) for text in ("Wei Wang", "Jane Quillfeather", "W. Wang")]
    expected, at_most = expect_bearers(names)
    assert expected[0] > 0.5
    assert expected[1] == 0
    assert expected[2] > expected[0]
    assert (at_most >= expected).all()
    assert expect_bearers([])[0].size == 0


def test_the_number_of_a_profile_tells_how_many_bear_a_name() -> None:
    profiles = count_profiles(
        ["openreview:~Ada_Quill9", "openreview:~Ada_Quill1", "openreview:~Bo_Nilsson1", "acl:x"]
    )
    assert profiles == {"ada quill": 9}
    slots = read_slots(make_records(("p1", "slot", "Ada Quill"), ("p2", "slot", "Bo Nilsson")))
    by_name = join_by_name(slots, join_by_identifier(slots))
    without, told = (expect_known_bearers(slots, by_name, known) for known in ({}, profiles))
    place = slots.names.full.index("ada quill")
    assert told[place] == PROFILE_SHARE * 8 > without[place]
    assert told[1 - place] == without[1 - place]


def test_pieces_of_affiliations_and_domains() -> None:
    texts = pa.array(["Dept. of Ink, Quill Institute; X", None, "QUILL-INSTITUTE"])
    row, pieces = split_affiliations(texts)
    assert list(zip(row.tolist(), pieces.to_pylist(), strict=True)) == [
        (0, "deptofink"),
        (0, "quillinstitute"),
        (2, "quillinstitute"),
    ]
    domains = pa.array(["cs.quill.ac.kr", "gmail.com", None, "ink.quill.example", "quill"])
    row, found = registered_domains(domains)
    assert dict(zip(row.tolist(), found.to_pylist(), strict=True)) == {
        0: "quill.ac.kr",
        3: "quill.example",
    }


def test_the_model_says_what_it_may() -> None:
    model = load_model()
    signs = dict(zip(FEATURES, model.coefficients, strict=True))
    assert signs["log_bearers"] < 0 < signs["log_common_authors"]
    assert 0 < model.threshold < 1
    assert np.isfinite(model.coefficients).all()


NAMES = ["Wei Zhang", "W. Zhang", "Wei M. Zhang", "Ada Quill", "A. Quill", "김민준", "†"]
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["p1", "p2", "p3", "p4", "p5"]),
        st.sampled_from(["slot", "slot", "slot", "ieee:1", "acl:wei-zhang", "openreview:~A1"]),
        st.sampled_from(NAMES),
        st.sampled_from([None, "Quill Institute", "Example University"]),
    ),
    max_size=14,
)


@settings(max_examples=100, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_evidence_in_any_order(rows: list[Any], shuffle: Any) -> None:
    records = make_records(*((paper, ref, name) for paper, ref, name, _ in rows))
    known = ["Quill Institute", "Example University"]
    places = [known.index(text) if text else None for *_, text in rows]
    column = records.schema.get_field_index("mention_id")
    records = records.set_column(column, RECORDS.schema.field(column), pa.array(places, pa.int64()))
    mentions = MENTIONS.from_rows([{"mention_id": i, "text": t} for i, t in enumerate(known)])
    linked = link_people(records, mentions=mentions)
    found = persons(linked)
    assert set(found) == set(records["person_ref"].to_pylist())
    slots = set(
        zip(records["paper_id"].to_pylist(), records["person_ref"].to_pylist(), strict=True)
    )
    assert len({(paper, found[ref]) for paper, ref in slots}) == len(slots)
    order = list(range(len(rows)))
    shuffle.shuffle(order)
    again = link_people(records.take(pa.array(order, pa.int64())), mentions=mentions)
    assert again.people.equals(linked.people)
    assert again.edges.equals(linked.edges)
