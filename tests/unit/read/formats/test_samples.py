"""Real files of other systems: each opens, and says what a person finds in it by hand."""

from collections import Counter

import pytest

from orchestration.read.formats.document import Document, Limits, UnreadableError
from orchestration.read.formats.open import open_document
from orchestration.settings import LANGUAGES
from tests.helpers import PROJECT, Desk, codes

SAMPLES = (PROJECT / ".." / "shared" / "samples").resolve()
FILES = sorted(
    path.relative_to(SAMPLES).as_posix()
    for path in SAMPLES.rglob("*")
    if path.is_file() and path.suffix not in (".md", ".png", ".jpg")
)
LIMITS = Limits(file_bytes=50_000_000, expanded_bytes=200_000_000, cells=500_000)

pytestmark = pytest.mark.skipif(not FILES, reason=f"the samples are not here: {SAMPLES}")


def opened(name: str) -> Document:
    path = SAMPLES / name
    return open_document(path.name, path.read_bytes(), LIMITS)


def columns(document: Document, sheet: int = 0, header: int = 0) -> dict[object, list[object]]:
    rows = document.sheets[sheet].rows
    return {name: [row[index] for row in rows[header + 1 :]] for index, name in enumerate(rows[header])}


@pytest.mark.parametrize("name", FILES)
def test_each_sample_opens_as_what_it_is(name: str) -> None:
    """None is damaged, so none may be refused; each cell has a name."""
    try:
        document = opened(name)
    except UnreadableError as error:
        pytest.fail(f"{name}: {error.finding}")
    assert document.findings == []
    for sheet in document.sheets:
        names = [
            sheet.cell_name(row, column)
            for row, cells in enumerate(sheet.rows)
            for column in range(len(cells))
            if row or sheet.locators is None
        ]
        assert all(names)


@pytest.mark.parametrize("name", FILES)
def test_each_sample_gives_rows_or_a_finding_that_a_reporter_understands(desk: Desk, name: str) -> None:
    """Sent by whoever may send it: what is no report of ours is told as that, in each language, and never fails."""
    path = SAMPLES / name
    sender = "UNICEF" if name.startswith("unicef") else "ENTRAIDE"
    reading = desk.read(path.read_bytes(), sender, path.name, LIMITS)
    assert reading.rows or reading.state == "sent_back"
    assert "READER_FAILED" not in codes(reading)
    for finding in reading.findings:
        messages = {desk.catalogue.message(finding, language) for language in LANGUAGES}
        assert len(messages) == len(LANGUAGES)
        assert not any("{" in message for message in messages)


@pytest.mark.parametrize(
    ("name", "format_", "encoding", "rows"),
    [
        ("activityinfo/zaatari_2016.csv", "csv", "utf-8; ','; '\"'", 4385),
        ("dhis2/dataValues.csv", "csv", "utf-8; ','; '\"'", 33),
        ("dhis2/dataValueSetB.xml", "dhis2_xml", "xml", 13),
        ("dhis2/adx_data_sample1.xml", "adx_xml", "xml", 14),
        ("hxl/libhxl_input-valid-latin1.csv", "csv", "cp1252; ','", 7),
        ("hxl/sadd_covid_bom.csv", "csv", "utf-8-sig; ','; '\"'", 3),
        ("hxl/libhxl_input-valid-nested.json", "json", "utf-8", 5),
        ("hxl/libhxl_input-quality.xls", "xls", "", 6),
        # Six submissions below the names of the questions and their tags.
        ("kobo/hxl_grouped_repeatable_v1.json", "kobo_json", "utf-8", 8),
        ("partner_portal/indicators_export.xlsx", "xlsx", "", 4),
        ("sheets/frictionless_issue-1009-semicolon.csv", "csv", "utf-8; ';'", 2),
        ("sheets/frictionless_table-with-ints-floats-dates.ods", "ods", "", 4),
        ("morocco/mahdi_region-divisions_64of75.json", "json", "utf-8", 65),
    ],
)
def test_a_sample_has_its_format_encoding_and_rows(name: str, format_: str, encoding: str, rows: int) -> None:
    document = opened(name)
    assert (document.format, document.encoding, len(document.sheets[0].rows)) == (format_, encoding, rows)


def test_zero_is_kept_in_the_dhis2_sample() -> None:
    assert columns(opened("dhis2/dataValueSetJDeleteZeroValue.json"))["value"] == ["0"]


def test_adx_groups_hand_down_their_attribute_option() -> None:
    """The first group of six values says McDonalds, the second of seven says nothing."""
    table = columns(opened("dhis2/adx_data_sample1.xml"))
    assert Counter(table["attributeOptionCombo"]) == {"McDonalds": 6, None: 7}
    assert set(table["period"]) == {"2015-01-01/P1M"}
    assert [value for value in table["comment"] if value] == ["Some qualifying text here on the datavalue"]


def test_kobo_households_have_their_members() -> None:
    """Six households with 1, 2, 1, 2, 2 and 5 members."""
    document = opened("kobo/hxl_grouped_repeatable_v1.json")
    members = columns(document, sheet=1)
    assert Counter(members["_parent_index"][1:]) == {1: 1, 2: 2, 3: 1, 4: 2, 5: 2, 6: 5}
    tag, *places = columns(document)["household_visit/household_location"]
    assert (tag, places[3]) == ("#loc+name", "toronto")


def test_merged_headings_of_the_hxl_samples_are_known() -> None:
    for name in ("hxl/libhxl_input-quality.xls", "hxl/libhxl_input-quality.xlsx"):
        sheet = opened(name).sheets[0]
        assert sheet.rows[0][4] == "¿Para quién?"
        assert sheet.merged_across[0, 5] == (0, 4)
        assert sheet.merged_down[4, 3] == (3, 3)


def test_the_portal_export_has_its_tag_row() -> None:
    rows = opened("partner_portal/indicators_export.xlsx").sheets[0].rows
    assert (len(rows[0]), rows[0][0]) == (43, "Country")
    assert all(str(cell).startswith("#") for cell in rows[3])
