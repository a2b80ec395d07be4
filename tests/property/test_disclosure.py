"""No small count can be found out from what is public, and without complementary suppression it can."""

import datetime as dt
import random
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from orchestration.release import public
from orchestration.release.disclosure import control, protect
from orchestration.release.disclosure.policy import Policy
from orchestration.release.disclosure.protect import Protection
from orchestration.release.disclosure.relations import System
from tests.property import attack
from tests.property.attack import Key
from tests.releases import figure, group, indicator, place, write_release

THRESHOLD = 5
REGIONS = {"MA-01": 3, "MA-02": 2, "MA-03": 1}
PARENTS: dict[str, str | None] = {"MA": None, **dict.fromkeys(REGIONS, "MA")} | {
    f"{region}-{number}": region for region, provinces in REGIONS.items() for number in range(provinces)
}
PROVINCES = [code for code, parent in PARENTS.items() if parent and parent != "MA"]
AGES = ("Y0T5", "Y6T11", "Y12T17")
Leaf = tuple[str, str, str, int]
"""Province, sex, age group, year."""


@dataclass(frozen=True)
class World:
    """The true counts of one release: children by province, sex, age group and year."""

    counts: Mapping[Leaf, int]
    unstated: Mapping[str, int]
    """Children of a province whose sex and age nobody stated."""
    status: str = "reported"


def worlds(seed: int, releases: int, years: int, density: float, mean: float) -> list[World]:
    """The same sparse world in several releases, a few counts revised between them."""
    chance = random.Random(seed)  # noqa: S311
    counts = {
        (province, sex, age, 2020 + year): int(chance.expovariate(1 / mean)) if chance.random() < density else 0
        for province in PROVINCES
        for sex in "FM"
        for age in AGES
        for year in range(years)
    }
    unstated = {province: chance.choice((0, 0, 0, 1, 2, 9)) for province in PROVINCES}
    made = [World(dict(counts), unstated)]
    for _ in range(releases - 1):
        for leaf in chance.sample(sorted(counts), k=2):
            counts[leaf] = max(0, counts[leaf] + chance.choice((-3, 1, 1, 2, 20)))
        made.append(World(dict(counts), unstated))
    return made


def figures(world: World) -> dict[Key, float]:
    """Every figure of a world, rolled up over places, sexes, ages, and the span of all years."""
    years = sorted({leaf[3] for leaf in world.counts})
    spans = [(year, year) for year in years] + ([(years[0], years[-1])] if len(years) > 1 else [])
    found: dict[Key, float] = {}
    for first, last in spans:
        span = dt.date(first, 1, 1), dt.date(last, 12, 31)
        for (province, sex, age, year), count in world.counts.items():
            if not first <= year <= last:
                continue
            for at in (province, PARENTS[province], "MA"):
                for s in ("_T", sex):
                    for a in ("_T", age):
                        key = ("CASES", world.status, at, s, a, *span)
                        found[key] = found.get(key, 0.0) + count
        for province, count in world.unstated.items():
            for at in (province, PARENTS[province], "MA"):
                found["CASES", world.status, at, "_T", "_T", *span] += count * (last - first + 1)
    return found


def write_world(folder: Path, worlds: list[World]) -> tuple[Path, dict[Key, float]]:
    """The restricted release file of the worlds of one release (one a data status), and its figures."""
    truth = {key: value for world in worlds for key, value in figures(world).items()}
    rows: dict[str, list[dict[str, Any]]] = {"indicator_by_place_year": [], "indicator_by_group_year": []}
    for (code, status, at, sex, age, start, end), value in truth.items():
        is_total = sex == age == "_T"
        row = figure(code, at, value, end.year, status) | {"period_start": start, "period_end": end}
        if is_total:
            rows["indicator_by_place_year"].append(row)
        else:
            rows["indicator_by_group_year"].append(row | group(sex=sex, age_group=age))
    rows["dim_indicator"] = [indicator("CASES")]
    rows["dim_place"] = [place(code, parent) for code, parent in PARENTS.items()]
    return write_release(folder / "warehouse.duckdb", rows), truth


def publish(
    root: Path, releases: list[list[World]], policy: Policy
) -> list[tuple[dict[Key, float | None], dict[Key, float]]]:
    """Release one after the other, all kept; returns what each shows, and the truth."""
    folders: list[Path] = []
    made = []
    for number, worlds in enumerate(releases):
        folder = root / f"{number}"
        warehouse, truth = write_world(folder, worlds)
        public.write(folder, warehouse, policy, folders[::-1])
        folders.append(folder)
        made.append((attack.public_figures(folder / public.FOLDER / public.WAREHOUSE), truth))
    return made


def found_out(made: list[tuple[dict[Key, float | None], dict[Key, float]]]) -> list[str]:
    """Every small count that the attack pins closer than it may be known."""
    return found_out_in(made, PARENTS)


