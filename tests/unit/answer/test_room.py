"""Answering after the release: who gets one, what a reread changes, and what never holds up a load."""

import dataclasses
import datetime as dt
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration import night
from orchestration.answer import outbox, room
from orchestration.answer.room import Job, write_all
from orchestration.check import days, lake
from orchestration.night import Rulebook
from orchestration.read import candidates
from orchestration.receive import receipts
from orchestration.receive.receipts import Receipt
from orchestration.settings import Settings
from tests.helpers import LIMITS, OFFICIAL, RECEIVED, Desk, csv_report, receipt_of
from tests.unit.answer.makers import answer_of, opened

GOOD = csv_report([OFFICIAL])
BAD = csv_report([OFFICIAL | {"value": "beaucoup"}])
Night = Callable[..., list[Receipt]]


@pytest.fixture
def rulebook(desk: Desk) -> Rulebook:
    return Rulebook(desk.contracts, desk.reference, desk.catalogue)


@pytest.fixture
def judged(settings: Settings, desk: Desk, rulebook: Rulebook) -> Night:
    """Puts reports of a day, by their names, through the rooms before; `news` are those that are new."""

    def run(files: dict[str, bytes], *, news: set[str] | None = None) -> list[Receipt]:
        readings, received = [], []
        for number, (name, content) in enumerate(files.items()):
            receipt = dataclasses.replace(
                receipt_of(content, "PPO", name),
                receipt_id=f"{number}{name}".ljust(64, "0"),
                archive_path=f"received={RECEIVED.isoformat()}/{name}",
                received_at=dt.datetime.combine(RECEIVED, dt.time(0, number)),
            )
            path = Path(str(settings.archive)) / receipt.archive_path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            received.append(receipt)
            readings.append(desk.read(content, "PPO", name, receipt=receipt))
        receipts.write_day(settings.lake, RECEIVED, received)
        for family in {reading.family for reading in readings}:
            checked = desk.check([reading for reading in readings if reading.family == family])
            for day, tables in checked.units.items():
                lake.write_unit(settings.lake, family, day, tables)
        day = RECEIVED.isoformat()
        fresh = [(one.receipt_id, day) for one in received if news is None or one.file_name in news]
        night.clear_summaries(settings)
        night.write_summary(settings, "news", {"receipts": fresh})
        night.write_summary(settings, "read", {"days": {day: ""}})
        candidates.clear(settings.work / "readings")
        writer = candidates.Writer(settings.work / "readings")
        writer.add(candidates.batch_of(readings))
        writer.close()
        night.close_days(settings, rulebook)
        return received

    return run


def verdicts(settings: Settings) -> dict[str, str]:
    return {entry.file_name: entry.verdict for entry in outbox.entries(settings.outbox)[0] if entry.state == "waiting"}


def test_every_new_report_gets_an_answer_and_no_other(settings: Settings, rulebook: Rulebook, judged: Night) -> None:
    judged(
        {"old.csv": GOOD, "good.csv": GOOD, "bad.csv": BAD, "empty.csv": b""}, news={"good.csv", "bad.csv", "empty.csv"}
    )
    summary = room.answer(settings, rulebook)
    assert (summary["written"], summary["failed"], summary["error"]) == (3, [], "")
    assert verdicts(settings) == {"good.csv": "accepted", "bad.csv": "sent_back", "empty.csv": "unreadable"}
    (entry,) = [entry for entry in outbox.entries(settings.outbox)[0] if entry.file_name == "bad.csv"]
    book = opened(entry.workbook_path(settings.outbox).read_bytes())
    cells = [cell for row in book.worksheets[1].iter_rows() for cell in row if cell.comment]
    assert [cell.value for cell in cells] == ["beaucoup"]
    assert outbox.remembered(settings.outbox) == []
    assert night.outcome(settings)["answers"] == {"written": 3, "failed": [], "error": ""}


