"""Nights that build upon each other make the warehouse that one build of everything makes, table by table.

The reports are made up as for the oracle. Each case is moved into four years of its own by its number, so that
a night about some cases leaves the years of the others as they are.
"""

import datetime as dt
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml

from orchestration import earlier_build, model, night
from orchestration.settings import Settings
from tests.property.oracle import run
from tests.property.oracle.cases import FAMILIES, make_case
from tests.property.oracle.facts import Case, Group, Period, Report, Statement, months

pytestmark = pytest.mark.xdist_group("whole years")

CASES, SEED, GROUPS = 24, 5, 4
SPLIT = dt.date(2019, 12, 1)
SECOND = dt.date(2021, 3, 1)
"""The day on which the second night receives. What the last one receives has the earlier days on which it was made up
to come, and is numbered before that."""


def _moved(period: Period, group: int) -> Period:
    # By whole leap years: every day has its own day there.
    return Period(*(day.replace(year=day.year - 4 * group) for day in (period.start, period.end)))


def _group(case: Case) -> int:
    return case.number % GROUPS


def _years(group: int) -> set[int]:
    """The years of the last days of a group's periods."""
    return {year - 4 * group for year in (2018, 2019, 2020)}


def _moved_case(case: Case) -> Case:
    group = _group(case)
    reports = tuple(
        replace(report, statements=tuple(replace(row, period=_moved(row.period, group)) for row in report.statements))
        for report in case.reports
    )
    return replace(case, reports=reports)


def _deliverable(case: Case, name: str, period: Period, status: str, day: dt.date) -> Report:
    """A report of one deliverable."""
    code, indicator = case.deliverables[0]
    row = Statement(indicator, period, "MA", value=Decimal(1), deliverable=code, deliverable_status=status)
    family = next(family for family in FAMILIES if family.name == "plain_report")
    return Report(case.organisations[0], family, name, day, (row,), family.status)


def _deliver(settings: Settings, reports: Iterable[Report]) -> None:
    for report in reports:
        path = settings.inbox / report.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(run.written(report))


def _corrected(cases: Sequence[Case]) -> tuple[Report, Statement]:
    """A value of the third group's first night that stands alone in its cell."""
    for case in cases:
        for report in case.reports:
            cells = [(row.indicator, row.period, row.place, row.group) for row in report.statements]
            for row, cell in zip(report.statements, cells, strict=True):
                is_plain = row.value is not None and row.qualifier == "exact" and not row.deliverable
                is_there = report.is_accepted and report.received_date <= SPLIT
                if _group(case) == 2 and is_there and is_plain and cells.count(cell) == 1:
                    return report, row
    raise AssertionError("no such report was made up")


def _correct(settings: Settings, report: Report, row: Statement, action: dict[str, str]) -> None:
    correction = {
        "code": "MADE_UP",
        "report": {
            "organisation_code": report.organisation,
            "family": report.family.name,
            "period": report.period.label,
        },
        "row": {
            "indicator_code": row.indicator,
            "period": row.period.label,
            "place_code": row.place,
            **dict(zip(Group._fields, row.group, strict=True)),
        },
        **action,
        "expect": str(row.value),
        "reason": "made up",
        "reported_by": "somebody",
        "reported_to": "somebody else",
        "reported_on": "2021-01-01",
        "status": "confirmed",
    }
    content = yaml.safe_dump({"corrections": [correction]})
    (settings.corrections / "made_up.yml").write_text(content, encoding="utf-8")


@dataclass(frozen=True)
class Built:
    """One night: what its build made, the years of it (None for all), whether the series got other numbers, and what
    one build of everything makes."""

    upon_earlier: dict[str, str]
    anew: dict[str, str]
    years: list[int] | None
    is_renumbered: bool


def _anew(settings: Settings) -> Settings:
    """The same lake, with a work folder of its own in which there is nothing to build upon."""
    return settings.model_copy(update={"local": settings.home.parent / "anew"})


def _built(settings: Settings) -> Built:
    years = model.build(settings, night.last_received_date(settings), "--exclude-resource-type", "test")
    earlier_build.note(settings)
    renumbered = run.rows(settings, "select count(*) as series from intermediate.int_series where is_renumbered")
    own = _anew(settings)
    shutil.rmtree(own.work, ignore_errors=True)
    assert model.build(own, night.last_received_date(own), "--exclude-resource-type", "test") is None
    return Built(checksums(settings.warehouse), checksums(own.warehouse), years, renumbered[0]["series"] > 0)


def checksums(warehouse: Path) -> dict[str, str]:
    """Of every table: a checksum that any order of its rows shares. Lists are sets; the order in them is none."""
    found = {}
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for schema, table in connection.execute("select schema_name, table_name from duckdb_tables()").fetchall():
            columns = connection.execute(
                "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ?"
                " and column_name not in ('is_changed', 'is_renumbered') order by column_index",
                [schema, table],
            ).fetchall()
            row = ", ".join(f'list_sort("{name}")' if kind.endswith("[]") else f'"{name}"' for name, kind in columns)
            (said,) = connection.execute(
                f"select concat(count(*), ' ', sum(cast(hash(hash({row})) as hugeint))) from {schema}.\"{table}\""
            ).fetchall()
            found[f"{schema}.{table}"] = said[0]
    return found


