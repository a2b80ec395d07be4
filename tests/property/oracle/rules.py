"""Section 6 of the design, rule by rule, by brute force.

Every function names the rule it carries (6.1 to 6.9). Figures are exact fractions; where the warehouse
stores a figure it has ten decimals, and what comes next starts from what was stored.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import combinations
from typing import NamedTuple

from tests.property.oracle.facts import (
    EVERYBODY,
    GRAINS,
    LOWER,
    TOTAL,
    UNKNOWN,
    UPPER,
    Case,
    Compared,
    Enrolment,
    Family,
    Group,
    Indicator,
    Period,
    Places,
    Report,
    Side,
    Statement,
    periods_of,
)

DECIMALS = 10
COUNTRY = "MA"


def stored(value: Fraction) -> Fraction:
    """A value with ten decimals, halves away from zero."""
    scaled = abs(value) * 10**DECIMALS
    whole, rest = divmod(scaled.numerator, scaled.denominator)
    whole += 2 * rest >= scaled.denominator
    return Fraction(whole if value >= 0 else -whole, 10**DECIMALS)


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
    is_sum: bool = False
    """Added up from declared categories."""
    parts: int = 0
    """How many parts with a value it was put together from."""
    citation: str = ""
    """What states it; of a sum of categories the first, by its text, of those that state them."""

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
        "is_partial": False,
        "is_sum": False,
        "parts": sum(part.value is not None for part in kept),
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


# Of equal values a maximum takes the one that may be the larger.
_HEIGHT = ("less_than", "at_most", "exact", "approximate", "at_least", "more_than")


def put_together(rule: str, parts: Sequence[Figure], percent: bool, missing: int = 0) -> Figure | None:
    """6.3 with 6.7: sum, max, avg or ratio of some figures; `missing` parts were never stated at all.

    None where there are values, but none that the rule can take: bare percentages under `ratio`.
    """
    known = [part for part in parts if part.value is not None and (rule != "ratio" or part.is_ratio)]
    if not known:
        return None if any(part.value is not None for part in parts) else without_value(parts)
    is_incomplete = missing > 0 or any(part not in known and part.qualifier != "not_applicable" for part in parts)
    if rule == "max":
        chosen = max(known, key=lambda part: (part.value, _HEIGHT.index(part.qualifier)))
        return chosen._replace(**_behind(parts))
    if rule == "sum":
        # What is missing can only make a sum larger.
        qualifier = qualifier_of_sum([part.qualifier for part in known] + ["at_least"] * is_incomplete)
        return Figure(sum((part.value for part in known), Fraction()), qualifier, **_behind(parts))
    # It may move an average or a ratio either way.
    qualifier = "approximate" if is_incomplete else qualifier_of_sum(part.qualifier for part in known)
    if rule == "avg":
        average = sum((part.value for part in known), Fraction()) / len(known)
        return Figure(stored(average), qualifier, **_behind(parts))
    numerator = sum((part.numerator for part in known), Fraction())
    denominator = sum((part.denominator for part in known), Fraction())
    value = stored(numerator / denominator * (100 if percent else 1))
    return Figure(value, qualifier, numerator, denominator, **_behind(parts))


def is_bare(part: Figure) -> bool:
    """6.3: of a percentage, that numerator and denominator are not there: it stays where it was stated."""
    return not part.is_ratio


def latest(parts: Sequence[tuple[Period, Figure]]) -> Figure:
    """6.3: over periods, the last one of which there is a value, or the last one where there is none. The
    others are not behind it, but the months they cover are covered."""
    _, chosen = max(parts, key=lambda entry: (entry[1].value is not None, entry[0].end, entry[0].start))
    if chosen.value is None:
        chosen = chosen._replace(qualifier=without_value([part for _, part in parts]).qualifier)
    return chosen._replace(months=frozenset().union(*(part.months for _, part in parts)), is_partial=False)


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
        months=frozenset() if statement.value is None else statement.period.months(),
        reports=frozenset({report.receipt}),
        citation=statement.citation,
    )


def group_of(statement: Statement, indicator: Indicator) -> Group:
    """6.2: whom a row is about; the indicator's whole universe is everybody."""
    group = statement.group
    if indicator.universe_sex and group.sex == indicator.universe_sex:
        group = group._replace(sex=TOTAL)
    if indicator.universe_age and group.age_group == indicator.universe_age:
        group = group._replace(age_group=TOTAL)
    return group


