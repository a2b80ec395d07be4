"""What an answer says: in whose language, in which order, and in words that each language has."""

import string
from itertools import permutations

import pytest

from orchestration.answer.active import _MACHINES
from orchestration.answer.content import MOST_FINDINGS, in_order, language_of, words
from orchestration.findings import Finding
from orchestration.read.reference import Reference
from orchestration.settings import LANGUAGES, Language
from tests.helpers import Desk
from tests.unit.answer.makers import answer_of

FINDINGS = [
    Finding("REPORT_PERIOD_MISSING"),
    Finding("NUMBER_UNREADABLE", "B", "E9"),
    Finding("NUMBER_UNREADABLE", "B", "E10"),
    Finding("SEX_UNKNOWN", "B", "F10"),
    Finding("NUMBER_UNREADABLE", "B", "A11"),
    Finding("HEADER_BLANK", "B", "C4"),
    Finding("ROW_NOT_READ", "B", "A2"),
]


def test_errors_come_first_then_what_is_to_be_checked_each_by_row_and_column(desk: Desk) -> None:
    for order in list(permutations(FINDINGS))[::97]:
        assert in_order(order, desk.catalogue) == FINDINGS


def test_places_in_records_are_ordered_by_their_numbers(desk: Desk) -> None:
    places = ["/values/2/n", "/values/10/n", "/values/10/p"]
    found = [Finding("NUMBER_UNREADABLE", "s", place) for place in reversed(places)]
    assert [finding.cell for finding in in_order(found, desk.catalogue)] == places


@pytest.mark.parametrize(
    ("said", "read", "expected"),
    [("fr", "ar", "fr"), ("", "ar", "ar"), ("", None, "en"), ("", "de", "en"), ("de", "fr", "fr")],
)
def test_the_language_is_the_organisations_else_the_files_else_the_installations(
    said: str, read: str | None, expected: Language
) -> None:
    reference = Reference(organisation_languages={"A": said} if said else {})
    assert language_of("A", read, reference, "en") == expected


def test_the_register_says_in_which_language_the_examples_want_their_answers(reference: Reference) -> None:
    assert reference.organisation_languages == {"NGO_EXAMPLE_1": "fr", "NGO_EXAMPLE_2": "fr"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_said_in_codes_that_has_words(language: Language, desk: Desk) -> None:
    found = [
        Finding("PLACE_UNKNOWN", "S", "B5", "Ouezzan", "MA-OUZ, MA-MED"),
        Finding("SEX_UNKNOWN", "S", "C5", "x", "F, M"),
    ]
    answer = answer_of(desk, found, language=language)
    assert answer.organisation_name == desk.reference.labels["organisation"]["NGO_EXAMPLE_1"][language]
    place, sex = answer.findings
    names = [desk.reference.labels["place"][code][language] for code in ("MA-OUZ", "MA-MED")]
    assert place.expected == f"{names[0]} (MA-OUZ)\n{names[1]} (MA-MED)"
    assert sex.expected == "F, M"
    assert answer.family_title == next(c.title[language] for c in desk.contracts if c.family == "activity_report")
    assert answer_of(desk, language=language, family="unmatched").family_title == words(language)["family_unknown"]


def test_findings_beyond_a_number_are_counted(desk: Desk) -> None:
    found = [Finding("ROW_NOT_READ", "S", "A1")] + [
        Finding("NUMBER_UNREADABLE", "S", f"B{n}") for n in range(1, MOST_FINDINGS + 6)
    ]
    answer = answer_of(desk, found)
    assert len(answer.findings) == MOST_FINDINGS
    assert answer.unlisted == 6
    assert answer.counts == {"critical": MOST_FINDINGS + 5, "warning": 0, "info": 1}
    assert all(told.severity == "critical" for told in answer.findings)


def test_every_verdict_severity_and_kind_of_removal_has_its_words() -> None:
    """`load_texts` holds the languages complete among themselves; this holds them complete for the code."""
    for language in LANGUAGES:
        texts = words(language)
        assert set(texts["verdicts"]) == {"accepted", "accepted_with_findings", "sent_back", "unreadable"}
        assert set(texts["severities"]) == {"critical", "warning", "info"}
        categories = {*_MACHINES, "links", "workbooks", "connections", "auto_run", "formulas"}
        assert set(texts["removed"]) == {"title", *categories}


def test_no_text_holds_another_languages_letters() -> None:
    def every(value: object) -> list[str]:
        if isinstance(value, dict):
            return [text for inner in value.values() for text in every(inner)]
        return [str(value)]

    for text in every(words("ar")):
        letters = [c for _, c in enumerate("".join(part for part, *_ in string.Formatter().parse(text))) if c.isalpha()]
        assert all("\u0600" <= c <= "\u06ff" for c in letters), text
    for language in ("fr", "en"):
        for text in every(words(language)):  # type: ignore[arg-type]
            assert not any("\u0600" <= c <= "\u06ff" for c in text), text
