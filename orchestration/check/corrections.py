"""Corrections: known errors in received reports, put right as data (`raw/corrections/*.yml`).

A correction says which row of which report is wrong, what is expected to stand there, what counts
instead, why, and who told the reporter. The file that was received is never touched. What a
correction does to the rows of a report stands in `correct.py`.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from orchestration.located import FaultsError, Located, LocatedError, Location, Problem, read_located
from orchestration.read import periods
from orchestration.read.contracts import Contract
from orchestration.read.numbers import Qualifier
from orchestration.read.periods import Period, PeriodError
from orchestration.read.reference import Reference

Action = Literal["override", "scale", "drop", "flag"]
Status = Literal["proposed", "confirmed", "fixed_at_source", "withdrawn"]
WITHOUT_VALUE = frozenset({"suppressed", "not_applicable", "not_reported"})
"""The qualifiers that say why there is no value."""


class CorrectionError(LocatedError):
    """Corrections that cannot be used: all their faults at once, each with file, line and reason."""


def _as_text(written: Any) -> Any:
    """YAML reads `2019` as a number and `2019-06-30` as a date; both are periods as written."""
    return str(written) if isinstance(written, int | dt.date) and not isinstance(written, bool) else written


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
PeriodText = Annotated[Text, BeforeValidator(_as_text)]
Number = Annotated[Decimal, Field(max_digits=28, decimal_places=10, allow_inf_nan=False)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class ReportRef(_Model):
    """Which report is meant: every one of an organisation, family and period, or one receipt alone."""

    organisation_code: Text
    """The sender (code of `organisation.csv`)."""
    family: Text
    """The kind of report, named after its contract."""
    period: PeriodText | None = None
    """The report's whole period: `2019-Q2`, `2019`, `2017-2019`, `2019-04-01/2019-06-30`."""
    receipt_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8,64}$")] | None = None
    """The receipt, or at least 8 characters from its beginning: no other version is corrected."""


class RowRef(_Model):
    """Which row is meant; what is not named may be anything, but one row alone must fit."""

    indicator_code: Text
    """What is counted (code of `indicator.csv`)."""
    period: PeriodText | None = None
    """The row's own period, in reports of which each row has one."""
    place_code: Text | None = None
    """The place (code of `place.csv`)."""
    sex: Text | None = None
    """`F`, `M`, `_T`, `_U`."""
    age_group: Text | None = None
    """Such as `Y7T17`, `_T`."""
    residence: Text | None = None
    """`U`, `R`, `_T`, `_U`."""
    population_group: Text | None = None
    """The group as read, `_T` for everybody."""
    deliverable_code: Text | None = None
    """The deliverable (code of `deliverable.csv`)."""


class Correction(_Model):
    """One known error and what counts instead."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9][A-Z0-9_-]{2,63}$")]
    """Names the correction for good: it stands in the warehouse and in messages."""
    report: ReportRef
    row: RowRef | None = None
    """The row by what it is about; or `cell`."""
    cell: Annotated[str, StringConstraints(pattern=r"(?s)^.*!.+$")] | None = None
    """The row by the cell of its value: `Sheet!E12`, or a record's pointer after `!`."""
    action: Action
    """`override` the value, `scale` it by a factor, `drop` the row, or `flag` it and leave it as it is."""
    value: Number | None = None
    """The value that counts instead (override)."""
    numerator: Number | None = None
    """The numerator that counts instead (override); a numerator as reported does not survive another value."""
    denominator: Number | None = None
    """The denominator that counts instead (override)."""
    qualifier: Qualifier | None = None
    """The qualifier that counts instead (override); else the row's own."""
    factor: Number | None = None
    """What the value is multiplied by (scale)."""
    expect: Decimal | str
    """What must be found there: a number, or (in quotes) the text exactly as written."""
    reason: Text
    """Why it is wrong, as the reader of a figure should see it."""
    reported_by: Text
    """Who saw the error."""
    reported_to: Text
    """Who at the reporter's was told."""
    reported_on: dt.date
    """When they were told."""
    status: Status
    """
    `confirmed` is applied, and its report is sent back when what it expects is gone. `fixed_at_source`
    is applied to versions that still hold the error, and asks nothing of the others. `proposed` and
    `withdrawn` are not applied.
    """

    _file: Located = PrivateAttr(default=Located(Path(), None, {}))
    _at: Location = PrivateAttr(default=())

    def locate(self, file: Located, at: Location) -> None:
        """Remember where this correction stands."""
        self._file, self._at = file, at

    def problem_at(self, location: Location, reason: str) -> Problem:
        """A fault of one part of this correction, with its file and line."""
        return self._file.problem((*self._at, *location), f"{self.code}: {reason}")

    @property
    def is_applied(self) -> bool:
        """Whether it changes anything in the reports it is about."""
        return self.status in ("confirmed", "fixed_at_source")

    @property
    def span(self) -> Period | None:
        """The period of the reports it is about; None where the receipt alone decides."""
        return periods.parse(self.report.period) if self.report.period is not None else None

    @property
    def source(self) -> tuple[str, str]:
        """Sheet and cell of `cell`; empty where the row is named by what it is about."""
        sheet, _, cell = (self.cell or "").rpartition("!")
        return sheet, cell

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if faults := list(self._faults()):
            raise FaultsError(faults)
        return self

    def _faults(self) -> Iterator[tuple[Location, str]]:
        if (self.row is None) == (self.cell is None):
            yield (), f"{self.code}: name the row either by row or by cell"
        if self.report.period is None and self.report.receipt_id is None:
            yield ("report",), f"{self.code}: name the report's period or its receipt_id"
        for location, period in (
            (("report", "period"), self.report.period),
            (("row", "period"), self.row.period if self.row else None),
        ):
            try:
                if period is not None:
                    periods.parse(period)
            except PeriodError:
                yield location, f"{self.code}: {period!r} is no period such as 2019-Q2"
        yield from self._action_faults()

    def _action_faults(self) -> Iterator[tuple[Location, str]]:
        is_override = self.action == "override"
        states_nothing = self.qualifier in WITHOUT_VALUE
        if is_override and (self.value is None) != states_nothing:
            said = "give the value, or a qualifier that says why there is none, and not both"
            yield ("action",), f"{self.code}: override: {said}"
        for name in ("value", "numerator", "denominator", "qualifier"):
            if not is_override and getattr(self, name) is not None:
                yield (name,), f"{self.code}: only override takes {name}"
        if (self.numerator is None) != (self.denominator is None):
            yield ("action",), f"{self.code}: give numerator and denominator together"
        if (self.action == "scale") != (self.factor is not None):
            yield ("action",), f"{self.code}: scale takes factor, and nothing else does"
        if self.factor is not None and self.factor <= 0:
            yield ("factor",), f"{self.code}: the factor must be greater than 0"


