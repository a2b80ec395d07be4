"""Reading on several cores gives what reading one by one gives, whatever becomes of a process."""

import os
import re
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from upath import UPath

from benchmarks.reports import mixed
from orchestration.read import candidates
from orchestration.read.contracts import Contract
from orchestration.read.parallel import Batch, read_batches
from orchestration.read.reference import Reference
from orchestration.read.room import Reading, read_report, read_reports
from orchestration.receive.receipts import Receipt
from tests.helpers import LIMITS, receipt_of

DEADLY = b"this kills"


def archived(folder: Path, contents: Sequence[tuple[str, str, bytes]]) -> list[Receipt]:
    receipts = []
    for organisation, name, content in contents:
        (folder / name).write_bytes(content)
        receipts.append(replace(receipt_of(content, organisation, name), archive_path=name))
    return receipts


def some_reports(contracts: Sequence[Contract], count: int = 40) -> list[tuple[str, str, bytes]]:
    found = mixed(count, 7, contracts, rows=(1, 6))
    return [(report.organisation_code, report.file_name, report.content) for _, _, report in found]


def killed_by_some(receipt: Receipt, content: bytes, *rest: Any) -> Reading:
    if content.startswith(DEADLY):
        os.kill(os.getpid(), signal.SIGKILL)
    return read_report(receipt, content, *rest)


def stuck_in_some(receipt: Receipt, content: bytes, *rest: Any) -> Reading:
    if content.startswith(DEADLY):
        # Native code that no signal handler of Python's interrupts: 2 to the power of 60 steps.
        re.fullmatch("(a|a)*b", "a" * 60)
    return read_report(receipt, content, *rest)


def all_rows(batches: Sequence[Batch]) -> pa.Table:
    return pa.concat_tables([batch.rows for batch in batches])


def test_processes_read_what_one_reads(tmp_path: Path, contracts: tuple[Contract, ...], reference: Reference) -> None:
    receipts = archived(tmp_path, [*some_reports(contracts), ("PPO", "broken.xlsx", b"PK\x03\x04broken")])
    readings = list(read_reports(receipts, UPath(tmp_path), contracts, reference, LIMITS))
    batches = list(read_batches(receipts, UPath(tmp_path), contracts, reference, LIMITS, count=2))
    assert len(batches) > 2
    assert [report for batch in batches for report in batch.reports] == list(map(candidates.report_of, readings))
    assert all_rows(batches).equals(candidates.rows_table(readings))


def test_few_files_are_read_in_this_process(
    tmp_path: Path, contracts: tuple[Contract, ...], reference: Reference
) -> None:
    def here(receipt: Receipt, *rest: Any) -> Reading:
        return replace_title(read_report(receipt, *rest), str(os.getpid()))

    receipts = archived(tmp_path, some_reports(contracts, 2))
    batches = read_batches(receipts, UPath(tmp_path), contracts, reference, LIMITS, read=here)
    assert {report.title for batch in batches for report in batch.reports} == {str(os.getpid())}


def replace_title(reading: Reading, title: str) -> Reading:
    reading.title = title
    return reading


def test_a_file_that_kills_its_reader_is_corrupt_and_the_others_load(
    tmp_path: Path, contracts: tuple[Contract, ...], reference: Reference
) -> None:
    contents = some_reports(contracts)
    contents[3:3] = [("PPO", "deadly.csv", DEADLY)]
    contents.append(("PPO", "deadly-too.csv", DEADLY + b" too"))
    receipts = archived(tmp_path, contents)
    batches = list(read_batches(receipts, UPath(tmp_path), contracts, reference, LIMITS, count=2, read=killed_by_some))
    reports = [report for batch in batches for report in batch.reports]
    assert [report.receipt_id for report in reports] == [receipt.receipt_id for receipt in receipts]
    deadly = [report for report in reports if report.file_name.startswith("deadly")]
    assert [(report.state, [one.code for one in report.findings]) for report in deadly] == [
        ("unreadable", ["FILE_CORRUPT"])
    ] * 2
    living = [receipt for receipt in receipts if not receipt.file_name.startswith("deadly")]
    readings = list(read_reports(living, UPath(tmp_path), contracts, reference, LIMITS))
    assert all_rows(batches).equals(candidates.rows_table(readings))


def test_a_file_that_no_one_can_interrupt_is_too_slow_and_the_others_load(
    tmp_path: Path, contracts: tuple[Contract, ...], reference: Reference
) -> None:
    receipts = archived(tmp_path, [("PPO", "endless.csv", DEADLY), *some_reports(contracts, 3)])
    limits = replace(LIMITS, seconds=0.4)
    read = read_batches(receipts, UPath(tmp_path), contracts, reference, limits, count=2, read=stuck_in_some)
    reports = [report for batch in read for report in batch.reports]
    assert [(report.state, [one.code for one in report.findings]) for report in reports[:1]] == [
        ("unreadable", ["FILE_TOO_SLOW"])
    ]
    assert {report.state for report in reports[1:]} == {"read"}
