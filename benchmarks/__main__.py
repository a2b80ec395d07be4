"""All benchmarks in one run, as `docs/benchmarks.md`, with a plot and the figures for machines beside it.

    make bench                            some four hours on two cores, half of them for the long history
    python -m benchmarks --only large     the largest night again; the rest stays as it was measured

The page holds what this machine gave; times are of use as the ratios within one run.
"""

import argparse
import datetime as dt
import json
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks import model, night
from benchmarks.night import Night

PROJECT = Path(__file__).resolve().parent.parent
PAGE = "benchmarks"
SMALL = (5, 58)
"""The rows of a report of the large night: some 100 observations."""
TINY = (1, 3)
"""Those of the long history, all of them CSV: what it is to show follows from the number of reports."""
PARTS = ("nights", "profile", "models", "large", "history")


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gigabytes": round(gigabytes, 1),
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 1),
        "measured_on": f"{dt.datetime.now(dt.UTC):%Y-%m-%d}",
    }


def page(found: dict[str, Any]) -> Iterator[str]:
    """The lines of the page."""
    on, nights = found["machine"], found["nights"]
    yield from (
        "# Benchmarks",
        "",
        "Written by `make bench` (`benchmarks/`), on made-up reports of all contracts, formats and languages.",
        f"Measured on {on['measured_on']}: {on['cores']} cores, {on['memory_gigabytes']} GB, Python {on['python']};",
        f"load of the machine when it began: {on['load_before']}. The figures for machines: `{PAGE}.json`.",
        f"Whole nights ran {len(nights)} times; each figure is the median, the range stands behind it.",
        "Memory is that of all processes at once, `worked` are the seconds of all processors.",
        "",
        "- `floor`: the same files only parsed, by calamine, csv and json, on all cores, and forgotten.",
        "- `load`: `hasila load` of all of them into nothing, in one night.",
        "- `nothing new`: the same command again.",
        "- `one more`, `a hundred more`: so many reports more on that history, on a later day.",
        "- `one on nothing`, `a hundred on nothing`: the same reports without a history.",
        "- `pandas`, `dlt`: a script instead (`benchmarks/rivals/`), on workbooks and delimited files alone:",
        "  every cell with its file and place into DuckDB, and one sum. No header is looked for, so no cell has an",
        "  indicator, a place or a period; nothing is checked, added up by rule, protected or released.",
        "- `load, shared formats`: hasila on the same files.",
        "",
        f"![Seconds of whole nights]({PAGE}.svg)",
        "",
        f"## A night of {nights[0]['reports']} reports, {nights[0]['observations']} observations",
        "",
        "| what | seconds | worked | MB | ratio |",
        "|---|---|---|---|---|",
    )
    for name in nights[0]["runs"]:
        yield _row(name, nights)
    yield from _rooms(nights)
    yield from _beside_the_build(nights)
    yield from _aims(found)
    for part in ("large", "history"):
        if part in found:
            yield from _large(found[part])
    if profiled := found.get("profile"):
        yield from _profile(profiled)
    for size in found.get("models", []):
        yield from (
            "",
            f"## The marts at {size['observations']} observations, {size['reports']} reports",
            "",
            *_measured(size),
            "",
            "| build | seconds | worked | MB | times DuckDB writing them once |",
            "|---|---|---|---|---|",
            f"| DuckDB, once | {size['duckdb']['seconds']:.1f} | {size['duckdb']['cpu']:.1f} | | 1 |",
        )
        for name, built in size["builds"].items():
            yield (
                f"| {name} | {built['seconds']:.1f} | {built['cpu']:.1f} | {built['peak_megabytes']}"
                f" | {size['ratios'][name]:.1f} |"
            )
        yield from ("", "| query | p50, ms | p95, ms | rows |", "|---|---|---|---|")
        for name, query in size["queries_ms"].items():
            yield f"| {name} | {query['p50']:.1f} | {query['p95']:.1f} | {query['rows']:.0f} |"
    yield ""


MEMORY_AIM = 2000
"""Megabytes that a load takes at most, whatever the night brings."""


