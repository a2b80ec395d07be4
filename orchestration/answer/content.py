"""What an answer says: the verdict and the findings of one report in the reporter's words.

Composed once, from the lake or from a dry run, and shown alike in the workbook, on the terminal and
in the mail. No format of a file is known here.
"""

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from orchestration.answer.sheets import place_of
from orchestration.findings import Catalogue, Finding, Severity, shown
from orchestration.read.contracts import Contract
from orchestration.read.reference import Reference
from orchestration.settings import LANGUAGES, Language
from orchestration.texts import load_texts

SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")
MOST_FINDINGS = 1_000
"""So many findings are listed and marked; what is beyond is counted."""
_LONGEST = 500
_NUMBER = re.compile(r"\d+")
_LOCALES: dict[Language, str] = {"ar": "ar_MA", "fr": "fr_MA", "en": "en_GB"}
_NAMED = ("indicator", "place", "deliverable")


@cache
def words(language: Language) -> Mapping[str, Any]:
    """The texts of the answer (answer_texts.yml)."""
    texts: Mapping[str, Any] = load_texts(Path(__file__).with_name("answer_texts.yml"))[language]
    return texts


def long_date(day: dt.date, language: Language) -> str:
    """A day as it is written in a language: `31 janvier 2025`."""
    from babel.dates import format_date

    return str(format_date(day, "long", locale=_LOCALES[language]))


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in words. `fault` says what is wrong, `instruction` what to do; no text is longer than a cell."""

    code: str
    severity: Severity
    sheet: str
    cell: str
    found: str
    expected: str
    fault: str
    instruction: str


@dataclass(frozen=True, slots=True)
class Answer:
    """All that is said of one report.

    `verdict` is accepted, accepted_with_findings, sent_back or unreadable. `values` are the numbers
    read, accepted and quarantined, `counts` the findings by severity, `findings` the first
    MOST_FINDINGS of them in the order of `in_order`, and `unlisted` how many more there are.
    """

    receipt_id: str
    organisation_code: str
    organisation_name: str
    file_name: str
    received_date: dt.date
    family: str
    family_title: str
    verdict: str
    language: Language
    is_illustrative: bool
    values: Mapping[str, int]
    counts: Mapping[Severity, int]
    findings: tuple[Told, ...]
    unlisted: int


def in_order(findings: Iterable[Finding], catalogue: Catalogue) -> list[Finding]:
    """Errors first, then what is to be checked, then the rest; each by sheet, row and column."""
    listed = list(findings)
    sheets = {sheet: index for index, sheet in enumerate(dict.fromkeys(finding.sheet for finding in listed))}
    return sorted(
        listed,
        key=lambda finding: (
            SEVERITIES.index(catalogue[finding.code].severity),
            bool(finding.sheet),
            sheets[finding.sheet],
            _place_key(finding.cell),
        ),
    )


def _place_key(cell: str) -> tuple[int, int, list[int], str]:
    """Cells by row and column, other places (lines, JSON pointers) by the numbers in them."""
    if place := place_of(cell):
        return *place, [], ""
    return -1, -1, [int(number[:18]) for number in _NUMBER.findall(cell)[:20]], cell


def language_of(organisation_code: str, read: str | None, reference: Reference, otherwise: Language) -> Language:
    """The reporter's language: the register's for the organisation, else the file's own, else `otherwise`."""
    said = (reference.organisation_languages.get(organisation_code), read)
    return next((language for wish in said for language in LANGUAGES if wish == language), otherwise)


def compose(
    report: Mapping[str, Any],
    findings: Iterable[Finding],
    *,
    language: Language,
    contracts: Sequence[Contract],
    reference: Reference,
    catalogue: Catalogue,
) -> Answer:
    """The answer to a report; `report` is its row of the lake's table `reports`."""
    ordered = in_order(findings, catalogue)
    code, family = report["organisation_code"], report["family"]
    names = reference.labels["organisation"].get(code, {})
    titles = [contract.title[language] for contract in contracts if contract.family == family]
    versions = [
        contract.title[language]
        for contract in contracts
        if (contract.family, contract.version) == (family, report["contract_version"])
    ]
    listed = ordered[:MOST_FINDINGS]
    return Answer(
        receipt_id=report["receipt_id"],
        organisation_code=code,
        organisation_name=names.get(language) or code,
        file_name=report["file_name"],
        received_date=report["received_date"],
        family=family,
        family_title=next(iter((*versions, *titles)), str(words(language)["family_unknown"])),
        verdict=report["verdict"],
        language=language,
        is_illustrative=report["data_status"] == "illustrative",
        values={name: report[f"observations_{name}"] for name in ("read", "accepted", "quarantined")},
        counts={
            severity: sum(catalogue[finding.code].severity == severity for finding in ordered)
            for severity in SEVERITIES
        },
        findings=tuple(_told(finding, language, reference, catalogue) for finding in listed),
        unlisted=len(ordered) - len(listed),
    )


def _told(finding: Finding, language: Language, reference: Reference, catalogue: Catalogue) -> Told:
    return Told(
        code=finding.code,
        severity=catalogue[finding.code].severity,
        sheet=finding.sheet,
        cell=finding.cell,
        found=shown(finding.found, _LONGEST),
        expected=_named(finding.expected, language, reference),
        fault=catalogue.fault(finding, language),
        instruction=catalogue.instruction(finding, language),
    )


def _named(expected: str, language: Language, reference: Reference) -> str:
    """Codes behind their names, which a reporter knows better, one a line; anything else as it is."""
    codes = expected.split(", ")
    for register in _NAMED:
        labels = reference.labels.get(register, {})
        if all(code in labels for code in codes):
            return "\n".join(f"{labels[code].get(language) or code} ({code})" for code in codes)
    return shown(expected, _LONGEST)
