"""The warehouse in a reader's language: names, words, numbers, dates, periods, and figures with their marks."""

import datetime as dt
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from babel import Locale
from babel.dates import format_date
from babel.numbers import NumberPattern, parse_pattern
from markupsafe import Markup, escape

from orchestration.portal import addresses, labels
from orchestration.portal.addresses import Here, Origins
from orchestration.portal.catalogues import Message, message, translations
from orchestration.portal.data import COUNTRY, TOTAL, Figure, Framework, Group, Observation, Row
from orchestration.settings import LANGUAGES, Language

LOCALES: dict[Language, str] = {"ar": "ar_MA", "fr": "fr", "en": "en_GB"}
FALLBACKS: dict[Language, tuple[Language, ...]] = {"ar": ("fr", "en"), "fr": ("en", "ar"), "en": ("fr", "ar")}
DIRECTIONS: dict[Language, str] = {"ar": "rtl", "fr": "ltr", "en": "ltr"}

_LTR, _END = "\u2066", "\u2069"
_HALVES = (message("period", "first half of %(year)s"), message("period", "second half of %(year)s"))
_QUARTERS = (
    message("period", "1st quarter of %(year)s"),
    message("period", "2nd quarter of %(year)s"),
    message("period", "3rd quarter of %(year)s"),
    message("period", "4th quarter of %(year)s"),
)
_MONTHS = message("months", "%(first)s to %(last)s")
_DAYS = message("days", "%(first)s to %(last)s")
_PERCENT = message("unit", "%(value)s%%")
_NO_ROW = message("why there is no value", "no figure")
PROVISIONAL = message("mark of a figure", "provisional: %(accepted)s of %(expected)s reports")
_RECEIVED = message("report", "received on %(day)s")
_BYTES = message("size of a file", "%(size)s bytes")
_SIZES = (
    (1_000_000_000, message("size of a file", "%(size)s GB")),
    (1_000_000, message("size of a file", "%(size)s MB")),
    (1_000, message("size of a file", "%(size)s kB")),
)
_PERIOD_SUFFIX = re.compile(r"(\d{4})-(?:(H)([12])|(Q)([1-4])|(\d{2}))")
_YEARS = re.compile(r"\d{4}-\d{4}")


