"""How many authors with an ORCID record does each country have a year?

Reads the comparison of OpenAlex and ORCID that accompanies the Scholarly Migration Database
(https://github.com/MPIDR/Global-flows-and-rates-of-international-migration-of-scholars, CC BY 4.0).
Only the ORCID counts: those of OpenAlex come from the same records as the country table. Years
are written `2006.0`, and an author with several countries in a year counts in parts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from talentflow.core.areas import AREAS
from talentflow.core.errors import InputError

FILE: Final = "authors_openalex_orcid.csv"
_COLUMNS: Final = {
    "year": pa.float64(),
    "iso2Code": pa.string(),
    "number_of_authors_orcid": pa.float64(),
}


def read_orcid_counts(folder: Path) -> pa.Table:
    """One row per country and year: `year`, `area`, `authors` (fractional); rows without a known
    country or count are left out. Raises `InputError` where the table cannot be read."""
    path = folder / FILE
    options = csv.ConvertOptions(
        column_types=_COLUMNS,
        include_columns=list(_COLUMNS),
        strings_can_be_null=False,
        null_values=["", "NA", "nan"],
    )
    try:
        found = csv.read_csv(path, convert_options=options)
    except (OSError, pa.ArrowInvalid, KeyError) as error:
        raise InputError(
            f"the table of ORCID authors cannot be read: {error}",
            where=str(path),
            expected=", ".join(_COLUMNS),
        ) from error
    known = pc.and_(
        pc.is_in(found["iso2Code"], value_set=pa.array(AREAS)),
        pc.is_valid(found["number_of_authors_orcid"]),
    )
    table = found.filter(known).rename_columns(["year", "area", "authors"])
    return table.set_column(0, "year", table["year"].cast(pa.int64()))
