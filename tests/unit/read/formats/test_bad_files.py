"""Bad files: each is refused with its code and its place, or opened as what it is, and nothing else happens."""

import codecs
import io
import json
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import openpyxl
import pytest

from benchmarks.reports import xls as biff
from benchmarks.reports import xlsb as xlsb_records
from orchestration.findings import Catalogue, Finding
from orchestration.read.formats.document import Document, Limits, UnreadableError
from orchestration.read.formats.open import open_document
from tests.helpers import PROJECT
from tests.unit.read.bad_files import makers
from tests.unit.read.bad_files.makers import ods, ods_cell, xls, xlsb, xlsx, zip_of

LIMITS = Limits(file_bytes=50_000_000, expanded_bytes=200_000_000, cells=500_000)
CELL = '<row r="1"><c r="A1"><v>1</v></c></row>'
ENTITY = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]>'
EXTERNAL = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
DXF = '<dataValueSet xmlns="http://dhis2.org/schema/dxf/2.0"><dataValue dataElement="{}" value="1"/></dataValueSet>'
TABLE = "région;garçons;filles\n" + "Fès;1;2\n" * 5
ARABIC = "الجهة;العدد\nفاس;12\n"


def opened(content: bytes, name: str = "report.xlsx", limits: Limits = LIMITS) -> Document:
    return open_document(name, content, limits)


def refusal(content: bytes, name: str = "report.xlsx", limits: Limits = LIMITS) -> Finding:
    with pytest.raises(UnreadableError) as caught:
        opened(content, name, limits)
    return caught.value.finding


