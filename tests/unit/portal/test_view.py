"""Numbers, dates, periods and groups in the reader's form."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from babel.numbers import format_decimal
from hypothesis import given
from hypothesis import strategies as st

from orchestration.answer.content import words
from orchestration.portal import labels
from orchestration.portal.addresses import Origins
from orchestration.portal.data import Framework, Group
from orchestration.portal.view import LOCALES, View
from orchestration.read.room import UNMATCHED
from orchestration.settings import LANGUAGES, Language
from tests.helpers import PROJECT

FRAMEWORK = Framework((), {}, {}, {}, {}, (), (), (), {}, (), (), (), (), (), {}, {})
VIEWS: dict[str, View] = {language: View(language, FRAMEWORK, Origins()) for language in ("ar", "fr", "en")}


def span(label: str, first: str, last: str) -> tuple[str, dt.date, dt.date]:
    return label, dt.date.fromisoformat(first), dt.date.fromisoformat(last)


@pytest.mark.parametrize(
    ("language", "thousands", "fraction", "percent"),
    [
        ("ar", "406.423", "1.234,5", "96,9%"),
        ("fr", "406\u202f423", "1\u202f234,5", "96,9\u202f%"),
        ("en", "406,423", "1,234.5", "96.9%"),
    ],
)
def test_numbers(language: Language, thousands: str, fraction: str, percent: str) -> None:
    view = VIEWS[language]
    assert view.number(Decimal("406423.0000000000")) == thousands
    assert view.number(Decimal("1234.5")) == fraction
    assert view.amount(Decimal("96.9"), "percent") == percent
    assert view.number(None) == ""


@given(st.integers(-(10**17), 10**17), st.sampled_from(("ar", "fr", "en")))
def test_a_number_is_written_with_western_digits_and_can_be_read_back(value: int, language: str) -> None:
    told = VIEWS[language].number(Decimal(value))
    assert int(re.sub(r"[.,\u202f]", "", told)) == value
    assert re.fullmatch(r"-?[0-9.,\u202f]+", told)
    assert told == format_decimal(value, locale=LOCALES[language])  # type: ignore[index]


def test_a_share_is_whole_only_when_it_is() -> None:
    assert VIEWS["en"].share(Decimal("0.9999")) == "99%"
    assert VIEWS["en"].share(Decimal(1)) == "100%"
    assert VIEWS["en"].share(Decimal("-0.1")) == "-10%"
    assert VIEWS["en"].share(None) == ""


PERIODS = [
    (span("2019", "2019-01-01", "2019-12-31"), "2019", "2019", "2019"),
    (
        span("2019-H2", "2019-07-01", "2019-12-31"),
        "second half of 2019",
        "2e semestre 2019",
        "النصف الثاني من سنة 2019",
    ),
    (
        span("2019-Q3", "2019-07-01", "2019-09-30"),
        "3rd quarter of 2019",
        "3e trimestre 2019",
        "الفصل الثالث من سنة 2019",
    ),
    (span("2019-04", "2019-04-01", "2019-04-30"), "April 2019", "avril 2019", "أبريل 2019"),
    (span("2017-2019", "2017-01-01", "2019-12-31"), "2017-2019", "2017-2019", "\u20662017-2019\u2069"),
    (
        span("2020-10/2021-03", "2020-10-01", "2021-03-31"),
        "October 2020 to March 2021",
        "octobre 2020 à mars 2021",
        "من أكتوبر 2020 إلى مارس 2021",
    ),
    (span("2025-07-08", "2025-07-08", "2025-07-08"), "8 July 2025", "8 juillet 2025", "8 يوليوز 2025"),
    (
        span("2019-12-04/2020-12-01", "2019-12-04", "2020-12-01"),
        "4 December 2019 to 1 December 2020",
        "du 4 décembre 2019 au 1er décembre 2020",
        "من 4 دجنبر 2019 إلى 1 دجنبر 2020",
    ),
]


@pytest.mark.parametrize(("given_period", "english", "french", "arabic"), PERIODS, ids=lambda value: str(value)[:12])
def test_periods(given_period: tuple[str, dt.date, dt.date], english: str, french: str, arabic: str) -> None:
    assert VIEWS["en"].period(*given_period) == english
    assert VIEWS["fr"].period(*given_period) == french
    assert VIEWS["ar"].period(*given_period) == arabic


@given(st.text(max_size=12), st.one_of(st.none(), st.dates()), st.one_of(st.none(), st.dates()))
def test_any_label_is_told_somehow(label: str, start: dt.date | None, end: dt.date | None) -> None:
    assert isinstance(VIEWS["ar"].period(label, start, end), str)


@pytest.mark.parametrize(
    ("group", "english", "arabic"),
    [
        (Group(), "", ""),
        (Group(sex="F", age_group="Y6T11"), "girls, women, 6 to 11 years", "إناث، من 6 إلى 11 سنة"),
        (Group(age_group="Y_GE18"), "18 years and over", "18 سنة فأكثر"),
        (Group(age_group="Y_LT5"), "under 5 years", "أقل من 5 سنة"),
        (Group(age_group="Y15"), "15 years", "15 سنة"),
        (Group(age_group="_U", residence="R"), "age not known, rural", "السن غير معروف، الوسط القروي"),
        (Group(population_group="AREA=COMMUNICATION+SECTOR=NEW_ONE"), "area – communication, sector – new one", None),
    ],
)
def test_groups(group: Group, english: str, arabic: str | None) -> None:
    assert VIEWS["en"].group(group) == english
    if arabic is not None:
        assert VIEWS["ar"].group(group) == arabic


@pytest.mark.parametrize(
    ("value", "qualifier", "told"),
    [
        (Decimal(4330), "more_than", "plus de 4\u202f330"),
        (Decimal(4330), "at_least", "au moins 4\u202f330"),
        (Decimal(4330), "approximate", "environ 4\u202f330"),
        (Decimal(0), "exact", "0"),
        (None, "suppressed", "non diffusé"),
        (None, "not_applicable", "sans objet"),
        (None, "not_reported", "non déclaré"),
    ],
)
def test_values_say_how_sure_they_are(value: Decimal | None, qualifier: str, told: str) -> None:
    assert VIEWS["fr"].value_text(value, qualifier, "persons") == told


def test_sizes() -> None:
    assert [VIEWS["en"].size(count) for count in (7, 1_500, 2_340_000, 5_000_000_000)] == [
        "7 bytes",
        "1.5 kB",
        "2.3 MB",
        "5 GB",
    ]


def test_every_kind_of_report_has_a_name_and_one_that_nobody_recognised_that_of_its_answer() -> None:
    contracts = {path.stem for path in (PROJECT / "raw" / "contracts").glob("*.yml")}
    assert labels.FAMILIES.keys() == contracts | {UNMATCHED}
    for language in LANGUAGES:
        assert VIEWS[language].word(labels.FAMILIES, UNMATCHED) == words(language)["family_unknown"]
