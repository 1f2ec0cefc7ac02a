"""How fast do OpenAlex works become rows, against DuckDB, Polars and Spark?

    python benchmarks/openalex_ingest.py [MEGABYTES]

Works are generated as a snapshot holds them (gzipped JSON lines in 8 files, `openalex_works`);
every contender reads the same files on two cores and writes the same rows to Parquet: one for
each author and institution, with person, ORCID iD, name, year, venue, position and what is said
of the affiliation. That the rows are equal is checked. The others need not make what a record
has besides (its id, its place in the file, the id of its mention, the account of every line).

The default of 512 MB takes about two minutes; the figures in docs/scale.md are from 4096. Polars
reads no gzip line by line, so its time includes unpacking the files to the disk; Spark takes part
where it is installed.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

from openalex_works import MEGABYTE, Generated, generate_works

Row = dict[str, object]

FILES = 8
CORES = 2
DEFAULT_MEGABYTES = 512
MUST = {"DuckDB": 2.0, "Polars": 3.0, "Spark": 10.0}
MEMORY_LIMIT_GIB = 1.5
BOUND = "unpacking and following JSON up to the end of the authors, one thread a core"

_AFFILIATIONS = """
    CASE WHEN len(a.institutions) > 0 THEN a.institutions
         WHEN len(a.raw_affiliation_strings) > 0 THEN list_transform(a.raw_affiliation_strings,
              lambda x: {'display_name': x, 'ror': NULL, 'country_code': NULL})
         ELSE [NULL] END"""


@dataclass(frozen=True)
class Spent:
    """What a contender took: wall and processor seconds, and memory."""

    wall_s: float
    cpu_s: float
    memory_gib: float


def measure(_: Path | None = None, megabytes: int = DEFAULT_MEGABYTES) -> list[Row]:
    """Rows of the table of benchmarks."""
    folder = Path(tempfile.mkdtemp(prefix="talentflow-openalex-"))
    try:
        generated = generate_works(folder / "works", megabytes * MEGABYTE, FILES)
        return _compare(generated, folder)
    finally:
        shutil.rmtree(folder)


def _compare(generated: Generated, folder: Path) -> list[Row]:
    gigabytes = generated.json_bytes / 1e9
    print(
        f"  {generated.works:,} works, {gigabytes:.2f} GB of JSON, "
        f"{generated.gzip_bytes / 1e9:.2f} GB gzipped, {FILES} files"
    )
    _run("talentflow", folder, folder / "warm", "--warm")  # compiles, once a machine
    spent = {"talentflow": _run("talentflow", folder, folder / "talentflow")}
    spent["unpacking alone"] = _run("unpack", folder, folder / "unpacked")
    rivals = {"DuckDB": "duckdb", "Polars": "polars"}
    if importlib.util.find_spec("pyspark"):
        rivals["Spark"] = "spark"
    else:
        print("  Spark is not installed: pip install talentflow[spark]")
    for name, command in rivals.items():
        spent[name] = _run(command, folder, folder / command)
        print(f"  {name} is done after {spent[name].wall_s:.0f} s", flush=True)
    answers = {name: _summarise(folder / path) for name, path in _outputs(rivals).items()}
    if len(set(answers.values())) != 1:
        raise SystemExit(f"the answers differ: {answers}")
    ours = spent["talentflow"]
    rows = []
    for name, each in spent.items():
        print(
            f"  {name:16} {each.wall_s:7.1f} s {each.cpu_s:7.1f} s of processor "
            f"{gigabytes / each.wall_s:6.2f} GB/s {each.memory_gib:5.2f} GiB; "
            f"{each.wall_s / ours.wall_s:4.1f}× as long, {each.cpu_s / ours.cpu_s:4.1f}× the work"
        )
    for name in rivals:
        ratio = spent[name].wall_s / ours.wall_s
        rows.append(
            _row("OpenAlex lines to records", gigabytes / ours.wall_s, "GB/s JSON", name, ratio)
        )
    share = spent["unpacking alone"].wall_s / ours.wall_s
    rows.append(
        _row("  share of the rate of unpacking alone", share, "", "aim of 0.5", share / 0.5)
    )
    limit = f"limit of {MEMORY_LIMIT_GIB} GiB"
    rows.append(_row("  memory", ours.memory_gib, "GiB", limit, MEMORY_LIMIT_GIB / ours.memory_gib))
    return rows


def _row(name: str, value: float, unit: str, against: str, ratio: float) -> Row:
    return {
        "name": name,
        "value": round(value, 3),
        "unit": unit,
        "against": against,
        "ratio": round(ratio, 2),
        "bound": BOUND,
    }


def _outputs(rivals: dict[str, str]) -> dict[str, str]:
    return {"talentflow": "talentflow", **rivals}


def _run(contender: str, folder: Path, output: Path, *more: str) -> Spent:
    """One contender as a process of its own, so that its memory is its own."""
    command = [sys.executable, __file__, "--contender", contender, str(folder), str(output), *more]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    wall_s = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{contender} failed:\n{done.stderr[-3000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    memory_gib = float(json.loads(done.stdout.splitlines()[-1])["memory_gib"])
    return Spent(wall_s, cpu_s, memory_gib)


def _report() -> None:
    """Print the memory that this process has taken; none of them starts others."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"memory_gib": own / 2**20}))


