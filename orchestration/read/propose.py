"""A contract proposed from a new reporter's file: what each column may be and why, for a person to decide.

Nothing is decided by likeness. What is proposed stands in the YAML with its reason and with the
next best choices beside it; what no file can say, such as the indicator that a column counts, is a
`TODO_...` that the check of contracts against the registers refuses until a person has filled it in.
Cells are never quoted, only counted: a proposal may be shown around.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import get_args

from orchestration.findings import Finding
from orchestration.read import dimensions, numbers, periods, personal, text
from orchestration.read.contracts import Contract, Role
from orchestration.read.formats import kobo
from orchestration.read.formats.document import Cell, Document, Sheet
from orchestration.read.numbers import NumberError
from orchestration.read.periods import PeriodError
from orchestration.read.reference import Reference
from orchestration.read.tables import Table, is_blank, label_keys, without_footnote, written
from orchestration.read.titles import Stated, stated_period

_HEADER_WITHIN = 60
_SAMPLE = 400  # cells of a column that are looked at
_TALLEST = 4
_SURE = 0.5  # a role below this is only mentioned
_ALIKE = 80  # of 100: how like a label must be to one that is known
_TODO = "TODO"


class ProposalError(Exception):
    """No contract can be proposed for the document; carries the finding."""

    def __init__(self, finding: Finding):
        super().__init__(finding.code)
        self.finding = finding


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a column may be: a role, how much speaks for it (0 to 1), and what."""

    role: Role
    score: float
    why: str


