"""Do two crawls of the same papers say the same of an author?

The second crawl is never counted. Where both give an author's own affiliation for the same
paper, the share that agrees measures how much profile entries change and how often a slot is
misread.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from talentflow.core.scans import Room, Source, open_tables

_QUERY: Final = """
with placed as (
    select r.source, r.file, r.paper_id, r.person_name, r.author_position, r.mention_id, m.country
    from records r left join mentions m using (mention_id)
    where r.person_ref is not null)
select second.file,
       count(*) as slots,
       count(*) filter (first.mention_id is not null and second.mention_id is not null)
           as placed_in_both,
       count(*) filter (first.mention_id = second.mention_id) as same_affiliation,
       count(*) filter (first.country = second.country) as same_country
from placed as second
join placed as first using (paper_id, person_name, author_position)
where second.source = $second and first.source <> $second
group by second.file order by second.file
"""


def compare_crawls(
    records: Source, resolved_mentions: pa.Table, second: str, *, room: Room | None = None
) -> pa.Table:
    """One row per file of the source `second`: author slots found in both crawls, slots that
    both place, and of these the ones with the same affiliation and the same country."""
    with open_tables(room, records=records, mentions=resolved_mentions) as connection:
        return connection.sql(_QUERY, params={"second": second}).to_arrow_table()
