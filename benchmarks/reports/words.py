"""How people write what a report says: categories, periods and numbers in three languages."""

import datetime as dt
import random
from dataclasses import dataclass
from decimal import Decimal

from orchestration.settings import Language

TOTAL = "_T"

SEX: dict[str, dict[Language, tuple[str, ...]]] = {
    "F": {"ar": ("إناث", "فتيات"), "fr": ("Filles", "F", "Féminin"), "en": ("Girls", "F", "Female")},
    "M": {"ar": ("ذكور", "فتيان"), "fr": ("Garçons", "M", "Masculin"), "en": ("Boys", "M", "Male")},
    TOTAL: {"ar": ("المجموع", ""), "fr": ("Total", ""), "en": ("Total", "")},
}
RESIDENCE: dict[str, dict[Language, tuple[str, ...]]] = {
    "U": {"ar": ("حضري",), "fr": ("Urbain", "urbain"), "en": ("Urban",)},
    "R": {"ar": ("قروي",), "fr": ("Rural", "rural"), "en": ("Rural",)},
    TOTAL: {"ar": ("المجموع", ""), "fr": ("Ensemble", ""), "en": ("Total", "")},
}
AGE: dict[str, dict[Language, tuple[str, ...]]] = {
    "Y0T4": {"ar": ("0-4 سنوات",), "fr": ("0-4 ans", "de 0 à 4 ans"), "en": ("0-4 years",)},
    "Y5T9": {"ar": ("5-9 سنوات",), "fr": ("5-9 ans",), "en": ("5-9 years",)},
    "Y10T14": {"ar": ("10-14 سنة",), "fr": ("10-14 ans", "10 à 14 ans"), "en": ("10-14 years",)},
    "Y15T17": {"ar": ("15-17 سنة",), "fr": ("15-17 ans",), "en": ("15-17 years",)},
    "Y_GE18": {"ar": ("18 سنة فأكثر",), "fr": ("18 ans et plus",), "en": ("18 years and over",)},
    TOTAL: {"ar": ("المجموع", ""), "fr": ("Tous âges", ""), "en": ("All ages", "")},
}
GROUPS: dict[Language, tuple[str, ...]] = {
    "ar": ("أطفال في وضعية إعاقة", "أطفال مهاجرون"),
    "fr": ("Enfants en situation de handicap", "Enfants migrants"),
    "en": ("Children with disabilities", "Migrant children"),
}
REMARKS: dict[Language, tuple[str, ...]] = {
    "ar": ("بدون ملاحظة", "معطيات أولية"),
    "fr": ("Données provisoires", "à confirmer"),
    "en": ("Provisional", "to be confirmed"),
}
MONTHS: dict[Language, tuple[str, ...]] = {
    "ar": (
        *("يناير", "فبراير", "مارس", "أبريل", "ماي", "يونيو"),
        *("يوليوز", "غشت", "شتنبر", "أكتوبر", "نونبر", "دجنبر"),
    ),
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin"),
        *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    ),
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
ORDINAL: dict[Language, tuple[str, ...]] = {
    "ar": ("الأول", "الثاني", "الثالث", "الرابع"),
    "fr": ("1er", "2ème", "3ème", "4ème"),
    "en": ("first", "second", "third", "fourth"),
}
STATUS: dict[str, dict[Language, tuple[str, ...]]] = {
    "planned": {"ar": ("مبرمج",), "fr": ("prévu",), "en": ("planned",)},
    "in_progress": {"ar": ("في طور الإنجاز",), "fr": ("en cours",), "en": ("in progress",)},
    "done": {"ar": ("منجز",), "fr": ("réalisé",), "en": ("done",)},
}
MISSING = {
    "not_reported": {"ar": ("غير متوفر", "-", ".."), "fr": ("n/d", "-", ".."), "en": ("n/d", "-", "..")},
    "not_applicable": {"ar": ("لا ينطبق",), "fr": ("s.o.", "sans objet"), "en": ("n/a",)},
    "suppressed": {"ar": ("*",), "fr": ("*",), "en": ("*",)},
}
BOUNDS = {
    "more_than": {"ar": "أكثر من {}", "fr": "plus de {}", "en": "more than {}"},
    "at_least": {"ar": "على الأقل {}", "fr": "au moins {}", "en": "at least {}"},
    "approximate": {"ar": "حوالي {}", "fr": "environ {}", "en": "about {}"},
    "less_than": {"ar": "<{}", "fr": "<{}", "en": "<{}"},
}
PERIOD_LABEL = {"ar": "الفترة", "fr": "Période", "en": "Period"}
TOTAL_LABEL = {"ar": "المجموع", "fr": "Total", "en": "Total"}
SOURCE_NOTE = {
    "ar": "المصدر: معطيات توضيحية",
    "fr": "Source : données illustratives",
    "en": "Source: illustrative data",
}
SHEETS = {"ar": ("ورقة1", "معطيات"), "fr": ("Feuil1", "Données"), "en": ("Sheet1", "Data")}
COVER = {"ar": "تعليمات", "fr": "Lisez-moi", "en": "Read me"}
UNIT_ROW = {"ar": "(عدد)", "fr": "(nombre)", "en": "(number)"}
EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def period_texts(start: dt.date, end: dt.date, grain: str, language: Language) -> tuple[str, ...]:
    """The ways in which a period is written, the usual one first."""
    year = start.year
    match grain:
        case "month":
            return f"{MONTHS[language][start.month - 1]} {year}", f"{year}-{start.month:02}"
        case "quarter":
            number = (start.month + 2) // 3
            word = ORDINAL[language][number - 1]
            return {
                "ar": (f"الربع {word} {year}", f"الربع {word} من سنة {year}"),
                "fr": (f"T{number} {year}", f"{word} trimestre {year}"),
                "en": (f"Q{number} {year}", f"{word} quarter {year}"),
            }[language]
        case "half_year":
            number = 1 if start.month == 1 else 2
            word = ORDINAL[language][number - 1]
            return {
                "ar": (f"النصف {word} {year}", f"الأسدس {word} من سنة {year}"),
                "fr": (f"S{number} {year}", f"{word} semestre {year}"),
                "en": (f"H{number} {year}", f"{year}-H{number}"),
            }[language]
        case "year":
            return (str(year),)
        case "multi_year":
            return (f"{year}-{end.year}",)
    return f"{start:%d/%m/%Y} - {end:%d/%m/%Y}", f"{start.isoformat()}/{end.isoformat()}"


