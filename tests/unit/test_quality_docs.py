"""Data Docs on request: of what the last load read, and nothing else."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.read import candidates
from orchestration.settings import Settings
from tests.helpers import OFFICIAL, Desk, csv_report, xlsx_report

pytestmark = pytest.mark.xdist_group("great_expectations")


def run(settings: Settings, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["docs", "quality", "--data", str(settings.data), *arguments])
    return done.exit_code, done.output


def test_each_family_of_the_last_load_has_its_page(settings: Settings, desk: Desk, tmp_path: Path) -> None:
    writer = candidates.Writer(settings.work / "readings")
    rows = [OFFICIAL, OFFICIAL | {"period": "2018", "value": "plenty"}]
    readings = [desk.read(csv_report(rows)), desk.read(xlsx_report(), "ENTRAIDE", "report.xlsx")]
    writer.add(candidates.batch_of(readings))
    writer.close()
    out = tmp_path / "pages"
    # Once more into the same folder: an earlier load's pages do not stay.
    for _ in range(2):
        code, said = run(settings, "--out", str(out))
        assert (code, said.strip()) == (0, str(out / "index.html"))
    pages = {path.parts[-4]: path for path in (out / "validations").rglob("*.html")}
    assert set(pages) == {"official_figures", "activity_report"}
    assert len(list((out / "validations").rglob("*.html"))) == 2
    assert "NUMBER_UNREADABLE" in pages["official_figures"].read_text(encoding="utf-8")
    for page in out.rglob("*.html"):
        fetched = re.findall(r'<(?:script|link|img|iframe)[^>]*(?:src|href)="http', page.read_text(encoding="utf-8"))
        assert fetched == [], page
        assert "Content-Security-Policy" in page.read_text(encoding="utf-8")
    assert "official_figures" in (out / "index.html").read_text(encoding="utf-8")


def test_where_nothing_was_read_it_says_so(settings: Settings) -> None:
    code, said = run(settings)
    assert code == 1
    assert "no rows of a load" in said
    assert not settings.data.exists()


def test_a_folder_with_something_else_in_it_is_left_alone(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    code, said = run(settings, "--out", str(tmp_path / "mine"))
    assert code == 2
    assert "holds something else" in said
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]
    assert run(settings, "--out", str(tmp_path / "mine" / "letter.txt"))[0] == 2
