"""KoboToolbox submissions: one sheet for the submissions, one for each repeat group.

Read from exports of the API (`results`), of formpack (`content` and `submissions`), or a plain list
of submissions. A group's path is the column's name (`visit/location`), as Kobo writes it. A repeat
group's rows say in `_parent_index` which submission (or row of the outer repeat) they belong to,
counted from 1 as Kobo's own exports do, and repeat what was answered there under names that no field
of a form can have (`_parent.visit.location`): so a contract that wants them says so, and a figure of
the submission is never counted once a row. Where the form comes along and its questions bear HXL tags, these
stand in a row below the names; what a repeat group's rows repeat has none.

Kobo's own workbooks say the same in sheets of their own, whose rows name their parent's: there the
answers around a row are put behind it, and keep the place that they have in the other sheet.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeGuard

from orchestration.read.formats.document import Budget, Cell, Limits, Place, Sheet, UnreadableError, too_large
from orchestration.read.formats.json_records import flattened, pointer
from orchestration.read.formats.records import Record, sheet_of

INDEX, PARENT_INDEX, PARENT = "_index", "_parent_index", "_parent_table_name"
NO_TAGS: Mapping[str, tuple[str, str]] = MappingProxyType({})
_ANSWERED = "_parent."
_SHEET_NAME = 31
_OF_SUBMISSION = "_submission__validation_status"
APPROVALS = ("_validation_status", "_validation_status/uid", "_validation_status/label", _OF_SUBMISSION)
"""The fields in which whoever looks after a form says what became of a submission, a repeat group's row in the last."""
NOT_APPROVED = frozenset(
    {"not approved", "validation_status_not_approved", "non approuvé", "non approuvée", "غير معتمد"}
)
"""What they say, in small letters, of one that is not to count."""
_LISTS = ("submissions", "_submissions", "results", "data")
# What Kobo itself puts into each submission.
_MARKS = frozenset({"_uuid", "_xform_id_string", "meta/instanceID", "_submission_time", "formhub/uuid", "__version__"})
_OF_THE_DEVICE = frozenset(
    {"start", "end", "today", "deviceid", "username", "phonenumber", "simserial", "subscriberid"}
)
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


def is_export(header: Sequence[Cell]) -> bool:
    """Whether a table's header is that of one of Kobo's exports."""
    return INDEX in header and not {"_submission__uuid", PARENT_INDEX, *_MARKS}.isdisjoint(header)


def _is_repeat_sheet(sheet: Sheet) -> bool:
    return bool(sheet.rows) and {PARENT_INDEX, PARENT}.issubset(sheet.rows[0])


def join(sheets: Sequence[Sheet], limits: Limits, budget: Budget) -> None:
    """Put behind each row of a repeat group's sheet what was answered around it.

    Raises UnreadableError with FILE_TOO_LARGE or FILE_TOO_SLOW.
    """
    by_name = {sheet.name: sheet for sheet in sheets}
    waiting = {sheet.name for sheet in sheets if _is_repeat_sheet(sheet)}
    while waiting:
        # The outer groups first, for the inner ones repeat what these do; where two name each other, none is outer.
        ready = [name for name in waiting if waiting.isdisjoint(_parents(by_name[name]) - {name})] or list(waiting)
        for name in ready:
            _join(by_name[name], by_name, limits, budget)
        waiting.difference_update(ready)


def submission_of(sheet: Sheet, position: int) -> Cell:
    """The index of the submission that a repeat group's row belongs to; None where it is no such row."""
    header, row = sheet.rows[0], sheet.rows[position]
    at = header.index(PARENT_INDEX) if PARENT_INDEX in header else len(row)
    return row[at] if at < len(row) else None


def _is_tags(row: Sequence[Cell]) -> bool:
    """Whether an export's second row holds the HXL tags of its questions."""
    return all(isinstance(cell, str) and cell.startswith("#") for cell in row if cell is not None and cell != "")


def _parents(sheet: Sheet) -> set[str]:
    column = sheet.rows[0].index(PARENT)
    return {str(row[column]) for row in sheet.rows[1:] if len(row) > column and row[column] is not None}


