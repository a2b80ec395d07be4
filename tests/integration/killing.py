"""Loads that are killed at random moments in every room, while new files arrive.

    python -m tests.integration.killing --kills 200 --loads 20

After each kill the current release must be whole, and the one before or the one after. At the end the
marts must be those of an installation that nobody disturbed, every file that arrived must have its
receipt and its bytes, and nothing half-done may be left. Prints what it did as JSON; exit code 1 where
something does not hold.
"""

import argparse
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import duckdb

from orchestration import night, storage
from orchestration.receive import receipts
from orchestration.release import changes, publish
from orchestration.settings import load_settings
from tests.helpers import xlsx_report
from tests.integration.conftest import PROJECT, Installation, figures

SOURCE = "https://example.org/annual-report"


@dataclass(frozen=True, slots=True)
class Room:
    """Where a load is killed: within `seconds` after it told of the room before (`after`), so often of a hundred."""

    name: str
    after: str | None
    seconds: float
    weight: int


# Each room as often as it is cheap to come to; those after the models cost a whole build of them.
ROOMS = (
    Room("receive", None, 2.0, 27),
    Room("read", "receive", 5.0, 27),
    Room("check", "read", 4.0, 23),
    Room("model", "check", 15.0, 14),
    Room("release", "model", 1.5, 6),
    Room("answer", "release", 0.6, 3),
)


@dataclass
class Outcome:
    """What was done, and everything that does not hold."""

    kills: Counter[str] = field(default_factory=Counter)
    whole_group: int = 0
    loads: int = 0
    found_before: int = 0
    found_after: int = 0
    ended_before_the_kill: int = 0
    files: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {**self.__dict__, "kills": dict(self.kills), "killed": self.kills.total()}


