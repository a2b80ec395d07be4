"""Finding a contract's tables in a file: headers, their columns, and what stands above and around them.

A header is found, not assumed: titles and logos may stand above it, it may have several rows with
merged cells, carry two languages in one cell or in two rows, be followed by units or by HXL tags,
and a sheet may hold several tables one below another or side by side.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain, count, pairwise

from orchestration.findings import Finding
from orchestration.read import dimensions, numbers, periods, personal, text
from orchestration.read.contracts import Column, Contract, Spread
from orchestration.read.formats.document import Cell, Document, Sheet
from orchestration.read.numbers import NumberError
from orchestration.read.periods import PeriodError
from orchestration.read.reference import TOTAL, Reference
from orchestration.settings import Language

_WIDEST = 400  # columns that are looked through for headers
_MOST_BLOCKS = 40  # blocks of columns that are tried as tables of their own
_LONGEST_LABEL = 200
_REMEMBERED = 50_000


@dataclass(slots=True)
class ValueColumn:
    """A column of values: the contract's column, where it is, and what its values are about.

    `fixed` holds codes, but for `period`, which stays as written: a month may need the title's year.
    """

    column: Column
    index: int
    fixed: dict[str, str]


@dataclass(slots=True)
class Table:
    """A table found. Rows count from 0; its rows are `first` to `end`, exclusive.

    `top` is the first and `header` the last row of the header, tags and units not counted;
    `titles` is where the texts above it begin. `columns` lead from a column's name to its index.
    `is_tagged` says that a row of HXL tags decided which they are; `understood` are the header's cells that name
    what runs across.
    `unread` are columns that no contract knows, with their headings; `repeated` are columns whose name
    the header gave to another one before, by index. Where tables stand side by side,
    `sheet` holds the cells of this one only, at their places.
    """

    sheet: Sheet
    header: int
    columns: dict[str, int]
    language: Language
    top: int = 0
    first: int = 0
    end: int = 0
    titles: int = 0
    values: list[ValueColumn] = field(default_factory=list)
    unread: dict[int, str] = field(default_factory=dict)
    repeated: dict[int, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    is_tagged: bool = False
    understood: int = 0

    @property
    def matched(self) -> int:
        """How many columns were recognised."""
        named = len(self.columns)
        return named + sum(value.index not in self.columns.values() for value in self.values)


@dataclass(slots=True)
class Match:
    """How well a document fits a contract. Without `tables` it does not."""

    contract: Contract
    tables: list[Table] = field(default_factory=list)
    matched: int = 0
    missing: tuple[str, ...] = ()
    nearest_sheet: str = ""
    skipped: tuple[str, ...] = ()
    """Hidden sheets that hold such a table too and that the contract does not let be read."""
    of_others: dict[str, str] = field(default_factory=dict)
    """Sheets that hold a table of another family, with its name."""


def written(cell: Cell) -> str:
    """A cell's content as text: whole floats without their `.0`, dates in ISO form."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return str(cell)


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing that a person would see."""
    return cell is None or (isinstance(cell, str) and (not cell or cell.isspace()))


# --- labels

_FOOTNOTE = re.compile(r"(?<=\w|[)%])\s*(?:\*+|[¹²³⁰⁴-⁹]+|[\(\[]\s*(?:\d{1,2}|[a-z]|\*+)\s*[\)\]])\s*$")
_PIECES = re.compile(r"\s*[\n\r|\\()\[\]]\s*|\s*/\s*|\s+[-–—]\s+")
# SDMX-CSV with labels: `REF_AREA:Geographic area`.
_IDENTIFIED = re.compile(r"([A-Z][A-Z0-9_]+):")
_ARABIC = re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]")
_LATIN = re.compile(r"[A-Za-zÀ-ÿ]")
_LETTER = re.compile(r"[^\W\d_]")


def without_footnote(written: str) -> str:
    """A label or number without the mark that leads to a footnote: `425 (1)`, `Nombre*`, `Filles²`."""
    # What is longer is no label; of a long run of marks each would be the beginning of another search.
    return written if len(written) > _LONGEST_LABEL else _FOOTNOTE.sub("", written)


def pieces(label: str) -> list[str]:
    """The parts of a heading that may each be its name, or say more: `Filles (%)` is `Filles` and `%`."""
    return [part for part in _PIECES.split(without_footnote(label)) if part.strip()]


@lru_cache(maxsize=16384)
def label_keys(label: str) -> tuple[str, ...]:
    """The comparison keys a heading may be known by, the whole first.

    `Région / الجهة` is `Région` and `الجهة`, `Nombre (1)` is `Nombre`, `Effectif (personnes)` is `Effectif`.
    """
    found = dict.fromkeys(text.key(reading) for reading in _readings(label))
    found.pop("", None)
    return tuple(found)


@lru_cache(maxsize=16384)
def _readings(label: str) -> tuple[str, ...]:
    """The texts that a heading may be read as: whole, without its footnote, and its parts."""
    if len(label) > _LONGEST_LABEL:
        return ()
    plain = without_footnote(label)
    found = [label, plain, *_PIECES.split(plain)]
    if identified := _IDENTIFIED.match(plain):
        found.append(identified[1])
    if _ARABIC.search(plain) and _LATIN.search(plain):
        words = plain.split()
        found.append(" ".join(word for word in words if _ARABIC.search(word)))
        found.append(" ".join(word for word in words if not _ARABIC.search(word)))
    return tuple(dict.fromkeys(reading.strip() for reading in found if reading.strip()))


@lru_cache(maxsize=16384)
def _label_words(label: str) -> frozenset[str]:
    """The words of a label; a figure is none."""
    if not _LETTER.search(label):
        return frozenset()
    return frozenset(word for key in label_keys(label) for word in key.split())


@lru_cache(maxsize=16384)
def _text_keys(cell: str) -> tuple[str, ...]:
    if _LETTER.search(cell):
        return label_keys(cell)
    return (found,) if (found := text.key(cell)) else ()


def _cell_keys(cell: Cell) -> tuple[str, ...]:
    if isinstance(cell, str):
        return _text_keys(cell)
    # A year or a month may head a column as a number or a date.
    return () if cell is None else (written(cell),)


class Lines:
    """A sheet's rows as label keys, worked out once for all contracts that look at it."""

    def __init__(self, sheet: Sheet):
        self.sheet = sheet
        self._rows: dict[int, list[tuple[str, ...]]] = {}
        self._all: dict[int, frozenset[str]] = {}
        self._tags: dict[int, list[str]] = {}
        self._words: dict[tuple[int, int], frozenset[str]] = {}
        self._tagged: dict[int, list[int]] = {}
        self._senses: dict[tuple[_Vocabulary, int], tuple[int, ...]] = {}
        self._cells: dict[tuple[int, int], dict[str, list[Cell]]] = {}
        self._distinct: dict[tuple[int, int], list[str]] = {}

    def words(self, first: int, end: int) -> frozenset[str]:
        """All words of the labels in the rows from `first` up to `end`."""
        found = self._words.get((first, end))
        if found is None:
            found = self._words[first, end] = frozenset().union(*map(_label_words, self._texts(first, end)))
        return found

    def tagged(self, within: int) -> list[int]:
        """Which of the first `within` rows are rows of HXL tags."""
        found = self._tagged.get(within)
        if found is None:
            may_be = any("#" in cell for cell in self._texts(0, within))
            found = [position for position in range(within) if self.tags(position)] if may_be else []
            self._tagged[within] = found
        return found

    def labels(self, first: int, end: int) -> dict[str, list[Cell]]:
        """The texts in the rows from `first` up to `end`, but for figures, by the keys they may be known by."""
        found = self._cells.get((first, end))
        if found is None:
            found = self._cells[first, end] = {}
            for cell in self._texts(first, end):
                for key in () if cell.isdecimal() else _text_keys(cell):
                    found.setdefault(key, []).append(cell)
        return found

    def labelled(self, within: int, known: frozenset[str]) -> set[int]:
        """Which of the first `within` rows hold a text with one of the keys `known`."""
        labels = self.labels(0, within)
        cells = frozenset(chain.from_iterable(labels[key] for key in known & labels.keys()))
        return self._holding(cells, 0, within)

    def far_labelled(self, first: int, words: "_Vocabulary") -> list[int]:
        """Which rows from `first` on hold a text that is a label by itself."""
        end = len(self.sheet.rows)
        cells = frozenset(cell for cell in self._texts(first, end) if words.is_label(cell))
        return sorted(self._holding(cells, first, end))

    def _holding(self, cells: frozenset[Cell], first: int, end: int) -> set[int]:
        if not cells:
            return set()
        rows = self.sheet.rows[first:end]
        return {position for position, row in enumerate(rows, first) if not cells.isdisjoint(row[:_WIDEST])}

    def _texts(self, first: int, end: int) -> list[str]:
        found = self._distinct.get((first, end))
        if found is None:
            rows = (row[:_WIDEST] for row in self.sheet.rows[first:end])
            cells = set(chain.from_iterable(rows))
            found = self._distinct[first, end] = [cell for cell in cells if isinstance(cell, str)]
        return found

    def senses(self, words: "_Vocabulary", position: int) -> tuple[int, ...]:
        """What a row's cells may mean in a header of that contract."""
        key = words, position
        found = self._senses.get(key)
        if found is None:
            found = self._senses[key] = words.senses(self.sheet.rows[position])
        return found

    def row(self, position: int) -> list[tuple[str, ...]]:
        """For each cell of a row the keys it may be known by."""
        found = self._rows.get(position)
        if found is None:
            found = self._rows[position] = [_cell_keys(cell) for cell in self.sheet.rows[position][:_WIDEST]]
        return found

    def tags(self, position: int) -> list[str]:
        """The HXL tags of a row, one a cell; empty where it is no row of tags."""
        found = self._tags.get(position)
        if found is None:
            found = self._tags[position] = _tag_row(self.sheet.rows[position])
        return found

    def keys(self, position: int) -> frozenset[str]:
        """All keys of a row."""
        found = self._all.get(position)
        if found is None:
            found = self._all[position] = frozenset(chain.from_iterable(self.row(position)))
        return found


