"""The rule catalogue: complete in three languages, and neither code nor suite names what it lacks."""

import re
import string
from pathlib import Path

import pytest
import yaml

from orchestration.check.suites import load_history_suite, load_suite
from orchestration.findings import Catalogue, CatalogueError, Finding, load_catalogue, shown
from orchestration.read.contracts import Contract
from orchestration.settings import LANGUAGES
from tests.helpers import PROJECT

ARABIC = re.compile(r"[\u0600-\u06ff]")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def codes_in_code() -> set[str]:
    """Rules that Python names: what is given to a Finding or a NumberError, or kept to be given."""
    sources = [path.read_text(encoding="utf-8") for path in (PROJECT / "orchestration").rglob("*.py")]
    given = re.compile(r'(?:Finding|NumberError|_finding|troubles\.append\()\(\s*"([A-Z_]+)"|code = "([A-Z_]+)"')
    return {first or second for source in sources for first, second in given.findall(source)}


def codes_in_suites(catalogue: Catalogue, contracts: tuple[Contract, ...]) -> set[str]:
    return {
        entry.rule
        for contract in contracts
        for load in (load_suite, load_history_suite)
        for entry in load(PROJECT / "expectations", contract.family, catalogue).entries
    }


def test_every_text_is_there_in_every_language(catalogue: Catalogue) -> None:
    for code, rule in catalogue.items():
        for texts in (rule.title, rule.message, rule.instruction):
            assert all(texts[language].strip() for language in LANGUAGES), code
            assert ARABIC.search(texts["ar"]), code
            assert not ARABIC.search(texts["fr"] + texts["en"]), code
            assert texts["fr"] != texts["en"], code


def test_the_languages_of_a_text_use_the_same_placeholders(catalogue: Catalogue) -> None:
    for code, rule in catalogue.items():
        for texts, allowed in (
            (rule.message, {"found", "expected"}),
            (rule.instruction, {"expected"}),
            (rule.title, set()),
        ):
            used = [placeholders(texts[language]) for language in LANGUAGES]
            assert used[0] == used[1] == used[2], code
            assert used[0] <= allowed, code


# What would have been right depends on the row, and comes with it.
SAID_BY_THE_READER = {
    "NUMBER_TOO_LARGE",
    "NUMBER_AMBIGUOUS",
    "PLACE_AMBIGUOUS",
    "PLACE_OUTSIDE_PARENT",
    "POPULATION_GROUP_UNKNOWN",
}


def test_what_a_message_says_was_expected_is_always_given(
    catalogue: Catalogue, contracts: tuple[Contract, ...]
) -> None:
    """No sentence ends in "expected: ." because its suite names nothing."""
    for contract in contracts:
        for entry in load_suite(PROJECT / "expectations", contract.family, catalogue).entries:
            asks = "expected" in placeholders(catalogue[entry.rule].message["en"])
            from_register = any(isinstance(value, dict) for value in entry.arguments.values())
            said = entry.expected or entry.expected_from or from_register
            assert not asks or said or entry.rule in SAID_BY_THE_READER, entry.rule


def test_every_code_in_use_is_in_the_catalogue_and_every_rule_is_used(
    catalogue: Catalogue, contracts: tuple[Contract, ...]
) -> None:
    assert codes_in_code() | codes_in_suites(catalogue, contracts) == set(catalogue)


def test_no_rule_is_defined_twice() -> None:
    node = yaml.compose((PROJECT / "expectations" / "rules.yml").read_text(encoding="utf-8"))
    names = [key.value for key, _ in node.value]
    assert len(names) == len(set(names))


def test_a_message_gives_place_fault_and_advice(catalogue: Catalogue) -> None:
    finding = Finding("NUMBER_UNREADABLE", "Feuil1", "E12", "{beaucoup}", "425")
    for language in LANGUAGES:
        message = catalogue.message(finding, language)
        assert message.startswith("Feuil1 E12: ")
        assert "{beaucoup}" in message
        assert "425" in message
        assert message.endswith(catalogue["NUMBER_UNREADABLE"].instruction[language])


@pytest.mark.parametrize("field", ["sheet", "found"])
def test_nothing_in_a_file_can_steer_a_terminal_or_turn_a_line_round(catalogue: Catalogue, field: str) -> None:
    hostile = "a\x1b[2J\u202eb\nc\u200f\ufeff\u061c" + "x" * 500
    message = catalogue.message(Finding("NUMBER_UNREADABLE", **{field: hostile}), "en")
    assert not re.search("[\x00-\x1f\x7f\u202a-\u202e\u200f\ufeff\u061c]", message)
    assert "x" * 100 not in message


def test_a_long_text_is_cut_and_says_so() -> None:
    assert len(shown("x" * 500)) == 80
    assert shown("x" * 500).endswith("…")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "one entry"),
        ("- a", "one entry"),
        ("A: {severity: grave}", "rule A: severity"),
        ("A: [", "rules.yml"),
    ],
)
def test_a_wrong_catalogue_is_told_with_its_file(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "rules.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match=reason) as refusal:
        load_catalogue(path)
    assert str(path) in str(refusal.value)


def test_families_are_called_by_their_titles_in_messages(catalogue: Catalogue, contracts: tuple[Contract, ...]) -> None:
    named = catalogue.naming({contract.family: contract.title for contract in contracts})
    finding = Finding("SENDER_NOT_AGREED", "Feuil1", "", "begging", "deliverables, after_care")
    title = {contract.family: contract.title for contract in contracts}
    for language in LANGUAGES:
        message = named.message(finding, language)
        assert title["begging"][language] in message
        assert f"{title['deliverables'][language]} · {title['after_care'][language]}" in message
        assert "after_care" not in message
    # What is no family, or stands in another rule, stays as written.
    assert "begging" in named.message(Finding("PLACE_UNKNOWN", found="begging"), "fr")
    assert "after_care" in catalogue.message(finding, "fr")
