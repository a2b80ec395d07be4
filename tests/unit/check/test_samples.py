"""Real exports of partner systems, read and judged under contracts made for them.

The files are not the project's; where their folder is absent these tests are skipped.
"""

import copy
import csv
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.read.contracts import Contract
from orchestration.read.reference import Indicator, Reference
from orchestration.read.room import Reading
from tests.helpers import PROJECT, Desk

SAMPLES = PROJECT.parent / "shared" / "samples"

pytestmark = [
    pytest.mark.xdist_group("great_expectations"),
    pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no sample files in {SAMPLES}"),
]


def contract(family: str, columns: dict[str, dict[str, object]], **more: object) -> Contract:
    """A contract with headings as column names."""
    title = {"ar": family, "fr": family, "en": family}
    named = {
        f"c{number}": {"labels": {"en": [heading]}, "required": column["role"] != "remark"} | column
        for number, (heading, column) in enumerate(columns.items())
    }
    return Contract.model_validate(
        {
            "family": family,
            "version": 1,
            "title": title,
            "formats": ["csv"],
            "data_status": {"default": "reported"},
            "period": {"source": "column"},
            "columns": named,
            **more,
        }
    )


def desk_with(desk: Desk, one: Contract, indicators: Iterable[Indicator], places: Iterable[str]) -> Desk:
    """The shipped registers, and what these files speak of."""
    reference: Reference = copy.deepcopy(desk.reference)
    for indicator in indicators:
        reference.indicators[indicator.code] = indicator
        reference.indicator_names.add_code(indicator.code)
    for place in places:
        reference.places.add_code(place)
    return Desk((one,), reference, desk.catalogue)


def test_activityinfo_contradictions_and_duplicates_are_found_with_their_counts(desk: Desk) -> None:
    """Zaatari 2016: 4,384 rows, 124 of women's indicators said to be of men, 320 statements made more than once."""
    path = SAMPLES / "activityinfo" / "zaatari_2016.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = {row["Indicator"].strip() for row in csv.DictReader(file)}
    women = contract(
        "activityinfo",
        {
            "Indicator": {"role": "indicator"},
            "Value": {"role": "value"},
            "Partner": {"role": "population_group", "prefix": "partner="},
            "Fundedby": {"role": "population_group", "prefix": "donor="},
            "appeal": {"role": "population_group", "prefix": "appeal="},
            "StartDate": {"role": "period"},
            "Governorate": {"role": "place"},
            "Gender": {"role": "sex"},
        },
        decimal_sign=".",
        largest_bad_share=1,
    )
    indicators = [
        Indicator(name, "amount", "F" if "WOMEN" in name else "", "", is_deliverable_count=False) for name in names
    ]
    own = desk_with(desk, women, indicators, ["ZaatariCamp"])
    reading = own.read(path.read_bytes(), "UNICEF", path.name)
    assert len(reading.rows) == 4384
    checked = own.check([reading])
    failed = {rule: count for rule, (_, _, count) in checked.counts.rules.items() if count}
    assert failed["SEX_CONTRADICTS_INDICATOR"] == 124
    with path.open(encoding="utf-8-sig", newline="") as file:
        blanks = sum(" ".join(row["Indicator"].split()) != row["Indicator"] for row in csv.DictReader(file))
    assert failed["TEXT_BLANKS"] == blanks > 0
    found_of_statements = {"STATEMENT_REPEATED", "STATEMENT_CONTRADICTED"}
    assert failed.keys() == {"SEX_CONTRADICTS_INDICATOR", "TEXT_BLANKS"} | found_of_statements
    lines = {
        int(finding.cell[1:])
        for _, finding in checked.findings
        if finding.code in ("STATEMENT_REPEATED", "STATEMENT_CONTRADICTED")
    }
    key = ("Partner", "Indicator", "Gender", "StartDate", "Fundedby", "appeal")
    with path.open(encoding="utf-8-sig", newline="") as file:
        statements: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for line, row in enumerate(csv.DictReader(file), 2):
            statements[tuple(row[name] for name in key)].append(line)
    assert sum(bool(lines.intersection(group)) for group in statements.values()) == 320


UNICEF_DW = contract(
    "unicef_dw",
    {
        "MENARO.indicator.code": {"role": "indicator"},
        "iso3": {"role": "place"},
        "time.period": {"role": "period"},
        "obs.value": {"role": "value"},
        "data.source": {"role": "citation"},
        "sex": {"role": "sex", "before_colon": True},
        "age": {"role": "age_group", "before_colon": True},
        "DW.indicator.code": {"role": "ignored"},
    },
    decimal_sign=".",
)
UN_SDG = contract(
    "un_sdg",
    {
        "MENARO.indicator.code": {"role": "indicator"},
        "iso3": {"role": "place"},
        "time.period": {"role": "period"},
        "obs.value": {"role": "value"},
        "data.source": {"role": "citation"},
        "sex": {"role": "sex", "values": {"BOTHSEX": "_T"}},
        "SDGGD.indicator.code": {"role": "ignored"},
    },
    decimal_sign=".",
)


def values(reading: Reading) -> dict[tuple[str, str, int], Decimal | None]:
    return {
        (row.indicator_code, row.place_code, row.period_end.year if row.period_end else 0): row.value
        for row in reading.rows
    }


def test_two_warehouses_agree_in_every_figure_they_share(desk: Desk) -> None:
    """UNICEF's Data Warehouse and the UN's SDG database: 53 keys in both, and all equal."""
    files: list[tuple[Contract, Path]] = [
        (UNICEF_DW, SAMPLES / "unicef_sdmx" / "unicef_dw_PT_MENARO.csv"),
        (UN_SDG, SAMPLES / "unicef_sdmx" / "un_sdg_gd_child_protection_MENARO.csv"),
    ]
    codes: set[str] = set()
    places: set[str] = set()
    for _, path in files:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                codes.add(row["MENARO.indicator.code"])
                places.add(row["iso3"])
    indicators = [Indicator(code, "percent", "", "", is_deliverable_count=False) for code in codes]
    readings = [
        desk_with(desk, one, indicators, places - {"MAR"}).read(path.read_bytes(), "UNICEF", path.name)
        for one, path in files
    ]
    first, second = (values(reading) for reading in readings)
    assert (len(readings[0].rows), len(readings[1].rows)) == (132, 53)
    shared = first.keys() & second.keys()
    assert len(shared) == 53
    assert [key for key in shared if first[key] is None or first[key] != second[key]] == []
