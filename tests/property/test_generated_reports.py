"""What was written is what is read, for every contract, format and language, provenance included."""

import csv
import datetime as dt
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from benchmarks.reports import Generated, formats_of, generate
from orchestration.read.contracts import Contract, load_contracts
from orchestration.read.reference import Reference
from orchestration.read.room import Reading, read_report
from orchestration.read.rows import Row
from orchestration.settings import LANGUAGES, Language
from tests.helpers import LIMITS, PROJECT, receipt_of

CONTRACTS = load_contracts(PROJECT / "raw" / "contracts")
# What the shipped families do not have: dimensions across the table, tags alone, codes of three numberings.
SHAPES = load_contracts(Path(__file__).parent / "shapes")
NAMED = {f"{contract.family}-{contract.version}": contract for contract in (*CONTRACTS, *SHAPES)}
SHIPPED = [(f"{contract.family}-{contract.version}", kind) for contract in CONTRACTS for kind in formats_of(contract)]
WRITABLE = [(name, kind) for name, contract in NAMED.items() for kind in formats_of(contract)]
COMPARED = (
    *("indicator_code", "place_code", "period_start", "period_end", "sex", "age_group", "residence"),
    *("population_group", "value", "numerator", "denominator", "qualifier", "data_status", "deliverable_code"),
    *("source_sheet", "source_cell", "source_text"),
)


def read(report: Generated, contracts: tuple[Contract, ...], reference: Reference) -> Reading:
    received = dt.date(2025, 1, 31)
    receipt = receipt_of(report.content, report.organisation_code, report.file_name, received)
    return read_report(receipt, report.content, contracts, reference, LIMITS)


def seen(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COMPARED}


@given(st.sampled_from(WRITABLE), st.sampled_from(LANGUAGES), st.integers(0, 10**6), st.integers(1, 25))
@settings(max_examples=400)
def test_what_was_written_is_what_is_read(
    reference: Reference, writable: tuple[str, str], language: Language, seed: int, rows: int
) -> None:
    name, kind = writable
    contract = NAMED[name]
    report = generate(contract, kind, language, seed, rows)
    assume(report.observations)
    reading = read(report, (contract,), reference)
    truth = {(one["source_sheet"], one["source_cell"]): one for one in report.observations}
    found = {(row.source_sheet, row.source_cell): row for row in reading.rows}
    assert found.keys() == truth.keys(), reading.findings
    for place, row in found.items():
        assert row.value_problem is None, (place, row.source_text, row.value_problem, row.problem_text)
        assert seen(row) == truth[place]
    assert len(reading.rows) == len(truth)


@given(st.sampled_from(WRITABLE), st.sampled_from(LANGUAGES), st.integers(0, 10**6))
@settings(max_examples=100)
def test_the_named_cell_holds_the_text_as_written(
    reference: Reference, writable: tuple[str, str], language: Language, seed: int
) -> None:
    name, kind = writable
    contract = NAMED[name]
    report = generate(contract, kind, language, seed, 10)
    reading = read(report, (contract,), reference)
    for row in reading.rows:
        cell = opened(report, kind, row.source_sheet, row.source_cell)
        assert row.source_text == shown(cell)


def opened(report: Generated, kind: str, sheet: str, cell: str) -> Any:
    """The content of a cell, opened without the reader."""
    match kind:
        case "xlsx":
            return openpyxl.load_workbook(io.BytesIO(report.content))[sheet][cell].value
        case "json":
            found = json.loads(report.content)
            for part in cell.split("/")[1:]:
                key = part.replace("~1", "/").replace("~0", "~")
                found = found[int(key)] if isinstance(found, list) else found[key]
            return found
    row, column = openpyxl.utils.cell.coordinate_to_tuple(cell)
    if kind == "ods":
        rows = CalamineWorkbook.from_filelike(io.BytesIO(report.content)).get_sheet_by_name(sheet)
        return rows.to_python(skip_empty_area=False)[row - 1][column - 1]
    lines = csv.reader(io.StringIO(report.content.decode(report.encoding), newline=""), delimiter=report.delimiter)
    return list(lines)[row - 1][column - 1]


def shown(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{Decimal(repr(cell)).normalize():f}"
    return str(cell)


@given(st.sampled_from(WRITABLE), st.sampled_from(LANGUAGES), st.integers(0, 10**6))
@settings(max_examples=20)
def test_the_same_seed_gives_the_same_bytes(writable: tuple[str, str], language: Language, seed: int) -> None:
    name, kind = writable
    contract = NAMED[name]
    assert generate(contract, kind, language, seed, 5) == generate(contract, kind, language, seed, 5)


@given(st.sampled_from(SHIPPED), st.sampled_from(LANGUAGES), st.integers(0, 10**6))
@settings(max_examples=100)
def test_a_report_is_recognised_among_all_families(
    reference: Reference, writable: tuple[str, str], language: Language, seed: int
) -> None:
    """It is of its family or a finding says between which families nothing decides; never of another."""
    name, kind = writable
    contract = NAMED[name]
    reading = read(generate(contract, kind, language, seed, 5), CONTRACTS, reference)
    assert reading.family == contract.family or {"FAMILY_AMBIGUOUS"} <= {one.code for one in reading.findings}
