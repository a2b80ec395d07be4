"""Headings: what they say of figures beyond their column's name is not passed over."""

import io
from collections.abc import Sequence
from decimal import Decimal

import openpyxl
import pytest

from orchestration.read.room import Reading
from tests.helpers import OFFICIAL, OFFICIAL_COLUMNS, SDMX, Desk, csv_report, xlsx_report

INDICATOR = "SN_PARENTS_TRAINED"
TITLE = ("Rapport périodique d'activité", "Période : T2 2019")
SEXED = ("Indicateur", "Province ou préfecture", "Sexe")


def activity(desk: Desk, heading: str, title: Sequence[str] = TITLE, unit: str | None = None, **row: str) -> Reading:
    rows = [(None, None, None, unit)] if unit else []
    values = (row.get("indicator", INDICATOR), "Nador", row.get("sex", "Total"), 12)
    return desk.read(xlsx_report([*rows, values], title=title, header=(*SEXED, heading)), "ENTRAIDE", "report.xlsx")


def said(reading: Reading) -> list[tuple[str, object, str | None, str]]:
    return [(row.source_cell, row.value, row.value_problem, row.problem_text) for row in reading.rows]


@pytest.mark.parametrize(
    "heading",
    [
        "Nombre (en milliers)",
        "Nombre\n(x 1000)",
        "العدد (بالآلاف)",
        "Nombre (%)",
        "Nombre - taux",
        "Nombre (pour 100 000)",
        "Nombre (filles)",
        "Nombre / إناث",
        "Nombre (0-5 ans)",
        "Nombre (2018)",
        "Nombre (rural)",
        "Nombre - T1",
        "العدد - أبريل",
        "Nombre (prévu)",
        "Nombre (cumul)",
    ],
)
def test_a_heading_that_makes_other_figures_of_those_below_refuses_them(desk: Desk, heading: str) -> None:
    assert said(activity(desk, heading)) == [("D5", None, "VALUE_OF_OTHER_KIND", heading)]


@pytest.mark.parametrize(
    "heading",
    [
        "Nombre",
        "Nombre (1)",
        "Nombre (personnes)",
        "Nombre / العدد",
        "Nombre (total)",
        "Nombre (T2 2019)",
        "Nombre - T2",
        "Nombre (2019)",
        "Nombre (0-17 ans)",
        "Nombre (réalisé)",
        "Nombre (par an)",
    ],
)
def test_a_heading_that_says_what_is_known_anyway_is_no_hindrance(desk: Desk, heading: str) -> None:
    assert said(activity(desk, heading)) == [("D5", 12, None, "")]


@pytest.mark.parametrize("unit", ["(en milliers)", "%", "بالآلاف"])
def test_a_row_of_units_is_heard(desk: Desk, unit: str) -> None:
    assert said(activity(desk, "Nombre", unit=unit)) == [("D6", None, "VALUE_OF_OTHER_KIND", unit)]
    assert said(activity(desk, "Nombre", unit="(personnes)")) == [("D6", 12, None, "")]


@pytest.mark.parametrize(
    ("title", "is_heard"),
    [
        ("Effectifs (en milliers)", True),
        ("Unité : millier", True),
        ("الوحدة: بالآلاف", True),
        ("Formation des parents - en %", True),
        ("Rapport annuel (montants en milliers de DH)", True),
        ("Effectifs en milliers 2019", True),
        ("المبالغ بالآلاف", True),
        ("Programme des 1000 écoles", False),
        ("Un million de parents", False),
        ("Taux de réalisation : 45 %", False),
        ("Plus de 2 millions de parents", False),
        ("1000", False),
    ],
)
def test_titles_say_the_unit_of_all_figures(desk: Desk, title: str, is_heard: bool) -> None:
    expected = ("D6", None, "VALUE_OF_OTHER_KIND", title) if is_heard else ("D6", 12, None, "")
    assert said(activity(desk, "Nombre", title=(*TITLE, title))) == [expected]


def test_a_share_is_what_a_percentage_is_asked_for(desk: Desk) -> None:
    """And girls are all that an indicator of girls counts."""
    assert said(activity(desk, "Nombre (%)", indicator="PPO_ACTS_GIRLS_SHARE")) == [("D5", 12, None, "")]
    assert said(activity(desk, "Nombre (filles)", indicator="PPO_GIRL_RAPE_CASES")) == [("D5", 12, None, "")]


def test_a_heading_of_two_columns_is_neither(desk: Desk) -> None:
    lines = (
        "Code du projet;Indicateur;Province;Du;Au;Filles/Garçons;Total",
        "P1;NGO_CHILDREN_REACHED;Nador;01/04/2019;30/06/2019;11;11",
    )
    reading = desk.read("\n".join(lines).encode(), "NGO_EXAMPLE_1", "report.csv")
    assert said(reading) == [("F2", None, "VALUE_OF_OTHER_KIND", "Filles/Garçons"), ("G2", 11, None, "")]