class CorrectionFile(_Model):
    """A file of corrections."""

    corrections: tuple[Correction, ...]
    """As many as belong together: one reporter's, or one year's."""


def load_corrections(folder: Path) -> tuple[Correction, ...]:
    """All corrections of a folder by code. Raises CorrectionError with every fault of every file."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in (".yml", ".yaml"))
        stamps = tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in paths)
    except OSError as error:
        raise CorrectionError([Problem(folder, 0, str(error.strerror))]) from error
    return _load(stamps)


@lru_cache(maxsize=4)
def _load(stamps: tuple[tuple[Path, int, int], ...]) -> tuple[Correction, ...]:
    found: list[Correction] = []
    problems: list[Problem] = []
    for path, *_ in stamps:
        try:
            found += _load_one(path)
        except LocatedError as error:
            problems += error.problems
    problems += _repetitions(found)
    if problems:
        raise CorrectionError(problems)
    return tuple(sorted(found, key=lambda correction: correction.code))


def _load_one(path: Path) -> tuple[Correction, ...]:
    file = read_located(path)
    if file.content is None:
        return ()
    try:
        corrections = CorrectionFile.model_validate(file.content).corrections
    except ValidationError as error:
        raise CorrectionError(file.problems(error)) from error
    for position, correction in enumerate(corrections):
        correction.locate(file, ("corrections", position))
    return corrections


def _repetitions(corrections: Sequence[Correction]) -> Iterator[Problem]:
    """A code given twice, and two corrections of one row that would both be applied."""
    codes: set[str] = set()
    rows: dict[tuple[object, ...], str] = {}
    for correction in corrections:
        if correction.code in codes:
            yield correction.problem_at(("code",), "this code is given twice")
        codes.add(correction.code)
        if not correction.is_applied:
            continue
        report = correction.report
        row = correction.row.model_dump_json() if correction.row else correction.cell
        key = (report.organisation_code, report.family, correction.span, report.receipt_id, row)
        if (other := rows.setdefault(key, correction.code)) != correction.code:
            yield correction.problem_at(("row" if correction.row else "cell",), f"{other} corrects the same row")


def check_references(corrections: Sequence[Correction], contracts: Sequence[Contract], reference: Reference) -> None:
    """Hold the codes that corrections name against contracts and registers. Raises CorrectionError."""
    families = {contract.family for contract in contracts}
    problems = [
        correction.problem_at(location, f"{code!r} is no {what}{_nearest(code, known)}")
        for correction in corrections
        for location, code, known, what in _named(correction, families, reference)
        if code is not None and code not in known
    ]
    if problems:
        raise CorrectionError(problems)


def _named(
    correction: Correction, families: set[str], reference: Reference
) -> Iterator[tuple[Location, str | None, set[str], str]]:
    report, row = correction.report, correction.row
    organisations = set(reference.organisations.codes)
    yield ("report", "organisation_code"), report.organisation_code, organisations, "organisation of organisation.csv"
    yield ("report", "family"), report.family, families, "family of a contract"
    if row is not None:
        yield ("row", "indicator_code"), row.indicator_code, set(reference.indicators), "indicator of indicator.csv"
        yield ("row", "place_code"), row.place_code, set(reference.places.codes), "place of place.csv"
        yield ("row", "deliverable_code"), row.deliverable_code, set(reference.deliverables), "known deliverable"


def _nearest(code: str, known: set[str]) -> str:
    from rapidfuzz import process

    found = [name for name, _, _ in process.extract(code, sorted(known), limit=2, score_cutoff=70)]
    return f"; did you mean {' or '.join(found)}?" if found else ""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a corrections file, with which editors complete and check it."""
    schema = CorrectionFile.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hasila corrections (raw/corrections/*.yml)",
        **{key: value for key, value in schema.items() if key != "title"},
    }
