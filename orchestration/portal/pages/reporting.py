"""Who reported and who is late: the overview by year, and one page a reporter."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from orchestration.portal import addresses
from orchestration.portal.catalogues import message
from orchestration.portal.charts import page_scripts
from orchestration.portal.charts.heat import completeness
from orchestration.portal.data import Row
from orchestration.portal.site import Page, parts
from orchestration.portal.view import View

_TITLE = message("title", "Who reported, and who is late")
_YEARS = 8
_PERIODS = 24
LISTED = 200
"""Missing reports listed on the overview; of more the newest."""


@dataclass(frozen=True)
class Sum:
    """Reports owed and sent, added up."""

    expected: int
    accepted: int
    on_time: int
    late: int

    @property
    def completeness(self) -> Decimal | None:
        """Accepted over expected; None where none was expected."""
        return Decimal(self.accepted) / self.expected if self.expected else None


def add_up(owed: Sequence[Row]) -> Sum:
    """What rows of `Framework.owed` come to."""
    return Sum(
        sum(row["expected"] for row in owed),
        sum(min(row["accepted"], row["expected"]) for row in owed),
        sum(row["on_time"] for row in owed),
        sum(row["late"] for row in owed),
    )


def pages(view: View) -> Iterator[Page]:
    """The overview and the reporters."""
    framework = view.framework
    owed = [row for row in framework.owed if row["year"] is not None]
    years = sorted({row["year"] for row in owed}, reverse=True)
    # Made-up reporters are never counted together with real ones.
    by_year: dict[tuple[int, str], list[Row]] = {}
    by_cell: dict[tuple[str, str, int], list[Row]] = {}
    for row in owed:
        by_year.setdefault((row["year"], row["data_status"]), []).append(row)
        by_cell.setdefault((row["organisation_code"], row["data_status"], row["year"]), []).append(row)
    reporters = sorted({(row["organisation_code"], row["data_status"]) for row in owed})
    waiting = framework.missing
    heat = completeness(view, view.say(_TITLE), owed)
    yield Page(
        addresses.REPORTING,
        "reporting.html",
        view.say(_TITLE),
        {
            "by_year": [
                (year, status, add_up(by_year[year, status]))
                for year, status in sorted(by_year, key=lambda key: (-key[0], key[1]))
            ],
            "years": years[:_YEARS],
            "reporters": reporters,
            "cells": {key: add_up(rows) for key, rows in by_cell.items()},
            "waiting": waiting[:LISTED],
            "waiting_left_out": max(0, len(waiting) - LISTED),
            "others": sorted(framework.reports_of.keys() - {code for code, _ in reporters}, key=str),
            "heat": heat,
        },
        scripts=page_scripts(view, heat),
    )
    for code in sorted({*framework.performance_of, *framework.reports_of}, key=str):
        if code:
            yield from _reporter_pages(view, code)


def _reporter_pages(view: View, code: str) -> Iterator[Page]:
    framework = view.framework
    performance = sorted(
        (row for row in framework.performance_of.get(code, ()) if row["expected"]),
        key=lambda row: (row["family"], row["programme_code"] or ""),
    )
    kinds = [
        (family, programme, sorted(rows, key=lambda row: row["period_end"], reverse=True)[:_PERIODS])
        for (family, programme), rows in itertools.groupby(
            performance, key=lambda row: (row["family"], row["programme_code"])
        )
    ]
    reports = sorted(framework.reports_of.get(code, ()), key=lambda row: row["received_at"], reverse=True)
    for part, some in parts(reports, partial(addresses.organisation, code)):
        yield Page(
            part.addresses[part.number - 1],
            "organisation.html",
            view.plain_name(framework.organisations.get(code)) or code,
            {
                "code": code,
                "organisation": framework.organisations.get(code),
                "kinds": kinds if part.number == 1 else [],
                "reports": some,
                "part": part,
            },
            [(view.say(_TITLE), addresses.REPORTING)],
        )
