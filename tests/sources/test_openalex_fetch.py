"""Pages and snapshots of OpenAlex arrive whole, go on after a break, and are read by the reader."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from replaying_server import Fault, ReplayingServer, no_sleep

from talentflow.cli.fetching import fetch
from talentflow.core.errors import InputError, UsageError
from talentflow.sources.openalex.api import Question, fetch_works
from talentflow.sources.openalex.reading import list_files, read_file
from talentflow.sources.openalex.snapshot import fetch_merged, fetch_snapshot

QUESTION = Question(country="KR", subfield="1702", years=(2015, 2024))


def a_work(number: int) -> dict[str, Any]:
    author = {"id": "https://openalex.org/A5", "display_name": "X", "orcid": None}
    return {
        "id": f"https://openalex.org/W{number}",
        "publication_year": 2020,
        "updated_date": "2025-01-10",
        "authorships": [{"author": author, "institutions": [], "raw_affiliation_strings": []}],
    }


def serve_works(server: ReplayingServer, works: int, page: int = 2) -> None:
    """The interface's cursor paging: `*` first, null after the last page."""

    def answer(query: dict[str, str]) -> bytes:
        start = 0 if query["cursor"] == "*" else int(query["cursor"])
        results = [a_work(n + 1) for n in range(start, min(start + page, works))]
        after = str(start + page) if results else None
        return json.dumps(
            {"meta": {"count": works, "next_cursor": after}, "results": results}
        ).encode()

    server.serve("/works", answer)


def test_all_pages_are_saved_and_read(server: ReplayingServer, tmp_path: Path) -> None:
    serve_works(server, 5)
    found = fetch_works(tmp_path, QUESTION, base_url=server.url, api_key="k", email="a@b.org")
    assert (found.works, found.pages, found.total_works) == (5, 4, 5)
    asked = server.requests[0].query
    assert asked["filter"] == (
        "authorships.institutions.country_code:kr,primary_topic.subfield.id:1702,"
        "publication_year:2015-2024"
    )
    assert asked["select"].split(",") == [
        "id",
        "publication_year",
        "updated_date",
        "primary_location",
        "authorships",
    ]
    assert (asked["per_page"], asked["api_key"], asked["mailto"]) == ("100", "k", "a@b.org")
    files = list_files(tmp_path)
    assert len(files) == 3
    papers = [p for f in files for p in read_file(tmp_path, f).records["paper_id"].to_pylist()]
    assert papers == [f"openalex:W{n}" for n in range(1, 6)]
    assert not any(b"a@b.org" in p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())


def test_an_interrupted_fetch_goes_on(server: ReplayingServer, tmp_path: Path) -> None:
    serve_works(server, 6)
    server.fail("/works", Fault(), Fault(), *[Fault(status=500)] * 3)
    client, _ = no_sleep(attempts=3)
    with pytest.raises(InputError, match="3 times"):
        fetch_works(tmp_path, QUESTION, base_url=server.url, client=client)
    before = len(server.requests)
    found = fetch_works(tmp_path, QUESTION, base_url=server.url, client=client)
    assert server.requests[before].query["cursor"] == "4"
    assert (found.works, found.total_works) == (2, 6)
    before = len(server.requests)
    again = fetch_works(tmp_path, QUESTION, base_url=server.url, client=client)
    assert (again.works, again.total_works) == (0, 6)
    assert len(server.requests) == before


def test_limits_and_cuts_are_respected(server: ReplayingServer, tmp_path: Path) -> None:
    serve_works(server, 3)
    server.fail(
        "/works",
        Fault(status=429, headers={"Retry-After": "3"}),
        Fault(cut_after=20),
        Fault(cut_after=20, no_length=True),
        Fault(status=503),
    )
    client, waits = no_sleep()
    assert fetch_works(tmp_path, QUESTION, base_url=server.url, client=client).works == 3
    assert waits[0] == 3
    assert len(waits) == 4


def test_a_missing_key_is_said(server: ReplayingServer, tmp_path: Path) -> None:
    serve_works(server, 3)
    server.fail("/works", Fault(status=401))
    with pytest.raises(InputError, match="401") as caught:
        fetch_works(tmp_path, QUESTION, base_url=server.url)
    assert "key" in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"country": "Korea"},
        {"country": "KR", "subfield": "AI"},
        {"country": "KR", "since": "2025"},
        {"years": (2024, 2015)},
    ],
)
def test_a_wrong_question_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Question(**wrong)


def serve_snapshot(server: ReplayingServer, days: dict[str, int], *, layout: str = "new") -> None:
    entries = []
    root = "data/jsonl" if layout == "new" else "data"
    for number, (day, works) in enumerate(days.items()):
        lines = b"".join(
            json.dumps(a_work(100 * number + n)).encode() + b"\n" for n in range(works)
        )
        body = gzip.compress(lines, mtime=0)
        key = f"{root}/works/updated_date={day}/part_0000.gz"
        server.serve(f"/{key}", body)
        meta = {"content_length": len(body), "record_count": works}
        entries.append({"url": f"s3://openalex/{key}", "meta": meta})
    name = "manifest.json" if layout == "new" else "manifest"
    manifest = {"files" if layout == "new" else "entries": entries, "meta": {}}
    server.serve(f"/{root}/works/{name}", json.dumps(manifest).encode())


