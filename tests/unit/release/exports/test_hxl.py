"""HXL: libhxl, the reference implementation, reads the files and finds nothing wrong by its default rules."""

import csv
from decimal import Decimal
from pathlib import Path

import hxl
import pytest

from orchestration.release import exports
from tests.unit.release.exports.makers import EDITION, public_folder, rows_of

# The hashtags of the core schema 1.1 (hxlstandard.org).
CORE = {
    *("access", "activity", "adm1", "adm2", "adm3", "adm4", "adm5", "affected", "beneficiary", "capacity", "cause"),
    *("channel", "contact", "country", "crisis", "currency", "date", "delivery", "description", "event", "frequency"),
    *("geo", "group", "impact", "indicator", "inneed", "item", "loc", "meta", "modality", "need", "operations", "org"),
    *("output", "population", "reached", "region", "respondee", "sector", "service", "severity", "status"),
    *("subsector", "targeted", "value"),
}
TABLES = {
    "objectives": "indicator_by_objective_year",
    "places": "indicator_by_place_year",
    "groups": "indicator_by_group_year",
    "targets": "fct_target",
}


def opened(public: Path, table: str) -> hxl.model.Dataset:
    return hxl.data(str(public / "hxl" / f"{table}.csv"), hxl.InputOptions(allow_local=True))


def test_there_is_a_file_for_every_headline_table(public: Path) -> None:
    assert {path.stem for path in (public / "hxl").iterdir()} == set(TABLES)


@pytest.fixture(scope="module")
def tidy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A public file whose names are written as names are: the rules warn of tabs and line breaks in them."""
    names = "indicator_name_ar = 'اسم', indicator_name_fr = 'Nom', indicator_name_en = 'Name'"
    changes = [f"update marts.{mart} set {names}" for mart in TABLES.values() if mart.startswith("indicator_")]
    folder = public_folder(tmp_path_factory.mktemp("tidy"), more="; ".join(changes))
    exports.write(folder, EDITION)
    return folder


@pytest.mark.parametrize("table", TABLES)
def test_libhxl_finds_neither_errors_nor_warnings(tidy: Path, table: str) -> None:
    found = hxl.validate(opened(tidy, table), None)
    # Outliers are for information: 406,423 is what the ministry published.
    assert [issue for issue in found["issues"] if issue["severity"] != "info"] == []


def test_libhxl_would_find_a_word_among_numbers(public: Path, tmp_path: Path) -> None:
    text = (public / "hxl" / "places.csv").read_text(encoding="utf-8").replace(",406423,", ",many,")
    (tmp_path / "hxl").mkdir()
    (tmp_path / "hxl" / "places.csv").write_text(text, encoding="utf-8")
    found = hxl.validate(opened(tmp_path, "places"), None)
    assert found["stats"]["error"] == 1


@pytest.mark.parametrize("table", TABLES)
def test_tags_are_of_the_core_schema_and_tell_columns_apart(public: Path, table: str) -> None:
    columns = opened(public, table).columns
    assert {column.tag.lstrip("#") for column in columns} <= CORE
    assert len({column.display_tag for column in columns}) == len(columns)


@pytest.mark.parametrize("table", TABLES)
def test_headings_tags_and_cells(public: Path, table: str) -> None:
    with (public / "hxl" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        header, tags, *rows = csv.reader(file, strict=True)
    assert all(tag.startswith("#") for tag in tags)
    known = [name for name in header if name not in ("country", "adm1_code", "adm2_code")]
    expected = rows_of(public, TABLES[table], ", ".join(known))
    for row, values in zip(rows, expected, strict=True):
        for name, value in zip(known, values, strict=True):
            cell = row[header.index(name)]
            if isinstance(value, Decimal):
                assert Decimal(cell) == value
            else:
                assert cell == ("" if value is None else str(value))


def test_a_suppressed_figure_is_empty_and_says_so(public: Path) -> None:
    rows = [row.dictionary for row in opened(public, "places") if row.get("#meta+qualifier") == "suppressed"]
    assert len(rows) == 2
    assert {row["#indicator+num+value"] for row in rows} == {""}


def test_the_levels_of_the_country_stand_beside_each_other(public: Path) -> None:
    levels = {
        row.get("#loc+code"): (row.get("#country+code"), row.get("#adm1+code"), row.get("#adm2+code"))
        for row in opened(public, "places")
    }
    assert levels == {
        "MA": ("MAR", None, None),
        "MA-04": ("MAR", "MA-04", None),
        "MA-RAB": ("MAR", "MA-04", "MA-RAB"),
    }
