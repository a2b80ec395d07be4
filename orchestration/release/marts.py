"""Copying the marts out of the built warehouse, and telling two copies apart.

The release holds the schema `marts` alone, as compact tables with their comments and NOT NULL
constraints, in a storage version that DuckDB clients since 1.1 can open.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

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
    connection.execute(f"create schema release.{SCHEMA}")
    for name, select in selects.items():
        _copy_table(connection, source, name, select, dropped.get(name, ()))
    connection.execute("checkpoint release")
    connection.execute("detach release")


def _copy_table(
    connection: duckdb.DuckDBPyConnection, source: str, name: str, select: str, dropped: Collection[str]
) -> None:
    table = f"{SCHEMA}.{quoted(name)}"
    columns = [
        column
        for column in connection.execute(
            """
            select column_name, data_type, is_nullable, comment from duckdb_columns()
            where database_name = ? and schema_name = ? and table_name = ? order by column_index
            """,
            [source, SCHEMA, name],
        ).fetchall()
        if column[0] not in dropped
    ]
    declared = ", ".join(
        f"{quoted(column)} {kind}{'' if nullable else ' not null'}" for column, kind, nullable, _ in columns
    )
    connection.execute(f"create table release.{table} ({declared})")
    # Sorted rows make the same marts the same file, and compress better.
    names = ", ".join(quoted(column) for column, *_ in columns)
    connection.execute(f"insert into release.{table} select {names} from ({select}) order by all")
    for column, _, _, comment in columns:
        if comment:
            connection.execute(f"comment on column release.{table}.{quoted(column)} is {text_literal(comment)}")
    comment = connection.execute(
        "select comment from duckdb_tables() where database_name = ? and schema_name = ? and table_name = ?",
        [source, SCHEMA, name],
    ).fetchone()
    if comment and comment[0]:
        connection.execute(f"comment on table release.{table} is {text_literal(comment[0])}")


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
