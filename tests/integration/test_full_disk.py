"""A disk that is full: one clear line, exit code 1, the release before stands, and with room again all is well."""

import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration import storage
from orchestration.release import publish
from tests.integration.conftest import PROJECT, Installation, figures

pytestmark = pytest.mark.slow

SOURCE = "https://example.org/annual-report"
FIGURES = "select indicator_code, value::int from marts.indicator_by_objective_year order by 1"
_MEGABYTE = 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path | None]:
    """A disk of 192 MB; None where this user may not mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", str(folder)]
    try:
        is_mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        is_mounted = False
    yield folder if is_mounted else None
    if is_mounted:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def leave(disk: Path, room: int) -> None:
    """Fill the disk but for `room` bytes."""
    filler = disk / "filler"
    filler.unlink(missing_ok=True)
    free = os.statvfs(disk)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, free.f_bavail * free.f_frsize - room))


def load(installation: Installation, limit: int | None = None) -> subprocess.CompletedProcess[str]:
    """`hasila load`, whose files may not grow beyond `limit` bytes where one is given."""

    def restrict() -> None:
        if limit is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "load"],
        cwd=PROJECT,
        env={
            **os.environ,
            "HASILA_DATA": str(installation.data),
            "HASILA_INBOX": str(installation.inbox),
            "HASILA_SETTLE_SECONDS": "0",
        },
        preexec_fn=restrict,
        capture_output=True,
        text=True,
        check=False,
    )


def leftovers(data: Path) -> list[str]:
    names = (storage.TEMPORARY_PREFIX, ".building-", ".removing-", ".current-")
    return [str(path) for path in data.rglob("*") if path.name.startswith(names)]


def test_each_time_the_disk_is_full_the_release_stands(tmp_path: Path, disk: Path | None) -> None:
    root = disk or tmp_path / "limited"
    root.mkdir(exist_ok=True)
    installation = Installation(root)
    installation.drop("PPO", "2024-01-10/ppo.csv", figures(f"PPO_VIOLENCE_CASES,2017,5 980,{SOURCE}"))
    assert load(installation).returncode == 0
    stood = [("PPO_VIOLENCE_CASES", 5980)]
    first = publish.verify(publish.find(installation.data / "published", "current"))
    installation.drop("PPO", "2024-01-11/more.csv", figures(f"PPO_RAPE_CASES,2018,9,{SOURCE}"))
    # Full at once, while the models are built, and a little later.
    for room in (0, 2 * _MEGABYTE, 9 * _MEGABYTE):
        done = _full(installation, disk, room)
        assert done.returncode == 1, done.stdout + done.stderr
        said = done.stdout + done.stderr
        assert "Traceback" not in said
        assert any(word in said for word in ("No space left", "File too large", "disk", "space")), said
        assert publish.verify(publish.find(installation.data / "published", "current")) == first
        assert installation.query(FIGURES) == stood
    if disk is not None:
        (disk / "filler").unlink()
    done = load(installation)
    assert done.returncode == 0, done.stdout + done.stderr
    assert installation.query(FIGURES) == [("PPO_RAPE_CASES", 9), *stood]
    assert leftovers(installation.data) == []
    manifest = json.loads((installation.current / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["previous_release_id"] == first["release_id"]


def _full(installation: Installation, disk: Path | None, room: int) -> subprocess.CompletedProcess[str]:
    if disk is None:
        return load(installation, limit=max(room, 64))
    leave(disk, room)
    return load(installation)
