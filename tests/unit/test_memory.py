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


GIGABYTE = 2**30


def told_of_groups(root: Path, groups: str, **limits: str) -> Path:
    """A file system in which this process is in `groups`, with limits by the files that say them."""
    (root / "proc" / "self").mkdir(parents=True)
    (root / "proc" / "self" / "cgroup").write_text(groups, encoding="utf-8")
    for path, limit in limits.items():
        file = root / "sys" / "fs" / "cgroup" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{limit}\n", encoding="ascii")
    return root


@pytest.mark.parametrize(
    ("groups", "limits", "expected"),
    [
        # A service of systemd's, and one whose slice has less than itself.
        (
            "0::/system.slice/hasila-load.service\n",
            {"system.slice/memory.max": "max", "system.slice/hasila-load.service/memory.max": "4294967296"},
            4 * GIGABYTE,
        ),
        (
            "0::/small.slice/hasila-load.service\n",
            {"small.slice/memory.max": "1073741824", "small.slice/hasila-load.service/memory.max": "4294967296"},
            GIGABYTE,
        ),
        # A container that sees itself as the top.
        ("0::/\n", {"memory.max": "2147483648"}, 2 * GIGABYTE),
        ("0::/../../outside\n", {"memory.max": "2147483648"}, 2 * GIGABYTE),
        # The older kind: alone, in a container that is told the machine's name for it, beside the newer kind.
        (
            "5:cpu,cpuacct:/a\n4:memory:/docker/abc\n",
            {
                "memory/docker/abc/memory.limit_in_bytes": "1073741824",
                "memory/memory.limit_in_bytes": "9223372036854771712",
            },
            GIGABYTE,
        ),
        ("4:memory:/docker/abc\n", {"memory/memory.limit_in_bytes": "1073741824"}, GIGABYTE),
        (
            "4:hugetlb,memory:/a\n0::/b:c\n",
            {"memory/a/memory.limit_in_bytes": "2147483648", "unified/b:c/memory.max": "1073741824"},
            GIGABYTE,
        ),
    ],
)
def test_of_a_service_or_a_container_the_limit_counts(
    tmp_path: Path, groups: str, limits: dict[str, str], expected: int
) -> None:
    assert min(memory._group_limits(told_of_groups(tmp_path, groups, **limits))) == expected


@pytest.mark.parametrize("groups", ["", "0::/a\n", "1:cpu:/a\n"])
def test_where_no_limit_is_told_there_is_none(tmp_path: Path, groups: str) -> None:
    assert list(memory._group_limits(tmp_path)) == []
    limits = {"memory.max": "max", "cpu/a/memory.limit_in_bytes": "1"}
    assert list(memory._group_limits(told_of_groups(tmp_path, groups, **limits))) == []


def test_half_of_the_limit_is_the_most_and_what_building_takes_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_group_limits", lambda _: iter([4 * GIGABYTE, GIGABYTE]))
    assert memory.most_megabytes() == 512
    assert memory.building_megabytes(1) == 512
    # A limit above what the machine has is none.
    monkeypatch.setattr(memory, "_group_limits", lambda _: iter([]))
    without = memory.most_megabytes()
    monkeypatch.setattr(memory, "_group_limits", lambda _: iter([2**60]))
    assert memory.most_megabytes() == without
