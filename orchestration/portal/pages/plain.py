"""The pages of which there is one each: data quality, what changed, downloads, about, and those that scripts fill."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from orchestration.findings import Rule
from orchestration.portal import addresses, labels
from orchestration.portal.catalogues import message
from orchestration.portal.charts.specs import STATUSES
from orchestration.portal.data import Row
from orchestration.portal.site import Page, parts
from orchestration.portal.view import View

_QUALITY = message("title", "Data quality")
_CHANGES = message("title", "What changed since the last release")
_DOWNLOADS = message("title", "Downloads")
_ABOUT = message("title", "About these figures")
_FIGURES = message("title", "All figures")
_COMPARE = message("title", "Compare two years or two regions")
_SEARCH = message("title", "Search")


def quality(view: View, rules: Mapping[str, Rule]) -> Page:
    """What was checked and found, and where figures that should agree do not."""
    framework = view.framework
    titles = {
        row["rule_code"]: rules[row["rule_code"]].title[view.language]
        for row in framework.quality_by_rule
        if row["rule_code"] in rules
    }
    compared: Counter[tuple[str, str | None, str]] = Counter()
    disagreeing: Counter[tuple[str, str | None]] = Counter()
    for row in framework.compared:
        compared[row["kind"], row["data_status"], row["status"]] += row["rows"]
        if row["status"] in ("different", "conflict"):
            disagreeing[row["indicator_code"], row["data_status"]] += row["rows"]
    kinds = {(kind, data_status) for kind, data_status, _ in compared}

    def nature(row: Row) -> int:
        return (*STATUSES, None).index(row["data_status"])

    return Page(
        addresses.QUALITY,
        "quality.html",
        view.say(_QUALITY),
        {
            "titles": titles,
            "by_rule": sorted(
                framework.quality_by_rule, key=lambda row: (-row["findings"], row["rule_code"], nature(row))
            ),
            "by_organisation": sorted(
                framework.quality_by_organisation, key=lambda row: (row["organisation_code"] or "", nature(row))
            ),
            "compared": compared,
            "kinds": sorted(kinds, key=lambda one: (one[0], (*STATUSES, None).index(one[1]))),
            "outcomes": [code for code in labels.OUTCOMES if any((*one, code) in compared for one in kinds)],
            "disagreeing": disagreeing.most_common(40),
            "reports": _verdicts(framework.reports.values()),
        },
    )


def _verdicts(reports: Collection[Row]) -> dict[str, list[tuple[str | None, int]]]:
    """How many reports of each kind had a verdict: made-up ones are never counted with real ones.

    A file that could not be read may be of no known kind.
    """
    counted = Counter((row["verdict"], row["data_status"]) for row in reports)
    return {
        verdict: [(kind, counted[verdict, kind]) for kind in (*STATUSES, None) if counted[verdict, kind]]
        for verdict in labels.VERDICTS
    }


def changes(view: View) -> Iterator[Page]:
    """The figures that are not what they were in the release before."""
    for part, rows in parts(
        view.framework.changes, lambda number: addresses.CHANGES if number == 1 else f"changes.{number}.html"
    ):
        yield Page(
            part.addresses[part.number - 1],
            "changes.html",
            view.say(_CHANGES),
            {"rows": rows, "part": part, "total": len(view.framework.changes)},
        )


def downloads(view: View, files: Sequence[tuple[Path, int]], *, with_ask: bool = False) -> Page:
    """The files of the release's public part that lie beside the portal, with their sizes; and the page of SQL."""
    folders = Counter(path.parts[0] for path, _ in files if len(path.parts) > 1)
    single = [(path, size) for path, size in files if len(path.parts) == 1]
    inside = [
        (folder, count, [(path, size) for path, size in files if path.parts[0] == folder])
        for folder, count in sorted(folders.items())
    ]
    context = {"files": single, "folders": inside, "with_ask": with_ask}
    return Page(addresses.DOWNLOADS, "downloads.html", view.say(_DOWNLOADS), context)


def about(view: View) -> Page:
    """Method, marks, suppression, licence."""
    return Page(addresses.ABOUT, "about.html", view.say(_ABOUT))


def scripted(view: View) -> Iterator[Page]:
    """The pages with which a script helps: filters, comparison, search. Without one they list what there is."""
    scripts = (f"data/words-{view.language}.js", f"data/names-{view.language}.js", "data/figures-MA.js")
    yield Page(addresses.FIGURES, "figures.html", view.say(_FIGURES), scripts=scripts)
    yield Page(addresses.COMPARE, "compare.html", view.say(_COMPARE), scripts=scripts)
    yield Page(
        addresses.SEARCH,
        "search.html",
        view.say(_SEARCH),
        scripts=(f"data/words-{view.language}.js", f"data/search-{view.language}.js"),
    )
