"""Families judged in processes of their own come out in order, whatever becomes of a process."""

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestration.check import parallel
from orchestration.check.parallel import judged, modules_for, processes_for

FAMILIES = ("awareness", "begging", "census")


@dataclass(frozen=True)
class Judge:
    """Judges every family; kills the process at `deadly`, the first time or `always`, and fails at `failing`."""

    folder: Path
    deadly: str = ""
    always: bool = False
    failing: str = ""

    def __call__(self, family: str) -> dict[str, object]:
        if family == self.deadly and (self.always or not (self.folder / "died").exists()):
            (self.folder / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if family == self.failing:
            raise OSError(28, "No space left on device", family)
        sys.stderr.write(f"of {family}\n")
        return {"family": family, "process": os.getpid()}


def outcomes(judge: Judge, count: int = 2) -> dict[str, tuple[bool, str]]:
    """Each family in the order in which it came: whether it was judged, and what was printed."""
    return {family: (summary is not None, printed) for family, summary, printed in judged(FAMILIES, judge, count)}


@pytest.mark.parametrize("count", [1, 2])
def test_families_come_in_their_order_with_what_was_printed_of_them(tmp_path: Path, count: int) -> None:
    found = list(judged(FAMILIES, Judge(tmp_path), count))
    assert [(family, printed) for family, _, printed in found] == [(one, f"of {one}\n") for one in FAMILIES]
    summaries = [summary or {} for _, summary, _ in found]
    assert [summary["family"] for summary in summaries] == list(FAMILIES)
    assert os.getpid() not in {summary["process"] for summary in summaries}


@pytest.mark.parametrize("count", [1, 2])
def test_a_family_whose_process_died_is_judged_once_more(tmp_path: Path, count: int) -> None:
    assert outcomes(Judge(tmp_path, "begging"), count) == {one: (True, f"of {one}\n") for one in FAMILIES}


@pytest.mark.parametrize("count", [1, 2])
def test_a_family_that_no_process_survives_is_not_judged_and_all_others_are(tmp_path: Path, count: int) -> None:
    found = outcomes(Judge(tmp_path, "begging", always=True), count)
    assert found == {"awareness": (True, "of awareness\n"), "begging": (False, ""), "census": (True, "of census\n")}


def test_what_judging_raises_is_raised_here(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left on device: 'begging'") as raised:
        outcomes(Judge(tmp_path, failing="begging"))
    assert raised.value.errno == 28


def test_there_are_as_many_processes_as_rows_and_memory_are_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel.processes, "cores", lambda: 8)
    assert processes_for({}) == 0
    assert processes_for({"one": 2_000, "two": 2_999}) == 0, "so few are judged in this process"
    assert processes_for({"one": 2_000, "two": 3_000}) == 2, "never more processes than families"
    assert processes_for(dict.fromkeys("abcdefgh", 10_000)) == 4, "40,000 rows at once"
    assert processes_for({"one": 30_000, "two": 30_000, "three": 1}) == 2, "of a large family not all at once"
    assert processes_for({"one": 60_000, "two": 1}) == 1, "what a family of more holds is enough"


def test_few_rows_are_judged_elsewhere_where_what_judges_was_imported_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel.processes, "cores", lambda: 2)
    (module,) = modules_for([1_000])
    assert processes_for({"one": 1, "two": 1}) == 0
    monkeypatch.setattr(parallel.processes, "is_prepared", {module}.__contains__)
    assert processes_for({"one": 1}) == 1
    assert processes_for(dict.fromkeys("abc", 1)) == 2
    assert processes_for({}) == 0, "nothing is to be judged"


def test_what_judges_is_imported_beforehand_for_few_files_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel.processes, "cores", lambda: 2)
    assert modules_for([1_000] * 200)
    assert not modules_for([1_000] * 201), "the memory is better not held while many reports are read"
    assert not modules_for([9_000_000])
    monkeypatch.setattr(parallel.processes, "cores", lambda: 1)
    assert not modules_for([1_000]), "nothing is imported meanwhile on one core"
