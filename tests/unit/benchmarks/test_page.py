"""The page of the benchmarks: medians and ranges of what was measured, ratios within one run."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import page, plot


def run(seconds: float, beside: str | None = None, **more: Any) -> dict[str, Any]:
    return {"seconds": seconds, "worked": seconds * 2, "megabytes": 100.0, "beside": beside, **more}


def night(load: float) -> dict[str, Any]:
    runs = {"floor": run(2.0), "load": run(load, "floor", rooms={"read": load * 3})}
    runs |= {"import dagster": run(1.0), "nothing new": run(1.5, "import dagster")}
    for reports in ("one", "a hundred"):
        runs[f"{reports} on nothing"] = run(20.0, model=10.0)
        runs[f"{reports} more"] = run(50.0, f"{reports} on nothing", model=20.0)
    return {"reports": 1000, "observations": 200_000, "runs": runs, "rooms": {"read": load / 10}}


@pytest.fixture
def found() -> dict[str, Any]:
    built = {"seconds": 30.0, "cpu": 40.0, "peak_megabytes": 900}
    return {
        "machine": {
            "measured_on": "2026-01-31",
            "cores": 2,
            "memory_gigabytes": 24.0,
            "python": "3.11.7",
            "load_before": 0.1,
        },
        "nights": [night(40.0), night(100.0), night(60.0)],
        "profile": {"reports": 1000, "room": "release", "seconds": 12.3, "packages": {"jinja2": 4.5}},
        "models": [
            {
                "observations": 1_000_000,
                "reports": 9000,
                "duckdb": {"seconds": 3.0, "cpu": 4.0},
                "builds": {"first build": built},
                "ratios": {"first build": 10.0},
                "queries_ms": {"headline": {"p50": 0.7, "p95": 1.5, "rows": 12.0}},
                "machine": {"measured_on": "2026-02-02", "load_before": 0.4},
                "note": "Beside a test.",
            }
        ],
        "large": {
            **night(500.0),
            "reports": 10_000,
            "observations": 2_000_000,
            "machine": {"measured_on": "2026-02-01", "load_before": 0.3},
        },
    }


def test_the_page_has_medians_ranges_and_ratios(found: dict[str, Any]) -> None:
    lines = list(page(found))
    spread = "60.00 (40.00 to 100.00) | 120.00 (80.00 to 200.00) | 100 (100 to 100)"
    assert f"| load | {spread} | 30.00 (20.00 to 50.00) of floor |" in lines
    assert "| read | 6.00 (4.00 to 10.00) | 180 (120 to 300) |" in lines
    assert "- one more: 2.50 (2.50 to 2.50) times the build of the models in it (20.00 (20.00 to 20.00) s)." in lines
    models = lines[lines.index("## The marts at 1000000 observations, 9000 reports") :]
    assert models[2:6] == ["Measured on 2026-02-02; load of the machine when it began:", "0.4.", "", "Beside a test."]
    assert "| first build | 30.0 | 40.0 | 900 | 10.0 |" in models
    assert "| headline | 0.7 | 1.5 | 12 |" in lines
    assert "## A night of 10000 reports, 2000000 observations, once" in lines
    assert "| load | 500.00 | 1000.00 | 100 | 250.00 of floor |" in lines
    assert "| read | 50.00 | 1500 |" in lines


def test_the_page_says_which_aims_are_met_by_the_worst_of_the_runs(found: dict[str, Any]) -> None:
    found["nights"][1]["runs"] |= {"load, shared formats": run(50.0), "dlt": run(100.0, "load, shared formats")}
    found["nights"][0]["runs"] |= {"load, shared formats": run(50.0), "dlt": run(40.0, "load, shared formats")}
    del found["nights"][2]
    found["large"]["runs"]["a hundred more"]["megabytes"] = 2100.0
    lines = list(page(found))
    aims = lines[lines.index("## Aims") :]
    for line in (
        "| 1000 reports | load: times the floor | 2.5 | 50.00 | missed |",
        "| 1000 reports | load, shared formats: times dlt | 1 | 1.25 | missed |",
        "| 1000 reports | nothing new: times import dagster | 2 | 1.50 | met |",
        "| 1000 reports | a hundred more: times a hundred on nothing | 1.3 | 2.50 | missed |",
        "| 1000 reports | one more: times the build of the models in it | 2 | 2.50 | missed |",
        "| 10000 reports | load: megabytes | 2000 | 100 | met |",
        "| 10000 reports | a hundred more: megabytes | 2000 | 2100 | missed |",
        "| 1000000 observations | the marts, first build: times DuckDB | 4 | 10.00 | missed |",
        "| 1000000 observations | the marts, first build: megabytes | 2000 | 900 | met |",
    ):
        assert line in aims


@pytest.mark.parametrize(("part", "said"), [("large", "once"), ("profile", "profiler"), ("models", "marts")])
def test_a_part_need_not_have_been_measured(found: dict[str, Any], part: str, said: str) -> None:
    titles = [line for line in page(found) if line.startswith("## ")]
    del found[part]
    assert [line for line in page(found) if line.startswith("## ")] == [line for line in titles if said not in line]
    assert any(said in line for line in titles)


def test_the_plot_has_every_run(found: dict[str, Any], tmp_path: Path) -> None:
    plot(found, tmp_path / "benchmarks.svg")
    drawn = (tmp_path / "benchmarks.svg").read_text(encoding="utf-8")
    assert all(name in drawn for name in found["nights"][0]["runs"])


def test_the_long_history_stands_after_the_large_night(found: dict[str, Any]) -> None:
    found["history"] = {**found["large"], "reports": 100_000, "note": "Measured upon an earlier night."}
    titles = [line for line in page(found) if line.startswith("## ") and line.endswith(", once")]
    assert [title.split()[4] for title in titles] == ["10000", "100000"]
    assert [line for line in page(found) if "earlier night" in line] == ["Measured upon an earlier night."]
