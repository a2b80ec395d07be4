"""A number written in any of the supported forms is read back exactly."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from orchestration.read.numbers import Number, NumberError, parse

GROUPS = st.sampled_from(["", ".", ",", " ", "\u00a0", "\u202f", "'", "’"])
SCRIPTS = st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"])
WORDS = st.sampled_from(
    [
        ("", "exact"),
        ("أكثر من ", "more_than"),
        ("plus de ", "more_than"),
        ("> ", "more_than"),
        ("au moins ", "at_least"),
        ("على الأقل ", "at_least"),
        ("moins de ", "less_than"),
        ("au plus ", "at_most"),
        ("environ ", "approximate"),
        ("حوالي ", "approximate"),
        ("~", "approximate"),
    ]
)


def grouped(number: int, separator: str) -> str:
    return f"{number:,}".replace(",", separator)


def in_script(written: str, digits: str) -> str:
    return written.translate(str.maketrans("0123456789", digits))


@given(st.integers(min_value=0, max_value=10**17), GROUPS, SCRIPTS, WORDS)
def test_a_count_comes_back_with_its_qualifier(number: int, group: str, script: str, word: tuple[str, str]) -> None:
    prefix, qualifier = word
    assert parse(prefix + in_script(grouped(number, group), script)) == Number(Decimal(number), qualifier)  # type: ignore[arg-type]


@given(
    st.integers(min_value=0, max_value=10**12),
    st.integers(min_value=1, max_value=9).flatmap(
        lambda places: st.integers(min_value=0, max_value=10**places - 1).map(lambda digits: f"{digits:0{places}}")
    ),
    st.sampled_from(
        [("", ","), (".", ","), (" ", ","), ("", "."), (",", "."), (" ", "."), ("\u202f", ","), ("٬", "٫")]
    ),
    SCRIPTS,
)
def test_an_amount_with_decimals_comes_back(whole: int, decimals: str, signs: tuple[str, str], script: str) -> None:
    group, sign = signs
    contract_sign = "," if sign == "٫" else sign
    written = in_script(f"{grouped(whole, group)}{sign}{decimals}", script)
    assert parse(written, value_type="amount", decimal_sign=contract_sign).value == Decimal(f"{whole}.{decimals}")  # type: ignore[arg-type]


@given(st.integers(min_value=0, max_value=100_000), st.integers(min_value=0, max_value=99))
def test_a_scale_multiplies(whole: int, cents: int) -> None:
    assert parse(f"{whole},{cents:02} million").value == Decimal(f"{whole}.{cents:02}") * 10**6


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=4))
def test_a_number_cell_comes_back_without_noise(value: Decimal) -> None:
    assert parse(float(value), value_type="amount").value == value


@given(st.one_of(st.text(), st.text("0123456789.,'٬٫ -+%٠٥<>~"), st.floats(), st.integers(), st.binary()))
def test_whatever_stands_in_a_cell_is_a_number_or_refused(written: object) -> None:
    try:
        number = parse(written)
    except NumberError as refusal:
        assert refusal.code in ("NUMBER_UNREADABLE", "NUMBER_ERROR_CELL", "NUMBER_TOO_LARGE")
    else:
        missing = number.qualifier in ("suppressed", "not_applicable", "not_reported")
        assert (number.value is None) == missing
