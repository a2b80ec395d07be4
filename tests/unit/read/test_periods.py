"""Reporting periods as people write them."""

import datetime as dt

import pytest

from orchestration.read.periods import Period, PeriodError, parse


def span(start: str, end: str) -> Period:
    return Period(dt.date.fromisoformat(start), dt.date.fromisoformat(end))


@pytest.mark.parametrize(
    ("written", "start", "end", "grain"),
    [
        ("2019", "2019-01-01", "2019-12-31", "year"),
        (2019.0, "2019-01-01", "2019-12-31", "year"),
        ("année 2019", "2019-01-01", "2019-12-31", "year"),
        ("سنة ٢٠١٩", "2019-01-01", "2019-12-31", "year"),
        ("2017-2019", "2017-01-01", "2019-12-31", "multi_year"),
        ("2017–2019", "2017-01-01", "2019-12-31", "multi_year"),
        ("T2 2019", "2019-04-01", "2019-06-30", "quarter"),
        ("2019-Q2", "2019-04-01", "2019-06-30", "quarter"),
        ("2e trimestre 2019", "2019-04-01", "2019-06-30", "quarter"),
        ("deuxième trimestre de l'année 2019", "2019-04-01", "2019-06-30", "quarter"),
        ("الربع الثاني 2019", "2019-04-01", "2019-06-30", "quarter"),
        ("الربع الثاني من سنة 2019", "2019-04-01", "2019-06-30", "quarter"),
        ("2025-H1", "2025-01-01", "2025-06-30", "half_year"),
        ("S2 2025", "2025-07-01", "2025-12-31", "half_year"),
        ("premier semestre 2025", "2025-01-01", "2025-06-30", "half_year"),
        ("الأسدس الأول 2025", "2025-01-01", "2025-06-30", "half_year"),
        ("2019-07", "2019-07-01", "2019-07-31", "month"),
        ("07/2019", "2019-07-01", "2019-07-31", "month"),
        ("juillet 2019", "2019-07-01", "2019-07-31", "month"),
        ("يوليوز 2019", "2019-07-01", "2019-07-31", "month"),
        ("غشت 2019", "2019-08-01", "2019-08-31", "month"),
        ("février 2020", "2020-02-01", "2020-02-29", "month"),
        ("2016-11/2017-05", "2016-11-01", "2017-05-31", "multi_year"),
        ("2019-12-04/2020-12-15", "2019-12-04", "2020-12-15", "multi_year"),
        ("04/12/2019 - 15/12/2020", "2019-12-04", "2020-12-15", "multi_year"),
        ("04/12/2019-15/12/2020", "2019-12-04", "2020-12-15", "multi_year"),
        ("du 1er octobre 2020 au 31 mars 2021", "2020-10-01", "2021-03-31", "multi_year"),
        ("أكتوبر 2020 - مارس 2021", "2020-10-01", "2021-03-31", "multi_year"),
        ("janvier-mars 2019", "2019-01-01", "2019-03-31", "quarter"),
        ("janvier à mars 2019", "2019-01-01", "2019-03-31", "quarter"),
        ("من يناير إلى مارس 2019", "2019-01-01", "2019-03-31", "quarter"),
        ("T1-T2 2019", "2019-01-01", "2019-06-30", "half_year"),
        ("2025-07-08", "2025-07-08", "2025-07-08", "custom"),
        (dt.datetime(2025, 7, 8, 9, 30), "2025-07-08", "2025-07-08", "custom"),
        ("2ème trimestre 2019", "2019-04-01", "2019-06-30", "quarter"),
        ("2 ème trimestre 2019", "2019-04-01", "2019-06-30", "quarter"),
        ("الفصل الثاني 2019", "2019-04-01", "2019-06-30", "quarter"),
        ("السداسي الأول 2019", "2019-01-01", "2019-06-30", "half_year"),
        ("الأسدوس الثاني ٢٠١٩", "2019-07-01", "2019-12-31", "half_year"),
        ("janv.-mars 2019", "2019-01-01", "2019-03-31", "quarter"),
        ("T2/2019", "2019-04-01", "2019-06-30", "quarter"),
        ("Q2-2019", "2019-04-01", "2019-06-30", "quarter"),
        ("1er et 2ème trimestres 2019", "2019-01-01", "2019-06-30", "half_year"),
        ("كانون الثاني - آذار 2019", "2019-01-01", "2019-03-31", "quarter"),
        ("تشرين الأول 2019", "2019-10-01", "2019-10-31", "month"),
        ("mars et avril 2019", "2019-03-01", "2019-04-30", "custom"),
        ("entre janvier et mars 2019", "2019-01-01", "2019-03-31", "quarter"),
        ("du 19 au 20 mars 2019", "2019-03-19", "2019-03-20", "custom"),
        ("من فاتح أكتوبر 2020 إلى 31 مارس 2021", "2020-10-01", "2021-03-31", "multi_year"),
        ("05/03/2019", "2019-03-05", "2019-03-05", "custom"),
        ("2019/03/05", "2019-03-05", "2019-03-05", "custom"),
        ("2019-03-05T10:00:00Z", "2019-03-05", "2019-03-05", "custom"),
        ("2019¹", "2019-01-01", "2019-12-31", "year"),
        ("avril 2019 (1)", "2019-04-01", "2019-04-30", "month"),
        ("غشت 2019 [2]", "2019-08-01", "2019-08-31", "month"),
        ("2019 (1)", "2019-01-01", "2019-12-31", "year"),
        ("trimestre 2 (2019)", "2019-04-01", "2019-06-30", "quarter"),
        ("2019م", "2019-01-01", "2019-12-31", "year"),
        # DHIS2
        ("201801", "2018-01-01", "2018-01-31", "month"),
        ("2018Q1", "2018-01-01", "2018-03-31", "quarter"),
        ("2018S1", "2018-01-01", "2018-06-30", "half_year"),
        ("2018W5", "2018-01-29", "2018-02-04", "custom"),
        ("20180131", "2018-01-31", "2018-01-31", "custom"),
        (20180131, "2018-01-31", "2018-01-31", "custom"),
        ("2018April", "2018-04-01", "2019-03-31", "multi_year"),
        ("2018 April", "2018-04-01", "2018-04-30", "month"),
        ("T 2 2019", "2019-04-01", "2019-06-30", "quarter"),
        ("T2 de 2019", "2019-04-01", "2019-06-30", "quarter"),
        ("T2, 2019", "2019-04-01", "2019-06-30", "quarter"),
        ("IIème trimestre 2019", "2019-04-01", "2019-06-30", "quarter"),
        ("au titre du T2 2019", "2019-04-01", "2019-06-30", "quarter"),
        ("au titre de l'année 2019", "2019-01-01", "2019-12-31", "year"),
        ("durant l'année 2019", "2019-01-01", "2019-12-31", "year"),
        ("خلال سنة 2019", "2019-01-01", "2019-12-31", "year"),
        ("فترة 2017-2019", "2017-01-01", "2019-12-31", "multi_year"),
        ("دجمبر 2019", "2019-12-01", "2019-12-31", "month"),
        ("janvier, février et mars 2019", "2019-01-01", "2019-03-31", "quarter"),
        ("يناير وفبراير ومارس 2019", "2019-01-01", "2019-03-31", "quarter"),
        ("les neuf premiers mois de 2019", "2019-01-01", "2019-09-30", "custom"),
        ("9 premiers mois de l'année 2019", "2019-01-01", "2019-09-30", "custom"),
        ("the first six months of 2019", "2019-01-01", "2019-06-30", "half_year"),
        ("الأشهر التسعة الأولى من سنة 2019", "2019-01-01", "2019-09-30", "custom"),
        # ADX
        ("2015-01-01/P1M", "2015-01-01", "2015-01-31", "month"),
        ("2016-02-01/P1M", "2016-02-01", "2016-02-29", "month"),
        ("2015-10-01/P3M", "2015-10-01", "2015-12-31", "quarter"),
        ("2015-01-01/P6M", "2015-01-01", "2015-06-30", "half_year"),
        ("2015-01-01/P1Y", "2015-01-01", "2015-12-31", "year"),
        ("2015-04-01/P1Y", "2015-04-01", "2016-03-31", "multi_year"),
        ("2018-01-29/P7D", "2018-01-29", "2018-02-04", "custom"),
        ("2018-01-29/P2W", "2018-01-29", "2018-02-11", "custom"),
        ("02/2019 - 04/2019", "2019-02-01", "2019-04-30", "custom"),
    ],
)
def test_a_period_as_written(written: object, start: str, end: str, grain: str) -> None:
    period = parse(written)
    assert period == span(start, end)
    assert period.grain == grain


