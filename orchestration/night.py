"""The nightly load, room by room, as plain functions of the settings.

Dagster's assets and the command line both call these, so that there is one nightly load. Each room
leaves what it did in `work/summary/<room>.json`, from which the command line's JSON and
`hasila status` are made.
"""

import contextlib
import datetime as dt
import hashlib
import json
import shutil
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from upath import UPath

from orchestration import __version__, gathered, memory, retries, storage
from orchestration.check import correction_log, days, decisions, lake
from orchestration.check.corrections import Correction, load_corrections
from orchestration.check.corrections import check_references as check_corrections
from orchestration.check.decisions import Decision
from orchestration.check.rulings import Rulings, SealedReport
from orchestration.check.suites import SuiteError
from orchestration.findings import Catalogue, load_catalogue, shown
from orchestration.portal import branding
from orchestration.portal.branding import Branding
from orchestration.read.contracts import Contract, check_references, load_contracts
from orchestration.read.reference import Reference, load_reference
from orchestration.receive import receipts
from orchestration.receive.room import Received
from orchestration.receive.room import receive as receive_files
from orchestration.release.disclosure.policy import Policy, load_policy
from orchestration.settings import LANGUAGES, Settings

if TYPE_CHECKING:
    from orchestration.check.history import Past
    from orchestration.check.room import Checked

ROOMS = ("receive", "read", "check", "model", "release", "answer")


# --- what a load left behind it, room by room


def summary_path(settings: Settings, room: str) -> Path:
    """Where a room's summary of the running, or the last, load lies."""
    return settings.work / "summary" / f"{room}.json"


def write_summary(settings: Settings, room: str, content: dict[str, Any]) -> None:
    """Leave what a room did, and tell whoever watches this process."""
    storage.write_text(summary_path(settings, room), json.dumps(content, ensure_ascii=False, indent=1) + "\n")
    _tell(room, content)


def _tell(room: str, content: dict[str, Any]) -> None:
    for watcher in watchers:
        watcher(room, content)


watchers: list[Callable[[str, dict[str, Any]], None]] = []
"""Called in this process with a room's name and `{}` when it begins, its summary when it is done."""


def begin(settings: Settings, room: str) -> None:
    """Tell whoever watches that a room begins. What the rooms before it are done with is given back."""
    memory.spill_into(settings.spill)
    memory.give_back()
    _tell(room, {})


