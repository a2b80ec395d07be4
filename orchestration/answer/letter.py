"""The answer's own sheet, first in the workbook: the verdict, and each finding with a link to its cell."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from orchestration.answer.content import Answer, Told, long_date, words
from orchestration.answer.splices import attribute_xml, text_xml
from orchestration.answer.styles import Styles
from orchestration.findings import shown
from orchestration.read.formats.document import column_letters
from orchestration.read.room import ANSWER_STAMP

COLOURS = {"critical": "F4A6A6", "warning": "FFE699", "info": None}
"""The fill of a marked cell by severity; a note leaves the cell as it is."""
_BANDS = {
    "accepted": "C6E0B4",
    "accepted_with_findings": "FFE699",
    "sent_back": "F4A6A6",
    "unreadable": "F4A6A6",
}
_COLUMNS = ("number", "severity", "sheet", "cell", "found", "expected", "fault", "instruction", "code")
_WIDTHS = (5, 16, 17, 10, 24, 26, 42, 40, 22)
_HEADER = 10
"""The row of the table's header; it and what is above it stay in view."""
_ALL = f"A{{row}}:{column_letters(len(_COLUMNS) - 1)}{{row}}"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_MEANING_WIDTH = 170
_LINE_HEIGHT = 16
LinkTo = Callable[[Told], tuple[str, str] | None]
"""Where a finding's cell stands in this workbook: the sheet's name and the cell; None where it stands nowhere."""


@dataclass(slots=True)
class _Looks:
    """The styles of the sheet, each made when it is first needed."""

    styles: Styles
    rtl: bool
    _known: dict[tuple[object, ...], int] = field(default_factory=dict)

    def get(
        self,
        *,
        size: int = 11,
        bold: bool = False,
        colour: str = "000000",
        fill: str | None = None,
        lined: bool = False,
        is_theirs: bool = False,
        horizontal: str = "",
        vertical: str = "top",
        underlined: bool = False,
    ) -> int:
        key = (size, bold, colour, fill, lined, is_theirs, horizontal, vertical, underlined)
        if key not in self._known:
            styles = self.styles
            font = styles.font(
                f'{"<b/>" if bold else ""}{"<u/>" if underlined else ""}<sz val="{size}"/><color rgb="FF{colour}"/>'
                '<name val="Calibri"/><family val="2"/>'
            )
            # What the reporter wrote shows in its own direction.
            order = ' readingOrder="2"' if self.rtl and not is_theirs else ""
            side = f' horizontal="{horizontal}"' if horizontal else ""
            self._known[key] = styles.own(
                font=font,
                fill=styles.fill(fill) if fill else 0,
                border=styles.border("BFBFBF") if lined else 0,
                alignment=f'vertical="{vertical}" wrapText="1"{side}{order}',
                is_text=True,
            )
        return self._known[key]


@dataclass(slots=True)
class _Page:
    """The rows of the sheet while they are written."""

    rows: list[str] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    number: int = 0

    def row(self, cells: Iterable[tuple[int, str, int]], *, height: float | None = None) -> None:
        """Write a row of (column, text, style)."""
        self.number += 1
        said = f' ht="{height:g}" customHeight="1"' if height else ""
        inner = "".join(
            f'<c r="{column_letters(column)}{self.number}" s="{style}"'
            + (f' t="inlineStr"><is><t xml:space="preserve">{text_xml(text)}</t></is></c>' if text else "/>")
            for column, text, style in cells
        )
        self.rows.append(f'<row r="{self.number}"{said}>{inner}</row>')

    def wide(self, text: str, style: int) -> None:
        """A row of one text over all columns, as high as the text needs."""
        lines = _lines(text, _MEANING_WIDTH)
        cells = [(column, "" if column else text, style) for column in range(len(_COLUMNS))]
        self.row(cells, height=lines * _LINE_HEIGHT + 2)
        self.merges.append(_ALL.format(row=self.number))