@pytest.mark.parametrize("layout", ["new", "old"])
def test_only_what_is_missing_is_fetched(
    server: ReplayingServer, tmp_path: Path, layout: str
) -> None:
    days = {"2025-01-10": 3, "2025-02-01": 2}
    serve_snapshot(server, days, layout=layout)
    first = fetch_snapshot(tmp_path, base_url=server.url)
    assert (first.fetched, first.present) == (2, 0)
    serve_snapshot(server, {**days, "2025-03-01": 1}, layout=layout)
    again = fetch_snapshot(tmp_path, base_url=server.url)
    assert (again.fetched, again.present) == (1, 2)
    assert list_files(tmp_path) == [
        f"works/updated_date={day}/part_0000.gz" for day in (*days, "2025-03-01")
    ]
    assert read_file(tmp_path, list_files(tmp_path)[0]).records.num_rows == 2  # W0 is no id


def test_since_leaves_earlier_days_alone(server: ReplayingServer, tmp_path: Path) -> None:
    serve_snapshot(server, {"2025-01-10": 3, "2025-02-01": 2})
    found = fetch_snapshot(tmp_path, base_url=server.url, since="2025-01-11")
    assert found.fetched == 1


def test_a_broken_snapshot_download_goes_on(server: ReplayingServer, tmp_path: Path) -> None:
    serve_snapshot(server, {"2025-01-10": 300})
    path = "/data/jsonl/works/updated_date=2025-01-10/part_0000.gz"
    server.fail(path, Fault(cut_after=100), Fault(status=503), Fault(cut_after=200))
    client, _ = no_sleep()
    fetch_snapshot(tmp_path, base_url=server.url, client=client)
    (file,) = list_files(tmp_path)
    assert read_file(tmp_path, file).records.num_rows == 299


@pytest.mark.parametrize(
    "url",
    [
        "s3://openalex/data/jsonl/works/../../../etc/updated_date=2025-01-01/passwd.gz",
        "s3://other/data/jsonl/works/updated_date=2025-01-01/part_0000.gz",
        "s3://openalex/data/jsonl/works/updated_date=2025-01-01/run.sh",
        "s3://openalex/data/jsonl/authors/updated_date=2025-01-01/part_0000.gz",
    ],
)
def test_a_list_cannot_write_where_it_likes(
    server: ReplayingServer, tmp_path: Path, url: str
) -> None:
    body = json.dumps({"files": [{"url": url, "meta": {"content_length": 1}}]}).encode()
    server.serve("/data/jsonl/works/manifest.json", body)
    with pytest.raises(InputError, match="names"):
        fetch_snapshot(tmp_path, base_url=server.url)


def test_merged_ids_are_listed_by_the_bucket(server: ReplayingServer, tmp_path: Path) -> None:
    keys = [f"legacy-data/merged_ids/works/2024-0{n}-01.csv.gz" for n in (1, 2, 3)]
    for key in keys:
        server.serve(f"/{key}", gzip.compress(b"merge_date,id,merge_into_id\n"))

    def answer(query: dict[str, str]) -> bytes:
        after = [k for k in keys if k > query.get("start-after", "")][:2]
        more = "true" if after and after[-1] != keys[-1] else "false"
        listed = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in after)
        return f"<R><IsTruncated>{more}</IsTruncated>{listed}</R>".encode()

    server.serve("/", answer)
    assert fetch_merged(tmp_path, kinds=("works",), base_url=server.url).fetched == 3
    assert fetch_merged(tmp_path, kinds=("works",), base_url=server.url).present == 3


def test_the_command_fetches_and_says_so(server: ReplayingServer, tmp_path: Path) -> None:
    serve_works(server, 3)
    run = CliRunner().invoke
    where = ["--output", str(tmp_path), "--base-url", server.url]
    done = run(fetch, ["openalex", "--country", "kr", "--years", "2015:2024", *where])
    assert done.exit_code == 0, done.output
    assert "3 works came" in done.output
    done = run(fetch, ["openalex", "--country", "kr", "--years", "2015:2024", *where])
    assert "nothing was missing" in done.output
    serve_snapshot(server, {"2025-01-10": 3})
    done = run(fetch, ["openalex", "--snapshot", "jsonl", *where])
    assert "1 files came" in done.output
    for wrong in (["--years", "x"], ["--snapshot", "jsonl", "--country", "KR"], []):
        assert isinstance(run(fetch, ["openalex", *wrong, *where]).exception, UsageError)


def test_large_downloads_are_asked_for(server: ReplayingServer, tmp_path: Path) -> None:
    url = "s3://openalex/data/jsonl/works/updated_date=2025-01-01/part_0000.gz"
    meta = {"content_length": 20 * 10**9}
    body = json.dumps({"files": [{"url": url, "meta": meta}]}).encode()
    server.serve("/data/jsonl/works/manifest.json", body)
    where = ["--output", str(tmp_path), "--base-url", server.url]
    done = CliRunner().invoke(fetch, ["openalex", "--snapshot", "jsonl", *where])
    assert isinstance(done.exception, UsageError)
    assert "20 GB" in str(done.exception)
