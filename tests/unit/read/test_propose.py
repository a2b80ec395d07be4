"""A contract proposed from a new reporter's file loads, reads that file, and says what a person must decide."""

import datetime as dt
import io
import shutil
import textwrap
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import yaml

from orchestration.check.dry_run import DryRun, check_file
from orchestration.night import load_rulebook
from orchestration.read.contracts import Contract, ContractError, check_references, load_contracts
from orchestration.read.formats.open import open_document
from orchestration.read.propose import Proposal, ProposalError, propose
from orchestration.read.reference import Reference
from orchestration.read.room import Reading, read_report
from orchestration.settings import load_settings
from tests.helpers import LIMITS, PROJECT, receipt_of, xlsx_report
from tests.kobo_exports import CHILDREN, FOLLOW_UP, export

SAMPLES = PROJECT.parent / "shared" / "samples"
KENYA = "hxl/kenya_drought_affected_targeted_reached_by_cluster.csv"


@pytest.fixture
def proposed(contracts: tuple[Contract, ...], reference: Reference):
    def of(content: bytes, name: str = "report.csv") -> Proposal:
        return propose(open_document(name, content, LIMITS), "UNICEF", reference, contracts)

    return of


@pytest.fixture
def reread(tmp_path: Path, reference: Reference):
    """What the proposed contract makes of the file that it was proposed from."""

    def of(proposal: Proposal, content: bytes, name: str = "report.csv") -> Reading:
        (tmp_path / "proposed.yml").write_text(proposal.yaml, encoding="utf-8")
        receipt = receipt_of(content, "UNICEF", name)
        return read_report(receipt, content, load_contracts(tmp_path), reference, LIMITS)

    return of


def roles(proposal: Proposal) -> dict[str, str]:
    return {column.heading: str(column.role) for column in proposal.columns}


def sample(name: str) -> bytes:
    path = SAMPLES / name
    if not path.exists():
        pytest.skip(f"the samples are not here: {name}")
    return path.read_bytes()


def test_a_file_of_known_content_is_read_by_the_contract_proposed_for_it(proposed, reread) -> None:
    content = (
        "Fiche;;;;\nPériode : T2 2019;;;;\n"
        "Indicateur;Lieu de l'action;Genre;Tranche;Total\n"
        "SN_PARENTS_TRAINED;Chefchaouen;Filles;5-9 ans;12\n"
        "SN_PARENTS_TRAINED;Ifrane;Garçons;5-9 ans;1 230,5\n"
    ).encode()
    proposal = proposed(content)
    assert roles(proposal) == {
        "Indicateur": "indicator",
        "Lieu de l'action": "place",
        "Genre": "sex",
        "Tranche": "age_group",
        "Total": "value",
    }
    assert proposal.todo == ()
    assert "100 % of 2 cells are places" in proposal.yaml
    rows = reread(proposal, content).rows
    assert [(row.place_code, row.sex, row.age_group, str(row.value)) for row in rows] == [
        ("MA-CHE", "F", "Y5T9", "12"),
        ("MA-IFR", "M", "Y5T9", "1230.5"),
    ]
    assert {row.period_text for row in rows} == {"Période : T2 2019"}


def test_months_across_are_proposed_as_a_spread(proposed, reread) -> None:
    content = (
        "Indicateur,Province,janvier 2019,février 2019,mars 2019\n"
        "SN_PARENTS_TRAINED,Ifrane,1,2,3\nSN_PARENTS_TRAINED,Safi,4,5,6\n"
    ).encode()
    proposal = proposed(content)
    assert "spread: [{dimension: period}]" in proposal.yaml
    rows = reread(proposal, content).rows
    assert [(row.place_code, row.period_start.month, int(row.value)) for row in rows] == [
        (place, month, value)
        for place, values in (("MA-IFR", (1, 2, 3)), ("MA-SAF", (4, 5, 6)))
        for month, value in enumerate(values, 1)
    ]


def test_what_no_file_can_say_is_left_to_a_person_and_refused_until_then(
    proposed, tmp_path: Path, reference: Reference
) -> None:
    proposal = proposed(b"County,Reached\nGarissa,12\nMandera,13\n")
    assert [todo.partition(":")[0] for todo in proposal.todo] == ["constants.indicator", "constants.period"]
    (tmp_path / "proposed.yml").write_text(proposal.yaml, encoding="utf-8")
    with pytest.raises(ContractError, match="TODO_INDICATOR"):
        check_references(load_contracts(tmp_path), reference)


