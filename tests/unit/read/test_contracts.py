"""Contracts: a wrong one stops the load with its file, line and reason."""

import datetime as dt
from pathlib import Path

import pytest

from orchestration.read.contracts import (
    Contract,
    ContractError,
    check_references,
    in_force,
    json_schema,
    load_contracts,
)
from orchestration.read.reference import Reference

GOOD = """\
family: visits
version: 1
title: {ar: زيارات, fr: Visites, en: Visits}
formats: [csv]
data_status: {default: reported}
period: {source: title}
columns:
  indicator:
    role: indicator
    required: true
    labels: {fr: [Indicateur]}
  value:
    role: value
    labels: {fr: [Nombre]}
"""


def load(folder: Path, text: str, name: str = "visits.yml") -> tuple[Contract, ...]:
    (folder / name).write_text(text, encoding="utf-8")
    return load_contracts(folder)


def test_every_programme_of_the_page_and_every_kind_of_sender_has_its_contract(
    contracts: tuple[Contract, ...],
) -> None:
    assert {contract.family for contract in contracts} == {
        "activity_report",
        "after_care",
        "begging",
        "campaign_reach",
        "deliverables",
        "information_system",
        "institutions_standards",
        "internet_risks",
        "ngo_project",
        "official_figures",
        "sdmx_csv",
        "sector_activity",
        "street_situations",
        "territorial_protection_units",
        "training_register",
    }


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("family: visits", "family: Visits to schools", 1, "family"),
        ("version: 1", "version: 0", 2, "version"),
        ("version: 1\n", "", 1, "version: Field required"),
        ("version: 1", "version: 1\nversion: 2", 3, "version is given twice"),
        ("{ar: زيارات, fr: Visites, en: Visits}", "{fr: Visites, en: Visits}", 3, "title.ar"),
        ("formats: [csv]", "formats: [csv, docx]", 4, "formats.1"),
        ("formats: [csv]", "formats: []", 4, "formats"),
        ("default: reported", "default: rumoured", 5, "data_status.default"),
        ("source: title", "source: column", 6, "no column has the role period"),
        ("source: title", "source: footer", 6, "period.source"),
        ("role: indicator", "role: indicateur", 9, "columns.indicator.role"),
        ("role: indicator", "role: place", 7, "no column has the role indicator"),
        ("role: value", "role: place", 7, "no column has the role value"),
        ("role: value", "role: value\n    colour: red", 14, "columns.value.colour"),
        ("[Nombre]", "[Indicateur]", 14, "share the label"),
        ("[Nombre]", "['---']", 14, "has no label"),
        ("{fr: [Nombre]}", "{}", 14, "has no label"),
        ("    required: true\n", "", 7, "no column is required"),
        ("version: 1", "version: [1", 3, "not YAML"),
        ("version: 1", "\tversion: 1", 2, "not YAML"),
    ],
)
def test_each_fault_is_told_with_file_line_and_reason(
    tmp_path: Path, old: str, new: str, line: int, reason: str
) -> None:
    assert old in GOOD
    with pytest.raises(ContractError) as refusal:
        load(tmp_path, GOOD.replace(old, new))
    (first, *_) = refusal.value.problems
    assert first.path == tmp_path / "visits.yml"
    assert first.line == line
    assert reason in first.reason
    assert str(first).startswith(f"{tmp_path / 'visits.yml'}:{line}: ")


@pytest.mark.parametrize("text", ["", "just text", "- a\n- b\n", "&a [*a]", "? [a]\n: b\n", "\x00"])
def test_a_file_that_is_no_contract_at_all_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(ContractError, match=r"visits\.yml:\d+: "):
        load(tmp_path, text)


def test_bytes_that_are_no_text_are_told(tmp_path: Path) -> None:
    (tmp_path / "visits.yml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ContractError, match="cannot be read"):
        load_contracts(tmp_path)


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "other.yml").write_text("family: other\n", encoding="utf-8")
    with pytest.raises(ContractError) as refusal:
        load(tmp_path, GOOD.replace("version: 1", "version: x").replace("source: title", "source: footer"))
    assert {problem.path.name for problem in refusal.value.problems} == {"other.yml", "visits.yml"}
    assert sum(problem.path.name == "visits.yml" for problem in refusal.value.problems) == 2


