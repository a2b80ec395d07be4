"""Finding, choosing and comparing: what a reader does by the script, and that it stands in the address."""

import pytest
from playwright.sync_api import Page, expect

from orchestration.settings import LANGUAGES
from tests.browser.conftest import Open, Portal

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

ROW = ":is(#explorer, #comparison) tbody tr"
ALIKE = {
    "ar": [("الأطفال", "الاطفال", "أَطْفَال", "إطفال", "ٱلأطفـال"), ("طنجة", "طنجه", "طَنْجَة")],
    "fr": [("intégrés", "integres", "INTÉGRÉS", "inte\u0301gre\u0301s"), ("négligence", "negligence")],
    "en": [("children", "Children", " CHILDREN ")],
}
"""Words of the real names, each as several people type it."""


def rows(page: Page) -> list[list[str]]:
    """The cells of the table that the script drew."""
    page.locator(ROW).first.wait_for()
    return [row.locator("th, td").all_inner_texts() for row in page.locator(ROW).all()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_406_423_is_two_clicks_from_its_cited_source(open_page: Open, real: Portal, language: str) -> None:
    page = open_page(real.at(f"{language}/index.html"))
    page.locator("main a[href^='objective/SO4']").first.click()
    figure = page.locator("main a[href$='origin/SN_DIGITAL_REACH.html#y2019-MA']").first
    assert "".join(letter for letter in figure.inner_text() if letter.isdigit()) == "406423"
    figure.click()
    section = page.locator("#y2019-MA")
    assert section.locator("q").first.inner_text() == "406.423"
    assert "social.gov.ma" in section.inner_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_filters_stand_in_the_address(open_page: Open, made_up: Portal, language: str) -> None:
    page = open_page(made_up.at(f"{language}/figures.html"))
    everything = rows(page)
    page.locator("select[name=objective]").select_option("SO4")
    page.wait_for_url("**/figures.html#objective=SO4")
    page.locator("select[name=status]").select_option("illustrative")
    page.wait_for_url("**/figures.html#objective=SO4&status=illustrative")
    page.locator(f"{ROW} a[href*='REACH']").first.wait_for(state="detached")
    narrowed = rows(page)
    assert 0 < len(narrowed) < len(everything)
    assert all("CHILDREN" in row[0] for row in narrowed)

    # The view as it was sent to somebody, and in the other languages.
    sent = open_page(page.url)
    assert rows(sent) == narrowed
    for link in page.locator(".languages a").all():
        assert str(link.get_attribute("href")).endswith("figures.html#objective=SO4&status=illustrative")

    page.locator("button[type=reset]").click()
    page.locator(f"{ROW} a[href*='REACH']").first.wait_for()
    assert rows(page) == everything
    assert page.url.endswith("figures.html#")


def test_filters_by_place_and_year_show_what_the_place_reports(open_page: Open, made_up: Portal) -> None:
    page = open_page(made_up.at("fr/figures.html"))
    page.locator("select[name=place]").select_option("MA-02")
    page.wait_for_url("**#place=MA-02")
    page.locator("#explorer tbody a[href$='origin/CHILDREN.html#y2024-MA-02']").wait_for()
    assert [row[2] for row in rows(page) if row[0] == "Indicateur CHILDREN"] == ["60"]
    page.locator("select[name=year]").select_option("2024")
    page.wait_for_url("**#year=2024&place=MA-02")
    page.locator("#explorer tbody a[href$='origin/CHILDREN.html#y2024-MA-02']").click()
    assert page.url == made_up.at("fr/origin/CHILDREN.html#y2024-MA-02")
    page.go_back()
    assert [row[2] for row in rows(page) if row[0] == "Indicateur CHILDREN"] == ["60"]
    assert page.locator("select[name=year]").input_value() == "2024"


def test_an_address_that_names_what_there_is_not_breaks_nothing(open_page: Open, made_up: Portal) -> None:
    page = open_page(made_up.at("en/figures.html#objective=%22%3E%3Cscript%3E&year=1066&status=none"))
    page.locator("#explorer .empty").wait_for()
    page = open_page(made_up.at("en/compare.html#by=places&one=MA-01&other=MA-02&year=1066"))
    page.locator("#comparison .empty").wait_for()
    page = open_page(made_up.at("en/search.html?q=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E"))
    page.locator("#results [role=status]").wait_for()
    assert page.locator("main img").count() == 0


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_places_and_two_years_are_compared(open_page: Open, made_up: Portal, language: str) -> None:
    page = open_page(made_up.at(f"{language}/compare.html"))
    page.locator("select[name=by]").select_option("places")
    page.locator("select[name=one]").select_option("MA-01")
    page.wait_for_url("**one=MA-01**")
    page.locator("select[name=other]").select_option("MA-02")
    page.wait_for_url("**/compare.html#by=places&one=MA-01&other=MA-02&year=2024")
    page.locator("#comparison tbody a[href$='origin/CHILDREN.html#y2024-MA-02']").wait_for()
    compared = [row[2:5] for row in rows(page) if "CHILDREN" in row[0]]
    assert compared == [["40", "60", "20"]]
    sent = open_page(page.url)
    assert rows(sent) == rows(page)
    sent = open_page(made_up.at(f"{language}/compare.html#by=years&first=2023&second=2024"))
    (rate,) = [row for row in rows(sent) if "RATE" in row[0] and "96" in row[3]]
    assert not any(letter.isdigit() for letter in rate[2] + rate[4])


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_are_found_however_they_are_typed(open_page: Open, real: Portal, language: str) -> None:
    page = open_page(real.at(f"{language}/search.html"))
    for spellings in ALIKE[language]:
        found = []
        for typed in spellings:
            page.locator("#find").fill(typed)
            page.locator("#find").press("Enter")
            page.locator("#results [role=status]").wait_for()
            found.append(page.locator("#results a").evaluate_all("links => links.map((link) => link.href)"))
        assert found[0] != [], spellings
        assert all(one == found[0] for one in found), spellings


def test_what_is_found_is_opened(open_page: Open, made_up: Portal) -> None:
    page = open_page(made_up.at("fr/index.html"))
    page.locator("#find").fill("FRANCAIS programme")
    page.locator(".find button").click()
    assert page.url == made_up.at("fr/search.html?q=FRANCAIS+programme")
    # A click waits for the script to find it, and fails where it finds several.
    page.locator("#results a").click()
    expect(page.locator("h1")).to_have_text("Programme en français")
    page.go_back()
    page.locator("#find").fill("nothing is called this")
    assert page.locator("#results a").count() == 0
    assert page.locator("#everything").is_hidden()
