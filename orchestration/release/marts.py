"""Copying the marts out of the built warehouse, and telling two copies apart.

The release holds the schema `marts` alone, as compact tables with their comments and NOT NULL
constraints, in a storage version that DuckDB clients since 1.1 can open.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import duckdb

SCHEMA = "marts"
STORAGE_VERSION = "v1.0.0"


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
    with duckdb.connect() as connection:
        connection.execute(f"attach {text_literal(str(warehouse))} as built (read_only)")
        connection.execute(
            f"attach {text_literal(str(target))} as release (storage_version {text_literal(STORAGE_VERSION)})"
        )
        connection.execute(f"create schema release.{SCHEMA}")
        for (name,) in _tables(connection, "built"):
            _copy_table(connection, name)
        connection.execute("checkpoint release")
        connection.execute("detach release")


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> list[tuple[str]]:
    return connection.execute(
        "select table_name from duckdb_tables() where database_name = ? and schema_name = ? order by table_name",
        [database, SCHEMA],
    ).fetchall()


def _copy_table(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    table = f"{SCHEMA}.{quoted(name)}"
    columns = connection.execute(
        """
        select column_name, data_type, is_nullable, comment from duckdb_columns()
        where database_name = 'built' and schema_name = ? and table_name = ? order by column_index
        """,
        [SCHEMA, name],
    ).fetchall()
    declared = ", ".join(
        f"{quoted(column)} {kind}{'' if nullable else ' not null'}" for column, kind, nullable, _ in columns
    )
    connection.execute(f"create table release.{table} ({declared})")
    # Sorted rows make the same marts the same file, and compress better.
    connection.execute(f"insert into release.{table} select * from built.{table} order by all")
    for column, _, _, comment in columns:
        if comment:
            connection.execute(f"comment on column release.{table}.{quoted(column)} is {text_literal(comment)}")
    comment = connection.execute(
        "select comment from duckdb_tables() where database_name = 'built' and schema_name = ? and table_name = ?",
        [SCHEMA, name],
    ).fetchone()
    if comment and comment[0]:
        connection.execute(f"comment on table release.{table} is {text_literal(comment[0])}")


def describe(database: Path, names: Collection[str] | None = None) -> list[Mart]:
    """The marts of a warehouse or a release file, or those of these `names`, with their row counts and checksums."""
    with duckdb.connect(str(database), read_only=True) as connection:
        (current,) = connection.execute("select current_database()").fetchall()[0]
        return [
            _describe(connection, name) for (name,) in _tables(connection, current) if names is None or name in names
        ]


def _describe(connection: duckdb.DuckDBPyConnection, name: str) -> Mart:
    columns = [
        column
        for (column,) in connection.execute(
            "select column_name from duckdb_columns() where schema_name = ? and table_name = ? order by column_index",
            [SCHEMA, name],
        ).fetchall()
    ]
    # A sum of row hashes does not depend on the order of rows and, unlike xor, sees doubled rows.
    row = " || chr(31) || ".join(f"coalesce(cast({quoted(column)} as varchar), chr(30))" for column in columns)
    sums = f"select count(*), coalesce(sum(md5_number_lower({row})::hugeint), 0) from {SCHEMA}.{quoted(name)}"
    (rows, checksum) = connection.execute(sums).fetchall()[0]
    return Mart(name, int(rows), tuple(columns), f"{int(checksum):x}")
