"""The room of reading: archived files to candidate rows, report by report."""

import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Literal

from upath import UPath

from orchestration.findings import Finding
from orchestration.read import contracts as contracts_module
from orchestration.read import personal, text
from orchestration.read.contracts import Contract
from orchestration.read.formats.document import WORKBOOKS, Document, Limits, UnreadableError
from orchestration.read.formats.open import open_document
from orchestration.read.long_form import Rows
from orchestration.read.periods import Period
from orchestration.read.reference import Reference
from orchestration.read.rows import TableReader
from orchestration.read.tables import Lines, Match, holds_figures, lacking, match, note_long_rows, title_cells
from orchestration.read.template import stamp_of
from orchestration.read.titles import stated_period
from orchestration.receive import archive
from orchestration.receive.receipts import Receipt
from orchestration.settings import Language

UNMATCHED = "unmatched"
"""The family of reports whose family could not be told."""
ANSWER_STAMP = "hasila_answer"
"""What cell A1 of an answer's own sheet says: a report that is sent back inside its answer is read without it."""


@dataclass(slots=True)
class Reading:
    """A report as read: its rows, or the findings that say why there are none.

    `state` is `read`, `unreadable` (the file cannot be opened) or `sent_back` (it was opened, but
    is no report that could be judged). `is_tagged`: its tables bear HXL tags.
    """

    receipt: Receipt
    family: str = UNMATCHED
    contract: Contract | None = None
    state: Literal["read", "sent_back", "unreadable"] = "read"
    title: str = ""
    language: Language | None = None
    period: Period | None = None
    data_status: str | None = None
    file_format: str = ""
    file_encoding: str = ""
    is_tagged: bool = False
    rows: Rows = field(default_factory=Rows)
    findings: list[Finding] = field(default_factory=list)

    @property
    def report_key(self) -> str:
        """What makes a later report replace this one (design, section 6.1)."""
        if self.contract is None:
            return f"{self.receipt.organisation_code}|{self.family}|{self.receipt.receipt_id}"
        parts = {
            "organisation_code": self.receipt.organisation_code,
            "family": self.family,
            "period": f"{self.period.start}/{self.period.end}" if self.period else "",
            "file_name": self.receipt.file_name,
        }
        return "|".join(parts[part] for part in self.contract.report_key)


def read_reports(
    receipts: Iterable[Receipt],
    archive_folder: UPath,
    contracts: Sequence[Contract],
    reference: Reference,
    limits: Limits,
) -> Iterator[Reading]:
    """Read each received file from the archive, in order."""
    for receipt in receipts:
        # What is too large to be opened is not brought into memory either.
        fits = receipt.size_bytes <= limits.file_bytes
        content = archive.read(archive_folder, receipt.archive_path) if fits else b""
        yield read_report(receipt, content, contracts, reference, limits)


def read_report(
    receipt: Receipt, content: bytes, contracts: Sequence[Contract], reference: Reference, limits: Limits
) -> Reading:
    """Read one report. Never raises for what is in the file: whatever is wrong becomes a finding.

    READER_FAILED is the one that is no fault of the file: the other reports of the night are read all the same.
    """
    try:
        return _read(Reading(receipt), content, contracts, reference, limits)
    except Exception as error:  # noqa: BLE001  # one file that was not foreseen must not end the night
        # Its message may quote a cell: the place in the program is what its maintainers need.
        last = traceback.extract_tb(error.__traceback__)[-1]
        found = f"{type(error).__name__}, {PurePath(last.filename).name}:{last.lineno}"
        return _ended(Reading(receipt), "unreadable", Finding("READER_FAILED", found=found))


