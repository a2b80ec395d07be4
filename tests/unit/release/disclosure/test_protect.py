"""Small tables, with what has to be withheld of each worked out by hand."""

import datetime as dt

import pytest

from orchestration.release.disclosure.protect import protect
from orchestration.release.disclosure.relations import Additive, Cell, Snapshot, System, build

YEAR = dt.date(2024, 1, 1), dt.date(2024, 12, 31)
PLACES = {"MA": None, "MA-01": "MA", "MA-02": "MA", "MA-03": "MA"}
SUMS = {"CASES": Additive("sum", "sum"), "PART": Additive("sum", "sum")}


def cell(place: str = "MA", year: int = 2024, code: str = "CASES", **group: str) -> Cell:
    return Cell(code, place, frozenset(group.items()), dt.date(year, 1, 1), dt.date(year, 12, 31))


def withheld(
    cells: dict[Cell, float],
    *earlier: Snapshot,
    rules: dict[str, Additive] = SUMS,
    totals: list[tuple[str, list[str]]] = [],  # noqa: B006
) -> set[Cell]:
    system = build([Snapshot(cells), *earlier], rules, PLACES, totals, 5)
    return shown_as(system, protect(system).withheld)


def shown_as(system: System, indices: set[int]) -> set[Cell]:
    by_index = {index: at for (at, _), index in system.current.items()}
    return {by_index[index] for index in indices if index in by_index}


def test_a_count_below_the_threshold_is_withheld_and_zero_is_not() -> None:
    cells = {cell("MA-01"): 4.0, cell("MA-02"): 0.0, cell("MA-03"): 5.0}
    assert withheld(cells) == {cell("MA-01")}


def test_a_total_with_one_small_part_costs_a_second_part() -> None:
    cells = {cell(): 50.0, cell(sex="F"): 48.0, cell(sex="M"): 2.0}
    assert withheld(cells) == {cell(sex="F"), cell(sex="M")}


def test_of_several_parts_the_one_goes_that_is_missed_least() -> None:
    cells = {cell(): 1000.0, cell("MA-01"): 2.0, cell("MA-02"): 900.0, cell("MA-03"): 98.0}
    assert withheld(cells) == {cell("MA-01"), cell("MA-03")}


def test_a_total_whose_other_parts_are_zero_goes_as_well() -> None:
    cells = {cell(): 3.0, cell("MA-01"): 3.0, cell("MA-02"): 0.0}
    assert withheld(cells) == {cell(), cell("MA-01")}


def test_parts_that_are_too_small_to_hide_each_other_take_the_total_with_them() -> None:
    # Of 5 = 1 + 4, both withheld and neither zero, each would be 4 at most.
    cells = {cell(): 5.0, cell(sex="F"): 1.0, cell(sex="M"): 4.0}
    assert withheld(cells) == set(cells)


def test_rows_and_columns_need_a_rectangle() -> None:
    cells = {
        cell(): 80.0,
        cell(sex="F"): 40.0,
        cell(sex="M"): 40.0,
        cell(age_group="Y0T5"): 40.0,
        cell(age_group="Y6T17"): 40.0,
        cell(sex="F", age_group="Y0T5"): 2.0,
        cell(sex="F", age_group="Y6T17"): 38.0,
        cell(sex="M", age_group="Y0T5"): 38.0,
        cell(sex="M", age_group="Y6T17"): 2.0,
    }
    assert withheld(cells) == {at for at in cells if len(at.group) == 2}


def test_margins_that_nobody_printed_tie_cells_together_all_the_same() -> None:
    # Boys by age and girls by age, and the total: whoever adds up has the sexes.
    cells = {
        cell(): 80.0,
        cell(sex="F", age_group="Y0T5"): 2.0,
        cell(sex="F", age_group="Y6T17"): 38.0,
        cell(sex="M", age_group="Y0T5"): 40.0,
    }
    found = withheld(cells)
    assert cell(sex="F", age_group="Y0T5") in found
    assert len(found) == 2


def test_who_is_in_the_total_and_in_no_part_is_a_small_count_too() -> None:
    cells = {cell(): 40.0, cell(sex="F"): 20.0, cell(sex="M"): 18.0}
    found = withheld(cells)
    assert len(found) == 1
    assert found < set(cells)


def test_a_large_rest_protects_a_small_part() -> None:
    cells = {cell(): 40.0, cell("MA-01"): 2.0, cell("MA-02"): 8.0}
    assert withheld(cells) == {cell("MA-01")}


