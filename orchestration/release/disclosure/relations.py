"""What a reader of the public figures can add up and take apart: the cells and the sums between them.

A *cell* is one indicator at one place, for one group, over one period. Two figures of one cell that are equal, in
two data statuses or in two releases, are one unknown to a reader: show one and the other is known. (Where a figure
changed and came back, a reader cannot know that it did; `build` may be told so.) What a total
holds beyond its published parts (a sex that was not stated, a province that did not report) is a hidden cell of its
own: nobody prints it, everybody can compute it.
"""

import datetime as dt
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple, TypeVar

Group = frozenset[tuple[str, str]]
"""Dimensions that are not at their total, each with its category: `{("sex", "F"), ("age_group", "Y0T5")}`."""

Relation = tuple[tuple[int, float], ...]
"""A sum that is zero: cells with their coefficients."""

K = TypeVar("K")

TOLERANCE = 1e-6
AGE = "age_group"
_MOST_CHAINS = 16
_AGE = re.compile(r"Y(?P<low>\d+)(?:T(?P<high>\d+))?|Y_GE(?P<from>\d+)|Y_LT(?P<below>\d+)")


class Cell(NamedTuple):
    """What is counted, where, of whom, when."""

    indicator_code: str
    place_code: str
    group: Group
    period_start: dt.date
    period_end: dt.date


