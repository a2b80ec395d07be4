"""KoboToolbox submissions: one sheet for the submissions, one for each repeat group.

Read from exports of the API (`results`), of formpack (`content` and `submissions`), or a plain list
of submissions. A group's path is the column's name (`visit/location`), as Kobo writes it. A repeat
group's rows say in `_parent_index` which submission (or row of the outer repeat) they belong to,
counted from 1 as Kobo's own exports do, and repeat what was answered there under names that no field
of a form can have (`_parent.visit.location`): so a contract that wants them says so, and a figure of
the submission is never counted once a row. Where the form comes along and its questions bear HXL tags, these
stand in a row below the names; what a repeat group's rows repeat has none.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TypeGuard

from orchestration.read.formats.document import Budget, Cell, Limits, Sheet
from orchestration.read.formats.json_records import flattened, pointer
from orchestration.read.formats.records import Record, sheet_of

INDEX, PARENT_INDEX, PARENT = "_index", "_parent_index", "_parent_table_name"
NO_TAGS: Mapping[str, tuple[str, str]] = MappingProxyType({})
_ANSWERED = "_parent."
_LISTS = ("submissions", "_submissions", "results", "data")
# What Kobo itself puts into each submission.
_MARKS = frozenset({"_uuid", "_xform_id_string", "meta/instanceID", "_submission_time", "formhub/uuid", "__version__"})
# Lists of Kobo's own that are no repeat groups.
_NO_REPEATS = frozenset(
    {"_attachments", "_geolocation", "_tags", "_notes", "_validation_status", "_supplementalDetails"}
)


def submissions_of(loaded: object) -> tuple[list[object], str] | None:
    """The submissions in loaded JSON and their pointer; None where it is something else."""
    if isinstance(loaded, list):
        return (loaded, "") if _is_submission(loaded) else None
    if not isinstance(loaded, dict):
        return None
    content = loaded.get("content")
    form = isinstance(content, dict) and isinstance(content.get("survey"), list)
    for key in _LISTS:
        items = loaded.get(key)
        if isinstance(items, list) and (_is_submission(items) or (form and "submissions" in key)):
            return items, pointer("", key)
    return None


def tags_of(loaded: object) -> dict[str, tuple[str, str]]:
    """The HXL tags of a form that comes with its submissions, by the path of their question, each with its pointer."""
    content = loaded.get("content") if isinstance(loaded, dict) else None
    survey = content.get("survey") if isinstance(content, dict) else None
    found: dict[str, tuple[str, str]] = {}
    groups: list[str] = []
    for index, question in enumerate(survey if isinstance(survey, list) else []):
        if not isinstance(question, dict):
            continue
        kind = str(question.get("type", "")).replace("_", " ")
        name = str(question.get("name") or question.get("$autoname") or "")
        if kind.startswith("begin "):
            groups.append(name)
        elif kind.startswith("end ") and groups:
            groups.pop()
        elif isinstance(tag := question.get("hxl"), str) and tag.strip():
            found["/".join((*groups, name))] = tag, f"/content/survey/{index}/hxl"
    return found


def _is_submission(items: list[object]) -> bool:
    return bool(items) and all(isinstance(item, dict) and not _MARKS.isdisjoint(item) for item in items[:5])


def sheets_of(
    items: list[object],
    place: str,
    name: str,
    limits: Limits,
    budget: Budget,
    tags: Mapping[str, tuple[str, str]] = NO_TAGS,
) -> list[Sheet]:
    """The sheet of the submissions, then those of the repeat groups, named by their paths."""
    tables: dict[str, list[tuple[str, Record]]] = {name: []}
    # Each row of a repeat group repeats all that was answered around it. `sheet_of` counts these cells
    # where they come to stand; here they are counted before they are copied.
    copied = Budget(limits)
    for index, item in enumerate(items):
        _take(item, pointer(place, index), name, "", {}, name, tables, limits, budget, copied, 1)
    return [
        _tagged(sheet_of(title, records, limits, budget, () if title == name else (INDEX, PARENT_INDEX, PARENT)), tags)
        for title, records in tables.items()
    ]


def _tagged(sheet: Sheet, tags: Mapping[str, tuple[str, str]]) -> Sheet:
    """The sheet with its questions' tags below their names, where they have some."""
    if sheet.locators is not None and not tags.keys().isdisjoint(map(str, sheet.rows[0])):
        row = [tags.get(str(field), (None, "/content/survey")) for field in sheet.rows[0]]
        sheet.rows.insert(1, [tag for tag, _ in row])
        sheet.locators.insert(1, [locator for _, locator in row])
    return sheet


def _take(
    item: object,
    place: str,
    table: str,
    parent: str,
    answered: Record,
    root: str,
    tables: dict[str, list[tuple[str, Record]]],
    limits: Limits,
    budget: Budget,
    copied: Budget,
    depth: int,
) -> None:
    """Put one submission, or one row of a repeat group, into its table, and its own repeats into theirs.

    `answered` is the parent's index and what its rows inherit.
    """
    records = tables.setdefault(table, [])
    index = len(records) + 1
    copied.spend(len(answered), table, place)
    record: dict[str, tuple[Cell, str]] = {**answered, INDEX: (index, place)}
    if parent:
        record |= {PARENT_INDEX: (answered[INDEX][0], place), PARENT: (parent, place)}
    records.append((place, record))
    repeats: list[tuple[str, list[object]]] = []
    fields = item.items() if isinstance(item, dict) else [("value", item)]
    for field, content in fields:
        if field not in _NO_REPEATS and _is_repeat(content) and depth < limits.depth:
            repeats.append((field, content))
        else:
            for path, cell in _cells(field, content, pointer(place, field), limits, budget):
                record[path] = cell
    if not repeats:
        return
    said = {INDEX: record[INDEX], **{_inherited(name): cell for name, cell in record.items() if _is_answer(name)}}
    for field, members in repeats:
        title = field if field != root else f"{field} (repeat)"
        for position, member in enumerate(members):
            where = pointer(pointer(place, field), position)
            _take(member, where, title, table, said, root, tables, limits, budget, copied, depth + 1)


def _is_answer(field: str) -> bool:
    """Whether a field was filled in, rather than put there by Kobo."""
    return field.startswith(_ANSWERED) or not (field.startswith("_") or field in _MARKS)


def _inherited(field: str) -> str:
    return _ANSWERED + field.replace("/", ".")


def _is_repeat(content: object) -> TypeGuard[list[object]]:
    return isinstance(content, list) and bool(content) and all(isinstance(member, dict) for member in content)


def _cells(
    field: str, content: object, where: str, limits: Limits, budget: Budget
) -> Iterator[tuple[str, tuple[Cell, str]]]:
    for path, cell in flattened(content, where, limits, budget).items():
        yield f"{field}/{path}" if path else field, cell
