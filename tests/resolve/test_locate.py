"""Country, city and sector of affiliations: each mechanism over invented organizations, then
well-known campuses and laboratories over the real registry."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talentflow.core.contracts import ORGANIZATION_NAMES, ORGANIZATIONS
from talentflow.resolve.candidates import find_spans
from talentflow.resolve.choose import Choice, gather_evidence
from talentflow.resolve.locate import Location, locate_affiliation, locate_domain, name_choice
from talentflow.resolve.organizations_csv import load_registry
from talentflow.resolve.place_beside import Named
from talentflow.resolve.registry import Registry, build_registry

# (name, country, city, sector, domains)
_ROWS: tuple[tuple[str, str | None, str | None, str | None, list[str]], ...] = (
    ("Alder University", "AU", "Melbourne", "university", ["alder.edu"]),
    ("Hazel University", "CA", "London", "university", ["hazel.ca"]),
    ("Spruce University", "IT", "Cassino", "university", ["spruce.it"]),
    ("Larch University of Hong Kong", "HK", "Hong Kong", "university", ["larch.edu.hk"]),
    ("Brixotec (United States)", "US", "Austin", "company", ["brixotec.com"]),
    ("Brixotec (Israel)", "IL", "Haifa", "company", []),
    ("Brixotec (Germany)", "DE", "Bonn", "company", []),
    ("Brixotec Research Institute", "JP", "Kobe", "facility", []),
    ("Rowan Observatory", "FR", "Nice", "facility", []),
    ("Elm Polytechnic", None, None, "university", []),
    ("Juniper University", "US", "Boston", "university", ["juniper.edu"]),
    ("Juniper University", "CN", "Shenyang", "university", ["juniper.edu.cn"]),
    ("Ministry of Birches", "TW", "Taipei", "government", []),
    ("Ministry of Birches", "RO", "Bucharest", "government", []),
    ("National Cedar University", "TW", "Hsinchu", "university", []),
    ("Walnut University", "CN", "Hangzhou", "university", ["walnut.edu.cn"]),
    ("Institute for Higher Study", "US", "Princeton", "university", []),
    ("Oak Research (China)", "CN", "Beijing", "company", []),
)


@pytest.fixture(scope="module")
def registry() -> Registry:
    ids = [f"https://ror.org/0loc{i:02d}00" for i in range(len(_ROWS))]
    organizations = [
        {
            "organization_id": identifier,
            "name": name,
            "country": country,
            "city": city,
            "sector": sector,
            "status": "active",
            "successor_id": None,
            "parent_id": None,
            "domains": domains,
        }
        for identifier, (name, country, city, sector, domains) in zip(ids, _ROWS, strict=True)
    ]
    names = [
        {"organization_id": identifier, "name": row[0], "kind": "display"}
        for identifier, row in zip(ids, _ROWS, strict=True)
    ]
    return build_registry(
        ORGANIZATIONS.from_rows(organizations), ORGANIZATION_NAMES.from_rows(names)
    )


def locate(text: str | None, registry: Registry, domain: str | None = None) -> Location:
    if not text:
        return locate_domain(domain, registry)
    evidence = gather_evidence(text, domain, registry)
    # Every known name counts as chosen: whether it should be is the ranker's matter.
    choices = [
        Choice(organization=span.candidates[0][0], probability=0.95, rule="exact", span=span)
        for span in find_spans(evidence.parsed, registry)
        if span.candidates and not span.inner
    ]
    named = [name_choice(choice) for choice in choices]
    return locate_affiliation(text, named, evidence, registry)[0]


@pytest.mark.parametrize(
    ("text", "domain", "country", "rule"),
    [
        ("Alder University", None, "AU", "organization_site"),
        ("Alder University, Kuala Lumpur, Malaysia", None, "MY", "country_word"),
        ("Alder University, Malaysia Campus", "alder.edu", "MY", "campus"),
        ("Alder University Shenzhen", None, "CN", "campus"),
        ("Alder University Shenzhen Research Institute", None, "CN", "campus"),
        ("Alder University, Perth, WA", None, "AU", "place_word"),
        ("Alder University, Perth 6102, WA", None, "AU", "place_word"),
        ("Alder University, NB", None, "AU", "organization_site"),
        ("MS, Alder University", None, "AU", "organization_site"),
        ("Hazel University, London", None, "CA", "place_word"),
        ("Hazel University, London, UK", None, "GB", "country_word"),
        ("Spruce University, Cassino (FR)", None, "IT", "place_word"),
        ("Larch University of Hong Kong, China", None, "HK", "country_word"),
        ("Larch University of Hong Kong, Shenzhen", None, "CN", "place_word"),
        ("Larch University of Hong Kong (Guangzhou)", None, "CN", "place_word"),
        ("Brixotec", None, "US", "inferred_seat"),
        ("Brixotec", "brixotec.co.jp", "JP", "domain_suffix"),
        ("Brixotec", "in.brixotec.com", "IN", "domain_suffix"),
        ("Brixotec", "cw.jp.brixotec.com", "JP", "domain_suffix"),
        ("Brixotec", "zurich.brixotec.com", "CH", "domain_suffix"),
        ("Brixotec", "brixotec.com", "US", "inferred_seat"),
        ("Brixotec", "gmail.com", "US", "inferred_seat"),
        ("Brixotec", "birch.ac.kr", "US", "inferred_seat"),
        ("Brixotec Labs, Bengaluru", "tau.ac.il", "IN", "place_word"),
        ("Brixotec GmbH", None, "DE", "legal_form"),
        ("Brixotec Pte. Ltd.", None, "SG", "legal_form"),
        ("Brixotec Lab Tokyo", None, "JP", "name_word"),
        ("Brixotec UK", None, "GB", "country_word"),
        ("Elm Polytechnic", "elm.ac.kr", "KR", "domain_suffix"),
        ("Birch Robotics S.r.l.", None, "IT", "name_language"),
        ("State Key Laboratory of Birches", None, "CN", "name_language"),
        ("Birch Academy, Montréal2", None, "CA", "place_word"),
        ("Birch Academy, NB", None, "CA", "place_word"),
        ("Birch Academy, Fallbrook, CA 92028-1234", None, "US", "place_word"),
        ("Juniper University", None, "US", "organization_site"),
        ("Juniper University", "juniper.edu.cn", "CN", "domain_organization"),
        ("Juniper University", "birch.edu.cn", "US", "organization_site"),
        ("Key Laboratory of Birches, Ministry of Birches, China", None, "CN", "country_word"),
        ("National Cedar University, China", None, "TW", "country_word"),
        ("Alder University of Singapore", None, "SG", "campus"),
        ("Rowan Observatory", "alumni.birch.ac.kr", "FR", "organization_site"),
        ("Dept. of Botany", "alumni.birch.ac.kr", None, "unknown"),
        ("Microsoft Research Ltd.", None, "GB", "name_word"),
        ("Dept. of Botany", "larch.edu.hk", "HK", "domain_organization"),
        ("Dept. of Botany", "birch.ac.kr", "KR", "domain_suffix"),
        ("Dept. of Botany", "gmail.com", None, "unknown"),
        ("email:000001@birch.ac.jp", None, "JP", "domain_suffix"),
        ("Brixotec Lab, Brixotec Netherlands B.V.", None, "NL", "name_word"),
        (None, "birch.edu.tw", "TW", "domain_suffix"),
        (None, "birch.gov", "US", "domain_suffix"),
        (None, "gmail.com", None, "unknown"),
        (None, None, None, "unknown"),
    ],
)
def test_what_decides_the_country(
    text: str | None, domain: str | None, country: str | None, rule: str, registry: Registry
) -> None:
    location = locate(text, registry, domain)
    assert (location.country, location.country_rule) == (country, rule)


@pytest.mark.parametrize(
    ("text", "sector", "rule"),
    [
        ("Alder University", "university", "organization"),
        ("Brixotec", "company", "company_family"),
        ("Brixotec Research Institute", "company", "company_family"),
        ("Rowan Observatory", "facility", "organization"),
        ("Birch Robotics Sdn. Bhd.", "company", "words"),
        ("Ministry of Alders", "government", "words"),
        ("Birch General Hospital", "healthcare", "words"),
        ("First Affiliated Hospital of Birch University", "healthcare", "words"),
        ("Birch University", "university", "words"),
        ("Birch", None, "unknown"),
    ],
)
def test_what_decides_the_sector(
    text: str, sector: str | None, rule: str, registry: Registry
) -> None:
    location = locate(text, registry)
    assert (location.sector, location.sector_rule) == (sector, rule)


def test_city_is_that_of_the_country_answered(registry: Registry) -> None:
    assert locate("Alder University", registry).city == "Melbourne"
    assert locate("Alder University, Sydney, Australia", registry).city == "Sydney"
    assert locate("Brixotec, Norway", registry).city is None


def test_agreement_is_worth_more_than_contradiction(registry: Registry) -> None:
    told = {
        domain: locate("Rowan Observatory", registry, domain).country_probability or 0.0
        for domain in ("birch.fr", "gmail.com", "birch.ac.kr")
    }
    assert told["birch.fr"] > told["gmail.com"] > told["birch.ac.kr"]


def test_an_answer_has_a_probability_and_none_has_none(registry: Registry) -> None:
    known, unknown = locate("Brixotec", registry), locate("Birch", registry)
    assert None not in (known.country_probability, known.sector_probability)
    told = (unknown.country, unknown.country_probability, unknown.sector)
    assert told == (None, None, None)
    assert unknown.sector_probability is None


def test_mail_of_another_employer_where_the_company_has_a_branch(registry: Registry) -> None:
    seat = registry.names.index("Brixotec (United States)")
    named = Named(organization=seat, start=0, size=1, segment=0)
    for domain, country, rule in (
        ("tau.ac.il", "IL", "mail_country"),
        ("birch.ac.kr", "US", "inferred_seat"),
        ("birch.edu", "US", "inferred_seat"),
    ):
        evidence = gather_evidence("Brixotec", domain, registry)
        (location,) = locate_affiliation("Brixotec", [named], evidence, registry)
        assert (location.country, location.country_rule) == (country, rule)


def _like(registry: Registry, organization: str, key: str, size: int) -> Named:
    """A name that words at the start of a text are only like."""
    position = registry.names.index(organization)
    return Named(
        organization=position, start=0, size=size, segment=0, key=key, is_likeness=True,
        rivals=frozenset({position}), probability=0.85,
    )  # fmt: skip


def test_words_that_a_name_lacks_still_tell_the_place(registry: Registry) -> None:
    text = "Brixotec Canada Co"
    named = _like(registry, "Brixotec (United States)", "brixotec co", 3)
    (location,) = locate_affiliation(text, [named], gather_evidence(text, None, registry), registry)
    assert (location.country, location.country_rule) == ("CA", "name_word")


def test_mail_of_whom_the_text_spells_better(registry: Registry) -> None:
    text = "Walnut Institute for Higher Study"
    named = _like(registry, "Institute for Higher Study", "institute higher study", 4)
    for domain, country in (("walnut.edu.cn", "CN"), ("rowan.fr", "US"), (None, "US")):
        evidence = gather_evidence(text, domain, registry)
        (location,) = locate_affiliation(text, [named], evidence, registry)
        assert location.country == country


def test_mail_that_bears_the_acronym(registry: Registry) -> None:
    named = Named(
        organization=registry.names.index("Rowan Observatory"), start=0, size=1, segment=0,
        key="row", is_acronym=True, probability=0.7,
    )  # fmt: skip
    for domain, country in (("row.cl", "CL"), ("fir.cl", "FR")):
        evidence = gather_evidence("ROW", domain, registry)
        (location,) = locate_affiliation("ROW", [named], evidence, registry)
        assert location.country == country


def test_a_company_is_put_where_its_name_is_usually_meant(registry: Registry) -> None:
    branch = registry.names.index("Oak Research (China)")
    usual = registry.names.index("Brixotec (United States)")
    named = Named(organization=branch, start=0, size=2, segment=0, usual=usual)
    evidence = gather_evidence("Oak Research", None, registry)
    (location,) = locate_affiliation("Oak Research", [named], evidence, registry)
    assert (location.country, location.country_rule) == ("US", "inferred_seat")


def test_a_site_is_as_sure_as_its_organization(registry: Registry) -> None:
    evidence = gather_evidence("Rowan Observatory", None, registry)
    position = registry.names.index("Rowan Observatory")
    sure, doubtful = (
        locate_affiliation(
            "Rowan Observatory",
            [Named(organization=position, start=0, size=2, segment=0, probability=probability)],
            evidence,
            registry,
        )[0]
        for probability in (0.97, 0.6)
    )
    assert sure.country == doubtful.country == "FR"
    assert (sure.country_probability or 0) > (doubtful.country_probability or 1)


def test_a_name_without_words_is_located(registry: Registry) -> None:
    """`PTE`: an acronym of some organization, though the words of the text are none."""
    named = Named(organization=0, start=0, size=1, segment=0, is_acronym=True)
    evidence = gather_evidence("PTE", None, registry)
    (location,) = locate_affiliation("PTE", [named], evidence, registry)
    assert location.country == "AU"


_TEXTS = (
    "Alder University, Sydney, Australia",
    "Dept. of Law, Hazel University, London, Ontario",
    "Larch University of Hong Kong, Shenzhen",
    "Brixotec, Zürich",
    "Birch Academy, Taipei, Taiwan",
)


@given(
    st.sampled_from(_TEXTS),
    st.sampled_from(["{}", "1{}", "{}*", "{}1", "†{}", "{} ", "{}.", "2 {}"]),
    st.sampled_from([str, str.upper, str.lower, lambda t: t.replace("ü", "u")]),
    st.sampled_from([", ", ",", " , ", "; "]),
)
def test_meaningless_edits_leave_the_country(
    registry: Registry, text: str, frame: str, case: type[str], separator: str
) -> None:
    edited = frame.format(case(text)).replace(", ", separator)
    assert locate(edited, registry).country == locate(text, registry).country


@given(
    st.sampled_from(["Alder University", "Brixotec", "Birch Academy"]),
    st.sampled_from([("Japan", "JP"), ("Chile", "CL"), ("Taiwan", "TW"), ("Macau", "MO")]),
)
def test_a_country_word_decides(registry: Registry, name: str, country: tuple[str, str]) -> None:
    word, code = country
    assert locate(f"{name}, {word}", registry).country == code


@pytest.fixture(scope="module")
def real_registry(shared_data: Path) -> Registry:
    return load_registry(shared_data)


@pytest.mark.parametrize(
    ("text", "domain", "country"),
    [
        ("NYU Shanghai", "nyu.edu", "CN"),
        ("New York University Abu Dhabi", None, "AE"),
        ("Xi'an Jiaotong-Liverpool University", "liverpool.ac.uk", "CN"),
        ("Duke Kunshan University", "duke.edu", "CN"),
        ("Monash University, Malaysia Campus", "monash.edu", "MY"),
        ("Monash University Indonesia", None, "ID"),
        ("Inria Chile", None, "CL"),
        ("CNRS@CREATE", None, "SG"),
        ("Georgia Tech Lorraine", "gatech.edu", "FR"),
        ("Georgia Tech Shenzhen Institute", None, "CN"),
        ("CMU-Africa, Kigali", None, "RW"),
        ("Carnegie Mellon University Qatar", "qatar.cmu.edu", "QA"),
        ("Carnegie Mellon University Silicon Valley", None, "US"),
        ("MSRA", None, "CN"),
        ("Microsoft Research Cambridge, MA", None, "US"),
        ("Microsoft Research, Cambridge, UK", "microsoft.com", "GB"),
        ("Microsoft Research New England, Cambridge, MA", "microsoft.com", "US"),
        ("Samsung Research America", None, "US"),
        ("Samsung AI Center Cambridge", None, "GB"),
        ("Samsung AI Center NYC", None, "US"),
        ("Huawei Noah's Ark Lab Paris", None, "FR"),
        ("Huawei Noah's Ark Lab, Montreal", None, "CA"),
        ("Huawei Noah's Ark Lab (London)", None, "GB"),
        ("Huawei Zurich Research Center", None, "CH"),
        ("Google Zürich", "google.com", "CH"),
        ("Google Tokyo", None, "JP"),
        ("Google", "cs.cmu.edu", "US"),
        ("DeepMind", "google.com", "GB"),
        ("FAIR Paris", None, "FR"),
        ("NAVER LABS Europe", None, "FR"),
        ("Disney Research Zurich", None, "CH"),
        ("Bosch Center for Artificial Intelligence, Renningen", None, "DE"),
        ("Bosch Center for Artificial Intelligence, Pittsburgh, PA", None, "US"),
        ("Sony AI", None, "JP"),
        ("HKUST(GZ)", None, "CN"),
        ("CUHK-Shenzhen", None, "CN"),
        ("CUHK", None, "HK"),
        ("Tsinghua-Berkeley Shenzhen Institute", None, "CN"),
        ("KAUST", None, "SA"),
        ("Jacobs Technion-Cornell Institute, Cornell Tech", None, "US"),
        ("Hong Kong Baptist University Zhuhai", None, "CN"),
        ("UM-SJTU Joint Institute", None, "CN"),
        ("ITMO University", None, "RU"),
        ("IBM Research", "in.ibm.com", "IN"),
        ("University of Alabama at Birmingham", None, "US"),
        ("University of Birmingham", None, "GB"),
        ("University of York", None, "GB"),
        ("York University", None, "CA"),
        ("University of Georgia, Athens", None, "US"),
        ("University of Georgia, Tbilisi", None, "GE"),
        ("Washington University in St. Louis", None, "US"),
        ("Miami University, Oxford, OH", None, "US"),
        ("University of Waterloo", None, "CA"),
        ("Western University, London", None, "CA"),
        ("Harvard University, Cambridge", None, "US"),
        ("Cambridge, MA", None, "US"),
        ("Durham University, Durham", None, "GB"),
        ("Duke University, Durham", None, "US"),
        ("Curtin University, Perth, WA", None, "AU"),
        ("Universidade Federal da Bahia, Salvador, BA, BR", None, "BR"),
        ("The University of Hong Kong, China", None, "HK"),
        ("University of Macau, China", None, "MO"),
        ("National Taiwan University, Taipei, China", None, "TW"),
        ("University of Puerto Rico, Mayagüez, PR, USA", None, "PR"),
        ("Department of Computer Science", "cs.huji.ac.il", "IL"),
    ],
)
def test_well_known_sites(
    text: str, domain: str | None, country: str, real_registry: Registry
) -> None:
    assert locate(text, real_registry, domain).country == country
