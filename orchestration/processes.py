"""Work on all cores: processes forked from a server that holds no threads, which end with whoever started them."""

import multiprocessing
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import BaseContext
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
    _context(modules)


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
    # Who is started in the background of a shell is deaf to Ctrl-C, and so are those that work for it.
    hears = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    return _Pool(count, mp_context=_context(modules), initializer=_begin, initargs=(begin, given, hears))


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
            _peak = max(_peak, peak_of(process.pid))
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


def peak_of(pid: int | None) -> int:
    """The most memory, in bytes, that a running process held so far; 0 where the system does not tell."""
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
        _start_server()
    return context


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """What is started meanwhile does not hear Ctrl-C, which reaches it too, and so has nothing to say of it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # Held back, not ignored: this process hears it afterwards.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_server() -> None:
    # Beside it Python starts what looks after semaphores, which would tell the terminal of those that a process held
    # when it was ended.
    sys.warnoptions.append(_NO_WORD)
    try:
        # By itself, as it lets signals through that were held back before.
        resource_tracker.ensure_running()
        with deaf_to_ctrl_c():
            forkserver.ensure_running()
    finally:
        sys.warnoptions.remove(_NO_WORD)


_NO_WORD = "ignore:resource_tracker"


def _begin(begin: Callable[..., None] | None, given: tuple[Any, ...], hears: bool) -> None:
    # Ctrl-C ends this process without a word, too: the one that gives it work says what there is to say.
    signal.signal(signal.SIGINT, signal.SIG_DFL if hears else signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_leave_with_the_load, daemon=True).start()
    if begin is not None:
        begin(*given)


def _leave_with_the_load() -> None:
    """End this process when the one that gives it work is killed: nobody would ever call it again."""
    if (load := multiprocessing.parent_process()) is not None:
        load.join()
        os._exit(1)
