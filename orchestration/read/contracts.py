"""Contracts: what a family's reports look like, as data (`raw/contracts/<family>.yml`).

A contract says which columns a table has and what they are called in three languages, how rows and
columns become indicators and disaggregations, where the reporting period stands, and what happens
to bad rows. Adding a reporter's template takes a contract and no code.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, StringConstraints, ValidationError, model_validator

from orchestration.findings import Texts
from orchestration.located import FaultsError, Located, LocatedError, Location, Problem, read_located
from orchestration.read import text
from orchestration.read.periods import Grain
from orchestration.settings import LANGUAGES, Language

if TYPE_CHECKING:
    from orchestration.read.reference import Reference

Role = Literal[
    "indicator",
    "place",
    "parent_place",
    "period",
    "period_start",
    "period_end",
    "sex",
    "age_group",
    "residence",
    "population_group",
    "value",
    "numerator",
    "denominator",
    "qualifier",
    "unit",
    "deliverable_code",
    "deliverable_status",
    "citation",
    "citation_place",
    "remark",
    "ignored",
]
Dimension = Literal["sex", "age_group", "residence", "population_group"]
DIMENSIONS: tuple[Dimension, ...] = ("sex", "age_group", "residence", "population_group")
Fixed = Literal["indicator", "place", "period", "sex", "age_group", "residence", "population_group"]
"""What a value column, or a whole file, may be about without saying so in every row."""
Format = Literal[
    "csv",
    "xlsx",
    "xlsm",
    "xlsb",
    "xls",
    "ods",
    "json",
    "dhis2_json",
    "dhis2_xml",
    "adx_xml",
    "kobo_json",
    "sdmx_ml",
]
CodeSystem = Literal["iso", "hcp", "ocha", "name"]
KeyPart = Literal["organisation_code", "family", "period", "file_name"]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
HxlPattern = Annotated[str, StringConstraints(pattern=r"^#[a-z][a-z0-9_]*(?:\s*\+[a-z][a-z0-9_]*)*$")]
_MANY = frozenset({"value", "population_group", "remark", "ignored"})
UNKNOWN = "_U"
"""The code of a dimension that the report itself says is unknown (SDMX convention)."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Labels(_Model):
    """The ways a column or a mark is written, by language."""

    ar: tuple[str, ...] = ()
    """Arabic spellings; the first is the one that templates and messages show."""
    fr: tuple[str, ...] = ()
    """French spellings; the first is the one that templates and messages show."""
    en: tuple[str, ...] = ()
    """English spellings; the first is the one that templates and messages show."""

    def keys(self) -> dict[str, Language]:
        """Every label's comparison key with the language it belongs to."""
        return {text.key(label): language for language in LANGUAGES for label in getattr(self, language)}


class Code(_Model):
    """One allowed code of a column, with the words for it; a cell may hold either."""

    code: str = Field(min_length=1)
    """The code as hasila stores it."""
    labels: Labels = Labels()
    """What people read in a template's list, and may write instead of the code."""


class Column(_Model):
    """One column of the table."""

    role: Role
    """What the column says of a row."""
    labels: Labels = Labels()
    """The column's headings, aliases included. A column without labels needs `hxl`."""
    hxl: tuple[HxlPattern, ...] = ()
    """HXL tags that mark this column: a cell of the tag row fits with the tag and all attributes listed.

    A table with a tag row is matched by its tags first, whatever the headings say.
    """
    required: bool = False
    """Whether a table without this column is not of this family."""
    type: Literal["count", "percent", "amount", "text", "code", "date"] | None = None
    """What the cells hold: the cell type of templates. What a number counts is the indicator's to say."""
    codes: tuple[Code, ...] = ()
    """The codes that cells may hold: the drop-down list of templates, and the words that are read as them."""
    set: dict[Fixed, str] = Field(default_factory=dict)
    """What the values of this column are about, whatever their row says: `{sex: F}`, `{indicator: X}`."""
    values: dict[str, str] = Field(default_factory=dict)
    """Translates cells as written into hasila's codes."""
    unknown: tuple[str, ...] = ()
    """Cells that mean unknown (9, 99, 9999): the dimension is `_U`, a value is not reported."""
    code_system: CodeSystem = "name"
    """For places: which numbering the codes are of. The region numbers of HCP and OCHA clash, so only
    the contract can say; `name` takes ISO 3166-2 codes and names."""
    prefix: str = ""
    """Put before a code that would not be understood alone."""
    before_colon: bool = False
    """Keeps the code of cells like `MAR: Morocco`."""

    def translations(self) -> dict[str, str]:
        """What cells are translated into, by comparison key: the labels of `codes`."""
        return {key: code.code for code in self.codes for key in list(code.labels.keys())}


