"""Schedules: when a job runs by itself."""

import dagster as dg

from orchestration.freshness import TIMEZONE
from orchestration.jobs import NIGHTLY_LOAD, nightly_load, overdue_reports


@dg.schedule(
    name="nightly",
    job=nightly_load,
    cron_schedule="0 2 * * *",
    execution_timezone=TIMEZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night at two, Moroccan time.",
)
def nightly(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """A load that waits in the queue does the night's work; a second one behind it would find nothing."""
    waiting = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.QUEUED]
    queued = dg.RunsFilter(job_name=NIGHTLY_LOAD, statuses=waiting)
    if runs := context.instance.get_runs(filters=queued, limit=1):
        return dg.SkipReason(f"a load waits in the queue already: {runs[0].run_id}")
    return dg.RunRequest()


overdue = dg.ScheduleDefinition(
    name="overdue",
    job=overdue_reports,
    cron_schedule="0 8 * * 1",
    execution_timezone=TIMEZONE,
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Which reports are overdue, told on Monday morning.",
)
schedules = (nightly, overdue)
