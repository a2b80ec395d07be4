"""The states of a report beside its verdict: readable, complete, valid.

Every receipt is received. What else can be said of it follows from its critical findings: each rule
of the catalogue names the state that it denies. A report may stand and still not be valid, where
single rows of it are in quarantine.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from orchestration.findings import Catalogue
from orchestration.findings import State as StateName


@dataclass(frozen=True, slots=True)
class States:
    """Three answers, each True, False, or None where nobody can know."""

    is_readable: bool | None
    is_complete: bool | None
    is_valid: bool | None


def states(broken: Iterable[str], catalogue: Catalogue, *, was_opened: bool, was_judged: bool) -> States:
    """The states of a report that broke the rules `broken`; those that are not critical deny nothing.

    Of a file that was not opened (`was_opened`) nobody knows whether it can be read, and of one that
    cannot be read neither whether it is complete nor whether it is valid: these are None, not False.
    So is what no rule denies in a report of which no row was judged (`was_judged`).
    """
    denied: set[StateName] = {catalogue[code].denies for code in broken if catalogue[code].severity == "critical"}
    if "readable" in denied:
        return States(False, None, None)
    return States(
        True if was_opened else None,
        False if "complete" in denied else True if was_judged else None,
        False if "valid" in denied else True if was_judged else None,
    )
