"""How do the works of one country, field and time get here from the OpenAlex interface?

Pages follow each other by a cursor (https://developers.openalex.org/guides/page-through-results)
and are saved as they come, each under its number, with the next cursor beside them: an interrupted
fetch goes on with the page it lacks. A fetch of the same question with `since` adds the works that
were updated from that day on. Since February 2026 cursors need a key, which is free.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from talentflow.core.areas import AREA_INDEX
from talentflow.core.errors import InputError, StoreError, UsageError
from talentflow.core.progress import Progress, Silent
from talentflow.sources.openalex.reading import PAGES
from talentflow.sources.openalex.works import SELECTED
from talentflow.sources.web_client import Client, get_bytes

BASE_URL: Final = "https://api.openalex.org"
PAGE_WORKS: Final = 100
"""Works a page: the most that the interface gives."""

REQUESTS_PER_S: Final = 5.0
"""Far below the interface's limit of 100: others use it too."""

_STATE: Final = "fetch.state"
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_SUBFIELD: Final = re.compile(r"\d{4}")


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which works: of authors in `country`, of `subfield` (four digits, 1702 is artificial
    intelligence), published in `years` (first, last), updated since `since`; null: any."""

    country: str | None = None
    subfield: str | None = None
    years: tuple[int, int] | None = None
    since: str | None = None

    def __post_init__(self) -> None:
        if self.country is not None and self.country not in AREA_INDEX:
            raise UsageError(f"country {self.country!r}", expected="ISO 3166-1 code, such as KR")
        if self.subfield is not None and not _SUBFIELD.fullmatch(self.subfield):
            raise UsageError(f"subfield {self.subfield!r}", expected="four digits, such as 1702")
        if self.since is not None and not _DAY.fullmatch(self.since):
            raise UsageError(f"since {self.since!r}", expected="YYYY-MM-DD")
        if self.years is not None and self.years[0] > self.years[1]:
            raise UsageError(f"years {self.years}", expected="first:last, such as 2015:2024")
        if self.country is None and self.subfield is None and self.years is None:
            raise UsageError(
                "all of OpenAlex was asked for page by page",
                expected="a country, a subfield or years",
                next_step="fetch the snapshot for all works",
            )

    def to_filter(self) -> str:
        """As the interface's `filter` takes it."""
        parts = []
        if self.country:
            parts.append(f"authorships.institutions.country_code:{self.country.lower()}")
        if self.subfield:
            parts.append(f"primary_topic.subfield.id:{self.subfield}")
        if self.years:
            first, last = self.years
            parts.append(
                f"publication_year:{first}-{last}" if first != last else f"publication_year:{first}"
            )
        if self.since:
            parts.append(f"from_updated_date:{self.since}")
        return ",".join(parts)

    @property
    def name(self) -> str:
        """Of the folder its pages go to."""
        years = "-".join(map(str, self.years)) if self.years else None
        parts = (self.country, self.subfield, years, self.since)
        readable = "_".join(part for part in parts if part)
        return f"{readable}_{hashlib.sha256(self.to_filter().encode()).hexdigest()[:8]}"


@dataclass(frozen=True, kw_only=True)
class PagesFetched:
    """What a fetch did: pages and works that came now, works in all, where they are."""

    folder: Path
    pages: int
    works: int
    total_works: int


class _Meta(msgspec.Struct):
    count: int = 0
    next_cursor: str | None = None


class _Page(msgspec.Struct):
    meta: _Meta
    results: list[msgspec.Raw]


_DECODER: Final = msgspec.json.Decoder(_Page)


def fetch_works(
    folder: Path,
    question: Question,
    *,
    api_key: str | None = None,
    email: str | None = None,
    base_url: str = BASE_URL,
    client: Client | None = None,
    progress: Progress | None = None,
) -> PagesFetched:
    """Save all pages of works that answer the question below `folder/pages/`.

    `api_key` is the user's own; `email` tells OpenAlex whom to write to. Neither is stored.
    A question that was answered whole before is not asked again. Raises `InputError` where the
    interface refuses or keeps failing, `StoreError` where the disk does.
    """
    target = folder / PAGES / question.name
    state = _read_state(target)
    client = client or Client(requests_per_s=REQUESTS_PER_S)
    progress = progress or Silent()
    params = {
        "filter": question.to_filter(),
        "select": ",".join(SELECTED),
        "per_page": str(PAGE_WORKS),
        **({"api_key": api_key} if api_key else {}),
        **({"mailto": email} if email else {}),
    }
    pages = works = 0
    started = False
    while state["cursor"] is not None:
        body = get_bytes(
            f"{base_url.rstrip('/')}/works",
            {**params, "cursor": str(state["cursor"])},
            client=client,
            check=_check_page,
        )
        page = _DECODER.decode(body)
        if not started:
            progress.start("fetch", max(0, page.meta.count - int(state["works"])))
            started = True
        pages, works = pages + 1, works + len(page.results)
        state = _save(target, body, page, state)
        progress.advance(len(page.results))
    if started:
        progress.finish(f"{works:,} works in {pages:,} pages")
    return PagesFetched(folder=target, pages=pages, works=works, total_works=int(state["works"]))


def _check_page(body: bytes) -> None:
    _DECODER.decode(body)


def _read_state(target: Path) -> dict[str, Any]:
    path = target / _STATE
    if not path.exists():
        return {"cursor": "*", "pages": 0, "works": 0}
    try:
        state = json.loads(path.read_text("utf-8"))
        return {
            "cursor": state["cursor"],
            "pages": int(state["pages"]),
            "works": int(state["works"]),
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "what an earlier fetch noted cannot be read",
            where=str(path),
            next_step=f"delete {target} and fetch again",
        ) from error


def _save(target: Path, body: bytes, page: _Page, state: dict[str, Any]) -> dict[str, Any]:
    """Page first, then the cursor of the next: killed in between, the page is written again."""
    ended = page.meta.next_cursor is None or not page.results
    after = {
        "cursor": None if ended else page.meta.next_cursor,
        "pages": state["pages"] + (1 if page.results else 0),
        "works": state["works"] + len(page.results),
    }
    try:
        target.mkdir(parents=True, exist_ok=True)
        if page.results:
            _write(target / f"page-{state['pages'] + 1:06d}.json", body)
        _write(target / _STATE, json.dumps(after).encode())
    except OSError as error:
        raise StoreError(
            f"a page cannot be written: {error.strerror or error}",
            where=str(target),
            next_step="free some space and run the same command again: it continues",
        ) from error
    return after


def _write(path: Path, body: bytes) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(path)
