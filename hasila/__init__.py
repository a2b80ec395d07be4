"""Reading hasila's releases from a program: `hasila.connect()`.

The result follows the releases: every query runs on the one that is current at that moment, whole, in a
process that lives through many nights too. DuckDB alone keeps giving such a process the file that it
opened first. Only DuckDB is imported; nothing of the pipeline is, but its settings where no folder is named.
"""

import threading
from os import PathLike
from pathlib import Path
from typing import Any

import duckdb

__all__ = ["NoReleaseError", "Reader", "connect"]

_ATTEMPTS = 10


class NoReleaseError(Exception):
    """There is no release to read; says where it was looked for."""


def connect(data: str | PathLike[str] | None = None, *, public: bool = False) -> "Reader":
    """A reader of the current release, and of those that will follow it.

    `data` is the folder of hasila's data (`HASILA_DATA`), by default that of the environment. With
    `public` it reads what may be published, in which small counts are suppressed. Raises NoReleaseError.
    """
    if data is None:
        from orchestration.settings import load_settings

        data = load_settings().data
    return Reader(Path(data).expanduser() / "published", Path("public", "hasila.duckdb") if public else None)


class Reader:
    """Queries on the current release, read-only, from any thread.

    One query sees one release. A result stays what it was, also when the next release comes; several
    queries on one release go through `pinned`.
    """

    def __init__(self, published: Path, database: Path | None = None):
        self._published = published
        self._database = database or Path("warehouse.duckdb")
        self._lock = threading.Lock()
        self._opened: tuple[Path, duckdb.DuckDBPyConnection] | None = None
        self._is_closed = False
        self._cursor()

    def sql(self, query: str, params: object = None) -> duckdb.DuckDBPyRelation:
        """The answer to a query, as DuckDB's relation: `.df()`, `.pl()`, `.arrow()`, `.fetchall()`.

        Raises duckdb.Error, NoReleaseError.
        """
        return self._cursor().sql(query, params=params)

    def execute(self, query: str, params: object = None) -> duckdb.DuckDBPyConnection:
        """Run a query; returns the cursor to fetch from. Raises duckdb.Error, NoReleaseError."""
        return self._cursor().execute(query, params)

    def pinned(self) -> duckdb.DuckDBPyConnection:
        """A connection that stays on the release that is current now, for queries that belong together."""
        return self._cursor()

    @property
    def release_id(self) -> str:
        """The name of the release on which a query would run now. Raises NoReleaseError."""
        return self._current().name

    def close(self) -> None:
        """Let go of the release. Results that are still read keep it open."""
        with self._lock:
            self._is_closed = True
            self._opened = None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _current(self) -> Path:
        try:
            return (self._published / "current").resolve(strict=True)
        except OSError as error:
            raise NoReleaseError(f"nothing was released yet in {self._published}; run `hasila load`") from error

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of its own on the current release."""
        with self._lock:
            if self._is_closed:
                raise NoReleaseError("this reader is closed")
            for _ in range(_ATTEMPTS):
                folder = self._current()
                if self._opened is None or self._opened[0] != folder:
                    path = folder / self._database
                    try:
                        # Each release is a path of its own: DuckDB shares what one process opens under one path.
                        # The connection before is not closed: results may still hang on it, and it goes with the last.
                        self._opened = folder, duckdb.connect(str(path), read_only=True)
                    except duckdb.Error as error:
                        # It may have been removed between the look and the opening: then another one is current.
                        if self._current() == folder:
                            raise NoReleaseError(f"{path} cannot be opened: {str(error).strip()}") from error
                        continue
                return self._opened[1].cursor()
            raise NoReleaseError(f"the current release in {self._published} changes too often to be opened")