@dataclass
class Story:
    """One installation that is killed again and again; `arrived` are the files by path with their digests."""

    installation: Installation
    chance: random.Random
    outcome: Outcome = field(default_factory=Outcome)
    arrived: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "HASILA_DATA": str(self.installation.data),
            "HASILA_INBOX": str(self.installation.inbox),
            "HASILA_SETTLE_SECONDS": "0",
            **self.installation.environment,
        }

    def arrive(self, day: int) -> None:
        """One more file of the day. Those of a day are of one sender and sort as they arrive."""
        number = len(self.arrived)
        folder = f"2024-{1 + day // 28:02}-{1 + day % 28:02}"
        if day % 2:
            quarter = f"T{1 + number % 4} {2015 + number // 4 % 8}"
            title = ("Rapport périodique d'activité", f"Période : {quarter}")
            sender, name = "ENTRAIDE", f"{folder}/{number:04}.xlsx"
            content = xlsx_report([("SN_PARENTS_TRAINED", "Larache", "Filles", 10 + number)], title=title)
        else:
            sender, name = "PPO", f"{folder}/{number:04}.csv"
            content = figures(f"PPO_VIOLENCE_CASES,{1990 + number % 30},{1000 + number},{SOURCE}")
        self.installation.drop(sender, name, content)
        self.arrived[f"{sender}/{name}"] = hashlib.sha256(content).hexdigest()

    def current(self) -> str | None:
        folder = publish.current_folder(self.installation.data / "published")
        return folder.name if folder else None

    def kill_a_load(self) -> bool:
        """Start a load and kill it in a room, alone or with all it started; false where it ended before."""
        room = self.chance.choices(ROOMS, [room.weight for room in ROOMS])[0]
        before = self.current()
        process = subprocess.Popen(
            [sys.executable, "-m", "orchestration.cli", "load"],
            cwd=PROJECT,
            env=self.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        lines: Queue[str] = Queue()
        threading.Thread(target=_listen, args=(process, lines), daemon=True).start()
        if room.after is None or _heard(lines, room.after, process):
            time.sleep(self.chance.uniform(0, room.seconds))
        is_group = self.chance.random() < 0.5
        ended = process.poll() is not None
        if not ended:
            (os.killpg if is_group else os.kill)(process.pid, signal.SIGKILL)
        process.wait()
        if ended:
            self.outcome.ended_before_the_kill += 1
            if process.returncode != 0:
                self.outcome.faults.append(f"a load that nobody killed ended with {process.returncode}")
        else:
            self.outcome.kills[room.name] += 1
            self.outcome.whole_group += is_group
        self.look(before, f"a kill in {room.name}")
        return not ended

    def look(self, before: str | None, after_what: str) -> None:
        """The current release is whole, and the one before or one made from it."""
        published = self.installation.data / "published"
        folder = publish.current_folder(published)
        name = folder.name if folder else None
        if folder is None:
            if before is not None:
                self.outcome.faults.append(f"{after_what}: there is no current release any more")
            return
        self.outcome.found_before += name == before
        self.outcome.found_after += name != before
        try:
            manifest = publish.verify(folder)
            with duckdb.connect(str(folder / publish.WAREHOUSE), read_only=True) as connection:
                ((rows,),) = connection.execute("select count(*) from marts.fct_observation_version").fetchall()
        except (publish.DamagedReleaseError, duckdb.Error) as error:
            self.outcome.faults.append(f"{after_what}: {error}")
            return
        if rows != manifest["marts"]["fct_observation_version"]["rows"]:
            self.outcome.faults.append(f"{after_what}: the release holds {rows} observations")
        if name != before and manifest["previous_release_id"] != before:
            self.outcome.faults.append(f"{after_what}: {name} does not follow {before}")
        for other in publish.kept(published):
            if other.name > folder.name:
                try:
                    publish.verify(other)
                except publish.DamagedReleaseError as error:
                    self.outcome.faults.append(f"{after_what}: {error}")

    def load(self) -> None:
        """One load that nobody disturbs."""
        before = self.current()
        done = self.installation.run("load", "--json")
        self.outcome.loads += 1
        if done.returncode != 0:
            self.outcome.faults.append(f"a load after kills failed: {done.stdout}{done.stderr}")
        self.look(before, "a load")


def _listen(process: subprocess.Popen[str], lines: "Queue[str]") -> None:
    assert process.stderr is not None
    for line in process.stderr:
        lines.put(line)


def _heard(lines: "Queue[str]", room: str, process: subprocess.Popen[str]) -> bool:
    """Wait until the load tells of a room; false where it ends first."""
    while True:
        try:
            if lines.get(timeout=0.1).startswith(room):
                return True
        except Empty:
            if process.poll() is not None:
                return False


def undisturbed(root: Path, story: Story) -> dict[str, str]:
    """The checksums of what the same files give where nobody disturbs: received in order, loaded at once."""
    calm = Installation(root, story.installation.environment)
    settings = load_settings(data=calm.data, inbox=calm.inbox, settle_seconds=0)
    for path in story.arrived:
        target = calm.inbox / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((story.installation.inbox / path).read_bytes())
        night.receive(settings)
    calm.load()
    return checksums(calm)


def checksums(installation: Installation) -> dict[str, str]:
    """Of each mart of the current release but the one that compares it with the release before."""
    manifest = publish.current_manifest(installation.data / "published") or {"marts": {}}
    return {name: mart["checksum"] for name, mart in manifest["marts"].items() if name != changes.TABLE}


def _end(story: Story) -> None:
    """What must hold once everything is loaded."""
    data, faults = story.installation.data, story.outcome.faults
    settings = load_settings(data=data)
    held = {
        receipt.inbox_path: receipt
        for day in receipts.days(settings.lake)
        for receipt in receipts.read_day(settings.lake, day)
    }
    for path, digest in story.arrived.items():
        receipt = held.get(path)
        if receipt is None:
            faults.append(f"{path} has no receipt")
        elif hashlib.sha256((settings.archive / receipt.archive_path).read_bytes()).hexdigest() != digest:
            faults.append(f"{path} is not in the archive as it was sent")
    if len(held) != len(story.arrived):
        faults.append(f"{len(story.arrived)} files arrived, {len(held)} receipts are held")
    left = [
        str(path.relative_to(data))
        for path in data.rglob("*")
        if path.name.startswith((storage.TEMPORARY_PREFIX, ".building-", ".removing-", ".current-"))
    ]
    if left:
        faults.append(f"left behind: {', '.join(left)}")
    if alive := _at_work(data):
        faults.append(f"still at work: {', '.join(alive)}")


def _at_work(data: Path) -> list[str]:
    """The processes that run for this installation."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if f"HASILA_DATA={data}".encode() in environment:
            found.append(f"{folder.name} {command[:80]}")
    return found


def run(root: Path, *, kills: int, loads: int, seed: int, told: Callable[[str], object] = lambda _: None) -> Outcome:
    """Kill `kills` loads, spread over `loads` that end, in the folder `root`; `told` hears how far it is."""
    installation = Installation(root / "disturbed")
    installation.inbox.mkdir(parents=True)
    corrections = root / "corrections"
    corrections.mkdir()
    installation.environment["HASILA_CORRECTIONS"] = str(corrections)
    story = Story(installation, random.Random(seed))  # noqa: S311  # moments to kill at, not secrets
    start = time.monotonic()
    for day in range(loads):
        wanted = kills * (day + 1) // loads
        while story.outcome.kills.total() < wanted:
            story.arrive(day)
            story.kill_a_load()
            told(json.dumps(story.outcome.as_json(), ensure_ascii=False))
        story.arrive(day)
        story.load()
    _end(story)
    mine, calm = checksums(installation), undisturbed(root / "calm", story)
    differing = sorted(name for name in mine.keys() | calm.keys() if mine.get(name) != calm.get(name))
    if differing or not mine:
        story.outcome.faults.append(f"marts that are not those of an undisturbed run: {', '.join(differing) or 'all'}")
    story.outcome.files = len(story.arrived)
    story.outcome.seconds = round(time.monotonic() - start, 1)
    return story.outcome


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--loads", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--root", type=Path, help="an empty folder to work in; else a temporary one")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = given.root or Path(folder)
        root.mkdir(parents=True, exist_ok=True)
        outcome = run(root, kills=given.kills, loads=given.loads, seed=given.seed, told=_tell)
    sys.stdout.write(json.dumps(outcome.as_json(), ensure_ascii=False, indent=1) + "\n")
    sys.exit(bool(outcome.faults))


if __name__ == "__main__":
    main()
