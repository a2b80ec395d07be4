"""Whatever a load writes while a backup copies, the backup is of one moment: whole, and nothing in it is from two."""

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from orchestration import backup, storage
from orchestration.answer import outbox
from orchestration.check import days, lake
from orchestration.receive import receipts
from orchestration.release import publish
from orchestration.settings import Settings, load_settings
from tests.backups import FAMILIES, writes
from tests.helpers import RECEIVED

FIRST, SECOND = b"first report", b"second report"
_MEMORY = next((path for path in ("/dev/shm",) if os.access(path, os.W_OK)), None)  # noqa: S108
"""Where files cost no disk, if there is such a place: each example makes some hundred."""


def check_moment(restored: Settings) -> None:
    """What must hold of a runtime state so that the next load goes on from it as if nothing had happened."""
    day = receipts.read_day(restored.lake, RECEIVED)
    known = {receipt.receipt_id for receipt in day}
    for receipt in day:
        path = Path(str(restored.archive / receipt.archive_path))
        assert path.name.partition(".")[0] == receipt.file_sha256
        assert path.read_bytes() in (FIRST, SECOND)

    units = {}
    for family in FAMILIES:
        for table in lake.UNIT_TABLES:
            path = lake.unit_path(restored.lake, table, family, RECEIVED)
            if path.exists():
                found = storage.read_table(path, lake.UNIT_TABLES[table])
                units[family, table] = set(found.column("receipt_id").to_pylist())
                assert units[family, table] <= known, "a unit speaks of a report that has no receipt"
    sealed = days.seals(restored.lake).get(RECEIVED)
    if sealed is not None and sealed.receipts == days.receipts_digest(restored.lake, RECEIVED):
        assert len(units) == len(FAMILIES) * len(lake.UNIT_TABLES)
        assert all(found == known for found in units.values()), "a day is sealed for other reports than it has"
        words = {
            word
            for family in FAMILIES
            for word in storage.read_columns(lake.unit_path(restored.lake, "reports", family, RECEIVED), ["file_name"])
            .column(0)
            .to_pylist()
        }
        assert len(words) == 1, "a sealed day was judged half under one ruling and half under another"

    manifest = publish.current_manifest(restored.published)
    assert manifest is not None
    assert set(manifest["receipt_ids"]) <= known, "the release has a report that was not received"
    answered = {
        json.loads(path.read_text())["receipt_id"]
        for path in restored.outbox.glob("*/*/*.json")
        if path.with_suffix(".xlsx").exists()
    }
    due = {receipt_id for receipt_id, _ in outbox.remembered(restored.outbox)}
    assert set(manifest["receipt_ids"]) <= answered | due, "a report of the release is never answered"


@pytest.fixture(scope="module", autouse=True)
def _no_syncing() -> Iterator[None]:
    """What is written is never lost here; waiting for the disk would be most of the time."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("fsync", "sync"):
            patch.setattr(os, name, lambda *_: None)
        yield


@pytest.mark.parametrize("second_load", ["another report", "a correction"])
@hypothesis_settings(max_examples=40)
@given(data=st.data())
def test_a_backup_while_a_load_is_writing(second_load: str, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory(dir=_MEMORY) as folder:
        root = Path(folder)
        settings = load_settings(data=root / "data", inbox=root / "inbox")
        for write in writes(settings, [FIRST], "20250131T000000Z-1"):
            write()
        contents, words = ([FIRST, SECOND], "") if second_load == "another report" else ([FIRST], "RULE")
        steps = list(writes(settings, contents, "20250201T000000Z-2", words=words))
        # Before which of the files that are copied, some 20, how many writes of the load happen at once.
        burst = st.tuples(st.integers(0, 20), st.integers(1, len(steps)))
        bursts = sorted(data.draw(st.lists(burst, min_size=1, max_size=3)), reverse=True)
        copied = 0

        def meanwhile(_: str) -> None:
            nonlocal copied
            while bursts and bursts[-1][0] <= copied:
                for _ in range(bursts.pop()[1]):
                    if steps:
                        steps.pop(0)()
            copied += 1

        backup.back_up(settings, root / "backup", watch=meanwhile)
        for step in steps:
            step()
        backup.restore(backup.find(root / "backup"), load_settings(data=root / "restored"))
        check_moment(load_settings(data=root / "restored", inbox=root / "inbox"))
        # The next one takes over what did not change, and is as whole.
        backup.back_up(settings, root / "backup")
        backup.restore(backup.find(root / "backup"), load_settings(data=root / "again"))
        again = load_settings(data=root / "again", inbox=root / "inbox")
        check_moment(again)
        assert days.seals(again.lake).keys() == {RECEIVED}
