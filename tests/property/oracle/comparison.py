"""The marts beside the oracle, row by row and to the last digit; columns that only one side has do not matter."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, zip_longest
from typing import Any

from orchestration.settings import Settings
from tests.property.oracle import run
from tests.property.oracle.facts import EVERYBODY, Case, Period, Places, Statement
from tests.property.oracle.rules import (
    Expected,
    Figure,
    Node,
    deliverables,
    expected_reports,
    figures,
    findings,
    group_of,
    progress,
    rating,
    report_key,
    standing,
    stored,
    versions,
)

Row = dict[str, Any]
COUNTRY = "MA"


@dataclass(frozen=True)
class Difference:
    """A row of a mart that is not what the rules give."""

    case: int
    mart: str
    rule: str
    key: tuple[Any, ...]
    mart_row: Row | None
    oracle_row: Row | None

    def __str__(self) -> str:
        mart, oracle = self.mart_row, self.oracle_row
        head = f"case {self.case}, {self.mart}, rule {self.rule}: {' '.join(map(_shown, self.key))}"
        if mart is None or oracle is None:
            return f"{head}\n    mart:   {_line(mart)}\n    oracle: {_line(oracle)}"
        names = [name for name, content in oracle.items() if not _same(mart[name], content)]
        sides = [f"{name}: mart {_shown(mart[name])}, oracle {_shown(oracle[name])}" for name in names]
        return "\n    ".join([head, *sides])


def _line(row: Row | None) -> str:
    return "no such row" if row is None else ", ".join(f"{name} {_shown(content)}" for name, content in row.items())


def _shown(content: object) -> str:
    if isinstance(content, Fraction):
        return f"{float(content):.10g}"
    return "null" if content is None else str(content)


def _exact(content: Any) -> Any:
    """A mart's value as the oracle writes it."""
    return Fraction(content) if isinstance(content, Decimal) else content


@dataclass(frozen=True)
class Mart:
    """A mart with what identifies its rows and the rule that its figures carry."""

    name: str
    key: tuple[str, ...]
    rule: str
    query: str = ""
    """What is compared, where it is not the mart as it stands."""


_PERIOD = ("period_start", "period_end")
_GROUP = ("sex", "age_group", "residence", "population_group")
_CELL = ("indicator_code", *_PERIOD, "place_code", *_GROUP, "deliverable_code", "data_status")
_FINDING = (
    "kind",
    "indicator_code",
    "place_code",
    "data_status",
    "period_label",
    "left_value",
    "right_value",
    "status",
)
MARTS = {
    mart.name: mart
    for mart in (
        Mart("fct_report", ("receipt_id",), "6.1"),
        Mart("fct_observation", ("receipt_id", *_CELL, "citation"), "6.1"),
        Mart("fct_observation_version", ("receipt_id", *_CELL, "citation"), "6.1"),
        Mart("restatement", ("old_receipt_id", "new_receipt_id", *_CELL), "6.1"),
        Mart(
            "indicator_by_group_year", ("indicator_code", "place_code", *_PERIOD, *_GROUP, "data_status"), "6.2 to 6.5"
        ),
        Mart("indicator_by_place_year", ("indicator_code", "place_code", *_PERIOD, "data_status"), "6.2 to 6.7"),
        Mart(
            "indicator_by_objective_year", ("programme_code", "indicator_code", *_PERIOD, "data_status"), "6.2 to 6.9"
        ),
        Mart("fct_deliverable", ("deliverable_code", "data_status"), "6.6"),
        Mart(
            "fct_expected_report",
            ("organisation_code", "family", "programme_code", *_PERIOD, "data_status"),
            "6.9",
        ),
        Mart(
            "reconciliation",
            _FINDING,
            "6.2, 6.4",
            f"select {', '.join(_FINDING)}, count(*) as times from marts.reconciliation group by all",
        ),
        Mart(
            "reporting_performance", ("organisation_code", "family", "programme_code", *_PERIOD, "data_status"), "6.9"
        ),
    )
}


