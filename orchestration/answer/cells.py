"""A workbook made from a report as it was read, where the reporter's own file cannot be annotated.

Tables keep their addresses: what was read as A1 stands in A1. Records (JSON, DHIS2, KoboToolbox,
SDMX-ML) stand below their field names, with a column behind them that says where each is in the file.
Texts are texts, whatever they begin with.
"""

import datetime as dt
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from orchestration.answer.splices import attribute_xml, text_xml
from orchestration.read.formats.document import Cell, Document, Place, Sheet, column_letters

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_ROWS, _COLUMNS, _CHARACTERS, _NAME = 1_048_576, 16_384, 32_767, 31
MOST_CELLS = 2_000_000
"""So many cells are repeated; whoever sent more has them."""
MOST_BYTES = 192 * 1024 * 1024
"""So much XML is written for them: the answer is put into the copy, whose parts stand in memory for it."""
_WIDEST = 60
_MEASURED = 200
_FORBIDDEN = str.maketrans(dict.fromkeys(r"[]:*?/\\", "-"))
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(slots=True)
class Copy:
    """The workbook, and where what was read stands in it."""

    content: bytes
    names: dict[str, str] = field(default_factory=dict)
    """The names of sheets by those that they were read under."""
    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    """The cells of records by sheet and locator."""
    is_cut: bool = False


def workbook_of(document: Document | None, place_heading: str) -> Copy:
    """The workbook of a document; one without sheets where there is none.

    `place_heading` heads the column that says where a record stands.
    """
    sheets = document.sheets if document else []
    copy = Copy(b"")
    content = io.BytesIO()
    left, left_bytes = MOST_CELLS, MOST_BYTES
    # It is unpacked again at once: the answer is put into it.
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:

        def add(name: str, text: str | bytes) -> None:
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), text, zipfile.ZIP_DEFLATED)

        entries, types, relationships = [], [], []
        for number, sheet in enumerate(sheets, 1):
            name = copy.names.setdefault(sheet.name, unique_name(sheet.name, copy.names.values()))
            xml, used, is_cut = _sheet(sheet, place_heading, left, left_bytes)
            left -= used
            left_bytes -= len(xml)
            copy.is_cut = copy.is_cut or is_cut
            _locate(sheet, copy)
            add(f"xl/worksheets/sheet{number}.xml", xml)
            state = ' state="hidden"' if sheet.hidden else ""
            entries.append(f'<sheet name={attribute_xml(name)} sheetId="{number}"{state} r:id="rId{number}"/>')
            types.append(
                f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_SHEET_TYPE}.worksheet+xml"/>'
            )
            relationships.append(
                f'<Relationship Id="rId{number}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{number}.xml"/>'
            )
        add(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_SHEET_TYPE}.sheet.main+xml"/>'
            f"{''.join(types)}</Types>",
        )
        add(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
            f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        add(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{"".join(entries)}</sheets></workbook>',
        )
        add(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(relationships)}</Relationships>',
        )
    copy.content = content.getvalue()
    return copy


def unique_name(wanted: str, taken: Iterable[str]) -> str:
    """A sheet's name as spreadsheets allow it, unlike all others."""
    clean = "".join(character if character.isprintable() else " " for character in wanted)
    clean = clean.translate(_FORBIDDEN).strip().strip("'")[:_NAME] or "-"
    known = {name.casefold() for name in taken}
    name, number = clean, 1
    while name.casefold() in known:
        number += 1
        ending = f" ({number})"
        name = clean[: _NAME - len(ending)] + ending
    return name


def _locate(sheet: Sheet, copy: Copy) -> None:
    for row, places in enumerate(sheet.locators or ()):
        for column, locator in enumerate(places):
            if row < _ROWS and column < _COLUMNS:
                copy.places.setdefault((sheet.name, locator), (row, column))


def _sheet(sheet: Sheet, place_heading: str, left: int, left_bytes: int) -> tuple[bytes, int, bool]:
    """A sheet's XML, how many cells it took, and whether some did not fit."""
    pieces = [f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode()]
    used, is_cut = 0, len(sheet.rows) > _ROWS
    widths: list[int] = []
    for index, row in enumerate(sheet.rows[:_ROWS]):
        cells = row
        if sheet.locators is not None:
            place = place_heading if index == 0 else _record_place(sheet.locators[index])
            cells = [*row, place]
        is_cut = is_cut or len(cells) > _COLUMNS
        used += len(cells)
        if used > left:
            is_cut = True
            break
        if index < _MEASURED:
            _measure(cells, widths)
        inner = "".join(_cells(cells[:_COLUMNS], index + 1))
        hidden = ' hidden="1"' if index in sheet.hidden_rows else ""
        if inner or hidden:
            xml = f'<row r="{index + 1}"{hidden}>{inner}</row>'.encode()
            left_bytes -= len(xml)
            if left_bytes < 0:
                is_cut = True
                break
            pieces.append(xml)
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{min(width + 3, _WIDEST)}" customWidth="1"/>'
        for number, width in enumerate(widths[:_COLUMNS], 1)
    )
    if columns:
        pieces[0] = f'<worksheet xmlns="{_MAIN}"><cols>{columns}</cols><sheetData>'.encode()
    pieces.append(b"</sheetData></worksheet>")
    return b"".join(pieces), used, is_cut


def _measure(cells: list[Cell], widths: list[int]) -> None:
    for column, cell in enumerate(cells):
        if column >= len(widths):
            widths.append(8)
        if isinstance(cell, str):
            widths[column] = max(widths[column], min(len(cell), _WIDEST))
        elif isinstance(cell, dt.date | dt.datetime):
            widths[column] = max(widths[column], 16)


def _record_place(locators: list[str]) -> str:
    """What the places of a record's cells begin with."""
    if not locators:
        return ""
    first, last = min(locators), max(locators)
    differs = (at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    shared = first[: next(differs, min(len(first), len(last)))]
    return shared if shared in locators else shared.rpartition("/")[0] or shared


def _cells(cells: list[Cell], row: int) -> Iterator[str]:
    for column, cell in enumerate(cells):
        if cell is None or cell == "":
            continue
        place = f"{column_letters(column)}{row}"
        if isinstance(cell, bool):
            yield f'<c r="{place}" t="b"><v>{int(cell)}</v></c>'
        elif isinstance(cell, int | float) and abs(cell) < 1e15:
            yield f'<c r="{place}"><v>{cell!r}</v></c>'
        else:
            text = cell.isoformat(" ") if isinstance(cell, dt.datetime) else str(cell)
            yield (
                f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text_xml(text[:_CHARACTERS])}</t></is></c>'
            )
