"""Regions, provinces and prefectures: their newest figures beside the country's."""

from collections.abc import Iterator
from functools import partial

from orchestration.portal import addresses
from orchestration.portal.catalogues import message
from orchestration.portal.data import COUNTRY, Figure, Framework, Row
from orchestration.portal.site import Page, parts
from orchestration.portal.view import View

_TITLE = message("title", "Regions, provinces and prefectures")


def index(view: View, with_figures: set[str]) -> Page:
    """All places by region; `with_figures` are those of which anything is known."""
    framework = view.framework
    return Page(
        addresses.PLACES,
        "places.html",
        view.say(_TITLE),
        {
            "regions": [(region, within(framework, region["place_code"])) for region in framework.regions],
            "with_figures": with_figures,
        },
    )


def within(framework: Framework, code: str) -> list[Row]:
    """The places directly within one."""
    return [framework.places[inner] for inner in framework.children.get(code, ())]


def newest(figures: tuple[Figure, ...]) -> list[Figure]:
    """Of each indicator and status the newest figure; they come newest first."""
    found: dict[tuple[str, str], Figure] = {}
    for figure in figures:
        found.setdefault((figure.indicator_code, figure.data_status), figure)
    return list(found.values())


def pages(view: View, place: Row, figures: list[Figure]) -> Iterator[Page]:
    """The page of a place; its figures may go on on further ones."""
    framework, code = view.framework, place["place_code"]
    crumbs = [(view.say(_TITLE), addresses.PLACES)]
    parent = framework.places.get(place["parent_code"])
    if parent and parent["place_code"] != COUNTRY:
        crumbs.append((view.plain_name(parent), addresses.place(parent["place_code"])))
    ordered = sorted(figures, key=lambda figure: _objective_first(framework, figure))
    for part, rows in parts(ordered, partial(addresses.place, code)):
        yield Page(
            part.addresses[part.number - 1],
            "place.html",
            view.plain_name(place) or code,
            {
                "place": place,
                "parent": parent if parent and parent["place_code"] != COUNTRY else None,
                "within": within(framework, code),
                "rows": [(figure, _national(framework, figure)) for figure in rows],
                "part": part,
            },
            crumbs,
        )


def _national(framework: Framework, figure: Figure) -> Row | None:
    """The country's figure of the same indicator, period and status."""
    return framework.national.get((figure.indicator_code, figure.period_label, figure.data_status))


def _objective_first(framework: Framework, figure: Figure) -> tuple[bool, str, str, str]:
    indicator = framework.indicators.get(figure.indicator_code, {})
    objective = indicator.get("objective_code")
    return objective is None, objective or "", indicator.get("programme_code") or "", figure.indicator_code
