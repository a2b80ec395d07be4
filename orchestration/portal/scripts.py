"""What the scripts read: words and names of a language, and the figures of each place, as small script files.

They are scripts and not JSON, because a page that was opened from a folder may load a script and nothing else.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

from orchestration.portal import labels, search
from orchestration.portal.addresses import Origins
from orchestration.portal.catalogues import message
from orchestration.portal.data import COUNTRY, Figure, Row
from orchestration.portal.view import PROVISIONAL, View, exact, is_provisional

WORDS = {
    "objective": message("script", "Objective"),
    "programme": message("script", "Programme"),
    "indicator": message("script", "Indicator"),
    "year": message("script", "Year"),
    "period": message("script", "Period"),
    "place": message("script", "Place"),
    "status": message("script", "Kind of figure"),
    "value": message("script", "Value"),
    "unit": message("script", "Unit"),
    "all": message("script", "all"),
    "country": message("script", "the whole country"),
    "clear": message("script", "Show all again"),
    "shown": message("script", "%(shown)s of %(all)s figures shown"),
    "more": message("script", "Show more"),
    "nothing": message("script", "No figure fits this choice."),
    "first_year": message("script", "First year"),
    "second_year": message("script", "Second year"),
    "first_place": message("script", "First place"),
    "second_place": message("script", "Second place"),
    "what": message("script", "Compare"),
    "years": message("script", "two years"),
    "places": message("script", "two places"),
    "difference": message("script", "Difference"),
    "no_figure": message("script", "no figure"),
    "not_comparable": message("script", "cannot be subtracted"),
    "found": message("script", "%(count)s found"),
    "found_none": message("script", "Nothing was found. Other spellings or fewer words may help."),
    "none": message("script", "none named"),
    "provisional": PROVISIONAL,
    "percent": message("unit", "%(value)s%%"),
    "running": message("script", "Running …"),
    "rows": message("script", "Rows: %(count)s"),
    "first_rows": message("script", "Rows shown: %(shown)s of %(count)s; the file holds them all."),
    "query_failed": message("script", "The query could not be answered. DuckDB says:"),
    "file_failed": message("script", "The file of a table could not be read:"),
    "other_release": message(
        "script", "Another release has been published since this page was opened. Load the page again."
    ),
    "needs_server": message(
        "script",
        "This page works only where the portal is shown by a web server, as with the command hasila serve; from a "
        "folder a browser opens no database. The downloads hold the same tables.",
    ),
    "failed": message("script", "The figures of this place could not be loaded."),
}


def words(view: View) -> dict[str, Any]:
    """The words of the scripts, and the signs that numbers are written with."""
    return {
        "texts": {key: view.say(text) for key, text in WORDS.items()},
        "statuses": {code: view.say(text) for code, text in labels.STATUSES.items()},
        "qualifiers": {code: view.say(text) for code, text in labels.QUALIFIERS.items()},
        "absences": {code: view.say(text) for code, text in labels.ABSENCES.items()},
        "kinds": {code: view.say(text) for code, text in search.KINDS.items()},
        "signs": view.symbols,
    }


def names(view: View, periods: Iterable[tuple[str, Any, Any]], with_figures: Collection[str]) -> dict[str, Any]:
    """What objectives, programmes, indicators, periods, and the places that have figures are called."""
    framework = view.framework
    return {
        "objectives": [[row["objective_code"], view.plain_name(row)] for row in framework.objectives],
        "programmes": {
            code: [view.plain_name(row), row["objective_code"]] for code, row in framework.programmes.items()
        },
        "indicators": {
            code: [
                view.plain_name(row) or code,
                row["objective_code"],
                row["programme_code"],
                view.word(labels.UNITS, row["unit"]),
                int(row["unit"] == "percent"),
            ]
            for code, row in framework.indicators.items()
        },
        "places": [
            [code, view.plain_name(row) or code, row["place_type"], row["parent_code"]]
            for code, row in framework.places.items()
            if code in with_figures
        ],
        "periods": {label: view.period(label, start, end) for label, start, end in sorted(periods)},
    }


def figures(rows: Iterable[Figure], origins: Origins, national: Mapping[tuple[str, str, str], Row]) -> list[list[Any]]:
    """The figures of one place: indicator, year, period, status, value, qualifier, and the page of statements.

    A figure of the country for which reports are still missing also says how many came of how many.
    """
    return [
        [
            row.indicator_code,
            row.year,
            row.period_label,
            row.data_status,
            _told(row.value),
            "" if row.qualifier == "exact" else row.qualifier,
            origins.page(row.indicator_code, row.year, row.place_code),
            *_missing_reports(row, national),
        ]
        for row in rows
    ]


def _missing_reports(row: Figure, national: Mapping[tuple[str, str, str], Row]) -> tuple[int, ...]:
    headline = national.get((row.indicator_code, row.period_label, row.data_status))
    if row.place_code != COUNTRY or not headline or not is_provisional(headline):
        return ()
    return headline["reports_accepted"], headline["reports_expected"]


def placed(code: str, rows: list[list[Any]]) -> str:
    """A script that puts the figures of a place where the portal's script looks for them."""
    told = json.dumps({code: rows}, ensure_ascii=False, separators=(",", ":"))
    return f"(self.hasila=self.hasila||{{}}).figures=Object.assign(hasila.figures||{{}},{told});\n"


def script(name: str, content: object) -> str:
    """A script that puts `content` where the portal's script looks for it, under `hasila.<name>`."""
    told = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    # These two end a line in a script, though not in JSON.
    told = told.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f"(self.hasila=self.hasila||{{}}).{name}={told};\n"


def _told(value: Decimal | None) -> str | None:
    return None if value is None else exact(value)
