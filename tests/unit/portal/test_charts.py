"""Charts: what their rows say, that they say no more than the table, and that their scripts are made once."""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from orchestration.portal.addresses import Origins
from orchestration.portal.charts import VEGA, bundle, figures, specs
from orchestration.portal.data import Group, IndicatorData, Observation
from orchestration.portal.view import View
from orchestration.settings import LANGUAGES
from tests.unit.portal.made import Node
from tests.unit.portal.test_scripts import content
from tests.unit.portal.test_view import FRAMEWORK, VIEWS

Read = Callable[[str], Node]


def headline(year: int, value: float | None, status: str = "published", **given: Any) -> dict[str, Any]:
    """A national figure of a calendar year."""
    return {
        "year": year,
        "period_label": str(year),
        "period_start": dt.date(year, 1, 1),
        "period_end": dt.date(year, 12, 31),
        "value": None if value is None else Decimal(str(value)),
        "qualifier": "not_reported" if value is None else "exact",
        "data_status": status,
        **given,
    }


def statement(year: int, sender: str, status: str = "published") -> Observation:
    rest: dict[str, Any] = dict.fromkeys(Observation._fields)
    rest |= {"year": year, "organisation_code": sender, "data_status": status, "group": Group()}
    return Observation(**rest)


def series(
    rows: Sequence[dict[str, Any]],
    targets: Sequence[dict[str, Any]] = (),
    statements: Sequence[Observation] = (),
    view: View = VIEWS["en"],
) -> list[dict[str, Any]]:
    """The rows of the chart of an indicator, by the names of their fields; none where there is no chart."""
    indicator = {"indicator_code": "CODE", "unit": "cases", "name_en": "Name"}
    chart = figures.series(view, IndicatorData(indicator, (), (), tuple(statements)), rows, targets)
    return named(chart) if chart else []


def named(chart: figures.Chart) -> list[dict[str, Any]]:
    fields = figures.FIELDS[chart.kind]
    return [dict(zip(fields, (*row, *[None] * len(fields)), strict=False)) for row in chart.rows]


def roles(rows: Sequence[dict[str, Any]], *wanted: str) -> list[tuple[str, float]]:
    return [(row["role"], row["x"]) for row in rows if row["role"] in wanted]


def test_years_without_a_figure_are_bridged_by_dots_and_never_by_a_line() -> None:
    rows = series([headline(2016, 1), headline(2017, 2), headline(2020, 3), headline(2021, 4)])
    runs: dict[str, list[tuple[str, float]]] = {}
    for row in rows:
        if row["role"] in ("line", "gap"):
            runs.setdefault(row["run"], []).append((row["role"], row["x"]))
    assert sorted(runs.values()) == [
        [("gap", 2017), ("gap", 2020)],
        [("line", 2016), ("line", 2017)],
        [("line", 2020), ("line", 2021)],
    ]


def test_a_blank_breaks_the_line_and_stands_as_a_word() -> None:
    rows = series([headline(2016, 1), headline(2017, None), headline(2018, 3)])
    assert roles(rows, "line", "gap") == []
    assert [(row["x"], row["told"], row["value"]) for row in rows if row["role"] == "absent"] == [
        (2017, "not reported", None)
    ]


def test_a_withheld_figure_is_a_word_and_no_number() -> None:
    rows = series([headline(2016, 1), headline(2017, 2), headline(2018, None, qualifier="suppressed")])
    (row,) = [row for row in rows if row["x"] == 2018]
    assert (row["role"], row["told"], row["value"]) == ("absent", "withheld", None)


def test_another_sender_breaks_the_line() -> None:
    years = [headline(2016, 1), headline(2017, 2), headline(2018, 3)]
    senders = [statement(2016, "A"), statement(2017, "A"), statement(2018, "B"), statement(2018, "A", "reported")]
    rows = series(years, statements=senders)
    assert roles(rows, "line") == [("line", 2016), ("line", 2017)]
    assert roles(rows, "break") == [("break", 2017.5)]
    # One sender in common is no break.
    assert roles(series(years, statements=[*senders, statement(2018, "A")]), "break") == []


def test_kinds_of_figure_are_never_joined() -> None:
    rows = series([headline(2016, 1), headline(2017, 2, "illustrative")])
    assert roles(rows, "line", "gap") == []
    assert [row["status"] for row in rows] == ["published", "illustrative"]


def test_a_span_of_years_lies_over_its_days_and_joins_no_line() -> None:
    span = {"period_label": "2017-2019", "period_start": dt.date(2017, 1, 1), "period_end": dt.date(2019, 12, 31)}
    rows = series([headline(2019, 5) | span, headline(2018, 1), headline(2019, 2)])
    (row,) = [row for row in rows if row["role"] == "span"]
    assert (row["x"], row["x1"], row["value"], row["period"]) == (2016.5, 2019.5, "5", "2017-2019")
    assert roles(rows, "line") == [("line", 2018), ("line", 2019)]
    half = {"period_start": dt.date(2019, 7, 1), "period_end": dt.date(2019, 12, 31), "period_label": "2019-H2"}
    (row,) = [row for row in series([headline(2018, 1), headline(2019, 5) | half]) if row["role"] == "span"]
    assert (row["x"], row["x1"]) == (pytest.approx(2018.5 + 181 / 365, abs=1e-3), 2019.5)


