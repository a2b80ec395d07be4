"""The room of checking: what corrections and decisions make of judged reports, and that nothing disappears."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from orchestration.check import room
from orchestration.check.corrections import Correction
from orchestration.check.room import Checked
from orchestration.check.rulings import Rulings
from orchestration.read.room import Reading
from tests.helpers import OFFICIAL, Desk, csv_report, lake_rows, xlsx_report
from tests.unit.check.test_correct import ROWS, correction

pytestmark = pytest.mark.xdist_group("great_expectations")

OTHER_GRAIN = ("Rapport périodique d'activité", "Période : 12/03/2019 - 15/04/2019")


def report_of(checked: Checked, reading: Reading) -> Mapping[str, Any]:
    (report,) = lake_rows(checked, "reports", reading)
    return report


def told(checked: Checked, reading: Reading) -> list[object]:
    return [row["rule_code"] for row in lake_rows(checked, "rejections", reading) if not row["is_quarantined"]]


def quarantined(checked: Checked, reading: Reading) -> dict[object, object]:
    return {
        row["source_cell"]: row["rule_code"]
        for row in lake_rows(checked, "rejections", reading)
        if row["is_quarantined"]
    }


def counted(checked: Checked, reading: Reading) -> dict[object, object]:
    return {row["source_cell"]: row["value"] for row in lake_rows(checked, "observations", reading)}


def accepting(reading: Reading, *rules: str) -> Rulings:
    return Rulings(accepted={reading.receipt.receipt_id: frozenset(rules)})


# --- corrections


@pytest.fixture(scope="module")
def activity(desk: Desk) -> list[Reading]:
    """Two reports of one period, the first of which is corrected, and one of the next."""
    next_quarter = xlsx_report(ROWS[:3], title=("Rapport périodique d'activité", "Période : T3 2019"))
    return [
        desk.read(xlsx_report(ROWS[:3]), "ENTRAIDE", "a.xlsx"),
        desk.read(xlsx_report(ROWS[:3]), "NGO_EXAMPLE_1", "b.xlsx"),
        desk.read(next_quarter, "ENTRAIDE", "c.xlsx"),
    ]


def checked_with(desk: Desk, readings: Sequence[Reading], *corrections: Correction) -> Checked:
    return desk.check(readings, rulings=Rulings(corrections))


def test_a_corrected_value_reaches_the_lake_with_its_correction(desk: Desk, activity: list[Reading]) -> None:
    checked = checked_with(desk, activity, correction(action="override", value=21))
    (row, *rest) = lake_rows(checked, "observations", activity[0])
    assert (row["value"], row["value_as_reported"], row["correction_code"]) == (21, 12, "FIX_1")
    assert row["source_text"] == "12"
    assert {row["correction_code"] for row in rest} == {None}
    report = report_of(checked, activity[0])
    assert (report["verdict"], report["findings"], report["is_valid"]) == ("accepted", 1, True)
    for other in activity[1:]:
        assert report_of(checked, other)["findings"] == 0
        assert counted(checked, other) == {"D5": 12, "D6": 15, "D7": None}


def test_senders_that_are_judged_in_parts_come_out_as_those_judged_at_once(
    desk: Desk, activity: list[Reading], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reports of three senders between each other: good, bad, without rows, corrected, and let through."""
    bad = [[*ROWS[0][:-1], "-3"], *ROWS[1:3]]
    let_through = desk.read(xlsx_report(ROWS[:3], title=OTHER_GRAIN), "NGO_EXAMPLE_2", "grain.xlsx")
    readings = [
        activity[0],
        let_through,
        desk.read(xlsx_report(bad), "NGO_EXAMPLE_1", "bad.xlsx"),
        desk.read(xlsx_report([]), "NGO_EXAMPLE_1", "empty.xlsx"),
        activity[2],
        activity[1],
        desk.read(xlsx_report(ROWS[:2], title=OTHER_GRAIN), "NGO_EXAMPLE_2", "refused.xlsx"),
    ]
    rulings = Rulings(
        (correction(action="override", value=21),),
        {let_through.receipt.receipt_id: frozenset({"REPORT_PERIOD_GRAIN"})},
    )
    at_once = desk.check(readings, rulings=rulings)
    assert at_once.counts.reports["accepted"] >= 3
    assert at_once.counts.reports["sent_back"] >= 1
    assert at_once.counts.observations["quarantined"] > 0
    # One sender has more than that, and is judged whole all the same; then two fit into one part.
    for most in (1, 7, 12):
        monkeypatch.setattr(room, "MOST_ROWS", most)
        assert desk.check(readings, rulings=rulings) == at_once


