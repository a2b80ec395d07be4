"""Runs of Dagster that ended without saying so: their process was killed, or Dagster's storage was away.

Dagster itself cannot tell such a run from one that works, and it would hold the place in the queue. The
load's lock can: who works on the runtime state has it, and the system takes it from the dead.
"""

import datetime as dt
from typing import TYPE_CHECKING

from orchestration import lock, retries
from orchestration.settings import Settings

if TYPE_CHECKING:
    from dagster import DagsterInstance, DagsterRun

STARTED_BY = {"hasila/started_by": "hasila load"}
"""The tag of runs of the command line, which never wait for the lock: they are started under it."""
_MARGIN = dt.timedelta(minutes=2)


def end_dead_runs(instance: "DagsterInstance", *, but: str | None) -> list[str]:
    """Mark the runs as failed that cannot be working, as the caller has the load's lock; returns their ids.

    Dead is every started run of the command line, and one of Dagster's that started so long ago that it
    would have given up waiting for the lock. `but` is the caller's own run.
    """
    dead = [run for run in _suspects(instance) if run.run_id != but]
    for run in dead:
        instance.report_run_failed(run, "The load died, or Dagster's storage was away when it ended.")
    return [run.run_id for run in dead]


def end_dead_runs_if_idle(instance: "DagsterInstance", settings: Settings) -> list[str]:
    """The same for whoever does not work on the runtime state: nothing where somebody does.

    The lock is taken, for a moment, only where there is a run to be ended. Raises OSError where it cannot be
    taken, and what Dagster's storage raises.
    """
    at_work = lock.holder(settings)
    if (at_work is not None and at_work.is_alive) or not _suspects(instance):
        return []
    try:
        with lock.one_at_a_time(settings.model_copy(update={"lock_wait_seconds": 0}), "the end of dead runs"):
            return end_dead_runs(instance, but=None)
    except lock.BusyError:
        return []


def _suspects(instance: "DagsterInstance") -> "list[DagsterRun]":
    """The started runs that are dead unless they hold the lock."""
    import dagster as dg

    from orchestration.jobs import WRITING

    # Between its attempts a run that waits for the lock is as silent as a dead one.
    given_up = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=sum(retries.BUSY_SECONDS)) - _MARGIN
    found = []
    for record in instance.get_run_records(filters=dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        run = record.dagster_run
        is_ours = STARTED_BY.items() <= run.tags.items()
        has_given_up = record.start_time is not None and record.start_time < given_up.timestamp()
        if run.job_name in WRITING and (is_ours or has_given_up):
            found.append(run)
    return found
