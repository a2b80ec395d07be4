"""What is drawn once and filled in often is what the template would say each time, with nothing in it unescaped."""

import datetime as dt
from decimal import Decimal
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from orchestration.portal import grids
from orchestration.portal.addresses import Here, Origins
from orchestration.portal.data import Figure, Framework, Group, Observation
from orchestration.portal.forms import form
from orchestration.portal.lines import Lines, Part, Section
from orchestration.portal.site import environment_of
from orchestration.portal.view import View
from tests.unit.portal.made import HOSTILE, Node, tree

PLACES: dict[str, Any] = {
    "MA": {"place_code": "MA", "place_type": "country", "parent_code": None, "name_en": "Morocco"},
    "MA-01": {"place_code": "MA-01", "place_type": "region", "parent_code": "MA", "name_en": HOSTILE},
    "MA-TNG": {"place_code": "MA-TNG", "place_type": "province", "parent_code": "MA-01", "name_en": "Tanger"},
}
INDICATOR: dict[str, Any] = {"indicator_code": "CODE", "unit": "cases", "name_en": HOSTILE}
FRAMEWORK = Framework((), {}, {"CODE": INDICATOR}, {}, PLACES, (), (), (), {}, (), (), (), (), (), {}, {}, children={})
DAYS = dt.date(2024, 1, 1), dt.date(2024, 12, 31)
HERE = Here("en", "indicator/CODE.html")


@pytest.fixture(scope="module")
def lines() -> Lines:
    view = View("en", FRAMEWORK, Origins())
    return Lines(view, environment_of(view))


def statement(**given_values: Any) -> Observation:
    rest: dict[str, Any] = dict.fromkeys(Observation._fields)
    rest |= {"receipt_id": "r", "organisation_code": "O", "place_code": "MA", "year": 2024, "period_label": "2024"}
    rest |= {"period_start": DAYS[0], "period_end": DAYS[1], "group": Group(), "value": Decimal(1)}
    return Observation(**rest | {"qualifier": "exact", "data_status": "reported"} | given_values)


def figure(place_code: str, value: int | None, qualifier: str = "exact", **given_values: Any) -> Figure:
    return Figure(
        "CODE", place_code, 2024, "2024", *DAYS, "reported", value and Decimal(value), qualifier, **given_values
    )


@given(st.text(), st.text(alphabet="%<>&'\"{}()sd"), st.booleans())
def test_a_form_says_what_its_macro_says(first: str, second: str, is_marked: bool) -> None:
    source = (
        "{% macro line(one, two, is_marked=false) %}100%{{ one }}%s%(two)s"
        "{% if is_marked %} class='%d'{% endif %}{{ two }}{{ one }}{% endmacro %}"
    )
    macro: Any = jinja2.Environment(autoescape=True).from_string(source).module
    filled = form(macro.line, is_marked=is_marked) % {"one": escape(first), "two": escape(second)}
    assert filled == str(macro.line(escape(first), escape(second), is_marked))


@given(st.lists(st.text(min_size=1), min_size=6, max_size=6))
def test_a_statement_says_what_the_report_says_and_nothing_of_it_is_markup(lines: Lines, texts: list[str]) -> None:
    keys = ("source_text", "source_sheet", "source_cell", "citation", "citation_place", "remark")
    row = statement(**dict(zip(keys, texts, strict=True)))
    told = str(lines.sections([Section(2024, "MA", (), (row,), ())], INDICATOR, HERE))
    expected = [
        f'<q dir="auto">{escape(texts[0])}</q>',
        f"<bdi>{escape(texts[1])}</bdi> <code>{escape(texts[2])}</code>",
        "".join(f'<span class="line" dir="auto">{escape(text)}</span>' for text in texts[3:5]),
        f'<dd dir="auto">{escape(texts[5])}</dd>',
    ]
    assert [part for part in expected if part not in told] == []


def test_what_was_not_written_and_what_is_withheld_are_told_apart(lines: Lines) -> None:
    rows = (
        statement(source_text=""),
        statement(value=None, qualifier="not_reported"),
        statement(value=None, qualifier="suppressed"),
    )
    page = tree(str(lines.sections([Section(2024, "MA", (), rows, ())], INDICATOR, HERE)))
    written = [row.all("dd")[0] for row in page.all("li")]
    assert [row.text for row in written] == ["", "nothing", "withheld"]
    assert [len(row.all("q")) for row in written] == [1, 0, 0]


