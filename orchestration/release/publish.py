"""Releases on disk: written beside, synced, published by one atomic rename, kept for a while."""

import contextlib
import datetime as dt
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from orchestration import storage

_BUILDING = ".building-"
CURRENT = "current"
WAREHOUSE = "warehouse.duckdb"
MANIFEST = "manifest.json"


def releases_folder(published: Path) -> Path:
    """Where the releases lie, one folder each."""
    return published / "releases"


def current_folder(published: Path) -> Path | None:
    """The folder of the current release, resolved once; None before the first release.

    Whoever reads several files must go through one resolved folder: the link may switch in between.
    """
    try:
        folder = (published / CURRENT).resolve(strict=True)
    except OSError:
        return None
    return folder if (folder / MANIFEST).exists() else None


def read_manifest(folder: Path) -> dict[str, Any]:
    """A release's manifest."""
    return dict(json.loads((folder / MANIFEST).read_text(encoding="utf-8")))


def current_manifest(published: Path) -> dict[str, Any] | None:
    """The manifest of the current release; None before the first one."""
    folder = current_folder(published)
    return read_manifest(folder) if folder else None


def new_release_id(now: dt.datetime, digest: str) -> str:
    """A release's name: when it was made (UTC, so that names sort by age) and what from."""
    return f"{now:%Y%m%dT%H%M%SZ}-{digest[:8]}"


def clear_unfinished(published: Path) -> None:
    """Remove what a load that died left behind. Only to be called by the holder of the load's lock."""
    for folder in releases_folder(published).glob(f"{_BUILDING}*"):
        shutil.rmtree(folder, ignore_errors=True)
    for link in published.glob(f".{CURRENT}-*"):
        link.unlink(missing_ok=True)


def publish(published: Path, release_id: str, write: Callable[[Path], dict[str, Any]]) -> Path:
    """Write a release with `write` (which fills a folder and returns the manifest) and switch to it.

    Until the last step nothing can be seen of it, and the release before stands. Raises OSError (a
    full disk, a read-only folder) and whatever `write` raises, after removing what was written.
    """
    releases = releases_folder(published)
    releases.mkdir(parents=True, exist_ok=True)
    building, final = releases / f"{_BUILDING}{release_id}", releases / release_id
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(mode=0o750)
    try:
        manifest = write(building)
        storage.write_text(building / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
        for path in sorted(building.rglob("*")):
            if path.is_file():
                path.chmod(0o440)
                _sync_file(path)
        building.rename(final)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    storage.sync_folder(releases)
    switch(published, release_id)
    return final


def switch(published: Path, release_id: str) -> None:
    """Make `release_id` the current release: one rename, so that `current` is never missing."""
    link = published / f".{CURRENT}-{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        link.unlink()
    link.symlink_to(Path("releases") / release_id, target_is_directory=True)
    link.replace(published / CURRENT)
    storage.sync_folder(published)


def retire(published: Path, kept: int) -> list[str]:
    """Remove all but the `kept` newest releases, never the current one; returns what went."""
    current = current_folder(published)
    folders = sorted(
        (folder for folder in releases_folder(published).iterdir() if (folder / MANIFEST).exists()),
        key=lambda folder: folder.name,
        reverse=True,
    )
    gone = []
    for folder in folders[kept:]:
        if folder == current:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        gone.append(folder.name)
    return gone


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
