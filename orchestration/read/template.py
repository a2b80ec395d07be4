"""The workbook that a reporter fills in, made from a family's contract.

Headings, lists and instructions are in the reader's language; a very hidden sheet (`STAMP_SHEET`) says
for which family, version and language it was made, so that what comes back is recognised at once.
There are no macros and no formulas: what a cell shows is what it holds.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any, Literal

from orchestration.read import dimensions, text
from orchestration.read.contracts import Column, Contract
from orchestration.read.formats.document import Document
from orchestration.read.reference import COUNTRY, Reference
from orchestration.settings import LANGUAGES, Language
from orchestration.texts import load_texts

STAMP_SHEET = "_hasila"
"""The sheet that says what a workbook is; column A holds the keys of `STAMP_KEYS`, column B their values."""
STAMP_KEYS = ("hasila_family", "hasila_version", "hasila_language")
LISTS_SHEET = "_hasila_lists"
"""The sheet that holds the drop-down lists, one a column, without headings."""
ROWS = 200
"""How many rows below the header have their lists and cell types."""

_FORMATS = {"count": "#,##0", "percent": "0.0", "amount": "#,##0.00", "date": "yyyy-mm-dd", "text": "@", "code": "@"}
_AGES = ("Y0T5", "Y6T11", "Y12T17")
_QUALIFIERS = (
    *("exact", "approximate", "at_least", "at_most", "more_than", "less_than"),
    *("suppressed", "not_applicable", "not_reported"),
)
_STATUSES = ("planned", "in_progress", "under_approval", "done")
_PARTED = frozenset({"sex", "age_group", "residence", "population_group"})
_WIDEST = 48


class TemplateError(ValueError):
    """The family cannot be sent as a workbook; says what it is sent as."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a template's hidden sheet says it is."""

    family: str
    version: int
    language: Language


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of the workbook: its header cells from top to bottom, its column, and what may be chosen."""

    texts: tuple[str, ...]
    column: Column
    kind: Literal["count", "percent", "amount", "date", "text", "code"]
    choices: tuple[str, ...] = ()
    is_total_choosable: bool = False


@dataclass(slots=True)
class _Lists:
    """The drop-down lists, each written once."""

    sheet: Any
    known: dict[tuple[str, ...], str] = field(default_factory=dict)

    def reference(self, choices: tuple[str, ...]) -> str:
        """The range that holds the choices, as a validation names it."""
        from openpyxl.utils import get_column_letter

        if choices not in self.known:
            column = len(self.known) + 1
            for row, choice in enumerate(choices, 1):
                self.sheet.cell(row, column, choice).number_format = "@"
            letter = get_column_letter(column)
            self.known[choices] = f"'{LISTS_SHEET}'!${letter}$1:${letter}${len(choices)}"
        return self.known[choices]


def stamp_of(document: Document) -> Stamp | None:
    """What a workbook's hidden sheet says it was made for; None where it is no template, or a spoilt one."""
    sheet = next((sheet for sheet in document.sheets if sheet.name == STAMP_SHEET), None)
    if sheet is None:
        return None
    said = {str(row[0]): str(row[1]) for row in sheet.rows if len(row) > 1}
    family, version, language = (said.get(key, "") for key in STAMP_KEYS)
    version = version.removesuffix(".0")
    known = next((name for name in LANGUAGES if name == language), None)
    if not family or not version.isdecimal() or known is None:
        return None
    return Stamp(family, int(version), known)


def write_template(contract: Contract, reference: Reference, language: Language, path: Path) -> None:
    """Write the workbook of a family in a language.

    Raises TemplateError where the contract takes no workbooks, OSError where `path` cannot be written.
    """
    if "xlsx" not in contract.formats:
        raise TemplateError(f"{contract.family} is not sent as a workbook but as {', '.join(contract.formats)}")
    from openpyxl import Workbook

    words = _words()[language]
    book = Workbook()
    # A template is the same whenever it is made.
    book.properties.creator = "hasila"
    book.properties.title = contract.title[language]
    book.properties.created = book.properties.modified = datetime(2020, 1, 1)  # noqa: DTZ001  Excel has no zones
    sheet = book.active
    sheet.title = words["sheet"]
    instructions = book.create_sheet(words["instructions_sheet"])
    stamp, lists = book.create_sheet(STAMP_SHEET), book.create_sheet(LISTS_SHEET)
    for hidden in (stamp, lists):
        hidden.sheet_state = "veryHidden"
    for one in (sheet, instructions):
        one.sheet_view.rightToLeft = language == "ar"
    for row in zip(STAMP_KEYS, (contract.family, contract.version, language), strict=True):
        stamp.append(row)
    headings = headings_of(contract, reference, language)
    _write_table(sheet, contract, headings, language, _Lists(lists))
    _write_instructions(instructions, contract, headings, language)
    book.save(path)


