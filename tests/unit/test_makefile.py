"""`make load` gets the engine of the page of SQL where it is not there yet, and loads with it or without."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.portal import engine
from tests.helpers import PROJECT
from tests.unit.portal.test_ask import stand_in

MAKE = shutil.which("make")
pytestmark = pytest.mark.skipif(MAKE is None, reason="there is no make on this machine")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that is set up, whose `hasila load` and Python say in `calls` that they were started."""
    folder = tmp_path / "project"
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    shutil.copyfile(PROJECT / "Makefile", folder / "Makefile")
    (folder / "orchestration").symlink_to(PROJECT / "orchestration")
    for name in ("requirements.lock", "bootstrap.lock", "pyproject.toml", ".venv/.ready"):
        (folder / name).touch()
    for name, rest in (("python", f'exec "{sys.executable}" "$@"'), ("hasila", "")):
        (programs / name).write_text(f"#!/bin/sh\necho {name} >> '{folder / 'calls'}'\n{rest}\n")
        (programs / name).chmod(0o755)
    return folder


def load(project: Path, **environment: str | Path) -> tuple[list[str], str]:
    """What `make load` starts, and what it says of what is left out."""
    given = {name: value for name, value in os.environ.items() if not name.startswith(("HASILA_", "MAKE", "MFLAGS"))}
    given |= {name: str(value) for name, value in environment.items()}
    (project / "calls").write_text("")
    done = subprocess.run(
        [str(MAKE), "load"], cwd=project, env=given, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return (project / "calls").read_text().split(), done.stderr


def test_a_load_tries_until_the_engine_is_there_and_then_no_more(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = stand_in(tmp_path, monkeypatch, '[ -f ../../online ] && echo "bundle();" > "$out"')
    data = tmp_path / "data"
    for _ in range(2):
        started, told = load(project, HASILA_DATA=data)
        assert started == ["python", "hasila"]
        assert told.startswith("The page of SQL is left out of the portal: esbuild failed")
        assert len(told.splitlines()) == 1
    (data / "work" / "portal" / "online").touch()
    assert load(project, HASILA_DATA=data) == (["python", "hasila"], "")
    assert engine.found(data / "work" / "portal")
    assert load(project, HASILA_DATA=data) == (["hasila"], "")
    assert len(log.read_text().split()) == 3


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"HASILA_DATA": "with a space"}, "with a space/work/portal"),
        ({"HASILA_DATA": "s3://bucket/prefix", "HASILA_WORK": "local"}, "local/work/portal"),
        ({"HASILA_DATA": "data", "HASILA_PORTAL_SCRIPTS": "scripts"}, "scripts"),
    ],
)
def test_each_folder_of_data_gets_its_own(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], kept: str
) -> None:
    stand_in(tmp_path, monkeypatch, 'echo "bundle();" > "$out"')
    assert load(project, **given) == (["python", "hasila"], "")
    assert engine.found(project / kept)
    assert load(project, **given) == (["hasila"], "")


def test_without_npm_a_load_says_so_in_a_line_and_starts_nothing_for_it(project: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("cat", "cut", "sha256sum", "shasum"):
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    for _ in range(2):
        started, told = load(project, HASILA_DATA=tmp_path / "data", PATH=tools)
        assert started == ["hasila"]
        assert told == "The page of SQL is left out of the portal: there is no npm on this machine.\n"
