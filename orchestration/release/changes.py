"""What a release changed: its figures beside those of the release before, by how much and why.

`marts.release_change` is the one mart that dbt does not build: it takes two releases to make it.
"""

from pathlib import Path

import duckdb
import pyarrow as pa

from orchestration import memory
from orchestration.release.marts import SCHEMA, quoted, text_literal

TABLE = "release_change"
_REASON = (
    "What may have changed the figure since: `revision` (a report was received), `correction`, `decision` (a report "
    "was accepted despite a rule, or no longer is), joined by ` + ` where several concern it; `rule_change` where none "
    "does: contracts, rules, the framework or the code changed."
)
DESCRIPTION = (
    "The figures of `indicator_by_objective_year` that are not what they were in the release before, by how much and "
    "why. Empty in a first release. Grain: programme, indicator, period, data status."
)
COLUMNS = {
    "programme_code": ("varchar", "Programme of the ministry's page that the figure belongs to."),
    "indicator_code": ("varchar", "What is counted; joins to `dim_indicator`."),
    "data_status": ("varchar", "`published`, `reported` or `illustrative`."),
    "year": ("integer", "Calendar year of the period's last day."),
    "period_start": ("date", "First day of the period."),
    "period_end": ("date", "Last day of the period, included."),
    "period_label": ("varchar", "The period in short."),
    "change": ("varchar", "`value`, `qualifier`, `added` or `removed`."),
    "reason": ("varchar", _REASON),
    "old_value": ("decimal(28,10)", "The figure in the release before."),
    "old_qualifier": ("varchar", "Its qualifier."),
    "new_value": ("decimal(28,10)", "The figure in this release."),
    "new_qualifier": ("varchar", "Its qualifier."),
    "difference": ("decimal(28,10)", "New less old value; null when either is empty."),
    "previous_release_id": ("varchar", "The release before."),
}
"""Each column with its type and meaning."""

# What a correction says and does; whom it was told to changes no figure.
_SAID = (
    *("correction_code", "organisation_code", "family", "period_start", "period_end", "receipt_id", "row_key"),
    *("action", "value", "numerator", "denominator", "qualifier", "factor", "expected", "status"),
)
_NEEDED = {
    "fct_report": ("receipt_id", "report_key", "organisation_code", "family", "period_start", "period_end"),
    "fct_observation_version": ("receipt_id", "indicator_code", "data_status", "year", "deliverable_code"),
    "fct_deliverable": ("deliverable_code", "indicator_code"),
    "fct_decision": ("decision_id", "receipt_id"),
    "dim_correction": _SAID,
}
_KEY = ("programme_code", "indicator_code", "data_status", "period_start", "period_end")


def compare(
    warehouse: Path, previous: Path | None, previous_release_id: str | None, *, either_way: bool = False
) -> pa.Table | None:
    """The rows of the table: the figures of `warehouse` that are not those of the release file `previous`.

    None where there is no `previous`, or where that file cannot be read. `either_way` also takes for a reason what
    `previous` alone knows, for a comparison of any two releases; of a new one a report that was lost must not explain
    what moved. Raises duckdb.Error for `warehouse`.
    """
    with memory.connect_beside(warehouse) as connection:
        connection.execute(f"attach {text_literal(str(warehouse))} as fresh (read_only)")
        if previous is None or not _attach(connection, previous):
            return None
        _concern(connection, either_way=either_way)
        return connection.execute(_COMPARE, [previous_release_id]).to_arrow_table()


def write(warehouse: Path, found: pa.Table | None) -> None:
    """Write the table into the release file `warehouse`: the rows that were `found`, none of them without.

    Raises duckdb.Error (a full disk).
    """
    with memory.connect_beside(warehouse) as connection:
        connection.execute(f"attach {text_literal(str(warehouse))} as fresh")
        declared = ", ".join(f"{quoted(name)} {kind}" for name, (kind, _) in COLUMNS.items())
        connection.execute(f"create table fresh.{SCHEMA}.{TABLE} ({declared})")
        connection.execute(f"comment on table fresh.{SCHEMA}.{TABLE} is {text_literal(DESCRIPTION)}")
        for name, (_, meaning) in COLUMNS.items():
            column = f"fresh.{SCHEMA}.{TABLE}.{quoted(name)}"
            connection.execute(f"comment on column {column} is {text_literal(meaning)}")
        if found is not None:
            connection.register("found", found)
            connection.execute(f"insert into fresh.{SCHEMA}.{TABLE} by name select * from found order by all")
        connection.execute("checkpoint fresh")
        connection.execute("detach fresh")


def _attach(connection: duckdb.DuckDBPyConnection, previous: Path) -> bool:
    """Open the release before; whether that could be done. A damaged one must not stop the next."""
    try:
        connection.execute(f"attach {text_literal(str(previous))} as before (read_only)")
        connection.execute(f"select * from before.{SCHEMA}.indicator_by_objective_year limit 0")
    except duckdb.Error:
        return False
    return True


