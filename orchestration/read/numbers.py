"""Numbers as people write them in Morocco's reports: a value and a qualifier, or a refusal.

`406.423`, `23 879`, `1 234,5`, `٤٠٦٬٤٢٣`, `أكثر من 4330`, `1,49 million`, `n/d`. What a separator
means follows from the writing itself where it can, else from what is counted (a count has no
decimals) and the contract's decimal sign; never from luck.
"""

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

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

DECIMALS = 10
_STEP = Decimal(1).scaleb(-DECIMALS)
LARGEST = Decimal(10) ** 18
_LONGEST = 200  # characters of a cell; a text is refused before it costs anything


@dataclass(frozen=True, slots=True)
class Number:
    """What a cell says: `value` is None only with a qualifier that says why."""

    value: Decimal | None
    qualifier: Qualifier = "exact"


class NumberError(Exception):
    """The cell holds no number. `code` is the rule of the catalogue, `expected` an example."""

    def __init__(self, code: str, expected: str = "1234"):
        super().__init__(code)
        self.code = code
        self.expected = expected


_PREFIXES: dict[Qualifier, tuple[str, ...]] = {
    "more_than": (
        "plus de",
        "plus d'",
        "plus d’",
        "more than",
        "over",
        "supérieur à",
        "أكثر من",
        "اكثر من",
        "أزيد من",
        "ازيد من",
        "ما يفوق",
        ">",
    ),
    "at_least": (
        "au moins",
        "au minimum",
        "at least",
        "على الأقل",
        "على الاقل",
        "لا يقل عن",
        "ما لا يقل عن",
        "≥",
        ">=",
    ),
    "less_than": ("moins de", "moins d'", "moins d’", "less than", "under", "inférieur à", "أقل من", "اقل من", "<"),
    "at_most": ("au plus", "au maximum", "at most", "up to", "على الأكثر", "لا يزيد عن", "≤", "<="),
    "approximate": (
        "environ",
        "près de",
        "autour de",
        "quelque",
        "about",
        "around",
        "approximately",
        "approx.",
        "nearly",
        "حوالي",
        "نحو",
        "ما يقارب",
        "قرابة",
        "~",
        "≈",
        "±",
    ),
}
_BY_LENGTH: list[tuple[str, Qualifier]] = sorted(
    ((word, qualifier) for qualifier, words in _PREFIXES.items() for word in words), key=lambda pair: -len(pair[0])
)
_MISSING: dict[str, Qualifier] = {
    **dict.fromkeys(
        ("-", "–", "—", "..", "...", "…", "_", "n/d", "nd", "n.d.", "n.d", "غير متوفر", "غ.م", "غ م"), "not_reported"
    ),
    **dict.fromkeys(
        ("not reported", "non disponible", "non communiqué", "not available", "غير متوفرة"), "not_reported"
    ),
    **dict.fromkeys(
        ("n/a", "na", "n.a.", "s.o.", "so", "sans objet", "not applicable", "لا ينطبق", "غير معني"), "not_applicable"
    ),
    **dict.fromkeys(("*", "c", "confidentiel", "confidential", "suppressed", "سري"), "suppressed"),
}
_SCALES: dict[str, int] = {
    "mille": 3,
    "millier": 3,
    "milliers": 3,
    "thousand": 3,
    "ألف": 3,
    "الف": 3,
    "آلاف": 3,
    "الاف": 3,
    "million": 6,
    "millions": 6,
    "مليون": 6,
    "ملايين": 6,
    "milliard": 9,
    "milliards": 9,
    "billion": 9,
    "مليار": 9,
}
_PERCENT = re.compile(r"\s*(?:%|٪|pour\s*cent|percent|per\s*cent|في المائة|بالمائة|في المئة)$", re.IGNORECASE)
_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")
_MARKS = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_ERRORS = frozenset(
    {"#n/a", "#ref!", "#div/0!", "#value!", "#name?", "#null!", "#num!", "#valeur!", "#nom?", "#nombre!", "#nul!"}
)
_PLAIN = re.compile(r"\d+")
_GROUPED = {
    separator: re.compile(rf"\d{{1,3}}(?:{re.escape(separator)}\d{{3}})+") for separator in (".", ",", " ", "'", "٬")
}
_DIGITS_AND_SEPARATORS = re.compile(r"[\d.,'٬٫ ]+")


