"""The made-up history is what it says, and a lake that the models take."""

from pathlib import Path

import duckdb
import pytest
from upath import UPath

from benchmarks.model import History
from orchestration.check import days
from orchestration.check.rulings import Rulings

SMALL = 5_000


@pytest.fixture(scope="module")
def history() -> History:
    return History(SMALL, seed=3)


def rows(folder: Path, table: str, columns: str) -> list[tuple[object, ...]]:
    files = f"{folder}/{table}/**/*.parquet"
    return duckdb.sql(f"select {columns} from read_parquet('{files}', hive_partitioning = false)").fetchall()


@pytest.mark.slow
def test_a_night_comes_after_the_history_and_every_day_is_whole(history: History, tmp_path: Path) -> None:
    lake = UPath(tmp_path)
    reports = history.write(lake, "not is_night")
    assert rows(tmp_path, "observations", "count(*), count(distinct observation_id)") == [
        (history.observations, history.observations)
    ]
    assert rows(tmp_path, "receipts", "count(distinct receipt_id)") == [(reports,)]
    assert rows(
        tmp_path, "reports", "count(*), sum(observations_accepted), sum(observations_read - observations_quarantined)"
    ) == [(reports, history.observations, history.observations)]
    before = days.seals(lake).keys()
    assert not days.pending(lake, Rulings())
    assert history.write(lake, "is_night") > 0
    assert len(days.seals(lake).keys() - before) == 1
    assert not days.pending(lake, Rulings())


@pytest.mark.parametrize("size", [2_000, 20_000, 200_000])
def test_a_history_is_about_as_large_as_it_was_asked_for(size: int) -> None:
    # One organisation more or less is what cannot be halved.
    made = History(size, seed=1)
    assert abs(made.observations - size) <= max(size // 10, 100_000)
