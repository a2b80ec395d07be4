"""When a family's reports should have come, as Dagster reckons it: by cron, from the contract's calendar."""

import calendar
import datetime as dt

import dagster as dg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.freshness import NIGHTLY, due_policy
from orchestration.read.contracts import DueRule

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


def cron(grain: str, grace_days: int) -> str:
    policy = due_policy(DueRule(grain=grain, grace_days=grace_days))  # type: ignore[arg-type]
    assert isinstance(policy, dg.FreshnessPolicy)
    return str(policy.deadline_cron)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("grain", "grace_days", "deadline"),
    [
        # A quarter that ends on 31 March, with 30 days of grace, is due by 30 April.
        ("quarter", 30, "0 6 1 2,5,8,11 *"),
        ("quarter", 0, "0 6 1 1,4,7,10 *"),
        # The first half year ends on 30 June; 45 days later it is 14 August.
        ("half_year", 45, "0 6 1 3,9 *"),
        ("year", 30, "0 6 1 2 *"),
        ("month", 10, "0 6 1 1,2,3,4,5,6,7,8,9,10,11,12 *"),
    ],
)
def test_the_deadline_is_the_first_of_the_month_after_the_day_they_are_due(
    grain: str, grace_days: int, deadline: str
) -> None:
    assert cron(grain, grace_days) == deadline


@given(grain=st.sampled_from(sorted(MONTHS)), grace_days=st.integers(0, 366), year=st.integers(2019, 2032))
def test_no_deadline_comes_before_the_day_that_reports_are_due(grain: str, grace_days: int, year: int) -> None:
    deadlines = {int(month) for month in cron(grain, grace_days).split()[3].split(",")}
    assert len(deadlines) == 12 // MONTHS[grain]
    for month in range(MONTHS[grain], 13, MONTHS[grain]):
        end = dt.date(year, month, calendar.monthrange(year, month)[1])
        due = end + dt.timedelta(days=grace_days)
        following = [dt.date(later, each, 1) for later in (due.year, due.year + 1) for each in sorted(deadlines)]
        deadline = next(day for day in following if day > due)
        # The one that is looked at for this period: not before the due day, and less than a period and a month later.
        assert (deadline - due).days <= 31 * (MONTHS[grain] + 1)


@given(grain=st.sampled_from(sorted(MONTHS)), grace_days=st.integers(0, 366))
def test_dagster_takes_every_calendar_that_a_contract_may_have(grain: str, grace_days: int) -> None:
    policy = due_policy(DueRule(grain=grain, grace_days=grace_days))  # type: ignore[arg-type]
    window = policy.lower_bound_delta  # type: ignore[attr-defined]
    assert dt.timedelta(days=27) <= window <= dt.timedelta(days=366)


def test_the_release_is_looked_after_every_night_by_moroccan_time() -> None:
    assert (NIGHTLY.deadline_cron, NIGHTLY.timezone) == ("0 6 * * *", "Africa/Casablanca")  # type: ignore[attr-defined]
    assert NIGHTLY.lower_bound_delta == dt.timedelta(days=1)  # type: ignore[attr-defined]
