"""`hasila serve`: what it says, and when it gives up."""

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.portal import serve as serving


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((serving.HOST, 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = CliRunner().invoke(app, ["serve", "--port", port, "--data", str(tmp_path)])
    assert done.exit_code == 1
    assert f"127.0.0.1:{port} cannot be opened" in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("port", ["-1", "65536", "eighty"])
def test_a_port_that_is_none_is_wrong_usage(port: str) -> None:
    assert CliRunner().invoke(app, ["serve", "--port", port]).exit_code == 2


def test_it_says_where_it_is_and_that_there_is_nothing_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_: serving.Server) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(serving.Server, "serve_forever", stop)
    done = CliRunner().invoke(app, ["serve", "--port", "0", "--data", str(tmp_path)])
    assert done.exit_code == 0
    assert "there is no portal yet" in done.output
    assert "the portal is at http://127.0.0.1:" in done.output
