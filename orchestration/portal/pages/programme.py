"""A programme: its periods, what it holds, expected results, indicators, deliverables and their status."""

from collections.abc import Iterator, Sequence
from functools import partial

from orchestration.portal import addresses
from orchestration.portal.charts import page_scripts
from orchestration.portal.charts.progress import progress
from orchestration.portal.charts.specs import STATUSES
from orchestration.portal.data import Row
from orchestration.portal.site import Page, parts
from orchestration.portal.view import View


def pages(view: View, programme: Row) -> Iterator[Page]:
    """The page of a programme; its figures may go on on further ones."""
    framework, code = view.framework, programme["programme_code"]
    objective = framework.objective(programme["objective_code"])
    crumbs = []
    if objective:
        crumbs.append((view.plain_name(objective), addresses.objective(objective["objective_code"])))
    if parent := framework.programmes.get(programme["parent_programme_code"]):
        crumbs.append((view.plain_name(parent), addresses.programme(parent["programme_code"])))
    headlines = [row for row in framework.headlines if row["programme_code"] == code]
    with_figures = {row["indicator_code"] for row in headlines}
    performance = [row for row in framework.performance if row["programme_code"] == code and row["expected"]]
    aims = progress(view, code, view.plain_name(programme) or code, headlines)
    for part, rows in parts(headlines, partial(addresses.programme, code)):
        yield Page(
            part.addresses[part.number - 1],
            "programme.html",
            view.plain_name(programme) or code,
            {
                "programme": programme,
                "objective": objective,
                "periods": [row for row in framework.programme_periods if row["programme_code"] == code],
                "results": [row for row in framework.expected_results if row["programme_code"] == code],
                "inner": [row for row in framework.programmes.values() if row["parent_programme_code"] == code],
                "rows": rows,
                "part": part,
                "aims": aims if part.number == 1 else None,
                "without_figures": [
                    row for row in framework.indicators_of.get(code, ()) if row["indicator_code"] not in with_figures
                ],
                "deliverables": [row for row in framework.deliverables if row["programme_code"] == code],
                "reports": list(_reports(performance)),
            },
            crumbs,
            scripts=page_scripts(view, aims if part.number == 1 else None),
        )


def _reports(performance: Sequence[Row]) -> Iterator[tuple[str, int, int]]:
    """Each kind with its reports accepted and expected: made-up ones are never counted with real ones."""
    for kind in STATUSES:
        rows = [row for row in performance if row["data_status"] == kind]
        if rows:
            # Of reports that nobody expected none is counted, so that a share is never above one.
            accepted = sum(min(row["accepted"], row["expected"]) for row in rows)
            yield kind, accepted, sum(row["expected"] for row in rows)
