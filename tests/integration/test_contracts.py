"""The shipped contracts and their illustrative examples: one family for each programme and kind of sender."""

import datetime as dt
from pathlib import Path

import pytest

from orchestration.check.suites import load_suite
from orchestration.findings import Catalogue
from orchestration.read.contracts import Contract, check_references
from orchestration.read.formats.document import Document, Sheet
from orchestration.read.reference import Reference
from orchestration.read.tables import match
from orchestration.read.template import headings_of
from orchestration.settings import LANGUAGES, Language
from tests.helpers import PROJECT, Desk

INBOX = PROJECT / "raw" / "inbox"
EXPECTATIONS = PROJECT / "expectations"
PERIODIC = (
    *("after_care", "begging", "campaign_reach", "deliverables", "information_system", "institutions_standards"),
    *("internet_risks", "ngo_project", "sector_activity", "street_situations", "territorial_protection_units"),
    "training_register",
)
# The file; its family, format, encoding and number of values; and one of its figures as its cell says.
EXAMPLES = {
    "ENTRAIDE/2020-07-20/تقرير-الأجهزة-الترابية-الربع-الثاني-2020.xlsx": (
        *("territorial_protection_units", "xlsx", "", 33),
        ("E9", "DTIPE_CHILDREN_FOLLOWED", "MA-TAR", "M", "Y6T11", "4", "2020-06-30"),
    ),
    "ENTRAIDE/2020-10-12/systeme-information-T3-2020.xls": (
        *("information_system", "xls", "", 24),
        ("E8", "IS_CHILDREN_IN_CIRCUIT", "MA-SAL", "_T", "_T", "26", "2020-09-30"),
    ),
    "ENTRAIDE/2021-01-20/situation-de-rue-2020-donnees-illustratives.json": (
        *("street_situations", "json", "utf-8", 16),
        ("/donnees/2/garcons_integres", "STREET_CHILDREN_INTEGRATED", "MA-CAS", "M", "_T", "22", "2020-12-31"),
    ),
    "ENTRAIDE/2021-01-25/المواكبة-بعد-18-النصف-الثاني-2020.csv": (
        *("after_care", "csv", "cp1256; ';'", 15),
        ("E9", "AFTER_CARE_INTEGRATED", "MA-09", "_T", "_T", "أكثر من 5", "2020-12-31"),
    ),
    "ENTRAIDE/2021-03-15/etablissements-2020.ods": (
        *("institutions_standards", "ods", "", 16),
        ("D7", "STD_NOT_AUTHORISED", "MA-02", "_T", "_T", "2", "2020-12-31"),
    ),
    "MIN_EDUCATION/2021-02-10/dangers-internet-2020.xlsx": (
        *("internet_risks", "xlsx", "", 48),
        ("K8", "INTERNET_CHILDREN_AWARE", "MA-03", "_T", "_T", "environ 250", "2020-09-30"),
    ),
    "MIN_HEALTH/2021-02-12/bilan-sectoriel-S2-2020.xlsx": (
        *("sector_activity", "xlsx", "", 4),
        ("G7", "EP_REFERRALS", "MA-04", "F", "_T", "34", "2020-12-31"),
    ),
    "MSISF/2021-04-12/حصيلة-الحملة-مثال-توضيحي.xlsx": (
        *("campaign_reach", "xlsx", "", 12),
        ("D7", "CAMPAIGN_PERSONS_REACHED", "MA", "_T", "_T", "412 500", "2021-03-31"),
    ),
    "NGO_EXAMPLE_1/2020-07-15/project-report-hxl.csv": (
        *("ngo_project", "csv", "utf-8; ','; '\"'", 9),
        ("H7", "NGO_CHILDREN_REACHED", "MA-LAR", "M", "_T", "37", "2020-06-30"),
    ),
    "NGO_EXAMPLE_1/2020-10-08/training-register-Q3-2020.txt": (
        *("training_register", "csv", "utf-16; '\\t'", 45),
        ("F6", "SN_TRAINING_ATTENDANCES", "MA-03", "_T", "_T", "5", "2020-09-30"),
    ),
    "NGO_EXAMPLE_2/2020-07-06/mendicite-T2-2020.csv": (
        *("begging", "csv", "cp1252; ';'", 30),
        ("I8", "BEGGING_CHILDREN_PROTECTED", "MA-SAL", "M", "_T", "7", "2020-06-30"),
    ),
    "NGO_EXAMPLE_2/2021-01-18/livrables-2020.xlsx": (
        *("deliverables", "xlsx", "", 3),
        ("E7", "SN_TOOLS", "MA", "_T", "_T", "1", "2020-12-31"),
    ),
}


