"""The page where an analyst asks the release's public Parquet files in SQL, in the browser."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from orchestration.portal import addresses
from orchestration.portal.catalogues import message
from orchestration.portal.site import Page
from orchestration.portal.view import View

ASSETS = "assets/ask"
"""Where DuckDB lies in a portal."""

SCRIPT = "ask.js"
"""The page's own script among the portal's assets."""

_FILES = Path("parquet")
_TITLE = message("title", "Ask in SQL")
_DOWNLOADS = message("title", "Downloads")
EXAMPLES = (
    (
        message("example", "Official figures, the newest first"),
        """
select year, indicator_name_{language} as indicator, value, qualifier, unit
from indicator_by_objective_year
where data_status = 'published'
order by period_end desc, indicator
limit 50
""",
    ),
    (
        message("example", "Targets and how far the figures are"),
        """
select year, indicator_name_{language} as indicator, value, baseline, target, progress, data_status
from indicator_by_objective_year
where target is not null
order by progress desc nulls last
""",
    ),
    (
        message("example", "Figures of the regions side by side"),
        """
select place.name_{language} as region, indicator.name_{language} as indicator,
    figure.period_label, figure.value, figure.qualifier, figure.data_status
from indicator_by_place_year as figure
join dim_place as place on place.place_code = figure.place_code and place.place_type = 'region'
join dim_indicator as indicator on indicator.indicator_code = figure.indicator_code
order by indicator, figure.period_end desc, region
""",
    ),
    (
        message("example", "Who owes reports"),
        """
-- a report that is owed to two programmes has two rows, and counts once
with owed as (
    select organisation_code, family, year, period_start, period_end, data_status,
        max(accepted) as accepted, max(expected) as expected
    from reporting_performance
    where expected > 0
    group by all
)
select organisation.name_{language} as reporter, owed.year, owed.data_status,
    sum(owed.accepted) as accepted, sum(owed.expected) as expected
from owed
join dim_organisation as organisation on organisation.organisation_code = owed.organisation_code
group by all
order by sum(owed.expected) - sum(owed.accepted) desc, reporter
""",
    ),
    (
        message("example", "Which tables there are"),
        """
select table_name, string_agg(column_name, ', ' order by column_index) as columns
from duckdb_columns()
where database_name = 'released'
group by table_name
order by table_name
""",
    ),
)
"""What an analyst may begin with: a title, and SQL in which names are those of the reader's language."""

_POLICY = {"script-src": "'self' 'wasm-unsafe-eval'", "worker-src": "'self'"}


def tables(files: Iterable[tuple[Path, int]]) -> list[tuple[Path, int]]:
    """The Parquet files among those beside the portal, with their sizes: one a mart, called after it."""
    return [(path, size) for path, size in files if path.parent == _FILES and path.suffix == ".parquet"]


def page(view: View, asked: Sequence[tuple[Path, int]]) -> Page:
    """The page, which asks these of `tables`; only where DuckDB lies in the portal."""
    examples = [(view.say(title), sql.strip().format(language=view.language)) for title, sql in EXAMPLES]
    return Page(
        addresses.ASK,
        "ask.html",
        view.say(_TITLE),
        {"examples": examples, "assets": f"{ASSETS}/", "tables": asked},
        [(view.say(_DOWNLOADS), addresses.DOWNLOADS)],
        policy=_POLICY,
        scripts=(f"data/words-{view.language}.js", f"{ASSETS}/duckdb.js", f"assets/{SCRIPT}"),
    )
