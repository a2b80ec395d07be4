"""Which received days are opened again, and what of a person's wish cannot be meant."""

import datetime as dt

import pytest

from orchestration import night, reread
from orchestration.check import days, lake
from orchestration.check.rulings import Rulings, SealedReport
from orchestration.receive import receipts
from orchestration.reread import Reread, RereadError
from orchestration.settings import Settings
from tests.helpers import receipt_of

JANUARY, FEBRUARY, MARCH = (dt.date(2024, month, 10) for month in (1, 2, 3))


@pytest.fixture
def received(settings: Settings) -> Settings:
    """Three sealed days: figures in January and March, an activity report in February."""
    for day, family in ((JANUARY, "official_figures"), (FEBRUARY, "activity_report"), (MARCH, "official_figures")):
        receipt = receipt_of(f"{day}".encode(), received=day)
        receipts.write_day(settings.lake, day, [receipt])
        path = lake.unit_path(settings.lake, "reports", family, day)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        report = SealedReport(receipt.receipt_id, "PPO", family, day, day)
        days.seal(settings.lake, day, days.receipts_digest(settings.lake, day), [report], Rulings())
    return settings


@pytest.mark.parametrize(
    ("wanted", "opened"),
    [
        (Reread(), [JANUARY, FEBRUARY, MARCH]),
        (Reread(first=FEBRUARY), [FEBRUARY, MARCH]),
        (Reread(last=FEBRUARY), [JANUARY, FEBRUARY]),
        (Reread(first=FEBRUARY, last=FEBRUARY), [FEBRUARY]),
        (Reread(("official_figures",)), [JANUARY, MARCH]),
        (Reread(("official_figures", "activity_report"), last=FEBRUARY), [JANUARY, FEBRUARY]),
        (Reread(("begging",)), []),
        (Reread(first=dt.date(1990, 1, 1), last=dt.date(1990, 12, 31)), []),
    ],
)
def test_the_days_that_are_asked_for_are_opened_and_no_other(
    received: Settings, wanted: Reread, opened: list[dt.date]
) -> None:
    assert reread.open_days(received, wanted) == opened
    assert days.pending(received.lake, Rulings()) == opened
    assert wanted.told(opened).startswith(f"{len(opened)} received days")


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Reread(("oficial_figures",)), "Did you mean official_figures?"),
        (Reread(("",)), "there is no family"),
        (Reread(first=MARCH, last=JANUARY), "lies after"),
        (Reread(first=dt.date(9999, 1, 1)), "lies in the future"),
    ],
)
def test_what_cannot_be_meant_is_said(received: Settings, wanted: Reread, told: str) -> None:
    with pytest.raises(RereadError, match=told):
        reread.check(received, night.load_rulebook(received), wanted)


def test_a_family_whose_contract_is_gone_can_be_asked_for_while_the_lake_has_reports_of_it(received: Settings) -> None:
    path = lake.unit_path(received.lake, "reports", "once_there_was", JANUARY)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    wanted = Reread(("once_there_was",))
    reread.check(received, night.load_rulebook(received), wanted)
    assert reread.open_days(received, wanted) == [JANUARY]


@pytest.mark.parametrize(
    ("text", "day"), [("2024-01-10", JANUARY), (" 2024-01-10 ", JANUARY), ("", None), (None, None), ("  ", None)]
)
def test_a_day_is_written_as_iso_has_it(text: str | None, day: dt.date | None) -> None:
    assert reread.day_of("from", text) == day


@pytest.mark.parametrize("text", ["10/01/2024", "2024-02-30", "yesterday", "2024-1", "20240110", "٢٠٢٤-٠١-١٠ x"])
def test_what_is_no_day_is_refused_with_the_name_of_the_field(text: str) -> None:
    with pytest.raises(RereadError, match=r"^to: .*YYYY-MM-DD"):
        reread.day_of("to", text)
