"""What passes by itself, and is worth trying again a little later; everything else fails at once.

A contract that is wrong, an audit that fails or a full disk are as they are until somebody acts: trying
again would only delay the alert. No Dagster here: `assets/resource.py` turns this into its retries.
"""

import errno

from orchestration.lock import BusyError

PASSING_SECONDS = (5.0, 20.0, 80.0)
"""How long is waited before each further attempt after a disk, a network or a server failed for a moment."""
BUSY_SECONDS = (30.0, 120.0, 480.0, 1200.0)
"""The same where another load is at work, which may last."""

_PASSING = frozenset(
    {
        *(errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.EIO, errno.ESTALE, errno.ETIMEDOUT),
        *(errno.ECONNABORTED, errno.ECONNREFUSED, errno.ECONNRESET, errno.EPIPE),
        *(errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETRESET, errno.ENETUNREACH, errno.ENOTCONN),
    }
)
_PASSING_CLASSES = {
    "psycopg2": {"OperationalError", "InterfaceError"},
    "sqlalchemy": {"OperationalError", "InterfaceError", "TimeoutError"},
    "botocore": {"ConnectionError", "HTTPClientError"},
}
"""By their packages, which need not be installed: classes that say that a server could not be reached."""


def seconds_until_next(error: BaseException, attempt: int) -> float | None:
    """How long to wait before trying again after `attempt` retries; None where that helps nothing, or no more."""
    waits = BUSY_SECONDS if isinstance(error, BusyError) else PASSING_SECONDS if passes(error) else ()
    return waits[attempt] if attempt < len(waits) else None


def passes(error: BaseException) -> bool:
    """Whether an error, or what caused it, is one of a disk, a network or a server that may be back in a moment."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, TimeoutError) or (isinstance(cause, OSError) and cause.errno in _PASSING):
            return True
        for ancestor in type(cause).__mro__:
            if ancestor.__name__ in _PASSING_CLASSES.get(ancestor.__module__.partition(".")[0], ()):
                return True
        cause = cause.__cause__
    return False
