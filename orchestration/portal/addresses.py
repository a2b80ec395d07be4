"""Where each page lies: addresses inside a language's folder, and the way from one page to another.

Every link is relative, so that the portal reads the same from a server, a folder of a server, or a memory stick.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from orchestration.settings import Language

HOME = "index.html"
FIGURES = "figures.html"
COMPARE = "compare.html"
SEARCH = "search.html"
PLACES = "places.html"
REPORTING = "reporting.html"
QUALITY = "quality.html"
CHANGES = "changes.html"
DOWNLOADS = "downloads.html"
ASK = "ask.html"
ABOUT = "about.html"


@lru_cache(maxsize=16_384)
def file_name(code: str) -> str:
    """A code as a file name or an anchor that is safe everywhere; different codes stay different."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda found: f"~{ord(found[0]):x}", code)


def objective(code: str, number: int = 1) -> str:
    """The page of a strategic objective."""
    return _numbered(f"objective/{file_name(code)}", number)


def tally(year: int, number: int = 1) -> str:
    """The tally of a year."""
    return _numbered(f"tally/{year}", number)


def programme(code: str, number: int = 1) -> str:
    """The page of a programme."""
    return _numbered(f"programme/{file_name(code)}", number)


def indicator(code: str, part: str = "", number: int = 1) -> str:
    """The page of an indicator, or of its figures by `places`, `groups` or `place-groups`."""
    return _numbered(f"indicator/{file_name(code)}{'.' + part if part else ''}", number)


def place(code: str, number: int = 1) -> str:
    """The page of a region, province or prefecture."""
    return _numbered(f"place/{file_name(code)}", number)


def organisation(code: str, number: int = 1) -> str:
    """The page of a reporter."""
    return _numbered(f"organisation/{file_name(code)}", number)


def origin(code: str, number: int = 1) -> str:
    """The statements behind an indicator's figures."""
    return _numbered(f"origin/{file_name(code)}", number)


def _numbered(stem: str, number: int) -> str:
    """The page of a table that goes over several: the first without a number."""
    return f"{stem}.{number}.html" if number > 1 else f"{stem}.html"


def section(year: int, place_code: str) -> str:
    """The anchor of a year and place on a page of statements."""
    return f"y{year}-{file_name(place_code)}"


class Origins:
    """On which of its pages an indicator's statements of a year and place stand; known once these are laid out."""

    def __init__(self) -> None:
        self._later: dict[tuple[str, int, str], int] = {}
        self._address = lru_cache(maxsize=16_384)(self._put_together)

    def put(self, code: str, year: int, place_code: str, number: int) -> None:
        """Say that the statements begin on page `number`."""
        if number > 1:
            self._later[code, year, place_code] = number
            self._address.cache_clear()

    def later(self, code: str) -> list[tuple[int, str, int]]:
        """Years and places of an indicator whose statements do not begin on its first page, and on which they do."""
        return [(year, place, number) for (owner, year, place), number in self._later.items() if owner == code]

    def page(self, code: str, year: int, place_code: str) -> int:
        """On which of the indicator's pages the statements begin."""
        return self._later.get((code, year, place_code), 1)

    def address(self, code: str, year: int, place_code: str) -> str:
        """Where the statements stand."""
        return self._address(code, year, place_code)

    def _put_together(self, code: str, year: int, place_code: str) -> str:
        return f"{origin(code, self.page(code, year, place_code))}#{section(year, place_code)}"


@dataclass(frozen=True, slots=True)
class Here:
    """The page that links are written for."""

    language: Language
    path: str
    """Its address inside the language's folder."""

    @property
    def up(self) -> str:
        """The way to the language's folder."""
        return "../" * self.path.count("/")

    def to(self, path: str) -> str:
        """The way to another page of the same language."""
        return self.up + path

    def root(self, path: str) -> str:
        """The way to something beside the languages: the assets, the start page."""
        return self.to(f"../{path}")
