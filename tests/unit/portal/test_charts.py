"""Charts: what their rows say, that they say no more than the table, and that their scripts are made once."""

import csv
import dataclasses
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from orchestration.portal.addresses import Origins
from orchestration.portal.charts import VEGA, bundle, chart, heat, progress, regions, specs
from orchestration.portal.charts import series as over_time
from orchestration.portal.data import Figure, Group, IndicatorData, Observation
from orchestration.portal.view import View
from orchestration.settings import LANGUAGES
from tests.helpers import PROJECT
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
    made = over_time.series(view, IndicatorData(indicator, (), (), tuple(statements)), rows, targets)
    return named(made) if made else []


def named(made: chart.Chart | None) -> list[dict[str, Any]]:
    assert made is not None
    fields = chart.FIELDS[made.kind]
    assert all(len(row) <= len(fields) for row in made.rows)
    return [dict(zip(fields, (*row, *[None] * len(fields)), strict=False)) for row in made.rows]


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


def test_each_label_stands_beside_its_own_figure() -> None:
    rows = series(
        [headline(2020, 80), headline(2020, 85, "reported"), headline(2019, 5), headline(2019, 5.5, "illustrative")]
    )
    labels = {(row["x"], row["status"]): row["label"] for row in rows if row["role"] == "point"}
    assert labels == {
        (2020, "published"): -1,
        (2020, "reported"): 1,
        (2019, "published"): -1,
        (2019, "illustrative"): 1,
    }
    three = [headline(2020, 1), headline(2020, 3, "reported"), headline(2020, 2, "illustrative"), headline(2018, 4)]
    sides = {row["status"]: row["label"] for row in series(three) if row["x"] == 2020}
    assert sides == {"published": -1, "reported": 1, "illustrative": 0}


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
    made = over_time.series(VIEWS["en"], IndicatorData(indicator, (), (), ()), rows, ())
    assert made is not None
    assert made.summary == (
        "official: from 2018 to 2020, figures: 3; the lowest 5 (2019), the highest about 9 (2020), the newest about 9. "
        "reported: one figure, 1 (2020)."
    )
    assert [code for code, _, _ in made.key] == ["published", "reported"]


def test_rows_stand_whole_in_an_attribute() -> None:
    made = chart.Chart("series", "name", "it's <b>&amp;", "", "", (), (("point", 1, None, "2"),))
    assert "'" not in made.attribute
    assert "<" not in made.attribute
    assert json.loads(unescape(made.attribute)) == {
        "kind": "series",
        "name": "name",
        "title": "it's <b>&amp;",
        "height": None,
        "rows": [["point", 1, None, "2"]],
    }


def test_charts_draw_what_the_tables_say(read_page: Read) -> None:
    root = read_page("en/indicator/TREND.html")
    (drawing,) = root.all("figure", class_="chart-series")
    given = json.loads(drawing.attributes["data-chart"])
    drawn = {row[4] for row in given["rows"] if row[0] in ("point", "span", "absent")}
    table = root.one("section", aria_labelledby="series").one("tbody")
    assert drawn == {row.all("td", class_="number")[0].text for row in table.all("tr")}


PLACES: dict[str, Any] = {
    code: {"place_code": code, "place_type": kind, "name_en": name}
    for code, kind, name in [
        ("MA", "country", "Morocco"),
        ("MA-01", "region", "Tanger-Tétouan-Al Hoceïma"),
        ("MA-02", "region", "Oriental"),
        ("MA-12", "region", "Dakhla-Oued Ed-Dahab"),
        ("MA-LAR", "province", "Larache"),
    ]
}
VIEW = View("en", dataclasses.replace(FRAMEWORK, places=PLACES), Origins())


def regional(code: str, year: int, value: float | None, status: str = "published", qualifier: str = "exact") -> Figure:
    days = dt.date(year, 1, 1), dt.date(year, 12, 31)
    told = None if value is None else Decimal(str(value))
    return Figure("CODE", code, year, str(year), *days, status, told, qualifier)


def bundle_of(*rows: Figure) -> IndicatorData:
    return IndicatorData({"indicator_code": "CODE", "unit": "cases", "name_en": "Name"}, rows, (), ())


