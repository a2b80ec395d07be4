"""The manifest holds what a release was made from, in full: it comes back as it was."""

import datetime as dt
import json

import pytest

from orchestration import night
from orchestration.check import correction_log, decisions
from orchestration.receive import receipts
from orchestration.release import manifest
from orchestration.release.marts import Mart
from orchestration.settings import Settings
from tests.helpers import receipt_of


@pytest.fixture
def composed(settings: Settings) -> dict[str, object]:
    day = dt.date(2024, 1, 1)
    held = [receipt_of(b"1", file_name="حصيلة.csv"), receipt_of(b"2")]
    receipts.write_day(settings.lake, held[0].received_date, held)
    decisions.record(
        settings.lake, receipt_id="0" * 64, rule_code="X", action="accept", reason="Agreed.", decided_by="amina"
    )
    rulebook = night.load_rulebook(settings)
    correction_log.record(settings.lake, rulebook.corrections)
    assert rulebook.corrections
    made = manifest.compose(
        settings,
        rulebook,
        release_id="R1",
        now=dt.datetime.combine(day, dt.time(), dt.UTC),
        inputs_digest="i",
        previous=None,
        waiting={held[1].receipt_id},
        marts=[Mart("a", 2, ("x", "y"), "1f")],
    )
    return dict(json.loads(json.dumps(made)))


def test_receipts_and_rulings_come_back_as_they_were(settings: Settings, composed: dict[str, object]) -> None:
    day = receipt_of(b"1").received_date
    waited = receipt_of(b"2").receipt_id
    assert manifest.receipts_of(composed) == [
        receipt for receipt in receipts.read_day(settings.lake, day) if receipt.receipt_id != waited
    ]
    entries, decided = manifest.rulings_of(composed)
    assert entries == correction_log.read_entries(settings.lake)
    assert decided == decisions.read_decisions(settings.lake)
    assert correction_log.corrections_of(entries)


def test_a_manifest_of_an_older_make_says_so(composed: dict[str, object]) -> None:
    with pytest.raises(manifest.OlderManifestError, match="R1"):
        manifest.receipts_of(composed | {"inputs": [{"receipt_id": "r"}]})
    with pytest.raises(manifest.OlderManifestError, match="R1"):
        manifest.rulings_of({name: content for name, content in composed.items() if name != "rulings"})


def test_nothing_differs_between_a_manifest_and_the_installation_it_was_made_with(
    settings: Settings, composed: dict[str, object]
) -> None:
    assert manifest.differences(composed, manifest.installed(settings)) == []
    versions = composed["package_versions"]
    assert isinstance(versions, dict)
    assert {"duckdb", "dbt-core", "great-expectations", "pyarrow"} <= versions.keys()


def test_a_changed_contract_is_named(settings: Settings, composed: dict[str, object]) -> None:
    parts = composed["code_parts"]
    assert isinstance(parts, dict)
    assert {"contracts/begging.yml", "expectations/rules.yml", "dbt_project/seeds", "orchestration/check"} <= set(parts)
    changed = composed | {"code_parts": parts | {"contracts/begging.yml": "0" * 64}}
    (found,) = manifest.differences(composed, changed)
    assert (found.kind, found.name, found.now) == ("part", "contracts/begging.yml", "0" * 12)
