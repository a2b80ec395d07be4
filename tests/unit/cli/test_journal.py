"""What a load leaves for machines and for those who are asleep, however the load ends."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from orchestration import lock, night
from orchestration.cli import app, common, journal
from orchestration.settings import Settings, load_settings
from tests.helpers import PROJECT
from tests.servers import Mailbox, Service, free_port
from tests.unit.test_metrics import OUTCOME, parsed

RESULT: dict[str, Any] = OUTCOME | {
    "release_id": "r1",
    "failure": None,
    "findings": [
        {
            "severity": "warning",
            "code": "VALUE_JUMPS",
            "organisation_code": "PPO",
            "file_name": "a.csv",
            "sheet": "",
            "cell": "B2",
            "found": "7",
            "expected": "",
            **dict.fromkeys(("ar", "fr", "en"), "it jumps"),
        },
        {"severity": "info", "code": "NOTHING"},
    ],
    "changed": [],
}


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def with_settings(settings: Settings, **given: Any) -> Settings:
    return load_settings(data=settings.data, inbox=settings.inbox, **given)


def test_a_load_as_lines_of_json_with_one_run_id(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with journal.journal(with_settings(settings, log_format="json")) as kept:
        kept.begin()
        night.begin(settings, "check")
        night.begin(settings, "check")
        reports = {"accepted": 1, "sent_back": 0, "unreadable": 0}
        night.write_summary(
            settings,
            "check-begging",
            {"reports": reports, "observations": {}, "findings_total": 3, "failure": None, "seconds": 0.5},
        )
        idle = {"reports": dict.fromkeys(reports, 0), "failure": None, "seconds": 0.1}
        night.write_summary(settings, "check-campaign_reach", idle)
        kept.end(RESULT)
    told = lines(capsys)
    assert {line["run_id"] for line in told} == {kept.run_id}
    assert [line["event"] for line in told] == [
        "load_begin",
        "room_begin",
        "room_end",
        "file_waiting",
        "file_waiting",
        "finding",
        "answer_not_written",
        "load_end",
    ]
    room = told[2]
    assert (room["room"], room["family"], room["reports"], room["seconds"]) == ("check", "begging", reports, 0.5)
    assert (told[5]["level"], told[5]["message"], told[5]["cell"]) == ("warning", "it jumps", "B2")
    end = told[-1]
    assert (end["exit_code"], end["level"], end["reports"]) == (0, "info", OUTCOME["reports"])
    assert kept.watch not in night.watchers
    assert common.speakers == []


def test_lines_for_people_stay_as_they_are(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    with journal.journal(settings) as kept:
        kept.begin()
        common.say("hasila: something")
        kept.end(RESULT)
    assert capsys.readouterr().err == "hasila: something\n"


def test_a_load_that_fails_leaves_its_metrics_and_an_alert(
    settings: Settings, tmp_path: Path, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hasila.prom"
    told = with_settings(settings, metrics_file=path, alert_webhook_url=service.url, log_format="json")
    with pytest.raises(typer.Exit), journal.journal(told) as kept:
        kept.begin()
        common.say("hasila: the disk is full")
        raise typer.Exit(common.FAILED)
    assert parsed(path)["hasila_load_exit_code"] == 1
    ((_, document),) = service.taken
    assert (document["reason"], document["run_id"]) == ("the disk is full", kept.run_id)
    assert [(line["event"], line["level"]) for line in lines(capsys)[1:]] == [
        ("message", "error"),
        ("load_end", "error"),
    ]


def test_a_family_that_failed_alone_is_told_with_the_release_that_was_made(
    settings: Settings, service: Service
) -> None:
    with pytest.raises(typer.Exit), journal.journal(with_settings(settings, alert_webhook_url=service.url)) as kept:
        kept.begin()
        kept.end(RESULT | {"failure": "the family begging failed"})
        raise typer.Exit(common.FAILED)
    ((_, document),) = service.taken
    assert (document["reason"], document["is_released"]) == ("the family begging failed", True)


@pytest.mark.parametrize("code", [0, common.SENT_BACK])
def test_a_load_that_did_what_it_should_alarms_nobody(settings: Settings, service: Service, code: int) -> None:
    with (
        contextlib.suppress(typer.Exit),
        journal.journal(with_settings(settings, alert_webhook_url=service.url)) as kept,
    ):
        kept.begin()
        raise typer.Exit(code)
    assert service.taken == []


def test_a_load_that_somebody_stops_says_so_once_and_alarms_nobody(
    settings: Settings, service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    for log_format in ("text", "json"):
        told = with_settings(settings, alert_webhook_url=service.url, log_format=log_format)
        with pytest.raises(typer.Exit) as ended, journal.journal(told) as kept:
            kept.begin()
            raise KeyboardInterrupt
        assert ended.value.exit_code == 130
    assert service.taken == []
    first, *rest = capsys.readouterr().err.splitlines()
    assert first == "hasila: stopped; what was released stands."
    logged = [json.loads(line) for line in rest]
    assert [line["event"] for line in logged] == ["load_begin", "message", "load_end"]
    assert (logged[1]["message"], logged[2]["exit_code"]) == ("stopped; what was released stands.", 130)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["reread", "--family", "oficial_figures"], "Did you mean official_figures?"),
        (["load", "--accept-audit", "NO_SUCH_CHECK", "--reason", "x"], "NO_SUCH_CHECK cannot be accepted"),
    ],
)
def test_a_typing_mistake_alarms_nobody(
    settings: Settings, service: Service, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    monkeypatch.setenv("HASILA_DATA", str(settings.data))
    monkeypatch.setenv("HASILA_INBOX", str(settings.inbox))
    monkeypatch.setenv("HASILA_ALERT_WEBHOOK_URL", service.url)
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert told in done.stderr
    assert service.taken == []


@pytest.mark.parametrize(
    ("command", "why"),
    [("load", "inbox"), ("load", "contracts"), ("load", "busy"), ("reread", "contracts"), ("reread", "busy")],
)
def test_a_load_that_fails_before_it_begins_is_one_json_object_too(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, why: str
) -> None:
    monkeypatch.setenv("HASILA_DATA", str(settings.data))
    monkeypatch.setenv("HASILA_INBOX", str(tmp_path / "no inbox" if why == "inbox" else settings.inbox))
    if why == "contracts":
        monkeypatch.setenv("HASILA_CONTRACTS", str(tmp_path / "no contracts"))
    with contextlib.ExitStack() as other:
        if why == "busy":
            other.enter_context(lock.one_at_a_time(settings, "hasila load (process 1)"))
            night.write_summary(settings, "news", {"receipts": [["of the other run", "2025-01-31"]]})
        done = CliRunner().invoke(app, [command, "--json"])
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told.keys() == {*night.outcome(settings), "failure"}
    assert told["failure"] == done.stderr.strip().removeprefix("hasila: ")
    assert {"inbox": "no inbox", "contracts": "no contracts", "busy": "another run is at work"}[why] in told["failure"]
    assert (told["release_id"], told["released"], told["reports"]["received"]) == (None, False, 0)


def test_a_load_that_breaks_in_a_way_nobody_thought_of_is_told_too(settings: Settings, service: Service) -> None:
    with pytest.raises(ZeroDivisionError), journal.journal(with_settings(settings, alert_webhook_url=service.url)):
        raise ZeroDivisionError
    assert service.taken[0][1]["kind"] == "load_failed"


def test_one_that_found_another_running_leaves_that_ones_metrics_alone_and_is_told(
    settings: Settings, tmp_path: Path, service: Service
) -> None:
    path = tmp_path / "hasila.prom"
    told = with_settings(settings, metrics_file=path, alert_webhook_url=service.url)
    with pytest.raises(typer.Exit), journal.journal(told), common.told(), lock.one_at_a_time(settings, "first"):
        raise lock.BusyError("hasila load (process 1)")
    assert not path.exists()
    assert "another run is at work" in service.taken[0][1]["reason"]


def test_a_receiver_that_is_down_and_metrics_that_cannot_be_written_change_nothing(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    told = with_settings(
        settings,
        alert_webhook_url=f"http://127.0.0.1:{free_port()}/",
        metrics_file=PROJECT / "README.md" / "hasila.prom",
        notify_timeout_seconds=1,
    )
    with pytest.raises(typer.Exit) as ended, journal.journal(told) as kept:
        kept.begin()
        kept.end(RESULT | {"failure": "it is so"})
        raise typer.Exit(common.FAILED)
    assert ended.value.exit_code == common.FAILED
    said = capsys.readouterr().err
    assert "the metrics could not be written" in said
    assert "the alert could not be sent: the web service cannot be used" in said


def test_the_command_says_in_json_that_a_contract_is_wrong_and_sends_a_mail(
    settings: Settings, tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> None:
    contracts = tmp_path / "contracts"
    contracts.mkdir()
    (contracts / "broken.yml").write_text("family: broken\nversion: many\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "load", "--log-format", "json"],
        cwd=PROJECT,
        env={
            **os.environ,
            "HASILA_DATA": str(settings.data),
            "HASILA_INBOX": str(settings.inbox),
            "HASILA_CONTRACTS": str(contracts),
            "HASILA_METRICS_FILE": str(tmp_path / "hasila.prom"),
            "HASILA_SMTP_HOST": "127.0.0.1",
            "HASILA_SMTP_PORT": str(mailbox[1]),
            "HASILA_SMTP_SECURITY": "none",
            "HASILA_SMTP_SENDER": "hasila@example.org",
            "HASILA_ALERT_TO": "one@example.org",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert any("broken.yml:2" in line.get("message", "") for line in told)
    assert told[-1]["event"] == "load_end"
    ((address, mail),) = mailbox[0].messages
    assert address == "one@example.org"
    assert "broken.yml:2" in mail.get_body().get_content()
    assert parsed(tmp_path / "hasila.prom")["hasila_load_exit_code"] == 1
