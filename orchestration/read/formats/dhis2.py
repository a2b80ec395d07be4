"""DHIS2 data value sets: JSON, DXF 2.0 XML and ADX XML, one row a data value.

Zero, deleted and missing are three things: a value "0" is a cell with 0, a deleted value says so in
its own column and keeps what it was, a value without content stays empty.
Formats: https://docs.dhis2.org/en/develop/using-the-api/dhis-core-version-master/data.html
"""

from collections.abc import Iterator
from typing import TypeGuard

from orchestration.read.formats import safe_xml
from orchestration.read.formats.document import Budget, Cell, Document, Limits, Sheet
from orchestration.read.formats.records import Record, sheet_of

COLUMNS = (
    "dataElement",
    "period",
    "orgUnit",
    "categoryOptionCombo",
    "attributeOptionCombo",
    "value",
    "storedBy",
    "lastUpdated",
    "comment",
    "followUp",
    "deleted",
)
# What a set says once for all its values.
_INHERITED = ("dataSet", "completeDate", "period", "orgUnit", "attributeOptionCombo")
# Versions of DHIS2 write the same attribute differently.
_NAMES = {"followup": "followUp", "timestamp": "lastUpdated", "annotation": "comment"}


def is_value_set(loaded: object) -> TypeGuard[dict[str, object]]:
    """Whether loaded JSON is a set of data values."""
    if not isinstance(loaded, dict) or not isinstance(values := loaded.get("dataValues"), list):
        return False
    return all(isinstance(item, dict) and ("dataElement" in item or "value" in item) for item in values[:20])


def sheet_of_json(loaded: dict[str, object], name: str, limits: Limits, budget: Budget) -> Sheet:
    """The values of a loaded set, located by JSON pointers."""
    return sheet_of(name, _json_records(loaded), limits, budget, COLUMNS)


def _json_records(loaded: dict[str, object]) -> Iterator[tuple[str, Record]]:
    inherited: dict[str, tuple[Cell, str]] = {
        field: (_cell(loaded[field]), f"/{field}") for field in _INHERITED if loaded.get(field) is not None
    }
    values = loaded["dataValues"]
    for index, item in enumerate(values if isinstance(values, list) else []):
        place = f"/dataValues/{index}"
        record = dict(inherited)
        if isinstance(item, dict):
            for field, content in item.items():
                if content is not None:
                    record[_field(field)] = (_cell(content), f"{place}/{field}")
        yield place, record


def _cell(content: object) -> Cell:
    """What stands in a field as one cell, though it be an object where a code belongs."""
    return str(content) if isinstance(content, dict | list) else content


def open_xml(content: bytes, kind: str, name: str, limits: Limits) -> Document:
    """The values of a DXF (`dhis2_xml`) or an ADX (`adx_xml`) message, located by XML paths."""
    records = _xml_records(content, limits, "group" if kind == "adx_xml" else "dataValueSet")
    return Document(kind, [sheet_of(name, records, limits, Budget(limits), COLUMNS)], "xml")


def _xml_records(content: bytes, limits: Limits, parent: str) -> Iterator[tuple[str, Record]]:
    inherited: dict[str, tuple[Cell, str]] = {}
    path, groups, values = "", 0, 0
    for event, element in safe_xml.events(content, limits, kept=("dataValue",)):
        tag = safe_xml.local(element.tag)
        if event == "start" and tag == parent:
            groups, values = groups + 1, 0
            path = f"/adx/group[{groups}]" if parent == "group" else "/dataValueSet"
            inherited = {
                _field(key): (text, f"{path}/@{safe_xml.local(key)}")
                for key, text in element.attrib.items()
                if not key.startswith("{") and (parent == "group" or key in _INHERITED)
            }
        elif event == "end" and tag == "dataValue" and path:
            values += 1
            place = f"{path}/dataValue[{values}]"
            record = dict(inherited)
            for key, text in element.attrib.items():
                record[_field(key)] = (text, f"{place}/@{safe_xml.local(key)}")
            for child in element:
                field = safe_xml.local(child.tag)
                record.setdefault(_field(field), ((child.text or "").strip() or None, f"{place}/{field}"))
            yield place, record


def _field(name: str) -> str:
    local = safe_xml.local(str(name))
    return _NAMES.get(local, local)