def test_statements_stand_under_their_report_and_a_section_without_says_why(lines: Lines) -> None:
    rows = tuple(statement(receipt_id=name, source_cell=f"A{place}") for place, name in enumerate("abab"))
    told = lines.sections(
        [
            Section(2024, "MA", (figure("MA", 7),), rows, ("MA-01",)),
            Section(2023, "MA", (), (), ("MA-01",)),
            Section(2022, "MA", (), (), ()),
            Section(2022, "MA", (), (), (), is_continued=True),
        ],
        INDICATOR,
        HERE,
    )
    first, within, above, continued = tree(str(told)).all("section")
    assert [[code.text for code in report.all("code")] for report in first.all("div", class_="report")] == [
        ["A0", "A2"],
        ["A1", "A3"],
    ]
    assert first.one("ul", class_="shown").one("strong").text == "7"
    assert first.all("p")[0].one("a").attributes["href"] == "../origin/CODE.html#y2024-MA-01"
    assert "from the places within it" in within.one(class_="note").text
    assert "from what stands above and below it" in above.one(class_="note").text
    assert (continued.one("h2").text, continued.all(class_="note")) == ("Morocco, 2022 (continued)", [])
    assert [section.attributes.get("id") for section in (first, continued)] == ["y2024-MA", None]


def test_statements_stand_under_the_file_of_their_report(lines: Lines) -> None:
    of_file = statement(file_name=HOSTILE, received_date=dt.date(2025, 1, 31))
    section = Section(2024, "MA", (), (of_file, statement(receipt_id="unknown")), ())
    known, unknown = tree(str(lines.sections([section], INDICATOR, HERE))).all("div", class_="report")
    assert known.all("bdi")[0].text == HOSTILE
    assert f"O, {HOSTILE}, received on 31 January 2025" in known.text
    assert [node.attributes["href"] for node in (known.one("a"), unknown.one("a"))] == ["../organisation/O.html"] * 2
    assert "received" not in unknown.text


def cells_of(row: Node) -> list[str]:
    return [cell.text for cell in row.all("td")]


def test_a_grid_has_a_cell_for_every_column(lines: Lines) -> None:
    older = figure("MA-TNG", 3)._replace(year=2023, period_label="2023", period_end=dt.date(2023, 12, 31))
    rows = [figure("MA-01", 1234), figure("MA-TNG", None, "suppressed"), older]
    grid = grids.grid(rows, lambda row: row.place_code, str)
    region, province = tree(str(lines.grid(grid, "places", HERE, "cases"))).all("tr")
    assert cells_of(region) == ["1,234", "–no figure"]
    assert cells_of(province) == ["withheld", "3"]
    assert (region.attributes.get("class"), province.attributes.get("class")) == (None, "inner")
    assert region.one("th").text == HOSTILE
    assert region.all("a")[1].attributes["href"] == "../origin/CODE.html#y2024-MA-01"


def test_a_long_table_names_its_other_pages(lines: Lines) -> None:
    pages = ("origin/A.html", "origin/A.2.html", "origin/A.3.html")
    assert lines.pager(None, HERE) == lines.pager(Part(1, 1, pages[:1]), HERE) == ""
    for number in (1, 2, 3):
        pager = tree(str(lines.pager(Part(number, 3, pages), HERE, "#places")))
        assert [node.text for node in pager.all("li")] == ["1", "2", "3"]
        assert pager.one("span", aria_current="page").text == str(number)
        others = [f"../{page}#places" for place, page in enumerate(pages, 1) if place != number]
        assert [node.attributes["href"] for node in pager.all("a")] == others


def test_a_received_file_says_what_it_is_and_what_became_of_it(lines: Lines) -> None:
    row: dict[str, Any] = {
        "receipt_id": "0123456789abcdef0123",
        "file_name": HOSTILE,
        "family": "begging",
        "data_status": "illustrative",
        "period_start": DAYS[0],
        "period_end": DAYS[1],
        "received_date": dt.date(2025, 1, 31),
        "verdict": "accepted_with_findings",
        "state": "accepted",
        "is_standing": True,
        "observations_accepted": 1234,
        "observations_quarantined": 0,
    }
    unknown = {"family": HOSTILE, "data_status": None, "period_start": None, "period_end": None, "state": "unreadable"}
    unknown |= {"verdict": "unreadable", "is_standing": None, "observations_accepted": None}
    told = str(lines.received([row, row | {"is_standing": False}, row | unknown]))
    first, replaced, unreadable = tree(told).all("tr")
    assert first.one("bdi").text == HOSTILE
    assert first.attributes["id"] == "r-0123456789abcdef"
    assert "illustrative" in first.one("th").text
    cells = cells_of(first)
    assert cells[1:3] == ["from 1 January 2024 to 31 December 2024", "31 January 2025"]
    assert cells[4:] == ["1,234", "0"]
    assert "replaced by a later one" not in cells[3]
    assert cells_of(replaced)[3] == f"{cells[3]} replaced by a later one"
    # A family that nobody knows is shown readable.
    assert cells_of(unreadable)[:2] == [HOSTILE.replace("_", " ").lower(), ""]
    assert cells_of(unreadable)[4:] == ["", "0"]
    assert "status-" not in told.split("<tr")[3]