def _join(sheet: Sheet, by_name: Mapping[str, Sheet], limits: Limits, budget: Budget) -> None:
    outer = _parents(sheet) - {sheet.name}
    # A name that is too long for a sheet is cut there.
    sheets = {name: by_name.get(name) or by_name.get(name[:_SHEET_NAME]) for name in outer}
    parents = {name: parent for name, found in sheets.items() if (parent := _Parent.of(found)) is not None}
    header = sheet.rows[0]
    width = len(header)
    columns: dict[str, int] = {}
    for name in sorted(parents):
        for field, column in parents[name].answers.items():
            if field not in columns and field not in header:
                columns[field] = width + len(columns)
                sheet.borrowed[0, columns[field]] = parents[name].cell_name(0, column)
    if width + len(columns) > limits.columns:
        raise UnreadableError(too_large(f"{width + len(columns)} columns", f"{limits.columns} columns", sheet.name))
    parent_at, index_at = header.index(PARENT), header.index(PARENT_INDEX)
    for position, row in enumerate(sheet.rows[1:], 1):
        table, index = (row[at] if at < len(row) else None for at in (parent_at, index_at))
        if all(cell is None or cell == "" for cell in row) or (position == 1 and _is_tags(row)):
            continue
        budget.spend(len(columns), sheet.name)
        row.extend([None] * (width + len(columns) - len(row)))
        parent = parents.get(str(table))
        above = parent.rows.get(index) if parent and index is not None else None
        for field, column in columns.items():
            here = position, column
            if parent is None or above is None:
                sheet.problems[here] = "PARENT_ROW_MISSING"
                sheet.borrowed[here] = f"{sheet.name}!{sheet.cell_name(position, index_at)}"
            elif (there := parent.answers.get(field)) is not None:
                parent.lend(above, there, sheet, here)
    header.extend(columns)


@dataclass(frozen=True, slots=True)
class _Parent:
    """A sheet whose rows others belong to: its answers' columns by their inherited names, its rows by their index."""

    sheet: Sheet
    answers: Mapping[str, int]
    rows: Mapping[Cell, int]

    @classmethod
    def of(cls, sheet: Sheet | None) -> "_Parent | None":
        if sheet is None or not sheet.rows or INDEX not in sheet.rows[0]:
            return None
        header = sheet.rows[0]
        at = header.index(INDEX)
        indexes = [row[at] if at < len(row) else None for row in sheet.rows]
        # Of two rows with one index, as in exports that were put together by hand, none is the parent.
        often = Counter(indexes)
        rows = {index: position for position, index in enumerate(indexes) if position and often[index] == 1}
        rows.pop(None, None)
        answers = {
            _inherited(field): column
            for column, field in enumerate(header)
            if isinstance(field, str) and field and is_answer(field)
        }
        return cls(sheet, answers, rows)

    def cell_name(self, position: int, column: int) -> str:
        """A cell's name as other sheets have it."""
        name, cell = self.sheet.place(position, column)
        return f"{name}!{cell}"

    def lend(self, position: int, column: int, sheet: Sheet, here: Place) -> None:
        """Repeat a cell, and what is known of it, in another sheet's."""
        row = self.sheet.rows[position]
        sheet.rows[here[0]][here[1]] = row[column] if column < len(row) else None
        sheet.borrowed[here] = self.cell_name(position, column)
        if problem := self.sheet.problems.get((position, column)):
            sheet.problems[here] = problem
        if (position, column) in self.sheet.percent_cells:
            sheet.percent_cells.add(here)


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
    said = {INDEX: record[INDEX], **{_inherited(name): cell for name, cell in record.items() if is_answer(name)}}
    if status := next((record[name] for name in APPROVALS if name in record), None):
        said[_OF_SUBMISSION] = status
    for field, members in repeats:
        title = field if field != root else f"{field} (repeat)"
        for position, member in enumerate(members):
            where = pointer(pointer(place, field), position)
            _take(member, where, title, table, said, root, tables, limits, budget, copied, depth + 1)


def is_answer(field: str) -> bool:
    """Whether a field was filled in, rather than put there by Kobo."""
    return field.startswith(_ANSWERED) or not (field.startswith("_") or field in _MARKS)


def is_of_the_device(field: str) -> bool:
    """Whether a field is one that the form's filling itself answers, under the name that Kobo proposes for it."""
    return field.rsplit(".", 1)[-1] in _OF_THE_DEVICE


def _inherited(field: str) -> str:
    return _ANSWERED + field.replace("/", ".")


def _is_repeat(content: object) -> TypeGuard[list[object]]:
    return isinstance(content, list) and bool(content) and all(isinstance(member, dict) for member in content)


def _cells(
    field: str, content: object, where: str, limits: Limits, budget: Budget
) -> Iterator[tuple[str, tuple[Cell, str]]]:
    for path, cell in flattened(content, where, limits, budget).items():
        yield f"{field}/{path}" if path else field, cell
