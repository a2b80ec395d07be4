"""Numbers as people write them in Morocco's reports: a value and a qualifier, or a refusal.

`406.423`, `23 879`, `1 234,5`, `٤٠٦٬٤٢٣`, `أكثر من 4330`, `1,49 million`, `n/d`. One writing has
two readings: a mark followed by three digits (`1.234`) groups thousands for one writer and parts
decimals for another, a factor of a thousand. What decides is, in this order: how the column's other
cells use the mark; what is counted (a count has no decimals); the contract's decimal sign; and
whether the result lies among the column's other values. Where these contradict each other the cell
is refused as NUMBER_AMBIGUOUS; nothing is decided by luck.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Literal, NamedTuple, NoReturn

from orchestration.read import text

Qualifier = Literal[
    "exact",
    "approximate",
    "at_least",
    "at_most",
    "more_than",
    "less_than",
    "suppressed",
    "not_applicable",
    "not_reported",
]
ValueType = Literal["count", "percent", "amount"]
DecimalSign = Literal[",", "."]

DECIMALS = 10
_STEP = Decimal(1).scaleb(-DECIMALS)
LARGEST = Decimal(10) ** 18
_LARGEST = int(LARGEST)
_LONGEST = 200  # characters of a cell; a text is refused before it costs anything
_REMEMBERED = 40  # characters of a writing that is likely to come again
# How far a count may exceed all others of its column before a doubtful mark makes it doubtful: no
# column of integers below 10 holds a 1.234, and one of some dozens may.
_FAR = 100
_NEAR = 10


class Number(NamedTuple):
    """What a cell says: `value` is None only with a qualifier that says why."""

    value: Decimal | None
    qualifier: Qualifier = "exact"


class NumberError(Exception):
    """The cell holds no number. `code` is the rule of the catalogue, `expected` an example.

    `found` is what a person sees in the cell where that is not its content (45 % for 0.45).
    """

    def __init__(self, code: str, expected: str = "1234", found: str = ""):
        super().__init__(code)
        self.code = code
        self.expected = expected
        self.found = found


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What the column's other cells tell about a doubtful one.

    `group_marks` and `decimal_marks` are the marks that stand somewhere in the column in only one
    meaning (`1.234.567`, `12,5`).
    """

    smallest: Decimal
    largest: Decimal
    total: Decimal
    whole: bool
    group_marks: frozenset[str] = frozenset()
    decimal_marks: frozenset[str] = frozenset()

    @classmethod
    def of(
        cls,
        values: Iterable[Decimal],
        group_marks: frozenset[str] = frozenset(),
        decimal_marks: frozenset[str] = frozenset(),
    ) -> "Neighbours | None":
        """The summary of some values; None where there is nothing to learn from."""
        sizes = [abs(value) for value in values]
        if not sizes and not group_marks and not decimal_marks:
            return None
        return cls(
            smallest=min((size for size in sizes if size), default=Decimal(0)),
            largest=max(sizes, default=Decimal(0)),
            total=sum(sizes, Decimal(0)),
            whole=all(size == size.to_integral_value() for size in sizes),
            group_marks=group_marks,
            decimal_marks=decimal_marks,
        )