def test_a_corrected_value_is_judged_like_any_other(desk: Desk, activity: list[Reading]) -> None:
    checked = checked_with(desk, activity, correction(action="override", value=-21))
    assert quarantined(checked, activity[0]) == {"D5": "VALUE_NEGATIVE"}


def test_what_expects_a_value_that_is_gone_sends_back_its_report_alone(desk: Desk, activity: list[Reading]) -> None:
    checked = checked_with(desk, activity, correction(action="override", value=21, expect=99))
    report = report_of(checked, activity[0])
    assert (report["state"], report["observations_accepted"], report["is_valid"]) == ("sent_back", 0, False)
    (finding,) = [row for row in lake_rows(checked, "rejections", activity[0]) if not row["is_quarantined"]]
    assert (finding["rule_code"], finding["source_cell"]) == ("CORRECTION_EXPECTATION_GONE", "D5")
    assert finding["found"] == "12"
    assert finding["expected"] == "99 (FIX_1: Digits transposed.)"
    assert quarantined(checked, activity[0]) == dict.fromkeys(("D5", "D6", "D7"), "CORRECTION_EXPECTATION_GONE")
    assert [report_of(checked, other)["verdict"] for other in activity[1:]] == ["accepted", "accepted"]
    assert checked.counts.reports == {"accepted": 2, "sent_back": 1, "unreadable": 0}


def test_a_dropped_row_lies_in_quarantine_and_disturbs_no_rule(desk: Desk) -> None:
    """The same statement twice with two values: both are refused until one is dropped."""
    twice = [ROWS[0], (*ROWS[0][:3], 21)]
    reading = desk.read(xlsx_report([*twice, *ROWS[1:3]]), "ENTRAIDE", "a.xlsx")
    assert len(quarantined(desk.check([reading]), reading)) == 2
    drop = correction(row=None, cell="Sheet!D6", expect=21, action="drop")
    checked = checked_with(desk, [reading], drop)
    assert quarantined(checked, reading) == {"D6": "CORRECTION_DROPPED"}
    (row,) = [row for row in lake_rows(checked, "rejections", reading) if row["is_quarantined"]]
    assert (row["source_text"], row["expected"], row["receipt_id"]) == ("21", "FIX_1", reading.receipt.receipt_id)
    assert told(checked, reading) == ["CORRECTION_DROPPED"]
    report = report_of(checked, reading)
    assert report["verdict"] == "accepted_with_findings"
    assert (report["observations_read"], report["observations_accepted"], report["observations_quarantined"]) == (
        *(4, 3),
        1,
    )
    assert checked.counts.observations == {"read": 4, "accepted": 3, "quarantined": 1}


def test_a_report_of_which_every_row_is_dropped_is_still_told(desk: Desk) -> None:
    reading = desk.read(xlsx_report(ROWS[:1]), "ENTRAIDE", "a.xlsx")
    checked = checked_with(desk, [reading], correction(action="drop"))
    report = report_of(checked, reading)
    assert (report["state"], report["observations_read"], report["observations_quarantined"]) == ("accepted", 1, 1)
    assert quarantined(checked, reading) == {"D5": "CORRECTION_DROPPED"}


def test_a_correction_that_was_withdrawn_leaves_no_trace_in_the_lake(desk: Desk, activity: list[Reading]) -> None:
    before = desk.check(activity)
    fix = {"action": "override", "value": 21}
    applied = checked_with(desk, activity, correction(**fix))
    after = checked_with(desk, activity, correction(**fix, status="withdrawn"))
    assert applied.units != before.units
    assert after.units == before.units


# --- decisions


def test_a_report_sent_back_by_one_rule_stands_once_that_is_accepted(desk: Desk) -> None:
    reading = desk.read(xlsx_report(ROWS[:3], title=OTHER_GRAIN), "ENTRAIDE", "a.xlsx")
    other = desk.read(xlsx_report(ROWS[:2], title=OTHER_GRAIN), "NGO_EXAMPLE_1", "b.xlsx")
    checked = desk.check([reading, other], rulings=accepting(reading, "REPORT_PERIOD_GRAIN"))
    report = report_of(checked, reading)
    assert (report["state"], report["verdict"]) == ("accepted", "accepted_with_findings")
    assert report["accepted_by_decision"] is True
    # The report stands; that it is not valid stays true.
    assert report["is_valid"] is False
    assert told(checked, reading) == ["REPORT_PERIOD_GRAIN"]
    assert counted(checked, reading) == {"D5": 12, "D6": 15, "D7": None}
    assert report_of(checked, other)["state"] == "sent_back"
    assert report_of(checked, other)["accepted_by_decision"] is False


