"""All exports of a release: whole, repeatable, and made of what the file holds."""

import dataclasses
import datetime as dt
from pathlib import Path

import duckdb
import pytest

from orchestration.release import exports
from orchestration.settings import LANGUAGES
from tests.unit.release.exports.makers import EDITION, marts_of, public_folder


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != exports.DATABASE
    }


def test_the_same_file_gives_the_same_bytes(public: Path, tmp_path: Path) -> None:
    (tmp_path / exports.DATABASE).write_bytes((public / exports.DATABASE).read_bytes())
    exports.write(tmp_path, EDITION)
    first, second = bytes_of(public), bytes_of(tmp_path)
    assert first.keys() == second.keys()
    assert [name for name, content in first.items() if content != second[name]] == []


def test_another_edition_is_named_in_the_files_that_name_it(public: Path, tmp_path: Path) -> None:
    (tmp_path / exports.DATABASE).write_bytes((public / exports.DATABASE).read_bytes())
    exports.write(tmp_path, dataclasses.replace(EDITION, release_id="20250101T000000Z-ffffffff"))
    first, second = bytes_of(public), bytes_of(tmp_path)
    changed = {name.partition("/")[0] for name, content in first.items() if content != second[name]}
    descriptors = {"datapackage.json", "datapackage.fr.json", "datapackage.ar.json"}
    assert changed == {"README.txt", "hasila.xlsx", "parquet", "sdmx", *descriptors}


def test_a_file_with_few_marts_gives_the_exports_of_those(tmp_path: Path) -> None:
    every = marts_of(public_folder(tmp_path / "whole"))
    public = public_folder(tmp_path / "part", without=tuple(name for name in every if name != "dim_objective"))
    exports.write(public, EDITION)
    assert set(bytes_of(public)) == {
        *("README.txt", "hasila.xlsx", "csv/dim_objective.csv", "parquet/dim_objective.parquet"),
        *("datapackage.json", "datapackage.fr.json", "datapackage.ar.json"),
    }


@pytest.mark.parametrize("content", [None, b"", b"not a database"])
def test_what_is_no_public_file_is_said(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / exports.DATABASE).write_bytes(content)
    with pytest.raises(duckdb.Error):
        exports.write(tmp_path, EDITION)


def test_the_readme_says_what_is_there_in_three_languages(public: Path) -> None:
    text = (public / "README.txt").read_text(encoding="utf-8-sig")
    assert text.count(EDITION.release_id) == len(LANGUAGES)
    for name in ("hasila.xlsx", "excel/fr/", "excel/ar/", "csv/", "parquet/", "hasila.duckdb", "sdmx/", "hxl/"):
        assert text.count(name) >= len(LANGUAGES)
        assert (public / name).exists()
    for name in ("datapackage.json", "datapackage.fr.json", "datapackage.ar.json"):
        assert name in text
    raw = (public / "README.txt").read_bytes()
    assert raw.startswith("\ufeff".encode())
    assert raw.count(b"\n") == raw.count(b"\r\n")


def test_a_moment_is_told_in_utc_and_whole_seconds() -> None:
    casablanca = dt.timezone(dt.timedelta(hours=1))
    edition = dataclasses.replace(EDITION, created_at=dt.datetime(2024, 1, 31, 23, 0, 0, 5, tzinfo=casablanca))
    assert edition.moment == dt.datetime(2024, 1, 31, 22, 0, 0)
