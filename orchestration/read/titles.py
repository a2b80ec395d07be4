"""The reporting period that a report names above its tables, and what it does where it names two.

A labelled period (`Période : T2 2019`) wins over one that stands alone, and that over a date, which
may be the day a report was signed. A title's edition year does not count beside a labelled period.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestration.read import periods, personal, text
from orchestration.read.formats.document import Sheet
from orchestration.read.periods import Period, PeriodError
from orchestration.read.tables import Table, is_blank, texts, written

_LABELS = tuple(
    text.key(word)
    for word in (
        *("période", "période de rapport", "période du rapport", "période de référence", "période couverte"),
        *("trimestre", "semestre", "mois", "année", "exercice", "au titre de", "période concernée"),
        *("period", "reporting period", "period covered", "reference period", "quarter", "month", "year", "half year"),
        *("الفترة", "فترة التقرير", "الفترة المرجعية", "الفترة المشمولة بالتقرير", "الفترة المعنية", "برسم"),
        *("الربع", "الفصل", "الشهر", "السنة", "النصف", "الأسدس", "سنة", "شهر"),
    )
)
_LABEL_SET = frozenset(_LABELS)
_PERIOD_WORD = re.compile(r"^(?:periode|period|reporting period|الفتره|فتره)\b")
_SIGNED = re.compile(
    r"\b(?:edition|edite|etabli|imprime|version|date|fait|rabat|printed|issued|signed|updated|mise a jour)\b"
    r"|تاريخ|طبع|حرر|نسخه|تحيين"
)
# `p. ex. T2 2020` shows how a period is written; it names none.
_EXAMPLE = re.compile(r"^(?:p ex|par ex|par exemple|ex|exemple|e g|eg|for example|example|مثال|مثلا|علي سبيل المثال)\b")
# Years that begin in autumn, or whenever: `Année scolaire : 2018-2019` is neither of the two years it names, nor both.
_OTHER_YEARS = re.compile(
    r"\b(?:scolaire|universitaire|agricole|school|academic|exercice|fiscal|budgetaire)\b"
    r"|الدراسي|الجامعي|الفلاحي|السنه الماليه"
)
_TO = frozenset(text.key(word) for word in ("au", "à", "to", "until", "إلى", "الى", "حتى", "-"))
_PARTS = re.compile(r"\s+[-–—|]\s+|[,،;؛()]")


@dataclass(frozen=True, slots=True)
class Stated:
    """The period stated for a table, with its cell and text; `rivals` tells of others that contradict it."""

    period: Period | None = None
    cell: str = ""
    text: str = ""
    rivals: str = ""

    def masked(self) -> "Stated":
        """The same without the personal data that stood beside the period."""
        return replace(self, text=personal.masked(self.text), rivals=personal.masked(self.rivals))

    def within(self, heading: str) -> Period | None:
        """The period that a heading names, by itself or within this one's year."""
        try:
            return periods.parse(heading, year=self.period.end.year if self.period else None)
        except PeriodError:
            return None


NOTHING_STATED = Stated()


@dataclass(frozen=True, slots=True)
class _Candidate:
    rank: int
    period: Period
    cell: str
    text: str


def stated_period(table: Table, elsewhere: Sequence[Sheet] = (), constant: str = "") -> Stated:
    """The reporting period of a table.

    It is looked for above the table, above the first table of its sheet, in the sheet's name, on
    sheets without a table (`elsewhere`: a cover page), and in the contract's `constant`.
    """
    sheet = table.sheet
    stated = _settled(_candidates(sheet, table.titles, table.top))
    if stated.period is None and table.titles:
        stated = _settled(_candidates(sheet, 0, min(table.titles, 40), texts_only=True))
    if stated.period is None:
        for other in elsewhere:
            stated = _settled(_candidates(other, 0, 40))
            if stated.period is not None:
                break
    if constant and stated.period is None:
        stated = Stated(_parsed(constant), "", constant)
    named = stated.within(sheet.name)
    if named is not None and (stated.period is None or _contains(stated.period, named)):
        # The sheets T1 to T4 of a report on a year are each about their quarter.
        return stated if named == stated.period else Stated(named, stated.cell, sheet.name, stated.rivals)
    return stated