def expected_rows(case: Case, places: Places, as_of: dt.date) -> dict[str, list[Row]]:
    """What the marts must hold of a case."""
    nodes = figures(case, places)
    expected = expected_reports(case, as_of)
    return {
        "fct_report": list(_reports(case)),
        "fct_observation": list(_observations(case, only_standing=True)),
        "fct_observation_version": list(_observations(case, only_standing=False)),
        "restatement": list(_restatements(case)),
        "indicator_by_group_year": [
            _figure_row(node, figure) | _by_place(node) | node.group._asdict()
            for node, figure in nodes.items()
            if node.group != EVERYBODY
        ],
        "indicator_by_place_year": [
            _figure_row(node, figure) | _by_place(node) for node, figure in nodes.items() if node.group == EVERYBODY
        ],
        "indicator_by_objective_year": [
            _headline(case, node, figure, expected)
            for node, figure in nodes.items()
            if node.group == EVERYBODY and node.place == COUNTRY
        ],
        "fct_deliverable": list(_deliverable_rows(case)),
        "fct_expected_report": [_expected_row(one) for one in expected],
        "reporting_performance": list(_performance(case, expected)),
        "reconciliation": list(_findings(case, places)),
    }


def _period(period: Period) -> Row:
    return {"period_start": period.start, "period_end": period.end}


def _reports(case: Case) -> Iterable[Row]:
    known = [report for found in versions(case.reports).values() for report in found]
    followers = {
        one.receipt: next_one.received_at
        for found in versions(case.reports).values()
        for one, next_one in pairwise(found)
    }
    for report in case.reports:
        yield {
            "receipt_id": report.receipt,
            "state": "accepted" if report.is_accepted else "sent_back",
            "data_status": report.status,
            "received_at": report.received_at,
            "superseded_at": followers.get(report.receipt),
            "is_standing": report in known and report.receipt not in followers,
        }


def _observations(case: Case, *, only_standing: bool) -> Iterable[Row]:
    stands = {report.receipt for report in standing(case.reports)}
    indicators = {indicator.code: indicator for indicator in case.indicators}
    for found in versions(case.reports).values():
        for position, report in enumerate(found):
            if only_standing and report.receipt not in stands:
                continue
            for one in report.statements:
                row = {
                    "receipt_id": report.receipt,
                    "family": report.family.name,
                    "organisation_code": report.organisation,
                    "indicator_code": one.indicator,
                    **_period(one.period),
                    "period_grain": one.period.grain,
                    "place_code": one.place,
                    **group_of(one, indicators[one.indicator])._asdict(),
                    "value": None if one.value is None else Fraction(one.value),
                    "numerator": None if one.numerator is None else Fraction(one.numerator),
                    "denominator": None if one.denominator is None else Fraction(one.denominator),
                    "qualifier": one.qualifier,
                    "data_status": report.status,
                    "deliverable_code": one.deliverable or None,
                    "deliverable_status": one.deliverable_status or None,
                    "citation": one.citation,
                    "year": one.period.end.year,
                    "is_multi_year": one.period.is_multi_year,
                    "received_at": report.received_at,
                }
                if not only_standing:
                    row["superseded_at"] = found[position + 1].received_at if position + 1 < len(found) else None
                    row["is_standing"] = position + 1 == len(found)
                yield row


def _restatements(case: Case) -> Iterable[Row]:
    """6.1: what each accepted version changed of the accepted one before it, cell by cell."""
    indicators = {indicator.code: indicator for indicator in case.indicators}
    for found in versions(case.reports).values():
        for old, new in pairwise(found):
            cells: dict[tuple[Any, ...], dict[str, Statement]] = defaultdict(dict)
            for side, report in (("old", old), ("new", new)):
                # Of a cell that stands in a report twice, the first is compared with the first.
                times: Counter[tuple[Any, ...]] = Counter()
                for one in report.statements:
                    group = group_of(one, indicators[one.indicator])
                    cell = (one.indicator, one.period, one.place, group, one.deliverable, report.status)
                    times[cell] += 1
                    cells[*cell, times[cell]][side] = one
            for (indicator, period, place, group, deliverable, status, _), sides in cells.items():
                before, after = sides.get("old"), sides.get("new")
                if before and after:
                    if before.value != after.value:
                        change = "value"
                    elif before.qualifier != after.qualifier:
                        change = "qualifier"
                    elif before.deliverable_status != after.deliverable_status:
                        change = "status"
                    else:
                        continue
                else:
                    change = "added" if after else "removed"
                values = [None if one is None or one.value is None else Fraction(one.value) for one in (before, after)]
                yield {
                    "old_receipt_id": old.receipt,
                    "new_receipt_id": new.receipt,
                    "indicator_code": indicator,
                    **_period(period),
                    "place_code": place,
                    **group._asdict(),
                    "deliverable_code": deliverable or None,
                    "data_status": status,
                    "change": change,
                    "old_report_received_at": old.received_at,
                    "restated_at": new.received_at,
                    "old_value": values[0],
                    "new_value": values[1],
                    "old_qualifier": before.qualifier if before else None,
                    "new_qualifier": after.qualifier if after else None,
                    "difference": None if None in values else values[1] - values[0],
                }


