"""Two releases side by side: tables, columns, rows, and what explains them."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from orchestration.receive import receipts
from orchestration.receive.receipts import Receipt
from orchestration.release import comparison, inputs, publish
from orchestration.release.comparison import MartDifference
from tests.helpers import receipt_of
from tests.unit.release.small import number_id


def release(published: Path, number: int, sql: str, held: Sequence[Receipt] = (), **more: Any) -> Path:
    def write(folder: Path) -> dict[str, Any]:
        inputs.write(folder, pa.Table.from_pylist([asdict(receipt) for receipt in held], schema=receipts.SCHEMA))
        with duckdb.connect(str(folder / publish.WAREHOUSE)) as connection:
            connection.execute(f"create schema marts; {sql}")
        manifest = {
            "release_id": number_id(number),
            "created_at": "2024-01-01T00:00:00+00:00",
            "previous_release_id": None,
            "hasila_version": "1",
            "python_version": "3.11",
            "package_versions": {"duckdb": "1.5"},
            "code_parts": {"dbt_project/models": "a" * 64},
            "receipts": 0,
            "corrections": {},
            "decisions": [],
            "marts": {},
        }
        return manifest | more

    return publish.publish(published, number_id(number), write)


FIRST, SECOND = receipt_of(b"1", file_name="a.csv"), receipt_of(b"2", file_name="b.csv")


NEW = {
    "receipt_id": SECOND.receipt_id,
    "organisation_code": "PPO",
    "file_name": "b.csv",
    "received_date": SECOND.received_date.isoformat(),
}


def test_tables_columns_types_and_rows(tmp_path: Path) -> None:
    before = release(
        tmp_path,
        0,
        "create table marts.same as select 1 as a; create table marts.gone as select 1 as a from range(3);"
        "create table marts.rows_differ as select unnest([1, 2, 2, 3]) as a;"
        "create table marts.columns_differ as select unnest([1, 2]) as a, 'x' as old, 5::int as kind;",
    )
    after = release(
        tmp_path,
        1,
        "create table marts.same as select 1 as a; create table marts.came as select 1 as a;"
        "create table marts.rows_differ as select unnest([1, 2, 4]) as a;"
        "create table marts.columns_differ as select unnest([2, 1]) as a, 'y' as new, 5::bigint as kind;",
    )
    found = {mart.name: mart for mart in comparison.compare(before, after).marts}
    assert found == {
        "same": MartDifference("same", "same", 1, 1),
        "gone": MartDifference("gone", "removed", 3, None),
        "came": MartDifference("came", "added", None, 1),
        # A row that is there twice is two rows.
        "rows_differ": MartDifference("rows_differ", "changed", 4, 3, 2, 1),
        "columns_differ": MartDifference(
            "columns_differ", "changed", 2, 2, 0, 0, ("old",), ("new",), ("kind INTEGER → BIGINT",)
        ),
    }


def test_rows_are_not_looked_at_where_the_checksums_are_the_same(tmp_path: Path) -> None:
    marts = {"one": {"checksum": "1", "rows": 1}}
    before = release(tmp_path, 0, "create table marts.one as select 1 as a", marts=marts)
    after = release(tmp_path, 1, "create table marts.one as select 2 as a", marts=marts)
    (one,) = comparison.compare(before, after).marts
    assert one.change == "same"


def test_what_explains_the_difference(tmp_path: Path) -> None:
    before = release(tmp_path, 0, "", [FIRST], corrections={"A": "confirmed", "B": "proposed"}, decisions=["d1"])
    after = release(
        tmp_path,
        1,
        "",
        [FIRST, SECOND],
        corrections={"B": "confirmed"},
        decisions=["d1", "d2"],
        package_versions={"duckdb": "1.6", "dbt-core": "1.11"},
        code_parts={"dbt_project/models": "a" * 64, "contracts/new.yml": "b" * 64},
    )
    found = comparison.compare(before, after)
    assert found.figures is None
    assert found.reports_new == (NEW,)
    assert found.reports_gone == ()
    assert [tuple(one.values()) for one in found.corrections] == [
        ("A", "confirmed", None),
        ("B", "proposed", "confirmed"),
    ]
    assert (found.decisions_new, found.decisions_gone) == (("d2",), ())
    assert [(one.kind, one.name, one.then, one.now) for one in found.code] == [
        ("package", "dbt-core", None, "1.11"),
        ("package", "duckdb", "1.5", "1.6"),
        ("part", "contracts/new.yml", None, "b" * 12),
    ]


def test_a_manifest_of_an_older_make_is_compared_all_the_same(tmp_path: Path) -> None:
    listed = {name: getattr(FIRST, name) for name in ("receipt_id", "organisation_code", "file_name")}
    older = [listed | {"received_date": FIRST.received_date.isoformat()}]
    before = release(tmp_path, 0, "", code_parts=None, package_versions={}, corrections={}, decisions=[], inputs=older)
    after = release(tmp_path, 1, "", [FIRST, SECOND])
    found = comparison.compare(before, after)
    assert (found.reports_new, found.reports_gone) == ((NEW,), ())
    assert {(one.kind, one.name) for one in found.code} == {("package", "duckdb"), ("part", "dbt_project/models")}


def test_a_release_file_that_cannot_be_opened_is_told_of(tmp_path: Path) -> None:
    before, after = release(tmp_path, 0, ""), release(tmp_path, 1, "")
    file = before / "warehouse.duckdb"
    file.chmod(0o600)
    file.write_bytes(b"no database")
    with pytest.raises(duckdb.Error):
        comparison.compare(before, after)
