"""Model: calling dbt on the lake. What is modelled stands in `dbt_project/`.

dbt runs in a process of its own, so that the warehouse file is closed when the release room copies
it. Its telemetry and its look for newer versions are off: nothing leaves the machine.
"""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from orchestration import storage
from orchestration.settings import Settings


class ModelError(Exception):
    """dbt failed; carries the end of what it said."""


def environment(settings: Settings) -> dict[str, str]:
    """The variables that the dbt project reads, and those that keep it quiet."""
    return {
        "HASILA_LAKE": str(settings.lake),
        "HASILA_WAREHOUSE": str(settings.warehouse),
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_VERSION_CHECK": "false",
        "DO_NOT_TRACK": "1",
        "PYTHONWARNINGS": "ignore",
    }


def executable() -> str:
    """The dbt of this environment, whatever the PATH says."""
    return str(Path(sys.executable).with_name("dbt"))


def target_folder(settings: Settings) -> Path:
    """dbt's target folder of a load: what it compiled, ran and parsed."""
    return settings.work / "dbt"


def manifest_path(settings: Settings) -> Path:
    """The manifest that Dagster's definitions are made from; made when it is missing or older than the project.

    It lies with the project, or in the runtime state where the project cannot be written.

    Raises ModelError when the project cannot be parsed.
    """
    folder = settings.dbt_project / "target"
    digest = _project_digest(settings.dbt_project)
    if not _is_made(folder, digest) and not os.access(folder if folder.exists() else settings.dbt_project, os.W_OK):
        # Where services run, the code is not theirs to write.
        folder = settings.work / "dbt_manifest"
    if not _is_made(folder, digest):
        run(settings, ["parse"], folder)
        storage.write_text(folder / _STAMP, digest)
    return folder / _MANIFEST


_MANIFEST, _STAMP = "manifest.json", "manifest.digest"


def _is_made(folder: Path, digest: str) -> bool:
    """Whether a folder holds the manifest of the project that `digest` stands for."""
    stamp = folder / _STAMP
    return (folder / _MANIFEST).exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == digest


def run(settings: Settings, arguments: list[str], target: Path) -> None:
    """Run dbt once. Raises ModelError with the end of its output."""
    command = [
        *(executable(), *arguments),
        *("--project-dir", str(settings.dbt_project), "--profiles-dir", str(settings.dbt_project)),
        *("--target-path", str(target), "--log-path", str(settings.work / "dbt_logs")),
        *("--no-use-colors", "--quiet"),
    ]
    settings.work.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        command, env={**os.environ, **environment(settings)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ModelError((done.stdout + done.stderr).strip()[-4000:])


def _project_digest(project: Path) -> str:
    digest = hashlib.sha256()
    for pattern in ("*.sql", "*.yml", "*.csv"):
        for path in sorted(project.rglob(pattern)):
            if "target" not in path.relative_to(project).parts:
                digest.update(f"{path.relative_to(project)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()
