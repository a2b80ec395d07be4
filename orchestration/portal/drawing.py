"""Drawing the pages of indicators and of the statements behind them, which are nearly all of a portal: on all cores."""

import itertools
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from orchestration import memory, processes
from orchestration.portal import data
from orchestration.portal.addresses import Origins
from orchestration.portal.branding import Branding
from orchestration.portal.carried import Drawn
from orchestration.portal.data import Framework, Source
from orchestration.portal.pages import indicator, origin
from orchestration.portal.site import Site
from orchestration.portal.view import View
from orchestration.release.exports.edition import Edition
from orchestration.settings import LANGUAGES

FEWEST_ROWS = 20_000
"""Of fewer figures and statements a process costs more to start (its imports) than it saves."""
_PARTS = 4
"""So many parts of the work each process gets, by and large: none waits long for the last one."""


@dataclass(frozen=True)
class Drawing:
    """What the pages of indicators are drawn from, and where to.

    `framework` is one that is `behind_indicators`: nothing else of the portal can come to stand on these pages.
    `has_most_memory` tells the processes that draw what `memory.with_most` says in this one.
    """

    database: Path
    folder: Path
    framework: Framework
    edition: Edition
    branding: Branding
    has_most_memory: bool = field(default_factory=memory.has_most)

    def drawn(
        self, codes: Collection[str], rows: Callable[[str], int], count: int | None = None
    ) -> Iterator[tuple[str, Drawn]]:
        """Draw the pages of these indicators, and tell of each which they are, in no order.

        `rows` are the figures and statements of an indicator, `count` that of processes: the number of cores where it
        is not given. Raises duckdb.Error, OSError.
        """
        at_most = count if count is not None else processes.cores()
        if at_most <= 1 or (count is None and sum(map(rows, codes)) < FEWEST_ROWS):
            yield from self._drawn_here(codes)
            return
        parts = _parts(codes, rows, at_most * _PARTS)
        undone: list[str] = []
        pool = processes.pool(at_most, (__name__,), _sit_down, (self,))
        try:
            dealt: list[tuple[list[str], Future[list[tuple[str, Drawn]]]]] = []
            for part in parts:
                try:
                    dealt.append((part, pool.submit(_draw, part)))
                except BrokenProcessPool:
                    undone += part
            for part, future in dealt:
                try:
                    yield from future.result()
                except BrokenProcessPool:
                    undone += part
        finally:
            # Where a part failed, say on a full disk, nobody needs the others.
            pool.shutdown(cancel_futures=True)
        # Where the system ended a process, for want of memory say, this one draws what is left.
        if undone:
            yield from self._drawn_here(undone)

    def _drawn_here(self, codes: Collection[str]) -> Iterator[tuple[str, Drawn]]:
        table = _Table(self)
        with table.source() as source:
            yield from table.draw(source, sorted(codes))


class _Table:
    """One process's own: its way into the public file, its templates."""

    def __init__(self, drawing: Drawing):
        self._drawing = drawing
        self._origins = Origins()
        views = [View(language, drawing.framework, self._origins) for language in LANGUAGES]
        self._views, self._site = views, Site(drawing.folder, drawing.edition, drawing.branding, views)

    @contextmanager
    def source(self) -> Iterator[Source]:
        """The public file, opened as the one who has it drawn says."""
        with memory.with_most(wanted=self._drawing.has_most_memory), data.opened(self._drawing.database) as source:
            yield source

    def draw(self, source: Source, codes: Sequence[str]) -> Iterator[tuple[str, Drawn]]:
        framework = self._drawing.framework
        for bundle in source.by_indicator(framework, codes):
            figures = indicator.lay_out(bundle, framework)
            statements = origin.lay_out(bundle, framework, self._origins)
            drawn: dict[str, None] = {}
            for view in self._views:
                for page in itertools.chain(indicator.pages(view, figures), origin.pages(view, statements)):
                    self._site.write(view.language, page)
                    drawn[page.path] = None
            yield bundle.code, Drawn(tuple(drawn), tuple(self._origins.later(bundle.code)))


_seated: tuple[_Table, Source] | None = None
_until_the_end = ExitStack()
"""What a drawing process holds as long as it lives: what DuckDB keeps of the file serves one part after the other."""


def _sit_down(drawing: Drawing) -> None:
    global _seated
    table = _Table(drawing)
    _seated = table, _until_the_end.enter_context(table.source())


def _draw(codes: Sequence[str]) -> list[tuple[str, Drawn]]:
    """Runs in a drawing process."""
    if _seated is None:
        raise RuntimeError("this process was started without what it draws from")
    table, source = _seated
    return list(table.draw(source, codes))


def _parts(codes: Collection[str], rows: Callable[[str], int], count: int) -> list[list[str]]:
    """Indicators dealt out to `count` parts at most that are about as much work each, the heaviest first."""
    parts: list[tuple[int, list[str]]] = [(0, []) for _ in range(count)]
    for code in sorted(codes, key=lambda code: (-rows(code), code)):
        lightest = min(range(count), key=lambda number: parts[number][0])
        weight, part = parts[lightest]
        parts[lightest] = (weight + rows(code) + 1, [*part, code])
    return [sorted(part) for _, part in sorted(parts, key=lambda part: -part[0]) if part]
