"""Charts as a browser draws them: in the direction of the page, with their words, their table and their downloads."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page

from orchestration.settings import LANGUAGES
from tests.browser.conftest import Open, Portal
from tests.browser.test_pages import plain

pytestmark = pytest.mark.xdist_group("browser")

TREND = "indicator/TREND.html"


def drawn(page: Page, kind: str) -> Locator:
    """The chart of this kind, once it is drawn."""
    chart = page.locator(f"figure.chart-{kind}")
    page.locator(f"figure.chart-{kind}[data-drawn]").wait_for()
    return chart


def taken(page: Page, chart: Locator, kind: str) -> tuple[str, bytes]:
    """Name and content of what a chart hands out."""
    with page.expect_download() as waiting:
        chart.locator(f"[data-take={kind}]").click()
    got = waiting.value
    return got.suggested_filename, Path(got.path()).read_bytes()


def place_of(page: Page, chart: Locator, word: str) -> dict[str, float]:
    """Where a word stands inside a chart."""
    box = chart.locator("svg text", has_text=re.compile(rf"^\u2067?{word}\u2069?$")).first.bounding_box()
    assert box is not None, word
    return dict(box)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_series_is_drawn_in_the_direction_of_the_page(open_page: Open, made_up: Portal, language: str) -> None:
    page = open_page(made_up.at(f"{language}/{TREND}"))
    chart = drawn(page, "series")
    early, late = (place_of(page, chart, year)["x"] for year in ("2019", "2024"))
    zero = place_of(page, chart, "0")["x"]
    if language == "ar":
        assert late < early < zero
    else:
        assert zero < early < late
    # In the same section stand the same figures as a table, and what the picture says in words.
    assert page.locator("section[aria-labelledby=series] table").is_visible()
    told = page.locator(f"#{chart.locator('[role=img]').get_attribute('aria-describedby')}").inner_text()
    assert {"2017", "2024", "50", "150"} <= set(re.findall(r"\d+", told))


def test_each_kind_of_figure_looks_different(open_page: Open, made_up: Portal) -> None:
    page = open_page(made_up.at(f"en/{TREND}"))
    chart = drawn(page, "series")
    texts = [plain(text) for text in chart.locator("svg text").all_text_contents()]
    for word in ("notreported", "about70", "morethan150", "anothersource", "target100", "baseline40"):
        assert word in texts, word
    assert plain(chart.locator(".key").inner_text()) == "officialreported"
    shapes = chart.locator("svg path[aria-roledescription], svg .mark-symbol path")
    filled = {shapes.nth(number).get_attribute("fill") for number in range(shapes.count())}
    assert {"var(--brand)", "var(--ink)", "var(--paper)"} <= filled


WORDS = {
    "tiles": (TREND, ("30", "notreported", "Tanger", "Oriental")),
    "regions": (TREND, ("30", "35", "Tanger", "Oriental")),
    "progress": ("programme/PROGRAMME.html", ("25%", "IndicatorCHILDREN", "behind")),
    "heat": ("reporting.html", ("12", "Ministry", "1stquarterof2024")),
}
"""Where each other kind of chart stands, and what is in it."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", WORDS)
def test_each_kind_of_chart_says_what_its_table_says(open_page: Open, made_up: Portal, kind: str) -> None:
    path, words = WORDS[kind]
    page = open_page(made_up.at(f"en/{path}"))
    chart = drawn(page, kind)
    texts = plain("|".join(chart.locator("svg text").all_text_contents()))
    assert [word for word in words if plain(word) not in texts] == []
    section = page.locator("section", has=chart)
    assert section.locator("table").first.is_visible()
    told = page.locator(f"#{chart.locator('[role=img]').get_attribute('aria-describedby')}")
    assert told.is_visible()


@pytest.mark.slow
@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_kind_is_drawn_and_handed_out_in_each_language(
    open_page: Open, made_up: Portal, language: str, kind: str
) -> None:
    page = open_page(made_up.at(f"{language}/{WORDS[kind][0]}"), viewport={"width": 390, "height": 800})
    chart = drawn(page, kind)
    box = chart.locator("svg").first.bounding_box()
    assert box is not None
    assert 250 < box["width"] <= 390
    assert box["height"] > 40
    _, svg = taken(page, chart, "svg")
    assert svg.decode().startswith("<svg")
    _, table = taken(page, chart, "csv")
    rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))
    assert len(rows) > 1
    assert all(len(row) == len(rows[0]) for row in rows)
    # A table for programs: no sign that only helps letters to their place.
    assert not re.search(r"[\u2066-\u2069]", table.decode())


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_chart_hands_out_pictures_and_its_table(open_page: Open, made_up: Portal, language: str) -> None:
    page = open_page(made_up.at(f"{language}/{TREND}"), color_scheme="dark")
    chart = drawn(page, "series")
    name, svg = taken(page, chart, "svg")
    assert name == "TREND-years.svg"
    text = svg.decode()
    assert text.startswith("<svg")
    # On its own it knows no stylesheet: it is light, and says what it is and which release it is from.
    assert "var(--" not in text
    assert "#ffffff" in text
    assert page.locator("h1").inner_text() in text
    assert "20210304T103000Z-0badcafe" in text
    name, png = taken(page, chart, "png")
    assert (name, png[:8]) == ("TREND-years.png", b"\x89PNG\r\n\x1a\n")
    name, table = taken(page, chart, "csv")
    assert name == "TREND-years.csv"
    rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))
    assert rows[0] == ["period", "status", "value", "qualifier"]
    assert sorted(rows[1:]) == [
        ["2017-2019", "published", "150", "more_than"],
        ["2019", "published", "50", "exact"],
        ["2020", "published", "60", "exact"],
        ["2022", "published", "", "not_reported"],
        ["2023", "published", "70", "approximate"],
        ["2024", "published", "80", "exact"],
        ["2024", "reported", "85", "exact"],
    ]


@pytest.mark.slow
def test_a_dark_page_is_printed_in_the_colours_of_paper_and_whole(open_page: Open, made_up: Portal) -> None:
    page = open_page(made_up.at(f"fr/{TREND}"), color_scheme="dark")
    chart = drawn(page, "series")
    line = chart.locator("svg [stroke='var(--brand)']").first
    colour = "(node) => getComputedStyle(node).stroke"
    dark = line.evaluate(colour)
    page.emulate_media(media="print", color_scheme="dark")
    assert line.evaluate(colour) == "rgb(20, 96, 107)" != dark
    # A4 between its margins; what was drawn for the screen becomes narrower and is not cut off.
    page.set_viewport_size({"width": 700, "height": 1000})
    box = chart.locator("svg").bounding_box()
    assert box is not None
    assert box["width"] <= 700
    assert chart.locator("[data-take]").first.is_hidden()


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_charts_are_drawn_from_a_folder_and_missed_by_nobody_without_javascript(
    open_page: Open, made_up: Portal, language: str
) -> None:
    drawn(open_page(made_up.on_disk(f"{language}/{TREND}")), "series")
    page = open_page(made_up.on_disk(f"{language}/{TREND}"), java_script_enabled=False)
    assert not page.locator("figure.chart").first.is_visible()
    assert page.locator("section[aria-labelledby=series] table").is_visible()
    assert page.locator("#TREND-years-told").is_visible()
