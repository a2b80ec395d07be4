"""Explain: a figure down to its cells.

From the figure of the headline mart to the observations it was made from, each with the report,
the file, the cell, the text as written and the citation; with the correction that changed it, and
the decision by which its report stands.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import duckdb


@dataclass
class Figure:
    """One row of a mart with the observations behind it, what stands and what does not count."""

    row: dict[str, Any]
    observations: list[dict[str, Any]] = field(default_factory=list)


_FIGURES = """
select indicator_code, indicator_name_en, indicator_name_fr, indicator_name_ar, unit, year, period_label,
    period_start, period_end, is_multi_year, value, qualifier, data_status, place_code
from (
    select *, 'MA' as place_code from marts.indicator_by_objective_year
    where $place = 'MA'
    union all by name
    select mart.*, indicator.name_en as indicator_name_en, indicator.name_fr as indicator_name_fr,
        indicator.name_ar as indicator_name_ar, indicator.unit
    from (select * exclude (indicator_name_en, indicator_name_fr, indicator_name_ar, unit) from (
        select *, null as indicator_name_en, null as indicator_name_fr, null as indicator_name_ar, null as unit
        from (select * from marts.indicator_by_place_year where $place <> 'MA' and place_code = $place)
    )) as mart
    inner join marts.dim_indicator as indicator on mart.indicator_code = indicator.indicator_code
)
where indicator_code = $indicator and ($year is null or year = $year)
order by period_start, period_end, data_status
"""

_OBSERVATIONS = """
select observation.organisation_code, observation.family, observation.place_code, observation.period_start,
    observation.period_end, observation.period_label, observation.sex, observation.age_group,
    observation.residence, observation.population_group, observation.value, observation.qualifier,
    observation.source_sheet, observation.source_cell, observation.source_text, observation.citation,
    observation.citation_place, observation.remark, observation.deliverable_code,
    report.file_name, report.inbox_path, report.archive_path, report.received_date, report.receipt_id,
    observation.correction_code, observation.value_as_reported, correction.action as correction_action,
    correction.reason as correction_reason, correction.reported_by, correction.reported_to, correction.reported_on,
    case when report.accepted_by_decision then (
        select string_agg(
            decision.rule_code || ' because ' || decision.reason || ' (' || decision.decided_by || ' on '
                || cast(cast(decision.decided_at as date) as varchar) || ')',
            '; ' order by decision.decided_at, decision.decision_id
        )
        from marts.fct_decision as decision
        where decision.receipt_id = report.receipt_id and decision.is_in_force
    ) end as decisions
from marts.fct_observation as observation
inner join marts.fct_report as report on observation.receipt_id = report.receipt_id
left join marts.dim_correction as correction on observation.correction_code = correction.correction_code
where observation.indicator_code = $indicator and observation.data_status = $status
    and observation.is_multi_year = $multi
    and observation.period_start >= $start and observation.period_end <= $end
    and ($place = 'MA' or observation.place_code = $place
        or observation.place_code in (select place_code from marts.dim_place where parent_code = $place))
order by observation.organisation_code, observation.period_start, observation.place_code,
    observation.source_cell, observation.observation_id
"""


def figures(
    connection: duckdb.DuckDBPyConnection, indicator: str, *, year: int | None = None, place: str = "MA"
) -> list[Figure]:
    """The figures of an indicator, by period and data status, each with its standing observations."""
    rows = _rows(connection, _FIGURES, {"indicator": indicator, "year": year, "place": place})
    found = []
    for row in rows:
        parameters = {
            "indicator": indicator,
            "status": row["data_status"],
            "multi": row["is_multi_year"],
            "start": row["period_start"],
            "end": row["period_end"],
            "place": place,
        }
        found.append(Figure(row, _rows(connection, _OBSERVATIONS, parameters)))
    return found


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def plain(value: Any) -> Any:
    """A value as it is shown: decimals without the zeros that only the type adds."""
    if isinstance(value, Decimal):
        written = f"{value:f}"
        return written.rstrip("0").rstrip(".") if "." in written else written
    return value