def _lines(text: str, width: int) -> int:
    """How many lines a text takes that is wrapped at so many characters."""
    if "\n" not in text:
        return -(-max(len(text), 1) // width)
    return sum(-(-max(len(line), 1) // width) for line in text.split("\n"))


def sheet_xml(
    answer: Answer, styles: Styles, link_to: LinkTo, removed: Mapping[str, int], notes: Iterable[str]
) -> bytes:
    """The sheet. `notes` are keys of the texts' `notes`; `removed` counts what was taken out, by its key."""
    said, rtl = words(answer.language), answer.language == "ar"
    looks, page = _Looks(styles, rtl), _Page()
    page.row([(0, ANSWER_STAMP, looks.get(size=1, colour="FFFFFF"))], height=1.5)
    _summary(page, looks, answer)
    header = looks.get(bold=True, fill="D9E1F2", lined=True)
    columns = said["columns"]
    page.row([(index, columns[name], header) for index, name in enumerate(_COLUMNS)], height=20)
    for number, told in enumerate(answer.findings, 1):
        _finding(page, looks, answer, number, told, link_to(told))
    if not answer.findings:
        page.wide(said["none"], looks.get())
    if answer.unlisted:
        page.wide(said["more"].format(count=answer.unlisted), looks.get(bold=True))
    page.row([])
    page.wide(said["notes"]["title"], looks.get(bold=True))
    for text in _notes(answer, removed, notes):
        page.wide(text, looks.get(colour="404040"))
    return _xml(page, rtl=rtl)


def _summary(page: _Page, looks: _Looks, answer: Answer) -> None:
    said = words(answer.language)
    verdict, labels = said["verdicts"][answer.verdict], said["labels"]
    page.row([(0, said["title"], looks.get(size=16, bold=True, vertical="center"))], height=26)
    page.merges.append(_ALL.format(row=page.number))
    style = looks.get(size=14, bold=True, fill=_BANDS[answer.verdict], vertical="center")
    cells = [(column, "" if column else verdict["name"], style) for column in range(len(_COLUMNS))]
    page.row(cells, height=24)
    page.merges.append(_ALL.format(row=page.number))
    page.wide(f"{verdict['meaning']} {verdict['next']}", looks.get())
    if answer.is_illustrative:
        page.wide(said["illustrative"], looks.get(bold=True, colour="7F6000"))
    else:
        page.row([], height=4)
    values = said["values"].format(**answer.values)
    findings = said["findings"].format(**answer.counts)
    received = long_date(answer.received_date, answer.language)
    for left, right in (
        ((labels["organisation"], answer.organisation_name), (labels["file"], shown(answer.file_name, 200))),
        ((labels["family"], answer.family_title), (labels["received"], received)),
        ((labels["values"], values), (labels["findings"], findings)),
    ):
        label, text = looks.get(bold=True), looks.get()
        page.row(
            [(0, left[0], label), (1, "", label), (2, left[1], text), (6, right[0], label), (7, right[1], text)],
            height=_LINE_HEIGHT + 2,
        )
        row = page.number
        page.merges += [f"A{row}:B{row}", f"C{row}:F{row}", f"H{row}:I{row}"]
    page.row([], height=6)


def _finding(
    page: _Page, looks: _Looks, answer: Answer, number: int, told: Told, target: tuple[str, str] | None
) -> None:
    said = words(answer.language)
    text, theirs = looks.get(lined=True), looks.get(lined=True, is_theirs=True)
    severity = looks.get(lined=True, bold=told.severity == "critical", fill=COLOURS[told.severity])
    sheet = shown(target[0] if target else told.sheet, 60) or said["whole_file"]
    cell = shown(told.cell, 60)
    link = looks.get(lined=True, colour="0563C1", underlined=True) if target else text
    cells = [
        (0, str(number), looks.get(lined=True, horizontal="center")),
        (1, said["severities"][told.severity], severity),
        (2, sheet, theirs),
        (3, cell, link),
        (4, told.found, theirs),
        (5, told.expected, theirs),
        (6, told.fault, text),
        (7, told.instruction, text),
        (8, told.code, looks.get(lined=True, colour="7F7F7F", size=9, is_theirs=True)),
    ]
    # Not every program finds the height that a wrapped text needs.
    lines = max(_lines(written, _WIDTHS[column] - 1) for column, written, _ in cells)
    page.row(cells, height=lines * _LINE_HEIGHT)
    if target:
        location = f"'{target[0].replace(chr(39), chr(39) * 2)}'!{target[1]}"
        reference = f"D{page.number}"
        page.links.append(
            f'<hyperlink ref="{reference}" location={attribute_xml(location)} display={attribute_xml(cell)}/>'
        )


def _notes(answer: Answer, removed: Mapping[str, int], notes: Iterable[str]) -> Iterator[str]:
    said = words(answer.language)
    for name in notes:
        yield said["notes"][name]
    found = +Counter(removed)
    if found:
        texts = said["removed"]
        yield texts["title"]
        for name, text in texts.items():
            if found[name]:
                yield "– " + text.format(count=found[name])


def _xml(page: _Page, *, rtl: bool) -> bytes:
    columns = "".join(
        f'<col min="{index}" max="{index}" width="{width}" customWidth="1"/>' for index, width in enumerate(_WIDTHS, 1)
    )
    first = f"A{_HEADER + 1}"
    pane = f'<pane ySplit="{_HEADER}" topLeftCell="{first}" activePane="bottomLeft" state="frozen"/>'
    direction = ' rightToLeft="1"' if rtl else ""
    links = f"<hyperlinks>{''.join(page.links)}</hyperlinks>" if page.links else ""
    merges = "".join(f'<mergeCell ref="{reference}"/>' for reference in page.merges)
    whole = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<worksheet xmlns="{_MAIN}">'
        '<sheetPr><tabColor rgb="FF2F75B5"/><pageSetUpPr fitToPage="1"/></sheetPr>'
        f'<sheetViews><sheetView showGridLines="0"{direction} tabSelected="1" workbookViewId="0">{pane}'
        f'<selection pane="bottomLeft" activeCell="{first}" sqref="{first}"/>'
        '</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/>'
        f"<cols>{columns}</cols><sheetData>{''.join(page.rows)}</sheetData>"
        f'<mergeCells count="{len(page.merges)}">{merges}</mergeCells>{links}'
        '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
        '<pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/>'
        "<headerFooter><oddFooter>&amp;C&amp;P / &amp;N</oddFooter></headerFooter></worksheet>"
    )
    return whole.encode("utf-8")


def header_rows() -> str:
    """The rows that are printed on every page, as a defined name says it without the sheet."""
    return f"${_HEADER}:${_HEADER}"
