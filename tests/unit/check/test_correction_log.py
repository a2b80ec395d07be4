"""The log of corrections: each load's changes for good, and what was known after any of them."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from orchestration.check import correction_log
from orchestration.check.correction_log import CorrectionLogError
from orchestration.check.corrections import Correction
from orchestration.settings import Settings

MORNING, NOON = dt.datetime(2025, 2, 1, 8), dt.datetime(2025, 2, 1, 12)


def correction(code: str = "ONE", **given: Any) -> Correction:
    content: dict[str, Any] = {
        "code": code,
        "report": {"organisation_code": "PPO", "family": "official_figures", "period": 2017},
        "cell": f"Sheet!{code}1",
        "action": "override",
        "value": "0.1000000001",
        "expect": Decimal("51.50"),
        "reason": "Digits « transposed » في التقرير.",
        "reported_by": "data team",
        "reported_to": "focal point",
        "reported_on": dt.date(2024, 2, 1),
        "status": "confirmed",
    }
    return Correction.model_validate({name: value for name, value in (content | given).items() if value is not None})


def test_only_what_changed_is_appended_and_every_state_comes_back(settings: Settings) -> None:
    one, two = correction("ONE"), correction("TWO")
    withdrawn = correction("TWO", status="withdrawn")
    states: list[list[Correction]] = [[one, two], [one, two], [one, withdrawn], [withdrawn], []]
    recorded = [correction_log.record(settings.lake, state) for state in states]
    said = [[(change.code, change.change) for change in entry.changes] if entry else None for entry in recorded]
    assert said == [
        [("ONE", "new"), ("TWO", "new")],
        None,
        [("TWO", "changed")],
        [("ONE", "removed")],
        [("TWO", "removed")],
    ]
    entries = correction_log.read_entries(settings.lake)
    assert list(entries) == [entry for entry in recorded if entry]
    for count, state in enumerate((states[0], *states[2:]), 1):
        assert list(correction_log.corrections_of(entries[:count])) == state
    assert correction_log.corrections_of(()) == ()


@pytest.mark.parametrize("expect", [Decimal("51.50"), Decimal(51), "51", "plus de 10", ""])
def test_a_number_and_a_text_to_expect_stay_what_they_were(settings: Settings, expect: Decimal | str) -> None:
    written = correction(expect=expect)
    correction_log.record(settings.lake, [written])
    (restored,) = correction_log.corrections_of(correction_log.read_entries(settings.lake))
    assert restored == written
    assert type(restored.expect) is type(expect)
    # The seals of days hold a digest of this.
    assert restored.model_dump_json() == written.model_dump_json()


def test_the_latest_form_says_since_when_it_is_known(settings: Settings) -> None:
    correction_log.record(settings.lake, [correction("ONE"), correction("TWO")], MORNING)
    correction_log.record(settings.lake, [correction("ONE"), correction("TWO", status="withdrawn")], NOON)
    assert correction_log.known_since(correction_log.read_entries(settings.lake)) == {"ONE": MORNING, "TWO": NOON}


def test_a_clock_that_goes_back_does_not_turn_the_order_round(settings: Settings) -> None:
    correction_log.record(settings.lake, [correction("ONE")], NOON)
    later = correction_log.record(settings.lake, [], MORNING)
    assert later is not None
    assert later.noticed_at > NOON
    assert correction_log.corrections_of(correction_log.read_entries(settings.lake)) == ()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"entry_id": "x", "noticed_at": 1, "changes": []}'])
def test_a_damaged_entry_is_told_of(settings: Settings, content: bytes) -> None:
    entry = correction_log.record(settings.lake, [correction()])
    assert entry is not None
    path = correction_log.path_of(settings.lake, entry)
    assert path.stat().st_mode & 0o222 == 0
    path.chmod(0o640)
    path.write_bytes(content)
    with pytest.raises(CorrectionLogError, match=path.name):
        correction_log.read_entries(settings.lake)


@pytest.mark.parametrize(
    "kept", [{}, {"expect": 3}, {"expect": {"number": "x"}}, {"expect": {"text": "x"}, "action": "explode"}]
)
def test_an_entry_of_another_make_is_told_of(settings: Settings, kept: dict[str, Any]) -> None:
    entry = correction_log.record(settings.lake, [correction()])
    assert entry is not None
    change = entry.changes[0].model_copy(update={"correction": kept})
    with pytest.raises(CorrectionLogError, match="cannot be restored"):
        correction_log.corrections_of([entry.model_copy(update={"changes": (change,)})])


def test_what_is_being_written_is_no_entry(settings: Settings) -> None:
    folder = settings.lake / "corrections"
    folder.mkdir(parents=True)
    (folder / ".writing-x.json").write_text("{")
    assert correction_log.read_entries(settings.lake) == ()
