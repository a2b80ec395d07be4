"""What headings say of a column's figures beyond its name: thousands, percentages, girls, another year.

A heading is known by any of its parts, `Nombre (en milliers)` by `Nombre`. What the other parts say must not be
passed over where it makes other figures of those below.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

from orchestration.read import dimensions, periods, tables, text
from orchestration.read.contracts import Column, Contract
from orchestration.read.formats.document import Cell
from orchestration.read.periods import PeriodError
from orchestration.read.reference import TOTAL, Indicator
from orchestration.read.tables import Table, ValueColumn, is_blank, without_footnote, written
from orchestration.read.titles import Stated

Kind = Literal["scale", "share", "sense", "sex", "age_group", "residence", "period", "place", "column"]


class Said(NamedTuple):
    """One thing that a heading says beside its column's name, with the heading as written."""

    kind: Kind
    code: str
    heading: str


_SCALES = frozenset(
    text.key(word)
    for word in (
        *("millier", "milliers", "million", "millions", "milliard", "milliards", "kdh", "mdh", "kmad", "mmad"),
        *("thousand", "thousands", "billion", "billions", "x1000", "بالآلاف", "بآلاف", "بالألف", "آلاف", "ألف"),
        *("بالملايين", "بملايين", "ملايين", "مليون", "بالمليون"),
    )
)
_IN_SCALES = frozenset(text.key(word) for word in ("بالآلاف", "بآلاف", "بالألف", "بالملايين", "بملايين", "بالمليون"))
# `(000)`, `x 1000`, `pour 100 000`
_POWERS = re.compile(r"1?0{2,}")
_SHARES = frozenset(
    text.key(word)
    for word in (
        *("pourcentage", "pourcentages", "pour cent", "part", "taux", "proportion", "percent", "percentage", "share"),
        *("rate", "نسبة", "النسبة", "نسبة مئوية", "النسبة المئوية", "بالمائة", "في المائة"),
    )
)
# Figures that were not reached, or not in this period alone.
_SENSES = frozenset(
    text.key(word)
    for word in (
        *("prévu", "prévus", "prévue", "prévues", "prévision", "prévisions", "programmé", "programmés", "programmée"),
        *("programmées", "planifié", "planifiés", "planifiée", "planifiées", "cible", "cibles", "cumul", "cumulé"),
        *("cumulés", "cumulée", "cumulées", "planned", "target", "targets", "targeted", "expected", "cumulative"),
        *("مبرمج", "المبرمج", "متوقع", "المتوقع", "مستهدف", "المستهدف", "تراكمي", "التراكمي", "المتراكم"),
    )
)
_SHARE_SIGNS = re.compile(r"[%٪﹪％‰]")
_IN = frozenset(("en", "in", "ب"))
_UNITS = frozenset(text.key(word) for word in ("unité", "unités", "unit", "units", "الوحدة", "وحدة القياس"))
_LONGEST = 200
# What is said of all of an indicator's children is no part of them.
_CHILDHOOD = frozenset({"Y0T17", "Y0T18", "Y_LT18"})


def said_over(table: Table, value: ValueColumn, contract: Contract, labels: Mapping[str, str]) -> list[Said]:
    """What stands over a column of values and is neither its name nor known of it.

    `labels` lead from the keys of the contract's labels to the columns that they name.
    """
    known = {str(what): code for what, code in value.column.set.items()} | value.fixed
    name = next((name for name, column in contract.columns.items() if column is value.column), "")
    found: list[Said] = []
    for heading, is_whole in _headings(table, value, name, contract.columns):
        if heading.startswith("#"):
            continue
        if name and labels.get(text.key(heading)) == name:
            # The key of `Nombre (%)` is that of `Nombre`.
            if _SHARE_SIGNS.search(heading) and not any(map(_SHARE_SIGNS.search, _written_labels(value.column))):
                found.append(Said("share", "%", heading))
            continue
        parts = [heading] if is_whole else tables.pieces(heading)
        for part in parts:
            named = labels.get(text.key(part))
            if named is not None and named == name:
                continue
            if named is not None and len(parts) > 1 and contract.columns[named].role in ("value", "ignored"):
                found.append(Said("column", named, heading))
            found += [
                Said(kind, code, heading)
                for kind, code in _kinds(part)
                if kind in ("scale", "share", "sense") or known.get(kind) != code
            ]
    # Where tags say what a column holds, its heading may call that as it likes.
    return [one for one in found if one.kind in ("scale", "share")] if table.is_tagged else found


def said_in_titles(table: Table) -> list[Said]:
    """Titles that say of all figures below that they are thousands, or shares: `(en milliers)`, `Unité : %`."""
    found: list[Said] = []
    for _, _, title in tables.title_cells(table):
        if len(title) > _LONGEST:
            continue
        head, colon, tail = title.rpartition(":")
        is_unit = bool(colon) and text.key(head).rpartition(" ")[2] in _UNITS
        for part in [tail] if is_unit else tables.pieces(title):
            words = text.key(part).split()
            # `Programme des 1000 écoles` and `45 %` are no units; `Montants en milliers de DH` names one.
            is_said = not any(map(str.isdigit, part)) and (len(words) < 2 or words[0] in _IN)
            is_said = is_said or any(one in _IN and other in _SCALES for one, other in pairwise(words))
            if is_unit or is_said or not _IN_SCALES.isdisjoint(words):
                found += [Said(kind, code, title) for kind, code in _kinds(part) if kind in ("scale", "share")]
    return found


