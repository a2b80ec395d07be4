"""Runs of Dagster that ended without saying so: their process was killed, or Dagster's storage was away.

Dagster itself cannot tell such a run from one that works, and it would hold a place in the queue. The
load's lock can: who works on the runtime state has it, and the system takes it from the dead.
"""

import datetime as dt
from typing import TYPE_CHECKING

from orchestration.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance

STARTED_BY = {"hasila/started_by": "hasila load"}
"""The tag of runs of the command line, which never wait for the lock: they are started under it."""
_MARGIN = dt.timedelta(minutes=2)


def end_dead_runs(instance: "DagsterInstance", settings: Settings, *, but: str) -> list[str]:
    """Mark the loads as failed that cannot be running, as the caller has the load's lock; returns their ids.

    Dead is every started run of the command line, and one of Dagster's that started so long ago that it
    would have given up waiting for the lock. `but` is the caller's own run.
    """
    import dagster as dg

    from orchestration.jobs import NIGHTLY_LOAD

    given_up = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=settings.lock_wait_seconds) - _MARGIN
    dead = []
    started = dg.RunsFilter(job_name=NIGHTLY_LOAD, statuses=[dg.DagsterRunStatus.STARTED])
    for record in instance.get_run_records(filters=started):
        run = record.dagster_run
        is_ours = STARTED_BY.items() <= run.tags.items()
        has_given_up = record.start_time is not None and record.start_time < given_up.timestamp()
        if run.run_id != but and (is_ours or has_given_up):
            instance.report_run_failed(run, "The load died, or Dagster's storage was away when it ended.")
            dead.append(run.run_id)
    return dead
