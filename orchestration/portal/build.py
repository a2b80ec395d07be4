"""Putting the portal together: what is asked of the public file, in which order, and which pages it gives."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from orchestration.findings import Rule
from orchestration.portal import charts, data, engine, scripts, search
from orchestration.portal.addresses import Origins, file_name
from orchestration.portal.branding import Branding
from orchestration.portal.branding import read as read_branding
from orchestration.portal.carried import Before, Pages, Record
from orchestration.portal.charts import bundle as charting
from orchestration.portal.data import COUNTRY
from orchestration.portal.drawing import Drawing
from orchestration.portal.pages import ask, place, plain, programme, reporting, tally
from orchestration.portal.site import ASSETS, Site, start_page
from orchestration.portal.view import View
from orchestration.release.exports.edition import Edition
from orchestration.settings import LANGUAGES

DATABASE = "hasila.duckdb"
_STYLE = "portal.css"


def write(
    public: Path,
    folder: Path,
    edition: Edition,
    branding: Branding | None,
    rules: Mapping[str, Rule] | None,
    kept: Path | None,
    before: Before | None,
    drawn_with: str,
    beside: Callable[[], object],
) -> Record:
    """Write the portal of `public` into `folder`; see `orchestration.portal.write`."""
    brand = branding or read_branding()
    shutil.rmtree(folder, ignore_errors=True)
    with data.opened(public / DATABASE) as source:
        framework = source.framework()
        origins = Origins()
        views = [View(language, framework, origins) for language in LANGUAGES]
        site = Site(folder, edition, brand, views)
        periods = source.periods()
        # First the indicators: they say where the statements behind each figure stand.
        pages = Pages(site, source, framework, origins, before, drawn_with)
        drawing = Drawing(public / DATABASE, folder, framework.behind_indicators(), edition, brand)
        # What draws them takes memory of its own.
        source.forget()
        for code, drawn in drawing.drawn(pages.take_over(), pages.rows):
            pages.note(code, drawn)
        with_figures = set()
        for code, figures in source.by_place(framework):
            if code == COUNTRY or figures:
                site.put(
                    f"data/figures-{file_name(code)}.js",
                    scripts.placed(code, scripts.figures(figures, origins, framework.national)),
                )
            if code == COUNTRY:
                continue
            if figures:
                with_figures.add(code)
            newest = place.newest(figures)
            for view in views:
                site.write_all(view, place.pages(view, framework.places[code], newest))
        beside()
        files = sorted(_files(public, folder))
        tables = ask.tables(files)
        asked = engine.found(kept) if tables else None
        for view in views:
            site.write_all(view, tally.pages(view))
            for row in framework.programmes.values():
                site.write_all(view, programme.pages(view, row))
            site.write_all(view, reporting.pages(view))
            site.write_all(view, [place.index(view, with_figures), plain.quality(view, rules or {})])
            site.write_all(view, plain.changes(view))
            site.write_all(
                view,
                [plain.downloads(view, files, with_ask=asked is not None), plain.about(view), *plain.scripted(view)],
            )
            if asked:
                site.write(view.language, ask.page(view, tables))
            site.put(f"data/words-{view.language}.js", scripts.script("words", scripts.words(view)))
            site.put(
                f"data/names-{view.language}.js",
                scripts.script("names", scripts.names(view, periods, with_figures)),
            )
            reporters = {*framework.performance_of, *framework.reports_of}
            site.put(f"data/search-{view.language}.js", scripts.script("index", search.index(view, reporters)))
    site.put("index.html", start_page(views, brand))
    style = f"{brand.style}{(ASSETS / _STYLE).read_text(encoding='utf-8')}"
    for view in views:
        site.put(charts.specifications(view), charting.charts(view, style, kept))
    site.put(charts.VEGA, charting.vega(kept))
    if asked:
        engine.put(asked, folder / ask.ASSETS)
    _assets(site, style, left_out=() if asked else (ask.SCRIPT,))
    return pages.record


def _files(public: Path, folder: Path) -> Iterator[tuple[Path, int]]:
    """What lies beside the portal, with its size."""
    for path in public.rglob("*"):
        if path.is_file() and not path.is_relative_to(folder):
            yield path.relative_to(public), path.stat().st_size


def _assets(site: Site, style: str, left_out: Sequence[str]) -> None:
    for path in sorted(ASSETS.iterdir()):
        if path.name not in left_out:
            site.put(f"assets/{path.name}", style if path.name == _STYLE else path.read_text(encoding="utf-8"))
