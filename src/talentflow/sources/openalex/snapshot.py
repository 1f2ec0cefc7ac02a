"""Which files of the OpenAlex snapshot are new, and how do they get here?

The snapshot lies in a public bucket (https://developers.openalex.org/download/snapshot-format):
since June 2026 under `data/jsonl/` and `data/parquet/`, each with a `manifest.json` for every
entity; before that under `data/`, with a `manifest`, which is kept under `legacy-data/`. Either
lists the files of the entity, one folder a day on which its works were last updated. A work that
changes moves to the folder of a later day, so whoever has the earlier ones needs only the days
`since`; of what is read twice the later version counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import urlsplit

import msgspec

from talentflow.core.errors import InputError, UsageError
from talentflow.core.progress import Progress, Silent
from talentflow.sources.download import download_file
from talentflow.sources.web_client import Client, get_bytes

BASE_URL: Final = "https://openalex.s3.amazonaws.com"
ENTITIES: Final = ("works", "authors", "institutions")
FORMATS: Final = ("jsonl", "parquet")
MERGED: Final = ("works", "authors")

_BUCKET: Final = "openalex"
_DATE: Final = re.compile(r"updated_date=(\d{4}-\d{2}-\d{2})")
_PART: Final = re.compile(r"(?:[\w=.-]+/)*updated_date=\d{4}-\d{2}-\d{2}/[\w.-]+\.(?:gz|parquet)")


class _Meta(msgspec.Struct):
    content_length: int | None = None
    record_count: int | None = None


class _Entry(msgspec.Struct):
    url: str
    meta: _Meta = msgspec.field(default_factory=_Meta)


class _Manifest(msgspec.Struct):
    """`files` is the new name of what was `entries`; the entries are the same."""

    files: list[_Entry] = []
    entries: list[_Entry] = []


@dataclass(frozen=True, kw_only=True)
class SnapshotFile:
    """One file of the snapshot: where it lies, its place below the folder, day and length."""

    url: str
    file: str
    updated: str
    size_bytes: int | None
    works: int | None


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What a fetch did: files that came, that were here, and bytes that came."""

    fetched: int
    present: int
    size_bytes: int


def fetch_snapshot(
    folder: Path,
    *,
    entities: Sequence[str] = ("works",),
    form: str = "jsonl",
    since: str | None = None,
    base_url: str = BASE_URL,
    client: Client | None = None,
    progress: Progress | None = None,
    confirm: Callable[[int, int], None] = lambda _, __: None,
) -> Fetched:
    """Fetch the files of these entities that are not here yet into `folder/<entity>/…`.

    `since` (YYYY-MM-DD): only files of that day and later. `confirm` is told the number of files
    and bytes before the first is fetched and may raise. An interrupted fetch goes on where it
    stopped. Raises `UsageError` for unknown entities and forms, `InputError` and `StoreError` as
    `download_file`.
    """
    _check(entities, form)
    client = client or Client()
    progress = progress or Silent()
    listed = [f for entity in entities for f in list_snapshot(entity, form, base_url, client)]
    wanted = [f for f in listed if since is None or f.updated >= since]
    missing = [f for f in wanted if not _is_here(folder / f.file, f.size_bytes)]
    total = sum(f.size_bytes or 0 for f in missing)
    confirm(len(missing), total)
    progress.start("fetch", total)
    came = 0
    for each in missing:
        got = download_file(each.url, folder / each.file, size_bytes=each.size_bytes, client=client)
        came += got.size_bytes
        progress.advance(each.size_bytes or 0)
    progress.finish(
        f"{len(missing):,} files, {came / 1e9:,.2f} GB; {len(wanted) - len(missing):,} were here"
    )
    return Fetched(fetched=len(missing), present=len(wanted) - len(missing), size_bytes=came)


def list_snapshot(
    entity: str, form: str, base_url: str = BASE_URL, client: Client | None = None
) -> list[SnapshotFile]:
    """All files of an entity, by day and name; the old layout is asked for where there is no new
    one."""
    tried = [f"data/{form}/{entity}/manifest.json"]
    if form == "jsonl":
        tried += [f"data/{entity}/manifest", f"legacy-data/{entity}/manifest"]
    last: InputError | None = None
    for place in tried:
        try:
            body = get_bytes(f"{base_url.rstrip('/')}/{place}", client=client)
        except InputError as error:
            if "answered 404" not in error.found and "answered 403" not in error.found:
                raise
            last = error
            continue
        return _read_manifest(body, entity, base_url, place)
    raise InputError(
        f"no list of the files of {entity}",
        expected="one of " + ", ".join(tried),
        where=base_url,
        next_step="check the address of the snapshot",
    ) from last