def _candidates(sheet: Sheet, first: int, end: int, *, texts_only: bool = False) -> list[_Candidate]:
    found: list[_Candidate] = []
    years: list[int] = []
    halves: list[tuple[str, str, str]] = []
    for row, column, content in texts(sheet, first, end):
        cell = sheet.rows[row][column]
        name = sheet.cell_name(row, column)
        if _EXAMPLE.match(text.key(content)):
            continue
        head, colon, tail = content.replace("：", ":").rpartition(":")
        label = _label_before(sheet, row, column) if not colon else text.key(head)
        period = _parsed(cell if isinstance(cell, dt.date) else content)
        if colon and period is None:
            period = _parsed(tail)
        if period is not None and period.grain == "multi_year" and _OTHER_YEARS.search(label):
            period = None
        is_labelled = label in _LABEL_SET or any(label.endswith(f" {word}") for word in _LABELS)
        if is_labelled and period is None:
            halves.append((label, tail if colon else content, name))
        if period is None:
            if not is_labelled and isinstance(cell, str) and len(content) <= 200:
                found += _in_parts(content, name)
            continue
        key = text.key(content)
        is_labelled = is_labelled or _PERIOD_WORD.match(key) is not None
        if not is_labelled and label and _SIGNED.search(label):
            continue
        if texts_only and not isinstance(cell, str):
            continue
        if is_labelled and (until := _until(sheet.rows[row], column, period)):
            period, content = until
        is_day = period.start == period.end
        rank = 0 if is_labelled else (2 if is_day or (label and colon) else 1)
        if is_labelled and period.grain == "year":
            years.append(period.end.year)
        found.append(_Candidate(rank, period, name, content))
    # "Année : 2019" and "Trimestre : 2" stand in two cells.
    for label, content, name in halves:
        for year in years:
            for candidate in (f"{content} {year}", f"{label} {content} {year}"):
                if (period := _parsed(candidate)) is not None:
                    found.append(_Candidate(0, period, name, content))
                    break
    return found


def _until(cells: Sequence[object], column: int, first: Period) -> tuple[Period, str] | None:
    """The period from a day to another one right of it, with both as written: `Période | 01/04/2019 | 30/06/2019`."""
    right = [cell for cell in cells[column + 1 :] if not is_blank(cell)]
    if right and isinstance(right[0], str) and (not (word := text.key(right[0])) or word in _TO):
        right = right[1:]
    last = _parsed(right[0] if isinstance(right[0], dt.date) else written(right[0])) if right else None
    if first.start != first.end or last is None or last.start != last.end or last.start <= first.start:
        return None
    return Period(first.start, last.end), f"{first.start} - {written(right[0])}"


def _label_before(sheet: Sheet, row: int, column: int) -> str:
    cells = sheet.rows[row]
    before = next((cells[index] for index in range(column - 1, -1, -1) if not is_blank(cells[index])), None)
    return text.key(written(before)) if isinstance(before, str) else ""


def _in_parts(content: str, name: str) -> list[_Candidate]:
    """A period that is a part of a title: `Rapport d'activité - T2 2019`."""
    parts = [part for part in _PARTS.split(content) if part.strip()]
    if len(parts) < 2:
        return []
    found = [(part, period) for part in parts if (period := _parsed(part)) is not None and period.start != period.end]
    return [_Candidate(3, period, name, content) for _, period in found[:1]]


def _parsed(content: object) -> Period | None:
    try:
        return periods.parse(content)
    except PeriodError:
        return None


def _contains(outer: Period, inner: Period) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _settled(candidates: list[_Candidate]) -> Stated:
    """The best-marked period; where two contradict each other the first, and what stands against it."""
    if not candidates:
        return NOTHING_STATED
    rank = min(candidate.rank for candidate in candidates)
    best = [candidate for candidate in candidates if candidate.rank == rank]
    # A year and a quarter of it do not contradict each other: the quarter is meant.
    finest = [
        candidate
        for candidate in best
        if not any(other.period != candidate.period and _contains(candidate.period, other.period) for other in best)
    ]
    chosen = finest[0]
    others = {candidate.period: candidate for candidate in finest if candidate.period != chosen.period}
    told = [f"{candidate.text} ({candidate.cell})" for candidate in (chosen, *others.values())]
    return Stated(chosen.period, chosen.cell, chosen.text, " / ".join(told) if others else "")