class PeriodRule(_Model):
    """Where the reporting period stands."""

    source: Literal["column", "title", "header"]
    """In a `column`, in the `title` above the table (or its sheet's name), or in the `header` cells."""
    grains: tuple[Grain, ...] = ("month", "quarter", "half_year", "year", "multi_year", "custom")
    """The kinds of period that the family reports on."""


class StatusRule(_Model):
    """The data status of what a family reports."""

    default: Literal["published", "reported", "illustrative"]
    """The status of a report that bears no mark."""
    illustrative_marks: Labels = Labels()
    """Words above a table that make the report illustrative: made up to show a format."""


class Spread(_Model):
    """A dimension that runs across the table: header cells that name one of its values are value columns."""

    dimension: Literal["period", "place", "sex", "age_group", "indicator"]
    """Which dimension the header cells name."""
    values: dict[str, str] = Field(default_factory=dict)
    """Translates header cells that would not be understood by themselves."""
    code_system: CodeSystem = "name"
    """For places: the numbering of codes in the header."""


class SheetRule(_Model):
    """Which sheets and rows of a workbook are read."""

    hidden: Literal["read", "skip"] = "skip"
    """What is done with hidden sheets; a report says which of its sheets were skipped."""
    hidden_rows: Literal["read", "skip"] = "skip"
    """What is done with hidden rows; a report says which of its rows were skipped."""
    only: tuple[str, ...] = ()
    """The sheets that are read, by name; all of them where empty."""


class DueRule(_Model):
    """When a family's reports are due."""

    grain: Literal["month", "quarter", "half_year", "year"]
    """How often a report is expected."""
    grace_days: int = Field(0, ge=0, le=366)
    """Days after the period's end on which a report is not late yet."""