@dataclass(frozen=True, slots=True)
class Additive:
    """How an indicator is rolled up (design, section 6.3), which tells a reader what adds up to what."""

    across_places: str
    across_periods: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The cells of one data status in one release.

    `shown` is None for the release that is being made; `release` is 0 for it, 1 for the one before it, and so on.
    `is_made_up` says that the figures only show a format.
    """

    cells: Mapping[Cell, float]
    shown: frozenset[Cell] | None = None
    release: int = 0
    is_made_up: bool = False


@dataclass
class System:
    """Unknowns of a reader, and every sum between them that holds.

    `values` are the true values, `lowest` what a reader knows each to be at least, `is_fixed` that a reader knows it,
    `is_public` that it may be shown, `at` the cell where it is one.
    """

    threshold: int
    values: list[float] = field(default_factory=list)
    lowest: list[float] = field(default_factory=list)
    is_fixed: list[bool] = field(default_factory=list)
    is_public: list[bool] = field(default_factory=list)
    at: list[Cell | None] = field(default_factory=list)
    small: set[int] = field(default_factory=set)
    """Unknowns that must not be found out: small counts, stated or implied."""
    withheld_before: set[int] = field(default_factory=set)
    """Withheld in a release that is still kept; showing them now would undo that."""
    relations: set[Relation] = field(default_factory=set)
    current: dict[tuple[Cell, float], int] = field(default_factory=dict)
    """The unknowns of the release that is being made."""
    has_rests: bool = True
    """Whether a whole may hold more than its parts."""
    _origins: dict[tuple[Cell, float, int], int] = field(default_factory=dict)
    _known: dict[object, int] = field(default_factory=dict)

    def unknown(self, key: object, value: float, cell: Cell | None = None) -> int:
        """The index of an unknown, which is made when it is new."""
        index = self._known.get(key)
        if index is None:
            index = self._known[key] = len(self.values)
            self.values.append(value)
            self.lowest.append(0.0)
            self.is_fixed.append(False)
            self.is_public.append(False)
            self.at.append(cell)
        return index

    def figure(self, cell: Cell, value: float, release: int) -> int:
        """The unknown that stands for a figure of a cell, which is made when it is new."""
        origin = self._origins.get((cell, value, release), 0)
        return self.unknown((cell, value, origin), value, cell)

    def tell_returned_apart(self, snapshots: Sequence[Snapshot]) -> None:
        """Let equal figures be one only as long as they stand from a release to the next."""
        stood = {(cell, value, snapshot.release) for snapshot in snapshots for cell, value in snapshot.cells.items()}
        for cell, value, release in sorted(stood, key=lambda figure: figure[2]):
            later = self._origins.get((cell, value, release - 1))
            self._origins[cell, value, release] = release if later is None else later

    def components(self) -> list[int]:
        """For each unknown the lowest of those that are tied to it through sums; what is known ties nothing."""
        roots = list(range(len(self.values)))

        def root(index: int) -> int:
            while roots[index] != index:
                roots[index] = roots[roots[index]]
                index = roots[index]
            return index

        for relation in self.relations:
            tied = sorted({root(index) for index, _ in relation if not self.is_fixed[index]})
            for other in tied[1:]:
                roots[other] = tied[0]
        return [root(index) for index in range(len(roots))]

    def is_small(self, value: float) -> bool:
        """Whether a count may point to a child."""
        return TOLERANCE < value < self.threshold - TOLERANCE

    def relate(self, terms: Iterable[tuple[int, float]]) -> None:
        """Note that a sum of cells is zero."""
        self.relations.add(tuple(sorted(terms)))

    def total(self, whole: int, parts: Sequence[int], *, is_stated: bool = True) -> None:
        """Note that `whole` holds `parts`, and perhaps more that nobody printed.

        Parts that exceed the whole contradict it, so that no reader learns anything from the sum. `is_stated` says
        that a reader sees the whole, so that a small rest of it could be computed.
        """
        rest = self.values[whole] - sum(self.values[part] for part in parts)
        terms = [(whole, 1.0), *((part, -1.0) for part in parts)]
        if rest < -TOLERANCE or (rest > TOLERANCE and not self.has_rests):
            return
        if rest > TOLERANCE:
            hidden = self.unknown(("rest", whole, frozenset(parts)), rest)
            if is_stated and self.is_small(rest):
                self.small.add(hidden)
            terms.append((hidden, -1.0))
        self.relate(terms)


def build(
    snapshots: Sequence[Snapshot],
    rules: Mapping[str, Additive],
    parents: Mapping[str, str | None],
    totals: Sequence[tuple[str, Sequence[str]]],
    threshold: int,
    *,
    compares_releases: bool = True,
    tells_returned_apart: bool = False,
) -> System:
    """The system of all snapshots together.

    `rules` by indicator, `parents` from a place to the place that holds it, `totals` are indicators with those they
    hold. `compares_releases` protects small changes of a figure between releases; rounding makes that needless.
    `tells_returned_apart` takes a figure that changed and came back for another unknown than the one before.
    """
    system = System(threshold)
    if tells_returned_apart:
        system.tell_returned_apart(snapshots)

    def relate(cells: dict[Cell, int], release: int) -> None:
        stated = set(cells)
        _add_margins(system, cells, release if tells_returned_apart else 0)
        _relate_groups(system, cells, stated)
        _relate_places(system, cells, stated, rules, parents)
        _relate_periods(system, cells, stated, rules)
        _relate_indicators(system, cells, totals)

    for snapshot in snapshots:
        relate(_enter(system, snapshot), snapshot.release)
    # What a whole in one status holds beyond parts in another may be no more than what two sources disagree about.
    system.has_rests = False
    for release, cells in _across_statuses(system, snapshots):
        relate(cells, release)
    if compares_releases:
        _relate_releases(system, snapshots)
    # What a kept release shows cannot be taken back.
    system.withheld_before -= {index for index in system.withheld_before if system.is_fixed[index]}
    return system


def _enter(system: System, snapshot: Snapshot) -> dict[Cell, int]:
    cells = {}
    for cell, value in snapshot.cells.items():
        index = cells[cell] = system.figure(cell, value, snapshot.release)
        system.is_public[index] = True
        # A zero is always shown, so a reader knows that what is withheld is more than that.
        system.lowest[index] = min(1.0, value)
        if abs(value) <= TOLERANCE:
            system.is_fixed[index] = True
        if snapshot.shown is None:
            system.current[cell, value] = index
            if system.is_small(value):
                system.small.add(index)
        elif cell in snapshot.shown:
            system.is_fixed[index] = True
        else:
            system.withheld_before.add(index)
            if system.is_small(value):
                system.small.add(index)
    return cells


def _across_statuses(system: System, snapshots: Sequence[Snapshot]) -> Iterator[tuple[int, dict[Cell, int]]]:
    """The cells of all statuses of a release together, as a reader may add them up; not those that they dispute."""
    releases: dict[int, list[Snapshot]] = defaultdict(list)
    for snapshot in snapshots:
        if not snapshot.is_made_up:
            releases[snapshot.release].append(snapshot)
    for release, told in releases.items():
        values: dict[Cell, set[float]] = defaultdict(set)
        for snapshot in told:
            for cell, value in snapshot.cells.items():
                values[cell].add(value)
        if any(len(snapshot.cells) == len(values) for snapshot in told):
            # One status says all that the others say.
            continue
        yield (
            release,
            {cell: system.figure(cell, min(found), release) for cell, found in values.items() if len(found) == 1},
        )


# --- groups


def age_span(code: str) -> tuple[int, int] | None:
    """First and last year of age of a code such as `Y0T5`, `Y7`, `Y_GE15`; None for another code."""
    found = _AGE.fullmatch(code)
    if not found:
        return None
    if found["from"]:
        return int(found["from"]), 999
    if found["below"]:
        return 0, int(found["below"]) - 1
    return int(found["low"]), int(found["high"] or found["low"])


def _add_margins(system: System, cells: dict[Cell, int], origin: int) -> None:
    """Add the sums that nobody printed but that tie printed cells together: girls by age give girls."""
    by_size: dict[int, set[Cell]] = defaultdict(set)
    for cell in cells:
        by_size[len(cell.group)].add(cell)
    for size in range(max(by_size, default=0), 0, -1):
        parts: dict[tuple[Cell, str], list[tuple[str, int]]] = defaultdict(list)
        for cell in by_size[size]:
            for dimension, category in cell.group:
                margin = cell._replace(group=cell.group - {(dimension, category)})
                if margin not in cells:
                    parts[margin, dimension].append((category, cells[cell]))
        largest: dict[Cell, float] = defaultdict(float)
        for (margin, dimension), listed in parts.items():
            for chain in _chains(dimension, listed):
                largest[margin] = max(largest[margin], sum(system.values[part] for part in chain))
        for margin, value in largest.items():
            cells[margin] = system.unknown(("margin", margin, value, origin), value, margin)
            by_size[size - 1].add(margin)


def _relate_groups(system: System, cells: Mapping[Cell, int], stated: set[Cell]) -> None:
    parts: dict[tuple[Cell, str], list[tuple[str, int]]] = defaultdict(list)
    for cell, index in cells.items():
        for dimension, category in cell.group:
            parts[cell._replace(group=cell.group - {(dimension, category)}), dimension].append((category, index))
    for (whole, dimension), listed in parts.items():
        for chain in _chains(dimension, listed):
            system.total(cells[whole], chain, is_stated=whole in stated)
        if dimension == AGE:
            ages = dict(listed)
            for outer, inner in _nested({code: age_span(code) for code in ages}):
                is_stated = whole._replace(group=whole.group | {(AGE, outer)}) in stated
                for codes in inner:
                    system.total(ages[outer], [ages[code] for code in codes], is_stated=is_stated)


def _chains(dimension: str, listed: Sequence[tuple[str, int]]) -> Iterator[list[int]]:
    """The ways in which a dimension's categories make up their total."""
    if dimension != AGE:
        yield [index for _, index in listed]
        return
    index = dict(listed)
    spans = {code: span for code in index if (span := age_span(code)) is not None}
    others = [index[code] for code in index if code not in spans]
    for chain in _disjoint(spans):
        yield [index[code] for code in chain] + others


