"""The Excel workbook of the headline tables: a cover and a sheet a table, in Arabic (right to left), French, English.

Codes are words and missing values say why; rows of figures that were made up to show a format are yellow. Regions
are in it, provinces are not, and a sheet that would grow too long for a person begins at a later year: the whole
tables are in the CSV files.

XlsxWriter makes the workbook with its covers, headings and formats. The rows are put into its sheets as DuckDB writes
them, since a call of Python for each cell costs several times as much.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.release.exports import headlines
from orchestration.release.exports.contents import Column, Contents, Mart
from orchestration.release.exports.edition import Edition
from orchestration.release.exports.headlines import Heading, Headline
from orchestration.release.marts import quoted, text_literal
from orchestration.settings import LANGUAGES, Language

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

LONGEST_SHEET = 10_000
"""Rows of a sheet before its first years are left out."""
_BATCH = 10_000
_WIDTHS = {"text": 46, "code": 26, "word": 22, "number": 15, "count": 12, "share": 12, "year": 8, "date": 12}
_NUMBERS = {
    "text": "@",
    "whole": "#,##0",
    "parted": "#,##0.0#########",
    "count": "#,##0",
    "share": "0.0%",
    "year": "0",
    "date": "yyyy-mm-dd",
}
_A4 = 9
_RIGHT_TO_LEFT = {"reading_order": 2}
_YELLOW, _HEAD = "#FFF2CC", "#1F4E79"
# A cell holds no more, and XML no such characters.
_LONGEST_TEXT = 32_767
_NO_XML = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x{FFFE}\\x{FFFF}]"


@dataclass(frozen=True, slots=True)
class _Look:
    """How cells look; of the cells of a table by kind, `marked` being rows that were made up."""

    plain: dict[str, "Format"]
    marked: dict[str, "Format"]
    head: "Format"
    title: "Format"
    strong: "Format"
    wrapped: "Format"
    swatch: "Format"


@dataclass(frozen=True, slots=True)
class _Extent:
    """The rows that a sheet shows: how many, and from which year on where years were left out."""

    rows: int
    condition: str
    from_year: int | None


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows that a sheet gets: their query, and the last row and column they reach."""

    query: str
    last_row: int
    last_column: int


@dataclass(frozen=True, slots=True)
class _Styles:
    """The numbers under which the workbook knows the formats of table cells, by kind."""

    plain: dict[str, int]
    marked: dict[str, int]


def write(source: Contents, path: Path, edition: Edition) -> None:
    """Write the workbook. Raises OSError."""
    import xlsxwriter

    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True})
    book.set_properties({"title": edition.release_id, "author": "hasila", "created": edition.moment})
    present = headlines.present(source)
    extents = {headline.name: _extent(headline, mart, source) for headline, mart in present}
    tables: dict[str, tuple[Headline, Mart, Language]] = {}
    for language in LANGUAGES:
        look = _look(book, language)
        _write_cover(book, look, language, edition, extents)
        for headline, mart in present:
            sheet = _write_headings(book, look, headline, mart, language, extents[headline.name])
            tables[f"xl/worksheets/sheet{len(book.worksheets())}.xml"] = (headline, mart, language)
            if len(tables) == 1:
                _write_samples(sheet, look)
    book.close()
    with zipfile.ZipFile(made) as package, zipfile.ZipFile(path, "w") as target:
        styles = _styles(package.read(next(iter(tables))).decode("utf-8")) if tables else None
        for entry in package.infolist():
            # Without a date of its own an entry has that of 1980, whenever it is written.
            info = zipfile.ZipInfo(entry.filename)
            info.compress_type = zipfile.ZIP_DEFLATED
            with target.open(info, "w") as file:
                content = package.read(entry)
                if entry.filename not in tables or styles is None:
                    file.write(content)
                    continue
                headline, mart, language = tables[entry.filename]
                rows = _rows(headline, mart, language, extents[headline.name], styles)
                for part in _filled(content.decode("utf-8"), rows, source):
                    file.write(part.encode("utf-8"))


def _look(book: "Workbook", language: Language) -> _Look:
    def formats(**more: Any) -> dict[str, "Format"]:
        return {kind: book.add_format({"num_format": number, **more}) for kind, number in _NUMBERS.items()}

    # Sentences that begin or end with a sign would show it on the wrong side.
    direction = _RIGHT_TO_LEFT if language == "ar" else {}
    wrapped = {"text_wrap": True, "valign": "top", **direction}
    return _Look(
        plain=formats(),
        marked=formats(bg_color=_YELLOW),
        head=book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": _HEAD, **wrapped}),
        title=book.add_format({"bold": True, "font_size": 16, **direction}),
        strong=book.add_format({"bold": True, **direction}),
        wrapped=book.add_format(wrapped),
        swatch=book.add_format({"bg_color": _YELLOW, **wrapped}),
    )


