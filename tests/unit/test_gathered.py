"""What is gathered is what the lake holds, and only the months that changed are gathered anew."""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from upath import UPath

from orchestration import gathered, storage
from orchestration.check import lake
from orchestration.gathered import TABLES, gather
from orchestration.receive import receipts
from tests.helpers import receipt_of

DAYS = [dt.date(2019, 1, 31), dt.date(2019, 2, 1), dt.date(2019, 2, 28), dt.date(2020, 2, 1)]
FAMILIES = ("begging", "after_care")


def write(folder: UPath, family: str, day: dt.date, texts: list[str]) -> None:
    """A unit with these source texts as its observations."""
    tables = {name: schema.empty_table() for name, schema in lake.UNIT_TABLES.items()}
    rows = [{"source_text": text, "family": family, "received_date": day} for text in texts]
    tables["observations"] = pa.Table.from_pylist(rows, schema=lake.OBSERVATIONS)
    lake.write_unit(folder, family, day, tables)


def texts(folder: Path) -> list[tuple[str, str, dt.date]]:
    """What the gathered observations say, in no order."""
    found = [pq.ParquetFile(path).read() for path in (folder / "observations").glob("*.parquet")]
    columns = ("source_text", "family", "received_date")
    return sorted(tuple(row[name] for name in columns) for table in found for row in table.to_pylist())


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(FAMILIES),
            st.sampled_from(DAYS),
            st.one_of(st.none(), st.lists(st.text("ab", max_size=2), max_size=3)),
        ),
        max_size=8,
    ),
    st.sets(st.integers(0, 7)),
)
def test_nights_gathered_one_by_one_are_the_lake_as_it_is(
    tmp_path_factory: pytest.TempPathFactory,
    nights: list[tuple[str, dt.date, list[str] | None]],
    gathered_after: set[int],
) -> None:
    """Units come, are replaced by others or by nothing, and go; now and then somebody gathers."""
    root = tmp_path_factory.mktemp("nights")
    there: dict[tuple[str, dt.date], list[str]] = {}
    for number, (family, day, said) in enumerate(nights):
        if said is None:
            lake.remove_unit(UPath(root / "lake"), family, day)
            there.pop((family, day), None)
        else:
            write(UPath(root / "lake"), family, day, said)
            there[family, day] = said
        if number in gathered_after:
            gather(UPath(root / "lake"), root / "gathered")
    gather(UPath(root / "lake"), root / "gathered")
    expected = sorted((text, family, day) for (family, day), said in there.items() for text in said)
    assert texts(root / "gathered") == expected
    assert gather(UPath(root / "lake"), root / "gathered") == []


def test_a_night_gathers_its_own_month(tmp_path: Path) -> None:
    folder, gathered = UPath(tmp_path / "lake"), tmp_path / "gathered"
    for day in DAYS:
        write(folder, "begging", day, [day.isoformat()])
    assert len(gather(folder, gathered)) == 3 * len(lake.UNIT_TABLES)
    write(folder, "after_care", DAYS[1], ["late"])
    assert {path.relative_to(gathered).as_posix() for path in gather(folder, gathered)} == {
        f"{name}/received=2019-02.parquet" for name in lake.UNIT_TABLES
    }


def test_columns_that_an_older_file_lacks_are_empty(tmp_path: Path) -> None:
    older = lake.REPORTS.empty_table().drop_columns(["verdict"])
    older = pa.Table.from_pylist([{"receipt_id": "r"}], schema=older.schema)
    storage.write_table(tmp_path / "lake" / "reports" / "family=begging" / "received=2019-01-31.parquet", older)
    gather(UPath(tmp_path / "lake"), tmp_path / "gathered")
    found = pq.ParquetFile(tmp_path / "gathered" / "reports" / "received=2019-01.parquet").read()
    assert found.schema == lake.REPORTS
    assert found.select(["receipt_id", "verdict"]).to_pylist() == [{"receipt_id": "r", "verdict": None}]


@pytest.mark.parametrize("damage", ["removed", "unknown", "half"])
def test_what_was_lost_of_the_gathered_is_made_again(tmp_path: Path, damage: str) -> None:
    folder, gathered = UPath(tmp_path / "lake"), tmp_path / "gathered"
    write(folder, "begging", DAYS[0], ["one"])
    gather(folder, gathered)
    if damage == "removed":
        (gathered / "observations" / "received=2019-01.parquet").unlink()
    else:
        (gathered / "observations" / "made_from.json").write_text("" if damage == "half" else "{}")
    gather(folder, gathered)
    assert [text for text, _, _ in texts(gathered)] == ["one"]


def test_every_table_has_a_file_before_anything_was_received(tmp_path: Path) -> None:
    gather(UPath(tmp_path / "lake"), tmp_path / "gathered")
    for name, schema in TABLES.items():
        assert pq.ParquetFile(tmp_path / "gathered" / name / lake.EMPTY).read() == schema.empty_table()


def test_a_month_of_many_rows_is_written_some_files_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathered, "_ROWS_AT_ONCE", 3)
    for day, said in ((1, ["a", "b"]), (14, ["c"]), (28, ["d"])):
        write(UPath(tmp_path / "lake"), "begging", dt.date(2019, 2, day), said)
    gather(UPath(tmp_path / "lake"), tmp_path / "gathered")
    assert [text for text, _, _ in texts(tmp_path / "gathered")] == ["a", "b", "c", "d"]
    month = pq.read_metadata(tmp_path / "gathered" / "observations" / "received=2019-02.parquet")
    assert [month.row_group(number).num_rows for number in range(month.num_row_groups)] == [3, 1]
    assert gathered.observations(tmp_path / "gathered") == 4


FIELDS = ("receipt_id", "size_bytes")


@pytest.fixture
def received(tmp_path: Path) -> UPath:
    """A lake with one receipt on each of the days, gathered."""
    folder = UPath(tmp_path / "lake")
    for day in DAYS:
        receive(folder, day, "report.csv")
    gather(folder, tmp_path / "gathered")
    return folder


def receive(folder: UPath, day: dt.date, *names: str) -> None:
    receipts.write_day(folder, day, [receipt_of(name.encode(), file_name=name, received=day) for name in names])


def from_the_lake(folder: UPath) -> list[tuple[object, ...]]:
    return [row for day in receipts.days(folder) for row in receipts.read_columns(folder, day, FIELDS)]


def test_receipts_are_known_without_opening_the_files_of_every_day(
    received: UPath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = from_the_lake(received)
    assert list(gathered.receipt_columns(received, None, FIELDS)) == told
    read_columns, opened = receipts.read_columns, []

    def noted(folder: UPath, day: dt.date, names: tuple[str, ...]) -> object:
        opened.append(day)
        return read_columns(folder, day, names)

    monkeypatch.setattr(receipts, "read_columns", noted)
    assert list(gathered.receipt_columns(received, tmp_path / "gathered", FIELDS)) == told
    assert opened == []
    # A receipt more on the second day: its month is read from the lake, the others are not.
    receive(received, DAYS[1], "report.csv", "late.csv")
    found = list(gathered.receipt_columns(received, tmp_path / "gathered", FIELDS))
    assert sorted(opened) == DAYS[1:3]
    assert found == from_the_lake(received) != told


@pytest.mark.parametrize("damage", [b"", b"no receipts", None])
def test_what_is_gathered_may_be_damaged_or_gone(received: UPath, tmp_path: Path, damage: bytes | None) -> None:
    path = tmp_path / "gathered" / "receipts" / "received=2019-02.parquet"
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    assert list(gathered.receipt_columns(received, tmp_path / "gathered", FIELDS)) == from_the_lake(received)
