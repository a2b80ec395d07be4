"""Reporting periods as people write them: two inclusive dates and a grain.

`2019`, `2017-2019`, `T2 2019`, `الربع الثاني 2019`, `أكتوبر 2020 - مارس 2021`, `2025-H1`,
`04/12/2019 - 15/12/2020`, DHIS2's `201801`, `2018W5`, `2018April`, ADX's `2015-01-01/P1M`. Month
names are the Maghrebi, the Mashreqi, French and English ones. Days stand before months, as everywhere
in Morocco (`orders` tells a table from elsewhere); a year has four digits. What has two readings is
refused: `2018/19`, a school year, `31/01/19`.
"""

import calendar
import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from orchestration.read import text

Grain = Literal["month", "quarter", "half_year", "year", "multi_year", "custom"]


@dataclass(frozen=True, slots=True)
class Period:
    """An inclusive span of days."""

    start: dt.date
    end: dt.date

    @property
    def grain(self) -> Grain:
        """What kind of period these two dates are."""
        if self.end.year != self.start.year:
            return "multi_year"
        months = self.end.month - self.start.month + 1
        if self.start.day != 1 or self.end != _month_end(self.end.year, self.end.month):
            return "custom"
        if months == 1:
            return "month"
        if months == 3 and self.start.month in (1, 4, 7, 10):
            return "quarter"
        if months == 6 and self.start.month in (1, 7):
            return "half_year"
        return "year" if months == 12 else "custom"


class PeriodError(Exception):
    """The text is no period; PERIOD_UNREADABLE in the catalogue."""


_MONTH_NAMES: tuple[tuple[str, ...], ...] = (
    ("janvier", "janv", "jan", "january", "يناير", "كانون الثاني", "كانون ثاني", "جانفي"),
    ("février", "févr", "fév", "february", "feb", "فبراير", "فبرائر", "شباط", "فيفري"),
    ("mars", "march", "mar", "مارس", "آذار"),
    ("avril", "avr", "april", "apr", "أبريل", "إبريل", "نيسان", "أفريل"),
    ("mai", "may", "ماي", "مايو", "أيار"),
    ("juin", "june", "jun", "يونيو", "يونيه", "حزيران", "جوان"),
    ("juillet", "juil", "juill", "july", "jul", "يوليوز", "يوليو", "يوليه", "تموز", "جويلية"),
    ("août", "august", "aug", "غشت", "أغسطس", "آب", "أوت"),
    ("septembre", "sept", "september", "sep", "شتنبر", "سبتمبر", "أيلول"),
    ("octobre", "oct", "october", "أكتوبر", "أكثوبر", "تشرين الأول", "تشرين أول"),
    ("novembre", "nov", "november", "نونبر", "نوفمبر", "تشرين الثاني", "تشرين ثاني"),
    ("décembre", "déc", "december", "dec", "دجنبر", "دجمبر", "ديسمبر", "كانون الأول", "كانون أول"),
)
_MONTHS = {text.key(name): number for number, names in enumerate(_MONTH_NAMES, 1) for name in names}
_ORDINALS = {
    text.key(word): number
    for number, words in enumerate(
        (
            ("premier", "première", "1er", "1ère", "1ere", "first", "1st", "الأول", "الأولى", "أول", "1", "i", "ier"),
            (
                "deuxième",
                "second",
                "seconde",
                "2e",
                "2ème",
                "2nd",
                "الثاني",
                "الثانية",
                "ثاني",
                "2",
                "ii",
                "iie",
                "iième",
            ),
            ("troisième", "3e", "3ème", "third", "3rd", "الثالث", "الثالثة", "ثالث", "3", "iii", "iiie", "iiième"),
            ("quatrième", "4e", "4ème", "fourth", "4th", "الرابع", "الرابعة", "رابع", "4", "iv", "ive", "ivème"),
        ),
        1,
    )
    for word in words
}
_NUMBERS = {
    text.key(word): number
    for number, words in enumerate(
        (
            ("deux", "two"),
            ("trois", "three", "الثلاثة"),
            ("quatre", "four", "الأربعة"),
            ("cinq", "five", "الخمسة"),
            ("six", "الستة"),
            ("sept", "seven", "السبعة"),
            ("huit", "eight", "الثمانية"),
            ("neuf", "nine", "التسعة"),
            ("dix", "ten", "العشرة"),
            ("onze", "eleven"),
        ),
        2,
    )
    for word in words
}
_QUARTER_WORDS = frozenset(
    text.key(word)
    for word in ("trimestre", "trimestres", "trim", "quarter", "quarters", "الربع", "ربع", "الفصل", "فصل", "الأثلوث")
)
_HALF_WORDS = frozenset(
    text.key(word)
    for words in (
        ("semestre", "semestres", "sem", "half", "half year"),
        ("النصف", "نصف", "الأسدس", "أسدس", "الأسدوس", "أسدوس", "السداسي", "سداسي", "السداسية"),
    )
    for word in words
)
_YEAR_WORDS = frozenset(
    text.key(word)
    for words in (
        ("année", "an", "exercice", "year", "exercice budgétaire", "année civile", "calendar year"),
        ("سنة", "السنة", "عام", "لسنة", "لعام", "برسم سنة", "برسم", "السنة المالية"),
    )
    for word in words
)
_FILLERS = frozenset(("de", "du", "of", "من", "l", "le", "la", "the", "d", "م"))
_MONTH_WORDS = frozenset(text.key(word) for word in ("mois", "month", "شهر", "لشهر"))
# "2 ème trimestre": the ending stands apart from its figure
_ENDINGS = frozenset(("er", "ere", "e", "eme", "nd", "st", "rd", "th"))
_ARABIC_FIRST = text.key("فاتح")  # the first of a month
_DASH = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
# Tried in this order, so that the slashes of 04/12/2019 - 15/12/2020 stay within its dates.
_JOINERS = (
    re.compile(rf"\s+(?:[{_DASH}]|/|à|au|to|until|till|through|jusqu'à|jusqu’à|jusqu'au|إلى غاية|إلى|الى|حتى)\s+"),
    re.compile(r"\s*[–—]\s*"),
    re.compile(r"\s*/\s*"),
    re.compile(r"\s*-\s+|\s+-\s*"),
    re.compile(r"-"),
)
_AND = re.compile(r"\s+(?:et|and|&)\s+|\s+و\s*(?=\w)")
_LEADING = re.compile(
    r"^(?:de|du|from|between|entre|ما بين|بين|من|الفترة الممتدة من|الفترة من|الفترة|فترة|période|period"
    r"|en|during|pendant|durant|au titre d(?:e|u|es)|خلال|برسم)\s*:?\s+",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"(?:entre|between|ما بين|بين)\s", re.IGNORECASE)
