"""A release holds the receipts that it was made from, in full: they come back as they were."""

import datetime as dt
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from orchestration.receive import receipts
from orchestration.receive.receipts import Receipt
from orchestration.release import inputs
from orchestration.release.layout import MANIFEST, RECEIPTS, DamagedReleaseError, OlderManifestError
from orchestration.settings import Settings
from tests.helpers import receipt_of

FIRST = receipt_of(b"1", file_name="حصيلة.csv")
EARLIER = receipt_of(b"2", received=FIRST.received_date - dt.timedelta(days=400))
LATER = replace(receipt_of(b"3"), received_at=FIRST.received_at + dt.timedelta(hours=1))


@pytest.fixture
def lake(settings: Settings) -> Settings:
    receipts.write_day(settings.lake, FIRST.received_date, [LATER, FIRST])
    receipts.write_day(settings.lake, EARLIER.received_date, [EARLIER])
    return settings


def _release(folder: Path, **manifest: object) -> Path:
    (folder / MANIFEST).write_text(json.dumps({"release_id": "R1"} | manifest), encoding="utf-8")
    return folder


def _plain(receipt: Receipt) -> dict[str, object]:
    return json.loads(json.dumps(asdict(receipt), default=lambda moment: moment.isoformat()))  # type: ignore[no-any-return]


def test_they_come_back_by_day_and_in_the_order_of_arrival(lake: Settings, tmp_path: Path) -> None:
    held = inputs.collect(lake.lake, [])
    inputs.write(_release(tmp_path, receipts=held.num_rows), held)
    assert inputs.receipts_of(tmp_path) == [EARLIER, FIRST, LATER]
    assert inputs.ids_of(tmp_path).to_pylist() == [one.receipt_id for one in (EARLIER, FIRST, LATER)]
    assert inputs.fields_of(tmp_path, ["file_name", "received_date"])[1] == {
        "file_name": "حصيلة.csv",
        "received_date": FIRST.received_date.isoformat(),
    }


def test_those_that_wait_are_not_among_them(lake: Settings) -> None:
    held = inputs.collect(lake.lake, {FIRST.receipt_id})
    assert held.column("receipt_id").to_pylist() == [EARLIER.receipt_id, LATER.receipt_id]


def test_a_release_from_nothing_has_none(settings: Settings, tmp_path: Path) -> None:
    inputs.write(_release(tmp_path, receipts=0), inputs.collect(settings.lake, []))
    assert inputs.receipts_of(tmp_path) == []


def test_a_release_of_an_older_make_has_them_in_its_manifest(tmp_path: Path) -> None:
    older = _release(tmp_path, inputs=[_plain(FIRST), _plain(LATER)])
    assert inputs.receipts_of(older) == [FIRST, LATER]
    assert inputs.ids_of(older).to_pylist() == [FIRST.receipt_id, LATER.receipt_id]
    assert inputs.count({"inputs": [1, 2]}) == inputs.count({"receipts": 2}) == 2


def test_one_that_does_not_hold_them_whole_says_so(tmp_path: Path) -> None:
    with pytest.raises(OlderManifestError, match="R1"):
        inputs.receipts_of(_release(tmp_path, inputs=[{"receipt_id": "r"}]))


def test_a_file_that_is_missing_or_broken_is_damage(lake: Settings, tmp_path: Path) -> None:
    folder = _release(tmp_path, receipts=3)
    for read in (inputs.receipts_of, inputs.ids_of):
        with pytest.raises(DamagedReleaseError, match=RECEIPTS):
            read(folder)
    (folder / RECEIPTS).write_bytes(b"PAR1 no more")
    for read in (inputs.receipts_of, inputs.ids_of):
        with pytest.raises(DamagedReleaseError, match=RECEIPTS):
            read(folder)
