"""Which cells are withheld, so that no small count follows from what is shown.

Small counts are withheld first. Each must then be *protected*: among all values that fit what is shown, there must be
one in which the count is as low as 1 (or as the number of non-zero counts that it holds, since a zero is shown as
such), and one in which it reaches the threshold and lies at least `threshold - 1` above the lowest. A change between
releases may also be protected by one that lies so far below it, since nobody knows which figure is the larger. Where
there is none, further cells are withheld: those that have to move with it, chosen as the cheapest shift of the whole
system (a linear program, in the manner of Kelly, Golden and Assad and of Fischetti and Salazar). The shift itself is
the proof.
"""

import math
from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestration.release.disclosure.relations import TOLERANCE, System

LARGEST_REGION = 3000
"""Unknowns of one linear program; a larger system is looked at around the count that is to be protected."""
_DRIFT = 1e-7


@dataclass
class Protection:
    """What is withheld of a system."""

    withheld: set[int] = field(default_factory=set)
    exposed: set[int] = field(default_factory=set)
    """Small counts that follow from what earlier releases show, and cannot be protected any more."""


def protect(system: System, decided: Container[int] = frozenset(), *, is_complementary: bool = True) -> Protection:
    """Choose what to withhold.

    `decided` are unknowns that were protected before and are tied to nothing new. `is_complementary` is False only to
    show what an attack then finds.
    """
    shown_already = {index for index in system.small if system.is_fixed[index]}
    result = Protection(exposed=shown_already)
    result.withheld |= {index for index in system.small if system.is_public[index]}
    if not is_complementary:
        return result
    result.withheld |= system.withheld_before
    search = _Search(system, result.withheld)
    # The rarest counts have the least room; what protects them protects most others.
    for index in sorted(system.small - shown_already, key=lambda index: (system.values[index], index)):
        if index in decided:
            continue
        value = system.values[index]
        lowest = search.sink(index)
        highest = max(float(system.threshold), lowest + system.threshold - 1)
        if search.reach(index, highest - value):
            continue
        is_change = system.lowest[index] < 0
        if not (is_change and search.reach(index, 1.0 - system.threshold)):
            result.exposed.add(index)
    return result


class _Search:
    """Looks for shifts of a system that leave all that is shown as it is, and withholds what they need."""

    def __init__(self, system: System, withheld: set[int]) -> None:
        self._system, self._withheld = system, withheld
        self._of: dict[int, list[int]] = defaultdict(list)
        self._relations = sorted(system.relations)
        for number, relation in enumerate(self._relations):
            for index, _ in relation:
                if not system.is_fixed[index]:
                    self._of[index].append(number)
        self._up: dict[int, float] = defaultdict(float)
        self._down: dict[int, float] = defaultdict(float)
        self._region: dict[int, _Program] = {}

    def sink(self, index: int) -> float:
        """Make sure that a reader must think `index` as low as can be; returns how low that is."""
        value = self._system.values[index]
        if self.reach(index, -max(0.0, value - 1.0)):
            return min(1.0, value)
        lowest = self._around(index, len(self._system.values) + 1).minimum(index)
        return lowest if self.reach(index, lowest - value) else value

    def reach(self, index: int, shift: float) -> bool:
        """Make sure that a reader must think it possible that `index` is off by `shift`; False where that cannot be."""
        known = self._up if shift > 0 else self._down
        if known[index] >= abs(shift) - TOLERANCE:
            return True
        program = self._region.get(index)
        limit = LARGEST_REGION
        while True:
            if program is None:
                program = self._around(index, limit)
            moved = program.shift(index, shift, self._withheld)
            if moved is not None:
                break
            if program.is_whole:
                return False
            limit, program = max(limit, program.size) * 4, None
        self._accept(moved)
        return True

    def _around(self, start: int, limit: int) -> "_Program":
        """The program of the unknowns nearest to `start`; what lies beyond stands still."""
        found, inside, place = [start], {start}, 0
        is_whole = True
        while place < len(found):
            if len(found) >= limit:
                is_whole = False
                break
            for number in self._of[found[place]]:
                for index, _ in self._relations[number]:
                    if index not in inside and not self._system.is_fixed[index]:
                        inside.add(index)
                        found.append(index)
            place += 1
        numbers = {number for index in found for number in self._of[index]}
        program = _Program(self._system, found, [self._relations[number] for number in sorted(numbers)], is_whole)
        for index in found:
            if is_whole or index not in self._region:
                self._region[index] = program
        return program

    def _accept(self, moved: dict[int, float]) -> None:
        """Withhold what a shift moves, and note how far it, and its opposite, shift each unknown."""
        system = self._system
        back = min(
            ((system.values[index] - system.lowest[index]) / by for index, by in moved.items() if by > 0), default=0.0
        )
        for index, by in moved.items():
            if system.is_public[index]:
                self._withheld.add(index)
            forth, opposite = (self._up, self._down) if by > 0 else (self._down, self._up)
            forth[index] = max(forth[index], abs(by))
            opposite[index] = max(opposite[index], abs(by) * back)