# A year that begins in an unnamed month, where it spans two numbers.
_FISCAL = re.compile(r"exercice|fiscal|السنة المالية", re.IGNORECASE)
_TIME = re.compile(r"(?<=\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(?:Z|[+-]\d\d:?\d\d)?$")
_NOTE = re.compile(r"\s?(?:[¹²³⁰⁴-⁹]+|\*)$")
_NUMBERED_NOTE = re.compile(r"\s?(?:\(\d{1,2}\)|\[\d{1,2}\])$")
_DATES = re.compile(r"(?<![\d/.-])(\d{1,2})[/.-](\d{1,2})[/.-](?:19|20)\d\d(?!\d)")
# DHIS2's years that begin in another month, written without a space. Its November years and its months
# in pairs (201803B) are left out: its versions do not agree which months they are.
_FINANCIAL = {"April": 4, "July": 7, "Oct": 10}
_LONGEST = 80
# The days from 1990 to 2099 in a spreadsheet's count from 1899-12-30.
_MONTH_AND_TWO = re.compile(r"([^\W\d_]+\.?)([- ])(\d\d)")
_FIRST_MONTHS = re.compile(r"(?:les )?(\w+) premiers mois|(?:the )?first (\w+) months|الاشهر (\w+) (?:ال)?اولي")
_LISTED = re.compile(r"\s*[,،]\s*|\s+(?:et|and|&)\s+|\s+و\s*(?=\w)")
_FIRST_SERIAL, _LAST_SERIAL = 32_874, 73_050
_EPOCH = dt.date(1899, 12, 30)


