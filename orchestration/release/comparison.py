"""Two releases side by side: tables, columns, rows and figures that are not the same, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration import memory
from orchestration.release import changes, inputs, manifest, publish
from orchestration.release.marts import SCHEMA, quoted, text_literal


@dataclass(frozen=True, slots=True)
class MartDifference:
    """What became of one mart from the first release to the second.

    `change` is `same`, `changed`, `added` or `removed`. Rows are compared by the columns that both have;
    a changed row is one that went and one that came.
    """

    name: str
    change: str
    rows_before: int | None
    rows_after: int | None
    rows_gone: int = 0
    rows_new: int = 0
    columns_gone: tuple[str, ...] = ()
    columns_new: tuple[str, ...] = ()
    columns_retyped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """The first release `before` and the second `after`, by name. `figures` are rows as in `release_change`.

    `reports_new` and `reports_gone` are receipts; `figures` is None where a release is too old to be compared.
    """

    before: str
    after: str
    marts: tuple[MartDifference, ...]
    figures: tuple[dict[str, Any], ...] | None
    reports_new: tuple[dict[str, Any], ...]
    reports_gone: tuple[dict[str, Any], ...]
    corrections: tuple[dict[str, Any], ...]
    decisions_new: tuple[str, ...]
    decisions_gone: tuple[str, ...]
    code: tuple[manifest.Difference, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def compare(before: Path, after: Path) -> Comparison:
    """Compare two releases by their folders.

    Raises DamagedReleaseError, and duckdb.Error where a release file cannot be opened.
    """
    first, second = publish.read_manifest(before), publish.read_manifest(after)
    files = before / publish.WAREHOUSE, after / publish.WAREHOUSE
    with memory.connect_beside(files[1]) as connection:
        for name, path in zip(("before", "fresh"), files, strict=True):
            connection.execute(f"attach {text_literal(str(path))} as {name} (read_only)")
        columns = {name: _columns(connection, name) for name in ("before", "fresh")}
        marts = [
            _mart(connection, name, columns["before"].get(name), columns["fresh"].get(name), first, second)
            for name in sorted(columns["before"].keys() | columns["fresh"].keys())
        ]
    found = changes.compare(files[1], files[0], first["release_id"], either_way=True)
    held = [{row["receipt_id"]: row for row in inputs.fields_of(folder, _RECEIPT)} for folder in (before, after)]
    decided = [set(one.get("decisions", ())) for one in (first, second)]
    return Comparison(
        before=first["release_id"],
        after=second["release_id"],
        marts=tuple(marts),
        figures=tuple(found.to_pylist()) if found is not None else None,
        reports_new=_receipts(held[1], held[0]),
        reports_gone=_receipts(held[0], held[1]),
        corrections=_corrections(first.get("corrections", {}), second.get("corrections", {})),
        decisions_new=tuple(sorted(decided[1] - decided[0])),
        decisions_gone=tuple(sorted(decided[0] - decided[1])),
        code=tuple(manifest.differences(first, second)),
    )


_RECEIPT = ("receipt_id", "organisation_code", "file_name", "received_date")


def _receipts(of: Mapping[str, Any], without: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    return tuple(row for key, row in of.items() if key not in without)


def _corrections(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {"correction_code": code, "status_before": before.get(code), "status_after": after.get(code)}
        for code in sorted(before.keys() | after.keys())
        if before.get(code) != after.get(code)
    )


def _columns(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? and schema_name = ? order by table_name, column_index",
        [database, SCHEMA],
    ).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def _mart(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    before: Mapping[str, str] | None,
    after: Mapping[str, str] | None,
    first: Mapping[str, Any],
    second: Mapping[str, Any],
) -> MartDifference:
    rows_before, rows_after = (
        _count(connection, f"{database}.{SCHEMA}.{quoted(name)}") if columns is not None else None
        for database, columns in (("before", before), ("fresh", after))
    )
    if before is None or after is None:
        return MartDifference(name, "added" if before is None else "removed", rows_before, rows_after)
    columns_gone = tuple(column for column in before if column not in after)
    columns_new = tuple(column for column in after if column not in before)
    shared = [column for column in before if column in after]
    retyped = [column for column in shared if before[column] != after[column]]
    checksums = [(one["marts"].get(name) or {}).get("checksum") for one in (first, second)]
    gone = new = 0
    if checksums[0] != checksums[1] or checksums[0] is None or list(before) != list(after):
        gone, new = _rows(connection, name, shared, retyped)
    is_same = not (gone or new or columns_gone or columns_new or retyped)
    told = tuple(f"{column} {before[column]} → {after[column]}" for column in retyped)
    change = "same" if is_same else "changed"
    return MartDifference(name, change, rows_before, rows_after, gone, new, columns_gone, columns_new, told)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    (found,) = connection.execute(f"select count(*) from {table}").fetchall()[0]
    return int(found)


def _rows(
    connection: duckdb.DuckDBPyConnection, name: str, shared: Sequence[str], retyped: Sequence[str]
) -> tuple[int, int]:
    """How many rows only the first, and only the second, release has, each as often as it is there."""
    if not shared:
        return 0, 0
    listed = ", ".join(
        f"cast({quoted(column)} as varchar)" if column in retyped else quoted(column) for column in shared
    )
    table = f"{SCHEMA}.{quoted(name)}"
    sides = [
        _count(connection, f"(select {listed} from {one}.{table} except all select {listed} from {other}.{table})")
        for one, other in (("before", "fresh"), ("fresh", "before"))
    ]
    return sides[0], sides[1]
