"""An indicator: what it means, how it is added up, its figures over time, by place and by group, and its history."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from orchestration.portal import addresses, grids
from orchestration.portal.charts import page_scripts, regions
from orchestration.portal.charts.series import series as series_chart
from orchestration.portal.data import COUNTRY, LISTED, Excerpt, Framework, Group, IndicatorData
from orchestration.portal.grids import Grid
from orchestration.portal.lines import Part
from orchestration.portal.site import Page
from orchestration.portal.view import View


@dataclass(frozen=True)
class Layout:
    """What the pages of an indicator are the same of in every language: its figures, dealt out to pages."""

    bundle: IndicatorData
    by_place: tuple[Grid, ...]
    by_group: tuple[Grid, ...]
    by_place_and_group: tuple[Grid, ...]
    sources: tuple[tuple[str, int], ...]
    """Organisations with their number of statements."""


def lay_out(bundle: IndicatorData, framework: Framework) -> Layout:
    """Deal the figures of an indicator out to pages."""
    by_place = grids.grid(
        [figure for figure in bundle.figures if figure.place_code != COUNTRY],
        lambda figure: figure.place_code,
        partial(_place_order, framework),
    )
    national = grids.grid(
        [figure for figure in bundle.groups if figure.place_code == COUNTRY],
        lambda figure: figure.group,
        _group_order,
    )
    local = grids.grid(
        [figure for figure in bundle.groups if figure.place_code != COUNTRY],
        lambda figure: (figure.place_code, figure.group),
        _place_and_group_order,
    )
    return Layout(
        bundle,
        tuple(grids.split(by_place)),
        tuple(grids.split(national)),
        tuple(grids.split(local)) if local else (),
        tuple(sorted(Counter(row.organisation_code for row in bundle.observations).items())),
    )


def pages(view: View, layout: Layout) -> Iterator[Page]:
    """The page of an indicator, and further ones where its figures by place or group need more room."""
    bundle, by_place, by_group = layout.bundle, layout.by_place, layout.by_group
    by_place_and_group = layout.by_place_and_group
    framework, code, indicator = view.framework, bundle.code, bundle.indicator
    name = view.plain_name(indicator) or code
    crumbs = _crumbs(view, indicator)
    headlines = framework.headlines_of.get(code, ())
    targets = framework.targets_of.get(code, ())
    restatements = framework.restatements.get(code, Excerpt())
    comparisons = framework.reconciliation.get(code, Excerpt())
    series = series_chart(view, bundle, headlines, targets)
    tiles, multiples = regions.tiles(view, bundle), regions.multiples(view, bundle)
    context: dict[str, Any] = {
        "indicator": indicator,
        "programme": framework.programmes.get(indicator["programme_code"]),
        "objective": framework.objective(indicator["objective_code"]),
        "headlines": headlines[:LISTED],
        "headlines_left_out": max(0, len(headlines) - LISTED),
        "targets": targets,
        "series": series,
        "tiles": tiles,
        "multiples": multiples,
        "priority": [part for part in (indicator["source_priority"] or "").split("|") if part],
        "sources": layout.sources,
        "origin": addresses.origin(code),
        "restatements": restatements.rows,
        "restatements_left_out": restatements.left_out,
        "comparisons": comparisons.rows,
        "comparisons_left_out": comparisons.left_out,
        "places": by_place[0],
        "places_part": _part(code, "places", len(by_place), first=addresses.indicator(code)),
        "groups": by_group[0],
        "groups_part": _part(code, "groups", len(by_group), first=addresses.indicator(code)),
        "local_part": _part(code, "place-groups", len(by_place_and_group)) if by_place_and_group else None,
    }
    yield Page(
        addresses.indicator(code),
        "indicator.html",
        name,
        context,
        crumbs,
        scripts=page_scripts(view, series, tiles, multiples),
    )
    for kind, dealt, first in (
        ("places", by_place, addresses.indicator(code)),
        ("groups", by_group, addresses.indicator(code)),
        ("place-groups", by_place_and_group, None),
    ):
        for number, grid in enumerate(dealt, start=1):
            if number == 1 and first:
                continue
            part = _part(code, kind, len(dealt), number, first)
            yield Page(
                part.addresses[number - 1],
                "indicator_grid.html",
                name,
                {"indicator": indicator, "kind": kind, "grid": grid, "part": part},
                [*crumbs, (name, addresses.indicator(code))],
            )


def _part(code: str, kind: str, total: int, number: int = 1, first: str | None = None) -> Part:
    names = [addresses.indicator(code, kind, page) for page in range(1, total + 1)]
    if first:
        names[0] = first
    return Part(number, total, tuple(names))


def _crumbs(view: View, indicator: Any) -> list[tuple[str, str]]:
    programme = view.framework.programmes.get(indicator["programme_code"])
    found = []
    if objective := view.framework.objective(indicator["objective_code"]):
        found.append((view.plain_name(objective), addresses.objective(objective["objective_code"])))
    if programme:
        found.append((view.plain_name(programme), addresses.programme(programme["programme_code"])))
    return found


def _place_order(framework: Framework, code: str) -> tuple[str, bool, str]:
    """Regions in their order, each with its provinces after it."""
    region = framework.region_of(code) or ""
    return region, code != region, code


def _group_order(group: Group) -> tuple[object, ...]:
    """One dimension after the other: sexes, ages by their first year, residence, others; crossed ones after them."""
    sex, age, residence, population = group
    crossed = sum(part != "_T" for part in (sex, age, residence, population))
    lowest = int("".join(itertools.takewhile(str.isdigit, age.lstrip("Y_GELT"))) or 0)
    return crossed, sex == "_T", age == "_T", residence == "_T", population, sex, lowest, age, residence


def _place_and_group_order(row: tuple[str, Group]) -> tuple[object, ...]:
    place_code, group = row
    return place_code, _group_order(group)
