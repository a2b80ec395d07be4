"""Receiving: one receipt for what is new, none for what is known, and never a lost file."""

import datetime as dt
import os
import tempfile
from itertools import pairwise
from pathlib import Path

import pytest

from orchestration import storage
from orchestration.receive import receipts
from orchestration.receive.room import Look, Received, look, receive, state_of
from orchestration.settings import Settings
from tests.unit.receive.test_inbox import put, without_privileges

TODAY = dt.date(2025, 1, 31)
NOON = dt.datetime(2025, 1, 31, 12)


def run(settings: Settings, today: dt.date = TODAY, now: dt.datetime = NOON) -> Received:
    return receive(
        settings.inbox,
        settings.archive,
        settings.lake,
        today=today,
        now=now,
        settle_seconds=0,
        organisation_of={"HCP": "HCP", "PPO": "PPO", "Présidence": "PPO"}.get,
    )


def test_a_new_file_gets_a_receipt_and_its_bytes_are_archived(settings: Settings) -> None:
    put(settings.inbox, "Présidence/a.csv", b"bytes")
    (receipt,) = run(settings).new
    assert (receipt.organisation_code, receipt.organisation_folder) == ("PPO", "Présidence")
    assert (receipt.size_bytes, receipt.received_date) == (5, TODAY)
    assert (settings.archive / receipt.archive_path).read_bytes() == b"bytes"
    assert receipts.read_day(settings.lake, TODAY) == [receipt]


def test_nothing_is_new_the_second_time(settings: Settings) -> None:
    put(settings.inbox, "PPO/a.csv")
    run(settings)
    assert run(settings).new == []
    assert len(receipts.read_day(settings.lake, TODAY)) == 1


@pytest.mark.parametrize("at_once", [True, False])
def test_the_same_bytes_twice_from_one_organisation_are_one_receipt(settings: Settings, at_once: bool) -> None:
    put(settings.inbox, "PPO/a.csv")
    first = [] if at_once else run(settings).new
    put(settings.inbox, "Présidence/copy.csv")
    assert len([*first, *run(settings).new]) == 1


@pytest.mark.parametrize("place", ["PPO/a.csv", "PPO/2025-01-30/a.csv"])
def test_bytes_that_are_sent_again_after_others_of_their_name_are_told_of(settings: Settings, place: str) -> None:
    """The revision stands, and whoever took it back learns so, also where the file has its old time again."""
    put(settings.inbox, "PPO/2025-01-10/a.csv", b"first")
    for content in (b"first", b"second"):
        put(settings.inbox, "PPO/a.csv", content)
        run(settings)
    path = put(settings.inbox, place, b"first")
    os.utime(path, ns=(0, 0))
    for waiting in (run(settings).waiting, list(seen(settings).waiting)):
        assert [(entry.path, "received before" in entry.reason) for entry in waiting] == [(place, True)]
    assert run(settings).new == []
    assert seen(settings).new == ()


def test_a_copy_beside_the_first_is_no_matter(settings: Settings) -> None:
    put(settings.inbox, "PPO/a.csv", b"first")
    put(settings.inbox, "PPO/b.csv", b"second")
    run(settings)
    put(settings.inbox, "PPO/2025-01-20/a.csv", b"first")
    assert (run(settings).new, run(settings).waiting) == ([], [])


def test_the_same_bytes_from_two_organisations_are_two_receipts(settings: Settings) -> None:
    put(settings.inbox, "PPO/a.csv")
    put(settings.inbox, "HCP/a.csv")
    first, second = run(settings).new
    assert first.file_sha256 == second.file_sha256
    assert first.receipt_id != second.receipt_id


def test_a_changed_file_is_a_new_receipt_and_the_old_bytes_stay(settings: Settings) -> None:
    put(settings.inbox, "PPO/a.csv", b"old")
    (old,) = run(settings).new
    put(settings.inbox, "PPO/a.csv", b"new")
    (new,) = run(settings).new
    assert new.receipt_id != old.receipt_id
    assert (settings.archive / old.archive_path).read_bytes() == b"old"
    assert (settings.archive / new.archive_path).read_bytes() == b"new"


def test_the_dated_folder_decides_the_received_date(settings: Settings) -> None:
    put(settings.inbox, "PPO/2019-07-15/a.csv")
    (receipt,) = run(settings).new
    assert receipt.received_date == receipt.received_at.date() == dt.date(2019, 7, 15)
    assert receipts.days(settings.lake) == [dt.date(2019, 7, 15)]


@pytest.mark.parametrize(
    "now",
    [
        NOON,
        dt.datetime(2025, 1, 30, 23, 30),  # after midnight in Casablanca, not yet in UTC
        dt.datetime(2025, 1, 31, 23, 59, 59, 999_999),
    ],
)
def test_received_at_grows_within_its_day_over_several_loads(settings: Settings, now: dt.datetime) -> None:
    for load in range(3 if now.microsecond == 0 else 1):
        for name in "abc":
            put(settings.inbox, f"PPO/{name}{load}.csv", f"{name}{load}".encode())
        run(settings, now=now)
    moments = [receipt.received_at for receipt in receipts.read_day(settings.lake, TODAY)]
    assert all(earlier < later for earlier, later in pairwise(moments))
    assert {moment.date() for moment in moments} == {TODAY}


