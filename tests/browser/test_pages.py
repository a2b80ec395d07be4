"""Every page in every language as a browser shows it: nothing fails, nothing is asked for elsewhere, nothing hides."""

import io
import re
import unicodedata

import pypdf
import pytest

from orchestration.settings import LANGUAGES
from tests.browser.conftest import Open, Portal
from tests.browser.test_smoke import DIRECTIONS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

HEAVIEST = 300_000
NARROW = {"width": 320, "height": 640}
"""What a page at 1280 pixels becomes when it is enlarged four times (WCAG 1.4.10)."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_loads_in_its_direction(open_page: Open, made_up: Portal, language: str) -> None:
    pages = made_up.pages(language)
    assert {path.split("/")[1] for path in pages} >= {
        "tally",
        "programme",
        "indicator",
        "origin",
        "place",
        "index.html",
    }
    page = open_page(made_up.at(f"{language}/index.html"))
    for path in pages:
        page.goto(made_up.at(path))
        assert page.locator("html").get_attribute("lang") == language, path
        direction = page.evaluate("getComputedStyle(document.querySelector('main')).direction")
        assert direction == DIRECTIONS[language], path
        assert page.locator("h1").count() == 1, path


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_reads_without_javascript_from_a_folder(open_page: Open, made_up: Portal, language: str) -> None:
    page = open_page(made_up.on_disk(f"{language}/index.html"), java_script_enabled=False)
    for path in made_up.pages(language):
        page.goto(made_up.on_disk(path))
        assert page.locator("main h1").is_visible(), path
        shown = page.locator("main").inner_text().split()
        assert len(shown) > 5, path
        assert page.locator("link[rel=stylesheet]").count() == 1
    page.goto(made_up.on_disk(f"{language}/figures.html"))
    page.locator("main a[href='objective/SO4.html']").click()
    page.locator("main a[href$='origin/REACH.html#y2019-MA']").first.click()
    assert page.locator("#y2019-MA q").inner_text() == "406.423"


@pytest.mark.parametrize("language", LANGUAGES)
def test_scripts_run_from_a_folder(open_page: Open, made_up: Portal, language: str) -> None:
    page = open_page(made_up.on_disk(f"{language}/figures.html") + "#year=2019")
    page.locator("#explorer tbody tr").first.wait_for()
    # REACH over its years; TREND in the year and over its years.
    assert page.locator("#explorer tbody tr").count() == 3
    page.locator("#find").fill("reach")
    page.locator("#find").press("Enter")
    page.locator("#results a[href='indicator/REACH.html']").click()
    assert page.url == made_up.on_disk(f"{language}/indicator/REACH.html")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_phone_scrolls_pages_in_one_direction(open_page: Open, made_up: Portal, language: str) -> None:
    page = open_page(made_up.at(f"{language}/index.html"), viewport=NARROW)
    too_wide = []
    for path in made_up.kinds(language):
        page.goto(made_up.at(path))
        width = page.evaluate("document.scrollingElement.scrollWidth")
        if width > NARROW["width"]:
            too_wide.append((path, width))
    assert too_wide == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_start_page_leads_to_the_readers_language(open_page: Open, made_up: Portal, language: str) -> None:
    page = open_page(made_up.at("index.html"), locale={"ar": "ar-MA", "fr": "fr-MA", "en": "en-GB"}[language])
    page.wait_for_url(made_up.at(f"{language}/index.html"))
    still = open_page(made_up.at("index.html"), java_script_enabled=False)
    still.locator(f"a[hreflang={language}]").click()
    assert still.url == made_up.at(f"{language}/index.html")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_programme_on_paper_has_its_text_and_nothing_to_click(
    open_page: Open, made_up: Portal, language: str
) -> None:
    page = open_page(made_up.at(f"{language}/programme/PROGRAMME.html"))
    told = " ".join(page.locator("main :is(h1, h2, th, td.number, dd, li)").all_inner_texts())
    clickable = page.locator(".skip, .find button, .sections a, .crumbs a, .more").all_inner_texts()
    printed = on_paper(page.pdf(format="A4"))
    assert "406423" in re.sub(r"\W", "", told)
    assert [word for word in told.split() if not stands(plain(word), printed)] == []
    assert len(clickable) > 10
    assert [text for text in clickable if plain(text) in printed and text not in told] == []


def plain(text: str) -> str:
    """Letters and digits alone: a PDF holds shapes of letters, and spaces where it likes."""
    return re.sub(r"\W", "", unicodedata.normalize("NFKC", text))


def on_paper(pdf: bytes) -> str:
    """What a PDF says, as `plain` says it; the words of a line of Arabic come from the left."""
    return plain(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages))


def stands(word: str, printed: str) -> bool:
    """Whether a word stands there; a PDF may draw the shapes of an Arabic word in another order."""
    letters = sorted(word)
    return word in printed or any(
        sorted(printed[start : start + len(word)]) == letters for start in range(len(printed) - len(word) + 1)
    )


def test_no_page_is_heavy(made_up: Portal, real: Portal) -> None:
    pages = [path for portal in (made_up, real) for path in portal.folder.rglob("*.html")]
    assert len(pages) > 100
    assert {path.name: path.stat().st_size for path in pages if path.stat().st_size > HEAVIEST} == {}
