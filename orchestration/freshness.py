"""Freshness: when an asset should have been made anew, for Dagster to say so where it was not.

A family's reports are due some days after each period, and Dagster thinks in cron: the deadline is the
first of the month after the day they are due, and what came since the period ended is in time. Who
exactly is overdue is told by `overdue.py`, report by report.
"""

import calendar
import datetime as dt

import dagster as dg

from orchestration.read.contracts import DueRule

TIMEZONE = "Africa/Casablanca"
_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
_HOUR = 6
"""By then the nightly load is done."""
_SOME_YEAR = 2022
"""A common year before a common year: where a leap day lies between, no deadline comes later."""

NIGHTLY = dg.FreshnessPolicy.cron(
    deadline_cron=f"0 {_HOUR} * * *", lower_bound_delta=dt.timedelta(days=1), timezone=TIMEZONE
)
"""Looked after every night: made, or found to be as it should be."""


def due_policy(due: DueRule) -> dg.FreshnessPolicy:
    """The freshness of a family whose reports are due by `due`."""
    months = _MONTHS[due.grain]
    later, spans = 0, []
    for month in range(months, 13, months):
        end = dt.date(_SOME_YEAR, month, calendar.monthrange(_SOME_YEAR, month)[1])
        last = end + dt.timedelta(days=due.grace_days)
        deadline = (last.replace(day=1) + dt.timedelta(days=32)).replace(day=1)
        later = max(later, 12 * (deadline.year - end.year) + deadline.month - end.month)
        spans.append((deadline - end).days)
    # As long after every period, so that the deadlines lie a period apart.
    deadlines = {(month + later - 1) % 12 + 1 for month in range(months, 13, months)}
    # Four weeks at least, as one may report before the period ends; Dagster wants no window longer than a period.
    shortest = {1: 28, 3: 89, 6: 181, 12: 365}[months]
    window = dt.timedelta(days=min(max(28, *spans), shortest))
    return dg.FreshnessPolicy.cron(
        deadline_cron=f"0 {_HOUR} 1 {','.join(str(month) for month in sorted(deadlines))} *",
        lower_bound_delta=window,
        timezone=TIMEZONE,
    )
