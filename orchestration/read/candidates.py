"""Between reading and checking: a family's candidate rows and reports as files.

The read room leaves them under `work/readings/<family>/`, the check room takes them up: two files,
so that the two rooms may run in different processes and no load holds everything in memory.
"""

import datetime as dt
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration.findings import Finding
from orchestration.read.long_form import DECIMAL, SCHEMA, assembled
from orchestration.read.room import Reading

__all__ = ["DECIMAL", "SCHEMA", "Batch", "ReadReport", "Writer"]


@dataclass(frozen=True, slots=True)
class ReadReport:
    """What the lake will say of a report, as far as reading knows it."""

    receipt_id: str
    organisation_code: str
    file_name: str
    received_date: dt.date
    received_at: dt.datetime
    family: str
    contract_version: int | None
    report_key: str
    title: str
    language: str | None
    period_start: dt.date | None
    period_end: dt.date | None
    period_grain: str | None
    data_status: str | None
    state: str
    file_format: str
    file_encoding: str
    findings: tuple[Finding, ...]
    is_tagged: bool = False
    """Whether its tables bear HXL tags."""


def report_of(reading: Reading) -> ReadReport:
    """The report without its rows."""
    receipt, period = reading.receipt, reading.period
    return ReadReport(
        receipt_id=receipt.receipt_id,
        organisation_code=receipt.organisation_code,
        file_name=receipt.file_name,
        received_date=receipt.received_date,
        received_at=receipt.received_at,
        family=reading.family,
        contract_version=reading.contract.version if reading.contract else None,
        report_key=reading.report_key,
        title=reading.title,
        language=reading.language,
        period_start=period.start if period else None,
        period_end=period.end if period else None,
        period_grain=period.grain if period else None,
        data_status=reading.data_status,
        state=reading.state,
        file_format=reading.file_format,
        file_encoding=reading.file_encoding,
        findings=tuple(reading.findings),
        is_tagged=reading.is_tagged,
    )


def rows_table(readings: Iterable[Reading]) -> pa.Table:
    """The candidate rows of some reports as one table of `SCHEMA`."""
    return assembled([block for reading in readings for block in reading.rows.blocks])


def clear(folder: Path) -> None:
    """Remove what an earlier load left."""
    shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some reports as read, in the order of their receipts, and all their candidate rows."""

    reports: tuple[ReadReport, ...]
    rows: pa.Table


def batch_of(readings: Sequence[Reading]) -> Batch:
    """Readings as a batch."""
    return Batch(tuple(map(report_of, readings)), rows_table(readings))


_FEW_TABLES = 64
"""So many tables of a family are made one: each takes memory of its own, a hundred times what few rows take."""


class Writer:
    """Collects batches by family and writes them in parts of about `part_rows` rows."""

    def __init__(self, folder: Path, part_rows: int = 50_000):
        self._folder = folder
        self._part_rows = part_rows
        self._reports: dict[str, list[ReadReport]] = {}
        self._tables: dict[str, list[pa.Table]] = {}
        self._small: dict[str, list[pa.Table]] = {}
        self._rows: dict[str, int] = {}
        self._parts: dict[str, int] = {}
        self.reports: dict[str, int] = {}
        self.observations: dict[str, int] = {}

    def add(self, batch: Batch) -> None:
        families = {report.receipt_id: report.family for report in batch.reports}
        for family in dict.fromkeys(families.values()):
            reports = [report for report in batch.reports if report.family == family]
            owners = pa.array([report.receipt_id for report in reports])
            rows = batch.rows.filter(pc.is_in(batch.rows.column("receipt_id"), owners))
            self._reports.setdefault(family, []).extend(reports)
            self._collect(family, rows)
            self.reports[family] = self.reports.get(family, 0) + len(reports)
            self.observations[family] = self.observations.get(family, 0) + rows.num_rows
            if self._rows[family] >= self._part_rows:
                self._flush(family)

    def _collect(self, family: str, rows: pa.Table) -> None:
        small = self._small.setdefault(family, [])
        small.append(rows)
        self._rows[family] = self._rows.get(family, 0) + rows.num_rows
        if len(small) >= _FEW_TABLES:
            self._tables.setdefault(family, []).append(pa.concat_tables(small).combine_chunks())
            small.clear()

    def close(self) -> None:
        for family in list(self._reports):
            self._flush(family)

    def _flush(self, family: str) -> None:
        reports, tables = self._reports.pop(family), [*self._tables.pop(family, ()), *self._small.pop(family)]
        self._rows[family] = 0
        part = self._parts[family] = self._parts.get(family, 0) + 1
        folder = self._folder / family
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.concat_tables(tables), folder / f"rows-{part:05}.parquet", compression="zstd")
        with (folder / "reports.jsonl").open("a", encoding="utf-8") as file:
            for report in reports:
                file.write(json.dumps(asdict(report), default=str, ensure_ascii=False) + "\n")


def families(folder: Path) -> list[str]:
    """The families of which something was read."""
    return sorted(path.parent.name for path in folder.glob("*/reports.jsonl"))


def load(folder: Path, family: str) -> tuple[list[ReadReport], pa.Table]:
    """A family's reports and candidate rows; both empty where nothing was read."""
    path = folder / family / "reports.jsonl"
    if not path.exists():
        return [], SCHEMA.empty_table()
    with path.open(encoding="utf-8") as file:
        reports = [_report(json.loads(line)) for line in file]
    parts = sorted((folder / family).glob("rows-*.parquet"))
    return reports, pa.concat_tables([pq.read_table(part, schema=SCHEMA) for part in parts])


def _report(stored: dict[str, object]) -> ReadReport:
    content = dict(stored)
    for name in ("received_date", "period_start", "period_end"):
        if content[name] is not None:
            content[name] = dt.date.fromisoformat(str(content[name]))
    content["received_at"] = dt.datetime.fromisoformat(str(content["received_at"]))
    content["findings"] = tuple(Finding(**finding) for finding in content["findings"])  # type: ignore[attr-defined]
    return ReadReport(**content)  # type: ignore[arg-type]
