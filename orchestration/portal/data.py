"""What the pages are made from: the public file of a release, in the order in which the pages need it.

The small tables (framework, reports, headline figures) are read whole; observations and the figures by place and
group pass by one indicator, or one place, at a time, so that memory follows the largest of them and not the
release. Marts that an older file lacks are empty.
"""

import datetime as dt
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from orchestration import memory
from orchestration.release.marts import SCHEMA, quoted, text_literal

COUNTRY = "MA"
TOTAL = "_T"
REPORT_COLUMNS = ("file_name", "received_date")
"""What a page of statements says of the report that a statement stands in."""

_OF_REPORT = (
    *("receipt_id", "organisation_code", "family", "data_status", "period_start", "period_end"),
    *("received_at", "state", "verdict", "is_standing", "observations_accepted", "observations_quarantined"),
    *REPORT_COLUMNS,
)
"""What the portal says of a report: of a long history there are a hundred thousand."""

WAITING = ("overdue", "sent_back", "due")
"""States of an expected report that is missing."""

_REPORT = ("organisation_code", "family", "period_start", "period_end", "data_status")
"""What an expected report is known by."""

LISTED = 40
"""Restatements, comparisons and national figures listed on an indicator's page; of more the newest."""

_ATTACHED = "released"
_BATCH = 20_000
_OF_INDICATORS = ("indicator_by_place_year", "indicator_by_group_year", "fct_observation")

Row = Mapping[str, Any]
"""A row of a mart by column."""

Checksum = tuple[str, int, int]
"""A mart, how many rows of an indicator it has, and what stands for their content."""


class Excerpt(NamedTuple):
    """The rows of an indicator that its page lists, and how many more there are."""

    rows: tuple[Row, ...] = ()
    left_out: int = 0


class Group(NamedTuple):
    """Whom a figure is about; `_T` where it is about all."""

    sex: str = TOTAL
    age_group: str = TOTAL
    residence: str = TOTAL
    population_group: str = TOTAL


class Figure(NamedTuple):
    """One figure of the marts: what, where, when, whom, how much, and how sure that is."""

    indicator_code: str
    place_code: str
    year: int
    period_label: str
    period_start: dt.date
    period_end: dt.date
    data_status: str
    value: Decimal | None
    qualifier: str
    group: Group = Group()


class Observation(NamedTuple):
    """One standing statement of a report, with where it stands in the file."""

    observation_id: str
    receipt_id: str
    organisation_code: str
    place_code: str
    year: int
    period_label: str
    period_start: dt.date
    period_end: dt.date
    group: Group
    value: Decimal | None
    qualifier: str
    data_status: str
    source_sheet: str | None
    source_cell: str | None
    source_text: str | None
    citation: str | None
    citation_place: str | None
    remark: str | None
    deliverable_code: str | None
    correction_code: str | None
    value_as_reported: Decimal | None
    file_name: str | None
    """That of the report; None where the public file knows no reports."""
    received_date: dt.date | None


@dataclass(frozen=True)
class IndicatorData:
    """All that the public file holds of one indicator."""

    indicator: Row
    figures: tuple[Figure, ...]
    """By place, all groups together."""
    groups: tuple[Figure, ...]
    observations: tuple[Observation, ...]

    @property
    def code(self) -> str:
        """Its code."""
        return str(self.indicator["indicator_code"])


