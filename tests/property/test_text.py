"""Comparison keys and cell names hold for any text, not only for the words one thought of."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils import column_index_from_string

from orchestration.findings import shown
from orchestration.read import text
from orchestration.read.formats.document import column_letters

FRENCH = "abcdefghijklmnopqrstuvwxyzàâäçéèêëîïôöùûüÿ -'"
ARABIC = "ابتثجحخدذرزسشصضطظعغفقكلمنهويأإآىةئؤ "
TASHKEEL = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652"


@given(st.text())
def test_a_key_is_its_own_key(written: str) -> None:
    assert text.key(text.key(written)) == text.key(written)


@given(st.text(FRENCH))
def test_case_and_accents_do_not_count(written: str) -> None:
    bare = "".join(char for char in unicodedata.normalize("NFD", written) if not unicodedata.combining(char))
    assert text.key(written.upper()) == text.key(bare) == text.key(written)
    assert text.key(unicodedata.normalize("NFD", written)) == text.key(written)


@given(st.text(ARABIC), st.data())
def test_tatweel_and_vowel_signs_do_not_count(written: str, data: st.DataObject) -> None:
    letters = [char + data.draw(st.text("ـ" + TASHKEEL, max_size=2)) if char != " " else char for char in written]
    assert text.key("".join(letters)) == text.key(written)


@given(st.text(ARABIC), st.sampled_from(["أ", "إ", "آ", "ٱ", "ﺍ", "ﺃ"]))
def test_the_forms_of_alef_ya_and_ta_marbuta_do_not_count(written: str, alef: str) -> None:
    forms = str.maketrans({"ا": alef, "ي": "ى", "ه": "ة"})
    assert text.key(written.translate(forms)) == text.key(written)


@given(st.integers(min_value=0, max_value=10**12))
def test_the_kind_of_digits_does_not_count(number: int) -> None:
    arabic = str(number).translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))
    assert text.key(arabic) == text.ascii_digits(arabic) == str(number)


@given(st.text(), st.text(" \u00a0\u202f\t-–_.,;:'", min_size=1), st.text())
def test_punctuation_and_spacing_only_part_words(left: str, between: str, right: str) -> None:
    assert text.key(f"{left}{between}{right}") == text.key(f"{left} {right}")


@given(st.integers(min_value=0, max_value=18_277))
def test_column_letters_are_what_openpyxl_reads(index: int) -> None:
    assert column_index_from_string(column_letters(index)) == index + 1


@given(st.text(), st.integers(min_value=2, max_value=100))
def test_what_is_shown_stays_on_one_line_within_its_length(written: str, length: int) -> None:
    result = shown(written, length)
    assert len(result) <= length
    assert result.splitlines() in ([], [result])
    assert not any(unicodedata.category(char) == "Cc" for char in result)


@given(st.text())
def test_digits_become_ascii_where_they_stand(written: str) -> None:
    plain = text.ascii_digits(written)
    assert len(plain) == len(written)
    assert all(
        new == old or (old.isdecimal() and int(new) == int(old)) for new, old in zip(plain, written, strict=True)
    )
