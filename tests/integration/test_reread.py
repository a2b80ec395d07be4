"""`hasila reread`: days read again from the archive, by what holds now."""

import json
import shutil
from pathlib import Path

import dagster as dg
import pytest

from orchestration.definitions import build_defs
from orchestration.jobs import REREAD
from tests.integration.conftest import PROJECT, Installation, figures

DAYS = ("2018-02-01", "2019-02-01", "2020-02-01")


def lake_files(installation: Installation) -> dict[str, bytes]:
    """Every unit of the lake, by its path."""
    lake = installation.data / "lake"
    return {str(path.relative_to(lake)): path.read_bytes() for path in lake.rglob("received=*.parquet")}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--family", "oficial_figures"), "Did you mean official_figures?"),
        (("--from", "2020-01-02", "--to", "2020-01-01"), "lies after"),
        (("--from", "yesterday"), "yesterday"),
        (("--from", "9999-01-01"), "lies in the future"),
    ],
)
def test_wrong_usage_is_said(fresh: Installation, arguments: tuple[str, ...], told: str) -> None:
    done = fresh.run("reread", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_days_come_out_as_they_were_until_a_contract_says_otherwise(fresh: Installation, tmp_path: Path) -> None:
    contracts = tmp_path / "contracts"
    shutil.copytree(PROJECT / "raw" / "contracts", contracts)
    fresh.environment["HASILA_CONTRACTS"] = str(contracts)
    for number, day in enumerate(DAYS):
        row = f"PPO_VIOLENCE_CASES,{2017 + number},{5980 + number},https://example.org"
        fresh.drop("PPO", f"{day}/figures.csv", figures(row))
    first = fresh.load()
    before = lake_files(fresh)

    nothing = fresh.run("reread", "--from", "1990-01-01", "--to", "1990-12-31")
    assert nothing.returncode == 0
    assert "0 received days" in nothing.stderr

    again = fresh.run("reread", "--family", "official_figures", "--from", DAYS[0], "--to", DAYS[1], "--json")
    assert again.returncode == 0, again.stderr
    assert "2 received days" in again.stderr
    summary = json.loads(again.stdout)
    assert summary["released"]
    assert summary["release_id"] != first["release_id"]
    assert lake_files(fresh) == before

    # The same days by Dagster's job.
    definitions = build_defs(data=str(fresh.data), inbox=str(fresh.inbox), for_people=False)
    with dg.DagsterInstance.ephemeral() as instance:
        done = definitions.resolve_job_def(REREAD).execute_in_process(
            instance=instance, run_config={"families": ["official_figures"], "from": DAYS[0], "to": DAYS[1]}
        )
        assert done.success
    (readings,) = done.asset_materializations_for_node("readings")
    assert readings.metadata["days"].value == list(DAYS[:2])
    assert lake_files(fresh) == before
    assert fresh.query("select state, count(*) from marts.fct_report group by state") == [("accepted", 3)]

    # A new version of the contract: what it says holds for the days that are read again, and for no other.
    contract = contracts / "official_figures.yml"
    contract.write_text(contract.read_text(encoding="utf-8").replace("version: 1", "version: 2"), encoding="utf-8")
    versions = "select received_date, contract_version from marts.fct_report order by received_date"
    renewed = fresh.run("reread", "--from", DAYS[2])
    assert renewed.returncode == 0, renewed.stderr
    assert [version for _, version in fresh.query(versions)] == [1, 1, 2]
    after = lake_files(fresh)
    assert {path for path in after if after[path] != before[path]} <= {path for path in before if DAYS[2] in path}
    assert any(after[path] != before[path] for path in before)

    # What nobody has a contract for any more is figures lost, and the audit does not let them go unsaid.
    (contracts / "official_figures.yml").unlink()
    gone = fresh.run("reread", "--from", DAYS[0], "--to", DAYS[1], "--json")
    assert gone.returncode == 1
    assert "HISTORY_SHRANK" in json.loads(gone.stdout)["failure"]
    assert "Traceback" not in gone.stderr
    assert fresh.query("select state, count(*) from marts.fct_report group by state") == [("accepted", 3)]
    assert lake_files(fresh) != after