# --- matching


@dataclass(slots=True)
class _Outline:
    """What some rows say as a header, of whichever sheet they are.

    `unread` leads from a column to the row of its heading, counted upwards from the header's last; None
    where it has none. `troubles` are findings: code, column and the heading's row. `strange` leads from a column
    of values to the dimensions of which its heading names no known value, with the row that it stands in.
    `understood` are the cells over columns of values that name one.
    """

    columns: dict[str, int]
    language: Language = "en"
    values: list[ValueColumn] = field(default_factory=list)
    unread: dict[int, int | None] = field(default_factory=dict)
    troubles: list[tuple[str, int, int | None]] = field(default_factory=list)
    repeated: dict[int, str] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    strange: dict[int, dict[str, int]] = field(default_factory=dict)
    understood: int = 0

    def table(self, sheet: Sheet, top: int, bottom: int) -> Table:
        """The table of that header in a sheet."""

        def heading(index: int, level: int | None) -> str:
            return "" if level is None else written(_cell(sheet, bottom - level, index))

        def as_written(value: ValueColumn) -> ValueColumn:
            levels = self.strange.get(value.index)
            if levels is None:
                return value
            texts = {dimension: _text_over(sheet, bottom - level, value.index) for dimension, level in levels.items()}
            return replace(
                value, fixed=value.fixed | {name: personal.masked(content) for name, content in texts.items()}
            )

        return Table(
            sheet,
            bottom,
            dict(self.columns),
            self.language,
            top=top,
            values=[as_written(value) for value in self.values],
            unread={index: heading(index, level) for index, level in self.unread.items()},
            repeated=dict(self.repeated),
            understood=self.understood,
            findings=[
                Finding(code, *sheet.place(bottom, index), heading(index, level))
                for code, index, level in self.troubles
            ],
        )


@dataclass(frozen=True, slots=True)
class _Across:
    """What a column's headings say of its values: codes by dimension, and the header's row that each stands in.

    `strange` are the rows with a text that is neither one of these nor a total, `known` all others; `is_total`
    says that the lowest text is a total.
    """

    codes: dict[str, str]
    levels: dict[str, int]
    strange: frozenset[int]
    known: frozenset[int] = frozenset()
    is_total: bool = False


class _Wanted:
    """The labels of one column, ready to be looked for in rows of which nothing is known yet."""

    def __init__(self, labels: Iterable[str]):
        self._labels = frozenset(labels)
        # A label of several words may stand in several rows, a word or two in each.
        self._scattered = [words for label in self._labels if len(words := frozenset(label.split())) > 1]

    def may_stand_in(self, lines: "Lines", first: int, end: int) -> bool:
        """Whether some label stands in the rows from `first` up to `end`, in one cell or scattered."""
        if not lines.labels(first, end).keys().isdisjoint(self._labels):
            return True
        if end - first < 2 or not self._scattered:
            return False
        words = lines.words(first, end)
        return any(label <= words for label in self._scattered)


