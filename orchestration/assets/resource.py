"""The one resource: the settings of this installation, and the load's lock while a run works on its state."""

import datetime as dt
import os
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import dagster as dg
from pydantic import PrivateAttr

from orchestration import lock, metrics, night, retries
from orchestration.dead_runs import end_dead_runs
from orchestration.jobs import FROM_THE_BEGINNING
from orchestration.settings import Settings, load_settings

POOL = "load"
"""Dagster's concurrency pool of everything that writes to the runtime state; `dagster.yaml` lets one run in."""


_FAILED = {dg.DagsterEventType.STEP_FAILURE, dg.DagsterEventType.RUN_CANCELING}


class Hasila(dg.ConfigurableResource["Hasila"]):  # type: ignore[type-arg, unused-ignore]
    """What the assets work with.

    Empty fields come from the environment. With `lock_held` the caller holds the load's lock; else a run
    takes it with its first room, holds it for as long as the run lasts, and leaves the metrics of a load.
    """

    data: str | None = None
    inbox: str | None = None
    lock_held: bool = False
    _settings: Settings | None = PrivateAttr(default=None)
    _rulebook: night.Rulebook | None = PrivateAttr(default=None)
    _held: ExitStack | None = PrivateAttr(default=None)
    _began_at: dt.datetime | None = PrivateAttr(default=None)

    @property
    def settings(self) -> Settings:
        if self._settings is None:
            self._settings = load_settings(data=self.data, inbox=self.inbox)
        return self._settings

    @property
    def rulebook(self) -> night.Rulebook:
        if self._rulebook is None:
            self._rulebook = night.load_rulebook(self.settings)
        return self._rulebook

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator["Hasila"]:
        try:
            yield self
        finally:
            if self._held is not None:
                try:
                    self._report(context)
                finally:
                    self._held.close()
                    self._held = None

    def _report(self, context: dg.InitResourceContext) -> None:
        """Leave the metrics of this load. Nothing here changes how the run ends."""
        if self.settings.metrics_file is None:
            return
        problems = []
        try:
            outcome: dict[str, Any] | None = night.outcome(self.settings)
        except Exception as error:  # noqa: BLE001  the run has ended; its metrics are not worth more
            outcome = None
            problems.append(f"the load's outcome could not be read: {error}")
        has_failed = outcome is None or bool(outcome["failed_families"]) or _has_failures(context)
        began_at = self._began_at or dt.datetime.now(dt.UTC)
        problems += metrics.report(self.settings, int(has_failed), began_at, outcome)
        # Where Dagster's storage is away, there is nobody to tell.
        with suppress(Exception):
            for problem in problems:
                if context.log is not None:
                    context.log.warning(problem)

    @contextmanager
    def at_work(self, context: dg.AssetExecutionContext) -> Iterator[None]:
        """Around what a room does: holds the lock, and asks Dagster to try again after what passes by itself.

        Everything else is raised as it is.
        """
        try:
            self._hold(context)
            yield
        except Exception as error:
            wait = retries.seconds_until_next(error, context.retry_number)
            if wait is None:
                raise
            reason = f"another load is at work: {error}" if isinstance(error, lock.BusyError) else str(error)
            context.log.warning(f"{reason}. It is tried again in {wait:.0f} s.")
            raise dg.RetryRequested(max_retries=context.retry_number + 1, seconds_to_wait=wait) from error

    def _hold(self, context: dg.AssetExecutionContext) -> None:
        if self.lock_held or self._held is not None:
            return
        if not FROM_THE_BEGINNING.items() <= context.run.tags.items():
            # Assets that somebody chose by hand are a job of Dagster's own.
            context.instance.add_run_tags(context.run_id, FROM_THE_BEGINNING)
        with ExitStack() as stack:
            name = f"Dagster run {context.run_id} (process {os.getpid()})"
            # The retries wait for the lock; a run that waited in here as well would look dead.
            at_once = self.settings.model_copy(update={"lock_wait_seconds": 0})
            interrupted = stack.enter_context(lock.one_at_a_time(at_once, name))
            self._held, self._began_at = stack.pop_all(), dt.datetime.now(dt.UTC)
        if interrupted is not None:
            context.log.warning(f"{interrupted}, was killed; what it left half-done is cleared.")
        end_dead_runs(context.instance, but=context.run_id)


def _has_failures(context: dg.InitResourceContext) -> bool:
    """Whether something failed in a run; also where Dagster's storage, which knows, is away: then the run fails too."""
    instance, run_id = context.instance, context.run_id
    if not instance or not run_id:
        return False
    try:
        return bool(instance.all_logs(run_id, of_type=_FAILED))
    except Exception:  # noqa: BLE001  each storage has errors of its own
        return True


def measured(seconds: float, running: int = 0) -> dict[str, Any]:
    """What a room cost, as metadata. The memory is the most that the run's process, or one it started, held so far.

    Of one that has not ended yet, the caller says how many bytes it held (`running`).
    """
    peak = max(running, *metrics.peak_memory().values())
    return {"seconds": dg.MetadataValue.float(float(seconds)), "peak_memory_mb": dg.MetadataValue.int(peak // 2**20)}
