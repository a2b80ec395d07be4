"""Answering after the release: a workbook in the outbox for every report that is new since the last one.

A report whose answer cannot be written is named in the summary and tried again by the next load; it
holds up nothing.
"""

import datetime as dt
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from upath import UPath

from orchestration import night, processes, storage
from orchestration.answer import outbox
from orchestration.answer.content import Answer, compose, language_of
from orchestration.answer.outbox import Entry
from orchestration.check import lake
from orchestration.read.formats.document import Limits
from orchestration.receive import receipts
from orchestration.receive.receipts import Receipt
from orchestration.settings import Settings

FEWEST = 48
"""Below this many answers a process costs more to start than it saves."""
_AHEAD = 16
"""So many answers of each process are composed before they are written."""
_LOCK_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Job:
    """One answer to be written: what it says, where the received file lies, and what was answered before."""

    answer: Answer
    archive_path: UPath
    size_bytes: int
    outbox: Path
    limits: Limits
    known: tuple[Entry, ...] = ()


def answer(settings: Settings, rulebook: night.Rulebook, *, count: int | None = None) -> dict[str, Any]:
    """Write the answers that are due; returns the room's summary. Raises nothing that a report causes."""
    night.begin(settings, "answer")
    watch = night.Stopwatch()
    written: list[tuple[str, str]] = []
    failed: list[dict[str, str]] = []
    reason = ""
    try:
        with outbox.held(settings.outbox, _LOCK_SECONDS):
            due, reread = _due(settings), _reread(settings)
            unwritten: set[tuple[str, str]] = set()
            for job, error in write_all(_jobs(settings, rulebook, due, reread), count=count):
                said = job.answer
                receipt = said.receipt_id, said.received_date.isoformat()
                if error:
                    failed.append(
                        {"organisation_code": said.organisation_code, "file_name": said.file_name, "reason": error}
                    )
                    unwritten.add(receipt)
                else:
                    written.append(receipt)
            # Those of reports that were only read again are not due yet.
            outbox.remember(settings.outbox, unwritten)
            outbox.forget(settings.outbox, due - unwritten)
            outbox.forget_days(settings.outbox, reread)
    except Exception as error:  # noqa: BLE001  whatever it is, the release stands and is told
        reason = f"{type(error).__name__}: {error}"
    summary = {"written": len(written), "failed": failed, "error": reason, "seconds": watch.seconds}
    night.write_summary(settings, "answer", summary)
    return summary


def _due(settings: Settings) -> set[tuple[str, str]]:
    """The receipts (id, received date) that are to be answered, or looked at whether they are."""
    news = {(receipt, day) for receipt, day in night.read_summary(settings, "news").get("receipts", ())}
    due = news | set(outbox.remembered(settings.outbox))
    outbox.remember(settings.outbox, due)
    return due


def _reread(settings: Settings) -> set[str]:
    """The days that this load, or one before it that did not come to its answers, read again."""
    days = {*night.read_summary(settings, "read").get("days", {}), *outbox.remembered_days(settings.outbox)}
    outbox.remember_days(settings.outbox, days)
    return days


def _jobs(settings: Settings, rulebook: night.Rulebook, due: set[tuple[str, str]], reread: set[str]) -> Iterator[Job]:
    """The answers to be written, one after the other: a night may bring more than memory holds."""
    limits = Limits(settings.max_file_bytes, settings.max_expanded_bytes, settings.max_cells)
    for text in sorted({day for _, day in due} | reread):
        day = dt.date.fromisoformat(text)
        received = {receipt.receipt_id: receipt for receipt in receipts.read_day(settings.lake, day)}
        answered: dict[str, dict[str, list[Entry]]] = {}
        for report, findings in lake.with_findings(settings.lake, day):
            receipt, code = received.get(report["receipt_id"]), report["organisation_code"]
            if code not in answered:
                answered[code] = outbox.of_day(settings.outbox, code, day)
            known = answered[code].get(report["receipt_id"], [])
            if receipt is None or not (known or (receipt.receipt_id, text) in due):
                continue
            outbox.drop_superseded(settings.outbox, known)
            said = compose_for(report, findings, settings, rulebook)
            if outbox.is_news(said, known):
                yield _job(said, receipt, settings, limits, known)


def compose_for(
    report: dict[str, Any], findings: Sequence[Any], settings: Settings, rulebook: night.Rulebook
) -> Answer:
    """The answer to a report of the lake, in the reporter's language."""
    code = report["organisation_code"]
    return compose(
        report,
        findings,
        language=language_of(code, report["language"], rulebook.reference, settings.language),
        contracts=rulebook.contracts,
        reference=rulebook.reference,
        catalogue=rulebook.catalogue,
    )


def _job(said: Answer, receipt: Receipt, settings: Settings, limits: Limits, known: Sequence[Entry] = ()) -> Job:
    path = settings.archive / receipt.archive_path
    return Job(said, path, receipt.size_bytes, settings.outbox, limits, tuple(known))


def write(job: Job) -> str:
    """Write one answer; returns why it could not be written, or nothing."""
    from orchestration.answer.workbook import feedback

    try:
        fits = job.size_bytes <= job.limits.file_bytes
        content = storage.read_bytes(job.archive_path) if fits else b""
        outbox.store(job.outbox, job.answer, feedback(job.answer, content, job.limits), job.known)
    except Exception as error:  # noqa: BLE001  one report's answer is not the others'
        return f"{type(error).__name__}: {error}"
    return ""


def write_all(
    jobs: Iterable[Job], *, count: int | None = None, one: Callable[[Job], str] = write
) -> Iterator[tuple[Job, str]]:
    """Write answers, many of them on all cores; each with why it could not be written.

    `count` is that of processes, the number of cores where it is not given. A file that kills the process that
    repeats it leaves its own report without an answer, and no other.
    """
    at_most = count if count is not None else processes.cores()
    jobs = iter(jobs)
    some = list(islice(jobs, FEWEST))
    if at_most <= 1 or (count is None and len(some) < FEWEST):
        yield from ((job, one(job)) for job in chain(some, jobs))
        return
    waiting = chain(some, jobs)
    while suspects := (yield from _dealt(waiting, at_most, one)):
        yield from _one_by_one(suspects, one)


def _dealt(
    waiting: Iterator[Job], count: int, one: Callable[[Job], str]
) -> Generator[tuple[Job, str], None, list[Job]]:
    """Answers written by `count` processes; returns those that were being written, or waited, when one died.

    So many are dealt out that no process waits, and no more: what answers say takes memory.
    """
    dealt: deque[tuple[Job, Future[str]]] = deque()
    suspects: list[Job] = []

    def taken() -> Iterator[tuple[Job, str]]:
        job, future = dealt.popleft()
        try:
            error = future.result()
        except BrokenProcessPool:
            suspects.append(job)
        else:
            yield job, error

    with processes.pool(count) as pool:
        for job in waiting:
            dealt.append((job, processes.submitted(pool, one, job)))
            if len(dealt) >= _AHEAD * count:
                yield from taken()
            if suspects:
                break
        while dealt:
            yield from taken()
    return suspects


def _one_by_one(jobs: Sequence[Job], one: Callable[[Job], str]) -> Iterator[tuple[Job, str]]:
    """The answers that were being written, or waited, when a process died: one of them killed it."""
    waiting = deque(jobs)
    while waiting:
        with processes.pool(1) as pool:
            while waiting:
                job = waiting.popleft()
                try:
                    yield job, pool.submit(one, job).result()
                except BrokenProcessPool:
                    yield job, "the process that wrote it did not survive it"
                    break
