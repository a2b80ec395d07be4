"""Publishing: a release is written beside the others, shown by one switch at the end, kept for a while.

On a disk the switch is the rename of a link; in object storage (`remote`) it is a small object. Functions
take the place where releases are published and give folders of this machine: `bring` has in them what is
to be read.
"""

import contextlib
import datetime as dt
import json
import os
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeAlias

from orchestration import storage
from orchestration.release.layout import (
    CURRENT,
    MANIFEST,
    PUBLIC,
    RECEIPTS,
    RELEASES,
    WAREHOUSE,
    DamagedReleaseError,
    described,
    read_manifest,
)
from orchestration.release.remote import RemoteReleases

__all__ = ["CURRENT", "MANIFEST", "PUBLIC", "RECEIPTS", "WAREHOUSE", "DamagedReleaseError", "read_manifest"]

_BUILDING = ".building-"
_REMOVING = ".removing-"

Published: TypeAlias = Path | RemoteReleases
"""Where releases are published."""


class UnknownReleaseError(Exception):
    """No release has that name; says which there are."""


def _on_this_machine(published: Published) -> Path:
    """Where releases lie as folders: published there, or as far as they were fetched or made here."""
    return published if isinstance(published, Path) else published.copies


def releases_folder(published: Published) -> Path:
    """Where the releases lie on this machine, one folder each."""
    return _on_this_machine(published) / RELEASES


def release_folder(published: Published, release_id: str) -> Path:
    """Where one release lies on this machine."""
    return releases_folder(published) / release_id


def bring(published: Published, folder: Path, *names: str) -> Path:
    """The folder of a release, with these files or folders of it on this machine.

    Raises OSError and DamagedReleaseError where they must be fetched and cannot.
    """
    return folder if isinstance(published, Path) else published.bring(folder.name, names)


def current_folder(published: Published) -> Path | None:
    """The folder of the current release, resolved once; None before the first release.

    Whoever reads several files must go through one resolved folder: the switch may happen in between.
    Raises OSError where it lies in object storage.
    """
    if not isinstance(published, Path):
        release_id = published.current_id()
        return published.folder(release_id) if release_id is not None and published.exists(release_id) else None
    try:
        folder = (published / CURRENT).resolve(strict=True)
    except OSError:
        return None
    return folder if (folder / MANIFEST).exists() else None


def current_manifest(published: Published) -> dict[str, Any] | None:
    """The manifest of the current release; None before the first one. Raises DamagedReleaseError."""
    folder = current_folder(published)
    return read_manifest(folder) if folder else None


def kept(published: Published) -> list[Path]:
    """The folders of the releases that are kept, the oldest first."""
    if not isinstance(published, Path):
        return [published.folder(release_id) for release_id in published.ids()]
    folder = releases_folder(published)
    if not folder.is_dir():
        return []
    return sorted(
        (one for one in folder.iterdir() if not one.name.startswith(".") and (one / MANIFEST).exists()),
        key=lambda one: one.name,
    )


def find(published: Published, name: str) -> Path:
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


def is_taken(published: Published, release_id: str) -> bool:
    """Whether a release has that name."""
    if not isinstance(published, Path) and published.exists(release_id):
        return True
    return release_folder(published, release_id).exists()


def clear_unfinished(published: Published) -> None:
    """Remove what a load that died left behind. Only to be called by the holder of the load's lock."""
    for pattern in (_BUILDING, _REMOVING):
        for folder in releases_folder(published).glob(f"{pattern}*"):
            shutil.rmtree(folder, ignore_errors=True)
    if not isinstance(published, Path):
        published.clear_unfinished()
        return
    for link in published.glob(f".{CURRENT}-*"):
        link.unlink(missing_ok=True)
    # Not into the releases: what is in them is whole.
    for path in published.glob(f"{storage.TEMPORARY_PREFIX}*"):
        path.unlink(missing_ok=True)


def publish(published: Published, release_id: str, write: Callable[[Path], dict[str, Any]]) -> Path:
    """Write a release with `write` (which fills a folder and returns the manifest) and switch to it.

    The manifest gets `files`: every file of the folder with its bytes and SHA-256. Until the last step
    nothing can be seen of it, and the release before stands. Raises OSError (a full disk, a read-only
    folder) and whatever `write` raises, after removing what was written.
    """
    releases = releases_folder(published)
    for folder in (releases.parent, releases):
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
        manifest["files"] = {path.relative_to(building).as_posix(): described(path) for path in files}
        storage.write_text(building / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
        _seal(building)
        building.rename(final)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    storage.sync(releases)
    if not isinstance(published, Path):
        try:
            published.upload(final)
        except OSError:
            with contextlib.suppress(OSError):
                published.remove(release_id)
            raise
    switch(published, release_id)
    return final


def _seal(folder: Path) -> None:
    """Set the rights of a release, whatever the umask is, and have it all on the disk.

    Everybody may enter and read `public/`; what lies beside it holds small counts.
    """
    paths = list(folder.rglob("*"))
    for path in paths:
        is_public = path.relative_to(folder).parts[0] == PUBLIC
        if path.is_dir():
            path.chmod(0o755 if is_public else 0o750)
        else:
            path.chmod(0o444 if is_public else 0o440)
    storage.sync_all(paths)
    folder.chmod(0o755)
    storage.sync(folder)


def verify_published(published: Published, folder: Path) -> None:
    """`verify` a release where readers find it. Raises DamagedReleaseError, and OSError of object storage."""
    if isinstance(published, Path):
        verify(folder)
    else:
        published.verify(folder.name)


def verify(folder: Path) -> dict[str, Any]:
    """A release's manifest, after every file of it was held against its size and SHA-256.

    Raises DamagedReleaseError with everything that is wrong.
    """
    manifest = read_manifest(folder)
    reasons = []
    for name, told in manifest.get("files", {}).items():
        path = folder / name
        try:
            found = described(path)
        except OSError as error:
            reasons.append(f"{name} cannot be read ({error.strerror})")
            continue
        if found != told:
            reasons.append(f"{name} is not the file that was released")
    if WAREHOUSE not in manifest.get("files", {}):
        reasons.append(f"its {MANIFEST} names no {WAREHOUSE}")
    if reasons:
        raise DamagedReleaseError(folder.name, reasons)
    return manifest


def switch(published: Published, release_id: str) -> None:
    """Make `release_id` the current release: one rename, or one object, so that `current` is never missing."""
    if not isinstance(published, Path):
        published.switch(release_id)
        return
    link = published / f".{CURRENT}-{os.getpid()}"
    with contextlib.suppress(FileNotFoundError):
        link.unlink()
    link.symlink_to(Path("releases") / release_id, target_is_directory=True)
    link.replace(published / CURRENT)
    storage.sync(published)


def retire(
    published: Published, count: int, days: int | None, now: dt.datetime, spared: Collection[str] = frozenset()
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
        if not isinstance(published, Path):
            # What remains of it has no manifest, and is cleared with the next release.
            with contextlib.suppress(OSError):
                published.remove(folder.name)
                gone.append(folder.name)
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


# --- small files beside the releases


def read_text(published: Published, name: str) -> str:
    """A text that lies beside the releases. Raises FileNotFoundError, OSError."""
    if isinstance(published, Path):
        return (published / name).read_text(encoding="utf-8")
    return published.read_text(name)


def write_text(published: Published, name: str, text: str) -> None:
    """Write a text beside the releases, whole. Raises OSError."""
    if isinstance(published, Path):
        storage.write_text(published / name, text)
    else:
        published.write_text(name, text)
