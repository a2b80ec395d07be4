"""Section 6 of the design, rule by rule, by brute force.

Every function names the rule it carries (6.1 to 6.9). Figures are exact fractions; where the warehouse
stores a figure it has ten decimals, and what comes next starts from what was stored.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from tests.property.oracle.facts import (
    EVERYBODY,
    GRAINS,
    LOWER,
    TOTAL,
    UPPER,
    VALUELESS,
    Case,
    Enrolment,
    Family,
    Group,
    Indicator,
    Period,
    Places,
    Report,
    Statement,
    months,
    periods_of,
)

PLACES = 10


def stored(value: Fraction) -> Fraction:
    """A value with ten decimals, halves away from zero."""
    scaled = abs(value) * 10**PLACES
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    whole += 2 * rest >= scaled.denominator
    return Fraction(whole if value >= 0 else -whole, 10**PLACES)


class Figure(NamedTuple):
    """A value with what it is worth, and the statements that it comes from."""

    value: Fraction | None
    qualifier: str
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    received_at: dt.datetime = dt.datetime.min
    months: frozenset[tuple[int, int]] = frozenset()
    reports: frozenset[str] = frozenset()
    is_partial: bool = False
    """Added up from declared categories of which some are missing."""

    @property
    def is_ratio(self) -> bool:
        return self.numerator is not None and self.denominator is not None


def _behind(parts: Iterable[Figure]) -> dict[str, object]:
    """What a figure inherits from its parts beside the value."""
    kept = list(parts)
    return {
        "received_at": max(part.received_at for part in kept),
        "months": frozenset().union(*(part.months for part in kept)),
        "reports": frozenset().union(*(part.reports for part in kept)),
    }


# --- 6.7 qualifiers


def qualifier_of_sum(qualifiers: Iterable[str]) -> str:
    """6.7: the qualifier of what is added up, or averaged, from parts of these qualifiers."""
    kinds = set(qualifiers)
    lower, upper = kinds.intersection(LOWER), kinds.intersection(UPPER)
    if (lower and upper) or ((lower or upper) and "approximate" in kinds):
        return "approximate"
    if lower:
        return "at_least" if "at_least" in lower else "more_than"
    if upper:
        return "at_most" if "at_most" in upper else "less_than"
    return "approximate" if "approximate" in kinds else "exact"


def without_value(parts: Sequence[Figure]) -> Figure:
    """6.7: parts of which none has a value. One that was suppressed or not reported may have been
    something; only where all parts do not apply, the whole does not."""
    qualifiers = {part.qualifier for part in parts}
    qualifier = next(kind for kind in ("suppressed", "not_reported", "not_applicable") if kind in qualifiers)
    return Figure(None, qualifier, **_behind(parts))


# --- 6.3 the rules of putting figures together


def put_together(rule: str, parts: Sequence[Figure], percent: bool, missing: int = 0) -> Figure | None:
    """6.3 with 6.7: sum, max, avg or ratio of some figures; `missing` parts were never stated at all.

    A percentage without numerator and denominator is not rolled up: None where nothing else is there.
    """
    rolled = [part for part in parts if not (percent and part.value is not None and not part.is_ratio)]
    if not rolled:
        return None
    applying = [part for part in rolled if part.qualifier != "not_applicable"]
    known = [part for part in applying if part.value is not None]
    if not known:
        return without_value(rolled)
    if rule == "max":
        return largest(known)
    if rule == "ratio":
        return ratio(known, len(rolled) < len(parts) or len(known) < len(applying), percent)
    value = sum((part.value for part in known), Fraction())
    qualifiers = [part.qualifier for part in known]
    if rule == "avg":
        return Figure(stored(value / len(known)), qualifier_of_sum(qualifiers), **_behind(applying))
    if len(applying) > len(known) or missing:
        qualifiers.append("at_least")
    return Figure(value, qualifier_of_sum(qualifiers), **_behind(applying))


def largest(known: Sequence[Figure]) -> Figure:
    """6.3, 6.7: the largest value, with its own qualifier."""
    chosen = max(known, key=lambda part: (part.value, part.qualifier == "exact"))
    return chosen._replace(**_behind(known))


def ratio(known: Sequence[Figure], is_incomplete: bool, percent: bool) -> Figure | None:
    """6.3: numerators and denominators are added, and divided once."""
    ratios = [part for part in known if part.is_ratio]
    numerator = sum((part.numerator for part in ratios), Fraction())
    denominator = sum((part.denominator for part in ratios), Fraction())
    if not denominator:
        return None
    qualifier = qualifier_of_sum([part.qualifier for part in ratios] + ["approximate"] * is_incomplete)
    value = stored(numerator / denominator * (100 if percent else 1))
    return Figure(value, qualifier, numerator, denominator, **_behind(ratios))


def latest(parts: Sequence[tuple[Period, Figure]]) -> Figure:
    """6.3: over periods, the last one of which there is a value."""
    known = [(period, part) for period, part in parts if part.value is not None]
    if not known:
        return without_value([part for _, part in parts])
    return max(known, key=lambda entry: (entry[0].end, entry[0].start))[1]


# --- 6.1 the standing version


def report_key(report: Report) -> str:
    """6.1: what makes a later report replace an earlier one."""
    known = {
        "organisation_code": report.organisation,
        "family": report.family.name,
        "period": f"{report.period.start}/{report.period.end}",
        "file_name": report.file_name,
    }
    return "|".join(known[part] for part in report.family.key)


def versions(reports: Iterable[Report]) -> dict[str, list[Report]]:
    """6.1: the accepted reports of each key, in the order in which they were received."""
    found: dict[str, list[Report]] = defaultdict(list)
    for report in sorted(reports, key=lambda report: report.received_at):
        if report.is_accepted:
            found[report_key(report)].append(report)
    return found


def standing(reports: Iterable[Report]) -> list[Report]:
    """6.1: of each key, the accepted report received last, whole."""
    return [known[-1] for known in versions(reports).values()]


# --- 6.2 inside a report


def stated(statement: Statement, report: Report) -> Figure:
    """One row as a figure."""
    fraction = {
        name: None if given is None else Fraction(given)
        for name, given in (
            ("value", statement.value),
            ("numerator", statement.numerator),
            ("denominator", statement.denominator),
        )
    }
    return Figure(
        **fraction,
        qualifier=statement.qualifier,
        received_at=report.received_at,
        months=statement.period.months(),
        reports=frozenset({report.receipt}),
    )


def group_of(statement: Statement, indicator: Indicator) -> Group:
    """6.2: whom a row is about; the indicator's whole universe is everybody."""
    group = statement.group
    if indicator.universe_sex and group.sex == indicator.universe_sex:
        group = group._replace(sex=TOTAL)
    if indicator.universe_age and group.age_group == indicator.universe_age:
        group = group._replace(age_group=TOTAL)
    return group


