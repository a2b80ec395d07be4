"""Why a run of Dagster failed, in the words of the error that a room raised. The command line and alerts ask here."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster import DagsterEvent

# Dagster puts the class before the words; a class of ours tells the reader nothing.
_OWN_ERROR = re.compile(r"^orchestration(?:\.\w+)+: ")
# What Python puts behind an error that another process raised: where it was raised there.
_ELSEWHERE = "_RemoteTraceback"


def step_reasons(events: "Iterable[DagsterEvent]", *, but: frozenset[str] = frozenset()) -> list[str]:
    """A line for each step that failed; none for failures of the classes in `but`."""
    reasons = []
    for event in events:
        if not event.is_step_failure:
            continue
        error = event.step_failure_data.error
        if error is not None and error.cls_name in but:
            continue
        while error is not None and error.cause is not None and error.cause.cls_name != _ELSEWHERE:
            error = error.cause
        if error is not None:
            reasons.append(f"{event.step_key}: {_OWN_ERROR.sub('', error.message.strip())}")
    return reasons


def was_interrupted(events: "Iterable[DagsterEvent]") -> bool:
    """Whether a run ended because somebody stopped it (SIGINT, SIGTERM), which Dagster counts among failures."""
    from dagster._core.events import RunFailureReason

    return any(
        event.is_job_failure and event.job_failure_data.failure_reason is RunFailureReason.UNEXPECTED_TERMINATION
        for event in events
    )
