"""CSV that a spreadsheet opens with a double click, in French and in Arabic (Morocco) settings.

Both settings part cells by a semicolon and write decimals with a comma (Unicode CLDR: fr, ar-MA); the byte-order
mark tells Excel that the text is UTF-8. These files are for eyes: names and words in one language. A text that a
spreadsheet would take for a formula gets an apostrophe before it, here and in no other format.
"""

from pathlib import Path

from orchestration.release.exports import headlines
from orchestration.release.exports.contents import Column, Contents, Mart
from orchestration.release.exports.headlines import Heading, Headline
from orchestration.release.marts import quoted
from orchestration.settings import Language

LANGUAGES: tuple[Language, ...] = ("fr", "ar")
DELIMITER = ";"
_MARK = "\ufeff"
# What a spreadsheet takes for the start of a formula, or skips before it, in narrow and wide forms.
_FORMULA = "^[\\s\\x00-\\x1f]*[=+\\-@\\x{FF1D}\\x{FF0B}\\x{FF0D}\\x{FF20}]|^[\\t\\r\\n]"


def write(source: Contents, folder: Path) -> None:
    """Write `<language>/<table>.csv` for every headline table. Raises duckdb.Error, OSError."""
    for headline, mart in headlines.present(source):
        for language in LANGUAGES:
            select = _select(headline, mart, language)
            source.copy_csv(select, folder / language / f"{headline.name}.csv", delimiter=DELIMITER)


def _select(headline: Headline, mart: Mart, language: Language) -> str:
    titles = headlines.texts(language)["headings"]
    columns = [
        f"{_cell(heading, column, mart, language)} as {quoted(titles[heading.source])}"
        for heading, column in headlines.shown(headline, mart, language)
    ]
    # The mark belongs to the file's first bytes, which are those of the first heading.
    columns[0] = columns[0].replace(' as "', f' as "{_MARK}', 1)
    return f"select {', '.join(columns)} from {mart.table}"


def _cell(heading: Heading, column: Column, mart: Mart, language: Language) -> str:
    name = quoted(column.name)
    if heading.kind == "word":
        return headlines.in_words(heading, language, name)
    if column.scale:
        return f"replace(rtrim(rtrim(cast({name} as varchar), '0'), '.'), '.', ',')"
    if column.kind != "VARCHAR":
        return name
    text = headlines.name_in(language, heading.source, mart) if heading.is_translated else name
    return defused(text)


def defused(text: str) -> str:
    """A text in SQL that no spreadsheet takes for a formula."""
    return f"case when regexp_matches({text}, '{_FORMULA}') then '''' || {text} else {text} end"