def _concern(connection: duckdb.DuckDBPyConnection, *, either_way: bool) -> None:
    """Which indicators of which years something new was said about since the release before, and what that was.

    A release of an older make, which does not tell, leaves the table empty: then the code is another.
    """
    columns = "reason varchar, indicator_code varchar, data_status varchar, year int"
    connection.execute(f"create temp table concern ({columns})")
    for table, needed in _NEEDED.items():
        known = connection.execute(
            "select column_name from duckdb_columns() "
            "where database_name = 'before' and schema_name = ? and table_name = ?",
            [SCHEMA, table],
        ).fetchall()
        if not {(column,) for column in needed} <= set(known):
            return
    said = ", ".join(quoted(name) for name in _SAID)
    gone, taken_back = (_GONE, _TAKEN_BACK) if either_way else ("", "")
    connection.execute(_CONCERN.format(said=said, union_gone=gone, union_taken_back=taken_back))


_GONE = """
        union
        select 'revision' as reason, receipt_id from before.marts.fct_report
        where receipt_id not in (select receipt_id from fresh.marts.fct_report)
"""
_TAKEN_BACK = """
        union
        select receipt_id from before.marts.fct_decision
        where decision_id not in (select decision_id from fresh.marts.fct_decision)
"""


_CONCERN = """
    insert into concern
    with report as (
        select receipt_id, report_key, organisation_code, family, period_start, period_end from fresh.marts.fct_report
        union
        select receipt_id, report_key, organisation_code, family, period_start, period_end from before.marts.fct_report
    ),
    said_otherwise as (
        (
            select {said} from fresh.marts.dim_correction
            except
            select {said} from before.marts.dim_correction
        )
        union all
        (
            select {said} from before.marts.dim_correction
            except
            select {said} from fresh.marts.dim_correction
        )
    ),
    decided as (
        select receipt_id from fresh.marts.fct_decision
        where decision_id not in (select decision_id from before.marts.fct_decision)
        {union_taken_back}
    ),
    directly as (
        select 'revision' as reason, receipt_id from fresh.marts.fct_report
        where receipt_id not in (select receipt_id from before.marts.fct_report)
        {union_gone}
        union
        select 'decision' as reason, receipt_id from decided
        union
        select 'correction' as reason, report.receipt_id
        from said_otherwise as correction
        inner join report
            on correction.organisation_code = report.organisation_code
            and correction.family = report.family
            and (correction.period_start is null or correction.period_start = report.period_start)
            and (correction.period_end is null or correction.period_end = report.period_end)
            and (correction.receipt_id is null or starts_with(report.receipt_id, correction.receipt_id))
        where correction.status in ('confirmed', 'fixed_at_source')
    ),
    -- What one version says takes the place of what the other versions say.
    concerned as (
        select reason, receipt_id from directly
        union
        select directly.reason, version.receipt_id
        from directly
        inner join report using (receipt_id)
        inner join report as version on report.report_key = version.report_key
    ),
    observation as (
        select receipt_id, indicator_code, data_status, year, deliverable_code from fresh.marts.fct_observation_version
        where receipt_id in (select receipt_id from concerned)
        union
        select receipt_id, indicator_code, data_status, year, deliverable_code from before.marts.fct_observation_version
        where receipt_id in (select receipt_id from concerned)
    ),
    -- A known deliverable is counted under the indicator that the framework names, whatever the report named.
    deliverable as (
        select deliverable_code, indicator_code from fresh.marts.fct_deliverable
        union
        select deliverable_code, indicator_code from before.marts.fct_deliverable
    )
    select concerned.reason, observation.indicator_code, observation.data_status, observation.year
    from concerned inner join observation using (receipt_id)
    union
    select concerned.reason, deliverable.indicator_code, observation.data_status, observation.year
    from concerned
    inner join observation using (receipt_id)
    inner join deliverable using (deliverable_code)
"""

_SAME = " and ".join(f"fresh.{name} is not distinct from before.{name}" for name in _KEY)
_EITHER = ", ".join(
    f"case when fresh.is_there then fresh.{name} else before.{name} end as {name}"
    for name in (*_KEY[:3], "year", *_KEY[3:], "period_label")
)
# What was said of another year explains a figure only where nothing was said of its own.
_COMPARE = f"""
    with fresh as (select *, true as is_there from fresh.marts.indicator_by_objective_year),
    before as (select *, true as is_there from before.marts.indicator_by_objective_year),
    changed as (
        select
            {_EITHER},
            case
                when before.is_there is null then 'added'
                when fresh.is_there is null then 'removed'
                when fresh.value is distinct from before.value then 'value'
                else 'qualifier'
            end as change,
            before.value as old_value,
            before.qualifier as old_qualifier,
            fresh.value as new_value,
            fresh.qualifier as new_qualifier
        from fresh full join before on {_SAME}
        where fresh.is_there is distinct from before.is_there
            or fresh.value is distinct from before.value
            or fresh.qualifier is distinct from before.qualifier
    ),
    explained as (
        select
            indicator_code, data_status, year,
            string_agg(distinct reason, ' + ' order by reason) as reason
        from concern group by indicator_code, data_status, year
    ),
    elsewhere as (
        select
            indicator_code, data_status,
            string_agg(distinct reason, ' + ' order by reason) as reason
        from concern group by indicator_code, data_status
    )
    select
        changed.*,
        coalesce(explained.reason, elsewhere.reason, 'rule_change') as reason,
        cast(changed.new_value - changed.old_value as decimal(28, 10)) as difference,
        cast(? as varchar) as previous_release_id
    from changed
    left join explained using (indicator_code, data_status, year)
    left join elsewhere using (indicator_code, data_status)
    order by all
"""
