"""Each trap of the conference lists, one by one, on typed-in papers."""

from __future__ import annotations

import pytest
from source_rows import records_by_place, reject_reasons, texts_by_place

from talentflow.core.vocabulary import Tier

PER_AUTHOR = [
    {"id": f"p{i}", "title": f"T{i}", "author": "A One; B Two; C Three", "aff": "X U; X U; Y Lab"}
    for i in range(8)
]
"""Papers that show that the file prints one affiliation per author."""

PER_PAPER = [
    {"title": f"T{i}", "author": "A One, B Two, C Three, D Four", "aff": "X U; Y Lab"}
    for i in range(8)
]
"""Papers that show that the file prints the distinct affiliations of a paper."""


def test_plain_lists_give_one_row_per_author(read_papers_as):
    evidence = read_papers_as(PER_AUTHOR[:1])
    rows = records_by_place(evidence)
    assert texts_by_place(evidence) == {
        "0/1/1": ("X U", "aligned"),
        "0/2/1": ("X U", "aligned"),
        "0/3/1": ("Y Lab", "aligned"),
    }
    assert rows["0/3/1"]["person_name"] == "C Three"
    assert rows["0/3/1"]["author_position"] == 3
    assert rows["0/3/1"]["n_authors"] == 3
    assert rows["0/3/1"]["paper_id"] == "conf2020:p0"
    assert rows["0/3/1"]["person_ref"] == "slot:paperlists:conf/conf2020.json#0/3"
    assert (rows["0/3/1"]["year"], rows["0/3/1"]["venue"]) == (2020, "conf")


def test_doubled_author_block_counts_once(read_papers_as):
    paper = {
        "id": "1",
        "author": "A One;B Two;A One;B Two",
        "authorids": "/37086936234;/37394385100;/37086936234;/37394385100",
        "aff": "X University, Town, Japan; Y Institute, Town, Japan",
        "author_num": 4,
    }
    evidence = read_papers_as([paper])
    rows = records_by_place(evidence)
    assert list(rows) == ["0/1/1", "0/2/1"]
    assert rows["0/2/1"]["ids"] == {"ieee": "37394385100"}
    assert rows["0/2/1"]["person_ref"] == "ieee:37394385100"
    assert rows["0/1/1"]["n_authors"] == 2


def test_name_repeated_by_chance_stays(read_papers_as):
    repeated = {"id": "1", "author": "Wei Li; Wei Li; B Two", "aff": "X; Y; Z"}
    namesakes = {
        "id": "2",
        "author": "Wei Li; Wei Li",
        "authorids": "~Wei_Li1; ~Wei_Li7",
        "aff": "X; Y",
    }
    evidence = read_papers_as([repeated, namesakes])
    assert [record["n_authors"] for record in records_by_place(evidence).values()] == [3] * 3 + [
        2
    ] * 2


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        ("A One; B Two", ["A One", "B Two"]),
        ("A One;B Two", ["A One", "B Two"]),
        ("A One", ["A One"]),
        ("Rodriguez, S.; B Two", ["Rodriguez, S.", "B Two"]),
        ("A One, B Two", ["A One", "B Two"]),
        ("One, A.", ["One, A."]),
        ("A One and B Two", ["A One", "B Two"]),
        ("A One; B Two; and C Three", ["A One", "B Two", "C Three"]),
        ("A; ;O;n;e;,; ;B; ;T;w;o", ["A One", "B Two"]),
        ("A One; B O&#x27;Two", ["A One", "B O'Two"]),
        ("A One; JosÃ© Two", ["A One", "José Two"]),
    ],
)
def test_separators_in_semicolon_file(read_papers_as, authors, names):
    evidence = read_papers_as([*PER_AUTHOR, {"id": "x", "author": authors}])
    got = [r["person_name"] for p, r in records_by_place(evidence).items() if p.startswith("8/")]
    assert got == names


