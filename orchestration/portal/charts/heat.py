"""Completeness: reports expected and accepted, by reporter and period."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from orchestration.portal import labels
from orchestration.portal.catalogues import message
from orchestration.portal.charts.chart import Chart, Writer, key
from orchestration.portal.charts.specs import STATUSES
from orchestration.portal.data import Row
from orchestration.portal.view import View

PERIODS, REPORTERS = 16, 40
"""Periods and reporters in the chart: the newest periods, and of the reporters those who owe most."""
_LIGHTEST, _DARKEST = 0.0, 0.45

_HEAT = message("chart", "Accepted reports of those expected, by reporter and period")
_TOLD = message(
    "text of a chart",
    "Reporters: %(reporters)s, periods: %(periods)s, from %(first)s to %(last)s. Accepted: %(accepted)s. "
    "Where nothing was accepted a field is empty; where nothing was expected there is none.",
)
_ACCEPTED = message("reports of a kind", "%(accepted)s of %(expected)s (%(kind)s)")
_DRAWN = message(
    "text of a chart",
    "The chart shows %(drawn)s of %(count)s rows: the reporters who owe most; the others are in the table.",
)


def completeness(view: View, title: str, performance: Sequence[Row]) -> Chart | None:
    """Who reported what of the newest periods, from rows of `Framework.owed`; None where nothing is expected."""
    owed = [row for row in performance if row["expected"]]
    periods = sorted({(row["period_end"], row["period_start"], row["period_label"]) for row in owed})[-PERIODS:]
    cells: dict[tuple[str, str, Any], tuple[int, int]] = {}
    for row in owed:
        when = (row["period_end"], row["period_start"], row["period_label"])
        place = (row["organisation_code"], row["data_status"], when)
        accepted, expected = cells.get(place, (0, 0))
        if when in periods:
            cells[place] = (accepted + min(row["accepted"], row["expected"]), expected + row["expected"])
    if not cells:
        return None
    missing: dict[tuple[str, str], int] = {}
    for (code, status, _), (accepted, expected) in cells.items():
        missing[code, status] = missing.get((code, status), 0) + expected - accepted
    reporters = sorted(sorted(missing, key=lambda who: (-missing[who], who))[:REPORTERS])
    names = _names(view, missing)
    ranks = {who: rank for rank, who in enumerate(reporters)}
    writer = Writer(view, "")
    rows: list[tuple[Any, ...]] = []
    for (code, status, when), (accepted, expected) in cells.items():
        if (code, status) not in ranks:
            continue
        name = names[code, status]
        period = view.period(when[2], when[1], when[0])
        told = f"{view.number(accepted)}/{view.number(expected)}"
        hint = f"{name}{view.comma}{period}{view.colon}{told}{view.comma}{view.word(labels.STATUSES, status)}"
        rows.append(
            (
                *(code, writer.shown(name), periods.index(when), writer.shown(period), ranks[code, status]),
                *(told, writer.shown(hint), round(_LIGHTEST + accepted / expected * (_DARKEST - _LIGHTEST), 3)),
                *(status, accepted, expected, when[2]),
            )
        )
    summary = view.say(
        _TOLD,
        reporters=view.number(len({code for code, _ in missing})),
        periods=view.number(len(periods)),
        first=view.period(periods[0][2], periods[0][1], periods[0][0]),
        last=view.period(periods[-1][2], periods[-1][1], periods[-1][0]),
        accepted=view.comma.join(_accepted(view, cells)),
    )
    if len(reporters) < len(missing):
        shown = view.say(_DRAWN, drawn=view.number(len(reporters)), count=view.number(len(missing)))
        summary = f"{summary} {shown}"
    return Chart(
        "heat",
        "completeness-by-period",
        title,
        view.say(_HEAT),
        summary,
        key(view, (row[8] for row in rows)),
        tuple(rows),
    )


def _accepted(view: View, cells: Mapping[tuple[str, str, Any], tuple[int, int]]) -> Iterator[str]:
    """Of each kind how many were accepted of those expected: made-up reports are never counted with real ones."""
    for kind in STATUSES:
        some = [counts for (_, status, _), counts in cells.items() if status == kind]
        if some:
            accepted, expected = (view.number(sum(counts)) for counts in zip(*some, strict=True))
            word = view.word(labels.STATUSES, kind)
            yield view.say(_ACCEPTED, accepted=accepted, expected=expected, kind=word)


def _names(view: View, reporters: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """What each row is called: its reporter, with the code or the kind of figure where others are called the same."""
    names = {code: view.plain_name(view.framework.organisations.get(code)) or code for code, _ in reporters}
    shared = Counter(names.values())
    kinds = Counter(code for code, _ in reporters)
    told = {}
    for code, status in reporters:
        # The code comes first: the end of a long name is cut off in the picture.
        name = names[code] if shared[names[code]] == 1 else f"{code}{view.colon}{names[code]}"
        told[code, status] = name if kinds[code] == 1 else f"{name} ({view.word(labels.STATUSES, status)})"
    return told