def total(group: Group, cells: dict[Group, Figure], family: Family, percent: bool) -> Figure | None:
    """6.2: what a report says of a group: a stated figure; else the categories of the contract's first
    exhaustive dimension that are all there, each stated or a total itself; else those that are there."""
    if group in cells:
        return cells[group]
    partial: Figure | None = None
    for dimension, categories in family.exhaustive.items():
        if getattr(group, dimension) != TOTAL:
            continue
        parts = [total(group._replace(**{dimension: category}), cells, family, percent) for category in categories]
        found = [part for part in parts if part is not None]
        if not found:
            continue
        figure = put_together("sum", found, percent, len(parts) - len(found))
        if figure is None:
            continue
        if len(found) == len(parts) and not any(part.is_partial for part in found):
            return figure
        partial = partial or figure._replace(is_partial=True)
    return partial


# --- 6.4, 6.5 places and periods as trees


def holder(period: Period) -> Period | None:
    """6.4: the smallest month, quarter, half year or year that holds a period inside a year."""
    if period.is_multi_year:
        return None
    nodes = [node for grain in GRAINS for node in periods_of(period.end.year, grain)]
    return next((node for node in nodes if node != period and node.holds(period)), None)


class Series:
    """6.3, 6.4: what one organisation states of one indicator and group, rolled up over places and periods."""

    def __init__(self, indicator: Indicator, places: Places, cells: dict[tuple[str, Period], Figure]):
        self._indicator = indicator
        self._places = places
        self._cells = cells
        self._percent = indicator.value_type == "percent"
        self._known: dict[tuple[str, Period], Figure | None] = {}
        self.periods = {period for _, period in cells}
        for period in list(self.periods):
            node = holder(period)
            while node is not None:
                self.periods.add(node)
                node = holder(node)

    def figures(self) -> dict[tuple[str, Period], Figure]:
        """Every node of which there is a figure."""
        nodes = [(place, period) for place in self._places.parents for period in self.periods]
        return {node: figure for node in nodes if (figure := self.figure(*node)) is not None}

    def figure(self, place: str, period: Period) -> Figure | None:
        """6.4: what was reported for a node stands; otherwise its places, and then its periods, give it."""
        node = (place, period)
        if node not in self._known:
            self._known[node] = self._figure(place, period)
        return self._known[node]

    def _figure(self, place: str, period: Period) -> Figure | None:
        own = self._cells.get((place, period))
        if own is not None and own.value is not None and not own.is_partial:
            return own
        below = self._places.within(place) - {place}
        rolled = None
        if self._indicator.across_places != "none" and any((other, period) in self._cells for other in below):
            rolled = self._from_places(place, period)
        if rolled is None or rolled.value is None:
            by_periods = self._from_periods(place, period)
            rolled = by_periods if by_periods is not None and (rolled is None or by_periods.value is not None) else rolled
        if rolled is None or (rolled.value is None and own is not None) :
            return own
        return rolled

    def _from_places(self, place: str, period: Period) -> Figure | None:
        """6.3: a place from the places directly below it, in one period."""
        children = [self.figure(child, period) for child in self._places.below.get(place, ())]
        parts = [child for child in children if child is not None]
        return put_together(self._indicator.across_places, parts, self._percent) if parts else None

    def _from_periods(self, place: str, period: Period) -> Figure | None:
        """6.3: a period from those directly inside it, in one place; spans that overlap are never added."""
        rule = "latest" if self._indicator.across_places == "ratio" else self._indicator.across_periods
        if rule == "none":
            return None
        children = [
            (inner, figure)
            for inner in self.periods
            if holder(inner) == period and (figure := self.figure(place, inner)) is not None
        ]
        if self._percent:
            children = [(inner, part) for inner, part in children if part.value is None or part.is_ratio]
        if not children:
            return None
        if rule == "latest":
            return latest(children)
        if rule != "max":
            children = apart(children)
        return put_together(rule, [part for _, part in children], self._percent)


