"""The workbook to fill in: in the reader's language, recognised when it comes back, and read without a finding."""

import datetime as dt
import io
import json
import shutil
import subprocess
from math import prod
from pathlib import Path

import openpyxl
import pytest

from orchestration.read.contracts import Contract
from orchestration.read.formats.open import open_document
from orchestration.read.reference import Reference
from orchestration.read.room import Reading
from orchestration.read.rows import Row
from orchestration.read.template import (
    LISTS_SHEET,
    STAMP_SHEET,
    Heading,
    Stamp,
    TemplateError,
    headings_of,
    stamp_of,
    write_template,
)
from orchestration.settings import LANGUAGES, Language
from tests.helpers import LIMITS, PROJECT, Desk, codes

ROWS = 3
FAMILIES = sorted(path.stem for path in (PROJECT / "raw" / "contracts").glob("*.yml") if path.stem != "sdmx_csv")
PERIODS = {"year": "2020", "half_year": "S1 2020", "quarter": "T2 2020", "month": "03/2020"}
TOTALS = {"Total", "المجموع"}


def contract_of(desk: Desk, family: str) -> Contract:
    return next(contract for contract in desk.contracts if contract.family == family)


def period_of(contract: Contract) -> str:
    grain = "year" if contract.period.source == "header" else contract.period.grains[-1]
    return PERIODS.get(grain, "2020")


def answer(heading: Heading, row: int, contract: Contract, index: int) -> object:
    """What a reporter would put into a cell; totals are the sums of their parts, and no month is like another."""
    column = heading.column
    if column.role == "place" and heading.choices:
        # The last of the list are provinces, of which no region's total is given beside them.
        return heading.choices[-1 - row]
    if heading.choices:
        return heading.choices[row % len(heading.choices)]
    if heading.kind == "date":
        return dt.date(2020, 6, 30) if column.role == "period_end" else dt.date(2020, 1, 1)
    if column.role == "period":
        return period_of(contract)
    if heading.kind != "count":
        return "texte"
    if column.role == "denominator":
        return 10
    parts = [3 if len(heading.texts) == 3 and level == 1 else 2 for level in range(len(heading.texts))]
    across = prod(part for part, said in zip(parts, heading.texts, strict=True) if said in TOTALS)
    return (row + 1) * (index if contract.period.source == "header" else 2 if column.set.get("sex") == "_T" else across)


def answers(contract: Contract, reference: Reference, language: Language, path: Path) -> dict[str, object]:
    """Three rows of answers to a written template, by cell, and its period."""
    sheet = openpyxl.load_workbook(path).worksheets[0]
    first = int(sheet.print_title_rows.rpartition("$")[2]) + 1
    given: dict[str, object] = {} if contract.period.source == "column" else {"B2": period_of(contract)}
    for row in range(ROWS):
        for index, heading in enumerate(headings_of(contract, reference, language), 1):
            given[sheet.cell(first + row, index).coordinate] = answer(heading, row, contract, index)
    return given


def filled(contract: Contract, reference: Reference, language: Language, path: Path) -> bytes:
    """A template filled in as a reporter would, by the lists it offers."""
    write_template(contract, reference, language, path)
    book = openpyxl.load_workbook(path)
    for name, said in answers(contract, reference, language, path).items():
        book.worksheets[0][name] = said
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def read(desk: Desk, contract: Contract, content: bytes, language: str = "fr") -> Reading:
    sender = contract.senders[0] if contract.senders != "any" else "ENTRAIDE"
    return desk.read(content, sender, f"{contract.family}-{language}.xlsx")


def figure(row: Row) -> tuple[object, ...]:
    """What a row says, with its cell."""
    about = row.indicator_code, row.place_code, row.period_start, row.period_end
    return *about, row.sex, row.age_group, row.population_group, row.value, row.source_cell