@dataclass(slots=True)
class ColumnProposal:
    """One column of the file: where it is, what stands over it, and what it may be, the best first."""

    index: int
    heading: str
    label: str
    tag: str
    filled: int
    distinct: int
    suggestions: tuple[Suggestion, ...]
    name: str = ""
    alias: str = ""
    role: Role | None = None
    fixed: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A contract as text, and what a person must still decide (`todo`)."""

    yaml: str
    family: str
    sheet: str
    header: int
    columns: tuple[ColumnProposal, ...]
    todo: tuple[str, ...]


def propose(
    document: Document, organisation_code: str, reference: Reference, contracts: Sequence[Contract]
) -> Proposal:
    """The contract that `document` seems to follow.

    Raises ProposalError with TABLE_NOT_FOUND where it holds no table, or COLUMNS_MISSING where no
    column of the table holds numbers.
    """
    found = max((_Found(sheet) for sheet in document.sheets if not sheet.hidden), key=_Found.size, default=None)
    if found is None or not found.size():
        sheets = ", ".join(sheet.name for sheet in document.sheets)
        raise ProposalError(Finding("TABLE_NOT_FOUND", "", "", sheets))
    return _Proposer(document, found, organisation_code, reference, contracts).proposal()


# --- where the table is

_TAG = re.compile(r"#[A-Za-z]\w*(?:\s*\+\s*[A-Za-z]\w*)*")


class _Found:
    """The table of a sheet: `top` and `bottom` are the first and last row of its header, `tags` its tag row."""

    def __init__(self, sheet: Sheet):
        self.sheet = sheet
        self.tags = -1
        self.top = self.bottom = self.first = -1
        if sheet.locators is not None:
            self.top, self.bottom, self.first = 0, 0, 1
        else:
            self._find()

    def size(self) -> tuple[int, ...]:
        """How much of a table it is; empty where it is none."""
        if self.top < 0:
            return ()
        rows = self.sheet.rows[self.first : self.first + 2000]
        return (int(self.tags >= 0), sum(not is_blank(cell) for row in rows for cell in row), self.width)

    @property
    def width(self) -> int:
        return max((len(row) for row in self.sheet.rows[self.top : self.first]), default=0)

    def cell(self, row: int, column: int) -> Cell:
        cells = self.sheet.rows[row]
        return cells[column] if column < len(cells) else None

    def _find(self) -> None:
        rows = self.sheet.rows[:_HEADER_WITHIN]
        for position, row in enumerate(rows):
            cells = [str(cell).strip() for cell in row if not is_blank(cell)]
            tags = sum(bool(_TAG.fullmatch(cell)) for cell in cells)
            if tags and tags * 2 >= len(cells):
                self.tags = position
                break
        if self.tags >= 0:
            above = [row for row in range(self.tags) if _labels(rows[row]) >= 2]
            self.bottom = above[-1] if above else self.tags
            self.first = self.tags + 1
        else:
            widest = max((_labels(row) for row in rows), default=0)
            if not widest:
                return
            # The header is the first row as full of texts as any, of which no cell is a number.
            self.bottom = next(
                position for position, row in enumerate(rows) if _labels(row) * 5 >= widest * 3 and _labels(row)
            )
            self._take_second_row(rows)
            self.first = self.bottom + 1
        self.top = self.bottom
        while self.top > 0 and self.bottom - self.top + 1 < _TALLEST - 1 and _labels(rows[self.top - 1]) >= 2:
            self.top -= 1

    def _take_second_row(self, rows: Sequence[Sequence[Cell]]) -> None:
        """A row of labels under headings over several columns belongs to the header (`Filles`, `Garçons`)."""
        below = self.bottom + 1
        if below + 1 >= len(rows) or not _labels(rows[below]):
            return
        upper = {index for index, cell in enumerate(rows[self.bottom]) if not is_blank(cell)}
        lower = {index for index, cell in enumerate(rows[below]) if not is_blank(cell)}
        if len(lower - upper) >= 1 and min(lower) >= min(upper) and _has_number(rows[below + 1]):
            self.bottom = below


def _labels(row: Sequence[Cell]) -> int:
    """How many cells a row has that could be headings; none where it holds numbers that are no years."""
    count = 0
    for cell in row:
        if is_blank(cell):
            continue
        plain = written(cell).strip()
        is_number = not isinstance(cell, str) or re.fullmatch(r"[\d\s.,%]+", plain)
        if is_number and not re.fullmatch(r"(?:19|20)\d\d", plain):
            return 0
        count += 1
    return count


def _has_number(row: Sequence[Cell]) -> bool:
    return any(isinstance(cell, int | float) or (isinstance(cell, str) and re.search(r"\d", cell)) for cell in row)


# --- what a column is

_TAGS: tuple[tuple[str, frozenset[str], Role], ...] = tuple(
    (tag, frozenset(attributes.split()), role)  # type: ignore[misc]
    for tag, attributes, role in (
        ("#date", "start", "period_start"),
        ("#date", "end", "period_end"),
        ("#date", "reported", "ignored"),
        ("#date", "", "period"),
        ("#period", "", "period"),
        ("#indicator", "name", "indicator"),
        ("#indicator", "code", "indicator"),
        ("#indicator", "actual", "value"),
        ("#indicator", "value", "value"),
        ("#indicator", "num", "value"),
        ("#indicator", "target", "ignored"),
        ("#indicator", "baseline", "ignored"),
        ("#indicator", "type", "ignored"),
        ("#indicator", "formula", "ignored"),
        ("#indicator", "", "indicator"),
        ("#value", "", "value"),
        ("#affected", "", "value"),
        ("#inneed", "", "value"),
        ("#targeted", "", "value"),
        ("#reached", "", "value"),
        ("#population", "", "value"),
        ("#loc", "type", "ignored"),
        ("#adm1", "", "place"),
        ("#adm2", "", "place"),
        ("#adm3", "", "place"),
        ("#loc", "", "place"),
        ("#country", "", "place"),
        ("#region", "", "place"),
        ("#sector", "", "population_group"),
        ("#subsector", "", "population_group"),
        ("#beneficiary", "", "population_group"),
        ("#group", "", "population_group"),
        ("#cause", "", "remark"),
        ("#description", "", "remark"),
        ("#priority", "", "ignored"),
        ("#status", "", "ignored"),
        ("#org", "", "ignored"),
        ("#activity", "", "ignored"),
        ("#meta", "", "ignored"),
        ("#responseplan", "", "ignored"),
    )
)
_TAG_SEXES = {"f": "F", "m": "M", "girls": "F", "boys": "M", "women": "F", "men": "M"}
# Words for columns that no contract here has yet, as partner systems write them.
_WORDS: dict[Role, tuple[str, ...]] = {
    "place": ("county", "governorate", "district", "country", "location", "admin 1 name", "admin 2 name", "pays"),
    "period": ("date", "startdate", "start date", "reporting period", "month", "year", "mois", "année"),
    "sex": ("gender", "genre"),
    "value": ("value", "reached", "targeted", "in need", "affected", "population", "target", "total", "effectif"),
    "population_group": ("category", "cluster", "sector", "poptype", "population type", "group", "catégorie"),
    "unit": ("units", "unit"),
    "remark": ("info", "comments", "notes", "commentaires"),
    "ignored": ("partner", "donor", "fundedby", "id", "code"),
}
_ONE_EACH = frozenset(get_args(Role)) - {"value", "population_group", "remark", "ignored"}
_KEPT_LEVELS = ("#loc", "#adm3", "#adm2", "#adm1", "#country")


class _Proposer:
    def __init__(
        self,
        document: Document,
        found: _Found,
        organisation_code: str,
        reference: Reference,
        contracts: Sequence[Contract],
    ):
        self._document = document
        self._found = found
        self._sheet = found.sheet
        self._organisation = organisation_code
        self._reference = reference
        self._known = {
            key: (column.role, contract.family)
            for contract in contracts
            for column in contract.columns.values()
            for key in column.labels.keys()  # noqa: SIM118 - a method of Labels
        }
        self._known |= {
            text.key(word): (role, "")
            for role, words in _WORDS.items()
            for word in words
            if text.key(word) not in self._known
        }
        self._todo: list[str] = []
        self._end = len(self._sheet.rows)

    def proposal(self) -> Proposal:
        columns = list(self._columns())
        self._spread = self._spread_of(columns)
        self._decide(columns)
        self._stated = self._title_period()
        text_ = _Text(self, columns)
        lines = "\n".join(text_.lines()) + "\n"
        return Proposal(lines, self.family, self._sheet.name, self._found.bottom, tuple(columns), tuple(self._todo))

    @property
    def family(self) -> str:
        slug = "_".join(re.findall(r"[a-z0-9]+", text.key(self._organisation)))
        return f"{slug if slug[:1].isalpha() else 'new'}_report"

    # --- columns

    def _columns(self) -> Iterator[ColumnProposal]:
        found = self._found
        for index in range(found.width):
            headings = self._headings(index)
            tag = ""
            if found.tags >= 0:
                cell = str(found.cell(found.tags, index) or "").strip()
                tag = "".join(cell.split()) if _TAG.fullmatch(cell) else ""
            cells = [cell for cell in self._cells(index) if not is_blank(cell)]
            if not headings and not tag:
                continue
            heading = headings[-1] if headings else ""
            joined = " ".join(dict.fromkeys(headings))
            distinct = len({written(cell) for cell in cells})
            suggestions = tuple(self._suggested(heading, joined, tag, cells, distinct))
            yield ColumnProposal(index, heading, joined, tag, len(cells), distinct, suggestions)

    def _headings(self, index: int) -> list[str]:
        """The texts over a column; but for the lowest, one stands for the columns right of it too."""
        found, texts = self._found, []
        if found.tags >= 0 and found.bottom == found.tags:
            return []
        for row in range(found.top, found.bottom + 1):
            cell = found.cell(row, index)
            at = index
            while is_blank(cell) and at > 0 and row < found.bottom:
                at -= 1
                cell = found.cell(row, at)
            if not is_blank(cell) and not (at < index and self._is_alone(row, at)):
                texts.append(_shown(cell))
        return [one for one in texts if text.key(one)]

    def _is_alone(self, row: int, index: int) -> bool:
        """A title over the first column stands for no other."""
        return sum(not is_blank(cell) for cell in self._sheet.rows[row]) < 2 or index >= self._found.width

    def _cells(self, index: int) -> list[Cell]:
        first, problems = self._found.first, self._sheet.problems
        return [
            row[index] if index < len(row) and (position, index) not in problems else None
            for position, row in enumerate(self._sheet.rows[first : first + _SAMPLE], first)
        ]

    def _suggested(self, heading: str, joined: str, tag: str, cells: Sequence[Cell], distinct: int) -> list[Suggestion]:
        best: dict[Role, Suggestion] = {}

        def add(role: Role, score: float, why: str) -> None:
            before = best.get(role)
            if before is None:
                best[role] = Suggestion(role, min(score, 1.0), why)
            else:
                # Two reasons together weigh more than either, never more than certainty.
                both = 1 - (1 - before.score) * (1 - min(score, 1.0))
                best[role] = Suggestion(role, both, f"{before.why}; {why}")

        if tag and (role := _tagged(tag)):
            add(role, 0.9, f"HXL tag {tag}")
        self._by_label(heading, joined, add)
        for role, share in self._shares(cells).items():
            weight = {"value": 0.6, "period": 0.75, "age_group": 0.8}.get(role, 0.85)
            add(role, share * weight, f"{share:.0%} of {len(cells)} cells are {_PLURALS[role]}".replace("%", " %"))
        is_text = all(isinstance(cell, str) and re.search(r"[^\W\d_]", cell) for cell in cells)
        if is_text and 2 <= distinct <= 30 and distinct * 3 <= len(cells):
            # What parts the rows must be read as something, or they would be one figure reported many times.
            add("population_group", _SURE, f"{distinct} different texts in {len(cells)} cells")
        is_kobo = "_index" in (header := self._sheet.rows[self._found.bottom]) and kobo.is_export(header)
        if (heading.startswith("_") and not kobo.is_answer(heading)) or (is_kobo and kobo.is_of_the_device(heading)):
            best = {"ignored": Suggestion("ignored", 1.0, "the program that exported the file put it there")}
        if personal.heading_kind(heading):
            why = "the heading says that persons are named: leave it out of reports"
            best = {"ignored": Suggestion("ignored", 1.0, why)}
        return sorted(best.values(), key=lambda one: -one.score)

    def _by_label(self, heading: str, joined: str, add: Callable[[Role, float, str], None]) -> None:
        from rapidfuzz import fuzz, process

        keys = [key for label in (joined, heading) if label for key in label_keys(label)]
        for key in keys:
            if key in self._known:
                role, family = self._known[key]
                add(role, 0.7, f"the label is known from {family}" if family else "a common name for it")
                return
        choices = [key for key in self._known if len(key) > 3]
        matches = [
            match
            for key in keys[:2]
            if len(key) > 3 and (match := process.extractOne(key, choices, scorer=fuzz.ratio, score_cutoff=_ALIKE))
        ]
        if matches:
            key, likeness, _ = max(matches, key=lambda match: match[1])
            role, _ = self._known[key]
            add(role, likeness / 100 * 0.5, f"the label is {likeness:.0f} % like “{key}”")

    def _shares(self, cells: Sequence[Cell]) -> dict[Role, float]:
        """The share of a column's cells that read as each kind of content; numbers only where nothing else fits."""
        if not cells:
            return {}
        texts = [written(cell) for cell in cells]
        tests: dict[Role, Callable[[Cell, str], bool]] = {
            "period": _is_period,
            "place": lambda _, one: self._is_place(one),
            "sex": lambda _, one: text.key(one) in dimensions.SEXES or text.key(one) in dimensions.TOTALS,
            "residence": lambda _, one: text.key(one) in dimensions.RESIDENCES,
            "age_group": lambda cell, one: isinstance(cell, str) and _is_age(one),
            "indicator": lambda _, one: self._reference.indicator_names.find(one) is not None,
            "value": lambda cell, _: _is_number(cell),
        }
        shares: dict[Role, float] = {}
        for role, is_one in tests.items():
            share = sum(is_one(cell, one) for cell, one in zip(cells, texts, strict=True)) / len(cells)
            if share >= 0.2:
                shares[role] = share
        if shares.get("period", 0) < 0.9 and "value" in shares:
            # Among numbers some look like years.
            shares.pop("period", None)
        elif "period" in shares:
            shares.pop("value", None)
        return shares

    def _is_place(self, one: str) -> bool:
        return bool(text.key(one)) and not one.strip().isdigit() and self._reference.place(one) is not None

    # --- what runs across

    def _spread_of(self, columns: Sequence[ColumnProposal]) -> str:
        """The dimension that headings of columns of numbers name."""
        wide = [column for column in columns if _has_role(column, "value") and not column.tag]
        kinds: dict[str, Callable[[str], bool]] = {
            "sex": lambda one: text.key(one) in dimensions.SEXES,
            "age_group": _is_age,
            "period": _is_heading_period,
            "place": self._is_place,
            "indicator": lambda one: self._reference.indicator_names.find(one) is not None,
        }
        for dimension, is_one in kinds.items():
            named = [column for column in wide if is_one(without_footnote(column.heading))]
            if len(named) >= 2 and len(named) * 2 >= len(wide):
                for column in named:
                    column.notes.append(f"the heading names one of the table's {dimension}s: see spread")
                    column.role = "ignored"
                    column.fixed[dimension] = column.heading
                return dimension
        return ""

    # --- decisions that a person may overrule

    def _decide(self, columns: list[ColumnProposal]) -> None:
        taken: set[Role] = set()
        waiting = [column for column in columns if column.role is None]
        ranked = sorted(
            ((one.score, -column.index, column, one) for column in waiting for one in column.suggestions),
            key=lambda entry: (-_finer(entry[2], entry[3]), -entry[0], -entry[1]),
        )
        for score, _, column, one in ranked:
            if column.role is not None or score < _SURE or (one.role in taken and one.role in _ONE_EACH):
                continue
            if one.role == "place" and _is_code(column) and self._has_named_place(columns, column):
                # Names can be read without a register of this numbering.
                continue
            column.role = one.role
            taken.add(one.role)
        places = [column for column in columns if column.role is None and _has_role(column, "place")]
        if "place" in taken and len(places) == 1 and places[0].filled and not _is_code(places[0]):
            places[0].role = "parent_place"
            places[0].notes.append("stands beside a finer place")
        if ("period_start" in taken) != ("period_end" in taken):
            for column in columns:
                if column.role in ("period_start", "period_end"):
                    column.role = "period" if "period" not in taken else "ignored"
        elif "period_start" in taken:
            for column in columns:
                column.role = "ignored" if column.role == "period" else column.role
        if not self._spread and not any(column.role == "value" for column in columns):
            self._take_likeliest_value(columns)
        for column in columns:
            if column.role is None:
                column.role = "ignored"
        self._name(columns)
        self._say_what_values_are(columns)

    def _take_likeliest_value(self, columns: Sequence[ColumnProposal]) -> None:
        """A contract needs a column of values: the one that looks most like it, whatever else it looks like."""
        likely = [
            (one.score, column)
            for column in columns
            for one in column.suggestions
            if one.role == "value" and column.filled
        ]
        if not likely:
            finding = Finding("COLUMNS_MISSING", self._sheet.name, "", self.family, "value")
            raise ProposalError(finding)
        max(likely, key=lambda entry: entry[0])[1].role = "value"

    def _has_named_place(self, columns: Sequence[ColumnProposal], beside: ColumnProposal) -> bool:
        return any(_has_role(column, "place") and not _is_code(column) for column in columns if column is not beside)

    @staticmethod
    def _name(columns: Sequence[ColumnProposal]) -> None:
        """A name for each column, and only labels and tags that no other column has."""
        labels: set[str] = set()
        tags: set[str] = set()
        lowest = Counter(text.key(column.heading) for column in columns)
        names: set[str] = set()
        for column in columns:
            # Of columns with one heading the reader takes the first, and says so of the others.
            if text.key(column.label) in labels | {""}:
                column.label = ""
            labels.add(text.key(column.label))
            if column.tag in tags:
                column.tag = ""
            tags.add(column.tag)
            short = text.key(column.heading)
            if short != text.key(column.label) and lowest[short] == 1 and short and short not in labels:
                column.alias = column.heading
                labels.add(short)
            plain = text.key(column.label or column.heading or column.tag).encode("ascii", "ignore").decode()
            words = re.findall(r"[a-z0-9]+", plain)
            base = "_".join(words)[:40].strip("_")
            if not base[:1].isalpha():
                base = str(column.role)
            name, number = base, 2
            while name in names:
                name, number = f"{base}_{number}", number + 1
            names.add(name)
            column.name = name

    def _say_what_values_are(self, columns: Sequence[ColumnProposal]) -> None:
        """What each column of values counts, where no column of indicators says it."""
        values = [column for column in columns if column.role == "value"]
        has_indicator = any(column.role == "indicator" for column in columns) or self._spread == "indicator"
        sexes = {_sex_of(column) for column in values}
        by_sex = len(values) > 1 and sexes in ({"F", "M"}, {"F", "M", "_T"})
        for column in values:
            if by_sex and (sex := _sex_of(column)):
                column.fixed["sex"] = sex
            if has_indicator or (by_sex or len(values) == 1):
                continue
            known = self._reference.indicator_names.find(column.label or column.heading)
            column.fixed["indicator"] = known or f"{_TODO}_{column.name.upper()}"
            if known is None:
                self._todo.append(
                    f"columns.{column.name}.set.indicator: the indicator that it counts, or role: ignored"
                )
        years = {year[0] for column in values if (year := re.search(r"(?:19|20)\d\d", column.label or column.heading))}
        self.years = sorted(years)
        if len(years) > 1:
            for column in values:
                if year := re.search(r"(?:19|20)\d\d", column.label or column.heading):
                    column.fixed["period"] = year[0]
        self.constants: dict[str, str] = {}
        if not has_indicator and not any("indicator" in column.fixed for column in values):
            self.constants["indicator"] = f"{_TODO}_INDICATOR"
            self._todo.append("constants.indicator: the indicator that the file is about (indicator.csv)")

    def _title_period(self) -> Stated:
        table = Table(self._sheet, self._found.bottom, {}, "en", top=max(0, self._found.top))
        others = [sheet for sheet in self._document.sheets if sheet is not self._sheet and not sheet.hidden]
        return stated_period(table, others)

    def decimal_sign(self) -> tuple[str, str]:
        """The decimal sign that the numbers show, and what shows it."""
        seen = {",": 0, ".": 0}
        for row in self._sheet.rows[self._found.first : self._found.first + _SAMPLE]:
            for cell in row:
                if not isinstance(cell, str) or len(cell) > 30:
                    continue
                plain = text.ascii_digits(cell).strip()
                if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain) or re.fullmatch(
                    r"\d+\.(?:\d\d?|\d{4,})\s*%?", plain
                ):
                    seen["."] += 1
                elif re.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}", plain) or re.fullmatch(
                    r"\d+,(?:\d\d?|\d{4,})\s*%?", plain
                ):
                    seen[","] += 1
        if not any(seen.values()):
            return ",", "no cell shows it: the country's"
        sign = max(seen, key=lambda one: seen[one])
        other = "," if sign == "." else "."
        against = f", {seen[other]} against it" if seen[other] else ""
        return sign, f"{seen[sign]} cells are written so{against}"

    # what the text needs

    @property
    def document(self) -> Document:
        return self._document

    @property
    def found(self) -> _Found:
        return self._found

    @property
    def organisation(self) -> str:
        return self._organisation

    @property
    def spread(self) -> str:
        return self._spread

    @property
    def stated(self) -> Stated:
        return self._stated

    @property
    def todo(self) -> list[str]:
        return self._todo


