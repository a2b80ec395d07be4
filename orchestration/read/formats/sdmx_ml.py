"""SDMX-ML 2.1, 3.0 and 3.1 data messages, generic and structure-specific: one row an observation.

Read directly rather than through pysdmx: its parser loses where an observation stands, and its
validation reads document types. The tests compare both readings of the same messages.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from orchestration.findings import Finding
from orchestration.read.formats import safe_xml
from orchestration.read.formats.document import Budget, Cell, Document, Limits, UnreadableError
from orchestration.read.formats.records import Record, sheet_of

MESSAGES = frozenset(
    {"GenericData", "GenericTimeSeriesData", "StructureSpecificData", "StructureSpecificTimeSeriesData"}
)
ACTION = "ACTION"
"""What is to be done with an observation (`Append`, `Delete`), under the name that SDMX-CSV 2.0 gives it."""
_VALUES = ("SeriesKey", "ObsKey", "GroupKey", "Attributes")

Fields = dict[str, tuple[Cell, str]]


def open_sdmx(content: bytes, name: str, limits: Limits) -> Document:
    """The observations of a data message; columns are the ids of dimensions, attributes and measures.

    Raises UnreadableError with FILE_UNSAFE, FILE_CORRUPT, FILE_TOO_LARGE or FILE_EMPTY (no observation).
    """
    sheet = sheet_of(name, _observations(content, limits), limits, Budget(limits))
    if len(sheet.rows) < 2:
        raise UnreadableError(Finding("FILE_EMPTY", found="0 observations"))
    return Document("sdmx_ml", [sheet], "xml")


def _observations(content: bytes, limits: Limits) -> Iterator[tuple[str, Record]]:
    """Each observation with what its series, its groups and its data set say.

    Groups are applied when a series or a flat observation is met, so they must stand before, as both
    schemas demand.
    """
    structures: dict[str, str] = {}
    header: Fields = {}
    dataset: Fields = {}
    series: Fields = {}
    groups = _Groups()
    # What groups say is kept until the end, whether or not an observation has it.
    grouped = Budget(limits)
    at_observation = "TIME_PERIOD"
    counts = {"DataSet": 0, "Series": 0, "Obs": 0}
    inside = {"DataSet": False, "Series": False, "Obs": False}
    in_group = False
    for event, element in safe_xml.events(content, limits, kept=("Obs", "Group", *_VALUES)):
        tag = safe_xml.local(element.tag)
        if event == "start":
            if tag in counts and tag in inside:
                counts[tag] += 1
                inside[tag] = True
                place = _place(counts, inside)
                if tag == "DataSet":
                    counts.update(Series=0, Obs=0)
                    groups, series = _Groups(), {}
                    dataset, structure = header | _attributes(element, place), _attribute(element, "structureRef")
                    at_observation = _attribute(element, "dimensionAtObservation") or structures.get(
                        structure, at_observation
                    )
                elif tag == "Series":
                    counts["Obs"] = 0
                    series = _attributes(element, place)
            elif tag == "Group":
                in_group = True
            elif tag == "Structure":
                structures[_attribute(element, "structureID")] = (
                    _attribute(element, "dimensionAtObservation") or at_observation
                )
            continue
        place = _place(counts, inside)
        if tag in _VALUES and not inside["Obs"] and not in_group:
            if inside["Series"]:
                series |= _pairs(element, place)
            elif inside["DataSet"]:
                dataset |= _pairs(element, place)
        elif tag == "DataSetAction":
            header = {ACTION: ((element.text or "").strip(), "/Header/DataSetAction")}
        elif tag == "Group":
            grouped.spend(1 + len(element.attrib) + sum(1 for _ in element.iter()), cell=place)
            groups.add(element, place)
            in_group = False
        elif tag == "Obs" and inside["DataSet"]:
            observation = _attributes(element, place)
            for child in element:
                observation |= _child(child, place, at_observation)
            record = {**series, **observation}
            yield place, {**dataset, **groups.of(record), **record}
            inside["Obs"] = False
        elif tag == "Series" and inside["DataSet"]:
            inside["Series"] = False
            series = {}
        elif tag == "DataSet":
            inside["DataSet"] = False


def _place(counts: dict[str, int], inside: dict[str, bool]) -> str:
    return "".join(f"/{tag}[{counts[tag]}]" for tag in counts if inside[tag])


def _attribute(element: Element, name: str) -> str:
    return next((text for key, text in element.attrib.items() if safe_xml.local(key) == name), "")


def _attributes(element: Element, place: str) -> Fields:
    """What a structure-specific element says; names with a namespace are the message's own.

    Of these the action counts: an observation that is to be deleted is no figure.
    """
    if safe_xml.local(element.tag) == "DataSet":
        own = {"structureRef", "dimensionAtObservation", "setID", "action", "dataScope", "REPORTING_YEAR_START_DAY"}
        skipped = own | {"reportingBeginDate", "reportingEndDate", "validFromDate", "validToDate"}
    else:
        own, skipped = set(), {"type"}
    said: Fields = {}
    for key, text in element.attrib.items():
        if safe_xml.local(key) == "action" and (key.startswith("{") or key in own):
            said[ACTION] = (text, f"{place}/@action")
        elif not key.startswith("{") and key not in skipped:
            said[key] = (text, f"{place}/@{key}")
    return said


def _pairs(element: Element, place: str) -> Fields:
    """The `Value` children of a generic message."""
    return {
        child.get("id", ""): (child.get("value"), f"{place}/{safe_xml.local(element.tag)}/Value[{position}]")
        for position, child in enumerate(element, 1)
        if safe_xml.local(child.tag) == "Value" and child.get("id")
    }


def _child(child: Element, place: str, at_observation: str) -> Fields:
    tag = safe_xml.local(child.tag)
    if tag in _VALUES:
        return _pairs(child, place)
    if tag == "ObsDimension":
        return {child.get("id") or at_observation: (child.get("value"), f"{place}/ObsDimension")}
    if tag == "ObsValue":
        return {child.get("id") or "OBS_VALUE": (child.get("value"), f"{place}/ObsValue")}
    # SDMX-ML 3.0 writes components of several values as elements.
    if tag == "Comp" and child.get("id"):
        texts = [text.strip() for text in child.itertext() if text.strip()]
        return {child.get("id", ""): (", ".join(texts), f"{place}/Comp")}
    return {}


class _Groups:
    """What is said of all observations that share a part of their key."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Fields, Fields]] = []
        self._known: dict[tuple[str, ...], dict[tuple[Cell, ...], Fields]] = {}

    def add(self, element: Element, place: str) -> None:
        key: Fields = {}
        fields = _attributes(element, f"{place}/Group")
        for child in element:
            (key if safe_xml.local(child.tag) == "GroupKey" else fields).update(_pairs(child, f"{place}/Group"))
        self._waiting.append((key, fields))

    def of(self, record: Fields) -> Fields:
        """What the groups say of this observation.

        A structure-specific group does not say which of its attributes are its key: those that the
        observations have too.
        """
        for key, fields in self._waiting:
            names = tuple(sorted(key or (field for field in fields if field in record)))
            values = {**fields, **key}
            if names:
                self._known.setdefault(names, {})[tuple(values[field][0] for field in names)] = fields
        self._waiting.clear()
        found: Fields = {}
        for names, groups in self._known.items():
            if all(field in record for field in names):
                found |= groups.get(tuple(record[field][0] for field in names), {})
        return found