def totals(group: Group, cells: dict[Group, list[Figure]], family: Family) -> list[Figure]:
    """6.2: what a report says of a group, the best first: a stated figure, before what the categories of
    the contract's exhaustive dimensions add up to, in the contract's order. A sum of which a category is
    missing comes after them, and a blank after everything. Each category is stated, or a total itself."""
    found = list(cells.get(group, ()))
    for dimension, categories in family.exhaustive.items():
        if getattr(group, dimension) != TOTAL:
            continue
        known = [totals(group._replace(**{dimension: category}), cells, family) for category in categories]
        missing = sum(not best for best in known)
        # Whom the report itself calls unknown is in no category, and in the total.
        known.append(totals(group._replace(**{dimension: UNKNOWN}), cells, family))
        parts = [best[0] for best in known if best]
        if parts:
            figure = put_together("sum", parts, percent=False, missing=missing)
            is_partial = missing > 0 or any(part.is_partial for part in parts)
            citation = min(part.citation for part in parts)
            found.append(figure._replace(is_partial=is_partial, is_sum=True, citation=citation))
    return sorted(found, key=yielding)


def yielding(figure: Figure) -> tuple[bool, bool]:
    """6.2, 6.4: a blank yields to everything, and a sum of which a category is missing to all others."""
    return figure.value is None and figure.qualifier == "not_reported", figure.is_partial


# --- 6.4, 6.5 places and periods as trees


@cache
def holder(period: Period) -> Period | None:
    """6.4: the smallest month, quarter, half year or year that holds a period inside a year."""
    nodes = [node for grain in GRAINS for node in periods_of(period.end.year, grain)]
    return next((node for node in nodes if node != period and node.holds(period)), None)


class Comparison(NamedTuple):
    """6.2, 6.4: a stated total beside the sum of its parts."""

    place: str
    period: Period
    total: Figure
    parts: Figure
    is_whole: bool

    @property
    def outcome(self) -> str:
        """agreed, rounding or different; empty where the parts are not all there and may still agree."""
        total, parts = self.total.value, self.parts.value
        assert total is not None and parts is not None
        if not self.is_whole and parts <= total:
            return ""
        if (
            total == parts
            or (self.total.qualifier in LOWER and parts >= total)
            or (self.total.qualifier in UPPER and parts <= total)
            or (self.parts.qualifier in LOWER and parts <= total)
            or (self.parts.qualifier in UPPER and parts >= total)
        ):
            return "agreed"
        is_near = abs(parts - total) <= abs(total) * Fraction(2, 100)
        return "rounding" if is_near and "approximate" in (self.total.qualifier, self.parts.qualifier) else "different"


