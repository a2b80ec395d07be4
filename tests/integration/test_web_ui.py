"""Dagster's own tools on the project as it is: `dg check defs`, `dg launch`, `dg dev`, its API and its pages."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import PROJECT
from tests.integration.conftest import Installation, figures
from tests.integration.test_reread import lake_files
from tests.servers import free_port

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("web_ui")]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SOURCE = "https://example.org/annual-report"
DAYS = ("2018-02-01", "2019-02-01", "2020-02-01")
LAUNCH = """
    mutation ($run: ExecutionParams!) {
        launchRun(executionParams: $run) {
            __typename
            ... on LaunchRunSuccess { run { runId } }
            ... on RunConfigValidationInvalid { errors { message } }
        }
    }
"""
STATUS = "query ($id: ID!) { runOrError(runId: $id) { ... on Run { status } } }"
LOCATIONS = """
    { repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } jobs { name } } } } }
"""
MATERIALISED = """
    query ($id: ID!) {
        runOrError(runId: $id) {
            ... on Run { assetMaterializations { assetKey { path } metadataEntries { label ... on JsonMetadataEntry {
                jsonString } } } }
        }
    }
"""


def dg(home: Path, installation: Installation, *arguments: str) -> list[str]:
    """The command; where it runs and with which variables is the same for all."""
    installation.environment |= {"DAGSTER_HOME": str(home)}
    return [str(Path(sys.executable).with_name("dg")), *arguments]


def variables(installation: Installation) -> dict[str, str]:
    return {
        **os.environ,
        **installation.environment,
        "HASILA_DATA": str(installation.data),
        "HASILA_INBOX": str(installation.inbox),
        "HASILA_SETTLE_SECONDS": "0.2",
        "VIRTUAL_ENV": sys.prefix,
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dagster's home with the settings that come with the project."""
    folder = tmp_path_factory.mktemp("home")
    shutil.copy(PROJECT / "dagster.yaml", folder)
    return folder


@pytest.fixture(scope="module")
def loaded(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """What `dg check defs` and `dg launch` make of an inbox with reports of three days, one of them with a bad row."""
    installation = Installation(tmp_path_factory.mktemp("web_ui"))
    for number, day in enumerate(DAYS):
        rows = [f"PPO_VIOLENCE_CASES,{2017 + number},{5980 + number},{SOURCE}"]
        if day == DAYS[-1]:
            rows.append(f"PPO_RAPE_CASES,2019,plenty,{SOURCE}")
        installation.drop("PPO", f"{day}/figures.csv", figures(*rows))
    for arguments in (("check", "defs"), ("launch", "--job", "nightly_load")):
        done = subprocess.run(
            dg(home, installation, *arguments),
            cwd=PROJECT,
            env=variables(installation),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return installation


@dataclass
class Server:
    """Dagster's webserver, with the daemon and the code location beside it."""

    address: str

    def ask(self, query: str, **given: Any) -> Any:
        """What the API answers."""
        body = json.dumps({"query": query, "variables": given}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})  # noqa: S310
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            content = json.load(answer)
        assert "errors" not in content, content
        return content["data"]

    def launch(self, job: str, config: dict[str, Any]) -> dict[str, Any]:
        ((repository,)) = self.ask(LOCATIONS)["repositoriesOrError"]["nodes"]
        selector = {
            "repositoryName": repository["name"],
            "repositoryLocationName": repository["location"]["name"],
            "jobName": job,
        }
        return dict(self.ask(LAUNCH, run={"selector": selector, "runConfigData": config})["launchRun"])

    def ended(self, run_id: str) -> str:
        """The state in which a run ends."""
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            status = str(self.ask(STATUS, id=run_id)["runOrError"]["status"])
            if status in ("SUCCESS", "FAILURE", "CANCELED"):
                return status
            time.sleep(1)
        raise AssertionError(f"the run {run_id} does not end")


@pytest.fixture(scope="module")
def server(loaded: Installation, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`dg dev` on a free port."""
    port = free_port()
    log = tmp_path_factory.mktemp("dev") / "log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            dg(home, loaded, "dev", "--host", "127.0.0.1", "--port", str(port)),
            cwd=PROJECT,
            env=variables(loaded),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    started = Server(f"http://127.0.0.1:{port}")
    try:
        deadline = time.monotonic() + 300
        while True:
            assert process.poll() is None, log.read_text(encoding="utf-8")
            try:
                if started.ask(LOCATIONS)["repositoriesOrError"].get("nodes"):
                    break
            except (urllib.error.URLError, ConnectionError):
                assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
            time.sleep(0.5)
        yield started
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_the_jobs_are_there_and_the_launched_load_was_released(server: Server, loaded: Installation) -> None:
    ((repository,)) = server.ask(LOCATIONS)["repositoriesOrError"]["nodes"]
    assert {"nightly_load", "reread", "overdue_reports"} <= {job["name"] for job in repository["jobs"]}
    assert loaded.query("select state, count(*) from marts.fct_report group by state") == [("accepted", 3)]


def test_a_reread_of_days_is_launched_over_the_api_and_the_lake_stays_as_it_was(
    server: Server, loaded: Installation
) -> None:
    before = lake_files(loaded)
    wrong = server.launch("reread", {"since": "2018-01-01"})
    assert wrong["__typename"] == "RunConfigValidationInvalid"
    assert 'unexpected config entry "since"' in wrong["errors"][0]["message"]
    launched = server.launch("reread", {"families": ["official_figures"], "from": DAYS[0], "to": DAYS[2]})
    run_id = launched["run"]["runId"]
    assert server.ended(run_id) == "SUCCESS"
    made = server.ask(MATERIALISED, id=run_id)["runOrError"]["assetMaterializations"]
    (readings,) = [one for one in made if one["assetKey"]["path"] == ["readings"]]
    told = {entry["label"]: entry.get("jsonString") for entry in readings["metadataEntries"]}
    assert json.loads(told["days"]) == list(DAYS)
    assert lake_files(loaded) == before


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine (Debian's package chromium)")
def test_the_graph_reads_as_the_rooms_and_a_failed_check_is_two_clicks_from_its_rows(
    server: Server, tmp_path: Path
) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.set_default_timeout(60_000)
        page.goto(f"{server.address}/asset-groups")
        rooms = ["receive", "read", "check", "model", "release", "answer"]
        # Each name stands in the list at the left too; the graph is what lies right of it.
        places = {}
        for room in rooms:
            page.get_by_text(room, exact=True).last.wait_for()
            boxes = [one.bounding_box() for one in page.get_by_text(room, exact=True).all()]
            places[room] = max(box["x"] for box in boxes if box is not None)
        page.screenshot(path=tmp_path / "graph.png")
        assert sorted(rooms, key=places.__getitem__) == rooms

        page.goto(f"{server.address}/assets/observations/official_figures")
        page.get_by_role("tab", name="Checks").or_(page.get_by_text("Checks", exact=True)).first.click()
        page.get_by_text("critical", exact=True).first.click()
        page.get_by_text("plenty", exact=True).first.wait_for()
        page.screenshot(path=tmp_path / "check.png")
        said = page.inner_text("body")
        assert "NUMBER_UNREADABLE" in said
        assert "figures.csv" in said
        assert "C3" in said
        browser.close()