class Contract(_Model):
    """One family's contract, in one version, for reports received from `valid_from` on."""

    family: Identifier
    """The family's name; several files may hold versions of one family."""
    version: int = Field(ge=1)
    """Grows with each change that a reporter would notice."""
    valid_from: dt.date = dt.date(1900, 1, 1)
    """The first received day that this version is for."""
    title: Texts
    """What the family's reports are called."""
    programme: str | None = None
    """The programme (code of `programme.csv`) whose results the family reports."""
    formats: tuple[Format, ...] = Field(min_length=1)
    """The file formats that were agreed."""
    senders: tuple[str, ...] | Literal["any"] = "any"
    """The organisations (codes of `organisation.csv`) that may send this family."""
    decimal_sign: Literal[",", "."] = ","
    """The decimal sign where a number's own writing leaves a choice."""
    data_status: StatusRule
    """Whether the family's figures are published, reported or illustrative."""
    period: PeriodRule
    """Where the reporting period stands, and which kinds are accepted."""
    due: DueRule | None = None
    """When reports are due; nothing where no rhythm was agreed."""
    report_key: tuple[KeyPart, ...] = ("organisation_code", "family", "period")
    """What makes a later report replace an earlier one."""
    bad_rows: Literal["quarantine", "send_back"] = "quarantine"
    """Whether a bad row is put aside alone, or sends its report back."""
    largest_bad_share: float = Field(0.5, gt=0, le=1)
    """The share of bad rows above which a report is sent back whole."""
    personal_data: Literal["refuse", "allow"] = "refuse"
    """Rows with names, national ID or phone numbers are refused; `allow` is for published sources only."""
    header_within_rows: int = Field(40, ge=1, le=1000)
    """How far down the first header may stand."""
    header_rows: int = Field(3, ge=1, le=4)
    """How many rows a header may have."""
    sheets: SheetRule = SheetRule()
    """Which sheets and rows are read."""
    columns: dict[Identifier, Column] = Field(min_length=1)
    """The table's columns by name."""
    spread: tuple[Spread, ...] = Field((), max_length=3)
    """Dimensions that run across the table instead of down (wide layouts)."""
    constants: dict[Fixed, str] = Field(default_factory=dict)
    """What the whole file is about and no column says."""
    exhaustive: dict[Dimension, tuple[str, ...]] = Field(default_factory=dict)
    """Categories that exclude each other and add up to the total (design, section 6.2)."""

    _file: Located = PrivateAttr(default=Located(Path(), None, {}))

    def locate(self, file: Located) -> None:
        """Remember the file that this contract stands in, and the line of each of its parts."""
        self._file = file

    def problem_at(self, location: Location, reason: str) -> Problem:
        """A fault of one part of this contract, at the line of the innermost part that the file has."""
        return self._file.problem(location, reason)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if faults := [*self._role_faults(), *self._label_faults()]:
            raise FaultsError(faults)
        return self

    def _role_faults(self) -> Iterator[tuple[Location, str]]:
        by_role: dict[str, list[str]] = {}
        for name, column in self.columns.items():
            by_role.setdefault(column.role, []).append(name)
            if column.set and column.role != "value":
                yield ("columns", name, "set"), "only value columns have something set"
        across = {spread.dimension for spread in self.spread}
        if len(across) < len(self.spread):
            yield ("spread",), "a dimension is given twice"
        values = by_role.get("value", [])
        if not values and not across:
            yield ("columns",), "no column has the role value"
        if "indicator" not in by_role and not self._is_given("indicator"):
            yield ("columns",), "no column has the role indicator, and nothing else says what is counted"
        in_rows = "period" in by_role or {"period_start", "period_end"} <= by_role.keys()
        if self.period.source == "column" and not in_rows and not self._is_given("period"):
            yield ("period", "source"), "the period is said to stand in a column, but no column has the role period"
        if self.period.source == "header" and not self._is_given("period"):
            yield ("period", "source"), "the period is said to stand in the header, but neither spread nor set names it"
        for role, names in by_role.items():
            if len(names) > 1 and role not in _MANY:
                reason = f"{len(names)} columns have the role {role}; only value columns may be several"
                yield ("columns", names[1], "role"), reason
        if not any(column.required for column in self.columns.values()):
            yield ("columns",), "no column is required, so that any table would match"

    def _is_given(self, what: Fixed) -> bool:
        """Whether what is reported on is said by a constant, by the header, or by every value column."""
        values = [column for column in self.columns.values() if column.role == "value"]
        return (
            what in self.constants
            or any(spread.dimension == what for spread in self.spread)
            or (bool(values) and all(what in column.set for column in values))
        )

    def _label_faults(self) -> Iterator[tuple[Location, str]]:
        owners: dict[str, str] = {}
        tags: dict[str, str] = {}
        for name, column in self.columns.items():
            labels = column.labels.keys()
            if "" in labels or not (labels or column.hxl):
                yield ("columns", name, "labels"), f"column {name} has no label, or one without a letter or digit"
            for label in labels:
                if label and owners.setdefault(label, name) != name:
                    yield (
                        ("columns", name, "labels"),
                        f"columns {owners[label]} and {name} share the label {label!r}",
                    )
            for tag in column.hxl:
                pattern = "".join(tag.split())
                if tags.setdefault(pattern, name) != name:
                    yield ("columns", name, "hxl"), f"columns {tags[pattern]} and {name} share the HXL tag {pattern}"


class ContractError(LocatedError):
    """Contracts that cannot be used: all their faults at once, each with file, line and reason."""