def _extent(headline: Headline, mart: Mart, source: Contents) -> _Extent:
    condition = headline.workbook_filter or "true"
    if "year" not in mart.names:
        (rows,) = source.connection.execute(f"select count(*) from {mart.table} where {condition}").fetchall()[0]
        return _Extent(int(rows), condition, None)
    years = source.connection.execute(
        f"select year, count(*) from {mart.table} where {condition} group by year order by year desc nulls last"
    ).fetchall()
    total, first = 0, None
    for position, (year, rows) in enumerate(years):
        if position and year is not None and total + rows > LONGEST_SHEET:
            return _Extent(total, f"({condition}) and year >= {first}", first)
        total += int(rows)
        first = year
    return _Extent(total, condition, None)


def _sheet(book: "Workbook", name: str, language: Language) -> "Worksheet":
    # Three languages may share a word, which a workbook's sheets may not.
    taken = {sheet.get_name() for sheet in book.worksheets()}
    sheet = book.add_worksheet(name if name not in taken else f"{name} ({language})")
    if language == "ar":
        sheet.right_to_left()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    return sheet


def _write_cover(
    book: "Workbook", look: _Look, language: Language, edition: Edition, extents: dict[str, _Extent]
) -> None:
    words = headlines.texts(language)
    says, sheets = words["cover"], words["sheets"]
    sheet = _sheet(book, sheets["cover"], language)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 90)
    sheet.set_row(0, 26)
    sheet.hide_gridlines(2)
    row = 0

    def line(left: str, right: str = "", left_look: Any = None, right_look: Any = None) -> None:
        nonlocal row
        if left:
            sheet.write_string(row, 0, left, left_look or look.wrapped)
        if right:
            sheet.write_string(row, 1, right, right_look or look.wrapped)
        row += 1

    line(says["title"], left_look=look.title)
    line(says["release"], edition.release_id)
    line(says["created"], f"{edition.moment:%Y-%m-%d %H:%M:%S}")
    line(says["as_of"], edition.as_of_date.isoformat())
    line(says["previous"], edition.previous_release_id or says["none"])
    line(says["version"], edition.hasila_version)
    for licence in edition.licences:
        line(says["licence"], f"{licence.title} {licence.path}".strip())
    line("")
    line(says["sheets"], left_look=look.strong)
    for name, extent in extents.items():
        text = says["rows"] if extent.from_year is None else says["from_year"]
        line(sheets[name], text.format(rows=f"{extent.rows}", year=extent.from_year))
    line("")
    line(says["statuses"], left_look=look.strong)
    for code, meaning in says["status_meanings"].items():
        marked = look.swatch if code == "illustrative" else None
        line(words["words"]["data_status"][code], meaning, marked, marked)
    line("")
    line(says["qualifiers"], left_look=look.strong)
    for code, meaning in says["qualifier_meanings"].items():
        line(words["words"]["qualifier"][code], meaning)
    line("")
    line(says["warnings"], left_look=look.strong)
    for note in says["notes"]:
        line("", note)


def _write_headings(
    book: "Workbook", look: _Look, headline: Headline, mart: Mart, language: Language, extent: _Extent
) -> "Worksheet":
    words = headlines.texts(language)
    shown = headlines.shown(headline, mart, language)
    sheet = _sheet(book, words["sheets"][headline.name], language)
    for position, (heading, _) in enumerate(shown):
        sheet.set_column(position, position, _WIDTHS[heading.kind])
        sheet.write_string(0, position, words["headings"][heading.source], look.head)
    # Two lines for the longer headings.
    sheet.set_row(0, 32)
    sheet.set_landscape()
    sheet.repeat_rows(0)
    sheet.freeze_panes(1, 0)
    # A period that is a year is no number, and Excel need not ask.
    sheet.ignore_errors({"number_stored_as_text": f"A1:{_letters(len(shown) - 1)}{extent.rows + 1}"})
    sheet.autofilter(0, 0, extent.rows, len(shown) - 1)
    return sheet


def _write_samples(sheet: "Worksheet", look: _Look) -> None:
    """A cell of each format, from which `_styles` learns its number; they make way for the rows."""
    for row, formats in enumerate((look.plain, look.marked), 1):
        for position, made in enumerate(formats.values()):
            sheet.write_blank(row, position, None, made)


