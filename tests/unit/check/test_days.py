"""A day is sealed for its receipts and for what was decided about its reports; else it is pending again."""

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest

from orchestration.check import days, lake
from orchestration.check.corrections import Correction
from orchestration.check.rulings import Rulings, SealedReport
from orchestration.receive import receipts
from orchestration.settings import Settings
from tests.helpers import RECEIVED, receipt_of
from tests.unit.check.test_correct import correction

NOTHING = Rulings()
BEFORE = RECEIVED - dt.timedelta(days=1)


def sealed_report(receipt: receipts.Receipt) -> SealedReport:
    period = dt.date(2019, 4, 1), dt.date(2019, 6, 30)
    return SealedReport(receipt.receipt_id, receipt.organisation_code, "activity_report", *period)


def seal(settings: Settings, day: dt.date, reports: list[SealedReport], rulings: Rulings = NOTHING) -> None:
    days.seal(settings.lake, day, days.receipts_digest(settings.lake, day), reports, rulings)


def test_a_sealed_day_is_not_pending_until_it_gets_another_receipt(settings: Settings) -> None:
    first = receipt_of(b"1")
    receipts.write_day(settings.lake, RECEIVED, [first])
    assert days.pending(settings.lake, NOTHING) == [RECEIVED]
    seal(settings, RECEIVED, [sealed_report(first)])
    assert days.pending(settings.lake, NOTHING) == []
    later = replace(receipt_of(b"2"), received_at=first.received_at + dt.timedelta(microseconds=1))
    receipts.write_day(settings.lake, RECEIVED, [first, later])
    assert days.pending(settings.lake, NOTHING) == [RECEIVED]


def test_a_day_that_was_unsealed_is_pending(settings: Settings) -> None:
    receipts.write_day(settings.lake, RECEIVED, [receipt_of(b"1")])
    seal(settings, RECEIVED, [sealed_report(receipt_of(b"1"))])
    days.unseal(settings.lake, RECEIVED)
    days.unseal(settings.lake, RECEIVED)
    assert days.pending(settings.lake, NOTHING) == [RECEIVED]


def test_pending_days_come_earliest_first(settings: Settings) -> None:
    found = [RECEIVED, RECEIVED - dt.timedelta(days=400), RECEIVED - dt.timedelta(days=1)]
    for day in found:
        receipts.write_day(settings.lake, day, [receipt_of(b"1", received=day)])
    assert days.pending(settings.lake, NOTHING) == sorted(found)


@pytest.fixture
def two_days(settings: Settings) -> list[receipts.Receipt]:
    """Two sealed days with a report each, of two organisations."""
    found = [receipt_of(b"1", "ENTRAIDE", received=BEFORE), receipt_of(b"2", "NGO_EXAMPLE_1")]
    for receipt in found:
        receipts.write_day(settings.lake, receipt.received_date, [receipt])
        seal(settings, receipt.received_date, [sealed_report(receipt)])
    return found


def report_ref(**given: Any) -> dict[str, Any]:
    return {"organisation_code": "ENTRAIDE", "family": "activity_report", "period": "2019-Q2"} | given


@pytest.mark.parametrize(
    ("fix", "expected"),
    [
        (correction(), [BEFORE]),
        (correction(status="fixed_at_source"), [BEFORE]),
        (correction(status="proposed"), []),
        (correction(status="withdrawn"), []),
        (correction(report=report_ref(family="after_care")), []),
        (correction(report=report_ref(period="2019")), []),
        (correction(report=report_ref(organisation_code="NGO_EXAMPLE_1")), [RECEIVED]),
        (correction(report=report_ref(organisation_code="NGO_EXAMPLE_2")), []),
        (correction(report=report_ref(receipt_id="00000000")), []),
    ],
)
def test_a_correction_reopens_the_days_whose_reports_it_is_about_and_no_other(
    settings: Settings, two_days: list[receipts.Receipt], fix: Correction, expected: list[dt.date]
) -> None:
    assert days.pending(settings.lake, Rulings((fix,))) == expected


def test_a_correction_that_changes_or_goes_reopens_the_day_and_talk_about_it_does_not(
    settings: Settings, two_days: list[receipts.Receipt]
) -> None:
    seal(settings, BEFORE, [sealed_report(two_days[0])], Rulings((correction(),)))
    assert days.pending(settings.lake, Rulings((correction(),))) == []
    assert days.pending(settings.lake, Rulings((correction(reported_to="somebody else"),))) == []
    for now in (NOTHING, Rulings((correction(status="withdrawn"),)), Rulings((correction(reason="Another."),))):
        assert days.pending(settings.lake, now) == [BEFORE]


