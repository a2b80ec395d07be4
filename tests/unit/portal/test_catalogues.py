"""The catalogues: every text of every page is in them, in all three languages, and nothing else is."""

import re
from pathlib import Path

import jinja2
import pytest

from orchestration.portal import messages
from orchestration.portal.catalogues import FOLDER, translations
from orchestration.portal.site import TEMPLATES

TRANSLATED = ("ar", "fr")
SOURCES = {(text.context, text.id): text for text in messages.sources() if text.id}
PLACEHOLDER = re.compile(r"%\((\w+)\)s|%%")


def catalogue(language: str) -> dict[tuple[str | None, str], str]:
    found = messages.catalogue_of(FOLDER / f"{language}.po")
    return {(text.context, str(text.id)): str(text.string) for text in found if text.id}


@pytest.mark.parametrize("language", TRANSLATED)
def test_none_is_missing_and_none_is_unused(language: str) -> None:
    known = catalogue(language)
    assert sorted(map(str, SOURCES.keys() - known.keys())) == []
    assert sorted(map(str, known.keys() - SOURCES.keys())) == []
    assert [key for key, told in known.items() if not told.strip()] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_fill_in_what_the_sources_fill_in(language: str) -> None:
    for (_, text), told in catalogue(language).items():
        assert sorted(PLACEHOLDER.findall(told)) == sorted(PLACEHOLDER.findall(text)), told
        assert "%" not in PLACEHOLDER.sub("", told), told


def test_arabic_is_written_in_arabic_letters() -> None:
    names = {
        "JavaScript",
        "SDMX",
        "SQL",
        "serve",
        "PNG",
        "SVG",
        "CSV",
        "DuckDB",
        "JSON",
        "Parquet",
        "Excel",
        "LibreOffice",
        "HXL",
        "Apache",
        "hasila",
    }
    for told in catalogue("ar").values():
        assert set(re.findall(r"[A-Za-z]+", PLACEHOLDER.sub("", told))) <= names, told
        assert not re.search(r"[?;]", told), told


def test_french_signs_are_kept_on_the_line_by_narrow_spaces() -> None:
    for told in catalogue("fr").values():
        assert not re.search(r"(?<!\u202f)[:;?!»](?:\s|$)|«(?!\u202f)", told), told


def test_a_translation_is_found_by_its_context() -> None:
    assert translations("fr").pgettext("unit", "percent") == "pour cent"
    assert translations("ar").gettext("Size") == "الحجم"
    assert translations("en").pgettext("unit", "percent") == "percent"


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_templates_hold_no_text_of_their_own(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    source = re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", source, flags=re.DOTALL)
    lexed = jinja2.Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"]).lex(source)  # noqa: S701, lexing only
    text = re.sub(r"<[^>]*>", " ", "".join(token for _, kind, token in lexed if kind == "data"))
    assert re.findall(r"[^\W\d_]+", re.sub(r"&\w+;", "", text)) == []