def _read_manifest(body: bytes, entity: str, base_url: str, place: str) -> list[SnapshotFile]:
    try:
        manifest = msgspec.json.decode(body, type=_Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputError(
            f"the list of files cannot be read: {error}",
            expected='{"files": [{"url": "s3://…", "meta": {…}}]}',
            where=f"{base_url}/{place}",
        ) from error
    found = [
        _locate(entry, entity, base_url, place) for entry in manifest.files or manifest.entries
    ]
    return sorted(found, key=lambda file: file.file)


def _locate(entry: _Entry, entity: str, base_url: str, place: str) -> SnapshotFile:
    """Where one file lies and goes. A name that leaves the entity's folder is refused: a list
    from the network decides no path on this machine."""
    key = urlsplit(entry.url).path.lstrip("/")
    if entry.url.startswith("s3://") and urlsplit(entry.url).netloc != _BUCKET:
        key = ""
    _, found, below = key.partition(f"/{entity}/")
    day = _DATE.search(below)
    if not found or day is None or not _PART.fullmatch(below) or ".." in PurePosixPath(key).parts:
        raise InputError(
            f"the list of files names {entry.url!r}",
            expected=f"s3://{_BUCKET}/…/{entity}/updated_date=YYYY-MM-DD/part_0000.…",
            where=f"{base_url}/{place}",
            next_step="check the address of the snapshot; nothing of it was fetched",
        )
    return SnapshotFile(
        url=f"{base_url.rstrip('/')}/{key}",
        file=f"{entity}/{below}",
        updated=day[1],
        size_bytes=entry.meta.content_length,
        works=entry.meta.record_count,
    )


def _is_here(path: Path, size_bytes: int | None) -> bool:
    """A file under its final name is whole; of another length than listed, it has changed."""
    return path.is_file() and (size_bytes is None or path.stat().st_size == size_bytes)


def _check(entities: Sequence[str], form: str) -> None:
    unknown = [entity for entity in entities if entity not in ENTITIES]
    if unknown or form not in FORMATS:
        raise UsageError(
            f"unknown {', '.join(unknown) or form}",
            expected=f"entities among {', '.join(ENTITIES)}; {' or '.join(FORMATS)}",
        )


_KEY: Final = re.compile(rb"<Key>([^<]+)</Key>")


def fetch_merged(
    folder: Path,
    *,
    kinds: Sequence[str] = MERGED,
    base_url: str = BASE_URL,
    client: Client | None = None,
) -> Fetched:
    """Fetch the lists of merged works and authors that are not here yet into
    `folder/merged_ids/<kind>/`. They have no manifest: the bucket itself is asked for its keys."""
    client = client or Client()
    fetched = present = size = 0
    for kind in kinds:
        for key in _list_keys(f"legacy-data/merged_ids/{kind}/", base_url, client):
            name = PurePosixPath(key).name
            if not re.fullmatch(r"[\w.-]+\.csv(?:\.gz)?", name):
                continue
            target = folder / "merged_ids" / kind / name
            if target.is_file():
                present += 1
                continue
            got = download_file(f"{base_url.rstrip('/')}/{key}", target, client=client)
            fetched, size = fetched + 1, size + got.size_bytes
    return Fetched(fetched=fetched, present=present, size_bytes=size)


def _list_keys(prefix: str, base_url: str, client: Client) -> list[str]:
    keys: list[str] = []
    while True:
        asked = {"list-type": "2", "prefix": prefix}
        if keys:
            asked["start-after"] = keys[-1]
        body = get_bytes(f"{base_url.rstrip('/')}/", asked, client=client)
        found = [key.decode() for key in _KEY.findall(body)]
        keys += [key for key in found if key.startswith(prefix)]
        if b"<IsTruncated>true</IsTruncated>" not in body or not found:
            return keys
