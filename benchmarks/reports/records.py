"""Drawn sheets as records, each cell with its place: JSON, KoboToolbox, DHIS2 (JSON, DXF, ADX) and SDMX-ML."""

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import quoteattr

Cells = Sequence[Sequence[Any]]
"""The fields' names, then a row a record."""
PARENT = "_parent."
"""What begins the name of a field that stands in the submission around a repeat group."""
_REPEAT = "visits"
_DHIS2 = frozenset(
    {
        *("dataElement", "period", "orgUnit", "categoryOptionCombo", "attributeOptionCombo", "value"),
        *("storedBy", "lastUpdated", "comment", "followUp"),
    }
)


@dataclass(frozen=True)
class Spelling:
    """What a format allows: the fields' names as a pattern, and how it writes periods where it has a way."""

    names: str = ""
    periods: str = ""

    @classmethod
    def of(cls, kind: str) -> "Spelling":
        """The spelling of a format; one that allows everything for formats of people."""
        return _SPELLINGS.get(kind, _ANYTHING)

    def allows(self, name: str) -> bool:
        """Whether a field may be called so."""
        return not self.names or re.fullmatch(self.names, name) is not None


_ANYTHING = Spelling()
_SPELLINGS = {
    "kobo_json": Spelling(r"[A-Za-z_][\w.]*(?:/[\w.]+)*"),
    "dhis2_json": Spelling("|".join(sorted(_DHIS2)), "dhis2"),
    "dhis2_xml": Spelling("|".join(sorted(_DHIS2)), "dhis2"),
    "adx_xml": Spelling(r"[A-Za-z][A-Za-z0-9]*", "adx"),
    "sdmx_ml": Spelling(r"[A-Z][A-Z0-9_]*", "sdmx"),
}


@dataclass
class Written:
    """A file of records. `places` leads from a cell (row and column, the names being row 0) to where it stands."""

    content: bytes
    places: dict[tuple[int, int], str] = field(default_factory=dict)
    sheet: str = ""


def written(kind: str, cells: Cells, rng: random.Random, title: str = "") -> Written:
    """The records as a file of this kind. `title` is what their list is called, where only that can say it."""
    writers: dict[str, Callable[[Cells, random.Random], Written]] = {
        "kobo_json": _kobo,
        "dhis2_json": _dhis2_json,
        "dhis2_xml": _dxf,
        "adx_xml": _adx,
        "sdmx_ml": _sdmx,
    }
    return writers[kind](cells, rng) if kind in writers else _json(cells, rng, title)


