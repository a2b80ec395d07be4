"""A series over time: an indicator's national figures, with what joins and what parts them.

Nothing here computes a figure: what is drawn is what the table beside it says, and what is withheld there is a word
in the chart as well.
"""

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from orchestration.portal import labels
from orchestration.portal.addresses import file_name
from orchestration.portal.catalogues import message
from orchestration.portal.charts.chart import Chart, Writer, key
from orchestration.portal.charts.specs import STATUSES
from orchestration.portal.data import IndicatorData, Row
from orchestration.portal.view import View, exact

DRAWN = 120
"""Figures in one series; of more the newest."""
_LABELLED = 12

_SERIES = message("chart", "Figures of the whole country over time")
_OVER_TIME = message(
    "text of a chart",
    "from %(first)s to %(last)s, figures: %(count)s; the lowest %(low)s (%(low_period)s), the highest %(high)s "
    "(%(high_period)s), the newest %(newest)s.",
)
_ONE = message("text of a chart", "one figure, %(value)s (%(period)s).")
_TARGET = message("chart", "target %(value)s")
_BASELINE = message("chart", "baseline %(value)s")
_OTHER_SOURCE = message("chart", "another source")


def series(view: View, bundle: IndicatorData, headlines: Sequence[Row], targets: Sequence[Row]) -> Chart | None:
    """An indicator's national figures over time; None where a table says it better."""
    shown = sorted(headlines[:DRAWN], key=lambda row: (row["period_end"], row["period_start"]))
    unit = bundle.indicator["unit"]
    valued = [row for row in shown if row["value"] is not None]
    if len(valued) < 2 and not (valued and any(row["target"] is not None for row in targets)):
        return None
    writer = Writer(view, unit)
    rows: list[tuple[Any, ...]] = []
    sides = _sides(valued)
    for status in STATUSES:
        mine = [row for row in shown if row["data_status"] == status]
        rows += _lines(
            [row for row in mine if is_year(row["period_start"], row["period_end"])], writer, _senders(bundle, status)
        )
        label = len(mine) <= _LABELLED
        for row in mine:
            side = sides.get((row["period_label"], status), 0)
            rows.append(_mark(row, writer, side if label or row["qualifier"] != "exact" else 0))
    first, last = min(row[1] for row in rows), max(row[2] or row[1] for row in rows)
    rows += _aims(targets, writer, first, last)
    return Chart(
        "series",
        f"{file_name(bundle.code)}-years",
        view.plain_name(bundle.indicator) or bundle.code,
        view.say(_SERIES),
        _over_time(view, valued, unit),
        key(view, (row["data_status"] for row in shown)),
        tuple(rows),
    )


def _lines(years: Sequence[Row], writer: Writer, senders: Mapping[int, set[str]]) -> list[tuple[Any, ...]]:
    """Lines between figures of years: whole ones from year to year, dotted ones over years without a figure, and
    none where the figures come from somebody else than before."""
    found: list[tuple[Any, ...]] = []
    run = f"{years[0]['data_status']}1" if years else ""
    for number, (row, after) in enumerate(itertools.pairwise(years), start=1):
        if row["value"] is None or after["value"] is None or row["year"] == after["year"]:
            run = f"{after['data_status']}{number + 1}"
            continue
        before, since = senders.get(row["year"], set()), senders.get(after["year"], set())
        if before and since and before.isdisjoint(since):
            middle = (row["year"] + after["year"]) / 2
            found.append(("break", middle, None, None, writer.said(_OTHER_SOURCE)))
            run = f"{after['data_status']}{number + 1}"
            continue
        role = "line" if after["year"] - row["year"] == 1 else "gap"
        ends = (row, after)
        name = run if role == "line" else f"gap-{after['data_status']}{number}"
        found += [(role, end["year"], None, exact(end["value"]), None, None, end["data_status"], name) for end in ends]
        if role == "gap":
            run = f"{after['data_status']}{number + 1}"
    return list(dict.fromkeys(found))


