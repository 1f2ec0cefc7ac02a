"""How right and how fast is each step, against what, and what bounds it?

    python benchmarks/run.py [BENCHMARK ...]

`make bench` runs every benchmark, prints one table and writes `benchmarks/latest.json`, a list
of `{benchmark, name, value, unit, against, ratio, bound}`. `ratio` is above 1 where the value is
better than the limit in `against`, or where there is none than the best rival of the same run;
null where there is nothing to compare with. A run of some benchmarks replaces their rows and
leaves those of the others.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import align_authors
import authorships
import build_memory
import openalex_ingest
import orcid_summaries
import resolve_conferences
import resolve_organizations
import resolve_people
import resolve_places

REPOSITORY = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("TALENTFLOW_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))
COMMAND = Path(sys.executable).with_name("talentflow")
CORES = 2

STAGE_BOUNDS = {
    "read": "decoding JSON and building rows in Python, one process a core",
    "registry": "decoding two registry dumps, one core",
    "organizations": "matching each distinct affiliation in Python, one process a core",
    "align": "comparing each open author with all papers of the name, compiled, one core",
    "people": "joining names and identifiers, one core",
    "corrections": "copying tables",
    "quality": "resolving labelled affiliations and linking with ids hidden, two threads",
    "careers": "hash-table updates of the compiled pass, memory latency, all cores",
    "values": "one Python call a figure, one core",
}

Row = dict[str, object]

LATEST = REPOSITORY / "benchmarks" / "latest.json"
FIELDS = ("name", "value", "unit", "against", "ratio", "bound")


def main() -> None:
    """Run the benchmarks named on the command line (default: all), print and write the rows."""
    if not DATA.is_dir():
        print(f"no records beside the repository ({DATA.name}); nothing to measure")
        return
    wanted = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in wanted if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    folder = Path(tempfile.mkdtemp(prefix="talentflow-bench-"))
    try:
        for name in wanted:
            print(f"\n{name}")
            found = BENCHMARKS[name](folder / "store")
            print_rows(found)
            known = json.loads(LATEST.read_text()) if LATEST.exists() else []
            rows = merge_rows(known, name, found)
            LATEST.write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    finally:
        shutil.rmtree(folder)


def merge_rows(known: list[Row], benchmark: str, found: list[Row]) -> list[Row]:
    """The rows of all benchmarks, those of one replaced, in the order in which they run.

    Raises `ValueError` where a row lacks a field or has one that is not expected.
    """
    for one in found:
        if set(one) != set(FIELDS):
            raise ValueError(f"{benchmark}: fields {', '.join(one)}; expected {', '.join(FIELDS)}")
    rows = {name: [one for one in known if one.get("benchmark") == name] for name in BENCHMARKS}
    rows[benchmark] = [{"benchmark": benchmark, **one} for one in found]
    return [one for part in rows.values() for one in part]


def measure_main_path(store: Path) -> list[Row]:
    """Cold build, repeated build, `show`, and the first page of a warm server."""
    seconds, stages = run_build(store)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024**2
    rows = [row("main path, cold", seconds, "s", "limit of 60 s", 60 / seconds)]
    rows += [
        row(f"  {stage}", spent, "s", "whole build", spent / seconds, STAGE_BOUNDS[stage])
        for stage, spent in stages.items()
    ]
    rows.append(row("largest process", memory, "GiB", "limit of 3 GiB", 3 / memory))
    again, _ = run_build(store)
    rows.append(row("main path, nothing changed", again, "s", "limit of 2 s", 2 / again))
    rows.append(measure_show(store))
    rows.append(measure_page(store))
    return rows


def measure_people(store: Path) -> list[Row]:
    """Persons with their ids hidden, on the store of the main path (built if it is not there)."""
    if not (store / "current.json").exists():
        run_build(store)
    return list(resolve_people.measure(store))


def measure_combine(_: Path) -> list[Row]:
    """One estimate from several sources."""
    # Loads JAX, which the other benchmarks need not pay for.
    import combine

    return list(combine.measure())


def run_build(store: Path) -> tuple[float, dict[str, float]]:
    """Wall-clock seconds of a build as a whole process, and of each stage."""
    command = [COMMAND, "build", "--data", DATA, "--store", store, "--workers", str(CORES)]
    start = time.perf_counter()
    done = subprocess.run(
        [*map(str, command), "--format", "json"], check=True, capture_output=True, text=True
    )
    seconds = time.perf_counter() - start
    return seconds, json.loads(done.stdout)["seconds"]


def measure_show(store: Path) -> Row:
    """Median of five runs of `show` as a whole process."""
    command = [str(COMMAND), "show", "net_rate", "--area", "KR", "--store", str(store)]
    spent = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        spent.append(time.perf_counter() - start)
    median = sorted(spent)[2]
    return row("show", median, "s", "limit of 0.5 s", 0.5 / median, "importing Python libraries")


def measure_page(store: Path) -> Row:
    """Median of twenty requests for the first page, after one that warms the server."""
    command = [str(COMMAND), "serve", "--store", str(store), "--port", "8765"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_for("http://127.0.0.1:8765/en/")
            spent = []
            for _ in range(20):
                start = time.perf_counter()
                urllib.request.urlopen("http://127.0.0.1:8765/en/").read()
                spent.append(1000 * (time.perf_counter() - start))
        finally:
            server.terminate()
    median = sorted(spent)[10]
    return row("first page, warm", median, "ms", "limit of 50 ms", 50 / median, "one core")


def wait_for(url: str, patience_s: float = 30) -> None:
    """Return once the address answers."""
    end = time.monotonic() + patience_s
    while True:
        try:
            urllib.request.urlopen(url).read()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def row(name: str, value: float, unit: str, against: str, ratio: float, bound: str = "") -> Row:
    """One line of the table and of the file."""
    return {
        "name": name.strip(),
        "value": round(value, 3),
        "unit": unit,
        "against": against,
        "ratio": round(ratio, 2),
        "bound": bound,
    }


def print_rows(rows: list[Row]) -> None:
    """The table, one line a measurement."""
    for r in rows:
        ratio = "" if r["ratio"] is None else f"{r['ratio']:>7} ×"
        print(
            f"{r['name']:<52} {r['value']:>9} {r['unit']:<6} {ratio:>9} {r['against'] or '':<24} "
            f"{r['bound'] or ''}"
        )


BENCHMARKS: dict[str, Callable[[Path], list[Row]]] = {
    "main path": measure_main_path,
    "organizations": lambda _: list(resolve_organizations.measure(DATA)),
    "conferences": lambda _: list(resolve_conferences.measure(DATA)),
    "places": lambda _: list(resolve_places.measure(DATA)),
    "alignment": lambda _: list(align_authors.measure(DATA)),
    "people": measure_people,
    "combine": measure_combine,
    "orcid": lambda _: orcid_summaries.measure_orcid(),
    "authorships": lambda _: list(authorships.measure()),
    "openalex": lambda _: openalex_ingest.measure(),
    "build memory": lambda _: list(build_memory.measure()),
}


if __name__ == "__main__":
    main()
