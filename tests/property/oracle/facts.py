"""What the oracle is given: reports as they were sent, and the registers that say how they add up."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, cached_property
from typing import NamedTuple, TypeVar

T = TypeVar("T")
TOTAL, UNKNOWN = "_T", "_U"
VALUELESS = ("suppressed", "not_applicable", "not_reported")
LOWER = ("more_than", "at_least")
UPPER = ("less_than", "at_most")


class Period(NamedTuple):
    """Two inclusive days."""

    start: dt.date
    end: dt.date

    @property
    def is_multi_year(self) -> bool:
        return self.start.year != self.end.year

    def holds(self, other: "Period") -> bool:
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Period") -> bool:
        return self.start <= other.end and other.start <= self.end

    def months(self) -> frozenset[tuple[int, int]]:
        """The months that the period touches."""
        first, last = self.start.year * 12 + self.start.month - 1, self.end.year * 12 + self.end.month - 1
        return frozenset(divmod(month, 12) for month in range(first, last + 1))

    @property
    def grain(self) -> str:
        """month, quarter, half_year, year, multi_year or custom."""
        return _grain(self)

    @property
    def label(self) -> str:
        """The period as the marts write it: 2019, 2019-H1, 2019-Q2, 2019-04, 2017-2019, 2018-09/2019-06, its days."""
        start, end = self.start, self.end
        if not self.is_whole_months:
            return str(start) if start == end else f"{start}/{end}"
        if (start.month, end.month) == (1, 12):
            return f"{start:%Y}-{end:%Y}" if self.is_multi_year else f"{start:%Y}"
        by_grain = {
            "half_year": f"H{start.month // 6 + 1}",
            "quarter": f"Q{start.month // 3 + 1}",
            "month": f"{start:%m}",
        }
        if self.grain in by_grain:
            return f"{start:%Y}-{by_grain[self.grain]}"
        return f"{start:%Y-%m}/{end:%Y-%m}"

    @property
    def is_whole_months(self) -> bool:
        return self.start.day == 1 and (self.end + dt.timedelta(days=1)).day == 1

    def __str__(self) -> str:
        return f"{self.start}..{self.end}"


GRAINS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


def months(year: int, first: int, count: int) -> Period:
    """The period of `count` whole months from a month on; it may run into a later year."""
    after = dt.date(year + (first + count - 1) // 12, (first + count - 1) % 12 + 1, 1)
    return Period(dt.date(year, first, 1), after - dt.timedelta(days=1))


@cache
def periods_of(year: int, grain: str) -> tuple[Period, ...]:
    """A calendar year's periods of one kind, in order."""
    length = GRAINS[grain]
    return tuple(months(year, first, length) for first in range(1, 13, length))


@cache
def _grain(period: Period) -> str:
    if period.is_multi_year:
        return "multi_year"
    return next((grain for grain in GRAINS if period in periods_of(period.end.year, grain)), "custom")


class Group(NamedTuple):
    """Whom a value is about; `_T` stands for everybody."""

    sex: str = TOTAL
    age_group: str = TOTAL
    residence: str = TOTAL
    population_group: str = TOTAL


EVERYBODY = Group()


@dataclass(frozen=True)
class Statement:
    """One row of a report."""

    indicator: str
    period: Period
    place: str
    group: Group = EVERYBODY
    value: Decimal | None = None
    qualifier: str = "exact"
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    deliverable: str = ""
    deliverable_status: str = ""
    citation: str = "the report"


@dataclass(frozen=True)
class Family:
    """What a contract says about adding up."""

    name: str
    status: str
    key: tuple[str, ...]
    exhaustive: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Report:
    """One file that was received. `received_at` is the receive room's word on the order of arrival."""

    organisation: str
    family: Family
    file_name: str
    received_date: dt.date
    statements: tuple[Statement, ...]
    status: str
    is_accepted: bool = True
    received_at: dt.datetime = dt.datetime.min
    receipt: str = ""

    @property
    def period(self) -> Period:
        """The reporting period: that of its rows."""
        spans = [statement.period for statement in self.statements]
        return Period(min(span.start for span in spans), max(span.end for span in spans))

    @property
    def path(self) -> str:
        return f"{self.organisation}/{self.received_date}/{self.file_name}"


@dataclass(frozen=True)
class Indicator:
    """An indicator with its three rules."""

    code: str
    programme: str
    value_type: str = "count"
    direction: str = "increase"
    is_deliverable_count: bool = False
    across_places: str = "sum"
    across_periods: str = "sum"
    across_sources: str = "sum"
    priority: tuple[str, ...] = ()
    universe_sex: str = ""
    universe_age: str = ""


