"""Explain: a figure down to its cells, and what did not count on the way.

Reads the tree of `marts.figure_step` and hangs the cells under its statements: report, file, cell, text
as written, citation, correction and decision. Nothing is added up here. How a tree is written for a
person stands in `explain_text.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import duckdb


@dataclass
class Step:
    """One row of `marts.figure_step` with its parts (those that count first) and, under a statement, its cells."""

    row: dict[str, Any]
    parts: list["Step"] = field(default_factory=list)
    cells: list[dict[str, Any]] = field(default_factory=list)

    @property
    def counts(self) -> bool:
        """Whether the step above takes it into account; a missing part does count, as a missing one."""
        return self.row["part_use"] in (None, "counted", "missing")


@dataclass
class Figure:
    """A figure of an indicator: what the dimension says of it, its tree, and what lies outside the tree.

    `aside` holds rows with `why` (superseded, quarantined, report_not_accepted, other_status, multi_year).
    """

    row: dict[str, Any]
    tree: Step
    aside: list[dict[str, Any]] = field(default_factory=list)


_FIGURES = """
select figure.*, cast(extract(year from figure.period_end) as integer) as year,
    extract(year from figure.period_start) <> extract(year from figure.period_end) as is_multi_year,
    indicator.name_en as indicator_name_en, indicator.name_fr as indicator_name_fr,
    indicator.name_ar as indicator_name_ar, indicator.unit, indicator.across_places, indicator.across_periods,
    indicator.across_sources, indicator.source_priority,
    place.name_en as place_name_en, place.name_fr as place_name_fr, place.name_ar as place_name_ar
from marts.figure_step as figure
inner join marts.dim_indicator as indicator on figure.indicator_code = indicator.indicator_code
inner join marts.dim_place as place on figure.place_code = place.place_code
where figure.step = 'figure' and figure.indicator_code = $indicator and figure.place_code = $place
    and ($year is null or year = $year)
order by figure.period_start, figure.period_end, figure.data_status
"""

# Parts that count come first, then in the order of place and time.
_STEPS = """
with recursive edge as materialized (
    select * from marts.figure_step where indicator_code = $indicator and parent_id is not null
),
reached (step_id) as (
    select unnest(cast($roots as varchar[]))
    union
    select edge.step_id from reached inner join edge on edge.parent_id = reached.step_id
)
select edge.*, place.name_en as place_name_en, place.name_fr as place_name_fr, place.name_ar as place_name_ar
from edge
inner join reached on edge.parent_id = reached.step_id
inner join marts.dim_place as place on edge.place_code = place.place_code
order by case edge.part_use when 'counted' then 1 when 'missing' then 2 else 3 end,
    edge.place_code, edge.period_start, edge.period_end, edge.organisation_code, edge.step_id
"""

_CELL = """
    observation.observation_id, observation.organisation_code, observation.family, observation.place_code,
    observation.period_label, observation.sex, observation.age_group, observation.residence,
    observation.population_group, observation.value, observation.qualifier, observation.source_sheet,
    observation.source_cell, observation.source_text, observation.citation, observation.citation_place,
    observation.remark, observation.deliverable_status, observation.correction_code, observation.value_as_reported,
    report.receipt_id, report.file_name, report.inbox_path, report.archive_path, report.received_date,
    correction.action as correction_action, correction.reason as correction_reason, correction.reported_by,
    correction.reported_to, correction.reported_on,
    case when report.accepted_by_decision then (
        select list(
            struct_pack(
                rule_code := decision.rule_code, reason := decision.reason, decided_by := decision.decided_by,
                decided_on := cast(decision.decided_at as date)
            ) order by decision.decided_at, decision.decision_id
        )
        from marts.fct_decision as decision
        where decision.receipt_id = report.receipt_id and decision.is_in_force
    ) end as decisions
"""

_CELLS = f"""
with statement as (
    select * from marts.figure_step
    where indicator_code = $indicator and step_id in (select unnest(cast($steps as varchar[])))
),
source_row as (
    select statement.step_id, statement.receipt_id,
        cast(unnest(string_split(statement.source_rows, '|')) as integer) as row_number
    from statement
    where statement.source_rows is not null
),
observation as (
    select source_row.step_id, observation.*
    from source_row
    inner join marts.fct_observation as observation
        on source_row.receipt_id = observation.receipt_id and source_row.row_number = observation.row_number
    union all
    select statement.step_id, observation.*
    from statement
    inner join marts.fct_observation as observation
        on statement.deliverable_code = observation.deliverable_code
        and statement.data_status = observation.data_status
)
select observation.step_id, {_CELL}
from observation
inner join marts.fct_report as report on observation.receipt_id = report.receipt_id
left join marts.dim_correction as correction on observation.correction_code = correction.correction_code
order by observation.receipt_id, observation.row_number, observation.observation_id
"""

_WITHIN = """(
    $place = 'MA' or observation.place_code = $place
    or observation.place_code in (select place_code from marts.dim_place where parent_code = $place)
)"""

_SUPERSEDED = f"""
select 'superseded' as why, next.file_name as replaced_by, next.received_date as replaced_on, {_CELL}
from marts.fct_observation_version as observation
inner join marts.fct_report as report on observation.receipt_id = report.receipt_id
left join marts.fct_report as next
    on observation.report_key = next.report_key and observation.superseded_at = next.received_at
    and next.state = 'accepted'