def found_out_in(
    made: list[tuple[dict[Key, float | None], dict[Key, float]]], parents: Mapping[str, str | None]
) -> list[str]:
    """`found_out`, with the places of another world."""
    knowledge = attack.learn([shown for shown, _ in made], [truth for _, truth in made], parents)

    targets: dict[tuple[tuple[int, float], ...], str] = {}
    for number, (shown, truth) in enumerate(made):
        for key, value in truth.items():
            if 0 < value < THRESHOLD:
                targets[((knowledge.index(number, key), 1.0),)] = f"{key} is {value:g}"
        # Children who are in a total and in no printed part of it are counted by whoever subtracts.
        for whole, parts in attack.sums(shown, parents):
            rest = truth[whole] - sum(truth[part] for part in parts)
            if 0 < rest < THRESHOLD:
                terms = [
                    (knowledge.index(number, whole), 1.0),
                    *((knowledge.index(number, part), -1.0) for part in parts),
                ]
                targets[tuple(terms)] = f"the rest of {whole} is {rest:g}"
        # So are those of whom one heard between two releases.
        for after, (_, later) in enumerate(made[number + 1 :], start=number + 1):
            for key in truth.keys() & later.keys():
                change = later[key] - truth[key]
                if 0 < abs(change) < THRESHOLD:
                    told = f"{key} changed by {change:g}"
                    targets[(knowledge.index(after, key), 1.0), (knowledge.index(number, key), -1.0)] = told
    found = attack.bounds(knowledge, [dict(target) for target in targets])
    return [
        f"{told}: {low:g} to {high:g}"
        for (target, told), (low, high) in zip(targets.items(), found, strict=True)
        if high - low < THRESHOLD - 1 - 1e-6 or (len(target) == 1 and high < THRESHOLD - 1e-6)
    ]


def releases_of(seed: int, releases: int, years: int, density: float, mean: float) -> list[list[World]]:
    """Worlds as reports told them, the first two also as an official source published them, total by total."""
    told = worlds(seed, releases, years, density, mean)
    return [
        [world, World(world.counts, world.unstated, "published")] if number < 2 else [world]
        for number, world in enumerate(told)
    ]


def attacked(root: Path, examples: list[tuple[int, int, int, float, float]]) -> list[str]:
    """What is found out in any of the examples."""
    return [
        told
        for number, example in enumerate(examples)
        for told in found_out(publish(root / f"{number}", releases_of(*example), Policy()))
    ]


WORLDS = {
    "seed": st.integers(0, 10**6),
    "releases": st.integers(1, 4),
    "years": st.integers(1, 2),
    "density": st.sampled_from((0.2, 0.5, 0.9)),
    "mean": st.sampled_from((1.5, 4.0, 12.0)),
}


# A change of 1 between two releases that both withhold the figure, and that followed from sums.
@example(seed=176, releases=2, years=1, density=0.2, mean=4.0)
# Changes that earlier releases bound from one side.
@example(seed=893053, releases=3, years=1, density=0.5, mean=12.0)
@example(seed=29103, releases=4, years=1, density=0.9, mean=4.0)
@settings(max_examples=5, deadline=None)
@given(**WORLDS)
def test_no_small_count_can_be_found_out(
    tmp_path_factory: pytest.TempPathFactory, seed: int, releases: int, years: int, density: float, mean: float
) -> None:
    assert attacked(tmp_path_factory.mktemp("attack"), [(seed, releases, years, density, mean)]) == []


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(**WORLDS)
def test_no_small_count_can_be_found_out_in_many_worlds(
    tmp_path_factory: pytest.TempPathFactory, seed: int, releases: int, years: int, density: float, mean: float
) -> None:
    assert attacked(tmp_path_factory.mktemp("attack"), [(seed, releases, years, density, mean)]) == []


def _small_counts_alone(system: System, decided: Container[int]) -> Protection:
    return protect.protect(system, decided, is_complementary=False)


def _each_release_by_itself(system: System, decided: Container[int]) -> Protection:
    system.withheld_before.clear()
    system.is_fixed[:] = [
        fixed and (not is_public or value == 0)
        for fixed, is_public, value in zip(system.is_fixed, system.is_public, system.values, strict=True)
    ]
    return protect.protect(system, decided)


def _stated_counts_alone(system: System, decided: Container[int]) -> Protection:
    system.small = {index for index in system.small if system.is_public[index]}
    return protect.protect(system, decided)


@pytest.mark.parametrize("weakened", [_small_counts_alone, _each_release_by_itself, _stated_counts_alone])
def test_the_attack_finds_small_counts_where_the_method_is_weakened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weakened: Callable[[System, Container[int]], Protection]
) -> None:
    monkeypatch.setattr(control, "protect", weakened)
    assert attacked(tmp_path, [(seed, 3, 1, 0.5, 4.0) for seed in range(3)])