def test_no_cell_is_quoted(proposed) -> None:
    proposal = proposed("Nom et prénom,Commune,Nombre\nAmina Untel,Lieu secret,3\n".encode())
    assert "Amina" not in proposal.yaml
    assert "secret" not in proposal.yaml
    assert roles(proposal)["Nom et prénom"] == "ignored"


def test_signs_that_cannot_be_seen_do_not_get_into_the_contract(proposed, reread) -> None:
    content = 'Lieu\u202e: "x" # {,Nombre\u2028\u200b\nIfrane,3\n'.encode()
    assert reread(proposed(content), content).rows


def test_of_a_kobo_workbook_the_groups_own_questions_are_proposed_and_those_around_them(proposed, reread) -> None:
    """Not the numbers that Kobo itself puts into each row; a row that lost its submission is no example."""
    content = export(Suivi=FOLLOW_UP, visites=[*CHILDREN, [1, 1, 4, "Suivi", 9, 79]])
    proposal = proposed(content, "export.xlsx")
    assert roles(proposal) == {
        "visites/filles": "value",
        "visites/garcons": "value",
        "_index": "ignored",
        "_parent_table_name": "ignored",
        "_parent_index": "ignored",
        "_submission__id": "ignored",
        "_parent.start": "ignored",
        "_parent.identification.province": "place",
        "_parent.periode": "period",
    }
    decided = proposal.yaml.replace("TODO_INDICATOR", "SN_PARENTS_TRAINED")
    assert decided != proposal.yaml
    reading = reread(replace(proposal, yaml=decided), content, "export.xlsx")
    good = [row for row in reading.rows if not row.value_problem]
    assert [(row.value, row.sex, row.place_code, str(row.period_start)) for row in good] == [
        (3, "F", "MA-LAR", "2019-05-01"),
        (4, "M", "MA-LAR", "2019-05-01"),
        (5, "F", "MA-CHE", "2019-06-01"),
        (6, "M", "MA-CHE", "2019-06-01"),
        (7, "F", "MA-LAR", "2019-05-01"),
        (8, "M", "MA-LAR", "2019-05-01"),
    ]


def test_a_file_without_numbers_is_refused(proposed) -> None:
    with pytest.raises(ProposalError) as refused:
        proposed(b"Lieu,Nom\nIfrane,x\n")
    assert refused.value.finding.code == "COLUMNS_MISSING"


def test_the_sheet_with_the_table_is_proposed(proposed) -> None:
    proposal = proposed(xlsx_report(), "report.xlsx")
    assert (proposal.header, proposal.todo) == (3, ())


@pytest.mark.parametrize(
    ("name", "expected", "rows"),
    [
        (KENYA, {"County": "place", "admin1Pcode": "ignored", "Priority": "ignored"}, 621),
        (
            "hpc/sdn_hpc_needs_2021.csv",
            {"Admin 2 Name": "place", "Category": "population_group", "In Need": "value", "Info": "remark"},
            635,
        ),
        (
            "activityinfo/zaatari_2016.csv",
            {"Indicator": "indicator", "Value": "value", "StartDate": "period", "Gender": "sex", "Units": "unit"},
            4384,
        ),
        (
            "partner_portal/indicators_export.xlsx",
            {"Indicator": "indicator", "Report Start Date": "period_start", "Report Location Name": "place"},
            0,
        ),
        (
            "hxl/hno_2017_sahel_nutrition.csv",
            {"Country": "place", "nutrition": "population_group", "Affected 2017": "value"},
            108,
        ),
    ],
)
def test_real_files_of_partner_systems(proposed, reread, name: str, expected: dict[str, str], rows: int) -> None:
    content = sample(name)
    proposal = proposed(content, Path(name).name)
    assert expected.items() <= roles(proposal).items()
    reading = reread(proposal, content, Path(name).name)
    assert len(reading.rows) == rows
    assert reading.family == proposal.family