@pytest.mark.parametrize(
    ("authors", "names"),
    [
        ("A One, B Two", ["A One", "B Two"]),
        ("Cher, B Two", ["Cher", "B Two"]),
        ("A One, Jr., B Two", ["A One, Jr.", "B Two"]),
        ("A O&#x27;One, B D&amp;#x27;Two", ["A O'One", "B D'Two"]),
        ("A One, B Two,", ["A One", "B Two"]),
    ],
)
def test_separators_in_comma_file(read_papers_as, authors, names):
    evidence = read_papers_as([*PER_PAPER, {"title": "x", "author": authors}])
    got = [r["person_name"] for p, r in records_by_place(evidence).items() if p.startswith("8/")]
    assert got == names


def test_joined_affiliations_give_two_rows_of_one_author(read_papers_as):
    paper = {
        "id": "1",
        "author": "A One; B Two",
        "aff": "X U + Y Lab; Megvii (Face++)",
        "aff_domain": "x.edu+y.org; megvii.com",
    }
    rows = records_by_place(read_papers_as([paper]))
    assert [(r["text"], r["domain"]) for r in rows.values()] == [
        ("X U", "x.edu"),
        ("Y Lab", "y.org"),
        ("Megvii (Face++)", "megvii.com"),
    ]
    assert rows["0/1/1"]["person_ref"] == rows["0/1/2"]["person_ref"]


def test_one_domain_for_two_affiliations_goes_with_neither(read_papers_as):
    paper = {"id": "1", "author": "A One", "aff": "X U+Y Lab", "aff_domain": "y.org"}
    rows = records_by_place(read_papers_as([paper]))
    assert [(r["text"], r["domain"]) for r in rows.values()] == [
        ("X U", None),
        ("Y Lab", None),
        (None, "y.org"),
    ]


def test_plus_for_comma_keeps_department_with_university(read_papers_as):
    papers = [
        {
            "id": str(i),
            "author": "A One; B Two",
            "affs": "School of X+Soo University+Dept. of Y+East University; Acme Co.+Ltd.",
        }
        for i in range(12)
    ]
    rows = records_by_place(read_papers_as(papers))
    assert [rows[place]["text"] for place in ("0/1/1", "0/1/2", "0/2/1")] == [
        "School of X, Soo University",
        "Dept. of Y, East University",
        "Acme Co., Ltd.",
    ]


PROFILES = {
    "id": "1",
    "author": "Ann One; Bob Two; Cy Three",
    "authorids": "~Ann_One1;~Bob_Two1;~Cy_Three1",
    "or_profile": "~Ann_One1;~Cy_Three1;~Robert_Two3",
    "aff": "A U;C U;B U",
    "aff_domain": "a.edu;c.edu;b.edu",
    "position": "PhD student;Postdoc;Full Professor",
    "orcid": ";0000-0002-1825-0097;",
    "dblp": ";96/9255;https://dblp.org/pid/12/345.html",
    "google_scholar": "ABCDEFGHIJKL;en;https://scholar.google.com/citations?hl=ko&user=abcdefAAAAAJ",
}


def test_profile_order_is_followed_and_renamed_profile_found(read_papers_as):
    rows = records_by_place(read_papers_as([PROFILES]))
    assert [rows[f"0/{i}/1"]["text"] for i in (1, 2, 3)] == ["A U", "B U", "C U"]
    assert [rows[f"0/{i}/1"]["role_raw"] for i in (1, 2, 3)] == [
        "PhD student",
        "Full Professor",
        "Postdoc",
    ]
    assert rows["0/1/1"]["ids"] == {"openreview": "~Ann_One1", "scholar": "ABCDEFGHIJKL"}
    assert rows["0/2/1"]["ids"] == {
        "openreview": "~Bob_Two1",
        "openreview_renamed": "~Robert_Two3",
        "dblp": "12/345",
        "scholar": "abcdefAAAAAJ",
    }
    assert rows["0/3/1"]["ids"] == {
        "openreview": "~Cy_Three1",
        "orcid": "0000-0002-1825-0097",
        "dblp": "96/9255",
    }
    assert rows["0/2/1"]["person_ref"] == "openreview:~Bob_Two1"