def parse(written: object, *, serials: bool = False, year: int | None = None) -> Period:
    """The period a cell or a title names.

    A range runs from the start of its first part to the end of its second; a first part without a
    year takes the second's. `serials` says that a plain number may be a spreadsheet's count of
    days, for columns known to hold dates; `year` is the year of what names none (`T1`, `mars` in a
    header under `2019`). Raises PeriodError.

    >>> parse("T2 2019")
    Period(start=datetime.date(2019, 4, 1), end=datetime.date(2019, 6, 30))
    """
    if isinstance(written, dt.datetime):
        return Period(written.date(), written.date())
    if isinstance(written, dt.date):
        return Period(written, written)
    if isinstance(written, float):
        if serials and _FIRST_SERIAL <= written < _LAST_SERIAL + 1:
            return _day(int(written))
        if written.is_integer():
            written = int(written)
    content = str(written)
    if len(content) > 4 * _LONGEST:
        raise PeriodError(content[:_LONGEST])
    content = text.one_line(content).strip(" .:؛،")
    if len(content) > _LONGEST:
        raise PeriodError(content[:_LONGEST])
    plain = text.ascii_digits(content)
    if plain.endswith(".0") and len(plain) == 6:
        # A year that passed through a column of decimals.
        plain = plain[:4]
    if serials and len(plain) == 5 and plain.isdigit() and _FIRST_SERIAL <= int(plain) <= _LAST_SERIAL:
        return _day(int(plain))
    # `avril 2019 (1)` is a month with a footnote, and no first of April.
    bare = _NUMBERED_NOTE.sub("", plain)
    found = (_named(bare, year) if bare != plain else None) or _named(plain, year)
    if found is None:
        raise PeriodError(content)
    return found


def _named(plain: str, year: int | None) -> Period | None:
    """The period that a text names, by itself or within a year. Raises PeriodError where it may be two."""
    found = _parse(plain)
    if found is None and year is not None and (two := _MONTH_AND_TWO.fullmatch(plain)):
        # A spreadsheet's mai-19 is May 2019; "May 19" is a day, but under 2019 may as well be the month.
        is_year = int(two[3]) == year % 100
        if is_year != (two[2] == "-"):
            raise PeriodError(plain)
        plain = two[1] if is_year else plain
    if found is None and year is not None and re.search(r"(?:19|20)\d\d", plain) is None:
        found = _parse(f"{plain} {year}")
    return found


def orders(written: str) -> list[Literal["day", "month"]]:
    """Of each date in figures that has one reading alone, what stands first in it.

    >>> orders("31/01/2019"), orders("1/31/2019"), orders("01/02/2019")
    (['day'], ['month'], [])
    """
    pairs = [(int(first), int(second)) for first, second in _DATES.findall(text.ascii_digits(written[:_LONGEST]))]
    return ["day" if second <= 12 else "month" for first, second in pairs if (first <= 12) != (second <= 12)]


def has_two_orders(written: str) -> bool:
    """Whether a text holds a date that is another one where months stand first."""
    pairs = _DATES.findall(text.ascii_digits(written[:_LONGEST]))
    return any(int(first) <= 12 and int(second) <= 12 and int(first) != int(second) for first, second in pairs)


def _day(serial: int) -> Period:
    day = _EPOCH + dt.timedelta(days=serial)
    return Period(day, day)


@lru_cache(maxsize=4096)
def _parse(written: str) -> Period | None:
    written = re.sub(r"(?<=\d)\s?م$", "", _MARKS.sub("", _NOTE.sub("", written)))
    if not any(char.isdigit() for char in written):
        return None
    if _FISCAL.search(written) and len(re.findall(r"(?:19|20)\d\d", written)) > 1:
        return None
    single = _single(written)
    if single is not None:
        return single
    years = re.fullmatch(rf"((?:19|20)\d\d)\s*[/{_DASH}]\s*((?:19|20)\d\d)", written)
    if years:
        return _ordered(_year(int(years[1])), _year(int(years[2])))
    dates = re.fullmatch(r"(\d{4}-\d\d-\d\d)\s*-\s*(\d{4}-\d\d-\d\d)", written)
    if dates and (first := _single(dates[1])) and (last := _single(dates[2])):
        return _ordered(first, last)
    rest = _LEADING.sub("", written)
    for joiner in _JOINERS:
        if (pair := _pair(joiner, rest)) is not None:
            return _ordered(*pair)
    if (months := _listed_months(rest) or _first_months(rest)) is not None:
        return months
    if (pair := _pair(_AND, rest)) is not None:
        first, last = pair
        # "mars et mai" are two months, not three.
        adjoin = first.end + dt.timedelta(days=1) == last.start
        return _ordered(first, last) if adjoin or _BETWEEN.match(written) else None
    return _single(rest) if rest != written else None


