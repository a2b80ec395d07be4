"""When the warehouse of the load before may be built upon, and that any doubt says no."""

import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from orchestration import earlier_build, lock, model, night, storage
from orchestration.check import lake
from orchestration.settings import Settings


@pytest.fixture
def built(settings: Settings) -> Settings:
    """An installation with a warehouse that is noted as sound, and two observations gathered."""
    reference = settings.lake / "reference" / "contract_dimension.parquet"
    storage.write_table(reference, lake.REFERENCE_TABLES["contract_dimension"].empty_table())
    observations = pa.Table.from_pylist([{"observation_id": "a"}, {"observation_id": "b"}], schema=lake.OBSERVATIONS)
    storage.write_table(gathered(settings) / "received=2024-01.parquet", observations)
    settings.work.mkdir(exist_ok=True)
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            "create table intermediate.int_changed_year as"
            " select * from (values (2020, false), (2021, true), (null, true), (2019, true)) as t (year, is_changed)"
        )
    settings = settings.model_copy(update={"years_kept_from": 2})
    earlier_build.note(settings)
    return settings


def gathered(settings: Settings) -> Path:
    return settings.gathered / "observations"


def test_what_is_noted_is_built_upon_once(built: Settings) -> None:
    assert earlier_build.take(built)
    assert built.warehouse.exists()
    # The load that builds upon it has not ended well yet.
    assert not earlier_build.take(built)


def test_nothing_is_built_upon_where_there_is_nothing(settings: Settings) -> None:
    assert not earlier_build.take(settings)


def test_of_few_observations_all_is_built(built: Settings) -> None:
    assert not earlier_build.take(built.model_copy(update={"years_kept_from": 3}))


def edit_seed(settings: Settings) -> None:
    (settings.dbt_project / "seeds" / "place.csv").write_text("place_code\nMA\n", encoding="utf-8")


def edit_model(settings: Settings) -> None:
    (settings.dbt_project / "one.sql").write_text("select 2", encoding="utf-8")


def edit_contract(settings: Settings) -> None:
    (settings.contracts / "begging.yml").write_text("version: 2\n", encoding="utf-8")


def edit_rule(settings: Settings) -> None:
    (settings.expectations / "rules.yml").write_text("A: {}\n", encoding="utf-8")


def know_another_dimension(settings: Settings) -> None:
    rows = [{"family": "begging", "contract_version": 1, "dimension": "sex", "position": 1, "category": "F"}]
    table = pa.Table.from_pylist(rows, schema=lake.REFERENCE_TABLES["contract_dimension"])
    storage.write_table(settings.lake / "reference" / "contract_dimension.parquet", table)


def write_into_the_warehouse(settings: Settings) -> None:
    with duckdb.connect(str(settings.warehouse)) as connection:
        connection.execute("update intermediate.int_changed_year set is_changed = false")
    # Even where the clock stood still.
    os.utime(settings.warehouse, ns=(0, 0))


def leave_what_was_not_written_yet(settings: Settings) -> None:
    settings.warehouse.with_name("warehouse.duckdb.wal").touch()


def remove_the_warehouse(settings: Settings) -> None:
    settings.warehouse.unlink()


def spoil_the_note(settings: Settings) -> None:
    settings.warehouse_note.write_text('{"made_by": ', encoding="utf-8")


def write_something_else_into_the_note(settings: Settings) -> None:
    settings.warehouse_note.write_text("[]", encoding="utf-8")


def clear(settings: Settings) -> None:
    lock.clear_warehouse(settings)


@pytest.fixture
def own_project(built: Settings, tmp_path: Path) -> Settings:
    """`built`, with a project, contracts and rules that may be written."""
    folders = {name: tmp_path / name for name in ("dbt_project", "contracts", "expectations")}
    for folder in folders.values():
        folder.mkdir()
    (folders["dbt_project"] / "seeds").mkdir()
    (folders["dbt_project"] / "one.sql").write_text("select 1", encoding="utf-8")
    settings = built.model_copy(update=folders)
    earlier_build.note(settings)
    return settings


@pytest.mark.parametrize(
    "change",
    [
        edit_seed,
        edit_model,
        edit_contract,
        edit_rule,
        know_another_dimension,
        write_into_the_warehouse,
        leave_what_was_not_written_yet,
        remove_the_warehouse,
        spoil_the_note,
        write_something_else_into_the_note,
        clear,
    ],
    ids=lambda change: change.__name__.replace("_", " "),
)
def test_any_doubt_builds_all(change: Callable[[Settings], None], own_project: Settings) -> None:
    change(own_project)
    assert not earlier_build.take(own_project)
    assert not own_project.warehouse_note.exists()


@pytest.mark.parametrize("packages", [{"duckdb": "0.1"}, {}])
def test_other_packages_build_all(packages: dict[str, str], built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earlier_build.manifest, "package_versions", lambda: packages)
    assert not earlier_build.take(built)


def test_a_file_that_does_not_open_is_not_built_upon(built: Settings) -> None:
    content = built.warehouse.read_bytes()
    built.warehouse.write_bytes(b"\0" * len(content))
    earlier_build.note(built)
    assert not earlier_build.take(built)


def test_a_file_that_no_build_made_is_not_built_upon(built: Settings) -> None:
    with duckdb.connect(str(built.warehouse)) as connection:
        connection.execute("drop table intermediate.int_changed_year")
    earlier_build.note(built)
    assert not earlier_build.take(built)


def test_the_years_that_were_built(built: Settings) -> None:
    assert earlier_build.changed_years(built) == [2019, 2021]


def test_dbt_is_told_whether_it_builds_upon_an_earlier_build(built: Settings) -> None:
    for builds_upon_earlier in (True, False):
        variables = model.of_night(night.last_received_date(built), builds_upon_earlier=builds_upon_earlier)
        assert variables == {
            "HASILA_AS_OF_DATE": "1900-01-01",
            "HASILA_BUILDS_UPON_EARLIER": str(builds_upon_earlier).lower(),
        }


def test_a_warehouse_that_is_not_built_upon_is_gone_before_dbt_begins(built: Settings) -> None:
    assert model.prepare(built)
    assert built.warehouse.exists()
    assert not model.prepare(built)
    assert not built.warehouse.exists()
