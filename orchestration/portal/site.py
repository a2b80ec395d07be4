"""Pages and how they are written: one Jinja environment a language, the files."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import jinja2
from jinja2.bccache import Bucket

from orchestration.portal import addresses, labels
from orchestration.portal.addresses import Here
from orchestration.portal.branding import Branding
from orchestration.portal.frame import SELF_NAMES, Frame
from orchestration.portal.lines import Lines, Part
from orchestration.portal.sides import side
from orchestration.portal.view import View, is_provisional
from orchestration.release.exports.edition import Edition
from orchestration.settings import Language

TEMPLATES = Path(__file__).parent / "templates"
ASSETS = Path(__file__).parent / "assets"

ROWS_A_PAGE = 250
"""Rows of one table on one page; with more the table goes on on further pages, so that each stays light."""

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
}
"""What a page may load: nothing but the portal's own files."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page:
    """One page of one language: where it lies, what it is called, how it is drawn and from what.

    `crumbs` are the pages above it, title and address, the start page left out. `policy` adds to what the page may
    load, `scripts` are further scripts, by their place in the portal.
    """

    path: str
    template: str
    title: str
    context: Mapping[str, Any] = field(default_factory=dict)
    crumbs: Sequence[tuple[str, str]] = ()
    policy: Mapping[str, str] = field(default_factory=dict)
    scripts: Sequence[str] = ()


def parts(rows: Sequence[Item], address: Any, size: int = ROWS_A_PAGE) -> Iterator[tuple[Part, Sequence[Item]]]:
    """Rows dealt out to pages, at least one; `address(number)` names them."""
    total = max(1, -(-len(rows) // size))
    names = tuple(address(number) for number in range(1, total + 1))
    for number in range(1, total + 1):
        yield Part(number, total, names), rows[(number - 1) * size : number * size]


class Site:
    """The portal's folder, being written."""

    def __init__(self, folder: Path, edition: Edition, branding: Branding, views: Sequence[View]):
        self.folder = folder
        self._edition = edition
        compiled = _Compiled()
        self._environments = {view.language: environment_of(view, compiled) for view in views}
        self._views = {view.language: view for view in views}
        self._frames = {
            view.language: Frame(view, self._environments[view.language], branding, edition) for view in views
        }
        self._lines = {view.language: Lines(view, self._environments[view.language]) for view in views}
        self._made: set[Path] = set()

    def write(self, language: Language, page: Page) -> None:
        """Draw a page and write it. Raises OSError."""
        here = Here(language, page.path)
        policy = "; ".join(f"{name} {allowed}" for name, allowed in {**POLICY, **page.policy}.items())
        frame = self._frames[language]
        drawn = (
            self._environments[language]
            .get_template(page.template)
            .render(
                page=page,
                view=self._views[language],
                lines=self._lines[language],
                here=here,
                before=frame.before(here, page.title, page.crumbs, page.scripts, policy),
                after=frame.after(here),
                edition=self._edition,
                **page.context,
            )
        )
        self.put(f"{language}/{page.path}", drawn)

    def write_all(self, view: View, pages: Iterable[Page]) -> None:
        """Draw pages of one language and write them. Raises OSError."""
        for page in pages:
            self.write(view.language, page)

    def footer(self, language: Language, here: Here) -> str:
        """What a page ends with: it names the release."""
        return str(self._frames[language].after(here))

    def put(self, path: str, text: str) -> None:
        """Write a file of the portal. Raises OSError."""
        self.put_bytes(path, text.encode("utf-8"))

    def put_bytes(self, path: str, content: bytes) -> None:
        """As `put`, of text that is encoded already."""
        target = self.folder / path
        if target.parent not in self._made:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(target.parent)
        target.write_bytes(content)


def start_page(views: Sequence[View], branding: Branding) -> str:
    """The page above the languages: it leads to each of them, with a script to the reader's own."""
    languages = [(view.language, view.direction, SELF_NAMES[view.language]) for view in views]
    policy = "; ".join(f"{name} {allowed}" for name, allowed in POLICY.items())
    template = environment_of(views[-1]).get_template("start.html")
    return template.render(languages=languages, brand=branding, policy=policy)


class _Compiled(jinja2.BytecodeCache):
    """Compiled templates, kept for the other languages: they differ in the texts that are looked up, not in code."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key] = bucket.bytecode_to_string()


def environment_of(view: View, compiled: jinja2.BytecodeCache | None = None) -> jinja2.Environment:
    """What a language's templates are drawn with; `compiled` is shared by the languages."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        bytecode_cache=compiled,
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    environment.install_gettext_translations(view.catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.globals |= {"labels": labels, "to": addresses, "is_provisional": is_provisional, "side": side}
    return environment
