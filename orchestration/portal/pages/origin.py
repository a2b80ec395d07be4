"""Where figures come from: the statements of reports behind an indicator, by year and place, down to the cell."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from orchestration.portal import addresses
from orchestration.portal.addresses import Origins
from orchestration.portal.catalogues import message
from orchestration.portal.data import COUNTRY, Figure, Framework, IndicatorData, Observation
from orchestration.portal.lines import Part, Section
from orchestration.portal.site import Page
from orchestration.portal.view import View

_ROOM = 160_000
"""Bytes of statements on a page, by and large; what a report says beside its values may be long."""
_SECTION, _STATEMENT = 600, 450
_TITLE = message("title", "Sources: %(indicator)s")


@dataclass(frozen=True)
class Layout:
    """The statements of one indicator, dealt out to pages."""

    bundle: IndicatorData
    pages: tuple[tuple[Section, ...], ...]


def lay_out(bundle: IndicatorData, framework: Framework, origins: Origins) -> Layout:
    """Deal the statements of an indicator out to pages, and note in `origins` where each year and place begins.

    Every year and place that shows a figure has a section, also where no report speaks of it itself.
    """
    figures = _grouped(bundle.figures)
    statements = _grouped(bundle.observations)
    known = sorted(figures.keys() | statements.keys(), key=lambda key: (-key[0], key[1] != COUNTRY, key[1]))
    pages: list[list[Section]] = [[]]
    room = _ROOM
    present = set(known)
    for year, place_code in known:
        within = tuple(child for child in framework.children.get(place_code, ()) if (year, child) in present)
        shown = tuple(figures.get((year, place_code), ()))
        is_continued = False
        for some in _runs(statements.get((year, place_code), ())):
            weight = _SECTION + sum(map(_weight, some))
            if weight > room and pages[-1]:
                pages.append([])
                room = _ROOM
            room -= weight
            if is_continued:
                pages[-1].append(Section(year, place_code, (), some, (), is_continued))
            else:
                pages[-1].append(Section(year, place_code, shown, some, within))
                origins.put(bundle.code, year, place_code, len(pages))
            is_continued = True
    return Layout(bundle, tuple(tuple(page) for page in pages))


def pages(view: View, layout: Layout) -> Iterator[Page]:
    """The pages of statements of one indicator."""
    indicator = layout.bundle.indicator
    code = layout.bundle.code
    name = view.plain_name(indicator) or code
    names = tuple(addresses.origin(code, number) for number in range(1, len(layout.pages) + 1))
    for number, sections in enumerate(layout.pages, start=1):
        yield Page(
            path=names[number - 1],
            template="origin.html",
            title=view.say(_TITLE, indicator=name),
            crumbs=[(name, addresses.indicator(code))],
            context={
                "indicator": indicator,
                "sections": sections,
                "part": Part(number, len(layout.pages), names),
            },
        )


def _runs(statements: Sequence[Observation]) -> Iterator[tuple[Observation, ...]]:
    """Statements in runs that each fit a page; one empty run where there are none."""
    run: list[Observation] = []
    room = _ROOM - _SECTION
    for row in statements:
        weight = _weight(row)
        if run and weight > room:
            yield tuple(run)
            run, room = [], _ROOM - _SECTION
        run.append(row)
        room -= weight
    yield tuple(run)


def _weight(row: Observation) -> int:
    written = (row.source_text, row.citation, row.citation_place, row.remark)
    return _STATEMENT + sum(len(text.encode()) for text in written if text)


def _grouped(rows: tuple[Figure, ...] | tuple[Observation, ...]) -> dict[tuple[int, str], list]:  # type: ignore[type-arg]
    found: dict[tuple[int, str], list] = {}  # type: ignore[type-arg]
    for key, members in itertools.groupby(rows, key=lambda row: (row.year, row.place_code)):
        found.setdefault(key, []).extend(members)
    return found
