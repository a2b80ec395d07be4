"""A pool of processes ends, whatever becomes of its processes."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from orchestration import metrics, processes
from tests.helpers import PROJECT


class Slow:
    """Something to begin with that takes a process its time."""

    def __getstate__(self) -> bool:
        return True

    def __setstate__(self, state: bool) -> None:
        time.sleep(1)


def given(*_: object) -> None: ...


def test_a_pool_ends_where_a_process_dies_while_another_is_being_started() -> None:
    # More than a pipe holds: whoever starts a process waits until it has read that.
    with processes.pool(2, (), given, (Slow(), bytes(1_000_000))) as pool:
        dead = pool.submit(os.abort)
        with contextlib.suppress(BrokenProcessPool):
            pool.submit(time.sleep, 0)
        with pytest.raises(BrokenProcessPool):
            dead.result()


def test_a_pool_whose_processes_live_is_waited_for() -> None:
    with processes.pool(1) as pool:
        slow = pool.submit(time.sleep, 0.2)
    assert slow.done()
    assert slow.exception() is None


def holds(size: int) -> int:
    return len(b"x" * size)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not tell what a process held")
def test_the_memory_that_a_process_held_is_told_when_its_pool_has_ended() -> None:
    before = processes.peak_bytes()
    with processes.pool(1) as pool:
        assert pool.submit(holds, 2**29).result() == 2**29
        assert processes.peak_bytes() == before
    assert max(before, 2**29) <= processes.peak_bytes() < 2**31
    assert metrics.peak_memory()["children"] >= processes.peak_bytes()


_PREPARED = """
import os
import sys
from multiprocessing import forkserver
from orchestration import processes

def imported(name):
    return name in sys.modules

if __name__ == "__main__":
    processes.prepare(["colorsys", "no_such_module"])
    processes.prepare(["mailbox"])
    with processes.pool(1) as pool:
        found = [pool.submit(imported, name).result() for name in ("colorsys", "mailbox")]
    print(found, [processes.is_prepared(name) for name in ("colorsys", "mailbox")])
    server = forkserver._forkserver._forkserver_pid
    processes.give_back()
    processes.give_back()
    print(os.path.exists(f"/proc/{server}"), processes.is_prepared("colorsys"))
    with processes.pool(1, ["mailbox"]) as pool:
        print([pool.submit(imported, name).result() for name in ("colorsys", "mailbox")])
"""


def test_processes_begin_with_what_was_imported_while_something_else_was_done(tmp_path: Path) -> None:
    """In a process of its own: the one that others are forked from is started once, until it is given back."""
    script = tmp_path / "prepared.py"
    script.write_text(_PREPARED, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        check=True,
        timeout=120,
    )
    assert done.stdout.splitlines() == ["[True, False] [True, False]", "False False", "[False, True]"]


def test_ctrl_c_that_comes_while_helpers_are_started_is_heard_afterwards() -> None:
    """Ignored, it would be lost, and the load would go on."""
    reached = []
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), processes.deaf_to_ctrl_c():
            signal.raise_signal(signal.SIGINT)
            reached.append("the end")
    finally:
        signal.signal(signal.SIGINT, before)
    assert reached == ["the end"]


@pytest.mark.parametrize(("handler", "said"), [("default_int_handler", "ended\n"), ("SIG_IGN", "went on\n")])
def test_a_process_that_ctrl_c_reaches_ends_without_a_word_where_whoever_started_it_hears_it(
    handler: str, said: str
) -> None:
    code = f"""
import signal
signal.signal(signal.SIGINT, signal.{handler})
from concurrent.futures.process import BrokenProcessPool
from orchestration import processes
with processes.pool(1) as pool:
    try:
        pool.submit(signal.raise_signal, signal.SIGINT).result()
        print("went on")
    except BrokenProcessPool:
        print("ended")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout, done.stderr) == (said, "")
