"""A failing case made small, and shown as tables that a person can add up by hand."""

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from tests.property.oracle.comparison import Difference
from tests.property.oracle.facts import Case

_ROUNDS = 12
_AT_ONCE = 150


def renumbered(case: Case, number: int) -> Case:
    """The same case under another number, so that several variants fit into one load."""
    return _replaced(case, f"C{case.number:05}_", f"C{number:05}_", number)


def _replaced(content: Any, old: str, new: str, number: int) -> Any:
    if isinstance(content, str):
        return content.replace(old, new)
    if isinstance(content, Case):
        values = {one.name: _replaced(getattr(content, one.name), old, new, number) for one in fields(content)}
        return Case(**values | {"number": number})
    if is_dataclass(content) and not isinstance(content, type):
        values = {one.name: _replaced(getattr(content, one.name), old, new, number) for one in fields(content)}
        return type(content)(**values)
    if type(content) is tuple:
        return tuple(_replaced(one, old, new, number) for one in content)
    return content


def smallest(
    case: Case, mart: str, compare: Callable[[Sequence[Case]], list[Difference]]
) -> tuple[Case, list[Difference]]:
    """Take away reports, rows, targets and enrolments as long as the mart still differs.

    `compare` loads cases side by side and returns the differences; each round is one load.
    """
    found: list[Difference] = []
    for _ in range(_ROUNDS):
        variants = [renumbered(one, number) for number, one in enumerate(case.smaller())][:_AT_ONCE]
        if not variants:
            break
        failing = {one.case: one for one in compare(variants) if one.mart == mart}
        if not failing:
            break
        chosen = min(failing)
        case = variants[chosen]
        found = [failing[chosen]]
    return case, found


def shown(case: Case) -> str:
    """The registers and the reports of a case, as they were made."""
    lines = [f"case {case.number}"]
    lines += [
        f"  {one.code}: {one.value_type}, places {one.across_places}, periods {one.across_periods}, sources"
        f" {one.across_sources} {'|'.join(one.priority)} {one.universe_sex}{one.universe_age}".rstrip()
        for one in case.indicators
    ]
    lines += [f"  {target}" for target in case.targets]
    lines += [f"  {enrolment}" for enrolment in case.enrolments]
    lines += [f"  {printed}" for printed in case.printed]
    lines += [f"  {compared}" for compared in case.compared]
    for report in case.reports:
        state = "accepted" if report.is_accepted else "sent back"
        lines.append(f"  {report.path} ({report.family.name}, {report.status}, {state})")
        for row in report.statements:
            group = " ".join(part for part in row.group if part != "_T") or "everybody"
            ratio = "" if row.numerator is None else f" ({row.numerator}/{row.denominator})"
            thing = f" {row.deliverable} {row.deliverable_status}" if row.deliverable else ""
            lines.append(
                f"    {row.indicator[-2:]} {row.period.label:<22} {row.place:<7} {group:<14}"
                f" {'–' if row.value is None else row.value}{ratio} {row.qualifier}{thing}"
            )
    return "\n".join(lines)