def apart(children: Sequence[tuple[Period, Figure]]) -> list[tuple[Period, Figure]]:
    """6.4: of spans that overlap one stands: months, quarters and half years before other spans, then the
    longer, then the earlier one."""
    def rank(child: tuple[Period, Figure]) -> tuple[bool, dt.timedelta, dt.date]:
        period = child[0]
        return period.grain == "custom", period.start - period.end, period.start

    kept: list[tuple[Period, Figure]] = []
    for period, figure in sorted(children, key=rank):
        if not any(period.overlaps(other) for other, _ in kept):
            kept.append((period, figure))
    return sorted(kept, key=lambda child: child[0])


# --- 6.3 sources


def across_sources(indicator: Indicator, figures: dict[str, Figure]) -> tuple[Figure, str]:
    """6.3: the organisations' figures of one node together; with `priority`, whose it is."""
    percent = indicator.value_type == "percent"
    if indicator.across_sources == "priority":
        ranks = {organisation: rank for rank, organisation in enumerate(indicator.priority)}
        order = sorted(
            figures,
            key=lambda organisation: (
                figures[organisation].value is None,
                figures[organisation].is_partial,
                ranks.get(organisation, len(ranks)),
                organisation,
            ),
        )
        return figures[order[0]], order[0]
    if len(figures) == 1:
        return next(iter(figures.values())), next(iter(figures))
    together = put_together(indicator.across_sources, list(figures.values()), percent)
    if together is None:
        chosen = max(figures, key=lambda organisation: (figures[organisation].received_at, organisation))
        return figures[chosen], chosen
    return together, ""


