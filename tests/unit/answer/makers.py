"""Reports to be answered, answers to them, and what a feedback workbook holds, read apart from the code."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl

from orchestration.answer.content import Answer, compose, language_of
from orchestration.findings import Finding
from orchestration.read.template import write_template
from orchestration.settings import Language
from tests.helpers import PROJECT, Desk

GOOD_ROWS = 20
FIRST_ROW = 5
EIGHT = {
    "A6": ("عدد الأطفال المتكفل بهن جدا", "INDICATOR_UNKNOWN"),
    "B7": ("مدينة غير موجودة", "PLACE_UNKNOWN"),
    "C8": ("غير ذلك", "SEX_UNKNOWN"),
    "D9": ("الصغار", "AGE_GROUP_UNKNOWN"),
    "E10": ("كثير", "NUMBER_UNREADABLE"),
    "E11": (-4, "VALUE_NEGATIVE"),
    "E12": (7.5, "COUNT_NOT_WHOLE"),
    "F13": ("اتصلوا بالرقم 0612345678", "PERSONAL_DATA"),
}
"""What is put into which cell of a good Arabic report, and the rule that it breaks."""


def arabic_report(desk: Desk, folder: Path, wrong: Mapping[str, object] | None = None) -> bytes:
    """The Arabic template of activity reports, filled in with good rows, then with what is wrong."""
    contract = next(contract for contract in desk.contracts if contract.family == "activity_report")
    path = folder / "template.xlsx"
    write_template(contract, desk.reference, "ar", path)
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    sheet["B2"] = "الربع الثاني 2020"
    places = ["فاس", "العرائش", "شفشاون", "تطوان", "الحسيمة", "وزان", "صفرو", "تاونات", "مكناس", "الناظور"]
    for index in range(GOOD_ROWS):
        sex = ("إناث", "ذكور")[index % 2]
        row = ("عدد الآباء والأمهات المكونين", places[index // 2], sex, None, 10 + index, None)
        for column, content in enumerate(row, 1):
            sheet.cell(FIRST_ROW + index, column, content)
    for cell, content in (wrong or {}).items():
        sheet[cell] = content
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def with_eight_errors(desk: Desk, folder: Path) -> bytes:
    return arabic_report(desk, folder, {cell: written for cell, (written, _) in EIGHT.items()})


def answer_to(
    desk: Desk,
    content: bytes,
    file_name: str,
    organisation: str = "ENTRAIDE",
    *,
    language: Language | None = None,
    extra: Iterable[Finding] = (),
) -> Answer:
    """The answer to a report as the dry run or the nightly load composes it."""
    reading = desk.read(content, organisation, file_name)
    checked = desk.check([reading])
    (row,) = checked.units[reading.receipt.received_date]["reports"].to_pylist()
    findings = [finding for _, finding in checked.findings]
    return compose(
        row,
        [*findings, *extra],
        language=language or language_of(organisation, row["language"], desk.reference, "en"),
        contracts=desk.contracts,
        reference=desk.reference,
        catalogue=desk.catalogue,
    )


def answer_of(
    desk: Desk,
    findings: Sequence[Finding] = (),
    *,
    language: Language = "fr",
    verdict: str = "accepted_with_findings",
    file_name: str = "rapport.xlsx",
    organisation: str = "NGO_EXAMPLE_1",
    received: dt.date = dt.date(2025, 1, 31),
    receipt: str = "a" * 64,
    data_status: str | None = "reported",
    family: str = "activity_report",
) -> Answer:
    """An answer that nobody had to read a report for."""
    row: dict[str, Any] = {
        "receipt_id": receipt,
        "organisation_code": organisation,
        "family": family,
        "contract_version": 1,
        "file_name": file_name,
        "received_date": received,
        "verdict": verdict,
        "data_status": data_status,
        "observations_read": 3,
        "observations_accepted": 2,
        "observations_quarantined": 1,
    }
    return compose(
        row,
        findings,
        language=language,
        contracts=desk.contracts,
        reference=desk.reference,
        catalogue=desk.catalogue,
    )


def parts_of(content: bytes) -> dict[str, bytes]:
    """A package's parts by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(names) == len(set(names))
        return {name: archive.read(name) for name in names}


def rewritten(content: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """A package with some parts added or replaced, or removed (None)."""
    parts: dict[str, bytes | None] = {**parts_of(content), **changes}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            if part is not None:
                archive.writestr(name, part)
    return made.getvalue()


def replaced(content: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """A package with one piece of a part replaced, which must be there."""
    before = parts_of(content)[part]
    assert before.count(old) >= 1, f"{part} holds no {old!r}"
    return rewritten(content, {part: before.replace(old, new, 1)})


def opened(content: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(content))


_CELL_STYLE = re.compile(rb"""(<(?:\w+:)?c\s[^>]*?)\ss="[0-9]+\"""")


def without_styles(sheet: bytes) -> bytes:
    """A sheet's XML with the style number of every cell left out."""
    return _CELL_STYLE.sub(rb"\1", sheet)


def inbox_files() -> list[Path]:
    """The reports that the project ships."""
    return sorted(path for path in (PROJECT / "raw" / "inbox").rglob("*") if path.is_file())