@pytest.mark.parametrize("family", FAMILIES)
def test_what_comes_back_filled_in_loads_without_a_finding(desk: Desk, tmp_path: Path, family: str) -> None:
    contract = contract_of(desk, family)
    readings = []
    for language in LANGUAGES:
        content = filled(contract, desk.reference, language, tmp_path / f"{language}.xlsx")
        readings.append(read(desk, contract, content, language))
    assert [(reading.family, reading.state, reading.findings) for reading in readings] == [(family, "read", [])] * 3
    values = sum(heading.column.role == "value" for heading in headings_of(contract, desk.reference, "fr"))
    for reading in readings:
        assert len(reading.rows) == ROWS * values
        assert all(row.value is not None for row in reading.rows)
    checked = desk.check(readings)
    assert [finding for _, finding in checked.findings] == []
    # The same answers in three languages are the same figures.
    told = [[figure(row) for row in reading.rows] for reading in readings]
    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_beside_the_period_is_no_period(desk: Desk, tmp_path: Path, language: Language) -> None:
    contract = contract_of(desk, "activity_report")
    path = tmp_path / "template.xlsx"
    write_template(contract, desk.reference, language, path)
    book = openpyxl.load_workbook(path)
    assert book.worksheets[0]["C2"].value.strip()
    for name, said in answers(contract, desk.reference, language, path).items():
        if name != "B2":
            book.worksheets[0][name] = said
    content = io.BytesIO()
    book.save(content)
    reading = read(desk, contract, content.getvalue(), language)
    assert (reading.period, {row.period_start for row in reading.rows}) == (None, {None})


