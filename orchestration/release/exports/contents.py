"""What the public file holds: its marts with their columns and comments, and how their values are written as text."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from orchestration import memory
from orchestration.release.marts import SCHEMA, quoted, text_literal

DATABASE = "hasila.duckdb"
_ATTACHED = "released"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a mart, with its DuckDB type and its comment (empty where it has none)."""

    name: str
    kind: str
    comment: str

    @property
    def scale(self) -> int:
        """Digits after the decimal sign of a decimal; 0 for every other type."""
        found = re.fullmatch(r"DECIMAL\(\d+,(\d+)\)", self.kind)
        return int(found[1]) if found else 0


@dataclass(frozen=True, slots=True)
class Mart:
    """One table of the public file."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    rows: int

    @property
    def table(self) -> str:
        """Its address in SQL."""
        return f"{_ATTACHED}.{SCHEMA}.{quoted(self.name)}"

    @property
    def names(self) -> frozenset[str]:
        """The names of its columns."""
        return frozenset(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class Contents:
    """The open public file: its marts by name, and the connection to ask it."""

    connection: duckdb.DuckDBPyConnection
    marts: dict[str, Mart]

    def copy_csv(self, select: str, path: Path, *, delimiter: str = ",", header: bool = True) -> None:
        """Write the rows of a query as RFC 4180 text: UTF-8, lines that end in CRLF."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection.execute(
            f"copy ({select}) to {text_literal(str(path))} "
            f"(format csv, header {str(header).lower()}, delimiter {text_literal(delimiter)}, new_line e'\\r\\n')"
        )


@contextmanager
def opened(database: Path) -> Iterator[Contents]:
    """The public file, read-only. Raises duckdb.Error."""
    # Several threads hold the text of a large file in memory to put it in order: longer, and in twice the memory. The
    # portal is drawn at the same time.
    with memory.connect_beside(database, least=memory.SHARE_MEGABYTES // 2, threads=1) as connection:
        # Rows keep the order they have in the file, so that the same file gives the same bytes.
        connection.execute("set preserve_insertion_order = true")
        connection.execute(f"attach {text_literal(str(database))} as {_ATTACHED} (read_only)")
        yield Contents(connection, {mart.name: mart for mart in _marts(connection)})


def _marts(connection: duckdb.DuckDBPyConnection) -> Iterator[Mart]:
    tables = connection.execute(
        "select table_name, comment from duckdb_tables() where database_name = ? and schema_name = ? order by 1",
        [_ATTACHED, SCHEMA],
    ).fetchall()
    for name, comment in tables:
        columns = connection.execute(
            "select column_name, data_type, comment from duckdb_columns() "
            "where database_name = ? and schema_name = ? and table_name = ? order by column_index",
            [_ATTACHED, SCHEMA, name],
        ).fetchall()
        (rows,) = connection.execute(f"select count(*) from {_ATTACHED}.{SCHEMA}.{quoted(name)}").fetchall()[0]
        described = tuple(Column(column, kind, _one_line(remark)) for column, kind, remark in columns)
        yield Mart(name, _one_line(comment), described, int(rows))


def _one_line(comment: str | None) -> str:
    return " ".join((comment or "").split())


def plain(column: Column, source: str = "") -> str:
    """A column in SQL as other programs read it from text.

    Decimals without the zeros that say nothing, moments in UTC marked as such. `source` is the table's alias.
    """
    name = f"{source}.{quoted(column.name)}" if source else quoted(column.name)
    if column.scale:
        return f"rtrim(rtrim(cast({name} as varchar), '0'), '.')"
    if column.kind.startswith("TIMESTAMP"):
        return f"strftime({name}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    return name
