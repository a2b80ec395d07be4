"""The warehouse as known on a day: what the release of that day's end holds, built again on request.

Known on a day are the reports with a received date up to it, and the corrections and decisions that
were on record by its end. Contracts, rules and models are those of today. What is built lies under
`work/as_of/`: a cache, of which the few newest are kept. The lake and the releases are only read.
"""

import datetime as dt
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

from orchestration import lock, night, rebuild, storage
from orchestration.check import correction_log, days, decisions, lake
from orchestration.night import Rulebook
from orchestration.receive import receipts
from orchestration.settings import Settings

KEPT = 5
"""So many warehouses stay for the next question about their day."""
_WAREHOUSE = "warehouse.duckdb"
_ABOUT = "about.json"


class NothingKnownError(Exception):
    """Nothing had been received by that day; says since when there is something."""


@dataclass(frozen=True, slots=True)
class Known:
    """A warehouse as known on a day: its file, the last received date in it, and the families that are missing."""

    warehouse: Path
    as_of_date: dt.date
    not_judged: tuple[str, ...] = ()


def known_on(settings: Settings, day: dt.date, told: Callable[[str], None]) -> Known:
    """The warehouse as known at the end of `day` (in the settings' time zone), built unless it is there.

    `told` hears in a sentence what takes long. Raises NothingKnownError, BusyError (a load is running),
    ModelError, AuditError, CorrectionLogError, DecisionError, OSError, and what loading the rulebook
    raises.
    """
    folder = settings.work / "as_of"
    rulebook = night.load_rulebook(settings)
    found = _find(_place(settings, rulebook, day, folder))
    if found is None:
        with rebuild.building(settings, folder, told) as own:
            # What was waited for may be it.
            found = _find(_place(settings, rulebook, day, folder))
            if found is None:
                told(f"building the warehouse as known on {day}; it is kept for the next question")
                found = _build(settings, own, rulebook, day, folder)
                _retire(folder)
    return found


# --- what is known, and its place in the cache


def _known_days(settings: Settings, day: dt.date) -> list[dt.date]:
    """The received days up to `day`. Raises NothingKnownError."""
    received = receipts.days(settings.lake)
    known = [one for one in received if one <= day]
    if not known:
        first = f"the first reports were received on {received[0]}" if received else "nothing was received yet"
        raise NothingKnownError(f"nothing was known on {day}: {first}")
    return known


def _known_entries(settings: Settings, day: dt.date) -> list[correction_log.Entry]:
    entries = correction_log.read_entries(settings.lake)
    return [entry for entry in entries if settings.day_of(entry.noticed_at) <= day]


def _known_decisions(settings: Settings, rulebook: Rulebook, day: dt.date) -> tuple[decisions.Decision, ...]:
    return tuple(decision for decision in rulebook.decisions if settings.day_of(decision.decided_at) <= day)


def known_rulebook(settings: Settings, rulebook: Rulebook, day: dt.date) -> Rulebook:
    """Today's contracts, registers and rules, with the corrections and decisions on record by the end of `day`."""
    corrections = correction_log.corrections_of(_known_entries(settings, day))
    return replace(rulebook, corrections=corrections, decisions=_known_decisions(settings, rulebook, day))


def _place(settings: Settings, rulebook: Rulebook, day: dt.date, folder: Path) -> Path:
    """Where the warehouse as known on `day` lies: named after all it is made from. Raises NothingKnownError."""
    known = _known_days(settings, day)
    made_from = [
        [[one.isoformat(), days.receipts_digest(settings.lake, one)] for one in known],
        [entry.entry_id for entry in _known_entries(settings, day)],
        night.rulings_digest(known_rulebook(settings, rulebook, day)),
        night.code_digest(settings),
    ]
    digest = hashlib.sha256(json.dumps(made_from).encode()).hexdigest()
    return folder / f"{known[-1].isoformat()}-{digest[:12]}"


def _find(place: Path) -> Known | None:
    """The warehouse in the cache; None where there is none, or where a family is missing that may be judged now."""
    try:
        about = json.loads((place / _ABOUT).read_text(encoding="utf-8"))
        os.utime(place)
    except FileNotFoundError:
        return None
    return None if about["not_judged"] else Known(place / _WAREHOUSE, dt.date.fromisoformat(about["as_of_date"]))


def _retire(folder: Path) -> None:
    """Remove all but the warehouses used last."""
    found = sorted(folder.glob(f"*/{_ABOUT}"), key=lambda path: path.parent.stat().st_mtime, reverse=True)
    for path in found[KEPT:]:
        shutil.rmtree(path.parent, ignore_errors=True)


# --- building


def _build(settings: Settings, own: Settings, rulebook: Rulebook, day: dt.date, folder: Path) -> Known:
    """Build in `own`, an installation whose lake holds what was known and no more."""
    from orchestration.release import marts
    from orchestration.release.audit import audit, load_declared

    with lock.one_at_a_time(settings, f"hasila query --as-of {day} (process {os.getpid()})"):
        place = _place(settings, rulebook, day, folder)
        _fill(settings, own, rulebook, day)
    known = replace(
        rulebook,
        corrections=correction_log.corrections_of(correction_log.read_entries(own.lake)),
        decisions=decisions.read_decisions(own.lake),
    )
    # What Great Expectations and dbt say goes to a file: the terminal is for the answer and the rooms.
    with (folder / "last.log").open("w", encoding="utf-8") as log, redirect_stdout(log), redirect_stderr(log):
        not_judged = rebuild.read_and_judge(own, known)
        as_of_date = rebuild.build_marts(own)
        audit(
            own.warehouse,
            str(own.lake),
            load_declared(own.expectations / "audit.yml"),
            marts_folder=own.dbt_project / "models" / "marts",
            language=own.language,
            waiting=night.waiting_receipts(own, known),
        )
    result = own.home / "result"
    result.mkdir(mode=0o750)
    marts.copy(own.warehouse, result / _WAREHOUSE)
    (result / _WAREHOUSE).chmod(0o440)
    about = {"known_on": day.isoformat(), "as_of_date": as_of_date.isoformat(), "not_judged": not_judged}
    storage.write_text(result / _ABOUT, json.dumps(about, ensure_ascii=False) + "\n")
    shutil.rmtree(place, ignore_errors=True)
    result.rename(place)
    return Known(place / _WAREHOUSE, as_of_date, tuple(not_judged))


def _fill(settings: Settings, own: Settings, rulebook: Rulebook, day: dt.date) -> None:
    """Fill the lake of `own` with what was known on `day`.

    A day that is sealed for its receipts and for the rulings known on `day` is taken over as it is;
    of the others there are only the receipts, so that they are pending.
    """
    source = settings.lake
    for entry in _known_entries(settings, day):
        rebuild.take(settings, own, correction_log.path_of(source, entry))
    for decision in _known_decisions(settings, rulebook, day):
        rebuild.take(settings, own, decisions.path_of(source, decision))
    rulings = known_rulebook(settings, rulebook, day).rulings
    sealed = days.seals(source)
    for one in _known_days(settings, day):
        rebuild.take(settings, own, receipts.day_path(source, one))
        seal = sealed.get(one)
        is_whole = seal is not None and seal.receipts == days.receipts_digest(source, one)
        if seal is None or not is_whole or seal.rulings != rulings.digest(seal.reports):
            continue
        for family in lake.families_of(source, one):
            for table in lake.UNIT_TABLES:
                rebuild.take(settings, own, lake.unit_path(source, table, family, one))
        rebuild.take(settings, own, days.seal_path(source, one))
