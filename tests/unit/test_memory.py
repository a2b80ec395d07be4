"""A load keeps to its memory: what DuckDB may take, where it goes on beyond that, and what is given back."""

import gc
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from orchestration import memory


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "marts.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table number as select range as n from range(3)")
    return path


@pytest.fixture
def spill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    # `spill_into` sets it for good; this takes it back.
    monkeypatch.setenv("HASILA_SPILL", "")
    folder = tmp_path / "work" / "spill"
    memory.spill_into(folder)
    return folder


def setting(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    (value,) = connection.execute("select current_setting(?)", [name]).fetchall()[0]
    return str(value)


def of_size(path: Path, megabytes: int) -> Path:
    """A file without content that takes no room on the disk."""
    with path.open("wb") as file:
        file.truncate(megabytes * 2**20)
    return path


def test_a_connection_has_its_share_and_not_the_machine(database: Path) -> None:
    with memory.connect(database) as connection:
        assert setting(connection, "memory_limit") == "512.0 MiB"
        assert connection.execute("select sum(n) from number").fetchall() == [(3,)]
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute("create table other (n int)")


def test_who_reads_a_large_file_has_half_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "most_megabytes", lambda: 1000)
    for megabytes, limit in ((10, "512.0 MiB"), (1200, "600.0 MiB"), (2800, "1000.0 MiB")):
        with memory.connect_beside(of_size(tmp_path / "large", megabytes)) as connection:
            assert setting(connection, "memory_limit") == limit
    with memory.connect_beside(of_size(tmp_path / "large", 10), least=64, threads=1) as connection:
        assert setting(connection, "threads") == "1"
        assert setting(connection, "memory_limit") == "64.0 MiB"


def test_of_a_file_that_is_not_there_duckdb_says_so(tmp_path: Path) -> None:
    with pytest.raises(duckdb.Error, match=r"nowhere\.duckdb"):
        memory.connect(tmp_path / "nowhere.duckdb")
    with memory.connect_beside(tmp_path / "nowhere.duckdb") as connection:
        assert setting(connection, "memory_limit") == "512.0 MiB"


def test_what_does_not_fit_goes_on_in_files_that_nobody_shares(database: Path, spill: Path) -> None:
    sorting = "select n from (select hash(range) as n, repeat('x', 50) as t from range(3_000_000)) order by t, n"
    with memory.connect_beside(database, least=48) as one, memory.connect_beside(database, least=48) as other:
        assert setting(one, "temp_directory") != setting(other, "temp_directory")
        counting = f"select count(*) from ({sorting} limit 2_999_999)"
        running = [connection.execute(counting) for connection in (one, other)]
        assert [found.fetchall() for found in running] == [[(2_999_999,)], [(2_999_999,)]]
        # The working directory, which a service may not write, is no place for them.
        assert {Path(setting(each, "temp_directory")) for each in (one, other)} == set(spill.iterdir())
    assert not list(spill.rglob("*.tmp"))


def test_building_takes_the_same_up_to_a_million_observations_and_grows_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory, "most_megabytes", lambda: 4000)
    assert [memory.building_megabytes(count) for count in (0, 1, 1_000_000, 2_500_000, 50_000_000)] == [
        *(800, 800, 800, 2000, 4000)
    ]


def test_what_was_used_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_WORTH_MEGABYTES", 0)
    tables = [pa.array(range(200_000)) for _ in range(100)]
    full = memory._resident_megabytes()
    tables.clear()
    memory.give_back()
    # The numbers took 160 MB.
    assert memory._resident_megabytes() < full - 100


def test_a_small_night_does_not_look_for_cycles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_resident_megabytes", lambda: 200)
    monkeypatch.setattr(gc, "collect", lambda: pytest.fail("it looked for cycles"))
    memory.give_back()


def test_work_that_ran_out_of_its_share_may_take_the_most_there_is(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "most_megabytes", lambda: 3000)
    with memory.with_most():
        assert memory.has_most()
        with memory.connect(database) as connection:
            assert setting(connection, "memory_limit") == "2.9 GiB"
        with memory.with_most(wanted=False), memory.connect(database) as connection:
            assert setting(connection, "memory_limit") == "512.0 MiB"
    with memory.connect(database) as connection:
        assert setting(connection, "memory_limit") == "512.0 MiB"


def test_what_was_read_of_a_file_is_forgotten_and_can_be_read_again(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "large.duckdb")) as made:
        made.execute("create table numbers as select hash(range) as number from range(20_000_000)")

    def kept(connection: duckdb.DuckDBPyConnection) -> int:
        return int(connection.execute("select sum(memory_usage_bytes) from duckdb_memory()").fetchall()[0][0])

    read = "select sum(number::hugeint) from numbers"
    with memory.connect(tmp_path / "large.duckdb") as connection:
        first, full, share = connection.execute(read).fetchall(), kept(connection), setting(connection, "memory_limit")
        memory.forget_read(connection)
        assert kept(connection) < full / 2
        assert setting(connection, "memory_limit") == share
        assert connection.execute(read).fetchall() == first
