"""Finding the portal's texts in its sources, for the catalogues.

`python -m orchestration.portal.messages` brings the catalogues up to date: new texts come in untranslated, those
that are gone go out. A test fails while a text has no translation.
"""

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from orchestration.portal.catalogues import FOLDER, SOURCE_LANGUAGE
from orchestration.settings import LANGUAGES

_SOURCES = Path(__file__).parent
_METHODS = [("**.py", "python"), ("templates/**.html", "jinja2.ext:babel_extract")]
_KEYWORDS = {"_": None, "gettext": None, "message": ((1, "c"), 2)}
_OPTIONS = {"templates/**.html": {"extensions": "jinja2.ext.i18n,jinja2.ext.do", "silent": "false"}}

_HEADER = """\
msgid ""
msgstr ""
"Language: {language}\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def sources() -> Catalog:
    """Every text of the sources, by context and English wording, with where it stands."""
    found = Catalog(charset="utf-8")
    for name, line, text, _, context in extract_from_dir(
        _SOURCES, method_map=_METHODS, options_map=_OPTIONS, keywords=_KEYWORDS
    ):
        found.add(text, locations=[(Path(name).as_posix(), line)], context=context)
    return found


def catalogue_of(path: Path) -> Catalog:
    """A catalogue as it stands in its file. Raises OSError, ValueError."""
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, abort_invalid=True)


def main() -> int:
    """Bring the catalogues up to date; how many texts lack a translation."""
    template = sources()
    missing = 0
    for language in LANGUAGES:
        if language == SOURCE_LANGUAGE:
            continue
        path = FOLDER / f"{language}.po"
        known = catalogue_of(path) if path.exists() else Catalog(locale=language)
        fresh = Catalog(locale=language, charset="utf-8", project="hasila", fuzzy=False)
        for text in template:
            if not text.id:
                continue
            before = known.get(text.id, context=text.context)
            fresh.add(text.id, before.string if before else "", context=text.context, flags=text.flags - {"fuzzy"})
            missing += not (before and before.string)
        written = io.BytesIO()
        write_po(written, fresh, width=0, omit_header=True, sort_output=True, no_location=True)
        path.write_bytes(_HEADER.format(language=language).encode() + written.getvalue())
    return missing


if __name__ == "__main__":
    sys.exit(main() > 0)