_PREFIXES: dict[Qualifier, tuple[str, ...]] = {
    "more_than": (
        "plus de",
        "plus d'",
        "more than",
        "over",
        "supérieur à",
        "au-delà de",
        "أكثر من",
        "أزيد من",
        "ما يزيد عن",
        "ما يزيد على",
        "ما يفوق",
        "يفوق",
        ">",
    ),
    "at_least": (
        "au moins",
        "au minimum",
        "minimum",
        "at least",
        "على الأقل",
        "لا يقل عن",
        "ما لا يقل عن",
        "≥",
        ">=",
        "⩾",
        "=>",
    ),
    "less_than": (
        "moins de",
        "moins d'",
        "less than",
        "fewer than",
        "under",
        "inférieur à",
        "أقل من",
        "ما يقل عن",
        "<",
    ),
    "at_most": (
        "au plus",
        "au maximum",
        "maximum",
        "jusqu'à",
        "at most",
        "up to",
        "على الأكثر",
        "لا يزيد عن",
        "لا يتجاوز",
        "≤",
        "<=",
        "⩽",
        "=<",
    ),
    "approximate": (
        "environ",
        "env.",
        "près de",
        "autour de",
        "quelque",
        "à peu près",
        "approximativement",
        "about",
        "around",
        "circa",
        "approximately",
        "approx.",
        "nearly",
        "almost",
        "حوالي",
        "نحو",
        "زهاء",
        "تقريبا",
        "ما يقارب",
        "ما يناهز",
        "يناهز",
        "قرابة",
        "~",
        "≈",
        "±",
    ),
}
_SYMBOLS = {word: qualifier for qualifier, words in _PREFIXES.items() for word in words if not word[0].isalpha()}
_WORDS = {text.key(word): qualifier for qualifier, words in _PREFIXES.items() for word in words if word[0].isalpha()}
_MISSING: dict[str, Qualifier] = {
    **dict.fromkeys(
        ("-", "–", "—", "−", "--", "---", ".", "..", "...", "…", "_", "/", "n/d", "nd", "n.d.", "n.d", "غير متوفر"),
        "not_reported",
    ),
    **dict.fromkeys(
        ("غ.م", "غ م", "غ.م.", "غير متوفرة", "غير متاح", "غير متاحة", "not reported", "not available"),
        "not_reported",
    ),
    # What SDMX and data bases write for a value that is not there.
    **dict.fromkeys(("nan", "null"), "not_reported"),
    **dict.fromkeys(("non disponible", "non communiqué", "non renseigné", "n.c.", "nc"), "not_reported"),
    **dict.fromkeys(
        ("n/a", "na", "n.a.", "s.o.", "so", "s/o", "sans objet", "not applicable", "لا ينطبق", "غير معني"),
        "not_applicable",
    ),
    **dict.fromkeys(("*", "**", "***", "c", "confidentiel", "confidential", "suppressed", "سري"), "suppressed"),
}
_SCALES: dict[str, int] = {
    "mille": 3,
    "millier": 3,
    "milliers": 3,
    "thousand": 3,
    "ألف": 3,
    "آلاف": 3,
    "million": 6,
    "millions": 6,
    "مليون": 6,
    "ملايين": 6,
    "milliard": 9,
    "milliards": 9,
    "billion": 9,
    "billions": 9,
    "مليار": 9,
    "ملايير": 9,
}
# A number that is a word. `Néant` is none: it may be nothing reported.
_NUMERALS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("zéro", "zero", "صفر"), (0, 0)),
    **dict.fromkeys(("ألف",), (1, 3)),
    **dict.fromkeys(("ألفان", "ألفين"), (2, 3)),
    **dict.fromkeys(("un million", "one million", "مليون"), (1, 6)),
    **dict.fromkeys(("مليونان", "مليونين"), (2, 6)),
    **dict.fromkeys(("un milliard", "one billion", "مليار"), (1, 9)),
}
_PERCENTS = ("pour cent", "pourcent", "percent", "per cent", "في المائة", "بالمائة", "في المئة", "بالمئة")
_PERCENT_SIGN = re.compile(r"[%٪﹪％]")


@dataclass(frozen=True, slots=True)
class _After:
    """What the words behind a number do to it."""

    scale: int = 0
    percent: bool = False
    qualifier: Qualifier = "exact"


def _all_after() -> dict[str, _After]:
    """Every wording behind a number by key: a unit, a qualifying word, or one after the other."""
    units = {text.key(word): _After(scale=scale) for word, scale in _SCALES.items()}
    units |= {text.key(word): _After(percent=True) for word in _PERCENTS}
    # "4330 au moins" is said so, "4330 plus de" is not.
    tails = {
        text.key(word): _WORDS[text.key(word)]
        for words in (_PREFIXES["at_least"], _PREFIXES["at_most"], ("environ", "approximately", "approx.", "تقريبا"))
        for word in words
        if word[0].isalpha() and text.key(word) not in ("لا يقل عن", "ما لا يقل عن", "لا يزيد عن", "لا يتجاوز", "up to")
    }
    found = units | {tail: _After(qualifier=qualifier) for tail, qualifier in tails.items()}
    for unit, after in units.items():
        for tail, qualifier in tails.items():
            found[f"{unit} {tail}"] = _After(after.scale, after.percent, qualifier)
    return found


