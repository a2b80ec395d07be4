"""The audit: what must hold before a built warehouse may become a release.

dbt's own tests guard single models; the audit guards the whole: against the lake, against what is
declared, against a recount, and against the last release. All failures are told at once, each with its
code, in three languages, with what to do (`expectations/audit.yml`, which also holds the bounds).
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

import duckdb
import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from orchestration import memory
from orchestration.findings import CatalogueError, Texts
from orchestration.release import changes
from orchestration.release.marts import SCHEMA, Mart, text_literal
from orchestration.release.recount import recount
from orchestration.settings import LANGUAGES, Language

# The promised marts (design, section 7).
PROMISED = (
    "data_quality",
    "dim_indicator",
    "dim_objective",
    "dim_organisation",
    "dim_place",
    "dim_programme",
    "fct_deliverable",
    "fct_expected_report",
    "fct_observation",
    "fct_observation_version",
    "fct_report",
    "fct_target",
    "indicator_by_group_year",
    "indicator_by_objective_year",
    "indicator_by_place_year",
    "reconciliation",
    "reporting_performance",
    "restatement",
)
_MUST_HAVE_ROWS = ("dim_indicator", "dim_objective", "dim_organisation", "dim_place", "dim_programme")
_HISTORY = ("fct_observation_version", "fct_report")
# Of the code, what can change a figure: reading, judging and adding up, and what those go by.
_DECIDES_FIGURES = ("orchestration/read", "orchestration/check", "dbt_project", "contracts/", "expectations/")
_DECIDES_NONE = ("dbt_project/tests", "expectations/audit.yml")
_TOLD = 5
"""So many cases are named in a message."""

Share = Annotated[float, Field(ge=0, le=1)]


# --- what is declared


class Bounds(BaseModel):
    """How much may change from one release to the next before a person has to agree. All are shares."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    history_may_shrink_by: Share
    mart_may_shrink_by: Share
    mart_judged_from_rows: Annotated[int, Field(ge=0)]
    figure_may_move_by: Annotated[float, Field(ge=0)]
    figures: dict[str, Annotated[float, Field(ge=0)]] = {}


