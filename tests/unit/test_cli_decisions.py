"""`hasila accept`, `revoke` and `decisions`: what an engineer can get wrong is one clear line."""

import datetime as dt
import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner, Result

from orchestration.check import lake
from orchestration.check.decisions import read_decisions
from orchestration.cli import app
from orchestration.receive import receipts
from orchestration.receive.receipts import Receipt
from orchestration.settings import Settings
from tests.helpers import OFFICIAL, RECEIVED, Desk, csv_report, receipt_of, xlsx_report

pytestmark = pytest.mark.xdist_group("great_expectations")

GRAIN, TOO_MANY = "REPORT_PERIOD_GRAIN", "REPORT_TOO_MANY_BAD_ROWS"


@pytest.fixture
def judged(settings: Settings, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> dict[str, Receipt]:
    """Reports as the last load left them: sent back in three ways, accepted, unreadable, and not judged yet."""
    monkeypatch.setenv("HASILA_DATA", str(settings.data))
    monkeypatch.setenv("HASILA_INBOX", str(settings.inbox))
    monkeypatch.setenv("HASILA_USER", "amina")
    title = ("Rapport périodique d'activité", "Période : 12/03/2019 - 15/04/2019")
    bad = [OFFICIAL | {"value": "-1"}, OFFICIAL | {"period": "2018", "remark": "x", "value": "beaucoup"}]
    contents = {
        "odd.xlsx": (xlsx_report(title=title), "ENTRAIDE"),
        "bad.csv": (csv_report(bad, (*OFFICIAL, "remark")), "PPO"),
        "good.csv": (csv_report([OFFICIAL]), "PPO"),
        "empty.csv": (b"", "PPO"),
        "other.csv": (b"name;age\nA;3\n", "PPO"),
    }
    readings = {name: desk.read(content, sender, name) for name, (content, sender) in contents.items()}
    for family in {reading.family for reading in readings.values()}:
        checked = desk.check([reading for reading in readings.values() if reading.family == family])
        for day, tables in checked.units.items():
            lake.write_unit(settings.lake, family, day, tables)
    found = {name: reading.receipt for name, reading in readings.items()}
    found["waiting.csv"] = receipt_of(b"1", file_name="waiting.csv")
    receipts.write_day(settings.lake, RECEIVED, found.values())
    return found


def run(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


def accept(receipt: str, rule: str, code: int = 0) -> str:
    return run("accept", receipt, "--rule", rule, "--reason", "It was agreed.", code=code).output


def test_a_report_is_named_by_its_receipt_the_beginning_of_it_or_its_path(
    settings: Settings, judged: dict[str, Receipt]
) -> None:
    receipt = judged["odd.xlsx"]
    for name in (
        receipt.receipt_id,
        receipt.receipt_id[:8],
        receipt.inbox_path,
        str(settings.inbox / receipt.inbox_path),
    ):
        assert "next `hasila load`" in accept(name, GRAIN)
        run("revoke", name, "--rule", GRAIN, "--reason", "Once more.", "--by", "youssef")
    taken = read_decisions(settings.lake)
    assert [(decision.action, decision.decided_by) for decision in taken] == [
        ("accept", "amina"),
        ("revoke", "youssef"),
    ] * 4
    assert {decision.receipt_id for decision in taken} == {receipt.receipt_id}
    listed = run("decisions").output.splitlines()
    assert len(listed) == 8
    as_json = json.loads(run("decisions", "--json").output)
    assert [entry["decision_id"] for entry in as_json] == [decision.decision_id for decision in taken]


@pytest.mark.parametrize(
    ("name", "rule", "code", "says"),
    [
        ("PPO/good.csv", "VALUE_NEGATIVE", 1, "was not sent back: it is accepted"),
        ("PPO/empty.csv", "FILE_EMPTY", 1, "could not be read"),
        ("PPO/other.csv", "TABLE_NOT_FOUND", 1, "cannot be overridden: no row could be read"),
        ("PPO/waiting.csv", GRAIN, 1, "not judged yet"),
        ("ENTRAIDE/odd.xlsx", "VALUE_NEGATIVE", 1, f"not sent back by VALUE_NEGATIVE, but by {GRAIN}"),
        ("PPO/bad.csv", "NUMBER_UNREADABLE", 1, "cannot be overridden"),
        ("PPO/bad.csv", "VALUE_NEGATIV", 2, "Did you mean VALUE_NEGATIVE"),
        ("PPO/nowhere.csv", GRAIN, 2, "no receipt is known as PPO/nowhere.csv"),
        ("abc", GRAIN, 2, "no receipt is known as abc"),
    ],
)
def test_what_cannot_be_accepted_is_told_and_not_recorded(
    settings: Settings, judged: dict[str, Receipt], name: str, rule: str, code: int, says: str
) -> None:
    assert says in accept(name, rule, code)
    assert read_decisions(settings.lake) == ()


def test_bad_rows_may_be_accepted_by_their_rule_or_by_their_number(judged: dict[str, Receipt]) -> None:
    assert f"{TOO_MANY}" in accept("PPO/bad.csv", TOO_MANY)
    said = accept("PPO/bad.csv", "VALUE_NEGATIVE")
    assert "it was also refused by NUMBER_UNREADABLE" in said


def test_what_was_accepted_is_not_accepted_again_and_only_that_is_revoked(judged: dict[str, Receipt]) -> None:
    refusal = run("revoke", "ENTRAIDE/odd.xlsx", "--rule", GRAIN, "--reason", "No.", code=1).output
    assert f"was not accepted despite {GRAIN}" in refusal
    accept("ENTRAIDE/odd.xlsx", GRAIN)
    assert "already accepted by amina" in accept("ENTRAIDE/odd.xlsx", GRAIN, code=1)
    other = run("revoke", "ENTRAIDE/odd.xlsx", "--rule", TOO_MANY, "--reason", "No.", code=1).output
    assert f"accepted despite {GRAIN}" in other


def test_several_receipts_of_one_path_are_listed(settings: Settings, judged: dict[str, Receipt]) -> None:
    day = RECEIVED + dt.timedelta(days=1)
    again = receipt_of(b"2", "ENTRAIDE", "odd.xlsx", received=day)
    receipts.write_day(settings.lake, day, [replace(again, inbox_path=judged["odd.xlsx"].inbox_path)])
    said = accept("ENTRAIDE/odd.xlsx", GRAIN, code=2)
    assert "several receipts are known" in said
    assert again.receipt_id in said
    assert judged["odd.xlsx"].receipt_id in said


@pytest.mark.parametrize(("option", "says"), [("--reason", "--reason is empty"), ("--by", "who decides")])
def test_who_and_why_must_be_said(judged: dict[str, Receipt], option: str, says: str) -> None:
    given = {"--reason": "Agreed.", "--by": "amina"} | {option: "  "}
    arguments = [part for pair in given.items() for part in pair]
    assert says in run("accept", "ENTRAIDE/odd.xlsx", "--rule", GRAIN, *arguments, code=2).output


def test_a_damaged_log_is_told(settings: Settings, judged: dict[str, Receipt]) -> None:
    (settings.lake / "decisions").mkdir()
    (settings.lake / "decisions" / "damaged.json").write_text("{", encoding="utf-8")
    assert "damaged.json" in accept("ENTRAIDE/odd.xlsx", GRAIN, code=1)
    assert "damaged.json" in run("decisions", code=1).output


def test_before_anything_was_received_there_is_nothing_to_decide(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HASILA_DATA", str(settings.data))
    assert "no decision was taken yet" in run("decisions").output
    assert "no receipt is known" in accept("PPO/a.csv", GRAIN, code=2)


def test_the_schema_is_printed() -> None:
    assert json.loads(run("correction", "schema").output)["title"].startswith("hasila corrections")