# --- 6.6 deliverables

STATUSES = ("planned", "in_progress", "under_approval", "done")


@dataclass(frozen=True)
class Deliverable:
    """6.6: one deliverable in one data status, whoever reported it, and however often."""

    code: str
    indicator: str
    data_status: str
    status: str
    times_reported: int
    first_period: Period
    last_period: Period
    first_received_at: dt.datetime
    last_received_at: dt.datetime
    statements: tuple[tuple[Report, Statement], ...]


def deliverables(case: Case) -> list[Deliverable]:
    """6.6: each counts once, in the earliest period it was stated for; its status is that of the report
    received last, of several in that report the most advanced."""
    found: dict[tuple[str, str], list[tuple[Report, Statement]]] = defaultdict(list)
    for report in standing(case.reports):
        for statement in report.statements:
            if statement.deliverable:
                found[statement.deliverable, report.status].append((report, statement))
    counted_by = dict(case.deliverables)
    result = []
    for (code, data_status), known in found.items():
        last = max(report.received_at for report, _ in known)
        spans = [statement.period for _, statement in known]
        status = max(
            (statement.deliverable_status for report, statement in known if report.received_at == last),
            key=lambda state: STATUSES.index(state) if state in STATUSES else -1,
        )
        result.append(
            Deliverable(
                code,
                counted_by[code],
                data_status,
                status,
                len(known),
                min(spans, key=lambda span: (span.end, span.start)),
                max(spans, key=lambda span: (span.end, span.start)),
                min(report.received_at for report, _ in known),
                last,
                tuple(known),
            )
        )
    return result


# --- the figures of a case


class Node(NamedTuple):
    """Where a figure stands."""

    indicator: str
    status: str
    group: Group
    place: str
    period: Period


def figures_by_organisation(case: Case, places: Places) -> dict[Node, dict[str, Figure]]:
    """6.2 to 6.5: every organisation's figure of every node, each by itself."""
    indicators = {indicator.code: indicator for indicator in case.indicators}
    # what each report says, cell by cell
    cells: dict[tuple[str, str, str], dict[tuple[Group, str, Period], Figure]] = defaultdict(dict)
    for report in sorted(standing(case.reports), key=lambda report: report.received_at):
        inside: dict[tuple[str, str, Period], dict[Group, Figure]] = defaultdict(dict)
        for statement in report.statements:
            indicator = indicators[statement.indicator]
            if indicator.is_deliverable_count:
                continue
            group = group_of(statement, indicator)
            inside[indicator.code, statement.place, statement.period][group] = stated(statement, report)
        for (code, place, period), known in inside.items():
            percent = indicators[code].value_type == "percent"
            groups = set(known)
            for group in known:
                groups |= margins(group, report.family)
            series = cells[report.organisation, code, report.status]
            for group in groups:
                figure = total(group, known, report.family, percent)
                cell = (group, place, period)
                if figure is not None and (cell not in series or not figure.is_partial or series[cell].is_partial):
                    series[cell] = figure
    result: dict[Node, dict[str, Figure]] = defaultdict(dict)
    for (organisation, code, status), series in cells.items():
        for group in {group for group, _, _ in series}:
            own = {(place, period): figure for (whom, place, period), figure in series.items() if whom == group}
            for (place, period), figure in Series(indicators[code], places, own).figures().items():
                result[Node(code, status, group, place, period)][organisation] = figure
    return result


