"""A backup taken while a real load is running, restored elsewhere: the next load ends as the undisturbed one."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from orchestration.release import inputs
from tests.helpers import PROJECT, xlsx_report
from tests.integration.conftest import Installation, figures

SOURCE = "https://example.org/annual-report"


def marts_of(installation: Installation) -> Any:
    """What a release says: each mart's rows with their checksum, and the receipts it was made from."""
    manifest = json.loads((installation.current / "manifest.json").read_text(encoding="utf-8"))
    return manifest["marts"], inputs.receipts_of(installation.current)


@pytest.mark.slow
def test_a_backup_in_mid_load_restored_elsewhere_ends_as_the_undisturbed_load(
    fresh: Installation, tmp_path: Path
) -> None:
    fresh.drop("PPO", "2024-01-01/a.csv", figures(f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}"))
    first = fresh.load()
    # The day that is sealed gets another report, and there is a new day of two families.
    fresh.drop("PPO", "2024-01-01/b.csv", figures(f"PPO_VIOLENCE_CASES,2018,6 000,{SOURCE}"))
    fresh.drop("PPO", "2024-02-01/c.csv", figures(f"PPO_VIOLENCE_CASES,2017,5 990,{SOURCE}"))
    fresh.drop("ENTRAIDE", "2024-02-01/d.xlsx", xlsx_report())
    read = fresh.data / "work" / "summary" / "read.json"
    read.unlink()
    environment = {**os.environ, "HASILA_DATA": str(fresh.data), "HASILA_INBOX": str(fresh.inbox)}
    with subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "load", "--json"],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        # The reports are received and read, and none is judged.
        while not read.exists():
            assert running.poll() is None
            time.sleep(0.02)
        taken = fresh.run("backup", str(tmp_path / "backup"), "--json")
        assert running.poll() is None, "the load ended before the backup did"
        assert taken.returncode == 0, taken.stderr
        _, errors = running.communicate(timeout=600)
    assert running.returncode == 0, errors
    snapshot = json.loads(taken.stdout)
    assert snapshot["release_id"] == first["release_id"]
    assert snapshot["open_days"] == ["2024-01-01", "2024-02-01"]

    elsewhere = Installation(tmp_path / "elsewhere")
    shutil.copytree(fresh.inbox, elsewhere.inbox)
    restored = elsewhere.run("restore", str(tmp_path / "backup"))
    assert restored.returncode == 0, restored.stderr
    assert elsewhere.query("select count(*) from marts.fct_report") == [(1,)]
    reproduced = elsewhere.run("reproduce", first["release_id"])
    assert reproduced.returncode == 0, reproduced.stdout + reproduced.stderr
    summary = elsewhere.load()
    assert summary["released"] is True
    assert marts_of(elsewhere) == marts_of(fresh)
    assert elsewhere.load()["released"] is False

    again = fresh.run("backup", str(tmp_path / "backup"), "--json")
    assert json.loads(again.stdout)["open_days"] == []
    assert json.loads(again.stdout)["linked"] > 0
    third = Installation(tmp_path / "third")
    shutil.copytree(fresh.inbox, third.inbox)
    assert third.run("restore", str(tmp_path / "backup")).returncode == 0
    summary = third.load()
    assert (summary["released"], summary["reports"]["received"]) == (False, 0)
    assert summary["release_id"] == fresh.current.resolve().name