def _read(
    reading: Reading, content: bytes, contracts: Sequence[Contract], reference: Reference, limits: Limits
) -> Reading:
    receipt = reading.receipt
    if receipt.organisation_code not in reference.organisations.codes:
        nearest = reference.organisations.nearest(receipt.organisation_folder)
        expected = ", ".join(nearest) or "–"
        return _ended(
            reading, "sent_back", Finding("ORGANISATION_UNKNOWN", "", "", receipt.organisation_folder, expected)
        )
    if receipt.size_bytes > limits.file_bytes:
        found, expected = f"{receipt.size_bytes} B", f"{limits.file_bytes} B"
        return _ended(reading, "unreadable", Finding("FILE_TOO_LARGE", found=found, expected=expected))
    try:
        document = open_document(receipt.file_name, content, limits)
    except UnreadableError as error:
        return _ended(reading, "unreadable", error.finding)
    reading.file_format, reading.file_encoding = document.format, document.encoding
    reading.findings += document.findings
    document.sheets = [sheet for sheet in document.sheets if not sheet.rows or sheet.rows[0][:1] != [ANSWER_STAMP]]
    chosen = _choose(document, contracts, receipt, reference)
    if isinstance(chosen, Finding):
        return _ended(reading, "sent_back", chosen)
    reading.contract, reading.family = chosen.contract, chosen.contract.family
    _read_tables(reading, document, chosen, reference)
    if not reading.rows:
        return _ended(reading, "sent_back", Finding("REPORT_EMPTY", chosen.tables[0].sheet.name))
    return reading


def _ended(reading: Reading, state: Literal["sent_back", "unreadable"], finding: Finding) -> Reading:
    reading.state = state
    reading.findings.append(finding)
    return reading


def _choose(
    document: Document, contracts: Sequence[Contract], receipt: Receipt, reference: Reference
) -> Match | Finding:
    """The one contract whose table the document holds, or why there is none.

    Of several that match, the one with the most columns recognised is it. What only others may send
    is looked at last: then the sender is told so, instead of that there is no table.
    """
    in_force = contracts_module.in_force(tuple(contracts), receipt.received_date)
    lines: dict[int, Lines] = {}
    sendable = [contract for contract in in_force if _may_send(contract, receipt)]
    if stamp := stamp_of(document):
        # A template that came back says what it is; where its table was spoilt, it is looked at like any other.
        made_for = [contract for contract in sendable if contract.family == stamp.family]
        if stamped := _matching(document, made_for, reference, lines):
            return _with_others(stamped[0], document, in_force, reference, lines)
    found = _matching(document, sendable, reference, lines)
    if found:
        most = max(candidate.matched for candidate in found)
        best = [candidate for candidate in found if candidate.matched == most]
        fitting = [candidate for candidate in best if document.format in candidate.contract.formats]
        if len(fitting) == 1:
            return _with_others(fitting[0], document, in_force, reference, lines)
        if fitting:
            families = ", ".join(candidate.contract.family for candidate in fitting)
            return Finding("FAMILY_AMBIGUOUS", fitting[0].tables[0].sheet.name, "", families)
        # A poorer match in the right format would be another report than the one that was meant.
        formats = ", ".join(sorted({name for candidate in best for name in candidate.contract.formats}))
        return Finding("FORMAT_NOT_AGREED", "", "", document.format, formats)
    others = [contract for contract in in_force if contract not in sendable]
    if foreign := max(_matching(document, others, reference, lines), key=_recognised, default=None):
        allowed = ", ".join(contract.family for contract in sendable) or "–"
        return Finding("SENDER_NOT_AGREED", foreign.tables[0].sheet.name, "", foreign.contract.family, allowed)
    matches = (match(document, contract, reference, lines) for contract in sendable)
    nearest = max(matches, key=_recognised, default=None)
    if nearest is None or not nearest.matched:
        sheets = ", ".join(f"{sheet.name} ({HIDDEN})" if sheet.hidden else sheet.name for sheet in document.sheets)
        return Finding("TABLE_NOT_FOUND", "", "", sheets, ", ".join(contract.family for contract in sendable))
    return Finding("COLUMNS_MISSING", nearest.nearest_sheet, "", nearest.contract.family, ", ".join(nearest.missing))


