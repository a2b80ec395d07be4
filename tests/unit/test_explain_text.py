"""How an explained figure is written: what is passed over, cut, marked, and said in three languages."""

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import pytest
from rich.console import Console

from orchestration.explain import Figure, Step
from orchestration.explain_text import Teller, plain_lines, rich_tree

LANGUAGES = ("ar", "fr", "en")


def row(**given: Any) -> dict[str, Any]:
    return {
        "step": "node",
        "part_use": "counted",
        "part_rule": "sum",
        "basis": "places",
        "rule": "sum",
        "indicator_code": "CASES",
        "data_status": "reported",
        "organisation_code": "ORG",
        "place_code": "MA",
        "place_name_ar": "المغرب",
        "place_name_fr": "Maroc",
        "place_name_en": "Morocco",
        "period_label": "2019",
        "value": Decimal("5.0000000000"),
        "qualifier": "exact",
        "dimension": None,
        "deliverable_code": None,
        **given,
    }


def cell(**given: Any) -> dict[str, Any]:
    return {
        "organisation_code": "ORG",
        "period_label": "2019",
        "place_code": "MA",
        **dict.fromkeys(("sex", "age_group", "residence", "population_group"), "_T"),
        "value": Decimal(5),
        "qualifier": "exact",
        "inbox_path": "ORG/report.xlsx",
        "archive_path": f"received=2019-07-01/{'0123456789abcdef' * 4}.xlsx",
        "received_date": dt.date(2019, 7, 1),
        "source_sheet": "Sheet",
        "source_cell": "B2",
        "source_text": "5",
        **dict.fromkeys(("correction_code", "decisions", "deliverable_status", "citation", "citation_place", "remark")),
        **given,
    }


def statement(**given: Any) -> Step:
    return Step(row(step="statement", basis="stated", rule="stated", part_rule="stated") | given, cells=[cell()])


def stated_node(**given: Any) -> Step:
    return Step(row(basis="stated", rule="stated", **given), [statement()])


def figure(*parts: Step, aside: tuple[dict[str, Any], ...] = (), **given: Any) -> Figure:
    names = {f"indicator_name_{language}": f"Cases {language}" for language in LANGUAGES}
    shown = row(step="figure", part_use=None, part_rule=None, basis="sources", organisation_code=None) | names
    shown |= {"unit": "cases", "source_priority": None} | given
    return Figure(shown, Step(shown, list(parts)), list(aside))


def told(one: Figure, language: str = "en", few: int | None = 8) -> list[str]:
    return list(plain_lines(Teller(language, few).branch(one)))


def test_a_stated_node_has_its_cell_and_no_line_for_its_statement() -> None:
    assert told(figure(stated_node())) == [
        "CASES  Cases en",
        "  2019  Morocco (MA)  5 cases (reported): from one organisation",
        "    ORG  5: stated",
        "      file      ORG/report.xlsx (received 2019-07-01)",
        "      archived  received=2019-07-01/0123456789ab*.xlsx",
        "      cell      Sheet!B2",
        "      text      5",
    ]


def test_a_step_with_one_part_that_says_the_same_is_passed_over() -> None:
    half = Step(row(basis="periods", period_label="2019-H1"), [stated_node(period_label="2019-Q1")])
    lines = told(figure(Step(row(basis="periods"), [half])))
    assert lines[2] == "    ORG  2019-Q1  5: stated"


@pytest.mark.parametrize("change", [{"value": Decimal(4)}, {"qualifier": "at_least"}, {"part_use": "hidden"}])
def test_a_step_whose_part_says_otherwise_is_shown(change: dict[str, Any]) -> None:
    part = stated_node(period_label="2019-Q1", **{"part_rule": "latest_period", **change})
    lines = told(figure(Step(row(basis="periods"), [part])))
    assert lines[2] == "    ORG  5: from the periods within, added"
    assert lines[3].strip().startswith("2019-Q1")


def test_what_does_not_count_says_why_and_where_it_stands() -> None:
    hidden = statement(part_use="hidden", part_rule="received_last", value=Decimal(7))
    lines = told(figure(Step(row(basis="stated", rule="stated"), [statement(), hidden])))
    assert lines[-2:] == ["      7: stated [a report received later stands]", "        5  ORG/report.xlsx, Sheet!B2"]


@pytest.mark.parametrize(
    ("qualifier", "value", "words"),
    [
        ("exact", Decimal(0), "0"),
        ("more_than", Decimal(4330), "more than 4330"),
        ("not_reported", None, "not reported"),
        ("not_applicable", None, "not applicable"),
        ("suppressed", None, "suppressed"),
    ],
)
def test_zero_blank_hidden_and_not_applicable_are_said_differently(
    qualifier: str, value: Decimal | None, words: str
) -> None:
    lines = told(figure(stated_node(qualifier=qualifier, value=value)))
    assert lines[2] == f"    ORG  {words}: stated"


