"""Comparing texts as people write them: one key for all spellings of one word.

Keys serve only to compare; what is shown or stored is always the text as written.
"""

import re
import unicodedata
from functools import lru_cache

_ARABIC_FORMS = str.maketrans(
    {
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
)
_NOT_WORD = re.compile(r"[\W_]+")


def key(text: str) -> str:
    """The comparison key of a text.

    Case, accents, Arabic vowel signs, tatweel, the forms of alef, ya and ta marbuta, the kind of
    digits, punctuation and spacing do not count.

    >>> key("Fès- Meknès") == key("FES MEKNES")
    True
    """
    # Names repeat from row to row; what is longer than any name is not worth remembering.
    return _short_key(text) if len(text) <= 200 else _key(text)


def _key(text: str) -> str:
    # Decomposed first, because the letters of a ligature have a case of their own, and again after it.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _NOT_WORD.sub(" ", ascii_digits(letters.translate(_ARABIC_FORMS))).strip()


_short_key = lru_cache(maxsize=65536)(_key)


def ascii_digits(text: str) -> str:
    """`text` with every decimal digit of any script as 0-9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(char)) if char.isdecimal() else char for char in text)


def one_line(text: str) -> str:
    """`text` with runs of white space, no-break spaces among them, as one space."""
    return " ".join(text.split())
