"""What was written is what is read, for every contract, format and language, provenance included."""

import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from benchmarks.reports import Generated, formats_of, generate
from orchestration.read.contracts import DIMENSIONS, Contract, Format, load_contracts
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


TOLD_APART_BY = (
    *("source_sheet", "source_cell", "indicator_code", "place_code", "period_start", "period_end"),
    *DIMENSIONS,
)


def seen(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COMPARED}


@pytest.mark.parametrize(("name", "kind"), WRITABLE)
@given(st.integers(0, 10**6), st.integers(1, 25))
@settings(max_examples=3)
def test_what_was_written_is_what_is_read(reference: Reference, name: str, kind: str, seed: int, rows: int) -> None:
    contract = NAMED[name]
    for language in LANGUAGES:
        report = generate(contract, kind, language, seed, rows)
        if not report.observations:
            continue
        if kind == "sdmx_ml" and not any(one["source_text"] for one in report.observations):
            # A message none of whose observations has a value names no measure.
            continue
        reading = read(report, (contract,), reference)
        assert reading.file_format == kind
        # Answers that were not given have the place of their record: what they are of tells them apart.
        truth = {tuple(one[name] for name in TOLD_APART_BY): one for one in report.observations}
        found = {tuple(getattr(row, name) for name in TOLD_APART_BY): row for row in reading.rows}
        assert found.keys() == truth.keys(), reading.findings
        assert len(reading.rows) == len(report.observations) == len(truth)
        file = opened(report, kind)
        for key, row in found.items():
            assert seen(row) == truth[key]
            assert row.source_text == shown(file(row.source_sheet, row.source_cell))


UNMARKED: list[tuple[str, Language]] = [
    *(("iso8859_6", "ar"), ("cp1256", "ar"), ("cp1252", "fr")),
    *((encoding, language) for encoding in ("utf-16-le", "utf-16-be") for language in LANGUAGES),
]


@pytest.mark.parametrize(("encoding", "language"), UNMARKED)
@given(st.sampled_from([name for name, kind in WRITABLE if kind == "csv"]), st.integers(0, 10**6), st.integers(1, 25))
@settings(max_examples=10)
def test_an_encoding_is_found_that_nothing_in_the_file_tells(
    reference: Reference, encoding: str, language: Language, name: str, seed: int, rows: int
) -> None:
    contract = NAMED[name]
    report = generate(contract, "csv", language, seed, rows, encoding=encoding)
    reading = read(report, (contract,), reference)
    truth = {tuple(one[name] for name in TOLD_APART_BY): one for one in report.observations}
    assert {tuple(getattr(row, name) for name in TOLD_APART_BY): seen(row) for row in reading.rows} == {
        key: {name: one[name] for name in COMPARED} for key, one in truth.items()
    }


def test_every_format_that_a_contract_may_agree_on_is_written() -> None:
    assert {kind for _, kind in WRITABLE} == set(get_args(Format))
    agreed = {(name, kind) for name, contract in NAMED.items() for kind in contract.formats}
    assert agreed == set(WRITABLE)


def opened(report: Generated, kind: str) -> Callable[[str, str], Any]:
    """The file, opened without the reader: leads from a sheet and a cell to what stands there."""
    if kind in ("xlsx", "xlsm"):
        book = openpyxl.load_workbook(io.BytesIO(report.content))
        return lambda sheet, cell: book[sheet][cell].value
    if kind.endswith("json"):
        loaded = json.loads(report.content)
        return lambda _, cell: by_pointer(loaded, cell)
    if kind in ("dhis2_xml", "adx_xml", "sdmx_ml"):
        root = ElementTree.fromstring(report.content)  # noqa: S314 - written here
        return lambda _, cell: by_path(root, cell)
    if kind == "csv":
        text = io.StringIO(report.content.decode(report.encoding), newline="")
        lines = list(csv.reader(text, delimiter=report.delimiter))
        sheets: dict[str, Any] = {}
    else:
        binary = CalamineWorkbook.from_filelike(io.BytesIO(report.content))
        names = binary.sheet_names
        sheets = {name: binary.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in names}
        lines = []

    def place(sheet: str, cell: str) -> Any:
        row, column = openpyxl.utils.cell.coordinate_to_tuple(cell)
        return sheets.get(sheet, lines)[row - 1][column - 1]

    return place


def by_pointer(found: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        found = found[int(key)] if isinstance(found, list) else found[key]
    # What was not answered has no place but its record's.
    return None if isinstance(found, dict) else found


def by_path(root: ElementTree.Element, path: str) -> str | None:
    steps = path.split("/")[1:]
    node = root
    for step in steps[1:] if local(root.tag) == steps[0] else steps:
        if step.startswith("@"):
            return next(text for name, text in node.attrib.items() if local(name) == step[1:])
        name, _, number = step.partition("[")
        node = [child for child in node if local(child.tag) == name][int(number.rstrip("]") or 1) - 1]
    return node.get("value")


def local(name: str) -> str:
    return name.rpartition("}")[2]


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
