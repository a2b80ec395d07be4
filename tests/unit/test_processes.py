"""A pool of processes ends, whatever becomes of its processes."""

import contextlib
import os
import time
from concurrent.futures.process import BrokenProcessPool

import pytest

from orchestration import processes


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
