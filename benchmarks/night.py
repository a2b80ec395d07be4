"""What a night costs: whole loads of made-up reports, beside the parsers alone and beside what people would use.

    python -m benchmarks.night --count 10000 --json night.json

Each is a process of its own, timed from its start to its end, with the processor time and the largest memory of all
the processes that it started (shared pages counted once). In one run, one after the other:

- `floor`: the same files only parsed, by calamine, csv and json, on all cores;
- `load`: `hasila load` of all of them into nothing, with its rooms;
- `nothing new`: the same command again, beside `python -c "import dagster"`;
- `one more`, `a hundred more`: so many reports more on that history, received some days later, and on an empty one;
- with `--rivals PYTHON`, the interpreter of an environment that has them: pandas with openpyxl, pandas with calamine,
  and dlt, on the workbooks (xlsx) and delimited files alone, which all three can read, and `hasila load` on the same.
"""

import argparse
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from benchmarks.read import bare
from benchmarks.reports import CONTRACTS, mixed
from orchestration.night import ROOMS
from orchestration.read.contracts import load_contracts

HASILA = Path(sys.executable).with_name("hasila")
RIVALS = {
    "pandas + openpyxl": ("with_pandas", "openpyxl"),
    "pandas + calamine": ("with_pandas", "calamine"),
    "dlt": ("with_dlt",),
}
_PART = 100
_RECORD = "measured.json"
MORE = (("one", 1), ("a hundred", 100))
ROWS = (10, 120)
"""The rows of a report: some 200 observations."""
SHARED_FORMATS = ("xlsx", "csv")
"""What all rivals can read."""


@dataclass(frozen=True, slots=True)
class Run:
    """One command: seconds from start to end, seconds the processors worked, megabytes of all its processes at most.

    Of a load `rooms` are the megabytes room by room.
    """

    seconds: float
    worked: float
    megabytes: float
    said: str
    rooms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inbox:
    """Made-up reports in a folder. `opened` tells the parsers alone how delimited text is to be opened."""

    folder: Path
    files: list[tuple[str, str]]
    observations: int


def run(*command: str | Path, summaries: Path | None = None, **settings: object) -> Run:
    """Run a command to its end, with hasila's `settings`; `summaries` is where a load says what its rooms did.

    Raises CalledProcessError where it fails.
    """
    environment = os.environ | {f"HASILA_{name.upper()}": str(value) for name, value in settings.items()}
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(list(map(str, command)), stdout=out, env=environment, start_new_session=True)
        watched = _Session(process.pid, summaries)
        with watched:
            _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read().decode()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, said)
    seconds = time.perf_counter() - start
    # The system adds up those that were waited for, and not the workers of a fork server.
    peaks = {room: peak / 1e6 for room, peak in watched.peaks.items()}
    worked = max(used.ru_utime + used.ru_stime, watched.worked)
    return Run(seconds, worked, max(peaks.values(), default=0), said, peaks if summaries else {})


class _Session:
    """Watches all processes of a session: the most memory they held at once, the seconds they worked.

    Five times a second: what a process does in its last moments is not seen.
    """

    def __init__(self, session: int, summaries: Path | None) -> None:
        self._session, self._ended = session, threading.Event()
        self._summaries, self._began = summaries, time.time()
        self._worked: dict[str, float] = {}
        self.peaks: dict[str, int] = {}
        """By room; all of it under an empty name where the command is no load."""

    @property
    def worked(self) -> float:
        return sum(self._worked.values())

    def __enter__(self) -> None:
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.2):
            size, room = sum(map(self._size, Path("/proc").glob("[0-9]*"))), self._room()
            self.peaks[room] = max(self.peaks.get(room, 0), size)

    def _room(self) -> str:
        """The room that a load is in: the one after the last that left its summary."""
        if self._summaries is None:
            return ""
        done = {path.stem for path in self._summaries.glob("*.json") if path.stat().st_mtime >= self._began}
        return next((room for room in ROOMS if room not in done), ROOMS[-1])

    def _size(self, process: Path) -> int:
        try:
            # The fields after the name, which may hold anything: the session is the fourth, ticks of the processor
            # are the twelfth and the thirteenth.
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) != self._session:
                return 0
            pages = (process / "smaps_rollup").read_text().splitlines()
        except (OSError, IndexError):
            return 0
        self._worked[process.name] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return sum(int(line.split()[1]) * 1024 for line in pages if line.startswith("Pss:"))