class View:
    """One language's way of saying what the framework holds."""

    def __init__(self, language: Language, framework: Framework, origins: Origins):
        self.language = language
        self.framework = framework
        self.origins = origins
        self.direction = DIRECTIONS[language]
        self.comma = "، " if language == "ar" else ", "
        self.colon = "\u202f: " if language == "fr" else ": "
        self._locale = Locale.parse(LOCALES[language])
        self.catalogue = translations(language)
        self._pattern: NumberPattern = parse_pattern("#,##0.##")
        self._place = lru_cache(maxsize=1024)(self._name_place)
        self._organisation = lru_cache(maxsize=4096)(self._name_organisation)
        self._value = lru_cache(maxsize=65_536)(self._format_value)
        self._report = lru_cache(maxsize=1024)(self._name_report)
        self._status = lru_cache(maxsize=16)(self._mark_status)
        self._missing_reports = lru_cache(maxsize=4096)(self._mark_missing_reports)
        self._period = lru_cache(maxsize=4096)(self._format_period)
        self._group = lru_cache(maxsize=4096)(self._describe_group)
        self._day = lru_cache(maxsize=4096)(self._format_day)

    # Texts.

    def say(self, text: Message, **given: object) -> str:
        """A text of the catalogue, with its parts filled in."""
        told = self.catalogue.pgettext(text.context, text.text)
        return told % given if given else told

    def word(self, words: Mapping[str, Message], code: str | None) -> str:
        """The word for a code; a code without one is shown readable. Nothing for no code."""
        if code is None:
            return ""
        known = words.get(code)
        return self.say(known) if known else code.replace("_", " ").lower()

    def coded(self, words: Mapping[str, Message], code: str | None) -> Markup:
        """As `word`, in HTML: a code without a word is marked as one."""
        if code is None or code in words:
            return escape(self.word(words, code))
        return Markup('<span class="untranslated" translate="no" lang="en" dir="ltr">{}</span>').format(
            self.word(words, code)
        )

    # Names: the reader's language first, another one marked as such.

    def name(self, row: Row | None, column: str = "name") -> Markup:
        """A name or another text of a row in HTML; in another language where the reader's has none, and marked."""
        text, language = self._named(row, column)
        if language == self.language or not text:
            return escape(text)
        return Markup('<span lang="{}" dir="{}">{}</span> <small class="fallback">({})</small>').format(
            language, DIRECTIONS[language], text, self.say(labels.LANGUAGE_NAMES[language])
        )

    def plain_name(self, row: Row | None, column: str = "name") -> str:
        """As `name`, as bare text for titles."""
        return self._named(row, column)[0]

    def _named(self, row: Row | None, column: str) -> tuple[str, Language]:
        for language in (self.language, *FALLBACKS[self.language]):
            if row and (text := row.get(f"{column}_{language}")):
                return self._span_kept(str(text)) if language == "ar" else str(text), language
        return "", self.language

    @staticmethod
    def _span_kept(text: str) -> str:
        """A text in which spans of years keep their order: among Arabic letters 2017 and 2019 would change places."""
        return _YEARS.sub(f"{_LTR}\\g<0>{_END}", text)

    def place_name(self, code: str) -> Markup:
        """The name of a place; its code where the framework does not know it."""
        return self._place(code)

    def _name_place(self, code: str) -> Markup:
        return self.name(self.framework.places.get(code)) or escape(code)

    def organisation_name(self, code: str | None) -> Markup:
        """The name of an organisation; its code where the framework does not know it."""
        return self._organisation(code or "")

    def _name_organisation(self, code: str) -> Markup:
        return self.name(self.framework.organisations.get(code)) or escape(code)

    # Numbers, dates, periods.

    def number(self, value: Decimal | int | None) -> str:
        """A number in the reader's form, with two decimals at the most; nothing for none."""
        return "" if value is None else self._format_number(value)

    def _format_number(self, value: Decimal | int) -> str:
        whole = int(value)
        if value == whole:
            # As the pattern does it, in a tenth of the time.
            return f"{whole:,}".replace(",", self.symbols["group"])
        return str(self._pattern.apply(value, self._locale))

    def amount(self, value: Decimal | int, unit: str) -> str:
        """A value with the sign of its unit, where it has one."""
        told = self._format_number(value)
        return self.say(_PERCENT, value=told) if unit == "percent" else told

    def share(self, value: Decimal | None) -> str:
        """A share from 0 to 1 as whole percents, cut off and not rounded up: only what is whole is 100 %."""
        return "" if value is None else self.say(_PERCENT, value=self._format_number(int(value * 100)))

    def date(self, day: dt.date | dt.datetime | None) -> str:
        """A day in words."""
        if day is None:
            return ""
        return self._day(day.date() if isinstance(day, dt.datetime) else day)

    def _format_day(self, day: dt.date) -> str:
        told = format_date(day, "long", locale=self._locale)
        return f"1er{told[1:]}" if self.language == "fr" and day.day == 1 else told

    def period(self, label: str | None, start: dt.date | None = None, end: dt.date | None = None) -> str:
        """A period in words, from its label and its days."""
        return self._period(label, start, end) if label else ""

    def _format_period(self, label: str, start: dt.date | None, end: dt.date | None) -> str:
        if found := _PERIOD_SUFFIX.fullmatch(label):
            year = found[1]
            if found[2]:
                return self.say(_HALVES[int(found[3]) - 1], year=year)
            if found[4]:
                return self.say(_QUARTERS[int(found[5]) - 1], year=year)
            if "01" <= found[6] <= "12":
                return self._month(dt.date(int(year), int(found[6]), 1))
        if label.isdigit():
            return label
        if _YEARS.fullmatch(label) or start is None or end is None:
            return self._span_kept(label) if self.direction == "rtl" else label
        if start == end:
            return self._day(start)
        is_whole_months = start.day == 1 and (end + dt.timedelta(days=1)).day == 1
        if is_whole_months:
            return self.say(_MONTHS, first=self._month(start), last=self._month(end))
        return self.say(_DAYS, first=self._day(start), last=self._day(end))

    def _month(self, day: dt.date) -> str:
        return format_date(day, "MMMM y", locale=self._locale)

    def size(self, count: int) -> str:
        """The size of a file."""
        for limit, unit in _SIZES:
            if count >= limit:
                return self.say(unit, size=self._format_number(round(Decimal(count) / limit, 1)))
        return self.say(_BYTES, size=self._format_number(count))

    # Whom a figure is about.

    def group(self, group: Group) -> str:
        """A group in words; nothing for all together."""
        return self._group(group)

    def group_of(self, row: Row) -> str:
        """The group of a row that has its four columns, in words."""
        return self._group(Group(row["sex"], row["age_group"], row["residence"], row["population_group"]))

    def _describe_group(self, group: Group) -> str:
        parts = []
        if group.sex != TOTAL:
            parts.append(self.word(labels.SEXES, group.sex))
        if group.age_group != TOTAL:
            parts.append(self._age(group.age_group))
        if group.residence != TOTAL:
            parts.append(self.word(labels.RESIDENCES, group.residence))
        if group.population_group != TOTAL:
            parts += [
                _joined([self.word(labels.GROUPS, code) for code in part.split("=", 1)])
                for part in group.population_group.split("+")
            ]
        return self.comma.join(parts)

    def _age(self, code: str) -> str:
        if found := re.fullmatch(r"Y(\d+)T(\d+)", code):
            return self.say(labels.AGE_FROM_TO, low=found[1], high=found[2])
        if found := re.fullmatch(r"Y_GE(\d+)", code):
            return self.say(labels.AGE_FROM_ON, low=found[1])
        if found := re.fullmatch(r"Y_LT(\d+)", code):
            return self.say(labels.AGE_UNDER, high=found[1])
        if found := re.fullmatch(r"Y(\d+)", code):
            return self.say(labels.AGE_ONE, low=found[1])
        return self.say(labels.AGE_UNKNOWN) if code == "_U" else code

    # Figures.

    def value_text(self, value: Decimal | None, qualifier: str, unit: str) -> str:
        """A value in words: with its qualifier, or why there is none."""
        if value is None:
            return self.word(labels.ABSENCES, qualifier)
        told = self.amount(value, unit)
        return self.say(labels.QUALIFIERS[qualifier], value=told) if qualifier in labels.QUALIFIERS else told

    def value(self, value: Decimal | None, qualifier: str, unit: str) -> Markup:
        """As `value_text`, in HTML: each kind of certainty and of absence with a class of its own."""
        return self._value(value, qualifier, unit)

    def _format_value(self, value: Decimal | None, qualifier: str, unit: str) -> Markup:
        told = self.value_text(value, qualifier, unit)
        if value is None:
            return Markup('<span class="absent is-{}">{}</span>').format(qualifier, told)
        if qualifier == "exact":
            return escape(told)
        return Markup('<span class="is-{}">{}</span>').format(qualifier, told)

    def figure(self, figure: Figure, here: Here, unit: str) -> Markup:
        """A figure that leads to where it comes from."""
        address = self.origins.address(figure.indicator_code, figure.year, figure.place_code)
        return self.linked(here.to(address), self._value(figure.value, figure.qualifier, unit))

    def headline(self, row: Row, here: Here) -> Markup:
        """A headline figure that leads to where it comes from."""
        address = self.origins.address(row["indicator_code"], row["year"], COUNTRY)
        return self.linked(here.to(address), self._value(row["value"], row["qualifier"], row["unit"]))

    @staticmethod
    def linked(address: str, told: Markup) -> Markup:
        """HTML that leads to an address."""
        # Pages hold thousands of figures, and a format that escapes costs ten times as much. An address is made of
        # file names that are safe everywhere, what is told is escaped.
        return Markup('<a href="' + address + '">' + str(told) + "</a>")  # noqa: S704

    def report_line(self, statement: Observation, here: Here) -> Markup:
        """The report that a statement stands in: who sent which file, and when it was received."""
        address = here.to(addresses.organisation(statement.organisation_code))
        return self._report(statement.organisation_code, address, statement.file_name, statement.received_date)

    def _name_report(
        self, organisation_code: str, address: str, file_name: str | None, received_date: dt.date | None
    ) -> Markup:
        sender = self.linked(address, self.organisation_name(organisation_code))
        if file_name is None:
            return sender
        told = Markup("<bdi>{}</bdi>").format(file_name)
        received = self.say(_RECEIVED, day=self.date(received_date))
        return Markup("{}").format(self.comma).join([sender, told, escape(received)])

    def status(self, code: str) -> Markup:
        """The mark of a data status."""
        return self._status(code)

    def _mark_status(self, code: str) -> Markup:
        return Markup('<span class="mark status-{}">{}</span>').format(code, self.coded(labels.STATUSES, code))

    def provisional(self, row: Row) -> Markup:
        """The mark of a figure for which reports are still missing; nothing where all are there."""
        if not is_provisional(row):
            return Markup()
        return self._missing_reports(row["reports_accepted"], row["reports_expected"])

    def _mark_missing_reports(self, accepted: int, expected: int) -> Markup:
        told = self.say(PROVISIONAL, accepted=self.number(accepted), expected=self.number(expected))
        return Markup('<span class="mark provisional">{}</span>').format(told)

    def marks(self, row: Row) -> Markup:
        """All marks of a headline figure."""
        status, provisional = self.status(row["data_status"]), self.provisional(row)
        return Markup(f"{status} {provisional}") if provisional else status  # noqa: S704

    @cached_property
    def no_figure(self) -> Markup:
        """What stands where no report says anything."""
        return Markup(
            '<span class="absent is-missing"><span aria-hidden="true">–</span><span class="unseen">{}</span></span>'
        ).format(self.say(_NO_ROW))

    @cached_property
    def symbols(self) -> dict[str, str]:
        """The signs that numbers are written with, for scripts."""
        signs = self._locale.number_symbols["latn"]
        return {"decimal": str(signs["decimal"]), "group": str(signs["group"])}


def is_provisional(row: Row) -> bool:
    """Whether reports of a headline figure are still expected."""
    return row["completeness"] is not None and row["completeness"] < 1


def exact(value: Decimal) -> str:
    """All digits of a value, without the zeros that say nothing."""
    told = f"{value:f}"
    return told.rstrip("0").rstrip(".") if "." in told else told


def _joined(words: list[str]) -> str:
    return " – ".join(words)


def other_languages(language: Language) -> tuple[Language, ...]:
    """The languages beside one, in their order."""
    return tuple(other for other in LANGUAGES if other != language)


Context = dict[str, Any]
"""What a template is handed."""
