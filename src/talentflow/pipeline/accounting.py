"""What became of every row of evidence? Each is in exactly one line, and the lines add up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.errors import ContractError
from talentflow.core.scans import Room, Source, open_tables

LINES: Final[dict[str, dict[str, str]]] = {
    "used": {
        "en": "places an identified person in a country",
        "ko": "식별된 사람을 한 나라에 위치시킴 (사용)",
    },
    "ambiguous": {
        "en": "located, but its name alone cannot tell the person apart (cohorts only)",
        "ko": "국가는 알려졌으나 이름만으로 사람을 구분할 수 없음 (코호트에만 사용)",
    },
    "country_unknown": {
        "en": "affiliation whose country could not be determined",
        "ko": "소속의 국가를 알 수 없음",
    },
    "no_affiliation": {
        "en": "author without any affiliation",
        "ko": "소속이 없는 저자",
    },
    "set_only_author": {
        "en": "author of a paper whose affiliations are not assigned to authors",
        "ko": "소속이 저자별로 연결되지 않은 논문의 저자",
    },
    "set_only_affiliation": {
        "en": "affiliation of a paper, not assigned to an author",
        "ko": "저자에게 연결되지 않은 논문 단위 소속",
    },
    "placed": {
        "en": "affiliation of a paper, given to one of its authors and counted with that author",
        "ko": "증거에 따라 저자에게 연결된 논문 단위 소속 (그 저자의 행에서 집계)",
    },
    "opted_out": {
        "en": "person who asked to be left out",
        "ko": "제외를 요청한 사람",
    },
    "position_alone": {
        "en": "education or employment of a person without a paper, or outside the years of papers",
        "ko": "논문이 없는 사람 또는 논문이 있는 기간 밖의 학력·경력",
    },
    "second_opinion": {
        "en": "second crawl of the same papers, compared but not counted",
        "ko": "같은 논문의 다른 수집본 (비교용, 집계 제외)",
    },
    "rejected": {
        "en": "row that could not be read",
        "ko": "읽을 수 없는 행",
    },
}

_QUERY: Final = """
with papers as (
    select p.person_id, r.year from records r join people p using (person_ref)
    where r.kind = 'authorship' and r.source <> $second
)
select case
    when r.source = $second then 'second_opinion'
    when r.person_ref is null then 'set_only_affiliation'
    when p.person_ref is null then 'opted_out'
    when r.kind <> 'authorship' and (
        p.person_id not in (select person_id from papers)
        or r.year not between (select min(year) from papers) and (select max(year) from papers)
    ) and exists (from papers) then 'position_alone'
    when m.country is not null and p.ambiguous then 'ambiguous'
    when m.country is not null then 'used'
    when r.mention_id is not null then 'country_unknown'
    when r.alignment = 'set_only' then 'set_only_author'
    else 'no_affiliation' end as id,
    count(*) as records
from records r
left join people p using (person_ref)
left join mentions m using (mention_id)
group by 1
"""


@dataclass(frozen=True, kw_only=True)
class Balance:
    """What the lines must add up to: rows that became records when read, and rejected ones.

    `placements` says which of the former were joined with the row of their author since.
    """

    read: int
    rejected: int
    placements: pa.Table


def account_for_records(
    records: Source,
    people: pa.Table,
    resolved_mentions: pa.Table,
    balance: Balance,
    second: str,
    *,
    room: Room | None = None,
) -> list[dict[str, Any]]:
    """Lines of `id`, `title` (language → text) and `records`, in the order of `LINES`.

    `records` are the aligned ones; `second` is the source that is only compared. Raises
    `ContractError` if the lines do not add up to the rows read and the rejected rows.
    """
    with open_tables(
        room, records=records, people=people, mentions=resolved_mentions
    ) as connection:
        counted = dict(connection.execute(_QUERY, {"second": second}).fetchall())
    counted["rejected"] = balance.rejected
    placed = pc.unique(balance.placements["affiliation_record_id"])
    compared = pc.sum(pc.starts_with(placed, f"{second}:")).as_py() or 0
    counted["placed"] = len(placed) - compared
    counted["second_opinion"] = counted.get("second_opinion", 0) + compared
    if sum(counted.values()) != balance.read + balance.rejected:
        raise ContractError(
            f"{sum(counted.values())} rows are accounted for",
            expected=f"{balance.read} rows read and {balance.rejected} rejected rows",
            where="accounting",
        )
    return [
        {"id": id_, "title": title, "records": int(counted.get(id_, 0))}
        for id_, title in LINES.items()
    ]
