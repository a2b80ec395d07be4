"""Reporting periods as people write them: two inclusive dates and a grain.

`2019`, `2017-2019`, `T2 2019`, `الربع الثاني 2019`, `أكتوبر 2020 - مارس 2021`, `2025-H1`,
`04/12/2019 - 15/12/2020`. Month names are the Maghrebi, the Mashreqi, French and English ones.
"""

import calendar
import datetime as dt
import re
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
    ("janvier", "janv", "jan", "january", "يناير", "كانون الثاني"),
    ("février", "févr", "fév", "february", "feb", "فبراير", "شباط"),
    ("mars", "march", "mar", "مارس", "آذار"),
    ("avril", "avr", "april", "apr", "أبريل", "ابريل", "نيسان"),
    ("mai", "may", "ماي", "مايو", "أيار"),
    ("juin", "june", "jun", "يونيو", "حزيران"),
    ("juillet", "juil", "july", "jul", "يوليوز", "يوليو", "تموز"),
    ("août", "aout", "august", "aug", "غشت", "أغسطس", "آب"),
    ("septembre", "sept", "september", "sep", "شتنبر", "سبتمبر", "أيلول"),
    ("octobre", "oct", "october", "أكتوبر", "تشرين الأول"),
    ("novembre", "nov", "november", "نونبر", "نوفمبر", "تشرين الثاني"),
    ("décembre", "déc", "december", "dec", "دجنبر", "ديسمبر", "كانون الأول"),
)
_MONTHS = {text.key(name): number for number, names in enumerate(_MONTH_NAMES, 1) for name in names}
_ORDINALS = {
    text.key(word): number
    for number, words in enumerate(
        (
            ("premier", "première", "1er", "1ère", "first", "1st", "الأول", "الاول", "الأولى", "1", "i"),
            ("deuxième", "second", "seconde", "2e", "2ème", "2eme", "2nd", "الثاني", "الثانية", "2", "ii"),
            ("troisième", "3e", "3ème", "3eme", "third", "3rd", "الثالث", "الثالثة", "3", "iii"),
            ("quatrième", "4e", "4ème", "4eme", "fourth", "4th", "الرابع", "الرابعة", "4", "iv"),
        ),
        1,
    )
    for word in words
}
_QUARTER_WORDS = frozenset(text.key(word) for word in ("trimestre", "quarter", "الربع", "الفصل", "ربع"))
_HALF_WORDS = frozenset(
    text.key(word) for word in ("semestre", "half", "half year", "النصف", "نصف", "الأسدس", "أسدس", "السداسي")
)
_YEAR_WORDS = frozenset(
    text.key(word)
    for word in ("année", "an", "exercice", "year", "سنة", "عام", "لسنة", "برسم سنة", "برسم", "exercice budgétaire")
)
# Tried in this order, so that the slashes of 04/12/2019 - 15/12/2020 stay within its dates.
_JOINERS = (
    re.compile(r"\s+(?:-|–|—|/|à|au|to|until|إلى|الى|حتى)\s+"),
    re.compile(r"\s*[–—]\s*"),
    re.compile(r"\s*/\s*"),
    re.compile(r"\s*-\s+|\s+-\s*"),
    re.compile(r"\s+(?:et|and)\s+|\s+و\s*(?=\w)"),
    re.compile(r"-"),
)
_LEADING = re.compile(r"^(?:de|du|from|between|entre|ما بين|بين|من|الفترة|période|period)\s*:?\s+", re.IGNORECASE)


def parse(written: object) -> Period:
    """The period a cell or a title names.

    A range runs from the start of its first part to the end of its second; a first part without a
    year takes the second's. Raises PeriodError.

    >>> parse("T2 2019")
    Period(start=datetime.date(2019, 4, 1), end=datetime.date(2019, 6, 30))
    """
    if isinstance(written, dt.datetime):
        return Period(written.date(), written.date())
    if isinstance(written, dt.date):
        return Period(written, written)
    if isinstance(written, float) and written.is_integer():
        written = int(written)
    content = text.one_line(str(written)).strip(" .:؛،")
    if len(content) > 80:
        raise PeriodError(content[:80])
    return _parse(text.ascii_digits(content))


