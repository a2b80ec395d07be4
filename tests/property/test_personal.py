"""Whatever surrounds it, personal data do not get into a message."""

import datetime as dt

from hypothesis import assume, given
from hypothesis import strategies as st

from orchestration.read.personal import find, masked

AROUND = st.text("abcéèابت ,;:()\u200f", max_size=20)
IDS = st.from_regex(r"[A-Z]{1,2}[1-9][0-9]{4,5}", fullmatch=True).filter(lambda number: number[0] not in "QTSHMW")
GAPS = st.sampled_from(["", " ", "-", ".", "\u00a0"])
DIGITS = st.sampled_from(["0123456789", "٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"])


@given(AROUND, IDS, AROUND)
def test_an_identity_number_is_masked(before: str, number: str, after: str) -> None:
    written = f"{before} {number} {after}"
    assert find(written) == "national_id"
    assert number not in masked(written)


@given(
    AROUND,
    st.sampled_from(["05", "06", "07", "+2126", "002127"]),
    st.text("0123456789", min_size=8, max_size=8),
    GAPS,
    DIGITS,
    AROUND,
)
def test_a_telephone_number_is_masked(before: str, start: str, rest: str, gap: str, digits: str, after: str) -> None:
    number = gap.join([start, *(rest[place : place + 2] for place in range(0, 8, 2))])
    number = number.translate(str.maketrans("0123456789", digits))
    written = f"{before} {number} {after}"
    assert find(written) == "phone"
    assert not any(char.isdecimal() for char in masked(written))


@given(st.one_of(st.text(), st.text("0612 +-.@ABab٠٦\u200e")))
def test_what_is_masked_stays_masked(written: str) -> None:
    assert find(masked(written)) is None
    assert masked(masked(written)) == masked(written)
    assert (masked(written) == written) == (find(written) is None)


@given(st.integers(-(10**9), 10**12), st.sampled_from(["{}", "{:,}"]), st.sampled_from([",", " ", ".", "\u202f"]))
def test_an_amount_is_not_personal(number: int, form: str, group: str) -> None:
    assume(not str(number).startswith("2126") and not str(number).startswith("2127"))
    assert find(form.format(number).replace(",", group)) is None


@given(st.dates(dt.date(1990, 1, 1), dt.date(2049, 12, 31)), st.dates(dt.date(1990, 1, 1), dt.date(2049, 12, 31)))
def test_a_date_or_a_span_of_dates_is_not_personal(one: dt.date, other: dt.date) -> None:
    for form in ("%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%Y%m%d"):
        assert find(f"{one.strftime(form)} - {other.strftime(form)}") is None
        assert find(f"{one.strftime(form)}-{other.strftime(form)}") is None
