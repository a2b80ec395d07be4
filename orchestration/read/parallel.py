"""Reading on all cores: files are dealt out to processes that know contracts and registers already.

What comes back is what the next room takes anyway, rows as an Arrow table and reports as they are
stored: thousands of row objects cost more to send than to read. A file that kills the process that
reads it (a parser's crash, the system's memory killer) is FILE_CORRUPT, one that takes more than its
time inside a parser that nobody can interrupt is FILE_TOO_SLOW, and all others load.
"""

import gc
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pyarrow as pa
from upath import UPath

from orchestration import processes
from orchestration.findings import Finding
from orchestration.read import candidates
from orchestration.read.candidates import Batch, ReadReport
from orchestration.read.contracts import Contract
from orchestration.read.formats.document import Limits
from orchestration.read.reference import Reference
from orchestration.read.room import Reading, read_report
from orchestration.receive import archive
from orchestration.receive.receipts import Receipt

FEWEST = 24
"""Below this many files a process costs more to start (its imports) than it saves."""
_LARGE_BYTES = 8 * 1024 * 1024  # a larger file is read where it can be stopped
_CHUNK_FILES = 16
# What each process would import by itself at its first file; pyarrow imports pandas for the first array it makes.
_MODULES = (
    *(__name__, "orchestration.read.formats.workbook", "orchestration.read.formats.xlsx_survey"),
    *("orchestration.read.formats.ods_survey", "orchestration.read.formats.delimited"),
    *("orchestration.read.formats.dhis2", "orchestration.read.formats.kobo"),
    *("charset_normalizer", "pandas"),
)
_CHUNK_BYTES = 4 * 1024 * 1024


def read_batches(
    received: Iterable[Receipt],
    archive_folder: UPath,
    contracts: Sequence[Contract],
    reference: Reference,
    limits: Limits,
    *,
    count: int | None = None,
    read: Callable[..., Reading] = read_report,
) -> Iterator[Batch]:
    """Read each received file from the archive, in order, as `room.read_reports` does one by one.

    `count` is that of processes, the number of cores where it is not given; 1 reads in this process, as do few
    files that are small.
    Raises OSError when the archive cannot be read.
    """
    waiting = list(received)
    at_most = count if count is not None else processes.cores()
    desk = _Desk(archive_folder, contracts, reference, limits, read)
    chunks = _chunks(waiting)
    is_little = len(waiting) < FEWEST and all(receipt.size_bytes <= _LARGE_BYTES for receipt in waiting)
    if at_most <= 1 or (count is None and is_little):
        yield from (desk.batch(chunk) for chunk in chunks)
        return
    yield from _dealt(desk, deque(chunks), min(at_most, max(1, len(waiting))))


