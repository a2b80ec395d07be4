"""What the tests share: settings in a folder of their own, and the shipped contracts, registers and rules."""

import os

# Before anything imports them: no test talks to anyone.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "yes")
os.environ.setdefault("DO_NOT_TRACK", "1")

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis.configuration import set_hypothesis_home_dir

from orchestration.findings import Catalogue, load_catalogue
from orchestration.read.contracts import Contract, load_contracts
from orchestration.read.reference import Reference, load_reference
from orchestration.settings import Settings, load_settings
from tests.helpers import PORTAL_SCRIPTS, PROJECT, Desk

if TYPE_CHECKING:
    from tests.buckets import Bucket
    from tests.buckets import Service as StorageService
    from tests.servers import Mailbox, Service

# Nothing is written into the project, and no test fails because a machine is slow.
set_hypothesis_home_dir(Path(tempfile.gettempdir()) / "hasila-hypothesis")
hypothesis_settings.register_profile(
    "hasila", database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
hypothesis_settings.load_profile("hasila")


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Content is no name: a workbook says when it was made, and processes that made it in another second would each
    have other tests than the rest, so that none ran.
    """
    return argname if isinstance(val, bytes) else None


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a fresh installation: an empty inbox and no data, whatever the environment says."""
    for name in [name for name in os.environ if name.startswith("HASILA_")]:
        monkeypatch.delenv(name)
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    return load_settings(data=tmp_path / "data", inbox=inbox, settle_seconds=0, portal_scripts=PORTAL_SCRIPTS)


@pytest.fixture
def inbox(settings: Settings) -> Path:
    """The empty inbox of `settings`."""
    return settings.inbox


@pytest.fixture
def fill_inbox(inbox: Path) -> Callable[..., None]:
    """Copies the shipped inbox, or the named organisations' folders of it, into `inbox`."""

    def fill(*organisations: str) -> None:
        source = PROJECT / "raw" / "inbox"
        for folder in source.iterdir():
            if folder.is_dir() and (not organisations or folder.name in organisations):
                shutil.copytree(folder, inbox / folder.name, dirs_exist_ok=True)

    return fill


@pytest.fixture(scope="session")
def reference() -> Reference:
    return load_reference(PROJECT / "dbt_project" / "seeds")


@pytest.fixture(scope="session")
def contracts() -> tuple[Contract, ...]:
    return load_contracts(PROJECT / "raw" / "contracts")


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue(PROJECT / "expectations" / "rules.yml")


@pytest.fixture(scope="session")
def desk(contracts: tuple[Contract, ...], reference: Reference, catalogue: Catalogue) -> Desk:
    return Desk(contracts, reference, catalogue)


@pytest.fixture
def mailbox() -> "Iterator[tuple[Mailbox, int]]":
    """A mail server that runs, and its port."""
    from aiosmtpd.controller import Controller

    from tests.servers import Mailbox, free_port

    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, controller.port
    controller.stop()


@pytest.fixture
def service() -> "Iterator[Service]":
    """A web service that runs."""
    from tests.servers import Service

    made = Service()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


@pytest.fixture(scope="session")
def object_storage_service() -> "Iterator[StorageService]":
    """An S3 service that runs. Tests that use it are of the group `buckets`, so that one is started."""
    from tests.buckets import service as started

    with started() as made:
        yield made


@pytest.fixture
def bucket(object_storage_service: "StorageService", monkeypatch: pytest.MonkeyPatch) -> "Bucket":
    """A new bucket, to which the environment leads."""
    for name, value in object_storage_service.environment.items():
        monkeypatch.setenv(name, value)
    return object_storage_service.bucket()