_MARKS = re.compile(r"[\u061c\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def _pair(joiner: re.Pattern[str], written: str) -> tuple[Period, Period] | None:
    """The two periods of a range."""
    parts = [part.strip() for part in joiner.split(written) if part.strip()]
    if len(parts) != 2:
        return None
    last = _single(parts[1])
    if last is None:
        return None
    first = _single(parts[0]) or _single(f"{parts[0]} {last.end.year}")
    if first is None and not re.search(r"(?:19|20)\d\d", parts[0]):
        # "19 - 20 mars 2019", "1er et 2e trimestres 2019": the first part lacks what the second ends with
        first = _single(f"{parts[0]} {parts[1].partition(' ')[2]}")
    return (first, last) if first is not None else None


def _ordered(first: Period, last: Period) -> Period | None:
    return Period(first.start, last.end) if first.start <= last.end and first.start <= last.start else None


def _listed_months(written: str) -> Period | None:
    """`janvier, février et mars 2019`: three months or more, each following the other."""
    parts = [part for part in _LISTED.split(written) if part]
    last = _single(parts[-1]) if len(parts) > 2 else None
    if last is None or last.grain != "month":
        return None
    numbers = [_MONTHS.get(text.key(part)) for part in parts[:-1]] + [last.end.month]
    expected = list(range(last.end.month - len(numbers) + 1, last.end.month + 1))
    return _months(last.end.year, expected[0], expected[-1]) if numbers == expected else None


def _first_months(written: str) -> Period | None:
    """`les neuf premiers mois de 2019`: from January on."""
    found = _FIRST_MONTHS.search(text.key(written))
    year = re.search(r"(?:19|20)\d\d", written)
    if found is None or year is None:
        return None
    rest = text.key(written).replace(found[0], " ").split()
    if [word for word in rest if word not in _FILLERS and word not in _YEAR_WORDS] != [year[0]]:
        return None
    word = next(part for part in found.groups() if part)
    number = int(word) if word.isdigit() else _NUMBERS.get(word, 0)
    return _months(int(year[0]), 1, number) if number > 1 else None


def _month_end(year: int, month: int) -> dt.date:
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _months(year: int, first: int, last: int) -> Period | None:
    if not (1 <= first <= last <= 12 and 1900 <= year <= 2100):
        return None
    return Period(dt.date(year, first, 1), _month_end(year, last))


def _year(year: int) -> Period:
    return Period(dt.date(year, 1, 1), dt.date(year, 12, 31))


def _date(year: str, month: str, day: str) -> Period | None:
    try:
        date = dt.date(int(year), int(month), int(day))
    except ValueError:
        return None
    return Period(date, date) if 1900 <= date.year <= 2100 else None


def _quarter(year: int, number: int) -> Period | None:
    return _months(year, 3 * number - 2, 3 * number)


def _half(year: int, number: int) -> Period | None:
    return _months(year, 6 * number - 5, 6 * number)


def _week(year: int, number: int, weeks: int = 1) -> Period | None:
    """ISO weeks, Monday to Sunday."""
    try:
        start = dt.date.fromisocalendar(year, number, 1)
    except ValueError:
        return None
    return Period(start, start + dt.timedelta(days=7 * weeks - 1))


def _slashed_month(year: int, month: int) -> Period | None:
    """`2018/12`; but `2011/12` may as well be the year from 2011 to 2012."""
    return None if (year + 1) % 100 == month else _months(year, month, month)


def _lasting(year: str, month: str, day: str, count: str, unit: str) -> Period | None:
    """An ISO 8601 interval of a first day and a duration in days, weeks, months or years."""
    first = _date(year, month, day)
    if first is None:
        return None
    start, number = first.start, int(count)
    if unit in "DW":
        return Period(start, start + dt.timedelta(days=number * (7 if unit == "W" else 1) - 1))
    months = start.month - 1 + number * (12 if unit == "Y" else 1)
    after = _date(str(start.year + months // 12), str(months % 12 + 1), day)
    return Period(start, after.start - dt.timedelta(days=1)) if after else None


def _twelve_months(year: int, month: int) -> Period:
    return Period(dt.date(year, month, 1), _month_end(year + 1, month - 1))


_Y = r"((?:19|20)\d\d)"
_CODES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Period | None]], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (rf"{_Y}(?:-A1)?", lambda m: _year(int(m[1]))),
        (rf"{_Y}[- /]?[QT]([1-4])", lambda m: _quarter(int(m[1]), int(m[2]))),
        (rf"[QT] ?([1-4])(?:[-/ ]|, ?| DE )?{_Y}", lambda m: _quarter(int(m[2]), int(m[1]))),
        (rf"([1-4])[QT][-/ ]?{_Y}", lambda m: _quarter(int(m[2]), int(m[1]))),
        (rf"{_Y}[- /]?[HS]([12])", lambda m: _half(int(m[1]), int(m[2]))),
        (rf"[HS] ?([12])(?:[-/ ]|, ?| DE )?{_Y}", lambda m: _half(int(m[2]), int(m[1]))),
        (rf"([12])[HS][-/ ]?{_Y}", lambda m: _half(int(m[2]), int(m[1]))),
        (rf"{_Y}-?M(\d\d?)", lambda m: _months(int(m[1]), int(m[2]), int(m[2]))),
        (rf"{_Y}-(\d\d?)", lambda m: _months(int(m[1]), int(m[2]), int(m[2]))),
        (rf"{_Y}/(\d\d?)", lambda m: _slashed_month(int(m[1]), int(m[2]))),
        (rf"{_Y}(0[1-9]|1[0-2])", lambda m: _months(int(m[1]), int(m[2]), int(m[2]))),
        (rf"(\d\d?)[-/]{_Y}", lambda m: _months(int(m[2]), int(m[1]), int(m[1]))),
        (rf"{_Y}([-/.])(\d\d?)\2(\d\d?)", lambda m: _date(m[1], m[3], m[4])),
        (rf"{_Y}(\d\d)(\d\d)", lambda m: _date(m[1], m[2], m[3])),
        (rf"(\d\d?)([/.-])(\d\d?)\2{_Y}", lambda m: _date(m[4], m[3], m[1])),
        (rf"{_Y}-?W(\d\d?)", lambda m: _week(int(m[1]), int(m[2]))),
        (rf"{_Y}BIW(\d\d?)", lambda m: _week(int(m[1]), 2 * int(m[2]) - 1, 2)),
        (rf"{_Y}-(\d\d)-(\d\d)/P([1-9]\d?)([DWMY])", lambda m: _lasting(m[1], m[2], m[3], m[4], m[5])),
        (rf"{_Y}APRILS([12])", lambda m: _half_from_april(int(m[1]), int(m[2]))),
    )
)