def _pointer(*parts: object) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def _bytes(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def _json(cells: Cells, rng: random.Random, title: str) -> Written:
    names, *rows = cells
    if not title and rng.random() < 0.2:
        # A list of lists is a table too.
        places = {(row, column): _pointer(row, column) for row in range(len(cells)) for column in range(len(names))}
        return Written(_bytes(cells), places)
    records = [dict(zip(names, row, strict=True)) for row in rows]
    if title:
        within: tuple[object, ...] = (title,)
        content: object = {title: records, "notes": [{"note": "x"}]}
    else:
        within = rng.choice([(), ("data",)])
        content = {"data": records} if within else records
    places = {
        (row, column): _pointer(*within, row - 1, name)
        for row in range(1, len(cells))
        for column, name in enumerate(names)
    }
    return Written(_bytes(content), places, title)


def _kobo(cells: Cells, rng: random.Random) -> Written:
    """Submissions; fields of the parent make the others a repeat group.

    What was not answered is not there, unless nobody answered it.
    """
    names, *rows = cells
    unanswered = {column for column in range(len(names)) if all(row[column] is None for row in rows)}
    parents = [column for column, name in enumerate(names) if name.startswith(PARENT)]
    own = [column for column in range(len(names)) if column not in parents]
    group = f"{_REPEAT}/" if parents and rng.random() < 0.5 else ""
    within: tuple[object, ...] = rng.choice([("results",), ()])
    items: list[dict[str, Any]] = []
    places: dict[tuple[int, int], str] = {}
    known: dict[tuple[Any, ...], int] = {}
    for number, row in enumerate(rows, 1):
        key = tuple(row[column] for column in parents) if parents else (number,)
        if key not in known:
            known[key] = len(items)
            answers = {names[c].removeprefix(PARENT).replace(".", "/"): row[c] for c in parents if row[c] is not None}
            marks = {"_id": 1000 + len(items), "_uuid": f"{len(items):08x}", "_submission_time": "2020-01-31T09:00:00"}
            items.append(answers | ({_REPEAT: []} if parents else {}) | marks)
        index = known[key]
        record, place = items[index], (*within, index)
        for column in parents:
            name = names[column].removeprefix(PARENT).replace(".", "/")
            places[number, column] = _pointer(*place, name) if row[column] is not None else _pointer(*place)
        if parents:
            record, place = {}, (*place, _REPEAT, len(record[_REPEAT]))
            items[index][_REPEAT].append(record)
        for column in own:
            name = f"{group}{names[column]}"
            is_there = row[column] is not None or column in unanswered
            places[number, column] = _pointer(*place, name) if is_there else _pointer(*place)
            if is_there:
                record[name] = row[column]
    content = {"count": len(items), "next": None, "results": items} if within else items
    return Written(_bytes(content), places, _REPEAT if parents else "")


def _hoisted(cells: Cells, names: Sequence[str]) -> dict[int, Any]:
    """The columns of these names that say the same in every row, with what they say."""
    heads, *rows = cells
    return {
        column: rows[0][column]
        for column, name in enumerate(heads)
        if name in names and rows and rows[0][column] is not None and len({str(row[column]) for row in rows}) == 1
    }


def _dhis2_json(cells: Cells, rng: random.Random) -> Written:
    names, *rows = cells
    once = _hoisted(cells, ("period", "orgUnit")) if rng.random() < 0.5 else {}
    places: dict[tuple[int, int], str] = {}
    values = []
    for number, row in enumerate(rows, 1):
        value = {}
        for column, cell in enumerate(row):
            place = _pointer("dataValues", number - 1)
            if column in once:
                place = _pointer(names[column])
            elif cell is not None:
                value[names[column]] = cell
                place += _pointer(names[column])
            places[number, column] = place
        values.append(value)
    head = {"dataSet": "pBOMPrpg1QX", **{names[column]: cell for column, cell in once.items()}}
    return Written(_bytes(head | {"dataValues": values}), places)


def _attributes(pairs: Sequence[tuple[str, Any]]) -> str:
    return "".join(f" {name}={quoteattr(str(cell))}" for name, cell in pairs if cell is not None)


def _dxf(cells: Cells, rng: random.Random) -> Written:
    names, *rows = cells
    once = _hoisted(cells, ("period", "orgUnit")) if rng.random() < 0.5 else {}
    path = "/dataValueSet"
    places: dict[tuple[int, int], str] = {}
    values = []
    for number, row in enumerate(rows, 1):
        own = [(names[column], cell) for column, cell in enumerate(row) if column not in once]
        values.append(f"  <dataValue{_attributes(own)}/>")
        for column, cell in enumerate(row):
            place = f"{path}/dataValue[{number}]"
            if cell is not None:
                place = f"{path if column in once else place}/@{names[column]}"
            places[number, column] = place
    head = _attributes([(names[column], cell) for column, cell in once.items()])
    text = f'<dataValueSet xmlns="http://dhis2.org/schema/dxf/2.0"{head}>\n' + "\n".join(values) + "\n</dataValueSet>"
    return Written(_xml(text), places)


def _adx(cells: Cells, rng: random.Random) -> Written:
    """A group for each place and period."""
    names, *rows = cells
    heads = [column for column, name in enumerate(names) if name in ("orgUnit", "period")]
    groups: dict[tuple[Any, ...], list[int]] = {}
    for number, row in enumerate(rows, 1):
        groups.setdefault(tuple(row[column] for column in heads), []).append(number)
    places: dict[tuple[int, int], str] = {}
    written_groups = []
    for at, (key, numbers) in enumerate(groups.items(), 1):
        path = f"/adx/group[{at}]"
        values = []
        for position, number in enumerate(numbers, 1):
            row = rows[number - 1]
            place = f"{path}/dataValue[{position}]"
            for column, cell in enumerate(row):
                above = path if column in heads else place
                places[number, column] = f"{above}/@{names[column]}" if cell is not None else place
            own = [(names[column], cell) for column, cell in enumerate(row) if column not in heads]
            values.append(f"    <dataValue{_attributes(own)}/>")
        about = _attributes([(names[column], cell) for column, cell in zip(heads, key, strict=True)])
        written_groups.append(f'  <group dataSet="MALARIA"{about}>\n' + "\n".join(values) + "\n  </group>")
    exported = rng.choice(["2020-01-31T09:00:00Z", "2021-02-28T10:30:00Z"])
    text = f'<adx xmlns="urn:ihe:qrph:adx:2015" exported="{exported}">\n' + "\n".join(written_groups) + "\n</adx>"
    return Written(_xml(text), places)


_MESSAGE = "http://www.sdmx.org/resources/sdmxml/schemas/v2_1"


def _sdmx(cells: Cells, rng: random.Random) -> Written:
    """Generic or structure-specific, in series or flat."""
    names, *rows = cells
    is_generic, in_series = rng.random() < 0.5, rng.random() < 0.5
    time, value = names.index("TIME_PERIOD"), names.index("OBS_VALUE")
    key = [c for c, name in enumerate(names) if c not in (time, value) and not name.startswith("OBS_")]
    rest = [c for c in range(len(names)) if c not in (*key, time, value)]
    if not in_series:
        key, rest = [], [c for c in range(len(names)) if c not in (time, value)]
    series: dict[tuple[Any, ...], list[int]] = {}
    for number, row in enumerate(rows, 1):
        series.setdefault(tuple(row[column] for column in key), []).append(number)
    write = _generic if is_generic else _specific
    places: dict[tuple[int, int], str] = {}
    blocks = []
    for at, (said, numbers) in enumerate(series.items(), 1):
        above = f"/DataSet[1]/Series[{at}]" if in_series else "/DataSet[1]"
        about = [(names[column], cell) for column, cell in zip(key, said, strict=True) if cell is not None]
        observations = []
        for position, number in enumerate(numbers, 1):
            row = rows[number - 1]
            place = f"{above}/Obs[{position}]"
            own = [(names[column], row[column]) for column in rest if row[column] is not None]
            text, stands = write.observation(own, (names[time], row[time]), row[value], flat=not in_series)
            observations.append(text)
            places.update({(number, column): place for column in range(len(names))})
            places.update({(number, names.index(name)): f"{place}/{where}" for name, where in stands.items()})
        body = "".join(observations)
        blocks.append(write.series(about, body) if in_series else body)
    return Written(_xml(write.message("".join(blocks), in_series)), places)


class _Specific:
    """Each component is an attribute."""

    @staticmethod
    def observation(
        own: list[tuple[str, Any]], time: tuple[str, Any], value: Any, **_: bool
    ) -> tuple[str, dict[str, str]]:
        pairs = [*own, time, ("OBS_VALUE", value)]
        return f"<Obs{_attributes(pairs)}/>\n", {name: f"@{name}" for name, cell in pairs if cell is not None}

    @staticmethod
    def series(about: list[tuple[str, Any]], body: str) -> str:
        return f"<Series{_attributes(about)}>\n{body}</Series>\n"

    @staticmethod
    def message(body: str, in_series: bool) -> str:
        at = "TIME_PERIOD" if in_series else "AllDimensions"
        return (
            f'<mes:StructureSpecificData xmlns:mes="{_MESSAGE}/message" '
            f'xmlns:ss="{_MESSAGE}/data/structurespecific"><mes:Header><mes:ID>DRAWN</mes:ID></mes:Header>'
            f'<mes:DataSet ss:dimensionAtObservation="{at}" ss:structureRef="PT" ss:dataScope="DataStructure" '
            f'ss:action="Replace">\n'
            f"{body}</mes:DataSet></mes:StructureSpecificData>"
        )


class _Generic:
    """Each component is an element with its id and its value."""

    @staticmethod
    def observation(
        own: list[tuple[str, Any]], time: tuple[str, Any], value: Any, *, flat: bool
    ) -> tuple[str, dict[str, str]]:
        stands: dict[str, str] = {}
        if flat:
            pairs = [*own, time]
            text = f"<g:ObsKey>{_values(pairs)}</g:ObsKey>"
            stands.update({name: f"ObsKey/Value[{at}]" for at, (name, _) in enumerate(pairs, 1)})
        else:
            text = f"<g:ObsDimension{_attributes([('value', time[1])])}/>"
            stands[time[0]] = "ObsDimension"
        if value is not None:
            text += f"<g:ObsValue{_attributes([('value', value)])}/>"
            stands["OBS_VALUE"] = "ObsValue"
        if own and not flat:
            text += f"<g:Attributes>{_values(own)}</g:Attributes>"
            stands.update({name: f"Attributes/Value[{at}]" for at, (name, _) in enumerate(own, 1)})
        return f"<g:Obs>{text}</g:Obs>\n", stands

    @staticmethod
    def series(about: list[tuple[str, Any]], body: str) -> str:
        return f"<g:Series><g:SeriesKey>{_values(about)}</g:SeriesKey>\n{body}</g:Series>\n"

    @staticmethod
    def message(body: str, in_series: bool) -> str:
        at = "TIME_PERIOD" if in_series else "AllDimensions"
        return (
            f'<mes:GenericData xmlns:mes="{_MESSAGE}/message" xmlns:g="{_MESSAGE}/data/generic"><mes:Header>'
            f'<mes:ID>DRAWN</mes:ID><mes:Structure structureID="PT" dimensionAtObservation="{at}"/></mes:Header>'
            f'<mes:DataSet structureRef="PT" action="Append">\n{body}</mes:DataSet></mes:GenericData>'
        )


_specific, _generic = _Specific(), _Generic()


def _values(pairs: list[tuple[str, Any]]) -> str:
    return "".join(f"<g:Value{_attributes([('id', name), ('value', cell)])}/>" for name, cell in pairs)


def _xml(text: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()