def make(
    folder: Path,
    count: int,
    seed: int,
    formats: Sequence[str] = (),
    received: dt.date | None = None,
    rows: tuple[int, int] = ROWS,
) -> Inbox:
    """Write mixed reports as an inbox, on all cores.

    `received` is the day on which they came, else today; `rows` are those of a report, at least and at most.
    """
    parts = [(first, min(_PART, count - first)) for first in range(0, count, _PART)]
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=get_context("forkserver")) as pool:
        made = [pool.submit(_make, folder, *part, seed, formats, received, rows) for part in parts]
        written = [one.result() for one in made]
    return Inbox(folder, [file for files, _ in written for file in files], sum(rows for _, rows in written))


def _make(
    folder: Path,
    first: int,
    count: int,
    seed: int,
    formats: Sequence[str],
    received: dt.date | None,
    rows: tuple[int, int],
) -> tuple[list[tuple[str, str]], int]:
    files, observations = [], 0
    for number, (_, _, report) in enumerate(
        mixed(count, seed * 1_000_000 + first, load_contracts(CONTRACTS), rows=rows, formats=formats), start=first
    ):
        inner = Path(report.organisation_code, str(received)) if received else Path(report.organisation_code)
        path = folder / inner / f"{seed:03}{number:05}-{report.file_name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(report.content)
        files.append((str(path), f"{report.encoding}|{report.delimiter}"))
        observations += len(report.observations)
    return files, observations


def load(data: Path, inbox: Inbox) -> tuple[Run, dict[str, Any]]:
    """A whole load, with its own summary."""
    command = (HASILA, "load", "--json", "--data", data, "--inbox", inbox.folder)
    done = run(*command, summaries=data / "work" / "summary", settle_seconds=0)
    return done, json.loads(done.said)


def parse(inbox: Inbox) -> None:
    """The floor: the files parsed and forgotten, on all cores."""
    parts = [inbox.files[start : start + 16] for start in range(0, len(inbox.files), 16)]
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), mp_context=get_context("forkserver")) as pool:
        list(pool.map(bare, parts))


