"""Contracts: what a family's reports look like, as data (`raw/contracts/<family>.yml`).

A contract says which columns a table has and what they are called in three languages, how rows and
columns become indicators and disaggregations, where the reporting period stands, and what happens
to bad rows. Adding a reporter's template takes a contract and no code.
"""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from orchestration.findings import Texts
from orchestration.read import text
from orchestration.read.periods import Grain
from orchestration.settings import LANGUAGES, Language

Role = Literal[
    "indicator",
    "place",
    "period",
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
KeyPart = Literal["organisation_code", "family", "period", "file_name"]
Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Labels(_Model):
    """The ways a column or a mark is written, by language."""

    ar: tuple[str, ...] = ()
    fr: tuple[str, ...] = ()
    en: tuple[str, ...] = ()

    def keys(self) -> dict[str, Language]:
        """Every label's comparison key with the language it belongs to."""
        return {text.key(label): language for language in LANGUAGES for label in getattr(self, language)}


class Column(_Model):
    """One column of the table.

    `set` gives a value column its disaggregation (`{sex: F}`), `values` translates codes as written
    into hasila's, `prefix` is put before a code that would not be understood alone, and
    `before_colon` keeps the code of cells like `MAR: Morocco`.
    """

    role: Role
    labels: Labels
    required: bool = False
    set: dict[Dimension, str] = Field(default_factory=dict)
    values: dict[str, str] = Field(default_factory=dict)
    prefix: str = ""
    before_colon: bool = False


class PeriodRule(_Model):
    """Where the reporting period stands: in a `column`, or in the `title` above the table."""

    source: Literal["column", "title"]
    grains: tuple[Grain, ...] = ("month", "quarter", "half_year", "year", "multi_year", "custom")


class StatusRule(_Model):
    """The data status of what a family reports, and the marks that make a report illustrative."""

    default: Literal["published", "reported", "illustrative"]
    illustrative_marks: Labels = Labels()


class Contract(_Model):
    """One family's contract, in one version, for reports received from `valid_from` on."""

    family: Identifier
    version: int = Field(ge=1)
    valid_from: dt.date = dt.date(1900, 1, 1)
    title: Texts
    formats: tuple[Literal["csv", "xlsx", "xlsm", "xlsb", "xls", "ods"], ...] = Field(min_length=1)
    senders: tuple[str, ...] | Literal["any"] = "any"
    decimal_sign: Literal[",", "."] = ","
    data_status: StatusRule
    period: PeriodRule
    report_key: tuple[KeyPart, ...] = ("organisation_code", "family", "period")
    bad_rows: Literal["quarantine", "send_back"] = "quarantine"
    largest_bad_share: float = Field(0.5, gt=0, le=1)
    header_within_rows: int = Field(40, ge=1, le=1000)
    columns: dict[Identifier, Column] = Field(min_length=2)
    exhaustive: dict[Dimension, tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        roles = [column.role for column in self.columns.values()]
        for needed in ("indicator", "value"):
            if needed not in roles:
                raise ValueError(f"no column has the role {needed}")
        if self.period.source == "column" and "period" not in roles:
            raise ValueError("the period is said to stand in a column, but no column has the role period")
        for role in set(roles) - {"value", "population_group", "remark", "ignored"}:
            if roles.count(role) > 1:
                raise ValueError(f"{roles.count(role)} columns have the role {role}; only value columns may be several")
        if not any(column.required for column in self.columns.values()):
            raise ValueError("no column is required, so that any table would match")
        owners: dict[str, str] = {}
        for name, column in self.columns.items():
            for label in column.labels.keys() or {"": "en"}:
                if not label:
                    raise ValueError(f"column {name} has no label, or one without a letter or digit")
                if owners.setdefault(label, name) != name:
                    raise ValueError(f"columns {owners[label]} and {name} share the label {label!r}")
        return self


@dataclass(frozen=True)
class ContractProblem:
    """One fault in a contract file."""

    path: Path
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


class ContractError(Exception):
    """Contracts that cannot be used: all their faults at once, each with file, line and reason."""

    def __init__(self, problems: list[ContractProblem]):
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def load_contracts(folder: Path) -> tuple[Contract, ...]:
    """All contracts of a folder, by family and version. Raises ContractError."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix in (".yml", ".yaml"))
        stamps = tuple((path, path.stat().st_mtime_ns) for path in paths)
    except OSError as error:
        raise ContractError([ContractProblem(folder, 0, str(error.strerror))]) from error
    if not paths:
        raise ContractError([ContractProblem(folder, 0, "there is no contract (*.yml) in this folder")])
    return _load(stamps)


@lru_cache(maxsize=4)
def _load(stamps: tuple[tuple[Path, int], ...]) -> tuple[Contract, ...]:
    contracts: list[Contract] = []
    problems: list[ContractProblem] = []
    for path, _ in stamps:
        try:
            contract = _load_one(path)
        except ContractError as error:
            problems += error.problems
            continue
        for other in contracts:
            if (other.family, other.version) == (contract.family, contract.version):
                reason = f"family {contract.family} version {contract.version} is already defined in another file"
                problems.append(ContractProblem(path, 1, reason))
        contracts.append(contract)
    if problems:
        raise ContractError(problems)
    return tuple(sorted(contracts, key=lambda contract: (contract.family, contract.version)))


def _load_one(path: Path) -> Contract:
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError([ContractProblem(path, 0, f"cannot be read: {error}")]) from error
    try:
        node = yaml.compose(source, Loader=yaml.CSafeLoader)
        content = yaml.load(source, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ContractError([ContractProblem(path, line, f"not YAML: {error.problem}")]) from error
    except yaml.YAMLError as error:
        raise ContractError([ContractProblem(path, 1, f"not YAML: {error}")]) from error
    if repeated := _repeated_keys(node):
        reason = "is given twice, and only the last would count"
        raise ContractError([ContractProblem(path, line, f"{key} {reason}") for key, line in repeated])
    try:
        return Contract.model_validate(content)
    except ValidationError as error:
        raise ContractError(
            [
                ContractProblem(path, _line(node, fault["loc"]), _reason(fault["loc"], fault["msg"]))
                for fault in error.errors()
            ]
        ) from error


def _reason(location: tuple[int | str, ...], message: str) -> str:
    where = ".".join(str(part) for part in location)
    return f"{where}: {message}" if where else message.removeprefix("Value error, ")


def _repeated_keys(node: yaml.Node | None) -> list[tuple[str, int]]:
    """Keys that a mapping has twice, with the line of the second."""
    found: list[tuple[str, int]] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                found.append((key.value, key.start_mark.line + 1))
            seen.add(str(key.value))
            found += _repeated_keys(value)
    return found


def _line(node: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    """The line of the innermost part of `location` that the file has."""
    line = 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == part), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def in_force(contracts: tuple[Contract, ...], received_date: dt.date) -> list[Contract]:
    """Of each family the version for reports received on that day."""
    chosen: dict[str, Contract] = {}
    for contract in sorted(contracts, key=lambda contract: (contract.valid_from, contract.version)):
        if contract.valid_from <= received_date:
            chosen[contract.family] = contract
    return [chosen[family] for family in sorted(chosen)]
