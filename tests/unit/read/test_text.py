"""One key for all spellings of one word."""

import pytest

from orchestration.read import text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Fès- Meknès", "FES MEKNES"),
        ("إقليم", "اقليم"),
        ("المـغـرب", "المغرب"),
        ("مُتَعَلِّم", "متعلم"),
        ("مدرسة", "مدرسه"),
        ("على", "علي"),
        ("گلميم", "كلميم"),
        ("٢٠١٩", "2019"),
        ("۲۰۱۹", "2019"),
        ("cœur", "COEUR"),
        ("ﻻ", "لا"),
        ("M’diq", "m'diq"),
        ("a\u00a0b", "a b"),
    ],
)
def test_spellings_of_one_word_have_one_key(one: str, other: str) -> None:
    assert text.key(one) == text.key(other)


def test_a_long_text_has_a_key_like_a_short_one() -> None:
    assert text.key("É " * 500) == " ".join(["e"] * 500)
