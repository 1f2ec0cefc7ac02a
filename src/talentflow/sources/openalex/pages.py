"""What do the saved pages of the OpenAlex interface hold?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from talentflow.sources.openalex.affiliations import Affiliations
from talentflow.sources.openalex.works import (
    Batch,
    Damaged,
    Reject,
    decode_works,
    unpack,
)


class _Page(msgspec.Struct):
    results: list[msgspec.Raw]


_DECODER = msgspec.json.Decoder(_Page)


def read_page(path: Path, affiliations: Affiliations, reject: Reject) -> Iterator[Batch]:
    """The works of one page (`{"meta": …, "results": […]}`, plain or gzipped); a page that is no
    such document gives a reject."""
    try:
        body = path.read_bytes()
        page = _DECODER.decode(unpack(body))
    except (OSError, EOFError, Damaged, msgspec.DecodeError, UnicodeDecodeError) as error:
        reject(0, "damaged_file", f"no page of works: {error}", b"", 1)
        return
    yield decode_works(enumerate(map(bytes, page.results)), affiliations, reject)