def _half_from_april(year: int, number: int) -> Period:
    if number == 1:
        return Period(dt.date(year, 4, 1), dt.date(year, 9, 30))
    return Period(dt.date(year, 10, 1), dt.date(year + 1, 3, 31))


def _single(written: str) -> Period | None:
    """A period that is not a range, or None."""
    code = _TIME.sub("", written.strip())
    if financial := re.fullmatch(rf"{_Y}(April|July|Oct)", code):
        return _twelve_months(int(financial[1]), _FINANCIAL[financial[2]])
    code = code.upper()
    for pattern, read in _CODES:
        if match := pattern.fullmatch(code):
            return read(match)
    return _in_words(written)


def _in_words(written: str) -> Period | None:
    words = text.key(written).split()
    years = [word for word in words if re.fullmatch(r"(?:19|20)\d\d", word)]
    if len(years) != 1:
        return None
    year = int(years[0])
    rest = [word for word in words if word != years[0] and word not in _FILLERS]
    if rest and " ".join(rest) in _YEAR_WORDS:
        return _year(year)
    rest = [word for word in rest if word not in _YEAR_WORDS and word not in _MONTH_WORDS]
    if not rest:
        return None
    if month := _MONTHS.get(" ".join(rest)):
        return _months(year, month, month)
    if len(rest) == 3 and rest[0].isdigit() and rest[1] in _ENDINGS:
        rest = [rest[0], rest[2]]
    if len(rest) >= 2 and (month := _MONTHS.get(" ".join(rest[1:]))):
        day = "1" if rest[0] in ("1er", _ARABIC_FIRST) else rest[0]
        return _date(str(year), str(month), day) if re.fullmatch(r"\d\d?", day) else None
    if len(rest) >= 2 and rest[-1].isdigit() and (month := _MONTHS.get(" ".join(rest[:-1]))):
        return _date(str(year), str(month), rest[-1])  # March 5, 2019
    kinds = [word for word in rest if word in _QUARTER_WORDS or word in _HALF_WORDS]
    numbers = [_ORDINALS[word] for word in rest if word in _ORDINALS]
    if len(rest) == 2 and len(kinds) == 1 and len(numbers) == 1:
        number = numbers[0]
        if kinds[0] in _QUARTER_WORDS:
            return _quarter(year, number)
        return _half(year, number) if number <= 2 else None
    return None