def test_a_file_without_folder_or_of_an_unknown_organisation_is_received_all_the_same(settings: Settings) -> None:
    put(settings.inbox, "lost.csv", b"1")
    put(settings.inbox, "Nobody/a.csv", b"2")
    assert {receipt.organisation_code for receipt in run(settings).new} == {"UNKNOWN", "Nobody"}


def test_an_unreadable_file_waits_and_the_others_are_received() -> None:
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o777)  # noqa: S103
        folder = Path(name)
        settings = Settings(data=folder / "data", inbox=folder / "inbox")
        put(settings.inbox, "PPO/closed.csv", b"1").chmod(0)
        put(settings.inbox, "PPO/open.csv", b"2")
        with without_privileges():
            result = run(settings)
        assert [receipt.file_name for receipt in result.new] == ["open.csv"]
        assert [entry.path for entry in result.waiting] == ["PPO/closed.csv"]
        assert "cannot be read" in result.waiting[0].reason


def test_files_whose_receipts_were_never_written_are_received_by_the_next_load(settings: Settings) -> None:
    """A load that died between archive and receipts."""
    put(settings.inbox, "PPO/a.csv")
    run(settings)
    receipts.day_path(settings.lake, TODAY).unlink()
    assert len(run(settings).new) == 1


def test_a_receipt_id_depends_on_file_day_and_sender() -> None:
    ids = {
        receipts.receipt_id(sha256, day, sender)
        for sha256 in ("a", "b")
        for day in (TODAY, TODAY + dt.timedelta(days=1))
        for sender in ("PPO", "HCP")
    }
    assert len(ids) == 8


def test_receipts_of_another_version_are_refused_by_name(settings: Settings) -> None:
    path = receipts.day_path(settings.lake, dt.date(2025, 1, 31))
    storage.write_table(path, receipts.SCHEMA.remove(0).empty_table())
    with pytest.raises(receipts.ReceiptsError, match=r"received=2025-01-31\.parquet was written by another version"):
        receipts.read_day(settings.lake, dt.date(2025, 1, 31))
    path.write_bytes(b"no table")
    with pytest.raises(receipts.ReceiptsError, match="or is damaged"):
        receipts.read_day(settings.lake, dt.date(2025, 1, 31))


def seen(settings: Settings, today: dt.date = TODAY) -> Look:
    return look(
        settings.inbox,
        settings.lake,
        today=today,
        settle_seconds=0,
        organisation_of={"HCP": "HCP", "PPO": "PPO", "Présidence": "PPO"}.get,
    )


def test_a_look_sees_what_would_be_received_and_writes_nothing(settings: Settings) -> None:
    put(settings.inbox, "PPO/a.csv", b"bytes")
    put(settings.inbox, "HCP/a.csv", b"bytes")
    assert [organisation for organisation, _ in seen(settings).new] == ["HCP", "PPO"]
    assert not settings.archive.exists()
    assert not settings.lake.exists()
    run(settings)
    assert seen(settings).new == ()


def test_the_same_file_in_two_places_is_one_content_and_nothing_new_once_it_was_received(settings: Settings) -> None:
    put(settings.inbox, "PPO/a.csv", b"bytes")
    put(settings.inbox, "Présidence/deep/copy.csv", b"bytes")
    assert len(seen(settings).new) == 1
    run(settings)
    # The copy has no receipt of its own, and is never taken for a report that came.
    assert seen(settings).new == ()
    assert run(settings).new == []


def test_a_look_waits_for_what_is_written_and_for_the_day_that_a_folder_names(settings: Settings) -> None:
    put(settings.inbox, "PPO/2025-02-01/tomorrow.csv", b"tomorrow")
    path = put(settings.inbox, "PPO/b.csv", b"half")
    with path.open("ab") as copying:
        copying.write(b" and")
        copying.flush()
        reasons = {waiting.path: waiting.reason for waiting in seen(settings).waiting}
        assert reasons == {
            "PPO/b.csv": "it is still being written",
            "PPO/2025-02-01/tomorrow.csv": "its received date 2025-02-01 is in the future",
        }
        assert seen(settings).new == ()
    assert len(seen(settings).new) == 1
    assert len(seen(settings, TODAY + dt.timedelta(days=1)).new) == 2


def test_the_state_of_the_inbox_is_another_with_every_file_and_every_day(settings: Settings) -> None:
    put(settings.inbox, "PPO/a.csv", b"one")
    states = [state_of(settings.inbox, TODAY), state_of(settings.inbox, TODAY + dt.timedelta(days=1))]
    assert state_of(settings.inbox, TODAY) == states[0]
    put(settings.inbox, "PPO/b.csv", b"two")
    states.append(state_of(settings.inbox, TODAY))
    assert len(set(states)) == 3
