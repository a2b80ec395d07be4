"""The registers: names in three languages lead to one code, or to none."""

import shutil
from pathlib import Path

import pytest

from orchestration.read.reference import Names, Reference, RegisterError, load_reference
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