def test_a_tile_says_its_figure_or_why_there_is_none() -> None:
    rows = [regional("MA-01", 2020, 40), regional("MA-02", 2020, None, qualifier="suppressed")]
    # Provinces, the country and other periods are not on the map.
    rows += [regional("MA-LAR", 2020, 7), regional("MA", 2020, 99), regional("MA-01", 2019, 1)]
    made = regions.tiles(VIEW, bundle_of(*rows))
    told = {row["place"]: (row["told"], row["value"], row["qualifier"]) for row in named(made)}
    assert told == {
        "MA-01": ("40", "40", "exact"),
        "MA-02": ("withheld", None, "suppressed"),
        "MA-12": ("–", None, None),
    }
    shades = {row["place"]: row["shade"] for row in named(made)}
    assert shades["MA-01"] > 0
    assert shades["MA-02"] == shades["MA-12"] == 0
    assert made is not None
    assert "Withheld: 1." in made.summary


def test_the_map_shows_the_period_that_most_regions_have_of_one_kind_of_figure() -> None:
    rows = [regional(code, 2019, 1) for code in ("MA-01", "MA-02")]
    rows += [regional("MA-01", 2020, 2), regional("MA-02", 2020, 3, "illustrative")]
    made = named(regions.tiles(VIEW, bundle_of(*rows)))
    assert {row["period"] for row in made if row["value"]} == {"2019"}
    assert regions.tiles(VIEW, bundle_of(*rows[2:])) is None
    assert regions.tiles(VIEW, bundle_of()) is None


def test_every_region_of_the_country_has_a_tile_of_its_own() -> None:
    seeds = (PROJECT / "dbt_project" / "seeds" / "place.csv").read_text(encoding="utf-8")
    known = {row["place_code"] for row in csv.DictReader(io.StringIO(seeds)) if row["place_type"] == "region"}
    assert set(specs.TILES) == known
    assert len(set(specs.TILES.values())) == len(known)


@given(st.text(alphabet="ab -", max_size=60))
def test_a_name_is_wrapped_whole(name: str) -> None:
    lines = regions.wrapped(name)
    assert 1 <= len(lines) <= 3
    assert "".join(lines).replace(" ", "") == name.replace(" ", "")


def test_small_multiples_have_one_scale_and_no_line_over_a_gap() -> None:
    values = {("MA-01", 2018): 50, ("MA-01", 2019): 100, ("MA-02", 2018): 25, ("MA-02", 2020): 50}
    rows = [regional(code, year, value) for (code, year), value in values.items()]
    made = named(regions.multiples(VIEW, bundle_of(*rows, regional("MA-12", 2020, 9))))
    lines = [(row["run"], row["x"]) for row in made if row["role"] == "line"]
    assert [x for run, x in lines] == [2018, 2019]
    # Half the value is half as far from the foot of its row, in every row.
    heights = {(row["place"], row["x"]): int(row["y"]) + 0.9 - row["y"] for row in made if row["role"] == "point"}
    high = heights["MA-01", 2019]
    assert {place: round(height / high, 2) for place, height in heights.items()} == {
        place: value / 100 for place, value in values.items()
    }
    assert regions.multiples(VIEW, bundle_of(*rows[:2])) is None


def test_progress_is_that_of_the_newest_figure_and_stays_on_the_page() -> None:
    aim = {"indicator_code": "CODE", "indicator_name_en": "Name", "unit": "cases", "rating": "behind"}
    rows = [
        headline(2019, 1) | aim | {"progress": Decimal("0.1")},
        headline(2020, 2) | aim | {"progress": Decimal("0.25")},
        headline(2020, 9) | aim | {"progress": Decimal(7), "rating": "achieved", "indicator_code": "FAR"},
        headline(2020, 9) | aim | {"progress": Decimal(-1), "indicator_code": "BACK"},
        headline(2020, 9) | aim | {"progress": None, "indicator_code": "NONE"},
    ]
    made = progress.progress(VIEW, "P", "Programme", rows)
    bars = {row["indicator"]: (row["x1"], row["value"]) for row in named(made) if row["role"] == "bar"}
    assert bars == {"CODE": (0.25, "0.25"), "FAR": (1.5, "7"), "BACK": (0.0, "-1")}
    told = [row["told"] for row in named(made) if row["role"] == "name"]
    assert "25%, behind: Name" in told
    assert made is not None
    assert "Indicators with a target (official): 3; target reached: 1" in made.summary
    assert progress.progress(VIEW, "P", "Programme", rows[-1:]) is None


