"""CSV for spreadsheets: the settings of France and Morocco, words for codes, and nothing that runs."""

import csv
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pytest
from babel import Locale
from hypothesis import example, given
from hypothesis import strategies as st

from orchestration.release.exports import headlines, spreadsheet_csv
from orchestration.settings import Language
from tests.unit.release.exports.makers import rows_of

MARK = "\ufeff"


def table(public: Path, language: str, name: str) -> list[dict[str, str]]:
    with (public / "excel" / language / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";", strict=True))


@pytest.mark.parametrize("language", spreadsheet_csv.LANGUAGES)
def test_the_settings_are_those_of_the_readers(public: Path, language: Language) -> None:
    locale = Locale.parse({"fr": "fr_FR", "ar": "ar_MA"}[language])
    assert locale.number_symbols["latn"]["decimal"] == ","
    assert locale.default_numbering_system == "latn"
    for path in (public / "excel" / language).iterdir():
        text = path.read_bytes().decode("utf-8")
        assert text.startswith(MARK)
        assert text.count(MARK) == 1
        titles = headlines.texts(language)["headings"].values()
        assert set(text[1:].partition("\r\n")[0].split(";")) <= set(titles)


@pytest.mark.parametrize("language", spreadsheet_csv.LANGUAGES)
@pytest.mark.parametrize(
    ("name", "mart"),
    [
        *(("objectives", "indicator_by_objective_year"), ("places", "indicator_by_place_year")),
        *(("groups", "indicator_by_group_year"), ("targets", "fct_target")),
    ],
)
def test_numbers_are_those_of_the_file(public: Path, language: Language, name: str, mart: str) -> None:
    titles = headlines.texts(language)["headings"]
    for column in ("value", "baseline", "target", "progress", "completeness"):
        if titles[column] not in table(public, language, name)[0]:
            continue
        shown = [row[titles[column]] for row in table(public, language, name)]
        assert all("." not in text for text in shown)
        numbers = [Decimal(text.replace(",", ".")) if text else None for text in shown]
        assert numbers == [value for (value,) in rows_of(public, mart, column)]


def test_codes_are_words_and_a_missing_value_says_why(public: Path) -> None:
    rows = table(public, "fr", "groups")
    assert rows[0]["Valeur"] == ""
    assert rows[0]["Précision de la valeur, ou raison de son absence"] == "masqué (petit effectif)"
    assert (rows[0]["Sexe"], rows[0]["Groupe d'âge"]) == ("Féminin", "Tous âges")
    assert rows[1]["Groupe d'âge"] == "0 à 5 ans"
    assert rows[2]["Groupe d'âge"] == "18 ans et plus"
    assert rows[2]["Nature du chiffre"] == "chiffre illustratif, inventé"
    assert table(public, "ar", "groups")[1]["الفئة العمرية"] == "من 0 إلى 5 سنة"


def test_a_name_that_is_missing_comes_from_another_language(public: Path) -> None:
    names = {row["رمز المؤشر"]: row["المؤشر"] for row in table(public, "ar", "objectives")}
    assert names["REACHED"] == "'+33 personnes, <b>touchées</b> & réunies"


def test_no_text_begins_like_a_formula(public: Path) -> None:
    names = {row["Code de l'indicateur"]: row["Indicateur"] for row in table(public, "fr", "objectives")}
    assert names["TRAINED"] == '\'=HYPERLINK("http://example.org";"x")'
    assert names["SHARE"].startswith("'-1")
    assert table(public, "fr", "targets")[0]["Source"] == "'-a plan"
    # A negative number is a number.
    assert "-0,5" in {row["Valeur"] for row in table(public, "fr", "objectives")}


@given(st.text(max_size=20))
@example("\uff1d1+1")
@example(" =1")
@example("\t")
@example("\x00@x")
@example("''=1")
def test_defused_texts_run_nowhere_and_others_are_as_they_were(text: str) -> None:
    query = f"select {spreadsheet_csv.defused('written')} from (select ? as written)"
    ((result,),) = duckdb.execute(query, [text]).fetchall()
    first = text.lstrip("".join(map(chr, range(33))))[:1]
    if (first and first in "=+-@\uff1d\uff0b\uff0d\uff20") or text[:1] in ("\t", "\r", "\n"):
        assert result == f"'{text}"
    else:
        assert result == text


def test_libreoffice_opens_the_french_file_as_a_french_desk_does(public: Path, office: Callable[..., Path]) -> None:
    # Separator ;, quote ", UTF-8, from line 1, French (1036), nothing quoted as text, numbers as people write them.
    options = "--infilter=Text - txt - csv (StarCalc):59,34,76,1,,1036,false,true"
    source = public / "excel" / "fr" / "objectives.csv"
    sheet = openpyxl.load_workbook(office(source, "xlsx", options)).worksheets[0]
    header, *rows = sheet.iter_rows(values_only=True)
    assert header[0] == "Objectif"
    place = header.index("Valeur")
    values = [value for (value,) in rows_of(public, "indicator_by_objective_year", "cast(value as double)")]
    # A spreadsheet has 15 digits.
    assert [row[place] for row in rows] == pytest.approx(values, rel=1e-14)
    assert all(not str(cell).startswith("=") for row in rows for cell in row)
    assert rows[0][header.index("Indicateur")].lstrip("'").startswith("=HYPERLINK")