@dataclass(frozen=True)
class Target:
    """What an indicator should reach in a span of validity."""

    indicator: str
    span: Period
    baseline: Decimal | None
    target: Decimal | None
    status: str


@dataclass(frozen=True)
class Printed:
    """What a publication prints of an indicator. `statement` says what it is held against: `figure` and `total`
    the warehouse's value, `parts` what the parts of a stated total add up to."""

    code: str
    statement: str
    indicator: str
    place: str
    period: Period
    status: str
    value: Decimal
    qualifier: str
    citation: str


@dataclass(frozen=True)
class Side:
    """One side of what publications are held against each other by: figures of a period, or a printed value."""

    period: Period
    indicators: tuple[str, ...] = ()
    value: Decimal | None = None


@dataclass(frozen=True)
class Compared:
    """Published figures that a reader would hold against each other.

    `relation` says what should hold: `whole` (shares are 100 together), `sum` (a figure is the sum of others),
    `share` (a percentage is what figures come to of a printed `denominator`), or nothing (`not_compared`).
    """

    code: str
    relation: str
    place: str
    status: str
    left: Side
    right: Side
    denominator: Decimal | None
    tolerance: Decimal

    @property
    def indicators(self) -> tuple[str, ...]:
        """All that it speaks of; the first is the one that it is listed under."""
        return self.left.indicators + self.right.indicators


@dataclass(frozen=True)
class Enrolment:
    """Who owes which reports, from when to when; the last day may be open."""

    organisation: str
    family: str
    programme: str
    grain: str
    valid_from: dt.date
    valid_to: dt.date | None
    grace_days: int
    status: str


@dataclass(frozen=True)
class Case:
    """One small world of its own: nothing in it meets another case."""

    number: int
    organisations: tuple[str, ...]
    programmes: tuple[str, ...]
    indicators: tuple[Indicator, ...]
    deliverables: tuple[tuple[str, str], ...]
    """Each with the indicator that counts it."""
    targets: tuple[Target, ...]
    enrolments: tuple[Enrolment, ...]
    reports: tuple[Report, ...]
    printed: tuple[Printed, ...] = ()
    compared: tuple[Compared, ...] = ()

    def smaller(self) -> Iterator["Case"]:
        """The case with one report or one half of them, without one indicator, report, row, target,
        enrolment, printed figure or comparison; the smallest first."""
        if len(self.reports) > 2:
            for report in self.reports:
                yield replace(self, reports=(report,))
            middle = len(self.reports) // 2
            yield replace(self, reports=self.reports[:middle])
            yield replace(self, reports=self.reports[middle:])
        if len(self.indicators) > 1:
            for indicator in self.indicators:
                yield self._only(indicator)
        for position in range(len(self.reports)):
            yield replace(self, reports=_without(self.reports, position))
        for position, report in enumerate(self.reports):
            if len(report.statements) > 1:
                for row in range(len(report.statements)):
                    fewer = replace(report, statements=_without(report.statements, row))
                    reports = (*self.reports[:position], fewer, *self.reports[position + 1 :])
                    yield replace(self, reports=reports)
        for position in range(len(self.targets)):
            yield replace(self, targets=_without(self.targets, position))
        for position in range(len(self.enrolments)):
            yield replace(self, enrolments=_without(self.enrolments, position))
        for position in range(len(self.printed)):
            yield replace(self, printed=_without(self.printed, position))
        for position in range(len(self.compared)):
            yield replace(self, compared=_without(self.compared, position))

    def _only(self, indicator: Indicator) -> "Case":
        """The case with one indicator, and of the reports what they say of it."""
        kept = [
            replace(report, statements=tuple(row for row in report.statements if row.indicator == indicator.code))
            for report in self.reports
        ]
        return replace(
            self,
            indicators=(indicator,),
            deliverables=tuple(entry for entry in self.deliverables if entry[1] == indicator.code),
            targets=tuple(target for target in self.targets if target.indicator == indicator.code),
            reports=tuple(report for report in kept if report.statements),
            printed=tuple(one for one in self.printed if one.indicator == indicator.code),
            compared=tuple(one for one in self.compared if set(one.indicators) == {indicator.code}),
        )


def _without(items: tuple[T, ...], position: int) -> tuple[T, ...]:
    return items[:position] + items[position + 1 :]


@dataclass(frozen=True)
class Places:
    """The part of the tree of places that a case speaks of, and how many children each place has in all of it."""

    parents: dict[str, str]
    counted: dict[str, int]

    @cached_property
    def below(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for place, parent in self.parents.items():
            if parent:
                found.setdefault(parent, []).append(place)
        return {parent: tuple(places) for parent, places in found.items()}

    def within(self, place: str) -> set[str]:
        """The place and all below it."""
        return {place}.union(*(self.within(child) for child in self.below.get(place, ())))
