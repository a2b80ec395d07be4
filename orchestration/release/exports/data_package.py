"""The Data Package (version 2): what the CSV and Parquet files are, table by table and column by column.

The standard has one language a descriptor, so there is one in each: `datapackage.json` in English,
`datapackage.fr.json`, `datapackage.ar.json`; they differ in titles and descriptions alone. Keys and allowed values
are declared where they hold in this release, so that a file never contradicts its description.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from orchestration import storage
from orchestration.release.exports import headlines
from orchestration.release.exports.contents import Column, Contents, Mart
from orchestration.release.exports.edition import Edition
from orchestration.release.marts import quoted, text_literal
from orchestration.settings import LANGUAGES, Language

_PROFILES = "https://datapackage.org/profiles/2.0"
_CREATED_BY = "hasila"

_KEYS = {
    "data_quality": (
        *("organisation_code", "family", "period_start", "period_end", "data_status", "received_date", "rule_code"),
    ),
    "dim_expected_result": ("result_code",),
    "dim_indicator": ("indicator_code",),
    "dim_objective": ("objective_code",),
    "dim_organisation": ("organisation_code",),
    "dim_place": ("place_code",),
    "dim_programme": ("programme_code",),
    "dim_programme_period": ("programme_code", "period_label"),
    "fct_deliverable": ("deliverable_code", "data_status"),
    "fct_expected_report": (
        *("organisation_code", "family", "programme_code", "period_start", "period_end", "data_status"),
    ),
    "fct_observation": ("observation_id",),
    "fct_report": ("receipt_id",),
    "fct_target": ("indicator_code", "valid_from", "data_status"),
    "indicator_by_group_year": (
        *("indicator_code", "place_code", "period_start", "period_end"),
        *("sex", "age_group", "residence", "population_group", "data_status"),
    ),
    "indicator_by_objective_year": ("programme_code", "indicator_code", "period_start", "period_end", "data_status"),
    "indicator_by_place_year": ("indicator_code", "place_code", "period_start", "period_end", "data_status"),
    "reconciliation": ("reconciliation_id",),
    "release_change": ("programme_code", "indicator_code", "period_start", "period_end", "data_status"),
    "reporting_performance": (
        *("organisation_code", "family", "programme_code", "period_start", "period_end", "data_status"),
    ),
    "restatement": ("restatement_id",),
}
"""What tells the rows of each mart apart: its grain."""

_REFERENCES = {
    "objective_code": ("dim_objective", "objective_code"),
    "programme_code": ("dim_programme", "programme_code"),
    "parent_programme_code": ("dim_programme", "programme_code"),
    "indicator_code": ("dim_indicator", "indicator_code"),
    "organisation_code": ("dim_organisation", "organisation_code"),
    "owner_organisation_code": ("dim_organisation", "organisation_code"),
    "place_code": ("dim_place", "place_code"),
    "parent_code": ("dim_place", "place_code"),
    "receipt_id": ("fct_report", "receipt_id"),
    "old_receipt_id": ("fct_report", "receipt_id"),
    "new_receipt_id": ("fct_report", "receipt_id"),
}
"""Columns that lead to a row of another mart."""

_ALLOWED = {
    "qualifier": (
        *("exact", "approximate", "at_least", "at_most", "more_than", "less_than"),
        *("suppressed", "not_applicable", "not_reported"),
    ),
    "data_status": ("published", "reported", "illustrative"),
    "rating": ("achieved", "on_track", "behind", "unknown"),
    "period_grain": ("month", "quarter", "half_year", "year", "multi_year", "custom"),
    "place_type": ("country", "region", "province", "prefecture"),
    "severity": ("critical", "warning", "info"),
}


@dataclass(frozen=True, slots=True)
class _Shape:
    """What holds of a mart's rows: the same whatever the language and the format."""

    mart: Mart
    key: tuple[str, ...]
    references: tuple[tuple[str, str, str], ...]
    required: frozenset[str]
    allowed: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _File:
    mart: str
    path: str
    format: str
    mediatype: str
    bytes: int
    hash: str