def _figure_row(node: Node, figure: Figure) -> Row:
    return {
        "indicator_code": node.indicator,
        "year": node.period.end.year,
        **_period(node.period),
        "is_multi_year": node.period.is_multi_year,
        "value": figure.value,
        "qualifier": figure.qualifier,
        "data_status": node.status,
        "last_received_at": figure.received_at,
        "months_covered": months_covered(node.period, figure),
    }


def months_covered(period: Period, figure: Figure) -> int:
    """How many months the statements behind a figure touch; of a period that crosses years, its length."""
    return len(period.months() if period.is_multi_year else figure.months)


def _by_place(node: Node) -> Row:
    return {"place_code": node.place}


def _headline(case: Case, node: Node, figure: Figure, expected: Sequence[Expected]) -> Row:
    """6.8, 6.9: the national figure beside its target and completeness."""
    indicator = next(one for one in case.indicators if one.code == node.indicator)
    programme = indicator.programme
    target = next(
        (
            one
            for one in case.targets
            if one.indicator == node.indicator and one.status == node.status and one.span.holds(node.period)
        ),
        None,
    )
    baseline, goal = (target.baseline, target.target) if target else (None, None)
    gone = progress(figure.value, baseline, goal)
    owed = [
        one
        for one in expected
        if one.enrolment.programme == programme
        and one.enrolment.status == node.status
        and node.period.holds(one.period)
    ]
    accepted = sum(one.state == "accepted" for one in owed)
    due = sum(one.state != "not_yet_due" for one in owed)
    return {
        **_figure_row(node, figure),
        "objective_code": "SO4",
        "programme_code": programme,
        "baseline": None if baseline is None else Fraction(baseline),
        "target": None if goal is None else Fraction(goal),
        "progress": gone,
        "rating": rating(gone, figure.qualifier, indicator.direction, baseline, goal),
        "reports_accepted": accepted if owed else len(figure.reports),
        "reports_expected": due if owed else None,
        "completeness": Fraction(accepted, due) if due else None,
    }


def _deliverable_rows(case: Case) -> Iterable[Row]:
    for one in deliverables(case):
        yield {
            "deliverable_code": one.code,
            "indicator_code": one.indicator,
            "data_status": one.data_status,
            "status": one.status,
            "times_reported": one.times_reported,
            "first_period_start": one.first_period.start,
            "first_period_end": one.first_period.end,
            "last_period_start": one.last_period.start,
            "last_period_end": one.last_period.end,
            "quantity": 1,
            "first_received_at": one.first_received_at,
            "last_received_at": one.last_received_at,
        }


def _expected_row(one: Expected) -> Row:
    return {
        "organisation_code": one.enrolment.organisation,
        "family": one.enrolment.family,
        "programme_code": one.enrolment.programme,
        **_period(one.period),
        "data_status": one.enrolment.status,
        "due_date": one.due,
        "state": one.state,
        "receipt_id": one.report.receipt if one.report else None,
        "received_date": one.report.received_date if one.report else None,
        "days_late": one.days_late,
    }


def _performance(case: Case, expected: Sequence[Expected]) -> Iterable[Row]:
    """6.9: what each reporter owed by now and sent, period by period, and what nobody had asked for."""
    times = Counter(report_key(report) for report in case.reports)
    asked_for: dict[tuple[Any, ...], list[Expected]] = defaultdict(list)
    for one in expected:
        enrolment = one.enrolment
        asked_for[enrolment.organisation, enrolment.family, one.period, enrolment.status].append(one)
        came = one.report is not None
        yield _performed(
            (enrolment.organisation, enrolment.family, enrolment.programme, one.period, enrolment.status),
            expected=int(one.state != "not_yet_due"),
            received=int(came),
            accepted=int(one.state == "accepted"),
            sent_back=int(one.state == "sent_back"),
            on_time=int(came and one.days_late == 0),
            late=int(came and one.days_late != 0),
            days_late=(one.days_late or 0) if came else 0,
            resubmitted=int(one.report is not None and times[report_key(one.report)] > 1),
        )
    # A report key counts once: by its accepted version, failing that by the last one received.
    outcomes = {
        report_key(report): report
        for report in sorted(case.reports, key=lambda report: (report.is_accepted, report.received_at))
    }
    others: dict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for key, report in outcomes.items():
        cell = (report.organisation, report.family.name, report.period, report.status)
        if cell not in asked_for:
            others[report.organisation, report.family.name, None, report.period, report.status].update(
                received=1,
                accepted=int(report.is_accepted),
                sent_back=int(not report.is_accepted),
                resubmitted=int(times[key] > 1),
            )
    for key_of_row, counts in others.items():
        yield _performed(key_of_row, **counts)