def said_of_units(unit: str) -> list[Said]:
    """What a row's own unit says of its figures: thousands, or a share. Codes such as `D_PER_1000_B` say neither."""
    kinds = () if len(unit) > _LONGEST or "_" in unit else _kinds(unit.strip())
    return [Said(kind, code, unit.strip()) for kind, code in kinds if kind in ("scale", "share")]


def said_of_multiplier(heading: str, cell: str) -> list[Said]:
    """What SDMX's `UNIT_MULT` says: the figures are to be taken times so many zeros."""
    exponent = cell.partition(":")[0].strip()
    return [] if exponent in ("", "0") else [Said("scale", exponent, f"{heading}: {cell.strip()}")]


def said_in_column(heading: str, cells: Sequence[str]) -> dict[str, Said]:
    """What the cells of a column that nobody asked for say of their rows, where most of them name one dimension.

    So `Milieu` with `Rural`, or `Année` with 2018. Figures are years only where the heading says so.
    """
    filled = {cell for cell in cells if cell.strip() and len(cell) <= _LONGEST}
    filled = {cell for cell in filled if text.key(cell) not in dimensions.TOTALS}
    found: dict[str, Said] = {}
    for cell in filled:
        for kind, code in _kinds(without_footnote(cell.strip())):
            is_year = kind != "period" or not cell.strip().isdigit() or not _YEARS.isdisjoint(text.key(heading).split())
            if kind in ("sex", "age_group", "residence", "period") and is_year:
                found[cell] = Said(kind, code, cell.strip())
    usual = Counter(said.kind for said in found.values()).most_common(1)
    if not usual or 2 * usual[0][1] <= len(filled):
        return {}
    return {cell: said for cell, said in found.items() if said.kind == usual[0][0]}


_YEARS = frozenset(text.key(word) for word in ("année", "an", "exercice", "période", "year", "period", "السنة", "سنة"))
MULTIPLIERS = frozenset({"unit_mult", "unit_multiplier"})
"""The headings of SDMX's column of multipliers, in small letters."""


def changes(said: Said, indicator: Indicator | None, stated: Stated, *, is_dated: bool) -> bool:
    """Whether figures of an indicator are others than they would be without what was said of them.

    `is_dated` says that the rows name their own periods, or the headings do.
    """
    match said.kind:
        case "share":
            return indicator is None or indicator.value_type != "percent"
        case "sex":
            return indicator is None or indicator.universe_sex != said.code
        case "age_group":
            return said.code not in _CHILDHOOD and (indicator is None or indicator.universe_age != said.code)
        case "period":
            named = stated.within(said.code)
            if is_dated or stated.period is None or named is None:
                return not is_dated
            # The year of a quarter is no other period.
            return not (named.start <= stated.period.start and stated.period.end <= named.end)
    return True


def _headings(table: Table, value: ValueColumn, name: str, columns: Mapping[str, Column]) -> Iterator[tuple[str, bool]]:
    """The texts over a column, and whether one counts as a whole only.

    Right above the header may stand what several of its columns have in common, but a title, too.
    """
    sheet, index = table.sheet, value.index
    figures = [at for other, at in table.columns.items() if columns[other].role in ("value", "ignored")]
    first = min(*figures, index, *(column.index for column in table.values))
    is_grouped = index not in table.columns.values() or name in table.repeated.values()
    for position in range(max(table.titles, table.top - 1), table.first):
        is_above = position < table.top
        row = sheet.rows[position]
        at = index
        if position < table.header and _is_blank(row, index):
            merged = [place for place in sheet.merged_across if place[0] == position]
            if merged:
                at = sheet.merged_across.get((position, index), (position, index))[1]
            elif is_grouped and not is_above:
                at = next((left for left in range(index, first - 1, -1) if not _is_blank(row, left)), index)
        if at >= first and not _is_blank(row, at) and len(heading := written(row[at])) <= _LONGEST:
            yield heading, is_above


def _written_labels(column: Column) -> tuple[str, ...]:
    return (*column.labels.ar, *column.labels.fr, *column.labels.en)


def _is_blank(row: Sequence[Cell], index: int) -> bool:
    return index >= len(row) or is_blank(row[index])


@lru_cache(maxsize=4096)
def _kinds(part: str) -> tuple[tuple[Kind, str], ...]:
    """What a part of a heading may say of figures."""
    key = text.key(part)
    words = key.split()
    if not _SCALES.isdisjoint(words) or any(map(_POWERS.fullmatch, words)):
        return (("scale", key),)
    if _SHARE_SIGNS.search(part) or key in _SHARES:
        return (("share", key),)
    if key in _SENSES:
        return (("sense", key),)
    if (sex := dimensions.SEXES.get(key)) is not None:
        return (("sex", sex),)
    if len(key) > 1 and (residence := dimensions.RESIDENCES.get(key)) is not None:
        return (("residence", residence),)
    age = dimensions.age_code(part)
    if age not in (part.strip(), TOTAL, dimensions.UNKNOWN):
        return (("age_group", age),)
    return (("period", part),) if _is_span(part) else ()


def _is_span(part: str) -> bool:
    """Whether a text is a period: a year, a quarter, a month; not a day, nor a word such as `année` alone."""
    try:
        period = periods.parse(part, year=2000)
    except PeriodError:
        return False
    return period.start != period.end and (period.grain == "month" or any(char.isdigit() for char in part))
