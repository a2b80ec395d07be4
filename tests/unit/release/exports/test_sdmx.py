"""SDMX: pysdmx reads the structure and the data in it, and the data say what the file says."""

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from pysdmx.io import get_datasets, read_sdmx
from pysdmx.io.pd import PandasDataset
from pysdmx.model import Role

from orchestration.release import exports
from orchestration.release.exports import sdmx, sdmx_structure
from tests.helpers import Desk, codes
from tests.unit.release.exports.makers import EDITION, FIGURES, GROUPS, PLACES, public_folder

XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
SPACES = {
    "str": "http://www.sdmx.org/resources/sdmxml/schemas/v3_0/structure",
    "com": "http://www.sdmx.org/resources/sdmxml/schemas/v3_0/common",
}
UNICEF_ORDER = (
    *("REF_AREA", "INDICATOR", "SEX", "AGE", "EDUCATION_LEVEL", "WEALTH_QUINTILE", "RESIDENCE", "NUMBER_CHLD"),
    *("TIME_PERIOD", "OBS_VALUE"),
)


@pytest.fixture(scope="module")
def dataset(public: Path) -> PandasDataset:
    (found,) = get_datasets(public / "sdmx" / "tally.csv", public / "sdmx" / "structure.xml")
    return found


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def test_pysdmx_reads_the_structure_by_the_official_schema(public: Path) -> None:
    message = read_sdmx(public / "sdmx" / "structure.xml", validate=True)
    (structure,) = message.get_data_structure_definitions()
    assert structure.short_urn == "DataStructure=HASILA:DSD_TALLY(1.0)"
    assert [one.id for one in structure.components.dimensions] == [
        *("REF_AREA", "INDICATOR", "SEX", "AGE", "RESIDENCE", "POPULATION_GROUP", "DATA_STATUS", "TIME_PERIOD"),
    ]
    assert {one.id for one in structure.components.attributes} == {"UNIT_MEASURE", "OBS_STATUS", "QUALIFIER"}
    assert message.header.id == f"HASILA-{EDITION.release_id}"
    assert message.header.prepared.replace(tzinfo=None) == EDITION.moment


def test_every_code_of_the_data_is_in_its_code_list(dataset: PandasDataset) -> None:
    for component in dataset.structure.components:
        listed = component.local_codes or component.concept.codes
        if listed:
            known = {code.id for code in listed}
            assert set(dataset.data[component.id]) <= known, component.id
        elif component.role is not Role.MEASURE:
            assert component.id == "TIME_PERIOD"


def test_no_two_observations_have_one_key(dataset: PandasDataset) -> None:
    keys = [component.id for component in dataset.structure.components.dimensions]
    assert not dataset.data.duplicated(subset=keys).any()


def test_the_data_are_the_figures_of_the_file(public: Path) -> None:
    found = rows(public / "sdmx" / "tally.csv")
    expected = [(*row[:2], "_T", "_T", "_T", "_T", *row[4:]) for row in FIGURES]
    expected += [(*row[:2], sex, age, residence, group, *row[4:]) for sex, age, residence, group, row in GROUPS]
    assert len(found) == len(expected)
    ids = sdmx_structure.ids(group for *_, group, _ in GROUPS)
    for row, (indicator, place, sex, age, residence, group, value, qualifier, status) in zip(
        found, expected, strict=True
    ):
        assert (row["INDICATOR"], row["REF_AREA"], row["SEX"]) == (indicator, place, sex)
        assert (row["AGE"], row["RESIDENCE"]) == (age, residence)
        assert row["POPULATION_GROUP"] == ids.get(group, "_T")
        assert (Decimal(row["OBS_VALUE"]) if row["OBS_VALUE"] else None) == (Decimal(value) if value else None)
        assert (row["QUALIFIER"], row["DATA_STATUS"]) == (qualifier, status)
        assert (row["STRUCTURE"], row["STRUCTURE_ID"], row["ACTION"]) == ("dataflow", "HASILA:DF_TALLY(1.0)", "I")


