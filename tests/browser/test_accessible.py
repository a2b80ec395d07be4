"""Who uses no mouse, hears the pages, or needs strong contrast: axe-core's rules, and the keyboard alone."""

from typing import Any

import pytest
from playwright.sync_api import Page

from orchestration.settings import LANGUAGES
from tests.browser.conftest import Open, Portal

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SCHEMES = ("light", "dark")
FOCUSED = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  return {
    name: at.tagName, id: at.id, className: at.className, address: at.getAttribute("href"),
    inMain: !!at.closest("main"),
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    seen: box.width > 0 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
  };
}"""
STOPS = """() => Array.from(document.querySelectorAll("a[href], input, button, select, [tabindex='0'], summary"),
  (node) => node.getAttribute("href") || node.id || node.tagName)"""


def violations(page: Page, axe: str) -> list[str]:
    """What axe-core finds on a page, one line for each element."""
    page.evaluate(axe)
    found: dict[str, Any] = page.evaluate(
        "(rules) => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", RULES
    )
    return [
        f"{rule['id']}: {node['html'][:160]} ({node['failureSummary']})"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def judged(page: Page, portal: Portal, paths: list[str], axe: str) -> dict[str, list[str]]:
    """What axe-core finds on pages of a portal, light and dark."""
    found: dict[str, list[str]] = {}
    for path in paths:
        page.goto(portal.at(path))
        if path.endswith(("figures.html", "compare.html")):
            page.locator("main tbody tr").first.wait_for()
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            if told := violations(page, axe):
                found[f"{path}, {scheme}"] = told
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing_on_any_kind_of_page(open_page: Open, made_up: Portal, axe: str, language: str) -> None:
    paths = [*made_up.kinds(language), f"{language}/search.html?q=reach"]
    page = open_page(made_up.at(f"{language}/index.html"))
    assert judged(page, made_up, paths, axe) == {}


def test_axe_finds_nothing_on_the_real_pages_on_a_phone(open_page: Open, real: Portal, axe: str) -> None:
    page = open_page(real.at("ar/index.html"), viewport={"width": 360, "height": 800})
    assert judged(page, real, real.kinds("ar"), axe) == {}


def test_axe_sees_what_is_wrong(open_page: Open, made_up: Portal, axe: str) -> None:
    page = open_page(made_up.at("en/index.html"))
    page.evaluate(
        "document.querySelector('label[for=find]').remove(); document.querySelector('#find').placeholder = ''"
    )
    page.evaluate("document.querySelector('h1').style.color = '#bbb'")
    told = " ".join(violations(page, axe))
    assert "label: " in told
    assert "color-contrast: " in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_stop_of_the_keyboard_skips_to_the_content(open_page: Open, made_up: Portal, language: str) -> None:
    page = open_page(made_up.at(f"{language}/objective/SO4.html"))
    page.keyboard.press("Tab")
    at = page.evaluate(FOCUSED)
    assert (at["className"], at["seen"]) == ("skip", True)
    page.keyboard.press("Enter")
    assert page.evaluate(FOCUSED)["id"] == "content"
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED)["inMain"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_keyboard_alone_leads_through_the_navigation_to_a_figures_source(
    open_page: Open, made_up: Portal, language: str
) -> None:
    # Without motion a page stands where it was scrolled to as soon as the focus is there.
    page = open_page(made_up.at(f"{language}/index.html"), reduced_motion="reduce")
    wanted = ["objective/SO4.html", "../origin/REACH.html#y2019-MA"]
    for address in wanted:
        stops = page.evaluate(STOPS)
        met = []
        while not met or met[-1]["address"] != address:
            assert len(met) < len(stops), f"{address} cannot be reached"
            page.keyboard.press("Tab")
            met.append(page.evaluate(FOCUSED))
        # In the order of the page, each of them marked and in sight.
        assert [at["address"] or at["id"] or at["name"] for at in met] == stops[: len(met)]
        assert [at for at in met if at["outline"] < 2 or not at["seen"]] == []
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/{address.removeprefix('../')}")
    assert page.locator("#y2019-MA q").inner_text() == "406.423"


def test_filters_are_set_by_the_keyboard_and_keep_the_focus(open_page: Open, made_up: Portal) -> None:
    page = open_page(made_up.at("fr/figures.html"))
    page.locator("#explorer tbody tr").first.wait_for()
    page.locator("select[name=objective]").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_url("**/figures.html#objective=SO1")
    page.locator("#explorer .empty").wait_for()
    assert page.evaluate("document.activeElement.name") == "objective"
