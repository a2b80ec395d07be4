"""The exports of what the project ships, by the standards' own tools."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import hxl
import pytest
from frictionless import system, validate
from pysdmx.io import get_datasets, read_sdmx

from orchestration.model import manifest_path
from orchestration.release import changes, exports
from orchestration.release.exports import data_package
from orchestration.settings import load_settings
from tests.integration.conftest import Installation
from tests.unit.release.exports.makers import EDITION, RESTRICTED

Described = dict[str, tuple[str, dict[str, str]]]


@pytest.fixture(scope="module")
def described() -> Described:
    """The marts that may be published, with their comment and those of their columns."""
    manifest = json.loads(manifest_path(load_settings()).read_text(encoding="utf-8"))
    marts = {
        node["name"]: (
            node["description"],
            {name: column["description"] for name, column in node["columns"].items()},
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["schema"] == "marts" and node["name"] not in RESTRICTED
    }
    columns = {name: meaning for name, (_, meaning) in changes.COLUMNS.items()}
    return {**marts, changes.TABLE: (changes.DESCRIPTION, columns)}


def test_every_table_and_column_has_a_title_and_a_description_in_three_languages(described: Described) -> None:
    translated = data_package._translations()
    texts = data_package._texts()
    comments = {comment for about, columns in described.values() for comment in (about, *columns.values())}
    assert {" ".join(comment.split()) for comment in comments} - translated.keys() == set()
    assert described.keys() - texts["marts"].keys() == set()
    assert {name for _, columns in described.values() for name in columns} - texts["titles"].keys() == set()
    for entry in (*translated.values(), *texts["marts"].values(), *texts["titles"].values()):
        assert entry.keys() == {"ar", "fr", "en"}
        assert all(entry.values())


def test_no_title_and_no_translation_is_left_of_what_is_gone(described: Described) -> None:
    texts = data_package._texts()
    comments = {comment for about, columns in described.values() for comment in (about, *columns.values())}
    assert data_package._translations().keys() - {" ".join(comment.split()) for comment in comments} == set()
    assert texts["titles"].keys() - {name for _, columns in described.values() for name in columns} == set()


@pytest.fixture(scope="module")
def public(shipped: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("public")
    database = folder / exports.DATABASE
    shutil.copyfile(shipped.current / "warehouse.duckdb", database)
    with duckdb.connect(str(database)) as connection:
        for mart in RESTRICTED:
            connection.execute(f"drop table marts.{mart}")
    exports.write(folder, EDITION)
    with system.use_context(trusted=True):
        yield folder


@pytest.mark.xdist_group("shipped")
def test_the_standards_own_tools_find_the_shipped_release_valid(public: Path) -> None:
    report = validate(str(public / "datapackage.json"))
    assert report.valid, [error.message for task in report.tasks for error in task.errors]
    assert report.stats["tasks"] == 2 * len(list((public / "csv").iterdir()))
    read_sdmx(public / "sdmx" / "structure.xml", validate=True)
    (tally,) = get_datasets(public / "sdmx" / "tally.csv", public / "sdmx" / "structure.xml")
    keys = [component.id for component in tally.structure.components.dimensions]
    assert not tally.data.duplicated(subset=keys).any()
    for path in (public / "hxl").iterdir():
        found = hxl.validate(hxl.data(str(path), hxl.InputOptions(allow_local=True)), None)
        assert found["stats"]["error"] == 0, path
        assert found["stats"]["warning"] == 0, path


@pytest.mark.xdist_group("shipped")
def test_unicef_gets_its_own_figures_of_morocco_back(public: Path) -> None:
    """They came from UNICEF's Data Warehouse, and are to go there as they came."""
    figures = {}
    for flow in ("PT", "PT_CM"):
        (sent,) = get_datasets(public / "sdmx" / f"unicef_{flow}.csv")
        for row in sent.data.to_dict(orient="records"):
            figures[(flow, row["INDICATOR"], row["SEX"], row["AGE"], row["TIME_PERIOD"])] = float(row["OBS_VALUE"])
    trend = {1993: 20.4, 1998: 19.1, 2003: 16.6, 2008: 15.7, 2013: 14.2, 2018: 13.7}
    assert figures == {
        ("PT", "PT_CHLD_Y0T4_REG", "_T", "Y0T4", "2018"): 96.9,
        **{("PT_CM", "PT_F_20-24_MRD_U18_TND", "_T", "Y20T24", str(year)): value for year, value in trend.items()},
    }