@pytest.fixture(scope="module")
def bad_rows(desk: Desk) -> Reading:
    """Two good rows; two negative ones, one of them of an unknown place; one without a number."""
    rows = [
        OFFICIAL,
        OFFICIAL | {"period": "2018"},
        OFFICIAL | {"period": "2019", "value": "-1"},
        OFFICIAL | {"period": "2020", "value": "-2", "place": "Nowhere"},
        OFFICIAL | {"period": "2021", "value": "beaucoup"},
    ]
    return desk.read(csv_report(rows))


@pytest.mark.parametrize(
    ("rules", "state", "cells"),
    [
        ((), "sent_back", set()),
        # The report stands, each bad row stays refused by its own rule.
        (("REPORT_TOO_MANY_BAD_ROWS",), "accepted", {"G2", "G3"}),
        # The negative row of a known place counts; with two bad rows of five the report is not sent back.
        (("VALUE_NEGATIVE",), "accepted", {"G2", "G3", "G4"}),
        (("VALUE_NEGATIVE", "REPORT_TOO_MANY_BAD_ROWS"), "accepted", {"G2", "G3", "G4"}),
        # What no decision can make good is not made good.
        (("NUMBER_UNREADABLE", "PLACE_UNKNOWN"), "sent_back", set()),
    ],
)
def test_an_accepted_rule_lets_its_usable_rows_count_and_no_others(
    desk: Desk, bad_rows: Reading, rules: tuple[str, ...], state: str, cells: set[str]
) -> None:
    checked = desk.check([bad_rows], rulings=accepting(bad_rows, *rules))
    report = report_of(checked, bad_rows)
    assert report["state"] == state
    assert report["accepted_by_decision"] is (state == "accepted")
    assert set(counted(checked, bad_rows)) == cells
    assert {*counted(checked, bad_rows), *quarantined(checked, bad_rows)} == {"G2", "G3", "G4", "G5", "G6"}
    assert told(checked, bad_rows).count("VALUE_NEGATIVE") == 2


def test_a_row_that_breaks_an_accepted_rule_and_another_is_refused_by_the_other(desk: Desk, bad_rows: Reading) -> None:
    checked = desk.check([bad_rows], rulings=accepting(bad_rows, "VALUE_NEGATIVE"))
    assert quarantined(checked, bad_rows) == {"G5": "PLACE_UNKNOWN", "G6": "NUMBER_UNREADABLE"}


def test_a_report_stands_despite_a_correction_that_no_longer_fits(desk: Desk, activity: list[Reading]) -> None:
    gone = correction(action="override", value=21, expect=99)
    accepted = {activity[0].receipt.receipt_id: frozenset({"CORRECTION_EXPECTATION_GONE"})}
    checked = desk.check(activity, rulings=Rulings((gone,), accepted))
    assert report_of(checked, activity[0])["accepted_by_decision"] is True
    assert counted(checked, activity[0]) == {"D5": 12, "D6": 15, "D7": None}


def test_an_acceptance_of_what_the_report_did_not_break_changes_nothing(desk: Desk, activity: list[Reading]) -> None:
    accepted = desk.check(activity, rulings=accepting(activity[0], "VALUE_NEGATIVE", "REPORT_PERIOD_GRAIN"))
    assert accepted.units == desk.check(activity).units
    day = activity[0].receipt.received_date
    assert day == dt.date(2025, 1, 31)
    assert set(accepted.units[day]["reports"].column("accepted_by_decision").to_pylist()) == {False}


def test_what_is_wrong_with_a_line_is_told_once_and_not_once_a_value(desk: Desk) -> None:
    lines = ["Semestre;Province;Filles intégrées;Garçons intégrés;Bénéficiaires SAMU"]
    lines += [f"S1 2019;{place};1;2;3" for place in ("Larach", "Fès", "Meknès", "Larach")]
    reading = desk.read("\n".join(lines).encode(), "ENTRAIDE", "report.csv")
    checked = desk.check([reading])
    told = [(finding.code, finding.cell) for _, finding in checked.findings if finding.code == "PLACE_UNKNOWN"]
    assert told == [("PLACE_UNKNOWN", "B2"), ("PLACE_UNKNOWN", "B5")]
    # Not one of the six values counts.
    assert len(quarantined(checked, reading)) == 6
