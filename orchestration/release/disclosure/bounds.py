"""The count behind a figure that is an upper bound, as far as sums beside it tell: "less than 5" boys of 40 children.

A reader who sees the whole and the other parts subtracts. Taken as 5, the boys would contradict the sum, and nothing
would be protected: what the sum leaves for them is the count that must not follow.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestration.release.disclosure.record import Figure

UPPER = frozenset({"less_than", "at_most"})
_TOTAL = "_T"
_GROUPS = ("sex", "age_group", "residence", "population_group")
_DIFFER = (*_GROUPS, "place_code")


def settled(
    figures: Sequence["Figure"], qualifiers: Sequence[str | None], parents: Mapping[str, str | None]
) -> list["Figure"]:
    """The figures, with the count that a sum leaves in place of an upper bound.

    A bound stays as it is where no whole stands beside all other parts, or where what is left for it is less than
    nothing or more than the bound. A count that was left for one may lead to another's. `parents` lead from a place
    to the one that holds it.
    """
    open_bounds = {figure for figure, qualifier in zip(figures, qualifiers, strict=True) if qualifier in UPPER}
    if not open_bounds:
        return list(figures)
    parts, sums = _sums(figures, parents)
    counts = {figure: figure.value for figure in figures}

    def left_for(figure: "Figure") -> float | None:
        for whole in sums[figure]:
            others = [part for part in parts[whole] if part is not figure]
            left = counts[whole[1]] - sum(counts[part] for part in others)
            # Two bounds in one sum leave more than one count each.
            if others and open_bounds.isdisjoint((whole[1], *others)) and 0.0 <= left <= figure.value:
                return left
        return None

    waiting = list(open_bounds)
    while waiting:
        found = {figure: left for figure in waiting if (left := left_for(figure)) is not None}
        counts |= found
        open_bounds -= found.keys()
        # What was found may tell of its own parts, and of those that it is a part beside.
        touched = {whole for figure in found for whole in sums[figure]} | {
            (name, figure) for figure in found for name in _DIFFER
        }
        waiting = [part for whole in touched for part in parts.get(whole, ()) if part in open_bounds]
    return [figure._replace(value=counts[figure]) for figure in figures]


Whole = tuple[str, "Figure"]
"""What parts are of: the column by which they differ, and the figure that holds them."""


def _sums(
    figures: Iterable["Figure"], parents: Mapping[str, str | None]
) -> tuple[dict[Whole, list["Figure"]], dict["Figure", list[Whole]]]:
    """The parts of each whole, and the wholes of each part."""
    at = {figure._replace(value=0.0): figure for figure in figures}
    parts: dict[Whole, list[Figure]] = defaultdict(list)
    sums: dict[Figure, list[Whole]] = defaultdict(list)
    for figure in figures:
        above = {name: _TOTAL for name in _GROUPS if getattr(figure, name) != _TOTAL}
        if (parent := parents.get(figure.place_code)) is not None:
            above["place_code"] = parent
        for name, code in above.items():
            higher: dict[str, Any] = {name: code, "value": 0.0}
            if (whole := at.get(figure._replace(**higher))) is not None:
                parts[name, whole].append(figure)
                sums[figure].append((name, whole))
    return parts, sums