def test_progress_counts_all_indicators_and_says_how_many_are_drawn() -> None:
    aim = {"indicator_name_en": "Name", "unit": "cases", "progress": Decimal("0.5")}
    older = [headline(2019, 1) | aim | {"indicator_code": f"O{n}", "rating": "behind"} for n in range(3)]
    newer = [
        headline(2020, 1) | aim | {"indicator_code": f"N{n:02}", "rating": "achieved"} for n in range(progress.DRAWN)
    ]
    whole = progress.progress(VIEW, "P", "Programme", newer)
    assert whole is not None
    assert whole.summary.endswith("The line at 100% is the target.")
    made = progress.progress(VIEW, "P", "Programme", [*older, *newer])
    assert {row["indicator"] for row in named(made) if row["role"] == "bar"} == {row["indicator_code"] for row in newer}
    assert made is not None
    assert (
        f"Indicators with a target (official): {progress.DRAWN + 3}; "
        f"target reached: {progress.DRAWN}, on track: 0, behind: 3." in made.summary
    )
    assert f"The chart shows the {progress.DRAWN} with the newest figures" in made.summary


def test_progress_counts_made_up_figures_apart_in_every_language() -> None:
    aim = {"indicator_name_en": "Name", "unit": "cases", "progress": Decimal(1)}
    rows = [
        headline(2020, 1) | aim | {"indicator_code": "A", "rating": "behind"},
        headline(2020, 1, "illustrative") | aim | {"indicator_code": "A", "rating": "achieved"},
        headline(2020, 1, "illustrative") | aim | {"indicator_code": "B", "rating": "on_track"},
    ]
    told = {}
    for language, view in VIEWS.items():
        made = progress.progress(view, "P", "Programme", rows)
        assert made is not None
        told[language] = made.summary
    assert told["en"] == (
        "Indicators with a target (official): 1; target reached: 0, on track: 0, behind: 1. "
        "Indicators with a target (illustrative): 2; target reached: 1, on track: 1, behind: 0. "
        "The line at 100% is the target."
    )
    for language, official, illustrative in (("fr", "officiel", "illustratif"), ("ar", "رقم رسمي", "توضيحي")):
        numbers = [re.findall(r"\d+", sentence) for sentence in told[language].split(". ")]
        assert numbers == [["1", "0", "0", "1"], ["2", "1", "1", "0"], ["100"]]
        assert told[language].index(f"({official})") < told[language].index(f"({illustrative})")


def owed(
    code: str, quarter: int, expected: int, accepted: int, status: str = "reported", year: int = 2024
) -> dict[str, Any]:
    start, end = dt.date(year, quarter * 3 - 2, 1), dt.date(year, quarter * 3, 28)
    days = {"period_start": start, "period_end": end, "period_label": f"{year}-Q{quarter}"}
    return {"organisation_code": code, "data_status": status, "expected": expected, "accepted": accepted, **days}


def test_completeness_adds_up_a_reporters_reports_of_one_kind_and_never_more_than_were_owed() -> None:
    rows = [owed("A", 1, 2, 1), owed("A", 1, 1, 4), owed("A", 1, 1, 0, "illustrative"), owed("A", 2, 1, 0)]
    rows += [owed("B", 2, 0, 3), owed("B", 1, 1, 1)]
    made = named(heat.completeness(VIEW, "Title", rows))
    cells = {(row["organisation"], row["status"], row["period"]): row["told"] for row in made}
    assert cells == {
        ("A", "reported", "2024-Q1"): "2/3",
        ("A", "illustrative", "2024-Q1"): "0/1",
        ("A", "reported", "2024-Q2"): "0/1",
        ("B", "reported", "2024-Q1"): "1/1",
    }
    assert len({row["name"] for row in made}) == 3
    assert heat.completeness(VIEW, "Title", [owed("B", 2, 0, 3)]) is None