def test_target_and_baseline_lie_over_the_time_that_they_hold() -> None:
    bounds = {"valid_from": dt.date(2018, 1, 1), "valid_to": dt.date(2020, 12, 31)}
    rows = series([headline(2019, 5)], [{"baseline": Decimal(2), "target": Decimal(1000), **bounds}])
    aims = [(row["role"], row["x"], row["x1"], row["value"], row["told"]) for row in rows if row["role"] != "point"]
    assert aims == [
        ("baseline", 2017.5, 2020.5, "2", "baseline 2"),
        ("target", 2017.5, 2020.5, "1000", "target 1,000"),
    ]


def test_one_figure_without_a_target_is_no_series() -> None:
    assert series([headline(2019, 5)]) == []
    assert series([headline(2019, 5), headline(2020, None)]) == []
    assert series([]) == []


def test_words_inside_an_arabic_picture_keep_their_direction() -> None:
    rows = series([headline(2019, 5, qualifier="more_than"), headline(2020, 6)], view=VIEWS["ar"])
    told = [row["told"] for row in rows if row["role"] == "point"]
    assert all(text.startswith("\u2067") and text.endswith("\u2069") for text in told)
    assert "أكثر من 5" in told[0]


def test_what_a_series_says_in_words() -> None:
    indicator = {"indicator_code": "CODE", "unit": "cases", "name_en": "Name"}
    rows = [
        headline(2018, 7),
        headline(2019, 5),
        headline(2020, 9, qualifier="approximate"),
        headline(2020, 1, "reported"),
    ]
    chart = figures.series(VIEWS["en"], IndicatorData(indicator, (), (), ()), rows, ())
    assert chart is not None
    assert chart.summary == (
        "official: from 2018 to 2020, figures: 3; the lowest 5 (2019), the highest about 9 (2020), the newest about 9. "
        "reported: one figure, 1 (2020)."
    )
    assert [code for code, _, _ in chart.key] == ["published", "reported"]


def test_rows_stand_whole_in_an_attribute() -> None:
    chart = figures.Chart("series", "name", "it's <b>&amp;", "", "", (), (("point", 1, None, "2"),))
    assert "'" not in chart.attribute
    assert "<" not in chart.attribute
    assert json.loads(unescape(chart.attribute)) == {
        "kind": "series",
        "name": "name",
        "title": "it's <b>&amp;",
        "height": None,
        "rows": [["point", 1, None, "2"]],
    }


def test_charts_draw_what_the_tables_say(read_page: Read) -> None:
    root = read_page("en/indicator/TREND.html")
    (chart,) = root.all("figure", class_="chart-series")
    given = json.loads(chart.attributes["data-chart"])
    drawn = {row[4] for row in given["rows"] if row[0] in ("point", "span", "absent")}
    table = root.one("section", aria_labelledby="series").one("tbody")
    assert drawn == {row.all("td", class_="number")[0].text for row in table.all("tr")}


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("kind", specs.KINDS)
def test_each_kind_of_chart_compiles_and_knows_its_rows(kind: str, direction: str) -> None:
    told = json.dumps(specs.specification(kind, direction))
    assert f'"name": "{specs.DATA}"' in told
    assert "http" not in told.replace("https://vega.github.io/schema/", "")
    # No text of its own: what is read comes with the rows, in the language of the page.
    assert set(figures.FIELDS) == set(specs.KINDS) == set(figures.COLUMNS)


def test_the_script_of_a_language_holds_every_kind_and_the_light_colours(folder: Path) -> None:
    for language in LANGUAGES:
        given = content(folder / "data" / f"charts-{language}.js")
        assert set(given["specifications"]) == set(specs.KINDS)
        assert given["colours"]["paper"] == "#fff"
        assert given["colours"]["brand"] == "#14606b"
        used = {part.split(")")[0] for part in json.dumps(given["specifications"]).split("var(--")[1:]}
        assert used <= set(given["colours"])


def test_scripts_are_made_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view = View("fr", FRAMEWORK, Origins())
    first = bundle.vega(tmp_path), bundle.charts(view, "", tmp_path)
    kept = sorted(path.name.rsplit("-", 1)[0] for path in tmp_path.iterdir())
    assert kept == ["charts-ltr", "vega"]

    def again(*_: str) -> str:
        raise AssertionError("made twice")

    monkeypatch.setattr(bundle, "_bundled", again)
    monkeypatch.setattr(bundle, "_compiled", again)
    assert (bundle.vega(tmp_path), bundle.charts(view, "", tmp_path)) == first


def test_only_pages_with_a_chart_fetch_what_draws_it(folder: Path, read_page: Read) -> None:
    for path in folder.glob("en/**/*.html"):
        root = read_page(path.relative_to(folder).as_posix())
        fetched = any(node.attributes["src"].endswith(VEGA) for node in root.all("script"))
        assert fetched == bool(root.all("figure", class_="chart")), path
