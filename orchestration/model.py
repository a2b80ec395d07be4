"""Model: calling dbt on the lake. What is modelled stands in `dbt_project/`.

dbt runs in a process of its own, so that the warehouse file is closed when the release room copies
it. Its telemetry and its look for newer versions are off: nothing leaves the machine. That process imports this
module first, so what only the load needs is imported where it is used.
"""

import contextlib
import ctypes
import datetime as dt
import gc
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestration.lineage import Lineage
    from orchestration.settings import Settings

_PARENT = "HASILA_DBT_PARENT"
_PR_SET_PDEATHSIG = 1


_MANY = 200_000
"""Of more observations, the memory of what reading and judging imported is worth more than importing it again costs."""


class ModelError(Exception):
    """dbt failed; carries the end of what it said."""


def environment(settings: "Settings", *, with_most_memory: bool = False) -> dict[str, str]:
    """The variables that the dbt project reads, and those that keep it quiet. `of_night` goes on top for a build.

    `with_most_memory` is for a build that ran out of memory (`ran_out_of_memory`).
    """
    from orchestration import gathered, memory, storage

    observations = gathered.observations(settings.gathered)
    megabytes = memory.most_megabytes() if with_most_memory else memory.building_megabytes(observations)
    return {
        # What a build of this process was told is not meant for what dbt is asked for next.
        **of_night(dt.date(1900, 1, 1), builds_upon_earlier=False),
        "HASILA_LAKE": str(storage.on_this_machine(settings.lake)),
        "HASILA_GATHERED": str(settings.gathered),
        "HASILA_WAREHOUSE": str(settings.warehouse),
        _PARENT: str(os.getpid()),
        "HASILA_BUILD_MEMORY": settings.memory_limit or f"{megabytes}MiB",
        "HASILA_SPILL": str(settings.spill),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_VERSION_CHECK": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONWARNINGS": "ignore",
    }


def executable() -> str:
    """The dbt of this environment, whatever the PATH says; it ends with the process that starts it."""
    return str(Path(sys.executable).with_name("hasila-dbt"))


def dbt() -> None:
    """The entry point of `hasila-dbt`: dbt, which does not go on writing when its load is killed."""
    end_with_parent(int(os.environ[_PARENT]) if _PARENT in os.environ else None)
    # It makes many objects that stay and ends soon: looking for cycles among them takes a tenth of its time.
    gc.set_threshold(50_000, 20, 100)
    from dbt.adapters.duckdb.credentials import DuckDBCredentials
    from dbt.cli.main import cli

    # dbt reads its whole project again when one of these is another. No model follows from where the warehouse lies
    # or how much memory it may use: what was read when the definitions were made serves every runtime state.
    DuckDBCredentials._connection_keys = lambda _: ("database", "schema")  # type: ignore[method-assign]  # noqa: SLF001
    sys.exit(cli())


def end_with_parent(parent: int | None) -> None:
    """Have the system kill this process when the process `parent`, which started it, is no more.

    Only Linux does that for us; elsewhere nothing happens.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # It may have been killed before it was asked for.
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def target_folder(settings: "Settings") -> Path:
    """dbt's target folder of a load: what it compiled, ran and parsed."""
    return settings.work / "dbt"


def manifest_path(settings: "Settings") -> Path:
    """The manifest that Dagster's definitions are made from, with compiled SQL; made when the project is newer.

    It lies with the project, or in the runtime state where the project cannot be written.

    Raises ModelError when the project cannot be parsed, OSError.
    """
    from orchestration import storage

    folder = settings.dbt_project / "target"
    digest = _project_digest(settings.dbt_project)
    if not _is_made(folder, digest) and not os.access(folder if folder.exists() else settings.dbt_project, os.W_OK):
        # Where services run, the code is not theirs to write.
        folder = settings.work / "dbt_manifest"
    if not _is_made(folder, digest):
        from filelock import FileLock

        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "manifest.lock"):
            # Another process may have made it meanwhile.
            if not _is_made(folder, digest):
                _make_manifest(settings, folder)
                storage.write_text(folder / _STAMP, digest)
    return folder / _MANIFEST


def _make_manifest(settings: "Settings", folder: Path) -> None:
    # Until it is written whole, no stamp says that it is.
    (folder / _STAMP).unlink(missing_ok=True)
    # Not into the warehouse, which a load may be building at this moment; named like it, since relations are.
    scratch = folder / settings.warehouse.name
    try:
        run(settings, ["compile"], folder, HASILA_WAREHOUSE=str(scratch))
    finally:
        scratch.unlink(missing_ok=True)


_MANIFEST, _STAMP, _LINEAGE = "manifest.json", "manifest.digest", "column_lineage.json"