def _styles(sheet: str) -> _Styles:
    plain, marked = (
        dict(zip(_NUMBERS, (int(found) for found in re.findall(r'<c [^>]*s="(\d+)"', row)), strict=True))
        for row in re.findall(r'<row r="[23]".*?</row>', sheet)
    )
    return _Styles(plain, marked)


def _filled(sheet: str, rows: _Rows, source: Contents) -> Iterator[str]:
    """The sheet's XML with the rows of a query below its first row."""
    before, _, after = sheet.partition("</row>")
    after = after[after.index("</sheetData>") :]
    reach = f"A1:{_letters(rows.last_column)}{rows.last_row}"
    yield re.sub(r'<dimension ref="[^"]*"/>', f'<dimension ref="{reach}"/>', before) + "</row>"
    # A cursor of its own: the connection may be asked other things meanwhile.
    cursor = source.connection.cursor()
    cursor.execute(rows.query)
    while batch := cursor.fetchmany(_BATCH):
        yield "".join(row for (row,) in batch)
    yield after


def _rows(headline: Headline, mart: Mart, language: Language, extent: _Extent, styles: _Styles) -> _Rows:
    """The rows of a sheet in SQL, each as its XML."""
    shown = headlines.shown(headline, mart, language)
    is_made_up = "coalesce(data_status = 'illustrative', false)" if "data_status" in mart.names else "false"
    cells = [
        _cell(heading, column, mart, language, _letters(position), styles)
        for position, (heading, column) in enumerate(shown)
    ]
    numbered = (
        f"select *, row_number() over () + 1 as row_in_sheet, {is_made_up} as is_made_up "
        f"from {mart.table} where {extent.condition}"
    )
    row = " || ".join(["'<row r=\"' || row_in_sheet || '\">'", *cells, "'</row>'"])
    return _Rows(f"select {row} from ({numbered})", extent.rows + 1, len(shown) - 1)


def _cell(heading: Heading, column: Column, mart: Mart, language: Language, letters: str, styles: _Styles) -> str:
    name = quoted(column.name)

    def opened(kind: str, content: str) -> str:
        plain, marked = styles.plain[kind], styles.marked[kind]
        style = f"case when is_made_up then '{marked}' else '{plain}' end"
        return f"""'<c r="{letters}' || row_in_sheet || '" s="' || {style} || '"' || {content}"""

    blank = opened("text", "'/>'")
    if heading.kind == "number" and column.scale:
        number = f"'><v>' || {_number(name)} || '</v></c>'"
        whole, parted = opened("whole", number), opened("parted", number)
        return f"case when {name} is null then {blank} when {name} = trunc({name}) then {whole} else {parted} end"
    if heading.kind in ("number", "count", "share", "year"):
        kind = "whole" if heading.kind == "number" else heading.kind
        value = _number(name) if column.scale else f"cast({name} as varchar)"
        number = f"'><v>' || {value} || '</v></c>'"
        return f"case when {name} is null then {blank} else {opened(kind, number)} end"
    if heading.kind == "date":
        number = f"'><v>' || cast({name} - date '1899-12-30' as varchar) || '</v></c>'"
        return f"case when {name} is null then {blank} else {opened('date', number)} end"
    if heading.kind == "word":
        text = headlines.in_words(heading, language, name)
    else:
        text = headlines.name_in(language, heading.source, mart) if heading.is_translated else name
    inline = f"""' t="inlineStr"><is><t xml:space="preserve">' || {_escaped(text)} || '</t></is></c>'"""
    return f"coalesce({opened('text', inline)}, {blank})"


def _number(name: str) -> str:
    return f"rtrim(rtrim(cast({name} as varchar), '0'), '.')"


def _escaped(text: str) -> str:
    """A text in SQL as it may stand in the sheet's XML."""
    cleaned = f"regexp_replace(left({text}, {_LONGEST_TEXT}), '{_NO_XML}', '', 'g')"
    # Excel reads _x000D_ as the character of that number, unless its underscore is such a number itself.
    cleaned = f"regexp_replace({cleaned}, '_(x[0-9A-Fa-f]{{4}}_)', '_x005F_\\1', 'g')"
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        cleaned = f"replace({cleaned}, {text_literal(plain)}, {text_literal(entity)})"
    return cleaned


def _letters(position: int) -> str:
    """The column's letters, from 0 for A."""
    letters = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
