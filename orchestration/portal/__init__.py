"""The portal: the tally for people, in Arabic, French and English, as static files.

Everything is made from `public/hasila.duckdb` and from nothing else, so that no figure can be on a page that is not
in that file. Modules: `data` asks the file, `view` says what it holds in a language, `pages/` lays out each kind of
page, `site` draws and writes them with `frame` and `lines`, `carried` takes over what the release before has drawn
already, `charts/` are the pictures, `scripts` and `search` hold
what the scripts read, `engine` gets DuckDB for the page of SQL, `serve` shows the result. What the portal does not do:
add figures up, or choose which are public.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestration.findings import Rule
    from orchestration.portal.branding import Branding
    from orchestration.portal.carried import Before, Record
    from orchestration.release.exports import Edition

FOLDER = "portal"


def write(
    public: Path,
    edition: "Edition",
    branding: "Branding | None" = None,
    rules: "Mapping[str, Rule] | None" = None,
    kept: Path | None = None,
    before: "Before | None" = None,
    drawn_with: str = "",
    beside: Callable[[], object] = lambda: None,
) -> "Record":
    """Write `public/portal/` from `public/hasila.duckdb`.

    `branding` is a ministry's own name and colours, `rules` the catalogue that names the rules of the data-quality
    page. `kept` is a folder for scripts that are the same in every portal and take seconds to make. `before` is the
    portal of an earlier release, whose pages are taken over where they were drawn from the same and `drawn_with` the
    same: a name of the program, its packages and the branding. The record that is returned is what a later portal
    needs for that. What lies beside the portal in `public` is listed on its page of downloads: `beside` is called when
    all of it must be there. Raises duckdb.Error, OSError, and what `beside` raises.
    """
    from orchestration.portal import build

    return build.write(public, public / FOLDER, edition, branding, rules, kept, before, drawn_with, beside)