def test_a_figure_of_all_groups_is_the_one_of_its_place(tmp_path: Path) -> None:
    total = "sex = '_T', age_group = '_T', residence = '_T', population_group = '_T'"
    public = public_folder(tmp_path, more=f"update marts.indicator_by_group_year set {total}")
    exports.write(public, EDITION)
    assert len(rows(public / "sdmx" / "tally.csv")) == len(FIGURES)


def test_the_status_says_why_a_value_is_missing(public: Path) -> None:
    statuses = {row["QUALIFIER"]: row["OBS_STATUS"] for row in rows(public / "sdmx" / "tally.csv")}
    # Codes of SDMX's own list of observation statuses.
    assert statuses == {
        "exact": "A",
        "approximate": "E",
        "suppressed": "Q",
        "not_applicable": "M",
        "not_reported": "O",
        "more_than": "U",
        "at_least": "U",
        "at_most": "U",
        "less_than": "U",
    }


def test_a_period_that_is_no_year_is_a_time_range(public: Path) -> None:
    periods = {row["TIME_PERIOD"] for row in rows(public / "sdmx" / "tally.csv") if row["INDICATOR"] == "TRAINED"}
    # 4 December 2019 to 15 December 2020, both included, are 28 + 350 days.
    assert periods == {"2019", "2017-01-01/P3Y", "2020-10-01/P6M", "2019-12-04/P378D"}


def test_names_are_in_three_languages_and_places_are_a_tree(public: Path) -> None:
    root = etree.parse(public / "sdmx" / "structure.xml").getroot()
    for element in root.iterfind(".//str:Code", SPACES):
        languages = [name.get(XML_LANG) for name in element.iterfind("com:Name", SPACES)]
        assert sorted(languages) == ["ar", "en", "fr"]
    for code, (parent, _, arabic, french, english) in PLACES.items():
        (element,) = root.iterfind(f".//str:Codelist[@id='CL_AREA']/str:Code[@id='{code}']", SPACES)
        names = {name.get(XML_LANG): name.text for name in element.iterfind("com:Name", SPACES)}
        assert names == {"ar": arabic, "fr": french, "en": english}
        assert element.findtext("str:Parent", namespaces=SPACES) == parent
    (age,) = root.iterfind(".//str:Codelist[@id='CL_AGE']/str:Code[@id='Y0T5']", SPACES)
    assert {name.text for name in age.iterfind("com:Name", SPACES)} == {"من 0 إلى 5 سنة", "0 à 5 ans", "0 to 5 years"}


@given(st.sets(st.text(max_size=8), max_size=12))
def test_every_code_gets_an_id_that_sdmx_allows_and_its_own(found: set[str]) -> None:
    ids = sdmx_structure.ids(found)
    assert ids.keys() == found
    assert len(set(ids.values())) == len(found)
    assert all(re.fullmatch(r"[A-Za-z0-9_@$\-]+", one) for one in ids.values())
    assert all(ids[code] == code for code in found if re.fullmatch(r"[A-Za-z0-9_@$\-]+", code))


# --- UNICEF's dataflow


def test_unicef_gets_what_its_dataflow_has_codes_for(public: Path) -> None:
    found = rows(public / "sdmx" / "unicef_PT.csv")
    assert tuple(found[0])[3:13] == UNICEF_ORDER
    assert {row["STRUCTURE_ID"] for row in found} == {"UNICEF:PT(1.0)"}
    told = {tuple(row[name] for name in UNICEF_ORDER): (row["UNIT_MEASURE"], row["OBS_STATUS"]) for row in found}
    # Published, national, of one year, in a group that the dataflow knows: the whole universe is ages 0 to 4.
    reported = ("PCNT", "RP")
    assert told == {
        ("MAR", "PT_CHLD_Y0T4_REG", "_T", "Y0T4", "_T", "_T", "_T", "_T", "2018", "96.9"): reported,
        ("MAR", "PT_CHLD_Y0T4_REG", "F", "Y0T4", "_T", "_T", "_T", "_T", "2018", "97"): ("PCNT", "E"),
        ("MAR", "PT_CHLD_Y0T4_REG", "_T", "Y0T4", "_T", "Q1", "U", "_T", "2018", "93.4"): reported,
    }
    assert {row["DATA_SOURCE"] for row in found} == {"ENPSF 2018"}
    (again,) = get_datasets(public / "sdmx" / "unicef_PT.csv")
    assert len(again.data) == len(found)


