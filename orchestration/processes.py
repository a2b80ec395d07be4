"""Work on all cores: processes forked from a server that holds no threads, which end with whoever started them."""

import multiprocessing
import os
import re
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from multiprocessing.context import BaseContext, ForkServerContext
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")


def cores() -> int:
    """The cores that this process may use, which is not all that the machine has."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


_imported: frozenset[str] | None = None
"""What the process that others are forked from imports before the first of them; None where none was asked for yet."""


def prepare(modules: Sequence[str]) -> None:
    """Let the process start that others are forked from; it imports `modules` while this one does something else.

    Where it runs already, nothing happens.
    """
    if isinstance(_context(modules), ForkServerContext):
        forkserver.ensure_running()


def give_back() -> None:
    """End the process that others are forked from, and with it what it imported; the next pool starts another.

    No pool may be open meanwhile: how its processes end would no longer be known.
    """
    global _imported
    # The library ends it in no other way while this process lives.
    forkserver._forkserver._stop()  # type: ignore[attr-defined]  # noqa: SLF001
    _imported = None


def is_prepared(module: str) -> bool:
    """Whether processes of a pool begin with that module imported."""
    return module in (_imported or ())


def pool(
    count: int, modules: Sequence[str] = (), begin: Callable[..., None] | None = None, given: tuple[Any, ...] = ()
) -> ProcessPoolExecutor:
    """A pool of `count` processes, which call `begin(*given)` before their first work.

    `modules` are imported before they begin, where the process that they are forked from does not run yet.
    """
    return _Pool(count, mp_context=_context(modules), initializer=_begin, initargs=(begin, given))


def submitted(pool: ProcessPoolExecutor, work: Callable[..., T], *given: Any) -> Future[T]:
    """`pool.submit`, where a pool of which a process died gives a future that says so: a BrokenProcessPool."""
    try:
        return pool.submit(work, *given)
    except BrokenProcessPool as error:
        future: Future[T] = Future()
        future.set_exception(error)
        return future


class _Pool(ProcessPoolExecutor):
    """A pool that ends also where a process died while another one was being started, and notes the memory it took.

    Python ends the processes that a broken pool has, and then waits for all, also for one that it has only since.
    """

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        global _peak
        for process in list((self._processes or {}).values()):
            _peak = max(_peak, _peak_of(process.pid))
            if self._broken:
                process.kill()
        super().shutdown(wait, cancel_futures=cancel_futures)


_peak = 0


def peak_bytes() -> int:
    """The most memory that one process of the pools held that have ended; 0 where the system does not tell.

    They are children of the server that they are forked from: of what the system counts of this process's own
    children they are no part.
    """
    return _peak


def _peak_of(pid: int | None) -> int:
    try:
        told = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    found = re.search(r"^VmHWM:\s*(\d+) kB$", told, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0


def _context(modules: Sequence[str]) -> BaseContext:
    # Never by fork: a load may hold threads (Dagster's, Arrow's), whose locks a forked child would wait for.
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    global _imported
    context = multiprocessing.get_context("forkserver")
    if _imported is None:
        # The command line is what every process would import by itself otherwise.
        _imported = frozenset(modules) | ({"orchestration.cli"} & sys.modules.keys())
        context.set_forkserver_preload(sorted(_imported))
    return context


def _begin(begin: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    threading.Thread(target=_leave_with_the_load, daemon=True).start()
    if begin is not None:
        begin(*given)


def _leave_with_the_load() -> None:
    """End this process when the one that gives it work is killed: nobody would ever call it again."""
    if (load := multiprocessing.parent_process()) is not None:
        load.join()
        os._exit(1)
