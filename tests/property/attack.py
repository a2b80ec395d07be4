"""An attack on the public part of releases: what can be found out about a count that was withheld?

The attacker has every public file of every release that is kept, knows the place tree and how sexes, ages and periods
add up, knows that a zero is shown as such, and is even told which figures stayed the same from one release to the next.
A linear program then bounds each withheld count. Nothing here is shared with the code that withholds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from scipy.optimize import linprog
from scipy.sparse import lil_matrix

Key = tuple[Any, ...]
"""indicator, status, place, sex, age group, start, end."""


@dataclass
class Knowledge:
    """Unknown counts, what is known of each, and sums of them."""

    counts: dict[Key, int] = field(default_factory=dict)
    names: list[dict[Key, Key]] = field(default_factory=list)
    """Of each release, what a figure is known as: it keeps its name as long as it stands."""
    known: dict[int, float] = field(default_factory=dict)
    sums: list[tuple[int, list[int], bool]] = field(default_factory=list)
    """A whole, its parts, and whether the whole may hold more."""

    def count(self, key: Key) -> int:
        return self.counts.setdefault(key, len(self.counts))

    def index(self, release: int, key: Key) -> int:
        """The unknown that stands for a figure of a release."""
        return self.counts[self.names[release][key]]


def public_figures(public: Path) -> dict[Key, float | None]:
    """Every figure in the public file, or in a folder of Parquet files; None where the value is withheld."""
    places, groups = "marts.indicator_by_place_year", "marts.indicator_by_group_year"
    if public.is_dir():
        places, groups = (f"'{public / mart.removeprefix('marts.')}.parquet'" for mart in (places, groups))
    with duckdb.connect(":memory:" if public.is_dir() else str(public), read_only=not public.is_dir()) as connection:
        rows = connection.execute(
            f"""
            select indicator_code, data_status, place_code, '_T', '_T', period_start, period_end, value::double,
                qualifier
            from {places}
            union all
            select indicator_code, data_status, place_code, sex, age_group, period_start, period_end, value::double,
                qualifier
            from {groups} where residence = '_T' and population_group = '_T'
            """
        ).fetchall()
    assert all(value is None for *_, value, qualifier in rows if qualifier == "suppressed")
    return {tuple(key): value for *key, value, qualifier in rows if value is not None or qualifier == "suppressed"}


def learn(
    releases: Sequence[Mapping[Key, float | None]],
    truths: Sequence[Mapping[Key, float]],
    parents: Mapping[str, str | None],
) -> Knowledge:
    """What the releases say together. `truths` only tell which figures are equal, and which sums are complete."""
    knowledge = Knowledge()
    stands: dict[Key, int] = {}
    for number, (shown, truth) in enumerate(zip(releases, truths, strict=True)):
        # Equal figures of one cell, in two statuses or from a release to the next, are one unknown.
        values = {key: (*key[:1], *key[2:], truth[key]) for key in shown}
        stands = {value: stands.get(value, number) for value in values.values()}
        name = {key: (*value, stands[value]) for key, value in values.items()}
        knowledge.names.append(name)
        for key, value in shown.items():
            index = knowledge.count(name[key])
            if value is not None:
                knowledge.known[index] = value
        for whole, parts in sums(shown, parents):
            rest = truth[whole] - sum(truth[part] for part in parts)
            if rest >= 0:
                indices = [knowledge.count(name[part]) for part in parts]
                knowledge.sums.append((knowledge.count(name[whole]), indices, rest > 0))
    return knowledge


def sums(keys: Mapping[Key, object], parents: Mapping[str, str | None]) -> list[tuple[Key, list[Key]]]:
    """Every whole among the figures with the parts that it holds, by place, by sex, by age, by period."""
    found: dict[tuple[Key, str], list[Key]] = {}
    for key in keys:
        indicator, status, place, sex, age, start, end = key
        wholes = {
            "place": (indicator, status, parents.get(place), sex, age, start, end),
            "sex": (indicator, status, place, "_T", age, start, end) if sex != "_T" else None,
            "age": (indicator, status, place, sex, "_T", start, end) if age != "_T" else None,
        }
        for dimension, whole in wholes.items():
            if whole in keys:
                found.setdefault((whole, dimension), []).append(key)
    series: dict[Key, list[Key]] = {}
    for key in keys:
        series.setdefault(key[:5], []).append(key)
    for spans in series.values():
        for outer in spans:
            inside = [inner for inner in spans if inner != outer and outer[5] <= inner[5] and inner[6] <= outer[6]]
            if inside:
                found[outer, "period"] = inside
    return [(whole, parts) for (whole, _), parts in found.items()]


def bounds(knowledge: Knowledge, of: Sequence[Mapping[int, float]]) -> list[tuple[float, float]]:
    """The lowest and the highest value of each sum of counts, given all that is known."""
    open_sums = [whole for whole, _, is_open in knowledge.sums if is_open]
    width = len(knowledge.counts) + len(open_sums)
    matrix = lil_matrix((len(knowledge.sums), width))
    rest = len(knowledge.counts)
    for row, (whole, parts, is_open) in enumerate(knowledge.sums):
        matrix[row, whole] = 1.0
        for part in parts:
            matrix[row, part] -= 1.0
        if is_open:
            matrix[row, rest] = -1.0
            rest += 1
    # What is withheld is not zero, and a rest may be.
    limits = [
        (knowledge.known[index], knowledge.known[index]) if index in knowledge.known else (1.0, None)
        for index in range(len(knowledge.counts))
    ] + [(0.0, None)] * len(open_sums)
    sparse = matrix.tocsr()
    found = []
    for target in of:
        objective = np.zeros(width)
        for index, factor in target.items():
            objective[index] = factor
        ends = []
        for sign in (1.0, -1.0):
            done = linprog(sign * objective, A_eq=sparse, b_eq=np.zeros(sparse.shape[0]), bounds=limits, method="highs")
            assert done.status in (0, 3), done.message
            ends.append(sign * done.fun if done.status == 0 else sign * -np.inf)
        found.append((ends[0], ends[1]))
    return found
