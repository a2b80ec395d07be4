"""Personal data are found and masked; figures, periods, places and codes are left alone."""

import pytest

from orchestration.read.personal import MASK, find, heading_kind, masked


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("AB123456", "national_id"),
        ("K123456", "national_id"),
        ("BE 12345", "national_id"),
        ("ab123456", "national_id"),
        ("CIN n° be 12345", "national_id"),
        ("Fatima, AB123456, Fès", "national_id"),
        ("Fatima AB 123456 de Fès", "national_id"),
        ("AB١٢٣٤٥٦", "national_id"),
        ("06 12 34 56 78", "phone"),
        ("06-12-34-56-78", "phone"),
        ("06.12.34.56.78", "phone"),
        ("0612-345678", "phone"),
        ("0522 123 456", "phone"),
        ("0712345678", "phone"),
        ("+212612345678", "phone"),
        ("+212 6 12 34 56 78", "phone"),
        ("00212 (0)6 12 34 56 78", "phone"),
        ("٠٦ ١٢ ٣٤ ٥٦ ٧٨", "phone"),
        ("06\u200e12345678", "phone"),
        ("tel:0612345678", "phone"),
        ("contact@exemple.ma", "email"),
        ("AB1234567", "passport"),
        ("passeport n° ge1234567", "passport"),
    ],
)
def test_personal_data_are_found_and_masked(written: str, kind: str) -> None:
    assert find(written) == kind
    assert MASK in masked(written)
    assert find(masked(written)) is None
    assert not any(char.isdecimal() for char in masked(written))


@pytest.mark.parametrize(
    "written",
    [
        "",
        "2019",
        "2017-2019",
        "1 250 000",
        "12 345 678 DH",
        "DH 12345",
        "406.423",
        "0.612345678",
        "1234567890",
        "+1 234 567",
        "04/12/2019 - 15/12/2020",
        "05-12-2019 06",
        "T22019",
        "201801",
        "20180131",
        "2018W5",
        "MA-01",
        "MA-CHE",
        "MA001",
        "MA010002",
        "KE001001",
        "04.291.",
        "SN_123456",
        "un budget de DH 123456",
        "UE 250000",
        "un financement UE 250000 pour 2019",
        "BP 10000 Rabat",
        "SN_ACTORS_TRAINED",
        "PT_CHLD_1-14_PS-PSY-V_CGVR",
        "PRO-CPN",
        "P1-PC4-2",
        "Y15T17",
        "Loi 27-14 du 25 août 2016",
        "maroc-diplomatique.net/?p=43237",
        "A-07 45838609",
        "deabcdefghA",
        "@msisf",
        "Numéro vert 2511",
        "COVID-19",
        "أكثر من 4330 طفلا",
    ],
)
def test_what_statistics_are_made_of_is_not_personal(written: str) -> None:
    assert find(written) is None
    assert masked(written) == written


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("Nom", "name"),
        ("PRÉNOM", "name"),
        ("Nom et prénom du bénéficiaire", "name"),
        ("Nom de l'enfant", "name"),
        ("Child's name", "name"),
        ("الاسم الكامل", "name"),
        ("اسم الطفل", "name"),
        ("N° CIN", "national_id"),
        ("رقم الهاتف", "phone"),
        ("E-mail", "email"),
        ("جواز السفر", "passport"),
        ("Nombre", None),
        ("Nom de la province", None),
        ("Nom de l'indicateur", None),
        ("Organisation name", None),
        ("اسم المؤسسة", None),
        ("Nombre de bénéficiaires", None),
    ],
)
def test_a_heading_gives_a_persons_column_away(heading: str, kind: str | None) -> None:
    assert heading_kind(heading) == kind


def test_only_what_is_personal_is_masked() -> None:
    assert masked("Fès: 06 12 34 56 78, 425 enfants") == f"Fès: {MASK}, 425 enfants"
