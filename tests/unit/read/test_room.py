"""Reading a report: the right family, or a finding that says why there is none; never a traceback."""

import io
import struct
import zipfile
from collections.abc import Callable

import openpyxl
import pytest

from orchestration.read.formats.document import Limits
from tests.helpers import (
    ACTIVITY_HEADER,
    ACTIVITY_ROW,
    LIMITS,
    OFFICIAL,
    PROJECT,
    SDMX,
    Desk,
    codes,
    csv_report,
    xlsx_report,
)


def zip_of(**entries: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as container:
        for name, data in entries.items():
            container.writestr(name, data)
    return content.getvalue()


def workbook(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def two_far_corners(book: openpyxl.Workbook) -> None:
    book.active["A1"] = 1
    book.active["XFD1048576"] = 2


def table_on_a_hidden_sheet(book: openpyxl.Workbook) -> None:
    hidden = book.create_sheet("hidden")
    hidden.append(ACTIVITY_HEADER)
    hidden.append(ACTIVITY_ROW)
    hidden.sheet_state = "hidden"


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000
ENCRYPTED = OLE + "EncryptedPackage".encode("utf-16-le") + b"\0" * 512
LYING_ZIP = zip_of(**{"xl/workbook.xml": b"<workbook/>" + b" " * 9000}).replace(
    struct.pack("<I", 9011), struct.pack("<I", 11)
)

BAD_FILES = {
    "empty": (b"", "FILE_EMPTY"),
    "white space": (b" \r\n\t\n", "FILE_EMPTY"),
    "zeros": (b"\0" * 100, "FILE_EMPTY"),
    "nothing but a byte order mark": (b"\xef\xbb\xbf\r\n", "FILE_EMPTY"),
    "truncated workbook": (xlsx_report()[:-200], "FILE_CORRUPT"),
    "half a workbook": (xlsx_report()[:2000], "FILE_CORRUPT"),
    "workbook whose sizes lie": (LYING_ZIP, "FILE_CORRUPT"),
    "zip that is no workbook": (zip_of(**{"word/document.xml": b"<x/>"}), "FORMAT_UNSUPPORTED"),
    "zip with an empty workbook": (zip_of(**{"xl/workbook.xml": b""}), "FILE_CORRUPT"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "FORMAT_UNSUPPORTED"),
    "web page": (b"<!doctype html><table>", "FORMAT_UNSUPPORTED"),
    "encrypted": (ENCRYPTED, "FILE_ENCRYPTED"),
    "broken ole": (OLE, "FILE_CORRUPT"),
    "text with zero bytes": (csv_report([OFFICIAL]) + b"\0\0", "FILE_CORRUPT"),
    "utf-16 cut in a character": (csv_report([OFFICIAL], encoding="utf-16")[:-1], "FILE_CORRUPT"),
    "quote that never closes": (csv_report([OFFICIAL]) + b'"', "QUOTE_UNCLOSED"),
    "two far corners": (workbook(two_far_corners), "FILE_TOO_LARGE"),
}


@pytest.mark.parametrize("name", BAD_FILES)
@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
def test_a_file_that_cannot_be_opened_is_unreadable_and_says_why(desk: Desk, name: str, suffix: str) -> None:
    """By its bytes, whatever its name says."""
    content, code = BAD_FILES[name]
    reading = desk.read(content, file_name=f"report.{suffix}")
    assert (reading.state, reading.family, len(reading.rows)) == ("unreadable", "unmatched", 0)
    assert codes(reading) == {code}


@pytest.mark.parametrize(
    "limits",
    [
        Limits(file_bytes=10, expanded_bytes=LIMITS.expanded_bytes, cells=LIMITS.cells),
        Limits(file_bytes=LIMITS.file_bytes, expanded_bytes=10, cells=LIMITS.cells),
        Limits(file_bytes=LIMITS.file_bytes, expanded_bytes=LIMITS.expanded_bytes, cells=5),
    ],
)
def test_a_file_beyond_a_limit_is_not_opened(desk: Desk, limits: Limits) -> None:
    reading = desk.read(xlsx_report(), "ENTRAIDE", "report.xlsx", limits)
    assert (reading.state, codes(reading)) == ("unreadable", {"FILE_TOO_LARGE"})


def test_formatting_far_away_is_no_large_table(desk: Desk) -> None:
    """Cells that hold a style and nothing else do not make a report too large."""
    book = openpyxl.load_workbook(io.BytesIO(xlsx_report()))
    book.active["XFD1048576"].font = openpyxl.styles.Font(bold=True)
    content = io.BytesIO()
    book.save(content)
    assert len(desk.read(content.getvalue(), "ENTRAIDE", "report.xlsx").rows) == 1


@pytest.mark.parametrize(
    ("content", "organisation", "code", "named"),
    [
        (workbook(lambda book: book.active.append(["bonjour"])), "ENTRAIDE", "TABLE_NOT_FOUND", "activity_report"),
        (workbook(lambda _: None), "ENTRAIDE", "TABLE_NOT_FOUND", "activity_report"),
        (workbook(table_on_a_hidden_sheet), "ENTRAIDE", "TABLE_NOT_FOUND", "activity_report"),
        (b"just,some,text\n1,2,3\n", "PPO", "TABLE_NOT_FOUND", "official_figures"),
        (xlsx_report(header=("Indicateur", "Lieu", "Sexe", "Total")), "ENTRAIDE", "COLUMNS_MISSING", "Nombre"),
        (xlsx_report([]), "ENTRAIDE", "REPORT_EMPTY", ""),
        (csv_report([OFFICIAL]), "Nobody at all", "ORGANISATION_UNKNOWN", "–"),
        (csv_report([OFFICIAL]), "Entraide national", "ORGANISATION_UNKNOWN", "ENTRAIDE"),
    ],
)
def test_a_report_that_is_none_is_sent_back_and_says_why(
    desk: Desk, content: bytes, organisation: str, code: str, named: str
) -> None:
    reading = desk.read(content, organisation, "report.xlsx")
    assert (reading.state, len(reading.rows), codes(reading) - {"FILE_MISNAMED"}) == ("sent_back", 0, {code})
    assert named in reading.findings[-1].expected


def test_a_missing_column_is_named_as_the_report_should_call_it(desk: Desk) -> None:
    row = {name: value for name, value in OFFICIAL.items() if name != "citation"}
    reading = desk.read(csv_report([row], list(row)))
    assert codes(reading) == {"COLUMNS_MISSING"}
    assert reading.findings[0].expected == "source citée / المرجع / citation"


def test_a_table_in_a_format_that_was_not_agreed_says_which_are(desk: Desk) -> None:
    header = ",".join(ACTIVITY_HEADER)
    reading = desk.read(f"{header}\nSN_PARENTS_TRAINED,Chefchaouen,F,1\n".encode(), "ENTRAIDE")
    assert codes(reading) == {"FORMAT_NOT_AGREED"}
    assert "xlsx" in reading.findings[0].expected


def test_a_family_that_only_others_may_send_is_not_taken(desk: Desk) -> None:
    assert desk.read(csv_report([SDMX], list(SDMX)), "UNICEF").family == "sdmx_csv"
    refused = desk.read(csv_report([SDMX], list(SDMX)), "PPO")
    assert (refused.state, codes(refused)) == ("sent_back", {"SENDER_NOT_AGREED"})
    assert refused.findings[0].found == "sdmx_csv"


@pytest.mark.parametrize(
    ("encoding", "remark"),
    [
        ("utf-8", "préfecture de Salé عمالة سلا"),
        ("utf-8-sig", "préfecture de Salé عمالة سلا"),
        ("utf-16", "préfecture de Salé عمالة سلا"),
        ("cp1252", "La synthèse présentée à Rabat a été publiée; les données proviennent des tribunaux où été prévu"),
        ("cp1256", "الأرقام المنشورة في التقرير السنوي لرئاسة النيابة العامة حول الأطفال ضحايا العنف"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_text_is_read_in_the_encodings_and_delimiters_of_this_world(
    desk: Desk, encoding: str, remark: str, delimiter: str
) -> None:
    rows = [OFFICIAL | {"period": str(year), "citation": remark} for year in range(2010, 2020)]
    reading = desk.read(csv_report(rows, delimiter=delimiter, encoding=encoding))
    assert codes(reading) == set()
    assert {row.citation for row in reading.rows} == {remark}
    assert [row.value for row in reading.rows] == [5980] * 10


def test_a_semicolon_file_keeps_its_decimal_commas(desk: Desk) -> None:
    row = OFFICIAL | {"indicator_code": "HCP_CHILD_LABOUR_RATE", "value": "12,5"}
    assert str(desk.read(csv_report([row], delimiter=";")).rows[0].value) == "12.5"


def test_title_rows_above_the_table_may_be_merged_and_give_title_and_period(desk: Desk) -> None:
    reading = desk.read(xlsx_report(merges=("A1:D1", "A2:D2")), "ENTRAIDE", "report.xlsx")
    assert reading.title == "Rapport périodique d'activité"
    assert reading.period is not None
    assert (str(reading.period.start), reading.period.grain) == ("2019-04-01", "quarter")
    assert reading.rows[0].cells["period"] == "A2"
    assert (reading.language, reading.data_status) == ("fr", "reported")


@pytest.mark.parametrize("mark", ["Données illustratives", "معطيات توضيحية", "Illustrative data – not real"])
def test_a_report_that_says_it_is_made_up_is_illustrative(desk: Desk, mark: str) -> None:
    reading = desk.read(xlsx_report(title=("Rapport", mark, "2019")), "ENTRAIDE", "report.xlsx")
    assert {row.data_status for row in reading.rows} == {"illustrative"}


def test_every_sheet_with_the_table_is_read_and_rows_are_numbered_through(desk: Desk) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        for sheet in (book.active, book.create_sheet("second")):
            for line in (["T2 2019"], ACTIVITY_HEADER, ACTIVITY_ROW):
                sheet.append(list(line))

    reading = desk.read(workbook(fill), "ENTRAIDE", "report.xlsx")
    assert [(row.source_sheet, row.source_cell, row.row_number) for row in reading.rows] == [
        ("Sheet", "D3", 1),
        ("second", "D3", 2),
    ]


def test_a_later_report_of_the_same_period_has_the_same_key(desk: Desk) -> None:
    first = desk.read(xlsx_report(), "ENTRAIDE", "first.xlsx").report_key
    second = desk.read(xlsx_report(title=("الربع الثاني 2019",)), "ENTRAIDE", "corrected.xlsx").report_key
    other = desk.read(xlsx_report(title=("T3 2019",)), "ENTRAIDE", "first.xlsx").report_key
    assert first == second != other


def test_every_shipped_report_is_read(desk: Desk) -> None:
    for path in sorted((PROJECT / "raw" / "inbox").rglob("*.*")):
        organisation = path.relative_to(PROJECT / "raw" / "inbox").parts[0]
        reading = desk.read(path.read_bytes(), organisation, path.name)
        assert reading.state == "read", path
        assert reading.rows, path


def test_a_file_that_the_program_fails_at_is_told_and_the_next_one_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody foresaw it: the night goes on, and nothing of the file's content stands in the message."""

    def fails(name: str, content: bytes, limits: Limits) -> None:
        raise KeyError("Amina AB123456")

    with monkeypatch.context() as patched:
        patched.setattr("orchestration.read.room.open_document", fails)
        reading = desk.read(csv_report([OFFICIAL]))
    assert (reading.state, len(reading.rows)) == ("unreadable", 0)
    (finding,) = reading.findings
    assert (finding.code, finding.found.split(":")[0]) == ("READER_FAILED", "KeyError, test_room.py")
    assert all("Amina" not in desk.catalogue.message(finding, language) for language in ("ar", "fr", "en"))
    assert desk.read(csv_report([OFFICIAL])).state == "read"
