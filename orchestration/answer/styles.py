"""Cell styles added to a workbook's own: fonts, fills, borders and formats behind those it has.

Nothing that is there changes its number, so every cell that nobody marks looks as it did.
"""

import re
from dataclasses import dataclass, field

from orchestration.answer.parts import WORKBOOK, Parts
from orchestration.answer.splices import Element, NotEditableError, Splices, parse

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles")
_SMALLEST = (
    f'<styleSheet xmlns="{_MAIN}">'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
# What the first numbers of each group stand for whatever the workbook says, or leaves out.
_DEFAULTS = {
    "fonts": ('<font><sz val="11"/><name val="Calibri"/></font>',),
    "fills": (
        '<fill><patternFill patternType="none"/></fill>',
        '<fill><patternFill patternType="gray125"/></fill>',
    ),
    "borders": ("<border><left/><right/><top/><bottom/><diagonal/></border>",),
    "cellXfs": ('<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>',),
}
MOST_STYLES = 64_000
"""Spreadsheets open no workbook with more cell formats."""
_UNPREFIXED = re.compile(r"<(/?)(?=[A-Za-z])")


@dataclass(slots=True)
class _Group:
    element: Element | None
    count: int
    added: list[str] = field(default_factory=list)
    known: dict[str, int] = field(default_factory=dict)


class Styles:
    """The style part of a package while styles are added to it."""

    def __init__(self, parts: Parts):
        self._parts = parts
        found = [entry.target for entry in parts.relationships(WORKBOOK) if entry.kind == "styles"]
        if found and found[0] in parts:
            self._part = found[0]
        else:
            # Where some readers look for it without asking the package.
            self._part = "xl/styles.xml"
            parts.add(self._part, _SMALLEST.encode(), _TYPE)
            parts.add_relationship(WORKBOOK, "styles", self._part)
        self._content = parts.read(self._part)
        self._root = parse(self._content)
        self._prefix = self._root.prefix
        self._groups: dict[str, _Group] = {}
        for name in ("fonts", "fills", "borders", "cellXfs"):
            element = self._root.find(name)
            children = element.children if element is not None else []
            if any(child.name not in ("font", "fill", "border", "xf") for child in children):
                # Alternatives for other programs would be counted by some readers and not by others.
                raise NotEditableError(f"{name} holds alternatives")
            self._groups[name] = _Group(element, len(children))
            for default in _DEFAULTS[name][len(children) :]:
                self._groups[name].added.append(self._prefixed(default))

    def font(self, xml: str) -> int:
        return self._add("fonts", f"<font>{xml}</font>")

    def fill(self, colour: str) -> int:
        """A plain fill; `colour` as RRGGBB."""
        inner = f'<patternFill patternType="solid"><fgColor rgb="FF{colour}"/><bgColor indexed="64"/></patternFill>'
        return self._add("fills", f"<fill>{inner}</fill>")

    def border(self, colour: str) -> int:
        """Thin lines on all four sides."""
        sides = "".join(
            f'<{side} style="thin"><color rgb="FF{colour}"/></{side}>' for side in ("left", "right", "top", "bottom")
        )
        return self._add("borders", f"<border>{sides}<diagonal/></border>")

    def own(self, *, font: int = 0, fill: int = 0, border: int = 0, alignment: str = "", is_text: bool = False) -> int:
        """A style of the answer's own sheet. With `is_text` nothing typed there becomes a formula."""
        quoted = ' quotePrefix="1"' if is_text else ""
        return self._add(
            "cellXfs",
            f'<xf numFmtId="{49 if is_text else 0}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0"'
            f' applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"{quoted}>'
            f"<alignment {alignment}/></xf>",
        )

    def marked(self, style: int, fill: int) -> int:
        """A cell's style with another fill: its number format, font, border and alignment stay."""
        group = self._groups["cellXfs"]
        if group.element is None or style >= group.count:
            return self.own(fill=fill, alignment='vertical="bottom"')
        element = group.element.children[style]
        written = self._content[element.start : element.end]
        splices = Splices(written)
        inner = element.inner - element.start
        splices.set_attribute(0, inner, "fillId", str(fill))
        splices.set_attribute(0, inner, "applyFill", "1")
        try:
            copy = splices.result().decode("utf-8")
        except UnicodeDecodeError as error:
            raise NotEditableError(str(error)) from error
        return self._add("cellXfs", copy, prefixed=True)

    def _add(self, name: str, xml: str, *, prefixed: bool = False) -> int:
        group = self._groups[name]
        if xml not in group.known:
            if group.count + len(group.added) >= MOST_STYLES:
                raise NotEditableError("too many cell formats")
            group.known[xml] = group.count + len(group.added)
            group.added.append(xml if prefixed else self._prefixed(xml))
        return group.known[xml]

    def _prefixed(self, xml: str) -> str:
        return _UNPREFIXED.sub(rf"<\1{self._prefix}", xml) if self._prefix else xml

    def close(self) -> None:
        """Write the style part."""
        splices = Splices(self._content)
        for name, group in self._groups.items():
            if not group.added:
                continue
            added, count = "".join(group.added), str(group.count + len(group.added))
            if group.element is None:
                self._insert_group(splices, name, added, count)
                continue
            splices.append(group.element, added)
            if group.element.get("count"):
                splices.set_attribute(group.element.start, group.element.inner, "count", count)
        if splices.is_changed:
            self._parts.write(self._part, splices.result())

    def _insert_group(self, splices: Splices, name: str, added: str, count: str) -> None:
        before = _ORDER[: _ORDER.index(name)]
        earlier = [child for child in self._root.children if child.name in before]
        xml = f'<{self._prefix}{name} count="{count}">{added}</{self._prefix}{name}>'
        if earlier:
            splices.insert(earlier[-1].end, xml)
        elif self._root.is_empty:
            splices.append(self._root, xml)
        else:
            splices.insert(self._root.inner, xml)
