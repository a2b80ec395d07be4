"""Reading hasila's releases from a program: `hasila.connect()`.

The result follows the releases: every query runs on the one that is current at that moment, whole, in a
process that lives through many nights too. DuckDB alone keeps giving such a process the file that it
opened first. Only DuckDB is imported; nothing of the pipeline is, but its settings where no folder is named,
and what reads object storage where the releases lie there.
"""

import threading
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import duckdb

__all__ = ["NoReleaseError", "Reader", "connect"]

_ATTEMPTS = 10


class NoReleaseError(Exception):
    """There is no release to read; says where it was looked for."""


def connect(data: str | PathLike[str] | None = None, *, public: bool = False) -> "Reader":
    """A reader of the current release, and of those that will follow it.

    `data` is hasila's data (`HASILA_DATA`), a folder or `s3://bucket/prefix`, by default that of the
    environment. With `public` it reads what may be published, in which small counts are suppressed. Raises
    NoReleaseError.
    """
    database = "public/hasila.duckdb" if public else "warehouse.duckdb"
    if data is None or "://" in str(data):
        from orchestration.settings import load_settings

        published = load_settings(data=data).published
        if not isinstance(published, Path):
            return Reader(_Fetched(published, database))
        return Reader(_Folder(published, database))
    return Reader(_Folder(Path(data).expanduser() / "published", database))


class _Releases(Protocol):
    """Where a reader finds the current release. Each method raises NoReleaseError."""

    def current(self) -> str: ...

    def database(self, release_id: str) -> Path: ...


class _Folder:
    """Releases in a folder of this machine."""

    def __init__(self, published: Path, database: str):
        self._published = published
        self._database = database

    def __str__(self) -> str:
        return str(self._published)

    def current(self) -> str:
        try:
            return (self._published / "current").resolve(strict=True).name
        except OSError as error:
            raise NoReleaseError(f"nothing was released yet in {self}; run `hasila load`") from error

    def database(self, release_id: str) -> Path:
        return self._published / "releases" / release_id / self._database


class _Fetched:
    """Releases in object storage, each of which is fetched once."""

    def __init__(self, published: Any, database: str):
        self._published = published
        self._database = database

    def __str__(self) -> str:
        return str(self._published)

    def current(self) -> str:
        try:
            release_id = self._published.current_id()
        except OSError as error:
            raise NoReleaseError(f"the releases in {self} cannot be read: {error}") from error
        if release_id is None:
            raise NoReleaseError(f"nothing was released yet in {self}; run `hasila load`")
        return str(release_id)

    def database(self, release_id: str) -> Path:
        from orchestration.release.publish import DamagedReleaseError

        try:
            return Path(self._published.bring(release_id, [self._database])) / self._database
        except (OSError, DamagedReleaseError) as error:
            raise NoReleaseError(f"release {release_id} cannot be fetched from {self}: {error}") from error


class Reader:
    """Queries on the current release, read-only, from any thread.

    One query sees one release. A result stays what it was, also when the next release comes; several
    queries on one release go through `pinned`.
    """

    def __init__(self, releases: _Releases):
        self._releases = releases
        self._lock = threading.Lock()
        self._opened: tuple[str, duckdb.DuckDBPyConnection] | None = None
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
        return self._releases.current()

    def close(self) -> None:
        """Let go of the release. Results that are still read keep it open."""
        with self._lock:
            self._is_closed = True
            self._opened = None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """A cursor of its own on the current release."""
        with self._lock:
            if self._is_closed:
                raise NoReleaseError("this reader is closed")
            for _ in range(_ATTEMPTS):
                release_id = self._releases.current()
                if self._opened is None or self._opened[0] != release_id:
                    try:
                        path = self._releases.database(release_id)
                        # Each release is a path of its own: DuckDB shares what one process opens under one path.
                        # The connection before is not closed: results may still hang on it, and it goes with the last.
                        self._opened = release_id, duckdb.connect(str(path), read_only=True)
                    except (duckdb.Error, NoReleaseError) as error:
                        # It may have been removed between the look and the opening: then another one is current.
                        if self._releases.current() != release_id:
                            continue
                        if isinstance(error, NoReleaseError):
                            raise
                        raise NoReleaseError(f"{path} cannot be opened: {str(error).strip()}") from error
                return self._opened[1].cursor()
            raise NoReleaseError(f"the current release in {self._releases} changes too often to be opened")