def test_a_span_of_years_and_its_years() -> None:
    span = Cell("CASES", "MA", frozenset(), dt.date(2023, 1, 1), dt.date(2024, 12, 31))
    assert withheld({span: 60.0, cell(year=2023): 3.0, cell(year=2024): 57.0}) == {cell(year=2023), cell(year=2024)}


def test_nested_and_overlapping_ages() -> None:
    cells = {cell(): 60.0, cell(age_group="Y0T14"): 57.0, cell(age_group="Y0T17"): 60.0}
    # 15 to 17 is 3, though nobody printed it.
    assert cell(age_group="Y0T14") in withheld(cells)


def test_a_year_that_is_its_latest_part_goes_with_it() -> None:
    rules = {"CASES": Additive("sum", "latest")}
    half = Cell("CASES", "MA", frozenset(), dt.date(2024, 7, 1), dt.date(2024, 12, 31))
    assert withheld({cell(): 3.0, half: 3.0}, rules=rules) == {cell(), half}


def test_an_average_is_a_sum_to_whoever_counts_its_parts() -> None:
    rules = {"CASES": Additive("avg", "sum")}
    cells = {cell(): 20.0, cell("MA-01"): 2.0, cell("MA-02"): 38.0}
    assert withheld(cells, rules=rules) == {cell("MA-01"), cell("MA-02")}


def test_what_is_never_added_up_is_judged_cell_by_cell() -> None:
    rules = {"CASES": Additive("none", "none")}
    cells = {cell(): 30.0, cell("MA-01"): 2.0, cell("MA-02"): 29.0}
    assert withheld(cells, rules=rules) == {cell("MA-01")}


def test_an_indicator_that_holds_another() -> None:
    cells = {cell(): 20.0, cell(code="PART"): 17.0}
    assert len(withheld(cells, totals=[("CASES", ["PART"])])) == 1
    assert withheld(cells) == set()


def test_two_figures_of_one_cell_are_one_unknown() -> None:
    official = Snapshot({cell(sex="F"): 48.0, cell(): 50.0})
    cells = {cell(): 50.0, cell(sex="F"): 48.0, cell(sex="M"): 2.0}
    system = build([Snapshot(cells), official], SUMS, PLACES, [], 5)
    assert shown_as(system, protect(system).withheld) == {cell(sex="F"), cell(sex="M")}


@pytest.mark.parametrize(
    ("official", "is_made_up", "other"),
    [
        ({"span": 40.0}, False, True),
        # What does not add up, was made up, or is disputed tells nothing for certain.
        ({"span": 41.0}, False, False),
        ({"span": 40.0}, True, False),
        ({"span": 40.0, "first": 30.0}, False, False),
    ],
)
def test_what_two_statuses_say_is_added_up(official: dict[str, float], is_made_up: bool, other: bool) -> None:
    span = Cell("CASES", "MA", frozenset(), dt.date(2023, 1, 1), dt.date(2024, 12, 31))
    at = {"span": span, "first": cell(year=2023)}
    reported = Snapshot({cell(year=2023): 37.0, cell(year=2024): 3.0})
    published = Snapshot({at[name]: value for name, value in official.items()}, is_made_up=is_made_up)
    system = build([reported, published], SUMS, PLACES, [], 5)
    # 40 in two years less 37 in the first would give the 3.
    assert len(shown_as(system, protect(system).withheld) - {cell(year=2024)}) == other


def test_what_was_withheld_beside_a_small_count_stays_withheld() -> None:
    before = {cell(): 50.0, cell(sex="F"): 48.0, cell(sex="M"): 2.0}
    shown = frozenset({cell()})
    now = {cell(): 70.0, cell(sex="F"): 48.0, cell(sex="M"): 22.0}
    # Nothing is small now; yet 48 girls beside the earlier total would give the 2 boys of then.
    assert cell(sex="F") in withheld(now, Snapshot(before, shown, 1))


def test_what_a_kept_release_withheld_stays_withheld_while_it_is_the_same() -> None:
    before = Snapshot({cell(): 48.0}, frozenset(), 1)
    assert withheld({cell(): 48.0}, before) == {cell()}
    assert withheld({cell(): 49.0}, before) == set()


def test_a_small_change_of_a_shown_figure_is_not_shown() -> None:
    before = Snapshot({cell(): 50.0}, frozenset({cell()}), 1)
    assert withheld({cell(): 52.0}, before) == {cell()}
    assert withheld({cell(): 55.0}, before) == set()
    assert withheld({cell(): 50.0}, before) == set()