class _Hidden(MetaPathFinder):
    """Finds nothing of pandas and SciPy."""

    def find_spec(self, fullname: str, *_: object) -> None:
        """See the base class."""
        if fullname.partition(".")[0] in ("pandas", "scipy"):
            raise ModuleNotFoundError(fullname, name=fullname)


def run_talentflow(folder: Path, output: Path, files: list[Path]) -> None:
    """The reader of a build, one thread a core, in what `pip install talentflow` installs: Arrow
    and Numba import pandas and SciPy where they find them, in more than half a second."""
    sys.meta_path.insert(0, _Hidden())
    from talentflow.core.executor import run_in_threads
    from talentflow.sources.openalex.reading import write_evidence

    def write(numbered: tuple[int, Path]) -> None:
        number, path = numbered
        name = path.relative_to(folder).as_posix()
        # The checksum is that of the list of inputs, made once before the first stage.
        write_evidence(folder, name, output / str(number), sha256="0" * 64)

    for _ in run_in_threads(write, enumerate(files), CORES):  # as a build does for so few cores
        pass
    _report()


def run_unpack(_: Path, __: Path, files: list[Path]) -> None:
    """Nothing but unpacking: what no reader can be faster than."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(CORES) as pool:
        list(pool.map(_unpack, files))
    _report()


def _unpack(path: Path) -> None:
    from isal import igzip

    buffer = bytearray(8 << 20)
    with igzip.open(path) as stream:
        while stream.readinto(buffer):
            pass


def run_duckdb(folder: Path, output: Path, _: list[Path]) -> None:
    """`read_json` with the columns that are needed, in any order."""
    import duckdb

    output.mkdir()
    connection = duckdb.connect()
    connection.execute(f"SET threads = {CORES}; SET preserve_insertion_order = false")
    connection.execute(f"""
        COPY (
            WITH works AS (
                SELECT id AS paper, publication_year AS year, len(authorships) AS n_authors,
                       lower(primary_location.source.display_name) AS venue,
                       unnest(authorships) AS a, generate_subscripts(authorships, 1) AS position
                FROM read_json('{folder}/works/*/*.gz', format = 'newline_delimited',
                    maximum_object_size = 33554432, columns = {{
                    id: 'VARCHAR', publication_year: 'SMALLINT',
                    primary_location: 'STRUCT(source STRUCT(display_name VARCHAR))',
                    authorships: 'STRUCT(author STRUCT(id VARCHAR, display_name VARCHAR,
                        orcid VARCHAR), institutions STRUCT(display_name VARCHAR, ror VARCHAR,
                        country_code VARCHAR)[], raw_author_name VARCHAR,
                        raw_affiliation_strings VARCHAR[])[]'}})),
            rows AS (
                SELECT paper, year, n_authors, venue, position, a.author.id AS person,
                       a.author.orcid AS orcid,
                       coalesce(a.raw_author_name, a.author.display_name) AS name,
                       unnest({_AFFILIATIONS}) AS i
                FROM works)
            SELECT paper, year, n_authors, venue, position, person, orcid, name,
                   i.display_name AS text, i.ror AS ror, i.country_code AS country FROM rows
        ) TO '{output}/rows.parquet' (FORMAT parquet, COMPRESSION zstd)""")
    _report()


def run_polars(_: Path, output: Path, files: list[Path]) -> None:
    """`scan_ndjson` of the unpacked files with the schema that is needed, streamed to Parquet."""
    os.environ["POLARS_MAX_THREADS"] = str(CORES)
    import polars as pl
    from isal import igzip

    output.mkdir()
    plain = [output / f"{number}.jsonl" for number in range(len(files))]
    for path, target in zip(files, plain, strict=True):
        with igzip.open(path) as stream, target.open("wb") as out:
            shutil.copyfileobj(stream, out, 8 << 20)
    text = pl.String
    place = pl.Struct({"display_name": text, "ror": text, "country_code": text})
    author = pl.Struct({"id": text, "display_name": text, "orcid": text})
    authorship = pl.Struct(
        {
            "author": author,
            "institutions": pl.List(place),
            "raw_author_name": text,
            "raw_affiliation_strings": pl.List(text),
        }
    )
    source = pl.Struct({"source": pl.Struct({"display_name": text})})
    schema = {
        "id": text,
        "publication_year": pl.Int64,
        "primary_location": source,
        "authorships": pl.List(authorship),
    }
    for path in plain:
        _flatten_polars(pl.scan_ndjson(path, schema=schema, infer_schema_length=None)).sink_parquet(
            path.with_suffix(".parquet"), compression="zstd"
        )
        path.unlink()
    _report()


def _flatten_polars(works: Any) -> Any:
    import polars as pl

    each = works.with_columns(
        n_authors=pl.col("authorships").list.len(),
        position=pl.int_ranges(1, pl.col("authorships").list.len() + 1),
        venue=pl.col("primary_location")
        .struct.field("source")
        .struct.field("display_name")
        .str.to_lowercase(),
    ).explode("authorships", "position")
    a = pl.col("authorships")
    person = a.struct.field("author")
    told = each.filter(a.is_not_null()).select(
        "n_authors",
        "venue",
        "position",
        paper="id",
        year="publication_year",
        person=person.struct.field("id"),
        orcid=person.struct.field("orcid"),
        name=pl.coalesce(a.struct.field("raw_author_name"), person.struct.field("display_name")),
        i=a.struct.field("institutions"),
        raw=a.struct.field("raw_affiliation_strings"),
    )
    matched = told.filter(pl.col("i").list.len() > 0).drop("raw").explode("i")
    matched = matched.with_columns(
        text=pl.col("i").struct.field("display_name"),
        ror=pl.col("i").struct.field("ror"),
        country=pl.col("i").struct.field("country_code"),
    ).drop("i")
    printed = told.filter(pl.col("i").list.len().fill_null(0) == 0).explode(
        "raw", empty_as_null=True
    )
    printed = printed.with_columns(
        text=pl.col("raw"), ror=pl.lit(None, pl.String), country=pl.lit(None, pl.String)
    ).drop("i", "raw")
    return pl.concat([matched, printed.select(matched.collect_schema().names())])


def run_spark(folder: Path, output: Path, _: list[Path]) -> None:
    """`spark.read.json` with the schema that is needed, local with two threads."""
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.master(f"local[{CORES}]")
        .config("spark.driver.memory", "3g")
        .config("spark.ui.enabled", "false")
        .getOrCreate()
    )
    place = "struct<display_name:string,ror:string,country_code:string>"
    works = spark.read.schema(
        "id string, publication_year smallint, "
        "primary_location struct<source:struct<display_name:string>>, "
        "authorships array<struct<author:struct<id:string,display_name:string,orcid:string>,"
        f"institutions:array<{place}>,raw_author_name:string,raw_affiliation_strings:array<string>>>"
    ).json(f"{folder}/works/*/*.gz")
    works.createOrReplaceTempView("works")
    spark.sql("""
        WITH authored AS (
            SELECT id AS paper, publication_year AS year, size(authorships) AS n_authors,
                   lower(primary_location.source.display_name) AS venue,
                   posexplode(authorships) AS (p, a) FROM works),
        rows AS (
            SELECT paper, year, n_authors, venue, p + 1 AS position, a.author.id AS person,
                   a.author.orcid AS orcid,
                   coalesce(a.raw_author_name, a.author.display_name) AS name,
                   explode_outer(CASE WHEN size(a.institutions) > 0 THEN a.institutions
                       ELSE transform(a.raw_affiliation_strings, x -> named_struct('display_name',
                           x, 'ror', CAST(NULL AS string), 'country_code', CAST(NULL AS string)))
                       END) AS i FROM authored)
        SELECT paper, year, n_authors, venue, position, person, orcid, name,
               i.display_name AS text, i.ror AS ror, i.country_code AS country FROM rows
    """).write.option("compression", "zstd").parquet(str(output))
    _report()


def _summarise(output: Path) -> tuple[object, ...]:
    """What depends on every value of every row, but not on their order."""
    import duckdb

    if (output / "0").is_dir():
        source = f"""
            SELECT replace(paper_id, 'openalex:', 'https://openalex.org/') AS paper, year,
                   n_authors, venue, author_position AS position,
                   replace(person_ref, 'openalex:', 'https://openalex.org/') AS person,
                   'https://orcid.org/' || ids['orcid'] AS orcid, person_name AS name,
                   text, asserted_organization AS ror, asserted_country AS country
            FROM read_parquet('{output}/*/records.parquet') r
            LEFT JOIN (SELECT DISTINCT * FROM read_parquet('{output}/*/mentions.parquet')) m
            USING (mention_id)"""
    else:
        source = f"SELECT * FROM read_parquet('{output}/*.parquet')"
    found = duckdb.sql(f"""
        SELECT count(*), count(DISTINCT person), count(ror), count(country), count(orcid),
               sum(hash(paper, year::BIGINT, n_authors::BIGINT, venue, position::BIGINT, person,
                        orcid, name, text, ror, country) // 65536)
        FROM ({source})""").fetchall()
    return tuple(found[0])


CONTENDERS: dict[str, Callable[[Path, Path, list[Path]], None]] = {
    "talentflow": run_talentflow,
    "unpack": run_unpack,
    "duckdb": run_duckdb,
    "polars": run_polars,
    "spark": run_spark,
}


def main() -> None:
    """The whole comparison, or one contender of it."""
    if "--contender" in sys.argv:
        contender, folder, output = sys.argv[2:5]
        files = sorted(Path(folder).glob("works/*/*.gz"))
        if "--warm" in sys.argv:
            files = files[:1]
        CONTENDERS[contender](Path(folder), Path(output), files)
        return
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_MEGABYTES
    for row in measure(None, megabytes):
        print(row)


if __name__ == "__main__":
    main()