class _Vocabulary:
    """What a contract calls its columns, ready for look-up, and what headings were found to mean."""

    def __init__(self, contract: Contract, reference: Reference | None):
        self.contract = contract
        self.reference = reference
        self.across: dict[tuple[str, ...], _Across | None] = {}
        self.labels: dict[str, tuple[str, Language]] = {
            key: (name, language)
            for name, column in contract.columns.items()
            for key, language in column.labels.keys().items()
        }
        self.known = frozenset(self.labels)
        # A figure may be a label only where a contract has such a one.
        self.has_figures = any(_LETTER.search(label) is None or label in _FIGURES for label in self.known)
        self.outlines: dict[tuple[object, ...], _Outline] = {}
        self._words = frozenset(word for label in self.known for word in label.split())
        self._senses: dict[object, int] = {}
        # Never begun anew: what was numbered before must not be taken for something else.
        self._numbers = count(1)
        self._text_senses: dict[str, int] = {}
        self._figure_senses: dict[str, int] = {}
        self._is_label: dict[str, bool] = {"": False}
        self._spread_codes: dict[tuple[str, str], str | None] = {}
        self.tags = sorted(
            ((*_tag(pattern), name) for name, column in contract.columns.items() for pattern in column.hxl),
            key=lambda entry: -len(entry[1]),
        )
        self.required = {name for name, column in contract.columns.items() if column.required}
        across = {spread.dimension for spread in contract.spread} | {"value"}
        # What must be written in a header, unless tags say it: what runs across may take a column's place.
        self.indispensable = {
            name: _Wanted(contract.columns[name].labels.keys())
            for name in self.required
            if contract.columns[name].role not in across
        }

    def is_label(self, cell: str) -> bool:
        """Whether a text is a label by itself."""
        found = self._is_label.get(cell)
        if found is None:
            found = len(cell) <= _LONGEST_LABEL and not self.known.isdisjoint(_short_label_keys(cell))
            if len(self._is_label) < _REMEMBERED:
                self._is_label[cell] = found
        return found

    def senses(self, row: Sequence[Cell]) -> tuple[int, ...]:
        """What the cells of a row may mean in a header, as numbers: equal ones mean the same."""
        known = self._text_senses
        return tuple(
            [
                found if type(cell) is str and (found := known.get(cell)) is not None else self._sense(cell)
                for cell in row[:_WIDEST]
            ]
        )

    def forget(self) -> None:
        """Begin anew once more was remembered than a memory should hold."""
        if len(self._text_senses) + len(self._figure_senses) + len(self.outlines) > _REMEMBERED:
            for memory in (self._text_senses, self._figure_senses, self._senses, self.outlines):
                memory.clear()
        if len(self._spread_codes) > _REMEMBERED:
            self._spread_codes.clear()

    def _sense(self, cell: Cell) -> int:
        if is_blank(cell):
            return 0
        shown = written(cell)
        memory = self._text_senses if isinstance(cell, str) else self._figure_senses
        if shown not in memory:
            keys = _cell_keys(cell)
            # A word that no label has makes of every label that it is a part of none.
            first = "?" if keys and not self._words.issuperset(keys[0].split()) else "".join(keys[:1])
            sense = (bool(keys), first, tuple(key for key in keys if key in self.known), self._codes(shown))
            if sense not in self._senses:
                self._senses[sense] = next(self._numbers)
            memory[shown] = self._senses[sense]
        return memory[shown]

    def _codes(self, heading: str) -> tuple[object, ...]:
        """What a heading says of the dimensions that run across."""
        if not self.contract.spread:
            return ()
        readings = _readings(heading)
        is_total = any(text.key(reading) in dimensions.TOTALS for reading in readings)
        return (
            bool(readings),
            is_total,
            _is_subtotal(heading),
            *(self.code(spread, readings) for spread in self.contract.spread),
        )

    def code(self, spread: Spread, readings: Iterable[str]) -> str | None:
        """The code that a heading stands for in a dimension; a period stays as written."""
        known = self._spread_codes
        for reading in readings:
            asked = spread.dimension, reading
            if asked not in known:
                known[asked] = self._code(spread, reading)
            if (code := known[asked]) is not None:
                return code
        return None

    def _code(self, spread: Spread, heading: str) -> str | None:
        key = text.key(heading)
        for name, code in spread.values.items():
            if text.key(name) == key:
                return code
        if key in dimensions.TOTALS:
            return None
        match spread.dimension:
            case "sex":
                return dimensions.SEXES.get(key)
            case "age_group":
                return code if (code := dimensions.age_code(heading)) != heading.strip() else None
            case "period":
                return heading if is_period(heading) else None
            case "place":
                return dimensions.place(self.reference, heading, spread.code_system) if self.reference else None
            case "indicator":
                return self.reference.indicator_names.find(heading) if self.reference else None


_FIGURES = frozenset({"nan", "inf"})


_vocabularies: dict[tuple[int, int], _Vocabulary] = {}


def _vocabulary(contract: Contract, reference: Reference | None) -> _Vocabulary:
    key = id(contract), id(reference)
    found = _vocabularies.get(key)
    if found is None or found.contract is not contract or found.reference is not reference:
        if len(_vocabularies) > 500:
            _vocabularies.clear()
        found = _vocabularies[key] = _Vocabulary(contract, reference)
    found.forget()
    return found


def match(
    document: Document,
    contract: Contract,
    reference: Reference | None = None,
    lines: dict[int, Lines] | None = None,
    *,
    quick: bool = False,
) -> Match:
    """All tables of `document` that carry the contract's required columns, or what is missing.

    `reference` is needed where places or indicators run across the table. `lines` may be shared
    between the contracts that one document is matched against. `quick` passes over a sheet whose
    upper rows lack the words of a required column; it finds the same tables, and does not say what
    is missing.
    """
    result = Match(contract)
    lines = {} if lines is None else lines
    finder = _Finder(_vocabulary(contract, reference), quick=quick)
    only = {text.key(name) for name in contract.sheets.only}
    skipped = []
    for sheet in document.sheets:
        if only and text.key(sheet.name) not in only:
            continue
        hidden = sheet.hidden and contract.sheets.hidden == "skip"
        if (seen := lines.get(id(sheet))) is None:
            seen = lines[id(sheet)] = Lines(sheet)
        found = finder.tables(seen, is_record=sheet.locators is not None)
        if hidden:
            skipped += [sheet.name] if found else []
            continue
        if found:
            result.tables += found
        elif len(finder.nearest) > len(finder.best_nearest):
            finder.best_nearest, result.nearest_sheet = finder.nearest, sheet.name
    result.skipped = tuple(skipped)
    if result.tables:
        result.matched = max(table.matched for table in result.tables)
    elif not quick:
        best = finder.best_nearest
        result.matched = len(best)
        required = [name for name, column in contract.columns.items() if column.required]
        result.missing = tuple(label_of(contract.columns[name]) for name in required if name not in best)
    return result


