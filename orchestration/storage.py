"""Files that are whole or not there.

Everything hasila writes goes through here: bytes or tables, to a local folder or to object
storage. A reader never meets half a file, and what was reported written survives a crash.
"""

import contextlib
import io
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
from upath import UPath

TEMPORARY_PREFIX = ".writing-"
MIRROR = "mirror"
"""The protocol of a folder that is read from its copy on this machine (`mirror`)."""
_SYNCED_AT_ONCE = 8

# By name: what is needed for it is imported by those who have object storage.
fsspec.register_implementation("s3", "orchestration.object_storage.ObjectStorage", clobber=True)


def is_local(path: UPath | Path) -> bool:
    """Whether `path` lies in the machine's own file system."""
    return getattr(path, "protocol", "") in ("", "file", "local")


def on_this_machine(path: UPath | Path) -> Path:
    """Where a local file, or the copy of one, lies: for what can read nothing but files.

    Raises ValueError for a path that this machine has no copy of.
    """
    if is_local(path):
        return Path(str(path))
    if not _is_mirrored(path):
        raise ValueError(f"{path} is not on this machine")
    return Path(UPath(path).path)


def _is_mirrored(path: UPath | Path) -> bool:
    return getattr(path, "protocol", "") == MIRROR


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, survive a power cut (a rename is only durable after this)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_all(paths: Iterable[Path]) -> None:
    """`sync` many, several at once: a disk takes them in one go, and one after the other each waits for it anew.

    Raises OSError.
    """
    with ThreadPoolExecutor(_SYNCED_AT_ONCE) as pool:
        for _ in pool.map(sync, paths):
            pass


def temporary_beside(path: Path) -> Path:
    """A new name beside `path` to write to before it is renamed; it tells which process writes."""
    return path.with_name(f"{TEMPORARY_PREFIX}{os.getpid()}-{secrets.token_hex(8)}")


def clear_temporaries(folder: UPath | Path) -> int:
    """Remove what processes of this machine that are no more left unfinished below `folder`; returns how much."""
    if not is_local(folder):
        return 0
    cleared = 0
    for place, _, names in os.walk(str(folder)):
        for name in names:
            if name.startswith(TEMPORARY_PREFIX) and not is_alive(name.removeprefix(TEMPORARY_PREFIX).split("-")[0]):
                with contextlib.suppress(OSError):
                    os.unlink(os.path.join(place, name))
                    cleared += 1
    return cleared


def is_alive(process: str) -> bool:
    """Whether a process of that number runs on this machine."""
    if not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def write_bytes(path: UPath | Path, content: bytes, *, mode: int | None = None) -> None:
    """Write `content` to `path` whole: beside it first, synced, then renamed over it.

    On object storage a single put is whole by itself. Raises OSError (a full disk, a read-only
    folder) and leaves what stood at `path` as it was.
    """
    if not is_local(path):
        UPath(path).fs.pipe_file(UPath(path).path, content)
        return
    local = Path(str(path))
    local.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_beside(local)
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(local)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync(local.parent)


def read_bytes(path: UPath | Path) -> bytes:
    """The content of a file, which object storage gives in one answer. Raises OSError."""
    return bytes(path.read_bytes() if is_local(path) else UPath(path).fs.cat_file(UPath(path).path))


def write_text(path: UPath | Path, text: str) -> None:
    """`write_bytes` of UTF-8 text."""
    write_bytes(path, text.encode("utf-8"))


def link(source: UPath | Path, target: UPath | Path) -> None:
    """Have the file `source` at `target` too, where there is none: as a hard link, or copied where that cannot be.

    For files that are only ever replaced whole: then neither name sees a change of the other. Raises OSError.
    """
    if is_local(target) and (is_local(source) or _is_mirrored(source)):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(on_this_machine(source), str(target))
        except OSError:
            # Another file system, or one without links.
            pass
        else:
            return
    write_bytes(target, read_bytes(source))


def write_table(path: UPath | Path, table: pa.Table) -> None:
    """Write an Arrow table as one Parquet file, whole.

    The bytes depend on the rows alone, so that rereading a day gives an identical file.
    """
    write_tables(path, table.schema, [table])


def write_tables(path: UPath | Path, schema: pa.Schema, tables: Iterable[pa.Table]) -> None:
    """Write Arrow tables one after the other as one Parquet file, whole; only one of them need be in memory at a time.

    Each is at least one row group of its own, where it has rows.
    """
    buffer = io.BytesIO()
    with pq.ParquetWriter(buffer, schema, compression="zstd", version="2.6", store_schema=False) as writer:
        for table in tables:
            writer.write_table(table)
    write_bytes(path, buffer.getvalue())


def read_table(path: UPath | Path, schema: pa.Schema) -> pa.Table:
    """The columns of `schema` of the Parquet file at `path`. Raises KeyError where it lacks one."""
    with path.open("rb") as file:
        # pq.read_table would import pandas, which a night without news has no use for.
        return pq.ParquetFile(file).read(columns=schema.names).select(schema.names).cast(schema)


def read_columns(path: UPath | Path, names: Iterable[str]) -> pa.Table:
    """Some columns of the Parquet file at `path`, as they were written."""
    with path.open("rb") as file:
        return pq.ParquetFile(file).read(columns=list(names)).select(list(names))


def read_rows(path: UPath | Path, names: Sequence[str], rows: range) -> pa.Table:
    """Some columns of some rows, one after the other, of the Parquet file at `path`; only their row groups are read."""
    with path.open("rb") as file:
        parquet = pq.ParquetFile(file)
        groups: list[int] = []
        first = before = 0
        for group in range(parquet.num_row_groups):
            count = parquet.metadata.row_group(group).num_rows
            if first < rows.stop and first + count > rows.start:
                before = before if groups else first
                groups.append(group)
            first += count
        table = parquet.read_row_groups(groups, columns=list(names)).select(list(names))
    return table.slice(rows.start - before, len(rows))


def listing(folder: UPath | Path) -> Iterator[tuple[Path, str]]:
    """Every finished file below `folder`, or its copy, with a text that changes when another one takes its place."""
    # Years of days are tens of thousands of files: the system's own listing is ten times as fast.
    for place, folders, names in os.walk(on_this_machine(folder)):
        folders.sort()
        for name in sorted(names):
            if not name.startswith(TEMPORARY_PREFIX):
                path = Path(place, name)
                about = path.stat()
                yield path, f"{about.st_size} {about.st_mtime_ns} {about.st_ino}"
