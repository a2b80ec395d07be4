"""The page of SQL in a browser: examples, results, their CSV, and what it says where it cannot work."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from orchestration import portal
from orchestration.portal import engine
from orchestration.portal.pages import ask
from orchestration.settings import LANGUAGES
from tests.browser.conftest import Open, Portal, served
from tests.browser.test_accessible import SCHEMES, violations
from tests.helpers import PORTAL_SCRIPTS
from tests.unit.portal import made

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

KEPT = PORTAL_SCRIPTS / "with-duckdb"
"""A folder of its own: the releases of other tests have no page of SQL, wherever they run."""
SECONDS = 60_000
"""DuckDB is 34 MB, and compiled anew on every page."""


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The portal of the made-up release with DuckDB in it; skips where npm cannot fetch it."""
    try:
        engine.make(KEPT)
    except engine.EngineError as error:
        pytest.skip(str(error))
    published = tmp_path_factory.mktemp("asked")
    release = published / "releases" / made.EDITION.release_id
    release.mkdir(parents=True)
    portal.write(made.write_public(release), made.EDITION, kept=KEPT)
    (release / "manifest.json").write_text("{}")
    (published / "current").symlink_to(release.relative_to(published))
    with served(published) as site:
        yield site


def answer(page: Page) -> list[list[str]]:
    """The rows of the result, once it is there."""
    page.locator("[data-take=csv]:enabled").wait_for(timeout=SECONDS)
    return [row.locator("td").all_inner_texts() for row in page.locator("#answer tbody tr").all()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_examples_are_answered_in_the_readers_language(open_page: Open, asked: Portal, language: str) -> None:
    page = open_page(asked.at(f"{language}/downloads.html"))
    page.locator("a[href='ask.html']").click()
    page.locator("[data-sql]").first.click()
    rows = answer(page)
    name = {"ar": "مؤشر TREND", "fr": "Indicateur TREND", "en": "Indicator TREND"}[language]
    assert ["2024", name, "80", "exact", "cases"] in rows
    with page.expect_download() as waiting:
        page.locator("[data-take=csv]").click()
    assert waiting.value.suggested_filename == "hasila.csv"
    taken = Path(waiting.value.path()).read_bytes().decode("utf-8-sig")
    told = list(csv.reader(io.StringIO(taken)))
    assert told[0] == ["year", "indicator", "value", "qualifier", "unit"]
    assert told[1:] == rows
    for number in range(1, len(ask.EXAMPLES)):
        page.locator("[data-sql]").nth(number).click()
        assert answer(page), number


def test_what_one_types_is_answered_exactly_and_a_mistake_is_told(open_page: Open, asked: Portal) -> None:
    page = open_page(asked.at("en/ask.html"))

    def typed(sql: str) -> None:
        page.locator("#sql").fill(sql)
        page.locator("#sql").press("Control+Enter")

    typed(
        "select 12345678901234567.10::decimal(20, 2) as a, date '2024-02-29' as b, 'x,\"y' as c, null as d, 1.50 as e;"
    )
    assert answer(page) == [["12345678901234567.1", "2024-02-29", 'x,"y', "", "1.5"]]
    typed("select nothing from nowhere")
    page.locator("[role=alert]").wait_for(timeout=SECONDS)
    assert "nowhere" in page.locator("[role=alert]").inner_text()
    # What is withheld is not in the file that is asked.
    typed(
        "select distinct value, qualifier from indicator_by_place_year "
        "where indicator_code = 'SECRET' and place_code <> 'MA'"
    )
    assert answer(page) == [["", "suppressed"]]
    typed("select * from range(1200)")
    assert len(answer(page)) == 500
    assert "1,200" in page.locator("[role=status]").inner_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_where_it_cannot_work_the_page_says_so(open_page: Open, asked: Portal, language: str) -> None:
    page = open_page(asked.on_disk(f"{language}/ask.html"))
    assert page.locator("#ask").is_hidden()
    assert "hasila serve" in page.locator("#without-script").inner_text()
    page = open_page(asked.at(f"{language}/ask.html"), java_script_enabled=False)
    assert page.locator("#ask").is_hidden()
    page.locator("#without-script a").click()
    assert page.url.endswith("downloads.html")


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_and_a_phone_scrolls_in_one_direction(
    open_page: Open, asked: Portal, axe: str, language: str
) -> None:
    page = open_page(asked.at(f"{language}/ask.html"), viewport={"width": 320, "height": 640})
    page.locator("[data-sql]").first.click()
    assert answer(page)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert violations(page, axe) == [], scheme
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 320