def parse(written: object, *, value_type: ValueType = "count", decimal_sign: Literal[",", "."] = ",") -> Number:
    """The number in a cell.

    `value_type` is what the indicator counts and `decimal_sign` the contract's; both are asked only
    where the writing leaves a choice: `1.234` is 1234 for a count, and for a percentage what the
    decimal sign makes of it.

    Raises NumberError: NUMBER_UNREADABLE, NUMBER_ERROR_CELL, NUMBER_TOO_LARGE.

    >>> parse("أكثر من 4330")
    Number(value=Decimal('4330'), qualifier='more_than')
    """
    if written is None:
        return Number(None, "not_reported")
    if isinstance(written, (bool, dt.date, dt.time, dt.timedelta)):
        raise NumberError("NUMBER_UNREADABLE")
    if isinstance(written, (int, float, Decimal)):
        return Number(_bounded(Decimal(str(written))))
    if len(str(written)) > _LONGEST:
        raise NumberError("NUMBER_UNREADABLE")
    rest = _SPACES.sub(" ", _MARKS.sub("", str(written))).strip().strip("’'").strip()
    if not rest:
        return Number(None, "not_reported")
    lowered = rest.casefold()
    if lowered in _MISSING:
        return Number(None, _MISSING[lowered])
    if lowered in _ERRORS:
        raise NumberError("NUMBER_ERROR_CELL")
    qualifier, rest = _without_qualifier(rest)
    if _PERCENT.search(rest):
        if value_type != "percent":
            # 45 % of something is not 45 of them.
            raise NumberError("NUMBER_UNREADABLE")
        rest = _PERCENT.sub("", rest).strip()
    rest, scale = _without_scale(rest)
    value = _digits(text.ascii_digits(rest).replace("’", "'").replace("ʼ", "'"), value_type, decimal_sign, scale)
    return Number(_bounded(value.scaleb(scale)), qualifier)


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


def _without_qualifier(written: str) -> tuple[Qualifier, str]:
    lowered = written.casefold()
    for word, qualifier in _BY_LENGTH:
        if lowered.startswith(word):
            return qualifier, written[len(word) :].strip()
        # "4330 على الأقل", "4330 au moins": some of the words may follow the number
        if word[0].isalpha() and lowered.endswith(f" {word}"):
            return qualifier, written[: -len(word)].strip()
    return "exact", written


def _without_scale(written: str) -> tuple[str, int]:
    head, _, last = written.rpartition(" ")
    if head and last.casefold() in _SCALES:
        return head.strip(), _SCALES[last.casefold()]
    return written, 0


def _digits(written: str, value_type: ValueType, decimal_sign: str, scale: int) -> Decimal:
    sign = 1
    if written[:1] in "-+−" and written[1:2].isdigit():
        sign = -1 if written[0] in "-−" else 1
        written = written[1:]
    if not written or not _DIGITS_AND_SEPARATORS.fullmatch(written) or not any(char.isdigit() for char in written):
        raise NumberError("NUMBER_UNREADABLE")
    whole, fraction = _split(written, value_type, decimal_sign, scale)
    try:
        return sign * Decimal(f"{_ungrouped(whole)}.{fraction or '0'}")
    except InvalidOperation as error:
        raise NumberError("NUMBER_UNREADABLE") from error


def _split(written: str, value_type: ValueType, decimal_sign: str, scale: int) -> tuple[str, str]:
    """The whole part, still grouped, and the decimals."""
    if "٫" in written:
        whole, _, fraction = written.partition("٫")
        return whole, _only_digits(fraction)
    points = [(position, char) for position, char in enumerate(written) if char in ".,"]
    if not points:
        return written, ""
    kinds = {char for _, char in points}
    last, mark = points[-1]
    whole, fraction = written[:last], written[last + 1 :]
    if len(kinds) == 2:
        # 1.234,5 or 1,234.5: the last mark is the decimal sign, the other groups
        if sum(char == mark for _, char in points) > 1:
            raise NumberError("NUMBER_UNREADABLE")
        return whole, _only_digits(fraction)
    if len(points) > 1 or " " in fraction:
        return written, ""
    grouped = _GROUPED[mark].fullmatch(written) is not None and not whole.startswith("0")
    if not grouped:
        return whole, _only_digits(fraction)
    # One mark and three digits after it, the one writing with two readings.
    if value_type == "count" and not scale:
        return written, ""
    return (whole, fraction) if mark == decimal_sign else (written, "")


def _only_digits(fraction: str) -> str:
    if not _PLAIN.fullmatch(fraction):
        raise NumberError("NUMBER_UNREADABLE")
    return fraction


def _ungrouped(whole: str) -> str:
    """The digits of a whole part; groups other than threes are no number anyone meant."""
    if _PLAIN.fullmatch(whole):
        return whole
    for separator, pattern in _GROUPED.items():
        if pattern.fullmatch(whole) and not whole.startswith("0"):
            return whole.replace(separator, "")
    raise NumberError("NUMBER_UNREADABLE")
