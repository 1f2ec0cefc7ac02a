"""How registries describe the organizations of the toy world.

A dump in the shape of the Research Organization Registry, schema 2.1, and the public list of
university domains. Ids are well formed, with valid check digits, but nobody's.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from talentflow.sources.toy.atlas import COUNTRIES, Organization

Record = dict[str, object]

ROR_NAME: Final = "toy-ror-data_schema_v2"
"""The dump is `<this>.json` inside `<this>.json.zip`."""

ROR_TYPES: Final = {
    "university": "education",
    "company": "company",
    "facility": "facility",
    "government": "government",
}
"""Sector → the registry's word for it, which OpenAlex uses too."""

_CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_NATIVE_LANGUAGES: Final = {
    "KR": "ko", "CN": "zh", "JP": "ja", "DE": "de", "HK": "zh", "TW": "zh", "CA": "fr",
}  # fmt: skip
_GENERIC_WORDS: Final = ("of", "and", "for")
_ZIP_DATE: Final = (2025, 1, 1, 0, 0, 0)


def write_ror(organizations: Sequence[Organization], folder: Path) -> None:
    """The zipped dump below `folder`."""
    numbers = {organization.name: at for at, organization in enumerate(organizations)}
    records = [_describe_organization(o, organizations, numbers) for o in organizations]
    folder.mkdir(parents=True, exist_ok=True)
    body = json.dumps(records, indent=1, ensure_ascii=False).encode()
    with zipfile.ZipFile(folder / f"{ROR_NAME}.json.zip", "w") as archive:
        entry = zipfile.ZipInfo(f"{ROR_NAME}.json", date_time=_ZIP_DATE)
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, body)


def write_university_domains(organizations: Sequence[Organization], folder: Path) -> None:
    """The list of universities and their domains below `folder`."""
    universities = [
        {
            "name": organization.name,
            "domains": [organization.domain],
            "web_pages": [f"https://www.{organization.domain}/"],
            "country": COUNTRIES[organization.country].name,
            "alpha_two_code": organization.country,
            "state-province": None
            if organization.city.subdivision is None
            else organization.city.subdivision[1],
        }
        for organization in organizations
        if organization.kind == "university"
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "world_universities_and_domains.json"
    path.write_bytes((json.dumps(universities, indent=2, ensure_ascii=False) + "\n").encode())


def registry_number(organization: int) -> int:
    """The number from which the ROR and OpenAlex ids of an organization are made."""
    return 900_000_000 + 7_919 * organization


def make_ror_id(number: int) -> str:
    """A well-formed ROR id: 0, six characters in base 32, ISO/IEC 7064 MOD 97-10 check."""
    letters, rest = "", number
    for _ in range(6):
        rest, digit = divmod(rest, 32)
        letters = _CROCKFORD[digit] + letters
    return f"https://ror.org/0{letters}{98 - number * 100 % 97:02d}"


def _describe_organization(
    organization: Organization, all_of_them: Sequence[Organization], numbers: dict[str, int]
) -> Record:
    number = numbers[organization.name]
    date = {"date": "2025-01-01", "schema_version": "2.1"}
    return {
        "admin": {"created": date, "last_modified": date},
        "domains": [organization.domain],
        "established": 1900 + number * 37 % 110,
        "external_ids": [],
        "id": make_ror_id(registry_number(number)),
        "links": [{"type": "website", "value": f"https://www.{organization.domain}/"}],
        "locations": [_describe_city(organization)],
        "names": _list_names(organization),
        "relationships": [
            {
                "label": other.name,
                "type": "child" if organization.is_seat else "parent",
                "id": make_ror_id(registry_number(numbers[other.name])),
            }
            for other in all_of_them
            if organization.family
            and other.family == organization.family
            and other.is_seat != organization.is_seat
        ],
        "status": "active",
        "types": [ROR_TYPES[organization.sector]],
    }


def _describe_city(organization: Organization) -> Record:
    country, city = COUNTRIES[organization.country], organization.city
    code, name = city.subdivision or (None, None)
    return {
        "geonames_details": {
            "continent_code": country.continent[0],
            "continent_name": country.continent[1],
            "country_code": country.code,
            "country_name": country.name,
            "country_subdivision_code": code,
            "country_subdivision_name": name,
            "lat": city.lat,
            "lng": city.lng,
            "name": city.name,
        },
        "geonames_id": city.geonames_id,
    }


def _list_names(organization: Organization) -> list[Record]:
    names: list[Record] = [
        {"lang": "en", "types": ["ror_display", "label"], "value": organization.name}
    ]
    if organization.family:
        names.append({"lang": None, "types": ["alias"], "value": organization.printed})
    if organization.native_name:
        language = _NATIVE_LANGUAGES[organization.country]
        names.append({"lang": language, "types": ["label"], "value": organization.native_name})
    if organization.kind == "university":
        words = [word for word in organization.name.split() if word not in _GENERIC_WORDS]
        acronym = "".join(word[0] for word in words)
        if len(acronym) >= 4:
            names.append({"lang": None, "types": ["acronym"], "value": acronym})
    return names
