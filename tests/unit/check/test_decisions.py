"""Decisions: an append-only log, the last word counts, and only what may be accepted is."""

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from orchestration.check import decisions
from orchestration.check.decisions import Decision, DecisionError
from orchestration.findings import Catalogue
from orchestration.settings import Settings
from tests.helpers import receipt_of

RECEIPT = "a" * 64
RULE = "REPORT_PERIOD_GRAIN"
NOON = dt.datetime(2025, 2, 1, 12)


def record(settings: Settings, action: decisions.Action = "accept", **given: Any) -> Decision:
    content: dict[str, Any] = {
        "receipt_id": RECEIPT,
        "rule_code": RULE,
        "action": action,
        "reason": "The period was agreed.",
        "decided_by": "amina",
    }
    return decisions.record(settings.lake, **(content | given))


def test_what_is_recorded_is_read_back_and_cannot_be_written_over(settings: Settings) -> None:
    assert decisions.read_decisions(settings.lake) == ()
    taken = record(settings, now=NOON)
    assert decisions.read_decisions(settings.lake) == (taken,)
    assert (taken.decided_at, taken.decided_by) == (NOON, "amina")
    (path,) = (settings.lake / "decisions").iterdir()
    assert path.name == f"{taken.decision_id}.json"
    assert path.stat().st_mode & 0o222 == 0


def test_the_last_word_counts_for_each_receipt_and_rule(settings: Settings, catalogue: Catalogue) -> None:
    other = "b" * 64
    record(settings)
    record(settings, rule_code="REPORT_TOO_MANY_BAD_ROWS")
    record(settings, receipt_id=other)
    record(settings, "revoke", reason="It was not.")
    taken = decisions.read_decisions(settings.lake)
    assert len(taken) == 4
    assert decisions.accepted_rules(taken, catalogue) == {
        RECEIPT: frozenset({"REPORT_TOO_MANY_BAD_ROWS"}),
        other: frozenset({RULE}),
    }
    again = record(settings)
    assert decisions.in_force(decisions.read_decisions(settings.lake))[RECEIPT, RULE] == again


def test_a_clock_that_goes_back_does_not_turn_the_order_round(settings: Settings) -> None:
    record(settings, now=NOON)
    late = record(settings, "revoke", now=NOON - dt.timedelta(days=3))
    assert late.decided_at > NOON
    assert decisions.in_force(decisions.read_decisions(settings.lake)) == {}


def test_two_engineers_at_once_lose_nothing(settings: Settings) -> None:
    people = [f"engineer {number}" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda person: record(settings, decided_by=person, now=NOON), people))
    taken = decisions.read_decisions(settings.lake)
    assert {decision.decided_by for decision in taken} == set(people)
    assert (RECEIPT, RULE) in decisions.in_force(taken)


def test_a_decision_that_is_being_written_is_none_yet(settings: Settings) -> None:
    taken = record(settings)
    (settings.lake / "decisions" / ".writing-x.json-1234").write_text("{", encoding="utf-8")
    assert decisions.read_decisions(settings.lake) == (taken,)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"receipt_id": 7}'])
def test_a_damaged_decision_is_told_and_never_passed_over(settings: Settings, content: str) -> None:
    record(settings)
    (settings.lake / "decisions" / "damaged.json").write_text(content, encoding="utf-8")
    with pytest.raises(DecisionError, match=r"damaged\.json"):
        decisions.read_decisions(settings.lake)


def test_the_file_says_who_when_why(settings: Settings) -> None:
    taken = record(settings, decided_by=" أمينة ", reason="اتفق على الفترة", now=NOON)
    content = json.loads((settings.lake / "decisions" / f"{taken.decision_id}.json").read_text(encoding="utf-8"))
    assert content["decided_by"] == "أمينة"
    assert content["reason"] == "اتفق على الفترة"
    assert content["decided_at"].startswith("2025-02-01T12:00:00")