def lacking(
    sheets: Iterable[Sheet], contract: Contract, reference: Reference | None = None
) -> list[tuple[str, tuple[str, ...]]]:
    """Of sheets without a table of the contract, those that would hold one but for some headings, with what is missing.

    A sheet of lists has headings too: there must be figures below, and no more headings missing than known.
    """
    found = []
    finder = _Finder(_vocabulary(contract, reference))
    for sheet in sheets:
        finder.tables(Lines(sheet), is_record=sheet.locators is not None)
        missing = tuple(
            label_of(column)
            for name, column in contract.columns.items()
            if column.required and name not in finder.nearest
        )
        if finder.recognised >= max(2, len(missing)) and any(_has_numbers(row) for row in sheet.rows):
            found.append((sheet.name, missing))
    return found


def holds_figures(table: Table) -> bool:
    """Whether a table has figures, as one in which columns are only explained has not."""
    return any(
        _is_figure(_cell(table.sheet, position, value.index))
        for position in range(table.first, table.end)
        for value in table.values
    )


def _is_figure(cell: Cell) -> bool:
    if isinstance(cell, str):
        return any(map(str.isdecimal, cell[:_LONGEST_LABEL])) and not _LETTER.search(cell)
    return _has_numbers((cell,))


def label_of(column: Column) -> str:
    """What a column is called in messages, in each language that has a word of its own for it."""
    firsts = (labels[0] for labels in (column.labels.fr, column.labels.ar, column.labels.en) if labels)
    names = {text.key(label): label for label in firsts}
    return " / ".join(names.values()) or next(iter(column.hxl), column.role)