def headings_of(contract: Contract, reference: Reference, language: Language) -> list[Heading]:
    """The template's columns in order; dimensions that no column holds run across."""
    in_rows = {column.role for column in contract.columns.values()}
    across = [spread.dimension for spread in contract.spread if spread.dimension not in in_rows]
    found: list[Heading] = []
    is_spread = not across
    for name, column in contract.columns.items():
        if column.role == "value" and not is_spread:
            found += _spread(contract, column, across, reference, language)
            is_spread = True
            continue
        if column.role == "remark" and not column.prefix and not is_spread:
            found += _spread(contract, None, across, reference, language)
            is_spread = True
        found.append(_heading(name, contract, reference, language))
    if not is_spread:
        found += _spread(contract, None, across, reference, language)
    return found


def _heading(name: str, contract: Contract, reference: Reference, language: Language) -> Heading:
    column = contract.columns[name]
    choices = _choices(column, contract, reference, language)
    kind = column.type or _kind(column, bool(choices))
    # Where categories may be left out or overlap, the total is stated as a row of its own.
    total = bool(choices) and column.role in _PARTED
    if total:
        choices = (*choices, _words()[language]["total"])
    return Heading((label_of(name, column, language),), column, kind, choices, total)


def label_of(name: str, column: Column, language: Language) -> str:
    """What a column is called in a language; in another one where it has no name there."""
    for labels in (getattr(column.labels, language), column.labels.fr, column.labels.en, column.labels.ar, column.hxl):
        if labels:
            return str(labels[0])
    return name


def _kind(column: Column, has_choices: bool) -> Literal["count", "date", "text", "code"]:
    if has_choices:
        return "code"
    if column.role in ("period_start", "period_end"):
        return "date"
    return "count" if column.role in ("value", "numerator", "denominator") else "text"


# --- dimensions that run across


def _spread(
    contract: Contract, base: Column | None, across: Sequence[str], reference: Reference, language: Language
) -> Iterator[Heading]:
    """A column for each combination of the dimensions' values, under the name of what is counted."""
    levels = [_across(contract, dimension, reference, language) for dimension in across]
    above = () if base is None else (label_of("", base, language),)
    column = base or Column(role="value", hxl=("#value",))
    for texts in product(*levels):
        yield Heading((*above, *texts), column, column.type or "count")


def _across(contract: Contract, dimension: str, reference: Reference, language: Language) -> list[str]:
    words = _words()[language]
    match dimension:
        case "sex":
            return [*(words["sex"][code] for code in contract.exhaustive.get("sex", ("F", "M"))), words["total"]]
        case "age_group":
            ages = contract.exhaustive.get("age_group", _AGES)
            return [*(age_words(code, language) for code in ages), words["total"]]
        case "period":
            grains = contract.period.grains
            name = next((name for name in ("month", "quarter", "half_year") if name in grains), "month")
            return list(words[f"{name}s"])
        case "place":
            system = next(spread.code_system for spread in contract.spread if spread.dimension == "place")
            regions = sorted(reference.regions)
            return [_place_name(code, system, reference, language) for code in regions]
        case _:
            return [_indicator_name(code, reference, language) for code in _indicators(contract, reference)]


# --- what may be chosen


def _choices(column: Column, contract: Contract, reference: Reference, language: Language) -> tuple[str, ...]:
    words = _words()[language]
    if column.codes:
        return tuple((*getattr(code.labels, language), code.code)[0] for code in column.codes)
    match column.role:
        case "indicator":
            return tuple(_indicator_name(code, reference, language) for code in _indicators(contract, reference))
        case "place" | "parent_place":
            codes = [COUNTRY, *sorted(reference.regions)]
            if column.role == "place":
                provinces = reference.labels.get("place", {}).keys() - set(codes)
                codes += sorted(provinces, key=lambda code: (reference.parents.get(code, ""), code))
            return tuple(_place_name(code, column.code_system, reference, language) for code in codes)
        case "sex":
            return tuple(words["sex"].values())
        case "residence":
            return tuple(words["residence"].values())
        case "age_group":
            return tuple(age_words(code, language) for code in contract.exhaustive.get("age_group", _AGES))
        case "deliverable_code":
            return tuple(sorted(reference.deliverables))
        case "deliverable_status":
            return _STATUSES
        case "qualifier":
            return _QUALIFIERS
        case _:
            return ()