def test_an_export_of_the_partner_reporting_portal_is_read_by_its_tags(proposed, reread) -> None:
    """The portal's own workbook, of which only the empty form is at hand, filled in here."""
    book = openpyxl.load_workbook(io.BytesIO(sample("partner_portal/indicators_export.xlsx")))
    sheet = book.active
    tags = {"".join(str(cell.value).split()): cell.column for cell in sheet[4]}
    for row, (place, value) in enumerate((("Chefchaouen", 12), ("Larache", 1230)), 5):
        for tag, content in {
            "#country+name": "Morocco",
            "#org+name": "Bayti",
            "#indicator+name": "SN_PARENTS_TRAINED",
            "#indicator+actual": value,
            "#loc+name": place,
            "#date+start": dt.date(2019, 4, 1),
            "#date+end": dt.date(2019, 6, 30),
        }.items():
            sheet.cell(row, tags[tag]).value = content
    filled = io.BytesIO()
    book.save(filled)
    proposal = proposed(filled.getvalue(), "indicators_export.xlsx")
    reading = reread(proposal, filled.getvalue(), "indicators_export.xlsx")
    assert [
        (row.source_cell, row.indicator_code, row.place_code, row.value, str(row.period_start), str(row.period_end))
        for row in reading.rows
    ] == [
        ("R5", "SN_PARENTS_TRAINED", "MA-CHE", 12, "2019-04-01", "2019-06-30"),
        ("R6", "SN_PARENTS_TRAINED", "MA-LAR", 1230, "2019-04-01", "2019-06-30"),
    ]


# --- a reporter seen for the first time, from the file to its observations, as docs/add-a-reporter.md tells it


def decided(proposal: Proposal, folder: Path) -> None:
    """The contract as docs/add-a-reporter.md decides on the proposal."""
    page = (PROJECT / "docs" / "add-a-reporter.md").read_text(encoding="utf-8")
    block = page[page.index("    family: kenya_drought\n") :].partition("\n\n")[0]
    content = yaml.safe_load(textwrap.dedent(block))
    offered = {column.tag: str(column.role) for column in proposal.columns}
    kept = {tag: column["role"] for column in content["columns"].values() for tag in column["hxl"]}
    assert kept.items() <= offered.items()
    folder.mkdir()
    (folder / "kenya_drought.yml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")


def registers(folder: Path, counties: list[str]) -> Path:
    """The shipped registers, with Kenya's counties and two indicators added."""
    shutil.copytree(PROJECT / "dbt_project" / "seeds", folder / "seeds")
    with (folder / "seeds" / "place.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"KE-{county},MA,region,{county},{county},{county},,,test\n" for county in counties)
    with (folder / "seeds" / "indicator.csv").open("a", encoding="utf-8") as file:
        for code in ("KE_CP_IN_NEED", "KE_CP_TARGETED"):
            names = ",".join([code] * 6)
            file.write(
                f"{code},INFORMATION_SYSTEMS,SO5,assigned,{names},persons,count,stock,none,false,false,"
                "sum,latest,max,,,,,,illustrative,test\n"
            )
    return folder


def checked(sample_path: Path, dbt_project: Path, contracts: Path, tmp_path: Path) -> DryRun:
    corrections = tmp_path / "corrections"
    corrections.mkdir(exist_ok=True)
    settings = load_settings(
        data=tmp_path / "data", dbt_project=dbt_project, contracts=contracts, corrections=corrections
    )
    return check_file(sample_path, "UNICEF", settings, load_rulebook(settings))


def test_from_a_kenyan_file_to_observations_without_touching_python(proposed, tmp_path: Path) -> None:
    content = sample(KENYA)
    proposal = proposed(content, Path(KENYA).name)
    decided(proposal, tmp_path / "contracts")
    rows = [line.split(",") for line in content.decode().splitlines()[3:]]
    counties = [row[0] for row in rows if row[0]]

    # With Morocco's register only: every county is a clear finding, none is Morocco.
    without = checked(SAMPLES / KENYA, registers(tmp_path / "morocco", []), tmp_path / "contracts", tmp_path)
    assert not without.is_acceptable
    assert {finding.code for finding in without.findings} >= {"PLACE_UNKNOWN"}
    assert without.counts.observations["accepted"] == 0

    # With a register that has the counties, the figures load.
    loaded = checked(SAMPLES / KENYA, registers(tmp_path / "kenya", counties), tmp_path / "contracts", tmp_path)
    assert loaded.is_acceptable
    assert loaded.counts.observations["accepted"] == 2 * len(rows)
