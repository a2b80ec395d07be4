"""Corrections applied: the value that counts changes, the text as written stays, and nothing disappears."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from orchestration.check.correct import Corrected, apply
from orchestration.check.corrections import Correction
from orchestration.read import candidates
from orchestration.read.room import Reading
from tests.helpers import OFFICIAL, OFFICIAL_COLUMNS, Desk, csv_report, xlsx_report

ROWS = (
    ("SN_PARENTS_TRAINED", "Chefchaouen", "Filles", 12),
    ("SN_PARENTS_TRAINED", "Chefchaouen", "Garçons", 15),
    ("SN_PARENTS_TRAINED", "Larache", "Filles", "n/d"),
    ("SN_PARENTS_TRAINED", "Larache", "Garçons", "beaucoup"),
)


def correction(**given: Any) -> Correction:
    content: dict[str, Any] = {
        "code": "FIX_1",
        "report": {"organisation_code": "ENTRAIDE", "family": "activity_report", "period": "2019-Q2"},
        "row": {"indicator_code": "SN_PARENTS_TRAINED", "place_code": "MA-CHE", "sex": "F"},
        "action": "flag",
        "expect": 12,
        "reason": "Digits transposed.",
        "reported_by": "data team",
        "reported_to": "focal point",
        "reported_on": dt.date(2019, 8, 1),
        "status": "confirmed",
    }
    return Correction.model_validate(content | given)


@pytest.fixture(scope="module")
def readings(desk: Desk) -> list[Reading]:
    """The report that is corrected, between one of another sender and one of another quarter."""
    other = xlsx_report(ROWS, title=("Rapport périodique d'activité", "Période : T3 2019"))
    return [
        desk.read(xlsx_report(ROWS), "NGO_EXAMPLE_1", "a.xlsx"),
        desk.read(xlsx_report(ROWS), "ENTRAIDE", "b.xlsx"),
        desk.read(other, "ENTRAIDE", "c.xlsx"),
    ]


def applied(readings: Sequence[Reading], *corrections: Correction) -> Corrected:
    reports = [candidates.report_of(reading) for reading in readings]
    return apply(reports, candidates.rows_table(readings), corrections)


def of(readings: Sequence[Reading], table: pa.Table, position: int = 1) -> list[dict[str, Any]]:
    receipt_id = readings[position].receipt.receipt_id
    return [row for row in table.to_pylist() if row["receipt_id"] == receipt_id]


def told(readings: Sequence[Reading], corrected: Corrected) -> list[tuple[str, str, str]]:
    assert set(corrected.findings) <= {readings[1].receipt.receipt_id}
    return [
        (finding.code, finding.cell, finding.found)
        for finding in corrected.findings.get(readings[1].receipt.receipt_id, ())
    ]


def test_an_override_changes_the_one_value_and_keeps_the_text(readings: list[Reading]) -> None:
    corrected = applied(readings, correction(action="override", value=21))
    rows = of(readings, corrected.rows)
    assert [row["value"] for row in rows] == [21, 15, None, None]
    assert (rows[0]["correction_code"], rows[0]["value_as_reported"], rows[0]["source_text"]) == ("FIX_1", 12, "12")
    assert [row["correction_code"] for row in rows[1:]] == [None] * 3
    assert told(readings, corrected) == [("CORRECTION_APPLIED", "D5", "12")]
    for position in (0, 2):
        assert all(row["correction_code"] is None for row in of(readings, corrected.rows, position))
        assert [row["value"] for row in of(readings, corrected.rows, position)] == [12, 15, None, None]


def test_a_row_is_named_by_its_cell_as_well(readings: list[Reading]) -> None:
    by_cell = applied(readings, correction(row=None, cell="Sheet!D5", action="override", value=21))
    assert by_cell.rows == applied(readings, correction(action="override", value=21)).rows


def test_scale_multiplies_exactly(readings: list[Reading]) -> None:
    corrected = applied(readings, correction(action="scale", factor=Decimal("1000.5")))
    assert of(readings, corrected.rows)[0]["value"] == Decimal(12) * Decimal("1000.5")


def test_drop_takes_the_row_out_and_keeps_it_aside(readings: list[Reading]) -> None:
    corrected = applied(readings, correction(action="drop"))
    assert [row["source_cell"] for row in of(readings, corrected.rows)] == ["D6", "D7", "D8"]
    assert [(row["source_cell"], row["correction_code"]) for row in corrected.dropped.to_pylist()] == [("D5", "FIX_1")]
    assert corrected.rows.num_rows + corrected.dropped.num_rows == 12
    assert told(readings, corrected) == [("CORRECTION_DROPPED", "D5", "12")]


def test_flag_leaves_the_value(readings: list[Reading]) -> None:
    row = of(readings, applied(readings, correction()).rows)[0]
    assert (row["value"], row["value_as_reported"], row["correction_code"]) == (12, 12, "FIX_1")


def test_what_was_not_reported_or_could_not_be_read_gets_a_value(readings: list[Reading]) -> None:
    larache = {"indicator_code": "SN_PARENTS_TRAINED", "place_code": "MA-LAR"}
    corrected = applied(
        readings,
        correction(row=larache | {"sex": "F"}, expect="n/d", action="override", value=0),
        correction(code="FIX_2", row=larache | {"sex": "M"}, expect="beaucoup", action="override", value=7),
    )
    rows = of(readings, corrected.rows)
    assert [(row["value"], row["qualifier"], row["value_problem"]) for row in rows[2:]] == [
        (0, "exact", None),
        (7, "exact", None),
    ]
    assert [row["value_as_reported"] for row in rows[2:]] == [None, None]
    assert [finding.expected[:2] for finding in corrected.findings[readings[1].receipt.receipt_id]] == ["0 ", "7 "]


def test_a_value_can_be_taken_away_with_the_reason_why(readings: list[Reading]) -> None:
    row = of(readings, applied(readings, correction(action="override", qualifier="not_reported")).rows)[0]
    assert (row["value"], row["qualifier"], row["value_as_reported"]) == (None, "not_reported", 12)


@pytest.mark.parametrize(
    ("given", "cell", "found"),
    [
        ({"expect": 13}, "D5", "12"),
        ({"expect": "12.0"}, "D5", "12"),
        ({"row": {"indicator_code": "SN_PARENTS_TRAINED", "place_code": "MA-FES"}}, "", "–"),
        ({"row": {"indicator_code": "SN_PARENTS_TRAINED"}}, "", "4 ×"),
        ({"row": None, "cell": "Sheet!D50"}, "D50", "–"),
        ({"row": None, "cell": "Feuil1!D5"}, "D5", "–"),
        (
            {
                "row": {"indicator_code": "SN_PARENTS_TRAINED", "place_code": "MA-LAR", "sex": "F"},
                "expect": "n/d",
                "action": "scale",
                "factor": 2,
            },
            "D7",
            "n/d",
        ),
        ({"action": "scale", "factor": Decimal(10) ** 17}, "D5", "12"),
    ],
)
def test_what_is_not_as_expected_is_told_and_left(
    readings: list[Reading], given: dict[str, Any], cell: str, found: str
) -> None:
    corrected = applied(readings, correction(**given))
    assert told(readings, corrected) == [("CORRECTION_EXPECTATION_GONE", cell, found)]
    (finding,) = corrected.findings[readings[1].receipt.receipt_id]
    assert "FIX_1: Digits transposed." in finding.expected
    assert corrected.rows == applied(readings).rows
    # What was put right at the source asks nothing of the versions that hold the right value.
    fixed = applied(readings, correction(**given, status="fixed_at_source"))
    assert fixed.findings == {}
    assert fixed.rows == applied(readings).rows


def test_an_error_fixed_at_the_source_is_still_corrected_where_it_stands(readings: list[Reading]) -> None:
    corrected = applied(readings, correction(action="override", value=21, status="fixed_at_source"))
    assert of(readings, corrected.rows)[0]["value"] == 21


@pytest.mark.parametrize("status", ["proposed", "withdrawn"])
def test_what_is_not_in_force_changes_nothing(readings: list[Reading], status: str) -> None:
    corrected = applied(readings, correction(action="override", value=21, status=status))
    assert corrected.rows == applied(readings).rows
    assert corrected.findings == {}


def test_one_receipt_alone_can_be_meant(readings: list[Reading]) -> None:
    report = {"organisation_code": "ENTRAIDE", "family": "activity_report"}
    receipt_id = readings[1].receipt.receipt_id
    named = correction(report=report | {"receipt_id": receipt_id[:8]}, action="override", value=21)
    assert of(readings, applied(readings, named).rows)[0]["value"] == 21
    other = correction(report=report | {"receipt_id": "0" * 64, "period": "2019-Q2"}, action="override", value=21)
    assert applied(readings, other).rows == applied(readings).rows


def test_two_that_meet_in_one_row_change_nothing_and_the_order_is_nothing(readings: list[Reading]) -> None:
    by_row = correction(code="FIX_2", action="override", value=21)
    by_cell = correction(code="FIX_1", row=None, cell="Sheet!D5", action="drop")
    corrected = applied(readings, by_row, by_cell)
    assert told(readings, corrected) == [("CORRECTIONS_COLLIDE", "D5", "FIX_1, FIX_2")]
    assert corrected.rows == applied(readings).rows
    assert applied(readings, by_cell, by_row) == corrected


def test_a_row_of_a_report_that_holds_many_periods_is_named_by_its_own(desk: Desk) -> None:
    content = csv_report([OFFICIAL | {"period": year, "value": year} for year in ("2017", "2018")], OFFICIAL_COLUMNS)
    readings = [desk.read(content), desk.read(b"", file_name="empty.csv")]
    report = {"organisation_code": "PPO", "family": "official_figures", "period": "2017-2018"}
    row = {"indicator_code": "PPO_VIOLENCE_CASES", "period": "2018"}
    fix = correction(report=report, row=row, expect=2018, action="override", value=1)
    assert [row["value"] for row in applied(readings, fix).rows.to_pylist()] == [2017, 1]


def test_parts_that_gave_another_value_do_not_survive_it(desk: Desk) -> None:
    rate = {"indicator_code": "SDG_BIRTH_REG_RATE", "value": "50"}
    reading = desk.read(csv_report([OFFICIAL | rate]))
    rows = candidates.rows_table([reading])
    for name in ("numerator", "denominator"):
        parts = pa.array([Decimal(5)], candidates.DECIMAL)
        rows = rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), parts)
    report = {"organisation_code": "PPO", "family": reading.family, "period": "2017"}
    cell = f"{reading.rows[0].source_sheet}!{reading.rows[0].source_cell}"

    def parts_after(**given: Any) -> list[Any]:
        fix = correction(report=report, row=None, cell=cell, expect=50, **given)
        (row,) = apply([candidates.report_of(reading)], rows, [fix]).rows.to_pylist()
        return [row[name] for name in ("value", "numerator", "denominator")]

    assert parts_after(action="override", value=60) == [60, None, None]
    assert parts_after(action="override", value=60, numerator=6, denominator=10) == [60, 6, 10]
    assert parts_after(action="scale", factor=Decimal("0.5")) == [25, 5, 5]
    assert parts_after(action="flag") == [50, 5, 5]


def test_nothing_to_correct_costs_nothing_and_adds_the_columns(readings: list[Reading]) -> None:
    corrected = applied(readings)
    assert corrected.rows.drop_columns(["correction_code", "value_as_reported"]) == candidates.rows_table(readings)
    assert corrected.dropped.num_rows == 0
    assert applied([]).rows.num_rows == 0