def test_a_universe_that_is_also_stated_as_a_group_is_one_observation(tmp_path: Path) -> None:
    public = public_folder(tmp_path, more="update marts.dim_indicator set universe_sex = 'F'")
    exports.write(public, EDITION)
    keys = [tuple(row[name] for name in UNICEF_ORDER[:-1]) for row in rows(public / "sdmx" / "unicef_PT.csv")]
    assert len(keys) == len(set(keys)) == 2


def test_child_marriage_goes_to_its_own_dataflow(tmp_path: Path) -> None:
    change = "update marts.dim_indicator set unicef_code = ?, universe_sex = 'F', universe_age = 'Y20T24'"
    child_marriage = change.replace("?", "'PT_F_20-24_MRD_U18'") + " where unicef_code is not null"
    public = public_folder(tmp_path, more=child_marriage)
    exports.write(public, EDITION)
    assert not (public / "sdmx" / "unicef_PT.csv").exists()
    found = rows(public / "sdmx" / "unicef_PT_CM.csv")
    assert list(found[0])[3:15] == [
        *("REF_AREA", "INDICATOR", "SEX", "AGE", "EDUCATION_LEVEL", "WEALTH_QUINTILE", "RESIDENCE", "SCHOOL_ED_LEVEL"),
        *("RELIGIOUS_GROUP", "ETHNIC_GROUP", "PROJ_SCENARIO", "CH_MARRIAGE_STATUS"),
    ]
    # Its sex is always the total: the indicator says whose marriages it counts.
    assert {(row["SEX"], row["AGE"], row["OBS_VALUE"]) for row in found} == {
        ("_T", "Y20T24", "96.9"),
        ("_T", "Y20T24", "93.4"),
    }


@pytest.mark.parametrize("code", ["PT_CHLD_Y0T4_REG_MADE_UP", "CME_MRM0"])
def test_a_code_of_no_known_dataflow_is_sent_nowhere(tmp_path: Path, code: str) -> None:
    change = f"update marts.dim_indicator set unicef_code = '{code}' where unicef_code is not null"
    public = public_folder(tmp_path, more=change)
    exports.write(public, EDITION)
    assert sorted(path.name for path in (public / "sdmx").iterdir()) == ["structure.xml", "tally.csv"]


def test_what_unicef_gets_is_read_back_as_a_report(public: Path, desk: Desk) -> None:
    reading = desk.read((public / "sdmx" / "unicef_PT.csv").read_bytes(), "UNICEF")
    assert reading.family == "sdmx_csv"
    assert codes(reading) == set()
    values = {(row["sex"], row["residence"], str(row["value"])) for row in desk_rows(reading)}
    assert {(sex, residence) for sex, residence, _ in values} == {("_T", "_T"), ("F", "_T"), ("_T", "U")}


def desk_rows(reading: object) -> list[dict[str, object]]:
    from orchestration.read import candidates

    return list(candidates.rows_table([reading]).to_pylist())  # type: ignore[list-item]


def test_without_figures_there_is_no_cube(tmp_path: Path) -> None:
    public = public_folder(tmp_path, without=("indicator_by_place_year", "indicator_by_group_year"))
    exports.write(public, EDITION)
    assert not (public / "sdmx").exists()


def test_every_qualifier_has_a_status() -> None:
    assert set(sdmx.OBS_STATUS) == set(exports.data_package._ALLOWED["qualifier"])
