"""Schedules: when a job runs by itself."""

import dagster as dg

from orchestration.jobs import nightly_load

nightly = dg.ScheduleDefinition(
    name="nightly",
    job=nightly_load,
    cron_schedule="0 2 * * *",
    execution_timezone="Africa/Casablanca",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every night at two, Moroccan time.",
)