class Series:
    """6.3, 6.4: what one organisation states of one indicator and group, rolled up over places and periods."""

    def __init__(self, indicator: Indicator, places: Places, cells: dict[tuple[str, Period], Figure]):
        self._indicator = indicator
        self._places = places
        self._cells = cells
        self._is_percent = indicator.value_type == "percent"
        self._known: dict[tuple[str, Period], tuple[Figure, str] | None] = {}
        self._periods = {period for _, period in cells}
        for period in list(self._periods):
            node = holder(period)
            while node is not None:
                self._periods.add(node)
                node = holder(node)

    def figures(self) -> dict[tuple[str, Period], Figure]:
        """6.5: the years, the periods that cross years, and what is not rolled up into a year: periods of
        an indicator that is not rolled up over periods, and percentages without numerator and denominator."""
        found = {}
        for place in self._places.parents:
            for period in self._periods:
                node = self._node(place, period)
                if node is not None and (
                    period.grain in ("year", "multi_year")
                    or self._over_periods == "none"
                    or (self._is_percent and is_bare(node[0]))
                ):
                    found[place, period] = node[0]
        return found

    @property
    def _over_periods(self) -> str:
        """6.3: over periods a ratio takes the latest."""
        indicator = self._indicator
        is_ratio = "ratio" in (indicator.across_places, indicator.across_sources)
        return "latest" if is_ratio and indicator.across_periods != "none" else indicator.across_periods

    def comparisons(self) -> list["Comparison"]:
        """6.4: the stated nodes that stand beside the sums of their places and of their periods."""
        found = []
        for (place, period), own in self._cells.items():
            candidates = self._candidates(place, period)
            if min(candidates, key=_less)[1] != "stated" or own.value is None:
                continue
            for figure, basis in candidates[1:]:
                rule = self._indicator.across_places if basis == "places" else self._over_periods
                if rule == "sum" and figure.value is not None:
                    # Of the places those that the register knows, of the periods all months must be there.
                    is_whole = figure.parts == self._places.counted.get(place, 0)
                    if basis == "periods":
                        is_whole = figure.months == own.months
                    found.append(Comparison(place, period, own, figure, is_whole))
        return found

    def _node(self, place: str, period: Period) -> tuple[Figure, str] | None:
        """6.4: what was reported for a node stands; otherwise its places give it, otherwise its periods."""
        node = (place, period)
        if node not in self._known:
            self._known[node] = min(self._candidates(place, period), key=_less, default=None)
        return self._known[node]

    def _candidates(self, place: str, period: Period) -> list[tuple[Figure, str]]:
        candidates = (
            ("stated", self._cells.get((place, period))),
            ("places", self._from_places(place, period)),
            ("periods", self._from_periods(place, period)),
        )
        return [(figure, basis) for basis, figure in candidates if figure is not None]

    def _from_places(self, place: str, period: Period) -> Figure | None:
        """6.3: a place from the places directly below it, in one period that was stated for one of them."""
        rule = self._indicator.across_places
        parts = [node for child in self._places.below.get(place, ()) if (node := self._node(child, period))]
        if self._is_percent and rule != "ratio":
            parts = [part for part in parts if not is_bare(part[0])]
        if rule == "none" or all(basis == "periods" for _, basis in parts):
            return None
        return put_together(rule, [figure for figure, _ in parts], self._is_percent)

    def _from_periods(self, place: str, period: Period) -> Figure | None:
        """6.3: a period from those directly inside it, in one place."""
        rule = self._over_periods
        inside = [inner for inner in self._periods if holder(inner) == period]
        parts = [(inner, node[0]) for inner in inside if (node := self._node(place, inner))]
        if self._is_percent:
            parts = [(inner, part) for inner, part in parts if not is_bare(part)]
        if rule == "none" or not parts:
            return None
        if rule == "latest":
            return latest(parts)
        if rule in ("sum", "avg"):
            parts = apart(parts)
        return put_together(rule, [part for _, part in parts], self._is_percent)


def _less(candidate: tuple[Figure, str]) -> int:
    """6.4: how little a candidate for a node knows: a figure, a sum without some of its categories,
    children of which none has a value, a blank."""
    figure, basis = candidate
    if figure.value is None and (basis != "stated" or figure.qualifier == "not_reported"):
        return 3 if figure.qualifier == "not_reported" else 2
    return 1 if figure.is_partial else 0