def test_a_missing_part_says_that_the_sum_is_a_minimum_and_one_that_does_not_apply_does_not() -> None:
    node = row(value=Decimal(5), qualifier="at_least")
    missing = stated_node(place_code="MA-01", value=None, qualifier="not_reported", part_use="missing")
    missing.row["part_rule"] = "no_value"
    none = stated_node(place_code="MA-02", value=None, qualifier="not_applicable", part_use="left_out")
    none.row["part_rule"] = "no_value"
    text = "\n".join(told(figure(Step(node, [stated_node(place_code="MA-03"), missing, none]))))
    assert "(MA-01)  not reported: stated [it has no value, so the sum is a minimum]" in text
    assert "(MA-02)  not applicable: stated [it has no value]" in text


def test_a_long_list_is_cut_and_says_how_many_more() -> None:
    parts = [stated_node(place_code=f"MA-{number:02}") for number in range(12)]
    whole = figure(Step(row(value=Decimal(60)), parts))
    short = told(whole, few=5)
    assert sum("): 5" in line or ")  5: stated" in line for line in short) == 5
    assert short[-1].strip() == "and 7 more (--all)"
    assert sum(")  5: stated" in line for line in told(whole, few=None)) == 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_made_up_figures_are_marked_in_every_language(language: str) -> None:
    first = told(figure(stated_node(), data_status="illustrative"), language)[0]
    assert first.endswith(Teller(language)._texts["illustrative"])
    assert not told(figure(stated_node()), language)[0].endswith("]")


def test_several_sources_name_the_rule_and_the_ranked_list() -> None:
    other = stated_node(organisation_code="LATER", part_use="hidden")
    other.row["part_rule"] = "source_priority"
    one = figure(stated_node(), other, rule="priority", source_priority="ORG|LATER")
    lines = told(one)
    assert lines[1].endswith("from 2 organisations, the first of the ranked list (ranked: ORG > LATER)")
    assert any("LATER  5: stated [another organisation comes first" in line for line in lines)


def test_the_cells_of_a_replaced_report_stand_together() -> None:
    replaced = {"why": "superseded", "receipt_id": "r", "replaced_by": "new.xlsx", "replaced_on": "2019-08-01"}
    aside = tuple(cell(source_cell=f"B{number}") | replaced for number in (2, 3))
    lines = told(figure(stated_node(), aside=aside))
    assert lines[-4:] == [
        "    does not count",
        "      ORG/report.xlsx (received 2019-07-01) [replaced by new.xlsx (received 2019-08-01)]",
        "        2019  MA  5  Sheet!B2",
        "        2019  MA  5  Sheet!B3",
    ]


def test_a_decision_and_a_correction_say_who_and_why() -> None:
    told_of = stated_node()
    told_of.parts[0].cells[0] |= {
        "decisions": [{"rule_code": "RULE", "reason": "Agreed.", "decided_by": "amina", "decided_on": "2024-02-01"}],
        "correction_code": "FIX",
        "correction_action": "override",
        "value_as_reported": Decimal("51.0"),
        "correction_reason": "Digits transposed.",
        "reported_by": "team",
        "reported_to": "focal point",
        "reported_on": dt.date(2024, 2, 1),
    }
    lines = [line.strip() for line in told(figure(told_of))]
    assert "accepted  despite RULE because Agreed. (amina on 2024-02-01)" in lines
    expected = "corrected from 51 to 5 because Digits transposed. (FIX, reported by team to focal point on 2024-02-01)"
    assert expected in lines


def test_categories_name_their_dimension_in_the_readers_language() -> None:
    parts = statement(basis="parts", rule="sum", dimension="sex")
    one = figure(Step(row(basis="stated", rule="stated"), [parts]))
    assert told(one, "fr")[2] == "    ORG  5 : somme des catégories (sexe)"


def test_a_terminal_of_100_columns_loses_nothing() -> None:
    long = stated_node()
    long.parts[0].cells[0]["citation"] = "word " * 60 + "end"
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(rich_tree(Teller("en").branch(figure(long))))
    shown = console.export_text()
    assert max(map(len, shown.splitlines())) <= 100
    assert "end" in shown
    assert shown.count("word") == 60


def test_what_a_reporter_wrote_is_no_command_to_a_terminal() -> None:
    hostile = stated_node()
    hostile.parts[0].cells[0]["citation"] = "page \x1b]0;title\x07\x9b2J[bold]12[/bold]"
    branch = Teller("en").branch(figure(hostile))
    console = Console(width=200, record=True, file=io.StringIO(), force_terminal=True)
    console.print(rich_tree(branch))
    for printed in ("\n".join(plain_lines(branch)), console.export_text()):
        assert r"page \x1b]0;title\x07\x9b2J[bold]12[/bold]" in printed


def test_every_rule_of_the_models_has_words() -> None:
    """The codes that int_figure_step and the macro of hidden statements write."""
    rules = {
        *("no_value", "percentage_alone", "largest_value", "latest_period", "source_priority", "inside_span"),
        *("crossing_span", "blank_yields", "stated_stands", "places_before_periods", "received_last"),
        *("stated_before_parts", "first_dimension", "first_in_file", "deliverable_not_done"),
    }
    for language in LANGUAGES:
        assert rules <= Teller(language)._texts["part_rules"].keys()