_PLURALS: dict[Role, str] = {
    "period": "periods",
    "place": "places of the register",
    "sex": "sexes",
    "residence": "kinds of residence",
    "age_group": "age groups",
    "indicator": "indicators of the register",
    "value": "numbers",
}


def _shown(cell: Cell) -> str:
    """A heading as it may stand in a YAML file: one line, without signs that cannot be seen."""
    return "".join(char for char in text.one_line(written(cell)) if char.isprintable())[:200]


def _tagged(tag: str) -> Role | None:
    name, *attributes = tag.casefold().split("+")
    have = frozenset(attributes)
    for known, needed, role in _TAGS:
        if known == name and needed <= have:
            if role in ("period_start", "period_end") and "activity" in have:
                return "ignored"
            return role
    return None


def _has_role(column: ColumnProposal, role: Role) -> bool:
    return any(one.role == role and one.score >= _SURE for one in column.suggestions)


def _is_code(column: ColumnProposal) -> bool:
    attributes = column.tag.casefold().split("+")[1:]
    return not {"code", "id"}.isdisjoint(attributes) or text.key(column.heading).rpartition(" ")[2] in ("code", "pcode")


def _finer(column: ColumnProposal, one: Suggestion) -> int:
    """Of several places the finest, the one with the most names, is the place that a row is about."""
    if one.role != "place" or one.score < _SURE or _is_code(column):
        return 0
    name = column.tag.casefold().partition("+")[0]
    level = len(_KEPT_LEVELS) - _KEPT_LEVELS.index(name) if name in _KEPT_LEVELS else 0
    return 1 + level + 10 * column.distinct