# --- intervals: ages, and periods


def _nested(spans: Mapping[K, tuple[int, int] | None]) -> Iterator[tuple[K, list[list[K]]]]:
    """Each interval that holds others, with the ways in which those fill it."""
    known = {name: span for name, span in spans.items() if span is not None}
    for outer, (low, high) in known.items():
        inside = {
            name: span
            for name, span in known.items()
            if name != outer and low <= span[0] and span[1] <= high and span != (low, high)
        }
        if inside:
            yield outer, _disjoint(inside)


def _disjoint(spans: Mapping[K, tuple[int, int]]) -> list[list[K]]:
    """Sets of intervals that share nothing and leave no room for another one.

    Where all intervals lie inside or outside each other, the outermost are the only set that matters: what they hold
    is told by sums of their own. Otherwise the sets are listed, the fullest first, up to a bound.
    """
    names = sorted(spans, key=lambda name: (spans[name][0], -spans[name][1]))
    outermost: list[K] = []
    is_laminar, reach = True, -1
    for name in names:
        low, high = spans[name]
        if low > reach:
            outermost.append(name)
            reach = high
        elif high > reach:
            is_laminar = False
            break
    if is_laminar:
        return [outermost] if outermost else []
    found: list[list[K]] = []

    def extend(chain: list[K], reach: int) -> None:
        if len(found) >= _MOST_CHAINS * 16:
            return
        following = [name for name in names if spans[name][0] > reach]
        if not following:
            found.append(chain)
            return
        # The next one must begin before the first that would fit beside it ends.
        first_end = min(spans[name][1] for name in following)
        for name in following:
            if spans[name][0] <= first_end:
                extend([*chain, name], spans[name][1])

    extend([], -1)
    found.sort(key=lambda chain: (-sum(spans[name][1] - spans[name][0] + 1 for name in chain), len(chain)))
    return found[:_MOST_CHAINS]


