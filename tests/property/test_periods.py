"""A period written in any of the supported forms is read back."""

import calendar
import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from orchestration.read.periods import Period, PeriodError, parse

YEARS = st.integers(min_value=1990, max_value=2049)
FRENCH = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]
MAGHREBI = ["يناير", "فبراير", "مارس", "أبريل", "ماي", "يونيو", "يوليوز", "غشت", "شتنبر", "أكتوبر", "نونبر", "دجنبر"]
MASHREQI = [
    "كانون الثاني",
    "شباط",
    "آذار",
    "نيسان",
    "أيار",
    "حزيران",
    "تموز",
    "آب",
    "أيلول",
    "تشرين الأول",
    "تشرين الثاني",
    "كانون الأول",
]
ENGLISH = list(calendar.month_name)[1:]
ORDINALS = {
    "fr": ["premier", "deuxième", "troisième", "quatrième"],
    "ar": ["الأول", "الثاني", "الثالث", "الرابع"],
}
DATES = st.dates(min_value=dt.date(1990, 1, 1), max_value=dt.date(2049, 12, 31))


def months(year: int, first: int, last: int) -> Period:
    return Period(dt.date(year, first, 1), dt.date(year, last, calendar.monthrange(year, last)[1]))


@given(YEARS, st.sampled_from(["{}", " {} ", "année {}", "exercice {}", "year {}", "سنة {}", "برسم سنة {}"]))
def test_a_year(year: int, form: str) -> None:
    assert parse(form.format(year)) == months(year, 1, 12)


@given(YEARS, st.integers(1, 4), st.data())
def test_a_quarter(year: int, number: int, data: st.DataObject) -> None:
    forms = (
        f"T{number} {year}",
        f"Q{number}-{year}",
        f"{year}-Q{number}",
        f"{year} T{number}",
        f"{ORDINALS['fr'][number - 1]} trimestre {year}",
        f"{ORDINALS['fr'][number - 1]} trimestre de l'année {year}",
        f"trimestre {number} - {year}",
        f"الربع {ORDINALS['ar'][number - 1]} {year}",
        f"الفصل {ORDINALS['ar'][number - 1]} {year}",
        f"T{number}/{year}",
        f"{year}Q{number}",
        f"{number} ème trimestre {year}",
        f"الربع {ORDINALS['ar'][number - 1]} من سنة {year}",
    )
    period = parse(data.draw(st.sampled_from(forms)))
    assert period == months(year, 3 * number - 2, 3 * number)
    assert period.grain == "quarter"


@given(YEARS, st.integers(1, 2), st.data())
def test_a_half_year(year: int, number: int, data: st.DataObject) -> None:
    forms = (
        f"S{number} {year}",
        f"{year}-H{number}",
        f"{ORDINALS['fr'][number - 1]} semestre {year}",
        f"النصف {ORDINALS['ar'][number - 1]} من سنة {year}",
        f"الأسدس {ORDINALS['ar'][number - 1]} {year}",
        f"السداسي {ORDINALS['ar'][number - 1]} {year}",
        f"{year}S{number}",
    )
    assert parse(data.draw(st.sampled_from(forms))) == months(year, 6 * number - 5, 6 * number)


@given(YEARS, st.integers(1, 12), st.data())
def test_a_month(year: int, month: int, data: st.DataObject) -> None:
    names = [f"{language[month - 1]} {year}" for language in (FRENCH, MAGHREBI, MASHREQI, ENGLISH)]
    forms = (*names, f"{year}-{month:02}", f"{month:02}/{year}", f"{year}{month:02}", names[0].upper())
    assert parse(data.draw(st.sampled_from(forms))) == months(year, month, month)


@given(YEARS, st.integers(1, 12), st.integers(1, 12), st.data())
def test_a_range_of_months(year: int, one: int, other: int, data: st.DataObject) -> None:
    first, last = sorted((one, other))
    forms = (
        f"{FRENCH[first - 1]} - {FRENCH[last - 1]} {year}",
        f"{FRENCH[first - 1]}-{FRENCH[last - 1]} {year}",
        f"de {FRENCH[first - 1]} à {FRENCH[last - 1]} {year}",
        f"من {MAGHREBI[first - 1]} إلى {MAGHREBI[last - 1]} {year}",
        f"{year}-{first:02}/{year}-{last:02}",
        f"{first:02}/{year} – {last:02}/{year}",
    )
    assert parse(data.draw(st.sampled_from(forms))) == months(year, first, last)


@given(DATES, DATES, st.data())
def test_a_range_of_dates(one: dt.date, other: dt.date, data: st.DataObject) -> None:
    start, end = sorted((one, other))
    forms = (
        f"{start}/{end}",
        f"{start} - {end}",
        f"{start:%d/%m/%Y} - {end:%d/%m/%Y}",
        f"{start:%d/%m/%Y}-{end:%d/%m/%Y}",
        f"du {start:%d/%m/%Y} au {end:%d/%m/%Y}",
        f"من {start:%d/%m/%Y} إلى {end:%d/%m/%Y}",
    )
    assert parse(data.draw(st.sampled_from(forms))) == Period(start, end)


@given(YEARS, YEARS, st.sampled_from(["{}-{}", "{}/{}", "{} – {}", "{} à {}"]))
def test_a_range_of_years(one: int, other: int, form: str) -> None:
    start, end = sorted((one, other))
    assert parse(form.format(start, end)) == Period(dt.date(start, 1, 1), dt.date(end, 12, 31))


@given(st.one_of(st.text(), st.text("0123456789-/ TQSHوà"), st.floats(), st.integers(), st.dates(), st.datetimes()))
def test_whatever_is_written_is_an_ordered_period_or_refused(written: object) -> None:
    try:
        period = parse(written)
    except PeriodError:
        return
    assert period.start <= period.end
    assert period.grain in ("month", "quarter", "half_year", "year", "multi_year", "custom")


@given(DATES, st.booleans())
def test_a_day_in_every_form(day: dt.date, as_text: bool) -> None:
    for form in ("%d/%m/%Y", "%Y/%m/%d", "%Y-%m-%d", "%d-%m-%Y", "%d.%m.%Y", "%Y%m%d", "%Y-%m-%dT00:00:00"):
        assert parse(day.strftime(form)) == Period(day, day)
    serial = (day - dt.date(1899, 12, 30)).days
    assert parse(str(serial) if as_text else float(serial), serials=True) == Period(day, day)


@given(st.integers(1990, 2049), st.integers(1, 53))
def test_a_week_is_isos(year: int, week: int) -> None:
    try:
        period = parse(f"{year}W{week}")
    except PeriodError:
        assert week == 53
    else:
        assert (period.start.isocalendar()[:2], (period.end - period.start).days) == ((year, week), 6)


@given(DATES, st.sampled_from(["%d/%m/%y", "%d-%m-%y", "%m/%y", "%b-%y", "%b %y"]))
def test_a_year_of_two_digits_is_refused(day: dt.date, form: str) -> None:
    try:
        parse(day.strftime(form))
    except PeriodError:
        return
    raise AssertionError
