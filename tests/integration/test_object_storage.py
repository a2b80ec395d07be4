"""Archive, lake and releases in object storage: an S3 service over HTTP, the command in processes of its own.

The same inbox is loaded into a folder too: the marts must be the same.
"""

import datetime as dt
import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from orchestration.release import changes, publish
from orchestration.settings import Settings, load_settings
from tests.buckets import Bucket, Service
from tests.helpers import xlsx_report
from tests.integration import nights
from tests.integration.conftest import PROJECT, Installation, figures

pytestmark = pytest.mark.xdist_group("buckets")

SOURCE = "https://example.org/annual-report"
FIRST, SECOND = "2024-01-10", "2024-01-20"
FIGURE = "select value from marts.indicator_by_objective_year where indicator_code = 'PPO_VIOLENCE_CASES'"
KILLED_BEFORE_THE_POINTER = """
import os, signal, sys
from orchestration.release.remote import RemoteReleases
RemoteReleases.switch = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
from orchestration.cli import main
sys.argv = ["hasila", "load"]
main()
"""


@dataclass
class Remote(Installation):
    """An installation whose data lies in a bucket."""

    bucket: Bucket | None = None

    def on(self, machine: str) -> "Remote":
        """The same, on a machine of that name."""
        assert self.bucket is not None
        more = {
            **self.bucket.service.environment,
            "HASILA_DATA": self.bucket.data,
            "HASILA_WORK": str(self.root / machine),
            "HASILA_CORRECTIONS": str(self.root / "no-corrections"),
        }
        return Remote(self.root, more, self.bucket)

    def csv(self, *arguments: str) -> list[str]:
        """The rows of a query."""
        done = self.run("query", "--format", "csv", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[1:]

    def manifest(self) -> dict[str, Any]:
        """The manifest of the current release, as it lies in the bucket."""
        assert self.bucket is not None
        current = self.bucket.read("published/current").decode().strip()
        return dict(json.loads(self.bucket.read(f"published/releases/{current}/manifest.json")))


def checksums(manifest: dict[str, Any]) -> dict[str, str]:
    # That one names the release before, which each of two installations has its own name for.
    return {name: mart["checksum"] for name, mart in manifest["marts"].items() if name != changes.TABLE}


@pytest.fixture(scope="module")
def remote(object_storage_service: Service, tmp_path_factory: pytest.TempPathFactory) -> Remote:
    """After the first night."""
    root = tmp_path_factory.mktemp("remote")
    (root / "no-corrections").mkdir()
    installation = Remote(root, bucket=object_storage_service.bucket()).on("one")
    installation.drop("PPO", f"{FIRST}/ppo.csv", figures(f"PPO_VIOLENCE_CASES,2017,5890,{SOURCE}"))
    installation.drop("ENTRAIDE", f"{FIRST}/t4.xlsx", xlsx_report())
    summary = installation.load()
    assert summary["reports"] == {"received": 2, "accepted": 2, "sent_back": 0, "unreadable": 0}
    return installation


@pytest.fixture(scope="module")
def local(remote: Remote) -> Settings:
    """The same inbox, loaded into a folder."""
    return load_settings(
        data=remote.root / "local", inbox=remote.inbox, corrections=remote.root / "no-corrections", settle_seconds=0
    )


def test_a_night_is_loaded_and_the_next_one_has_no_news(remote: Remote) -> None:
    assert remote.bucket is not None
    assert remote.csv(FIGURE) == ["5890"]
    before = remote.bucket.etags()
    assert {name.split("/")[0] for name in before} == {"archive", "lake", "published"}
    arrived = {hashlib.sha256(path.read_bytes()).hexdigest() for path in remote.inbox.rglob("*") if path.is_file()}
    archived = [name for name in before if name.startswith("archive/")]
    assert {hashlib.sha256(remote.bucket.read(name)).hexdigest() for name in archived} == arrived
    manifest = remote.manifest()
    release = f"published/releases/{manifest['release_id']}"
    uploaded = {name.removeprefix(f"{release}/") for name in before if name.startswith(f"{release}/")}
    assert uploaded == {*manifest["files"], "manifest.json"}
    for name in ("warehouse.duckdb", "public/hasila.duckdb", "public/portal/index.html"):
        content = remote.bucket.read(f"{release}/{name}")
        told = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        assert told == manifest["files"][name]
    summary = remote.load()
    assert summary["released"] is False
    assert remote.bucket.etags() == before
    # Neither a log nor a manifest tells what leads into the bucket.
    secret = remote.bucket.service.secret
    assert secret not in json.dumps(manifest)
    files = [path for path in Path(remote.environment["HASILA_WORK"]).rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if secret.encode() in path.read_bytes()]


def test_a_machine_that_has_nothing_reads_it(remote: Remote) -> None:
    other = remote.on("other")
    assert other.csv(FIGURE) == ["5890"]
    assert json.loads(other.run("status", "--json").stdout)["reports"] == {"accepted": 2}


@pytest.mark.slow
def test_the_marts_are_those_of_a_folder(remote: Remote, local: Settings) -> None:
    release_id = nights.load(local)
    assert release_id is not None
    found = publish.read_manifest(publish.release_folder(local.published, release_id))
    assert checksums(remote.manifest()) == checksums(found)


@pytest.mark.slow
def test_a_load_killed_before_the_pointer_shows_nothing_and_the_next_one_ends_as_undisturbed(
    remote: Remote, local: Settings
) -> None:
    assert remote.bucket is not None
    first = remote.manifest()
    remote.drop("PPO", f"{SECOND}/ppo.csv", figures(f"PPO_VIOLENCE_CASES,2017,5980,{SOURCE}"))
    environment = {
        **os.environ,
        "HASILA_INBOX": str(remote.inbox),
        "HASILA_SETTLE_SECONDS": "0",
        **remote.environment,
    }
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_BEFORE_THE_POINTER],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert remote.manifest() == first
    assert remote.csv(FIGURE) == ["5890"]
    assert b"hasila load" in remote.bucket.read("load.lease")
    # Half of another one that died earlier.
    remote.bucket.write("published/releases/20240101T000000Z-half/warehouse.duckdb", b"half")
    done = remote.run("load", "--json")
    assert done.returncode == 0, done.stderr
    assert "was killed; what it left half-done is cleared" in done.stderr
    assert remote.csv(FIGURE) == ["5980"]
    assert remote.on("other").csv(FIGURE) == ["5980"]
    names = remote.bucket.etags()
    assert "load.lease" not in names
    assert not [name for name in names if "half" in name]
    release_id = nights.load(local)
    assert release_id is not None
    undisturbed = checksums(publish.read_manifest(publish.release_folder(local.published, release_id)))
    assert checksums(remote.manifest()) == undisturbed


