"""Releases on disk: written beside, synced, published by one atomic rename, kept for a while."""

import contextlib
import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from orchestration import storage

_BUILDING = ".building-"
_REMOVING = ".removing-"
CURRENT = "current"
WAREHOUSE = "warehouse.duckdb"
MANIFEST = "manifest.json"
PUBLIC = "public"
"""The folder of a release that is for everybody; what lies beside it is for its owner and group."""


class UnknownReleaseError(Exception):
    """No release has that name; says which there are."""


class DamagedReleaseError(Exception):
    """A release is not what its manifest says; carries what is wrong with it."""

    def __init__(self, release_id: str, reasons: list[str]):
        super().__init__(f"release {release_id} is damaged: {'; '.join(reasons)}")
        self.reasons = reasons


def releases_folder(published: Path) -> Path:
    """Where the releases lie, one folder each."""
    return published / "releases"


def release_folder(published: Path, release_id: str) -> Path:
    """Where one release lies."""
    return releases_folder(published) / release_id


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
    """A release's manifest. Raises DamagedReleaseError where there is none or it cannot be read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedReleaseError(folder.name, [f"its {MANIFEST} cannot be read ({error})"]) from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("release_id"), str):
        raise DamagedReleaseError(folder.name, [f"its {MANIFEST} is none"])
    return manifest


def current_manifest(published: Path) -> dict[str, Any] | None:
    """The manifest of the current release; None before the first one. Raises DamagedReleaseError."""
    folder = current_folder(published)
    return read_manifest(folder) if folder else None


def kept(published: Path) -> list[Path]:
    """The folders of the releases that are kept, the oldest first."""
    folder = releases_folder(published)
    if not folder.is_dir():
        return []
    return sorted(
        (one for one in folder.iterdir() if not one.name.startswith(".") and (one / MANIFEST).exists()),
        key=lambda one: one.name,
    )


def find(published: Path, name: str) -> Path:
    """The folder of a release, named by its id, the beginning of it, `current` or `previous`.

    `previous` is the one that the current release followed, where it is kept, else the next older one.
    Raises UnknownReleaseError and, for `previous`, DamagedReleaseError.
    """
    folders = {folder.name: folder for folder in kept(published)}
    current = current_folder(published)
    if name == CURRENT and current is not None:
        return current
    if name == "previous" and current is not None:
        followed = read_manifest(current)["previous_release_id"]
        older = [folder for folder in folders if folder < current.name]
        wanted = followed if followed in folders else older[-1] if older else None
        if wanted is None:
            raise UnknownReleaseError(f"no release before {current.name} is kept")
        return folders[wanted]
    found = [folder for release_id, folder in folders.items() if name and release_id.startswith(name)]
    if name in folders:
        return folders[name]
    if len(found) == 1:
        return found[0]
    reason = f"{len(found)} releases begin with {name}" if found else f"no release {name} is kept"
    known = ", ".join(list(folders)[-5:]) or "none"
    raise UnknownReleaseError(f"{reason}; the newest are {known} (`hasila releases` lists all)")


def new_release_id(now: dt.datetime, digest: str) -> str:
    """A release's name: when it was made (UTC, so that names sort by age) and what from."""
    return f"{now:%Y%m%dT%H%M%SZ}-{digest[:8]}"


def clear_unfinished(published: Path) -> None:
    """Remove what a load that died left behind. Only to be called by the holder of the load's lock."""
    for pattern in (_BUILDING, _REMOVING):
        for folder in releases_folder(published).glob(f"{pattern}*"):
            shutil.rmtree(folder, ignore_errors=True)
    for link in published.glob(f".{CURRENT}-*"):
        link.unlink(missing_ok=True)


def publish(published: Path, release_id: str, write: Callable[[Path], dict[str, Any]]) -> Path:
    """Write a release with `write` (which fills a folder and returns the manifest) and switch to it.

    The manifest gets `files`: every file of the folder with its bytes and SHA-256. Until the last step
    nothing can be seen of it, and the release before stands. Raises OSError (a full disk, a read-only
    folder) and whatever `write` raises, after removing what was written.
    """
    releases = releases_folder(published)
    for folder in (published, releases):
        if not folder.exists():
            folder.mkdir(parents=True)
            # The way to `public/` is open to everybody, whatever the umask is.
            folder.chmod(0o755)
    building, final = releases / f"{_BUILDING}{release_id}", releases / release_id
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(mode=0o750)
    try:
        manifest = write(building)
        files = sorted(path for path in building.rglob("*") if path.is_file())
        manifest["files"] = {path.relative_to(building).as_posix(): _described(path) for path in files}
        storage.write_text(building / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
        _seal(building)
        building.rename(final)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    storage.sync(releases)
    switch(published, release_id)
    return final


def _described(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _seal(folder: Path) -> None:
    """Set the rights of a release, whatever the umask is, and have it all on the disk.

    Everybody may enter and read `public/`; what lies beside it holds small counts.
    """
    for path in sorted(folder.rglob("*"), reverse=True):
        is_public = path.relative_to(folder).parts[0] == PUBLIC
        if path.is_dir():
            path.chmod(0o755 if is_public else 0o750)
        else:
            path.chmod(0o444 if is_public else 0o440)
        storage.sync(path)
    folder.chmod(0o755)
    storage.sync(folder)


def verify(folder: Path) -> dict[str, Any]:
    """A release's manifest, after every file of it was held against its size and SHA-256.

    Raises DamagedReleaseError with everything that is wrong.
    """
    manifest = read_manifest(folder)
    reasons = []
    for name, described in manifest.get("files", {}).items():
        path = folder / name
        try:
            found = _described(path)
        except OSError as error:
            reasons.append(f"{name} cannot be read ({error.strerror})")
            continue
        if found != described:
            reasons.append(f"{name} is not the file that was released")
    if WAREHOUSE not in manifest.get("files", {}):
        reasons.append(f"its {MANIFEST} names no {WAREHOUSE}")
    if reasons:
        raise DamagedReleaseError(folder.name, reasons)
    return manifest


def switch(published: Path, release_id: str) -> None:
    """Make `release_id` the current release: one rename, so that `current` is never missing."""
    link = published / f".{CURRENT}-{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        link.unlink()
    link.symlink_to(Path("releases") / release_id, target_is_directory=True)
    link.replace(published / CURRENT)
    storage.sync(published)


def retire(
    published: Path, count: int, days: int | None, now: dt.datetime, spared: Collection[str] = frozenset()
) -> list[str]:
    """Remove the releases that are not among the `count` newest, or are older than `days`; returns which.

    Never the current one nor those of `spared`: whoever found the way to the release before just now
    must still find it there. A release vanishes whole.
    """
    current = current_folder(published)
    held = {*spared, current.name if current else ""}
    gone = []
    for age, folder in enumerate(reversed(kept(published))):
        is_old = days is not None and _made_at(folder, now) < now - dt.timedelta(days=days)
        if folder.name in held or (age < count and not is_old):
            continue
        removing = folder.with_name(f"{_REMOVING}{folder.name}")
        try:
            folder.rename(removing)
        except OSError:
            continue
        shutil.rmtree(removing, ignore_errors=True)
        gone.append(folder.name)
    return gone


def _made_at(folder: Path, now: dt.datetime) -> dt.datetime:
    """When a release was made; `now` where it does not tell, so that nothing is removed by mistake."""
    try:
        return dt.datetime.fromisoformat(read_manifest(folder)["created_at"])
    except (DamagedReleaseError, KeyError, ValueError):
        return now
