"""Findings: what is wrong, where, what was found, what was expected.

A finding names a rule of the catalogue (`expectations/rules.yml`), which carries severity, scope
and the texts in Arabic, French and English. Every room speaks through findings, so that a focal
point reads one kind of message wherever the fault was seen.
"""

import re
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
    person who must act what to do. `may_be_overridden` is false where no decision can make good what
    is wrong: personal data, a row without a value or of which nobody knows what it is about.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    severity: Severity
    scope: Scope
    denies: State
    title: Texts
    message: Texts
    instruction: Texts
    may_be_overridden: bool = True

    @property
    def is_overridable(self) -> bool:
        """Whether a person may let a report stand that this rule sent back."""
        return self.may_be_overridden and self.severity == "critical" and self.scope in ("report", "row")


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault in one report.

    `code` is a rule of the catalogue. `sheet` and `cell` (`E12`) say where, empty for a file;
    `found` is the text as written and `expected` what would have been right, in a form that needs
    no translation (codes, an example, a range). `rows` is the number of rows that it stands for
    where a rule fails everywhere and is told once; then `found` tells of the first and lists cells.
    """

    code: str
    sheet: str = ""
    cell: str = ""
    found: str = ""
    expected: str = ""
    rows: int = 0


class CatalogueError(Exception):
    """The rule catalogue cannot be used; says where and why."""


# Rules that speak of families, and which of their texts name them.
_OF_FAMILIES = {
    "TABLE_NOT_FOUND": ("expected",),
    "COLUMNS_MISSING": ("found",),
    "FAMILY_AMBIGUOUS": ("found",),
    "SENDER_NOT_AGREED": ("found", "expected"),
    "SHEET_NOT_READ": ("found",),
    "SHEET_OF_OTHER_FAMILY": ("found",),
}


class Catalogue(Mapping[str, Rule]):
    """All rules by code. `titles` are what families are called in messages; without them, by their codes."""

    def __init__(self, rules: dict[str, Rule], titles: Mapping[str, Texts] | None = None):
        self._rules = rules
        self._titles = titles or {}

    def naming(self, titles: Mapping[str, Texts]) -> "Catalogue":
        """The same rules, with families called by these titles."""
        return Catalogue(self._rules, titles)

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
        message = self[finding.code].message[language]
        found = self._named("found", finding, language)
        fault = message.format(found=found, expected=self._named("expected", finding, language))
        # A rule that fails everywhere is told once: where, its message may have no room for.
        return f"{fault} ({found})" if finding.rows and "{found}" not in message else fault

    def instruction(self, finding: Finding, language: Language) -> str:
        """What the person who must act does about it."""
        return self[finding.code].instruction[language].format(expected=self._named("expected", finding, language))

    def _named(self, field: Literal["found", "expected"], finding: Finding, language: Language) -> str:
        """What was found or expected, families by their titles."""
        content = finding.found if field == "found" else finding.expected
        if field not in _OF_FAMILIES.get(finding.code, ()):
            return shown(content) if field == "found" else content
        codes = content.split(", ")
        return " · ".join(self._titles[code][language] if code in self._titles else shown(code) for code in codes)


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


_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)")


def visible(text: str) -> str:
    r"""`text` as it stands, its control characters written out: a terminal shows them and does nothing.

    >>> print(visible("a\x1b[2J"))
    a\x1b[2J
    """
    return _CONTROLS.sub(lambda sign: f"\\x{ord(sign[0]):02x}", text)


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
