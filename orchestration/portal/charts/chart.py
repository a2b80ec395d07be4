"""What a chart is on a page: its rows, in words where a reader sees words, and the sentence that stands for it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from markupsafe import Markup

from orchestration.portal import labels
from orchestration.portal.catalogues import Message
from orchestration.portal.charts.specs import SIGNS, STATUSES
from orchestration.portal.view import View

FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "series": ("role", "x", "x1", "value", "told", "hint", "status", "run", "qualifier", "label", "period"),
        "tiles": (
            *("place", "x", "x1", "y", "y1", "lines", "told", "hint", "shade"),
            *("value", "qualifier", "status", "period"),
        ),
        "regions": (
            *("role", "x", "y", "y1", "told", "hint", "status", "run", "qualifier", "label"),
            *("place", "period", "value"),
        ),
        "progress": ("role", "x", "x1", "y", "y1", "told", "hint", "status", "indicator", "period", "value"),
        "heat": (
            *("organisation", "name", "x", "when", "y", "told", "hint", "shade"),
            *("status", "accepted", "expected", "period"),
        ),
    }
)
"""What stands in a row, by kind of chart. `value` is an exact decimal as text, `told` and `hint` are for readers."""

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "series": ("period", "status", "value", "qualifier"),
        "tiles": ("place", "period", "status", "value", "qualifier"),
        "regions": ("place", "period", "status", "value", "qualifier"),
        "progress": ("indicator", "period", "status", "value"),
        "heat": ("organisation", "period", "status", "accepted", "expected"),
    }
)
"""What a chart's CSV holds; rows without the first of them only help to draw."""

_ISOLATE, _END = "\u2067", "\u2069"


@dataclass(frozen=True)
class Chart:
    """A chart of a page: its kind, the name of its downloads, what stands over and under it, and its rows."""

    kind: str
    name: str
    title: str
    caption: str
    summary: str
    key: tuple[tuple[str, str, str], ...]
    """Status, sign and word of each kind of figure in it."""
    rows: tuple[tuple[Any, ...], ...]
    height: int | None = None

    @property
    def attribute(self) -> Markup:
        """Its rows and names as the value of an attribute in single quotes."""
        given = {"kind": self.kind, "name": self.name, "title": self.title, "height": self.height, "rows": self.rows}
        told = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
        # Quotes are most of it, and stay as they are.
        return Markup(told.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;"))  # noqa: S704


def key(view: View, statuses: Iterable[str]) -> tuple[tuple[str, str, str], ...]:
    """Sign and word of each kind of figure that a chart holds."""
    present = set(statuses)
    return tuple((code, SIGNS[code], view.word(labels.STATUSES, code)) for code in STATUSES if code in present)


class Writer:
    """Texts as they stand inside a picture, which has no direction of its own."""

    def __init__(self, view: View, unit: str):
        self.view = view
        self.unit = unit

    def shown(self, text: str) -> str:
        """A text that keeps its direction among others."""
        return f"{_ISOLATE}{text}{_END}" if self.view.direction == "rtl" else text

    def said(self, text: Message, **given: object) -> str:
        """A text of the catalogue, its parts filled in."""
        return self.shown(self.view.say(text, **given))

    def told(self, value: Decimal | None, qualifier: str) -> str:
        """A value, or why there is none."""
        return self.shown(self.view.value_text(value, qualifier, self.unit))

    def hint(self, about: str, value: Decimal | None, qualifier: str, status: str) -> str:
        """What a figure is, for who points at it: about what, how much, which kind."""
        told = self.view.value_text(value, qualifier, self.unit)
        word = self.view.word(labels.STATUSES, status)
        return self.shown(f"{about}{self.view.colon}{told}{self.view.comma}{word}")