def _sex_of(column: ColumnProposal) -> str:
    for attribute in column.tag.casefold().split("+")[1:]:
        if attribute in _TAG_SEXES:
            return _TAG_SEXES[attribute]
    words = text.key(column.heading).split()
    found = {dimensions.SEXES[word] for word in words if word in dimensions.SEXES and len(word) > 1}
    if len(found) == 1:
        return next(iter(found))
    return "_T" if text.key(column.heading) in dimensions.TOTALS else ""


def _is_age(one: str) -> bool:
    return re.fullmatch(r"Y\d+(?:T\d+)?|Y_(?:GE|LT)\d+", dimensions.age_code(one)) is not None


def _is_period(cell: Cell, _: str) -> bool:
    try:
        periods.parse(cell)
    except PeriodError:
        return False
    return True


def _is_heading_period(heading: str) -> bool:
    try:
        periods.parse(heading, year=2000)
    except PeriodError:
        return False
    return True


def _is_number(cell: Cell) -> bool:
    try:
        return numbers.parse(cell, value_type="percent").value is not None
    except NumberError as error:
        return error.code == "NUMBER_AMBIGUOUS"


# --- the contract as text


class _Text:
    """The YAML, line by line; every guess has its reason beside it."""

    def __init__(self, proposer: _Proposer, columns: Sequence[ColumnProposal]):
        self._proposer = proposer
        self._columns = columns

    def lines(self) -> Iterator[str]:
        it, document, found = self._proposer, self._proposer.document, self._proposer.found
        place = found.sheet.cell_name(found.bottom, 0) if found.sheet.rows[found.bottom] else ""
        body = list(self._body())
        yield f"# Proposed from a file of {_plain(it.organisation)}: a person decides. Read every line, put it into"
        yield "# raw/contracts/ under its family's name, and try it with: hasila check FILE --organisation CODE"
        yield f"# The header stands at {place} of sheet {_quoted(_shown(found.sheet.name))}."
        for todo in it.todo:
            yield f"# {_TODO}: {todo}"
        yield f"family: {it.family}  # rename: what the reports are, not who sends them"
        yield "version: 1"
        title = _quoted(_shown(found.sheet.name) or it.family)
        yield f"title: {{ar: {title}, fr: {title}, en: {title}}}  # {_TODO}: the title in three languages"
        yield f"formats: [{document.format}]"
        yield f"senders: [{_quoted(it.organisation)}]"
        yield from body

    def _body(self) -> Iterator[str]:
        it, found = self._proposer, self._proposer.found
        sign, why = it.decimal_sign()
        yield f"decimal_sign: {_quoted(sign)}  # {why}"
        yield "data_status: {default: reported}  # or illustrative, or published with a citation"
        yield from self._period()
        if found.sheet.locators is None:
            if found.bottom + 3 >= 40:
                yield f"header_within_rows: {found.bottom + 20}"
            height = max(1, min(_TALLEST, found.first - found.top))
            if height > 3:
                yield f"header_rows: {height}"
        visible = [sheet for sheet in it.document.sheets if not sheet.hidden]
        if len(visible) > 1:
            yield f"sheets: {{only: [{_quoted(found.sheet.name)}]}}  # {len(visible)} sheets are shown"
        if it.spread:
            yield f"spread: [{{dimension: {it.spread}}}]  # the headings of the value columns name it"
        if it.constants:
            constants = ", ".join(f"{name}: {_quoted(value)}" for name, value in it.constants.items())
            yield f"constants: {{{constants}}}"
        yield "columns:"
        required = self._required()
        for column in self._columns:
            yield from self._column(column, column.name in required)

    def _period(self) -> Iterator[str]:
        it = self._proposer
        roles = {column.role for column in self._columns}
        if roles & {"period", "period_start"}:
            yield "period: {source: column}"
        elif it.spread == "period":
            yield "period: {source: header}"
        elif it.stated.period is not None:
            # The text itself may hold more than the period: only its place is told.
            yield f"period: {{source: title}}  # it stands at {it.stated.cell or 'the name of the sheet'}"
        elif len(it.years) > 1 and all("period" in column.fixed for column in self._columns if column.role == "value"):
            yield "period: {source: header}  # the headings hold the years"
        else:
            year = it.years[0] if it.years else f"{_TODO}_PERIOD"
            it.constants["period"] = year
            if it.years:
                yield f"period: {{source: title}}  # no cell says it; the headings speak of {year}: see constants"
            else:
                it.todo.append("constants.period: the period that the file is about, as 2019, T2 2019 or 2019-04")
                yield f"period: {{source: title}}  # {_TODO}: no cell says it: see constants"

    def _required(self) -> set[str]:
        """Columns without which a table is not of this family: what makes it known, and not more."""
        needed = [
            column.name
            for column in self._columns
            if column.role in ("indicator", "place", "period", "period_start", "period_end")
            and self._is_matched(column)
        ]
        values = [column.name for column in self._columns if column.role == "value" and self._is_matched(column)]
        return set(needed + values[:1]) or {next(one.name for one in self._columns if self._is_matched(one))}

    @staticmethod
    def _is_matched(column: ColumnProposal) -> bool:
        return bool(column.label or column.tag)

    def _column(self, column: ColumnProposal, required: bool) -> Iterator[str]:
        where = (
            self._proposer.found.sheet.cell_name(self._proposer.found.bottom, column.index) if column.heading else ""
        )
        if any(name == self._proposer.spread for name in column.fixed) and column.role == "ignored":
            yield f"  # {where} {_quoted(column.heading)}: {column.notes[0]}"
            return
        if not self._is_matched(column):
            yield f"  # {where} {_quoted(column.heading)}: left out, other columns have the same heading"
            return
        yield f"  {column.name}:"
        chosen = next((one for one in column.suggestions if one.role == column.role), None)
        others = [one for one in column.suggestions if one.role != column.role][:3]
        reason = chosen.why if chosen else (column.notes[0] if column.notes else "nothing tells what it is")
        also = ", ".join(f"{one.role} ({one.why})" for one in others)
        yield f"    role: {column.role}  # {_plain(reason)}" + (f"; also possible: {_plain(also)}" if also else "")
        if required:
            yield "    required: true"
        if column.fixed:
            fixed = ", ".join(f"{name}: {_quoted(value)}" for name, value in column.fixed.items())
            yield f"    set: {{{fixed}}}" + (f"  # {_TODO}" if _TODO in fixed else "")
        if column.tag:
            yield f"    hxl: [{_quoted(column.tag.casefold())}]"
        if column.label:
            language = (
                "ar" if re.search(r"[\u0600-\u06ff]", column.label) else "fr" if _is_french(column.label) else "en"
            )
            labels = ", ".join(_quoted(label) for label in (column.label, column.alias) if label)
            yield f"    labels: {{{language}: [{labels}]}}"
        if column.role in ("place", "parent_place") and column.filled and "places of the register" not in reason:
            yield "    # few cells or none are places of place.csv: other rows are refused (PLACE_UNKNOWN) until the"
            yield "    # register has them, or `code_system` (iso, hcp, ocha) or `values` says what the codes mean"
        if column.role == "indicator" and column.filled and "indicators of the register" not in reason:
            yield "    # its cells are not in indicator.csv: add the names to indicator_alias.csv, or give `values`"


def _is_french(label: str) -> bool:
    return bool(re.search(r"[éèêàçôîûâœ]", label.casefold()))


def _quoted(value: str) -> str:
    """A YAML scalar: JSON's strings are YAML's."""
    return json.dumps(value, ensure_ascii=False)


def _plain(value: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in value).split())
