"""What adds up to what."""

import datetime as dt

import pytest

from orchestration.release.disclosure.record import Figure, group_of
from orchestration.release.disclosure.relations import age_span


@pytest.mark.parametrize(
    ("code", "span"),
    [("Y0T5", (0, 5)), ("Y7", (7, 7)), ("Y_GE15", (15, 999)), ("Y_LT5", (0, 4)), ("_U", None), ("YOUTH", None)],
)
def test_ages(code: str, span: tuple[int, int] | None) -> None:
    assert age_span(code) == span


@pytest.mark.parametrize(
    ("population_group", "group"),
    [
        ("_T", set()),
        ("STAGE=DETECTION", {("STAGE", "DETECTION")}),
        ("AREA=X+SECTOR=Y", {("AREA", "X"), ("SECTOR", "Y")}),
        ("REFUGEES", {("population_group", "REFUGEES")}),
    ],
)
def test_a_crossed_population_group_has_a_dimension_for_each(
    population_group: str, group: set[tuple[str, str]]
) -> None:
    days = dt.date(2024, 1, 1), dt.date(2024, 12, 31)
    figure = Figure("CASES", "reported", "MA", "F", "_T", "_T", population_group, *days, 1.0)
    assert group_of(figure) == {("sex", "F"), *group}
