"""The answer on the command line: after a load, before sending, and on its way."""

import http.server
import io
import json
import threading
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.helpers import xlsx_report
from tests.integration.conftest import Installation, figures

SOURCE = "https://example.org/annual-report"


@pytest.mark.slow
def test_a_load_answers_what_is_new_and_the_outbox_sends_it_once(fresh: Installation) -> None:
    fresh.drop("PPO", "figures.csv", figures(f"PPO_VIOLENCE_CASES,2017,beaucoup,{SOURCE}"))
    fresh.drop("NGO_EXAMPLE_1", "rapport.xlsx", xlsx_report())
    assert fresh.load()["answers"] == {"written": 2, "failed": [], "error": ""}
    listed = fresh.run("outbox")
    assert listed.returncode == 0, listed.stderr
    assert "PPO\n" in listed.stdout and "sent_back" in listed.stdout
    waiting = json.loads(fresh.run("outbox", "--json", "--organisation", "NGO_EXAMPLE_1").stdout)
    assert list(waiting["organisations"]) == ["NGO_EXAMPLE_1"]
    (entry,) = waiting["organisations"]["NGO_EXAMPLE_1"]
    assert (entry["language"], entry["state"]) == ("fr", "waiting")
    off = fresh.run("outbox", "--send")
    assert (off.returncode, "HASILA_NOTIFY" in off.stderr) == (1, True)

    taken: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(500 if taken[-1]["organisation_code"] == "PPO" and len(taken) < 3 else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        fresh.environment |= {
            "HASILA_NOTIFY": "webhook",
            "HASILA_WEBHOOK_URL": f"http://127.0.0.1:{server.server_address[1]}/",
        }
        rehearsed = fresh.run("outbox", "--send", "--dry-run")
        assert (rehearsed.returncode, taken) == (0, [])
        assert rehearsed.stdout.count("would be sent") == 2
        assert fresh.run("outbox", "--send").returncode == 1
        assert fresh.run("outbox", "--send").returncode == 0
        assert fresh.run("outbox", "--send").returncode == 0
        server.shutdown()
    assert [document["organisation_code"] for document in taken] == ["NGO_EXAMPLE_1", "PPO", "PPO"]
    assert "no answer waits" in fresh.run("outbox").stdout


def test_a_dry_run_writes_the_workbook_that_the_reporter_would_get(fresh: Installation, tmp_path: Path) -> None:
    report, out = tmp_path / "PPO" / "figures.csv", tmp_path / "answer.xlsx"
    report.parent.mkdir()
    report.write_bytes(figures(f"PPO_VIOLENCE_CASES,2017,beaucoup,{SOURCE}", f"NO_SUCH,2017,1,{SOURCE}"))
    done = fresh.run("check", str(report), "--annotate", str(out), "--lang", "fr")
    assert done.returncode == 3, done.stderr
    book = openpyxl.load_workbook(io.BytesIO(out.read_bytes()))
    own = book.worksheets[0]
    assert own["A3"].value == "Rapport à corriger et à renvoyer"
    assert book.worksheets[1]["C2"].comment is not None
    told = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("  ")]
    assert told == [own.cell(row, 9).value for row in range(11, 11 + len(told))]
    assert "pas un nombre" in done.stdout


def test_a_dry_run_overwrites_no_report(fresh: Installation, tmp_path: Path) -> None:
    report = tmp_path / "PPO" / "r.xlsx"
    report.parent.mkdir()
    content = xlsx_report()
    report.write_bytes(content)
    for arguments, said in (
        ((str(report), "--annotate", str(report)), "the report itself"),
        ((str(report), "--annotate", str(tmp_path / "out.pdf")), ".xlsx"),
        ((str(report), str(report), "--annotate", str(tmp_path / "o.xlsx")), "one report"),
    ):
        done = fresh.run("check", *arguments)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert report.read_bytes() == content