def apart(children: Sequence[tuple[Period, Figure]]) -> list[tuple[Period, Figure]]:
    """6.4: spans that overlap are never added. One that was reported stands for all that lies within it; one
    that lies half within another part cannot be split: it is left out, stands for nothing, and is missing."""
    spans = [(period, part) for period, part in children if period.grain == "custom" and part.value is not None]

    def is_inside(period: Period, part: Figure, span: Period) -> bool:
        covered = period.grain != "custom" and part.months and part.months <= span.months()
        return period != span and (span.holds(period) or bool(covered and span.is_whole_months))

    def crosses(span: Period) -> bool:
        for period, part in children:
            if part.value is None or period == span or is_inside(period, part, span):
                continue
            if period.grain != "custom" and part.months & span.months():
                return True
            if period.grain == "custom" and period.start < span.start <= period.end < span.end:
                return True
        return False

    left_out = {span for span, _ in spans if crosses(span)}
    standing = [span for span, _ in spans if span not in left_out]
    return [
        (period, part._replace(value=None, qualifier="not_reported") if period in left_out else part)
        for period, part in children
        if not any(is_inside(period, part, span) for span in standing)
    ]


# --- 6.3 sources


def across_sources(indicator: Indicator, figures: dict[str, Figure]) -> tuple[Figure, str]:
    """6.3: the organisations' figures of one node together; with `priority`, whose it is. One organisation
    alone stands as it is; percentages are not added, nor put together without any numerator."""
    rule = indicator.across_sources
    if (
        len(figures) == 1
        or (rule == "sum" and indicator.value_type == "percent")
        or (rule == "ratio" and all(is_bare(figure) for figure in figures.values()))
    ):
        rule = "priority"
    order = ranked(replace(indicator, across_sources=rule), figures)
    if rule == "priority":
        chosen = figures[order[0]]
        if chosen.value is None:
            # Nobody has a value: what they say together.
            chosen = chosen._replace(qualifier=without_value(list(figures.values())).qualifier)
        return chosen, order[0]
    together = put_together(rule, [figures[name] for name in order], indicator.value_type == "percent")
    assert together is not None, "a ratio has a numerator here"
    return together, ""


def ranked(indicator: Indicator, figures: dict[str, Figure]) -> list[str]:
    """6.3: the organisations, the one whose figure is chosen first: a value before none, under `max` the
    largest, then by the indicator's list, then by name."""
    ranks = {organisation: rank for rank, organisation in enumerate(indicator.priority)}

    def rank(organisation: str) -> tuple[bool, Fraction, int, int, str]:
        figure = figures[organisation]
        is_largest = indicator.across_sources == "max" and figure.value is not None
        return (
            figure.value is None,
            -figure.value if is_largest and figure.value is not None else Fraction(),
            -_HEIGHT.index(figure.qualifier) if is_largest else 0,
            ranks.get(organisation, len(ranks)),
            organisation,
        )

    return sorted(figures, key=rank)


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


Cells = dict[tuple[Group, str, Period], list[Figure]]


def said(case: Case) -> dict[tuple[str, str, str], Cells]:
    """6.2: by organisation, indicator and status, all that its standing reports say of each cell, the report
    received last before the others; and of that, the best last word first."""
    indicators = {indicator.code: indicator for indicator in case.indicators}
    found: dict[tuple[str, str, str], Cells] = defaultdict(lambda: defaultdict(list))
    for report in sorted(standing(case.reports), key=lambda report: report.received_at, reverse=True):
        for (code, place, period), known in inside(report, indicators).items():
            family = adding(report.family, indicators[code])
            for group in set().union(*(margins(group, family) for group in known)):
                found[report.organisation, code, report.status][group, place, period] += totals(group, known, family)
    # Several reports of one organisation are never added: the one received last stands, unless it yields.
    return {key: {cell: sorted(known, key=yielding) for cell, known in cells.items()} for key, cells in found.items()}


def inside(
    report: Report, indicators: dict[str, Indicator]
) -> dict[tuple[str, str, Period], dict[Group, list[Figure]]]:
    """6.2: what a report states, by indicator, place and period; of a cell that it states several times the
    first in the file stands, unless it is blank. Deliverables are not numbers."""
    found: dict[tuple[str, str, Period], dict[Group, list[Figure]]] = defaultdict(lambda: defaultdict(list))
    for statement in report.statements:
        indicator = indicators[statement.indicator]
        if not indicator.is_deliverable_count:
            cell = (indicator.code, statement.place, statement.period)
            found[cell][group_of(statement, indicator)].append(stated(statement, report))
    return {
        cell: {group: sorted(known, key=yielding) for group, known in groups.items()} for cell, groups in found.items()
    }