class _Finder:
    """Finds one contract's tables, sheet by sheet."""

    def __init__(self, vocabulary: _Vocabulary, *, quick: bool = False):
        self._words = vocabulary
        self._quick = quick
        self._contract = vocabulary.contract
        self._reference = vocabulary.reference
        self.nearest: set[str] = set()
        """The required columns that the last sheet has, where it has no table."""
        self.best_nearest: set[str] = set()
        self.recognised = 0
        """The most columns, required or not, that a header of the last sheet has that lacks a required one."""
        self._tried: set[tuple[int, int]] = set()

    def tables(self, lines: Lines, *, is_record: bool) -> list[Table]:
        """The tables of one sheet, from top to bottom, and from left to right."""
        self.nearest, self.recognised = set(), 0
        found = self._found(lines, is_record=is_record)
        return found if is_record else self._parted(lines, found)

    def _found(self, lines: Lines, *, is_record: bool) -> list[Table]:
        """The tables of one sheet, as if none stood beside another."""
        candidates: list[Table] = []
        within = min(self._contract.header_within_rows, len(lines.sheet.rows))
        if is_record:
            # In a list of lists, tags may stand below the names.
            within = 2 if self._words.tags and within > 1 and lines.tags(1) else 1
        # Where tags decide, labels need not be there.
        tagged = lines.tagged(within) if self._words.tags else []
        if self._quick and not tagged and not self._is_possible(lines, 0, within):
            return []
        self._tried.clear()
        words = self._words
        labelled = range(within) if words.has_figures else sorted(lines.labelled(within, words.known).union(tagged))
        for position in labelled:
            candidates += self._at(lines, position)
        if candidates and not is_record:
            for position in lines.far_labelled(within, words):
                if _may_be_header(lines.sheet.rows[position], words):
                    candidates += self._at(lines, position)
        return self._settled(lines, candidates)

    def _is_possible(self, lines: Lines, first: int, end: int, tagged: Collection[str] = ()) -> bool:
        """Whether these rows may hold some label of each column that must be written there and has no tag."""
        return self._words.has_figures or all(
            name in tagged or wanted.may_stand_in(lines, first, end)
            for name, wanted in self._words.indispensable.items()
        )

    def _at(self, lines: Lines, position: int) -> list[Table]:
        """Tables whose header might have `position` as a row."""
        found = []
        tags = lines.tags(position) if self._words.tags else []
        if tags and (table := self._tagged(lines, position, tags)):
            found.append(table)
        if self._words.known.isdisjoint(lines.keys(position)):
            return found
        highest = self._contract.header_rows
        for top in range(max(0, position - 1), position + 1) if highest > 1 else (position,):
            for bottom in range(position, min(top + highest, len(lines.sheet.rows))):
                if bottom > position and _has_numbers(lines.sheet.rows[bottom]) and not self._contract.spread:
                    break
                if (top, bottom) in self._tried:
                    continue
                self._tried.add((top, bottom))
                if self._quick and not self._is_possible(lines, top, bottom + 1):
                    continue
                table = self._block(lines, top, bottom)
                if table is not None:
                    found.append(table)
        return found

    def _block(self, lines: Lines, top: int, bottom: int, tags: Sequence[str] = ()) -> Table | None:
        """The table whose header are these rows; None where a required column is missing."""
        rows = lines.sheet.rows
        senses = tuple([lines.senses(self._words, position) for position in range(top, bottom + 1)])
        below = rows[bottom + 1][:_WIDEST] if bottom + 1 < len(rows) else []
        # What stands below a heading counts only where the heading may stand over several columns.
        is_open = 0 in senses[-1] or len(below) > len(senses[-1])
        shape = [None if is_blank(cell) else isinstance(cell, str) for cell in below] if is_open else []
        key = (*senses, None, *tags, None, *shape)
        outline = self._words.outlines.get(key)
        if outline is None:
            outline = self._words.outlines[key] = self._outline(lines, top, bottom, tags)
        if outline.missing:
            self.recognised = max(self.recognised, len(outline.columns))
            present = self._words.required - outline.missing
            if len(present) > len(self.nearest):
                self.nearest = present
            return None
        return outline.table(lines.sheet, top, bottom) if outline.values else None

    def _outline(self, lines: Lines, top: int, bottom: int, tags: Sequence[str]) -> "_Outline":
        """What these rows say as a header."""
        rows = [lines.row(position) for position in range(top, bottom + 1)]
        width = max(map(len, rows))
        columns: dict[str, int] = {}
        languages: Counter[Language] = Counter()
        outline = _Outline(columns)
        spread: list[tuple[int, _Across]] = []
        totals: list[tuple[int, _Across]] = []
        filled = _filled(rows, width)
        headings = self._headings(lines, top, bottom, width) if self._contract.spread else []
        for index in range(width):
            own = [row[index] if index < len(row) else () for row in rows]
            if tags and (name := tags[index] if index < len(tags) else ""):
                found: tuple[str, Language] | None = (name, self._language(own))
            else:
                found = self._named(own, [row[index] for row in filled])
                if found and found[0] in tags:
                    # The tag row decides, wherever the labels differ from it.
                    found = None
            if found is None and self._contract.spread and any(own):
                across = self._across(tuple(row[index] for row in headings))
                if across is None:
                    found = self._named_above(own, rows, index)
                else:
                    # A figure may be a year, and as well the first row's number.
                    outline.understood += sum(
                        bool(own[level]) and not own[level][0].isdigit() for level in across.known
                    )
                    is_whole = all(code == TOTAL for code in across.codes.values())
                    (totals if is_whole else spread).append((index, across))
                    continue
            elif found is None:
                found = self._named_above(own, rows, index)
            lowest = next((up for up, keys in enumerate(reversed(own)) if keys), None)
            if (
                found
                and self._contract.columns[found[0]].role == "value"
                and self._is_group(lines, bottom, columns, index)
            ):
                found = None
            if found is None:
                outline.unread[index] = lowest
            elif found[0] not in columns:
                columns[found[0]] = index
                languages[found[1]] += 1
            else:
                outline.troubles.append(("HEADER_DUPLICATE", index, lowest))
                outline.repeated[index] = found[0]
        if spread:
            self._take_spread(outline, sorted(spread + totals, key=lambda entry: entry[0]), bottom - top)
        else:
            self._take_spread(outline, [], 0)
            outline.unread |= dict.fromkeys(index for index, _ in totals)
        outline.missing = self._missing(outline)
        outline.language = languages.most_common(1)[0][0] if languages else "en"
        return outline

    def _language(self, own: Sequence[tuple[str, ...]]) -> Language:
        return next((self._words.labels[key][1] for keys in own for key in keys if key in self._words.labels), "en")

    def _missing(self, outline: "_Outline") -> set[str]:
        missing = self._words.required - outline.columns.keys()
        if missing and any(value.index not in outline.columns.values() for value in outline.values):
            across = {spread.dimension for spread in self._contract.spread}
            columns = self._contract.columns
            missing = {name for name in missing if columns[name].role not in across | {"value"}}
        return missing

    def _named(
        self,
        own: Sequence[tuple[str, ...]],
        filled: Sequence[tuple[str, ...]],
    ) -> tuple[str, Language] | None:
        """The contract's column by the header's rows together, or by the lowest alone."""
        labels = self._words.labels
        parts = list(dict.fromkeys(keys[0] for keys in (*filled[:-1], own[-1]) if keys))
        if len(parts) > 1:
            for joined in (" ".join(parts), " ".join(reversed(parts))):
                if joined in labels:
                    return labels[joined]
        return next((labels[key] for key in own[-1] if key in labels), None)

    def _named_above(
        self, own: Sequence[tuple[str, ...]], rows: Sequence[list[tuple[str, ...]]], index: int
    ) -> tuple[str, Language] | None:
        """The contract's column by a row above the lowest: merged down, or the other of two languages.

        A heading over several columns (`Nombre` over `Filles` and `Garçons`) names none of them: their
        first column would be taken for the whole.
        """
        labels = self._words.labels
        for level in range(len(own) - 2, -1, -1):
            found = next((labels[key] for key in own[level] if key in labels), None)
            if found is None:
                continue
            right = index + 1
            beside = [row[right] if right < len(row) else () for row in rows]
            if own[-1] and not beside[level] and beside[-1]:
                return None
            return found
        return None

    @staticmethod
    def _is_group(lines: Lines, header: int, columns: dict[str, int], index: int) -> bool:
        """Whether a heading stands over several columns that the next row tells apart."""
        below = header + 1
        if below >= len(lines.sheet.rows):
            return False
        here, beside = _cell(lines.sheet, below, index), _cell(lines.sheet, below, index + 1)
        return (
            is_blank(_cell(lines.sheet, header, index + 1))
            and all(isinstance(cell, str) and not is_blank(cell) for cell in (here, beside))
            and all(is_blank(_cell(lines.sheet, below, other)) for other in columns.values())
        )

    # --- tables side by side

    def _parted(self, lines: Lines, tables: list[Table]) -> list[Table]:
        """The tables, each parted from those that stand beside it.

        The whole sheet is looked at first: side by side, headers need not stand in the same row.
        """
        if not any(table.repeated or _may_stand_beside(table) for table in tables):
            return tables
        named = {name for table in tables for name in table.columns}
        about = {name for name in named if self._contract.columns[name].role not in _SAYS_NOTHING}
        # Each block must say what its values are about, or it is a part of another.
        needed = about & self._words.required or about
        first, end = tables[0], len(lines.sheet.rows)
        parts = self._blocks(lines.sheet, 0, first.top, end, needed)
        if not parts:
            parts = [
                part
                for table in tables
                for part in self._blocks(lines.sheet, table.titles, table.top, table.end, needed) or [table]
            ]
        return [
            piece
            for part in parts
            for piece in (part.repeated and self._blocks(part.sheet, part.titles, part.top, part.end, needed, part))
            or [part]
        ]

    def _blocks(
        self, sheet: Sheet, titles: int, top: int, end: int, needed: set[str], repeating: Table | None = None
    ) -> list[Table]:
        """The tables of as many blocks as can be tables of their own, from left to right; none where it is one.

        Blocks are parted by blank columns, and where the header of a table that is `repeating` itself begins
        again. What is too little for a table belongs to the table left of it.
        """
        runs = _runs(sheet, top, end)
        if repeating is not None:
            runs = _cut(runs, _beginnings(repeating))
        if not 1 < len(runs) <= _MOST_BLOCKS:
            return []
        blocks: list[tuple[int, int]] = []
        until = len(runs)
        for start in range(len(runs) - 1, -1, -1):
            block = runs[start][0], runs[until - 1][1]
            if self._in_block(_alone(sheet, [block], 0, titles, top, end), needed):
                blocks.insert(0, block)
                until = start
        if len(blocks) < 2:
            return []
        if until:
            blocks[0] = runs[0][0], blocks[0][1]
        found = []
        for which in range(len(blocks)):
            alone = _alone(sheet, blocks, which, titles, top, end)
            tables = self._in_block(alone, needed)
            if not tables:
                return []
            # Far above may stand what is said of all tables.
            alone.rows[:titles] = sheet.rows[:titles]
            tables[0].titles = max(tables[0].titles, titles)
            found += tables
        return found

    def _in_block(self, alone: Sheet, needed: set[str]) -> list[Table]:
        nearest = self.nearest
        found = self._found(Lines(alone), is_record=False)
        self.nearest = nearest
        return found if all(needed <= table.columns.keys() for table in found) else []

    # --- dimensions that run across

    @staticmethod
    def _headings(lines: Lines, top: int, bottom: int, width: int) -> list[list[str]]:
        """The header's texts by row; but for the lowest, a text stands for the columns right of it too.

        It ends where a row above begins another text: a column merged down is no part of the group left of it.
        """
        headings = []
        begun: set[int] = set()
        for position in range(top, bottom + 1):
            last = ""
            line = []
            here = set()
            for index in range(width):
                cell = _cell(lines.sheet, position, index)
                own = "" if is_blank(cell) else written(cell)
                if own:
                    here.add(index)
                last = own or (last if position < bottom and index not in begun else "")
                line.append(last)
            begun |= here
            headings.append(line)
        return headings

    def _across(self, headings: tuple[str, ...]) -> _Across | None:
        """What a column's headings say of its values; None where they name no value of any dimension."""
        known = self._words.across
        if headings not in known:
            if len(known) > _REMEMBERED:
                known.clear()
            known[headings] = self._worked_out(headings)
        return known[headings]

    def _worked_out(self, headings: tuple[str, ...]) -> _Across | None:
        found: dict[str, str] = {}
        levels: dict[str, int] = {}
        totals: set[int] = set()
        for spread in self._contract.spread:
            for level in range(len(headings) - 1, -1, -1):
                readings = _readings(headings[level])
                if level in levels.values() or not readings:
                    continue
                code = self._words.code(spread, readings)
                if code is not None:
                    found[spread.dimension] = code
                    levels[spread.dimension] = level
                    break
                if _is_subtotal(headings[level]) or any(text.key(reading) in dimensions.TOTALS for reading in readings):
                    totals.add(level)
        said = {level for level, heading in enumerate(headings) if heading}
        known = totals.union(levels.values())
        if "period" in found:
            found["period"], beside = _dated(found["period"], headings, levels["period"], known)
            known |= beside
        # The lowest text must be one of the dimension's, or a total: else this is another column.
        if max(said, default=-1) not in known:
            return None
        if not found and any(map(_is_subtotal, headings)):
            # The sum of some columns beside it is nothing of which a dimension has a code.
            return None
        return _Across(found, levels, frozenset(said - known), frozenset(known), max(said) in totals)

    def _take_spread(self, outline: "_Outline", spread: list[tuple[int, _Across]], last: int) -> None:
        """The table's value columns: the contract's own, and those that the header spreads, from left to right.

        `last` is the header's last row, counted from its first. Where other columns name an age group, say, a text
        that is none is not passed over: its figures would be all ages'. It stays as written, to be refused.
        """
        columns = self._contract.columns
        own = [(name, index) for name, index in outline.columns.items() if columns[name].role == "value"]
        base = next((column for column in columns.values() if column.role == "value"), _PLAIN_VALUE)
        seen: set[tuple[tuple[str, str], ...]] = set()
        at: dict[str, set[int]] = {}
        for _, across in spread:
            for dimension, level in across.levels.items():
                at.setdefault(dimension, set()).add(level)
        whole = Counter(tuple(sorted(across.codes.items())) for _, across in spread if across.is_total)
        for index, across in spread:
            strange = {
                dimension: last - max(levels & across.strange)
                for dimension, levels in at.items()
                if dimension not in across.levels and levels & across.strange
            }
            fixed: dict[str, str] = {
                spread.dimension: across.codes.get(spread.dimension, TOTAL) for spread in self._contract.spread
            }
            if strange:
                outline.strange[index] = strange
                outline.values.append(ValueColumn(base, index, fixed))
                continue
            if fixed.get("indicator") == TOTAL:
                # A sum over different indicators counts nothing.
                outline.troubles.append(("COLUMN_NOT_READ", index, 0))
                continue
            identity = tuple(sorted(fixed.items()))
            # Of two totals of the same, one may be a part's: which is not known.
            if identity in seen or whole[tuple(sorted(across.codes.items()))] > 1:
                outline.troubles.append(("HEADER_DUPLICATE", index, 0))
                continue
            seen.add(identity)
            outline.values.append(ValueColumn(base, index, fixed))
        if outline.values:
            # Beside columns that say what they are about, a value column stands for their total.
            rest = {spread.dimension: TOTAL for spread in self._contract.spread if spread.dimension != "indicator"}
        else:
            rest = {}
        for name, index in own:
            fixed = rest | {str(what): code for what, code in columns[name].set.items()}
            outline.values.append(ValueColumn(columns[name], index, fixed))
        outline.values.sort(key=lambda value: value.index)

    # --- HXL

    def _tagged(self, lines: Lines, position: int, tags: Sequence[str]) -> Table | None:
        """The table whose columns a row of HXL tags decides."""
        if not self._words.tags:
            return None
        names = [""] * len(tags)
        taken: set[str] = set()
        for wanted, attributes, name in self._words.tags:
            for index, tag in enumerate(tags):
                if names[index] or name in taken or not tag:
                    continue
                have, attributes_here = _tag(tag)
                if have == wanted and attributes <= attributes_here:
                    names[index] = name
                    taken.add(name)
                    break
        top = max(0, position - 1)
        if self._quick and not self._is_possible(lines, top, position + 1, taken):
            return None
        table = self._block(lines, top, position, names)
        if table is None:
            return None
        # Labels above may name a column that no tag does; the tag row itself is no label.
        table.top = top if position and not _has_numbers(lines.sheet.rows[top]) else position
        table.is_tagged = True
        return table

    # --- from candidates to tables

    def _settled(self, lines: Lines, candidates: list[Table]) -> list[Table]:
        """Of headers that share rows the best, each with the rows that follow it."""
        best: list[Table] = []
        for table in sorted(
            candidates,
            key=lambda table: (
                -_is_tagged(lines, table),
                -table.matched,
                -table.understood,
                table.header - table.top,
                table.top,
            ),
        ):
            if not any(_is_one(lines, table, other) for other in best):
                best.append(table)
        best.sort(key=lambda table: table.top)
        most = max((table.matched for table in best), default=0)
        if len(best) > 1:
            # A row of data may hold a word or two of a header.
            best = [table for table in best if table.matched >= max(2, most / 2)]
        rows = lines.sheet.rows
        for number, table in enumerate(best):
            table.first = self._after_header(lines, table)
            after = best[number - 1] if number else None
            table.titles = 0 if after is None else max(after.first, _titles_start(table, after))
            if after is not None:
                after.end = table.titles
            table.end = len(rows)
        return best

    def _after_header(self, lines: Lines, table: Table) -> int:
        """The first row below the header that is neither a second language, units nor tags."""
        rows = lines.sheet.rows
        labels = self._words.labels
        position = table.header + 1
        by_index = {index: name for name, index in table.columns.items()}
        values = {value.index for value in table.values}
        while position < min(len(rows), table.header + 5):
            row = rows[position]
            filled = [index for index, cell in enumerate(row[:_WIDEST]) if not is_blank(cell)]
            if not filled:
                break
            keys = lines.row(position)
            same = [
                index
                for index in filled
                if any(labels.get(key, ("",))[0] == by_index.get(index, "?") for key in keys[index])
            ]
            if _tag_row(row) or (len(same) >= 2 and len(same) * 2 > len(filled)) or _is_units(row, filled, values):
                position += 1
                continue
            break
        return position


