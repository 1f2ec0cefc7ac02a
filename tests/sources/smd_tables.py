"""Writes small tables in the format of the Scholarly Migration Database."""

# ruff: noqa: E501 -- the first lines of the tables are as published

from __future__ import annotations

from pathlib import Path

from talentflow.sources import scholarlymigration as smd

COUNTRIES = """year,countrycode,padded_population_of_researchers,paddedpop,number_of_inmigrations,number_of_outmigrations,netmigration,outmigrationrate,inmigrationrate,netmigrationrate
2006.0,KR,100,100,4,2,2,0.02,0.04,0.02
2006.0,NA,10,10,1,0,1,0.0,0.1,0.1
2006.0,US,400,400,2,5,-3,0.0125,0.005,-0.0075
2006.0,nan,50,50,9,9,0,0.18,0.18,0.0
"""

FLOWS = """migrationfrom,migrationto,year,n_migrations,n_migrations_back,netmigrations
US,KR,2006.0,4,2,2
KR,US,2006.0,2,4,-2
US,NA,2006.0,1,0,1
nan,US,2006.0,3,0,3
,KR,2004.0,30,0,30
KR,,2008.0,7,0,7
"""

BIRTHS = """year,countrycode,padded_population_of_researchers,paddedpop,number_of_inmigrations,number_of_outmigrations,netmigration,outmigrationrate,inmigrationrate,netmigrationrate,nacademicbirths,nacademicdeaths,academicbirthrate,academicdeathrate,netbirthdeathrate
2006.0,KR,100,100,4,2,2,0.02,0.04,0.02,30,7,0.3,0.07,0.23
2006.0,nan,50,50,9,9,0,0.18,0.18,0.0,1,1,0.02,0.02,0.0
"""

ENRICHED = """year,countrycode,padded_population_of_researchers,number_of_inmigrations,number_of_outmigrations,netmigration,outmigrationrate,inmigrationrate,netmigrationrate,iso2code,iso3code,countryname,region,incomelevel,gdp_per_capita,population
2006.0,KOR,100,4,2,2,0.02,0.04,0.02,KR,KOR,"Korea, Rep.",East Asia,HIC,1.5,1.0
2006.0,NAM,10,1,0,1,0.0,0.1,0.1,NA,NAM,Namibia,Africa,UMC,1.5,1.0
2006.0,,5,0,0,0,0.0,0.0,0.0,,,,,,,
"""


def write_tables(folder: Path, **replaced: str) -> Path:
    """The four tables below `folder`; `replaced` gives another text for `countries`, `flows`,
    `births` or `enriched`."""
    folder.mkdir(parents=True, exist_ok=True)
    given = {"countries": COUNTRIES, "flows": FLOWS, "births": BIRTHS, "enriched": ENRICHED}
    texts = {**given, **replaced}
    names = (smd.COUNTRIES_FILE, smd.FLOWS_FILE, smd.BIRTHS_DEATHS_FILE, smd.ENRICHED_FILE)
    for name, text in zip(names, texts.values(), strict=True):
        (folder / name).write_text(text, encoding="utf-8")
    return folder
