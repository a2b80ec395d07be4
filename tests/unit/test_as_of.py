"""What was known on a day: which days of the lake are taken over, which corrections and decisions count."""

import datetime as dt
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestration import as_of, night
from orchestration.check import correction_log, days, decisions, lake
from orchestration.check.corrections import Correction
from orchestration.check.rulings import SealedReport
from orchestration.receive import receipts
from orchestration.receive.receipts import Receipt
from orchestration.settings import Settings
from tests.helpers import receipt_of

FAMILY = "activity_report"
MAY, JUNE, JULY = dt.date(2024, 5, 2), dt.date(2024, 6, 3), dt.date(2024, 7, 1)
PERIOD = dt.date(2019, 4, 1), dt.date(2019, 6, 30)
# In Casablanca it is the second of July already.
LATE = dt.datetime(2024, 7, 1, 23, 30)


def correction(**given: Any) -> Correction:
    content: dict[str, Any] = {
        "code": "C_1",
        "report": {"organisation_code": "ENTRAIDE", "family": FAMILY, "period": "2019-Q2"},
        "cell": "Sheet!E12",
        "action": "override",
        "value": 15,
        "expect": 51,
        "reason": "Transposed.",
        "reported_by": "data team",
        "reported_to": "focal point",
        "reported_on": "2024-07-01",
        "status": "confirmed",
    }
    return Correction.model_validate(content | given)


@pytest.fixture
def received(settings: Settings) -> dict[dt.date, Receipt]:
    """Three received days with a report each, of which the correction is about that of May; judged and not sealed."""
    found = {
        MAY: receipt_of(b"1", "ENTRAIDE", received=MAY),
        JUNE: receipt_of(b"2", "NGO_EXAMPLE_1", received=JUNE),
        JULY: receipt_of(b"3", "ENTRAIDE", received=JULY),
    }
    for day, receipt in found.items():
        receipts.write_day(settings.lake, day, [receipt])
        lake.write_unit(
            settings.lake, FAMILY, day, {name: kind.empty_table() for name, kind in lake.UNIT_TABLES.items()}
        )
    return found


@pytest.fixture
def rulebook(settings: Settings, received: dict[dt.date, Receipt]) -> night.Rulebook:
    """Today's: with a correction and a decision about the report of May, under which its day is sealed."""
    decisions.record(
        settings.lake,
        receipt_id=received[MAY].receipt_id,
        rule_code="REPORT_PERIOD_GRAIN",
        action="accept",
        reason="Agreed.",
        decided_by="amina",
        now=LATE,
    )
    correction_log.record(settings.lake, [correction()], LATE + dt.timedelta(days=9))
    rulebook = replace(night.load_rulebook(settings), corrections=(correction(),))
    for day, receipt in received.items():
        period = PERIOD if day != JULY else (dt.date(2020, 1, 1), dt.date(2020, 3, 31))
        report = SealedReport(receipt.receipt_id, receipt.organisation_code, FAMILY, *period)
        days.seal(settings.lake, day, days.receipts_digest(settings.lake, day), [report], rulebook.rulings)
    return rulebook


def fill(settings: Settings, rulebook: night.Rulebook, day: dt.date, tmp_path: Path) -> tuple[Settings, list[dt.date]]:
    """The installation that knows what was known on `day`, and the days that are to be read again there."""
    own = settings.model_copy(update={"data": tmp_path / str(day)})
    as_of._fill(settings, own, rulebook, day)
    return own, days.pending(own.lake, as_of.known_rulebook(settings, rulebook, day).rulings)


@pytest.mark.parametrize(
    ("day", "known", "again"),
    [
        # Nothing was ruled yet: the day of the report that was ruled on later is read again.
        (MAY, [MAY], [MAY]),
        (JUNE, [MAY, JUNE], [MAY]),
        # The decision was taken in the night of the first to the second of July.
        (JULY, [MAY, JUNE, JULY], [MAY]),
        (JULY + dt.timedelta(days=1), [MAY, JUNE, JULY], [MAY]),
        (JULY + dt.timedelta(days=30), [MAY, JUNE, JULY], []),
    ],
)
def test_days_are_taken_over_where_they_were_judged_by_what_was_known(
    settings: Settings,
    rulebook: night.Rulebook,
    tmp_path: Path,
    day: dt.date,
    known: list[dt.date],
    again: list[dt.date],
) -> None:
    own, pending = fill(settings, rulebook, day, tmp_path)
    assert receipts.days(own.lake) == known
    assert pending == again
    for one in known:
        assert lake.families_of(own.lake, one) == (set() if one in again else {FAMILY})


@pytest.mark.parametrize(
    ("day", "corrections", "taken"), [(JULY, 0, 0), (dt.date(2024, 7, 2), 0, 1), (dt.date(2024, 7, 11), 1, 1)]
)
def test_corrections_and_decisions_count_from_their_day_in_the_time_zone(
    settings: Settings, rulebook: night.Rulebook, tmp_path: Path, day: dt.date, corrections: int, taken: int
) -> None:
    known = as_of.known_rulebook(settings, rulebook, day)
    assert (len(known.corrections), len(known.decisions)) == (corrections, taken)
    own, _ = fill(settings, rulebook, day, tmp_path)
    assert len(correction_log.read_entries(own.lake)) == corrections
    assert decisions.read_decisions(own.lake) == known.decisions


def test_what_is_made_from_the_same_lies_in_the_same_place(settings: Settings, rulebook: night.Rulebook) -> None:
    def place(day: dt.date) -> Path:
        return as_of._place(settings, rulebook, day, Path("as_of"))

    assert place(MAY) == place(MAY + dt.timedelta(days=8))
    assert len({place(day) for day in (MAY, JUNE, JULY, JULY + dt.timedelta(days=1))}) == 4
    before = place(JUNE)
    receipts.write_day(settings.lake, JULY, [receipt_of(b"4", received=JULY)])
    assert place(JUNE) == before
    receipts.write_day(settings.lake, MAY, [receipt_of(b"5", received=MAY)])
    assert place(JUNE) != before


def test_before_the_first_report_and_without_any_nothing_was_known(settings: Settings, received: object) -> None:
    with pytest.raises(as_of.NothingKnownError, match="the first reports were received on 2024-05-02"):
        as_of.known_on(settings, MAY - dt.timedelta(days=1), print)
    for day in (MAY, JUNE, JULY):
        receipts.day_path(settings.lake, day).unlink()
    with pytest.raises(as_of.NothingKnownError, match="nothing was received yet"):
        as_of.known_on(settings, MAY, print)
    assert not (settings.work / "as_of").exists()


def test_the_few_used_last_are_kept(tmp_path: Path) -> None:
    for number in range(as_of.KEPT + 2):
        folder = tmp_path / f"2024-05-0{number + 1}-abc"
        folder.mkdir()
        (folder / "about.json").write_text('{"as_of_date": "2024-05-01", "not_judged": []}')
        os.utime(folder, (number, number))
    assert as_of._find(tmp_path / "2024-05-01-abc") is not None
    as_of._retire(tmp_path)
    assert sorted(path.name[:10] for path in tmp_path.iterdir()) == [
        f"2024-05-0{number}" for number in (1, *range(4, as_of.KEPT + 3))
    ]


def test_one_that_lacks_a_family_is_built_again(tmp_path: Path) -> None:
    (tmp_path / "about.json").write_text('{"as_of_date": "2024-05-01", "not_judged": ["begging"]}')
    assert as_of._find(tmp_path) is None
