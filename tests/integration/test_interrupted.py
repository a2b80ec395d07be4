"""A load that somebody stops in the middle: one line, exit code 130, no alert, and the next load goes on from there."""

import os
import signal
import subprocess
import sys

import pytest

from orchestration import lock
from orchestration.settings import load_settings
from tests.helpers import PROJECT, xlsx_report
from tests.integration.conftest import Installation, figures
from tests.servers import Service

pytestmark = pytest.mark.slow

SOURCE = "https://example.org/annual-report"


@pytest.mark.parametrize(
    ("room", "number", "is_keyboard"),
    [
        # From a keyboard it reaches all that the load started.
        ("receive", signal.SIGINT, True),
        ("check", signal.SIGINT, True),
        ("check", signal.SIGTERM, False),
    ],
)
def test_a_load_that_is_stopped_is_no_failure(
    fresh: Installation, service: Service, room: str, number: signal.Signals, is_keyboard: bool
) -> None:
    fresh.drop("PPO", "2024-01-01/a.csv", figures(f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}"))
    fresh.drop("ENTRAIDE", "2024-01-01/b.xlsx", xlsx_report())
    with subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "load"],
        cwd=PROJECT,
        env={
            **os.environ,
            "HASILA_DATA": str(fresh.data),
            "HASILA_INBOX": str(fresh.inbox),
            "HASILA_SETTLE_SECONDS": "0",
            "HASILA_ALERT_WEBHOOK_URL": service.url,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Whoever runs the tests in the background of a shell hands on that Ctrl-C is not heard.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as running:
        assert running.stderr is not None
        heard = []
        for line in running.stderr:
            heard.append(line)
            if line.startswith(room):
                break
        (os.killpg if is_keyboard else os.kill)(running.pid, number)
        try:
            output, rest = running.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            raise
    assert running.returncode == 130, "".join(heard) + rest
    said = [line for line in rest.splitlines() if line.partition(" ")[0] not in ("read", "check")]
    assert said == ["hasila: stopped; what was released stands."]
    assert output == ""
    assert service.taken == []
    settings = load_settings(data=fresh.data)
    assert lock.holder(settings) is None
    assert not fresh.current.exists()
    summary = fresh.load()
    assert (summary["released"], summary["reports"]["received"]) == (True, 2)