@pytest.mark.parametrize("given", [{"reason": " "}, {"decided_by": ""}, {"reason": "x" * 1001}])
def test_who_and_why_are_not_left_out(settings: Settings, given: dict[str, str]) -> None:
    with pytest.raises(DecisionError, match=next(iter(given))):
        record(settings, **given)
    assert decisions.read_decisions(settings.lake) == ()


def test_a_rule_that_no_longer_may_be_overridden_or_is_gone_does_not_count(
    settings: Settings, catalogue: Catalogue
) -> None:
    for rule in ("PERSONAL_DATA", "VALUE_UNEXPLAINED", "TABLE_NOT_FOUND", "A_RULE_OF_OLD"):
        record(settings, rule_code=rule)
    assert decisions.accepted_rules(decisions.read_decisions(settings.lake), catalogue) == {}


def test_a_receipt_is_found_by_its_beginning_or_its_path() -> None:
    first, second = receipt_of(b"1", file_name="a.csv"), receipt_of(b"2", file_name="b.csv")
    both = [first, second]
    assert decisions.find_receipts(both, first.receipt_id) == [first]
    assert decisions.find_receipts(both, second.receipt_id[:8]) == [second]
    assert decisions.find_receipts(both, second.receipt_id[:7]) == []
    assert decisions.find_receipts(both, "PPO/a.csv") == [first]
    assert decisions.find_receipts(both, "") == []


SENT_BACK = {"state": "sent_back", "verdict": "sent_back", "file_name": "a.csv", "observations_read": 3}


@pytest.mark.parametrize(
    ("rule", "report", "refusing", "reason"),
    [
        (RULE, None, [], "not judged yet"),
        (RULE, SENT_BACK | {"state": "unreadable"}, ["FILE_CORRUPT"], "could not be read"),
        (
            RULE,
            SENT_BACK | {"state": "accepted", "verdict": "accepted"},
            [],
            "was not sent back: it is",
        ),
        (RULE, SENT_BACK, ["VALUE_NEGATIVE", "PERSONAL_DATA"], "but by VALUE_NEGATIVE, PERSONAL_DATA"),
        ("PERSONAL_DATA", SENT_BACK, ["PERSONAL_DATA"], r"Personal data\) cannot be overridden: no decision"),
        ("TABLE_NOT_FOUND", SENT_BACK | {"observations_read": 0}, ["TABLE_NOT_FOUND"], "no row could be read"),
    ],
)
def test_what_cannot_be_accepted_is_told_with_the_reason(
    catalogue: Catalogue, rule: str, report: dict[str, Any] | None, refusing: list[str], reason: str
) -> None:
    with pytest.raises(DecisionError, match=reason):
        decisions.judge_acceptance(rule, report, refusing, catalogue, None)


def test_what_was_accepted_is_not_accepted_again(settings: Settings, catalogue: Catalogue) -> None:
    earlier = record(settings)
    decisions.judge_acceptance(RULE, SENT_BACK, [RULE], catalogue, None)
    with pytest.raises(DecisionError, match="already accepted by amina"):
        decisions.judge_acceptance(RULE, SENT_BACK, [RULE], catalogue, earlier)


def test_rules_without_a_value_or_with_personal_data_may_not_be_overridden(catalogue: Catalogue) -> None:
    overridable = {code for code, rule in catalogue.items() if rule.is_overridable}
    assert {"REPORT_TOO_MANY_BAD_ROWS", RULE, "VALUE_NEGATIVE", "CORRECTION_EXPECTATION_GONE"} <= overridable
    assert all(catalogue[code].severity == "critical" for code in overridable)
    assert not overridable & {"PERSONAL_DATA", "NUMBER_UNREADABLE", "VALUE_UNEXPLAINED", "INDICATOR_UNKNOWN"}
    assert not any(catalogue[code].scope == "file" for code in overridable)
