"""The outbox: whole answers, each once, and a memory of what is still to be answered."""

import dataclasses
import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.answer import outbox
from orchestration.answer.outbox import OutboxError
from orchestration.findings import Finding
from tests.helpers import Desk
from tests.unit.answer.makers import answer_of


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_an_answer_lies_under_organisation_and_day_with_its_json(desk: Desk, tmp_path: Path) -> None:
    entry = outbox.store(tmp_path, answer_of(desk, file_name="تقرير 1.csv"), b"book")
    place = "NGO_EXAMPLE_1/2025-01-31/تقرير 1.aaaaaaaaaaaa.accepted_with_findings"
    assert files(tmp_path) == {f"{place}.xlsx", f"{place}.json"}
    assert (tmp_path / f"{place}.xlsx").read_bytes() == b"book"
    assert outbox.entries(tmp_path) == ([entry], [])
    said = json.loads((tmp_path / f"{place}.json").read_text(encoding="utf-8"))
    assert (said["state"], said["attempts"], said["language"]) == ("waiting", 0, "fr")


def test_a_waiting_answer_gives_way_and_a_sent_one_stays(desk: Desk, tmp_path: Path) -> None:
    bad = answer_of(desk, [Finding("SEX_UNKNOWN", "S", "A1")], verdict="sent_back")
    good = answer_of(desk, verdict="accepted")
    outbox.store(tmp_path, bad, b"1")
    outbox.store(tmp_path, good, b"2")
    (entry,) = outbox.entries(tmp_path)[0]
    assert (entry.verdict, entry.workbook_path(tmp_path).read_bytes()) == ("accepted", b"2")
    assert len(files(tmp_path)) == 2
    outbox.save(tmp_path, dataclasses.replace(entry, state="sent", sent_at=dt.datetime.now(dt.UTC)))
    outbox.store(tmp_path, bad, b"3")
    outbox.store(tmp_path, good, b"4")
    states = [(entry.verdict, entry.state) for entry in outbox.entries(tmp_path)[0]]
    assert states == [("accepted", "sent"), ("accepted", "waiting")]
    assert entry.workbook_path(tmp_path).read_bytes() == b"2"


def test_of_two_that_wait_because_a_load_died_between_them_the_later_one_stands(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = answer_of(desk, verdict="sent_back"), answer_of(desk, verdict="accepted")
    outbox.store(tmp_path, bad, b"1")
    with monkeypatch.context() as patch:
        patch.setattr(outbox, "drop_superseded", lambda *_: None)
        entry = outbox.store(tmp_path, good, b"2")
    assert len(files(tmp_path)) == 4
    assert outbox.entries(tmp_path) == ([entry], [])
    known = outbox.of_day(tmp_path, entry.organisation_code, entry.received_date)[entry.receipt_id]
    outbox.drop_superseded(tmp_path, known)
    assert len(files(tmp_path)) == 2
    assert outbox.entries(tmp_path) == ([entry], [])


def test_what_is_news_to_a_reporter(desk: Desk, tmp_path: Path) -> None:
    one = answer_of(desk, [Finding("SEX_UNKNOWN", "S", "A1")])
    other = answer_of(desk, [Finding("SEX_UNKNOWN", "S", "A2")])
    back = answer_of(desk, [Finding("SEX_UNKNOWN", "S", "A2")], verdict="sent_back")
    assert outbox.is_news(one, [])
    waiting = outbox.store(tmp_path, one, b"")
    assert not outbox.is_news(one, [waiting])
    assert outbox.is_news(other, [waiting])
    sent = dataclasses.replace(waiting, state="sent")
    assert not outbox.is_news(other, [sent])
    assert outbox.is_news(back, [sent])


@given(st.text(min_size=1, max_size=300))
def test_any_name_of_a_file_or_folder_stays_within_the_outbox(name: str) -> None:
    for made in (outbox.safe_name(name), outbox._stem(name)):
        assert made not in ("", ".", "..")
        assert not set(made) & set('/\\\0\n\r\t:*?"<>|')
    assert len(outbox._stem(name).encode("utf-8", "surrogatepass")) <= 100


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"state": "waiting"}'])
def test_a_damaged_json_is_named_and_hides_no_other(damage: str, desk: Desk, tmp_path: Path) -> None:
    entry = outbox.store(tmp_path, answer_of(desk), b"")
    broken = entry.path(tmp_path).with_name("x.json")
    broken.write_text(damage, encoding="utf-8")
    assert outbox.entries(tmp_path) == ([entry], [broken])


def test_an_entry_that_points_elsewhere_is_damaged(desk: Desk, tmp_path: Path) -> None:
    entry = outbox.store(tmp_path, answer_of(desk), b"")
    path = entry.path(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace('"workbook": "', '"workbook": "../../'), encoding="utf-8")
    assert outbox.entries(tmp_path) == ([], [path])


def test_what_is_to_be_answered_is_remembered_until_it_is(tmp_path: Path) -> None:
    outbox.remember(tmp_path, [("a", "2025-01-01"), ("b", "2025-01-02")])
    outbox.remember(tmp_path, [("b", "2025-01-02"), ("c", "2025-01-03")])
    outbox.forget(tmp_path, [("a", "2025-01-01"), ("z", "2025-01-09")])
    assert outbox.remembered(tmp_path) == [("b", "2025-01-02"), ("c", "2025-01-03")]
    outbox.forget(tmp_path, outbox.remembered(tmp_path))
    assert outbox.remembered(tmp_path) == []
    assert files(tmp_path) == set()


def test_two_do_not_use_it_at_once(tmp_path: Path) -> None:
    with outbox.held(tmp_path, 0), pytest.raises(OutboxError, match="in use"), outbox.held(tmp_path, 0):
        pass