@pytest.mark.parametrize("family", FAMILIES)
def test_an_empty_template_is_sent_back_and_has_no_period(desk: Desk, tmp_path: Path, family: str) -> None:
    contract = contract_of(desk, family)
    for language in LANGUAGES:
        write_template(contract, desk.reference, language, tmp_path / "empty.xlsx")
        reading = read(desk, contract, (tmp_path / "empty.xlsx").read_bytes())
        assert (reading.state, reading.period) == ("sent_back", None)
        assert codes(reading) == {"REPORT_EMPTY"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_hidden_sheet_says_what_the_workbook_is(desk: Desk, tmp_path: Path, language: Language) -> None:
    contract = contract_of(desk, "begging")
    path = tmp_path / "template.xlsx"
    write_template(contract, desk.reference, language, path)
    book = openpyxl.load_workbook(path)
    assert {name: book[name].sheet_state for name in (STAMP_SHEET, LISTS_SHEET)} == {
        STAMP_SHEET: "veryHidden",
        LISTS_SHEET: "veryHidden",
    }
    document = open_document("template.xlsx", path.read_bytes(), LIMITS)
    assert stamp_of(document) == Stamp("begging", 1, language)


def test_what_comes_back_is_recognised_at_once_where_its_table_fits_two_families(desk: Desk, tmp_path: Path) -> None:
    begging = contract_of(desk, "begging")
    twin = begging.model_copy(update={"family": "begging_twin"})
    both = Desk((begging, twin), desk.reference, desk.catalogue)
    for contract in (begging, twin):
        content = filled(contract, desk.reference, "fr", tmp_path / "template.xlsx")
        assert read(both, contract, content).family == contract.family
    book = openpyxl.load_workbook(io.BytesIO(content))
    del book[STAMP_SHEET]
    unstamped = io.BytesIO()
    book.save(unstamped)
    assert codes(read(both, twin, unstamped.getvalue())) == {"FAMILY_AMBIGUOUS"}


@pytest.mark.parametrize("family", ["street_situations", "campaign_reach"])
def test_a_table_of_another_family_in_a_template_is_told(desk: Desk, tmp_path: Path, family: str) -> None:
    """What a workbook says it is does not say that there is nothing else in it, nor does who may send the other."""
    begging, other = contract_of(desk, "begging"), contract_of(desk, family)
    book = openpyxl.load_workbook(io.BytesIO(filled(begging, desk.reference, "fr", tmp_path / "template.xlsx")))
    pasted = openpyxl.load_workbook(io.BytesIO(filled(other, desk.reference, "fr", tmp_path / "other.xlsx")))
    sheet = book.create_sheet("Autre")
    for line in pasted.worksheets[0].iter_rows(values_only=True):
        sheet.append(line)
    content = io.BytesIO()
    book.save(content)
    reading = desk.read(content.getvalue(), "ENTRAIDE", "rempli.xlsx")
    assert reading.family == "begging"
    assert [(finding.code, finding.sheet, finding.found) for finding in reading.findings] == [
        ("SHEET_OF_OTHER_FAMILY", "Autre", family)
    ]


def test_a_workbook_that_is_no_template_has_no_stamp(tmp_path: Path) -> None:
    path = tmp_path / "plain.xlsx"
    openpyxl.Workbook().save(path)
    assert stamp_of(open_document("plain.xlsx", path.read_bytes(), LIMITS)) is None


def test_the_arabic_workbook_runs_from_right_to_left(desk: Desk, tmp_path: Path) -> None:
    for language, expected in (("ar", True), ("fr", False)):
        path = tmp_path / f"{language}.xlsx"
        write_template(contract_of(desk, "after_care"), desk.reference, language, path)  # type: ignore[arg-type]
        shown = openpyxl.load_workbook(path).worksheets[:2]
        assert [bool(sheet.sheet_view.rightToLeft) for sheet in shown] == [expected, expected]


def test_there_is_no_formula_and_no_macro(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    write_template(contract_of(desk, "sector_activity"), desk.reference, "fr", path)
    book = openpyxl.load_workbook(path, keep_vba=True)
    assert book.vba_archive is None or not any("vba" in name.lower() for name in book.vba_archive.namelist())
    assert not any(cell.data_type == "f" for sheet in book for row in sheet.iter_rows() for cell in row)


def test_the_lists_offer_the_indicators_of_the_familys_programme(desk: Desk) -> None:
    contract = contract_of(desk, "ngo_project")
    (indicator,) = [h for h in headings_of(contract, desk.reference, "en") if h.column.role == "indicator"]
    assert indicator.choices[0] == "Awareness sessions on protective social norms"
    assert "Children reached by NGO projects" in indicator.choices
    assert "Violence against children: cases" not in indicator.choices


def test_dimensions_that_no_column_holds_run_across(desk: Desk) -> None:
    headings = headings_of(contract_of(desk, "territorial_protection_units"), desk.reference, "en")
    across = [heading.texts for heading in headings if len(heading.texts) == 3]
    assert across[:3] == [
        ("Children in follow-up", "0-5 years", "Female"),
        ("Children in follow-up", "0-5 years", "Male"),
        ("Children in follow-up", "0-5 years", "Total"),
    ]
    assert len(across) == 4 * 3


def test_a_family_that_takes_no_workbook_has_no_template(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="sdmx_csv is not sent as a workbook but as csv"):
        write_template(contract_of(desk, "sdmx_csv"), desk.reference, "fr", tmp_path / "x.xlsx")


def python_with_uno() -> str | None:
    """A Python that can talk to LibreOffice; None where there is none."""
    for python in ("/usr/bin/python3", "/usr/lib/libreoffice/program/python", "/opt/libreoffice/program/python"):
        if Path(python).exists() and not subprocess.run([python, "-c", "import uno"], capture_output=True).returncode:
            return python
    return None


def typed(said: object) -> str:
    """What a person types for an answer, with LibreOffice set to French."""
    return said.strftime("%d/%m/%Y") if isinstance(said, dt.date) else str(said)


def test_what_libreoffice_fills_in_in_french_loads_without_a_finding(desk: Desk, tmp_path: Path) -> None:
    office, python = shutil.which("soffice") or shutil.which("libreoffice"), python_with_uno()
    if office is None or python is None:
        pytest.skip("LibreOffice (soffice) and a Python with uno are not both installed on this machine")
    files = []
    for family in FAMILIES:
        contract = contract_of(desk, family)
        source = tmp_path / f"{family}.xlsx"
        write_template(contract, desk.reference, "fr", source)
        files.append(
            {
                "source": str(source),
                "target": str(tmp_path / f"{family}-rempli.xlsx"),
                "cells": {name: typed(said) for name, said in answers(contract, desk.reference, "fr", source).items()},
            }
        )
    jobs = {"profile": str(tmp_path / "profile"), "soffice": office, "files": files}
    (tmp_path / "jobs.json").write_text(json.dumps(jobs), encoding="utf-8")
    script = Path(__file__).with_name("type_with_libreoffice.py")
    subprocess.run([python, str(script), str(tmp_path / "jobs.json")], capture_output=True, timeout=300, check=True)
    for family in FAMILIES:
        contract = contract_of(desk, family)
        content = (tmp_path / f"{family}-rempli.xlsx").read_bytes()
        reading = read(desk, contract, content)
        assert (reading.family, reading.state, reading.findings) == (family, "read", [])
        assert [finding for _, finding in desk.check([reading]).findings] == []
        assert stamp_of(open_document("rempli.xlsx", content, LIMITS)) == Stamp(family, 1, "fr")
        # The same as what openpyxl writes.
        other = read(desk, contract, filled(contract, desk.reference, "fr", tmp_path / "other.xlsx"))
        assert [figure(row) for row in reading.rows] == [figure(row) for row in other.rows]