def test_a_reread_replaces_what_waits_and_answers_anew_where_another_verdict_was_sent(
    settings: Settings, rulebook: Rulebook, judged: Night
) -> None:
    judged({"a.csv": BAD, "b.csv": BAD, "c.csv": GOOD})
    room.answer(settings, rulebook)
    for entry in outbox.entries(settings.outbox)[0]:
        if entry.file_name != "a.csv":
            outbox.save(settings.outbox, dataclasses.replace(entry, state="sent", sent_at=dt.datetime.now(dt.UTC)))
    judged({"a.csv": GOOD, "b.csv": GOOD, "c.csv": GOOD}, news=set())
    assert room.answer(settings, rulebook)["written"] == 2
    found = sorted((entry.file_name, entry.verdict, entry.state) for entry in outbox.entries(settings.outbox)[0])
    assert found == [
        ("a.csv", "accepted", "waiting"),
        ("b.csv", "accepted", "waiting"),
        ("b.csv", "sent_back", "sent"),
        ("c.csv", "accepted", "sent"),
    ]
    assert room.answer(settings, rulebook)["written"] == 0


def next_load(settings: Settings) -> None:
    """Begins a load that has news, but nothing to read and no new report."""
    night.clear_summaries(settings)
    night.write_summary(settings, "news", {"receipts": []})
    night.write_summary(settings, "read", {"days": {}})


def answer_and_send(settings: Settings, rulebook: Rulebook) -> None:
    """Answers what is due, and marks it sent."""
    room.answer(settings, rulebook)
    for entry in outbox.entries(settings.outbox)[0]:
        outbox.save(settings.outbox, dataclasses.replace(entry, state="sent", sent_at=dt.datetime.now(dt.UTC)))


def test_a_verdict_that_changed_is_told_by_the_load_after_one_that_sealed_the_day_and_failed(
    settings: Settings, rulebook: Rulebook, judged: Night
) -> None:
    judged({"a.csv": BAD, "b.csv": GOOD})
    answer_and_send(settings, rulebook)
    judged({"a.csv": GOOD, "b.csv": GOOD}, news=set())
    next_load(settings)
    assert room.answer(settings, rulebook)["written"] == 1
    assert verdicts(settings) == {"a.csv": "accepted"}
    next_load(settings)
    assert room.answer(settings, rulebook)["written"] == 0
    assert outbox.remembered_days(settings.outbox) == []


