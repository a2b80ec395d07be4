"""Families are judged here or in other processes; one whose check breaks leaves its days open, others are sealed."""

import datetime as dt
import errno
import os
import signal
import sys

import pytest

from orchestration import night
from orchestration.check import days, lake, parallel, room
from orchestration.check.history import Past
from orchestration.read import candidates
from orchestration.read.room import Reading
from orchestration.receive import receipts
from orchestration.settings import Settings
from tests.helpers import OFFICIAL, Desk, csv_report, xlsx_report

BOTH, OTHER = dt.date(2025, 1, 30), dt.date(2025, 1, 31)


@pytest.fixture
def rulebook(settings: Settings) -> night.Rulebook:
    return night.load_rulebook(settings)


@pytest.fixture
def waiting(settings: Settings, desk: Desk) -> list[Reading]:
    """Reports of two families on one day and of one on another, received and read."""
    readings = [
        desk.read(csv_report([OFFICIAL]), "PPO", "figures.csv", received=BOTH),
        desk.read(xlsx_report(), "ENTRAIDE", "report.xlsx", received=BOTH),
        desk.read(csv_report([OFFICIAL]), "PPO", "later.csv", received=OTHER),
    ]
    for day in (BOTH, OTHER):
        receipts.write_day(settings.lake, day, [one.receipt for one in readings if one.receipt.received_date == day])
    digests = {day.isoformat(): days.receipts_digest(settings.lake, day) for day in (BOTH, OTHER)}
    writer = candidates.Writer(settings.work / "readings")
    writer.add(candidates.batch_of(readings))
    writer.close()
    night.write_summary(settings, "read", {"days": digests, "observations": writer.observations})
    return readings


@pytest.mark.xdist_group("great_expectations")
def test_a_check_that_breaks_leaves_its_days_open_and_its_earlier_files_alone(
    settings: Settings, rulebook: night.Rulebook, waiting: list[Reading], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = room.check_family

    def breaks(family: str, *arguments: object, **more: object) -> object:
        if family == "activity_report":
            raise ZeroDivisionError("by nothing")
        return whole(family, *arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(room, "check_family", breaks)
    summary = night.check(settings, rulebook, "activity_report")
    assert summary["failure"] == "its check broke (ZeroDivisionError: by nothing)"
    assert night.check(settings, rulebook, "official_figures")["failure"] is None
    broken = waiting[1].receipt.receipt_id
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


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_disk_that_fails_for_a_moment_is_no_fault_of_the_familys(
    settings: Settings,
    rulebook: night.Rulebook,
    waiting: list[Reading],
    monkeypatch: pytest.MonkeyPatch,
    elsewhere: bool,
) -> None:
    monkeypatch.setattr(parallel, "FEWEST_ROWS", 1 if elsewhere else 1000)
    monkeypatch.setattr(night, "check", on_a_bad_disk)
    with pytest.raises(OSError, match="Input/output error"):
        list(night.check_all(settings, rulebook, ["official_figures"]))
    assert night.failed_families(settings) == []


@pytest.mark.xdist_group("great_expectations")
def test_families_judged_in_other_processes_come_out_as_those_judged_here(
    settings: Settings, rulebook: night.Rulebook, waiting: list[Reading], monkeypatch: pytest.MonkeyPatch
) -> None:
    families = sorted({one.family for one in waiting})
    told: list[str] = []
    monkeypatch.setattr(night, "watchers", [lambda room, content: told.append(room) if content else None])

    def outcome() -> tuple[dict[str, object], dict[str, bytes]]:
        told.clear()
        summaries = {
            family: {name: value for name, value in summary.items() if name not in ("seconds", "changed")}
            for family, summary in night.check_all(settings, rulebook, families)
        }
        assert told == [f"check-{family}" for family in families], "each is told of once, in this process"
        written = {str(path): path.read_bytes() for path in settings.lake.rglob("*.parquet")}
        return summaries, written

    here = outcome()
    assert "great_expectations" in sys.modules
    monkeypatch.setattr(parallel, "FEWEST_ROWS", 1)
    monkeypatch.setattr(room, "check_family", not_here)
    assert outcome() == here
    assert set(night.outcome(settings)["seconds"]) == set(night.ROOMS)


def not_here(*arguments: object, **more: object) -> dict[str, object]:
    raise AssertionError


@pytest.mark.xdist_group("great_expectations")
def test_a_family_that_no_process_survives_could_not_be_judged(
    settings: Settings, rulebook: night.Rulebook, waiting: list[Reading], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "FEWEST_ROWS", 1)
    monkeypatch.setattr(night, "check", dies_of_a_family)
    found = dict(night.check_all(settings, rulebook, sorted({one.family for one in waiting})))
    broken = waiting[1].receipt.receipt_id
    assert found["activity_report"]["not_judged"] == [broken]
    assert found["official_figures"]["failure"] is None
    (failed,) = night.failed_families(settings)
    assert failed.reason == "its check broke (RuntimeError: the process that judged it did not survive it)"
    assert night.waiting_receipts(settings, rulebook) == {broken}


_check = night.check


def on_a_bad_disk(settings: Settings, rulebook: night.Rulebook, family: str, before: Past) -> dict[str, object]:
    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(room, "check_family", fails)
        return _check(settings, rulebook, family, before)


def dies_of_a_family(settings: Settings, rulebook: night.Rulebook, family: str, before: Past) -> dict[str, object]:
    if family == "activity_report":
        os.kill(os.getpid(), signal.SIGKILL)
    return _check(settings, rulebook, family, before)
