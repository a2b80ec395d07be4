"""Copying the marts out of the built warehouse, and telling two copies apart.

The release holds the schema `marts` alone, as compact tables with their comments and NOT NULL
constraints, in a storage version that DuckDB clients since 1.1 can open.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import duckdb

from orchestration import memory

SCHEMA = "marts"
STORAGE_VERSION = "v1.0.0"
_LASTING, _QUICK = "md5_number_lower({text})", "hash({columns})"


@dataclass(frozen=True, slots=True)
class Mart:
    """One table of the release: its rows, its columns, and a checksum that any order of rows shares."""

    name: str
    rows: int
    columns: tuple[str, ...]
    checksum: str


def quoted(name: str) -> str:
    """`name` as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text_literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def copy(warehouse: Path, target: Path) -> None:
    """Copy the marts of `warehouse` into the new DuckDB file `target`.

    Raises duckdb.Error (no such warehouse, a full disk).
    """
    with memory.connect_beside(warehouse) as connection:
        connection.execute(f"attach {text_literal(str(warehouse))} as built (read_only)")
        selects = {name: f"select * from built.{SCHEMA}.{quoted(name)}" for name in tables(connection, "built")}
        copy_tables(connection, "built", target, selects)


def tables(connection: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    """The marts of an attached release, sorted."""
    return [
        name
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where database_name = ? and schema_name = ? order by table_name",
            [database, SCHEMA],
        ).fetchall()
    ]


def copy_tables(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    target: Path,
    selects: Mapping[str, str],
    dropped: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> None:
    """Write the rows of `selects` (by mart) into the new DuckDB file `target`, as the marts of `source` are declared.

    `dropped` are columns, by mart, that the copy does without. Raises duckdb.Error.
    """
    connection.execute(
        f"attach {text_literal(str(target))} as release (storage_version {text_literal(STORAGE_VERSION)})"
    )
    columns = _columns(connection, source, dropped)
    comments = dict(
        connection.execute(
            "select table_name, comment from duckdb_tables() where database_name = ? and schema_name = ?",
            [source, SCHEMA],
        ).fetchall()
    )
    # A statement of its own is written through to the disk by itself, and the comments alone are hundreds.
    connection.begin()
    connection.execute(f"create schema release.{SCHEMA}")
    for name in selects:
        _declare(connection, f"release.{SCHEMA}.{quoted(name)}", columns[name], comments[name])
    connection.commit()
    for name, select in selects.items():
        names = ", ".join(quoted(column.name) for column in columns[name])
        # Sorted rows make the same marts the same file, and compress better.
        connection.execute(f"insert into release.{SCHEMA}.{quoted(name)} select {names} from ({select}) order by all")
    connection.execute("checkpoint release")
    connection.execute("detach release")


class _Column(NamedTuple):
    """A column as it is declared."""

    name: str
    type: str
    is_nullable: bool
    comment: str | None


def _columns(
    connection: duckdb.DuckDBPyConnection, database: str, dropped: Mapping[str, Collection[str]]
) -> dict[str, list[_Column]]:
    """The columns of every mart of an attached release, in their order, but those that are `dropped`."""
    found: dict[str, list[_Column]] = {}
    for table, *column in connection.execute(
        """
        select table_name, column_name, data_type, is_nullable, comment from duckdb_columns()
        where database_name = ? and schema_name = ? order by table_name, column_index
        """,
        [database, SCHEMA],
    ).fetchall():
        if column[0] not in dropped.get(table, ()):
            found.setdefault(table, []).append(_Column(*column))
    return found


def _declare(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[_Column], comment: str | None
) -> None:
    """Create a table without rows, with its comments."""
    declared = ", ".join(
        f"{quoted(column.name)} {column.type}{'' if column.is_nullable else ' not null'}" for column in columns
    )
    connection.execute(f"create table {table} ({declared})")
    for column in columns:
        if column.comment:
            connection.execute(f"comment on column {table}.{quoted(column.name)} is {text_literal(column.comment)}")
    if comment:
        connection.execute(f"comment on table {table} is {text_literal(comment)}")


def describe(database: Path, names: Collection[str] | None = None) -> list[Mart]:
    """The marts of a warehouse or a release file, or those of these `names`, with their row counts and checksums."""
    with memory.connect(database) as connection:
        (current,) = connection.execute("select current_database()").fetchall()[0]
        return [_describe(connection, name) for name in tables(connection, current) if names is None or name in names]


def fingerprints(database: Path) -> list[Mart]:
    """As `describe`, with checksums in a tenth of the time: to tell two files at hand apart.

    They are for no manifest, since another version of DuckDB may give others.
    """
    with memory.connect(database) as connection:
        (current,) = connection.execute("select current_database()").fetchall()[0]
        return [_describe(connection, name, _QUICK) for name in tables(connection, current)]


def _describe(connection: duckdb.DuckDBPyConnection, name: str, row_hash: str = _LASTING) -> Mart:
    columns = [
        column
        for (column,) in connection.execute(
            "select column_name from duckdb_columns() where schema_name = ? and table_name = ? order by column_index",
            [SCHEMA, name],
        ).fetchall()
    ]
    # A sum of row hashes does not depend on the order of rows and, unlike xor, sees doubled rows.
    text = " || chr(31) || ".join(f"coalesce(cast({quoted(column)} as varchar), chr(30))" for column in columns)
    hashed = row_hash.format(text=text, columns=", ".join(map(quoted, columns)))
    sums = f"select count(*), coalesce(sum({hashed}::hugeint), 0) from {SCHEMA}.{quoted(name)}"
    (rows, checksum) = connection.execute(sums).fetchall()[0]
    return Mart(name, int(rows), tuple(columns), f"{int(checksum):x}")
