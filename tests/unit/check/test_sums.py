"""Totals beside their parts: worked examples, and random reports against an oracle that adds up one by one."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.check import frame as frames
from orchestration.read.contracts import Contract
from orchestration.read.reference import Indicator, Reference, load_reference
from tests.helpers import PROJECT
from tests.unit.check.rows import report, table

REFERENCE = load_reference(PROJECT / "dbt_project" / "seeds")
VERSIONS = cast(
    Mapping[int, Contract],
    {
        1: SimpleNamespace(
            exhaustive={"sex": ("F", "M"), "age_group": ("Y0T5", "Y6T11", "Y12T17"), "residence": ("U", "R")}
        )
    },
)
REGION = "MA-01"
PROVINCES = sorted(code for code, parent in REFERENCE.parents.items() if parent == REGION)


def built(rows: Sequence[Mapping[str, Any]], reference: Reference = REFERENCE) -> Any:
    return frames.build(table(rows), [report()], VERSIONS, reference)


def said(rows: Sequence[Mapping[str, Any]], kind: str) -> list[tuple[int, float]]:
    """The rows of which something is told, and the difference."""
    frame = built(rows)
    column = frame[f"{kind}_difference"]
    return [(row, round(column[row], 9)) for row in frame.index[column.notna() & (column != 0)]]


def judged(rows: Sequence[Mapping[str, Any]], kind: str) -> list[int]:
    frame = built(rows)
    return frame.index[frame[f"{kind}_difference"].notna()].tolist()


def row(value: object, **more: object) -> dict[str, object]:
    return {"value": None if value is None else Decimal(str(value)), **more}


SHARE = {"indicator_code": "HCP_CHILD_LABOUR_RATE"}
HOUSEHOLDS = {"indicator_code": "HCP_HOUSEHOLDS_CHILD_LABOUR"}


@pytest.mark.parametrize(
    ("rows", "sex", "rounding"),
    [
        # Shares that were printed with one decimal: 100.2.
        ([row(100, **SHARE), row("66.6", sex="F", **SHARE), row("33.6", sex="M", **SHARE)], [], [(0, 0.2)]),
        ([row(100, **SHARE), row("66.6", sex="F", **SHARE), row("35.6", sex="M", **SHARE)], [(0, 2.2)], []),
        # Every girl and every boy are no 200 %, and a rate of all is no sum of rates.
        ([row(100, **SHARE), row(100, sex="F", **SHARE), row(100, sex="M", **SHARE)], [], []),
        ([row(20, **SHARE), row(15, sex="F", **SHARE), row(25, sex="M", **SHARE)], [], []),
        # Thousands, as printed by the same source: 69 + 21 is 90, not 89.
        ([row(89000), row(69000, sex="F"), row(21000, sex="M")], [], [(0, 1000)]),
        ([row(89000), row(69000, sex="F"), row(25000, sex="M")], [(0, 5000)], []),
        # Persons are counted, not rounded.
        ([row(89), row(69, sex="F"), row(21, sex="M")], [(0, 1)], []),
        ([row(90), row(69, sex="F"), row(21, sex="M")], [], []),
        # A part that is missing may hold the rest, but nothing below zero.
        ([row(10), row(6, sex="F")], [], []),
        ([row(10), row(11, sex="F")], [(0, 1)], []),
        ([row(10), row(6, sex="F"), row(None, sex="M", qualifier="suppressed")], [], []),
        ([row(10), row(6, sex="F"), row(None, sex="M", qualifier="not_applicable")], [(0, -4)], []),
        # Bounds keep to their side.
        ([row(10, qualifier="more_than"), row(6, sex="F"), row(5, sex="M")], [], []),
        ([row(10, qualifier="more_than"), row(4, sex="F"), row(5, sex="M")], [(0, -1)], []),
        ([row(10), row(4, sex="F", qualifier="at_least"), row(5, sex="M")], [], []),
        ([row(10), row(4, sex="F", qualifier="less_than"), row(5, sex="M")], [(0, -1)], []),
        ([row(1000, qualifier="approximate"), row(500, sex="F"), row(515, sex="M")], [], [(0, 15)]),
        ([row(1000, qualifier="approximate"), row(500, sex="F"), row(525, sex="M")], [(0, 25)], []),
        # Categories that are not declared are never added; nor is what is unknown.
        ([row(10), row(6, sex="F"), row(3, sex="M"), row(1, sex="_U")], [(0, -1)], []),
        # Everything else being equal: another place, period or source is another total.
        ([row(10), row(6, sex="F", place_code="MA-01"), row(5, sex="M", place_code="MA-01")], [], []),
        ([row(10, citation="a"), row(6, sex="F", citation="b"), row(5, sex="M", citation="b")], [], []),
        # Within an age, too.
        (
            [row(10, age_group="Y0T5"), row(6, sex="F", age_group="Y0T5"), row(5, sex="M", age_group="Y0T5")],
            [(0, 1)],
            [],
        ),
        # What was said twice with different values, and what counts nothing, is not for sums.
        ([row(10), row(11), row(6, sex="F"), row(5, sex="M")], [], []),
        ([row(10), row(-6, sex="F"), row(5, sex="M")], [], []),
    ],
)
def test_sexes_against_totals(
    rows: list[dict[str, object]], sex: list[tuple[int, float]], rounding: list[tuple[int, float]]
) -> None:
    assert (said(rows, "sex"), said(rows, "rounding")) == (sex, rounding)


def test_a_total_is_compared_in_each_dimension_and_the_largest_difference_is_told() -> None:
    rows = [row(10), row(6, residence="U"), row(6, residence="R"), row(1, age_group="Y0T5"), row(2, age_group="Y6T11")]
    rows.append(row(3, age_group="Y12T17"))
    assert said(rows, "category") == [(0, 2)]
    assert said(rows, "age_group") == [(0, -4)]


def test_places_stand_for_themselves_and_are_rolled_up_where_nothing_is_stated() -> None:
    provinces = [row(2, place_code=code) for code in PROVINCES]
    whole = 2 * len(PROVINCES)
    assert said([row(whole, place_code=REGION), *provinces], "place") == []
    assert said([row(whole + 1, place_code=REGION), *provinces], "place") == [(0, -1)]
    # One province less may be missing; more than the region it cannot be.
    assert judged([row(whole, place_code=REGION), *provinces[1:]], "place") == []
    assert said([row(1, place_code=REGION), provinces[0]], "place") == [(0, 1)]
    # The country is held against what its regions state, not against what their provinces do.
    assert said([row(5, place_code="MA"), row(4, place_code=REGION), *provinces], "place") == [(1, whole - 4)]
    assert said([row(5, place_code="MA"), *provinces], "place") == [(0, whole - 5)]


def test_what_is_not_added_over_places_is_not_compared() -> None:
    reach = {"indicator_code": "SN_DIGITAL_REACH"}
    assert judged([row(1, place_code=REGION, **reach), row(9, place_code=PROVINCES[0], **reach)], "place") == []


def period(start: tuple[int, int], end: tuple[int, int], grain: str) -> dict[str, object]:
    import calendar

    last = calendar.monthrange(*end)[1]
    return {"period_start": dt.date(*start, 1), "period_end": dt.date(*end, last), "period_grain": grain}


YEAR = period((2017, 1), (2017, 12), "year")
QUARTERS = [period((2017, month), (2017, month + 2), "quarter") for month in (1, 4, 7, 10)]


@pytest.mark.parametrize(
    ("indicator", "year", "quarters", "told"),
    [
        ("PPO_VIOLENCE_CASES", 10, (1, 2, 3, 4), ""),
        ("PPO_VIOLENCE_CASES", 4, (1, 2, 3, 4), "flow_as_stock"),
        ("PPO_VIOLENCE_CASES", 9, (1, 2, 3, 4), "period_difference"),
        ("PPO_VIOLENCE_CASES", 4, (4, 4, 4, 4), "period_difference"),  # perhaps a mean: no last quarter
        ("PPO_VIOLENCE_CASES", 4, (1, 2, 3), ""),  # one quarter is missing
        # The same persons in several quarters: anything from the largest quarter to the sum.
        ("SN_PARENTS_TRAINED", 4, (1, 2, 3, 4), ""),
        ("SN_PARENTS_TRAINED", 10, (1, 2, 3, 4), ""),
        ("SN_PARENTS_TRAINED", 11, (1, 2, 3, 4), "period_difference"),
        ("SN_PARENTS_TRAINED", 3, (1, 4, 2, 3), "flow_as_stock"),
        ("HCP_CHILD_LABOUR", 10, (1, 2, 3, 4), "stock_added"),
        ("HCP_CHILD_LABOUR", 4, (1, 2, 3, 4), ""),
        ("HCP_CHILD_LABOUR", 4, (0, 0, 0, 4), ""),
        ("HCP_CHILD_LABOUR_RATE", 10, (1, 2, 3, 4), ""),
    ],
)
def test_a_year_beside_its_quarters(indicator: str, year: int, quarters: tuple[int, ...], told: str) -> None:
    of = {"indicator_code": indicator}
    parts = [row(value, **of, **span) for value, span in zip(quarters, QUARTERS, strict=False)]
    frame = built([row(year, **of, **YEAR), *parts])
    names = ("period_difference", "flow_as_stock", "stock_added")
    assert [name for name in names if frame[name].fillna(0).iloc[0] != 0] == ([told] if told else [])
    assert frame[list(names)].iloc[1:].fillna(0).eq(0).all(axis=None)


# --- the oracle: one cell at a time, in plain Python

TREE = {"A": "L", "B": "L", "C": "M", "D": "M", "L": "MA", "M": "MA"}
SMALL = Reference(parents=TREE, indicators={"X": Indicator("X", "count", "", "", False, "flow", "sum", "sum")})
VALUES = st.one_of(st.none(), st.integers(0, 4))


def rolled(place: str, stated: Mapping[str, int | None]) -> tuple[int, bool] | None:
    """What the parts of a place come to, and whether all of them are there; None where none is."""
    parts = []
    for child in sorted(child for child, parent in TREE.items() if parent == place):
        if child in stated:
            value = stated[child]
            parts.append(None if value is None else (value, True))
        else:
            parts.append(rolled(child, stated))
    known = [part for part in parts if part is not None]
    if not known:
        return None
    return sum(value for value, _ in known), len(known) == len(parts) and all(whole for _, whole in known)


@settings(max_examples=150)
@given(st.dictionaries(st.sampled_from(["MA", "L", "M", "A", "B", "C", "D"]), VALUES, min_size=2))
def test_places_agree_with_an_oracle(stated: dict[str, int | None]) -> None:
    places = list(stated)
    rows = [
        row(
            stated[place],
            place_code=place,
            indicator_code="X",
            qualifier="exact" if stated[place] is not None else "suppressed",
        )
        for place in places
    ]
    frame = built(rows, SMALL)
    expected = {}
    for place in places:
        parts, total = rolled(place, stated), stated[place]
        if parts is not None and total is not None and (parts[1] or parts[0] > total):
            expected[place] = float(parts[0] - total)
    found = {place: frame["place_difference"][at] for at, place in enumerate(places)}
    assert {place: value for place, value in found.items() if value == value} == expected


SEXES, AGES = ("_T", "F", "M", "_U"), ("_T", "Y0T5", "Y6T11", "Y12T17")


@settings(max_examples=150)
@given(st.dictionaries(st.tuples(st.sampled_from(SEXES), st.sampled_from(AGES)), VALUES, min_size=2))
def test_categories_agree_with_an_oracle(stated: dict[tuple[str, str], int | None]) -> None:
    cells = list(stated)
    rows = [
        row(value, sex=sex, age_group=age, indicator_code="X", qualifier="exact" if value is not None else "suppressed")
        for (sex, age), value in stated.items()
    ]
    frame = built(rows, SMALL)
    for kind, parts_of in (
        ("sex", lambda sex, age: [("F", age), ("M", age)] if sex == "_T" else []),
        ("age_group", lambda sex, age: [(sex, part) for part in AGES[1:]] if age == "_T" else []),
    ):
        for at, cell in enumerate(cells):
            parts = [stated.get(part) for part in parts_of(*cell)]
            known = [value for value in parts if value is not None]
            total, found = stated[cell], frame[f"{kind}_difference"][at]
            if total is None or not known or not (len(known) == len(parts) or sum(known) > total):
                assert found != found
            else:
                assert found == sum(known) - total
