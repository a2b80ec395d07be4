"""Decisions: an engineer's word that a report stands despite a rule, and its revocation.

The log is append-only: one immutable file a decision, `lake/decisions/<moment>-<short>.json`. Which
decision is in force follows from the moments; nothing is ever changed or removed.
"""

import datetime as dt
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from upath import UPath

from orchestration import storage
from orchestration.check import lake as lakes
from orchestration.findings import Catalogue
from orchestration.receive.receipts import Receipt

Action = Literal["accept", "revoke"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
TOO_MANY = "REPORT_TOO_MANY_BAD_ROWS"
"""The rule by which single bad rows send a report back."""


class DecisionError(Exception):
    """A decision cannot be taken, or the log cannot be used; says why."""


class Decision(BaseModel):
    """That one report stands despite one rule (`accept`), or no longer does (`revoke`).

    `decided_at` is UTC; decisions count in its order, then in that of `decision_id`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    decision_id: Annotated[str, StringConstraints(pattern=r"^\d{8}T\d{12}Z-[0-9a-f]{8}$")]
    receipt_id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    rule_code: Text
    action: Action
    reason: Text
    decided_by: Text
    decided_at: dt.datetime


def read_decisions(lake: UPath) -> tuple[Decision, ...]:
    """All decisions ever taken, in the order in which they count.

    What is being written has a hidden name and is no decision yet. Raises DecisionError for a file
    that is not whole: a decision is never passed over in silence.
    """
    folder = lake / "decisions"
    if not folder.exists():
        return ()
    found = []
    for path in folder.iterdir():
        if path.name.startswith(".") or not path.name.endswith(".json"):
            continue
        try:
            found.append(Decision.model_validate_json(path.read_bytes()))
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise DecisionError(f"{path}: this decision cannot be read: {reason}") from error
    return tuple(sorted(found, key=lambda decision: (decision.decided_at, decision.decision_id)))


def path_of(lake: UPath, decision: Decision) -> UPath:
    """The file of a decision."""
    return lake / "decisions" / f"{decision.decision_id}.json"


def in_force(decisions: Iterable[Decision]) -> dict[tuple[str, str], Decision]:
    """The acceptances that hold, by receipt and rule: the last word on each, where it is `accept`."""
    last: dict[tuple[str, str], Decision] = {}
    for decision in sorted(decisions, key=lambda decision: (decision.decided_at, decision.decision_id)):
        last[decision.receipt_id, decision.rule_code] = decision
    return {key: decision for key, decision in last.items() if decision.action == "accept"}


def accepted_rules(decisions: Iterable[Decision], catalogue: Catalogue) -> dict[str, frozenset[str]]:
    """By receipt, the rules despite which its report stands; rules that may not be overridden never count."""
    accepted: dict[str, set[str]] = {}
    for receipt_id, rule in in_force(decisions):
        if rule in catalogue and catalogue[rule].is_overridable:
            accepted.setdefault(receipt_id, set()).add(rule)
    return {receipt_id: frozenset(rules) for receipt_id, rules in accepted.items()}


def record(
    lake: UPath,
    *,
    receipt_id: str,
    rule_code: str,
    action: Action,
    reason: str,
    decided_by: str,
    now: dt.datetime | None = None,
) -> Decision:
    """Append a decision to the log; it comes after every decision there, whatever the clock says.

    Raises DecisionError for a reason or a name that is empty or too long, and OSError.
    """
    moment = now or dt.datetime.now(dt.UTC).replace(tzinfo=None)
    earlier = read_decisions(lake)
    if earlier:
        moment = max(moment, earlier[-1].decided_at + dt.timedelta(microseconds=1))
    try:
        decision = Decision(
            decision_id=f"{moment:%Y%m%dT%H%M%S%f}Z-{secrets.token_hex(4)}",
            receipt_id=receipt_id,
            rule_code=rule_code,
            action=action,
            reason=reason,
            decided_by=decided_by,
            decided_at=moment,
        )
    except ValidationError as error:
        fault = error.errors()[0]
        raise DecisionError(f"{fault['loc'][0]}: {fault['msg']}") from error
    storage.write_bytes(path_of(lake, decision), (decision.model_dump_json(indent=1) + "\n").encode(), mode=0o440)
    return decision


# --- what may be decided about a report


def find_receipts(receipts: Iterable[Receipt], wanted: str) -> list[Receipt]:
    """The receipts meant by an id, by at least 8 characters from its beginning, or by a path in the inbox."""
    is_id = re.fullmatch(r"[0-9a-f]{8,64}", wanted) is not None
    return [
        receipt
        for receipt in receipts
        if receipt.inbox_path == wanted or (is_id and receipt.receipt_id.startswith(wanted))
    ]


def refusing_rules(lake: UPath, family: str, receipt: Receipt, catalogue: Catalogue) -> list[str]:
    """The rules by which the last load sent a report back, with those of its bad rows where these did."""
    path = lakes.unit_path(lake, "rejections", family, receipt.received_date)
    rows = storage.read_table(path, lakes.REJECTIONS).to_pylist()
    told = [row["rule_code"] for row in rows if row["receipt_id"] == receipt.receipt_id and not row["is_quarantined"]]
    critical = [code for code in dict.fromkeys(told) if code in catalogue and catalogue[code].severity == "critical"]
    of_the_report = [code for code in critical if catalogue[code].scope != "row"]
    return critical if TOO_MANY in of_the_report else of_the_report


def judge_acceptance(
    rule: str,
    report: Mapping[str, Any] | None,
    refusing: Sequence[str],
    catalogue: Catalogue,
    earlier: Decision | None,
) -> None:
    """Hold an acceptance against what is known of the report. Raises DecisionError, which says why not.

    `report` is the lake's row of it, `refusing` the rules that sent it back, `earlier` the acceptance
    in force of the same rule.
    """
    if earlier is not None:
        raise DecisionError(
            f"{rule} was already accepted by {earlier.decided_by} on {earlier.decided_at:%Y-%m-%d %H:%M} UTC: "
            f"{earlier.reason}"
        )
    if report is None:
        raise DecisionError("this report was not judged yet; run `hasila load` first")
    if report["state"] == "unreadable":
        raise DecisionError(f"{report['file_name']} could not be read: there is nothing in it to accept")
    if report["state"] == "accepted":
        raise DecisionError(f"{report['file_name']} was not sent back: it is {report['verdict']}")
    if rule not in refusing:
        raise DecisionError(f"{report['file_name']} was not sent back by {rule}, but by {', '.join(refusing)}")
    if not catalogue[rule].is_overridable:
        why = "no decision can make good what it finds" if report["observations_read"] else "no row could be read"
        raise DecisionError(f"{rule} ({catalogue[rule].title['en']}) cannot be overridden: {why}")
