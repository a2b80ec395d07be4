"""Search: what is found by what, whatever the spelling."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.portal.search import plain


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("الاطفال", "الأطفال"),
        ("أَطْفال", "الأطفال"),
        ("اطفــال", "والأطفال"),
        ("الإهمال", "الاهمال"),
        ("الحماية", "الحمايه"),
        ("مستوى", "مستوي"),
        ("مسؤول", "مسوول"),
        ("بيئة", "بييه"),
        ("٢٠١٩", "2019"),
        ("گلميم", "كلميم"),
        ("ecole", "École"),
        ("coeur", "cœur"),
        ("FES MEKNES", "Fès-Meknès"),
        ("l'enfance", "l’enfance"),
    ],
)
def test_spellings_of_one_word_are_one(typed: str, written: str) -> None:
    assert plain(typed) == plain(written) != ""


def test_different_words_stay_different() -> None:
    assert plain("طفل") != plain("طفلة")
    assert plain("ال") == "ال"


@given(st.text(max_size=30))
def test_a_plain_text_stays_as_it_is_but_for_articles(text: str) -> None:
    told = plain(text)
    assert told == " ".join(told.split())
    assert "ال" in told or "لل" in told or plain(told) == told


def test_the_index_finds_each_thing_in_three_languages(folder: Path) -> None:
    for language, title in (("ar", "طنجة"), ("fr", "Tanger"), ("en", "Tanger")):
        script = (folder / "data" / f"search-{language}.js").read_text(encoding="utf-8")
        entries = json.loads(script.partition("index=")[2].rstrip().rstrip(";"))
        (found,) = [entry for entry in entries if entry[2] == "place/MA-01.html"]
        assert found[:2] == ["place", title]
        assert set(found[3].split()) == {"طنجه", "tanger", "ma", "01"}
        assert {kind for kind, *_ in entries} == {"objective", "programme", "indicator", "place", "organisation"}
        assert all((folder / language / address).is_file() for _, _, address, _ in entries)
