"""Ten releases with a correction, a decision and late reports: the first is made again, mart by mart the same."""

import json
from pathlib import Path

import pytest

from orchestration.check import decisions
from orchestration.receive import receipts
from orchestration.release import changes, inputs, publish
from orchestration.reproduce import NotReproducibleError, Reproduction, reproduce
from orchestration.settings import Settings, load_settings
from tests.helpers import xlsx_report
from tests.integration import nights
from tests.integration.conftest import Installation, figures

pytestmark = [pytest.mark.xdist_group("reproduce"), pytest.mark.slow]

SOURCE = "https://example.org/annual-report"
CORRECTION = """\
corrections:
  - code: PPO_2000
    report: {{organisation_code: PPO, family: official_figures, period: 2000}}
    row: {{indicator_code: PPO_VIOLENCE_CASES}}
    action: override
    value: {value}
    expect: 1000
    reason: Digits transposed in the annual report.
    reported_by: data team
    reported_to: focal point of the prosecution
    reported_on: 2024-02-01
    status: confirmed
"""
ODD = ("Rapport périodique d'activité", "Période : 12/03/2019 - 15/04/2019")


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An installation after ten nights. The correction and the decision change between them."""
    installation = Installation(tmp_path_factory.mktemp("reproduce"))
    corrections = installation.root / "corrections"
    corrections.mkdir()
    (corrections / "ppo.yml").write_text(CORRECTION.format(value=1001), encoding="utf-8")
    made = load_settings(data=installation.data, inbox=installation.inbox, corrections=corrections, settle_seconds=0)
    # Each night builds upon the one before; what is made again is built anew.
    made = made.model_copy(update={"years_kept_from": 0})
    for night in range(10):
        day = f"2024-01-{night + 1:02}"
        # Two of one year in ten nights: the second one replaces the first.
        year = 2000 + night % 8
        installation.drop("PPO", f"{day}/ppo.csv", figures(f"PPO_VIOLENCE_CASES,{year},{1000 + night // 8},{SOURCE}"))
        if night == 0:
            installation.drop("ENTRAIDE", f"{day}/odd.xlsx", xlsx_report(title=ODD))
        if night == 3:
            (corrections / "ppo.yml").write_text(CORRECTION.format(value=1002), encoding="utf-8")
        if night == 5:
            (odd,) = [
                receipt
                for one in receipts.days(made.lake)
                for receipt in receipts.read_day(made.lake, one)
                if receipt.file_name == "odd.xlsx"
            ]
            decisions.record(
                made.lake,
                receipt_id=odd.receipt_id,
                rule_code="REPORT_PERIOD_GRAIN",
                action="accept",
                reason="It was agreed.",
                decided_by="amina",
            )
        assert nights.load(made)
    return made


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def again(settings: Settings, name: str) -> Reproduction:
    before = snapshot(settings.published) | snapshot(settings.data / "lake") | snapshot(settings.data / "archive")
    made = reproduce(settings, name, lambda _: None)
    after = snapshot(settings.published) | snapshot(settings.data / "lake") | snapshot(settings.data / "archive")
    assert after == before
    assert not (settings.work / "reproduce" / "building").exists()
    return made


def test_the_last_of_ten_which_was_built_upon_the_others_is_made_again_anew(settings: Settings) -> None:
    kept = publish.kept(settings.published)
    manifests = [publish.read_manifest(folder) for folder in kept]
    assert manifests[0]["built_years"] is None
    # The year of its figure, and that of the file of the same name that it replaces. The ninth is sent back by the
    # correction, whose value it does not hold.
    assert manifests[2]["built_years"] == [2001, 2002]
    assert manifests[8]["built_years"] == []
    assert manifests[9]["built_years"] == [2001, 2007]
    assert again(settings, kept[-1].name).is_equal


def test_the_first_of_ten_is_made_again(settings: Settings) -> None:
    kept = publish.kept(settings.published)
    assert len(kept) == 10
    made = again(settings, kept[0].name)
    assert made.is_equal
    assert made.differences == ()
    manifest = publish.read_manifest(kept[0])
    assert {mart.name: mart.now for mart in made.compared} == {
        name: mart["checksum"] for name, mart in manifest["marts"].items()
    }
    assert len(made.compared) > 20
    # The last one is another, so that being equal says something.
    last = publish.read_manifest(kept[-1])["marts"]
    assert sum(mart.then != last[mart.name]["checksum"] for mart in made.compared) > 5


def test_a_later_one_is_compared_with_the_one_before_it(settings: Settings) -> None:
    """The correction changed and the report was accepted meanwhile: both as they were then."""
    kept = publish.kept(settings.published)
    made = again(settings, kept[6].name)
    assert made.is_equal
    (between,) = [mart for mart in made.compared if mart.name == changes.TABLE]
    assert between.reason == ""
    assert between.rows_now


def test_where_the_one_before_is_gone_the_comparison_is_left_out_and_other_rules_are_named(
    settings: Settings, tmp_path: Path
) -> None:
    kept = publish.kept(settings.published)
    expectations = tmp_path / "expectations"
    expectations.mkdir()
    for path in settings.expectations.glob("*.yml"):
        (expectations / path.name).write_bytes(path.read_bytes())
    (expectations / "begging.yml").write_text("include: observations  # changed\n", encoding="utf-8")
    kept[1].rename(tmp_path / "away")
    try:
        other = settings.model_copy(update={"expectations": expectations})
        made = again(other, kept[2].name)
    finally:
        (tmp_path / "away").rename(kept[1])
    (between,) = [mart for mart in made.compared if mart.name == changes.TABLE]
    assert "no longer kept" in between.reason
    assert [(one.kind, one.name) for one in made.differences] == [("part", "expectations/begging.yml")]
    assert made.is_equal


def test_a_received_file_that_is_not_what_it_was_is_named(settings: Settings) -> None:
    kept = publish.kept(settings.published)
    (first,) = [one for one in inputs.receipts_of(kept[0]) if one.file_name == "ppo.csv"]
    path = Path(str(settings.archive / first.archive_path))
    content = path.read_bytes()
    path.chmod(0o600)
    try:
        path.write_bytes(content + b" ")
        with pytest.raises(NotReproducibleError, match=r"is not what was received as PPO/2024-01-01/ppo\.csv"):
            reproduce(settings, kept[0].name, lambda _: None)
    finally:
        path.write_bytes(content)
        path.chmod(0o444)


def test_the_answer_is_plain_json(settings: Settings) -> None:
    made = Reproduction("R1", (), ())
    assert json.loads(json.dumps(made.as_json())) == {
        "release_id": "R1",
        "is_equal": True,
        "marts": {},
        "differences": [],
    }
