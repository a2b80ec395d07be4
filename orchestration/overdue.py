"""Reports that are overdue today: expected by the dated enrolment, past their days of grace, and not come.

The marts speak as of the last received day, and a night on which nothing comes makes no release. So
the question is put to the release for the periods that it knows, and to the enrolment for those that
have ended since.
"""

import csv
import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestration.read.reference import RegisterError
from orchestration.release import publish
from orchestration.release.access import NoReleaseError, open_warehouse
from orchestration.settings import Language, Settings

_MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}


@dataclass(frozen=True, slots=True)
class OverdueReport:
    """One report that did not come. `days_late` are counted from `due_date`, the last day of grace."""

    organisation_code: str
    organisation_name: str
    family: str
    period_start: dt.date
    period_end: dt.date
    due_date: dt.date
    days_late: int
    data_status: str

    def as_json(self) -> dict[str, Any]:
        """The report as JSON holds it."""
        return {name: str(value) if isinstance(value, dt.date) else value for name, value in asdict(self).items()}


_Key = tuple[str, str, dt.date, dt.date, str]


def overdue_reports(
    settings: Settings, today: dt.date, *, language: Language | None = None, illustrative: bool = False
) -> list[OverdueReport]:
    """What is overdue on `today`, the longest first. Made-up enrolments owe nothing unless `illustrative`.

    A report that came and was sent back is not overdue: its sender has the answer. Raises
    NoReleaseError, RegisterError when the enrolment cannot be read, duckdb.Error.
    """
    folder = publish.current_folder(settings.published)
    if folder is None:
        raise NoReleaseError(str(settings.published))
    as_of = dt.date.fromisoformat(publish.read_manifest(folder)["as_of_date"])
    spoken = language or settings.language
    due: dict[_Key, dt.date] = {}
    publish.bring(settings.published, folder, publish.WAREHOUSE)
    with open_warehouse(folder / publish.WAREHOUSE) as opened:
        names = dict(opened.execute(f"select organisation_code, name_{spoken} from marts.dim_organisation").fetchall())
        known = opened.execute(_KNOWN).fetchall()
    for *key, due_date in (*known, *_ended_since(settings.seeds / "enrolment.csv", as_of, today)):
        organisation, family, start, end, status = key
        if illustrative or status != "illustrative":
            place: _Key = (organisation, family, start, end, status)
            due[place] = max(due_date, due.get(place, due_date))
    found = [
        OverdueReport(
            organisation_code=organisation,
            organisation_name=names.get(organisation) or organisation,
            family=family,
            period_start=start,
            period_end=end,
            due_date=due_date,
            days_late=(today - due_date).days,
            data_status=status,
        )
        for (organisation, family, start, end, status), due_date in due.items()
        if due_date < today
    ]
    return sorted(found, key=lambda one: (-one.days_late, one.organisation_code, one.family, one.period_start))


# One report may be owed to several programmes; it is one report, and the longest grace holds.
_KNOWN = """
    select organisation_code, family, period_start, period_end, data_status, max(due_date)
    from marts.fct_expected_report
    group by organisation_code, family, period_start, period_end, data_status
    having max(receipt_id) is null
"""


def _ended_since(
    enrolment: Path, as_of: dt.date, today: dt.date
) -> Iterator[tuple[str, str, dt.date, dt.date, str, dt.date]]:
    """The periods of enrolments without an end that begin after the month of `as_of`: no release knows them yet."""
    try:
        with enrolment.open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if not row["valid_to"]]
        for row in rows:
            months = _MONTHS[row["period_grain"]]
            first = max(_month(as_of) + 1, _month(dt.date.fromisoformat(row["valid_from"])))
            for month in range(first, _month(today) + 1):
                start, end = _first_day(month), _first_day(month + months) - dt.timedelta(days=1)
                if month % months == 0 and start >= dt.date.fromisoformat(row["valid_from"]):
                    due = end + dt.timedelta(days=int(row["grace_days"]))
                    yield row["organisation_code"], row["family"], start, end, row["data_status"], due
    except (OSError, KeyError, ValueError) as error:
        raise RegisterError(f"{enrolment}: it cannot be read: {error}") from error


def _month(day: dt.date) -> int:
    return day.year * 12 + day.month - 1


def _first_day(month: int) -> dt.date:
    return dt.date(month // 12, month % 12 + 1, 1)
