"""`hasila.connect()` in a process that outlives a release: the next query sees the next one, whole."""

import subprocess
import sys
import threading
from pathlib import Path

import duckdb
import pytest

import hasila
from orchestration.release import publish
from tests.helpers import PROJECT
from tests.unit.release.small import MADE, number_id, publish_number

BOTH = "select (select min(release) from marts.one), (select max(release) from marts.other)"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    publish_number(tmp_path / "published", 0)
    return tmp_path


def test_the_next_query_sees_the_next_release(data: Path) -> None:
    with hasila.connect(data) as reader:
        for number in range(3):
            if number:
                publish_number(data / "published", number)
            assert reader.release_id == number_id(number)
            assert reader.sql(BOTH).fetchall() == [(number, number)]
            assert reader.execute("select count(*) from marts.one where release = ?", [number]).fetchone() == (
                number + 1,
            )


def test_a_result_and_a_pinned_connection_stay_what_they_were(data: Path) -> None:
    reader = hasila.connect(data)
    lazy, cursor, pinned = reader.sql("from marts.one"), reader.execute("from range(100000)"), reader.pinned()
    assert cursor.fetchone() == (0,)
    publish_number(data / "published", 1)
    assert reader.sql("from marts.one").fetchall() == [(1,), (1,)]
    # The one before is removed meanwhile.
    publish.retire(data / "published", 1, None, MADE)
    assert not publish.release_folder(data / "published", number_id(0)).exists()
    assert lazy.fetchall() == [(0,)]
    assert len(cursor.fetchall()) == 99_999
    assert pinned.sql(BOTH).fetchall() == [(0, 0)]


def test_after_a_rollback_the_reader_is_back_too(data: Path) -> None:
    publish_number(data / "published", 1)
    reader = hasila.connect(data)
    publish.switch(data / "published", number_id(0))
    assert reader.sql(BOTH).fetchall() == [(0, 0)]


def test_what_is_public_is_read_apart(tmp_path: Path) -> None:
    folder = publish_number(tmp_path / "published", 0, public=True)
    with duckdb.connect(str(folder / "public" / "hasila.duckdb"), read_only=True) as connection:
        expected = connection.sql("from marts.one").fetchall()
    (folder / "warehouse.duckdb").unlink()
    assert hasila.connect(tmp_path, public=True).sql("from marts.one").fetchall() == expected
    with pytest.raises(hasila.NoReleaseError, match=r"warehouse\.duckdb"):
        hasila.connect(tmp_path)


def test_nothing_can_be_changed(data: Path) -> None:
    with hasila.connect(data) as reader, pytest.raises(duckdb.Error, match="read-only"):
        reader.execute("delete from marts.one")


def test_where_nothing_was_released_it_says_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(hasila.NoReleaseError, match=str(tmp_path)):
        hasila.connect(tmp_path)


def test_a_closed_reader_says_so(data: Path) -> None:
    reader = hasila.connect(str(data))
    reader.close()
    with pytest.raises(hasila.NoReleaseError, match="closed"):
        reader.sql("select 1")


def test_many_threads_share_one_reader_while_releases_come_and_go(data: Path) -> None:
    reader = hasila.connect(data)
    done = threading.Event()
    faults: list[object] = []
    looked = [0] * 4

    def look(place: int) -> None:
        try:
            while not done.is_set():
                ((one, other),) = reader.sql(BOTH).fetchall()
                if one != other:
                    faults.append((one, other))
                looked[place] += 1
        except (duckdb.Error, hasila.NoReleaseError) as error:
            faults.append(error)

    threads = [threading.Thread(target=look, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 12):
        publish_number(data / "published", number)
        publish.retire(data / "published", 1, None, MADE, spared=[number_id(number - 1)])
        assert reader.sql(BOTH).fetchall() == [(number, number)]
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert all(looked)


def test_it_imports_nothing_of_the_pipeline(data: Path) -> None:
    told = (
        "import sys, hasila; hasila.connect(sys.argv[1]).sql('select 1').fetchall(); "
        "print(sorted({name.split('.')[0] for name in sys.modules} & "
        "{'orchestration', 'dagster', 'pydantic', 'pyarrow', 'pandas', 'dbt', 'great_expectations'}))"
    )
    command = [sys.executable, "-c", told, str(data)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
