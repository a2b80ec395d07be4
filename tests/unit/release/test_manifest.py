"""The manifest holds what persons had decided, and with what a release was made: it comes back as it was."""

import datetime as dt
import json

import pytest

from orchestration import night
from orchestration.check import correction_log, decisions
from orchestration.release import manifest
from orchestration.release.layout import OlderManifestError
from orchestration.release.marts import Mart
from orchestration.settings import Settings


@pytest.fixture
def composed(settings: Settings) -> dict[str, object]:
    day = dt.date(2024, 1, 1)
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
        receipts=1,
        marts=[Mart("a", 2, ("x", "y"), "1f")],
    )
    return dict(json.loads(json.dumps(made)))


def test_rulings_come_back_as_they_were(settings: Settings, composed: dict[str, object]) -> None:
    entries, decided = manifest.rulings_of(composed)
    assert entries == correction_log.read_entries(settings.lake)
    assert decided == decisions.read_decisions(settings.lake)
    assert correction_log.corrections_of(entries)


def test_a_manifest_of_an_older_make_says_so(composed: dict[str, object]) -> None:
    with pytest.raises(OlderManifestError, match="R1"):
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