def write(source: Contents, public: Path, edition: Edition) -> None:
    """Describe the files under `public/csv` and `public/parquet`, which must be there. Raises OSError."""
    shapes = [_shape(mart, source) for mart in source.marts.values()]
    files = list(_files(public, shapes))
    sources = _sources(source)
    for language in LANGUAGES:
        name = "datapackage.json" if language == "en" else f"datapackage.{language}.json"
        package = _package(shapes, files, sources, edition, language)
        storage.write_text(public / name, json.dumps(package, ensure_ascii=False, indent=1) + "\n")


def _package(
    shapes: Sequence[_Shape],
    files: Sequence[_File],
    sources: Sequence[tuple[str, dict[str, str]]],
    edition: Edition,
    language: Language,
) -> dict[str, Any]:
    about = headlines.texts(language)["package"]
    licences = [
        {name: said for name, said in (("name", one.name), ("title", one.title), ("path", one.path)) if said}
        for one in edition.licences
    ]
    package: dict[str, Any] = {
        "$schema": f"{_PROFILES}/datapackage.json",
        "name": "hasila",
        "id": edition.release_id,
        "title": about["title"],
        "description": about["description"],
        "version": edition.release_id,
        "created": f"{edition.moment:%Y-%m-%dT%H:%M:%SZ}",
        "languages": [language],
        "contributors": [{"title": f"{_CREATED_BY} {edition.hasila_version}", "roles": ["processor"]}],
        "sources": [{"title": names[language]} for _, names in sources],
        "resources": [],
    }
    if licences:
        package["licenses"] = licences
    if not package["sources"]:
        del package["sources"]
    by_name = {shape.mart.name: shape for shape in shapes}
    package["resources"] = [_resource(one, by_name[one.mart], language) for one in files]
    return package


def _resource(one: _File, shape: _Shape, language: Language) -> dict[str, Any]:
    texts = _texts()
    title = texts["marts"].get(shape.mart.name, {}).get(language, shape.mart.name)
    resource: dict[str, Any] = {
        "$schema": f"{_PROFILES}/dataresource.json",
        "name": _resource_name(shape.mart.name, one.format),
        "path": one.path,
        "title": title,
        "description": _described(shape.mart.comment, language),
        "mediatype": one.mediatype,
        "bytes": one.bytes,
        "hash": f"sha256:{one.hash}",
    }
    if one.format == "csv":
        dialect = {"delimiter": ",", "lineTerminator": "\r\n"}
        resource |= {"type": "table", "format": "csv", "encoding": "utf-8", "dialect": dialect}
    else:
        # A file, not a table: the standard's own tool then checks its size and hash. As a table it would read
        # Parquet through pandas, where a null is a NaN and so no integer, and call a sound file broken.
        resource["format"] = "apache-parquet"
    resource["schema"] = _schema(shape, one.format, language)
    return resource


def _resource_name(mart: str, file_format: str) -> str:
    return mart if file_format == "csv" else f"{mart}_{file_format}"


def _schema(shape: _Shape, file_format: str, language: Language) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "$schema": f"{_PROFILES}/tableschema.json",
        "fields": [_field(column, shape, language) for column in shape.mart.columns],
        "missingValues": [""],
    }
    if shape.key:
        schema["primaryKey"] = list(shape.key)
    if shape.references:
        schema["foreignKeys"] = [
            {
                "fields": [column],
                "reference": {
                    # A table that leads to itself is named by leaving the name out.
                    **({} if target == shape.mart.name else {"resource": _resource_name(target, file_format)}),
                    "fields": [target_column],
                },
            }
            for column, target, target_column in shape.references
        ]
    return schema


def _field(column: Column, shape: _Shape, language: Language) -> dict[str, Any]:
    title = _texts()["titles"].get(column.name, {}).get(language, column.name)
    constraints: dict[str, Any] = {}
    if column.name in shape.required:
        constraints["required"] = True
    if shape.key == (column.name,):
        constraints["unique"] = True
    if column.name in shape.allowed:
        constraints["enum"] = list(shape.allowed[column.name])
    field: dict[str, Any] = {
        "name": column.name,
        "type": _type(column),
        "title": title,
        "description": _described(column.comment, language),
    }
    return field | ({"constraints": constraints} if constraints else {})


