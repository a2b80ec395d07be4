"""The registers: names in three languages lead to one code, or to none."""

import csv
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.read.reference import Names, PlaceFound, Reference, RegisterError, load_reference
from tests.helpers import PROJECT


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("", "MA"),
        ("المغرب", "MA"),
        ("Niveau national", "MA"),
        ("MA-CHE", "MA-CHE"),
        ("ma-che", "MA-CHE"),
        ("شفشاون", "MA-CHE"),
        ("إقليم شفشاون", "MA-CHE"),
        ("Province de Chefchaouen", "MA-CHE"),
        ("FES MEKNES", "MA-03"),
        ("Région de Fès-Meknès", "MA-03"),
        ("جهة فاس مكناس", "MA-03"),
        ("Atlantide", None),
    ],
)
def test_a_place_is_known_by_its_names_and_kinds(reference: Reference, written: str, code: str | None) -> None:
    assert reference.place(written) == code


@pytest.mark.parametrize("written", ["Région de Chefchaouen", "جهة شفشاون", "Province de Fès-Meknès"])
def test_a_region_is_not_the_province_of_that_name(reference: Reference, written: str) -> None:
    assert reference.place(written) is None


def test_there_are_twelve_regions_and_seventy_five_provinces(reference: Reference) -> None:
    assert len(reference.regions) == 12
    assert len(reference.places.codes) == 1 + 12 + 75


@pytest.mark.parametrize(
    "name",
    [
        "MSISF",
        "وزارة التضامن والمرأة والأسرة والتنمية الاجتماعية",
        "Ministère de la Solidarité, de l'Insertion sociale et de la Famille",
    ],
)
def test_the_ministry_is_one_organisation_under_each_of_its_names(reference: Reference, name: str) -> None:
    assert reference.organisations.find(name) == "MSISF"


def test_a_name_of_two_things_stands_for_neither() -> None:
    names = Names()
    names.add_name("Fès", "A")
    names.add_name("FES", "B")
    assert names.find("fès") is None
    assert names.is_ambiguous("fès")


def test_the_nearest_names_are_offered_for_a_slip(reference: Reference) -> None:
    assert "MA-CHE" in reference.places.nearest("Chefchauen")
    assert reference.places.nearest("") == []


def test_a_missing_register_is_named(tmp_path: Path) -> None:
    with pytest.raises(RegisterError, match=r"indicator\.csv"):
        load_reference(tmp_path)


def test_a_register_without_a_needed_column_is_named(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    shutil.copytree(PROJECT / "dbt_project" / "seeds", seeds)
    (seeds / "place.csv").write_text("place_code\nMA\n", encoding="utf-8")
    with pytest.raises(RegisterError, match="name_ar"):
        load_reference(seeds)


PROVINCES = PROJECT.parent / "shared" / "domain" / "morocco_provinces.csv"


@pytest.mark.parametrize(
    ("code_system", "written", "code"),
    [
        # three numberings of the same twelve regions
        ("iso", "MA-01", "MA-01"),
        ("iso", "01", "MA-01"),
        ("hcp", "01", "MA-01"),
        ("hcp", "1", "MA-01"),
        ("ocha", "MA001", "MA-05"),
        ("ocha", "ma010", "MA-01"),
        ("name", "MA-01", "MA-01"),
        # a province by its code, in both forms and as spreadsheets maim them
        ("hcp", "4281", "MA-KEN"),
        ("hcp", "04.281.", "MA-KEN"),
        ("hcp", "4.281", "MA-KEN"),
        ("hcp", "04281", "MA-KEN"),
        ("hcp", "10.071.", "MA-ASZ"),
        ("hcp", "8.2", None),
        ("ocha", "MA010002", "MA-CHE"),
        # a code of another system than the contract's is nobody's
        ("name", "MA001", None),
        ("name", "4281", None),
        ("name", "01", None),
        ("iso", "MA001", None),
        ("iso", "4281", None),
        ("hcp", "MA-01", None),
        ("ocha", "MA-01", None),
        ("ocha", "01", None),
        ("name", "REGION_01", None),
        # a name is a name in each
        ("hcp", "Chefchaouen", "MA-CHE"),
        ("ocha", "المغرب", "MA"),
    ],
)
def test_a_code_is_read_in_the_contracts_numbering_only(
    reference: Reference, code_system: str, written: str, code: str | None
) -> None:
    assert reference.place(written, code_system=code_system) == code


@pytest.mark.skipif(not PROVINCES.exists(), reason="the domain's files are not beside the project")
def test_every_provinces_codes_lead_to_it(reference: Reference) -> None:
    with PROVINCES.open(encoding="utf-8", newline="") as file:
        provinces = list(csv.DictReader(file))
    assert len(provinces) == 75
    for row in provinces:
        code = row["iso_3166_2"]
        assert reference.place(row["hcp_geo_code"], code_system="hcp") == code
        assert reference.place(row["hcp_geo_code_dotted"], code_system="hcp") == code
        if row["ocha_cod_pcode"]:
            assert reference.place(row["ocha_cod_pcode"], code_system="ocha") == code
        assert reference.parents[code] == row["region_iso_from_hcp"]


def test_isos_two_wrong_parents_are_corrected(reference: Reference) -> None:
    assert reference.parents["MA-CHT"] == "MA-09"
    assert reference.parents["MA-NOU"] == "MA-06"


@pytest.mark.parametrize("code", ["MA-11", "MA-12", "MA-BOD", "MA-ESM", "MA-LAA", "MA-TAF", "MA-AOU", "MA-OUD"])
def test_two_regions_and_six_provinces_have_no_pcode(reference: Reference, code: str) -> None:
    assert code not in reference.place_codes["ocha"].values()


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Oriental", "MA-02"),
        ("L’Oriental", "MA-02"),
        ("الشرق", "MA-02"),
        ("جهة الشرق", "MA-02"),
        ("Mohammedia", "MA-MOH"),
        ("Mohammadia", "MA-MOH"),
        ("Taroudant", "MA-TAR"),
        ("Taroudannt", "MA-TAR"),
        ("Tanger-Assilah", "MA-TNG"),
        ("Tanger-Asilah", "MA-TNG"),
        ("Fès- Meknès", "MA-03"),
        ("كرسيف", "MA-GUF"),
        ("جرسيف", "MA-GUF"),
        ("Grand Casablanca-Settat", "MA-06"),
        ("Guelmim-Oued Noun (EH-partial)", "MA-10"),
        ("Dakhla-Oued Ed-Dahab (EH)", "MA-12"),
        ("Chtouka-Ait Baha", "MA-CHT"),
        ("Kelaat Sraghna", "MA-KES"),
        ("El Kelâa des Sraghna", "MA-KES"),
        ("Tantan", "MA-TNT"),
        ("كلميم وادنون", "MA-10"),
        ("Chefchaouen province", "MA-CHE"),
        ("Fès-Meknès region", "MA-03"),
        ("Chefchauen", None),  # a slip is suggested for, never matched
    ],
)
def test_names_in_the_spellings_seen(reference: Reference, written: str, code: str | None) -> None:
    assert reference.place(written) == code


