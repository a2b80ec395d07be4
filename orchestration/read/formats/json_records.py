"""JSON: which kind of JSON it is, and generic JSON as records with JSON pointers (RFC 6901)."""

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import NoReturn

from orchestration.findings import Finding
from orchestration.read.formats import delimited
from orchestration.read.formats.document import (
    Budget,
    Cell,
    Document,
    Limits,
    Sheet,
    UnreadableError,
    too_large,
)
from orchestration.read.formats.package import corrupt
from orchestration.read.formats.records import Record, sheet_of

# Where services put their one list of records, among other lists.
_LISTS = ("dataValues", "submissions", "results", "features", "records", "data", "items", "rows", "values")
_PAGED = (*_LISTS, "value")
_OTHER_PAGES = ("next", "previous", "@odata.nextLink", "nextPage", "prevPage")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _RepeatedKeyError(ValueError):
    pass


class _NoNumberError(ValueError):
    pass


def open_json(name: str, content: bytes, limits: Limits) -> Document:
    """The records of a JSON file as sheets.

    Raises UnreadableError with FILE_CORRUPT, FILE_TOO_LARGE, FILE_TOO_SLOW, FILE_EMPTY (no record),
    FILE_INCOMPLETE (a page of a longer list), JSON_KEY_REPEATED (of two values of one key no parser says
    which counts) or JSON_NO_NUMBER (NaN).
    """
    from orchestration.read.formats import dhis2, kobo

    loaded, encoding = load(content, limits)
    _refuse_page(loaded)
    budget = Budget(limits)
    title = PurePosixPath(name).stem
    if dhis2.is_value_set(loaded):
        kind, sheets = "dhis2_json", [dhis2.sheet_of_json(loaded, title, limits, budget)]
    elif (submissions := kobo.submissions_of(loaded)) is not None:
        kind, sheets = "kobo_json", kobo.sheets_of(*submissions, title, limits, budget, kobo.tags_of(loaded))
    else:
        kind, sheets = "json", list(_sheets(loaded, title, limits, budget))
    if not any(len(sheet.rows) > 1 for sheet in sheets):
        raise UnreadableError(Finding("FILE_EMPTY", found="0 records"))
    return Document(kind, sheets, encoding)


def _refuse_page(loaded: object) -> None:
    """Services hand out long lists page by page: what the other pages hold would be missing without a word."""
    if not isinstance(loaded, dict):
        return
    items = next((items for key in _PAGED if isinstance(items := loaded.get(key), list)), None)
    if items is None:
        return
    count, pager = loaded.get("count"), loaded.get("pager")
    is_page = any(isinstance(link := loaded.get(key), str) and "/" in link for key in _OTHER_PAGES)
    if isinstance(count, int) and not isinstance(count, bool) and not loaded.keys().isdisjoint(_OTHER_PAGES):
        is_page = is_page or count > len(items)
    else:
        count = None
    if isinstance(pager, dict) and isinstance(pages := pager.get("pageCount"), int):
        is_page = is_page or pages > 1
    if is_page:
        expected = str(count) if count is not None and count > len(items) else f"> {len(items)}"
        raise UnreadableError(Finding("FILE_INCOMPLETE", found=str(len(items)), expected=expected))


def load(content: bytes, limits: Limits) -> tuple[object, str]:
    """The value of a JSON text and its encoding."""
    # Each value costs a hundred bytes and more once it is loaded: what cannot be read is not loaded.
    values = content.count(b",") + content.count(b"[") + content.count(b"{")
    if values > 2 * limits.cells:
        raise UnreadableError(too_large(values, limits.cells))
    written, encoding = delimited.decode(content)
    try:
        loaded = json.loads(
            written.removeprefix("\ufeff"), object_pairs_hook=_pairs, parse_constant=_constant, parse_float=_float
        )
    except _RepeatedKeyError as error:
        raise UnreadableError(Finding("JSON_KEY_REPEATED", found=str(error))) from error
    except _NoNumberError as error:
        raise UnreadableError(Finding("JSON_NO_NUMBER", found=str(error), expected="null")) from error
    except RecursionError as error:
        raise UnreadableError(too_large(f"depth > {limits.depth}", f"depth {limits.depth}")) from error
    except json.JSONDecodeError as error:
        raise UnreadableError(Finding("FILE_CORRUPT", cell=f"line {error.lineno}", found=error.msg)) from error
    except ValueError as error:
        raise corrupt(error) from error
    if _SURROGATE.search(written):
        _refuse_half_characters(loaded)
    return loaded, encoding


