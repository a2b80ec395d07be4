"""Pictures beside the tables: what is in them, how they are drawn, and the script that draws them.

`series`, `regions`, `progress` and `heat` turn figures into the rows of a `chart`, with its text alternative; `specs`
says with Altair how each kind is drawn in a reading direction; `bundle` compiles that once for all pages and makes the
one script that draws them. A page holds rows and no picture: hundreds of indicators cost what their rows cost.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestration.portal.charts.chart import Chart
    from orchestration.portal.view import View

VEGA = "assets/vega.js"
"""Where the script that draws lies in a portal; all pages share it."""


def specifications(view: "View") -> str:
    """Where the charts of a language lie in a portal."""
    return f"data/charts-{view.language}.js"


def page_scripts(view: "View", *charts: "Chart | None") -> tuple[str, ...]:
    """The scripts of a page with these charts; none for a page without any."""
    return (specifications(view), VEGA, "assets/charts.js") if any(charts) else ()
