"""Figures of the regions: a map of tiles for one period, and small multiples over the years."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from orchestration.portal import labels
from orchestration.portal.addresses import file_name
from orchestration.portal.catalogues import message
from orchestration.portal.charts.chart import Chart, Writer, key
from orchestration.portal.charts.series import is_year
from orchestration.portal.charts.specs import ROW, TILES
from orchestration.portal.data import Figure, IndicatorData, Row
from orchestration.portal.view import View, exact

YEARS = 15
"""Years of the small multiples; of more the newest."""

_TILES = message("chart", "The regions, %(period)s (%(status)s)")
_REGIONS = message("chart", "The regions over the years (%(status)s), all to the same scale")
_TILES_TOLD = message(
    "text of a chart",
    "A map of tiles, one for each region, not to scale. Regions with a figure: %(count)s. The lowest: %(lowest)s, "
    "%(low)s; the highest: %(highest)s, %(high)s. Withheld: %(withheld)s.",
)
_REGIONS_TOLD = message(
    "text of a chart",
    "One line for each of %(count)s regions from %(first)s to %(last)s, on a scale from 0 to %(high)s.",
)
_NOTHING = message("why there is no value", "no figure")
_LONGEST, _LINES = 14, 3
_LIGHTEST, _DARKEST = 0.06, 0.45


def tiles(view: View, bundle: IndicatorData) -> Chart | None:
    """The regions' figures of the period that most of them have, the newest of several; None with less than two."""
    regional = _regional(view, bundle)
    counted = Counter((row.data_status, row.period_label, row.period_start, row.period_end) for row in regional)
    if not counted:
        return None
    most = max(counted.values())
    chosen = max((shown for shown, count in counted.items() if count == most), key=lambda shown: (shown[3], shown[0]))
    status, label, start, end = chosen
    figures = {
        row.place_code: row
        for row in regional
        if (row.data_status, row.period_label, row.period_start, row.period_end) == chosen
    }
    valued = sorted((row for row in figures.values() if row.value is not None), key=lambda row: row.value or 0)
    if len(figures) < 2 or not valued:
        return None
    unit = bundle.indicator["unit"]
    writer = Writer(view, unit)
    low, high = valued[0], valued[-1]
    period = view.period(label, start, end)
    word = view.word(labels.STATUSES, status)
    return Chart(
        "tiles",
        f"{file_name(bundle.code)}-regions",
        view.plain_name(bundle.indicator) or bundle.code,
        view.say(_TILES, period=period, status=word),
        view.say(
            _TILES_TOLD,
            count=view.number(len(valued)),
            lowest=_name(view, low.place_code),
            low=view.value_text(low.value, low.qualifier, unit),
            highest=_name(view, high.place_code),
            high=view.value_text(high.value, high.qualifier, unit),
            withheld=view.number(sum(row.qualifier == "suppressed" for row in figures.values())),
        ),
        key(view, [status]),
        tuple(
            _tile(writer, code, figures.get(code), high.value or Decimal(0))
            for code in TILES
            if code in view.framework.places
        ),
    )


def multiples(view: View, bundle: IndicatorData) -> Chart | None:
    """The regions' figures over the years, one row a region; None with less than two regions that have two of them."""
    years = [row for row in _regional(view, bundle) if is_year(row.period_start, row.period_end)]
    by_status = Counter(row.data_status for row in years if row.value is not None)
    if not by_status:
        return None
    status = max(by_status, key=lambda code: by_status[code])
    newest = max(row.year for row in years if row.data_status == status)
    by_region: dict[str, list[Figure]] = {}
    for row in sorted(years, key=lambda row: (row.place_code, row.year)):
        if row.data_status == status and row.year > newest - YEARS:
            by_region.setdefault(row.place_code, []).append(row)
    lines = {code: rows for code, rows in by_region.items() if sum(row.value is not None for row in rows) > 1}
    if len(lines) < 2:
        return None
    writer = Writer(view, bundle.indicator["unit"])
    shown = [row for rows in lines.values() for row in rows]
    high = max(row.value for row in shown if row.value is not None)
    rows = tuple(
        line for rank, (code, rows) in enumerate(lines.items()) for line in _line(writer, rank, code, rows, high)
    )
    return Chart(
        "regions",
        f"{file_name(bundle.code)}-regions-years",
        view.plain_name(bundle.indicator) or bundle.code,
        view.say(_REGIONS, status=view.word(labels.STATUSES, status)),
        view.say(
            _REGIONS_TOLD,
            count=view.number(len(lines)),
            first=str(min(row.year for row in shown)),
            last=str(max(row.year for row in shown)),
            high=view.amount(high, bundle.indicator["unit"]),
        ),
        key(view, [status]),
        rows,
        height=ROW * len(lines),
    )


