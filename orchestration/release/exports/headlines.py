"""The tables that people open: which marts, which of their columns, and how each column is shown.

The spreadsheets and the HXL files are made from these; a column that the file lacks is left out.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from orchestration.release.exports.contents import Column, Contents, Mart
from orchestration.release.marts import quoted, text_literal
from orchestration.settings import Language
from orchestration.texts import load_texts

Kind = Literal["text", "code", "word", "number", "count", "share", "year", "date"]


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of a headline table.

    `source` is the mart's column; with `is_translated` the mart has one for each language (`<source>_ar`, ...).
    A `word` is a code that is shown as the word for it (the vocabulary has the column's name unless `words` says
    another). `tag` is its HXL tag.
    """

    source: str
    kind: Kind
    tag: str
    is_translated: bool = False
    words: str = ""

    def column(self, language: Language) -> str:
        """The mart's column in a language."""
        return f"{self.source}_{language}" if self.is_translated else self.source


@dataclass(frozen=True, slots=True)
class Headline:
    """A headline table: its name, its mart, its columns in order, and which rows the workbook shows.

    `workbook_filter` is the condition for the workbook, where a sheet of every province would be of no use.
    """

    name: str
    mart: str
    headings: tuple[Heading, ...]
    workbook_filter: str = ""


_INDICATOR = (
    Heading("objective_code", "code", "#activity+objective+code"),
    Heading("programme_code", "code", "#activity+programme+code"),
    Heading("indicator_code", "code", "#indicator+code"),
    Heading("indicator_name", "text", "#indicator+name", is_translated=True),
)
_PLACE = (
    Heading("place_code", "code", "#loc+code"),
    Heading("place_type", "word", "#loc+type"),
    Heading("place_name", "text", "#loc+name", is_translated=True),
)
_PERIOD = (
    Heading("year", "year", "#date+year"),
    Heading("period_label", "code", "#meta+period+label"),
    Heading("period_start", "date", "#date+start"),
    Heading("period_end", "date", "#date+end"),
)
_UNIT = Heading("unit", "word", "#indicator+unit")
_FIGURE = (
    Heading("value", "number", "#indicator+value+num"),
    Heading("qualifier", "word", "#meta+qualifier"),
    Heading("data_status", "word", "#meta+status+data"),
)

HEADLINES = (
    Headline(
        "objectives",
        "indicator_by_objective_year",
        (
            *_INDICATOR,
            *_PERIOD,
            _UNIT,
            *_FIGURE,
            Heading("baseline", "number", "#indicator+baseline+num"),
            Heading("target", "number", "#indicator+target+num"),
            Heading("progress", "share", "#indicator+progress+num"),
            Heading("rating", "word", "#status+rating"),
            Heading("reports_accepted", "count", "#output+accepted+num"),
            Heading("reports_expected", "count", "#output+expected+num"),
            Heading("completeness", "share", "#indicator+completeness+num"),
        ),
    ),
    Headline(
        "places",
        "indicator_by_place_year",
        (*_INDICATOR, *_PLACE, *_PERIOD, _UNIT, *_FIGURE),
        workbook_filter="place_type in ('country', 'region')",
    ),
    Headline(
        "groups",
        "indicator_by_group_year",
        (
            *_INDICATOR,
            *_PLACE,
            Heading("sex", "word", "#group+sex+code"),
            Heading("age_group", "word", "#group+age+code"),
            Heading("residence", "word", "#group+residence+code"),
            Heading("population_group", "code", "#group+population+code"),
            *_PERIOD,
            _UNIT,
            *_FIGURE,
        ),
        workbook_filter="place_type = 'country'",
    ),
    Headline(
        "reporting",
        "reporting_performance",
        (
            Heading("organisation_code", "code", "#org+code"),
            Heading("family", "code", "#activity+family+code"),
            Heading("programme_code", "code", "#activity+programme+code"),
            *_PERIOD,
            Heading("data_status", "word", "#meta+status+data"),
            Heading("expected", "count", "#output+expected+num"),
            Heading("received", "count", "#output+received+num"),
            Heading("accepted", "count", "#output+accepted+num"),
            Heading("sent_back", "count", "#output+sent_back+num"),
            Heading("on_time", "count", "#output+on_time+num"),
            Heading("late", "count", "#output+late+num"),
            Heading("completeness", "share", "#indicator+completeness+num"),
            Heading("timeliness", "share", "#indicator+timeliness+num"),
        ),
    ),
    Headline(
        "deliverables",
        "fct_deliverable",
        (
            Heading("deliverable_code", "code", "#item+code"),
            Heading("name", "text", "#item+name", is_translated=True),
            Heading("programme_code", "code", "#activity+programme+code"),
            Heading("indicator_code", "code", "#indicator+code"),
            Heading("status", "word", "#status+deliverable", words="deliverable_status"),
            Heading("first_period_label", "code", "#meta+period+first"),
            Heading("last_period_label", "code", "#meta+period+last"),
            Heading("data_status", "word", "#meta+status+data"),
            Heading("citation", "text", "#meta+source"),
        ),
    ),
    Headline(
        "targets",
        "fct_target",
        (
            Heading("indicator_code", "code", "#indicator+code"),
            Heading("valid_from", "date", "#date+start"),
            Heading("valid_to", "date", "#date+end"),
            Heading("baseline", "number", "#indicator+baseline+num"),
            Heading("target", "number", "#indicator+target+num"),
            Heading("data_status", "word", "#meta+status+data"),
            Heading("source", "text", "#meta+source"),
        ),
    ),
    Headline(
        "changes",
        "release_change",
        (
            Heading("programme_code", "code", "#activity+programme+code"),
            Heading("indicator_code", "code", "#indicator+code"),
            *_PERIOD,
            Heading("data_status", "word", "#meta+status+data"),
            Heading("change", "word", "#meta+change"),
            Heading("reason", "code", "#meta+reason"),
            Heading("old_value", "number", "#indicator+value+old+num"),
            Heading("old_qualifier", "word", "#meta+qualifier+old", words="qualifier"),
            Heading("new_value", "number", "#indicator+value+new+num"),
            Heading("new_qualifier", "word", "#meta+qualifier+new", words="qualifier"),
            Heading("difference", "number", "#indicator+value+difference+num"),
        ),
    ),
)
"""Every headline table, in the order of the workbook's sheets."""


