"""How each kind of chart is drawn, as Altair specifications without data, one a reading direction.

Colours are the stylesheet's, by name (`var(--ink)`), so that a picture on a page is light or dark as the page is, and
black on paper. A kind of figure is told by shape and dashes as well as colour. In Arabic time runs from the right,
and the values stand there. What is about one figure (its text, its label) comes with the rows, already in words.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import altair as alt

    Drawing = alt.LayerChart | alt.FacetChart

DATA = "rows"
"""What the rows of a chart are called in its specification."""

STATUSES = ("published", "reported", "illustrative")
SIGNS: Mapping[str, str] = MappingProxyType({"published": "●", "reported": "■", "illustrative": "◆"})
"""The shapes of `STATUSES` as letters, for the key beside a chart."""

TILES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "MA-01": (2, 0),
        "MA-04": (1, 1),
        "MA-03": (2, 1),
        "MA-02": (3, 1),
        "MA-06": (1, 2),
        "MA-05": (2, 2),
        "MA-08": (3, 2),
        "MA-07": (1, 3),
        "MA-09": (1, 4),
        "MA-10": (0, 4),
        "MA-11": (0, 5),
        "MA-12": (0, 6),
    }
)
"""Column and row of each region's tile: neighbours stay near each other, and no tile has a border to argue over."""

ROW = 46
"""Height in pixels of a row of charts that have one row a region or an indicator."""

_COLOURS = ["var(--brand)", "var(--ink)", "var(--made-up)"]
_FONT = (
    "system-ui, 'Segoe UI', 'Noto Sans', 'Noto Sans Arabic', 'Noto Naskh Arabic', 'Geeza Pro', Tahoma, Arial, "
    "sans-serif"
)
_CONFIG: dict[str, Any] = {
    "aria": False,
    "background": "transparent",
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": "var(--quiet)",
        "labelFontSize": 12,
        "gridColor": "var(--line)",
        "domainColor": "var(--strong-line)",
        "tickColor": "var(--strong-line)",
    },
    "text": {"color": "var(--ink)", "fontSize": 12},
    "title": {
        "color": "var(--ink)",
        "subtitleColor": "var(--ink)",
        "fontSize": 16,
        "subtitleFontSize": 12,
        "subtitlePadding": 6,
        "offset": 14,
    },
}


def specification(kind: str, direction: str) -> dict[str, Any]:
    """The Vega-Lite specification of a kind of chart for a reading direction, its data named `DATA`.

    Raises KeyError (no such kind).
    """
    chart = _KINDS[kind](direction == "rtl")
    return dict(chart.configure(**_CONFIG).to_dict())


def _series(from_right: bool) -> "Drawing":
    """Figures over time: years as points, longer and shorter periods as bars, breaks and targets as lines."""
    import altair as alt

    time = alt.Scale(reverse=from_right, zero=False, nice=False, padding=26)
    # Whole years, as many as there is room for.
    spread = "max(1, ceil((domain('x')[1] - domain('x')[0]) * 52 / width))"
    whole = alt.ExprRef(f"sequence(ceil(domain('x')[0]), domain('x')[1] + 0.001, {spread})")
    years = alt.Axis(format="d", values=whole, grid=False, labelOverlap=True)
    x = alt.X("x:Q", title=None, scale=time, axis=years)
    values = alt.Axis(orient="right" if from_right else "left", tickCount=5, format=",~f", domain=False, ticks=False)
    y = alt.Y("y:Q", title=None, scale=alt.Scale(zero=True, nice=True), axis=values)
    colour, shape = _status_colour(), _status_shape()
    dash = alt.condition("datum.status === 'illustrative'", alt.value([5, 4]), alt.value([1, 0]))
    hint = alt.Tooltip("hint:N")
    base = _base()
    inner: Literal["left", "right"] = "left" if from_right else "right"
    return alt.layer(
        base.transform_filter("datum.role === 'break'").mark_rule(color="var(--warn)", strokeDash=[2, 3]).encode(x=x),
        base.transform_filter("datum.role === 'break'")
        .mark_text(color="var(--warn)", angle=270, align="right", baseline="bottom", dy=-4)
        .encode(x=x, y=alt.value(0), text="told:N"),
        base.transform_filter("datum.role === 'target' || datum.role === 'baseline'")
        .mark_rule(color="var(--quiet)", strokeWidth=1.5)
        .encode(
            x=x,
            x2="x1:Q",
            y=y,
            strokeDash=alt.condition("datum.role === 'target'", alt.value([6, 3]), alt.value([1, 3])),
        ),
        base.transform_filter("datum.role === 'target' || datum.role === 'baseline'")
        .mark_text(color="var(--quiet)", align=inner, baseline="bottom", dy=-3)
        .encode(x=alt.X("x1:Q", scale=time, title=None), y=y, text="told:N"),
        base.transform_filter("datum.role === 'gap'")
        .mark_line(strokeDash=[1, 5], strokeWidth=1.5, strokeCap="round")
        .encode(x=x, y=y, detail="run:N", color=colour),
        base.transform_filter("datum.role === 'line'")
        .mark_line(strokeWidth=2.5)
        .encode(x=x, y=y, detail="run:N", color=colour, strokeDash=dash),
        base.transform_filter("datum.role === 'span'")
        .mark_rule(strokeWidth=7)
        .encode(x=x, x2="x1:Q", y=y, color=colour, strokeDash=dash, tooltip=hint),
        base.transform_filter("datum.role === 'point'")
        .mark_point(size=70, strokeWidth=2, opacity=1)
        .encode(
            x=x,
            y=y,
            color=colour,
            shape=shape,
            fill=alt.condition("datum.qualifier === 'exact'", _status_colour("fill"), alt.value("var(--paper)")),
            tooltip=hint,
        ),
        base.transform_filter("datum.label && (datum.role === 'point' || datum.role === 'span')")
        .mark_text(dy=alt.ExprRef("datum.status === 'reported' ? 17 : -17"), baseline="middle")
        .encode(x=alt.X("middle:Q", scale=time, title=None), y=y, text="told:N"),
        base.transform_filter("datum.role === 'absent'")
        .mark_text(angle=270, align="left", baseline="middle", color="var(--quiet)", fontStyle="italic", dx=4)
        .encode(x=x, y=alt.value("height"), text="told:N"),
    ).properties(width="container", height=260)


def _base() -> "alt.Chart":
    import altair as alt

    return alt.Chart(alt.NamedData(DATA))


def _status_colour(channel: str = "color") -> "Any":
    import altair as alt

    kind = alt.Fill if channel == "fill" else alt.Color
    return kind("status:N", legend=None, scale=alt.Scale(domain=list(STATUSES), range=_COLOURS))


def _status_shape() -> "alt.Shape":
    import altair as alt

    return alt.Shape(
        "status:N", legend=None, scale=alt.Scale(domain=list(STATUSES), range=["circle", "square", "diamond"])
    )


_KINDS: Mapping[str, Callable[[bool], "Drawing"]] = MappingProxyType({"series": _series})
KINDS = tuple(_KINDS)
"""The kinds of chart."""