def floor(inbox: Inbox) -> Run:
    """`parse` in a process of its own."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as listed:
        json.dump(inbox.files, listed)
        listed.flush()
        return run(sys.executable, "-m", "benchmarks.night", "--parse", listed.name)


def several(times: int, once: Callable[[], Run]) -> Run:
    """The median of several runs, by seconds."""
    runs = sorted((once() for _ in range(times)), key=lambda one: one.seconds)
    return runs[len(runs) // 2]


@dataclass(frozen=True, slots=True)
class Night:
    """What to measure: `count` reports of so many `rows`, at least and at most, in all `formats` or in these.

    `kept` is a folder where the history lies that an earlier measuring left there, or that this one is to leave: a
    long one takes most of an hour. What was measured of its first night stands in it.
    """

    count: int
    seed: int
    rows: tuple[int, int] = ROWS
    formats: Sequence[str] = ()
    rivals: Path | None = None
    kept: Path | None = None


class _Notes:
    """What was measured, told as it comes."""

    def __init__(self, found: dict[str, Any], told: Callable[[str], None]) -> None:
        self.found, self._told = found, told

    def add(self, name: str, done: Run, beside: str | None = None, **more: object) -> None:
        runs = self.found["runs"]
        runs[name] = {key: value for key, value in asdict(done).items() if key != "said"} | {"beside": beside} | more
        ratio = f"  {done.seconds / runs[beside]['seconds']:6.2f} times {beside}" if beside else ""
        self._told(f"{name:34} {done.seconds:8.2f} s {done.worked:8.2f} s worked {done.megabytes:7.0f} MB{ratio}")


def measure(folder: Path, night: Night, told: Callable[[str], None]) -> dict[str, Any]:
    """Everything that the module says."""
    place = night.kept or folder
    record = place / _RECORD
    if record.exists():
        found = json.loads(record.read_text(encoding="utf-8"))
        found["note"] = "The night itself was measured before; the nights after it came upon what it left."
        told(f"the history of {found['reports']} reports in {place}, measured before")
    elif (place / "data").exists():
        # A first night that was stopped would be measured as a shorter one.
        raise SystemExit(f"{place} holds data and no {_RECORD}: give another folder, or remove it")
    else:
        place.mkdir(parents=True, exist_ok=True)
        found = _first_night(place, night, told)
    # What comes to a history that was used before must be new to it.
    found["used"] = found.get("used", 0) + 1
    record.write_text(json.dumps(found), encoding="utf-8")
    notes = _Notes(found, told)
    _nights_after(folder, place, night, found["used"], notes)
    if night.kept is None:
        shutil.rmtree(place / "data")
    if night.rivals:
        _rivals(folder, night, night.rivals, notes)
    return {key: value for key, value in found.items() if key != "used"}


def _first_night(folder: Path, night: Night, told: Callable[[str], None]) -> dict[str, Any]:
    found: dict[str, Any] = {"reports": night.count, "cores": len(os.sched_getaffinity(0)), "runs": {}}
    notes = _Notes(found, told)
    # What comes later comes on another day: a day to which reports are added is judged whole.
    earlier = dt.date.today() - dt.timedelta(days=7)  # noqa: DTZ011
    inbox = make(folder / "inbox", night.count, night.seed, night.formats, earlier, night.rows)
    found["observations"] = inbox.observations
    told(f"{night.count} reports, {inbox.observations} observations, {found['cores']} cores")
    notes.add("floor", several(3, lambda: floor(inbox)))
    loaded, summary = load(folder / "data", inbox)
    notes.add("load", loaded, "floor")
    found["rooms"] = summary["seconds"]
    told("    " + ", ".join(f"{room} {seconds:.1f} s" for room, seconds in summary["seconds"].items()))
    return found


def _nights_after(folder: Path, place: Path, night: Night, used: int, notes: _Notes) -> None:
    """Nights that follow upon the history in `place`, beside the same upon nothing."""
    data, known = place / "data", Inbox(place / "inbox", [], 0)
    notes.add("import dagster", several(5, lambda: run(sys.executable, "-c", "import dagster")))
    notes.add("nothing new", several(5, lambda: load(data, known)[0]), "import dagster")
    for name, reports in MORE:
        seed = night.seed + reports + used * 1000
        later = make(folder / f"inbox-{reports}", reports, seed, night.formats, rows=night.rows)
        alone, summary = load(folder / f"data-{reports}", later)
        notes.add(f"{name} on nothing", alone, model=summary["seconds"]["model"])
        beside, summary = load(data, later)
        notes.add(f"{name} more", beside, f"{name} on nothing", model=summary["seconds"]["model"])
        shutil.rmtree(folder / f"data-{reports}")


def _rivals(folder: Path, night: Night, python: Path, notes: _Notes) -> None:
    shared = make(folder / "inbox-shared", night.count, night.seed, SHARED_FORMATS, rows=night.rows)
    notes.add("load, shared formats", load(folder / "data-shared", shared)[0])
    for name, (module, *arguments) in RIVALS.items():
        out = folder / "rival.duckdb"
        command = (python, "-m", f"benchmarks.rivals.{module}", shared.folder, out, *arguments)
        notes.add(name, run(*command), "load, shared formats")
        out.unlink()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000, help="reports of the night")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rivals", type=Path, metavar="PYTHON", help="the interpreter that has pandas and dlt")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="where the history is left, or lies from before")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--parse", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.parse:
        parse(Inbox(given.parse.parent, [tuple(entry) for entry in json.loads(given.parse.read_text())], 0))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        night = Night(given.count, given.seed, rivals=given.rivals, kept=given.kept)
        found = measure(Path(folder), night, lambda text: print(text, flush=True))
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
