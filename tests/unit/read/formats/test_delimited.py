"""Delimited text as machines set to French or Arabic write it."""

import contextlib
import csv

import pytest

from orchestration.findings import Finding
from orchestration.read import personal
from orchestration.read.formats import delimited
from orchestration.read.formats.delimited import decode
from orchestration.read.formats.document import Document, Limits, UnreadableError
from orchestration.read.formats.open import open_document
from orchestration.read.personal import MASK
from tests.helpers import PROJECT

LIMITS = Limits(file_bytes=10_000_000, expanded_bytes=100_000_000, cells=200_000)
FRENCH = [["Région", "Garçons", "Filles"], ["Fès-Meknès", "12", "13"], ["Béni Mellal-Khénifra", "7", "à vérifier"]]
ARABIC = [["الجهة", "ذكور", "إناث"], ["فاس مكناس", "12", "13"], ["بني ملال خنيفرة", "7", "غير متوفر"]]


def opened(content: bytes, name: str = "report.csv") -> Document:
    return open_document(name, content, LIMITS)


def text(rows: list[list[str]], delimiter: str = ";") -> str:
    return "\r\n".join(delimiter.join(row) for row in rows) + "\r\n"


@pytest.mark.parametrize(
    ("rows", "encoding", "decided"),
    [
        (FRENCH, "utf-8", "utf-8"),
        (FRENCH, "utf-8-sig", "utf-8-sig"),
        (FRENCH, "utf-16", "utf-16"),
        (FRENCH, "utf-16-le", "utf-16-le"),
        (FRENCH, "utf-16-be", "utf-16-be"),
        (FRENCH, "cp1252", "cp1252"),
        (ARABIC, "utf-8", "utf-8"),
        (ARABIC, "utf-16", "utf-16"),
        (ARABIC, "utf-16-le", "utf-16-le"),
        (ARABIC, "utf-16-be", "utf-16-be"),
        (ARABIC, "cp1256", "cp1256"),
        (ARABIC, "iso8859_6", "iso8859_6"),
    ],
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_encoding_and_delimiter_are_found_and_told(
    rows: list[list[str]], encoding: str, decided: str, delimiter: str
) -> None:
    document = opened(text(rows, delimiter).encode(encoding))
    assert document.sheets[0].rows == rows
    assert (document.format, document.encoding) == ("csv", f"{decided}; {delimiter!r}")


@pytest.mark.parametrize("rows", [FRENCH, ARABIC])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp1256"])
def test_a_large_text_is_read_as_a_small_one(
    monkeypatch: pytest.MonkeyPatch, rows: list[list[str]], encoding: str
) -> None:
    """It is decoded as it is read, wherever the pieces end."""
    with contextlib.suppress(UnicodeEncodeError):
        content = text(rows).encode(encoding)
        small = opened(content)
        monkeypatch.setattr(delimited, "_LARGE", 0)
        monkeypatch.setattr(delimited, "_PIECE", 41)
        assert opened(content) == small
        assert small.sheets[0].rows == rows


def test_a_quote_that_never_closes_is_told_of_a_large_text_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_LARGE", 0)
    with pytest.raises(UnreadableError) as caught:
        opened('région,n\r\n"Fès\r\nMeknès",1\r\n"Béni Mellal,2\r\nSafi,3\r\n'.encode("utf-16"))
    assert caught.value.finding == Finding("QUOTE_UNCLOSED", "report", "A3", '"Béni Mellal,2')


@pytest.mark.parametrize(("letter", "is_too_large"), [("x", False), ("é", False), ("ف", True), ("😀", True)])
def test_how_much_memory_a_text_takes_in_full_is_known_before(
    monkeypatch: pytest.MonkeyPatch, letter: str, is_too_large: bool
) -> None:
    """One letter decides how many bytes all others take: one, two or four."""
    monkeypatch.setattr(delimited, "_LARGE", 0)
    monkeypatch.setattr(delimited, "_PIECE", 100)
    monkeypatch.setattr(delimited, "_MOST_DECODED", 1500)
    content = ("x" * 500 + letter + "x" * 500).encode()
    if not is_too_large:
        assert decode(content)[0] == content.decode()
        return
    with pytest.raises(UnreadableError) as caught:
        decode(content)
    assert caught.value.finding.code == "FILE_TOO_LARGE"


@pytest.mark.parametrize(
    ("written", "is_quoted"),
    [
        ('"place";n\nA;1\n', True),
        ('place;n\nA;"1"\n', True),
        ('place;n\n"A";1\n', True),
        ('place;   "n"\nA;   "1"\n', True),
        ('place;n\n12" pipe;3\n', False),
        ("place;n\nA;1\n", False),
    ],
)
def test_whether_cells_are_quoted_is_told(written: str, is_quoted: bool) -> None:
    assert opened(written.encode()).encoding == "utf-8; ';'" + ("; '\"'" if is_quoted else "")


def test_the_separator_line_of_excel_decides_and_keeps_its_row() -> None:
    """The cells below it keep the names that a spreadsheet shows."""
    sheet = opened(b"sep=|\r\nplace|boys, all\r\nA|1,5\r\nB|2,5\r\n").sheets[0]
    assert sheet.rows == [[], ["place", "boys, all"], ["A", "1,5"], ["B", "2,5"]]
    assert sheet.cell_name(2, 0) == "A3"


def test_decimal_commas_are_no_delimiters() -> None:
    assert opened(b"place;rate\nA;1,5\nB;2,25\n").sheets[0].rows[1] == ["A", "1,5"]


@pytest.mark.parametrize("count", [1, 4, 60])
@pytest.mark.parametrize(
    "above", ["", "Rapport du premier trimestre\n\n", "Rapport, premier trimestre 2019\n", "Rapport, T1, 2019\n"]
)
def test_commas_of_names_and_figures_do_not_outvote_the_header(count: int, above: str) -> None:
    """They cut each row into four, and the header, like no other line, into one."""
    written = f"{above}Région;Taux filles;Taux garçons\n" + "Casablanca, Anfa;12,5;13,5\n" * count
    document = opened(written.encode())
    assert document.encoding == "utf-8; ';'"
    assert document.sheets[0].rows[-1] == ["Casablanca, Anfa", "12,5", "13,5"]


@pytest.mark.parametrize("count", [2, 60])
@pytest.mark.parametrize("between", ["", "\n"])
def test_a_title_with_as_many_commas_as_each_row_is_no_header(count: int, between: str) -> None:
    written = f"Bilan, province de Rabat\n{between}Province;Sexe;Taux\n" + "Rabat;M;12,5\n" * count
    document = opened(written.encode())
    assert document.encoding == "utf-8; ';'"
    assert document.sheets[0].rows[-1] == ["Rabat", "M", "12,5"]


def test_rows_without_their_last_cells_do_not_let_the_commas_of_figures_win() -> None:
    """Excel leaves out the delimiters of empty cells at the end, in some rows."""
    document = opened(("Province;Sexe;Taux;Remarque\n" + "Rabat;M;12,5;non\nSalé;M;13,5\n" * 10).encode())
    assert document.encoding == "utf-8; ';'"
    assert document.sheets[0].rows[-1] == ["Salé", "M", "13,5"]


@pytest.mark.parametrize("count", [2, 60])
def test_signs_of_titles_and_notes_are_no_delimiters(count: int) -> None:
    written = "Rapport ; premier trimestre\nplace,n\n" + "A,1\n" * count + "Source ; enquête\n"
    assert opened(written.encode()).encoding == "utf-8; ','"


def test_of_two_equal_ways_to_cut_the_comma_is_the_text() -> None:
    assert opened("Région, province;Taux\nCasablanca, Anfa;12\n".encode()).sheets[0].rows[1] == [
        "Casablanca, Anfa",
        "12",
    ]


def test_ragged_rows_stay_as_they_are() -> None:
    assert opened(b"a,b,c\n1\n1,2,3,4\n\n1,2\n").sheets[0].rows == [
        ["a", "b", "c"],
        ["1"],
        ["1", "2", "3", "4"],
        [],
        ["1", "2"],
    ]


def test_the_comma_of_a_title_and_that_of_a_figure_below_the_header_are_no_delimiters() -> None:
    content = "Visites\nAssociation (exemple, pour voir)\n\nLieu\tMois\tNombre\nFès\tmai 2019\tplus de 5,25\n"
    document = opened(content.encode())
    assert document.sheets[0].rows[3:] == [["Lieu", "Mois", "Nombre"], ["Fès", "mai 2019", "plus de 5,25"]]


def test_quoted_cells_may_hold_delimiters_quotes_and_lines() -> None:
    rows = opened(b'place,note\nA,"one, ""two""\nthree"\nB,"x\ny"\n').sheets[0].rows
    assert rows == [["place", "note"], ["A", 'one, "two"\nthree'], ["B", "x\ny"]]


@pytest.mark.parametrize(
    ("head", "row", "cells"),
    [
        ("place,note", 'A,"one\ntwo, three\nfour"', ["A", "one\ntwo, three\nfour"]),
        ("place,note", 'A,"one\ntwo,three\nfour"', ["A", "one\ntwo,three\nfour"]),
        ("place,note", 'A,"taux\n12,5\n13,5\nfin"', ["A", "taux\n12,5\n13,5\nfin"]),
        ("place,note", 'A,"x, y\nz, t"', ["A", "x, y\nz, t"]),
        ("place;n;note", 'A;1;"un; deux\ntrois; quatre; cinq\nsix"', ["A", "1", "un; deux\ntrois; quatre; cinq\nsix"]),
        ("place,n,note", '"Casa\nAnfa",1,x', ["Casa\nAnfa", "1", "x"]),
        ("place,n,note", 'A,"1\n2\n3",x', ["A", "1\n2\n3", "x"]),
    ],
)
def test_lines_of_a_text_are_no_rows_that_quotes_swallowed(head: str, row: str, cells: list[str]) -> None:
    plain = head.replace("place", "B").replace("note", "x")
    rows = opened(f"{head}\n{plain}\n{row}\n{plain}\n".encode()).sheets[0].rows
    assert (len(rows), rows[2]) == (4, cells)


@pytest.mark.parametrize(
    "swallowed",
    [
        'B,2,"y\nC,3,z\nE,5,y"',
        'B,2,"y\nC,3,z\nTotal\nD,4,t\nE,5,y"',
        'B,2,"y, t\nC,3,z\nE,5,y"',
        'B,"2,y\nC",3,z',
        '"B\nC,3,z\nD,4,z\nE"',
    ],
)
def test_rows_that_quotes_swallowed_are_never_one_cell(swallowed: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        opened(f"place,n,note\nA,1,x\n{swallowed}\nF,6,x\nG,7,x\n".encode())
    assert (caught.value.finding.code, caught.value.finding.cell) == ("QUOTE_UNCLOSED", "A3")


@pytest.mark.parametrize(
    "content",
    [
        b'place,n,note\nA,1,x\n"tel 06 12 34 56 78,2,x\nC,3,y\n',
        b'place,n,note\nA,1,x\n06 12 34 56 78,2,"y\nC,3,z\nE,5,y"\nF,6,x\n',
        "place,n,note\nFès,1,x\n".encode() + "Béni 06 12 34 56 78,2,x\n".encode("cp1252"),
    ],
)
def test_a_line_that_a_finding_shows_is_masked(content: bytes) -> None:
    with pytest.raises(UnreadableError) as caught:
        opened(content)
    assert caught.value.finding.cell == "A3"
    assert MASK in caught.value.finding.found
    assert not personal.find(caught.value.finding.found)


def test_a_quote_inside_a_cell_is_a_character() -> None:
    assert opened(b'size,n\n12" pipe,3\n').sheets[0].rows[1] == ['12" pipe', "3"]


def test_spaces_before_a_quoted_cell_are_not_its_content() -> None:
    """As DHIS2 documents its CSV."""
    assert opened(b'"dataelement",   "period"\n"abc",    "2017-01"\n').sheets[0].rows[1] == ["abc", "2017-01"]


def test_the_sheet_is_named_after_the_file() -> None:
    assert opened(b"a,b\n1,2\n", "تقرير 2019.csv").sheets[0].name == "تقرير 2019"


SEEDS = PROJECT / "dbt_project" / "seeds"
NAMES = [
    row
    for seed in ("place", "indicator", "organisation")
    for row in csv.DictReader((SEEDS / f"{seed}.csv").open(encoding="utf-8", newline=""))
]


@pytest.mark.parametrize(("language", "encoding"), [("ar", "cp1256"), ("fr", "cp1252")])
def test_one_name_is_enough_to_tell_arabic_from_french(language: str, encoding: str) -> None:
    for row in NAMES:
        written = f"code;n\n{row[f'name_{language}']};12\n"
        with contextlib.suppress(UnicodeEncodeError):
            assert decode(written.encode(encoding))[0] == written


def test_a_heading_is_enough_to_tell_the_two_arabic_encodings() -> None:
    for row in NAMES:
        written = f"الإقليم أو العمالة;عدد المستفيدين\n{row['name_ar']};12\n"
        for encoding in ("cp1256", "iso8859_6"):
            with contextlib.suppress(UnicodeEncodeError):
                assert decode(written.encode(encoding)) == (written, encoding)
