"""Comparing texts as people write them: one key for all spellings of one word.

Keys serve only to compare; what is shown or stored is always the text as written.
"""

import re
import unicodedata
from functools import lru_cache

_ARABIC_FORMS = {
    "أ": "ا",
    "إ": "ا",
    "آ": "ا",
    "ٱ": "ا",
    "ى": "ي",
    "ی": "ي",
    "ئ": "ي",
    "ؤ": "و",
    "ة": "ه",
    "ک": "ك",
    "ڭ": "ك",
    "گ": "ك",
    "ـ": None,  # tatweel
    "ء": None,
    "œ": "oe",
    "æ": "ae",
    "ß": "ss",
}
_NOT_WORD = re.compile(r"[\W_]+")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
# The scripts a report here is written in; any other script's digits take the slower way.
_DIGITS = {
    **{0x0660 + digit: str(digit) for digit in range(10)},  # Arabic-Indic
    **{0x06F0 + digit: str(digit) for digit in range(10)},  # Eastern Arabic-Indic
    **{0xFF10 + digit: str(digit) for digit in range(10)},  # full width
}
_REMEMBERED_LENGTH = 120
_REMEMBERED_LETTERS = 4096


class _Folding(dict[int, str | int | None]):
    """What becomes of a decomposed letter, found once a letter (for str.translate)."""

    def __missing__(self, code: int) -> str | int | None:
        char = chr(code)
        folded: str | int | None = None if unicodedata.combining(char) else _ARABIC_FORMS.get(char, char)
        if char.isdecimal():
            folded = str(unicodedata.digit(char))
        if len(self) < _REMEMBERED_LETTERS:
            self[code] = folded
        return folded


_FOLDING = _Folding()


def key(text: str) -> str:
    """The comparison key of a text.

    Case, accents, Arabic vowel signs, tatweel, the forms of alef, ya and ta marbuta, the kind of
    digits, punctuation and spacing do not count.

    >>> key("Fès- Meknès") == key("FES MEKNES")
    True
    """
    # Names repeat from row to row; what is longer than any name is not worth remembering.
    return _short_key(text) if len(text) <= _REMEMBERED_LENGTH else _key(text)


def _key(text: str) -> str:
    if text.isascii():
        return _NOT_WORD.sub(" ", text.lower()).strip()
    # Decomposed first, because the letters of a ligature have a case of their own, and again after it.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return _NOT_WORD.sub(" ", decomposed.translate(_FOLDING)).strip()


_short_key = lru_cache(maxsize=32768)(_key)


def ascii_digits(text: str) -> str:
    """`text` with every decimal digit of any script as 0-9, each where it stood."""
    if text.isascii():
        return text
    text = text.translate(_DIGITS)
    if _OTHER_DIGIT.search(text) is None:
        return text
    return "".join(str(unicodedata.digit(char)) if char.isdecimal() else char for char in text)


def one_line(text: str) -> str:
    """`text` with runs of white space, no-break spaces among them, as one space."""
    return " ".join(text.split())