@dataclass(frozen=True)
class Framework:
    """The small tables of the public file, by what they are known by."""

    objectives: tuple[Row, ...]
    programmes: dict[str, Row]
    indicators: dict[str, Row]
    organisations: dict[str, Row]
    places: dict[str, Row]
    headlines: tuple[Row, ...]
    """`indicator_by_objective_year`, by objective, programme, indicator, newest period first."""
    targets: tuple[Row, ...]
    deliverables: tuple[Row, ...]
    reports: dict[str, Row]
    expected_reports: tuple[Row, ...]
    performance: tuple[Row, ...]
    quality_by_rule: tuple[Row, ...]
    quality_by_organisation: tuple[Row, ...]
    changes: tuple[Row, ...]
    reconciliation: Mapping[str, Excerpt]
    """Comparisons by indicator, the newest."""
    restatements: Mapping[str, Excerpt]
    """Restatements by indicator, the newest."""
    expected_results: tuple[Row, ...] = ()
    programme_periods: tuple[Row, ...] = ()
    compared: tuple[Row, ...] = ()
    """How many comparisons there are, by indicator, kind and status."""
    observations: int = 0
    children: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The places directly within a place, by code."""

    def objective(self, code: str | None) -> Row | None:
        """An objective by its code."""
        return next((row for row in self.objectives if row["objective_code"] == code), None)

    def behind_indicators(self) -> "Framework":
        """As much of it as the pages of indicators and of their statements are drawn from.

        `orchestration.portal.carried` compares all of it from release to release; what is left out here, such as who
        still owes a report, may change every night without a word about an indicator. A statement brings with it what
        is told of its report.
        """
        return replace(
            self,
            deliverables=(),
            reports={},
            expected_reports=(),
            performance=(),
            quality_by_rule=(),
            quality_by_organisation=(),
            changes=(),
            expected_results=(),
            programme_periods=(),
            compared=(),
            observations=0,
        )

    @cached_property
    def headlines_of(self) -> dict[str, tuple[Row, ...]]:
        """Headline figures by indicator."""
        return _grouped(self.headlines, "indicator_code")

    @cached_property
    def national(self) -> dict[tuple[str, str, str], Row]:
        """Headline figures by indicator, period and data status."""
        return {(row["indicator_code"], row["period_label"], row["data_status"]): row for row in self.headlines}

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Years that have a headline figure, newest first."""
        return tuple(sorted({row["year"] for row in self.headlines}, reverse=True))

    @cached_property
    def regions(self) -> tuple[Row, ...]:
        """The regions, by code."""
        return tuple(row for _, row in sorted(self.places.items()) if row["place_type"] == "region")

    def region_of(self, place_code: str) -> str | None:
        """The region that holds a place, or is it; None for the country."""
        code: str | None = place_code
        while code and (place := self.places.get(code)):
            if place["place_type"] == "region":
                return code
            code = place["parent_code"]
        return None

    @cached_property
    def indicators_of(self) -> dict[str, tuple[Row, ...]]:
        """Indicators by programme."""
        return _grouped(self.indicators.values(), "programme_code")

    @cached_property
    def performance_of(self) -> dict[str, tuple[Row, ...]]:
        """What each organisation owed and sent."""
        return _grouped(self.performance, "organisation_code")

    @cached_property
    def owed(self) -> tuple[Row, ...]:
        """`performance` of the reports that were expected, each once: one may be owed to several programmes."""
        expected = (row for row in self.performance if row["expected"])
        return tuple(_by_the_longest_grace(rows) for rows in _by_report(expected))

    @cached_property
    def missing(self) -> tuple[Row, ...]:
        """Expected reports that are overdue, sent back or due, each once, with the `programmes` it is owed to."""
        waiting = (row for row in self.expected_reports if row["state"] in WAITING)
        return tuple(
            {**max(rows, key=lambda row: row["due_date"]), "programmes": [row["programme_code"] for row in rows]}
            for rows in _by_report(waiting)
        )

    @cached_property
    def reports_of(self) -> dict[str, tuple[Row, ...]]:
        """Files received from each organisation, in the order of their arrival."""
        return _grouped(self.reports.values(), "organisation_code")

    @cached_property
    def targets_of(self) -> dict[str, tuple[Row, ...]]:
        """Targets by indicator."""
        return _grouped(self.targets, "indicator_code")


def _grouped(rows: Any, key: str) -> dict[str, tuple[Row, ...]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[key], []).append(row)
    return {name: tuple(members) for name, members in found.items()}


