"""Bounds: "less than 5" beside a whole and its other parts is a count that anybody can work out."""

import datetime as dt
from typing import Any

import pytest

from orchestration.release.disclosure import bounds
from orchestration.release.disclosure.record import Figure

WHOLE = Figure("CASES", "reported", "MA", "_T", "_T", "_T", "_T", dt.date(2019, 1, 1), dt.date(2019, 12, 31), 40.0)
PARENTS = {"MA": None, "MA-01": "MA", "MA-02": "MA"}


def part(value: float, **at: Any) -> Figure:
    return WHOLE._replace(value=value, **at)


def settled(*figures: tuple[Figure, str]) -> list[float]:
    found = bounds.settled([figure for figure, _ in figures], [said for _, said in figures], PARENTS)
    return [figure.value for figure in found]


@pytest.mark.parametrize("dimension", ["sex", "age_group", "residence", "population_group", "place_code"])
@pytest.mark.parametrize("qualifier", ["less_than", "at_most"])
def test_a_bound_is_what_the_whole_leaves_for_it(dimension: str, qualifier: str) -> None:
    names = ("MA-01", "MA-02") if dimension == "place_code" else ("F", "M")
    girls, boys = (part(value, **{dimension: name}) for value, name in zip((37.0, 5.0), names, strict=True))
    assert settled((WHOLE, "exact"), (girls, "exact"), (boys, qualifier)) == [40, 37, 3]


@pytest.mark.parametrize(
    ("figures", "values"),
    [
        # Nothing leads to it: no whole, no other part, a whole of another year, two bounds.
        ([(part(5.0, sex="M"), "less_than"), (part(37.0, sex="F"), "exact")], [5, 37]),
        ([(WHOLE, "exact"), (part(5.0, sex="M"), "less_than")], [40, 5]),
        ([(part(40.0, period_start=dt.date(2018, 1, 1)), "exact"), (part(5.0, sex="M"), "less_than")], [40, 5]),
        ([(WHOLE, "exact"), (part(38.0, sex="F"), "at_most"), (part(5.0, sex="M"), "less_than")], [40, 38, 5]),
        ([(WHOLE, "at_most"), (part(37.0, sex="F"), "exact"), (part(5.0, sex="M"), "less_than")], [40, 37, 5]),
        # It contradicts the sum whatever it is.
        ([(WHOLE, "exact"), (part(41.0, sex="F"), "exact"), (part(5.0, sex="M"), "less_than")], [40, 41, 5]),
        ([(WHOLE, "exact"), (part(30.0, sex="F"), "exact"), (part(5.0, sex="M"), "less_than")], [40, 30, 5]),
        # What is no upper bound stays.
        ([(WHOLE, "exact"), (part(37.0, sex="F"), "exact"), (part(2.0, sex="M"), "at_least")], [40, 37, 2]),
    ],
)
def test_what_no_sum_leaves_stays_as_it_is(figures: list[tuple[Figure, str]], values: list[float]) -> None:
    assert settled(*figures) == values


def test_a_count_that_was_left_for_one_bound_leads_to_the_next() -> None:
    """Children 140, of one region 60 and of the other "less than 100"; of these, girls 78 and boys "less than 5"."""
    region = part(100.0, place_code="MA-02")
    assert settled(
        (region._replace(value=5.0, sex="M"), "less_than"),
        (region._replace(value=78.0, sex="F"), "exact"),
        (region, "less_than"),
        (part(60.0, place_code="MA-01"), "exact"),
        (part(140.0), "exact"),
    ) == [2, 78, 80, 60, 140]


def test_a_sum_of_places_is_tried_where_that_of_groups_leaves_nothing() -> None:
    boys = part(5.0, sex="M")
    regions = [part(2.0, sex="M", place_code="MA-01"), part(5.0, sex="M", place_code="MA-02")]
    assert settled((boys, "exact"), (regions[0], "exact"), (regions[1], "less_than")) == [5, 2, 3]
