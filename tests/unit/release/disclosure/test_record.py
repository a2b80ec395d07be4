"""The record of what a release withheld: kept whole, read block by block."""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration import storage
from orchestration.release.disclosure import record
from orchestration.release.disclosure.record import Figure, Record


def block(name: str, count: int, withheld: str | None = None) -> list[tuple[Figure, str | None]]:
    start, end = dt.date(2020, 1, 1), dt.date(2020, 12, 31)
    return [
        (Figure(name, "published", f"MA-{number:02}", "_T", "_T", "_T", "_T", start, end, number / 2), withheld)
        for number in range(count)
    ]


def recorded(**blocks: list[tuple[Figure, str | None]]) -> Record:
    return Record("method", {name: f"digest of {name}" for name in blocks}, blocks)


@given(
    st.dictionaries(
        st.text("ABC", min_size=1, max_size=3), st.tuples(st.integers(1, 4), st.sampled_from([None, "small"]))
    )
)
def test_it_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, blocks: dict[str, tuple[int, str | None]]
) -> None:
    folder = tmp_path_factory.mktemp("release")
    written = recorded(**{name: block(name, *given) for name, given in blocks.items()})
    record.write(folder, written)
    assert record.read(folder) == (written if blocks else Record("", {}, {}))


def test_a_release_without_a_record_showed_nothing(tmp_path: Path) -> None:
    assert record.read(tmp_path) == Record("", {}, {})


def test_only_the_blocks_that_are_asked_for_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record.write(tmp_path, recorded(A=block("A", 2), B=block("B", 3, "small"), C=block("C", 1)))
    read_rows, asked = storage.read_rows, []

    def noted(path: Path, names: tuple[str, ...], rows: range) -> pa.Table:
        asked.append(rows)
        return read_rows(path, names, rows)

    monkeypatch.setattr(storage, "read_rows", noted)
    read = record.read(tmp_path)
    assert read.digests == {"A": "digest of A", "B": "digest of B", "C": "digest of C"}
    assert asked == []
    assert read.figures["B"] == read.figures["B"] == block("B", 3, "small")
    assert asked == [range(2, 5)]
    assert read.figures.get("D") is None


def test_one_whose_blocks_lie_together_is_read_too(tmp_path: Path) -> None:
    """As hasila wrote them before each block lay by itself."""
    record.write(tmp_path, recorded(A=block("A", 2), B=block("B", 3, "small")))
    path = tmp_path / record.FILE
    together = storage.read_table(path, record.SCHEMA)
    storage.write_table(path, together)
    assert record.read(tmp_path).figures["B"] == block("B", 3, "small")


def test_a_damaged_record_is_not_taken_for_one_that_says_nothing(tmp_path: Path) -> None:
    (tmp_path / record.FILE).write_bytes(b"no record")
    with pytest.raises(pa.ArrowInvalid):
        record.read(tmp_path)