def list_title(start: dt.date, end: dt.date, grain: str, language: Language) -> str:
    """A period as the name of a list, where a file has no title: without a slash."""
    if grain == "custom":
        return f"{start:%d.%m.%Y} - {end:%d.%m.%Y}"
    return period_texts(start, end, grain, language)[0]


def machine_period(start: dt.date, grain: str, style: str) -> str:
    """A month, a quarter, a half year or a year as systems write it: `dhis2`, `adx` or `sdmx`."""
    year = start.year
    months = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[grain]
    number = (start.month - 1) // months + 1
    if style == "adx":
        return f"{start.isoformat()}/P1Y" if grain == "year" else f"{start.isoformat()}/P{months}M"
    if grain == "year":
        return str(year)
    if grain == "month":
        return f"{year}{number:02}" if style == "dhis2" else f"{year}-{number:02}"
    letter = "Q" if grain == "quarter" else "S"
    return f"{year}{letter}{number}" if style == "dhis2" else f"{year}-{letter}{number}"


def a_period(rng: random.Random, grain: str) -> tuple[dt.date, dt.date]:
    year = rng.randint(2016, 2023)
    months = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}.get(grain)
    if grain == "multi_year":
        return dt.date(year, 1, 1), dt.date(year + 2, 12, 31)
    if months is None:
        return dt.date(year, 2, 10), dt.date(year, 5, 20)
    first = 1 + months * rng.randrange(12 // months)
    after = dt.date(year + (first + months > 12), (first + months - 1) % 12 + 1, 1)
    return dt.date(year, first, 1), after - dt.timedelta(days=1)


@dataclass
class Numbers:
    """How one file writes its numbers.

    A mark that may group or part (`1.234`) is written only for values that leave one reading: counts
    from 100 to 9,999, each of the size of its neighbours.
    """

    mark: str
    eastern: bool
    sign: str

    @property
    def is_doubtful(self) -> bool:
        return self.mark in (".", ",")

    def written(self, value: Decimal) -> str:
        whole, _, fraction = f"{value:f}".partition(".")
        grouped = f"{int(whole):,}".replace(",", "٬" if self.eastern and self.mark else self.mark)
        # Beside a dot that groups, the comma parts, and the other way round.
        sign = {".": ",", ",": "."}.get(self.mark, self.sign)
        shown = f"{grouped}{sign}{fraction}" if fraction else grouped
        return shown.replace(",", "٫").replace(".", "٫").translate(EASTERN) if self.eastern else shown
