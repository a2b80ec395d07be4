"""A pool of processes ends, whatever becomes of its processes."""

import contextlib
import os
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from orchestration import metrics, processes


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
