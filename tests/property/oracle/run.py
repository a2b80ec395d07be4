"""The real pipeline on made-up cases: real files through receive, read and check, and dbt to the marts.

The rooms are called as the nightly load calls them, without Dagster around them and without a release.
"""

import csv
import datetime as dt
import io
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import yaml

from orchestration import model, night
from orchestration.receive import receipts
from orchestration.release.disclosure import policy
from orchestration.settings import Settings, load_settings
from tests.helpers import PROJECT
from tests.property.oracle.cases import FAMILIES, ILLUSTRATIVE_MARK, PLACES
from tests.property.oracle.facts import Case, Family, Places, Report, Side, Statement

_COLUMNS = {
    "indicator": "indicator",
    "start": "period_start",
    "end": "period_end",
    "place": "place",
    "sex": "sex",
    "age": "age_group",
    "residence": "residence",
    "group": "population_group",
    "value": "value",
    "numerator": "numerator",
    "denominator": "denominator",
    "qualifier": "qualifier",
    "deliverable": "deliverable_code",
    "deliverable state": "deliverable_status",
    "citation": "citation",
}


def heading(name: str, family: Family) -> str:
    """A column's heading: the value's names the family, so that no report is taken for another's."""
    return f"{name} of {family.name.replace('_', ' ')}" if name == "value" else name


def contract(family: Family) -> dict[str, Any]:
    """The contract of a family."""
    return {
        "family": family.name,
        "version": 1,
        "title": dict.fromkeys(("ar", "fr", "en"), family.name),
        "formats": ["csv"],
        "decimal_sign": ".",
        "data_status": {"default": family.status, "illustrative_marks": {"en": [ILLUSTRATIVE_MARK]}},
        "period": {"source": "column"},
        "report_key": list(family.key),
        "personal_data": "allow",
        "columns": {
            role: {
                "role": role,
                "labels": {"en": [heading(name, family)]},
                **({"required": True} if role in ("indicator", "value", "period_start", "period_end") else {}),
            }
            for name, role in _COLUMNS.items()
        },
        "exhaustive": {dimension: list(categories) for dimension, categories in family.exhaustive.items()},
    }


def written(report: Report) -> bytes:
    """The report as a file. One that is to be sent back names no indicator that anybody knows."""
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow([heading(name, report.family) for name in _COLUMNS])
    for row in report.statements:
        writer.writerow(_cells(row, report.is_accepted))
    return content.getvalue().encode()


def _cells(row: Statement, is_readable: bool) -> list[str]:
    return [
        row.indicator if is_readable else "illegible",
        row.period.start.isoformat(),
        row.period.end.isoformat(),
        row.place,
        row.group.sex,
        row.group.age_group,
        row.group.residence,
        row.group.population_group,
        _number(row.value),
        _number(row.numerator),
        _number(row.denominator),
        row.qualifier,
        row.deliverable,
        row.deliverable_status,
        row.citation,
    ]


def _number(value: object) -> str:
    return "" if value is None else str(value)


def _seed(seeds: Path, name: str, rows: Iterable[dict[str, object]]) -> None:
    """Replace a seed's rows; what a row does not say is empty."""
    path = seeds / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _side(name: str, side: Side) -> dict[str, object]:
    return {
        f"{name}_period_start": side.period.start,
        f"{name}_period_end": side.period.end,
        f"{name}_value": _number(side.value),
        f"{name}_text": _number(side.value),
    }


def _named(code: str) -> dict[str, object]:
    return {f"name_{language}": code for language in ("ar", "fr", "en")} | {"source": "made up"}