def read_summary(settings: Settings, room: str) -> dict[str, Any]:
    """A room's summary; empty where the room did not run."""
    try:
        return dict(json.loads(summary_path(settings, room).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return {}


def clear_summaries(settings: Settings) -> None:
    """Forget the rooms of an earlier load."""
    for path in (settings.work / "summary").glob("*.json"):
        path.unlink()


class Stopwatch:
    """Seconds since it was started."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        return round(time.monotonic() - self._start, 3)


# --- what everything is judged by


@dataclass(frozen=True)
class Rulebook:
    """Contracts, registers, rules, what persons decided about reports, small counts and the portal: all of one load."""

    contracts: tuple[Contract, ...]
    reference: Reference
    catalogue: Catalogue
    corrections: tuple[Correction, ...] = ()
    decisions: tuple[Decision, ...] = ()
    policy: Policy = field(default_factory=Policy)
    branding: Branding = field(default_factory=branding.read)

    @property
    def families(self) -> list[str]:
        return sorted({contract.family for contract in self.contracts})

    @property
    def rulings(self) -> Rulings:
        """What corrections and decisions say of the reports."""
        return Rulings(self.corrections, decisions.accepted_rules(self.decisions, self.catalogue))


def load_rulebook(settings: Settings) -> Rulebook:
    """Read contracts, registers, rules, corrections, decisions, the policy on small counts and the portal's branding.

    Raises ContractError, RegisterError, CatalogueError, CorrectionError, DecisionError, DisclosureError or
    BrandingError.
    """
    contracts, reference = load_contracts(settings.contracts), load_reference(settings.seeds)
    check_references(contracts, reference)
    corrections = load_corrections(settings.corrections)
    check_corrections(corrections, contracts, reference)
    titles = {contract.family: contract.title for contract in contracts}
    catalogue = load_catalogue(settings.expectations / "rules.yml").naming(titles)
    policy = load_policy(settings.expectations, reference.indicators)
    decided = decisions.read_decisions(settings.lake)
    brand = branding.read(settings.branding or branding.SHIPPED)
    return Rulebook(contracts, reference, catalogue, corrections, decided, policy, brand)


def code_digest(settings: Settings) -> str:
    """The digest of everything that decides what a release makes of the same receipts and rulings."""
    return hashlib.sha256(json.dumps([__version__, code_parts(settings)]).encode()).hexdigest()


def code_parts(settings: Settings) -> dict[str, str]:
    """The digests of what `code_digest` stands for, by part.

    A part is a package (`orchestration/check`), a folder of the dbt project (`dbt_project/seeds`), or one
    file of contracts or rules (`contracts/begging.yml`).
    """
    roots = (
        ("orchestration", Path(__file__).parent, ("*.py", "*.html", "*.css", "*.js", "*.svg", "*.po")),
        ("dbt_project", settings.dbt_project, ("*.sql", "*.yml", "*.csv")),
        ("contracts", settings.contracts, ("*.yml",)),
        ("expectations", settings.expectations, ("*.yml",)),
    )
    parts: dict[str, Any] = {}
    for name, root, patterns in roots:
        for path in sorted(path for pattern in patterns for path in root.rglob(pattern)):
            inner = path.relative_to(root)
            if "target" in inner.parts:
                continue
            is_file = name in ("contracts", "expectations")
            part = "/".join([name, *(inner.parts if is_file else inner.parts[:-1][:1])])
            digest = parts.setdefault(part, hashlib.sha256())
            digest.update(f"\0{inner.as_posix()}\0".encode())
            digest.update(path.read_bytes())
    return {part: parts[part].hexdigest() for part in sorted(parts)}


def inputs_digest(settings: Settings, rulebook: Rulebook) -> str:
    """The digest of what a release is made from: the sealed days, what persons decided, and the code."""
    sealed = sorted((day.isoformat(), seal.digest) for day, seal in days.seals(settings.lake).items())
    made_from = [sealed, rulings_digest(rulebook), code_digest(settings), rulebook.branding.model_dump_json()]
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()


def rulings_digest(rulebook: Rulebook) -> str:
    """The digest of all that the corrections and the log of decisions say, what the marts only show of it too."""
    said = [correction.model_dump_json() for correction in rulebook.corrections]
    decided = [decision.decision_id for decision in rulebook.decisions]
    return hashlib.sha256(json.dumps([said, decided]).encode()).hexdigest()


def note_corrections(settings: Settings, rulebook: Rulebook) -> None:
    """Keep in the lake what changed among the corrections since the load before.

    Raises CorrectionLogError, OSError.
    """
    correction_log.record(settings.lake, rulebook.corrections)


def has_news(settings: Settings, rulebook: Rulebook) -> bool:
    """Whether the current release was made from something else than there is now.

    What was taken back by a rollback that is in force is not news. Leaves the receipts that are in no
    release yet in the summary `news`, and notes in the outbox that they are to be answered.

    Raises HeldError where there is news that a rollback holds, DamagedReleaseError, RollbackError.
    """
    from orchestration.release import inputs, publish, rollback

    current = publish.current_folder(settings.published)
    manifest = publish.read_manifest(current) if current else None
    stopped = rollback.in_force(settings.published)
    if manifest is not None and not days.pending(settings.lake, rulebook.rulings):
        released = {manifest["inputs_digest"], *(stopped.withdrawn.values() if stopped else ())}
        if inputs_digest(settings, rulebook) in released:
            return False
    if stopped is not None and stopped.is_hold:
        raise rollback.HeldError(stopped)
    known = set()
    if current is not None:
        known.update(inputs.ids_of(publish.bring(settings.published, current, publish.RECEIPTS)).to_pylist())
    fields = ("receipt_id", "received_date")
    news = [
        (receipt_id, day.isoformat())
        for receipt_id, day in gathered.receipt_columns(settings.lake, settings.gathered, fields)
        if receipt_id not in known
    ]
    write_summary(settings, "news", {"receipts": news})
    _note_in_outbox(settings, receipts=news)
    return True


def _note_in_outbox(
    settings: Settings, *, receipts: Iterable[tuple[str, str]] = (), reread: Iterable[str] = ()
) -> None:
    """Note what the answers must look at. An outbox that cannot be written holds up no release; they say so."""
    from orchestration.answer import outbox

    with contextlib.suppress(OSError):
        outbox.remember(settings.outbox, receipts)
        outbox.remember_days(settings.outbox, reread)


# --- the rooms


def receive(settings: Settings, *, today: dt.date | None = None, judging_follows: bool = False) -> Received:
    """Receive what is new in the inbox. Raises InboxError, RegisterError, OSError.

    Where `judging_follows`, what it takes is imported meanwhile, in the process that others are forked from.
    """
    begin(settings, "receive")
    watch = Stopwatch()
    reference = load_reference(settings.seeds)
    result = receive_files(
        settings.inbox,
        settings.archive,
        settings.lake,
        today=today or settings.today(),
        now=dt.datetime.now(dt.UTC).replace(tzinfo=None),
        settle_seconds=settings.settle_seconds,
        organisation_of=reference.organisations.find,
        gathered_folder=settings.gathered,
    )
    if result.new:
        _prepare_processes(
            [receipt.size_bytes for receipt in result.new], judging=judging_follows and not settings.is_remote
        )
    write_summary(
        settings,
        "receive",
        {
            "received": len(result.new),
            "files_seen": result.files_seen,
            "days": [day.isoformat() for day in result.days],
            "waiting": [{"path": entry.path, "reason": entry.reason} for entry in result.waiting],
            "seconds": watch.seconds,
        },
    )
    return result


def _prepare_processes(sizes: list[int], *, judging: bool) -> None:
    """Let what reads, and judges, so many new files begin to import while this process does something else."""
    from orchestration import processes
    from orchestration.check import parallel as judges
    from orchestration.read import parallel as readers

    if modules := readers.modules_for(len(sizes)) + (judges.modules_for(sizes) if judging else ()):
        processes.prepare(modules)


def read(settings: Settings, rulebook: Rulebook) -> dict[str, int]:
    """Read every pending day from the archive; returns how many reports of each family there are."""
    from orchestration.read import candidates
    from orchestration.read.formats.document import Limits
    from orchestration.read.parallel import read_batches

    begin(settings, "read")
    watch = Stopwatch()
    folder = settings.work / "readings"
    candidates.clear(folder)
    limits = Limits(settings.max_file_bytes, settings.max_expanded_bytes, settings.max_cells)
    writer = candidates.Writer(folder)
    pending = days.pending(settings.lake, rulebook.rulings)
    digests = {day.isoformat(): days.receipts_digest(settings.lake, day) for day in pending}
    received = [receipt for day in pending for receipt in receipts.read_day(settings.lake, day)]
    for batch in read_batches(received, settings.archive, rulebook.contracts, rulebook.reference, limits):
        writer.add(batch)
    writer.close()
    write_summary(
        settings,
        "read",
        {
            "days": digests,
            "reports": writer.reports,
            "observations": writer.observations,
            "seconds": watch.seconds,
        },
    )
    return writer.reports


def past(settings: Settings) -> "Past":
    """What the families that are judged now are held against: the accepted figures of the days not read again."""
    from orchestration.check.history import Past

    reread = frozenset(dt.date.fromisoformat(day) for day in read_summary(settings, "read").get("days", {}))
    return Past(settings.lake, reread, settings.gathered)


def check_all(settings: Settings, rulebook: Rulebook, families: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """`check` each of these families, many rows in processes of their own; each with its summary.

    Raises OSError when the lake cannot be written.
    """
    from orchestration.check import parallel

    watch = Stopwatch()
    told = read_summary(settings, "read").get("observations", {})
    rows = {family: int(told.get(family, 0)) for family in families}
    judge = partial(check, settings, rulebook, before=past(settings))
    # Of a bucket the process that loads alone knows whether it still holds the lease, without which nothing is written.
    count = 0 if settings.is_remote else parallel.processes_for(rows)
    try:
        if count:
            yield from _checked_elsewhere(settings, parallel.judged(tuple(rows), judge, count))
        else:
            yield from ((family, judge(family)) for family in rows)
    finally:
        # Nobody is told: of each family somebody was.
        content = json.dumps({"seconds": watch.seconds})
        storage.write_text(summary_path(settings, "check"), content + "\n")


def _checked_elsewhere(
    settings: Settings, judged: Iterable[tuple[str, dict[str, Any] | None, str]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Tell in this process what others judged; a family that no process survived is one that could not be judged."""
    from orchestration.read import candidates

    begin(settings, "check")
    for family, summary, printed in judged:
        sys.stderr.write(printed)
        if summary is None:
            reports, _ = candidates.load(settings.work / "readings", family)
            died = RuntimeError("the process that judged it did not survive it")
            summary = _not_judged(settings, family, [report.receipt_id for report in reports], died, Stopwatch())
        else:
            _tell(f"check-{family}", summary)
        yield family, summary


def check(settings: Settings, rulebook: Rulebook, family: str, before: "Past | None" = None) -> dict[str, Any]:
    """Judge what was read of one family and write its lake files; returns its summary.

    `before` is `past`, made once for all families (`check_all`): looking which files there are takes time where they
    are many.

    A family whose check fails, whatever the reason, fails alone: nothing of it is written, its days
    stay pending, and its summary says so. Raises OSError when the lake cannot be written, and what passes by itself
    (`retries`).
    """
    from orchestration.check.room import check_family
    from orchestration.read import candidates

    begin(settings, "check")
    watch = Stopwatch()
    reports, rows = candidates.load(settings.work / "readings", family)
    try:
        checked = check_family(
            family,
            reports,
            rows,
            contracts=rulebook.contracts,
            reference=rulebook.reference,
            catalogue=rulebook.catalogue,
            expectations=settings.expectations,
            rulings=rulebook.rulings,
            past=before or past(settings),
        )
    except Exception as error:
        # One family's fault is not the others', but a disk that fails for a moment is no family's.
        if retries.passes(error):
            raise
        return _not_judged(settings, family, [report.receipt_id for report in reports], error, watch)
    changed = _changed_states(settings, family, checked)
    for day, tables in checked.units.items():
        lake.write_unit(settings.lake, family, day, tables)
    counts = checked.counts
    fresh = {receipt_id for receipt_id, _ in read_summary(settings, "news").get("receipts", ())}
    # A day that is only read again was told of when its reports were new.
    refusal = checked.refusal if any(report.receipt_id in fresh for report in reports) else None
    by_severity = sorted(
        checked.findings, key=lambda told: _SEVERITIES.index(rulebook.catalogue[told[1].code].severity)
    )
    summary = {
        "reports": counts.reports,
        "observations": counts.observations,
        "rules": {
            rule: {"severity": severity, "judged": judged, "failed": failed}
            for rule, (severity, judged, failed) in counts.rules.items()
        },
        "findings": [
            {
                "organisation_code": report.organisation_code,
                "file_name": report.file_name,
                "code": finding.code,
                "severity": rulebook.catalogue[finding.code].severity,
                "sheet": finding.sheet,
                "cell": finding.cell,
                "found": shown(finding.found),
                "expected": finding.expected,
                **{language: rulebook.catalogue.message(finding, language) for language in LANGUAGES},
            }
            for report, finding in by_severity[:_TOLD]
        ],
        "findings_total": len(checked.findings),
        "changed": changed,
        "failure": rulebook.catalogue.message(refusal, settings.language) if refusal else None,
        "not_judged": [],
        "seconds": watch.seconds,
    }
    write_summary(settings, f"check-{family}", summary)
    return summary


def _not_judged(
    settings: Settings, family: str, receipt_ids: list[str], error: Exception, watch: Stopwatch
) -> dict[str, Any]:
    """The summary of a family that could not be judged; where it broke goes to the load's log."""
    known = isinstance(error, SuiteError)
    if not known:
        traceback.print_exception(error)
    summary = {
        "reports": {"accepted": 0, "sent_back": 0, "unreadable": 0},
        "observations": {"read": 0, "accepted": 0, "quarantined": 0},
        "rules": {},
        "findings": [],
        "findings_total": 0,
        "failure": str(error) if known else f"its check broke ({type(error).__name__}: {error})",
        "not_judged": receipt_ids,
        "seconds": watch.seconds,
    }
    write_summary(settings, f"check-{family}", summary)
    return summary


@dataclass(frozen=True, slots=True)
class FailedFamily:
    """A family that failed as a whole in the running, or the last, load: its earlier figures stand.

    `not_judged` are the receipts that could not be judged and wait for the next load.
    """

    family: str
    reason: str
    not_judged: frozenset[str] = frozenset()


def failed_families(settings: Settings) -> list[FailedFamily]:
    """The families that failed as a whole, by name."""
    found = []
    for path in sorted((settings.work / "summary").glob("check-*.json")):
        summary = read_summary(settings, path.stem)
        if summary.get("failure"):
            family = path.stem.removeprefix("check-")
            found.append(FailedFamily(family, summary["failure"], frozenset(summary["not_judged"])))
    return found


def waiting_receipts(settings: Settings, rulebook: Rulebook) -> set[str]:
    """The receipts that are in no lake file because their family could not be judged in this load."""
    ids = {receipt_id for failed in failed_families(settings) for receipt_id in failed.not_judged}
    if not ids:
        return set()
    for day in days.pending(settings.lake, rulebook.rulings):
        for table in lake.report_columns(settings.lake, day, ["receipt_id"]):
            ids.difference_update(table.column("receipt_id").to_pylist())
    return ids


_SEVERITIES = ("critical", "warning", "info")
_TOLD = 200


def _changed_states(settings: Settings, family: str, checked: "Checked") -> list[dict[str, str]]:
    """The reports that were judged before and now end in another state: a correction or a decision did that."""
    found = []
    for day, tables in checked.units.items():
        before = lake.states_of(settings.lake, family, day)
        found += [
            {
                "receipt_id": row["receipt_id"],
                "organisation_code": row["organisation_code"],
                "file_name": row["file_name"],
                "before": before[row["receipt_id"]],
                "after": row["state"],
            }
            for row in tables["reports"].select(["receipt_id", "organisation_code", "file_name", "state"]).to_pylist()
            if before.get(row["receipt_id"], row["state"]) != row["state"]
        ]
    return found


def quality_docs(settings: Settings, rulebook: Rulebook, folder: Path) -> Path | None:
    """Write the Data Docs of the last load's families; returns the page to open, None where nothing was read.

    Raises SuiteError, OSError.
    """
    from orchestration.read import candidates

    readings = settings.work / "readings"
    read = {family: candidates.load(readings, family) for family in candidates.families(readings)}
    read = {family: found for family, found in read.items() if found[1].num_rows}
    if not read:
        return None
    from orchestration.check.room import write_docs

    # Pages of an earlier load would stay in the list.
    for name in ("expectations", "validations"):
        shutil.rmtree(folder / name, ignore_errors=True)
    return write_docs(
        read,
        folder,
        contracts=rulebook.contracts,
        reference=rulebook.reference,
        catalogue=rulebook.catalogue,
        expectations=settings.expectations,
        rulings=rulebook.rulings,
    )


def close_days(settings: Settings, rulebook: Rulebook) -> None:
    """Seal the days that were read: their families' files are all written.

    They are noted in the outbox before: once a day is sealed, nothing else tells that its verdicts may differ.
    A day of a family that could not be judged stays open. Files of a family of which, after a
    reread, nothing is left on that day are removed. The lake's reference tables and empty tables
    are brought up to date for whoever reads it next.
    """
    from orchestration.read import candidates

    found = read_summary(settings, "read")
    not_judged = {receipt_id for failed in failed_families(settings) for receipt_id in failed.not_judged}
    units: dict[dt.date, list[SealedReport]] = {}
    open_days: set[dt.date] = set()
    for family in candidates.families(settings.work / "readings"):
        for report in candidates.load(settings.work / "readings", family)[0]:
            units.setdefault(report.received_date, []).append(
                SealedReport(
                    report.receipt_id, report.organisation_code, family, report.period_start, report.period_end
                )
            )
            if report.receipt_id in not_judged:
                open_days.add(report.received_date)
    _note_in_outbox(settings, reread=found.get("days", {}))
    for text, digest in found.get("days", {}).items():
        day = dt.date.fromisoformat(text)
        reports = units.get(day, [])
        for family in lake.families_of(settings.lake, day) - {report.family for report in reports}:
            # What was read as another family that could not be judged stands as it was.
            if not lake.states_of(settings.lake, family, day).keys() <= not_judged:
                lake.remove_unit(settings.lake, family, day)
        if day not in open_days:
            days.seal(settings.lake, day, digest, reports, rulebook.rulings)
    write_reference(settings, rulebook)


def write_reference(settings: Settings, rulebook: Rulebook) -> None:
    """What the models must know of contracts, rules, corrections and decisions, as lake tables.

    Raises CorrectionLogError.
    """
    lake.ensure_schemas(settings.lake)
    dimensions = [
        {
            "family": contract.family,
            "contract_version": contract.version,
            "dimension": dimension,
            "position": position,
            "category": category,
        }
        for contract in rulebook.contracts
        for position, dimension in enumerate(contract.exhaustive, 1)
        for category in contract.exhaustive[dimension]
    ]
    rules = [
        {
            "rule_code": code,
            "severity": rule.severity,
            "scope": rule.scope,
            **{
                f"{name}_{language}": getattr(rule, name)[language]
                for name in ("title", "message", "instruction")
                for language in LANGUAGES
            },
        }
        for code, rule in rulebook.catalogue.items()
    ]
    rows = {
        "contract_dimension": dimensions,
        "rule": rules,
        "correction": _correction_rows(rulebook.corrections, settings.lake),
        "decision": _decision_rows(rulebook.decisions),
    }
    for name, schema in lake.REFERENCE_TABLES.items():
        table = pa.Table.from_pylist(rows[name], schema=schema)
        storage.write_table(settings.lake / "reference" / f"{name}.parquet", table)


def _correction_rows(corrections: Iterable[Correction], lake_folder: UPath) -> list[dict[str, Any]]:
    since = correction_log.known_since(correction_log.read_entries(lake_folder))
    rows = []
    for correction in corrections:
        span, row = correction.span, correction.row
        rows.append(
            {name: getattr(correction, name) for name in lake.CORRECTIONS.names if name in Correction.model_fields}
            | {
                "correction_code": correction.code,
                "organisation_code": correction.report.organisation_code,
                "family": correction.report.family,
                "period_start": span.start if span else None,
                "period_end": span.end if span else None,
                "receipt_id": correction.report.receipt_id,
                "indicator_code": row.indicator_code if row else None,
                "row_key": " ".join(row.model_dump(exclude_none=True).values()) if row else correction.cell,
                "expected": str(correction.expect),
                "known_since": since.get(correction.code),
            }
        )
    return rows


def _decision_rows(taken: Iterable[Decision]) -> list[dict[str, Any]]:
    holding = {decision.decision_id for decision in decisions.in_force(taken).values()}
    return [decision.model_dump() | {"is_in_force": decision.decision_id in holding} for decision in taken]


def outcome(settings: Settings) -> dict[str, Any]:
    """The running, or the last, load as one JSON object (design, section 8).

    `reports` and `observations` are those that are new since the release before it: a day that is
    reread because another report came does not count its earlier ones again, and what a load that
    failed had received counts in the one that releases it. `changed` are earlier reports that a
    correction or a decision brought into another state.
    """
    from orchestration.release import publish, rollback

    receive_summary = read_summary(settings, "receive")
    reports, observations = dict(_REPORTS), dict(_OBSERVATIONS)
    fresh = {tuple(entry) for entry in read_summary(settings, "news").get("receipts", ())}
    reports["received"] = len(fresh)
    columns = ["receipt_id", "state", *(f"observations_{name}" for name in observations)]
    for text in sorted({day for _, day in fresh}):
        for table in lake.report_columns(settings.lake, dt.date.fromisoformat(text), columns):
            for receipt_id, state, *numbers in zip(*(column.to_pylist() for column in table.columns), strict=True):
                if (receipt_id, text) in fresh:
                    reports[state] += 1
                    for name, number in zip(observations, numbers, strict=True):
                        observations[name] += number
    checks = [read_summary(settings, path.stem) for path in sorted((settings.work / "summary").glob("check-*.json"))]
    seconds = {room: read_summary(settings, room).get("seconds", 0.0) for room in ROOMS}
    answers = read_summary(settings, "answer")
    manifest = publish.current_manifest(settings.published)
    stopped = rollback.in_force(settings.published)
    released = read_summary(settings, "release").get("release_id")
    return {
        "release_id": manifest["release_id"] if manifest else None,
        "released": released is not None and manifest is not None and manifest["release_id"] == released,
        "reports": reports,
        "observations": observations,
        "answers": {name: answers.get(name, default) for name, default in _ANSWERS.items()},
        "seconds": seconds,
        "waiting": receive_summary.get("waiting", []),
        "findings": [finding for check in checks for finding in check["findings"]],
        "changed": [change for check in checks for change in check.get("changed", ())],
        "failed_families": [{"family": failed.family, "reason": failed.reason} for failed in failed_families(settings)],
        "audit": {"failures": [], "accepted": []} | read_summary(settings, "audit"),
        "rollback": stopped.told if stopped else None,
    }


_REPORTS = {"received": 0, "accepted": 0, "sent_back": 0, "unreadable": 0}
_OBSERVATIONS = {"read": 0, "accepted": 0, "quarantined": 0}
_ANSWERS: dict[str, Any] = {"written": 0, "failed": [], "error": ""}


def nothing_done(settings: Settings) -> dict[str, Any]:
    """The outcome of a load that did nothing, in the form of `outcome`."""
    from orchestration.release import publish

    manifest = None
    with contextlib.suppress(OSError, publish.DamagedReleaseError):
        manifest = publish.current_manifest(settings.published)
    return {
        "release_id": manifest["release_id"] if manifest else None,
        "released": False,
        "reports": dict(_REPORTS),
        "observations": dict(_OBSERVATIONS),
        "answers": dict(_ANSWERS),
        "seconds": dict.fromkeys(ROOMS, 0.0),
        **{name: [] for name in ("waiting", "findings", "changed", "failed_families")},
        "audit": {"failures": [], "accepted": []},
        "rollback": None,
    }


def last_received_date(settings: Settings) -> dt.date:
    """The day of the last receipt: the day as of which the marts speak."""
    found = receipts.days(settings.lake)
    return found[-1] if found else dt.date(1900, 1, 1)
