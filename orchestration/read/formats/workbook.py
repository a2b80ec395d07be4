"""Workbooks (xlsx, xlsm, xlsb, xls, ods) through calamine: cached values, never macros or formulas."""

import io
from typing import cast

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from orchestration.findings import Finding
from orchestration.read.formats import survey
from orchestration.read.formats.document import Budget, Cell, Document, Limits, Place, Sheet, UnreadableError
from orchestration.read.formats.package import Package, corrupt
from orchestration.read.formats.survey import SheetFacts

_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


def open_workbook(content: bytes, limits: Limits) -> Document:
    """The sheets of a workbook, hidden ones too (and said so); charts and macros are no sheets.

    Raises UnreadableError with FILE_CORRUPT, FILE_ENCRYPTED, FILE_TOO_LARGE, FILE_TOO_SLOW, FILE_UNSAFE,
    ARCHIVE_NESTED, FORMAT_UNSUPPORTED or, where nothing but charts or macros is in it, FILE_EMPTY.
    """
    budget = Budget(limits)
    try:
        kind, facts = _survey(content, limits)
        budget.check_time()
        sheets = _sheets(content, facts, limits, budget)
    except PasswordError as error:
        raise UnreadableError(Finding("FILE_ENCRYPTED")) from error
    except UnreadableError:
        raise
    except BaseException as error:
        # Whatever the parsers make of a damaged file, a panic of calamine's included, which is no Exception.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise corrupt(error) from error
    if not sheets:
        raise UnreadableError(Finding("FILE_EMPTY", found=f"{kind}: 0"))
    return Document(kind, sheets)


def _survey(content: bytes, limits: Limits) -> tuple[str, list[SheetFacts]]:
    """Which kind of workbook this is, after its container was found harmless, and what its sheets hold."""
    if not content.startswith(b"PK"):
        if _ENCRYPTED_PACKAGE in content:
            raise UnreadableError(Finding("FILE_ENCRYPTED"))
        from orchestration.read.formats import xls_survey

        return "xls", xls_survey.survey(content, limits)
    package = Package(content, limits)
    if "xl/workbook.xml" in package:
        from orchestration.read.formats import xlsx_survey

        facts = xlsx_survey.survey(package, limits)
        return "xlsm" if xlsx_survey.may_hold_macros(package) else "xlsx", facts
    if "xl/workbook.bin" in package:
        from orchestration.read.formats import xlsb_survey

        return "xlsb", xlsb_survey.survey(package, limits)
    # One that is protected may hide all its parts in one.
    if "content.xml" in package or "encrypted-package" in package:
        from orchestration.read.formats import ods_survey

        return "ods", ods_survey.survey(package, limits)
    found = min(package.entries, default="")
    raise UnreadableError(Finding("FORMAT_UNSUPPORTED", found=f"zip: {found}", expected="xlsx, csv"))


def _sheets(content: bytes, facts: list[SheetFacts], limits: Limits, budget: Budget) -> list[Sheet]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    every = book.sheets_metadata
    sheets = []
    for index, metadata in enumerate(every):
        if metadata.typ != SheetTypeEnum.WorkSheet:
            continue
        source = book.get_sheet_by_name(metadata.name)
        end = source.end
        budget.spend((end[0] + 1) * (end[1] + 1) if end else 0, metadata.name)
        rows = cast("list[list[Cell]]", source.to_python(skip_empty_area=False)) if end else []
        sheet = Sheet(metadata.name, rows, hidden=metadata.visible != SheetVisibleEnum.Visible)
        if len(facts) == len(every):
            survey.apply(facts[index], sheet, budget)
        found = facts[index].merged if len(facts) == len(every) else []
        if ranges := source.merged_cell_ranges or found:
            _merge(sheet, ranges, limits)
        sheets.append(sheet)
    if any("_parent_index" in row for sheet in sheets for row in sheet.rows[:1]):
        from orchestration.read.formats import kobo

        kobo.join(sheets, limits, budget)
    return sheets


def _merge(sheet: Sheet, ranges: list[tuple[Place, Place]], limits: Limits) -> None:
    """Note the covered cells of merged ranges.

    Ranges may reach far beyond the last cell, or lie on each other where no spreadsheet wrote the
    file: what is covered already is not gone through again.
    """
    height = len(sheet.rows)
    width = max(map(len, sheet.rows), default=0)
    left_to_visit = limits.cells
    for (top, left), (bottom, right) in ranges:
        for row in range(top, min(bottom + 1, height)):
            if row > top:
                if (row, left) in sheet.merged_down:
                    break
                sheet.merged_down[row, left] = (top, left)
            for column in range(left + 1, min(right + 1, width)):
                left_to_visit -= 1
                if left_to_visit < 0 or (row, column) in sheet.merged_across:
                    break
                sheet.merged_across[row, column] = (top, left)
