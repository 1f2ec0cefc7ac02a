"""Links between references: one typed-in case per rule, and what holds for any records."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talentflow.core.contracts import PEOPLE, PERSON_EDGES, RECORDS, check_table
from talentflow.resolve.people import LinkedPeople, drop_opted_out, link_people

ORCID = "0000-0002-1825-0097"
OTHER_ORCID = "0000-0002-1694-233X"
Row = tuple[str, str, str]


def make_records(*rows: Any, start: int = 0) -> pa.Table:
    """Rows of (paper, person_ref, name[, ids]); a reference `slot` becomes unique."""
    made = []
    for number, (paper, ref, name, *ids) in enumerate(rows, start):
        made.append(
            {
                "record_id": f"typed:{number:04}",
                "source": "typed",
                "file": "typed",
                "person_ref": f"slot:{number}" if ref == "slot" else ref,
                "person_name": name,
                "ids": list(ids[0].items()) if ids else [],
                "year": 2020,
                "paper_id": paper,
                "author_position": number % 1000 + 1,
                "n_authors": 3,
                "tier_flags": 0,
                "alignment": "unknown",
                "kind": "authorship",
            }
        )
    return RECORDS.from_rows(made)


def persons(linked: LinkedPeople) -> dict[str, str]:
    return dict(
        zip(
            linked.people["person_ref"].to_pylist(),
            linked.people["person_id"].to_pylist(),
            strict=True,
        )
    )


def person(linked: LinkedPeople, ref: str) -> dict[str, Any]:
    return next(row for row in linked.people.to_pylist() if row["person_ref"] == ref)


def kinds(linked: LinkedPeople) -> dict[tuple[str, str], str]:
    return {(e["left"], e["right"]): e["kind"] for e in linked.edges.to_pylist()}


def test_one_orcid_joins_two_profiles_and_names_the_person() -> None:
    linked = link_people(
        make_records(
            ("p1", "openreview:~Jane_Doe1", "Jane Doe", {"orcid": ORCID, "dblp": "1/2"}),
            ("p2", "openreview:~Jane_M_Doe1", "Jane M. Doe", {"orcid": ORCID}),
        )
    )
    assert set(persons(linked).values()) == {f"orcid:{ORCID}"}
    assert linked.people["confidence"].to_pylist() == [1, 1]
    assert linked.people["hard_id"].to_pylist() == [True, True]
    edge = next(e for e in linked.edges.to_pylist() if e["right"] == "dblp:1/2")
    assert edge == {
        "left": "openreview:~Jane_Doe1",
        "right": "dblp:1/2",
        "kind": "same_slot",
        "evidence": "typed:0000",
        "records": 1,
    }


def test_a_renamed_profile_is_one_person_under_any_name() -> None:
    linked = link_people(
        make_records(
            ("p1", "openreview:~Jane_Doe1", "Jane Doe", {"openreview_renamed": "~Ada_Roe1"}),
            ("p2", "openreview:~Ada_Roe1", "Ada Roe"),
        )
    )
    assert len(set(persons(linked).values())) == 1
    assert kinds(linked)["openreview:~Jane_Doe1", "openreview:~Ada_Roe1"] == "rename"


@pytest.mark.parametrize("system", ["dblp", "scholar", "orcid"])
def test_an_identifier_does_not_join_names_that_disagree(system: str) -> None:
    value = ORCID if system == "orcid" else "x1"
    linked = link_people(
        make_records(
            ("p1", "openreview:~Jane_Doe1", "Jane Doe", {system: value}),
            ("p2", "openreview:~Wei_Zhang1", "Wei Zhang", {system: value}),
        )
    )
    assert persons(linked) == {
        "openreview:~Jane_Doe1": "openreview:~Jane_Doe1",
        "openreview:~Wei_Zhang1": "openreview:~Wei_Zhang1",
    }
    assert set(kinds(linked).values()) == {"refused"}


def test_an_identifier_does_not_join_authors_of_one_paper() -> None:
    linked = link_people(
        make_records(
            ("p1", "openreview:~Jane_Doe1", "Jane Doe", {"dblp": "1/2"}),
            ("p1", "openreview:~Jane_Doe2", "Jane Doe", {"dblp": "1/2"}),
        )
    )
    assert len(set(persons(linked).values())) == 2
    assert kinds(linked)["openreview:~Jane_Doe1", "dblp:1/2"] == "refused"


def test_initials_do_not_bridge_two_names() -> None:
    linked = link_people(
        make_records(
            ("p1", "openreview:~Jane_Doe1", "Jane Doe", {"dblp": "1/2"}),
            ("p2", "openreview:~J_Doe1", "J. Doe", {"dblp": "1/2", "scholar": "s"}),
            ("p3", "openreview:~Carl_Doe1", "John Doe", {"scholar": "s"}),
        )
    )
    found = persons(linked)
    assert found["openreview:~Jane_Doe1"] == found["openreview:~J_Doe1"]
    assert found["openreview:~Carl_Doe1"] != found["openreview:~J_Doe1"]


def test_a_wrong_check_digit_identifies_nobody() -> None:
    linked = link_people(
        make_records(
            ("p1", "openreview:~Jane_Doe1", "Jane Doe", {"orcid": "0000-0002-1825-0098"}),
        )
    )
    assert persons(linked) == {"openreview:~Jane_Doe1": "openreview:~Jane_Doe1"}
    assert list(kinds(linked).values()) == ["refused"]


def test_an_address_is_a_hard_identifier() -> None:
    linked = link_people(
        make_records(
            ("p1", "email:000007@uni.example", "Jane Doe"),
            ("p2", "email:000007@uni.example", "J. Doe"),
        )
    )
    assert person(linked, "email:000007@uni.example") == {
        "person_ref": "email:000007@uni.example",
        "person_id": "email:000007@uni.example",
        "confidence": 1.0,
        "ambiguous": False,
        "hard_id": True,
    }


@pytest.mark.parametrize("papers", [("p1", "p1"), ("p1", "p2")])
def test_an_address_of_two_names_means_nobody(papers: tuple[str, str]) -> None:
    linked = link_people(
        make_records(
            (papers[0], "email:000007@uni.example", "Jane Doe"),
            (papers[1], "email:000007@uni.example", "Wei Zhang"),
            ("p3", "slot", "Jane Doe"),
        )
    )
    shared = person(linked, "email:000007@uni.example")
    assert (shared["ambiguous"], shared["hard_id"], shared["confidence"]) == (True, False, 0)
    assert persons(linked)["slot:2"] == "name:jane doe"


def test_a_masked_address_means_nobody() -> None:
    linked = link_people(
        make_records(("p1", "email:000000@a.example", "J. Doe"), ("p2", "slot", "J. Doe"))
    )
    assert person(linked, "email:000000@a.example")["hard_id"] is False
    assert linked.people["ambiguous"].to_pylist() == [True, True]


def test_a_rare_name_joins_across_systems() -> None:
    linked = link_people(
        make_records(
            ("p1", "openreview:~Jane_Doe1", "Jane Doe"),
            ("p2", "ieee:37000000001", "Jane Doe"),
            ("p3", "acl:jane-doe", "Doe, Jane"),
            ("p4", "slot", "JANE DOE"),
            ("p5", "email:000007@uni.example", "Jane Doe"),
        )
    )
    assert set(persons(linked).values()) == {"openreview:~Jane_Doe1"}
    assert linked.people["ambiguous"].to_pylist() == [False] * 5
    assert linked.people["hard_id"].to_pylist() == [True] * 5
    assert kinds(linked)["slot:3", "name:jane doe"] == "same_name"


def test_two_people_of_one_registry_keep_a_name_apart() -> None:
    linked = link_people(
        make_records(
            ("p1", "openreview:~Jane_Doe1", "Jane Doe"),
            ("p2", "openreview:~Jane_Doe2", "Jane Doe"),
            ("p3", "ieee:37000000001", "Jane Doe"),
            ("p4", "slot", "Jane Doe"),
        )
    )
    assert len(set(persons(linked).values())) == 4
    assert person(linked, "slot:3")["ambiguous"] is True
    assert person(linked, "ieee:37000000001")["ambiguous"] is False
    assert kinds(linked)["slot:3", "name:jane doe"] == "refused"


@pytest.mark.parametrize(
    ("refs", "joined"),
    [
        (("ieee:1", "ieee:2"), True),
        (("email:000001@a.example", "email:000002@b.example"), True),
        (("openreview:~Ada_Quill1", "openreview:~Ada_Quill2"), True),
    ],
)
def test_a_name_rare_among_very_many_joins_within_a_registry(
    refs: tuple[str, str], joined: bool
) -> None:
    crowd = [("c", "slot", f"Xa{_letters(i)} Yo{_letters(i)}") for i in range(1100)]
    rows = [(f"p{i}", ref, "Ada Quill") for i, ref in enumerate(refs)]
    found = persons(link_people(make_records(*rows, *crowd)))
    assert (found[refs[0]] == found[refs[1]]) is joined
    few = persons(link_people(make_records(*rows, *crowd[:50])))
    assert few[refs[0]] != few[refs[1]]


def test_a_common_name_identifies_nobody() -> None:
    crowd = [("c", "slot", f"Wei {_letters(i)}zhou") for i in range(20)]
    crowd += [("c", "slot", f"{_letters(i)}ming Zhang") for i in range(20)]
    linked = link_people(
        make_records(
            ("p1", "slot", "Wei Zhang"),
            ("p2", "slot", "Wei Zhang"),
            ("p3", "acl:wei-zhang", "Wei Zhang"),
            ("p4", "openreview:~Wei_Zhang1", "Wei Zhang"),
            *crowd,
        )
    )
    assert len({persons(linked)[ref] for ref in ("slot:0", "slot:1", "acl:wei-zhang")}) == 3
    assert person(linked, "slot:0")["ambiguous"] is True
    assert person(linked, "slot:0")["confidence"] == 1
    assert person(linked, "acl:wei-zhang")["ambiguous"] is True
    assert person(linked, "acl:wei-zhang")["confidence"] < 0.1
    assert person(linked, "openreview:~Wei_Zhang1")["ambiguous"] is False


def test_initials_are_never_enough() -> None:
    linked = link_people(make_records(("p1", "slot", "J. Kim"), ("p2", "slot", "J. Kim")))
    assert persons(linked) == {"slot:0": "slot:0", "slot:1": "slot:1"}
    assert linked.people["ambiguous"].to_pylist() == [True, True]


def test_a_name_that_one_paper_lists_twice_identifies_nobody() -> None:
    linked = link_people(
        make_records(
            ("p1", "slot", "Jane Doe"), ("p1", "slot", "Jane Doe"), ("p2", "slot", "Jane Doe")
        )
    )
    assert len(set(persons(linked).values())) == 3
    assert linked.people["ambiguous"].to_pylist() == [True] * 3


def test_the_anthology_says_that_a_name_has_several_bearers() -> None:
    linked = link_people(
        make_records(
            ("p1", "acl:jane-doe", "Jane Doe"),
            ("p2", "acl:jane-doe-example", "Jane Doe"),
            ("p3", "slot", "Jane Doe"),
        )
    )
    assert len(set(persons(linked).values())) == 3
    assert person(linked, "acl:jane-doe-example")["ambiguous"] is False
    assert person(linked, "acl:jane-doe-example")["hard_id"] is False
    assert person(linked, "acl:jane-doe")["ambiguous"] is True


def test_hyphens_make_no_second_slug() -> None:
    linked = link_people(
        make_records(
            ("p1", "acl:min-jun-kim", "Min-Jun Kim"), ("p2", "acl:minjun-kim", "Minjun Kim")
        )
    )
    assert len(set(persons(linked).values())) == 1


def test_rows_without_a_person_and_names_without_letters() -> None:
    records = make_records(("p1", "slot", "†"), ("p1", "slot", "Jane Doe"))
    nobody = records.slice(1).set_column(3, RECORDS.schema.field(3), pa.nulls(1, pa.string()))
    linked = link_people(pa.concat_tables([records.slice(0, 1), nobody]))
    assert linked.people["person_ref"].to_pylist() == ["slot:0"]
    assert person(linked, "slot:0")["ambiguous"] is True


def test_no_records() -> None:
    linked = link_people(RECORDS.empty())
    assert linked.people.num_rows == linked.edges.num_rows == 0


@pytest.mark.parametrize(
    "listed", ["openreview:~Jane_Doe1", f"orcid:{ORCID}", "ieee:37000000001", "dblp:9/9"]
)
def test_opting_out_by_any_identifier(listed: str) -> None:
    records = make_records(
        ("p1", "openreview:~Jane_Doe1", "Jane Doe", {"orcid": ORCID, "dblp": "9/9"}),
        ("p2", "ieee:37000000001", "Jane Doe"),
        ("p2", "slot", "Ada Quill"),
    )
    people = link_people(records).people
    kept = drop_opted_out(records, people, {listed})
    assert kept["person_id"].to_pylist() == ["name:ada quill"]


def test_opting_out_nobody_keeps_everybody() -> None:
    records = make_records(("p1", "slot", "Jane Doe"))
    people = link_people(records).people
    assert drop_opted_out(records, people, {"ieee:1"}).equals(people)


def _letters(number: int) -> str:
    return "".join(chr(97 + int(digit)) for digit in str(number))


REFS = ["slot", "acl:jane-doe", "acl:jane-doe2", "email:000001@a.example", "ieee:1", "ieee:2"]
REFS += ["openreview:~A1", "openreview:~B1", "openreview:~C1", "orcid:" + ORCID]
NAMES = ["Jane Doe", "J. Doe", "Jane M. Doe", "John Doe", "Ada Quill", "Doe, Jane", "김민준", "†"]
IDS = st.dictionaries(
    st.sampled_from(["dblp", "scholar", "orcid", "openreview_renamed", "email"]),
    st.sampled_from(["1/2", ORCID, OTHER_ORCID, "~B1", "~C1", "000001@a.example"]),
    max_size=2,
)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["p1", "p2", "p3", "p4"]),
        st.sampled_from(REFS),
        st.sampled_from(NAMES),
        IDS,
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_count(rows: list[Any], shuffle: random.Random) -> None:
    records = make_records(*rows)
    order = list(range(len(rows)))
    shuffle.shuffle(order)
    shuffled = records.take(pa.array(order, pa.int64()))
    one, other = link_people(records), link_people(shuffled)
    assert one.people.equals(other.people)
    assert one.edges.equals(other.edges)


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_everyone_is_one_person_and_nobody_is_twice_on_a_paper(rows: list[Any]) -> None:
    records = make_records(*rows)
    linked = link_people(records)
    check_table(linked.people, PEOPLE)
    check_table(linked.edges, PERSON_EDGES)
    found = persons(linked)
    assert set(found) == set(records["person_ref"].to_pylist())
    slots = set(
        zip(records["paper_id"].to_pylist(), records["person_ref"].to_pylist(), strict=True)
    )
    assert len({(paper, found[ref]) for paper, ref in slots}) == len(slots)


@settings(max_examples=150, deadline=None)
@given(ROWS)
def test_followed_edges_explain_the_people(rows: list[Any]) -> None:
    linked = link_people(make_records(*rows))
    root: dict[str, str] = {}

    def find(node: str) -> str:
        while root.setdefault(node, node) != node:
            node = root[node]
        return node

    for edge in linked.edges.to_pylist():
        if edge["kind"] != "refused":
            root[find(edge["left"])] = find(edge["right"])
    found = persons(linked)
    assert len({(find(ref), found[ref]) for ref in found}) == len(set(found.values()))
    assert len({find(ref) for ref in found}) == len(set(found.values()))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(ROWS)
def test_a_stranger_changes_nothing(rows: list[Any]) -> None:
    # A stranger's name makes every other name a little rarer: among enough names so little that
    # no probability crosses a limit in these examples, which are the same on every run.
    crowd = [("c", "slot", f"Xa{_letters(i)} Yo{_letters(i)}") for i in range(200)]
    before = make_records(*rows, *crowd)
    stranger = make_records(("px", "ieee:99", "Zora Nilsson"), start=5000)
    found = persons(link_people(pa.concat_tables([before, stranger])))
    assert found.pop("ieee:99") == "ieee:99"
    assert found == persons(link_people(before))