def _aims(found: dict[str, Any]) -> Iterator[str]:
    """What hasila is to cost, beside what it does; the worst of several runs counts."""
    yield from ("", "## Aims", "", "| of | aim | at most | measured | |", "|---|---|---|---|---|")
    nights = {f"{found['nights'][0]['reports']} reports": found["nights"]}
    nights |= {f"{found[part]['reports']} reports": [found[part]] for part in ("large", "history") if part in found}
    for of, runs in nights.items():
        for aim, most, measured in _aims_of_a_night([run["runs"] for run in runs]):
            yield _aim(of, aim, most, measured)
    for size in found.get("models", []):
        for name, ratio in size["ratios"].items():
            yield _aim(f"{size['observations']} observations", f"the marts, {name}: times DuckDB", 4, ratio)
        for name, built in size["builds"].items():
            of, aim = f"{size['observations']} observations", f"the marts, {name}: megabytes"
            yield _aim(of, aim, MEMORY_AIM, built["peak_megabytes"])


def _aims_of_a_night(nights: list[dict[str, Any]]) -> Iterator[tuple[str, float, float]]:
    def worst(name: str, beside: str) -> float:
        return max(runs[name]["seconds"] / runs[beside]["seconds"] for runs in nights)

    yield "load: times the floor", 2.5, worst("load", "floor")
    for rival in (name for name in night.RIVALS if name in nights[0]):
        yield f"load, shared formats: times {rival}", 1, worst("load, shared formats", rival)
    yield "nothing new: times import dagster", 2, worst("nothing new", "import dagster")
    yield "a hundred more: times a hundred on nothing", 1.3, worst("a hundred more", "a hundred on nothing")
    built = max(runs["one more"]["seconds"] / runs["one more"]["model"] for runs in nights)
    yield "one more: times the build of the models in it", 2, built
    for name in ("load", "one more", "a hundred more"):
        yield f"{name}: megabytes", MEMORY_AIM, max(runs[name]["megabytes"] for runs in nights)


def _aim(of: str, aim: str, most: float, measured: float) -> str:
    digits = 0 if most == MEMORY_AIM else 2
    return f"| {of} | {aim} | {most:g} | {measured:.{digits}f} | {'met' if measured <= most else 'missed'} |"


def _profile(found: dict[str, Any]) -> Iterator[str]:
    yield from (
        "",
        f"## The slowest room of a night of {found['reports']} reports under the profiler: {found['room']}",
        "",
        f"Its {found['seconds']} s in the load's own thread, by package:",
        "",
        "| package | seconds |",
        "|---|---|",
    )
    for name, seconds in found["packages"].items():
        yield f"| {name} | {seconds} |"


def _large(night: dict[str, Any]) -> Iterator[str]:
    """A night that ran once."""
    yield from (
        "",
        f"## A night of {night['reports']} reports, {night['observations']} observations, once",
        "",
        *_measured(night),
        "",
        "| what | seconds | worked | MB | ratio |",
        "|---|---|---|---|---|",
    )
    for name in night["runs"]:
        yield _row(name, [night])
    yield from _rooms([night])
    yield from _beside_the_build([night])


def _measured(part: dict[str, Any]) -> Iterator[str]:
    """When a part was measured, and what is to be known of that."""
    yield f"Measured on {part['machine']['measured_on']}; load of the machine when it began:"
    yield f"{part['machine']['load_before']}."
    if "note" in part:
        yield from ("", part["note"])


def _rooms(nights: list[dict[str, Any]]) -> Iterator[str]:
    yield from ("", "The load by room:", "", "| room | seconds | MB |", "|---|---|---|")
    for room in nights[0]["rooms"]:
        megabytes = [one["runs"]["load"].get("rooms", {}).get(room) for one in nights]
        most = _spread([size for size in megabytes if size is not None], 0) if any(megabytes) else ""
        yield f"| {room} | {_spread([one['rooms'][room] for one in nights])} | {most} |"


def _beside_the_build(nights: list[dict[str, Any]]) -> Iterator[str]:
    yield ""
    for name in ("one on nothing", "one more", "a hundred on nothing", "a hundred more"):
        runs = [one["runs"][name] for one in nights]
        ratio = _spread([run["seconds"] / run["model"] for run in runs])
        yield f"- {name}: {ratio} times the build of the models in it ({_spread([run['model'] for run in runs])} s)."