def test_renamed_profiles_that_cannot_be_told_apart_are_nobodys(read_papers_as):
    paper = PROFILES | {"or_profile": "~Ann_One1;~New_Name1;~Other_Person1"}
    got = texts_by_place(read_papers_as([paper]))
    assert got == {
        "0/1/1": ("A U", "aligned"),
        "0/2/1": (None, "set_only"),
        "0/3/1": (None, "set_only"),
        "0/s/1": ("C U", "set_only"),
        "0/s/2": ("B U", "set_only"),
    }


def test_blank_profile_takes_nobodys_place(read_papers_as):
    paper = PROFILES | {"or_profile": "~Ann_One1;;~Cy_Three1", "aff": "A U;;C U"}
    got = texts_by_place(read_papers_as([paper | {"aff_domain": "", "position": ""}]))
    assert got == {
        "0/1/1": ("A U", "aligned"),
        "0/2/1": (None, "unknown"),
        "0/3/1": ("C U", "aligned"),
    }


def test_profile_fields_without_profile_order_are_never_zipped(read_papers_as):
    dropped = {
        "author": "A One;B Two;C Three",
        "authorids": "~A_One1;~B_Two1;~C_Three1",
        "aff": "X U;Y Lab",
        "aff_domain": "x.edu;y.org",
        "position": "PhD student;Researcher",
    }
    equal = dropped | {"aff": "X U;Y Lab;Y Lab", "aff_domain": "x.edu;y.org;y.org"}
    same = dropped | {"aff": "X U;X U;X U", "aff_domain": "x.edu;x.edu;x.edu"}
    single = dropped | {"author": "A One", "authorids": "~A_One1", "aff": "X U"}
    single |= {"aff_domain": "x.edu", "position": "PhD student"}
    evidence = read_papers_as([dropped, equal, same, single])
    got = texts_by_place(evidence)
    assert [got[f"0/{i}/1"] for i in (1, 2, 3)] == [(None, "set_only")] * 3
    assert [got[f"1/{i}/1"] for i in (1, 2, 3)] == [(None, "set_only")] * 3
    assert [got[f"1/s/{i}"][0] for i in (1, 2, 3)] == ["X U", "Y Lab", "Y Lab"]
    assert [got[f"2/{i}/1"] for i in (1, 2, 3)] == [("X U", "aligned")] * 3
    rows = records_by_place(evidence)
    assert rows["0/s/2"]["domain"] == "y.org"
    assert rows["0/s/2"]["role_raw"] == "Researcher"
    assert rows["0/s/2"]["person_ref"] is None
    assert rows["0/s/2"]["author_position"] is None
    assert rows["2/1/1"]["role_raw"] is None  # two positions for three authors
    assert (rows["3/1/1"]["text"], rows["3/1/1"]["role_raw"]) == ("X U", "PhD student")


def test_same_text_with_different_domains_is_not_certain(read_papers_as):
    paper = {
        "author": "A One;B Two",
        "aff": "X U;X U",
        "aff_domain": "x.edu;y.edu",
        "position": "Postdoc;Postdoc",
    }
    got = texts_by_place(read_papers_as([paper]))
    assert got["0/1/1"] == (None, "set_only")


def test_paper_level_affiliations_belong_to_nobody(read_papers_as):
    by_chance = {"title": "E", "author": "A One, B Two", "aff": "1X U; 2Microsoft"}
    alone = {"title": "S", "author": "A One", "aff": "X U"}
    got = texts_by_place(read_papers_as([*PER_PAPER, by_chance, alone]))
    assert got["0/1/1"] == (None, "set_only")
    assert got["0/s/1"] == ("X U", "set_only")
    assert got["8/1/1"] == (None, "set_only")
    assert got["8/s/2"] == ("2Microsoft", "set_only")
    assert got["9/1/1"] == ("X U", "aligned")


def test_flattened_lists_are_trusted_only_where_lengths_agree(read_papers_as):
    longer = {"id": "x", "author": "A One; B Two", "aff": "X U; Y Lab; X U"}
    got = texts_by_place(read_papers_as([*PER_AUTHOR, longer]))
    assert got["8/1/1"] == (None, "set_only")
    assert [got[f"8/s/{i}"][0] for i in (1, 2, 3)] == ["X U", "Y Lab", "X U"]


