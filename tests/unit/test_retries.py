"""What is tried again, and what fails at once."""

import errno
from itertools import pairwise

import pytest

from orchestration import retries
from orchestration.lock import BusyError
from orchestration.read.contracts import ContractError
from orchestration.release.publish import UnknownReleaseError


class OperationalError(Exception):
    """As a driver of PostgreSQL names it."""


OperationalError.__module__ = "psycopg2.errors"


def caused_by(cause: BaseException) -> Exception:
    """An error of ours that something else led to."""
    error = RuntimeError("it broke")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.EIO, "Input/output error"),
        OSError(errno.ESTALE, "Stale file handle"),
        ConnectionResetError(errno.ECONNRESET, "reset"),
        TimeoutError("a server said nothing"),
        OperationalError("server closed the connection unexpectedly"),
        caused_by(OSError(errno.ENETUNREACH, "Network is unreachable")),
    ],
)
def test_what_passes_is_tried_again_some_times_each_later_than_the_one_before(error: Exception) -> None:
    waits = [retries.seconds_until_next(error, attempt) for attempt in range(5)]
    given = [wait for wait in waits if wait is not None]
    assert given == list(retries.PASSING_SECONDS)
    assert waits[len(given) :] == [None] * (5 - len(given))
    assert all(later > earlier for earlier, later in pairwise(given))


def test_another_load_is_waited_for_longer() -> None:
    waits = [retries.seconds_until_next(BusyError("somebody"), attempt) for attempt in range(4)]
    assert waits == list(retries.BUSY_SECONDS)
    assert retries.seconds_until_next(BusyError("somebody"), 4) is None


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        PermissionError(errno.EACCES, "Permission denied"),
        FileNotFoundError(errno.ENOENT, "No such file"),
        ContractError([]),
        UnknownReleaseError("20200101T000000Z"),
        ValueError("no number"),
        MemoryError(),
    ],
)
def test_what_somebody_must_mend_fails_at_once(error: Exception) -> None:
    assert retries.seconds_until_next(error, 0) is None