def differing(built: Built) -> set[str]:
    assert built.upon_earlier.keys() == built.anew.keys()
    return {table for table, checksum in built.upon_earlier.items() if built.anew[table] != checksum}


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return [_moved_case(make_case(number, SEED)) for number in range(CASES)]


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, cases: list[Case]) -> Settings:
    """An installation after its first night, built and noted as sound."""
    root = tmp_path_factory.mktemp("whole-years")
    settings = run.prepare(root, [replace(case, reports=()) for case in cases])
    settings = settings.model_copy(update={"years_kept_from": 0})
    _deliver(settings, (report for case in cases for report in case.reports if report.received_date <= SPLIT))
    # A deliverable of the fourth group's years, not yet done.
    counted = next(case for case in cases if case.deliverables and _group(case) == 0)
    planned = _deliverable(counted, "planned.csv", _moved(months(2019, 1, 12), 3), "planned", dt.date(2019, 4, 10))
    _deliver(settings, [planned])
    run.load(settings)
    run.build(settings, "--exclude-resource-type", "test")
    earlier_build.note(settings)
    return settings


def _copied(settings: Settings, folder: Path) -> Settings:
    """The installation once more; the file's time is part of what tells that it is the noted one."""
    shutil.copytree(settings.home, folder / "data")
    own = {name: folder / name for name in ("data", "inbox", "corrections")}
    for name in ("inbox", "corrections"):
        own[name].mkdir()
    return settings.model_copy(update=own)


def _second_night(settings: Settings, cases: Sequence[Case]) -> None:
    late = [
        replace(report, received_date=SECOND)
        for case in cases
        for report in case.reports
        if _group(case) == 0 and report.received_date > SPLIT
    ]
    # What was planned for a year of the fourth group is reported as done, for a year of the first.
    counted = next(case for case in cases if case.deliverables and _group(case) == 0)
    # Received last, so that its word stands.
    done = _deliverable(counted, "done.csv", months(2019, 1, 3), "done", SECOND + dt.timedelta(days=1))
    _deliver(settings, [*late, done])
    run.load(settings)


@pytest.fixture(scope="module")
def nights(first: Settings, cases: list[Case], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    settings = _copied(first, tmp_path_factory.mktemp("nights"))
    told = {}
    _second_night(settings, cases)
    told["late reports and revisions"] = _built(settings)
    report, row = _corrected(cases)
    _correct(settings, report, row, {"action": "override", "value": str((row.value or 0) + 1)})
    run.load(settings)
    told["a correction"] = _built(settings)
    _correct(settings, report, row, {"action": "drop"})
    _deliver(
        settings,
        (report for case in cases for report in case.reports if _group(case) != 0 and report.received_date > SPLIT),
    )
    run.load(settings)
    told["another correction, and reports that were received before others"] = _built(settings)
    return told


NIGHTS = (
    "late reports and revisions",
    "a correction",
    "another correction, and reports that were received before others",
)


@pytest.mark.slow
@pytest.mark.parametrize("name", NIGHTS)
def test_every_table_is_as_if_built_anew(name: str, nights: dict[str, Built]) -> None:
    assert differing(nights[name]) == set()


@pytest.mark.slow
def test_a_night_builds_the_years_that_it_is_about(nights: dict[str, Built]) -> None:
    late, corrected, received_before = (nights[name] for name in NIGHTS)
    deliverable_of = 2019 - 4 * 3
    assert {2019, deliverable_of} <= set(late.years or ()) <= _years(0) | {deliverable_of}
    (year,) = corrected.years or ()
    assert year in _years(2)
    # The numbers of reports are in what figures are made from: those that came after have others now.
    assert set(received_before.years or ()) >= {2019, deliverable_of, year}
    # New series get a number between the others'; a corrected value makes none.
    assert [built.is_renumbered for built in (late, corrected, received_before)] == [True, False, True]


def test_years_without_news_are_kept_and_a_fault_in_them_is_seen(
    first: Settings, cases: list[Case], tmp_path: Path
) -> None:
    """Values are put wrong in the earlier build: of a year that is built they are gone, of another they are found."""
    settings = _copied(first, tmp_path)
    kept, tables = 2019 - 4 * 2, ("fct_observation", "fct_observation_version")
    with duckdb.connect(str(settings.warehouse)) as connection:
        for table in tables:
            connection.execute(f"update marts.{table} set remark = 'wrong' where year in (2019, {kept})")
    earlier_build.note(settings)
    _second_night(settings, cases)
    years = model.build(settings, night.last_received_date(settings), "--exclude-resource-type", "test")
    assert 2019 in (years or ())
    wrong = checksums(settings.warehouse)
    with duckdb.connect(str(settings.warehouse)) as connection:
        found = connection.execute("select distinct year from marts.fct_observation where remark = 'wrong'").fetchall()
        assert found == [(kept,)]
        for table in tables:
            connection.execute(f"update marts.{table} set remark = null where remark = 'wrong'")
    right = checksums(settings.warehouse)
    assert {table for table in wrong if wrong[table] != right[table]} == {f"marts.{table}" for table in tables}