@lru_cache(maxsize=4096)
def _parse(written: str) -> Period:
    if not written:
        raise PeriodError(written)
    single = _single(written)
    if single is not None:
        return single
    years = re.fullmatch(r"((?:19|20)\d\d)\s*[-/–—]\s*((?:19|20)\d\d)", written)
    if years:
        return _ordered(_year(int(years[1])).start, _year(int(years[2])).end, written)
    rest = _LEADING.sub("", written)
    for splitter in _JOINERS:
        parts = [part.strip() for part in splitter.split(rest) if part.strip()]
        if len(parts) == 2:
            last = _single(parts[1])
            if last is None:
                continue
            first = _single(parts[0]) or _single(f"{parts[0]} {last.end.year}")
            if first is not None:
                return _ordered(first.start, last.end, written)
    dates = re.fullmatch(r"(\d{4}-\d\d-\d\d)\s*-\s*(\d{4}-\d\d-\d\d)", written)
    if dates and (first := _single(dates[1])) and (last := _single(dates[2])):
        return _ordered(first.start, last.end, written)
    if rest != written and (single := _single(rest)) is not None:
        return single
    raise PeriodError(written)


def _ordered(start: dt.date, end: dt.date, written: str) -> Period:
    if end < start:
        raise PeriodError(written)
    return Period(start, end)


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


def _single(written: str) -> Period | None:
    """A period that is not a range, or None."""
    code = written.strip().upper()
    if re.fullmatch(r"(?:19|20)\d\d", code):
        return _year(int(code))
    if match := re.fullmatch(r"((?:19|20)\d\d)[- ]?[QT]([1-4])", code):
        return _quarter(int(match[1]), int(match[2]))
    if match := re.fullmatch(r"[QT]([1-4])[-/ ]?((?:19|20)\d\d)", code):
        return _quarter(int(match[2]), int(match[1]))
    if match := re.fullmatch(r"((?:19|20)\d\d)[- ]?[HS]([12])", code):
        return _half(int(match[1]), int(match[2]))
    if match := re.fullmatch(r"[HS]([12])[-/ ]?((?:19|20)\d\d)", code):
        return _half(int(match[2]), int(match[1]))
    if match := re.fullmatch(r"((?:19|20)\d\d)[-/](\d\d?)", code):
        return _months(int(match[1]), int(match[2]), int(match[2]))
    if match := re.fullmatch(r"((?:19|20)\d\d)(0[1-9]|1[0-2])", code):
        return _months(int(match[1]), int(match[2]), int(match[2]))
    if match := re.fullmatch(r"(\d\d?)[-/]((?:19|20)\d\d)", code):
        return _months(int(match[2]), int(match[1]), int(match[1]))
    if match := re.fullmatch(r"((?:19|20)\d\d)-(\d\d?)-(\d\d?)", code):
        return _date(match[1], match[2], match[3])
    if match := re.fullmatch(r"(\d\d?)[/.-](\d\d?)[/.-]((?:19|20)\d\d)", code):
        return _date(match[3], match[2], match[1])
    return _in_words(written)


def _quarter(year: int, number: int) -> Period | None:
    return _months(year, 3 * number - 2, 3 * number)


def _half(year: int, number: int) -> Period | None:
    return _months(year, 6 * number - 5, 6 * number)


def _in_words(written: str) -> Period | None:
    words = text.key(written).split()
    years = [word for word in words if re.fullmatch(r"(?:19|20)\d\d", word)]
    if len(years) != 1:
        return None
    year = int(years[0])
    rest = [word for word in words if word != years[0] and word not in ("de", "du", "of", "من", "l", "le", "la")]
    if rest and " ".join(rest) in _YEAR_WORDS:
        return _year(year)
    rest = [word for word in rest if word not in _YEAR_WORDS]
    if not rest:
        return None
    if " ".join(rest) in _MONTHS:
        month = _MONTHS[" ".join(rest)]
        return _months(year, month, month)
    if len(rest) == 2 and rest[0].isdigit() and rest[1] in _MONTHS:
        return _date(str(year), str(_MONTHS[rest[1]]), rest[0])
    if len(rest) == 2 and rest[0] == "1er" and rest[1] in _MONTHS:
        return _date(str(year), str(_MONTHS[rest[1]]), "1")
    kinds = [word for word in rest if word in _QUARTER_WORDS or word in _HALF_WORDS]
    numbers = [_ORDINALS[word] for word in rest if word in _ORDINALS]
    if len(rest) == 2 and len(kinds) == 1 and len(numbers) == 1:
        number = numbers[0]
        if kinds[0] in _QUARTER_WORDS:
            return _quarter(year, number)
        return _half(year, number) if number <= 2 else None
    return None