def _by_report(rows: Iterable[Row]) -> Iterable[list[Row]]:
    """The rows of each report, in their order: one for every programme that it is owed to."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in _REPORT), []).append(row)
    return found.values()


def _by_the_longest_grace(rows: Sequence[Row]) -> Row:
    """What came of a report: whether it came is the same for every programme, whether in time is not."""
    most = {name: max(row[name] for row in rows) for name in ("expected", "received", "accepted", "on_time")}
    return {**rows[0], **most, "late": min(row["late"] for row in rows)}


class Source:
    """The open public file."""

    def __init__(self, connection: duckdb.DuckDBPyConnection):
        self._connection = connection
        rows = connection.execute(
            "select table_name, column_name from duckdb_columns() where database_name = ? and schema_name = ?",
            [_ATTACHED, SCHEMA],
        ).fetchall()
        self._columns: dict[str, set[str]] = {}
        for table, column in rows:
            self._columns.setdefault(table, set()).add(column)

    def framework(self) -> Framework:
        """The small tables."""
        places = self._by("dim_place", "place_code", "place_code")
        children: dict[str, list[str]] = {}
        for code, row in places.items():
            if row["parent_code"]:
                children.setdefault(row["parent_code"], []).append(code)
        return Framework(
            objectives=self._rows("dim_objective", "position"),
            programmes=self._by("dim_programme", "programme_code", "objective_code nulls last, programme_code"),
            indicators=self._by("dim_indicator", "indicator_code", "objective_code nulls last, indicator_code"),
            organisations=self._by("dim_organisation", "organisation_code", "organisation_code"),
            places=places,
            headlines=self._rows(
                "indicator_by_objective_year",
                "objective_code nulls last, programme_code, indicator_code, period_end desc, period_start, data_status",
            ),
            targets=self._rows("fct_target", "indicator_code, valid_from nulls first, data_status"),
            deliverables=self._rows("fct_deliverable", "programme_code, deliverable_code, data_status"),
            reports=self._by("fct_report", "receipt_id", "received_at, receipt_id", _OF_REPORT),
            expected_reports=self._rows(
                "fct_expected_report", "period_end desc, organisation_code, family, programme_code"
            ),
            performance=self._rows(
                "reporting_performance", "organisation_code, family, programme_code nulls first, period_end"
            ),
            quality_by_rule=self._quality("rule_code, severity, data_status"),
            quality_by_organisation=self._quality("organisation_code, data_status"),
            changes=self._rows("release_change", "programme_code, indicator_code, period_end desc, data_status"),
            reconciliation=self._excerpts("reconciliation", "kind, period_label desc, reconciliation_id"),
            restatements=self._excerpts("restatement", "restated_at desc, restatement_id"),
            expected_results=self._rows("dim_expected_result", "programme_code, position"),
            programme_periods=self._rows("dim_programme_period", "programme_code, is_main desc, period_label"),
            compared=self._counted("reconciliation", "indicator_code, kind, status, data_status"),
            observations=self._count("fct_observation"),
            children={code: tuple(sorted(inner)) for code, inner in children.items()},
        )

    def forget(self) -> None:
        """Give back the memory that reading took so far."""
        memory.forget_read(self._connection)

    def by_indicator(self, framework: Framework, codes: Collection[str] | None = None) -> Iterator[IndicatorData]:
        """Every indicator, or those of `codes`, with its figures and observations, those without any too; by code."""
        figures = _by_first(self._figures("indicator_by_place_year", "indicator_code", grouped=False, only=codes))
        groups = _by_first(self._figures("indicator_by_group_year", "indicator_code", grouped=True, only=codes))
        observations = _by_first(self._observations(codes))
        for code in sorted(framework.indicators if codes is None else codes):
            yield IndicatorData(framework.indicators[code], figures(code), groups(code), observations(code))

    def checksums(self) -> dict[str, tuple[Checksum, ...]]:
        """What stands for the figures and statements of each indicator that has any, every column of them.

        The report that a statement stands in counts as far as `REPORT_COLUMNS`.
        """
        found: dict[str, list[Checksum]] = {}
        for mart in _OF_INDICATORS:
            if mart not in self._columns:
                continue
            table = f"{_ATTACHED}.{SCHEMA}.{quoted(mart)}"
            beside, of_report = self._reports() if mart == "fct_observation" else ("", [])
            report = "".join(f", {name}" for name in of_report)
            rows = self._connection.cursor().execute(
                f"""
                select told.indicator_code, count(*), sum(md5_number_lower(row(told{report})::varchar))
                from {table} as told {beside}
                group by told.indicator_code
                """
            )
            for code, count, checksum in rows.fetchall():
                found.setdefault(code, []).append((mart, count, int(checksum)))
        return {code: tuple(checksums) for code, checksums in found.items()}

    def periods(self) -> set[tuple[str, dt.date, dt.date]]:
        """The periods that a figure of a place has: the label, the first day and the last."""
        mart = "indicator_by_place_year"
        return set(self._streamed(mart, "distinct period_label, period_start, period_end", "all"))

    def by_place(self, framework: Framework) -> Iterator[tuple[str, tuple[Figure, ...]]]:
        """Every place with its figures, those without any too; by code."""
        figures = _by_first(self._figures("indicator_by_place_year", "place_code", grouped=False))
        for code in sorted(framework.places):
            yield code, figures(code)

    def _rows(self, mart: str, order: str, only: Collection[str] = ()) -> tuple[Row, ...]:
        if mart not in self._columns:
            return ()
        columns = ", ".join(name for name in only if name in self._columns[mart]) or "*"
        select = f"select {columns} from {_ATTACHED}.{SCHEMA}.{quoted(mart)} order by {order}"
        return self._told(self._connection.cursor().execute(select))

    def _excerpts(self, mart: str, order: str) -> dict[str, Excerpt]:
        """The first `LISTED` rows of each indicator, in `order`."""
        if mart not in self._columns:
            return {}
        table = f"{_ATTACHED}.{SCHEMA}.{quoted(mart)}"
        # Numbered without what else stands in them: whole rows by the hundred thousand take a gigabyte.
        rows = self._told(
            self._connection.cursor().execute(
                f"""
                with listed as (
                    select
                        rowid as _row,
                        row_number() over (partition by indicator_code order by {order}) as _rank,
                        count(*) over (partition by indicator_code) as _all
                    from {table}
                    qualify _rank <= {LISTED}
                )
                select told.*, listed._all
                from {table} as told
                inner join listed on told.rowid = listed._row
                order by told.indicator_code, listed._rank
                """
            )
        )
        return {
            code: Excerpt(
                tuple({name: row[name] for name in row if name != "_all"} for row in members),
                members[0]["_all"] - len(members),
            )
            for code, members in _grouped(rows, "indicator_code").items()
        }

    def _counted(self, mart: str, by: str) -> tuple[Row, ...]:
        """How many rows (`rows`) there are of each kind."""
        if mart not in self._columns:
            return ()
        select = f"select {by}, count(*) as rows from {_ATTACHED}.{SCHEMA}.{quoted(mart)} group by {by} order by {by}"
        return self._told(self._connection.cursor().execute(select))

    def _told(self, found: duckdb.DuckDBPyConnection) -> tuple[Row, ...]:
        names = [column[0] for column in found.description or ()]
        return tuple(dict(zip(names, row, strict=True)) for row in found.fetchall())

    def _by(self, mart: str, key: str, order: str, only: Collection[str] = ()) -> dict[str, Row]:
        return {row[key]: row for row in self._rows(mart, order, only)}

    def _quality(self, by: str) -> tuple[Row, ...]:
        """What was judged and found, added up. Judged rows are null where no rule of the row judges any."""
        mart = f"{_ATTACHED}.{SCHEMA}.data_quality"
        select = (
            f"select {by}, sum(rows_judged) as rows_judged, sum(rows_failed) as rows_failed, "
            f"sum(findings) as findings, sum(rows_quarantined) as rows_quarantined "
            f"from {mart} group by {by} order by {by}"
        )
        return self._told(self._connection.cursor().execute(select)) if "data_quality" in self._columns else ()

    def _count(self, mart: str) -> int:
        if mart not in self._columns:
            return 0
        found = self._connection.execute(f"select count(*) from {_ATTACHED}.{SCHEMA}.{quoted(mart)}").fetchall()
        return int(found[0][0])

    def _streamed(
        self, mart: str, columns: str, order: str, only: Collection[str] | None = None, beside: str = ""
    ) -> Iterator[tuple[Any, ...]]:
        """Rows of a mart (`told`), of the indicators `only` where some are named; `beside` joins another one."""
        if mart not in self._columns:
            return
        chosen = "" if only is None else "where told.indicator_code in (select unnest(?))"
        table = f"{_ATTACHED}.{SCHEMA}.{quoted(mart)} as told"
        select = f"select {columns} from {table} {beside} {chosen} order by {order}"
        cursor = self._connection.cursor().execute(select, [] if only is None else [sorted(only)])
        while rows := cursor.fetchmany(_BATCH):
            yield from rows

    def _figures(
        self, mart: str, first: str, *, grouped: bool, only: Collection[str] | None = None
    ) -> Iterator[tuple[str, Figure]]:
        columns = (
            "indicator_code, place_code, year, period_label, period_start, period_end, data_status, value, qualifier"
        )
        dimensions = ", sex, age_group, residence, population_group" if grouped else ""
        rest = f"indicator_code, place_code{dimensions}, period_end desc, period_start, data_status"
        rows = self._streamed(mart, f"{first}, {columns}{dimensions}", f"{first}, {rest}", only)
        if grouped:
            for row in rows:
                yield row[0], Figure._make((*row[1:10], Group(*row[10:])))
        else:
            for row in rows:
                yield row[0], Figure._make((*row[1:], Group()))

    def _reports(self) -> tuple[str, list[str]]:
        """What joins to statements (`told`) the report that they stand in, and its `REPORT_COLUMNS`."""
        if "fct_report" not in self._columns:
            return "", ["null"] * len(REPORT_COLUMNS)
        joined = f"left join {_ATTACHED}.{SCHEMA}.fct_report as report on told.receipt_id = report.receipt_id"
        return joined, [f"report.{name}" for name in REPORT_COLUMNS]

    def _observations(self, only: Collection[str] | None) -> Iterator[tuple[str, Observation]]:
        beside, of_report = self._reports()
        columns = (
            *("indicator_code", "observation_id", "receipt_id", "organisation_code", "place_code", "year"),
            *("period_label", "period_start", "period_end", "sex", "age_group", "residence", "population_group"),
            *("value", "qualifier", "data_status", "source_sheet", "source_cell", "source_text", "citation"),
            *("citation_place", "remark", "deliverable_code", "correction_code", "value_as_reported"),
        )
        order = (
            *("indicator_code", "year desc", "place_code", "period_end desc", "period_start", "data_status"),
            *("sex desc", "age_group", "residence", "population_group", "organisation_code", "observation_id"),
        )
        rows = self._streamed(
            "fct_observation",
            ", ".join([*(f"told.{name}" for name in columns), *of_report]),
            ", ".join(f"told.{name}" for name in order),
            only,
            beside,
        )
        for row in rows:
            yield row[0], Observation._make((*row[1:9], Group(*row[9:13]), *row[13:]))


@contextmanager
def opened(database: Path) -> Iterator[Source]:
    """The public file, read-only. Raises duckdb.Error (no such file, one that is no database)."""
    # Exports are written at the same time, pages drawn on all cores.
    with memory.connect_beside(database, least=memory.SHARE_MEGABYTES // 2, threads=1) as connection:
        connection.execute(f"attach {text_literal(str(database))} as {_ATTACHED} (read_only)")
        yield Source(connection)


def _by_first(rows: Iterator[tuple[str, Any]]) -> Any:
    """Rows that come ordered by a code, handed out code by code in that order; codes without rows have none."""
    groups = itertools.groupby(rows, key=lambda row: row[0])
    waiting: list[tuple[str, tuple[Any, ...]]] = []

    def take(code: str) -> tuple[Any, ...]:
        while True:
            if not waiting:
                found = next(groups, None)
                if found is None:
                    return ()
                waiting.append((found[0], tuple(row for _, row in found[1])))
            if waiting[0][0] < code:
                waiting.pop()
                continue
            return waiting.pop()[1] if waiting[0][0] == code else ()

    return take