def _type(column: Column) -> str:
    """The Table Schema type of a DuckDB type."""
    if column.kind.startswith("TIMESTAMP"):
        return "datetime"
    if column.kind.startswith("DECIMAL"):
        return "number" if column.scale else "integer"
    return {
        "BOOLEAN": "boolean",
        "DATE": "date",
        "DOUBLE": "number",
        "FLOAT": "number",
        "BIGINT": "integer",
        "HUGEINT": "integer",
        "INTEGER": "integer",
        "SMALLINT": "integer",
        "TINYINT": "integer",
    }.get(column.kind, "string")


def _described(comment: str, language: Language) -> str:
    """A comment in a language; in English where nobody translated it."""
    if language == "en":
        return comment
    return str(_translations().get(comment, {}).get(language, comment))


@lru_cache(maxsize=1)
def _texts() -> dict[str, Any]:
    path = Path(__file__).with_name("column_texts.yml")
    texts: dict[str, Any] = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return texts


@lru_cache(maxsize=1)
def _translations() -> dict[str, dict[str, str]]:
    """The translations of comments, by the English comment."""
    return {" ".join(entry["en"].split()): entry for entry in _texts()["descriptions"]}


def _shape(mart: Mart, source: Contents) -> _Shape:
    key = _KEYS.get(mart.name, ())
    filled = _filled(mart, source)
    if not (key and set(key) <= filled and _is_unique(mart, key, source)):
        key = ()
    references = tuple(
        (column.name, *_REFERENCES[column.name])
        for column in mart.columns
        if column.name in _REFERENCES and _leads(mart, column.name, *_REFERENCES[column.name], source)
    )
    allowed = {
        column.name: _ALLOWED[column.name]
        for column in mart.columns
        if column.name in _ALLOWED and _holds(mart, column.name, _ALLOWED[column.name], source)
    }
    return _Shape(mart, key, references, frozenset(key), allowed)


def _filled(mart: Mart, source: Contents) -> set[str]:
    """Columns without a null."""
    counts = ", ".join(f"count({quoted(column.name)})" for column in mart.columns)
    (found,) = source.connection.execute(f"select {counts} from {mart.table}").fetchall()
    return {column.name for column, count in zip(mart.columns, found, strict=True) if count == mart.rows}


def _is_unique(mart: Mart, key: Sequence[str], source: Contents) -> bool:
    columns = ", ".join(map(quoted, key))
    return not source.connection.execute(
        f"select 1 from {mart.table} group by {columns} having count(*) > 1 limit 1"
    ).fetchall()


def _leads(mart: Mart, column: str, target: str, target_column: str, source: Contents) -> bool:
    """Whether the column is no key of its own mart and every value of it stands in the other one."""
    other = source.marts.get(target)
    if other is None or (target, target_column) == (mart.name, column) or target_column not in other.names:
        return False
    return not source.connection.execute(
        f"select 1 from {mart.table} as one where one.{quoted(column)} is not null and not exists "
        f"(select 1 from {other.table} as other where other.{quoted(target_column)} = one.{quoted(column)}) limit 1"
    ).fetchall()


def _holds(mart: Mart, column: str, allowed: Sequence[str], source: Contents) -> bool:
    known = ", ".join(map(text_literal, allowed))
    return not source.connection.execute(
        f"select 1 from {mart.table} where {quoted(column)} not in ({known}) limit 1"
    ).fetchall()


def _files(public: Path, shapes: Sequence[_Shape]) -> Iterator[_File]:
    for file_format, mediatype in (("csv", "text/csv"), ("parquet", "application/vnd.apache.parquet")):
        for shape in shapes:
            path = f"{file_format}/{shape.mart.name}.{file_format}"
            with (public / path).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            yield _File(shape.mart.name, path, file_format, mediatype, (public / path).stat().st_size, digest)


def _sources(source: Contents) -> list[tuple[str, dict[str, str]]]:
    """The organisations whose reports the file rests on, with their names by language."""
    organisations, reports = source.marts.get("dim_organisation"), source.marts.get("fct_report")
    named = {"organisation_code", *(f"name_{language}" for language in LANGUAGES)}
    if not organisations or not reports or not organisations.names >= named:
        return []
    if "organisation_code" not in reports.names:
        return []
    rows = source.connection.execute(
        f"select organisation_code, name_ar, name_fr, name_en from {organisations.table} "
        f"where organisation_code in (select organisation_code from {reports.table}) order by 1"
    ).fetchall()
    return [
        (code, {language: name or code for language, name in zip(LANGUAGES, names, strict=True)})
        for code, *names in rows
    ]