def _sides(valued: Sequence[Row]) -> dict[tuple[str, str], int]:
    """On which side of a figure its label stands: above (1), and of several of one period the lowest below (-1), so
    that each is beside its own; those between have none (0)."""
    found: dict[tuple[str, str], int] = {}
    periods: dict[str, list[Row]] = {}
    for row in valued:
        periods.setdefault(row["period_label"], []).append(row)
    for label, rows in periods.items():
        ordered = sorted(rows, key=_value)
        for row in ordered:
            found[label, row["data_status"]] = 1 if row is ordered[-1] else -1 if row is ordered[0] else 0
    return found


def _mark(row: Row, writer: Writer, side: int) -> tuple[Any, ...]:
    """A figure, or the word that stands where one would be."""
    days = row["period_start"], row["period_end"]
    start, end = (row["year"], None) if is_year(*days) else _span(*days)
    view, status, period = writer.view, row["data_status"], row["period_label"]
    told = writer.told(row["value"], row["qualifier"])
    about = view.period(period, *days)
    hint = writer.hint(about, row["value"], row["qualifier"], status)
    if row["value"] is None:
        middle = start if end is None else round((start + end) / 2, 3)
        return ("absent", middle, None, None, told, hint, status, None, row["qualifier"], 1, period)
    role = "point" if end is None else "span"
    return (role, start, end, exact(row["value"]), told, hint, status, None, row["qualifier"], side, period)


def _aims(targets: Sequence[Row], writer: Writer, first: float, last: float) -> list[tuple[Any, ...]]:
    """Baselines and targets as lines over the time that they are valid for."""
    found: list[tuple[Any, ...]] = []
    for row in targets:
        start, end = first, max(last, first + 1)
        if row["valid_from"] and row["valid_to"]:
            start, end = _span(row["valid_from"], row["valid_to"])
        for role, text in (("baseline", _BASELINE), ("target", _TARGET)):
            if (value := row[role]) is not None:
                told = writer.said(text, value=writer.view.amount(value, writer.unit))
                found.append((role, start, end, exact(value), told))
    return found


def _senders(bundle: IndicatorData, status: str) -> dict[int, set[str]]:
    """Whose statements stand behind each year."""
    found: dict[int, set[str]] = {}
    for row in bundle.observations:
        if row.data_status == status:
            found.setdefault(row.year, set()).add(row.organisation_code)
    return found


def _over_time(view: View, valued: Sequence[Row], unit: str) -> str:
    """What a series says, for who does not see it; each kind of figure by itself."""
    told = []
    for status in STATUSES:
        mine = [row for row in valued if row["data_status"] == status]
        if not mine:
            continue

        def value(row: Row) -> str:
            return view.value_text(row["value"], row["qualifier"], unit)

        def period(row: Row) -> str:
            return view.period(row["period_label"], row["period_start"], row["period_end"])

        low, high = min(mine, key=_value), max(mine, key=_value)
        sentence = (
            view.say(_ONE, value=value(low), period=period(low))
            if len(mine) == 1
            else view.say(
                _OVER_TIME,
                count=view.number(len(mine)),
                first=period(mine[0]),
                last=period(mine[-1]),
                low=value(low),
                low_period=period(low),
                high=value(high),
                high_period=period(high),
                newest=value(mine[-1]),
            )
        )
        told.append(f"{view.word(labels.STATUSES, status)}{view.colon}{sentence}")
    return " ".join(told)


def _value(row: Row) -> Decimal:
    return Decimal(row["value"])


def is_year(start: dt.date, end: dt.date) -> bool:
    """Whether a period is a calendar year."""
    return start == dt.date(end.year, 1, 1) and end == dt.date(end.year, 12, 31)


def _span(start: dt.date, end: dt.date) -> tuple[float, float]:
    """The days of a period on the axis of years, where a year stands at its middle."""
    return _place(start), _place(end + dt.timedelta(days=1))


def _place(day: dt.date) -> float:
    begun = dt.date(day.year, 1, 1)
    return round(day.year - 0.5 + (day - begun).days / (dt.date(day.year + 1, 1, 1) - begun).days, 3)