def column_lineage(manifest: Path) -> "Lineage":
    """The lineage of the manifest's columns, found once for each manifest and kept beside it where that can be written.

    Raises OSError where the manifest cannot be read.
    """
    from orchestration import gathered, lineage, storage
    from orchestration.check import lake

    kept = manifest.with_name(_LINEAGE)
    digest = manifest.with_name(_STAMP).read_text(encoding="utf-8")
    try:
        content = json.loads(kept.read_text(encoding="utf-8"))
        if content["digest"] == digest:
            return {
                key: {name: [tuple(one) for one in made] for name, made in columns.items()}
                for key, columns in content["lineage"].items()
            }
    except (FileNotFoundError, ValueError, KeyError):
        pass
    sources = {**gathered.TABLES, **lake.REFERENCE_TABLES}
    found = lineage.column_lineage(json.loads(manifest.read_text(encoding="utf-8")), sources)
    with contextlib.suppress(OSError):
        storage.write_text(kept, json.dumps({"digest": digest, "lineage": found}))
    return found


def _is_made(folder: Path, digest: str) -> bool:
    """Whether a folder holds the manifest of the project that `digest` stands for."""
    stamp = folder / _STAMP
    return (folder / _MANIFEST).exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == digest


BUILD = ("build", "--exclude-resource-type", "unit_test", "--log-level-file", "info", "--no-write-json")
"""The arguments by which dbt builds and tests the warehouse; what it is built from, `of_night` says.

The SQL lies in the target folder as it was run, so the log need not hold it too; nobody reads dbt's JSON of a build.
"""


def of_night(as_of_date: dt.date, *, builds_upon_earlier: bool) -> dict[str, str]:
    """The variables of the environment that differ from load to load: the day as of which the warehouse is built, and
    whether upon the earlier one.

    They are no `--vars`: dbt would read its whole project again whenever one of them is another.
    """
    return {
        "HASILA_AS_OF_DATE": as_of_date.isoformat(),
        "HASILA_BUILDS_UPON_EARLIER": "true" if builds_upon_earlier else "false",
    }


def prepare(settings: "Settings") -> bool:
    """Gather the lake's files for dbt, and make way for the warehouse it builds; returns whether it builds upon the
    earlier one, which then lies there. Raises OSError.
    """
    from orchestration import earlier_build, gathered, lock, memory, processes

    gathered.gather(settings.lake, settings.gathered)
    if gathered.observations(settings.gathered) >= _MANY:
        processes.give_back()
    builds_upon_earlier = earlier_build.take(settings)
    if not builds_upon_earlier:
        # dbt builds a new file: what a dead run left half-built is not built upon.
        lock.clear_warehouse(settings)
    shutil.rmtree(settings.spill, ignore_errors=True)
    memory.give_back()
    return builds_upon_earlier


def build(settings: "Settings", as_of_date: dt.date, *arguments: str) -> list[int] | None:
    """Build and test the warehouse from the lake; returns the years that were built, None where all were.

    Raises OSError, ModelError with the end of dbt's output.
    """
    from orchestration import earlier_build

    builds_upon_earlier = prepare(settings)
    command, target = [*BUILD, *arguments], target_folder(settings)
    try:
        run(settings, command, target, **of_night(as_of_date, builds_upon_earlier=builds_upon_earlier))
    except ModelError as error:
        if settings.memory_limit is not None or not ran_out_of_memory(error):
            raise
        builds_upon_earlier = prepare(settings)
        again = of_night(as_of_date, builds_upon_earlier=builds_upon_earlier)
        run(settings, command, target, **(environment(settings, with_most_memory=True) | again))
    return earlier_build.changed_years(settings) if builds_upon_earlier else None


def ran_out_of_memory(error: Exception) -> bool:
    """Whether a build failed for want of memory.

    How much it needs follows from its observations only by and large: unless somebody set a limit, it is tried again
    with the most there is.
    """
    return "Out of Memory Error" in str(error)


def run(settings: "Settings", arguments: list[str], target: Path, **variables: str) -> None:
    """Run dbt once, with `variables` on top of its environment. Raises ModelError with the end of its output."""
    command = [
        *(executable(), *arguments),
        *("--project-dir", str(settings.dbt_project), "--profiles-dir", str(settings.dbt_project)),
        *("--target-path", str(target), "--log-path", str(settings.work / "dbt_logs")),
        *("--no-use-colors", "--quiet"),
    ]
    settings.work.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        command, env={**os.environ, **environment(settings), **variables}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ModelError((done.stdout + done.stderr).strip()[-4000:])


def _project_digest(project: Path) -> str:
    # A manifest that was only parsed holds no compiled SQL.
    digest = hashlib.sha256(b"compiled\0")
    for pattern in ("*.sql", "*.yml", "*.csv"):
        for path in sorted(project.rglob(pattern)):
            if "target" not in path.relative_to(project).parts:
                digest.update(f"{path.relative_to(project)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
