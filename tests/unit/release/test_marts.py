"""A copy of the marts is whole, and two files of marts are told apart by their rows and never by the order of them."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration.release import marts
from orchestration.release.marts import Mart

ROWS = ["(1, 'a', 2.50)", "(2, null, null)", "(2, null, null)", "(3, '', 0)"]


def written(path: Path, rows: list[str]) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema marts; create table marts.figure (code integer, name text, value decimal)")
        connection.execute(f"insert into marts.figure values {', '.join(rows)}")
    return path


@pytest.mark.parametrize("told", [marts.describe, marts.fingerprints])
def test_marts_are_told_apart_by_their_rows(tmp_path: Path, told: Callable[[Path], list[Mart]]) -> None:
    (one,) = told(written(tmp_path / "one.duckdb", ROWS))
    assert (one.name, one.rows, one.columns) == ("figure", 4, ("code", "name", "value"))
    assert told(written(tmp_path / "same.duckdb", ROWS[::-1])) == [one]
    others = {
        "a value": ["(1, 'a', 2.51)", *ROWS[1:]],
        "a text that is empty, not missing": [*ROWS[:2], "(2, '', null)", ROWS[3]],
        "a row instead of another": [ROWS[0], ROWS[0], ROWS[1], ROWS[3]],
        "a row less": ROWS[1:],
        "values of two rows exchanged": ["(1, 'a', 0)", *ROWS[1:3], "(3, '', 2.50)"],
    }
    for name, rows in others.items():
        assert told(written(tmp_path / f"{name}.duckdb", rows)) != [one], name


def test_a_copy_has_the_rows_in_order_and_everything_that_was_declared(tmp_path: Path) -> None:
    built, copied = written(tmp_path / "built.duckdb", ROWS[::-1]), tmp_path / "copied.duckdb"
    with duckdb.connect(str(built)) as connection:
        connection.execute("alter table marts.figure alter code set not null")
        connection.execute("comment on table marts.figure is 'What''s stated'")
        connection.execute("comment on column marts.figure.code is 'Which'")
        connection.execute('create table marts."no row" (day date); create schema other; create table other.t (i int)')
    marts.copy(built, copied)
    with duckdb.connect(str(copied), read_only=True) as connection:
        assert connection.execute("from marts.figure").fetchall() == [
            (1, "a", Decimal("2.50")),
            (2, None, None),
            (2, None, None),
            (3, "", Decimal(0)),
        ]
        assert connection.execute("select table_name, comment from duckdb_tables() order by 1").fetchall() == [
            ("figure", "What's stated"),
            ("no row", None),
        ]
        assert connection.execute(
            "select column_name, data_type, is_nullable, comment from duckdb_columns() where not internal"
            " order by table_name, column_index"
        ).fetchall() == [
            ("code", "INTEGER", False, "Which"),
            ("name", "VARCHAR", True, None),
            ("value", "DECIMAL(18,3)", True, None),
            ("day", "DATE", True, None),
        ]
