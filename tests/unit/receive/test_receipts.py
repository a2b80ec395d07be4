"""The receipts of a day: whole, or some of their fields."""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest
from upath import UPath

from orchestration import storage
from orchestration.receive import receipts
from tests.helpers import receipt_of

DAY = dt.date(2024, 3, 1)
FIELDS = ("receipt_id", "file_name", "size_bytes", "mtime_ns")


def test_some_fields_are_those_of_the_receipts(tmp_path: Path) -> None:
    lake = UPath(tmp_path)
    written = [receipt_of(name.encode(), file_name=name, received=DAY) for name in ("b.csv", "a.csv", "c.csv")]
    receipts.write_day(lake, DAY, written)
    told = sorted(tuple(getattr(receipt, name) for name in FIELDS) for receipt in written)
    assert sorted(receipts.read_columns(lake, DAY, FIELDS)) == told
    assert sorted(tuple(getattr(one, name) for name in FIELDS) for one in receipts.read_day(lake, DAY)) == told


def test_a_day_without_receipts_has_none(tmp_path: Path) -> None:
    assert list(receipts.read_columns(UPath(tmp_path), DAY, FIELDS)) == []


@pytest.mark.parametrize("damage", ["no_parquet", "other_columns"])
def test_a_receipt_is_never_guessed_at(tmp_path: Path, damage: str) -> None:
    path = receipts.day_path(UPath(tmp_path), DAY)
    if damage == "no_parquet":
        path.parent.mkdir(parents=True)
        path.write_bytes(b"receipt")
    else:
        storage.write_table(path, pa.table({"receipt_id": ["a"]}))
    with pytest.raises(receipts.ReceiptsError, match="another version of hasila, or is damaged"):
        receipts.read_columns(UPath(tmp_path), DAY, FIELDS)