_COUNTS = ("expected", "received", "accepted", "sent_back", "on_time", "late", "days_late", "resubmitted")


def _performed(key: tuple[Any, ...], **counts: int) -> Row:
    organisation, family, programme, period, status = key
    row: Row = {
        "organisation_code": organisation,
        "family": family,
        "programme_code": programme,
        **_period(period),
        "year": period.end.year,
        "data_status": status,
        "unreadable": 0,
        **{name: counts.get(name, 0) for name in _COUNTS},
    }
    shares = {"completeness": "accepted", "timeliness": "on_time"}
    return row | {
        share: Fraction(row[name], row["expected"]) if row["expected"] else None for share, name in shares.items()
    }


def _findings(case: Case, places: Places) -> Iterable[Row]:
    """6.2, 6.4: what should agree, and how often the same two figures stand side by side in one cell."""
    times: Counter[tuple[Any, ...]] = Counter()
    for one in findings(case, places):
        sides = [None if side is None else stored(side) for side in (one.left, one.right)]
        times[one.kind, one.indicator, one.place, one.status, one.period, *sides, one.outcome] += 1
    for key, count in times.items():
        yield dict(zip(_FINDING, key, strict=True)) | {"times": count}


# --- both sides together


def differences(settings: Settings, cases: Sequence[Case], marts: Iterable[str] = MARTS) -> list[Difference]:
    """Every row in which a built warehouse and the oracle do not agree."""
    places, as_of = run.case_places(), run.as_of(settings)
    known = run.received(settings, cases)
    by_mart: dict[str, dict[int, list[Row]]] = {name: defaultdict(list) for name in MARTS}
    for case in known:
        for name, found in expected_rows(case, places, as_of).items():
            by_mart[name][case.number] = found
    receipts = {report.receipt: case.number for case in known for report in case.reports}
    result: list[Difference] = []
    for name in marts:
        mart = MARTS[name]
        built: dict[int, list[Row]] = defaultdict(list)
        for row in run.rows(settings, mart.query or f"select * from marts.{name}"):
            built[_case_of(row, receipts)].append({column: _exact(content) for column, content in row.items()})
        for number in sorted(by_mart[name].keys() | built.keys()):
            result += _compared(number, mart, built[number], by_mart[name][number])
    return result


def _case_of(row: Row, receipts: dict[str, int]) -> int:
    for column in ("indicator_code", "organisation_code", "deliverable_code"):
        if row.get(column):
            return int(row[column][1:6])
    return receipts[row["receipt_id"]]


def _compared(number: int, mart: Mart, built: Sequence[Row], wanted: Sequence[Row]) -> Iterable[Difference]:
    def keyed(rows: Sequence[Row]) -> dict[tuple[Any, ...], list[Row]]:
        found: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
        for row in sorted(rows, key=lambda row: [str(row[column]) for column in columns]):
            found[tuple(row[column] for column in mart.key)].append({column: row[column] for column in columns})
        return found

    columns = list(wanted[0]) if wanted else list(mart.key)
    left, right = keyed(built), keyed(wanted)
    for key in sorted(left.keys() | right.keys(), key=str):
        for found, given in zip_longest(left.get(key, ()), right.get(key, ())):
            # Shares are stored with ten decimals.
            if found is None or given is None or not all(_same(found[name], given[name]) for name in columns):
                yield Difference(number, mart.name, mart.rule, key, found, given)


def _same(found: Any, given: Any) -> bool:
    if isinstance(given, Fraction) and isinstance(found, Fraction):
        return found == stored(given)
    return bool(found == given)