class _Program:
    """The cheapest shift of some unknowns, as a linear program that is solved again and again from where it stood."""

    def __init__(
        self, system: System, unknowns: list[int], relations: list[tuple[tuple[int, float], ...]], is_whole: bool
    ) -> None:
        import highspy

        self.is_whole, self.size = is_whole, len(unknowns)
        self._system, self._unknowns = system, unknowns
        self._place = {index: place for place, index in enumerate(unknowns)}
        self._cost = [_cost(system, index) for index in unknowns]
        self._freed: set[int] = set()
        self._infinity = highspy.kHighsInf
        # The class beneath `Highs`, which greets on standard output when it is made.
        self._solver: Any = highspy._Highs()  # type: ignore[attr-defined]  # noqa: SLF001
        self._solver.setOptionValue("output_flag", False)
        self._solver.setOptionValue("threads", 1)
        self._solver.setOptionValue("presolve", "off")
        self._load(highspy, relations)
        self._solved = highspy.HighsModelStatus.kOptimal

    def _load(self, highspy: Any, relations: list[tuple[tuple[int, float], ...]]) -> None:
        # Two columns an unknown: how far it goes up, and how far down.
        count = len(self._unknowns)
        model = highspy.HighsLp()
        starts, columns, entries = [0], [], []
        for relation in relations:
            for index, factor in relation:
                place = self._place.get(index)
                if place is not None:
                    columns += [place, count + place]
                    entries += [factor, -factor]
            starts.append(len(columns))
        model.num_col_, model.num_row_ = 2 * count, len(relations)
        model.col_cost_ = np.array(self._cost * 2)
        model.col_lower_ = np.zeros(2 * count)
        room = [self._room(index) for index in self._unknowns]
        model.col_upper_ = np.array([self._infinity] * count + room)
        model.row_lower_ = model.row_upper_ = np.zeros(len(relations))
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.array(starts, dtype=np.int32)
        model.a_matrix_.index_ = np.array(columns, dtype=np.int32)
        model.a_matrix_.value_ = np.array(entries, dtype=float)
        self._solver.passModel(model)

    def _room(self, index: int) -> float:
        return max(0.0, self._system.values[index] - self._system.lowest[index])

    def shift(self, index: int, by: float, withheld: set[int]) -> dict[int, float] | None:
        """The cheapest way to move `index` by `by`: each unknown that moves, with how far. None where there is none."""
        count, place = len(self._unknowns), self._place[index]
        self._free(withheld)
        if by < 0 and self._room(index) < -by - TOLERANCE:
            return None
        forth, back = (place, count + place) if by > 0 else (count + place, place)
        limits = {place: self._infinity, count + place: self._room(index)}
        self._solver.changeColBounds(forth, abs(by), max(limits[forth], abs(by)))
        self._solver.changeColBounds(back, 0.0, 0.0)
        steps = self._solve()
        self._solver.changeColBounds(forth, 0.0, limits[forth])
        self._solver.changeColBounds(back, 0.0, limits[back])
        if steps is None:
            return None
        return {self._unknowns[moved]: float(steps[moved]) for moved in np.flatnonzero(np.abs(steps) > _DRIFT)}

    def minimum(self, index: int) -> float:
        """The lowest value of `index` that the zeros and what was shown before leave possible."""
        count, place = len(self._unknowns), self._place[index]
        columns, value = np.arange(2 * count, dtype=np.int32), self._system.values[index]
        cost = np.zeros(2 * count)
        cost[place], cost[count + place] = 1.0, -1.0
        self._solver.changeColsCost(2 * count, columns, cost)
        steps = self._solve()
        self._solver.changeColsCost(2 * count, columns, np.array(self._cost * 2))
        self._freed.clear()
        return value if steps is None else max(0.0, value + float(steps[place]))

    def _free(self, withheld: set[int]) -> None:
        """What is withheld may move at no cost."""
        for freed in withheld & self._place.keys() - self._freed:
            self._freed.add(freed)
            for column in (self._place[freed], len(self._unknowns) + self._place[freed]):
                self._solver.changeColCost(column, 0.0)

    def _solve(self) -> NDArray[np.float64] | None:
        self._solver.run()
        if self._solver.getModelStatus() != self._solved:
            return None
        values = np.asarray(self._solver.getSolution().col_value, dtype=np.float64)
        return values[: len(self._unknowns)] - values[len(self._unknowns) :]


def _cost(system: System, index: int) -> float:
    """What it costs the reader to lose a cell, a unit moved: totals and large figures are what they look for."""
    cell = system.at[index]
    if cell is None or not system.is_public[index]:
        return 0.0
    cost = math.log2(2.0 + system.values[index])
    if not cell.group:
        cost *= 3
    if "-" not in cell.place_code:
        cost *= 3
    return cost
