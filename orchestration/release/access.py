"""Reading a warehouse, the current release above all: what the command line and an analyst's program open."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from orchestration.release import publish


class NoReleaseError(Exception):
    """Nothing was released yet."""


@contextmanager
def connection(published: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the current release, which stays one release while it is open.

    Raises NoReleaseError.
    """
    with _open_current(published) as opened:
        yield opened


def _open_current(published: Path) -> duckdb.DuckDBPyConnection:
    while True:
        folder = publish.current_folder(published)
        if folder is None:
            raise NoReleaseError(str(published))
        try:
            return _open(folder / publish.WAREHOUSE)
        except duckdb.Error:
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
