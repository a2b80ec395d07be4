"""`hasila overdue` and `hasila alert`: what they print, what they send, how they end."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.settings import Settings
from tests.servers import Service, free_port
from tests.unit.test_overdue import released  # noqa: F401


@pytest.fixture
def environment(released: Settings, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:  # noqa: F811
    monkeypatch.setenv("HASILA_DATA", str(released.data))
    monkeypatch.setenv("HASILA_DBT_PROJECT", str(released.dbt_project))
    monkeypatch.setenv("HASILA_NOTIFY_TIMEOUT_SECONDS", "2")
    return monkeypatch


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def test_the_list_and_the_alert_name_the_same_reports(environment: pytest.MonkeyPatch, service: Service) -> None:
    environment.setenv("HASILA_ALERT_WEBHOOK_URL", service.url)
    done = run("overdue", "--json", "--send", "--lang", "fr")
    assert done.exit_code == 0, done.output
    listed = json.loads(done.stdout)["reports"]
    assert ("ENTRAIDE", "2024-04-01") in {(report["organisation_code"], report["period_start"]) for report in listed}
    ((_, document),) = service.taken
    assert document["reports"] == listed
    assert document["subject"].startswith("hasila\u202f: rapports en retard")
    assert "Entraide Nationale" in document["body"]


def test_a_receiver_that_is_down_is_told_and_the_list_is_there(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("HASILA_ALERT_WEBHOOK_URL", f"http://127.0.0.1:{free_port()}/")
    done = run("overdue", "--send")
    assert done.exit_code == 1
    assert "ENTRAIDE  activity_report  2024-04-01 to 2024-06-30  due by 2024-07-30" in done.stdout
    assert "the alert could not be sent: the web service cannot be used" in done.stderr


def test_what_is_made_up_is_marked(environment: pytest.MonkeyPatch) -> None:
    (line,) = [line for line in run("overdue", "--illustrative").stdout.splitlines() if "NGO_EXAMPLE_1" in line]
    assert line.endswith("(illustrative)")
    assert "NGO_EXAMPLE_1" not in run("overdue").stdout


def test_an_alert_that_goes_nowhere_is_wrong_usage(environment: pytest.MonkeyPatch, service: Service) -> None:
    done = run("alert", "the backup failed")
    assert done.exit_code == 2
    assert "HASILA_ALERT_TO" in done.stderr
    assert run("overdue", "--send").exit_code == 2
    environment.setenv("HASILA_ALERT_WEBHOOK_URL", service.url)
    assert run("alert", "the backup failed").exit_code == 0
    assert service.taken[0][1]["reason"] == "the backup failed"


def test_before_the_first_release_it_is_one_clear_line(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done = run("overdue", "--data", str(tmp_path / "nothing"))
    assert done.exit_code == 1
    assert "nothing was released yet" in done.stderr
