"""Suites: which rules a family's rows must pass, as data (`expectations/<family>.yml`).

An entry names a rule of the catalogue, the Great Expectations expectation that judges it with its
arguments, and where in the report a failure is to be shown. `include` takes the shared rules in,
`everywhere` says from when on a failure is told once for the whole report, `shares` which
indicators are shares of one whole.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestration.findings import Catalogue

SHARED = "observations"
"""The rules that every family's rows must pass."""
HISTORY = "history"
"""The rules by which a report is held against what its sender reported before."""


class SuiteError(Exception):
    """A suite is missing, empty or wrong; says which file and why."""


class Entry(BaseModel):
    """One judged rule.

    `arguments` go to the expectation as they are; a value `{register: indicators}` stands for that
    register's codes. `role` is the column of the report whose cell is shown, `found` the candidate's
    field, or the frame's column, that holds the text as written, `expected` what the message says
    would be right; `role_from` and `expected_from` name columns of the frame that say it for each row.
    `judged_where` names the column of the frame that is empty in rows the rule has nothing to say
    of; without it every row is judged. `worst` names the column whose largest number, whatever its
    sign, marks the row that stands for the report where a rule is told once a report.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    rule: str
    expectation: str = Field(pattern=r"^expect_[a-z_]+$")
    arguments: dict[str, Any]
    role: str = "value"
    role_from: str = ""
    found: str = "source_text"
    expected: str = ""
    expected_from: str = ""
    judged_where: str = ""
    worst: str = ""


class Everywhere(BaseModel):
    """When a rule fails everywhere in a report: in more than `rows` rows that are more than `share` of it.

    Then it is told once for the report, with the number of rows; each refused row is still quarantined.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    share: float = Field(0.5, ge=0, le=1)
    rows: int = Field(20, ge=1)

    def holds(self, failed: int, rows: int) -> bool:
        """Whether `failed` of a report's `rows` rows are everywhere."""
        return failed > self.rows and failed > self.share * rows


@dataclass(frozen=True, slots=True)
class Suite:
    """A family's rules in the order of the file."""

    family: str
    entries: tuple[Entry, ...]
    everywhere: Everywhere = field(default_factory=Everywhere)
    shares: tuple[tuple[str, ...], ...] = ()


def load_suite(folder: Path, family: str, catalogue: Catalogue) -> Suite:
    """The suite of one family, shared rules included; the shared rules alone where it has no file.

    Raises SuiteError for a suite that is wrong or could refuse nothing: what nothing judges is not
    loaded.
    """
    own = (folder / f"{family}.yml").exists()
    suite = _suite(folder, family, family if own else SHARED, catalogue)
    if not any(catalogue[entry.rule].severity == "critical" for entry in suite.entries):
        raise SuiteError(f"{folder / family}.yml: no critical rule; a family that nothing can refuse is not loaded")
    return suite


def load_history_suite(folder: Path, family: str, catalogue: Catalogue) -> Suite:
    """The rules by which a family's accepted rows are held against what was accepted before.

    Raises SuiteError for a suite that is wrong, and for a critical rule: what was accepted before
    may make a figure odd, never refused.
    """
    suite = _suite(folder, family, HISTORY, catalogue)
    if critical := [entry.rule for entry in suite.entries if catalogue[entry.rule].severity == "critical"]:
        raise SuiteError(f"{folder / HISTORY}.yml: {', '.join(critical)}: what is held against history only warns")
    return suite


def _suite(folder: Path, family: str, name: str, catalogue: Catalogue) -> Suite:
    suite = _loaded(folder, family, name, catalogue, ())
    codes = [entry.rule for entry in suite.entries]
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    if repeated:
        raise SuiteError(f"{folder / name}.yml: rules judged twice: {', '.join(repeated)}")
    return suite


class _File(BaseModel):
    """A suite's file but for its rules, which are told of one by one."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    include: tuple[str, ...] = ()
    everywhere: Everywhere | None = None
    shares: tuple[tuple[str, ...], ...] = ()
    rules: tuple[Any, ...] = ()


def _loaded(folder: Path, family: str, name: str, catalogue: Catalogue, within: tuple[str, ...]) -> Suite:
    path = folder / f"{name}.yml"
    if name in within:
        raise SuiteError(f"{path}: includes itself")
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
    except FileNotFoundError as error:
        raise SuiteError(f"{path}: this family has no suite") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SuiteError(f"{path}: {error}") from error
    if not isinstance(content, dict) or content.keys() - set(_File.model_fields):
        raise SuiteError(f"{path}: expected the keys {', '.join(_File.model_fields)}")
    file = _valid(_File, {key: value for key, value in content.items() if value is not None}, str(path))
    entries: list[Entry] = []
    shares = list(file.shares)
    everywhere: Everywhere | None = None
    for included in file.include:
        taken = _loaded(folder, family, included, catalogue, (*within, name))
        entries += taken.entries
        shares += taken.shares
        everywhere = taken.everywhere
    for position, raw in enumerate(file.rules, 1):
        entry = _valid(Entry, raw, f"{path}: rule {position}")
        if entry.rule not in catalogue:
            raise SuiteError(f"{path}: {entry.rule} is not in the catalogue (rules.yml)")
        entries.append(entry)
    return Suite(family, tuple(entries), file.everywhere or everywhere or Everywhere(), tuple(shares))


_Model = TypeVar("_Model", bound=BaseModel)


def _valid(model: type[_Model], raw: Any, where: str) -> _Model:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        fault = error.errors()[0]
        part = ".".join(str(name) for name in fault["loc"])
        raise SuiteError(f"{where}: {part}: {fault['msg']}") from error
