"""Why a run failed is told in the words of the error that a room raised."""

import dagster as dg

from orchestration import processes
from orchestration.run_failures import step_reasons, was_interrupted


class RefusedError(Exception):
    """An error of the room's own."""


def full() -> None:
    raise OSError(28, "No space left on device")


@dg.op
def raises() -> None:
    try:
        full()
    except OSError as error:
        raise RefusedError("nothing was written") from error


@dg.op
def raises_elsewhere() -> None:
    with processes.pool(1) as pool:
        pool.submit(full).result()


@dg.op
def works() -> None: ...


@dg.job
def night() -> None:
    raises()
    raises_elsewhere()
    works()


def reasons(**more: frozenset[str]) -> list[str]:
    done = night.execute_in_process(raise_on_error=False, instance=dg.DagsterInstance.ephemeral())
    return sorted(step_reasons(done.all_events, **more))


def test_a_failure_is_told_by_what_caused_it_also_in_another_process() -> None:
    assert reasons() == [
        "raises: OSError: [Errno 28] No space left on device",
        "raises_elsewhere: OSError: [Errno 28] No space left on device",
    ]


def test_failures_of_a_class_may_be_left_out() -> None:
    assert reasons(but=frozenset({"DagsterExecutionStepExecutionError"})) == []


@dg.op
def stopped() -> None:
    raise KeyboardInterrupt


@dg.job
def stopped_night() -> None:
    stopped()


def test_a_run_that_somebody_stopped_is_told_from_one_that_failed() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        events = {
            job.name: job.execute_in_process(raise_on_error=False, instance=instance).all_events
            for job in (night, stopped_night)
        }
    assert was_interrupted(events["stopped_night"])
    assert not was_interrupted(events["night"])