def _regional(view: View, bundle: IndicatorData) -> list[Figure]:
    places: Mapping[str, Row] = view.framework.places
    return [row for row in bundle.figures if places.get(row.place_code, {}).get("place_type") == "region"]


def _tile(writer: Writer, code: str, figure: Figure | None, high: Decimal) -> tuple[Any, ...]:
    column, row = TILES[code]
    name = _name(writer.view, code)
    lines = [writer.shown(line) for line in wrapped(name)]
    box = (code, column + 0.03, column + 0.97, row + 0.04, row + 0.96, lines)
    if figure is None:
        nothing = writer.view.say(_NOTHING)
        return (*box, "–", writer.shown(f"{name}{writer.view.colon}{nothing}"), 0)
    shade = _LIGHTEST
    if figure.value is not None and high > 0:
        shade += float(max(figure.value, Decimal(0)) / high) * (_DARKEST - _LIGHTEST)
    return (
        *box,
        writer.told(figure.value, figure.qualifier),
        writer.hint(name, figure.value, figure.qualifier, figure.data_status),
        round(shade, 3) if figure.value is not None else 0,
        None if figure.value is None else exact(figure.value),
        figure.qualifier,
        figure.data_status,
        figure.period_label,
    )


def _line(writer: Writer, rank: int, code: str, rows: Sequence[Figure], high: Decimal) -> list[tuple[Any, ...]]:
    """A region's row: its name, its line over each run of years, its figures, the newest one in words."""
    name = _name(writer.view, code)
    found: list[tuple[Any, ...]] = [("name", None, rank + 0.2, rank + 1, writer.shown(name))]

    def level(row: Figure) -> float:
        share = float((row.value or Decimal(0)) / high) if high > 0 else 0.0
        return round(rank + 0.9 - 0.5 * share, 3)

    run = 0
    for row, after in itertools.pairwise(rows):
        if row.value is None or after.value is None or after.year - row.year != 1:
            run += 1
            continue
        found += [
            ("line", end.year, level(end), None, None, None, end.data_status, f"{code}-{run}") for end in (row, after)
        ]
    last = max(row.year for row in rows if row.value is not None)
    for row in rows:
        told, hint = (
            writer.told(row.value, row.qualifier),
            writer.hint(f"{name}{writer.view.comma}{row.period_label}", row.value, row.qualifier, row.data_status),
        )
        role, value = ("absent", None) if row.value is None else ("point", exact(row.value))
        found.append(
            (
                *(role, row.year, level(row), None, told, hint, row.data_status, None, row.qualifier),
                *(int(row.year == last), code, row.period_label, value),
            )
        )
    return list(dict.fromkeys(found))


def wrapped(name: str) -> list[str]:
    """A name over a few short lines; words and what is joined by hyphens stay whole."""
    lines = [""]
    for part in name.replace("-", "-\0").replace(" ", " \0").split("\0"):
        if lines[-1] and len(lines[-1]) + len(part.rstrip()) > _LONGEST and len(lines) < _LINES:
            lines.append("")
        lines[-1] += part
    return [line.strip() for line in lines]


def _name(view: View, code: str) -> str:
    return view.plain_name(view.framework.places.get(code)) or code
