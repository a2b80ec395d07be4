"""Lines that stand on pages by the thousand: figures in tables and grids, the statements of reports.

Their markup stands in `templates/lines.html`; each is a form that is drawn once a language, since a template that is
asked anew for each of them takes ten times as long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import jinja2
from markupsafe import Markup, escape

from orchestration.portal import addresses, labels
from orchestration.portal.addresses import Here
from orchestration.portal.data import Figure, Observation, Row
from orchestration.portal.forms import form
from orchestration.portal.grids import Grid
from orchestration.portal.view import View

TEMPLATE = "lines.html"


@dataclass(frozen=True, slots=True)
class Part:
    """One of the pages that a long table goes over."""

    number: int
    total: int
    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """One year and place: the figures shown there, the statements, and the places within that have some."""

    year: int
    place_code: str
    figures: tuple[Figure, ...]
    statements: tuple[Observation, ...]
    within: tuple[str, ...]
    is_continued: bool = False

    @property
    def anchor(self) -> str:
        """Its anchor on the page; one for each year and place, at its beginning."""
        return addresses.section(self.year, self.place_code)


class Lines:
    """The lines of one language's pages."""

    def __init__(self, view: View, environment: jinja2.Environment):
        drawn: Any = environment.get_template(TEMPLATE).module
        self._view = view
        # Sheets, cells, groups and periods come again and again.
        self._safe = lru_cache(maxsize=65_536)(escape)
        self._pager = form(drawn.pager)
        self._other_page = form(drawn.other_page)
        self._this_page = form(drawn.this_page)
        self._other_pages = lru_cache(maxsize=16)(self._link_pages)
        self._cell = form(drawn.cell)
        self._no_cell = str(drawn.no_cell(view.no_figure))
        self._row = form(drawn.grid_row, is_inner=False)
        self._inner_row = form(drawn.grid_row, is_inner=True)
        self._headline = {
            with_indicator: form(drawn.headline, with_indicator=with_indicator) for with_indicator in (True, False)
        }
        self._progress = drawn.progress
        self._no_target = str(drawn.no_target())
        self._completeness = lru_cache(maxsize=4096)(partial(drawn.completeness, view))
        self._unit = lru_cache(maxsize=256)(partial(view.coded, labels.UNITS))
        self._newest = form(drawn.newest)
        self._received = {replaced: form(drawn.received, is_replaced=replaced) for replaced in (False, True)}
        self._span = form(drawn.span)
        self._family = lru_cache(maxsize=256)(partial(view.coded, labels.FAMILIES))
        self._verdict = lru_cache(maxsize=16)(partial(view.coded, labels.VERDICTS))
        self._section = form(drawn.section)
        self._section_continued = form(drawn.section, anchor=None)
        self._heading = form(drawn.heading, comma=view.comma, is_continued=False)
        self._heading_continued = form(drawn.heading, comma=view.comma, is_continued=True)
        self._shown = form(drawn.shown)
        self._shown_figure = form(drawn.shown_figure, colon=view.colon)
        self._within = form(drawn.within)
        self._report = form(drawn.report)
        self._no_statement = {has_within: str(drawn.no_statement(has_within)) for has_within in (True, False)}
        self._statement = form(drawn.statement, is_illustrative=False)
        self._illustrative = form(drawn.statement, is_illustrative=True)
        self._period_and_group = form(drawn.period_and_group)
        self._quoted = form(drawn.quoted)
        self._nothing = str(drawn.nothing())
        self._withheld = escape(view.word(labels.ABSENCES, "suppressed"))
        self._further = drawn.further

    def pager(self, part: Part | None, here: Here, anchor: str = "") -> Markup:
        """The way to the other pages of a table; nothing where it has one."""
        if part is None or part.total == 1:
            return Markup()
        links = list(self._other_pages(part.addresses, here.up, anchor))
        links[part.number - 1] = self._this_page % {"number": part.number}
        return Markup(self._pager % {"pages": "".join(links)})  # noqa: S704

    def _link_pages(self, pages: tuple[str, ...], up: str, anchor: str) -> list[str]:
        return [
            self._other_page % {"address": f"{up}{address}{anchor}", "number": number}
            for number, address in enumerate(pages, start=1)
        ]

    def grid(self, grid: Grid, kind: str, here: Here, unit: str) -> Markup:
        """The rows of a grid, each figure leading to where it comes from.

        `kind` is what a row is: places, groups or place-groups.
        """
        view, up, cell = self._view, here.up, self._cell
        address_of, value_of = view.origins.address, view.value
        told = []
        for row in grid.rows:
            cells = ""
            for column in grid.columns:
                figure = grid.cells.get((row, column))
                if figure is None:
                    cells += self._no_cell
                    continue
                address = up + address_of(figure.indicator_code, figure.year, figure.place_code)
                cells += cell % {"address": address, "told": value_of(figure.value, figure.qualifier, unit)}
            line = self._inner_row if kind == "places" and view.framework.region_of(row) != row else self._row
            told.append(line % {"heading": self._row_heading(row, kind, here), "cells": cells})
        return Markup("".join(told))  # noqa: S704

    def _row_heading(self, row: Any, kind: str, here: Here) -> str:
        view = self._view
        if kind == "places":
            return view.linked(here.to(addresses.place(row)), view.place_name(row))
        if kind == "groups":
            return self._safe(view.group(row))
        place_code, group = row
        return f"{view.place_name(place_code)}{view.colon}{self._safe(view.group(group))}"

    def headlines(self, rows: Sequence[Row], here: Here, *, with_indicator: bool) -> Markup:
        """Headline figures; `with_indicator` where they are of several."""
        view, line = self._view, self._headline[with_indicator]
        told = []
        for row in rows:
            code = row["indicator_code"]
            filled = {
                "status": self._safe(row["data_status"]),
                "period": self._safe(view.period(row["period_label"], row["period_start"], row["period_end"])),
                "value": view.headline(row, here),
                "unit": self._unit(row["unit"]),
                "marks": view.marks(row),
                "progress": self._no_target if row["target"] is None else self._progress(view, row),
                "completeness": self._completeness(row["reports_accepted"], row["reports_expected"]),
            }
            if with_indicator:
                filled["address"] = here.to(addresses.indicator(code))
                filled["name"] = view.name(row, "indicator_name") or escape(code)
            told.append(line % filled)
        return Markup("".join(told))  # noqa: S704

    def newest(self, rows: Sequence[tuple[Figure, Row | None]], here: Here) -> Markup:
        """The newest figures of a place, each beside the country's."""
        view = self._view
        told = []
        for figure, national in rows:
            code = figure.indicator_code
            indicator = view.framework.indicators[code]
            filled = {
                "status": self._safe(figure.data_status),
                "address": here.to(addresses.indicator(code)),
                "name": view.name(indicator) or escape(code),
                "period": self._period(figure),
                "here": view.figure(figure, here, indicator["unit"]),
                "country": view.headline(national, here) if national else view.no_figure,
                "unit": self._unit(indicator["unit"]),
                "marks": view.marks(national) if national else view.status(figure.data_status),
            }
            told.append(self._newest % filled)
        return Markup("".join(told))  # noqa: S704

    def received(self, reports: Sequence[Row]) -> Markup:
        """Files received: what each is, when it came, and what became of it."""
        view, safe = self._view, self._safe
        told = []
        for row in reports:
            first, last, status = row["period_start"], row["period_end"], row["data_status"]
            filled = {
                "data_status": safe(status),
                "anchor": escape(row["receipt_id"][:16]),
                "file_name": escape(row["file_name"]),
                "status": view.status(status) if status else "",
                "family": self._family(row["family"]),
                "period": self._span % {"first": safe(view.date(first)), "last": safe(view.date(last))}
                if first
                else "",
                "day": safe(view.date(row["received_date"])),
                "verdict": safe(row["verdict"]),
                "verdict_told": self._verdict(row["verdict"]),
                "accepted": safe(view.number(row["observations_accepted"])),
                "quarantined": safe(view.number(row["observations_quarantined"])),
            }
            is_replaced = row["state"] == "accepted" and row["is_standing"] is False
            told.append(self._received[is_replaced] % filled)
        return Markup("".join(told))  # noqa: S704

    def sections(self, sections: Sequence[Section], indicator: Row, here: Here) -> Markup:
        """Statements by year and place, each with the figures shown there and the places within that have some."""
        return Markup("".join(self._one_section(section, indicator, here) for section in sections))  # noqa: S704

    def _one_section(self, section: Section, indicator: Row, here: Here) -> str:
        view, unit = self._view, indicator["unit"]
        parts = []
        if section.figures:
            figures = (
                self._shown_figure
                % {
                    "period": self._period(figure),
                    "value": view.value(figure.value, figure.qualifier, unit),
                    "status": view.status(figure.data_status),
                }
                for figure in section.figures
            )
            parts.append(self._shown % {"figures": "".join(figures)})
        if section.within:
            links = (
                view.linked(
                    here.to(view.origins.address(indicator["indicator_code"], section.year, code)),
                    view.place_name(code),
                )
                for code in section.within
            )
            parts.append(self._within % {"places": " · ".join(links)})
        for rows in _by_report(section.statements).values():
            about = view.report_line(rows[0], here)
            parts.append(self._report % {"about": about, "statements": self._statements(rows, unit)})
        if not section.statements and not section.is_continued:
            parts.append(self._no_statement[bool(section.within)])
        heading, whole = (
            (self._heading_continued, self._section_continued)
            if section.is_continued
            else (self._heading, self._section)
        )
        filled = {"place": view.place_name(section.place_code), "year": section.year}
        return whole % {"heading": heading % filled, "content": "".join(parts), "anchor": section.anchor}

    def _period(self, row: Figure | Observation) -> str:
        return self._safe(self._view.period(row.period_label, row.period_start, row.period_end))

    def _statements(self, rows: Sequence[Observation], unit: str) -> str:
        """Statements of one report: the value, what it is about, and where and how it is written."""
        view, safe = self._view, self._safe
        told = []
        for row in rows:
            period = self._period(row)
            if group := view.group(row.group):
                period = self._period_and_group % {"period": period, "group": safe(group)}
            if row.source_text is not None:
                written = self._quoted % {"text": escape(row.source_text)}
            else:
                written = self._withheld if row.qualifier == "suppressed" else self._nothing
            says_more = row.citation or row.remark or row.correction_code
            filled = {
                "value": view.value(row.value, row.qualifier, unit),
                "period": period,
                "status": view.status(row.data_status),
                "written": written,
                "sheet": safe(row.source_sheet or ""),
                "cell": safe(row.source_cell or ""),
                "further": self._further(view, row, unit) if says_more else "",
            }
            told.append((self._illustrative if row.data_status == "illustrative" else self._statement) % filled)
        return "".join(told)


def _by_report(statements: Sequence[Observation]) -> dict[str, list[Observation]]:
    """Statements by the report that they stand in, in the order in which they come."""
    found: dict[str, list[Observation]] = {}
    for row in statements:
        found.setdefault(row.receipt_id, []).append(row)
    return found
