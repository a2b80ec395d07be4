"""The lake in object storage, and its copy on this machine.

dbt, DuckDB and a night's many small looks need files: so the lake is read from a copy. What changes goes to
the storage first and into the copy then; what others changed there is fetched by `refresh`, which lists the
storage and moves only what is new. The storage is right; the copy can be thrown away any time.
"""

import errno
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import fsspec
from filelock import FileLock
from fsspec.implementations.local import LocalFileSystem
from upath import UPath
from upath.implementations.local import FilePath
from upath.registry import register_implementation

from orchestration import lease, storage
from orchestration.object_storage import Entry, ObjectStorage

GOOD_FOR_SECONDS = 60.0
"""So long a process that lives on, and holds no lease, takes the copy for the lake."""
_INDEX, _LOCK = "index.db", "copy.lock"
_FORMAT = 1


class MirrorFileSystem(LocalFileSystem):  # type: ignore[misc]
    """Reads from `copy`, a folder of this machine; writes to `origin` (`bucket/key`) and to the copy.

    Whoever writes and whoever refreshes take turns, other processes too: what a listing does not have yet
    would be taken for removed.
    """

    protocol = storage.MIRROR

    def __init__(self, origin: str, copy: str, **options: Any):
        super().__init__(**options)
        self.refreshed_at: float | None = None
        self._origin = origin
        self._copy = Path(copy)
        self._storage = ObjectStorage()

    def pipe_file(self, path: str, value: bytes, **_: Any) -> None:
        """Write a file whole, in the storage first. Raises OSError."""
        name = self._name(path)
        with self._turn() as index:
            etag = self._storage.write(f"{self._origin}/{name}", value)
            self._take(index, name, value, etag)

    def rm(self, path: str | list[str], recursive: bool = False, **_: Any) -> None:
        """Remove a file, in the storage first. Raises OSError."""
        if recursive or not isinstance(path, str):
            raise OSError(errno.ENOTSUP, "only single files are removed from a lake in object storage", str(path))
        name = self._name(path)
        with self._turn() as index:
            self._storage.remove([f"{self._origin}/{name}"])
            self._drop(index, name)

    rm_file = rm

    def _open(self, path: str, mode: str = "rb", block_size: int | None = None, **options: Any) -> Any:
        if mode != "rb":
            raise OSError(errno.EROFS, "files of a lake in object storage are written whole", path)
        return super()._open(path, mode, block_size, **options)

    def refresh(self) -> None:
        """Fetch what is new in the storage, and remove what is there no more. Raises OSError."""
        began = time.monotonic()
        with self._turn() as index:
            there = self._storage.entries(self._origin)
            here = self._known(index)
            for name in here.keys() - there.keys():
                self._drop(index, name)
            wanted = {f"{self._origin}/{name}": name for name, entry in there.items() if here.get(name) != entry}
            for path, content, etag in self._storage.read_many(sorted(wanted)):
                self._take(index, wanted[path], content, etag)
            for stray in self._files().keys() - there.keys():
                (self._copy / stray).unlink()
        self.refreshed_at = began

    # --- the copy and its index

    def _name(self, path: str) -> str:
        return Path(self._strip_protocol(path)).relative_to(self._copy).as_posix()

    @contextmanager
    def _turn(self) -> Iterator[sqlite3.Connection]:
        """The index, while nobody else changes the copy."""
        self._copy.mkdir(parents=True, exist_ok=True, mode=0o750)
        with FileLock(self._copy.with_name(_LOCK)), closing(self._opened()) as index:
            yield index

    def _opened(self) -> sqlite3.Connection:
        """What the copy's files were made from; begun anew where it is damaged, or of another make."""
        path = self._copy.with_name(_INDEX)
        for _ in range(2):
            index = sqlite3.connect(path, isolation_level=None)
            try:
                # Each file is put in its place before it is noted: an index that lags behind only costs a fetch.
                index.execute("pragma synchronous = off")
                (made,) = index.execute("pragma user_version").fetchone()
                if made == 0:
                    index.execute(
                        "create table if not exists file "
                        "(name text primary key, size integer, etag text, mtime_ns integer) without rowid"
                    )
                    index.execute(f"pragma user_version = {_FORMAT}")
                if made in (0, _FORMAT):
                    return index
            except sqlite3.DatabaseError:
                pass
            index.close()
            path.unlink(missing_ok=True)
        raise OSError(errno.EIO, "the index of the lake's copy cannot be made", str(path))

    def _files(self) -> dict[str, tuple[int, int]]:
        """The copy's files, with their sizes and times."""
        found = {}
        for place, _, names in os.walk(self._copy):
            for name in names:
                path = os.path.join(place, name)
                about = os.stat(path)
                found[os.path.relpath(path, self._copy).replace(os.sep, "/")] = about.st_size, about.st_mtime_ns
        return found

    def _known(self, index: sqlite3.Connection) -> dict[str, Entry]:
        """What stands in the copy as it was fetched; a file that was touched is not, and a note without one neither."""
        files = self._files()
        known = {}
        for name, size, etag, mtime_ns in index.execute("select name, size, etag, mtime_ns from file").fetchall():
            if files.get(name) == (size, mtime_ns):
                known[name] = Entry(size, etag)
        return known

    def _take(self, index: sqlite3.Connection, name: str, content: bytes, etag: str) -> None:
        path = self._copy / name
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = storage.temporary_beside(path)
        # Not synced: what a power cut harms here is fetched again.
        temporary.write_bytes(content)
        temporary.replace(path)
        about = path.stat()
        index.execute("insert or replace into file values (?, ?, ?, ?)", [name, about.st_size, etag, about.st_mtime_ns])

    def _drop(self, index: sqlite3.Connection, name: str) -> None:
        (self._copy / name).unlink(missing_ok=True)
        index.execute("delete from file where name = ?", [name])


fsspec.register_implementation(storage.MIRROR, MirrorFileSystem, clobber=True)
register_implementation(storage.MIRROR, FilePath, clobber=True)


def mirrored(origin: UPath, copy: Path) -> UPath:
    """The folder `origin` of object storage, read from the folder `copy` of this machine.

    The first call in a process brings the copy up to date, and so does one that comes a while later, unless
    this process keeps all others from changing the lake. Raises OSError.
    """
    path = UPath(f"{storage.MIRROR}://{copy}", origin=origin.path, copy=str(copy))
    refreshed_at = path.fs.refreshed_at
    if refreshed_at is None or (not lease.is_held() and time.monotonic() - refreshed_at > GOOD_FOR_SECONDS):
        path.fs.refresh()
    return path


def refresh(path: UPath, since: float | None = None) -> None:
    """Bring the copy that `path` lies in up to date; not where it was since a moment of the monotonic clock.

    Raises OSError.
    """
    refreshed_at = path.fs.refreshed_at
    if since is None or refreshed_at is None or refreshed_at < since:
        path.fs.refresh()
