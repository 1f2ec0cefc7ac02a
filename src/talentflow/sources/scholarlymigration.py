"""What do the published tables of the Scholarly Migration Database (SMD) say?

Reads the OpenAlex edition of 2023 and the enriched country table of 2024 as their authors put
them on GitHub (https://github.com/MPIDR/Global-flows-and-rates-of-international-migration-of-scholars,
tables CC BY 4.0). They are aggregates: no row is about a person.

Known properties that are handled here, and nowhere else: years are written `2006.0`; `NA` is
Namibia, while `nan` is a scholar whose country is not known; a blank origin is a scholar's first
year in the data and a blank destination the last one (82 % of the counted moves); the enriched
table uses three-letter codes beside two-letter ones and has no code for places outside the World
Bank's list.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa
from pyarrow import csv

from talentflow.core.areas import AREAS
from talentflow.core.errors import InputError

SOURCE: Final = "scholarlymigration"

COUNTRIES_FILE: Final = "openalex_2023_V1_scholarlymigration_country.csv"
FLOWS_FILE: Final = "openalex_2023_V1_scholarlymigration_countryflows.csv"
BIRTHS_DEATHS_FILE: Final = "openalex_2023_V1_scholarlymigration_country_births_deaths.csv"
ENRICHED_FILE: Final = "openalex_2024_V1_scholarlymigration_country_enriched.csv"
FILES: Final = (COUNTRIES_FILE, FLOWS_FILE, BIRTHS_DEATHS_FILE, ENRICHED_FILE)
"""The tables without which nothing can be replicated."""

UNKNOWN_AREA: Final = "ZZ"
"""Code of scholars whose country is not known (CLDR's code for an unknown territory)."""

FIRST_RELIABLE_YEAR: Final = 1998
"""Earlier years are start-up artefacts: nobody can have moved before being seen."""

_RATES: Final = """
    "year"::double::bigint as year, {area} as area,
    padded_population_of_researchers::double as population,
    number_of_inmigrations::bigint as inflow, number_of_outmigrations::bigint as outflow,
    netmigrationrate::double as net_rate,
    inmigrationrate::double as in_rate, outmigrationrate::double as out_rate
"""
_AREA: Final = "case {column} when 'nan' then '" + UNKNOWN_AREA + "' else {column} end"


def has_tables(folder: Path) -> bool:
    """Whether the folder holds every table that the replication needs."""
    return all((folder / name).is_file() for name in FILES)


def read_country_rates(folder: Path) -> pa.Table:
    """One row per country and year of the edition of 2023.

    `year`, `area` (ISO 3166-1 alpha-2), `population` (padded number of researchers), `inflow`,
    `outflow` (moves), `net_rate`, `in_rate`, `out_rate` (fractions as published). Scholars whose
    country is not known have no row. Sorted by area and year. Raises `InputError` for a missing
    or unreadable table and for an unknown country code.
    """
    query = f"select {_RATES.format(area='countrycode')} from given where countrycode <> 'nan'"
    rates = _read(folder, COUNTRIES_FILE, query + " order by area, year")
    _check_areas(rates, ("area",), folder / COUNTRIES_FILE)
    return rates


def read_country_flows(folder: Path) -> pa.Table:
    """One row per pair of countries and year: `year`, `origin`, `destination`, `moves`,
    `moves_back` (those the other way, as printed beside them).

    First and last years of scholars are no moves and are left out; the unknown country is `ZZ`.
    """
    origin, destination = (_AREA.format(column=c) for c in ("migrationfrom", "migrationto"))
    flows = _read(
        folder,
        FLOWS_FILE,
        f"""select "year"::double::bigint as year, {origin} as origin,
            {destination} as destination, n_migrations::bigint as moves,
            n_migrations_back::bigint as moves_back
        from given where migrationfrom is not null and migrationto is not null
        order by origin, destination, year""",
    )
    _check_areas(flows, ("origin", "destination"), folder / FLOWS_FILE)
    return flows


def read_births_deaths(folder: Path) -> pa.Table:
    """One row per country and year: `year`, `area`, `population`, `inflow`, `outflow`,
    `first_papers` and `last_papers` (scholars who published for the first and the last time)."""
    query = """select "year"::double::bigint as year, countrycode as area,
        padded_population_of_researchers::double as population,
        number_of_inmigrations::bigint as inflow, number_of_outmigrations::bigint as outflow,
        nacademicbirths::bigint as first_papers, nacademicdeaths::bigint as last_papers
    from given where countrycode <> 'nan' order by area, year"""
    return _read(folder, BIRTHS_DEATHS_FILE, query)


def read_entries_exits(folder: Path) -> pa.Table:
    """One row per country and year of the table of moves: `year`, `area`, `entries` (blank origin)
    and `exits` (blank destination): the first and last year a scholar is counted in."""
    area = _AREA.format(column="coalesce(migrationfrom, migrationto)")
    query = f"""select "year"::double::bigint as year, {area} as area,
        coalesce(sum(n_migrations::bigint) filter (migrationfrom is null), 0)::bigint as entries,
        coalesce(sum(n_migrations::bigint) filter (migrationto is null), 0)::bigint as exits
    from given where migrationfrom is null or migrationto is null
    group by all order by area, year"""
    return _read(folder, FLOWS_FILE, query)


def read_enriched_rates(folder: Path) -> pa.Table:
    """The columns of `read_country_rates` from the enriched table of 2024, whose two-letter codes
    are used; `area` is null for places outside the World Bank's list."""
    query = f"select {_RATES.format(area='iso2code')} from given order by area, year, population"
    return _read(folder, ENRICHED_FILE, query)


def _read(folder: Path, name: str, query: str) -> pa.Table:
    path = folder / name
    if not path.is_file():
        raise InputError(
            f"the table {name} is missing",
            where=str(folder),
            expected="the tables of the Scholarly Migration Database: " + ", ".join(FILES),
        )
    try:
        given = csv.read_csv(path, convert_options=_as_text(path))
        with duckdb.connect() as connection:
            connection.register("given", given)
            return connection.sql(query).to_arrow_table()
    except (OSError, pa.ArrowInvalid, pa.ArrowKeyError, duckdb.Error) as error:
        raise InputError(
            f"the table {name} cannot be read: {str(error).splitlines()[0]}",
            where=str(path),
            expected="the columns of the edition of 2023",
            next_step="download the table again",
        ) from error


def _as_text(path: Path) -> csv.ConvertOptions:
    """Every column as text, blanks as null; `NA` stays what it is."""
    with path.open(encoding="utf-8-sig") as stream:
        names = stream.readline().rstrip("\r\n").split(",")
    return csv.ConvertOptions(
        column_types={name.strip('"'): pa.string() for name in names},
        null_values=[""],
        strings_can_be_null=True,
    )


def _check_areas(table: pa.Table, columns: tuple[str, ...], path: Path) -> None:
    known = {*AREAS, UNKNOWN_AREA}
    unknown = {code for c in columns for code in table[c].unique().to_pylist()} - known
    if unknown:
        raise InputError(
            "unknown country codes " + ", ".join(sorted(map(str, unknown))),
            where=str(path),
            expected="ISO 3166-1 alpha-2; the three-letter codes are those of the Scopus edition",
        )