@pytest.mark.slow
def test_what_was_known_before_is_asked_and_gone_back_to_and_made_again(remote: Remote) -> None:
    listed = json.loads(remote.on("other").run("releases", "--json").stdout)["releases"]
    first, second = listed[-1]["release_id"], listed[0]["release_id"]
    assert [entry["release_id"] for entry in listed if entry["is_current"]] == [second]
    explained = remote.on("other").run("explain", "PPO_VIOLENCE_CASES")
    assert (explained.returncode, explained.stderr) == (0, "")
    assert "5980" in explained.stdout
    assert remote.csv(FIGURE, "--as-of", str(dt.date.fromisoformat(SECOND) - dt.timedelta(days=1))) == ["5890"]
    made_again = remote.run("reproduce", first)
    assert made_again.returncode == 0, made_again.stdout + made_again.stderr
    done = remote.on("other").run("rollback", first, "--by", "me", "--reason", "wrong")
    assert done.returncode == 0, done.stderr
    assert remote.csv(FIGURE) == ["5890"]
    summary = remote.load()
    assert (summary["release_id"], summary["released"]) == (first, False)
    assert "wrong" in summary["rollback"]
    done = remote.on("other").run("diff", first, second, "--json")
    assert done.returncode == 0, done.stderr
    (changed,) = [row for row in json.loads(done.stdout)["figures"] if row["indicator_code"] == "PPO_VIOLENCE_CASES"]
    assert (changed["old_value"], changed["new_value"]) == (5890, 5980)


@pytest.mark.slow
def test_credentials_that_may_only_read_query_and_load_nothing(remote: Remote) -> None:
    assert remote.bucket is not None
    before = remote.bucket.etags()
    with remote.bucket.service.guarded(["s3:GetObject", "s3:ListBucket"]) as reader:
        guest = Remote(remote.root, {**remote.environment, **reader.environment}, remote.bucket)
        assert guest.csv("select 1") == ["1"]
        done = guest.run("load")
    assert (done.returncode, done.stdout) == (1, "")
    told = done.stderr.splitlines()
    assert len(told) == 1
    assert "these credentials may not write there" in told[0]
    assert reader.secret not in done.stderr
    assert remote.bucket.etags() == before


def test_a_bucket_that_vanished_is_one_line(remote: Remote, tmp_path: Path) -> None:
    lost = Remote(tmp_path, {**remote.environment, "HASILA_DATA": "s3://no-such-bucket-anywhere/x"}, remote.bucket)
    lost.inbox.mkdir()
    for command, rest in ((["load"], " What was released before stands."), (["query", "select 1"], "")):
        done = lost.run(*command)
        assert (done.returncode, done.stdout) == (1, ""), command
        assert done.stderr == f"hasila: s3://no-such-bucket-anywhere: there is no such bucket.{rest}\n"