def test_completeness_shows_who_owes_most_and_counts_all() -> None:
    rows = [owed(f"O{number:02}", 1, number + 2, 1) for number in range(heat.REPORTERS)]
    whole = heat.completeness(VIEW, "Title", rows)
    assert whole is not None
    assert f"Reporters: {heat.REPORTERS}," in whole.summary
    assert "The chart shows" not in whole.summary
    more = [owed("O00", 1, 1, 1, "illustrative"), *(owed(f"Z{number}", 1, 3, 3) for number in range(5))]
    made = heat.completeness(VIEW, "Title", [*more, *rows])
    assert {row["organisation"] for row in named(made)} == {row["organisation_code"] for row in rows}
    assert made is not None
    assert f"Reporters: {heat.REPORTERS + 5}," in made.summary
    accepted = heat.REPORTERS + 5 * 3
    expected = sum(number + 2 for number in range(heat.REPORTERS)) + 5 * 3
    # Made-up reports are never counted with real ones.
    assert f"Accepted: {accepted} of {expected} (reported), 1 of 1 (illustrative)." in made.summary
    assert f"The chart shows {heat.REPORTERS} of {heat.REPORTERS + 6} rows" in made.summary


def test_reporters_of_one_name_are_told_apart_in_a_row_each() -> None:
    names = {"A": "Association", "B": "Association", "C": "Ministry", "D": None}
    organisations = {code: {"organisation_code": code, "name_en": name} for code, name in names.items()}
    view = View("en", dataclasses.replace(FRAMEWORK, organisations=organisations), Origins())
    rows = [owed("A", 1, 2, 1), owed("B", 1, 4, 4), owed("B", 1, 1, 0, "illustrative"), owed("C", 1, 1, 1)]
    made = named(heat.completeness(view, "Title", [*rows, owed("D", 1, 1, 1)]))
    assert {(row["organisation"], row["status"]): row["name"] for row in made} == {
        ("A", "reported"): "A: Association",
        ("B", "reported"): "B: Association (reported)",
        ("B", "illustrative"): "B: Association (illustrative)",
        ("C", "reported"): "Ministry",
        ("D", "reported"): "D",
    }
    assert len({row["y"] for row in made}) == 5


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_rows_of_completeness_that_are_called_the_same_are_drawn_apart(direction: str) -> None:
    drawing = specs.specification("heat", direction) | {"width": 300}
    made = named(heat.completeness(VIEW, "Title", [owed(code, 1, 2, 1) for code in "AB"]))
    drawing["datasets"] = {specs.DATA: [row | {"name": "Association"} for row in made]}
    svg = vl_convert.vegalite_to_svg(drawing)
    assert svg.count(">Association</text>") == 2
    assert len(set(re.findall(r'translate\(([\d.,]+)\)"[^>]*>1/2</text>', svg))) == 2


def test_completeness_is_that_of_the_newest_periods() -> None:
    rows = [owed("A", quarter, 1, 1, year=year) for year in range(2018, 2025) for quarter in (1, 2, 3, 4)]
    made = heat.completeness(VIEW, "Title", [*rows, owed("B", 1, 1, 0)])
    labels = [row["period"] for row in named(made) if row["organisation"] == "A"]
    assert labels == [row["period_label"] for row in rows[-heat.PERIODS :]]
    assert made is not None
    assert f"Accepted: {heat.PERIODS} of {heat.PERIODS + 1} (reported)." in made.summary


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("kind", specs.KINDS)
def test_each_kind_of_chart_compiles_and_knows_its_rows(kind: str, direction: str) -> None:
    told = json.dumps(specs.specification(kind, direction))
    assert f'"name": "{specs.DATA}"' in told
    assert "http" not in told.replace("https://vega.github.io/schema/", "")
    # No text of its own: what is read comes with the rows, in the language of the page.
    assert set(chart.FIELDS) == set(specs.KINDS) == set(chart.COLUMNS)


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
