"""Files are whole or not there."""

from pathlib import Path

import pyarrow as pa
import pytest

from orchestration import storage

TABLE = pa.table({"a": pa.array([1, 2], pa.int64()), "b": pa.array(["x", None])})


def test_a_table_comes_back_as_it_was_and_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        storage.write_table(tmp_path / "deep" / name, TABLE)
    assert storage.read_table(tmp_path / "deep" / "one", TABLE.schema) == TABLE
    assert (tmp_path / "deep" / "one").read_bytes() == (tmp_path / "deep" / "two").read_bytes()


def test_a_write_that_fails_leaves_what_stood_and_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "folder"
    (target / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        storage.write_bytes(target, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
