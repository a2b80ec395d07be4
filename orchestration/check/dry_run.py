"""A dry run for one report: read and judged as the nightly load would, with nothing kept."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestration.check.history import Past
from orchestration.check.room import Counts, check_family
from orchestration.findings import Finding
from orchestration.night import Rulebook
from orchestration.read import candidates
from orchestration.read.formats.document import Limits
from orchestration.read.room import UNMATCHED, read_report
from orchestration.receive import receipts
from orchestration.receive.receipts import Receipt
from orchestration.settings import Settings


@dataclass(frozen=True, slots=True)
class DryRun:
    """What the nightly load would say of a file: its family, its state, the counts and the findings.

    `report` is the row that the lake's table `reports` would have; `content` the file's bytes, none
    where it is too large to be opened.
    """

    path: Path
    family: str
    state: str
    counts: Counts
    findings: tuple[Finding, ...]
    report: dict[str, Any]
    content: bytes

    @property
    def is_acceptable(self) -> bool:
        """Whether the report would count."""
        return self.state == "accepted"

    @property
    def is_matched(self) -> bool:
        """Whether the file was recognised as a report of some family."""
        return self.family != UNMATCHED


def check_file(path: Path, organisation_code: str, settings: Settings, rulebook: Rulebook) -> DryRun:
    """Judge one file as if `organisation_code` had sent it today.

    Raises OSError when the file cannot be read and SuiteError when the rules cannot judge.
    """
    today = settings.today()
    limits = Limits(settings.max_file_bytes, settings.max_expanded_bytes, settings.max_cells)
    size = path.stat().st_size
    content = path.read_bytes() if size <= limits.file_bytes else b""
    sha256 = hashlib.sha256(content).hexdigest()
    receipt = Receipt(
        receipt_id=receipts.receipt_id(sha256, today, organisation_code),
        organisation_code=organisation_code,
        organisation_folder=organisation_code,
        file_name=path.name,
        inbox_path=path.name,
        file_sha256=sha256,
        size_bytes=size,
        archive_path="",
        received_date=today,
        received_at=dt.datetime.combine(today, dt.time()),
        mtime_ns=0,
    )
    reading = read_report(receipt, content, rulebook.contracts, rulebook.reference, limits)
    report = candidates.report_of(reading)
    checked = check_family(
        reading.family,
        [report],
        candidates.rows_table([reading]),
        contracts=rulebook.contracts,
        reference=rulebook.reference,
        catalogue=rulebook.catalogue,
        expectations=settings.expectations,
        rulings=rulebook.rulings,
        past=Past(settings.lake, gathered_folder=settings.gathered),
    )
    (state,) = (name for name, count in checked.counts.reports.items() if count)
    findings = tuple(finding for _, finding in checked.findings)
    (row,) = checked.units[today]["reports"].to_pylist()
    return DryRun(path, reading.family, state, checked.counts, findings, row, content)
