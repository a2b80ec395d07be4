"""Dagster's storage in PostgreSQL: the nightly job runs and is recorded; when the server goes away, no harm is done."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import PROJECT
from tests.integration.conftest import Installation, figures
from tests.integration.postgres import Server

SOURCE = "https://example.org/annual-report"


@pytest.fixture
def server() -> Iterator[Server]:
    # Not below pytest's folders: those are root's alone, which every other run of pytest sees to again.
    with tempfile.TemporaryDirectory(prefix="hasila-postgres-") as folder:
        Path(folder).chmod(0o755)
        started = Server(Path(folder) / "server")
        started.start()
        yield started
        if started.runs:
            started.stop()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home of Dagster with the shipped settings for PostgreSQL."""
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copy(PROJECT / "deploy" / "dagster.postgres.yaml", folder / "dagster.yaml")
    return folder


def test_the_shipped_settings_give_an_instance_on_the_server(
    server: Server, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dagster as dg

    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)

    @dg.op
    def nothing() -> None:
        """Leaves its events."""

    @dg.job
    def one_job() -> None:
        nothing()

    with dg.DagsterInstance.from_config(str(home)) as instance:
        done = one_job.execute_in_process(instance=instance)
        assert instance.get_run_by_id(done.run_id).status is dg.DagsterRunStatus.SUCCESS  # type: ignore[union-attr]
        assert instance.run_monitoring_enabled
    assert server.ask("select pipeline_name, status from runs") == [("one_job", "SUCCESS")]
    ((events,),) = server.ask(f"select count(*) from event_logs where run_id = '{done.run_id}'")
    assert isinstance(events, int)
    assert events > 5
    assert not list(home.rglob("*.db"))


@pytest.mark.slow
def test_the_server_goes_away_in_mid_load(fresh: Installation, server: Server, home: Path) -> None:
    fresh.environment |= {**server.environment, "HASILA_DAGSTER_HOME": str(home)}
    fresh.drop("PPO", "2024-01-01/a.csv", figures(f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}"))
    first = fresh.load()
    recorded = server.ask("select status, count(*) from runs group by status")
    assert recorded == [("SUCCESS", 1)]
    assert not (fresh.data / "dagster").exists()

    fresh.drop("PPO", "2024-02-01/b.csv", figures(f"PPO_VIOLENCE_CASES,2018,6 000,{SOURCE}"))
    reading = fresh.data / "work" / "summary" / "read.json"
    reading.unlink()
    with subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "load", "--json"],
        cwd=PROJECT,
        env={**os.environ, "HASILA_DATA": str(fresh.data), "HASILA_INBOX": str(fresh.inbox), **fresh.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        while not reading.exists():
            assert running.poll() is None
            time.sleep(0.02)
        server.stop()
        output, errors = running.communicate(timeout=600)
    assert running.returncode == 1
    summary = json.loads(output)
    assert "Dagster's storage" in summary["failure"]
    assert f"port {server.port} failed" in summary["failure"]
    assert "Traceback" not in output + errors
    assert (summary["released"], summary["release_id"]) == (False, first["release_id"])
    assert fresh.query("select count(*) from marts.fct_report") == [(1,)]

    server.start()
    summary = fresh.load()
    assert (summary["released"], summary["reports"]["accepted"]) == (True, 1)
    assert fresh.query("select count(*) from marts.fct_report") == [(2,)]
    # The run that could not say how it ended does not stay open.
    recorded = server.ask("select status, count(*) from runs group by status order by status")
    assert recorded == [("FAILURE", 1), ("SUCCESS", 2)]


def test_a_server_that_is_not_there_is_one_clear_line(fresh: Installation, home: Path) -> None:
    from tests.servers import free_port

    port = free_port()
    fresh.environment |= {
        "HASILA_DAGSTER_HOME": str(home),
        "DAGSTER_POSTGRES_HOST": "127.0.0.1",
        "DAGSTER_POSTGRES_PORT": str(port),
        "DAGSTER_POSTGRES_DB": "d",
        "DAGSTER_POSTGRES_USER": "u",
    }
    fresh.drop("PPO", "a.csv", figures(f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}"))
    done = fresh.run("load")
    assert done.returncode == 1
    assert "DAGSTER_POSTGRES_PASSWORD" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    fresh.environment |= {"DAGSTER_POSTGRES_PASSWORD": "not to be told"}
    done = fresh.run("load")
    assert done.returncode == 1
    assert f"port {port} failed: Connection refused" in done.stdout
    assert "not to be told" not in done.stdout + done.stderr
    assert "nothing is released" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
