"""The API: the same figures as the table, in every format, and errors that help."""

from __future__ import annotations

import io
import json
from typing import Any

import httpx
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from synthetic_store import AREAS

from talentflow.indicators.registry import INDICATORS
from talentflow.indicators.snapshot import Query, select_values
from talentflow.serve.api import FILES
from talentflow.serve.charts import AREA_CHARTS
from talentflow.serve.live import Edition

QUERY = {"indicator": "net_rate", "area": "KR", "period": "2010:2020", "definition": "default"}


def get(client: httpx.Client, path: str, **query: str) -> Any:
    answer = client.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_lists(client: httpx.Client, edition: Edition) -> None:
    assert [entry["id"] for entry in get(client, "indicators")] == [i.id for i in INDICATORS]
    assert {entry["id"] for entry in get(client, "definitions")} == set(
        edition.snapshot.definitions
    )
    areas = get(client, "areas")
    assert {entry["code"] for entry in areas} == set(AREAS)
    assert {"code": "KR", "name": {"en": "South Korea", "ko": "대한민국"}} in areas
    assert get(client, "manifest")["snapshot_id"] == edition.id


def test_values_are_those_of_the_table(client: httpx.Client, edition: Edition) -> None:
    answer = get(client, "values", **QUERY)
    wanted = select_values(edition.snapshot, Query(**QUERY)).to_pylist()
    assert answer["values"] == wanted
    assert answer["count"] == len(wanted) == 11
    assert answer["query"] == QUERY


def test_formats_agree(client: httpx.Client) -> None:
    rows = get(client, "values", **QUERY)["values"]
    csv = client.get("/api/v1/values", params={**QUERY, "format": "csv"})
    assert csv.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in csv.headers["content-disposition"]
    read = pa_csv.read_csv(io.BytesIO(csv.content)).to_pylist()
    assert [row["value"] for row in read] == pytest.approx([row["value"] for row in rows])
    parquet = client.get("/api/v1/values", params={**QUERY, "format": "parquet"})
    assert pq.read_table(io.BytesIO(parquet.content)).to_pylist() == rows


def test_too_few_is_null_not_zero(client: httpx.Client) -> None:
    rows = get(client, "values", indicator="stock", area="LU", period="1990:1995")["values"]
    hidden = [row for row in rows if row["flag"] == "too_few"]
    assert hidden
    assert {(row["value"], row["n"]) for row in hidden} == {(None, None)}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("values?indicator=nett_rate", 422),
        ("values?indicator=net_rate&area=Korae", 422),
        ("values?indicator=net_rate&area=KR&period=1066", 422),
        ("values?indicator=net_rate&area=KR&period=2010:now", 422),
        ("values?indicator=net_rate&area=KR&definition=mine", 422),
        ("values?indicator=net_rate&area=KR&format=xlsx", 422),
        ("values", 422),
        ("values?indicator=" + "x" * 200, 422),
        ("charts/pie.png?area=KR", 422),
        ("charts/stock.png", 422),
        ("charts/stock.png?area=KR&lang=de", 422),
        ("charts/stock.json?area=KR&theme=pink", 422),
        ("charts/flows.json?area=KR&window=1815/1819", 422),
        ("charts/stock.gif?area=KR", 404),
        ("files/passwd", 404),
        ("files/..%2fpublished%2fmanifest.json", 404),
        ("files/%2e%2e/manifest.json", 404),
        ("nothing", 404),
    ],
)
def test_wrong_requests_are_explained(client: httpx.Client, path: str, status: int) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["found"]
    assert status == 404 or problem.get("expected") or problem.get("next_step")


def test_misspelt_names_get_a_suggestion(client: httpx.Client) -> None:
    problem = client.get("/api/v1/values?indicator=nett_rate").json()
    assert "net_rate" in problem["next_step"]
    problem = client.get("/api/v1/values?indicator=net_rate&area=South Korae").json()
    assert "KR" in problem["next_step"]


@pytest.mark.parametrize("id_", ["stock", "flows", "retention"])
def test_charts_in_every_form(client: httpx.Client, id_: str) -> None:
    address = f"/api/v1/charts/{id_}"
    spec = client.get(f"{address}.json?area=KR&theme=dark").json()
    assert "vega-lite" in spec["$schema"]
    assert spec["config"]["background"] != "#ffffff"
    assert client.get(f"{address}.png?area=KR&lang=ko").content.startswith(b"\x89PNG")
    svg = client.get(f"{address}.svg?area=KR&lang=ko")
    assert svg.headers["content-type"] == "image/svg+xml"
    assert "대한민국" in svg.text
    table = pq.read_table(io.BytesIO(client.get(f"{address}.parquet?area=KR").content))
    csv = pa_csv.read_csv(io.BytesIO(client.get(f"{address}.csv?area=KR").content))
    assert table.num_rows == csv.num_rows > 0
    assert table.schema.names == csv.schema.names


def test_a_picture_of_nothing_is_refused(client: httpx.Client) -> None:
    answer = client.get("/api/v1/charts/retention.png?area=LU")
    assert answer.status_code == 404
    assert client.get("/api/v1/charts/retention.csv?area=LU").status_code == 200


def test_files_are_the_published_ones(client: httpx.Client, edition: Edition) -> None:
    folder = edition.snapshot.folder
    for name in FILES:
        answer = client.get(f"/api/v1/files/{name}")
        exists = (folder / name).exists()
        assert answer.status_code == (200 if exists else 404)
        if exists:
            assert answer.content == (folder / name).read_bytes()


def test_description_is_complete(client: httpx.Client) -> None:
    description = client.get("/openapi.json").json()
    operations = [
        operation for methods in description["paths"].values() for operation in methods.values()
    ]
    assert all(operation["description"] for operation in operations)
    assert len({operation["operationId"] for operation in operations}) == len(operations) == 12
    for lang in ("en", "ko"):
        page = client.get(f"/{lang}/api").text
        assert all(path in page for path in description["paths"])


def test_head_and_conditional_requests(client: httpx.Client) -> None:
    for path in ("/en/", "/api/v1/indicators", "/api/v1/files/values.parquet", "/en/area/KR"):
        whole = client.get(path)
        head = client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"] == whole.headers["etag"]
        again = client.get(path, headers={"If-None-Match": whole.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert client.post("/api/v1/indicators").status_code == 405


def test_answers_are_compressed_and_guarded(client: httpx.Client) -> None:
    answer = client.get("/en/area/KR")
    assert answer.headers["content-encoding"] == "gzip"
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get("/api/v1/nothing").headers["cache-control"] == "no-store"


def test_all_charts_are_reachable(client: httpx.Client) -> None:
    for id_ in AREA_CHARTS:
        answer = client.get(f"/api/v1/charts/{id_}.json?area=US")
        assert answer.status_code == 200
        assert json.loads(answer.text)["datasets"]