def test_the_codes_of_all_contracts_are_in_the_registers(contracts: tuple[Contract, ...], reference: Reference) -> None:
    check_references(contracts, reference)


def test_every_programme_of_the_ministrys_page_has_a_family(contracts: tuple[Contract, ...]) -> None:
    assert {
        *("EXECUTIVE_PROGRAMME", "TERRITORIAL_SYSTEMS", "STANDARDS", "SOCIAL_NORMS", "SOCIAL_NORMS_PROJECT"),
        *("SOCIAL_NORMS_CAMPAIGN", "INFORMATION_SYSTEMS", "BEGGING", "INTERNET_RISKS", "STREET_SITUATIONS"),
        "AFTER_CARE",
    } == {contract.programme for contract in contracts} - {None}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_read_whole_and_marked_illustrative(desk: Desk, name: str) -> None:
    family, file_format, encoding, values, known = EXAMPLES[name]
    path = INBOX / name
    organisation, received = Path(name).parts[:2]
    reading = desk.read(path.read_bytes(), organisation, path.name, received=dt.date.fromisoformat(received))
    assert (reading.family, reading.file_format, reading.file_encoding) == (family, file_format, encoding)
    assert (reading.state, reading.data_status) == ("read", "illustrative")
    assert len(reading.rows) == values
    (row,) = [row for row in reading.rows if row.source_cell == known[0]]
    about = row.indicator_code, row.place_code, row.sex, row.age_group, row.source_text, str(row.period_end)
    assert about == known[1:]
    checked = desk.check([reading])
    assert checked.counts.observations["accepted"] == values
    assert {finding.code for _, finding in checked.findings} <= {"ROW_NOT_READ"}


def test_the_examples_are_of_every_periodic_family() -> None:
    assert sorted(example[0] for example in EXAMPLES.values()) == sorted(PERIODIC)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("family", PERIODIC)
def test_the_required_columns_alone_tell_a_family(desk: Desk, family: str, language: Language) -> None:
    """Whoever leaves out every optional column is still understood, and by one contract only."""
    contract = next(contract for contract in desk.contracts if contract.family == family)
    headings = [
        heading
        for heading in headings_of(contract, desk.reference, language)
        if heading.column.required or (contract.spread and heading.column.role == "value" and not heading.column.set)
    ]
    height = max(len(heading.texts) for heading in headings)
    rows: list[list[object]] = [
        [heading.texts[level - height + len(heading.texts)] if level >= height - len(heading.texts) else None
         for heading in headings]
        for level in range(height)
    ]  # fmt: skip
    document = Document("xlsx", [Sheet("report", [*rows, [1 for _ in headings]])])
    found = [match(document, other, desk.reference) for other in desk.contracts]
    most = max(candidate.matched for candidate in found if candidate.tables)
    assert [c.contract.family for c in found if c.tables and c.matched == most] == [family]


@pytest.mark.parametrize("family", PERIODIC)
def test_a_figure_without_its_period_is_refused_in_every_family(catalogue: Catalogue, family: str) -> None:
    rules = {entry.rule for entry in load_suite(EXPECTATIONS, family, catalogue).entries}
    assert rules & {"REPORT_PERIOD_MISSING", "PERIOD_UNREADABLE"}
    assert "REPORT_PERIOD_GRAIN" in rules


@pytest.mark.parametrize("family", PERIODIC)
def test_every_column_has_a_name_in_each_language(desk: Desk, family: str) -> None:
    contract = next(contract for contract in desk.contracts if contract.family == family)
    for name, column in contract.columns.items():
        for language in LANGUAGES:
            assert getattr(column.labels, language), f"{family}.{name} has no name in {language}"
            assert all(getattr(code.labels, language) for code in column.codes)