@pytest.mark.parametrize(
    "written",
    [
        "",
        "hier",
        "T5 2019",
        "2019-13",
        "2017-18",
        "2018/19",
        "2011/12",  # December 2011, or the year from 2011 to 2012
        "année scolaire 2018-2019",
        "exercice 2018/2019",
        "31/01/19",
        "janv-19",
        "T1 19",
        "janvier, mars et mai 2019",
        "mars, février et janvier 2019",
        "décembre, janvier et février 2019",
        "13 premiers mois 2019",
        "les neuf premiers mois de 2019 et 2020",
        "neuf mois 2019",
        "12/31/2019",
        "2018W53",
        "2018Nov",
        "201803B",
        "mars et mai 2019",  # two months, not three
        "T1",
        "mars",
        "5 2019",
        "31/02/2019",
        "octobre - mars 2021",
        "2019-2017",
        "trimestre 2019",
        "troisième semestre 2019",
        "Rapport d'activité 2017 et bilan 2018 et perspectives",
        "12",
        "43466",
        True,
        "2015-01-31/P1M",  # the 31st has no month later
        "2015-01-01/P0M",
        "2015-01-01/PT1H",
        "2" * 1_000_000,
    ],
)
def test_what_is_no_period_is_refused(written: object) -> None:
    with pytest.raises(PeriodError):
        parse(written)


