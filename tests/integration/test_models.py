"""The dbt project on its own: the rules of adding up, and what dbt reads again of it from night to night."""

import datetime as dt
import json
import shutil
from pathlib import Path

import pytest

from orchestration import model
from orchestration.settings import load_settings
from tests.integration.conftest import Installation


@pytest.mark.xdist_group("shipped")
def test_the_models_keep_their_rules(shipped: Installation) -> None:
    """As dbt's own unit tests, small tables beside the models; dbt raises, with the table that differs."""
    settings = load_settings(data=shipped.data)
    model.run(settings, ["test", "--select", "test_type:unit"], settings.work / "dbt_unit_tests")


@pytest.mark.xdist_group("shipped")
def test_another_night_elsewhere_does_not_read_the_whole_project_again(shipped: Installation, tmp_path: Path) -> None:
    elsewhere = load_settings(data=tmp_path)
    target = model.target_folder(elsewhere)
    target.mkdir(parents=True)
    shutil.copy(model.target_folder(load_settings(data=shipped.data)) / "partial_parse.msgpack", target)
    variables = model.of_night(dt.date(2031, 5, 1), builds_upon_earlier=True)
    model.run(elsewhere, ["parse"], target, **variables, HASILA_BUILD_MEMORY="123MiB")
    said = (elsewhere.work / "dbt_logs" / "dbt.log").read_text(encoding="utf-8")
    assert "Partial parsing enabled" in said
    assert "Unable to do partial parsing" not in said
    # What differs from place to place is followed all the same.
    sources = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["sources"]
    location = sources["source.hasila.lake.receipts"]["config"]["meta"]["external_location"]
    assert str(elsewhere.gathered) in location
    # The next night there reads nothing of it again.
    variables = model.of_night(dt.date(2031, 5, 2), builds_upon_earlier=False)
    model.run(elsewhere, ["parse"], target, **variables, HASILA_BUILD_MEMORY="456MiB")
    said = (elsewhere.work / "dbt_logs" / "dbt.log").read_text(encoding="utf-8").removeprefix(said)
    assert "no changes found, skipping parsing" in said
