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

ROW = 52
"""Height in pixels of a row of charts that have one row a region or an indicator."""
TILE = 72
"""Height in pixels of a tile."""

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
    x = alt.X("x:Q", title=None, scale=time, axis=_years())
    values = alt.Axis(orient="right" if from_right else "left", tickCount=5, format=",~f", domain=False, ticks=False)
    y = alt.Y("amount:Q", title=None, scale=alt.Scale(zero=True, nice=True), axis=values)
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
            fill=_hollow_unless_exact(),
            tooltip=hint,
        ),
        base.transform_filter("datum.label && (datum.role === 'point' || datum.role === 'span')")
        .mark_text(dy=alt.ExprRef("datum.label > 0 ? -17 : 17"), baseline="middle")
        .encode(x=alt.X("middle:Q", scale=time, title=None), y=y, text="told:N", color=colour),
        base.transform_filter("datum.role === 'absent'")
        .mark_text(angle=270, align="left", baseline="middle", color="var(--quiet)", fontStyle="italic", dx=4)
        .encode(x=x, y=alt.value("height"), text="told:N"),
    ).properties(width="container", height=260)


def _dashed(*qualifiers: str) -> "alt.ExprRef":
    """The border of a rectangle: broken where its figure is illustrative, or has one of these qualifiers."""
    import altair as alt

    told = " || ".join(
        ["datum.status === 'illustrative'", *(f"datum.qualifier === '{qualifier}'" for qualifier in qualifiers)]
    )
    return alt.ExprRef(f"{told} ? [4, 3] : [1, 0]")


def _years() -> "alt.Axis":
    """Whole years among those drawn, as many as there is room for."""
    import altair as alt

    first = f"extent(pluck(data('{DATA}'), 'x'))[0]"
    last = f"max(extent(pluck(data('{DATA}'), 'x'))[1], extent(pluck(data('{DATA}'), 'x1'))[1] || 0)"
    step = f"max(1, ceil(({last} - {first}) * 52 / width))"
    whole = alt.ExprRef(f"sequence(ceil({first}), {last} + 0.001, {step})")
    return alt.Axis(format="d", values=whole, grid=False, labelOverlap=True)


def _base() -> "alt.Chart":
    import altair as alt

    return alt.Chart(alt.NamedData(DATA))


def _status_colour(channel: str = "color") -> "Any":
    import altair as alt

    kind = alt.Fill if channel == "fill" else alt.Color
    return kind("status:N", legend=None, scale=alt.Scale(domain=list(STATUSES), range=_COLOURS))


def _hollow_unless_exact() -> "Any":
    import altair as alt

    return alt.condition("datum.qualifier === 'exact'", _status_colour("fill"), alt.value("var(--paper)"))


def _status_shape() -> "alt.Shape":
    import altair as alt

    return alt.Shape(
        "status:N", legend=None, scale=alt.Scale(domain=list(STATUSES), range=["circle", "square", "diamond"])
    )


def _tiles(from_right: bool) -> "Drawing":
    """A map of tiles, one a region, shaded by its figure. East is on the right in every language."""
    import altair as alt

    del from_right
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[0, 4], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[7, 0], nice=False))
    base = _base()
    lines = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[7, 0], nice=False))
    return alt.layer(
        base.mark_rect(cornerRadius=5, strokeWidth=1.5, fill="var(--brand)", strokeDash=_dashed("suppressed")).encode(
            x=x,
            x2="x1:Q",
            y=y,
            y2="y1:Q",
            fillOpacity=alt.FillOpacity("shade:Q", legend=None, scale=None),
            stroke=alt.condition(
                "datum.status === 'illustrative'", alt.value("var(--made-up)"), alt.value("var(--line)")
            ),
            tooltip=alt.Tooltip("hint:N"),
        ),
        base.mark_text(baseline="top", dy=7, fontSize=11, lineHeight=13, color="var(--ink)").encode(
            x=alt.X("middle:Q", axis=None, scale=alt.Scale(domain=[0, 4], nice=False)), y=lines, text="lines:N"
        ),
        base.mark_text(baseline="bottom", dy=-6, fontSize=12, fontWeight="bold", color="var(--ink)").encode(
            x=alt.X("middle:Q", axis=None, scale=alt.Scale(domain=[0, 4], nice=False)),
            y=alt.Y("y1:Q", axis=None, scale=alt.Scale(domain=[7, 0], nice=False)),
            text="told:N",
        ),
    ).properties(width="container", height=7 * TILE)


