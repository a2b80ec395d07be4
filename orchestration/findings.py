"""Findings: what is wrong, where, what was found, what was expected.

A finding names a rule of the catalogue (`expectations/rules.yml`), which carries severity, scope
and the texts in Arabic, French and English. Every room speaks through findings, so that a focal
point reads one kind of message wherever the fault was seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from orchestration.settings import Language

Severity = Literal["critical", "warning", "info"]
Scope = Literal["file", "batch", "report", "row"]
State = Literal["readable", "complete", "valid"]


class Texts(BaseModel):
    """One text in the three languages of the reports."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    ar: str
    fr: str
    en: str

    def __getitem__(self, language: Language) -> str:
        return str(getattr(self, language))


class Rule(BaseModel):
    """A rule of the catalogue.

    `denies` is the state that a report loses by a critical finding of this rule: it cannot be read,
    something that must be there is missing, or what is there is wrong.
    `message` says what is wrong and may use `{found}` and `{expected}`; `instruction` tells the
    person who must act what to do.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    severity: Severity
    scope: Scope
    denies: State
    title: Texts
    message: Texts
    instruction: Texts


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault in one report.

    `code` is a rule of the catalogue. `sheet` and `cell` (`E12`) say where, empty for a file;
    `found` is the text as written and `expected` what would have been right, in a form that needs
    no translation (codes, an example, a range).
    """

    code: str
    sheet: str = ""
    cell: str = ""
    found: str = ""
    expected: str = ""


class CatalogueError(Exception):
    """The rule catalogue cannot be used; says where and why."""


class Catalogue(Mapping[str, Rule]):
    """All rules by code."""

    def __init__(self, rules: dict[str, Rule]):
        self._rules = rules

    def __getitem__(self, code: str) -> Rule:
        return self._rules[code]

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def message(self, finding: Finding, language: Language) -> str:
        """The finding as a sentence: place, fault, what to do."""
        place = " ".join(part for part in (shown(finding.sheet), finding.cell) if part)
        said = f"{self.fault(finding, language)} {self.instruction(finding, language)}"
        return f"{place}: {said}" if place else said

    def fault(self, finding: Finding, language: Language) -> str:
        """What is wrong, without its place."""
        return self[finding.code].message[language].format(found=shown(finding.found), expected=finding.expected)

    def instruction(self, finding: Finding, language: Language) -> str:
        """What the person who must act does about it."""
        return self[finding.code].instruction[language].format(expected=finding.expected)


# Characters that would reorder or hide what stands around them in a terminal or a page.
_INVISIBLE = dict.fromkeys(
    [
        *range(0x20),
        *range(0x7F, 0xA0),
        0xAD,
        0x61C,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
    ],
    "\N{REPLACEMENT CHARACTER}",
)


def shown(text: str, length: int = 80) -> str:
    """`text` as it may stand in a message: on one line, no control characters, not too long."""
    clean = " ".join(text.split()).translate(_INVISIBLE)
    return clean if len(clean) <= length else clean[: length - 1] + "…"


@lru_cache(maxsize=4)
def load_catalogue(path: Path) -> Catalogue:
    """The catalogue from `expectations/rules.yml`.

    Raises CatalogueError naming the file and the rule when a text or a field is missing.
    """
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CatalogueError(f"{path}: {error}") from error
    if not isinstance(entries, dict) or not entries:
        raise CatalogueError(f"{path}: expected one entry for each rule")
    rules: dict[str, Rule] = {}
    for code, entry in entries.items():
        try:
            rules[str(code)] = Rule.model_validate(entry)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise CatalogueError(f"{path}: rule {code}: {where}: {first['msg']}") from error
    return Catalogue(rules)