def _chunks(waiting: Sequence[Receipt]) -> Iterator[list[Receipt]]:
    """Neighbouring receipts, so many that their dealing costs little and so few that no core waits long."""
    chunk: list[Receipt] = []
    size = 0
    for receipt in waiting:
        if chunk and (len(chunk) >= _CHUNK_FILES or size + receipt.size_bytes > _CHUNK_BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(receipt)
        size += receipt.size_bytes
    if chunk:
        yield chunk


class _Desk:
    """All that reading needs, handed to a process once."""

    def __init__(
        self,
        archive_folder: UPath,
        contracts: Sequence[Contract],
        reference: Reference,
        limits: Limits,
        read: Callable[..., Reading],
    ):
        self._archive = archive_folder
        self._contracts = tuple(contracts)
        self._reference = reference
        self.limits = limits
        self._read = read

    def batch(
        self, receipts: Sequence[Receipt], around: Callable[[Limits], AbstractContextManager[None]] | None = None
    ) -> Batch:
        """The receipts' files read; `around` is entered for each file."""
        # Rows by the ten thousand and no cycles among them: the collector would look through them in vain.
        collects = gc.isenabled()
        gc.disable()
        try:
            readings = []
            for receipt in receipts:
                with around(self.limits) if around else nullcontext():
                    readings.append(self._reading(receipt))
            return candidates.batch_of(readings)
        finally:
            if collects:
                gc.enable()

    def _reading(self, receipt: Receipt) -> Reading:
        # What is too large to be opened is not brought into memory either.
        fits = receipt.size_bytes <= self.limits.file_bytes
        content = archive.read(self._archive, receipt.archive_path) if fits else b""
        return self._read(receipt, content, self._contracts, self._reference, self.limits)


_desk: _Desk | None = None


def _sit_down(desk: _Desk) -> None:
    global _desk
    _desk = desk


@contextmanager
def _stopped_when_late(limits: Limits) -> Iterator[None]:
    """The system ends this process when a file takes more than its share of the processor's time.

    A parser in native code cannot be interrupted in another way; whoever can says so before.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, limits.seconds * 1.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _batch(receipts: Sequence[Receipt]) -> tuple[tuple[ReadReport, ...], pa.Buffer]:
    """Runs in a reading process."""
    if _desk is None:
        raise RuntimeError("this process was started without its contracts")
    batch = _desk.batch(receipts, around=_stopped_when_late)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, candidates.SCHEMA) as stream:
        stream.write_table(batch.rows)
    return batch.reports, sink.getvalue()


def _unpacked(packed: tuple[tuple[ReadReport, ...], pa.Buffer]) -> Batch:
    reports, buffer = packed
    return Batch(reports, pa.ipc.open_stream(buffer).read_all())


def _dealt(desk: _Desk, chunks: deque[list[Receipt]], count: int) -> Iterator[Batch]:
    """The chunks' batches in order, read by `count` processes.

    When one of them dies, nobody knows which of the files then being read killed it: those are
    read again one by one, each in a pool of one process, and the rest goes on as before.
    """
    pool = _pool(desk, count)
    ahead = 2 * count  # chunks dealt out but not taken back: no core waits, and memory stays bounded
    dealt: deque[tuple[list[Receipt], Future[tuple[tuple[ReadReport, ...], pa.Buffer]]]] = deque()
    try:
        while chunks or dealt:
            is_broken = False
            try:
                while chunks and len(dealt) < ahead:
                    dealt.append((chunks[0], pool.submit(_batch, chunks[0])))
                    chunks.popleft()
            except BrokenProcessPool:
                is_broken = True
            if dealt and not is_broken:
                _, future = dealt[0]
                try:
                    packed = future.result()
                except BrokenProcessPool:
                    is_broken = True
                else:
                    dealt.popleft()
                    yield _unpacked(packed)
            if is_broken:
                pool.shutdown(wait=False, cancel_futures=True)
                yield from _one_by_one(desk, dealt)
                dealt.clear()
                pool = _pool(desk, count)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _one_by_one(
    desk: _Desk, dealt: Iterable[tuple[list[Receipt], Future[tuple[tuple[ReadReport, ...], pa.Buffer]]]]
) -> Iterator[Batch]:
    pool = _pool(desk, 1)
    try:
        for chunk, future in dealt:
            if future.done() and not future.cancelled() and future.exception() is None:
                yield _unpacked(future.result())
                continue
            for receipt in chunk:
                start = time.monotonic()
                try:
                    yield _unpacked(pool.submit(_batch, [receipt]).result())
                except BrokenProcessPool:
                    yield _killed(receipt, time.monotonic() - start, desk.limits.seconds)
                    pool.shutdown(wait=False)
                    pool = _pool(desk, 1)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _killed(receipt: Receipt, took: float, limit: float) -> Batch:
    """What is said of a file whose reader did not survive it."""
    if took > limit:
        finding = Finding("FILE_TOO_SLOW", found=f"> {limit:g} s", expected=f"{limit:g} s")
    else:
        finding = Finding("FILE_CORRUPT", found="×", expected="–")
    reading = Reading(receipt, state="unreadable", findings=[finding])
    return Batch((candidates.report_of(reading),), candidates.SCHEMA.empty_table())


def modules_for(files: int) -> tuple[str, ...]:
    """What is to be imported before the processes that read so many files are forked; nothing where none are."""
    return _MODULES if files >= FEWEST and processes.cores() > 1 else ()


def _pool(desk: _Desk, count: int) -> ProcessPoolExecutor:
    return processes.pool(count, _MODULES, _sit_down, (desk,))
