"""Numbers as reports write them. A wrong sum starts here."""

import datetime as dt
from decimal import Decimal

import pytest

from orchestration.read.numbers import (
    DecimalSign,
    Neighbours,
    Number,
    NumberError,
    ValueType,
    column_neighbours,
    parse,
)


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


@pytest.mark.parametrize(
    ("written", "value", "qualifier"),
    [
        ("<5", 5, "less_than"),
        (">=5", 5, "at_least"),
        ("≥ 5", 5, "at_least"),
        ("500+", 500, "at_least"),
        ("plus d’1 million", 1_000_000, "more_than"),
        ("اكثر من ١٫٥ مليون", 1_500_000, "more_than"),
        ("1,49 million environ", 1_490_000, "approximate"),
        ("زهاء 5 آلاف", 5_000, "approximate"),
        ("− 7", None, ""),
        ("−7", -7, "exact"),
        ("1٬234٬567", 1_234_567, "exact"),
        ("23\u2009879", 23_879, "exact"),
    ],
)
def test_signs_words_and_scales_of_three_languages(written: str, value: int | None, qualifier: str) -> None:
    if value is None:
        with pytest.raises(NumberError):
            parse(written)
    else:
        assert (parse(written).value, parse(written).qualifier) == (value, qualifier)


@pytest.mark.parametrize("written", ["425*", "425 *", "425¹", "425 ²", "425 (1)", "425[1]", "425 (*)", "425†", "٤٢٥*"])
def test_an_unmistakable_footnote_mark_is_no_part_of_the_number(written: str) -> None:
    assert parse(written).value == 425


@pytest.mark.parametrize("written", ["12 (3)", "425 (45)", "10²", "*425", "425 1", "(5)", "(425)", "plus de (5)"])
def test_what_may_be_more_than_a_footnote_mark_is_refused(written: str) -> None:
    with pytest.raises(NumberError):
        parse(written)


@pytest.mark.parametrize(
    "written", ["10-15", "10 - 15", "10 à 15", "entre 10 et 15", "من 10 إلى 15", "10/15", "10..15"]
)
def test_a_range_is_no_number(written: str) -> None:
    with pytest.raises(NumberError) as refusal:
        parse(written)
    assert refusal.value.code == "NUMBER_UNREADABLE"


BELOW_TEN = [Decimal(n) for n in (3, 7, 0, 9, 1)]
DOZENS = [Decimal(n) for n in (45, 80, 12)]
THOUSANDS = [Decimal(n) for n in (2345, 12000, 800)]


@pytest.mark.parametrize(
    ("written", "value_type", "sign", "neighbours", "value"),
    [
        # a count: thousands, where the column can hold thousands
        ("1.234", "count", ",", None, "1234"),
        ("1.234", "count", ",", BELOW_TEN, None),
        ("1.234", "count", ",", [Decimal(0), Decimal(0)], None),
        ("1.234", "count", ",", DOZENS, "1234"),
        ("1.234", "count", ",", THOUSANDS, "1234"),
        ("1,234", "count", ",", THOUSANDS, "1234"),
        ("1,234", "count", ",", BELOW_TEN, None),
        ("1.234", "count", ",", [Decimal("1.5"), Decimal(3000)], None),
        ("12.000", "count", ",", BELOW_TEN, None),
        ("12.000", "count", ",", DOZENS, None),
        ("12.000", "count", ",", THOUSANDS, "12000"),
        # the total of its column
        ("1.015", "count", ",", [Decimal(7)] * 145, "1015"),
        # a decimal point that the contract declares: machine formats
        ("12.000", "count", ".", None, "12"),
        ("12.000", "count", ".", BELOW_TEN, "12"),
        ("12.000", "count", ".", [Decimal(13500), Decimal(9000)], None),
        ("938.664", "count", ".", None, None),
        ("938.664", "count", ".", [Decimal("11938.5")], None),
        ("1.234", "count", ".", THOUSANDS, "1234"),
        # 12,000 where the comma is the decimal sign
        ("12,000", "count", ",", None, None),
        ("12,000", "count", ",", THOUSANDS, "12000"),
        ("12,000", "count", ",", BELOW_TEN, "12"),
        # amounts and percentages: the contract's sign, unless the column says the opposite
        ("1.234", "amount", ".", None, "1.234"),
        ("1.234", "amount", ",", [Decimal(2), Decimal(1)], None),
        ("1.234", "amount", ".", [Decimal(900), Decimal(5000)], None),
        ("12.345", "percent", ",", [Decimal(10), Decimal(60)], None),
        # millions
        ("1.250 million", "count", ",", None, None),
        ("1,250 million", "amount", ",", None, "1250000"),
    ],
)
def test_a_doubtful_mark_is_settled_by_type_contract_and_column_or_refused(
    written: str, value_type: ValueType, sign: DecimalSign, neighbours: list[Decimal] | None, value: str | None
) -> None:
    if value is None:
        with pytest.raises(NumberError) as refusal:
            parse(written, value_type=value_type, decimal_sign=sign, neighbours=neighbours)
        assert refusal.value.code == "NUMBER_AMBIGUOUS"
    else:
        found = parse(written, value_type=value_type, decimal_sign=sign, neighbours=neighbours)
        assert found.value == Decimal(value)


