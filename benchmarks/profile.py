"""What dominates a load: its slowest room under the profiler, own seconds by package.

    python -m benchmarks.profile --data DIR --inbox DIR

Only what runs in the load's own thread is seen: readers in other processes, dbt's threads and DuckDB's stand in it as
the calls that wait for them. A profiler makes many small calls look dearer than they are.
"""

import argparse
import cProfile
import json
import os
import pstats
import sysconfig
from collections import Counter
from pathlib import Path
from typing import Any

MOST = 10
_PACKAGES = Path(sysconfig.get_paths()["purelib"])
_OWN = Path(__file__).resolve().parent.parent


def profile(data: Path, inbox: Path) -> dict[str, Any]:
    """Load, and tell of the slowest room: its name, its seconds, and own seconds of the packages that took most.

    Raises typer.Exit where the load fails.
    """
    os.environ["HASILA_SETTLE_SECONDS"] = "0"
    from orchestration import night
    from orchestration.cli import app

    profiles: dict[str, cProfile.Profile] = {}
    running: list[cProfile.Profile] = []

    def watch(room: str, content: dict[str, Any]) -> None:
        while running:
            running.pop().disable()
        if not content and room in night.ROOMS:
            running.append(profiles.setdefault(room, cProfile.Profile()))
            running[-1].enable()

    night.watchers.append(watch)
    try:
        app(["load", "--json", "--data", str(data), "--inbox", str(inbox)], standalone_mode=False)
    finally:
        watch("", {"is": "ended"})
        night.watchers.remove(watch)
    by_room = {room: _own_seconds(found) for room, found in profiles.items()}
    room = max(by_room, key=lambda name: by_room[name].total())
    return {
        "room": room,
        "seconds": round(by_room[room].total(), 1),
        "packages": {name: round(seconds, 1) for name, seconds in by_room[room].most_common(MOST)},
    }


def _own_seconds(found: cProfile.Profile) -> Counter[str]:
    seconds: Counter[str] = Counter()
    # `stats` is what the documentation of pstats describes and the stubs leave out.
    for (file, _, function), (_, _, own, _, _) in pstats.Stats(found).stats.items():  # type: ignore[attr-defined]
        seconds[_package(file, function)] += own
    return seconds


def _package(file: str, function: str) -> str:
    """The package that a function belongs to; for hasila's own code the room, for compiled code what it says it is."""
    if file == "~":
        return _compiled(function)
    path = Path(file)
    if path.is_relative_to(_OWN / "orchestration"):
        return ".".join(["orchestration", *path.relative_to(_OWN / "orchestration").with_suffix("").parts[:2]])
    if path.is_relative_to(_PACKAGES):
        return path.relative_to(_PACKAGES).parts[0].removesuffix(".py")
    return "templates" if file.startswith("<") or path.suffix == ".html" else "Python"


def _compiled(function: str) -> str:
    for name in ("duckdb", "pyarrow", "highspy", "markupsafe"):
        if name in function.lower():
            return name
    return "Python, compiled"


def main() -> int:
    """Print the profile, as JSON, on the last line of standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="an empty folder, or a history")
    parser.add_argument("--inbox", type=Path, required=True)
    given = parser.parse_args()
    print(json.dumps(profile(given.data, given.inbox)), flush=True)
    # As the command itself leaves.
    os._exit(0)


if __name__ == "__main__":
    main()