class Check(BaseModel):
    """One check's texts, and whether a person may let a warehouse through that fails it."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    message: Texts
    instruction: Texts
    is_acceptable: bool = False


class Declared(BaseModel):
    """The content of `expectations/audit.yml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    bounds: Bounds
    checks: dict[str, Check]


@lru_cache(maxsize=4)
def load_declared(path: Path) -> Declared:
    """The bounds and the checks. Raises CatalogueError naming the file and the entry."""
    try:
        return Declared.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CatalogueError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise CatalogueError(f"{path}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error


# --- what is found


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that failed. `count` is how many cases there are, `found` names them, the first few of many."""

    code: str
    count: int = 0
    found: str = ""
    bound: str = ""

    def message(self, declared: Declared, language: Language) -> str:
        """What is wrong and what to do, as two sentences."""
        check = declared.checks[self.code]
        fault = check.message[language].format(count=self.count, found=self.found, bound=self.bound)
        return f"{fault} {check.instruction[language]}"

    def as_json(self, declared: Declared) -> dict[str, Any]:
        return {"code": self.code, **{language: self.message(declared, language) for language in LANGUAGES}}


class AuditError(Exception):
    """The built warehouse may not be released; carries every failure."""

    def __init__(self, failures: list[Failure], declared: Declared, language: Language):
        said = [f"{failure.code}: {failure.message(declared, language)}" for failure in failures]
        super().__init__("; ".join(said))
        self.failures = failures


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A person's word that a failed check does not stop this release."""

    code: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Before:
    """The release before: its manifest, its release file, and whether it lacks a receipt that this one is made from."""

    manifest: Mapping[str, Any]
    warehouse: Path
    lacks_receipts: bool = False


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit that let the warehouse through looked at. `accepted` failed, and a person had agreed.

    `changed` has the rows of `release_change`, None where there is no release that could be compared.
    """

    checks: int
    recounted: int
    changed: pa.Table | None
    accepted: tuple[tuple[Acceptance, Failure], ...] = field(default=())


# Each query counts what must not be there.
_COUNTED = {
    "RECEIPT_LOST": """
        select count(*) from read_parquet({receipts}, hive_partitioning = false) as receipt
        where receipt.receipt_id not in (select report.receipt_id from built.marts.fct_report as report)
        and receipt.receipt_id not in (select unnest({waiting}::varchar[]))
    """,
    "OBSERVATION_LOST": """
        select abs(
            (select count(*) from read_parquet({observations}, hive_partitioning = false))
            - (select count(*) from built.marts.fct_observation_version)
        )
    """,
    "REFUSED_STANDS": """
        select count(*) from built.marts.fct_observation as observation
        inner join built.marts.fct_report as report on observation.receipt_id = report.receipt_id
        where report.state <> 'accepted'
    """,
    "REPORT_KEY_TWICE": """
        select count(*) from (
            select report_key from built.marts.fct_report where is_standing group by report_key having count(*) > 1
        )
    """,
    "OBJECTIVES_WRONG": "select abs(count(*) - 5) from built.marts.dim_objective",
    "VALUE_UNEXPLAINED": """
        select count(*) from built.marts.indicator_by_objective_year
        where value is null and qualifier not in ('suppressed', 'not_applicable', 'not_reported')
    """,
    "COMPLETENESS_IMPOSSIBLE": """
        select count(*) from built.marts.indicator_by_objective_year where completeness > 1 or completeness < 0
    """,
    "FIGURE_TWICE": """
        select count(*) from (
            select 1 from built.marts.indicator_by_objective_year
            group by programme_code, indicator_code, period_start, period_end, data_status having count(*) > 1
        )
    """,
    # Judged by what Great Expectations left in the lake, whatever the models made of it.
    "CRITICAL_STANDS": """
        select
            (
                select count(*)
                from read_parquet({rejections}, hive_partitioning = false) as rejection
                inner join built.marts.fct_observation as observation using (observation_id)
                where rejection.is_quarantined and rejection.severity = 'critical'
            ) + (
                select count(distinct judged.receipt_id)
                from read_parquet({checks}, hive_partitioning = false) as judged
                inner join built.marts.fct_report as report using (receipt_id)
                where judged.severity = 'critical' and judged.scope = 'row' and judged.rows_failed > 0
                    and report.state = 'accepted' and not report.accepted_by_decision
                    and judged.receipt_id not in (select quarantine.receipt_id from built.marts.quarantine)
            )
    """,
}

# What persons took out of the history on purpose is not lost.
_TAKEN_BACK = """
    select count(*) from built.marts.quarantine as quarantine
    where quarantine.rule_code in ('CORRECTION_DROPPED', 'CORRECTION_EXPECTATION_GONE', 'CORRECTIONS_COLLIDE')
        or quarantine.receipt_id in (select decision.receipt_id from built.marts.fct_decision as decision)
"""


# --- the audit


def audit(
    warehouse: Path,
    lake: str,
    declared: Declared,
    *,
    marts_folder: Path,
    language: Language = "en",
    before: Before | None = None,
    manifest: Mapping[str, Any] | None = None,
    waiting: Collection[str] = frozenset(),
    accepted: Iterable[Acceptance] = (),
) -> Audited:
    """Judge the built warehouse; returns what was looked at where it may be released.

    `marts_folder` holds the declarations of the marts, `before` is the current release, if there is one,
    and `manifest` that of the release which is being made. `waiting` are the receipts that are in no
    report because their family could not be judged. What a person `accepted` stops nothing.

    Raises AuditError with every failure.
    """
    with memory.connect_beside(warehouse) as connection:
        connection.execute(f"attach {text_literal(str(warehouse))} as built (read_only)")
        counts = _counts(connection)
        expected = _declared_columns(marts_folder)
        if missing := sorted((expected.keys() | set(PROMISED)) - counts.keys()):
            raise AuditError([Failure("MART_MISSING", len(missing), ", ".join(missing))], declared, language)
        if failures := _contract_failures(connection, expected):
            raise AuditError(failures, declared, language)
        if empty := [name for name in _MUST_HAVE_ROWS if not counts[name]]:
            failures.append(Failure("MART_EMPTY", len(empty), ", ".join(empty)))
        tables = ("receipts", "observations", "rejections", "checks")
        named = {name: text_literal(f"{lake}/{name}/**/*.parquet") for name in tables}
        named["waiting"] = "[" + ", ".join(map(text_literal, sorted(waiting))) + "]"
        for code, sql in _COUNTED.items():
            (found,) = connection.execute(sql.format(**named)).fetchall()[0]
            if found:
                failures.append(Failure(code, int(found)))
        recounted, wrong = recount(connection)
        if wrong:
            failures.append(Failure("TOTAL_WRONG", len(wrong), _few(wrong)))
        changed = None
        if before is not None:
            changed = changes.compare(warehouse, before.warehouse, before.manifest["release_id"])
            (taken_back,) = connection.execute(_TAKEN_BACK).fetchall()[0]
            failures += _shrunk(counts, int(taken_back), before, manifest or {}, declared.bounds)
            failures += _moved(changed, before.manifest, manifest or {}, declared.bounds)
    words = {acceptance.code: acceptance for acceptance in accepted}
    agreed = [failure for failure in failures if failure.code in words and declared.checks[failure.code].is_acceptable]
    if refused := [failure for failure in failures if failure not in agreed]:
        raise AuditError(refused, declared, language)
    return Audited(
        len(declared.checks), recounted, changed, tuple((words[failure.code], failure) for failure in agreed)
    )


def copy_failures(built: Iterable[Mart], copied: Iterable[Mart]) -> list[Failure]:
    """What of a release's marts is not what was built, told apart by rows and checksums."""
    one, other = {mart.name: mart for mart in built}, {mart.name: mart for mart in copied}
    differing = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    return [Failure("COPY_DIFFERS", len(differing), ", ".join(differing))] if differing else []


def _few(cases: list[str]) -> str:
    return ", ".join(cases[:_TOLD]) + (", …" if len(cases) > _TOLD else "")


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    names = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'built' and schema_name = 'marts'"
    ).fetchall()
    counts = {}
    for (name,) in names:
        found = connection.execute(f'select count(*) from built.marts."{name}"').fetchone()
        counts[name] = int(found[0]) if found else 0
    return counts


# --- against what is declared


def _declared_columns(folder: Path) -> dict[str, dict[str, str]]:
    """Each mart's columns with their types, as the dbt project declares them. Raises CatalogueError."""
    found: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
            for entry in content.get("models", ()):
                found[entry["name"]] = {column["name"]: column["data_type"] for column in entry["columns"]}
        except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
            raise CatalogueError(f"{path}: the columns of a mart are not declared: {error}") from error
    return found


def _contract_failures(
    connection: duckdb.DuckDBPyConnection, declared: Mapping[str, Mapping[str, str]]
) -> list[Failure]:
    types = sorted({kind for columns in declared.values() for kind in columns.values()})
    if not types:
        return []
    told = connection.execute("select " + ", ".join(f"typeof(cast(null as {kind}))" for kind in types)).fetchall()[0]
    plain = dict(zip(types, told, strict=True))
    found: dict[str, dict[str, str]] = {name: {} for name in declared}
    for name, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = 'built' and schema_name = ? order by table_name, column_index",
        [SCHEMA],
    ).fetchall():
        found.setdefault(name, {})[column] = kind
    wrong = []
    for name, columns in declared.items():
        for column in [*columns, *(extra for extra in found[name] if extra not in columns)]:
            wanted, has = plain.get(columns.get(column, ""), "–"), found[name].get(column, "–")
            if wanted != has:
                wrong.append(f"{name}.{column} {has} ({wanted})")
    return [Failure("CONTRACT_BROKEN", len(wrong), _few(wrong))] if wrong else []


# --- against the release before


def _shrunk(
    counts: Mapping[str, int], taken_back: int, before: Before, now: Mapping[str, Any], bounds: Bounds
) -> list[Failure]:
    """Marts that lost more of their rows than may go."""
    earlier = {name: int(mart["rows"]) for name, mart in before.manifest["marts"].items() if name in counts}
    failures = []
    lost = []
    for name in _HISTORY:
        back = taken_back if name == "fct_observation_version" else 0
        if counts[name] + back < earlier.get(name, 0) * (1 - bounds.history_may_shrink_by):
            lost.append(f"{name} {earlier[name]} → {counts[name]}")
    if lost:
        failures.append(Failure("HISTORY_SHRANK", len(lost), _few(lost), f"{bounds.history_may_shrink_by:.0%}"))
    if not (before.lacks_receipts or _is_explained(before.manifest, now)):
        shrunk = [
            f"{name} {rows} → {counts[name]}"
            for name, rows in sorted(earlier.items())
            if name not in _HISTORY
            and rows >= bounds.mart_judged_from_rows
            and counts[name] < rows * (1 - bounds.mart_may_shrink_by)
        ]
        if shrunk:
            failures.append(Failure("ROWS_SHRANK", len(shrunk), _few(shrunk), f"{bounds.mart_may_shrink_by:.0%}"))
    return failures


def _is_explained(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether anything was decided, corrected or changed in the code since the release before."""
    return (
        any(before.get(name) != now.get(name) for name in ("corrections", "decisions"))
        or (before.get("rulings") or {}).get("corrections") != (now.get("rulings") or {}).get("corrections")
        or _has_other_rules(before, now)
    )


def _has_other_rules(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether the code that decides figures changed. A manifest of an older make tells only of all code."""
    if "code_parts" not in before or "code_parts" not in now:
        return before.get("code_digest") != now.get("code_digest")
    then, today = (
        {
            part: digest
            for part, digest in manifest["code_parts"].items()
            if part.startswith(_DECIDES_FIGURES) and not part.startswith(_DECIDES_NONE)
        }
        for manifest in (before, now)
    )
    return then != today


def _moved(
    changed: pa.Table | None, before: Mapping[str, Any], now: Mapping[str, Any], bounds: Bounds
) -> list[Failure]:
    """National figures that moved by more than they may, with nothing that concerns them."""
    if changed is None or _has_other_rules(before, now):
        return []
    moved = []
    for row in changed.to_pylist():
        old, new = row["old_value"], row["new_value"]
        if row["reason"] != "rule_change" or old == new:
            continue
        bound = bounds.figures.get(row["indicator_code"], bounds.figure_may_move_by)
        if old is None or new is None or abs(float(new - old)) > bound * abs(float(old)):
            was, now_is = ("–" if value is None else f"{value.normalize():f}" for value in (old, new))
            moved.append(f"{row['indicator_code']} {row['period_label']} ({row['data_status']}): {was} → {now_is}")
    return [Failure("FIGURE_MOVED", len(moved), _few(moved))] if moved else []
