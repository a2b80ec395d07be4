"""The archive: received files, unchanged and read-only, named by their content.

`archive/received=<date>/<sha256><suffix>`. A file that is in the archive is never written again.
"""

import contextlib
import datetime as dt
import errno
import hashlib
import os
import re
import stat
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from upath import UPath

from orchestration import storage

_CHUNK = 1024 * 1024
_SAFE_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


class ChangedWhileReadError(Exception):
    """The file was written to while it was being read."""


def open_source(folder: Path, path: str) -> BinaryIO:
    """The regular file `path` below `folder`, open for reading.

    Each part of the path is opened below the one before it and none of them may be a link, so that
    a folder exchanged for a link since the walk leads nowhere. Raises OSError.
    """
    *parents, name = PurePosixPath(path).parts
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for parent in parents:
            inner = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        # Without O_NONBLOCK, a pipe put in the file's place would be waited for.
        opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=descriptor)
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise OSError(errno.EINVAL, "it is not a regular file")
    return os.fdopen(opened, "rb")


def sha256(source: BinaryIO) -> str:
    """The SHA-256 of an open file, in hexadecimal."""
    digest = hashlib.sha256()
    source.seek(0)
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def store(source: BinaryIO, file_name: str, archive: UPath, received_date: dt.date, expected: str) -> str:
    """Copy `source` into the archive unless its content is there; returns the path in the archive.

    `file_name` gives the suffix and `expected` is the SHA-256 the copy must have. Raises
    ChangedWhileReadError when the file changed since it was hashed, OSError when the archive cannot
    be written.
    """
    suffix = PurePosixPath(file_name).suffix.lower()
    name = f"received={received_date.isoformat()}/{expected}{suffix if _SAFE_SUFFIX.fullmatch(suffix) else ''}"
    target = archive / name
    if target.exists():
        return name
    if not storage.is_local(target):
        source.seek(0)
        content = source.read()
        if hashlib.sha256(content).hexdigest() != expected:
            raise ChangedWhileReadError(file_name)
        storage.write_bytes(target, content)
        return name
    folder = Path(str(target.parent))
    folder.mkdir(parents=True, exist_ok=True)
    temporary = storage.temporary_beside(Path(str(target)))
    digest = hashlib.sha256()
    try:
        source.seek(0)
        with temporary.open("xb") as copy:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
        if unchanged := digest.hexdigest() == expected:
            temporary.chmod(0o444)
            temporary.replace(Path(str(target)))
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    if not unchanged:
        raise ChangedWhileReadError(file_name)
    storage.sync(folder)
    return name


def read(archive: UPath, archive_path: str) -> bytes:
    """The bytes that were received."""
    return storage.read_bytes(archive / archive_path)