_PLAIN_VALUE = Column(role="value", hxl=("#value",))
# Roles of columns that do not say what a value is about.
_SAYS_NOTHING = frozenset({"value", "numerator", "denominator", "qualifier", "unit", "remark", "ignored"})


def _is_tagged(lines: Lines, table: Table) -> bool:
    return bool(_tag_row(lines.sheet.rows[table.header]))


def _is_one(lines: Lines, table: Table, other: Table) -> bool:
    """Whether two headers are one: they share rows, or follow each other like two languages, or labels and tags."""
    gap = 2 if _is_tagged(lines, table) or _is_tagged(lines, other) else 1
    return table.top <= other.header + gap and other.top <= table.header + gap


def _may_stand_beside(table: Table) -> bool:
    """Whether there is a column without a heading, and more of anything right of it."""
    rows = table.sheet.rows[table.top : table.header + 1]
    headed = {index for row in rows for index, cell in enumerate(row[:_WIDEST]) if not is_blank(cell)}
    if len(headed) <= max(headed, default=0) - min(headed, default=0):
        return True
    # Another header may stand lower.
    beyond = max(headed, default=0) + 2
    below = table.sheet.rows[table.top : table.end]
    return any(len(row) > beyond and not all(map(is_blank, row[beyond:_WIDEST])) for row in below)


