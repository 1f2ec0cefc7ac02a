"""What every table holds: columns, types, key and ranges, written once and checked both ways.

A stage checks its inputs with `check_table` and its outputs with the same call, so a broken
promise stops the run where it is broken and names the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from talentflow.core.areas import AREAS
from talentflow.core.errors import ContractError
from talentflow.core.vocabulary import ALIGNMENTS, ALL, EVIDENCE_KINDS, FLAGS, SECTORS, STAGES

IDS: Final = pa.map_(pa.string(), pa.string())
YEARS: Final = (1900, 2100)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column. `among` lists the allowed values, `between` the allowed range (inclusive)."""

    name: str
    type: pa.DataType
    doc: str
    nullable: bool = True
    among: tuple[str, ...] | None = None
    between: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Contract:
    """One table: what one row means, its key (empty: no key) and its columns."""

    name: str
    row: str
    key: tuple[str, ...]
    columns: tuple[Column, ...] = field(default_factory=tuple)
    private: bool = True

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, without metadata."""
        return pa.schema([pa.field(c.name, c.type, c.nullable) for c in self.columns])

    def empty(self) -> pa.Table:
        """A table with no rows."""
        return self.schema.empty_table()

    def from_rows(self, rows: Sequence[dict[str, object]]) -> pa.Table:
        """Rows as dictionaries → a checked table; a missing entry is null."""
        columns = {c.name: [row.get(c.name) for row in rows] for c in self.columns}
        return check_table(pa.table(columns, schema=self.schema), self)


def check_table(table: pa.Table, contract: Contract) -> pa.Table:
    """Return `table` with the contract's columns in order, or raise `ContractError`.

    Columns are cast only where the cast loses nothing; extra columns are an error.
    """
    _check_columns(table, contract)
    try:
        table = table.select([c.name for c in contract.columns]).cast(contract.schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise ContractError(
            f"table {contract.name}: {error}", expected=str(contract.schema), where=contract.name
        ) from error
    for column in contract.columns:
        _check_column(table, contract, column)
    _check_key(table, contract)
    return table


def _check_columns(table: pa.Table, contract: Contract) -> None:
    wanted = [c.name for c in contract.columns]
    missing = [name for name in wanted if name not in table.column_names]
    extra = [name for name in table.column_names if name not in wanted]
    if missing or extra:
        raise ContractError(
            f"table {contract.name}: missing columns {missing}, unexpected columns {extra}",
            expected=", ".join(wanted),
            where=contract.name,
        )


def _check_column(table: pa.Table, contract: Contract, column: Column) -> None:
    values = table[column.name]
    if not column.nullable and values.null_count:
        _fail(table, contract, column, pc.is_null(values), "null")
    if column.among is not None:
        if pa.types.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        allowed = pc.is_in(values, value_set=pa.array(column.among, pa.string()))
        bad = pc.and_(pc.is_valid(values), pc.invert(allowed))
        _fail(table, contract, column, bad, f"outside {', '.join(column.among[:12])}")
    if column.between is not None:
        low, high = column.between
        inside = pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high))
        _fail(table, contract, column, pc.invert(inside), f"outside {low}…{high}")


def _fail(
    table: pa.Table, contract: Contract, column: Column, bad: pa.ChunkedArray, why: str
) -> None:
    bad = pc.fill_null(bad, False)
    count = pc.sum(bad).as_py() or 0
    if count:
        rows = table.filter(bad).slice(0, 3).to_pylist()
        raise ContractError(
            f"table {contract.name}: {count} rows whose {column.name} is {why}",
            expected=column.doc,
            where=f"for example {rows}"[:600],
        )


def _check_key(table: pa.Table, contract: Contract) -> None:
    if not contract.key or table.num_rows < 2:
        return
    keys = list(contract.key)
    counted = table.select(keys).group_by(keys, use_threads=False).aggregate([([], "count_all")])
    if counted.num_rows != table.num_rows:
        check_no_repeated_keys(counted.filter(pc.greater(counted["count_all"], 1)), contract)


def check_no_repeated_keys(repeated: pa.Table, contract: Contract) -> None:
    """Raise `ContractError` if there are any of `repeated`: keys of the contract's table that
    occur more than once, `count_all` times."""
    if repeated.num_rows:
        more = (pc.sum(repeated["count_all"]).as_py() or 0) - repeated.num_rows
        raise ContractError(
            f"table {contract.name}: {more} repeated keys",
            expected=f"one row per {', '.join(contract.key)}",
            where=f"for example {repeated.slice(0, 3).to_pylist()}"[:600],
        )


def _text(
    name: str, doc: str, *, nullable: bool = True, among: tuple[str, ...] | None = None
) -> Column:
    return Column(name=name, type=pa.string(), doc=doc, nullable=nullable, among=among)


def _year(name: str, doc: str, *, nullable: bool = False) -> Column:
    return Column(name=name, type=pa.int16(), doc=doc, nullable=nullable, between=YEARS)


def _share(name: str, doc: str, *, nullable: bool = True) -> Column:
    return Column(name=name, type=pa.float64(), doc=doc, nullable=nullable, between=(0, 1))


def _count(name: str, doc: str) -> Column:
    return Column(name=name, type=pa.int64(), doc=doc, nullable=False, between=(0, 2**62))


RECORDS: Final = Contract(
    name="records",
    row="one document's evidence about one person, or about one affiliation of the document",
    key=("record_id",),
    columns=(
        _text("record_id", "source, file, row, author position and part", nullable=False),
        _text("source", "the provider, e.g. paperlists", nullable=False),
        _text("file", "path of the input file below the source's folder", nullable=False),
        _text(
            "person_ref",
            "who, as the document says it; null for an affiliation of the paper whose author "
            "is not known",
        ),
        _text("person_name", "name as printed"),
        Column(name="ids", type=IDS, doc="identifier system → identifier of this person"),
        _year("year", "year of the document"),
        Column(
            name="mention_id",
            type=pa.int64(),
            doc="the affiliation text and domain; null where the document gives none",
        ),
        _text("role_raw", "position as printed"),
        _text("paper_id", "the document", nullable=False),
        Column(name="author_position", type=pa.int16(), doc="1 for the first author"),
        Column(name="n_authors", type=pa.int16(), doc="authors of the document", nullable=False),
        _text("venue", "conference series or journal, lower case"),
        Column(
            name="tier_flags",
            type=pa.int32(),
            doc="sum of vocabulary.Tier flags and vocabulary.CORRESPONDING",
            nullable=False,
            between=(0, 2**20),
        ),
        _text(
            "alignment",
            "whether the affiliation is this author's (as read, or by placements), somebody's on "
            "the paper, or unknown",
            nullable=False,
            among=ALIGNMENTS,
        ),
        _text(
            "kind",
            "what the record is evidence of: an authorship, or one year of a dated education or "
            "employment",
            nullable=False,
            among=EVIDENCE_KINDS,
        ),
    ),
)

MENTIONS: Final = Contract(
    name="mentions",
    row="one distinct affiliation: text, domain and what the source itself says of it",
    key=("mention_id",),
    columns=(
        Column(name="mention_id", type=pa.int64(), doc="hash of the other columns", nullable=False),
        _text("text", "affiliation as printed, white space folded"),
        _text("domain", "e-mail or web domain, lower case"),
        _text("asserted_organization", "ROR id (https://ror.org/…) that the source itself gives"),
        _text("asserted_country", "country that the source itself gives", among=AREAS),
    ),
)

RESOLVED_MENTIONS: Final = Contract(
    name="resolved_mentions",
    row="what one mention means: its organization, country, city and sector, each on its own",
    key=("mention_id",),
    columns=(
        Column(name="mention_id", type=pa.int64(), doc="see mentions", nullable=False),
        _text("organization_id", "ROR id (https://ror.org/…) or local id; null: not found"),
        _text("organization_name", "its display name"),
        _text("country", "where the named site is; null: not known", among=AREAS),
        _text("seat_country", "where the organization's seat is", among=AREAS),
        _text("city", "city named or of the organization's site"),
        _text("sector", "null: not known", among=SECTORS[1:]),
        _share("probability", "of the organization; null where none was found"),
        _text("rule", "what decided the organization", nullable=False),
        _text("country_rule", "what decided the country", nullable=False),
        _share("country_probability", "of the country; null where none is known"),
        _share("sector_probability", "of the sector; null where none is known"),
    ),
)

MENTION_ORGANIZATIONS: Final = Contract(
    name="mention_organizations",
    row="one organization that one mention names; none for a mention that names none",
    key=("mention_id", "rank"),
    columns=(
        Column(name="mention_id", type=pa.int64(), doc="see mentions", nullable=False),
        Column(
            name="rank",
            type=pa.int16(),
            doc="1 for the organization of resolved_mentions",
            nullable=False,
            between=(1, 1000),
        ),
        _text("organization_id", "ROR id (https://ror.org/…) or local id", nullable=False),
        _text("organization_name", "its display name", nullable=False),
        _text("country", "where the named site is; null: not known", among=AREAS),
        _text("sector", "null: not known", among=SECTORS[1:]),
        _share("probability", "that the mention names the organization", nullable=False),
        _text("rule", "what decided the organization", nullable=False),
        _text("former_id", "whom the same text meant before the organization was founded"),
        _text("former_name", "its display name"),
        Column(
            name="former_until",
            type=pa.int16(),
            doc="year in which the organization was founded, where there is a former one",
        ),
    ),
)

REJECTS: Final = Contract(
    name="rejects",
    row="one input row that could not be used, with the reason",
    key=("source", "position"),
    columns=(
        _text("source", "the provider", nullable=False),
        _text("file", "path of the input file below the source's folder", nullable=False),
        _text("position", "file, row, author position and part", nullable=False),
        _text("reason", "short code, e.g. bad_year", nullable=False),
        _text("detail", "what was found and what was expected", nullable=False),
        _text("raw", "the row as received, cut after 64 KiB"),
        _count("rows", "input rows that this line accounts for"),
    ),
)

INPUTS: Final = Contract(
    name="inputs",
    row="one input file, what was in it and what became of it: rows = records + rejected",
    key=("source", "file"),
    private=False,
    columns=(
        _text("source", "the provider", nullable=False),
        _text("file", "path below the source's folder", nullable=False),
        _text("sha256", "checksum of the bytes as received", nullable=False),
        _count("size_bytes", "size as received"),
        _count("papers", "documents in the file"),
        _count("slots", "author slots, doubled author lists counted once"),
        _count("rows", "rows of evidence: one per author and affiliation or loose affiliation"),
        _count("records", "rows that became records"),
        _count("rejected", "rows that became rejects"),
        _count("aligned", "records whose affiliation is known to be this author's"),
        _count("set_only", "records whose affiliation is known only for the paper as a whole"),
        _count("unknown", "records without affiliation"),
    ),
)

PLACEMENTS: Final = Contract(
    name="placements",
    row="one affiliation of a paper that was given to one of its authors by evidence",
    key=("author_record_id",),
    columns=(
        _text("author_record_id", "the author's record, which holds it now", nullable=False),
        _text("affiliation_record_id", "the record that held it as read", nullable=False),
        _text("rule", "ordered_list, known_place or only_affiliation", nullable=False),
        _share("probability", "that the affiliation is this author's", nullable=False),
    ),
)

ORGANIZATIONS: Final = Contract(
    name="organizations",
    row="one organization of a registry",
    key=("organization_id",),
    private=False,
    columns=(
        _text("organization_id", "ROR id (https://ror.org/…) or local id", nullable=False),
        _text("name", "display name", nullable=False),
        _text("country", "country of its seat", among=AREAS),
        _text("city", "city of its seat"),
        _text("sector", "from the registry's types; null: none fits", among=SECTORS[1:]),
        _text("status", "active, inactive or withdrawn", nullable=False),
        _text("successor_id", "what replaced it, where the registry says so"),
        _text("parent_id", "its first parent, where the registry names one"),
        Column(name="established", type=pa.int16(), doc="year founded"),
        Column(name="domains", type=pa.list_(pa.string()), doc="web and e-mail domains"),
    ),
)

ORGANIZATION_NAMES: Final = Contract(
    name="organization_names",
    row="one name of one organization",
    key=(),
    private=False,
    columns=(
        _text("organization_id", "as in organizations", nullable=False),
        _text("name", "as the registry writes it", nullable=False),
        _text(
            "kind",
            "what sort of name",
            nullable=False,
            among=("display", "label", "alias", "acronym"),
        ),
        _text("language", "ISO 639 code where stated"),
    ),
)

UNIVERSITY_DOMAINS: Final = Contract(
    name="university_domains",
    row="one web domain of a university that a public list names",
    key=(),
    private=False,
    columns=(
        _text("domain", "lower case, without www", nullable=False),
        _text("name", "the university", nullable=False),
        _text("country", "its country", among=AREAS),
    ),
)

PEOPLE: Final = Contract(
    name="people",
    row="one reference to a person and whom it was found to mean",
    key=("person_ref",),
    columns=(
        _text("person_ref", "as in records", nullable=False),
        _text("person_id", "stable id of the person", nullable=False),
        _share("confidence", "that all references of this person are one person", nullable=False),
        Column(
            name="ambiguous",
            type=pa.bool_(),
            doc="the name alone cannot tell this person from others",
            nullable=False,
        ),
        Column(
            name="hard_id",
            type=pa.bool_(),
            doc="identified by an id of a registry, not by name",
            nullable=False,
        ),
    ),
)

PERSON_EDGES: Final = Contract(
    name="person_edges",
    row="one reason why two identifiers mean one person",
    key=("left", "right", "kind"),
    columns=(
        _text("left", "identifier, system:value", nullable=False),
        _text("right", "identifier, system:value", nullable=False),
        _text("kind", "same_slot, rename, same_name, same_evidence or refused", nullable=False),
        _text("evidence", "a record that shows it", nullable=False),
        _count("records", "how many records show it"),
    ),
)

RESIDENCES: Final = Contract(
    name="residences",
    row="where one person was in one year under one definition",
    key=("person_id", "year"),
    columns=(
        _text("person_id", "as in people", nullable=False),
        _year("year", "calendar year"),
        _text("country", "residence", nullable=False, among=AREAS),
        _text("stage", "null: not known", among=STAGES[1:]),
        _text("sector", "null: not known", among=SECTORS[1:]),
        Column(
            name="bridged",
            type=pa.bool_(),
            doc="a silent year filled in between two observed ones",
            nullable=False,
        ),
    ),
)

SPELLS: Final = Contract(
    name="spells",
    row="an unbroken run of residences of one person in one country",
    key=("person_id", "start_year"),
    columns=(
        _text("person_id", "as in people", nullable=False),
        _text("country", "residence", nullable=False, among=AREAS),
        _year("start_year", "first year seen there"),
        _year("end_year", "last year seen there or bridged"),
        Column(name="years_observed", type=pa.int16(), doc="years with a record", nullable=False),
    ),
)

MOVES: Final = Contract(
    name="moves",
    row="one change of country of one person, dated to the first year seen in the new one",
    key=("person_id", "year"),
    columns=(
        _text("person_id", "as in people", nullable=False),
        _year("year", "first year seen in the new country"),
        _text("from_country", "residence before", nullable=False, among=AREAS),
        _text("to_country", "residence after", nullable=False, among=AREAS),
        Column(
            name="gap_years",
            type=pa.int16(),
            doc="silent years bridged; 0 for none",
            nullable=False,
        ),
    ),
)

STAGE_CHANGES: Final = Contract(
    name="stage_changes",
    row="the end of a stage of study of one person and the first work after it",
    key=("person_id", "stage", "year"),
    columns=(
        _text("person_id", "as in people", nullable=False),
        _year("year", "last year seen in the stage"),
        _text("stage", "the stage that ended", nullable=False, among=STAGES[1:]),
        _text("country", "where it ended", nullable=False, among=AREAS),
        _text("next_stage", "the stage that followed", nullable=False, among=STAGES[1:]),
        _text("next_country", "where that was", nullable=False, among=AREAS),
        _year("next_year", "first year seen in the next stage"),
    ),
)

_CELL = (
    _text("definition_id", "the rules it was counted under", nullable=False),
    _text("area", "country, or all", nullable=False, among=(*AREAS, ALL)),
    _text("partner", "the other country, or all", nullable=False, among=(*AREAS, ALL)),
    _text("stage", "stage, unknown, or all", nullable=False, among=(*STAGES, ALL)),
    _text("sector", "sector, unknown, a change from>to, or all", nullable=False),
    _text("period", "2018, 2014/2018 or P5Y (ISO 8601)", nullable=False),
)

TALLIES: Final = Contract(
    name="tallies",
    row="one additive count and its bootstrap replicates",
    key=("measure", *(c.name for c in _CELL)),
    columns=(
        _text("measure", "what was counted, e.g. stock", nullable=False),
        *_CELL,
        _count("persons", "distinct persons counted in the cell"),
        Column(
            name="counts",
            type=pa.list_(pa.float64()),
            doc="item 0 the count, items 1…B its bootstrap replicates; parts of a person where "
            "the rules split one",
            nullable=False,
        ),
    ),
)

VALUES: Final = Contract(
    name="values",
    row="one figure with its interval",
    key=("indicator", *(c.name for c in _CELL)),
    private=False,
    columns=(
        _text("indicator", "as in indicators", nullable=False),
        *_CELL,
        Column(name="value", type=pa.float64(), doc="null: too_few or suppressed"),
        Column(name="low", type=pa.float64(), doc="lower end of the interval"),
        Column(name="high", type=pa.float64(), doc="upper end of the interval"),
        _share("level", "nominal level of the interval", nullable=False),
        Column(name="n", type=pa.int64(), doc="persons the figure rests on; null: too_few"),
        _text("unit", "unit of value, low and high", nullable=False),
        _text("flag", "how to read it", nullable=False, among=FLAGS),
        _text("snapshot_id", "the snapshot it was published in", nullable=False),
    ),
)

REPLICATES: Final = Contract(
    name="replicates",
    row="how the bootstrap moves one published figure, for comparing it with another",
    key=("indicator", *(c.name for c in _CELL)),
    private=False,
    columns=(
        _text("indicator", "as in indicators", nullable=False),
        *_CELL,
        Column(
            name="replicates",
            type=pa.list_(pa.float32()),
            doc="item b of two figures belongs together; rotated, so that only their common "
            "variances can be read from them",
            nullable=False,
        ),
    ),
)

RANKS: Final = Contract(
    name="ranks",
    row="the place of one area among all that have the same figure, 1 for the highest",
    key=("indicator", "definition_id", "stage", "period", "area"),
    private=False,
    columns=(
        _text("indicator", "as in indicators", nullable=False),
        _text("definition_id", "the rules it was counted under", nullable=False),
        _text("stage", "stage, unknown, or all", nullable=False, among=(*STAGES, ALL)),
        _text("period", "2018, 2014/2018 or P5Y (ISO 8601)", nullable=False),
        _text("area", "country", nullable=False, among=AREAS),
        _count("rank", "place by the published value; equal values share the best place"),
        _count("rank_low", "best place that the records allow"),
        _count("rank_high", "worst place that the records allow"),
        _count("of", "areas that were ranked"),
        _share("level", "level at which the places hold, at least", nullable=False),
        _text("snapshot_id", "the snapshot it was published in", nullable=False),
    ),
)

ESTIMATES: Final = Contract(
    name="estimates",
    row="one figure of an area and year: a source's own, or the one combined from all sources",
    key=("quantity", "area", "year", "source"),
    private=False,
    columns=(
        _text("quantity", "stock or net_rate", nullable=False, among=("stock", "net_rate")),
        _text("area", "country", nullable=False, among=AREAS),
        _year("year", "year the figure is of"),
        _text("source", "who says so; combined: the estimate from all", nullable=False),
        Column(name="value", type=pa.float64(), doc="null: withheld by the source"),
        Column(name="low", type=pa.float64(), doc="lower end of the interval"),
        Column(name="high", type=pa.float64(), doc="upper end of the interval"),
        _share("level", "nominal level of the interval", nullable=False),
        Column(name="n", type=pa.int64(), doc="persons the figure rests on; null: combined"),
        _text("unit", "unit of value, low and high", nullable=False),
        _text("flag", "how to read it", nullable=False, among=FLAGS),
    ),
)

SOURCE_BIASES: Final = Contract(
    name="source_biases",
    row="how a source departs from the reference in one area",
    key=("quantity", "source", "area", "measure"),
    private=False,
    columns=(
        _text("quantity", "stock or net_rate", nullable=False, among=("stock", "net_rate")),
        _text(
            "source",
            "the source; the reference departs only by the shocks of single years",
            nullable=False,
        ),
        _text("area", "country", nullable=False, among=AREAS),
        _text(
            "measure",
            "level: mean over the years; change: over ten years",
            nullable=False,
            among=("level", "change"),
        ),
        Column(name="value", type=pa.float64(), doc="median", nullable=False),
        Column(name="low", type=pa.float64(), doc="lower end of the interval", nullable=False),
        Column(name="high", type=pa.float64(), doc="upper end of the interval", nullable=False),
        _share("level", "nominal level of the interval", nullable=False),
        _text(
            "unit",
            "ratio (persons counted for each of the reference) or percentage_points",
            nullable=False,
        ),
    ),
)

VINTAGES: Final = Contract(
    name="vintages",
    row="one count as the records up to an earlier year would have given it",
    key=("cut", "measure", "area", "year"),
    columns=(
        _year("cut", "last year of the vintage"),
        _text("measure", "stock, inflow or outflow", nullable=False),
        _text("area", "country", nullable=False, among=AREAS),
        _year("year", "the year counted"),
        _count("count", "persons in the stock, or moves"),
    ),
)

NOWCASTS: Final = Contract(
    name="nowcasts",
    row="one figure of a year that later records will still change, as it is expected to become",
    key=("indicator", "definition_id", "area", "period"),
    private=False,
    columns=(
        _text("indicator", "as in indicators", nullable=False),
        _text("definition_id", "the rules it was counted under", nullable=False),
        _text("area", "country", nullable=False, among=AREAS),
        _text("period", "a year", nullable=False),
        Column(name="value", type=pa.float64(), doc="what complete records are expected to say"),
        Column(name="low", type=pa.float64(), doc="lower bound of what they will say"),
        Column(name="high", type=pa.float64(), doc="upper bound of what they will say"),
        Column(name="low_total", type=pa.float64(), doc="low with the figure's own chance error"),
        Column(name="high_total", type=pa.float64(), doc="high with the figure's own chance error"),
        _share("level", "nominal level of the bounds", nullable=False),
        Column(name="n", type=pa.int64(), doc="persons the figure rests on so far", nullable=False),
        Column(name="observed_value", type=pa.float64(), doc="the figure as it stands in values"),
        _count("vintages", "earlier years whose filling up was seen"),
        _share(
            "awaited_share",
            "share of the records of two years before that stood in lists not yet in",
            nullable=False,
        ),
    ),
)

AWAITED: Final = Contract(
    name="awaited",
    row="one of the last years, and how much of it is not in yet",
    key=("year",),
    private=False,
    columns=(
        _year("year", "calendar year"),
        _share(
            "share",
            "share of the records of two years before that stood in lists this year lacks",
            nullable=False,
        ),
        _text("venues", "these lists, separated by blanks", nullable=False),
    ),
)

CAPTURES: Final = Contract(
    name="captures",
    row="persons seen in an area and period in exactly these lists",
    key=("area", "period", "compared", "lists"),
    columns=(
        _text("area", "country", nullable=False, among=AREAS),
        _text("period", "2015/2019 (ISO 8601)", nullable=False),
        _text("compared", "what the lists are", nullable=False, among=("fields", "years")),
        _text("lists", "names of the lists, separated by blanks", nullable=False),
        _count("persons", "persons seen in all of these lists and in no other"),
    ),
)

COVERAGE: Final = Contract(
    name="coverage",
    row="how many researchers of an area and period the records hold, of how many there may be",
    key=("area", "period", "compared", "method"),
    private=False,
    columns=(
        _text("area", "country", nullable=False, among=AREAS),
        _text("period", "2015/2019 (ISO 8601)", nullable=False),
        _text(
            "compared",
            "the lists: fields (families of venues), or the years of the period",
            nullable=False,
            among=("fields", "years"),
        ),
        _text(
            "method",
            "how those seen in no list were estimated",
            nullable=False,
            among=("chao", "chapman", "log_linear"),
        ),
        _text("lists", "the lists compared, separated by blanks", nullable=False),
        _count("observed", "persons seen in at least one list"),
        Column(name="estimated", type=pa.float64(), doc="persons, seen or not", nullable=False),
        Column(name="low", type=pa.float64(), doc="lower end of the interval", nullable=False),
        Column(name="high", type=pa.float64(), doc="upper end of the interval", nullable=False),
        _share("level", "nominal level of the interval", nullable=False),
        _share("share", "observed / estimated", nullable=False),
    ),
)

CONTRACTS: Final[dict[str, Contract]] = {
    contract.name: contract
    for contract in (
        RECORDS,
        MENTIONS,
        RESOLVED_MENTIONS,
        MENTION_ORGANIZATIONS,
        REJECTS,
        INPUTS,
        PLACEMENTS,
        ORGANIZATIONS,
        ORGANIZATION_NAMES,
        UNIVERSITY_DOMAINS,
        PEOPLE,
        PERSON_EDGES,
        RESIDENCES,
        SPELLS,
        MOVES,
        STAGE_CHANGES,
        TALLIES,
        VALUES,
        REPLICATES,
        RANKS,
        ESTIMATES,
        SOURCE_BIASES,
        VINTAGES,
        NOWCASTS,
        AWAITED,
        CAPTURES,
        COVERAGE,
    )
}
