"""Pages that a portal takes over from the release before are those that it would draw."""

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from orchestration import portal
from orchestration.portal import carried
from orchestration.portal.site import Page, Site
from orchestration.release.layout import described
from orchestration.settings import Language
from tests.unit.portal import made

NEXT = replace(
    made.EDITION,
    release_id="20210401T103000Z-0badcaff",
    created_at=dt.datetime(2021, 4, 1, tzinfo=dt.UTC),
    as_of_date=dt.date(2021, 3, 31),
    previous_release_id=made.EDITION.release_id,
)
DATABASE = "hasila.duckdb"


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> carried.Before:
    """The portal of the made-up release, as its successor finds it."""
    public = made.write_public(tmp_path_factory.mktemp("release"))
    kept = public.parent / "portal.json"
    kept.write_text(portal.write(public, made.EDITION, drawn_with="this").written(), encoding="utf-8")
    return found(public / portal.FOLDER, kept)


def found(folder: Path, kept: Path) -> carried.Before:
    files = [path for path in folder.rglob("*") if path.is_file()]
    digests = {path.relative_to(folder).as_posix(): described(path)["sha256"] for path in files}
    return carried.Before(folder, carried.read(kept), digests)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The pages that were drawn, and not taken over, since the test began."""
    pages: set[str] = set()
    write = Site.write

    def noted(self: Site, language: Language, page: Page) -> None:
        pages.add(f"{language}/{page.path}")
        write(self, language, page)

    monkeypatch.setattr(Site, "write", noted)
    return pages


def pages_of(before: carried.Before, *codes: str) -> set[str]:
    known = before.record.indicators
    return {f"{language}/{page}" for language in ("ar", "fr", "en") for code in codes for page in known[code].pages}


def following(
    before: carried.Before,
    folder: Path,
    change: str = "",
    drawn_with: str = "this",
    earlier: carried.Before | None = None,
) -> dict[str, bytes]:
    """The next portal, written upon the one before after a `change` of the public file, and held against a new one."""
    written = []
    for name, taken in (("upon", earlier or before), ("anew", None)):
        public = folder / name
        shutil.rmtree(public, ignore_errors=True)
        public.mkdir(parents=True)
        shutil.copy(before.folder.parent / DATABASE, public / DATABASE)
        if change:
            with duckdb.connect(str(public / DATABASE)) as connection:
                connection.execute(change)
        record = portal.write(public, NEXT, before=taken, drawn_with=drawn_with)
        files = [path for path in (public / portal.FOLDER).rglob("*") if path.is_file()]
        content = {path.relative_to(public / portal.FOLDER).as_posix(): path.read_bytes() for path in files}
        written.append((record, content))
    (record, content), (record_anew, content_anew) = written
    assert content.keys() == content_anew.keys()
    assert [name for name in content if content[name] != content_anew[name]] == []
    assert record == record_anew
    return content


def test_without_news_no_page_of_an_indicator_is_drawn_and_each_names_the_new_release(
    before: carried.Before, tmp_path: Path, drawn: set[str]
) -> None:
    public = tmp_path / "public"
    public.mkdir()
    shutil.copy(before.folder.parent / DATABASE, public / DATABASE)
    portal.write(public, NEXT, before=before, drawn_with="this")
    carried_over = pages_of(before, *before.record.indicators)
    assert len(carried_over) > 3 * 2 * 6
    assert not drawn & carried_over
    for page in carried_over:
        content = (public / portal.FOLDER / page).read_text(encoding="utf-8")
        assert NEXT.release_id in content
        assert made.EDITION.release_id not in content
    following(before, tmp_path)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ("update marts.indicator_by_place_year set value = value + 1 where indicator_code = 'TREND'", ["TREND"]),
        ("update marts.fct_observation set source_cell = 'Z9' where indicator_code = 'RATE'", ["RATE"]),
        ("update marts.indicator_by_objective_year set target = 7 where indicator_code = 'RATE'", ["RATE"]),
        ("update marts.fct_report set file_name = 'other.xlsx' where receipt_id = 'r2'", ["CHILDREN"]),
    ],
)
def test_pages_are_drawn_of_what_is_new(
    before: carried.Before, tmp_path: Path, drawn: set[str], change: str, codes: list[str]
) -> None:
    public = tmp_path / "public"
    public.mkdir()
    shutil.copy(before.folder.parent / DATABASE, public / DATABASE)
    with duckdb.connect(str(public / DATABASE)) as connection:
        connection.execute(change)
    portal.write(public, NEXT, before=before, drawn_with="this")
    assert drawn & pages_of(before, *before.record.indicators) == pages_of(before, *codes)
    following(before, tmp_path, change)


OTHER = {"VARCHAR": "{} || ' other'", "BOOLEAN": "not {}", "DATE": "{} + 1", "TIMESTAMP": "{} + interval 1 day"}
KEYS = ("year", "receipt_id", "observation_id", "data_status")
"""With the codes, what holds tables together, and a word of four: a release that has others does not exist."""


@pytest.mark.parametrize("mart", sorted(made.rows()))
def test_whatever_changes_in_a_mart_the_portal_is_the_one_that_is_drawn_anew(
    before: carried.Before, tmp_path: Path, mart: str
) -> None:
    with duckdb.connect(str(before.folder.parent / DATABASE), read_only=True) as connection:
        columns = connection.execute(
            "select column_name, data_type from duckdb_columns() where schema_name = 'marts' and table_name = ?", [mart]
        ).fetchall()
    if not columns:
        pytest.skip("the public file has no such mart")
    changes = [
        f"{column} = {OTHER.get(kind, '{} + 1').format(column)}"
        for column, kind in columns
        if not column.endswith("_code") and column not in KEYS
    ]
    following(before, tmp_path, f"update marts.{mart} set {', '.join(changes)}")


@pytest.mark.parametrize("drawn_with", ["another program", ""])
def test_another_program_draws_all(before: carried.Before, tmp_path: Path, drawn: set[str], drawn_with: str) -> None:
    following(before, tmp_path, drawn_with=drawn_with)
    assert drawn >= pages_of(before, *before.record.indicators)


def _forged(folder: Path) -> None:
    page = folder / "fr" / "indicator" / "RATE.html"
    page.write_bytes(page.read_bytes().replace(b"96,9", b"99,9"))


def _gone(folder: Path) -> None:
    (folder / "fr" / "indicator" / "RATE.html").unlink()


@pytest.mark.parametrize("damage", [_forged, _gone])
def test_a_page_that_is_not_the_one_that_was_released_is_drawn(
    before: carried.Before, tmp_path: Path, drawn: set[str], damage: Callable[[Path], None]
) -> None:
    copy = tmp_path / "damaged"
    shutil.copytree(before.folder, copy)
    damage(copy)
    content = following(before, tmp_path, earlier=replace(before, folder=copy))
    assert b"96,9" in content["fr/indicator/RATE.html"]
    assert "fr/indicator/RATE.html" in drawn


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"footers": {}, "indicators": {}}', "\0", '{"footers": 3}'])
def test_a_record_that_is_none_takes_nothing_over(
    before: carried.Before, tmp_path: Path, text: str, drawn: set[str]
) -> None:
    kept = tmp_path / "portal.json"
    kept.write_text(text, encoding="utf-8")
    assert carried.read(kept) == carried.Record()
    assert carried.read(tmp_path / "nowhere.json") == carried.Record()


def test_a_record_is_read_as_it_was_written(before: carried.Before, tmp_path: Path) -> None:
    record = replace(
        before.record, indicators={"A~B": carried.Drawn(("indicator/A.html",), ((2019, "MA-01", 2),), "digest")}
    )
    kept = tmp_path / "portal.json"
    kept.write_text(record.written(), encoding="utf-8")
    assert carried.read(kept) == record
