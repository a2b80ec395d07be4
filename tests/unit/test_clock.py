"""Days and nights where the clock is put forward and back: at the end of summer time, and in Ramadan in Morocco.

Morocco is an hour ahead of UTC all year but for Ramadan, in which it is on UTC: a day of 25 hours when
Ramadan comes, one of 23 when it has gone. Before 2018 it had summer time besides.
"""

import datetime as dt
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.receive import receipts
from orchestration.receive.room import Received, receive
from orchestration.schedules import nightly, overdue
from orchestration.settings import Settings, load_settings
from tests.unit.receive.test_inbox import put

CASABLANCA = ZoneInfo("Africa/Casablanca")
LONG_DAYS = [dt.date(2024, 3, 10), dt.date(2017, 10, 29), dt.date(2023, 3, 19)]
"""The first in Ramadan of two years, and the end of summer time."""
SHORT_DAYS = [dt.date(2024, 4, 14), dt.date(2017, 3, 26), dt.date(2023, 4, 23)]


def midnight(day: dt.date, zone: str = "Africa/Casablanca") -> dt.datetime:
    """When a day begins, in UTC without zone."""
    local = dt.datetime.combine(day, dt.time(), ZoneInfo(zone))
    return local.astimezone(dt.UTC).replace(tzinfo=None)


def hours_of(day: dt.date) -> float:
    return (midnight(day + dt.timedelta(days=1)) - midnight(day)) / dt.timedelta(hours=1)


@pytest.mark.parametrize(("days", "hours"), [(LONG_DAYS, 25), (SHORT_DAYS, 23)])
def test_each_moment_of_a_longer_or_a_shorter_day_is_of_that_day_and_of_no_other(
    days: list[dt.date], hours: int
) -> None:
    settings = load_settings(timezone="Africa/Casablanca")
    for day in days:
        assert hours_of(day) == hours
        start = midnight(day)
        for minute in range(0, hours * 60, 15):
            assert settings.day_of(start + dt.timedelta(minutes=minute)) == day
        assert settings.day_of(start - dt.timedelta(microseconds=1)) == day - dt.timedelta(days=1)
        assert settings.day_of(start + dt.timedelta(hours=hours)) == day + dt.timedelta(days=1)


@given(
    moment=st.datetimes(dt.datetime(2008, 1, 1), dt.datetime(2035, 1, 1)),
    zone=st.sampled_from(["Africa/Casablanca", "Europe/Paris", "UTC", "Asia/Gaza"]),
)
def test_no_moment_is_of_a_day_before_the_day_of_an_earlier_moment(moment: dt.datetime, zone: str) -> None:
    settings = load_settings(timezone=zone)
    day = settings.day_of(moment)
    assert midnight(day, zone) <= moment < midnight(day + dt.timedelta(days=1), zone)
    assert settings.day_of(moment + dt.timedelta(minutes=30)) >= day


class Clock(dt.datetime):
    """A clock that stands still at `moment`."""

    moment: dt.datetime

    @classmethod
    def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
        return cls.moment.astimezone(tz)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        # In Ramadan Morocco is on UTC; an hour before midnight it is still the day before.
        (dt.datetime(2024, 3, 20, 23, 30, tzinfo=dt.UTC), dt.date(2024, 3, 20)),
        (dt.datetime(2024, 5, 20, 23, 30, tzinfo=dt.UTC), dt.date(2024, 5, 21)),
        # Three in the morning comes twice when Ramadan begins, and two never when it has gone.
        (dt.datetime(2024, 3, 10, 1, 30, tzinfo=dt.UTC), dt.date(2024, 3, 10)),
        (dt.datetime(2024, 3, 10, 2, 30, tzinfo=dt.UTC), dt.date(2024, 3, 10)),
    ],
)
def test_today_is_the_day_in_morocco(moment: dt.datetime, day: dt.date, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.settings.dt.datetime", type("At", (Clock,), {"moment": moment}))
    assert load_settings(timezone="Africa/Casablanca").today() == day


def ticks(schedule: dg.ScheduleDefinition, first: dt.date, last: dt.date) -> list[dt.datetime]:
    """When a schedule runs from the beginning of one day to the end of another, by Moroccan clocks."""
    start = dt.datetime.combine(first, dt.time(), CASABLANCA)
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), CASABLANCA)
    from dagster._utils.schedules import schedule_execution_time_iterator

    found = []
    for tick in schedule_execution_time_iterator(
        start.timestamp(), str(schedule.cron_schedule), schedule.execution_timezone
    ):
        if tick.timestamp() >= end.timestamp():
            return found
        found.append(tick.astimezone(CASABLANCA))
    return found


@pytest.mark.parametrize("year", [2017, 2023, 2024, 2025, 2026])
def test_there_is_one_night_a_day_whatever_the_clocks_do(year: int) -> None:
    nights = ticks(nightly, dt.date(year, 1, 1), dt.date(year, 12, 31))
    days = [dt.date(year, 1, 1) + dt.timedelta(days=number) for number in range(366 if year % 4 == 0 else 365)]
    assert [night.date() for night in nights] == days
    # Where two in the morning does not exist, the night begins with the hour after it.
    assert {night.hour for night in nights} <= {2, 3}


def test_overdue_reports_are_told_on_mondays_in_the_morning() -> None:
    mondays = ticks(overdue, dt.date(2024, 3, 1), dt.date(2024, 4, 30))
    assert {(monday.weekday(), monday.hour) for monday in mondays} == {(0, 8)}
    assert len(mondays) == 9


def received_at(settings: Settings, now: dt.datetime) -> Received:
    """Receive what lies in the inbox, at a moment."""
    return receive(
        settings.inbox,
        settings.archive,
        settings.lake,
        today=settings.day_of(now),
        now=now,
        settle_seconds=0,
        organisation_of=lambda name: name,
    )


@pytest.mark.parametrize("day", LONG_DAYS + SHORT_DAYS)
def test_reports_of_a_day_with_another_length_keep_their_order_within_it(
    settings: Settings, tmp_path: Path, day: dt.date
) -> None:
    """One each hour of the day, the one that clocks show twice too, and one an hour after the day is over."""
    hours = int(hours_of(day))
    for hour in range(hours + 1):
        put(settings.inbox, f"PPO/{hour:02}.csv", str(hour).encode())
        now = midnight(day) + dt.timedelta(hours=hour)
        received_at(settings, now)
    received = receipts.read_day(settings.lake, day)
    assert [receipt.file_name for receipt in received] == [f"{hour:02}.csv" for hour in range(hours)]
    moments = [receipt.received_at for receipt in received]
    assert moments == sorted(set(moments))
    assert {moment.date() for moment in moments} == {day}
    assert len(receipts.read_day(settings.lake, day + dt.timedelta(days=1))) == 1


def test_a_report_for_a_day_in_the_future_waits_until_it_is_that_day(settings: Settings) -> None:
    day = dt.date(2024, 3, 10)
    put(settings.inbox, f"PPO/{day}/a.csv")
    # The last moment of the day before, which by UTC is the same hour in which the day begins.
    for now, received in ((midnight(day) - dt.timedelta(seconds=1), 0), (midnight(day), 1)):
        result = received_at(settings, now)
        assert len(result.new) == received
        assert len(result.waiting) == 1 - received
    assert [receipt.received_date for receipt in receipts.read_day(settings.lake, day)] == [day]
