"""The one resource: the settings of this installation, and the load's lock while a run lasts."""

import os
from collections.abc import Generator
from contextlib import contextmanager

import dagster as dg
from pydantic import PrivateAttr

from orchestration import lock, night
from orchestration.settings import Settings, load_settings


class Hasila(dg.ConfigurableResource["Hasila"]):  # type: ignore[type-arg, unused-ignore]
    """What the assets work with.

    Empty fields come from the environment. With `lock_held` the caller holds the load's lock; else
    a run takes it for as long as it lasts and fails when another load is running.
    """

    data: str | None = None
    inbox: str | None = None
    lock_held: bool = False
    _settings: Settings | None = PrivateAttr(default=None)
    _rulebook: night.Rulebook | None = PrivateAttr(default=None)

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
        if self.lock_held:
            yield self
            return
        with lock.one_at_a_time(self.settings, f"Dagster run {context.run_id} (process {os.getpid()})"):
            yield self