def _indicators(contract: Contract, reference: Reference) -> list[str]:
    """The indicators of the family's programme and of those that are parts of it, its own first.

    Deliverables are counted by their identity: they are offered where the table has a column for it.
    """
    counts_deliverables = any(column.role == "deliverable_code" for column in contract.columns.values())
    offered = [
        code
        for code, indicator in reference.indicators.items()
        if counts_deliverables or not indicator.is_deliverable_count
    ]
    if contract.programme is None:
        return offered
    steps = {}
    for code in offered:
        below = _steps(reference.programme_of.get(code, ""), contract.programme, reference)
        if below is not None:
            steps[code] = below
    return sorted(steps, key=lambda code: steps[code]) or offered


def _steps(programme: str, above: str, reference: Reference) -> int | None:
    """How many steps a programme lies below another; None where it is no part of it."""
    steps = 0
    while programme != above:
        if programme not in reference.programme_parents or steps > len(reference.programme_parents):
            return None
        programme = reference.programme_parents[programme]
        steps += 1
    return steps


def _indicator_name(code: str, reference: Reference, language: Language) -> str:
    """An indicator's name, or its code where the name alone would not be understood."""
    name = reference.labels.get("indicator", {}).get(code, {}).get(language, "")
    return name if name and reference.indicator_names.find(name) == code else code


def _place_name(code: str, code_system: str, reference: Reference, language: Language) -> str:
    """A place's name, or its code in the column's numbering where several places bear the name."""
    name = reference.labels.get("place", {}).get(code, {}).get(language, "")
    if name and reference.locate(name, code_system).code == code:
        return name
    numbers: Mapping[str, str] = reference.place_codes.get(code_system, {})
    return next((number.upper() for number, place in numbers.items() if place == code), code)


def age_words(code: str, language: Language) -> str:
    """An age group in words: `0-5 ans` for Y0T5. What is no such code stays as it is."""
    words = _words()[language]["age"]
    if code.startswith("Y_GE"):
        return str(words["from"]).format(first=code[4:])
    if code.startswith("Y_LT"):
        return str(words["under"]).format(last=code[4:])
    first, _, last = code.removeprefix("Y").partition("T")
    if not first.isdecimal():
        return code
    return str(words["span" if last else "one"]).format(first=first, last=last)


# --- the workbook


def _write_table(
    sheet: Any, contract: Contract, headings: Sequence[Heading], language: Language, lists: _Lists
) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
    from openpyxl.utils import get_column_letter

    words = _words()[language]
    sheet["A1"] = contract.title[language]
    sheet["A1"].font = Font(bold=True, size=14)
    top = 3
    if contract.period.source != "column":
        _write_period(sheet, contract, words)
        top = 4
    height = max(len(heading.texts) for heading in headings)
    line = Border(*(Side(style="thin", color="999999") for _ in range(4)))
    for index, heading in enumerate(headings, 1):
        # A label stands on the lowest row of the header, next to its values.
        for level, label in enumerate(heading.texts, top + height - len(heading.texts)):
            sheet.cell(level, index, label)
        for level in range(top, top + height):
            cell = sheet.cell(level, index)
            cell.font, cell.border = Font(bold=True), line
            cell.fill = PatternFill("solid", start_color="DDE7F0")
            cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    _merge(sheet, headings, top, height)
    first = top + height
    last = first + ROWS - 1
    for index, heading in enumerate(headings, 1):
        letter = get_column_letter(index)
        for row in range(first, last + 1):
            sheet.cell(row, index).number_format = _FORMATS[heading.kind] if not heading.choices else "@"
        if validation := _validation(heading, lists, words):
            validation.add(f"{letter}{first}:{letter}{last}")
            sheet.add_data_validation(validation)
        longest = max(map(len, (*heading.texts[-1:], *heading.choices)))
        sheet.column_dimensions[letter].width = min(max(longest + 3, 12), _WIDEST)
    frozen = next((index for index, heading in enumerate(headings, 1) if heading.column.role == "value"), 1)
    sheet.freeze_panes = sheet.cell(first, min(frozen, 4))
    sheet.page_setup.orientation = "landscape"
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_setup.fitToHeight = 0
    sheet.print_title_rows = f"{top}:{first - 1}"


def _write_period(sheet: Any, contract: Contract, words: Mapping[str, Any]) -> None:
    from openpyxl.styles import Font, PatternFill
    from openpyxl.worksheet.datavalidation import DataValidation

    is_year = contract.period.source == "header"
    grain = "year" if is_year else (contract.due.grain if contract.due else contract.period.grains[0])
    if not is_year and grain not in contract.period.grains:
        grain = contract.period.grains[0]
    hint = words["period_hint"].format(example=words["examples"][grain])
    sheet["A2"] = words["year" if is_year else "period"]
    sheet["A2"].font = Font(bold=True)
    sheet["B2"].number_format = "@"
    sheet["B2"].fill = PatternFill("solid", start_color="FFF6CC")
    # The example is read by nobody but people: left alone, the report has no period and is told so.
    sheet["C2"] = hint
    sheet["C2"].font = Font(italic=True, color="777777")
    prompt = DataValidation(promptTitle=sheet["A2"].value, prompt=hint, showInputMessage=True, allow_blank=True)
    prompt.add("B2")
    sheet.add_data_validation(prompt)


