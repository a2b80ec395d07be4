"""Building a warehouse once more, in a folder of its own: what `as_of` and `reproduce` have in common.

The rooms are called as the nightly load calls them, without Dagster around them and without a release.
The folder is an installation of its own whose archive is that of the real one.
"""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from upath import UPath

from orchestration import model, night, storage
from orchestration.check import days
from orchestration.settings import Settings


@contextmanager
def building(settings: Settings, folder: Path, told: Callable[[str], None]) -> Iterator[Settings]:
    """The settings of an empty installation below `folder` that is removed afterwards; one at a time.

    `told` hears when another process is waited for. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    turn = FileLock(folder / "building.lock")
    try:
        turn.acquire(timeout=0)
    except Timeout:
        told("another process builds a warehouse there; waiting for it")
        turn.acquire()
    own = folder / "building"
    try:
        # What a killed process left.
        shutil.rmtree(own, ignore_errors=True)
        own.mkdir(mode=0o750)
        yield settings.beside(own)
    finally:
        shutil.rmtree(own, ignore_errors=True)
        turn.release()


def clear(folder: Path) -> None:
    """Remove what a killed process left below `folder`, unless another one builds there now."""
    if not (folder / "building").exists():
        return
    turn = FileLock(folder / "building.lock")
    try:
        turn.acquire(timeout=0)
    except (Timeout, OSError):
        return
    shutil.rmtree(folder / "building", ignore_errors=True)
    turn.release()


def read_and_judge(own: Settings, rulebook: night.Rulebook) -> list[str]:
    """Read and judge the days that are not sealed; returns the families that could not be judged."""
    if not days.pending(own.lake, rulebook.rulings):
        night.write_reference(own, rulebook)
        return []
    from orchestration.read import candidates

    night.read(own, rulebook)
    for _ in night.check_all(own, rulebook, candidates.families(own.work / "readings")):
        pass
    night.close_days(own, rulebook)
    return [failed.family for failed in night.failed_families(own) if failed.not_judged]


def build_marts(own: Settings) -> dt.date:
    """Build the marts; returns the day as of which they speak. Raises ModelError."""
    night.begin(own, "model")
    watch = night.Stopwatch()
    as_of_date = night.last_received_date(own)
    # The models' tests run with every load; what is built here is audited, or compared.
    years = model.build(own, as_of_date, "--exclude-resource-type", "test")
    night.write_summary(
        own, "model", {"as_of_date": as_of_date.isoformat(), "built_years": years, "seconds": watch.seconds}
    )
    return as_of_date


def take(settings: Settings, own: Settings, path: UPath) -> None:
    """Have the file `path` of the lake in the lake of `own` too."""
    storage.link(path, own.lake / path.relative_to(settings.lake).as_posix())