def _runs(sheet: Sheet, top: int, end: int) -> list[tuple[int, int]]:
    """Columns between columns that are blank in all rows from `top` up to `end`: first, and last exclusive."""
    rows = sheet.rows[top:end]
    width = min(max(map(len, rows), default=0), _WIDEST)
    runs: list[tuple[int, int]] = []
    begin: int | None = None
    for index in range(width + 1):
        is_filled = index < width and any(index < len(row) and not is_blank(row[index]) for row in rows)
        if is_filled and begin is None:
            begin = index
        elif not is_filled and begin is not None:
            runs.append((begin, index))
            begin = None
    return runs


def _beginnings(table: Table) -> set[int]:
    """The columns in which a header begins again with the first of the labels that it repeats."""
    first = min(table.repeated.values(), key=table.columns.__getitem__)
    return {index for index, name in table.repeated.items() if name == first}


def _cut(runs: Iterable[tuple[int, int]], at: Collection[int]) -> list[tuple[int, int]]:
    """The runs, cut in front of some columns."""
    cut: list[tuple[int, int]] = []
    for begin, end in runs:
        edges = [begin, *sorted(index for index in at if begin < index < end), end]
        cut += pairwise(edges)
    return cut


def _alone(sheet: Sheet, blocks: Sequence[tuple[int, int]], which: int, titles: int, top: int, end: int) -> Sheet:
    """The sheet with the cells of one block, at their places, in the rows from `titles` up to `end`.

    Above `top`, a row in which no block but the first has a text is a title of the whole sheet.
    """
    left, right = blocks[which]
    before: list[Cell] = [None] * left
    rows: list[list[Cell]] = [[] for _ in range(titles)]
    for position in range(titles, end):
        row = sheet.rows[position]
        others = blocks[1:] if len(blocks) > 1 and position < top else [(0, _WIDEST)]
        is_for_all = all(is_blank(cell) for first, last in others for cell in row[first:last])
        rows.append(row if is_for_all else before + row[left:right])
    return replace(sheet, rows=rows)


def _cell(sheet: Sheet, position: int, index: int) -> Cell:
    row = sheet.rows[position]
    return row[index] if index < len(row) else None


def _text_over(sheet: Sheet, position: int, index: int) -> str:
    """The text of a header's row that stands over a column: its own, or the next one left of it."""
    return next(
        (written(cell) for left in range(index, -1, -1) if not is_blank(cell := _cell(sheet, position, left))), ""
    ).strip()


def _filled(rows: Sequence[list[tuple[str, ...]]], width: int) -> list[list[tuple[str, ...]]]:
    """Header rows in which a cell merged across stands over each column that it covers."""
    filled = []
    for row in rows:
        last: tuple[str, ...] = ()
        line = []
        for index in range(width):
            last = (row[index] if index < len(row) else ()) or last
            line.append(last)
        filled.append(line)
    return filled


def _has_numbers(row: Iterable[Cell]) -> bool:
    return any(isinstance(cell, (int, float)) and not isinstance(cell, bool) for cell in row)


def _may_be_header(row: Sequence[Cell], words: _Vocabulary) -> bool:
    """Whether a row far down could be a header: two or more labels, and no number."""
    hits = 0
    for cell in row[:_WIDEST]:
        if isinstance(cell, str):
            hits += words.is_label(cell)
        elif isinstance(cell, (int, float)):
            return False
    return hits >= 2


