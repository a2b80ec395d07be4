"""Dagster's local event log while one process writes hundreds of events to it: kept open, not opened anew for each.

Dagster opens and closes a SQLite file two to five times for every event, as any process may come in between. Its
files, tables and rows stay what they are, and other processes read and write them meanwhile as ever.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dagster import DagsterInstance
    from sqlalchemy.engine import Connection, Engine


@contextmanager
def kept_open(instance: "DagsterInstance") -> Iterator[None]:
    """Let `instance` keep its event log open; does nothing where that is not in Dagster's local files."""
    from dagster._core.storage.event_log import SqliteEventLogStorage

    log: Any = instance.event_log_storage
    if type(log) is not SqliteEventLogStorage:
        yield
        return
    with ExitStack() as closing:
        files = _Files(log, closing)
        # What stands on the object itself goes before the methods of its class.
        instead = {"_connect": files.connect, "has_table": files.has_table}
        vars(log).update(instead)
        for name in instead:
            closing.callback(vars(log).pop, name)
        yield


class _Files:
    """The files of an event log, one for each run and one for all of them, opened once."""

    def __init__(self, log: Any, closing: ExitStack) -> None:
        self._log, self._closing = log, closing
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        self._opened_by_dagster, self._has_table = log._connect, log.has_table  # noqa: SLF001

    @contextmanager
    def connect(self, shard: str) -> Iterator["Connection"]:
        """A transaction in one of the files, as Dagster's own `_connect` gives it."""
        if shard not in self._engines:
            # Only Dagster knows how to lay out a new file.
            with self._opened_by_dagster(shard):
                pass
        with self._log._db_lock:  # noqa: SLF001  as Dagster's own does
            if shard not in self._engines:
                self._engines[shard] = self._opened(shard)
            with self._engines[shard].begin() as connection:
                yield connection

    def has_table(self, table_name: str) -> bool:
        """Whether the file of all runs has a table. What is there stays there."""
        if table_name not in self._tables and self._has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def _opened(self, shard: str) -> "Engine":
        import sqlalchemy
        from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS

        engine = sqlalchemy.create_engine(
            self._log.conn_string_for_shard(shard), pool_size=1, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
        )
        self._closing.callback(engine.dispose)
        return engine