_AFTER = _all_after()
_NOTHING_AFTER = _After()
_NUMBER_WORDS = {text.key(word): number for word, number in _NUMERALS.items()}
_BEFORE_WORDS: dict[str, Qualifier] = {"": "exact", **_WORDS}
_QUALIFIED_WORDS: dict[str, tuple[Qualifier, tuple[int, int]]] = {
    f"{before} {key}".strip(): (qualifier, number)
    for before, qualifier in _BEFORE_WORDS.items()
    for key, number in _NUMBER_WORDS.items()
    if number[0] or not before
}
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_MARKS = re.compile(r"[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_SAME_SIGN = str.maketrans({"’": "'", "ʼ": "'", "‘": "'", "´": "'", "،": ",", "−": "-"})
_ERRORS = frozenset(
    {"#n/a", "#ref!", "#div/0!", "#value!", "#name?", "#null!", "#num!", "#valeur!", "#nom?", "#nombre!", "#nul!"}
    | {"#spill!", "#calc!", "#propagation!", "#getting_data", "err:502", "err:508", "err:522"}
)
_PARTS = re.compile(r"(\D*)(\d(?:[\d.,'٬٫ ]*\d)?)(.*)", re.DOTALL)
# Words hold no signs: `plus de (5)` is neither more than five nor five.
_NO_WORDS = re.compile(r"[^\w\s'.-]|\d|_")
# A footnote mark that can be nothing else. `10²` may be a hundred, `12 (3)` twelve of whom three.
_FOOTNOTE = re.compile(r"\s?(?:\*{1,3}|\(\*{1,3}\)|[†‡§]|[¹²³⁰⁴-⁹]{1,2}|\[\d{1,2}\])$")
_NUMBERED_NOTE = re.compile(r"\s?\([1-9]\)$")
_PLAIN = re.compile(r"\d+")
_GROUPED = {
    separator: re.compile(rf"\d{{1,3}}(?:{re.escape(separator)}\d{{3}})+") for separator in (".", ",", " ", "'", "٬")
}
_TWO_READINGS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


class _Written(NamedTuple):
    """A writing taken apart. `doubtful` is the mark of a number with two readings.

    `value` is the number, or the one with the doubtful mark as a decimal sign; `number` what the cell
    says where nothing else has to be asked.
    """

    value: Decimal | None
    qualifier: Qualifier = "exact"
    scale: int = 0
    percent: bool = False
    doubtful: str = ""
    problem: str = ""
    group_mark: str = ""
    decimal_mark: str = ""
    number: Number | None = None


Around = Sequence[Decimal] | Neighbours | Callable[[], Neighbours | None] | None


def parse(
    written: object,
    *,
    value_type: ValueType = "count",
    decimal_sign: DecimalSign = ",",
    neighbours: Around = None,
) -> Number:
    """The number in a cell.

    `value_type` is what the indicator counts, `decimal_sign` the contract's and `neighbours` the
    column's other cells, as `column_neighbours` gives them for the whole column at once, what gives
    them when it is called, or their plain values; all three are asked only where the writing leaves
    a choice.

    Raises NumberError: NUMBER_UNREADABLE, NUMBER_AMBIGUOUS, NUMBER_ERROR_CELL, NUMBER_TOO_LARGE.

    >>> parse("أكثر من 4330")
    Number(value=Decimal('4330'), qualifier='more_than')
    """
    kind = type(written)
    if kind is str:
        content: str = written  # type: ignore[assignment]
        if content.isascii() and content.isdigit() and len(content) <= 18:
            return _plain(content) if len(content) < 8 else Number(Decimal(content))
        read = _remembered(content) if len(content) <= _REMEMBERED else _read(content)
        return _settled(read, value_type, decimal_sign, neighbours)
    if written is None:
        return _NOT_REPORTED
    if kind is int:
        whole: int = written  # type: ignore[assignment]
        if -_LARGEST < whole < _LARGEST:
            return _small(whole) if -1000 < whole < 100_000 else Number(Decimal(whole))
    elif kind is float:
        number: float = written  # type: ignore[assignment]
        if number.is_integer() and -1e15 < number < 1e15:
            whole = int(number)
            return _small(whole) if -1000 < whole < 100_000 else Number(Decimal(whole))
    if isinstance(written, (bool, dt.date, dt.time, dt.timedelta)):
        raise NumberError("NUMBER_UNREADABLE")
    if isinstance(written, (int, float, Decimal)):
        return Number(_bounded(Decimal(str(written))))
    return _settled(_read(str(written)), value_type, decimal_sign, neighbours)


def remembered(cells: Sequence[object], value_type: ValueType, decimal_sign: DecimalSign) -> list[Number | None]:
    """The numbers of those cells whose own writing says everything, None for all others.

    Figures come again from row to row and from report to report: each is read once.
    """
    if not _PLAIN_KINDS.issuperset(map(type, cells)):
        # True would be found as 1.
        return [None] * len(cells)
    memory = _memories.setdefault((value_type, decimal_sign), {})
    if len(memory) > _MOST_REMEMBERED:
        memory.clear()
    for cell in {cell for cell in cells if cell not in memory}:
        if type(cell) is not str or len(cell) <= _REMEMBERED:
            try:
                memory[cell] = parse(cell, value_type=value_type, decimal_sign=decimal_sign, neighbours=_nobody_asked)
            except (NumberError, _AskedError):
                memory[cell] = None
    return [memory.get(cell) for cell in cells]


class _AskedError(Exception):
    """The other cells would have to say which number was meant."""


def _nobody_asked() -> NoReturn:
    raise _AskedError


_PLAIN_KINDS = frozenset({str, int, float, NoneType})
_MOST_REMEMBERED = 50_000
_memories: dict[tuple[ValueType, DecimalSign], dict[object, Number | None]] = {}


def column_neighbours(cells: Iterable[object]) -> Neighbours | None:
    """What a column's cells tell about its doubtful ones; None where they tell nothing.

    Only cells with one reading speak, and cells that are no number stay silent.
    """
    values: list[Decimal] = []
    group_marks: set[str] = set()
    decimal_marks: set[str] = set()
    for cell in cells:
        if isinstance(cell, bool):
            continue
        if isinstance(cell, (int, float, Decimal)):
            value = Decimal(str(cell))
            if value.is_finite() and abs(value) < LARGEST:
                values.append(value)
        elif isinstance(cell, str) and len(cell) <= _LONGEST:
            read = _remembered_or_read(cell)
            group_marks.add(read.group_mark)
            decimal_marks.add(read.decimal_mark)
            if not read.doubtful and not read.problem and read.value is not None:
                values.append(read.value.scaleb(read.scale))
    return Neighbours.of(values, frozenset(group_marks - {""}), frozenset(decimal_marks - {""}))


_NOT_REPORTED = Number(None, "not_reported")


@lru_cache(maxsize=16384)
def _small(whole: int) -> Number:
    return Number(Decimal(whole))


@lru_cache(maxsize=16384)
def _plain(digits: str) -> Number:
    return Number(Decimal(digits))


def _remembered_or_read(written: str) -> _Written:
    return _remembered(written) if len(written) <= _REMEMBERED else _read(written)


def _settled(read: _Written, value_type: ValueType, decimal_sign: str, neighbours: Around) -> Number:
    if read.number is not None:
        return read.number
    if read.problem:
        raise NumberError(read.problem, f"< {LARGEST:.0E}" if read.problem == "NUMBER_TOO_LARGE" else "1234")
    if read.percent and value_type != "percent":
        # 45 % of something is not 45 of them.
        raise NumberError("NUMBER_UNREADABLE")
    value = read.value
    if value is None:
        return Number(None, read.qualifier)
    if read.doubtful:
        around = neighbours() if callable(neighbours) else neighbours
        if not isinstance(around, Neighbours | None):
            around = Neighbours.of(around)
        value = _chosen(read, value, value_type, decimal_sign, around)
    if read.scale:
        value = value.scaleb(read.scale)
    return Number(_bounded(value), read.qualifier)


def _chosen(
    read: _Written, value: Decimal, value_type: ValueType, decimal_sign: str, around: Neighbours | None
) -> Decimal:
    """The reading of a doubtful mark: `value` as decimals, a thousand times as much as groups."""
    grouped, mark = value * 1000, read.doubtful
    if around is not None:
        groups, parts = mark in around.group_marks, mark in around.decimal_marks
        if groups and parts:
            raise _ambiguous(value)
        if groups:
            return grouped
        if parts and (value_type != "count" or read.scale or value == value.to_integral_value()):
            return value
    if read.scale:
        # "1.250 million" where the comma is the decimal sign: nobody says which was meant.
        if mark != decimal_sign:
            raise _ambiguous(value)
        return value
    if value_type == "count" and (mark != decimal_sign or value != value.to_integral_value()):
        return _count(value, grouped, mark, decimal_sign, around)
    chosen, other = (value, grouped) if mark == decimal_sign else (grouped, value)
    if value_type == "count" and mark == decimal_sign == ",":
        # 12,000: twelve to a machine set to French, twelve thousand to whoever writes English.
        if around is None or _is_near(value, around) == _is_near(grouped, around):
            raise _ambiguous(value)
        return value if _is_near(value, around) else grouped
    if around is not None and _is_among(other, around) and not _is_near(chosen, around):
        raise _ambiguous(value)
    return chosen


def _count(value: Decimal, grouped: Decimal, mark: str, decimal_sign: str, around: Neighbours | None) -> Decimal:
    """A count with three digits after its mark: thousands, unless the column speaks against it."""
    if around is None:
        # A machine that writes decimal points writes them for estimated counts too (938.664).
        if mark == decimal_sign == ".":
            raise _ambiguous(value)
        return grouped
    size = abs(grouped)
    is_sum = around.total > 0 and around.total in (size, 2 * size)
    if not around.whole or mark in around.decimal_marks:
        raise _ambiguous(value)
    if not is_sum and around.largest * _FAR < size:
        raise _ambiguous(value)
    if mark == decimal_sign == "." and not is_sum and not _is_near(grouped, around):
        raise _ambiguous(value)
    return grouped


def _is_among(value: Decimal, around: Neighbours) -> bool:
    return around.largest > 0 and around.smallest <= abs(value) <= around.largest


def _is_near(value: Decimal, around: Neighbours) -> bool:
    return around.largest > 0 and around.smallest <= abs(value) * _NEAR and abs(value) <= around.largest * _NEAR


def _ambiguous(value: Decimal) -> NumberError:
    """Says how to write either reading so that only one is left."""
    size = abs(value)
    return NumberError("NUMBER_AMBIGUOUS", f"{size * 1000:.0f} / {size.normalize():f}".replace(".", ","))


def _read(written: str) -> _Written:
    """A writing taken apart, without knowing where it stands."""
    if len(written) > _LONGEST:
        return _UNREADABLE
    rest = _SPACES.sub(" ", written if written.isascii() else _MARKS.sub("", written)).strip().strip("’'").strip()
    if not rest:
        return _Written(None, "not_reported")
    lowered = rest.casefold()
    if lowered in _MISSING:
        return _Written(None, _MISSING[lowered])
    if lowered in _ERRORS:
        return _Written(None, problem="NUMBER_ERROR_CELL")
    rest = text.ascii_digits(rest if rest.isascii() else rest.translate(_SAME_SIGN))
    parts = _PARTS.fullmatch(rest)
    if parts is None:
        return _in_words(rest)
    before, digits, behind = parts.groups()
    if not before and not behind:
        return _valued(digits, False, "exact", 0, False)
    negative, percent = False, False
    if before:
        if before[-1] in "-+":
            negative, before = before[-1] == "-", before[:-1]
        if _PERCENT_SIGN.fullmatch(before.strip()):
            before, percent = "", True  # the sign stands first in some Arabic texts
    qualifier = _before(before.strip())
    after = _behind(behind, digits)
    if qualifier is None or after is None or (percent and after.percent):
        return _UNREADABLE
    if after.qualifier != "exact":
        if qualifier != "exact":
            return _UNREADABLE
        qualifier = after.qualifier
    return _valued(digits, negative, qualifier, after.scale, percent or after.percent)


_UNREADABLE = _Written(None, problem="NUMBER_UNREADABLE")
_remembered = lru_cache(maxsize=65536)(_read)


def _in_words(words: str) -> _Written:
    """A number without a digit: `صفر`, `plus d'un million`."""
    found = None if _NO_WORDS.search(words) else _QUALIFIED_WORDS.get(text.key(words))
    if found is None:
        return _UNREADABLE
    qualifier, (number, scale) = found
    value = Decimal(number * 10**scale)
    return _Written(value, qualifier, number=Number(value, qualifier))


def _before(words: str) -> Qualifier | None:
    """What the words before a number say of it; None where they are no such words."""
    if not words:
        return "exact"
    if words in _SYMBOLS:
        return _SYMBOLS[words]
    return None if _NO_WORDS.search(words) or words[-1] == "-" else _WORDS.get(text.key(words))


def _behind(words: str, digits: str) -> _After | None:
    """What stands behind a number, its footnote mark taken off; None where it is unknown."""
    if not words:
        return _NOTHING_AFTER
    bare = _FOOTNOTE.sub("", words)
    if bare == words and sum(char.isdigit() for char in digits) >= 3:
        bare = _NUMBERED_NOTE.sub("", words)
    elif bare != words and digits == "10" and "*" not in words and "[" not in words:
        return None
    bare = bare.strip()
    if not bare:
        return _NOTHING_AFTER
    if bare == "+":
        return _After(qualifier="at_least")
    if _PERCENT_SIGN.match(bare):
        bare = "pour cent " + bare[1:].strip()
    return None if _NO_WORDS.search(bare) else _AFTER.get(text.key(bare))


def _valued(digits: str, negative: bool, qualifier: Qualifier, scale: int, percent: bool) -> _Written:
    doubtful = group_mark = decimal_mark = ""
    if _TWO_READINGS.fullmatch(digits):
        doubtful = digits[-4]
        whole, fraction = digits[:-4], digits[-3:]
    else:
        split = _split(digits)
        if split is None:
            return _UNREADABLE
        whole, fraction, decimal_mark = split
        group_mark = "." if "." in whole else "," if "," in whole else ""
        whole = whole if whole.isdigit() else _ungrouped(whole)
        if not whole:
            return _UNREADABLE
    value = Decimal(f"{whole}.{fraction}" if fraction else whole)
    if negative and value:
        value = -value
    if abs(value) >= LARGEST.scaleb(-scale):
        return _Written(None, problem="NUMBER_TOO_LARGE")
    number = None if doubtful or percent or scale else Number(_bounded(value) if fraction else value, qualifier)
    return _Written(value, qualifier, scale, percent, doubtful, "", group_mark, decimal_mark, number)


def _split(digits: str) -> tuple[str, str, str] | None:
    """The whole part, still grouped, the decimals, and their mark; for a writing with one reading."""
    if "٫" in digits:
        whole, _, fraction = digits.partition("٫")
        return (whole, fraction, "٫") if _PLAIN.fullmatch(fraction) else None
    points = [position for position, char in enumerate(digits) if char in ".,"]
    if not points:
        return digits, "", ""
    last = points[-1]
    whole, fraction, mark = digits[:last], digits[last + 1 :], digits[last]
    if any(digits[position] != mark for position in points):
        # 1.234,5 or 1,234.5: the last mark is the decimal sign, the other groups
        return (whole, fraction, mark) if mark not in whole and _PLAIN.fullmatch(fraction) else None
    if len(points) > 1 or " " in fraction:
        return digits, "", ""
    return (whole, fraction, mark) if _PLAIN.fullmatch(fraction) else None


def _ungrouped(whole: str) -> str:
    """The digits of a whole part, or nothing: groups other than threes are no number anyone meant."""
    if _PLAIN.fullmatch(whole):
        return whole
    for separator, pattern in _GROUPED.items():
        if pattern.fullmatch(whole) and not whole.startswith("0"):
            return whole.replace(separator, "")
    return ""


def _bounded(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise NumberError("NUMBER_UNREADABLE")
    if abs(value) >= LARGEST:
        raise NumberError("NUMBER_TOO_LARGE", f"< {LARGEST:.0E}")
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -DECIMALS:
        value = value.quantize(_STEP)
    whole = value.to_integral_value()
    return whole if whole == value else value.normalize()