def _regions(from_right: bool) -> "Drawing":
    """Small multiples: one row a region, all over the same years and to the same scale."""
    import altair as alt

    time = alt.Scale(reverse=from_right, zero=False, nice=False, padding=44)
    x = alt.X("x:Q", title=None, scale=time, axis=_years())
    down = alt.Scale(reverse=True, zero=False, nice=False)
    y = alt.Y("y:Q", axis=None, scale=down)
    colour, shape = _status_colour(), _status_shape()
    base = _base()
    outer, start = _outer(from_right)
    later: Literal["left", "right"] = "right" if from_right else "left"
    return alt.layer(
        base.transform_filter("datum.role === 'name'")
        .mark_rule(color="var(--line)")
        .encode(y=alt.Y("y1:Q", axis=None, scale=down), x=alt.value(0), x2=alt.value("width")),
        base.transform_filter("datum.role === 'name'")
        .mark_text(align=outer, baseline="middle", fontWeight="bold")
        .encode(x=alt.value(start), y=y, text="told:N"),
        base.transform_filter("datum.role === 'line'")
        .mark_line(strokeWidth=2)
        .encode(x=x, y=y, detail="run:N", color=colour),
        base.transform_filter("datum.role === 'point'")
        .mark_point(size=36, strokeWidth=1.5, opacity=1)
        .encode(
            x=x,
            y=y,
            color=colour,
            shape=shape,
            fill=_hollow_unless_exact(),
            tooltip=alt.Tooltip("hint:N"),
        ),
        base.transform_filter("datum.role === 'point' && datum.label")
        .mark_text(align=later, baseline="middle", dx=-8 if from_right else 8)
        .encode(x=x, y=y, text="told:N"),
        base.transform_filter("datum.role === 'absent'")
        .mark_text(baseline="bottom", color="var(--quiet)", fontStyle="italic", fontSize=11)
        .encode(x=x, y=y, text="told:N", tooltip=alt.Tooltip("hint:N")),
    ).properties(width="container", height=ROW)


def _progress(from_right: bool) -> "Drawing":
    """How far each indicator has come from its baseline to its target."""
    import altair as alt

    way = alt.Scale(reverse=from_right, nice=False, zero=True)
    percents = alt.Axis(format="~%", tickCount=5, gridDash=[1, 3], domain=False)
    x = alt.X("x:Q", title=None, scale=way, axis=percents)
    down = alt.Scale(reverse=True, zero=False, nice=False)
    y = alt.Y("y:Q", axis=None, scale=down)
    base = _base()
    outer, start = _outer(from_right)
    return alt.layer(
        base.transform_filter("datum.role === 'way'")
        .mark_rect(fill="var(--raised)", stroke="var(--line)")
        .encode(x=x, x2="x1:Q", y=y, y2="y1:Q"),
        base.transform_filter("datum.role === 'bar'")
        .mark_rect(strokeWidth=1.5, strokeDash=_dashed())
        .encode(
            x=x,
            x2="x1:Q",
            y=y,
            y2="y1:Q",
            fill=_status_colour("fill"),
            stroke=alt.Stroke("status:N", legend=None, scale=alt.Scale(domain=list(STATUSES), range=_COLOURS)),
            fillOpacity=alt.condition("datum.status === 'illustrative'", alt.value(0.25), alt.value(0.9)),
            tooltip=alt.Tooltip("hint:N"),
        ),
        base.transform_filter("datum.role === 'target'")
        .mark_rule(color="var(--ink)", strokeWidth=2)
        .encode(x=x, y=y, y2="y1:Q"),
        base.transform_filter("datum.role === 'name'")
        .mark_text(align=outer, baseline="middle", limit=alt.ExprRef("width"))
        .encode(x=alt.value(start), y=y, text="told:N"),
    ).properties(width="container", height=ROW)


def _heat(from_right: bool) -> "Drawing":
    """Reports by reporter and period: how many of those expected were accepted."""
    import altair as alt

    # Rows are told apart by their number, whatever they are called.
    name = f"data('{DATA}')[indexof(pluck(data('{DATA}'), 'y'), datum.value)].name"
    names = alt.Axis(
        labelExpr=name,
        orient="right" if from_right else "left",
        labelLimit=alt.ExprRef("containerSize()[0] < 520 ? 120 : 300"),
        domain=False,
        ticks=False,
        labelColor="var(--ink)",
    )
    times = alt.Axis(orient="top", labelAngle=-90, labelLimit=150, domain=False, ticks=False)
    x = alt.X(
        "when:N",
        title=None,
        sort=alt.EncodingSortField("x", op="min"),
        axis=times,
        scale=alt.Scale(paddingInner=0.06, reverse=from_right),
    )
    y = alt.Y("y:O", title=None, axis=names, scale=alt.Scale(paddingInner=0.1))
    base = _base()
    return alt.layer(
        base.mark_rect(cornerRadius=3, strokeWidth=1.5, fill="var(--brand)", strokeDash=_dashed()).encode(
            x=x,
            y=y,
            fillOpacity=alt.FillOpacity("shade:Q", legend=None, scale=None),
            stroke=alt.condition(
                "datum.status === 'illustrative'", alt.value("var(--made-up)"), alt.value("var(--strong-line)")
            ),
            tooltip=alt.Tooltip("hint:N"),
        ),
        base.mark_text(fontSize=11).encode(x=x, y=y, text="told:N"),
    ).properties(width="container", height=alt.Step(28))


def _outer(from_right: bool) -> "tuple[Literal['left', 'right'], Any]":
    """On which side a line of text begins, and where that is."""
    return ("right", "width") if from_right else ("left", 0)


_KINDS: Mapping[str, Callable[[bool], "Drawing"]] = MappingProxyType(
    {"series": _series, "tiles": _tiles, "regions": _regions, "progress": _progress, "heat": _heat}
)
KINDS = tuple(_KINDS)
"""The kinds of chart."""