def test_blank_affiliation_is_unknown(read_papers_as):
    blank = {"id": "x", "author": "A One; B Two", "aff": "; Y Lab"}
    none = {"id": "y", "author": "A One; B Two", "aff": ";"}
    got = texts_by_place(read_papers_as([*PER_AUTHOR, blank, none]))
    assert got["8/1/1"] == (None, "unknown")
    assert got["8/2/1"] == ("Y Lab", "aligned")
    assert got["9/2/1"] == (None, "unknown")


def test_email_ids_tell_the_domain(read_papers_as):
    paper = {
        "id": "1",
        "author": "A One;B Two;C Three",
        "authorids": "email:000017@cs.X.edu;~B_Two1;email:000000@cs\u200b.y\u200b.ca",
        "aff": "",
    }
    rows = records_by_place(read_papers_as([paper]))
    first = rows["0/1/1"]
    assert (first["text"], first["domain"], first["alignment"]) == (None, "cs.x.edu", "aligned")
    assert first["ids"] == {"email": "000017@cs.x.edu"}
    assert first["person_ref"] == "email:000017@cs.x.edu"
    assert rows["0/2/1"]["alignment"] == "unknown"
    assert rows["0/3/1"]["domain"] == "cs.y.ca"
    assert rows["0/3/1"]["ids"] == {}
    assert rows["0/3/1"]["person_ref"].startswith("slot:")


def test_email_ids_that_do_not_fit_the_authors_belong_to_nobody(read_papers_as):
    paper = {
        "id": "1",
        "author": "A One;B Two;C Three",
        "authorids": "email:000017@x.edu;email:000000@berkeley;edu;email:000018@z.org",
    }
    rows = records_by_place(read_papers_as([paper]))
    assert [rows[f"0/{i}/1"]["alignment"] for i in (1, 2, 3)] == ["set_only"] * 3
    assert [rows[f"0/s/{i}"]["domain"] for i in (1, 2)] == ["x.edu", "z.org"]
    assert rows["0/1/1"]["ids"] == {}


def test_acl_slug_and_unusable_ids(read_papers_as):
    paper = {
        "id": "1",
        "author": "A One; B Two; C Three",
        "authorids": "/o/ann-one/; Conf.cc/2021/Paper17/Authors; /0/0000-0002-1825-0097/",
        "aff": "X U; X U; X U",
    }
    rows = records_by_place(read_papers_as([paper]))
    assert rows["0/1/1"]["person_ref"] == "acl:ann-one"
    assert rows["0/2/1"]["ids"] == {}
    assert rows["0/3/1"]["ids"] == {"orcid": "0000-0002-1825-0097"}


def test_domain_without_text_is_a_mention(read_papers_as):
    paper = {"id": "1", "author": "A One; B Two", "aff": "X U; ", "email": "x.edu; y.org"}
    rows = records_by_place(read_papers_as([paper]))
    assert (rows["0/2/1"]["text"], rows["0/2/1"]["domain"]) == (None, "y.org")
    assert rows["0/2/1"]["alignment"] == "aligned"


def test_unreadable_domain_without_text_is_rejected_and_counted(read_papers_as):
    paper = {"id": "1", "author": "A One; B Two", "aff": "X U; ", "aff_domain": "x; *"}
    evidence = read_papers_as([paper])
    assert reject_reasons(evidence) == {"bad_domain": 1}
    assert texts_by_place(evidence) == {"0/1/1": ("X U", "aligned"), "0/2/2": (None, "unknown")}


def test_author_name_in_place_of_affiliation_is_rejected(read_papers_as):
    paper = {"id": "1", "author": "A One; B Two", "aff": "A One; X U"}
    evidence = read_papers_as([*PER_AUTHOR, paper])
    assert reject_reasons(evidence) == {"name_as_affiliation": 1}
    assert texts_by_place(evidence)["8/1/2"] == (None, "unknown")


def test_scraped_page_is_no_affiliation(read_papers_as):
    page = "A Title\nA One1 B Two2\n1X U 2Y Lab\nAbstract\n" + "words " * 60
    evidence = read_papers_as([*PER_PAPER, {"title": "P", "author": "A One, B Two", "aff": page}])
    assert reject_reasons(evidence) == {"not_an_affiliation": 1}
    assert texts_by_place(evidence)["8/1/1"] == (None, "unknown")