def load_contracts(folder: Path) -> tuple[Contract, ...]:
    """All contracts of a folder, by family and version. Raises ContractError."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in (".yml", ".yaml"))
        stamps = tuple((path, path.stat().st_mtime_ns) for path in paths)
    except OSError as error:
        raise ContractError([Problem(folder, 0, str(error.strerror))]) from error
    if not paths:
        raise ContractError([Problem(folder, 0, "there is no contract (*.yml) in this folder")])
    return _load(stamps)


@lru_cache(maxsize=4)
def _load(stamps: tuple[tuple[Path, int], ...]) -> tuple[Contract, ...]:
    contracts: list[Contract] = []
    problems: list[Problem] = []
    for path, _ in stamps:
        try:
            contract = _load_one(path)
        except ContractError as error:
            problems += error.problems
            continue
        for other in contracts:
            if (other.family, other.version) == (contract.family, contract.version):
                reason = f"family {contract.family} version {contract.version} is already defined in another file"
                problems.append(contract.problem_at(("version",), reason))
        contracts.append(contract)
    if problems:
        raise ContractError(problems)
    return tuple(sorted(contracts, key=lambda contract: (contract.family, contract.version)))


def _load_one(path: Path) -> Contract:
    try:
        file = read_located(path)
    except LocatedError as error:
        raise ContractError(error.problems) from error
    try:
        contract = Contract.model_validate(file.content)
    except ValidationError as error:
        raise ContractError(file.problems(error)) from error
    contract.locate(file)
    return contract


def in_force(contracts: tuple[Contract, ...], received_date: dt.date) -> list[Contract]:
    """Of each family the version for reports received on that day."""
    chosen: dict[str, Contract] = {}
    for contract in sorted(contracts, key=lambda contract: (contract.valid_from, contract.version)):
        if contract.valid_from <= received_date:
            chosen[contract.family] = contract
    return [chosen[family] for family in sorted(chosen)]


_AGE_CODE = re.compile(r"_T|_U|Y\d+|Y\d+T\d+|Y_GE\d+|Y_LT\d+")
_DIMENSION_CODES: dict[str, frozenset[str]] = {
    "sex": frozenset({"F", "M", "_T", UNKNOWN}),
    "residence": frozenset({"U", "R", "_T", UNKNOWN}),
}


def check_references(contracts: Sequence[Contract], reference: "Reference") -> None:
    """Hold the codes that contracts name against the registers: what a contract sets is never judged again.

    Raises ContractError with file, line and reason for every sender, programme, indicator, place and
    dimension code that no register knows.
    """
    problems = [
        contract.problem_at(location, f"{'.'.join(map(str, location))}: {reason}")
        for contract in contracts
        for location, reason in _unknown(contract, reference)
    ]
    if problems:
        raise ContractError(problems)


def _unknown(contract: Contract, reference: "Reference") -> Iterator[tuple[Location, str]]:
    programmes = reference.programmes
    if contract.programme is not None and contract.programme not in programmes:
        yield ("programme",), f"{contract.programme!r} is no programme of programme.csv"
    if contract.senders != "any":
        known = reference.organisations.codes
        for position, sender in enumerate(contract.senders):
            if sender not in known:
                nearest = _nearest(sender, known)
                yield ("senders", position), f"{sender!r} is no organisation of organisation.csv{nearest}"
    given: list[tuple[Location, str, str]] = [
        (("constants", name), name, code) for name, code in contract.constants.items()
    ]
    for name, column in contract.columns.items():
        given += [(("columns", name, "set", what), what, code) for what, code in column.set.items()]
        if column.role in ("indicator", "place", "parent_place", *DIMENSIONS) and not column.prefix:
            where = ("columns", name)
            given += [((*where, "values", written), column.role, code) for written, code in column.values.items()]
            given += [
                ((*where, "codes", position, "code"), column.role, code.code)
                for position, code in enumerate(column.codes)
                if column.code_system == "name"
            ]
    for position, spread in enumerate(contract.spread):
        given += [
            (("spread", position, "values", written), spread.dimension, code) for written, code in spread.values.items()
        ]
    for dimension, categories in contract.exhaustive.items():
        given += [(("exhaustive", dimension, place), dimension, code) for place, code in enumerate(categories)]
    for location, what, code in given:
        if reason := _wrong(what, code, reference):
            yield location, reason


def _wrong(what: str, code: str, reference: "Reference") -> str:
    if code.startswith("TODO_"):
        return f"{code!r} is still to be decided by a person"
    if what == "indicator" and code not in reference.indicators:
        return f"{code!r} is no indicator of indicator.csv{_nearest(code, reference.indicators)}"
    if what in ("place", "parent_place") and code not in reference.places.codes:
        return f"{code!r} is no place of place.csv"
    if what in _DIMENSION_CODES and code not in _DIMENSION_CODES[what]:
        return f"{code!r} is none of {', '.join(sorted(_DIMENSION_CODES[what]))}"
    if what == "age_group" and not _AGE_CODE.fullmatch(code):
        return f"{code!r} is no age code such as Y0T4, Y_GE18, Y_LT5, _T"
    return ""


def _nearest(code: str, known: Iterable[str]) -> str:
    from rapidfuzz import process

    found = [name for name, _, _ in process.extract(code, sorted(known), limit=2, score_cutoff=70)]
    return f"; did you mean {' or '.join(found)}?" if found else ""


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a contract file, with which editors complete and check it."""
    schema = Contract.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hasila contract (raw/contracts/*.yml)",
        **{key: value for key, value in schema.items() if key != "title"},
    }
