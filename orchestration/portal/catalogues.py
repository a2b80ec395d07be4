"""The portal's texts: gettext catalogues, compiled when they are read, and the marks by which texts are found.

English is the language of the sources: a text's English wording is its name in the catalogues
`locale/<language>.po`. Texts stand in templates as `_("...")`, and in Python, where they are chosen by a code, in
tables of `message(...)`.
"""

import gettext
import io
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from orchestration.settings import Language

SOURCE_LANGUAGE: Language = "en"
FOLDER = Path(__file__).parent / "locale"


class Message(NamedTuple):
    """A text to be translated: its context and its English wording."""

    context: str
    text: str


def message(context: str, text: str) -> Message:
    """Mark a text of Python code for the catalogues. `context` says what it is about, for translators too."""
    return Message(context, text)


@lru_cache(maxsize=8)
def translations(language: Language) -> gettext.NullTranslations:
    """The compiled catalogue of a language. Raises OSError, ValueError (a damaged catalogue)."""
    if language == SOURCE_LANGUAGE:
        return gettext.NullTranslations()
    with (FOLDER / f"{language}.po").open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