left join marts.dim_correction as correction on observation.correction_code = correction.correction_code
where not observation.is_standing and observation.indicator_code = $indicator
    and observation.data_status = $status and observation.is_multi_year = $multi
    and observation.period_start >= $start and observation.period_end <= $end and {_WITHIN}
order by observation.received_at, observation.organisation_code, observation.row_number, observation.observation_id
"""

# A refused row has no codes, only what was written: it is the indicator's when it names it.
_QUARANTINED = """
select 'quarantined' as why, refused.rule_code, refused.report_state, refused.organisation_code,
    refused.source_sheet, refused.source_cell, refused.source_text, refused.row_labels, report.file_name,
    report.inbox_path, report.archive_path, refused.received_date
from marts.quarantine as refused
inner join marts.fct_report as report on refused.receipt_id = report.receipt_id
inner join marts.dim_indicator as indicator
    on lower(trim(split_part(refused.row_labels, ' | ', 1))) in (
        lower(indicator.indicator_code), lower(indicator.name_en), lower(indicator.name_fr), indicator.name_ar
    )
where indicator.indicator_code = $indicator and coalesce(report.data_status, $status) = $status
    and (refused.period_start is null or (refused.period_start >= $start and refused.period_end <= $end))
order by refused.received_date, refused.organisation_code, refused.source_cell, refused.rule_code
"""

_NOT_ACCEPTED = """
select 'report_not_accepted' as why, report.state, report.organisation_code, report.file_name, report.inbox_path,
    report.archive_path, report.received_date
from marts.fct_report as report
where report.state <> 'accepted' and coalesce(report.data_status, $status) = $status
    and report.period_start >= $start and report.period_end <= $end
    and report.family in (
        select family from marts.fct_observation_version where indicator_code = $indicator
    )
order by report.received_date, report.organisation_code, report.file_name
"""


def figures(
    connection: duckdb.DuckDBPyConnection, indicator: str, *, year: int | None = None, place: str = "MA"
) -> list[Figure]:
    """The figures of an indicator by period and data status, each with its tree and what does not count."""
    rows = _rows(connection, _FIGURES, {"indicator": indicator, "year": year, "place": place})
    roots = [row["step_id"] for row in rows]
    steps = _rows(connection, _STEPS, {"indicator": indicator, "roots": roots})
    under: dict[str, list[dict[str, Any]]] = {}
    for step in steps:
        under.setdefault(step["parent_id"], []).append(step)
    ends = sorted({step["step_id"] for step in steps if step["step"] in ("statement", "deliverable")})
    cells: dict[str, list[dict[str, Any]]] = {}
    for cell in _rows(connection, _CELLS, {"indicator": indicator, "steps": ends}):
        cells.setdefault(cell.pop("step_id"), []).append(cell)
    found = [Figure(row, _tree(row, under, cells)) for row in rows]
    others = _rows(connection, _FIGURES, {"indicator": indicator, "year": None, "place": place})
    for figure in found:
        figure.aside = [*_outside(connection, figure, place), *_shown_apart(figure, others)]
    return found


def _tree(row: dict[str, Any], under: dict[str, list[dict[str, Any]]], cells: dict[str, list[dict[str, Any]]]) -> Step:
    parts = [_tree(part, under, cells) for part in under.get(row["step_id"], ())]
    return Step(row, parts, cells.get(row["step_id"], []))


def _outside(connection: duckdb.DuckDBPyConnection, figure: Figure, place: str) -> list[dict[str, Any]]:
    row = figure.row
    asked = {
        "indicator": row["indicator_code"],
        "status": row["data_status"],
        "start": row["period_start"],
        "end": row["period_end"],
    }
    return [
        *_rows(connection, _SUPERSEDED, asked | {"multi": row["is_multi_year"], "place": place}),
        *_rows(connection, _QUARANTINED, asked),
        *_rows(connection, _NOT_ACCEPTED, asked),
    ]


def _shown_apart(figure: Figure, others: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The indicator's figures that speak of the same time and are never added to this one."""
    row = figure.row
    apart = []
    for other in others:
        if other["step_id"] == row["step_id"]:
            continue
        overlaps = other["period_start"] <= row["period_end"] and other["period_end"] >= row["period_start"]
        if not overlaps:
            continue
        if other["data_status"] != row["data_status"]:
            apart.append({"why": "other_status", **other})
        elif other["is_multi_year"] and not row["is_multi_year"]:
            apart.append({"why": "multi_year", **other})
    return apart


def as_json(figure: Figure) -> dict[str, Any]:
    """A figure with its tree and what does not count, as one nested object."""
    return {
        **{name: value for name, value in figure.row.items() if name not in ("parent_id", "part_use", "part_rule")},
        "parts": [_step_json(part) for part in figure.tree.parts],
        "does_not_count": figure.aside,
    }


def _step_json(step: Step) -> dict[str, Any]:
    content: dict[str, Any] = {**step.row, "parts": [_step_json(part) for part in step.parts]}
    if step.row["step"] in ("statement", "deliverable"):
        content["cells"] = step.cells
    return content


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
