"""Runs that ended without saying so: told by the load's lock."""

import datetime as dt
from pathlib import Path

import dagster as dg

from orchestration import retries
from orchestration.dead_runs import STARTED_BY, end_dead_runs
from orchestration.jobs import NIGHTLY_LOAD, REREAD


def started(instance: dg.DagsterInstance, job: str, minutes_ago: int, tags: dict[str, str] | None = None) -> str:
    """A run that was started some minutes ago and said nothing since."""

    @dg.op
    def nothing() -> None:
        """Is never run."""

    @dg.job(name=job)
    def made() -> None:
        nothing()

    run = instance.create_run_for_job(made, tags=tags or {})
    moment = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=minutes_ago)
    event = dg.DagsterEvent(dg.DagsterEventType.PIPELINE_START.value, job)
    instance.handle_new_event(
        dg.EventLogEntry(
            error_info=None,
            user_message="",
            level="debug",
            run_id=run.run_id,
            timestamp=moment.timestamp(),
            job_name=job,
            dagster_event=event,
        )
    )
    return run.run_id


def test_what_cannot_be_running_is_marked_as_failed_and_nothing_else(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    own = started(instance, NIGHTLY_LOAD, 0, STARTED_BY)
    killed = started(instance, NIGHTLY_LOAD, 0, STARTED_BY)
    # As long as it may go on trying to get the lock, a run is not given up.
    longest = sum(retries.BUSY_SECONDS) / 60
    waiting = started(instance, NIGHTLY_LOAD, int(longest) - 1)
    dead = started(instance, REREAD, int(longest) + 4)
    other = started(instance, "another_job", 1000)
    assert set(end_dead_runs(instance, but=own)) == {killed, dead}
    status = {run.run_id: run.status for run in instance.get_runs()}
    open_runs = {run_id for run_id, found in status.items() if found is dg.DagsterRunStatus.STARTED}
    assert open_runs == {own, waiting, other}
    assert status[dead] is dg.DagsterRunStatus.FAILURE
    assert end_dead_runs(instance, but=own) == []
