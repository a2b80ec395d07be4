"""Sex, age and residence as reports write them."""

import pytest

from orchestration.read.dimensions import age_code, is_unknown, place, residence_code, sex_code
from orchestration.read.reference import Reference


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("12 à moins de 18 ans", "Y12T17"),
        ("entre 6 et 11 ans", "Y6T11"),
        ("بين 6 و 11 سنة", "Y6T11"),
        ("6 ans - 11 ans", "Y6T11"),
        ("≥18", "Y_GE18"),
        ("18 سنة فأكثر", "Y_GE18"),
        ("دون 18 سنة", "Y_LT18"),
        ("<=17", "Y_LT18"),
        ("<5Y", "Y_LT5"),
        ("15 ans", "Y15"),
        ("Under-5", "Y_LT5"),
        ("Tous âges confondus", "_T"),
        ("y0t4", "Y0T4"),
        # what leaves a year of age open stays as written
        ("[6-12[", "[6-12["),
        (">18", ">18"),
        ("15", "15"),
        ("0-4 / 5-9", "0-4 / 5-9"),
        # the digits of a name are no age, and a group of girls is more than one
        ("#adm1+name", "#adm1+name"),
        ("F0-4", "F0-4"),
    ],
)
def test_age_groups(written: str, code: str) -> None:
    assert age_code(written) == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("H", "M"), ("Masc.", "M"), ("garçon(s)", "M"), ("ذ", "M"), ("Fém.", "F"), ("fille(s)", "F"), ("إ", "F")),
        *(("G", "G"), ("mixte", "mixte"), ("الجنسان معا", "_T"), ("non renseigné", "_U"), ("غير مبين", "_U")),
    ],
)
def test_sexes(written: str, code: str) -> None:
    """`G` is a boy in French and a girl in English."""
    assert sex_code(written) == code


@pytest.mark.parametrize("sentinel", ["9", "99", "9999", "٩٩"])
def test_a_sentinel_is_unknown_only_where_the_contract_says_so(sentinel: str) -> None:
    for read in (sex_code, age_code, residence_code):
        assert read(sentinel, ("9", "99", "9999")) == "_U"
        assert read(sentinel) == sentinel


@pytest.mark.parametrize("written", ["inconnu", "Non précisé", "غير محدد", "unknown", "_U"])
def test_unknown_in_words(written: str) -> None:
    assert is_unknown(written)
    assert sex_code(written) == age_code(written) == residence_code(written) == "_U"


def test_urban_is_not_unknown() -> None:
    assert residence_code("U") == residence_code("Milieu urbain", ("9",)) == "U"


def test_a_place_is_read_in_the_code_system_given(reference: Reference) -> None:
    assert place(reference, "MA001", "ocha") == "MA-05"
    assert place(reference, "Ifrane", "name", "MA-01") is None
