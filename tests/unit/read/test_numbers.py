"""Numbers as reports write them. A wrong sum starts here."""

import datetime as dt
from decimal import Decimal

import pytest

from orchestration.read.numbers import NumberError, ValueType, parse


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("425", 425),
        ("406.423", 406423),
        ("406,423", 406423),
        ("23 879", 23879),
        ("23\u00a0879", 23879),
        ("23\u202f879", 23879),
        ("1'250'000", 1250000),
        ("1.250.000", 1250000),
        ("٤٠٦٬٤٢٣", 406423),
        ("٤٢٥", 425),
        ("۴۲۵", 425),
        ("1.234,0", 1234),
        ("1,234.0", 1234),
        ("-7", -7),
        ("+7", 7),
        ("0", 0),
        ("'425", 425),
        ("\u200f425\u200f", 425),
        ("1,5 million", 1500000),
        ("2 milliards", 2000000000),
        ("5 آلاف", 5000),
        ("مليون 5", None),
        (425, 425),
        (425.0, 425),
    ],
)
def test_a_count_as_people_write_it(written: object, value: int | None) -> None:
    if value is None:
        with pytest.raises(NumberError):
            parse(written)
    else:
        assert parse(written).value == value
        assert parse(written).qualifier == "exact"


@pytest.mark.parametrize(
    ("written", "qualifier"),
    [
        ("أكثر من 4330", "more_than"),
        ("أزيد من 4330", "more_than"),
        ("plus de 4.330", "more_than"),
        ("> 4330", "more_than"),
        ("au moins 4330", "at_least"),
        ("4330 au moins", "at_least"),
        ("4330 على الأقل", "at_least"),
        ("moins de 4 330", "less_than"),
        ("≤4330", "at_most"),
        ("environ 4330", "approximate"),
        ("حوالي 4330", "approximate"),
    ],
)
def test_words_before_or_after_the_number_qualify_it(written: str, qualifier: str) -> None:
    number = parse(written)
    assert (number.value, number.qualifier) == (4330, qualifier)


@pytest.mark.parametrize(
    ("written", "qualifier"),
    [
        (None, "not_reported"),
        ("", "not_reported"),
        ("  ", "not_reported"),
        ("-", "not_reported"),
        ("n/d", "not_reported"),
        ("غير متوفر", "not_reported"),
        ("n/a", "not_applicable"),
        ("s.o.", "not_applicable"),
        ("لا ينطبق", "not_applicable"),
        ("*", "suppressed"),
    ],
)
def test_an_absent_value_says_why_and_is_never_zero(written: str | None, qualifier: str) -> None:
    number = parse(written)
    assert (number.value, number.qualifier) == (None, qualifier)


@pytest.mark.parametrize(
    ("written", "value_type", "sign", "value"),
    [
        ("1.234", "count", ",", "1234"),
        ("1.234", "percent", ",", "1234"),
        ("1,234", "percent", ",", "1.234"),
        ("1.234", "percent", ".", "1.234"),
        ("1,234", "amount", ".", "1234"),
        ("0.423", "count", ",", "0.423"),
        ("1234.567", "count", ",", "1234.567"),
        ("12,5", "count", ",", "12.5"),
        ("45,5 %", "percent", ",", "45.5"),
        ("45 في المائة", "percent", ",", "45"),
        ("١٢٫٥", "percent", ",", "12.5"),
        ("1 234,5", "amount", ",", "1234.5"),
        ("1,49 million", "amount", ",", "1490000"),
    ],
)
def test_one_mark_and_three_digits_mean_what_is_counted(
    written: str, value_type: ValueType, sign: str, value: str
) -> None:
    assert parse(written, value_type=value_type, decimal_sign=sign).value == Decimal(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "written",
    [
        "beaucoup",
        "4330?",
        "12 34",
        "1.23.456",
        "1,23,456.7.8",
        "0.123,5",
        "0 123",
        "12-17",
        "1 234 5",
        "--5",
        "5e3",
        "½",
        True,
        dt.date(2024, 9, 5),
        float("nan"),
        float("inf"),
        "9" * 1_048_576,
    ],
)
def test_what_is_no_number_is_refused(written: object) -> None:
    with pytest.raises(NumberError) as refusal:
        parse(written)
    assert refusal.value.code == "NUMBER_UNREADABLE"


@pytest.mark.parametrize("written", ["45 %", "45%", "٤٥٪", "45 pour cent"])
def test_a_percentage_is_no_count_and_no_amount(written: str) -> None:
    for value_type in ("count", "amount"):
        with pytest.raises(NumberError):
            parse(written, value_type=value_type)  # type: ignore[arg-type]


@pytest.mark.parametrize("written", ["#REF!", "#DIV/0!", "#N/A", "#VALEUR!"])
def test_an_error_cell_is_named_as_such(written: str) -> None:
    with pytest.raises(NumberError) as refusal:
        parse(written)
    assert refusal.value.code == "NUMBER_ERROR_CELL"


@pytest.mark.parametrize("written", ["1" + "0" * 18, 10**18, 1e300, "999999999 milliards 1", "1000000000 milliards"])
def test_a_number_beyond_any_figure_is_refused(written: object) -> None:
    with pytest.raises(NumberError) as refusal:
        parse(written)
    assert refusal.value.code in ("NUMBER_TOO_LARGE", "NUMBER_UNREADABLE")


def test_a_float_keeps_ten_decimals_and_no_noise() -> None:
    assert parse(0.1 + 0.2, value_type="percent").value == Decimal("0.3")