def _merge(sheet: Any, headings: Sequence[Heading], top: int, height: int) -> None:
    """Merge what stands over several columns: equal texts side by side, under equal texts."""
    for level in range(height - 1):
        start = 0
        paths = [_path(heading, level, height) for heading in headings]
        for index in range(1, len(paths) + 1):
            if index == len(paths) or paths[index] != paths[start] or not paths[start]:
                if paths[start] and index - start > 1:
                    for column in range(start + 2, index + 1):
                        sheet.cell(top + level, column).value = None
                    sheet.merge_cells(
                        start_row=top + level, end_row=top + level, start_column=start + 1, end_column=index
                    )
                start = index


def _path(heading: Heading, level: int, height: int) -> tuple[str, ...]:
    """A heading's texts down to a row of the header; empty where it has none there."""
    missing = height - len(heading.texts)
    return heading.texts[: level - missing + 1] if level >= missing else ()


def _validation(heading: Heading, lists: _Lists, words: Mapping[str, Any]) -> Any:
    from openpyxl.worksheet.datavalidation import DataValidation

    if heading.choices:
        validation = DataValidation(
            type="list", formula1=lists.reference(heading.choices), error=words["not_in_list"], showErrorMessage=True
        )
    elif heading.kind == "count":
        # A warning only: "more than 10" and "not available" are answers too.
        validation = DataValidation(
            type="whole", operator="greaterThanOrEqual", formula1="0", error=words["not_a_count"], errorStyle="warning"
        )
        validation.showErrorMessage = True
    elif heading.kind == "date":
        validation = DataValidation(
            type="date",
            operator="greaterThan",
            formula1=str((date(2000, 1, 1) - date(1899, 12, 30)).days),
            error=words["not_a_date"],
            errorStyle="warning",
            showErrorMessage=True,
        )
    else:
        return None
    validation.allow_blank = True
    return validation


def _write_instructions(sheet: Any, contract: Contract, headings: Sequence[Heading], language: Language) -> None:
    from openpyxl.styles import Alignment, Font

    words = _words()[language]
    steps = [step.format(sheet=words["sheet"]) for step in words["steps"]]
    if contract.period.source != "title":
        steps[1] = words["period_steps"][contract.period.source]
    if not any(heading.column.role in _PARTED for heading in headings):
        steps.pop(5)
    if not any(heading.choices for heading in headings):
        steps.pop(2)
    sheet["A1"] = contract.title[language]
    sheet["A1"].font = Font(bold=True, size=14)
    row = 3
    for number, step in enumerate(steps, 1):
        sheet.cell(row, 1, f"{number}. {step}").alignment = Alignment(wrap_text=True, vertical="top")
        sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=3)
        sheet.row_dimensions[row].height = 32
        row += 1
    row += 1
    for index, label in enumerate(words["columns"], 1):
        sheet.cell(row, index, label).font = Font(bold=True)
    for label, heading in _explained(headings):
        row += 1
        contents = words["contents"]
        kind = contents["list_or_total" if heading.is_total_choosable else "list"] if heading.choices else None
        sheet.cell(row, 1, label)
        sheet.cell(row, 2, (kind or contents.get(heading.kind, contents["text"])).format(total=words["total"]))
        sheet.cell(row, 3, words["required"] if heading.column.required else "")
    for letter, width in zip("ABC", (44, 44, 14), strict=True):
        sheet.column_dimensions[letter].width = width


def _explained(headings: Sequence[Heading]) -> Iterator[tuple[str, Heading]]:
    """Each column once; those that a dimension spreads under the name they share, between quotation marks.

    The marks keep a list of headings from looking like a header itself.
    """
    seen: set[str] = set()
    for heading in headings:
        label = heading.texts[0] if len(heading.texts) > 1 else heading.texts[-1]
        if label not in seen:
            seen.add(label)
            yield f"« {label} »", heading


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    """The texts by language (template_texts.yml)."""
    path = Path(__file__).with_name("template_texts.yml")
    content = load_texts(path)
    for language, words in content.items():
        # What a list offers must be read back as what it stands for.
        if not all(dimensions.sex_code(word) == code for code, word in words["sex"].items()):
            raise ValueError(f"{path}: {language}: the words for the sexes are not read as such")
        if text.key(words["total"]) not in dimensions.TOTALS:
            raise ValueError(f"{path}: {language}: {words['total']} is not read as a total")
    return content
