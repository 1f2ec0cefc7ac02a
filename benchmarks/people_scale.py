"""How fast are a million authorships linked, by the library and by the command?"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hidden_people import Tables, hide, with_column
from talentflow.resolve.people import link_people

SCALE_ROWS = 1_000_000
SCALE_LIMIT_S = 60
Row = dict[str, object]


def measure_scale(tables: Tables) -> list[Row]:
    """1,000,000 authorships, copies of the real ones under changed names and papers: through
    the library in memory and through the command from a file."""
    records, mentions = replicate(tables, SCALE_ROWS)
    link_people(records.slice(0, 2000), mentions=mentions)  # compiled code is loaded
    start = time.perf_counter()
    people = link_people(
        records, mentions=mentions, resolved_mentions=tables.resolved_mentions
    ).people
    seconds = time.perf_counter() - start
    count = len(people["person_id"].unique())
    print(f"{len(records):,} authorships, {count:,} people in {seconds:.1f} s")
    rows = [_limit("people, 1,000,000 authorships linked", seconds)]
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.csv", Path(folder) / "out.csv"
        write_csv(records, mentions, source)
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", _COMMAND, "resolve", "people", source, "--output", target],
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).parent,
        )
        seconds = time.perf_counter() - start
        memory = float(done.stderr.splitlines()[-1])
        print(f"resolve people, whole process: {seconds:.1f} s, {memory:.2f} GiB")
        rows.append(_limit("resolve people, 1,000,000 rows", seconds))
    return rows


_COMMAND = """
import atexit, sys
from people_methods import read_peak_memory_gib
from talentflow.cli import main
atexit.register(lambda: print(read_peak_memory_gib(), file=sys.stderr))
main()
"""


def _limit(name: str, seconds: float) -> Row:
    return {
        "name": name,
        "value": round(seconds, 1),
        "unit": "s",
        "against": f"limit of {SCALE_LIMIT_S} s",
        "ratio": round(SCALE_LIMIT_S / seconds, 2),
        "bound": "sorting, parsing names and affiliations, comparing pairs",
    }


def replicate(tables: Tables, n_rows: int) -> tuple[pa.Table, pa.Table]:
    """One record per author slot, copied until there are `n_rows`; every copy has its own
    papers, and one letter more in each surname so that its people are others."""
    records = tables.records.filter(pc.is_valid(tables.records["person_ref"]))
    position = pc.cast(records["author_position"], pa.string())
    slot = pc.binary_join_element_wise(records["paper_id"], position, ":")
    _, first = np.unique(
        np.asarray(slot.combine_chunks().dictionary_encode().indices), return_index=True
    )
    records = records.take(pa.array(np.sort(first)))
    parts = []
    for copy in range(-(-n_rows // len(records))):
        letter = chr(97 + copy) if copy else ""
        part = records
        for column, ending in (("paper_id", f"/{copy}"), ("record_id", f"/{copy}")):
            part = with_column(part, column, pc.binary_join_element_wise(part[column], ending, ""))
        name = pc.binary_join_element_wise(part["person_name"], letter, "")
        parts.append(with_column(part, "person_name", name))
    together = hide(pa.concat_tables(parts).slice(0, n_rows))
    return together, tables.mentions


def write_csv(records: pa.Table, mentions: pa.Table, path: Path) -> None:
    """The input of `resolve people`."""
    place = pc.index_in(records["mention_id"], value_set=mentions["mention_id"].combine_chunks())
    columns = [
        *(records[name] for name in ("record_id", "paper_id", "person_name", "year")),
        *(mentions[name].take(place) for name in ("text", "domain")),
    ]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["record_id", "paper_id", "name", "year", "affiliation", "domain"])
        writer.writerows(zip(*(column.to_pylist() for column in columns), strict=True))
