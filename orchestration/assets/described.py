"""What all assets say of themselves in the same way: room, owner, where their code and rules stand, their columns."""

import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, TypedDict

import dagster as dg
import pyarrow as pa

Room = Literal["receive", "read", "check", "model", "release", "answer"]
OWNERS = ("team:data-engineering",)
CODE = "dagster/code_references"
COLUMNS = "dagster/column_schema"
LINEAGE = "dagster/column_lineage"


class Described(TypedDict):
    """Arguments that `dg.asset` and `dg.AssetSpec` share."""

    group_name: str
    kinds: set[str]
    owners: list[str]
    tags: dict[str, str]
    metadata: dict[str, Any]


def described(
    room: Room,
    *,
    kinds: set[str],
    code: Iterable[Callable[..., Any]] = (),
    files: Iterable[Path] = (),
    columns: dg.TableSchema | None = None,
    tags: dict[str, str] | None = None,
) -> Described:
    """Room, kinds, owners, tags and metadata of an asset.

    `code` are the plain functions that do the room's work, as an asset is only their frame; `files` the
    contracts, rules and models that decide what comes out.
    """
    metadata: dict[str, Any] = {CODE: references(code, files)}
    if columns is not None:
        metadata[COLUMNS] = columns
    return {
        "group_name": room,
        "kinds": kinds,
        "owners": list(OWNERS),
        "tags": {"hasila/room": room, **(tags or {})},
        "metadata": metadata,
    }


def references(code: Iterable[Callable[..., Any]], files: Iterable[Path]) -> dg.CodeReferencesMetadataValue:
    """Links from an asset to its code, for whoever has the code at hand."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dg.BetaWarning)
        return _references(code, files)


def _references(code: Iterable[Callable[..., Any]], files: Iterable[Path]) -> dg.CodeReferencesMetadataValue:
    found = [
        dg.LocalFileCodeReference(
            file_path=function.__code__.co_filename,
            line_number=function.__code__.co_firstlineno,
            label=function.__qualname__,
        )
        for function in code
    ]
    found += [dg.LocalFileCodeReference(file_path=str(path), label=path.name) for path in files]
    return dg.CodeReferencesMetadataValue(code_references=list(found))


def arrow_columns(schema: pa.Schema) -> dg.TableSchema:
    """The columns of a lake table."""
    return dg.TableSchema(columns=[dg.TableColumn(field.name, str(field.type)) for field in schema])