def adding(family: Family, indicator: Indicator) -> Family:
    """6.3: percentages and ratios have no sum of their parts."""
    is_added = indicator.value_type != "percent" and indicator.across_places != "ratio"
    return family if is_added else replace(family, exhaustive={})


def series(case: Case, places: Places) -> dict[tuple[str, str, str, Group], Series]:
    """6.3: every organisation's series of an indicator, in one status, of one group."""
    indicators = {indicator.code: indicator for indicator in case.indicators}
    found = {}
    for (organisation, code, status), cells in said(case).items():
        for group in {group for group, _, _ in cells}:
            own = {(place, period): known[0] for (whom, place, period), known in cells.items() if whom == group}
            found[organisation, code, status, group] = Series(indicators[code], places, own)
    return found


def figures_by_organisation(case: Case, places: Places) -> dict[Node, dict[str, Figure]]:
    """6.2 to 6.5: every organisation's figure of every node, each by itself."""
    result: dict[Node, dict[str, Figure]] = defaultdict(dict)
    for (organisation, code, status, group), one in series(case, places).items():
        for (place, period), figure in one.figures().items():
            result[Node(code, status, group, place, period)][organisation] = figure
    return result


def margins(group: Group, family: Family) -> set[Group]:
    """The groups that a stated group may be a part of: any of its exhaustive dimensions taken together."""
    found = {group}
    for dimension, categories in family.exhaustive.items():
        parts = {*categories, UNKNOWN}
        found |= {known._replace(**{dimension: TOTAL}) for known in found if getattr(known, dimension) in parts}
    return found


def figures(case: Case, places: Places) -> dict[Node, Figure]:
    """6.3: the figure of every node, all organisations together."""
    indicators = {indicator.code: indicator for indicator in case.indicators}
    found = {
        node: across_sources(indicators[node.indicator], known)[0]
        for node, known in figures_by_organisation(case, places).items()
    }
    return found | deliverable_counts(case)


def deliverable_counts(case: Case) -> dict[Node, Figure]:
    """6.6: how many deliverables are done, each by its identity, for the country and the year of its first
    period; what is planned or under way is known, and counts nothing."""
    found: dict[Node, list[Deliverable]] = defaultdict(list)
    for one in deliverables(case):
        year = one.first_period
        if not year.is_multi_year:
            (year,) = periods_of(year.end.year, "year")
        found[Node(one.indicator, one.data_status, EVERYBODY, COUNTRY, year)].append(one)
    return {
        node: Figure(
            Fraction(sum(one.status == "done" for one in known)),
            "exact",
            received_at=max(one.last_received_at for one in known),
            months=frozenset().union(*(one.first_period.months() for one in known)),
            reports=frozenset(report.receipt for one in known for report, _ in one.statements),
        )
        for node, known in found.items()
    }


# --- findings: figures that should agree


class Finding(NamedTuple):
    """Two figures of one cell, side by side."""

    kind: str
    indicator: str
    status: str
    place: str
    period: str
    left: Fraction | None
    right: Fraction | None
    outcome: str


def comparisons(case: Case, places: Places) -> list[tuple[str, str, Group, Comparison]]:
    """6.2, 6.4: of every indicator, status and group the stated totals whose parts have something to say."""
    indicators = {indicator.code: indicator for indicator in case.indicators}
    compared = [
        (code, status, group, comparison)
        for (_, code, status, group), one in series(case, places).items()
        for comparison in one.comparisons()
    ]
    for report in standing(case.reports):
        for (code, place, period), known in inside(report, indicators).items():
            family = adding(report.family, indicators[code])
            for group, (total, *_) in known.items():
                compared += [
                    (code, report.status, group, Comparison(place, period, total, parts, not parts.is_partial))
                    for parts in totals(group, known, family)
                    if parts.is_sum and parts.value is not None and total.value is not None
                ]
    return [found for found in compared if found[-1].outcome]


