"""Corrections, in general: any set of them in any order, applied and withdrawn again, adds up."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.check.correct import apply
from orchestration.check.corrections import Correction
from orchestration.read import candidates
from tests.helpers import ACTIVITY_ROW, Desk, xlsx_report

PLACES = ("Chefchaouen", "Larache", "Fès", "Oujda-Angad", "Taroudannt")
VALUES = (3, 14, 15, 92, 65)


@pytest.fixture(scope="module")
def read(desk: Desk) -> tuple[list[candidates.ReadReport], pa.Table]:
    """Two senders' reports of one quarter, five rows each."""
    rows = [(ACTIVITY_ROW[0], place, ACTIVITY_ROW[2], value) for place, value in zip(PLACES, VALUES, strict=True)]
    readings = [desk.read(xlsx_report(rows), sender, "a.xlsx") for sender in ("ENTRAIDE", "NGO_EXAMPLE_1")]
    return [candidates.report_of(reading) for reading in readings], candidates.rows_table(readings)


@st.composite
def a_correction(draw: st.DrawFn) -> Correction:
    position = draw(st.integers(0, 4))
    action = draw(st.sampled_from(["override", "scale", "drop", "flag"]))
    number = st.decimals(min_value=0, max_value=10**6, places=3)
    content: dict[str, Any] = {
        "code": draw(st.from_regex(r"[A-Z]{6}", fullmatch=True)),
        "report": {
            "organisation_code": draw(st.sampled_from(["ENTRAIDE", "NGO_EXAMPLE_1", "NGO_EXAMPLE_2"])),
            "family": "activity_report",
            "period": draw(st.sampled_from(["2019-Q2", "2019-Q2", "2019-Q2", "2019"])),
        },
        "cell": f"Sheet!D{5 + position}",
        "action": action,
        "expect": draw(st.sampled_from([VALUES[position]] * 4 + [7])),
        "reason": "because",
        "reported_by": "a",
        "reported_to": "b",
        "reported_on": dt.date(2020, 1, 1),
        "status": draw(st.sampled_from(["confirmed", "confirmed", "fixed_at_source", "proposed", "withdrawn"])),
    }
    if action == "override":
        content["value"] = draw(number)
    if action == "scale":
        content["factor"] = draw(number.filter(bool))
    return Correction.model_validate(content)


corrections = st.lists(a_correction(), max_size=8, unique_by=lambda correction: correction.code)


@settings(max_examples=60)
@given(found=corrections, data=st.data())
def test_the_order_of_corrections_is_nothing(
    read: tuple[list[candidates.ReadReport], pa.Table], found: list[Correction], data: st.DataObject
) -> None:
    assert apply(*read, found) == apply(*read, data.draw(st.permutations(found)))


@settings(max_examples=60)
@given(found=corrections)
def test_withdrawn_they_give_what_was_read(
    read: tuple[list[candidates.ReadReport], pa.Table], found: list[Correction]
) -> None:
    withdrawn = [correction.model_copy(update={"status": "withdrawn"}) for correction in found]
    assert apply(*read, withdrawn) == apply(*read, [])


@settings(max_examples=60)
@given(found=corrections)
def test_every_row_is_counted_or_set_aside_and_changed_by_one_correction_or_none(
    read: tuple[list[candidates.ReadReport], pa.Table], found: list[Correction]
) -> None:
    reports, rows = read
    corrected = apply(reports, rows, found)
    before = {row["observation_id"]: row for row in rows.to_pylist()}
    after = {row["observation_id"]: row for row in corrected.rows.to_pylist()}
    aside = {row["observation_id"]: row for row in corrected.dropped.to_pylist()}
    assert before.keys() == after.keys() | aside.keys()
    assert not after.keys() & aside.keys()
    by_code = {correction.code: correction for correction in found}
    sender = {report.receipt_id: report.organisation_code for report in reports}
    for name, row in {**after, **aside}.items():
        was = before[name]
        # What stands in the file is never touched.
        assert [row[part] for part in ("source_sheet", "source_cell", "source_text", "indicator_code")] == [
            was[part] for part in ("source_sheet", "source_cell", "source_text", "indicator_code")
        ]
        meant = [
            correction
            for correction in found
            if correction.is_applied
            and correction.report.organisation_code == sender[row["receipt_id"]]
            and correction.report.period == "2019-Q2"
            and correction.source[1] == row["source_cell"]
            and correction.expect == was["value"]
        ]
        if len(meant) != 1:
            assert (row["correction_code"], row["value"]) == (None, was["value"])
            continue
        correction = by_code[row["correction_code"]]
        assert [correction] == meant
        assert row["value_as_reported"] == was["value"]
        expected = {
            "override": correction.value,
            "scale": was["value"] * (correction.factor or Decimal(1)),
            "drop": was["value"],
            "flag": was["value"],
        }
        assert row["value"] == expected[correction.action]
        assert (name in aside) == (correction.action == "drop")
