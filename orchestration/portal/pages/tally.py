"""The tally by objective and year: the start page, each year, each objective."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from orchestration.portal import addresses
from orchestration.portal.catalogues import message
from orchestration.portal.charts import page_scripts
from orchestration.portal.charts.progress import progress
from orchestration.portal.data import Framework, Row
from orchestration.portal.site import Page, parts
from orchestration.portal.view import View

_HOME = message("title", "The tally by objective and year")
_YEAR = message("title", "The tally of %(year)s")
_NO_OBJECTIVE = message("title", "Programmes for which no source names an objective")
NO_OBJECTIVE = "none"
"""Stands for the programmes without an objective, in addresses and anchors."""
_LATEST = 5
_YEARS = 12
_STATUS_ORDER = {"published": 0, "reported": 1, "illustrative": 2}


@dataclass(frozen=True)
class Chapter:
    """An objective with what stands under it; the last chapter is what no objective holds."""

    code: str
    objective: Row | None
    programmes: tuple[Row, ...]
    headlines: tuple[Row, ...]

    @property
    def latest(self) -> list[Row]:
        """The newest figures of different indicators, official ones first."""
        by_weight = sorted(
            self.headlines,
            key=lambda row: (_STATUS_ORDER.get(row["data_status"], 3), -row["period_end"].toordinal()),
        )
        first: dict[str, Row] = {}
        for row in by_weight:
            first.setdefault(row["indicator_code"], row)
        return list(itertools.islice(first.values(), _LATEST))

    @property
    def indicators(self) -> int:
        """How many indicators have a figure."""
        return len({row["indicator_code"] for row in self.headlines})


def chapters(framework: Framework) -> tuple[Chapter, ...]:
    """The objectives in order, and the rest where there is any."""
    found = [
        _chapter(framework, objective["objective_code"], objective, objective["objective_code"])
        for objective in framework.objectives
    ]
    rest = _chapter(framework, NO_OBJECTIVE, None, None)
    return (*found, rest) if rest.programmes or rest.headlines else tuple(found)


def _chapter(framework: Framework, code: str, objective: Row | None, key: str | None) -> Chapter:
    return Chapter(
        code,
        objective,
        tuple(row for row in framework.programmes.values() if row["objective_code"] == key),
        tuple(row for row in framework.headlines if row["objective_code"] == key),
    )


def title(view: View, chapter: Chapter) -> str:
    """What a chapter is called."""
    return view.plain_name(chapter.objective) if chapter.objective else view.say(_NO_OBJECTIVE)


def pages(view: View) -> Iterator[Page]:
    """The start page, the years and the objectives."""
    every = chapters(view.framework)
    titles = {chapter.code: title(view, chapter) for chapter in every}
    for year in view.framework.years:
        yield from _year_pages(view, year, every, titles)
    yield _home(view, every, titles)
    for chapter in every:
        yield from _objective_pages(view, chapter, titles)


def _home(view: View, every: Sequence[Chapter], titles: dict[str, str]) -> Page:
    counted = Counter((row["objective_code"] or NO_OBJECTIVE, row["year"]) for row in view.framework.headlines)
    return Page(
        addresses.HOME,
        "home.html",
        view.say(_HOME),
        {
            "chapters": every,
            "titles": titles,
            "years": view.framework.years[:_YEARS],
            "earlier_years": view.framework.years[_YEARS:],
            "counted": counted,
            "page_of": _year_page_of(view.framework, every),
            "statuses": Counter(row["data_status"] for row in view.framework.headlines),
        },
    )


def _rows_of(year: int, every: Sequence[Chapter]) -> list[tuple[str, Row]]:
    return [(chapter.code, row) for chapter in every for row in chapter.headlines if row["year"] == year]


def _year_page_of(framework: Framework, every: Sequence[Chapter]) -> dict[tuple[str, int], str]:
    """Where each objective of a year begins."""
    found: dict[tuple[str, int], str] = {}
    for year in framework.years:
        for part, rows in parts(_rows_of(year, every), partial(addresses.tally, year)):
            for code, _ in rows:
                found.setdefault((code, year), f"{part.addresses[part.number - 1]}#{code}")
    return found


def _year_pages(view: View, year: int, every: Sequence[Chapter], titles: dict[str, str]) -> Iterator[Page]:
    years = view.framework.years
    position = years.index(year)
    for part, rows in parts(_rows_of(year, every), partial(addresses.tally, year)):
        sections = [
            (code, [row for _, row in found]) for code, found in itertools.groupby(rows, key=lambda pair: pair[0])
        ]
        if part.total == 1:
            # An objective of which the year knows nothing says so.
            present = dict(sections)
            shown = [chapter.code for chapter in every if chapter.objective or chapter.code in present]
            sections = [(code, present.get(code, [])) for code in shown]
        yield Page(
            part.addresses[part.number - 1],
            "year.html",
            view.say(_YEAR, year=year),
            {
                "year": year,
                "newer": years[position - 1] if position else None,
                "older": years[position + 1] if position + 1 < len(years) else None,
                "sections": sections,
                "titles": titles,
                "part": part,
            },
        )


def _objective_pages(view: View, chapter: Chapter, titles: dict[str, str]) -> Iterator[Page]:
    aims = progress(view, chapter.code, titles[chapter.code], chapter.headlines)
    for part, rows in parts(chapter.headlines, partial(addresses.objective, chapter.code)):
        yield Page(
            part.addresses[part.number - 1],
            "objective.html",
            titles[chapter.code],
            {"chapter": chapter, "rows": rows, "part": part, "aims": aims if part.number == 1 else None},
            scripts=page_scripts(view, aims if part.number == 1 else None),
        )