def _write_seeds(seeds: Path, cases: Sequence[Case]) -> None:
    for name in ("indicator_alias", "organisation_alias"):
        _seed(seeds, name, ())
    _seed(
        seeds,
        "programme",
        (
            {"programme_code": code, "objective_code": "SO4", **_named(code)}
            for case in cases
            for code in case.programmes
        ),
    )
    _seed(
        seeds,
        "organisation",
        (
            {"organisation_code": code, "organisation_type": "ngo", "data_status": "illustrative", **_named(code)}
            for case in cases
            for code in case.organisations
        ),
    )
    _seed(
        seeds,
        "indicator",
        (
            {
                "indicator_code": indicator.code,
                "programme_code": indicator.programme,
                "objective_code": "SO4",
                "objective_basis": "assigned",
                "unit": "children",
                "value_type": indicator.value_type,
                "stock_or_flow": "flow",
                "direction": indicator.direction,
                "is_sensitive": "false",
                "is_deliverable_count": str(indicator.is_deliverable_count).lower(),
                "across_places": indicator.across_places,
                "across_periods": indicator.across_periods,
                "across_sources": indicator.across_sources,
                "source_priority": "|".join(indicator.priority),
                "universe_sex": indicator.universe_sex,
                "universe_age": indicator.universe_age,
                "data_status": "illustrative",
                **_named(indicator.code),
                **{f"definition_{language}": "made up" for language in ("ar", "fr", "en")},
            }
            for case in cases
            for indicator in case.indicators
        ),
    )
    _seed(
        seeds,
        "deliverable",
        (
            {
                "deliverable_code": code,
                "programme_code": case.programmes[0],
                "indicator_code": indicator,
                "deliverable_type": "guide",
                **_named(code),
            }
            for case in cases
            for code, indicator in case.deliverables
        ),
    )
    _seed(
        seeds,
        "target",
        (
            {
                "indicator_code": target.indicator,
                "valid_from": target.span.start,
                "valid_to": target.span.end,
                "baseline": target.baseline,
                "target": target.target,
                "data_status": target.status,
                "source": "made up",
            }
            for case in cases
            for target in case.targets
        ),
    )
    _seed(
        seeds,
        "printed_figure",
        (
            {
                "printed_id": one.code,
                "statement": one.statement,
                "indicator_code": one.indicator,
                "place_code": one.place,
                "period_start": one.period.start,
                "period_end": one.period.end,
                "data_status": one.status,
                "printed_text": one.value,
                "printed_value": one.value,
                "qualifier": one.qualifier,
                "printed_where": "somewhere",
                "citation": one.citation,
            }
            for case in cases
            for one in case.printed
        ),
    )
    _seed(
        seeds,
        "published_comparison",
        (
            {
                "comparison_id": one.code,
                "relation": one.relation,
                "place_code": one.place,
                "data_status": one.status,
                **_side("left", one.left),
                "left_indicator_code": "|".join(one.left.indicators),
                **_side("right", one.right),
                "right_indicator_codes": "|".join(one.right.indicators),
                "denominator": _number(one.denominator),
                "tolerance": one.tolerance,
                "rule": "different_scope" if one.relation == "not_compared" else "",
            }
            for case in cases
            for one in case.compared
        ),
    )
    _seed(
        seeds,
        "enrolment",
        (
            {
                "organisation_code": one.organisation,
                "family": one.family,
                "programme_code": one.programme,
                "period_grain": one.grain,
                "valid_from": one.valid_from,
                "valid_to": one.valid_to,
                "grace_days": one.grace_days,
                "data_status": one.status,
                "source": "made up",
            }
            for case in cases
            for one in case.enrolments
        ),
    )


def prepare(root: Path, cases: Sequence[Case], dbt_project: Path = PROJECT / "dbt_project") -> Settings:
    """An installation of its own: registers, contracts, and the reports in its inbox."""
    project = root / "dbt_project"
    shutil.copytree(dbt_project, project, ignore=shutil.ignore_patterns("target", "logs"))
    _write_seeds(project / "seeds", cases)
    contracts = root / "contracts"
    contracts.mkdir()
    for family in FAMILIES:
        (contracts / f"{family.name}.yml").write_text(
            yaml.safe_dump(contract(family), sort_keys=False), encoding="utf-8"
        )
    # The rules are the project's; what it decided about its own indicators is not.
    expectations = shutil.copytree(PROJECT / "expectations", root / "expectations")
    (expectations / policy.FILE).unlink()
    (root / "corrections").mkdir()
    inbox = root / "inbox"
    inbox.mkdir()
    for case in cases:
        for report in case.reports:
            path = inbox / report.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(written(report))
    return load_settings(
        data=root / "data",
        inbox=inbox,
        contracts=contracts,
        corrections=root / "corrections",
        expectations=expectations,
        dbt_project=project,
        settle_seconds=0,
    )


def load(settings: Settings) -> None:
    """One load, room by room, up to the warehouse."""
    rulebook = night.load_rulebook(settings)
    night.receive(settings)
    families = night.read(settings, rulebook)
    for family in families:
        night.check(settings, rulebook, family)
    failed = night.failed_families(settings)
    assert not failed, failed
    night.close_days(settings, rulebook)


def build(settings: Settings, *arguments: str) -> None:
    """dbt on the lake: seeds, models and data tests, as in the nightly load."""
    model.build(settings, night.last_received_date(settings), *arguments)


def received(settings: Settings, cases: Sequence[Case]) -> list[Case]:
    """The cases with what the receive room noted of each report; a file that was sent before is none."""
    known = {
        receipt.inbox_path: receipt
        for day in receipts.days(settings.lake)
        for receipt in receipts.read_day(settings.lake, day)
    }
    return [
        replace(
            case,
            reports=tuple(
                replace(report, received_at=known[report.path].received_at, receipt=known[report.path].receipt_id)
                for report in case.reports
                if report.path in known
            ),
        )
        for case in cases
    ]


def case_places() -> Places:
    """The part of the tree of places that the cases speak of."""
    with (PROJECT / "dbt_project" / "seeds" / "place.csv").open(encoding="utf-8", newline="") as file:
        parents = {row["place_code"]: row["parent_code"] for row in csv.DictReader(file)}
    known = {place: parent for place, parent in parents.items() if place in PLACES}
    return Places(known, Counter(parents.values()))


def rows(settings: Settings, sql: str) -> list[dict[str, Any]]:
    """Rows of the built warehouse, by column name."""
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def as_of(settings: Settings) -> dt.date:
    """The day of the last receipt."""
    return night.last_received_date(settings)
