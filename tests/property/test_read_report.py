"""Whatever bytes are received, reading them gives rows or says why not, and never raises."""

import io
import json
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.read import candidates
from orchestration.read.room import Reading
from tests.helpers import ACTIVITY_HEADER, OFFICIAL, OFFICIAL_COLUMNS, Desk, codes, csv_report, xlsx_report

WORKBOOK = xlsx_report([("SN_PARENTS_TRAINED", "Chefchaouen", "Filles", "#DIV/0!")] * 3, merges=("A1:D1", "A5:A6"))
CSV = csv_report([OFFICIAL])
BEGINNINGS = (b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", CSV)
CELLS = st.one_of(
    st.none(), st.text("a0ا\t١,.-/|é'\u202e\u0000".replace("\0", ""), max_size=12), st.integers(), st.floats()
)


def holds(reading: Reading) -> None:
    """Rows or a finding that is the file's; a state that fits; and the reading can be handed on."""
    assert "READER_FAILED" not in codes(reading)
    assert reading.rows or reading.findings
    assert (reading.state == "read") == bool(reading.rows)
    candidates.rows_table([reading])


def rezipped(content: bytes, name: str, change: bytes, position: int) -> bytes:
    """The workbook with one entry's bytes overwritten, so that its container stays whole."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(result, "w") as new:
        for entry in old.infolist():
            data = bytearray(old.read(entry))
            if entry.filename == name:
                place = position % (len(data) + 1)
                data[place : place + len(change)] = change
            new.writestr(entry.filename, bytes(data))
    return result.getvalue()


with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as _container:
    ENTRIES = _container.namelist()


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=2000))
@settings(max_examples=200)
def test_any_bytes(desk: Desk, beginning: bytes, rest: bytes) -> None:
    holds(desk.read(beginning + rest))


@given(st.integers(0, len(WORKBOOK)), st.binary(max_size=20), st.booleans())
@settings(max_examples=200)
def test_a_damaged_workbook(desk: Desk, position: int, change: bytes, is_cut: bool) -> None:
    content = WORKBOOK[:position] + change + (b"" if is_cut else WORKBOOK[position + len(change) :])
    holds(desk.read(content, "ENTRAIDE", "report.xlsx"))


@given(
    st.sampled_from(ENTRIES),
    st.one_of(st.binary(max_size=12), st.sampled_from([b'r="ZZZZ99999999"', b't="e"', b'r="0"', b"</row>", b"<c/>"])),
    st.integers(0, 10_000),
)
@settings(max_examples=300)
def test_a_workbook_that_is_whole_outside_and_damaged_inside(
    desk: Desk, name: str, change: bytes, position: int
) -> None:
    holds(desk.read(rezipped(WORKBOOK, name, change, position), "ENTRAIDE", "report.xlsx"))


@given(st.lists(st.dictionaries(st.sampled_from(OFFICIAL_COLUMNS), st.text(max_size=20)), max_size=5))
def test_any_text_in_the_cells_of_a_csv(desk: Desk, rows: list[dict[str, str]]) -> None:
    content = csv_report(
        [{name: cell.encode("utf-8", "replace").decode() for name, cell in row.items()} for row in rows]
    )
    holds(desk.read(content))


@given(
    st.lists(st.tuples(*[CELLS] * len(ACTIVITY_HEADER)), max_size=4),
    st.lists(st.text("T0129 :/-من", max_size=12), max_size=2),
)
@settings(max_examples=60)
def test_anything_in_the_cells_of_a_workbook(desk: Desk, rows: list[tuple[object, ...]], title: list[str]) -> None:
    holds(desk.read(xlsx_report(rows, title=title), "ENTRAIDE", "report.xlsx"))


TEXTS = st.sampled_from(["Semestre", "Province", "Filles intégrées", "S1 2020", "MA-CHE", "é", "", "\u202e"])
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS)
LISTS = st.lists(st.lists(st.one_of(VALUES, st.lists(VALUES, max_size=2)), max_size=5), max_size=6)
NAMED = st.dictionaries(st.sampled_from(["dataElement", "period", "orgUnit", "value", "deleted", "_uuid", "a"]), VALUES)


@given(
    st.one_of(
        LISTS,
        st.lists(NAMED, max_size=4),
        st.dictionaries(
            st.sampled_from(["dataValues", "period", "x"]), st.one_of(VALUES, NAMED, st.lists(NAMED, max_size=4))
        ),
    )
)
@settings(max_examples=300)
def test_any_json(desk: Desk, content: object) -> None:
    """Under a header that a contract knows, and alone."""
    header = ["Semestre", "Province", "Filles intégrées", "Garçons intégrés", "Bénéficiaires SAMU"]
    holds(desk.read(json.dumps(content).encode(), "ENTRAIDE", "report.json"))
    holds(
        desk.read(
            json.dumps([header, *content] if isinstance(content, list) else [header, content]).encode(),
            "ENTRAIDE",
            "report.json",
        )
    )