def _row(name: str, nights: list[dict[str, Any]]) -> str:
    runs = [one["runs"][name] for one in nights]
    beside = runs[0]["beside"]
    ratio = ""
    if beside:
        ratios = [one["runs"][name]["seconds"] / one["runs"][beside]["seconds"] for one in nights]
        ratio = f"{_spread(ratios)} of {beside}"
    columns = (
        _spread([run[key] for run in runs], digits) for key, digits in (("seconds", 2), ("worked", 2), ("megabytes", 0))
    )
    return f"| {name} | {' | '.join(columns)} | {ratio} |"


def _spread(values: list[float], digits: int = 2) -> str:
    middle = f"{statistics.median(values):.{digits}f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.{digits}f} to {max(values):.{digits}f})"


def profile(count: int) -> dict[str, Any]:
    """What dominates a load of so many reports (`benchmarks.profile`), in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        inbox = night.make(Path(folder) / "inbox", count, 1)
        command = (sys.executable, "-m", "benchmarks.profile", "--inbox", inbox.folder, "--data", Path(folder) / "data")
        found: dict[str, Any] = json.loads(night.run(*command).said.splitlines()[-1])
    return {**found, "reports": count}


def plot(found: dict[str, Any], path: Path) -> None:
    """Seconds of every run of a night, as bars."""
    import altair

    runs = [
        {"run": name, "seconds": statistics.median(one["runs"][name]["seconds"] for one in found["nights"])}
        for name in found["nights"][0]["runs"]
    ]
    chart = (
        altair.Chart(altair.Data(values=runs), width=480)
        .mark_bar()
        .encode(
            x=altair.X("seconds:Q", title="seconds, median"),
            y=altair.Y("run:N", sort=None, title=None),
        )
    )
    chart.save(path)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=1000, help="reports of the night")
    parser.add_argument("--rounds", type=int, default=3, help="how often the nights run")
    parser.add_argument("--observations", type=int, nargs="*", default=[1_000_000], help="sizes of the marts")
    parser.add_argument("--rivals", type=Path, metavar="PYTHON", help="the interpreter that has pandas and dlt")
    parser.add_argument("--out", type=Path, default=PROJECT / "docs", help="where the page is written")
    parser.add_argument("--large", type=int, default=10_000, help="reports of a night that runs once, smaller ones")
    parser.add_argument("--history", type=int, default=100_000, help="reports of the long history, tiny ones")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="where the long history is left, or lies")
    parser.add_argument("--only", nargs="*", choices=PARTS, help="measure these parts alone, the others stand")
    given = parser.parse_args()

    def told(text: str) -> None:
        print(text, flush=True)

    parts = PARTS if given.only is None else given.only
    known = given.out / f"{PAGE}.json"
    stands = given.only is not None and known.exists()
    found: dict[str, Any] = json.loads(known.read_text(encoding="utf-8")) if stands else {}

    def write() -> None:
        """After every part, so that what was measured is not lost with the next one."""
        if "nights" in found:
            known.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
            plot(found, given.out / f"{PAGE}.svg")
            (given.out / f"{PAGE}.md").write_text("\n".join(page(found)), encoding="utf-8")

    if "nights" in parts:
        found |= {"machine": machine(), "nights": []}
        for seed in range(1, given.rounds + 1):
            with tempfile.TemporaryDirectory() as folder:
                told(f"Night {seed} of {given.rounds}")
                wanted = Night(given.reports, seed, rivals=given.rivals)
                found["nights"].append(night.measure(Path(folder), wanted, told))
            write()
    if "profile" in parts:
        told("The profile of a night")
        found["profile"] = profile(given.reports)
        write()
    if "models" in parts:
        found["models"] = []
        for observations in given.observations:
            with tempfile.TemporaryDirectory() as folder:
                on = machine()
                found["models"].append(model.measure(Path(folder), observations, 1, 20, told) | {"machine": on})
            write()
    seed = given.rounds + 1
    for part, wanted in (
        ("large", Night(given.large, seed, SMALL, rivals=given.rivals)),
        ("history", Night(given.history, seed, TINY, ("csv",), kept=given.kept)),
    ):
        if part in parts:
            told(f"A night of {wanted.count} reports")
            with tempfile.TemporaryDirectory() as folder:
                on = machine()
                found[part] = night.measure(Path(folder), wanted, told) | {"machine": on}
            write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
