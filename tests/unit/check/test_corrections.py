"""Corrections as data: a wrong file is told whole, with file, line and reason."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.check.corrections import (
    Correction,
    CorrectionError,
    check_references,
    json_schema,
    load_corrections,
)
from orchestration.read.contracts import Contract
from orchestration.read.reference import Reference
from tests.helpers import PROJECT

GOOD = """\
corrections:
  - code: ENTRAIDE_2019_T2
    report: {organisation_code: ENTRAIDE, family: activity_report, period: 2019-Q2}
    row: {indicator_code: SN_PARENTS_TRAINED, place_code: MA-CHE, sex: F}
    action: override
    value: 12
    expect: 21
    reason: Digits transposed.
    reported_by: data team
    reported_to: focal point of ENTRAIDE
    reported_on: 2019-08-01
    status: confirmed
"""


def load(folder: Path, text: str, name: str = "a.yml") -> tuple[Correction, ...]:
    (folder / name).write_text(text, encoding="utf-8")
    return load_corrections(folder)


def faults(folder: Path, text: str) -> list[str]:
    with pytest.raises(CorrectionError) as refusal:
        load(folder, text)
    return [f"{problem.path.name}:{problem.line}: {problem.reason}" for problem in refusal.value.problems]


def test_a_good_file_is_read(tmp_path: Path) -> None:
    (correction,) = load(tmp_path, GOOD)
    assert (correction.code, correction.value, correction.expect) == ("ENTRAIDE_2019_T2", Decimal(12), Decimal(21))
    assert correction.span is not None
    assert correction.span.grain == "quarter"
    assert correction.is_applied


def test_the_text_as_written_is_expected_in_quotes(tmp_path: Path) -> None:
    (correction,) = load(tmp_path, GOOD.replace("expect: 21", 'expect: "21"'))
    assert correction.expect == "21"


def test_a_year_and_a_date_are_periods_as_yaml_reads_them(tmp_path: Path) -> None:
    for written in ("2019", "2019-06-30"):
        (correction,) = load(tmp_path, GOOD.replace("2019-Q2", written))
        assert correction.span is not None


@pytest.mark.parametrize("text", ["", "# nothing to put right\n", "corrections: []\n"])
def test_a_file_may_hold_none(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text) == ()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CorrectionError, match="no-such-folder"):
        load_corrections(tmp_path / "no-such-folder")


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("    value: 12\n", "", 5, "override: give the value"),
        ("value: 12", "qualifier: not_reported\n    value: 12", 5, "not both"),
        ("value: 12", "value: 1e40", 6, "value"),
        ("value: 12", "value: .nan", 6, "value"),
        ("value: 12", "value: 12\n    numerator: 3", 5, "numerator and denominator together"),
        ("action: override", "action: scale", 5, "scale takes factor"),
        ("action: override", "action: drop", 6, "only override takes value"),
        ("action: override\n    value: 12", "action: scale\n    factor: 0", 6, "greater than 0"),
        ("action: override", "action: erase", 5, "action"),
        ("row: {", "cell: 'Feuil1!D5'\n    row: {", 2, "either by row or by cell"),
        ("    row: {indicator_code: SN_PARENTS_TRAINED, place_code: MA-CHE, sex: F}\n", "", 2, "by row or by cell"),
        (", period: 2019-Q2", "", 3, "period or its receipt_id"),
        ("period: 2019-Q2", "period: the other day", 3, "is no period"),
        ("period: 2019-Q2", "receipt_id: abc", 3, "receipt_id"),
        ("reason: Digits transposed.", "reason: '  '", 8, "reason"),
        ("    reason: Digits transposed.\n", "", 2, "reason"),
        ("reported_on: 2019-08-01", "reported_on: soon", 11, "reported_on"),
        ("status: confirmed", "status: maybe", 12, "status"),
        ("expect: 21", "expect: true", 7, "expect"),
        ("code: ENTRAIDE_2019_T2", "code: a code", 2, "code"),
        ("status: confirmed", "status: confirmed\n    remarks: x", 13, "remarks"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, old: str, new: str, line: int, reason: str) -> None:
    assert old in GOOD
    told = faults(tmp_path, GOOD.replace(old, new))
    assert any(problem.startswith(f"a.yml:{line}: ") and reason in problem for problem in told), told


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text("corrections: 7\n", encoding="utf-8")
    (tmp_path / "c.yml").write_text("corrections: [", encoding="utf-8")
    told = faults(tmp_path, GOOD.replace("value: 12", "value: many").replace("confirmed", "maybe"))
    assert [problem.split(": ")[0] for problem in told] == ["a.yml:6", "a.yml:12", "b.yml:1", "c.yml:2"]


def test_a_code_given_twice_is_an_error_across_files(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text(GOOD.replace("sex: F", "sex: M"), encoding="utf-8")
    (told,) = faults(tmp_path, GOOD)
    assert told == "b.yml:2: ENTRAIDE_2019_T2: this code is given twice"


def test_two_corrections_of_one_row_are_an_error_unless_one_is_not_applied(tmp_path: Path) -> None:
    other = GOOD.replace("ENTRAIDE_2019_T2", "ANOTHER").replace("2019-Q2", "T2 2019")
    (tmp_path / "b.yml").write_text(other, encoding="utf-8")
    (told,) = faults(tmp_path, GOOD)
    assert told == "b.yml:4: ANOTHER: ENTRAIDE_2019_T2 corrects the same row"
    (tmp_path / "b.yml").write_text(other.replace("confirmed", "withdrawn"), encoding="utf-8")
    assert [correction.is_applied for correction in load_corrections(tmp_path)] == [False, True]


def test_codes_that_no_register_knows_are_told_with_what_was_meant(
    tmp_path: Path, contracts: tuple[Contract, ...], reference: Reference
) -> None:
    wrong = GOOD
    for old, new in (
        ("organisation_code: ENTRAIDE", "organisation_code: ENTRAID"),
        ("family: activity_report", "family: activity_reports"),
        ("SN_PARENTS_TRAINED", "SN_PARENTS_TRAINNED"),
        ("MA-CHE", "MA-XXX"),
        ("sex: F", "sex: F, deliverable_code: NO_SUCH"),
    ):
        wrong = wrong.replace(old, new)
    with pytest.raises(CorrectionError) as refusal:
        check_references(load(tmp_path, wrong), contracts, reference)
    told = [(problem.line, problem.reason) for problem in refusal.value.problems]
    assert [line for line, _ in told] == [3, 3, 4, 4, 4]
    assert "'ENTRAID' is no organisation" in told[0][1]
    assert "did you mean ENTRAIDE?" in told[0][1]
    assert "did you mean activity_report?" in told[1][1]
    assert "SN_PARENTS_TRAINED" in told[2][1]


def test_the_shipped_corrections_are_good(contracts: tuple[Contract, ...], reference: Reference) -> None:
    corrections = load_corrections(PROJECT / "raw" / "corrections")
    assert corrections
    check_references(corrections, contracts, reference)


def test_the_schema_knows_every_field() -> None:
    schema = json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert set(schema["$defs"]["Correction"]["properties"]) == set(Correction.model_fields)
