"""The public part of the shipped release: what is in it, and what cannot be found out from it."""

import csv
from pathlib import Path

import duckdb
import pytest

from tests.integration.conftest import Installation
from tests.property import attack
from tests.property.test_disclosure import found_out_in

pytestmark = pytest.mark.xdist_group("shipped")


@pytest.fixture
def public(shipped: Installation) -> Path:
    return shipped.data / "published" / "current" / "public"


def test_everything_that_is_promised_is_there(public: Path) -> None:
    for name in (
        "hasila.duckdb",
        "datapackage.json",
        "parquet/indicator_by_objective_year.parquet",
        "sdmx/structure.xml",
        "portal/index.html",
    ):
        assert (public / name).is_file(), name


def test_the_restricted_files_are_for_owner_and_group_and_the_public_ones_for_all(public: Path) -> None:
    release = public.parent
    assert {oct(path.stat().st_mode & 0o777) for path in release.iterdir() if path.is_file()} == {"0o440"}
    assert {oct(path.stat().st_mode & 0o777) for path in public.rglob("*") if path.is_file()} == {"0o444"}


def test_no_small_count_can_be_found_out_from_the_parquet_files(shipped: Installation, public: Path) -> None:
    sensitive = {code for (code,) in shipped.query("select indicator_code from marts.dim_indicator where is_sensitive")}
    shown = {key: value for key, value in attack.public_figures(public / "parquet").items() if key[0] in sensitive}
    truth = {
        tuple(key): float(value)
        for *key, value in shipped.query(
            "select indicator_code, data_status, place_code, '_T', '_T', period_start, period_end, value "
            "from marts.indicator_by_place_year union all "
            "select indicator_code, data_status, place_code, sex, age_group, period_start, period_end, value "
            "from marts.indicator_by_group_year where residence = '_T' and population_group = '_T'"
        )
        if key[0] in sensitive and value is not None
    }
    assert shown.keys() == truth.keys()
    assert {key for key, value in truth.items() if 0 < value < 5} <= {key for key in shown if shown[key] is None}
    assert all(shown[key] in (None, value) for key, value in truth.items())
    parents = dict(shipped.query("select place_code, parent_code from marts.dim_place"))
    assert found_out_in([(shown, truth)], parents) == []


def test_what_is_not_public_is_in_no_file(shipped: Installation, public: Path) -> None:
    kept_back = {"quarantine", "fct_observation_version", "figure_step", "fct_decision", "dim_correction"}
    marts = {name for (name,) in shipped.query("select table_name from duckdb_tables() where schema_name = 'marts'")}
    assert kept_back <= marts
    named = {path.stem for path in public.rglob("*") if path.is_file()}
    assert named.isdisjoint(kept_back)
    with duckdb.connect(str(public / "hasila.duckdb"), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    assert tables.isdisjoint(kept_back)


def test_a_withheld_count_is_said_to_be_withheld_and_its_cell_stays_to_be_seen(public: Path) -> None:
    with (public / "csv" / "fct_observation.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["qualifier"] == "suppressed"]
    assert rows
    assert {(row["value"], row["source_text"], row["remark"]) for row in rows} == {("", "", "")}
    assert all(row["source_cell"] and row["receipt_id"] for row in rows)