def test_a_verdict_that_changed_is_told_by_the_load_after_one_that_found_the_outbox_in_use(
    settings: Settings, rulebook: Rulebook, judged: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_LOCK_SECONDS", 0)
    judged({"a.csv": BAD})
    answer_and_send(settings, rulebook)
    judged({"a.csv": GOOD}, news=set())
    with outbox.held(settings.outbox, 0):
        assert "in use" in room.answer(settings, rulebook)["error"]
    next_load(settings)
    assert room.answer(settings, rulebook)["written"] == 1
    assert verdicts(settings) == {"a.csv": "accepted"}


def test_a_verdict_that_changed_and_could_not_be_told_is_tried_again(
    settings: Settings, rulebook: Rulebook, judged: Night
) -> None:
    judged({"a.csv": BAD})
    answer_and_send(settings, rulebook)
    (receipt,) = judged({"a.csv": GOOD}, news=set())
    path = Path(str(settings.archive)) / receipt.archive_path
    path.unlink()
    assert len(room.answer(settings, rulebook)["failed"]) == 1
    path.write_bytes(GOOD)
    next_load(settings)
    assert room.answer(settings, rulebook)["written"] == 1
    assert verdicts(settings) == {"a.csv": "accepted"}
    assert outbox.remembered(settings.outbox) == []


def test_a_load_that_dies_while_it_seals_leaves_no_sealed_day_that_nobody_looks_at(
    settings: Settings, rulebook: Rulebook, judged: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(Exception):
        """Stands for the end of the process."""

    def killed(*_: object) -> None:
        raise KilledError

    monkeypatch.setattr(days, "seal", killed)
    with pytest.raises(KilledError):
        judged({"a.csv": BAD})
    assert outbox.remembered_days(settings.outbox) == [RECEIVED.isoformat()]


def test_what_a_load_that_died_left_unanswered_is_answered_by_the_next(
    settings: Settings, rulebook: Rulebook, judged: Night
) -> None:
    received = judged({"a.csv": GOOD}, news=set())
    outbox.remember(settings.outbox, [(received[0].receipt_id, RECEIVED.isoformat())])
    assert room.answer(settings, rulebook)["written"] == 1


def test_an_answer_that_cannot_be_written_is_named_and_tried_again(
    settings: Settings, rulebook: Rulebook, judged: Night
) -> None:
    received = judged({"a.csv": GOOD, "b.csv": BAD})
    path = Path(str(settings.archive)) / received[0].archive_path
    content = path.read_bytes()
    path.unlink()
    summary = room.answer(settings, rulebook)
    assert summary["written"] == 1
    (failed,) = summary["failed"]
    assert (failed["organisation_code"], failed["file_name"]) == ("PPO", "a.csv")
    assert "FileNotFoundError" in failed["reason"]
    path.write_bytes(content)
    night.write_summary(settings, "news", {"receipts": []})
    assert room.answer(settings, rulebook)["written"] == 1
    assert verdicts(settings) == {"a.csv": "accepted", "b.csv": "sent_back"}


def test_an_outbox_that_cannot_be_used_is_told_and_raises_nothing(
    settings: Settings, rulebook: Rulebook, judged: Night
) -> None:
    judged({"a.csv": GOOD})
    shutil.rmtree(settings.outbox)
    settings.outbox.write_bytes(b"no folder")
    summary = room.answer(settings, rulebook)
    assert summary["written"] == 0
    assert "outbox" in summary["error"]


def answered(job: Job) -> str:
    """Stands for writing an answer; one file kills whoever repeats it."""
    if job.answer.file_name == "deadly.csv":
        os._exit(7)
    return "" if job.answer.file_name != "bad.csv" else "why"


def test_many_are_written_on_all_cores_and_a_deadly_one_costs_no_other(desk: Desk, tmp_path: Path) -> None:
    names = [f"{number}.csv" for number in range(12)]
    names[3], names[7] = "deadly.csv", "bad.csv"
    jobs = [Job(answer_of(desk, file_name=name), tmp_path, 0, tmp_path, LIMITS) for name in names]  # type: ignore[arg-type]
    found = {job.answer.file_name: error for job, error in write_all(jobs, count=2, one=answered)}
    assert set(found) == set(names)
    assert found["bad.csv"] == "why"
    assert "survive" in found["deadly.csv"]
    assert {error for name, error in found.items() if name not in ("bad.csv", "deadly.csv")} == {""}


def test_no_more_answers_are_composed_than_are_being_written_and_each_comes_once(desk: Desk, tmp_path: Path) -> None:
    names = [f"{number}.csv" for number in range(150)]
    deadly = {"3.csv", "90.csv"}
    composed: list[str] = []

    def jobs() -> Iterator[Job]:
        for name in names:
            composed.append(name)
            said = answer_of(desk, file_name="deadly.csv" if name in deadly else name)
            yield Job(said, tmp_path, 0, tmp_path, LIMITS)  # type: ignore[arg-type]

    written = write_all(jobs(), count=2, one=answered)
    first = next(written)
    assert len(composed) < len(names) / 2
    found = [first, *written]
    assert composed == names
    assert [error for _, error in found if error] == ["the process that wrote it did not survive it"] * len(deadly)
    said = sorted(job.answer.file_name for job, _ in found)
    assert said == sorted([*("deadly.csv" for _ in deadly), *(set(names) - deadly)])


def test_reports_are_looked_at_in_parts_with_all_their_findings(settings: Settings, judged: Night) -> None:
    received = judged({"a.csv": GOOD, "b.csv": BAD, "c.csv": BAD, "d.csv": b"", "e.csv": GOOD})
    found, whole = (
        [(report["file_name"], findings) for report, findings in lake.with_findings(settings.lake, RECEIVED, most)]
        for most in (2, 100)
    )
    assert sorted(name for name, _ in found) == [receipt.file_name for receipt in received]
    codes = {name: [finding.code for finding in findings] for name, findings in found}
    assert codes["a.csv"] == codes["e.csv"] == []
    assert codes["b.csv"] == codes["c.csv"] != []
    assert codes["d.csv"] == ["FILE_EMPTY"]
    assert found == whole