@pytest.mark.parametrize("groups", [("Filles", "Garçons"), ("2018", "2019"), ("%", "Effectif")])
@pytest.mark.parametrize("is_merged", [True, False])
def test_a_group_of_headings_is_heard_in_each_of_its_columns(
    desk: Desk, groups: tuple[str, str], is_merged: bool
) -> None:
    """A label that stands under two groups is read once: not as the whole, where it is the first group's."""
    book = openpyxl.Workbook()
    for line in (
        ("Bilan d'activité sectoriel",),
        ("Période : S1 2019",),
        (),
        ("Objectif", "Mesure", "Indicateur", groups[0], None, groups[1], None),
        (None, None, None, "Prévu", "Réalisé", "Prévu", "Réalisé"),
        ("SO2", "M1", "EP_REFERRALS", 9, 5, 9, 6),
    ):
        book.active.append(line)
    for merged in ("D4:E4", "F4:G4") if is_merged else ():
        book.active.merge_cells(merged)
    content = io.BytesIO()
    book.save(content)
    reading = desk.read(content.getvalue(), "ENTRAIDE", "report.xlsx")
    assert said(reading) == [("E6", None, "VALUE_OF_OTHER_KIND", groups[0])]
    assert [(finding.code, finding.cell) for finding in reading.findings] == [
        ("HEADER_DUPLICATE", "F5"),
        ("HEADER_DUPLICATE", "G5"),
    ]


def test_tags_decide_what_a_column_holds_and_headings_still_say_thousands(desk: Desk) -> None:
    tags = ("#activity+project", "#indicator", "#adm2", "#date+start", "#date+end", "#reached+f", "#reached")
    lines = [
        "P;I;W;D;A;Cible;Total (en milliers)",
        ";".join(tags),
        "P1;NGO_CHILDREN_REACHED;Nador;01/04/2019;30/06/2019;5;11",
    ]
    reading = desk.read("\n".join(lines).encode(), "NGO_EXAMPLE_1", "report.csv")
    assert said(reading) == [("F3", 5, None, ""), ("G3", None, "VALUE_OF_OTHER_KIND", "Total (en milliers)")]


@pytest.mark.parametrize(
    ("indicator", "unit", "is_other"),
    [
        ("PPO_VIOLENCE_CASES", "milliers", True),
        ("PPO_VIOLENCE_CASES", "en millions", True),
        ("PPO_VIOLENCE_CASES", "%", True),
        ("PPO_VIOLENCE_CASES", "cases", False),
        ("PPO_VIOLENCE_CASES", "", False),
        ("PPO_ACTS_GIRLS_SHARE", "percent", False),
        ("PPO_ACTS_GIRLS_SHARE", "%", False),
    ],
)
def test_a_rows_own_unit_is_heard(desk: Desk, indicator: str, unit: str, is_other: bool) -> None:
    row = OFFICIAL | {"indicator_code": indicator, "value": "12", "unit": unit}
    reading = desk.read(csv_report([row], (*OFFICIAL_COLUMNS, "unit")))
    expected = (None, "VALUE_OF_OTHER_KIND", unit) if is_other else (12, None, "")
    assert [one[1:] for one in said(reading)] == [expected]


@pytest.mark.parametrize(
    ("heading", "multiplier", "is_other"),
    [
        ("UNIT_MULT", "3", True),
        ("UNIT_MULTIPLIER", "3: Thousands", True),
        ("UNIT_MULT:Unit multiplier", "6", True),
        ("UNIT_MULT", "0", False),
        ("UNIT_MULTIPLIER", "0: Units", False),
        ("UNIT_MULT", "", False),
    ],
)
def test_what_sdmx_multiplies_is_not_the_plain_figure(
    desk: Desk, heading: str, multiplier: str, is_other: bool
) -> None:
    row = SDMX | {"UNIT_MEASURE": "PCNT", heading: multiplier}
    (read,) = desk.read(csv_report([row], tuple(row)), "UNICEF").rows
    assert (read.value, read.value_problem) == ((None, "VALUE_OF_OTHER_KIND") if is_other else (Decimal("96.9"), None))


@pytest.mark.parametrize(
    ("heading", "cells", "refused"),
    [
        ("Milieu", ("Rural", "Rural"), ["Rural", "Rural"]),
        ("Public", ("Total", "Filles"), [None, "Filles"]),
        ("Tranche", ("12-17 ans", None), ["12-17 ans", None]),
        ("Mois", ("avril", "mai"), ["avril", "mai"]),
        ("Année", (2018, 2019), ["2018", None]),
        ("Budget", (2018, 2019), [None, None]),
        ("Partenaire", ("Rural", "ONDE"), [None, None]),
        ("N°", (1, 2), [None, None]),
    ],
)
def test_a_column_that_nobody_asked_for_may_make_other_figures_of_its_rows(
    desk: Desk, heading: str, cells: Sequence[object], refused: list[str | None]
) -> None:
    rows = [(INDICATOR, place, "Total", cell, 5) for place, cell in zip(("Nador", "Midelt"), cells, strict=True)]
    content = xlsx_report(rows, title=TITLE, header=(*SEXED, heading, "Nombre"))
    reading = desk.read(content, "ENTRAIDE", "report.xlsx")
    assert [row.problem_text or None for row in reading.rows] == refused
    assert {row.value_problem for row in reading.rows if row.problem_text} <= {"VALUE_OF_OTHER_KIND"}


def test_a_province_beside_its_region_is_not_the_region(desk: Desk) -> None:
    header = ("Indicateur", "Région", "Province ou préfecture", "Sexe", "Nombre")
    rows = [(INDICATOR, "L'Oriental", province, "Total", 5) for province in ("Nador", None, "L'Oriental")]
    reading = desk.read(xlsx_report(rows, title=TITLE, header=header), "ENTRAIDE", "report.xlsx")
    assert [(row.value, row.problem_text) for row in reading.rows] == [(None, "Nador"), (5, ""), (5, "")]
