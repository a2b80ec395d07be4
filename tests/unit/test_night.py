"""A family whose check breaks: told of, nothing written, its days open, those of others sealed."""

import datetime as dt

import pytest

from orchestration import night
from orchestration.check import days, lake, room
from orchestration.read import candidates
from orchestration.receive import receipts
from orchestration.settings import Settings
from tests.helpers import OFFICIAL, Desk, csv_report, xlsx_report

BOTH, OTHER = dt.date(2025, 1, 30), dt.date(2025, 1, 31)


@pytest.fixture
def rulebook(settings: Settings) -> night.Rulebook:
    return night.load_rulebook(settings)


@pytest.mark.xdist_group("great_expectations")
def test_a_check_that_breaks_leaves_its_days_open_and_its_earlier_files_alone(
    settings: Settings, rulebook: night.Rulebook, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = [
        desk.read(csv_report([OFFICIAL]), "PPO", "figures.csv", received=BOTH),
        desk.read(xlsx_report(), "ENTRAIDE", "report.xlsx", received=BOTH),
        desk.read(csv_report([OFFICIAL]), "PPO", "later.csv", received=OTHER),
    ]
    for day in (BOTH, OTHER):
        receipts.write_day(settings.lake, day, [one.receipt for one in readings if one.receipt.received_date == day])
    digests = {day.isoformat(): days.receipts_digest(settings.lake, day) for day in (BOTH, OTHER)}
    night.write_summary(settings, "read", {"days": digests})
    writer = candidates.Writer(settings.work / "readings")
    writer.add(candidates.batch_of(readings))
    writer.close()

    whole = room.check_family

    def breaks(family: str, *arguments: object, **more: object) -> object:
        if family == "activity_report":
            raise ZeroDivisionError("by nothing")
        return whole(family, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(room, "check_family", breaks)
    summary = night.check(settings, rulebook, "activity_report")
    assert summary["failure"] == "its check broke (ZeroDivisionError: by nothing)"
    assert night.check(settings, rulebook, "official_figures")["failure"] is None
    broken = readings[1].receipt.receipt_id
    assert night.failed_families(settings) == [
        night.FailedFamily("activity_report", str(summary["failure"]), frozenset({broken}))
    ]
    night.close_days(settings, rulebook)
    assert lake.families_of(settings.lake, BOTH) == {"official_figures"}
    assert days.pending(settings.lake, rulebook.rulings) == [BOTH]
    assert night.waiting_receipts(settings, rulebook) == {broken}

    monkeypatch.undo()
    assert night.check(settings, rulebook, "activity_report")["failure"] is None
    night.close_days(settings, rulebook)
    assert days.pending(settings.lake, rulebook.rulings) == []
    assert night.waiting_receipts(settings, rulebook) == set()
    assert lake.families_of(settings.lake, BOTH) == {"official_figures", "activity_report"}