def margins(group: Group, family: Family) -> set[Group]:
    """The groups that a stated group may be a part of: any of its exhaustive dimensions taken together."""
    found = {group}
    for dimension, categories in family.exhaustive.items():
        found |= {known._replace(**{dimension: TOTAL}) for known in found if getattr(known, dimension) in categories}
    return found


def figures(case: Case, places: Places) -> dict[Node, Figure]:
    """6.3: the figure of every node, all organisations together."""
    indicators = {indicator.code: indicator for indicator in case.indicators}
    found = {
        node: across_sources(indicators[node.indicator], known)[0]
        for node, known in figures_by_organisation(case, places).items()
    }
    return found | deliverable_counts(case, places)


def deliverable_counts(case: Case, places: Places) -> dict[Node, Figure]:
    """6.6: how many deliverables a node counts, each by its identity, in the period it counts in."""
    found: dict[Node, list[Deliverable]] = defaultdict(list)
    for deliverable in deliverables(case):
        period: Period | None = deliverable.first_period
        where = {statement.place for _, statement in deliverable.statements}
        while period is not None:
            for place in places.parents:
                if places.within(place) & where:
                    found[Node(deliverable.indicator, deliverable.data_status, EVERYBODY, place, period)].append(
                        deliverable
                    )
            period = holder(period)
    return {
        node: Figure(
            Fraction(len(known)), "exact", received_at=max(one.last_received_at for one in known)
        )
        for node, known in found.items()
    }


# --- 6.8 progress


def progress(value: Fraction | None, baseline: Decimal | None, target: Decimal | None) -> Fraction | None:
    """6.8: how much of the way from the baseline to the target was gone; unknown when a part is missing."""
    if value is None or baseline is None or target is None or baseline == target:
        return None
    return stored((value - Fraction(baseline)) / (Fraction(target) - Fraction(baseline)))


def rating(gone: Fraction | None) -> str:
    """6.8: the progress in a word."""
    if gone is None:
        return "unknown"
    return "achieved" if gone >= 1 else "on_track" if gone >= Fraction(3, 4) else "behind"


# --- 6.9 completeness


@dataclass(frozen=True)
class Expected:
    """6.9: a report that an enrolment asks for, and what became of it."""

    enrolment: Enrolment
    period: Period
    state: str
    report: Report | None
    due: dt.date
    days_late: int | None


def expected_reports(case: Case, as_of: dt.date) -> list[Expected]:
    """6.9: each period of the rhythm that lies within an enrolment."""
    result = []
    for enrolment in case.enrolments:
        last = enrolment.valid_to or as_of
        for year in range(enrolment.valid_from.year, last.year + 1):
            for period in periods_of(year, enrolment.grain):
                if period.start < enrolment.valid_from or (enrolment.valid_to and period.end > enrolment.valid_to):
                    continue
                if period.start > as_of:
                    continue
                result.append(_expected(case, enrolment, period, as_of))
    return result


def _expected(case: Case, enrolment: Enrolment, period: Period, as_of: dt.date) -> Expected:
    due = period.end + dt.timedelta(days=enrolment.grace_days)
    sent = [
        report
        for report in sorted(case.reports, key=lambda report: report.received_at)
        if (report.organisation, report.family.name, report.period, report.status)
        == (enrolment.organisation, enrolment.family, period, enrolment.status)
    ]
    accepted = [report for report in sent if report.is_accepted]
    report = accepted[0] if accepted else sent[-1] if sent else None
    if report is not None:
        state = "accepted" if report.is_accepted else "sent_back"
        late: int | None = max((report.received_date - due).days, 0)
    elif as_of <= period.end:
        state, late = "not_yet_due", None
    elif as_of <= due:
        state, late = "due", None
    else:
        state, late = "overdue", (as_of - due).days
    return Expected(enrolment, period, state, report, due, late)
