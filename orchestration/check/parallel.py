"""Judging on all cores, and outside of the load's process: it ends without what Great Expectations and frames take.

What judges one family comes from the caller. A night of few reports is judged in processes that begin with what judging
imports, where the load had that imported meanwhile; else in the load's own. A family whose process dies (the system's
memory killer, say) is judged once more by itself; where that process dies too, nobody judges it, and all others are
judged.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import redirect_stderr
from typing import Any

from orchestration import processes
from orchestration.check.room import MOST_ROWS

FEWEST_ROWS = 5_000
"""Of fewer candidate rows, all families together, a process costs more to start (its imports) than it saves."""
_FEW_FILES, _FEW_BYTES = 200, 8 * 1024 * 1024
"""Of more, importing is little beside judging, and the memory of what is imported is better not held all night."""
_PREPARED = "orchestration.check.prepared"
_ROWS_AT_ONCE = 40_000
"""So many rows are judged at once, in all processes together: a row takes up to ten kilobytes."""
_ROWS_HELD = 60_000
"""So many rows of all families that are judged side by side are held: until its family is written, a row takes some
kilobytes, also when it has been judged. A load that judged two families of 60,000 at once passed 2 GB."""

Summary = dict[str, Any]
Judge = Callable[[str], Summary]
"""Judges the family of a name; what it prints is for the log."""


def processes_for(rows: Mapping[str, int]) -> int:
    """How many processes are worth it for families of so many candidate rows; 0 where they are judged in this one."""
    if not rows or (sum(rows.values()) < FEWEST_ROWS and not processes.is_prepared(_PREPARED)):
        return 0
    largest = max(1, *rows.values())
    fitting = min(_ROWS_AT_ONCE // min(largest, MOST_ROWS), _ROWS_HELD // largest)
    return max(1, min(processes.cores(), len(rows), fitting))


def modules_for(sizes: Sequence[int]) -> tuple[str, ...]:
    """What is to be imported, files of so many bytes being new, before processes that judge are forked."""
    is_few = len(sizes) <= _FEW_FILES and sum(sizes) <= _FEW_BYTES
    return (_PREPARED,) if is_few and processes.cores() > 1 else ()


def judged(families: Sequence[str], judge: Judge, count: int) -> Iterator[tuple[str, Summary | None, str]]:
    """Judge families in `count` processes: each, in their order, with its summary and what was printed.

    There is no summary where its process died. `judge` is handed to every process once. Raises what `judge` raises.
    """
    pool = processes.pool(count, (__name__,), _sit_down, (judge,))
    try:
        dealt = [(family, processes.submitted(pool, _judge, family)) for family in families]
        for family, future in dealt:
            try:
                outcome: tuple[Summary | None, str] = future.result()
            except BrokenProcessPool:
                outcome = _by_itself(family, judge)
            yield family, *outcome
    finally:
        pool.shutdown(cancel_futures=True)


def _by_itself(family: str, judge: Judge) -> tuple[Summary | None, str]:
    with processes.pool(1, (__name__,), _sit_down, (judge,)) as pool:
        try:
            return pool.submit(_judge, family).result()
        except BrokenProcessPool:
            return None, ""


_seated: Judge | None = None


def _sit_down(judge: Judge) -> None:
    global _seated
    _seated = judge


def _judge(family: str) -> tuple[Summary, str]:
    """Runs in a judging process."""
    if _seated is None:
        raise RuntimeError("this process was started without what it judges by")
    # The load's log is a stream of its process alone.
    with redirect_stderr(io.StringIO()) as printed:
        return _seated(family), printed.getvalue()
