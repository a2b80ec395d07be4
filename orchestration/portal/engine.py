"""DuckDB and a reader of Parquet for the page of SQL: fetched once through npm, bundled, kept for all releases.

`python -m orchestration.portal.engine` makes it, where there is npm and the packages that `ask/package-lock.json` pins
by their digests can be had. A load fetches nothing: it takes what lies in the folder of the portal's scripts, and
where nothing does, the page is left out.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import SettingsError

from orchestration import storage
from orchestration.settings import load_settings, what_is_wrong

SOURCES = Path(__file__).parent / "ask"
SCRIPT, WORKER, WASM, LICENCES = "duckdb.js", "duckdb-worker.js", "duckdb.wasm", "LICENCES.txt"
PARQUET = "parquet.wasm"
_DUCKDB = Path("node_modules/@duckdb/duckdb-wasm/dist")
_READER = Path("node_modules/parquet-wasm/esm/parquet_wasm_bg.wasm")
_BUNDLED = ("@duckdb/duckdb-wasm", "apache-arrow", "flatbuffers", "parquet-wasm", "tslib")
_PATIENCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000")
"""A load without a network tries again each time, and must not wait long for it."""
_SECONDS = 600


class EngineError(Exception):
    """Why DuckDB for the page of SQL could not be made, in a sentence."""


def found(kept: Path | None) -> Path | None:
    """The folder with what the page needs; None where it was not made, or for another version."""
    folder = _folder(kept) if kept else None
    return folder if folder and folder.is_dir() else None


def make(kept: Path) -> Path:
    """Fetch and bundle it into `kept`, unless it is there already. Raises EngineError, OSError."""
    if folder := found(kept):
        return folder
    npm = shutil.which("npm")
    if npm is None:
        raise EngineError("there is no npm on this machine: install Node.js, or do without the page of SQL")
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept, prefix=".making-") as place:
        work, made = Path(place) / "npm", Path(place) / "made"
        shutil.copytree(SOURCES, work)
        made.mkdir()
        _run(work, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", *_PATIENCE)
        esbuild = work / "node_modules" / ".bin" / "esbuild"
        options = ("--bundle", "--minify", "--format=iife", "--platform=browser", "--legal-comments=none")
        _run(work, str(esbuild), "entry.js", *options, f"--outfile={made / SCRIPT}")
        _copy_without_map(work / _DUCKDB / "duckdb-browser-eh.worker.js", made / WORKER)
        shutil.copyfile(work / _DUCKDB / "duckdb-eh.wasm", made / WASM)
        shutil.copyfile(work / _READER, made / PARQUET)
        (made / LICENCES).write_text(_licences(work / "node_modules"), encoding="utf-8")
        try:
            made.rename(_folder(kept))
        except OSError:
            # Another process was faster.
            if not found(kept):
                raise
    return _folder(kept)


def put(engine: Path, folder: Path) -> None:
    """Put it into a portal: as further names of the same files where the disk can do that. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(engine.iterdir()):
        storage.link(path, folder / path.name)


def _folder(kept: Path) -> Path:
    digest = hashlib.sha256()
    for path in (*sorted(SOURCES.iterdir()), Path(__file__)):
        digest.update(path.read_bytes())
    return kept / f"ask-{digest.hexdigest()[:16]}"


def _run(folder: Path, *command: str) -> None:
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise EngineError(f"{Path(command[0]).name} did not end within {_SECONDS} seconds") from error
    if done.returncode:
        told = " ".join((done.stderr.strip() or done.stdout.strip()).split())
        raise EngineError(f"{Path(command[0]).name} failed: {told[-400:]}")


def _copy_without_map(source: Path, target: Path) -> None:
    """A script without its last line, which names a file that is not there."""
    text = source.read_text(encoding="utf-8")
    target.write_text(text.split("\n//# sourceMappingURL=")[0] + "\n", encoding="utf-8")


def _licences(modules: Path) -> str:
    told = []
    for name in _BUNDLED:
        texts = [path for path in sorted((modules / name).iterdir()) if path.name.lower().startswith("licen")]
        terms = "\n\n".join(path.read_text(encoding="utf-8").strip() for path in texts)
        terms = terms or "MIT licence, see the package's page."
        told.append(f"{name}\n\n{terms}\n")
    return "\n----\n\n".join(told)


def main() -> int:
    """Make it, where it is not there yet; 1 where that does not go."""
    try:
        folder = make(load_settings().portal_scripts)
    except (EngineError, OSError) as error:
        return _left_out(str(error))
    except (ValidationError, SettingsError) as error:
        return _left_out(f"the environment is wrong: {what_is_wrong(error)}")
    print(f"The next release has the page of SQL ({folder}).")  # noqa: T201
    return 0


def _left_out(reason: str) -> int:
    print(f"The page of SQL is left out of the portal: {reason}", file=sys.stderr)  # noqa: T201
    return 1


if __name__ == "__main__":
    sys.exit(main())