def test_two_files_of_one_family_and_version_are_told(tmp_path: Path) -> None:
    (tmp_path / "again.yml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ContractError, match="already defined"):
        load(tmp_path, GOOD)


def test_a_folder_without_contracts_or_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="no contract"):
        load_contracts(tmp_path)
    with pytest.raises(ContractError, match="No such file"):
        load_contracts(tmp_path / "none")


def test_a_mended_contract_is_read_anew(tmp_path: Path) -> None:
    with pytest.raises(ContractError):
        load(tmp_path, "")
    assert load(tmp_path, GOOD)[0].family == "visits"


def test_the_version_in_force_on_the_received_day_counts(tmp_path: Path) -> None:
    (tmp_path / "later.yml").write_text(
        GOOD.replace("version: 1", "version: 2\nvalid_from: 2020-01-01"), encoding="utf-8"
    )
    both = load(tmp_path, GOOD)
    assert [contract.version for contract in in_force(both, dt.date(2019, 12, 31))] == [1]
    assert [contract.version for contract in in_force(both, dt.date(2020, 1, 1))] == [2]


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("formats: [csv]", "formats: [csv]\nsenders: [UNICEF, UNICEFF]", 5, "did you mean UNICEF?"),
        ("formats: [csv]", "formats: [csv]\nconstants: {indicator: SN_STUDY}", 5, "SN_STUDIES"),
        ("formats: [csv]", "formats: [csv]\nconstants: {place: MA-99}", 5, "no place"),
        ("role: value", "role: value\n    set: {sex: G}", 14, "'G' is none of"),
        ("role: value", "role: value\n    set:\n      age_group: children", 15, "no age code"),
        ("period:", "exhaustive:\n  sex:\n    - F\n    - H\nperiod:", 9, "'H' is none of"),
    ],
)
def test_a_code_that_no_register_knows_is_told_with_file_and_line(
    tmp_path: Path, reference: Reference, old: str, new: str, line: int, reason: str
) -> None:
    contracts = load(tmp_path, GOOD.replace(old, new, 1))
    with pytest.raises(ContractError) as refusal:
        check_references(contracts, reference)
    (problem,) = refusal.value.problems
    assert (problem.path, problem.line) == (tmp_path / "visits.yml", line)
    assert reason in problem.reason


def test_the_shipped_contracts_name_only_what_the_registers_know(
    contracts: tuple[Contract, ...], reference: Reference
) -> None:
    check_references(contracts, reference)


def test_what_a_wide_contract_counts_may_stand_in_its_header_or_in_a_constant(tmp_path: Path) -> None:
    """Then neither an indicator column nor a value column is needed."""
    wide = GOOD.replace("role: indicator", "role: place").replace(
        "  value:\n    role: value\n    labels: {fr: [Nombre]}\n", ""
    )
    for given in ("spread: [{dimension: indicator}]", "spread: [{dimension: sex}]\nconstants: {indicator: X}"):
        assert load(tmp_path, f"{wide}{given}\n")[0].spread
    with pytest.raises(ContractError, match="what is counted"):
        load(tmp_path, f"{wide}spread: [{{dimension: sex}}]\n")


def test_a_column_may_be_known_by_its_tag_alone_and_tags_are_tags(tmp_path: Path) -> None:
    tagged = "    hxl: ['#reached +f']\n    labels: {}"
    assert load(tmp_path, GOOD.replace("    labels: {fr: [Nombre]}", tagged))[0].columns["value"].hxl == (
        "#reached +f",
    )
    with pytest.raises(ContractError, match=r"visits\.yml:14: columns\.value\.hxl"):
        load(tmp_path, GOOD.replace("    labels: {fr: [Nombre]}", tagged.replace("#", "")))


def test_the_schema_for_editors_explains_every_field() -> None:
    schema = json_schema()
    models = [schema, *schema["$defs"].values()]
    fields = {name: field for model in models for name, field in model.get("properties", {}).items()}
    assert {"family", "columns", "spread", "hxl", "code_system", "hidden_rows"} <= fields.keys()
    own = {name for name, field in fields.items() if "description" not in field and "$ref" not in field}
    assert own <= {"ar", "fr", "en"}