@pytest.mark.parametrize(
    ("column", "written", "sign", "value"),
    [
        (["5000.000", "12.000"], "12.000", ".", "12"),
        (["5000,000", "12,000"], "12,000", ",", "12"),
        (["1.234.567", "12.000"], "12.000", ".", "12000"),
        (["1,234,567", "n/d", "12,000"], "12,000", ",", "12000"),
        (["1.234,50", "1.234"], "1.234", ".", "1234"),
    ],
)
def test_the_mark_means_what_it_means_elsewhere_in_the_column(
    column: list[str], written: str, sign: DecimalSign, value: str
) -> None:
    assert parse(written, decimal_sign=sign, neighbours=column_neighbours(column)).value == Decimal(value)


def test_a_column_that_uses_a_mark_in_both_meanings_settles_nothing() -> None:
    around = column_neighbours(["1.234.567", "12.5"])
    with pytest.raises(NumberError, match="NUMBER_AMBIGUOUS"):
        parse("1.234", neighbours=around)


def test_neither_doubtful_cells_nor_words_speak_for_their_column() -> None:
    assert column_neighbours(["1.234", "beaucoup", None, True, "n/d"]) is None
    assert column_neighbours(["1.234", 5, "7"]) == Neighbours.of([Decimal(5), Decimal(7)])


def test_an_ambiguous_number_says_both_readings() -> None:
    with pytest.raises(NumberError) as refusal:
        parse("1.234", neighbours=BELOW_TEN)
    assert refusal.value.expected == "1234 / 1,234"


@pytest.mark.parametrize(
    ("written", "value", "qualifier"),
    [
        ("zéro", 0, "exact"),
        ("صفر", 0, "exact"),
        ("مليون", 1_000_000, "exact"),
        ("مليونين", 2_000_000, "exact"),
        ("أكثر من مليون", 1_000_000, "more_than"),
        ("plus d'un million", 1_000_000, "more_than"),
        ("حوالي ألف", 1_000, "approximate"),
    ],
)
def test_a_number_may_be_a_word(written: str, value: int, qualifier: str) -> None:
    assert parse(written) == Number(Decimal(value), qualifier)


@pytest.mark.parametrize("written", ["néant", "لا شيء", "plus de zéro", "un million et demi", "million"])
def test_words_that_leave_open_how_many_are_refused(written: str) -> None:
    """`Néant` may be none, or nothing to report."""
    with pytest.raises(NumberError):
        parse(written)


@pytest.mark.parametrize("written", ["NaN", "null"])
def test_what_systems_write_for_nothing_is_not_reported(written: str) -> None:
    assert parse(written) == Number(None, "not_reported")
