"""Where the toy world takes place: its cities, and the organizations invented for them.

Countries, cities and their GeoNames numbers are real, so that places can be found in them; no
organization is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

KINDS: Final = ("university", "company", "institute")
"""What an organization is, for the stages it employs."""


@dataclass(frozen=True, kw_only=True)
class City:
    """A real city. `subdivision`: ISO code and name of its state or province, where known."""

    name: str
    geonames_id: int
    lat: float
    lng: float
    subdivision: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Country:
    """A country or territory. `printed`: how authors write it in their affiliation."""

    code: str
    name: str
    printed: str
    continent: tuple[str, str]
    cities: tuple[City, ...]


@dataclass(frozen=True, kw_only=True)
class Organization:
    """One invented organization at one site.

    `name` is what a registry shows, `printed` what its authors write; they differ for the
    branches of a multinational, whose registry name carries the country. `family`: the printed
    name that branches share, null for an organization at one site. `sector` is a word of
    `vocabulary.SECTORS`.
    """

    name: str
    printed: str
    kind: str
    sector: str
    country: str
    city: City
    domain: str
    native_name: str | None = None
    family: str | None = None
    is_seat: bool = True


def list_organizations(countries: Iterable[str]) -> tuple[Organization, ...]:
    """Every organization with a site in these countries, in a fixed order."""
    wanted = tuple(countries)
    single = [_read_line(code, line) for code in wanted for line in _ORGANIZATIONS[code]]
    return (*single, *_list_branches(wanted))


def _read_line(code: str, line: str) -> Organization:
    kind, sector, name, domain, city, *native = (part.strip() for part in line.split("|"))
    return Organization(
        name=name,
        printed=name,
        kind=kind,
        sector=sector,
        country=code,
        city=_find_city(code, city),
        domain=domain,
        native_name=native[0] if native else None,
    )


def _list_branches(countries: tuple[str, ...]) -> list[Organization]:
    return [
        Organization(
            name=f"{family} ({COUNTRIES[code].name})",
            printed=family,
            kind="company",
            sector="company",
            country=code,
            city=COUNTRIES[code].cities[-1],
            domain=domain,
            family=family,
            is_seat=number == 0,
        )
        for family, sites in _MULTINATIONALS.items()
        for number, (code, domain) in enumerate(sites.items())
        if code in countries
    ]


def _find_city(code: str, name: str) -> City:
    return next(city for city in COUNTRIES[code].cities if city.name == name)


_ASIA = ("AS", "Asia")
_EUROPE = ("EU", "Europe")
_NORTH_AMERICA = ("NA", "North America")


def _city(name: str, geonames_id: int, place: tuple[float, float], *subdivision: str) -> City:
    code_and_name = (subdivision[0], subdivision[1]) if subdivision else None
    return City(
        name=name,
        geonames_id=geonames_id,
        lat=place[0],
        lng=place[1],
        subdivision=code_and_name,
    )


COUNTRIES: Final[dict[str, Country]] = {
    country.code: country
    for country in (
        Country(
            code="KR",
            name="South Korea",
            printed="South Korea",
            continent=_ASIA,
            cities=(
                _city("Seoul", 1835848, (37.566, 126.9784), "11", "Seoul"),
                _city("Daejeon", 1835235, (36.34913, 127.38493), "30", "Daejeon"),
                _city("Busan", 1838524, (35.10168, 129.03004), "26", "Busan"),
                _city("Gwangju", 1841811, (35.15472, 126.91556), "29", "Gwangju"),
            ),
        ),
        Country(
            code="US",
            name="United States",
            printed="USA",
            continent=_NORTH_AMERICA,
            cities=(
                _city("Boston", 4930956, (42.35843, -71.05977), "MA", "Massachusetts"),
                _city("Pittsburgh", 5206379, (40.44062, -79.99589), "PA", "Pennsylvania"),
                _city("Austin", 4671654, (30.26715, -97.74306), "TX", "Texas"),
                _city("Chicago", 4887398, (41.85003, -87.65005), "IL", "Illinois"),
                _city("Seattle", 5809844, (47.60621, -122.33207), "WA", "Washington"),
            ),
        ),
        Country(
            code="CN",
            name="China",
            printed="China",
            continent=_ASIA,
            cities=(
                _city("Beijing", 1816670, (39.9075, 116.39723), "BJ", "Beijing"),
                _city("Shanghai", 1796236, (31.22222, 121.45806), "SH", "Shanghai"),
                _city("Hangzhou", 1808926, (30.29365, 120.16142), "ZJ", "Zhejiang"),
                _city("Wuhan", 1791247, (30.58333, 114.26667), "HB", "Hubei"),
                _city("Shenzhen", 1795565, (22.54554, 114.0683), "GD", "Guangdong"),
            ),
        ),
        Country(
            code="JP",
            name="Japan",
            printed="Japan",
            continent=_ASIA,
            cities=(
                _city("Kyoto", 1857910, (35.02107, 135.75385), "26", "Kyoto"),
                _city("Sendai", 2111149, (38.26667, 140.86667), "04", "Miyagi"),
                _city("Osaka", 1853909, (34.69379, 135.50107), "27", "Osaka"),
                _city("Tokyo", 1850147, (35.6895, 139.69171), "13", "Tokyo"),
            ),
        ),
        Country(
            code="GB",
            name="United Kingdom",
            printed="UK",
            continent=_EUROPE,
            cities=(
                _city("Edinburgh", 2650225, (55.95206, -3.19648), "SCT", "Scotland"),
                _city("Manchester", 2643123, (53.48095, -2.23743), "ENG", "England"),
                _city("Bristol", 2654675, (51.45523, -2.59665), "ENG", "England"),
                _city("London", 2643743, (51.50853, -0.12574), "ENG", "England"),
            ),
        ),
        Country(
            code="DE",
            name="Germany",
            printed="Germany",
            continent=_EUROPE,
            cities=(
                _city("Munich", 2867714, (48.13743, 11.57549), "BY", "Bavaria"),
                _city("Aachen", 3247449, (50.77664, 6.08342), "NW", "North Rhine-Westphalia"),
                _city("Hamburg", 2911298, (53.55073, 9.99302), "HH", "Hamburg"),
                _city("Berlin", 2950159, (52.52437, 13.41053), "BE", "State of Berlin"),
            ),
        ),
        Country(
            code="HK",
            name="Hong Kong",
            printed="Hong Kong",
            continent=_ASIA,
            cities=(_city("Hong Kong", 1819729, (22.27832, 114.17469)),),
        ),
        Country(
            code="TW",
            name="Taiwan",
            printed="Taiwan",
            continent=_ASIA,
            cities=(
                _city("Hsinchu", 1675151, (24.80361, 120.96861)),
                _city("Tainan", 1668355, (22.99083, 120.21333)),
                _city("Taipei", 1668341, (25.05306, 121.52639)),
            ),
        ),
        Country(
            code="CA",
            name="Canada",
            printed="Canada",
            continent=_NORTH_AMERICA,
            cities=(
                _city("Montreal", 6077243, (45.50884, -73.58781), "QC", "Quebec"),
                _city("Vancouver", 6173331, (49.24966, -123.11934), "BC", "British Columbia"),
                _city("Toronto", 6167865, (43.70643, -79.39864), "ON", "Ontario"),
            ),
        ),
        Country(
            code="SG",
            name="Singapore",
            printed="Singapore",
            continent=_ASIA,
            cities=(_city("Singapore", 1880252, (1.28967, 103.85007)),),
        ),
    )
}

KNOWN_COUNTRIES: Final = tuple(COUNTRIES)
"""Countries a world may consist of."""

# kind | sector | name | domain | city [| native name], the largest of each kind first
_ORGANIZATIONS: Final[dict[str, tuple[str, ...]]] = {
    "KR": (
        "university|university|Hanbit National University|hanbit.ac.kr|Seoul|한빛국립대학교",
        "university|university|Garam Advanced Institute of Science and Technology|garam.ac.kr|"
        "Daejeon|가람고등과학기술원",
        "university|university|Saebyeok University|saebyeok.ac.kr|Seoul|새벽대학교",
        "university|university|Dasom University|dasom.ac.kr|Busan|다솜대학교",
        "university|university|Mirinae University of Technology|mirinae.ac.kr|Gwangju|"
        "미리내공과대학교",
        "company|company|Onnuri Robotics|onnuri-robotics.co.kr|Seoul|온누리로보틱스",
        "institute|facility|Maru Institute of Intelligent Systems|maru.re.kr|Daejeon|"
        "마루지능시스템연구원",
        "institute|government|Byeolbit Agency for Data Science|byeolbit.go.kr|Seoul|"
        "별빛데이터과학청",
    ),
    "US": (
        "university|university|Larkmoor University|larkmoor.edu|Boston",
        "university|university|Redfern Valley Institute of Technology|redfernvalley.edu|Pittsburgh",
        "university|university|University of Northmere|northmere.edu|Seattle",
        "university|university|Juniper Mesa University|junipermesa.edu|Austin",
        "university|university|Ashgrove Plains State University|ashgroveplains.edu|Chicago",
        "company|company|Tallgrass Robotics|tallgrass-robotics.com|Pittsburgh",
        "company|company|Quillmark Research|quillmark.com|Boston",
        "institute|facility|Ironwood Mesa Laboratory|ironwoodmesa.org|Austin",
        "institute|government|Bluestem National Laboratory|bluestem.gov|Chicago",
    ),
    "CN": (
        "university|university|Yunhe Lake University|yunhelake.edu.cn|Beijing|云河湖大学",
        "university|university|Xingyue University|xingyue.edu.cn|Shanghai|星月大学",
        "university|university|Lanxi River University of Science and Technology|lanxiriver.edu.cn"
        "|Wuhan|兰溪河科技大学",
        "university|university|Baihe Polytechnic University|baihe.edu.cn|Beijing|百鹤理工大学",
        "university|university|Donglai University|donglai.edu.cn|Hangzhou|东来大学",
        "company|company|Mingri Intelligence|mingri-ai.cn|Beijing|明日智能",
        "institute|facility|Yuxing Academy of Computing|yuxing.ac.cn|Beijing|宇星计算研究院",
    ),
    "JP": (
        "university|university|Asagiri University|asagiri.ac.jp|Tokyo|朝霧大学",
        "university|university|Minamikaze University|minamikaze.ac.jp|Kyoto|南風大学",
        "university|university|Hoshikawa Institute of Technology|hoshikawa.ac.jp|Osaka|"
        "星川工業大学",
        "university|university|Shirayuki University|shirayuki.ac.jp|Sendai|白雪大学",
        "company|company|Kagaribi Electronics|kagaribi.co.jp|Osaka",
        "company|company|Tsukimi Systems|tsukimi-systems.co.jp|Tokyo",
        "institute|facility|Suzukaze Research Institute|suzukaze.go.jp|Tokyo|涼風研究所",
    ),
    "GB": (
        "university|university|University of Wrenbury Moor|wrenburymoor.ac.uk|Edinburgh",
        "university|university|Aldermoor University|aldermoor.ac.uk|London",
        "university|university|Kestrelby University|kestrelby.ac.uk|Manchester",
        "university|university|Thistledown University of Technology|thistledown.ac.uk|Bristol",
        "company|company|Bramblewick Analytics|bramblewick.co.uk|London",
        "institute|facility|Harrowmere Laboratory|harrowmere.org.uk|Bristol",
    ),
    "DE": (
        "university|university|Technical University of Falkenried|tu-falkenried.de|Munich|"
        "Technische Universität Falkenried",
        "university|university|University of Eichenwalde|uni-eichenwalde.de|Berlin|"
        "Universität Eichenwalde",
        "university|university|Moorbach University of Technology|moorbach-tech.de|Aachen",
        "university|university|Silberfurt University|silberfurt.de|Hamburg",
        "company|company|Tannenberg Automation|tannenberg-automation.de|Munich",
        "institute|facility|Polarstern Institute for Machine Intelligence|polarstern-mi.de|Berlin|"
        "Polarstern-Institut für Maschinelle Intelligenz",
    ),
    "HK": (
        "university|university|Pok Wan University|pokwan.edu.hk|Hong Kong|博灣大學",
        "university|university|Lion Peak University of Science|lionpeak.edu.hk|Hong Kong",
        "university|university|Tai Sun University|taisun.edu.hk|Hong Kong",
        "company|company|Harbourlight Intelligence|harbourlight.com.hk|Hong Kong",
        "institute|facility|Silvermine Research Centre|silvermine.org.hk|Hong Kong",
    ),
    "TW": (
        "university|university|National Qingfeng University|qingfeng.edu.tw|Taipei|國立清楓大學",
        "university|university|Xiyu University|xiyu.edu.tw|Tainan|溪嶼大學",
        "university|university|Yulan University of Technology|yulan.edu.tw|Hsinchu",
        "company|company|Jadewind Semiconductor|jadewind.com.tw|Hsinchu",
        "institute|facility|Yinhai Research Institute|yinhai.org.tw|Hsinchu",
    ),
    "CA": (
        "university|university|Maplecrest University|maplecrest.ca|Toronto",
        "university|university|University of Valbrise|uvalbrise.ca|Montreal|Université de Valbrise",
        "university|university|Northwater Sound University|northwatersound.ca|Vancouver",
        "company|company|Loonbridge Learning|loonbridge.ca|Montreal",
        "institute|facility|Tamarack Institute for Learning Systems|tamarack-ils.ca|Toronto",
    ),
    "SG": (
        "university|university|Straitsview University|straitsview.edu.sg|Singapore",
        "university|university|Merbau Polytechnic University|merbau.edu.sg|Singapore",
        "company|company|Orchid Circuit|orchidcircuit.com.sg|Singapore",
        "institute|facility|Seraya Institute of Computing|seraya.org.sg|Singapore",
    ),
}

# family → country of a site → its domain, the seat first
_MULTINATIONALS: Final[dict[str, dict[str, str]]] = {
    "Borealis Motive": {
        "US": "borealismotive.com",
        "KR": "borealismotive.co.kr",
        "CN": "borealismotive.cn",
        "GB": "borealismotive.co.uk",
        "DE": "borealismotive.de",
        "CA": "borealismotive.ca",
    },
    "Haneulsori Electronics": {
        "KR": "haneulsori.co.kr",
        "US": "us.haneulsori.com",
        "GB": "haneulsori.co.uk",
    },
    "Feiyanzi Technology": {
        "CN": "feiyanzi.cn",
        "US": "us.feiyanzi.com",
        "HK": "feiyanzi.com.hk",
        "SG": "feiyanzi.com.sg",
    },
}