def findings(case: Case, places: Places) -> list[Finding]:
    """6.2, 6.4: totals that their parts do not give; 6.1, 6.3: statements that another one hid; years and
    printed figures that do not agree."""
    indicators = {indicator.code: indicator for indicator in case.indicators}
    compared = comparisons(case, places)
    found = [
        Finding(
            *("parts_vs_total", code, status, one.place, one.period.label),
            *(one.total.value, one.parts.value, one.outcome),
        )
        for code, status, _, one in compared
    ]
    found += date_conflicts(case)
    known_figures = figures(case, places)
    found += printed_findings(case, known_figures, compared)
    found += published_comparisons(case, known_figures)
    for (_, code, status), cells in said(case).items():
        for (_, place, period), (chosen, *hidden) in cells.items():
            found += [
                Finding("source_conflict", code, status, place, period.label, chosen.value, other.value, "conflict")
                for other in hidden
                if not (other.is_sum and other.reports == chosen.reports) and _differ(chosen, other)
            ]
    for node, known in figures_by_organisation(case, places).items():
        if indicators[node.indicator].across_sources not in ("priority", "max"):
            continue
        order = ranked(indicators[node.indicator], known)
        found += [
            Finding(
                *("source_conflict", node.indicator, node.status, node.place, node.period.label),
                known[order[0]].value,
                known[other].value,
                "conflict",
            )
            for other in order[1:]
            if _differ(known[order[0]], known[other])
        ]
    return found


def _differ(one: Figure, other: Figure) -> bool:
    return (one.value, one.qualifier) != (other.value, other.qualifier)


def date_conflicts(case: Case) -> list[Finding]:
    """One count that an organisation's citations date to different calendar years.

    Only exact counts tell, and nothing does where one citation gives exact counts for both years: it says
    that the figure stayed the same.
    """
    indicators = {indicator.code: indicator for indicator in case.indicators}
    cells: dict[tuple[str, str, str, str, Group], dict[int, set[tuple[Decimal, str]]]]
    cells = defaultdict(lambda: defaultdict(set))
    for report in standing(case.reports):
        for one in report.statements:
            indicator = indicators[one.indicator]
            is_count = indicator.value_type != "percent" and not indicator.is_deliverable_count
            if is_count and one.value is not None and one.qualifier == "exact" and one.period.grain == "year":
                cell = (report.organisation, indicator.code, report.status, one.place, group_of(one, indicator))
                cells[cell][one.period.end.year].add((one.value, one.citation))
    found = []
    for (_, code, status, place, _), years in cells.items():
        for earlier, later in combinations(sorted(years), 2):
            cited = [{citation for _, citation in years[year]} for year in (earlier, later)]
            if cited[0] & cited[1]:
                continue
            values = {value for value, _ in years[earlier]} & {value for value, _ in years[later]}
            found += [
                Finding(
                    *("date_conflict", code, status, place, f"{earlier} / {later}"),
                    *(Fraction(value), Fraction(value), "conflict"),
                )
                for value in values - {Decimal(0)}
            ]
    return found