def test_a_small_change_of_a_withheld_figure_does_not_follow_from_sums() -> None:
    before = {cell(): 70.0, cell("MA-01"): 38.0, cell("MA-02"): 30.0, cell("MA-03"): 2.0}
    now = {cell(): 91.0, cell("MA-01"): 39.0, cell("MA-02"): 50.0, cell("MA-03"): 2.0}
    # With 91 and 50 shown: 21 more in all, 20 of them in MA-02, none in MA-03, and so 1 more in MA-01. Without the 50,
    # the 39 may be shown: the 38 of before was 40 less the few of MA-03, whom nobody knows.
    kept = Snapshot(before, frozenset({cell(), cell("MA-02")}), 1)
    assert withheld(now, kept) == {cell("MA-02"), cell("MA-03")}


def test_a_release_does_not_give_away_a_small_change_between_two_earlier_ones() -> None:
    first = {cell(): 45.0, cell("MA-01"): 38.0, cell("MA-02"): 7.0}
    second = {cell(): 67.0, cell("MA-01"): 39.0, cell("MA-02"): 28.0}
    now = {cell(): 88.0, cell("MA-01"): 60.0, cell("MA-02"): 28.0}
    kept = Snapshot(second, frozenset({cell()}), 1), Snapshot(first, frozenset(first), 2)
    # 60 of 88 would give the 28, with them the 39 of the second release, and the 1 who came to the 38.
    assert withheld(now, *kept) == {cell("MA-01"), cell("MA-02")}


def test_a_small_change_may_be_a_large_one_the_other_way() -> None:
    now = {cell(): 46.0, cell(sex="F"): 45.0, cell(sex="M"): 1.0}
    girls, total = {cell(sex="F"): 45.0}, {cell(): 47.0}
    system = build(
        [Snapshot(now), Snapshot(girls, frozenset(girls), 1), Snapshot(total, frozenset(total), 2)], SUMS, PLACES, [], 5
    )
    # With the 45 known and a boy at least, the total is 46 or more: 1 less than the 47 of before, or any number more.
    result = protect(system)
    assert shown_as(system, result.withheld) == {cell(), cell(sex="M")}
    assert result.exposed == set()


def test_two_statuses_of_one_release_may_differ_by_little() -> None:
    before = Snapshot({cell(): 50.0}, frozenset({cell()}), 1)
    official = Snapshot({cell(): 52.0}, frozenset({cell()}), 1)
    assert withheld({cell(): 60.0}, before, official) == set()


def test_a_figure_that_changed_and_came_back_may_be_taken_for_another() -> None:
    now = {cell(): 50.0, cell("MA-01"): 20.0}
    between = Snapshot({cell(): 70.0, cell("MA-01"): 20.0}, frozenset(), 1)
    snapshots = [Snapshot(now), between, Snapshot(now, frozenset(now), 2)]
    for tells_returned_apart, known in ((False, [True, True]), (True, [False, True])):
        system = build(snapshots, SUMS, PLACES, [], 5, tells_returned_apart=tells_returned_apart)
        assert [system.is_fixed[system.current[at, value]] for at, value in now.items()] == known


def test_a_rounded_figure_may_change_by_little() -> None:
    before = Snapshot({cell(): 50.0}, frozenset({cell()}), 1)
    system = build([Snapshot({cell(): 52.0}), before], SUMS, PLACES, [], 5, compares_releases=False)
    assert protect(system).withheld == set()


def test_what_was_shown_before_cannot_be_protected_and_is_counted() -> None:
    before = {cell(): 50.0, cell(sex="F"): 48.0, cell(sex="M"): 2.0}
    now = Snapshot({cell(): 50.0, cell(sex="F"): 48.0, cell(sex="M"): 2.0})
    system = build([now, Snapshot(before, frozenset(before), 1)], SUMS, PLACES, [], 5)
    result = protect(system)
    assert shown_as(system, result.withheld) == {cell(sex="M")}
    assert len(result.exposed) == 1


@pytest.mark.parametrize("limit", [3, 8])
def test_a_large_system_is_looked_at_piece_by_piece(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    from orchestration.release.disclosure import protect as module

    monkeypatch.setattr(module, "LARGEST_REGION", limit)
    cells = {cell(sex="F"): 60.0, cell(sex="M"): 140.0, cell(): 200.0}
    for number, (girls, boys) in enumerate([(2.0, 48.0), (30.0, 40.0), (28.0, 52.0)], start=1):
        cells |= {cell(f"MA-0{number}", sex="F"): girls, cell(f"MA-0{number}", sex="M"): boys}
        cells[cell(f"MA-0{number}")] = girls + boys
    found = withheld(cells)
    assert cell("MA-01", sex="F") in found
    # A rectangle of two places and two sexes is the least that hides it.
    assert len(found) == 4