def _with_others(
    chosen: Match, document: Document, contracts: Sequence[Contract], reference: Reference, lines: dict[int, Lines]
) -> Match:
    """The match with the sheets that hold another family's figures and none of its own table, whoever may send them."""
    held = {table.sheet.name for table in chosen.tables}
    rest = replace(document, sheets=[sheet for sheet in document.sheets if sheet.name not in held])
    others = [contract for contract in contracts if contract.family != chosen.contract.family]
    if rest.sheets and document.format in WORKBOOKS:
        chosen.of_others = {
            table.sheet.name: other.contract.family
            for other in sorted(_matching(rest, others, reference, lines), key=_recognised)
            for table in other.tables
            if holds_figures(table)
        }
    return chosen


def _matching(
    document: Document, contracts: Sequence[Contract], reference: Reference, lines: dict[int, Lines]
) -> list[Match]:
    """The contracts whose table the document holds."""
    matches = (match(document, contract, reference, lines, quick=True) for contract in contracts)
    return [candidate for candidate in matches if candidate.tables]


def _recognised(candidate: Match) -> int:
    return candidate.matched


HIDDEN = "masquée · مخفية · hidden"
"""What is said of a sheet that nobody sees, in a place where a finding has room for one word."""


def _may_send(contract: Contract, receipt: Receipt) -> bool:
    return contract.senders == "any" or receipt.organisation_code in contract.senders


def _read_tables(reading: Reading, document: Document, chosen: Match, reference: Reference) -> None:
    contract = chosen.contract
    first = chosen.tables[0]
    titles = [content for table in chosen.tables for _, _, content in title_cells(table)]
    marks = [f" {mark} " for mark in list(contract.data_status.illustrative_marks.keys())]
    # Records and plain tables have no line above them: their list's or their file's name bears the mark.
    named = [*titles, *(table.sheet.name for table in chosen.tables), reading.receipt.file_name]
    illustrative = any(mark in f" {text.key(title)} " for title in named for mark in marks)
    reading.data_status = "illustrative" if illustrative else contract.data_status.default
    reading.language = first.language
    reading.is_tagged = any(table.is_tagged for table in chosen.tables)
    reading.title = text.one_line(titles[0])[:200] if titles else reading.receipt.file_name
    if personal.find(reading.title) is not None:
        reading.title = personal.masked(reading.title)
    reading.findings += [Finding("SHEET_HIDDEN_NOT_READ", name) for name in chosen.skipped]
    held = {table.sheet.name for table in chosen.tables}
    elsewhere = [sheet for sheet in document.sheets if sheet.name not in held and not sheet.hidden]
    if document.format in WORKBOOKS:
        reading.findings += [
            Finding("SHEET_OF_OTHER_FAMILY", name, "", family) for name, family in chosen.of_others.items()
        ]
        # Where the contract says which sheets count, it says so of all others too.
        unknown = [] if contract.sheets.only else [sheet for sheet in elsewhere if sheet.name not in chosen.of_others]
        for name, missing in lacking(unknown, contract, reference):
            reading.findings.append(Finding("SHEET_NOT_READ", name, "", contract.family, ", ".join(missing)))
    constant = contract.constants.get("period", "")
    spans: list[Period] = []
    for table in chosen.tables:
        if document.format == "csv":
            note_long_rows(table, masks=contract.personal_data == "refuse")
        stated = stated_period(table, elsewhere, constant)
        reader = TableReader(
            reading.receipt.receipt_id,
            contract,
            reference,
            table,
            reading.data_status,
            len(reading.rows) + 1,
            stated if contract.personal_data == "allow" else stated.masked(),
            is_workbook=document.format in WORKBOOKS,
        )
        rows = reader.rows()
        reading.rows.extend(rows)
        reading.findings += reader.findings
        if rows and reader.title_period is not None:
            spans.append(reader.title_period)
    if not spans:
        # Where each row names its period, the report is about all of them.
        spans = [Period(*dates)] if (dates := reading.rows.dates()) else []
    if spans:
        reading.period = Period(min(span.start for span in spans), max(span.end for span in spans))
