"""Suites: which rules a family's rows must pass, as data (`expectations/<family>.yml`).

An entry names a rule of the catalogue, the Great Expectations expectation that judges it with its
arguments, and where in the report a failure is to be shown. `include` takes the shared rules in.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestration.findings import Catalogue

SHARED = "observations"
"""The rules that every family's rows must pass."""


class SuiteError(Exception):
    """A suite is missing, empty or wrong; says which file and why."""


class Entry(BaseModel):
    """One judged rule.

    `arguments` go to the expectation as they are; a value `{register: indicators}` stands for that
    register's codes. `role` is the column of the report whose cell is shown, `found` the candidate's
    field that holds the text as written, `expected` what the message says would be right.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    rule: str
    expectation: str = Field(pattern=r"^expect_[a-z_]+$")
    arguments: dict[str, Any]
    role: str = "value"
    found: str = "source_text"
    expected: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """A family's rules in the order of the file."""

    family: str
    entries: tuple[Entry, ...]


def load_suite(folder: Path, family: str, catalogue: Catalogue) -> Suite:
    """The suite of one family, shared rules included; the shared rules alone where it has no file.

    Raises SuiteError for a suite that is wrong or could refuse nothing: what nothing judges is not
    loaded.
    """
    own = (folder / f"{family}.yml").exists()
    entries = _entries(folder, family if own else SHARED, catalogue, ())
    if not any(catalogue[entry.rule].severity == "critical" for entry in entries):
        raise SuiteError(f"{folder / family}.yml: no critical rule; a family that nothing can refuse is not loaded")
    codes = [entry.rule for entry in entries]
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    if repeated:
        raise SuiteError(f"{folder / family}.yml: rules judged twice: {', '.join(repeated)}")
    return Suite(family, tuple(entries))


def _entries(folder: Path, name: str, catalogue: Catalogue, within: tuple[str, ...]) -> list[Entry]:
    path = folder / f"{name}.yml"
    if name in within:
        raise SuiteError(f"{path}: includes itself")
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
    except FileNotFoundError as error:
        raise SuiteError(f"{path}: this family has no suite") from error
    except (OSError, yaml.YAMLError) as error:
        raise SuiteError(f"{path}: {error}") from error
    if not isinstance(content, dict) or content.keys() - {"include", "rules"}:
        raise SuiteError(f"{path}: expected the keys include and rules")
    entries: list[Entry] = []
    for included in content.get("include") or ():
        entries += _entries(folder, included, catalogue, (*within, name))
    for position, raw in enumerate(content.get("rules") or (), 1):
        try:
            entry = Entry.model_validate(raw)
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(str(part) for part in fault["loc"])
            raise SuiteError(f"{path}: rule {position}: {where}: {fault['msg']}") from error
        if entry.rule not in catalogue:
            raise SuiteError(f"{path}: {entry.rule} is not in the catalogue (rules.yml)")
        entries.append(entry)
    return entries
