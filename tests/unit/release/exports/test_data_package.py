"""The Data Package: the standard's own tool finds every file as it is described."""

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from frictionless import Report, system, validate

from orchestration.release import exports
from tests.unit.release.exports.makers import EDITION, columns_of, marts_of, public_folder

DESCRIPTORS = {"en": "datapackage.json", "fr": "datapackage.fr.json", "ar": "datapackage.ar.json"}


@pytest.fixture(autouse=True)
def trusting() -> Iterator[None]:
    """The tool refuses paths outside its working directory unless told that they are trusted."""
    with system.use_context(trusted=True):
        yield


def package(public: Path, language: str = "en") -> dict[str, Any]:
    return dict(json.loads((public / DESCRIPTORS[language]).read_text(encoding="utf-8")))


def resource(public: Path, name: str, language: str = "en") -> dict[str, Any]:
    return next(one for one in package(public, language)["resources"] if one["name"] == name)


def told(report: Report) -> list[str]:
    return [error.message for error in report.errors] + [
        f"{task.name}: {error.message}" for task in report.tasks for error in task.errors
    ]


@pytest.mark.parametrize("language", DESCRIPTORS)
def test_frictionless_finds_the_whole_package_valid(public: Path, language: str) -> None:
    report = validate(str(public / DESCRIPTORS[language]))
    assert told(report) == []
    assert report.stats["tasks"] == 2 * len(marts_of(public))


@pytest.mark.parametrize("path", ["csv/dim_place.csv", "parquet/dim_place.parquet"])
def test_frictionless_finds_a_changed_file(public: Path, tmp_path: Path, path: str) -> None:
    copy = tmp_path / "public"
    shutil.copytree(public, copy)
    (copy / path).write_bytes((copy / path).read_bytes().replace(b"Maroc", b"MAROC"))
    assert any("hash" in text for text in told(validate(str(copy / "datapackage.json"))))


def test_every_file_is_described_with_its_size_and_hash(public: Path) -> None:
    files = {f"{folder}/{mart}.{folder}" for mart in marts_of(public) for folder in ("csv", "parquet")}
    assert {one["path"] for one in package(public)["resources"]} == files
    for one in package(public)["resources"]:
        content = (public / one["path"]).read_bytes()
        assert (one["bytes"], one["hash"]) == (len(content), f"sha256:{hashlib.sha256(content).hexdigest()}")


def test_parquet_has_the_columns_that_are_described(public: Path) -> None:
    kinds = {"string": "string", "double": "number", "int32": "integer", "bool": "boolean", "timestamp[us]": "datetime"}
    kinds |= {"decimal128(28, 10)": "number", "date32[day]": "date"}
    for mart in marts_of(public):
        fields = resource(public, f"{mart}_parquet")["schema"]["fields"]
        schema = pq.read_schema(public / "parquet" / f"{mart}.parquet")
        assert [one["name"] for one in fields] == schema.names == columns_of(public, mart)
        assert [one["type"] for one in fields] == [kinds[str(field.type)] for field in schema]


def test_it_names_the_release(public: Path) -> None:
    said = package(public)
    assert (said["version"], said["created"]) == (EDITION.release_id, "2024-01-31T22:00:00Z")
    assert said["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    # Whose reports are in it, and nobody else.
    assert said["sources"] == [{"title": "High Commission"}]


def test_the_descriptors_differ_in_words_alone(public: Path) -> None:
    def without_words(value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: without_words(inner)
                for key, inner in value.items()
                if key not in ("title", "description", "languages")
            }
        return [without_words(inner) for inner in value] if isinstance(value, list) else value

    english, french, arabic = (package(public, language) for language in ("en", "fr", "ar"))
    assert without_words(english) == without_words(french) == without_words(arabic)
    titles = [
        resource(public, "dim_place", language)["schema"]["fields"][0]["title"] for language in ("en", "fr", "ar")
    ]
    assert titles == ["Place code", "Code du lieu", "رمز المكان"]
    described = [
        resource(public, "dim_place", language)["schema"]["fields"][0]["description"] for language in ("en", "fr", "ar")
    ]
    assert described == [
        *("ISO 3166-2:MA code, or `MA`.", "Code ISO 3166-2:MA, ou `MA`.", "رمز ISO 3166-2:MA، أو `MA`."),
    ]


def test_a_comment_that_nobody_translated_stays_english(public: Path) -> None:
    assert resource(public, "dim_place", "fr")["description"] == "The country and its regions."


def test_keys_and_references_are_declared(public: Path) -> None:
    places = resource(public, "dim_place")["schema"]
    assert places["primaryKey"] == ["place_code"]
    assert places["fields"][0]["constraints"] == {"required": True, "unique": True}
    # The tree of places leads to itself, which the standard writes without a name.
    assert {"fields": ["parent_code"], "reference": {"fields": ["place_code"]}} in places["foreignKeys"]
    figures = resource(public, "indicator_by_place_year")["schema"]
    assert figures["primaryKey"] == ["indicator_code", "place_code", "period_start", "period_end", "data_status"]
    reference = {"resource": "dim_place", "fields": ["place_code"]}
    assert {"fields": ["place_code"], "reference": reference} in figures["foreignKeys"]
    parquet = resource(public, "indicator_by_place_year_parquet")["schema"]["foreignKeys"]
    assert {"dim_place_parquet"} == {one["reference"]["resource"] for one in parquet if one["fields"] == ["place_code"]}
    (qualifier,) = [field for field in figures["fields"] if field["name"] == "qualifier"]
    assert "suppressed" in qualifier["constraints"]["enum"]
    assert figures["missingValues"] == [""]


@pytest.mark.parametrize(
    ("change", "mart", "lost"),
    [
        ("insert into marts.dim_place select * from marts.dim_place limit 1", "dim_place", "primaryKey"),
        ("update marts.dim_place set place_code = null where place_code = 'MA-RAB'", "dim_place", "primaryKey"),
        ("update marts.indicator_by_place_year set place_code = 'XX'", "indicator_by_place_year", "place_code"),
        ("update marts.indicator_by_place_year set qualifier = 'guess'", "indicator_by_place_year", "enum"),
    ],
)
def test_what_does_not_hold_is_not_declared(tmp_path: Path, change: str, mart: str, lost: str) -> None:
    public = public_folder(tmp_path, more=change)
    exports.write(public, EDITION)
    schema = resource(public, mart)["schema"]
    if lost == "primaryKey":
        assert "primaryKey" not in schema
    elif lost == "place_code":
        assert ["place_code"] not in [one["fields"] for one in schema.get("foreignKeys", [])]
    else:
        (qualifier,) = [field for field in schema["fields"] if field["name"] == "qualifier"]
        assert "enum" not in qualifier.get("constraints", {})
    assert told(validate(str(public / "datapackage.json"))) == []


def test_licences_are_stated_where_the_publisher_states_them(public: Path, tmp_path: Path) -> None:
    assert "licenses" not in package(public)
    licence = exports.Licence("ODbL-1.0", "Open Database License 1.0", "https://opendatacommons.org/licenses/odbl/1-0/")
    folder = public_folder(tmp_path)
    exports.write(folder, dataclasses.replace(EDITION, licences=(licence,)))
    assert package(folder)["licenses"] == [dataclasses.asdict(licence)]
    assert told(validate(str(folder / "datapackage.json"))) == []