def test_institution_among_the_names_is_no_author(read_papers_as):
    paper = {"id": "x", "author": "A One; X University; C Three", "aff": "X U; Y Lab; Z Inc"}
    evidence = read_papers_as([*PER_AUTHOR, paper])
    got = texts_by_place(evidence)
    assert got["8/2/1"] == ("Z Inc", "aligned")
    assert got["8/s/1"] == ("Y Lab", "set_only")


def test_title_block_as_author_field_is_rejected(read_papers_as):
    paper = {"id": "x", "author": "A One, X University, email:000012@x.edu"}
    assert reject_reasons(read_papers_as([*PER_PAPER, paper])) == {"not_names": 1}


def test_text_stays_as_printed_with_space_folded(read_papers_as):
    paper = {"id": "1", "author": "A  One; B Two", "aff": "1Dept.\tof\x02 X,\n Y U; R&amp;D Lab"}
    rows = records_by_place(read_papers_as([paper]))
    assert rows["0/1/1"]["person_name"] == "A One"
    assert [r["text"] for r in rows.values()] == ["1Dept. of X, Y U", "R&D Lab"]


def test_font_shifted_by_29_is_undone(read_papers_as):
    shifted = "".join(chr(ord(c) - 29) for c in "Technion, Haifa")
    paper = {"id": "1", "author": "A One; B Two", "aff": f"{shifted}; X U"}
    assert texts_by_place(read_papers_as([paper]))["0/1/1"][0] == "Technion, Haifa"


def test_repeated_paper_is_rejected_with_its_rows(read_papers_as):
    evidence = read_papers_as([PER_AUTHOR[0] | {"psid": str(i)} for i in range(3)])
    inputs = evidence.inputs.to_pylist()[0]
    assert reject_reasons(evidence) == {"duplicate_paper": 6}
    assert (inputs["papers"], inputs["slots"], inputs["rows"]) == (3, 9, 9)


def test_repeated_id_of_another_paper_gets_a_number(read_papers_as):
    papers = [{"title": "Poster", "author": name} for name in ("A One", "B Two")]
    rows = records_by_place(read_papers_as(papers))
    first, second = (rows[place]["paper_id"] for place in ("0/1/1", "1/1/1"))
    assert second == f"{first}-2"


def test_paper_id_is_the_same_in_another_crawl(read_papers_as):
    for paper in (PER_AUTHOR[0], {"title": "A  Title!", "author": "A One"}):
        here = read_papers_as([paper])
        there = read_papers_as(
            [paper | {"title": paper["title"].lower()}],
            "conf/conf2020@2025-02-11.json",
            source="paperlists-other-crawls",
        )
        assert here.records["paper_id"][0] == there.records["paper_id"][0]
        assert there.records["source"][0].as_py() == "paperlists-other-crawls"


def test_paper_without_authors_is_rejected(read_papers_as):
    papers = [{"id": "1", "aff": "X U; Y Lab"}, {"id": "2", "author": " ; ", "aff": "X U"}]
    assert reject_reasons(read_papers_as(papers)) == {"no_authors": 2}


def test_consortium_is_rejected_with_its_rows(read_papers_as):
    names = "; ".join(f"A Name{i}" for i in range(10_000))
    evidence = read_papers_as([*PER_AUTHOR, {"id": "x", "author": names}])
    assert reject_reasons(evidence) == {"too_many_authors": 10_000}
    assert evidence.inputs["rows"][0].as_py() == 10_000 + 24


def test_status_without_word_depends_on_the_file(read_papers_as):
    plain = records_by_place(read_papers_as([PER_AUTHOR[0]]))["0/1/1"]
    assert plain["tier_flags"] == Tier.SUBMITTED | Tier.ACCEPTED
    rejected = PER_AUTHOR[1] | {"status": "Reject"}
    rows = records_by_place(read_papers_as([PER_AUTHOR[0], rejected]))
    assert rows["0/1/1"]["tier_flags"] == Tier.SUBMITTED
    assert rows["1/1/1"]["tier_flags"] == Tier.SUBMITTED | Tier.REJECTED
