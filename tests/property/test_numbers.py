"""A number written in any of the supported forms is read back exactly."""

from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from orchestration.read.numbers import Around, DecimalSign, Number, NumberError, column_neighbours, parse

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
    # 12,000 is twelve where the comma is the decimal sign: the column tells, see below
    assume(group != "," or number % 1000 or not 1000 <= number < 10**6)
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
        assert refusal.code in ("NUMBER_UNREADABLE", "NUMBER_AMBIGUOUS", "NUMBER_ERROR_CELL", "NUMBER_TOO_LARGE")
    else:
        missing = number.qualifier in ("suppressed", "not_applicable", "not_reported")
        assert (number.value is None) == missing


SIGNS = st.sampled_from([",", "."])


@given(st.integers(min_value=10**6, max_value=10**9), st.integers(1000, 999_999), st.sampled_from([".", ","]), SIGNS)
def test_a_count_is_settled_by_a_longer_one_of_its_column(
    longer: int, number: int, group: str, sign: DecimalSign
) -> None:
    column = [grouped(longer, group), grouped(number, group)]
    assert parse(column[1], decimal_sign=sign, neighbours=column_neighbours(column)).value == number


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=50), st.integers(1001, 999_999), st.sampled_from([".", ","]), SIGNS
)
def test_a_doubtful_count_among_single_figures_is_never_taken_for_thousands(
    others: list[int], number: int, group: str, sign: DecimalSign
) -> None:
    assume(number not in (sum(others), 2 * sum(others)))
    written = grouped(number, group)
    try:
        value = parse(written, decimal_sign=sign, neighbours=[Decimal(other) for other in others]).value
    except NumberError as refusal:
        assert refusal.code == "NUMBER_AMBIGUOUS"
    else:
        assert value == Decimal(number) / 1000


@given(st.integers(0, 10**9), st.sampled_from(["*", " *", "¹", " ²", "[1]", " (*)"]), SCRIPTS)
def test_a_footnote_mark_leaves_the_number(number: int, mark: str, script: str) -> None:
    assume(number != 10)
    assert parse(in_script(str(number), script) + mark).value == number


@given(
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.sampled_from(["{}-{}", "{} - {}", "{} à {}", "entre {} et {}", "من {} إلى {}"]),
)
def test_a_range_is_never_a_number(one: int, other: int, form: str) -> None:
    try:
        parse(form.format(one, other))
    except NumberError:
        return
    raise AssertionError


@given(st.one_of(st.text(), st.text("0123456789.,'٬٫ -%*¹()[]+")), SIGNS)
def test_only_a_mark_with_two_readings_asks_the_column(written: str, sign: DecimalSign) -> None:
    def read(neighbours: Around) -> object:
        try:
            return parse(written, value_type="amount", decimal_sign=sign, neighbours=neighbours)
        except NumberError as refusal:
            return refusal.code

    asked: list[str] = []
    alone = read(lambda: asked.append(written))
    if not asked:
        assert alone == read([Decimal(5)]) == read([Decimal(50_000)])
