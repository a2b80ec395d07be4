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
        "31/02/2019",
        "octobre - mars 2021",
        "2019-2017",
        "trimestre 2019",
        "troisième semestre 2019",
        "Rapport d'activité 2017 et bilan 2018 et perspectives",
        "12",
        "43466",
        True,
        "2" * 1_000_000,
    ],
)
def test_what_is_no_period_is_refused(written: object) -> None:
    with pytest.raises(PeriodError):
        parse(written)
