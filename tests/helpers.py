"""Builders that more than one test needs: reports as bytes, receipts, readings, checked reports."""

import csv
import datetime as dt
import hashlib
import io
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import openpyxl

from orchestration.check.room import NO_RULINGS, Checked, check_family
from orchestration.check.rulings import Rulings
from orchestration.findings import Catalogue
from orchestration.read import candidates
from orchestration.read.contracts import Contract
from orchestration.read.formats.document import Limits
from orchestration.read.reference import Reference
from orchestration.read.room import Reading, read_report
from orchestration.receive.receipts import Receipt, receipt_id

PROJECT = Path(__file__).resolve().parent.parent
PORTAL_SCRIPTS = Path(tempfile.gettempdir()) / f"hasila-portal-{os.getuid()}"
"""Scripts of the portal, made once for all releases of the tests: each would else take seconds for them."""
LIMITS = Limits(file_bytes=10_000_000, expanded_bytes=100_000_000, cells=200_000)
RECEIVED = dt.date(2025, 1, 31)

OFFICIAL_COLUMNS = (
    "indicator_code",
    "period",
    "place",
    "sex",
    "age_group",
    "residence",
    "value",
    "qualifier",
    "deliverable_code",
    "deliverable_status",
    "citation",
)
OFFICIAL = {
    "indicator_code": "PPO_VIOLENCE_CASES",
    "period": "2017",
    "value": "5980",
    "citation": "https://example.org/annual-report",
}
"""A good row of an official-figures report."""

SDMX = {
    "DATAFLOW": "UNICEF:PT(1.0)",
    "REF_AREA": "MAR",
    "INDICATOR": "PT_CHLD_Y0T4_REG",
    "TIME_PERIOD": "2018",
    "OBS_VALUE": "96.9",
    "DATA_SOURCE": "ENPSF 2018",
}
"""A good row of an SDMX-CSV report."""

ACTIVITY_HEADER = ("Indicateur", "Province ou préfecture", "Sexe", "Nombre")
ACTIVITY_ROW = ("SN_PARENTS_TRAINED", "Chefchaouen", "Filles", 12)
"""A good row of an activity report."""


def csv_report(
    rows: Iterable[Mapping[str, str]],
    columns: Sequence[str] = OFFICIAL_COLUMNS,
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
) -> bytes:
    """A CSV report; columns that a row does not name are empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def xlsx_report(
    rows: Iterable[Sequence[object]] = (ACTIVITY_ROW,),
    *,
    title: Sequence[str] = ("Rapport périodique d'activité", "Période : T2 2019"),
    header: Sequence[str] = ACTIVITY_HEADER,
    merges: Iterable[str] = (),
) -> bytes:
    """An activity report: title rows, an empty row, the header, the rows. Without title the header is row 2."""
    book = openpyxl.Workbook()
    sheet = book.active
    for line in (*([text] for text in title), [], header, *rows):
        sheet.append(list(line))
    for merged in merges:
        sheet.merge_cells(merged)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def receipt_of(
    content: bytes, organisation: str = "PPO", file_name: str = "report.csv", received: dt.date = RECEIVED
) -> Receipt:
    """The receipt that `content` would get."""
    sha256 = hashlib.sha256(content + file_name.encode()).hexdigest()
    return Receipt(
        receipt_id=receipt_id(sha256, received, organisation),
        organisation_code=organisation,
        organisation_folder=organisation,
        file_name=file_name,
        inbox_path=f"{organisation}/{file_name}",
        file_sha256=sha256,
        size_bytes=len(content),
        archive_path="",
        received_date=received,
        received_at=dt.datetime.combine(received, dt.time()),
        mtime_ns=0,
    )


class Desk:
    """Reads and checks reports against the shipped contracts, registers and rules, unless told others."""

    def __init__(self, contracts: tuple[Contract, ...], reference: Reference, catalogue: Catalogue):
        self.contracts = contracts
        self.reference = reference
        self.catalogue = catalogue

    def read(
        self,
        content: bytes,
        organisation: str = "PPO",
        file_name: str = "report.csv",
        limits: Limits = LIMITS,
        received: dt.date = RECEIVED,
        receipt: Receipt | None = None,
    ) -> Reading:
        receipt = receipt or receipt_of(content, organisation, file_name, received)
        return read_report(receipt, content, self.contracts, self.reference, limits)

    def check(
        self,
        readings: Sequence[Reading],
        expectations: Path = PROJECT / "expectations",
        rulings: Rulings = NO_RULINGS,
    ) -> Checked:
        """One validation of readings of one family."""
        (family,) = {reading.family for reading in readings}
        return check_family(
            family,
            [candidates.report_of(reading) for reading in readings],
            candidates.rows_table(readings),
            contracts=self.contracts,
            reference=self.reference,
            catalogue=self.catalogue,
            expectations=expectations,
            rulings=rulings,
        )


def codes(reading: Reading) -> set[str]:
    """The rules that a reading's findings name."""
    return {finding.code for finding in reading.findings}


def lake_rows(checked: Checked, table: str, reading: Reading) -> list[dict[str, object]]:
    """One report's rows of a lake table."""
    unit = checked.units[reading.receipt.received_date][table]
    return [row for row in unit.to_pylist() if row["receipt_id"] == reading.receipt.receipt_id]
