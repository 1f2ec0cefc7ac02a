"""How do ORCID's summaries, OpenReview's profiles and DBLP's dump get into a data folder?

Each function fetches one source into its folder with `download` and `web_client`: resumed,
verified where the publisher gives a checksum, and never half under the final name. The licences
stand in the guide's page of each source.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from talentflow.core.errors import InputError, UsageError
from talentflow.sources import dblp, openreview, orcid
from talentflow.sources.download import Downloaded, Progress, download_file
from talentflow.sources.identifiers import normalise_openreview
from talentflow.sources.web_client import Client, get_bytes, get_json

ORCID_ARTICLES: Final = {2020: 13066970, 2021: 16750535, 2022: 21220892}
"""Year of the public data file → its article at Figshare, as far as they are known here."""

FIGSHARE_URL: Final = "https://api.figshare.com/v2/articles"
DBLP_URL: Final = "https://dblp.org/xml/dblp.xml.gz"
OPENREVIEW_URL: Final = "https://api2.openreview.net/profiles"
OPENREVIEW_REQUESTS_PER_S: Final = 2.0
PROFILES_FILE: Final = "profiles.jsonl"


def fetch_orcid(
    folder: Path,
    *,
    article: int = ORCID_ARTICLES[max(ORCID_ARTICLES)],
    url: str = FIGSHARE_URL,
    progress: Progress | None = None,
    client: Client | None = None,
) -> list[Downloaded]:
    """The archive of summaries of one year's public data file, about 35 GB, with its MD5.

    `article` is the number in the address of the data file at Figshare,
    `orcid.figshare.com/articles/dataset/…/21220892`. Raises `InputError` where the article lists
    no summaries.
    """
    where = f"{url}/{article}"
    listed = get_json(where, client=client)
    files = listed.get("files") if isinstance(listed, dict) else None
    wanted = [file for file in files or [] if _is_summaries(file)]
    if not wanted:
        raise InputError(
            "the article lists no summaries",
            expected="a file ORCID_…_summaries.tar.gz",
            where=where,
            next_step="give the number of an article of https://orcid.figshare.com",
        )
    return [
        download_file(
            file["download_url"],
            folder / Path(str(file["name"])).name,
            checksum=f"md5:{file['computed_md5']}" if file.get("computed_md5") else None,
            size_bytes=int(file["size"]),
            progress=progress,
            client=client,
        )
        for file in wanted
    ]


def _is_summaries(file: Any) -> bool:
    return (
        isinstance(file, dict)
        and str(file.get("name", "")).endswith(f"summaries{orcid.SUFFIX}")
        and isinstance(file.get("download_url"), str)
        and isinstance(file.get("size"), int)
    )


def fetch_dblp(
    folder: Path,
    *,
    url: str = DBLP_URL,
    progress: Progress | None = None,
    client: Client | None = None,
) -> list[Downloaded]:
    """The dump, about 1 GB, with the MD5 that stands beside it. `url` may be a monthly release."""
    name = url.rpartition("/")[2]
    if not name.startswith("dblp") or not name.endswith(dblp.SUFFIXES):
        raise UsageError(f"{url} is no dump of DBLP", expected=DBLP_URL)
    told = get_bytes(f"{url}.md5", client=client).decode("ascii", "replace")
    found = re.match(r"\s*([0-9a-fA-F]{32})\b", told)
    if found is None:
        raise InputError(f"no checksum but {told[:80]!r}", expected="an MD5", where=f"{url}.md5")
    return [
        download_file(
            url, folder / name, checksum=f"md5:{found[1]}", progress=progress, client=client
        )
    ]


def fetch_openreview(
    folder: Path,
    *,
    profiles: Iterable[str],
    accept_terms: bool = False,
    url: str = OPENREVIEW_URL,
    client: Client | None = None,
) -> Path:
    """The profiles of these ids, one a line of `profiles.jsonl`; those already there are not asked
    for again, so a call that was cut off goes on.

    Nothing is fetched before the terms are accepted: by `accept_terms` here, which is noted in
    the folder, or by an earlier call. Raises `InputError` that shows them otherwise, and
    `UsageError` for something that is no id of a profile. Histories are shown to those who are
    signed in: give a `client` whose headers hold the token of your account.
    """
    wanted = [_require_profile(profile) for profile in dict.fromkeys(profiles)]
    if accept_terms:
        folder.mkdir(parents=True, exist_ok=True)
        note = f"{openreview.TERMS}\n{openreview.TERMS_URL}\naccepted\n"
        (folder / openreview.ACCEPTANCE).write_text(note, encoding="utf-8")
    openreview.require_terms(folder)
    client = client or Client(requests_per_s=OPENREVIEW_REQUESTS_PER_S)
    target = folder / PROFILES_FILE
    known = _list_known(target)
    with target.open("a", encoding="utf-8") as stream:
        for profile in wanted:
            if profile in known:
                continue
            for line in _ask(url, profile, client):
                # A whole line at once: a cut leaves at most one, which is dropped when read again.
                stream.write(line)
                stream.flush()
        os.fsync(stream.fileno())
    return target


def _require_profile(profile: str) -> str:
    found = normalise_openreview(profile)
    if found is None:
        raise UsageError(
            f"{profile!r} is no profile of OpenReview", expected="an id such as ~Ann_Example1"
        )
    return found


def _list_known(path: Path) -> set[str]:
    """The ids of the profiles in a file, whose last line is cut back where it is not whole."""
    if not path.is_file():
        return set()
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        path.write_bytes(whole)
    known: set[str] = set()
    for line in whole.splitlines():
        profile = json.loads(line)
        known.add(profile["id"])
        known.update(profile.get("asked", ()))
    return known


def _ask(url: str, profile: str, client: Client) -> Sequence[str]:
    answer = get_json(url, {"id": profile}, client=client)
    found = answer.get("profiles") if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise InputError("the answer holds no profiles", expected='{"profiles": […]}', where=url)
    return [
        json.dumps({**one, "asked": [profile]}, ensure_ascii=False) + "\n"
        for one in found
        if isinstance(one, dict) and "id" in one
    ]