@pytest.mark.parametrize(("written", "day"), [(43466, "2019-01-01"), (43466.75, "2019-01-01"), ("43466", "2019-01-01")])
def test_a_spreadsheets_count_of_days_is_a_date_where_dates_are_expected(written: object, day: str) -> None:
    assert parse(written, serials=True) == span(day, day)
    with pytest.raises(PeriodError):
        parse(written)


def test_a_year_stays_a_year_where_serials_are_read() -> None:
    assert parse(2019, serials=True) == span("2019-01-01", "2019-12-31")


@pytest.mark.parametrize(
    ("written", "start", "end"),
    [
        ("T1", "2019-01-01", "2019-03-31"),
        ("mars", "2019-03-01", "2019-03-31"),
        ("غشت", "2019-08-01", "2019-08-31"),
        ("T1 2020", "2020-01-01", "2020-03-31"),
        ("avril (1)", "2019-04-01", "2019-04-30"),
        ("Trimestre (2)", "2019-04-01", "2019-06-30"),
    ],
)
def test_a_heading_without_a_year_takes_the_one_above_it(written: str, start: str, end: str) -> None:
    assert parse(written, year=2019) == span(start, end)


def test_a_month_with_two_figures_is_a_spreadsheets_month_and_nothing_else() -> None:
    """`mai-19` is how spreadsheets show May 2019; under another year it contradicts the title."""
    assert parse("mai-19", year=2019) == span("2019-05-01", "2019-05-31")
    assert parse("May 20", year=2019) == span("2019-05-20", "2019-05-20")
    for written in ("mai-20", "mai 19"):
        with pytest.raises(PeriodError):
            parse(written, year=2019)


def test_a_year_that_passed_through_a_column_of_decimals_is_that_year() -> None:
    assert parse("2018.0") == parse("2018")
