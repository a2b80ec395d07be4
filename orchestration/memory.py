"""How much memory a load takes: DuckDB's share of it, where DuckDB goes on beyond that, and giving back what was used.

A load works in batches and takes about as much whatever the night brings. Two things would break that: DuckDB, which by
itself takes up to four fifths of the machine before it uses the disk, and what allocators keep of what a room has done
with.
"""

import contextlib
import ctypes
import gc
import itertools
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

SHARE_MEGABYTES = 512
"""What one connection of a load takes before it goes on in files: enough that the marts of a million observations are
sorted and copied as fast as with all of the machine's memory."""
_OF_FILE = 0.5
"""Whoever reads a file has at least this part of its size: not every step can go on in files. Of a release of a million
observations, copying its marts needs less than 0.2, making the public part or exporting that less than 0.5; drawing all
of it at once, which is done in parts where there are several cores, more than 0.5 and less than 0.9."""
_BUILDING_MEGABYTES, _OBSERVATIONS = 800, 1_000_000
"""Building the warehouse takes so much, and once more for each so many observations; 520 MB have been too little."""
_SPILL = "HASILA_SPILL"
_LEAST_MEGABYTES = 64
_WORTH_MEGABYTES = 768
"""A load has some 600 without anything in work."""


def spill_into(folder: Path) -> None:
    """From now on connections of this process, and of those that it starts, go on in files in `folder`."""
    os.environ[_SPILL] = str(folder)


def connect(database: Path, *, least: int = SHARE_MEGABYTES) -> "duckdb.DuckDBPyConnection":
    """A connection to the file `database`, read-only, that keeps to its share: megabytes, `least` for a small file.

    Raises duckdb.Error.
    """
    return _connect(str(database), database, least, read_only=True)


def connect_beside(
    database: Path, *, least: int = SHARE_MEGABYTES, threads: int | None = None
) -> "duckdb.DuckDBPyConnection":
    """As `connect`, to a database in memory, for one that attaches `database`.

    `threads` are those that work at once, else one a core: each takes memory of its own.
    """
    connection = _connect(":memory:", database, least, read_only=False)
    if threads is not None:
        connection.execute(f"set threads = {threads}")
    return connection


@contextmanager
def with_most(*, wanted: bool = True) -> Iterator[None]:
    """Connections that this process makes meanwhile may take the most there is: for work that ran out of its share."""
    global _has_most
    before, _has_most = _has_most, wanted
    try:
        yield
    finally:
        _has_most = before


def has_most() -> bool:
    """Whether connections may take the most there is: other processes that do a part of the work are to be told."""
    return _has_most


_has_most = False


def _connect(name: str, reads: Path, least: int, *, read_only: bool) -> "duckdb.DuckDBPyConnection":
    import duckdb

    try:
        size = reads.stat().st_size // 2**20
    except OSError:
        # DuckDB says what is wrong with it.
        size = 0
    share = most_megabytes() if _has_most else min(max(least, int(_OF_FILE * size)), most_megabytes())
    config: dict[str, str | bool | int | float | list[str]] = {"memory_limit": f"{share}MiB"}
    if spill := os.environ.get(_SPILL):
        # DuckDB's files have the same names in every process: two that share a folder destroy each other's.
        Path(spill).mkdir(parents=True, exist_ok=True)
        config["temp_directory"] = str(Path(spill) / uuid.uuid4().hex)
    return duckdb.connect(name, read_only=read_only, config=config)


def forget_read(connection: "duckdb.DuckDBPyConnection") -> None:
    """Let a connection give back the parts of its file that it keeps in memory; it reads them again where it must."""
    import duckdb

    (share,) = connection.execute("select current_setting('memory_limit')").fetchall()[0]
    # Where it cannot do with so little at the moment, it keeps what it has.
    with contextlib.suppress(duckdb.Error):
        connection.execute(f"set memory_limit = '{_LEAST_MEGABYTES}MiB'")
    connection.execute(f"set memory_limit = '{share}'")


def most_megabytes() -> int:
    """What one connection may take at most: half of what the machine has, or of what a load may have of it.

    A service or a container may have less (`MemoryMax`, `mem_limit`): beyond that the system kills it.
    """
    has = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([has, *_group_limits(Path("/"))]) // 2**21


def _group_limits(root: Path) -> Iterator[int]:
    """The limits, in bytes, of the control groups that this process is in, in the file system `root`."""
    try:
        groups = (root / "proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    mounted = root / "sys/fs/cgroup"
    for line in groups:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            # Version 2, alone or beside version 1.
            tops, name = [mounted, mounted / "unified"], "memory.max"
        elif "memory" in controllers.split(","):
            tops, name = [mounted / "memory"], "memory.limit_in_bytes"
        else:
            continue
        group = PurePosixPath(path.lstrip("/"))
        # A container may see its own group as the top one, though it is told the name that the machine has for it.
        for top, part in itertools.product(tops, (group, *group.parents)):
            with contextlib.suppress(OSError, ValueError):
                yield int((top / part / name).read_text(encoding="ascii"))


def building_megabytes(observations: int) -> int:
    """What building the warehouse of so many observations takes before it uses the disk."""
    return min(_BUILDING_MEGABYTES * max(observations, _OBSERVATIONS) // _OBSERVATIONS, most_megabytes())


def give_back() -> None:
    """Return to the system what earlier work is done with. What cannot be returned stays."""
    _return_unused()
    if _resident_megabytes() >= _WORTH_MEGABYTES:
        # Looking for cycles among all that was imported takes a quarter of a second, which a small night would feel.
        gc.collect()
        _return_unused()


def _return_unused() -> None:
    """Have the allocators return what they keep for later."""
    if (arrow := sys.modules.get("pyarrow")) is not None:
        arrow.default_memory_pool().release_unused()
    # Only the C library of most Linux systems has it.
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)


def _resident_megabytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20