def _refuse_half_characters(loaded: object) -> None:
    """`\\ud83d` without its other half is no character: nothing could store it."""
    try:
        json.dumps(loaded, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        found = f"\\u{ord(error.object[error.start]):04x}"
        raise UnreadableError(Finding("FILE_CORRUPT", found=found, expected="UTF-8")) from error


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        raise _RepeatedKeyError(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
    return found


def _constant(written: str) -> NoReturn:
    raise _NoNumberError(written)


def _float(written: str) -> float:
    number = float(written)
    if number in (float("inf"), float("-inf")):
        raise _NoNumberError(written)
    return number


def pointer(parent: str, key: object) -> str:
    """The pointer of a member of `parent`."""
    return f"{parent}/{str(key).replace('~', '~0').replace('/', '~1')}"


def flattened(value: object, place: str, limits: Limits, budget: Budget) -> dict[str, tuple[Cell, str]]:
    """The scalars of a record by the path that leads to them, joined with `/`.

    A list of scalars is one cell (`a, b`); one of anything else counts its members by number.
    """
    found: dict[str, tuple[Cell, str]] = {}
    waiting: list[tuple[str, object, str, int]] = [("", value, place, 1)]
    while waiting:
        path, item, where, depth = waiting.pop()
        if depth > limits.depth:
            raise UnreadableError(too_large(f"depth > {limits.depth}", f"depth {limits.depth}"))
        members: list[tuple[object, object]]
        if isinstance(item, Mapping):
            members = list(item.items())
        elif isinstance(item, list) and any(isinstance(member, dict | list) for member in item):
            members = list(enumerate(item))
        else:
            budget.spend(0)
            content = ", ".join(_text(member) for member in item) if isinstance(item, list) else item
            found[path] = (content, where)
            if len(found) > limits.columns:
                raise UnreadableError(too_large(f"> {limits.columns} columns", f"{limits.columns} columns", cell=place))
            continue
        for key, member in reversed(members):
            waiting.append((f"{path}/{key}" if path else str(key), member, pointer(where, key), depth + 1))
    return found


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _sheets(loaded: object, title: str, limits: Limits, budget: Budget) -> Iterator[Sheet]:
    lists = dict(_lists(loaded, limits))
    if not lists:
        if isinstance(loaded, dict) and loaded:
            yield sheet_of(title, [("", flattened(loaded, "", limits, budget))], limits, budget)
        return
    known = [place for place in lists if place.rpartition("/")[2] in _LISTS]
    if len(lists) > 1 and len(known) == 1:
        lists = {known[0]: lists[known[0]]}
    for place, items in lists.items():
        name = title if len(lists) == 1 else place[1:]
        if all(isinstance(item, list) for item in items):
            yield _grid(name, items, place, budget)
        else:
            yield sheet_of(name, _records(items, place, limits, budget), limits, budget)


def _lists(loaded: object, limits: Limits) -> Iterator[tuple[str, list[object]]]:
    """The outermost lists that hold objects or lists, each with its pointer."""
    waiting: deque[tuple[str, object, int]] = deque([("", loaded, 1)])
    while waiting:
        place, value, depth = waiting.popleft()
        if depth > limits.depth:
            raise UnreadableError(too_large(f"depth > {limits.depth}", f"depth {limits.depth}"))
        if isinstance(value, list):
            if any(isinstance(item, dict | list) for item in value):
                yield place, value
        elif isinstance(value, dict):
            waiting.extend(
                (pointer(place, key), member, depth + 1)
                for key, member in value.items()
                if isinstance(member, dict | list)
            )


def _records(items: list[object], place: str, limits: Limits, budget: Budget) -> Iterator[tuple[str, Record]]:
    for index, item in enumerate(items):
        where = pointer(place, index)
        if isinstance(item, dict) and item.get("type") == "Feature" and isinstance(item.get("properties"), dict):
            # GeoJSON: the shape is no field, but the feature's id may be the only name of its place.
            record = flattened(item["properties"], pointer(where, "properties"), limits, budget)
            if isinstance(item.get("id"), str | int):
                record.setdefault("id", (item["id"], pointer(where, "id")))
        elif isinstance(item, dict):
            record = flattened(item, where, limits, budget)
        else:
            record = {"value": (_text(item) if isinstance(item, list) else item, where)}
        yield where, record


def _grid(name: str, items: list[object], place: str, budget: Budget) -> Sheet:
    """A list of lists is a sheet already; its header may stand anywhere. Short rows are filled up, so that each cell
    has its place.
    """
    rows: list[list[Cell]] = []
    locators: list[list[str]] = []
    width = max((len(item) if isinstance(item, list) else 1 for item in items), default=0)
    for index, item in enumerate(items):
        cells = item if isinstance(item, list) else [item]
        where = pointer(place, index)
        budget.spend(width, name, where)
        row: list[Cell] = [_text(cell) if isinstance(cell, dict | list) else cell for cell in cells]
        rows.append(row + [None] * (width - len(row)))
        locators.append([pointer(where, column) for column in range(width)])
    return Sheet(name, rows, locators=locators)