def saved(book: openpyxl.Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def chart_only() -> bytes:
    book = openpyxl.Workbook()
    book.create_chartsheet("Graphique")
    del book["Sheet"]
    return saved(book)


def lying_about_its_size() -> bytes:
    """A container whose directory says 1,000 bytes where 20 MB come out."""
    large = b"<a>" + b" " * 20_000_000
    content = zip_of({"xl/workbook.xml": large})
    return content.replace(struct.pack("<I", len(large)), struct.pack("<I", 1000))


def damaged_inside() -> bytes:
    """A workbook whose sheet does not unpack, though its container opens."""
    content = bytearray(xlsx(CELL))
    name = b"xl/worksheets/sheet1.xml"
    start = content.index(name) + len(name)
    content[start : start + 20] = bytes(byte ^ 0xFF for byte in content[start : start + 20])
    return bytes(content)


def many_entries() -> bytes:
    return zip_of({f"xl/{number}.xml": b"" for number in range(10_001)} | {"xl/workbook.xml": b"<a/>"})


def two_entries_of_one_name() -> bytes:
    content = io.BytesIO(xlsx(CELL))
    with zipfile.ZipFile(content, "a") as container:
        container.writestr("xl/Workbook.xml", "<workbook/>")
    return content.getvalue()


def encrypted_entry() -> bytes:
    """The flag of an encrypted entry, in its header and in the directory."""
    content = bytearray(zip_of({"xl/workbook.xml": b"<a/>"}, zipfile.ZIP_STORED))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def corners_of_many_sheets() -> bytes:
    """Forty sheets, each with two cells in opposite corners that alone would be within the limits."""
    cells = makers.number_cell(0, 0, 1) + makers.number_cell(65_534, 74, 1)
    return biff.workbook({f"S{number}": cells for number in range(40)})


def overlapping_sheets() -> bytes:
    """An xls whose list of sheets names one place twice."""

    def book(at: int) -> bytes:
        second = makers.record(0x0085, struct.pack("<IBBBB", at, 0, 0, 1, 0) + b"B")
        return xls(makers.number_cell(0, 0, 1), *[makers.record(0x0201, b"\0" * 6)] * 1000, before=second)

    begin = b"\x09\x08\x10\x00\x00\x06"
    content = book(0)
    return book(content.index(begin + b"\x10\x00") - content.index(begin + b"\x05\x00"))


def protected(part: str) -> bytes:
    """An ods whose content nobody can read without its password."""
    entry = f'<manifest:file-entry manifest:full-path="{part}"><manifest:encryption-data/></manifest:file-entry>'
    manifest = f'<manifest:manifest xmlns:manifest="m">{entry}</manifest:manifest>'
    mimetype = "application/vnd.oasis.opendocument.spreadsheet"
    return zip_of({"mimetype": mimetype, "META-INF/manifest.xml": manifest, part: b"\xb1\x0c" * 500})


def repeated(rows: int, columns: int, kind: str = "float") -> str:
    cell = ods_cell(0.5, f'table:number-columns-repeated="{columns}"', kind)
    return f'<table:table-row table:number-rows-repeated="{rows}">{cell}</table:table-row>'


ONE = struct.pack("<d", 1)
FAR_ROWS = xlsb_records.row(0) + xlsb_records.cell(5, 0, ONE) + xlsb_records.row(65_534) + xlsb_records.cell(5, 74, ONE)
NEXT_TABLE = '</table:table><table:table table:name="autre">'


def deep_json(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def many_answers_repeated() -> bytes:
    """A submission of 4,000 answers with a repeat group of 4,000 rows, each of which says them again."""
    answers = {f"q{number}": number for number in range(4000)}
    return json.dumps([{"_uuid": "a", **answers, "visites": [{"filles": 1}] * 4000}]).encode()


DEEP_XML = "<dataValueSet>" + "<a>" * 100 + "</a>" * 100 + "</dataValueSet>"
BILLION = "<!DOCTYPE lolz [<!ENTITY lol 'lol'>" + "".join(
    f"<!ENTITY lol{n} '{f'&lol{n - 1 or str()};' * 10}'>" for n in range(1, 10)
)

REFUSED: dict[str, tuple[bytes, str, str]] = {
    # name: (content, code, the place's cell)
    "truncated zip": (workbook(["a", 1])[:-300], "FILE_CORRUPT", ""),
    "half a zip": (workbook(["a", 1])[:1500], "FILE_CORRUPT", ""),
    "zip with a damaged part": (damaged_inside(), "FILE_CORRUPT", ""),
    "zip bomb": (xlsx(CELL, parts={"xl/media/image.png": b"\0" * 100_000_000}), "FILE_TOO_LARGE", ""),
    "zip that lies about its size": (lying_about_its_size(), "FILE_CORRUPT", ""),
    "too many entries": (many_entries(), "FILE_TOO_LARGE", ""),
    "two entries of one name": (two_entries_of_one_name(), "FILE_CORRUPT", ""),
    "encrypted zip entry": (encrypted_entry(), "FILE_ENCRYPTED", ""),
    "zip of workbooks": (zip_of({"a/report.xlsx": xlsx(CELL), "b.csv": "a,b"}), "ARCHIVE_NESTED", ""),
    "zip in a zip": (zip_of({"inner.zip": zip_of({"a.csv": "a,b"})}), "ARCHIVE_NESTED", ""),
    "zip of a table": (zip_of({"table.csv": "a,b\n1,2\n"}), "FORMAT_UNSUPPORTED", ""),
    "text document": (zip_of({"word/document.xml": "<x/>"}), "FORMAT_UNSUPPORTED", ""),
    "empty zip": (zip_of({}), "FORMAT_UNSUPPORTED", ""),
    "entity bomb in a sheet": (xlsx(CELL, before=ENTITY), "FILE_UNSAFE", ""),
    "external entity in a sheet": (xlsx(CELL, before=EXTERNAL), "FILE_UNSAFE", ""),
    "entity bomb in the list of sheets": (
        zip_of({"xl/workbook.xml": BILLION + "]><workbook>&lol9;</workbook>"}),
        "FILE_UNSAFE",
        "",
    ),
    "entity bomb in ods": (ods("", before=ENTITY), "FILE_UNSAFE", ""),
    "entity bomb in a data value set": ((BILLION + "]>" + DXF.format("&lol9;")).encode(), "FILE_UNSAFE", ""),
    "external entity in a data value set": ((EXTERNAL + DXF.format("&x;")).encode(), "FILE_UNSAFE", ""),
    "document type fetched from elsewhere": (
        b'<?xml version="1.0"?><!DOCTYPE adx SYSTEM "http://192.0.2.1/adx.dtd"><adx/>',
        "FILE_UNSAFE",
        "",
    ),
    "document type behind a long comment": (
        ("<!--" + "x" * 5000 + "-->" + ENTITY + DXF.format("&y;")).encode(),
        "FILE_UNSAFE",
        "",
    ),
    "XML that ends too early": (DXF.format("a")[:-5].encode(), "FILE_CORRUPT", "line 1"),
    "XML of unknown kind": (b'<?xml version="1.0"?><invoice/>', "FORMAT_UNSUPPORTED", ""),
    "XML nested too deeply": (DEEP_XML.encode(), "FILE_TOO_LARGE", ""),
    "two million elements that nobody reads": (
        b"<dataValueSet>" + b"<a/>" * 2_000_001 + b"</dataValueSet>",
        "FILE_TOO_LARGE",
        "",
    ),
    "two million elements in one value": (
        b"<dataValueSet><dataValue>" + b"<a b='1'/>" * 2_000_000 + b"</dataValue></dataValueSet>",
        "FILE_TOO_LARGE",
        "",
    ),
    "a text without end in XML": (
        "<dataValueSet>\U0001f600".encode() + b"x" * 40_000_000 + b"</dataValueSet>",
        "FILE_TOO_LARGE",
        "",
    ),
    "two million marks in the list of sheets": (
        zip_of({"xl/workbook.xml": b"<workbook>" + b"<a/>" * 2_000_000 + b"</workbook>"}),
        "FILE_TOO_LARGE",
        "",
    ),
    "Excel 2003 XML": (
        b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>',
        "FORMAT_UNSUPPORTED",
        "",
    ),
    "far corner in xlsx": (
        xlsx(CELL + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        "FILE_TOO_LARGE",
        "",
    ),
    "far corner that hides in the first row": (
        xlsx('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>'),
        "FILE_TOO_LARGE",
        "",
    ),
    "far corner in odd spelling": (
        xlsx("<row r='1'><c\nr = 'A1'><v>1</v></c><c s='0' r='XFD1048576'><v>1</v></c></row>"),
        "FILE_TOO_LARGE",
        "",
    ),
    "a million columns": (xlsx('<row r="1"><c r="BDWGN1"><v>1</v></c></row>'), "FILE_TOO_LARGE", ""),
    "a hundred thousand columns without names": (
        xlsx('<row r="1">' + "<c><v>1</v></c>" * 100_000 + "</row>"),
        "FILE_TOO_LARGE",
        "",
    ),
    "far corner in xls": (xls(makers.number_cell(0, 0, 1), makers.number_cell(65535, 65535, 1)), "FILE_TOO_LARGE", ""),
    "far corner in xlsb": (
        xlsb([(0, 0, 5, struct.pack("<d", 1)), (1_048_575, 16_383, 5, struct.pack("<d", 1))]),
        "FILE_TOO_LARGE",
        "",
    ),
    "far corner in ods": (
        ods(
            '<table:table-row table:number-rows-repeated="1048575"><table:table-cell/></table:table-row>'
            '<table:table-row><table:table-cell table:number-columns-repeated="16383"/>'
            f"{ods_cell(1)}</table:table-row>"
        ),
        "FILE_TOO_LARGE",
        "",
    ),
    "a cell repeated over a whole ods sheet": (
        ods(
            '<table:table-row table:number-rows-repeated="1048576">'
            + ods_cell(1, 'table:number-columns-repeated="16384"')
            + "</table:table-row>"
        ),
        "FILE_TOO_LARGE",
        "",
    ),
    "far corners of many xlsb sheets": (
        xlsb_records.container({f"S{number}": xlsb_records.sheet(FAR_ROWS) for number in range(40)}),
        "FILE_TOO_LARGE",
        "",
    ),
    "far corners of many xls sheets": (corners_of_many_sheets(), "FILE_TOO_LARGE", ""),
    "cells repeated over many ods sheets": (
        ods(NEXT_TABLE.join([repeated(49_000, 100)] * 40)),
        "FILE_TOO_LARGE",
        "",
    ),
    "a percentage repeated over an ods sheet": (ods(repeated(49_000, 100, "percentage")), "FILE_TOO_LARGE", ""),
    "password-protected ods": (protected("content.xml"), "FILE_ENCRYPTED", ""),
    "password-protected ods of one part": (protected("encrypted-package"), "FILE_ENCRYPTED", ""),
    "password-protected xlsx": (makers.compound(b"", "EncryptedPackage"), "FILE_ENCRYPTED", ""),
    "password-protected xls": (xls(before=makers.record(0x002F, b"\0" * 54)), "FILE_ENCRYPTED", ""),
    "text document of old": (makers.compound(b"", "WordDocument"), "FORMAT_UNSUPPORTED", ""),
    "sheets of xls that share their cells": (overlapping_sheets(), "FILE_CORRUPT", ""),
    "compound file in a circle": (
        makers.compound(b"x" * 9000).replace(
            struct.pack("<I", 0xFFFFFFFE) + b"\xff" * 8, struct.pack("<I", 3) + b"\xff" * 8
        ),
        "FILE_CORRUPT",
        "",
    ),
    "chart-only workbook": (chart_only(), "FILE_EMPTY", ""),
    "web page named xls": (b"\n <html><table><tr><td>1</td></tr></table></html>", "FORMAT_UNSUPPORTED", ""),
    "web page of another kind": (b"<!DOCTYPE HTML PUBLIC '-//W3C'><table>", "FORMAT_UNSUPPORTED", ""),
    "program": (b"MZ\x90\0\3\0\0\0", "FORMAT_UNSUPPORTED", ""),
    "NUL byte in a text": (b"a,b\n1,2\n3,\x004\n", "FILE_CORRUPT", "A3"),
    "control characters": (b"\x01\x02\x03\x04\x05" * 50, "FILE_CORRUPT", ""),
    "mixed encodings": (TABLE.encode() + "Béni Mellal;3;4\n".encode("cp1252"), "FILE_ENCODING_MIXED", "A7"),
    "mixed encodings behind a mark": (
        codecs.BOM_UTF8 + TABLE.encode() + "Béni Mellal;3;4\n".encode("cp1252"),
        "FILE_ENCODING_MIXED",
        "A7",
    ),
    "lone quote": (b'place,boys\nA,1\n"B,2\nC,3\n', "QUOTE_UNCLOSED", "A3"),
    "two lone quotes that swallow lines": (
        b'place,boys,note\nA,1,x\nB,2,"y\nC,3,z\nD,4,z\nE,5,y"\nF,6,x\n',
        "QUOTE_UNCLOSED",
        "A3",
    ),
    "text behind a closing quote": (b'place,boys\n"A"x,1\n', "QUOTE_UNCLOSED", "A2"),
    "huge field": (b"a,b\n1," + b"x" * 2_000_000 + b"\n", "FILE_TOO_LARGE", "A2"),
    "a row of a million commas": (b"a,b\n" + b"," * 1_000_000 + b"\n", "FILE_TOO_LARGE", "A2"),
    "twenty thousand columns": (b"a,b\n" + b"," * 20_000 + b"\n", "FILE_TOO_LARGE", "A2"),
    "nothing but a mark": (codecs.BOM_UTF16_LE, "FILE_EMPTY", ""),
    "nothing but spaces": (b" \r\n" * 3000, "FILE_EMPTY", ""),
    "UTF-16 cut in a character": (TABLE.encode("utf-16")[:-1], "FILE_CORRUPT", ""),
    "deep JSON": (deep_json(100), "FILE_TOO_LARGE", ""),
    "very deep JSON": (b"[" * 200_000, "FILE_TOO_LARGE", ""),
    "JSON with NaN": (b'[{"value": NaN}]', "JSON_NO_NUMBER", ""),
    "JSON with a number beyond all": (b'[{"value": 1e999}]', "JSON_NO_NUMBER", ""),
    "JSON with a number of ten thousand digits": (b'[{"value": ' + b"9" * 10_000 + b"}]", "FILE_CORRUPT", ""),
    "JSON with a repeated key": (b'[{"value": 1, "value": 2}]', "JSON_KEY_REPEATED", ""),
    "JSON with half a character": (rb'[{"value": 1, "place": "Fes \ud83d"}]', "FILE_CORRUPT", ""),
    "first page of submissions": (
        b'{"count": 900, "next": "https://kf.example.org/api/v2/data?start=1", "results": [{"value": 1}]}',
        "FILE_INCOMPLETE",
        "",
    ),
    "last page of submissions": (
        b'{"count": 2, "next": null, "previous": "https://kf.example.org/data", "results": [{"value": 1}]}',
        "FILE_INCOMPLETE",
        "",
    ),
    "page of records": (b'{"@odata.nextLink": "https://example.org/d?2", "value": [{"v": 1}]}', "FILE_INCOMPLETE", ""),
    "page of data values": (
        b'{"pager": {"page": 1, "pageCount": 3}, "dataValues": [{"dataElement": "a", "value": "1"}]}',
        "FILE_INCOMPLETE",
        "",
    ),
    "broken JSON": (b'[\n{"value": 1},\n{"value": }\n]', "FILE_CORRUPT", "line 3"),
    "JSON of nothing": (b"[]", "FILE_EMPTY", ""),
    "JSON object of a million fields": (
        json.dumps({f"f{number}": number for number in range(1_000_000)}).encode(),
        "FILE_TOO_LARGE",
        "",
    ),
    # 100,000 located cells hold 24 rows of 4,000 answers and what leads to their submission.
    "answers that a repeat group multiplies": (many_answers_repeated(), "FILE_TOO_LARGE", "/0/visites/24"),
    "JSON of too many values": (b"[" + b"[]," * 2_000_000 + b"[]]", "FILE_TOO_LARGE", ""),
}


# A text table may begin like broken JSON or XML: what calls itself a table is read as one.
NAME_DECIDES = (
    *("XML of unknown kind", "broken JSON", "JSON with half a character"),
    "JSON with a number of ten thousand digits",
)


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_with_its_code_and_place(name: str, catalogue: Catalogue) -> None:
    content, code, cell = REFUSED[name]
    finding = refusal(content)
    assert (finding.code, finding.cell) == (code, cell), finding
    for language in ("ar", "fr", "en"):
        assert catalogue.message(finding, language)


@pytest.mark.parametrize("name", [name for name in REFUSED if name not in NAME_DECIDES])
@pytest.mark.parametrize("other", ["report.csv", "report", "تقرير.ods"])
def test_a_bad_file_is_refused_under_every_name(name: str, other: str) -> None:
    content, code, _ = REFUSED[name]
    assert refusal(content, other).code == code


@pytest.mark.parametrize("cut", range(50, 3000, 250))
def test_a_workbook_cut_anywhere_is_refused(cut: int) -> None:
    content = workbook(["région", "filles"], ["Fès", 3])
    assert refusal(content[: len(content) - cut]).code == "FILE_CORRUPT"


@pytest.mark.parametrize("position", range(0, 4608, 37))
def test_a_damaged_byte_of_an_xls_never_surprises(position: int) -> None:
    content = bytearray(xls(makers.number_cell(0, 0, 1), makers.number_cell(3, 2, 2)))
    content[position] ^= 0xFF
    try:
        opened(bytes(content))
    except UnreadableError as error:
        assert error.finding.code


def marked_across_and_down() -> bytes:
    """Two million cells that hold a format and nothing else."""
    cells = "".join(f'<c r="{letter}{{0}}" s="1"/>' for letter in "ABCDEFGHIJKLMNOPQRST")
    rows = "".join(f'<row r="{row}">{cells.format(row)}</row>' for row in range(2, 100_002))
    return xlsx(CELL + rows, styles="<cellXfs><xf numFmtId='0'/><xf numFmtId='9'/></cellXfs>")


def said_again_and_again() -> bytes:
    """A cell with an attribute of a megabyte that looks like the marks of errors and of percentages."""
    cell = f"""<row r="2"><c r="A2" x="{" t='e' s='1'" * 100_000}"/></row>"""
    return xlsx(CELL + cell, styles="<cellXfs><xf numFmtId='0'/><xf numFmtId='9'/></cellXfs>")


def test_two_million_empty_formatted_cells_are_no_cells() -> None:
    """A row marked across and down by a careless hand costs its sender nothing."""
    assert opened(marked_across_and_down()).sheets[0].rows == [[1.0]]


def hidden_to_the_end() -> bytes:
    """Two hundred ods sheets of one cell, with their empty rest hidden."""
    rest = '<table:table-row table:visibility="collapse" table:number-rows-repeated="900000"><table:table-cell/>'
    return ods(NEXT_TABLE.join([f"<table:table-row>{ods_cell(1)}</table:table-row>{rest}</table:table-row>"] * 200))


def test_the_empty_rest_of_a_sheet_may_be_hidden() -> None:
    sheets = opened(hidden_to_the_end()).sheets
    assert {(len(sheet.rows), sheet.hidden_rows) for sheet in sheets} == {(1, frozenset())}


READ_UNDER_LIMITS = """
import json, resource, sys
from pathlib import Path
from orchestration.read.formats.document import Limits, UnreadableError
from orchestration.read.formats.open import open_document
from orchestration.settings import Settings

resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
# Some of the files would take hours where a reader goes through them again for each of their parts.
resource.setrlimit(resource.RLIMIT_CPU, (150, 150))
settings = Settings()
limits = Limits(settings.max_file_bytes, settings.max_expanded_bytes, settings.max_cells)
said = {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    try:
        open_document("report.xlsx", path.read_bytes(), limits)
        said[path.name] = ""
    except UnreadableError as error:
        said[path.name] = "out of memory" if error.finding.expected == "memory" else error.finding.code
print(json.dumps(said))
"""


@pytest.mark.slow
def test_no_hostile_file_takes_a_gigabyte_or_more_than_its_time(tmp_path: Path) -> None:
    """Under the limits that a load has; a parser that asks for more would kill the process."""
    readable = {
        "formats": marked_across_and_down(),
        "hidden rows": hidden_to_the_end(),
        "marks in an attribute": said_again_and_again(),
        # Decoded as a whole, every letter would take the four bytes that its one emoji takes.
        "emoji": "place,note\n\U0001f600,1\n".encode() + (b"x" * 1000 + b"," + b"y" * 1000 + b"\n") * 120_000,
    }
    # A line without a cell takes memory too.
    large = {"blank lines": (b"a,b\n1,2\n" + b"\n" * 50_000_000, "FILE_TOO_LARGE")}
    refused = {name: (content, code) for name, (content, code, _) in REFUSED.items()} | large
    contents = {name: content for name, (content, _) in refused.items()} | readable
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    command = [sys.executable, "-c", READ_UNDER_LIMITS, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    expected = {name: code for name, (_, code) in refused.items()} | dict.fromkeys(readable, "")
    assert json.loads(done.stdout) == expected


@pytest.mark.parametrize(("ending", "format_"), [("xlsx", "csv"), ("xls", "csv"), ("json", "csv")])
def test_a_text_under_another_name_is_read_as_text_and_said_so(ending: str, format_: str) -> None:
    document = opened(TABLE.encode(), f"report.{ending}")
    assert (document.format, document.sheets[0].rows[1]) == (format_, ["Fès", "1", "2"])
    assert document.findings == [Finding("FILE_MISNAMED", found=f".{ending}", expected="csv")]


def test_a_workbook_named_csv_is_read_as_a_workbook_and_said_so() -> None:
    document = opened(workbook(["a", 1]), "report.csv")
    assert (document.format, document.findings[0].code) == ("xlsx", "FILE_MISNAMED")


@pytest.mark.parametrize("name", ["report.xlsx", "report", "REPORT.XLSX"])
def test_a_fitting_name_needs_no_word(name: str) -> None:
    assert opened(workbook(["a", 1]), name).findings == []


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [TABLE, "a;b\n1;2\n" * 3, "place;name\n" + ARABIC])
def test_utf16_without_a_mark_is_read(encoding: str, text: str) -> None:
    document = opened(text.encode(encoding), "report.csv")
    assert document.encoding == f"{encoding}; ';'"
    assert document.sheets[0].rows[0] == text.split("\n")[0].split(";")


def test_an_empty_workbook_opens_with_an_empty_sheet() -> None:
    assert [sheet.rows for sheet in opened(saved(openpyxl.Workbook())).sheets] == [[]]


def test_macros_are_never_looked_at() -> None:
    document = opened(xlsx(CELL, parts={"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0 no project at all"}), "report.xlsm")
    assert (document.format, document.sheets[0].rows) == ("xlsm", [[1.0]])


@pytest.mark.parametrize("text", ["=cmd|'/c calc'!A1", "+1+1", "@SUM(A1)", '=HYPERLINK("http://192.0.2.1")'])
def test_a_text_that_looks_like_a_formula_stays_a_text(text: str) -> None:
    quoted = text.replace('"', '""')
    assert opened(f'a,b\n1,"{quoted}"\n'.encode(), "r.csv").sheets[0].rows[1] == ["1", text]
    book = openpyxl.Workbook()
    book.active["A1"].value = text
    book.active["A1"].data_type = "s"
    sheet = opened(saved(book)).sheets[0]
    assert (sheet.rows, sheet.problems) == ([[text]], {})


def test_a_right_to_left_override_in_a_sheets_name_does_not_reach_a_message(catalogue: Catalogue) -> None:
    name = "\u202excod.tropper"
    content = xlsx(CELL + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>', name=name)
    finding = refusal(content)
    assert finding.sheet == name
    assert "\u202e" not in catalogue.message(finding, "fr")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"a,b,c,d\n" + b"1,2,3,4\n" * 200_000),
        ("a.json", json.dumps([{"a": number, "b": 2} for number in range(20_000)]).encode()),
        ("a.xml", ("<dataValueSet>" + "<dataValue value='1'/>" * 20_000 + "</dataValueSet>").encode()),
    ],
)
def test_a_file_may_not_take_longer_than_its_limit(name: str, content: bytes) -> None:
    limits = Limits(LIMITS.file_bytes, LIMITS.expanded_bytes, 5_000_000, seconds=0.0)
    assert refusal(content, name, limits).code == "FILE_TOO_SLOW"