# --- places, periods, indicators, releases


def _relate_places(
    system: System,
    cells: Mapping[Cell, int],
    stated: set[Cell],
    rules: Mapping[str, Additive],
    parents: Mapping[str, str | None],
) -> None:
    tables: dict[tuple[str, Group, dt.date, dt.date], dict[str, int]] = defaultdict(dict)
    for cell, index in cells.items():
        tables[cell.indicator_code, cell.group, cell.period_start, cell.period_end][cell.place_code] = index
    for (indicator, group, start, end), table in tables.items():
        children: dict[str, list[int]] = defaultdict(list)
        for place, index in table.items():
            above = parents.get(place)
            while above is not None and above not in table:
                above = parents.get(above)
            if above is not None:
                children[above].append(index)
        for place, parts in children.items():
            is_stated = Cell(indicator, place, group, start, end) in stated
            _roll_up(system, table[place], parts, rules[indicator].across_places, is_stated=is_stated)


def _relate_periods(
    system: System, cells: Mapping[Cell, int], stated: set[Cell], rules: Mapping[str, Additive]
) -> None:
    series: dict[tuple[str, str, Group], dict[Cell, tuple[int, int]]] = defaultdict(dict)
    for cell in cells:
        span = cell.period_start.toordinal(), cell.period_end.toordinal()
        series[cell.indicator_code, cell.place_code, cell.group][cell] = span
    for (indicator, _, _), spans in series.items():
        if len(spans) < 2:
            continue
        for outer, inner in _nested(spans):
            for chain in inner:
                parts = [cells[cell] for cell in chain]
                _roll_up(system, cells[outer], parts, rules[indicator].across_periods, is_stated=outer in stated)


def _roll_up(system: System, whole: int, parts: Sequence[int], rule: str, *, is_stated: bool) -> None:
    if rule == "sum":
        system.total(whole, parts, is_stated=is_stated)
    elif rule in ("max", "latest"):
        # A reader who knows the rule and sees which part it chose knows the whole, and the other way round.
        for part in parts:
            if abs(system.values[part] - system.values[whole]) <= TOLERANCE:
                system.relate([(whole, 1.0), (part, -1.0)])
                break
    elif rule == "avg":
        mean = sum(system.values[part] for part in parts) / len(parts)
        if abs(mean - system.values[whole]) <= TOLERANCE:
            system.relate([(whole, float(len(parts))), *((part, -1.0) for part in parts)])
    elif abs(sum(system.values[part] for part in parts) - system.values[whole]) <= TOLERANCE:
        # Nothing is rolled up here, and yet it adds up.
        system.total(whole, parts, is_stated=is_stated)


def _relate_indicators(system: System, cells: Mapping[Cell, int], totals: Sequence[tuple[str, Sequence[str]]]) -> None:
    for whole, held in totals:
        for cell, index in cells.items():
            if cell.indicator_code != whole:
                continue
            parts = [cells[part] for name in held if (part := cell._replace(indicator_code=name)) in cells]
            if parts:
                system.total(index, parts)


def _relate_releases(system: System, snapshots: Sequence[Snapshot]) -> None:
    """Small changes of a figure between two releases: whoever kept both would see the few new cases.

    A change can follow from sums though neither figure is shown, so withheld figures are compared as well; and what a
    new release shows can give away a change between two earlier ones.
    """
    releases: dict[Cell, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for snapshot in snapshots:
        for cell, value in snapshot.cells.items():
            releases[cell][system.figure(cell, value, snapshot.release)].add(snapshot.release)
    for found in releases.values():
        for before, after in combinations(sorted(found, key=lambda index: (system.values[index], index)), 2):
            change = system.values[after] - system.values[before]
            if not system.is_small(change) or len(found[before] | found[after]) < 2:
                continue
            hidden = system.unknown(("change", before, after), change)
            # Whoever does not see both figures does not know which of them is the larger one.
            system.lowest[hidden] = -math.inf
            system.small.add(hidden)
            system.relate([(after, 1.0), (before, -1.0), (hidden, -1.0)])
