"""The portal of the made-up release, written once, and its pages read once."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

from orchestration import portal
from tests.unit.portal import made


@pytest.fixture(scope="package")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The public folder of the made-up release, with its portal and two files beside it."""
    folder = made.write_public(tmp_path_factory.mktemp("release"))
    (folder / "parquet").mkdir()
    (folder / "parquet" / "dim_place.parquet").write_bytes(b"0" * 2500)
    (folder / "README.txt").write_text("read me")
    portal.write(folder, made.EDITION, rules=made.RULES)
    return folder


@pytest.fixture(scope="package")
def folder(public: Path) -> Path:
    """The portal's folder."""
    return public / portal.FOLDER


@pytest.fixture(scope="package")
def read_page(folder: Path) -> Callable[[str], made.Node]:
    """Reads a page of the portal."""
    return lru_cache(maxsize=None)(lambda name: made.read(folder / name))
