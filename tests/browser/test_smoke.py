"""The few pages a language that every run opens: what a script draws, and what stands without one."""

import pytest

from orchestration.settings import LANGUAGES
from tests.browser.conftest import Open, Portal

pytestmark = pytest.mark.xdist_group("browser")

DIRECTIONS = {"ar": "rtl", "fr": "ltr", "en": "ltr"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_tally_the_figures_and_the_search_open(open_page: Open, made_up: Portal, language: str) -> None:
    page = open_page(made_up.at(f"{language}/index.html"))
    assert page.evaluate("getComputedStyle(document.body).direction") == DIRECTIONS[language]
    assert page.locator("h1").is_visible()
    page.goto(made_up.at(f"{language}/figures.html"))
    page.locator("#explorer tbody tr").first.wait_for()
    page.locator("#find").fill("REACH")
    page.locator("#find").press("Enter")
    page.locator("#results [role=status]").wait_for()
    assert page.url == made_up.at(f"{language}/search.html?q=REACH")
    assert page.locator("#results a").count() > 0
