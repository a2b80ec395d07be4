"""Files are whole or not there."""

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize("can_link", [True, False])
def test_a_file_is_at_another_place_too_and_replacing_it_there_changes_nothing_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, can_link: bool
) -> None:
    here, there = tmp_path / "here.json", tmp_path / "deep" / "there.json"
    storage.write_text(here, "one")
    if not can_link:

        def refuse(*_: object) -> None:
            raise OSError("another file system")

        monkeypatch.setattr(storage.os, "link", refuse)
    storage.link(here, there)
    assert there.read_text() == "one"
    assert here.samefile(there) is can_link
    storage.write_text(there, "two")
    assert here.read_text() == "one"


@given(st.lists(st.integers(0, 4), max_size=5), st.data())
def test_some_rows_of_a_file_wherever_its_row_groups_end(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("file") / "rows.parquet"
    schema = pa.schema([("number", pa.int64()), ("text", pa.string())])
    numbers = iter(range(sum(sizes)))
    groups = [[next(numbers) for _ in range(size)] for size in sizes]
    storage.write_tables(
        path, schema, [pa.table({"number": group, "text": list(map(str, group))}, schema=schema) for group in groups]
    )
    start = data.draw(st.integers(0, sum(sizes)))
    rows = range(start, data.draw(st.integers(start, sum(sizes))))
    read = storage.read_rows(path, ["text"], rows)
    assert read.column_names == ["text"]
    assert read.column("text").to_pylist() == list(map(str, rows))