@lru_cache(maxsize=16384)
def _short_label_keys(cell: str) -> tuple[str, ...]:
    # Most cells far down are data: the whole is enough unless it may be a label in two languages.
    return label_keys(cell) if "/" in cell or "\n" in cell else (text.key(cell),)


@lru_cache(maxsize=4096)
def is_period(heading: str) -> bool:
    """Whether a heading is a period, by itself or with a year (`janvier`, `T1`)."""
    try:
        periods.parse(heading, year=2000)
    except PeriodError:
        return False
    return True


_SUBTOTALS = frozenset(
    text.key(word)
    for word in ("s/total", "s/t", "sous-total", "sous-totaux", "subtotal", "sub-total", "المجموع الجزئي", "مجموع جزئي")
)


def _is_subtotal(heading: str) -> bool:
    return text.key(without_footnote(heading)) in _SUBTOTALS


def _dated(heading: str, headings: Sequence[str], level: int, taken: Collection[int]) -> tuple[str, set[int]]:
    """A heading's period with what another row of its header says of it, and that row.

    Months may stand under their years, and years under a month: `2018` over `Octobre`, `T1` over `2018`. What
    names its year and a part of it says all by itself.
    """
    whole = _period_of(heading)
    if whole is not None and whole.grain != "year":
        return heading, set()
    for other in sorted(set(range(len(headings))) - {level, *taken}, key=lambda other: abs(other - level)):
        for reading in _readings(headings[other]):
            beside = _period_of(reading)
            if whole is None and beside is not None and beside.grain == "year":
                return f"{heading} {beside.end.year}", {other}
            if whole is not None and beside is None and is_period(reading):
                return f"{reading} {whole.end.year}", {other}
    return heading, set()


@lru_cache(maxsize=4096)
def _period_of(heading: str) -> periods.Period | None:
    try:
        return periods.parse(heading)
    except PeriodError:
        return None


_UNIT_WORDS = frozenset(
    text.key(word)
    for word in (
        *("nombre", "effectif", "effectifs", "nb", "pourcentage", "taux", "dh", "mad", "en dh", "personnes", "unité"),
        *("milliers", "en milliers", "millions", "en millions", "thousands", "in thousands", "in millions"),
        *("بالآلاف", "بالألف", "بالملايين"),
        *("number", "count", "percent", "percentage", "persons", "unit"),
        *("عدد", "العدد", "نسبة", "نسبة مئوية", "درهم", "بالدرهم", "شخص", "أشخاص", "الوحدة"),
    )
)


def _is_units(row: Sequence[Cell], filled: Sequence[int], values: set[int]) -> bool:
    """A row of units: words of measure, or such in brackets, and nothing outside the value columns."""
    if not values.issuperset(filled):
        return False
    for index in filled:
        cell = row[index]
        if not isinstance(cell, str):
            return False
        plain = cell.strip()
        if plain in ("%", "٪") or text.key(plain) in _UNIT_WORDS:
            continue
        try:
            numbers.parse(plain, value_type="amount")
        except NumberError:
            if plain[0] == "(" and plain[-1] == ")" and not any(char.isdigit() for char in plain):
                continue
        return False
    return True


@lru_cache(maxsize=4096)
def _tag(written: str) -> tuple[str, frozenset[str]]:
    tag, *attributes = "".join(written.split()).casefold().split("+")
    return tag, frozenset(attributes)


_HXL = re.compile(r"\s*#[A-Za-z]\w*(?:\s*\+\s*[A-Za-z]\w*)*\s*")


def _tag_row(row: Sequence[Cell]) -> list[str]:
    """The HXL tags of a row, one a cell; empty where it is no row of tags."""
    if not [cell for cell in row if isinstance(cell, str) and "#" in cell]:
        return []
    filled = 0
    tags = []
    for cell in row[:_WIDEST]:
        if is_blank(cell):
            tags.append("")
            continue
        filled += 1
        is_tag = isinstance(cell, str) and cell.lstrip().startswith("#") and _HXL.fullmatch(cell)
        if not is_tag and not any(tags) and filled > 3:
            return []
        tags.append(str(cell).strip() if is_tag else "")
    found = sum(map(bool, tags))
    # Columns may go untagged, a tag or two may be misspelt; prose never starts half its cells with #.
    return tags if found and found * 2 >= filled else []


def _titles_start(table: Table, before: Table) -> int:
    """Where the texts above a lower table begin: below the last row of data and the notes under it."""
    rows = table.sheet.rows
    position = table.top
    while position > before.first and _is_text_line(rows[position - 1]):
        position -= 1
    # Notes stand directly under the data; an empty row parts them from the next title.
    gap = next((row for row in range(position, table.top) if all(is_blank(cell) for cell in rows[row])), None)
    if gap is not None and gap > position:
        position = gap
    return position


def _is_text_line(row: Sequence[Cell]) -> bool:
    filled = [cell for cell in row if not is_blank(cell)]
    return len(filled) <= 2 and not _has_numbers(filled[:1])


def note_long_rows(table: Table, *, masks: bool) -> None:
    """Note in the sheet as ROW_TOO_LONG the values of rows that hold more than the header has cells.

    For delimited text, where an unquoted `12,5` is two cells: the value is cut, or the row shifted.
    `masks` says that what was shifted there of a person is masked.
    """
    rows = table.sheet.rows
    width = max(len(row) for row in rows[table.top : max(table.first, table.header + 1)])
    for position in range(table.first, table.end):
        row = rows[position]
        if len(row) > width and not all(map(is_blank, row[width:])):
            for value in table.values:
                content = written(row[value.index])
                if masks and personal.find(content) is not None:
                    row[value.index] = personal.masked(content)
                table.sheet.problems[position, value.index] = "ROW_TOO_LONG"


def title_cells(table: Table) -> list[tuple[int, int, str]]:
    """The texts above a table with their row and column, in reading order."""
    return texts(table.sheet, table.titles, table.top)


def texts(sheet: Sheet, first: int, end: int) -> list[tuple[int, int, str]]:
    """The cells of some rows that hold anything, as text, with their row and column."""
    return [
        (first + row, column, written(cell))
        for row, cells in enumerate(sheet.rows[first:end])
        for column, cell in enumerate(cells[:_WIDEST])
        if not is_blank(cell)
    ]
