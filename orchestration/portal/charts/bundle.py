"""The scripts that draw charts: the compiled charts of a language, and Vega, each made once and kept.

Vega comes whole out of vl-convert, so that a page asks for nothing elsewhere. It evaluates the expressions of a chart
itself (`ast`), because the pages allow no script to be made from text. Making these scripts takes seconds, and they
change with the software alone: they are kept in a folder under a name that says what they were made from.
"""

import hashlib
import json
import re
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from orchestration import storage
from orchestration.portal import scripts
from orchestration.portal.catalogues import message
from orchestration.portal.charts import chart, specs
from orchestration.portal.view import View

_SNIPPET = "globalThis.hasila = globalThis.hasila || {}; globalThis.hasila.embed = vegaEmbed;"
_NOTICE = (
    "/* Vega, Vega-Lite and Vega-Embed: copyright University of Washington Interactive Data Lab, BSD 3-Clause "
    "licence. D3: copyright Mike Bostock, ISC licence. */\n"
)
_MADE_BY = ("altair", "vl-convert-python")
_TEXTS = {
    "svg": message("chart", "Picture (SVG)"),
    "png": message("chart", "Picture (PNG)"),
    "csv": message("chart", "Table (CSV)"),
    "failed": message("chart", "This chart could not be drawn; the table holds the same figures."),
}


def vega(kept: Path | None = None) -> str:
    """Vega with what it needs, as one script. `kept` is a folder where it is looked for and left."""
    return _once(kept, "vega", _NOTICE + _SNIPPET, _bundled)


def charts(view: View, style: str, kept: Path | None = None) -> str:
    """The charts of a language, as a script: how each kind is drawn, its words, and the colours of a light page."""
    direction = view.direction
    given = {
        "specifications": json.loads(_once(kept, f"charts-{direction}", _sources(), lambda: _compiled(direction))),
        "fields": chart.FIELDS,
        "columns": chart.COLUMNS,
        "texts": {name: view.say(text) for name, text in _TEXTS.items()},
        "signs": view.symbols,
        "colours": colours(style),
    }
    return scripts.script("charts", {name: dict(part) for name, part in given.items()})


def colours(style: str) -> dict[str, str]:
    """The colours of a light page, by the names that the stylesheet gives them: for pictures that leave the page."""
    light = re.sub(r"@media[^{]*\{\s*(?::root\s*\{[^}]*\}\s*)?\}", "", style)
    found = "".join(re.findall(r":root\s*\{([^}]*)\}", light))
    named = re.findall(r"--([\w-]+):\s*(#[0-9a-fA-F]{3,6});", found)
    return dict(reversed(named))


@lru_cache(maxsize=1)
def _bundled() -> str:
    import vl_convert

    return f"{_NOTICE}{vl_convert.javascript_bundle(_SNIPPET)}"


@lru_cache(maxsize=8)
def _compiled(direction: str) -> str:
    import vl_convert

    made = {kind: vl_convert.vegalite_to_vega(specs.specification(kind, direction)) for kind in specs.KINDS}
    return json.dumps(made, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _sources() -> str:
    return Path(specs.__file__).read_text(encoding="utf-8")


def _once(kept: Path | None, name: str, source: str, make: Callable[[], str]) -> str:
    """What `make` makes; taken from the folder `kept` where it lies there already."""
    if kept is None:
        return make()
    used = "\n".join([source, *(f"{package} {version(package)}" for package in _MADE_BY)])
    path = kept / f"{name}-{hashlib.sha256(used.encode()).hexdigest()[:16]}.js"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    made = make()
    kept.mkdir(parents=True, exist_ok=True)
    storage.clear_temporaries(kept)
    storage.write_text(path, made)
    return made
