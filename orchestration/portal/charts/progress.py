"""Progress against targets: how far each indicator of a programme or an objective has come."""

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from typing import Any

from orchestration.portal import labels
from orchestration.portal.addresses import file_name
from orchestration.portal.catalogues import message
from orchestration.portal.charts.chart import Chart, Writer, key
from orchestration.portal.charts.specs import ROW, STATUSES
from orchestration.portal.data import Row
from orchestration.portal.view import View, exact

DRAWN = 25
"""Indicators in one chart; more are in the table alone."""
_FURTHEST = 1.5

_PROGRESS = message("chart", "Progress from the baseline to the target")
_TOLD = message(
    "text of a chart",
    "Indicators with a target (%(kind)s): %(count)s; target reached: %(reached)s, on track: %(on_track)s, "
    "behind: %(behind)s.",
)
_LINE = message("text of a chart", "The line at %(whole)s is the target.")
_DRAWN = message(
    "text of a chart", "The chart shows the %(drawn)s with the newest figures; the others are in the table."
)


def progress(view: View, name: str, title: str, headlines: Sequence[Row]) -> Chart | None:
    """The newest figure of each indicator on its way to its target; None where none has one."""
    newest: dict[tuple[str, str], Row] = {}
    for row in sorted(headlines, key=lambda row: row["period_end"], reverse=True):
        if row["progress"] is not None:
            newest.setdefault((row["indicator_code"], row["data_status"]), row)
    if not newest:
        return None
    shown = list(newest.values())[:DRAWN]
    rows: list[tuple[Any, ...]] = []
    for rank, row in enumerate(shown):
        end = min(max(float(row["progress"]), 0.0), _FURTHEST)
        rows += _rows(view, rank, row, end)
    told = " ".join([*_ratings(view, newest.values()), view.say(_LINE, whole=view.share(Decimal(1)))])
    if len(shown) < len(newest):
        told = f"{told} {view.say(_DRAWN, drawn=view.number(len(shown)))}"
    return Chart(
        "progress",
        f"{file_name(name)}-progress",
        title,
        view.say(_PROGRESS),
        told,
        key(view, (row["data_status"] for row in shown)),
        tuple(rows),
        height=ROW * len(shown),
    )


def _ratings(view: View, newest: Collection[Row]) -> Iterator[str]:
    """Of each kind how many have come how far: made-up figures are never counted with real ones."""
    for kind in STATUSES:
        ratings = [row["rating"] for row in newest if row["data_status"] == kind]
        if ratings:
            yield view.say(
                _TOLD,
                kind=view.word(labels.STATUSES, kind),
                count=view.number(len(ratings)),
                reached=view.number(ratings.count("achieved")),
                on_track=view.number(ratings.count("on_track")),
                behind=view.number(ratings.count("behind")),
            )


def _rows(view: View, rank: int, row: Row, end: float) -> list[tuple[Any, ...]]:
    """An indicator: its name with what was reached, the whole way, the way that was gone, the target."""
    writer = Writer(view, row["unit"])
    name = view.plain_name(row, "indicator_name") or row["indicator_code"]
    share = view.share(row["progress"])
    rating = view.word(labels.RATINGS, row["rating"])
    period = view.period(row["period_label"], row["period_start"], row["period_end"])
    hint = writer.hint(f"{name}{view.comma}{period}", row["value"], row["qualifier"], row["data_status"])
    top, bottom = rank + 0.45, rank + 0.8
    return [
        ("name", None, None, rank + 0.22, None, writer.shown(f"{share}{view.comma}{rating}{view.colon}{name}")),
        ("way", 0, 1, top, bottom),
        (
            *("bar", 0, round(end, 4), top, bottom, None, hint, row["data_status"]),
            *(row["indicator_code"], row["period_label"], exact(row["progress"])),
        ),
        ("target", 1, None, rank + 0.38, rank + 0.87),
    ]
