"""Received, readable, complete, valid: separate states, each known or not."""

import pytest

from orchestration.check.states import States, states
from orchestration.findings import Catalogue


@pytest.mark.parametrize(
    ("broken", "was_opened", "was_judged", "expected"),
    [
        ([], True, True, States(True, True, True)),
        (["FILE_CORRUPT"], False, False, States(False, None, None)),
        (["TABLE_NOT_FOUND"], True, False, States(False, None, None)),
        # What cannot be read is neither incomplete nor wrong, whatever else was said of it.
        (["TABLE_NOT_FOUND", "COLUMNS_MISSING", "PERSONAL_DATA"], True, False, States(False, None, None)),
        (["ORGANISATION_UNKNOWN"], False, False, States(None, None, False)),
        (["COLUMNS_MISSING"], True, False, States(True, False, None)),
        (["REPORT_EMPTY"], True, False, States(True, False, None)),
        (["CITATION_MISSING"], True, True, States(True, False, True)),
        (["VALUE_NEGATIVE"], True, True, States(True, True, False)),
        (["VALUE_NEGATIVE", "VALUE_UNEXPLAINED"], True, True, States(True, False, False)),
        # A warning or a note denies nothing.
        (["HEADER_BLANK", "ROW_HIDDEN_NOT_READ"], True, True, States(True, True, True)),
    ],
)
def test_a_critical_finding_denies_its_state(
    catalogue: Catalogue, broken: list[str], was_opened: bool, was_judged: bool, expected: States
) -> None:
    assert states(broken, catalogue, was_opened=was_opened, was_judged=was_judged) == expected
