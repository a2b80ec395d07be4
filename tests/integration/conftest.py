"""The real thing: the `hasila` command in processes of its own, on real files, in a folder of its own."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from tests.helpers import PORTAL_SCRIPTS

if TYPE_CHECKING:
    import dagster as dg

PROJECT = Path(__file__).resolve().parents[2]


@dataclass
class Installation:
    """One hasila with its own inbox and data."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def inbox(self) -> Path:
        return self.root / "inbox"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def current(self) -> Path:
        return self.data / "published" / "current"

    def run(self, *arguments: str, python: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Run `hasila` with the installation's folders."""
        return subprocess.run(
            [sys.executable, *python, "-m", "orchestration.cli", *arguments],
            cwd=PROJECT,
            env={
                **os.environ,
                "HASILA_DATA": str(self.data),
                "HASILA_INBOX": str(self.inbox),
                "HASILA_SETTLE_SECONDS": "0.2",
                "HASILA_PORTAL_SCRIPTS": str(PORTAL_SCRIPTS),
                **self.environment,
            },
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def load(self, *arguments: str) -> dict[str, Any]:
        """`hasila load --json`, which must not fail; its summary."""
        done = self.run("load", "--json", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(json.loads(done.stdout))

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the current release."""
        with duckdb.connect(str(self.current / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def drop(self, organisation: str, name: str, content: bytes) -> Path:
        """Put a file into the inbox as a reporter would."""
        path = self.inbox / organisation / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


def figures(*rows: str) -> bytes:
    """An official-figures report: indicator, period, value as written, citation."""
    return "\n".join(["indicator_code,period,value,citation", *rows, ""]).encode()


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """What `make load` makes of the inbox that the project ships; not to be changed by a test."""
    installation = Installation(tmp_path_factory.mktemp("shipped"))
    shutil.copytree(PROJECT / "raw" / "inbox", installation.inbox)
    installation.load()
    return installation


@pytest.fixture
def instance(tmp_path: Path) -> Iterator["dg.DagsterInstance"]:
    """Dagster's storage in a folder of its own."""
    import dagster as dg

    (tmp_path / "home").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "home")) as made:
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Installation:
    """An installation with an empty inbox."""
    installation = Installation(tmp_path)
    installation.inbox.mkdir()
    return installation