def printed_findings(
    case: Case, known: dict[Node, Figure], compared: Sequence[tuple[str, str, Group, Comparison]]
) -> list[Finding]:
    """What publications print beside what the warehouse says: its figure, the deliverables whatever their
    status, or the parts of every stated total that the publication states."""
    indicators = {indicator.code: indicator for indicator in case.indicators}
    found = []
    for one in case.printed:
        indicator = indicators[one.indicator]
        if one.statement == "parts":
            computed: list[Figure | None] = [
                comparison.parts
                for code, status, group, comparison in compared
                if (code, status, group) == (one.indicator, one.status, EVERYBODY)
                and (comparison.place, comparison.period) == (one.place, one.period)
                and comparison.total.citation == one.citation
            ]
        elif indicator.is_deliverable_count:
            counted = [
                thing
                for thing in deliverables(case)
                if thing.indicator == one.indicator
                and thing.data_status == one.status
                and one.period.holds(thing.first_period)
            ]
            computed = [Figure(Fraction(len(counted)), "exact")]
        else:
            computed = [known.get(Node(one.indicator, one.status, EVERYBODY, one.place, one.period))]
        for figure in computed or [None]:
            value = None if figure is None or figure.value is None else stored(figure.value)
            outcome = "different"
            if figure is not None and value is not None:
                apart_by = abs(value - Fraction(one.value))
                allowed = Fraction(0)
                if indicator.value_type == "percent":
                    allowed = Fraction(1, 2) * max(figure.parts if one.statement == "parts" else 1, 1)
                elif "approximate" in (one.qualifier, figure.qualifier):
                    allowed = abs(Fraction(one.value)) * Fraction(2, 100)
                if apart_by == 0:
                    outcome = "agreed" if one.qualifier == figure.qualifier else "different"
                elif apart_by <= allowed:
                    outcome = "rounding"
            found.append(
                Finding(
                    *("printed_vs_computed", one.indicator, one.status, one.place, one.period.label),
                    *(Fraction(one.value), value, outcome),
                )
            )
    return found


def published_comparisons(case: Case, known: dict[Node, Figure]) -> list[Finding]:
    """What publications say of several indicators, side by side: where both sides are known in full, and one of
    them at least is the warehouse's."""

    def total(one: Compared, side: Side) -> Fraction | None:
        if side.value is not None:
            return Fraction(side.value)
        found = [known.get(Node(code, one.status, EVERYBODY, one.place, side.period)) for code in side.indicators]
        values = [figure.value for figure in found if figure is not None and figure.value is not None]
        return sum((stored(value) for value in values), Fraction(0)) if len(values) == len(found) else None

    found = []
    for one in case.compared:
        left, right = total(one, one.left), total(one, one.right)
        if left is None or right is None:
            continue
        if one.relation == "share" and one.denominator is not None:
            right = stored(right * 100 / Fraction(one.denominator))
        outcome = "different"
        if one.relation == "not_compared":
            outcome = "not_compared"
        elif left == right:
            outcome = "agreed"
        elif abs(right - left) <= Fraction(one.tolerance):
            outcome = "rounding"
        labels = dict.fromkeys((one.left.period.label, one.right.period.label))
        found.append(
            Finding(
                *("published_comparison", one.indicators[0], one.status, one.place, " / ".join(labels)),
                *(left, right, outcome),
            )
        )
    return found


# --- 6.8 progress


def progress(value: Fraction | None, baseline: Decimal | None, target: Decimal | None) -> Fraction | None:
    """6.8: how much of the way from the baseline to the target was gone; unknown when a part is missing."""
    if value is None or baseline is None or target is None or baseline == target:
        return None
    return stored((value - Fraction(baseline)) / (Fraction(target) - Fraction(baseline)))


def rating(
    gone: Fraction | None, qualifier: str, direction: str, baseline: Decimal | None, target: Decimal | None
) -> str:
    """6.8: the progress in a word.

    Unknown where the indicator has no direction, where the target lies against it, and where the value is a
    bound within which more than one word is possible.
    """
    if gone is None or baseline is None or target is None:
        return "unknown"
    rises = target > baseline
    if direction != ("increase" if rises else "decrease"):
        return "unknown"
    if qualifier in ("exact", "approximate"):
        return "achieved" if gone >= 1 else "on_track" if gone >= Fraction(3, 4) else "behind"
    # A lower bound on the value is one on the progress where the way leads up, an upper one where it leads down.
    if (qualifier in ("more_than", "at_least")) == rises:
        return "achieved" if gone >= 1 else "unknown"
    return "behind" if gone < Fraction(3, 4) else "unknown"


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
