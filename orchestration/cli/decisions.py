"""`hasila accept`, `revoke`, `decisions`, `correction`: what persons decide about reports."""

import json
from typing import Annotated

import typer

from orchestration.cli.common import FAILED, USAGE, ByOption, DataOption, app, nearest, say, told
from orchestration.settings import load_settings

correction_app = typer.Typer(help="Corrections: known errors in reports, put right as data.", no_args_is_help=True)
app.add_typer(correction_app, name="correction")


@correction_app.command("schema")
def correction_schema() -> None:
    """Print the JSON Schema of corrections, for editors that check YAML while it is written."""
    from orchestration.check.corrections import json_schema

    print(json.dumps(json_schema(), ensure_ascii=False, indent=2))


ReceiptArgument = Annotated[
    str,
    typer.Argument(
        metavar="RECEIPT", help="The report's receipt: its id, 8 characters of it, or its path in the inbox."
    ),
]
RuleOption = Annotated[str, typer.Option("--rule", help="The rule's code, as the finding names it.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for whoever asks later.")]


@app.command()
def accept(
    receipt: ReceiptArgument, rule: RuleOption, reason: ReasonOption, by: ByOption = None, data: DataOption = None
) -> None:
    """Let a report stand that a rule sent back. Recorded for good; takes effect in the next load."""
    _decide("accept", receipt, rule, reason, by, data)


@app.command()
def revoke(
    receipt: ReceiptArgument, rule: RuleOption, reason: ReasonOption, by: ByOption = None, data: DataOption = None
) -> None:
    """Take an acceptance back. Recorded for good; takes effect in the next load."""
    _decide("revoke", receipt, rule, reason, by, data)


def _decide(action: str, wanted: str, rule: str, reason: str, by: str | None, data: str | None) -> None:
    settings = load_settings(data=data)
    with told():
        from orchestration.check import decisions, lake
        from orchestration.findings import load_catalogue
        from orchestration.receive import receipts

        catalogue = load_catalogue(settings.expectations / "rules.yml")
        if rule not in catalogue:
            say(f"hasila: there is no rule {rule}.{nearest(rule, list(catalogue))}")
            raise typer.Exit(USAGE)
        person = by or settings.person()
        if not (person or "").strip() or not reason.strip():
            missing = "who decides: give --by" if reason.strip() else "why: --reason is empty"
            say(f"hasila: say {missing}")
            raise typer.Exit(USAGE)
        known = (entry for day in receipts.days(settings.lake) for entry in receipts.read_day(settings.lake, day))
        found = decisions.find_receipts(known, wanted.removeprefix(f"{settings.inbox}/"))
        if len(found) != 1:
            several = [f"  {entry.receipt_id}  {entry.received_date}  {entry.inbox_path}" for entry in found]
            say(f"hasila: {'several receipts are' if several else 'no receipt is'} known as {wanted}")
            say("\n".join(several) or "  give the receipt's id (marts.fct_report), its beginning, or its inbox path")
            raise typer.Exit(USAGE)
        (receipt,) = found
        holding = decisions.in_force(decisions.read_decisions(settings.lake))
        earlier = holding.get((receipt.receipt_id, rule))
        others: list[str] = []
        if action == "accept":
            report = lake.reports_of(settings.lake, receipt.received_date).get(receipt.receipt_id)
            refusing = decisions.refusing_rules(settings.lake, report["family"], receipt, catalogue) if report else []
            decisions.judge_acceptance(rule, report, refusing, catalogue, earlier)
            accepted = {code for receipt_id, code in holding if receipt_id == receipt.receipt_id} | {rule}
            others = [code for code in refusing if code not in accepted and code != decisions.TOO_MANY]
        elif earlier is None:
            rules = [code for receipt_id, code in holding if receipt_id == receipt.receipt_id]
            held = f"; accepted despite {', '.join(rules)}" if rules else ""
            say(f"hasila: {receipt.inbox_path} was not accepted despite {rule}{held}")
            raise typer.Exit(FAILED)
        decision = decisions.record(
            settings.lake,
            receipt_id=receipt.receipt_id,
            rule_code=rule,
            action="accept" if action == "accept" else "revoke",
            reason=reason,
            decided_by=person or "",
        )
    print(f"{decision.decision_id}  {action} {receipt.inbox_path} despite {rule}, by {decision.decided_by}")
    if others:
        print(f"it was also refused by {', '.join(others)}")
    print("takes effect in the next `hasila load`")


@app.command("decisions")
def list_decisions(
    data: DataOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array on standard output.")] = False,
) -> None:
    """List every acceptance and revocation, the first one first."""
    settings = load_settings(data=data)
    with told():
        from orchestration.check import decisions

        taken = decisions.read_decisions(settings.lake)
    if as_json:
        print(json.dumps([decision.model_dump(mode="json") for decision in taken], ensure_ascii=False))
        return
    if not taken:
        print("no decision was taken yet")
    holding = {decision.decision_id for decision in decisions.in_force(taken).values()}
    for decision in taken:
        mark = "in force" if decision.decision_id in holding else ""
        print(
            f"{decision.decided_at:%Y-%m-%d %H:%M:%S} UTC  {decision.action:<6}  {decision.receipt_id[:12]}  "
            f"{decision.rule_code}  {decision.decided_by}: {decision.reason}  {mark}".rstrip()
        )
