"""One public file with all its exports, which the tests only read."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestration.release import exports
from tests.unit.release.exports.makers import EDITION, public_folder


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = public_folder(tmp_path_factory.mktemp("exports") / "public")
    exports.write(folder, EDITION)
    return folder


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Converts files as LibreOffice opens them: `office(source, kind, *options)`."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice (soffice) is not installed: nobody here opens the files as people do")
    profile = tmp_path_factory.mktemp("office")

    def convert(source: Path, kind: str, *options: str) -> Path:
        folder = tmp_path_factory.mktemp("converted")
        done = subprocess.run(
            [
                *(program, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--norestore"),
                *(*options, "--convert-to", kind, "--outdir", str(folder), str(source)),
            ],
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        made = folder / f"{source.stem}.{kind.partition(':')[0]}"
        assert made.exists(), done.stdout + done.stderr
        return made

    return convert