@lru_cache(maxsize=4)
def texts(language: Language) -> dict[str, Any]:
    """The words of the exports in a language."""
    words: dict[str, Any] = load_texts(Path(__file__).with_name("export_texts.yml"))[language]
    return words


def present(source: Contents) -> list[tuple[Headline, Mart]]:
    """The headline tables that the file can give."""
    return [(one, source.marts[one.mart]) for one in HEADLINES if one.mart in source.marts]


def shown(headline: Headline, mart: Mart, language: Language) -> list[tuple[Heading, Column]]:
    """The headings of a table in a language that the mart has a column for."""
    known = {column.name: column for column in mart.columns}
    return [
        (heading, known[heading.column(language)]) for heading in headline.headings if heading.column(language) in known
    ]


def in_words(heading: Heading, language: Language, name: str) -> str:
    """A coded column in SQL as the word for each code; a code without a word stays as it is."""
    vocabulary = dict(texts(language)["words"][heading.words or heading.source])
    if heading.source == "age_group":
        return _ages(name, texts(language)["ages"], vocabulary)
    cases = " ".join(
        f"when {text_literal(str(code))} then {text_literal(str(word))}" for code, word in vocabulary.items()
    )
    return f"case {name} {cases} else {name} end"


def _ages(name: str, patterns: dict[str, str], vocabulary: dict[str, str]) -> str:
    """SDMX age codes in words: `Y0T5`, `Y_GE18`, `_T`."""
    total = text_literal(vocabulary["_T"])
    span = text_literal(patterns["span"].format(low="\\1", high="\\2"))
    from_on = text_literal(patterns["from_on"].format(low="\\1"))
    return (
        f"case when {name} = '_T' then {total} "
        f"when regexp_full_match({name}, 'Y\\d+T\\d+') then regexp_replace({name}, '^Y(\\d+)T(\\d+)$', {span}) "
        f"when regexp_full_match({name}, 'Y_GE\\d+') then regexp_replace({name}, '^Y_GE(\\d+)$', {from_on}) "
        f"else {name} end"
    )


def name_in(language: Language, source: str, mart: Mart) -> str:
    """A name in SQL in a language, and where it has none in the first language that it has."""
    order: list[Language] = [language, *[other for other in ("fr", "ar", "en") if other != language]]  # type: ignore[list-item]
    columns = [f"{source}_{one}" for one in order if f"{source}_{one}" in mart.names]
    return f"coalesce({', '.join(map(quoted, columns))})"