def test_a_decision_reopens_its_day_alone_and_a_revocation_as_well(
    settings: Settings, two_days: list[receipts.Receipt]
) -> None:
    accepted = Rulings(accepted={two_days[1].receipt_id: frozenset({"REPORT_PERIOD_GRAIN"})})
    assert days.pending(settings.lake, accepted) == [RECEIVED]
    seal(settings, RECEIVED, [sealed_report(two_days[1])], accepted)
    assert days.pending(settings.lake, accepted) == []
    assert days.pending(settings.lake, NOTHING) == [RECEIVED]
    assert days.pending(settings.lake, Rulings(accepted={"0" * 64: frozenset({"REPORT_PERIOD_GRAIN"})})) == [RECEIVED]


def test_a_report_without_period_is_sealed_too(settings: Settings) -> None:
    receipt = receipt_of(b"")
    receipts.write_day(settings.lake, RECEIVED, [receipt])
    report = SealedReport(receipt.receipt_id, "PPO", "unmatched", None, None)
    seal(settings, RECEIVED, [report])
    assert days.seals(settings.lake)[RECEIVED].reports == (report,)
    assert days.pending(settings.lake, NOTHING) == []


def test_a_seal_of_an_older_make_seals_nothing(settings: Settings, two_days: list[receipts.Receipt]) -> None:
    path = settings.lake / "days" / f"received={BEFORE.isoformat()}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({name: content[name] for name in ("received_date", "receipts")}), encoding="utf-8")
    assert days.pending(settings.lake, NOTHING) == [BEFORE]


@pytest.mark.parametrize("table", sorted(lake.UNIT_TABLES))
def test_a_day_written_in_another_shape_is_read_again(
    table: str, settings: Settings, two_days: list[receipts.Receipt], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an upgrade, or a roll back, that changes a table of the lake."""
    path = days.seal_path(settings.lake, BEFORE)
    content = json.loads(path.read_text(encoding="utf-8"))
    fewer = {**lake.UNIT_TABLES, table: lake.UNIT_TABLES[table].remove(0)}
    assert lake.shape_of(fewer) != content["shape"]
    path.write_text(json.dumps(content | {"shape": lake.shape_of(fewer)}), encoding="utf-8")
    assert days.pending(settings.lake, NOTHING) == [BEFORE]


def test_an_empty_lake_has_no_days_and_a_glob_finds_every_table(settings: Settings) -> None:
    assert days.pending(settings.lake, NOTHING) == []
    lake.ensure_schemas(settings.lake)
    lake.ensure_schemas(settings.lake)
    tables = {path.parent.name for path in settings.lake.rglob("*.parquet")}
    assert tables == {"receipts", "reports", "observations", "rejections", "checks"}
    assert days.pending(settings.lake, NOTHING) == []


def test_a_unit_is_replaced_whole_and_removed_whole(settings: Settings) -> None:
    empty = {name: schema.empty_table() for name, schema in lake.UNIT_TABLES.items()}
    lake.write_unit(settings.lake, "visits", RECEIVED, empty)
    lake.write_unit(settings.lake, "visits", RECEIVED, empty)
    assert lake.families_of(settings.lake, RECEIVED) == {"visits"}
    lake.remove_unit(settings.lake, "visits", RECEIVED)
    assert lake.families_of(settings.lake, RECEIVED) == set()
    assert not list(settings.lake.rglob("*.parquet"))


def test_a_day_is_unread_until_it_is_sealed_for_its_receipts_whatever_is_decided_later(settings: Settings) -> None:
    first = receipt_of(b"1")
    receipts.write_day(settings.lake, RECEIVED, [first])
    assert days.unread(settings.lake) == {RECEIVED: days.receipts_digest(settings.lake, RECEIVED)}
    seal(settings, RECEIVED, [sealed_report(first)])
    assert days.unread(settings.lake) == {}
    about = {"organisation_code": first.organisation_code, "family": "activity_report", "period": "2019-Q2"}
    ruled = Rulings((correction(report=about),))
    assert days.pending(settings.lake, ruled) == [RECEIVED]
    days.unseal(settings.lake, RECEIVED)
    assert set(days.unread(settings.lake)) == {RECEIVED}
