"""How many scholars does each country have a year, and how many come and go?

Reads the country table of the Scholarly Migration Database made from OpenAlex, edition of 2023
(https://github.com/MPIDR/Global-flows-and-rates-of-international-migration-of-scholars, CC BY 4.0).
Years are written `2006.0`, codes are ISO 3166-1 alpha-2, and `NA` is Namibia.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from talentflow.core.areas import AREAS
from talentflow.core.errors import InputError

COUNTRIES_FILE: Final = "openalex_2023_V1_scholarlymigration_country.csv"
_COLUMNS: Final = {
    "year": pa.float64(),
    "countrycode": pa.string(),
    "padded_population_of_researchers": pa.float64(),
    "number_of_inmigrations": pa.int64(),
    "number_of_outmigrations": pa.int64(),
    "netmigrationrate": pa.float64(),
}


def read_country_rates(folder: Path) -> pa.Table:
    """One row per country and year: `year`, `area`, `population` (padded), `inflow`, `outflow`
    (moves) and `net_rate` (a fraction a year, as published); rows without a known country are
    left out. Raises `InputError` where the table is missing or cannot be read.
    """
    path = folder / COUNTRIES_FILE
    try:
        found = csv.read_csv(
            path,
            convert_options=csv.ConvertOptions(
                column_types=_COLUMNS, include_columns=list(_COLUMNS), strings_can_be_null=False
            ),
        )
    except (OSError, pa.ArrowInvalid, KeyError) as error:
        raise InputError(
            f"the country table of the scholarly migration database cannot be read: {error}",
            where=str(path),
            expected=", ".join(_COLUMNS),
        ) from error
    known = found.filter(pc.is_in(found["countrycode"], value_set=pa.array(AREAS)))
    names = ["year", "area", "population", "inflow", "outflow", "net_rate"]
    table = known.rename_columns(names)
    return table.set_column(0, "year", table["year"].cast(pa.int64()))