def test_a_row_whose_two_names_disagree_is_seen(reference: Reference) -> None:
    """GeoBoundaries labels Figuig in French and Nador in Arabic."""
    assert (reference.place("Figuig"), reference.place("إقليم الناظور")) == ("MA-FIG", "MA-NAD")


@pytest.mark.parametrize("parent", ["MA-03", "Fès-Meknès", "جهة فاس مكناس"])
def test_a_province_is_sought_in_the_region_named_beside_it(reference: Reference, parent: str) -> None:
    assert reference.locate("Ifrane", parent=parent) == PlaceFound("MA-IFR")
    assert reference.locate("Chefchaouen", parent=parent) == PlaceFound(None, "PLACE_OUTSIDE_PARENT", ("MA-CHE",))
    assert reference.locate("MA-CHE", parent=parent).problem == "PLACE_OUTSIDE_PARENT"
    assert reference.locate("Maroc", parent=parent).problem == "PLACE_OUTSIDE_PARENT"
    assert reference.locate("Atlantide", parent=parent).problem == "PLACE_UNKNOWN"


@pytest.mark.parametrize("written", ["Total", "المجموع", ""])
def test_a_total_beside_a_region_is_the_regions_and_never_the_countrys(reference: Reference, written: str) -> None:
    assert reference.place(written) == "MA"
    assert reference.place(written, parent="MA-03") == "MA-03"
    assert reference.locate(written, parent="Atlantide").problem == "PLACE_UNKNOWN"


def test_two_places_of_one_name_are_told_apart_by_their_region_only() -> None:
    reference = Reference(parents={"A1": "A", "B1": "B"})
    for code in ("A", "B", "A1", "B1"):
        reference.places.add_code(code)
    reference.places.add_name("Sidi Ali", "A1")
    reference.places.add_name("SIDI ALI", "B1")
    assert reference.locate("Sidi Ali") == PlaceFound(None, "PLACE_AMBIGUOUS", ("A1", "B1"))
    assert reference.place("Sidi Ali", parent="B") == "B1"


def test_suggestions_are_of_the_region_named_first(reference: Reference) -> None:
    assert reference.nearest_places("Province de Chefchauen", parent="MA-01")[0] == "MA-CHE"


def test_a_changed_seed_is_read_again(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    shutil.copytree(PROJECT / "dbt_project" / "seeds", seeds)
    before = load_reference(seeds)
    assert load_reference(seeds) is before
    alias = seeds / "place_alias.csv"
    with alias.open("a", encoding="utf-8") as file:
        file.write("MA-CHE,Xaouen,fr,test\n")
    os.utime(alias, ns=(1, 1))
    assert load_reference(seeds).place("Xaouen") == "MA-CHE"


def test_mar_is_the_country_and_not_the_prefecture_of_that_code(reference: Reference) -> None:
    """ISO 3166-1 MAR is Morocco; ISO 3166-2 MA-MAR is Marrakech."""
    assert reference.place("MAR", "iso") == "MA"
    assert reference.place("MA-MAR", "iso") == "MA-MAR"


def test_spaces_in_a_name_do_not_count_wherever_they_stand(reference: Reference) -> None:
    for written, code in (
        ("\u00a0Dakhla-Oued \n Ed-Dahab  (EH)  ", "MA-12"),
        ("Fès-Meknès   (region) ", "MA-03"),
        ("Chefchaouen\tprovince", "MA-CHE"),
    ):
        assert reference.place(written) == code, written


LONG_CELLS = """
import resource
from orchestration.read.reference import load_reference
from tests.helpers import PROJECT

resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
reference = load_reference(PROJECT / "dbt_project" / "seeds")
for start in ("x", "Province", "Province de", "Fès ("):
    for end in ("y", "(EH", "(EH) y", "province y", "(region"):
        written = start + " " * 2**20 + end
        print(reference.locate(written).problem, reference.titled_place(written))
        reference.is_place(written)
        reference.nearest_places(written, parent=written)
"""


def test_a_cell_of_a_million_spaces_is_no_place_and_takes_no_hours() -> None:
    """A search that begins anew at each of the spaces takes a million times a million steps."""
    command = [sys.executable, "-c", LONG_CELLS]
    done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "PLACE_UNKNOWN None\n" * 20
