"""Cases in which the warehouse once differed from the rules, or might: each small, with its figures by hand."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from tests.property.oracle.cases import FAMILIES
from tests.property.oracle.facts import (
    EVERYBODY,
    Case,
    Group,
    Indicator,
    Period,
    Report,
    Statement,
    months,
)

_AGE_REPORT = next(family for family in FAMILIES if family.name == "age_report")
_FIGURES = next(family for family in FAMILIES if family.name == "figures")
_YEAR, _QUARTER, _MONTH = months(2019, 1, 12), months(2019, 1, 3), months(2019, 1, 1)


@dataclass(frozen=True)
class Found:
    """A case with the figures of one of its indicators that the marts must show."""

    name: str
    case: Case
    shown: tuple[tuple[str, Group, str, str | None, str], ...]
    """Place, group, period label, value and qualifier."""


def _row(place: str, period: Period, value: str | None, qualifier: str = "exact", **more: str) -> Statement:
    group = Group(**{name: more.pop(name) for name in Group._fields if name in more})
    parts = {name: Decimal(more[name]) for name in ("numerator", "denominator") if name in more}
    return Statement("", period, place, group, None if value is None else Decimal(value), qualifier, **parts)


def _found(
    number: int,
    name: str,
    rules: dict[str, str],
    reports: tuple[tuple[Statement, ...], ...],
    shown: tuple[tuple[str, Group, str, str | None, str], ...],
    family: object = _AGE_REPORT,
) -> Found:
    prefix = f"C{number:05}"
    indicator = Indicator(f"{prefix}_I0", f"{prefix}_P", **rules)
    made = tuple(
        Report(
            f"{prefix}_A",
            family,  # type: ignore[arg-type]
            f"r{position}.csv",
            dt.date(2020, 1, 5) + dt.timedelta(days=position),
            tuple(Statement(indicator.code, *_fields(row)) for row in rows),
            family.status,  # type: ignore[attr-defined]
        )
        for position, rows in enumerate(reports)
    )
    case = Case(number, (f"{prefix}_A",), (f"{prefix}_P",), (indicator,), (), (), (), made)
    return Found(name, case, shown)


def _fields(row: Statement) -> tuple[object, ...]:
    return (row.period, row.place, row.group, row.value, row.qualifier, row.numerator, row.denominator)


GIRLS, BOYS = Group(sex="F"), Group(sex="M")
FOUND = (
    _found(
        99001,
        "crossed categories give the total, and the girls of all ages",
        {},
        (
            (
                _row("MA", _YEAR, "1", sex="F", age_group="Y0T9"),
                _row("MA", _YEAR, "2", sex="F", age_group="Y10T17"),
                _row("MA", _YEAR, "4", sex="M", age_group="Y0T9"),
                _row("MA", _YEAR, "8", sex="M", age_group="Y10T17"),
            ),
        ),
        (
            ("MA", EVERYBODY, "2019", "15", "exact"),
            ("MA", GIRLS, "2019", "3", "exact"),
            ("MA", BOYS, "2019", "12", "exact"),
        ),
    ),
    _found(
        99002,
        "a total of which a category is missing yields to the places below",
        {},
        (
            (
                _row("MA-01", _YEAR, "5", sex="F"),
                _row("MA-TNG", _YEAR, "7"),
                _row("MA-TET", _YEAR, "6"),
            ),
        ),
        (("MA-01", EVERYBODY, "2019", "13", "exact"), ("MA-01", GIRLS, "2019", "5", "exact")),
    ),
    _found(
        99009,
        "whom a report calls unknown is in the total",
        {},
        ((_row("MA", _YEAR, "5", sex="F"), _row("MA", _YEAR, "3", sex="M"), _row("MA", _YEAR, "2", sex="_U")),),
        (("MA", EVERYBODY, "2019", "10", "exact"),),
    ),
    _found(
        99003,
        "an average with a part that was not reported is approximate, no lower bound",
        {"across_places": "avg"},
        ((_row("MA-TNG", _YEAR, "4"), _row("MA-TET", _YEAR, "7"), _row("MA-FAH", _YEAR, None, "not_reported")),),
        (("MA-01", EVERYBODY, "2019", "5.5", "approximate"),),
    ),
    _found(
        99004,
        "a ratio with a part that was suppressed is approximate, no lower bound",
        {"value_type": "percent", "across_places": "ratio", "across_periods": "latest", "across_sources": "ratio"},
        (
            (
                _row("MA-TNG", _YEAR, "50", numerator="1", denominator="2"),
                _row("MA-TET", _YEAR, "25", numerator="1", denominator="4"),
                _row("MA-FAH", _YEAR, None, "suppressed"),
            ),
        ),
        (("MA-01", EVERYBODY, "2019", "33.3333333333", "approximate"),),
    ),
    _found(
        99005,
        "places that have no value yield to the periods that have one",
        {},
        (
            (
                _row("MA-TNG", _YEAR, None, "suppressed"),
                _row("MA-01", _QUARTER, "3"),
                _row("MA-01", months(2019, 4, 3), "4"),
            ),
        ),
        (("MA-01", EVERYBODY, "2019", "7", "exact"),),
        _FIGURES,
    ),
    _found(
        99006,
        "a blank total yields to the sum of the categories",
        {},
        ((_row("MA", _YEAR, None, "not_reported"), _row("MA", _YEAR, "2", sex="F"), _row("MA", _YEAR, "3", sex="M")),),
        (("MA", EVERYBODY, "2019", "5", "exact"),),
    ),
    _found(
        99007,
        "a province reported by month joins a region reported by year",
        {},
        (
            (
                _row("MA-TNG", _YEAR, "10"),
                _row("MA-TET", _MONTH, "1"),
                _row("MA-TET", months(2019, 2, 1), "2"),
            ),
        ),
        (("MA-01", EVERYBODY, "2019", "13", "exact"), ("MA-TET", EVERYBODY, "2019", "3", "exact")),
        _FIGURES,
    ),
    _found(
        99008,
        "a span that crosses a reported month is left out, and the sum is a lower bound",
        {},
        (
            (
                _row("MA", _MONTH, "5"),
                _row("MA", Period(dt.date(2019, 1, 15), dt.date(2019, 2, 20)), "9"),
            ),
        ),
        (("MA", EVERYBODY, "2019", "5", "at_least"),),
        _FIGURES,
    ),
    _found(
        99010,
        "a span that is left out stands for nothing, so that the month within it counts",
        {},
        (
            (
                _row("MA", _MONTH, "5"),
                _row("MA", months(2019, 2, 1), "6"),
                _row("MA", Period(dt.date(2019, 1, 1), dt.date(2019, 2, 15)), "9"),
            ),
        ),
        (("MA", EVERYBODY, "2019", "11", "at_least"),),
        _FIGURES,
    ),
    _found(
        99011,
        "a span over two half years of which one is stated leaves the months of the other",
        {},
        (
            (
                _row("MA", months(2019, 4, 1), "5"),
                _row("MA", months(2019, 5, 1), "6"),
                _row("MA", months(2019, 7, 6), "20"),
                _row("MA", months(2019, 4, 6), "12"),
            ),
        ),
        (("MA", EVERYBODY, "2019", "31", "at_least"),),
        _FIGURES,
    ),
)
