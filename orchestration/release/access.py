"""Reading a warehouse, the current release above all: what the command line and an analyst's program open."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.release import publish
from orchestration.release.publish import DamagedReleaseError, Published

_ASK_AGAIN_SECONDS = 1.0


class NoReleaseError(Exception):
    """Nothing was released yet."""


class CurrentPublic:
    """The public folder of the current release, for a server that asks for it with every request.

    Object storage is asked once a second, and where it does not answer, what it said last stands.
    """

    def __init__(self, published: Published):
        self._published = published
        self._turn = threading.Lock()
        self._asked: float | None = None
        self._folder: Path | None = None

    def folder(self) -> Path | None:
        """The folder on this machine, resolved once; None before the first release.

        Raises OSError and DamagedReleaseError where object storage never answered yet.
        """
        if isinstance(self._published, Path):
            release = publish.current_folder(self._published)
            return release / publish.PUBLIC if release else None
        with self._turn:
            if self._asked is None or time.monotonic() - self._asked >= _ASK_AGAIN_SECONDS:
                try:
                    release = publish.current_folder(self._published)
                    if release is not None:
                        self._folder = publish.bring(self._published, release, publish.PUBLIC) / publish.PUBLIC
                except (OSError, DamagedReleaseError):
                    if self._asked is None:
                        raise
                self._asked = time.monotonic()
            return self._folder


@contextmanager
def connection(published: Published) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the current release, which stays one release while it is open.

    Raises NoReleaseError.
    """
    with _open_current(published) as opened:
        yield opened


def _open_current(published: Published) -> duckdb.DuckDBPyConnection:
    while True:
        folder = publish.current_folder(published)
        if folder is None:
            raise NoReleaseError(str(published))
        try:
            return _open(publish.bring(published, folder, publish.WAREHOUSE) / publish.WAREHOUSE)
        except (duckdb.Error, DamagedReleaseError):
            # It may have been removed between the look and the opening: then another one is current.
            if publish.current_folder(published) == folder:
                raise


@contextmanager
def open_warehouse(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to a warehouse file.

    It cannot reach other files: neither `copy ... to` nor `read_csv`.
    """
    with _open(path) as opened:
        yield opened


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "lock_configuration": "true",
    }
    return duckdb.connect(str(path), read_only=True, config=config)
