"""Releases in object storage: uploaded file by file, shown by a small object that is written last.

    <address>/current                      the id of the current release
    <address>/releases/<release_id>/…      its files; the manifest is uploaded last and removed first

Nothing there is renamed. A release without a manifest is none: an upload that died, or one that is being
removed. What is read of a release is fetched into a folder of this machine, each file once and held against
the manifest; `publish` has the same functions for these and for local releases.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from orchestration import storage
from orchestration.release.layout import CURRENT, MANIFEST, RELEASES, WAREHOUSE, DamagedReleaseError, read_manifest

if TYPE_CHECKING:
    from upath import UPath

    from orchestration.object_storage import ObjectStorage

KEPT_WHOLE = 3
"""So many releases, those used last, may have all their files on this machine; the others the small ones."""
_SMALL = 1024 * 1024
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")


@dataclass(frozen=True)
class RemoteReleases:
    """The releases at `address`, and `copies`, the folder of this machine with what was fetched of them.

    Every method raises OSError where the storage cannot be used, and LeaseLostError, which is one, where it would
    change something that may be another machine's to change by now.
    """

    address: "UPath"
    copies: Path = field(compare=False)

    def __str__(self) -> str:
        return str(self.address)

    @cached_property
    def _storage(self) -> "ObjectStorage":
        from orchestration.object_storage import ObjectStorage

        return ObjectStorage()

    @cached_property
    def _root(self) -> str:
        return str(self.address.path).rstrip("/")

    def _place(self, release_id: str, name: str = "") -> str:
        return "/".join(part for part in (self._root, RELEASES, release_id, name) if part)

    # --- reading

    def current_id(self) -> str | None:
        """The id of the current release; None before the first one, and where the object holds no id."""
        try:
            content, _ = self._storage.read(f"{self._root}/{CURRENT}")
        except FileNotFoundError:
            return None
        name = content.decode("utf-8", "replace").strip()
        return name if _ID.fullmatch(name) else None

    def ids(self) -> list[str]:
        """The releases that are whole, the oldest first."""
        from orchestration.object_storage import at_once

        found = [name for name in self._storage.folders(f"{self._root}/{RELEASES}") if _ID.fullmatch(name)]
        return [name for name, is_whole in zip(found, at_once(self.exists, found), strict=True) if is_whole]

    def exists(self, release_id: str) -> bool:
        """Whether there is such a release, whole."""
        try:
            self._storage.call_s3("head_object", **self._named(self._place(release_id, MANIFEST)))
        except FileNotFoundError:
            return False
        return True

    def _named(self, path: str) -> dict[str, str]:
        bucket, key, _ = self._storage.split_path(path)
        return {"Bucket": bucket, "Key": key}

    def folder(self, release_id: str) -> Path:
        """The folder of a release on this machine, with its manifest in it. Raises DamagedReleaseError."""
        folder = self.copies / RELEASES / release_id
        path = folder / MANIFEST
        if not path.exists():
            try:
                content, _ = self._storage.read(self._place(release_id, MANIFEST))
            except FileNotFoundError as error:
                raise DamagedReleaseError(release_id, [f"it has no {MANIFEST}"]) from error
            folder.mkdir(parents=True, exist_ok=True, mode=0o750)
            storage.write_bytes(path, content, mode=0o440)
        return folder

    def bring(self, release_id: str, names: Iterable[str]) -> Path:
        """Have files of a release on this machine; `names` are files, or folders with all that is in them.

        Returns the release's folder there. Raises DamagedReleaseError where one is not what was released.
        """
        from orchestration.object_storage import at_once

        folder = self.folder(release_id)
        with contextlib.suppress(OSError):
            os.utime(folder / MANIFEST)
        files = _files(folder)
        prefixes = [f"{name}/" for name in names]
        wanted = [name for name in files if any(f"{name}/".startswith(prefix) for prefix in prefixes)]
        missing = [name for name in wanted if not (folder / name).exists()]
        at_once(lambda name: self._fetch(folder, name, files[name]), missing)
        if missing:
            self._make_room(folder)
        return folder

    def _fetch(self, folder: Path, name: str, described: dict[str, Any]) -> None:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        temporary = storage.temporary_beside(target)
        try:
            digest = self._storage.fetch(self._place(folder.name, name), temporary)
            if {"bytes": temporary.stat().st_size, "sha256": digest} != described:
                raise DamagedReleaseError(folder.name, [f"{name} is not the file that was released"])
            temporary.chmod(0o440)
            temporary.replace(target)
        except FileNotFoundError as error:
            raise DamagedReleaseError(folder.name, [f"{name} is missing"]) from error
        finally:
            temporary.unlink(missing_ok=True)

    def verify(self, release_id: str) -> None:
        """Hold every file of a release, as it lies in the storage, against the manifest there.

        Raises DamagedReleaseError with everything that is wrong.
        """
        from orchestration.object_storage import at_once

        check = self.copies / f"{storage.TEMPORARY_PREFIX}{os.getpid()}-verify-{release_id}"
        own = RemoteReleases(self.address, check)
        try:
            folder = own.folder(release_id)
            files = _files(folder)

            def fault(name: str) -> list[str]:
                try:
                    own._fetch(folder, name, files[name])
                    (folder / name).unlink()
                except DamagedReleaseError as error:
                    return error.reasons
                return []

            reasons = [reason for reasons in at_once(fault, list(files)) for reason in reasons]
        finally:
            shutil.rmtree(check, ignore_errors=True)
        if WAREHOUSE not in files:
            reasons.append(f"its {MANIFEST} names no {WAREHOUSE}")
        if reasons:
            raise DamagedReleaseError(release_id, reasons)

    # --- publishing

    def upload(self, folder: Path) -> None:
        """Upload a release that lies whole in `folder` on this machine, its manifest last."""
        from orchestration.object_storage import at_once

        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        files.remove(MANIFEST)
        at_once(lambda name: self._storage.upload(folder / name, self._place(folder.name, name)), files)
        self._storage.upload(folder / MANIFEST, self._place(folder.name, MANIFEST))

    def switch(self, release_id: str) -> None:
        """Make a release the current one: one small object."""
        self._storage.write(f"{self._root}/{CURRENT}", f"{release_id}\n".encode())

    def remove(self, release_id: str) -> None:
        """Remove a release, its manifest first, and what this machine has of it."""
        names = self._storage.entries(self._place(release_id))
        self._storage.remove([self._place(release_id, MANIFEST)])
        self._storage.remove([self._place(release_id, name) for name in names if name != MANIFEST])
        shutil.rmtree(self.copies / RELEASES / release_id, ignore_errors=True)

    def clear_unfinished(self) -> None:
        """Remove uploads that died half-way, and what this machine has of releases that are no more."""
        whole = set(self.ids())
        for release_id in set(self._storage.folders(f"{self._root}/{RELEASES}")) - whole:
            self.remove(release_id)
        for folder in (self.copies / RELEASES).glob("*"):
            if folder.name not in whole:
                shutil.rmtree(folder, ignore_errors=True)
        for left in self.copies.glob(f"{storage.TEMPORARY_PREFIX}*-verify-*"):
            if not storage.is_alive(left.name.removeprefix(storage.TEMPORARY_PREFIX).split("-")[0]):
                shutil.rmtree(left, ignore_errors=True)

    # --- small files beside the releases

    def read_text(self, name: str) -> str:
        """A text that lies beside the releases. Raises FileNotFoundError."""
        content, _ = self._storage.read(f"{self._root}/{name}")
        return content.decode("utf-8")

    def write_text(self, name: str, text: str) -> None:
        """Write a text beside the releases."""
        self._storage.write(f"{self._root}/{name}", text.encode("utf-8"))

    # --- the copies

    def _make_room(self, used: Path) -> None:
        """Remove the large files of all but the releases that were used last."""
        found = []
        for folder in (self.copies / RELEASES).glob("*"):
            with contextlib.suppress(FileNotFoundError):
                found.append(((folder / MANIFEST).stat().st_mtime, folder))
        for _, folder in sorted(found, reverse=True)[KEPT_WHOLE:]:
            for path in folder.rglob("*") if folder != used else ():
                with contextlib.suppress(OSError):
                    if path.is_file() and path.name != MANIFEST and path.stat().st_size > _SMALL:
                        path.unlink()


def _files(folder: Path) -> dict[str, dict[str, Any]]:
    """The files that a release's manifest names. Raises DamagedReleaseError, for one outside the release too."""
    files: dict[str, dict[str, Any]] = read_manifest(folder).get("files", {})
    outside = [name for name in files if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts]
    if outside:
        raise DamagedReleaseError(folder.name, [f"its {MANIFEST} names {outside[0]}, which cannot belong to it"])
    return files
