"""The search index: titles in the reader's language, found by their words in all three.

Words are compared in a plain form: without diacritics, Arabic letters that are written in several ways as one, the
Arabic article left out. `assets/portal.js` brings what is typed into the same form.
"""

import re
from collections.abc import Iterator

from orchestration.portal import addresses
from orchestration.portal.catalogues import Message, message
from orchestration.portal.data import COUNTRY, Row
from orchestration.portal.view import View
from orchestration.read import text
from orchestration.settings import LANGUAGES

KINDS: dict[str, Message] = {
    "objective": message("kind of search result", "Objective"),
    "programme": message("kind of search result", "Programme"),
    "indicator": message("kind of search result", "Indicator"),
    "place": message("kind of search result", "Place"),
    "organisation": message("kind of search result", "Reporter"),
}

_ARTICLE = re.compile(r"\b(?:[وفبك]?ال|لل)(?=\w{3})")


def plain(words: str) -> str:
    """A text as it is compared: its key (`read.text`), each word without the Arabic article."""
    return " ".join(_ARTICLE.sub("", text.key(words)).split())


def index(view: View, reporters: set[str]) -> list[list[str]]:
    """What can be found: kind, title, address, and the words by which it is found."""
    return list(_entries(view, reporters))


def _entries(view: View, reporters: set[str]) -> Iterator[list[str]]:
    framework = view.framework
    for objective in framework.objectives:
        code = objective["objective_code"]
        yield _entry(view, "objective", objective, code, addresses.objective(code))
    for code, programme in framework.programmes.items():
        yield _entry(view, "programme", programme, code, addresses.programme(code))
    for code, indicator in framework.indicators.items():
        yield _entry(view, "indicator", indicator, code, addresses.indicator(code))
    for code, place in framework.places.items():
        if code != COUNTRY:
            yield _entry(view, "place", place, code, addresses.place(code))
    for code, organisation in framework.organisations.items():
        if code in reporters:
            yield _entry(view, "organisation", organisation, code, addresses.organisation(code))


def _entry(view: View, kind: str, row: Row, code: str, address: str) -> list[str]:
    names = [row.get(f"name_{language}") or "" for language in LANGUAGES]
    words = dict.fromkeys(plain(" ".join([*names, code])).split())
    return [kind, view.plain_name(row) or code, address, " ".join(words)]
