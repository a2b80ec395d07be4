"""The audit: what must hold before a built warehouse may become a release.

dbt's own tests guard single models; the audit guards the whole against the lake and against the
last release. All failures are told at once.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from orchestration.release.marts import text_literal

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
LARGEST_SHRINK = 0.1


class AuditError(Exception):
    """The built warehouse may not be released; carries every reason."""

    def __init__(self, failures: list[str]):
        super().__init__("; ".join(failures))
        self.failures = failures


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    sql: str
    says: str


# Each query counts what must not be there.
_RULES = (
    _Rule(
        "every receipt is a report",
        """
        select count(*) from read_parquet({receipts}, hive_partitioning = false) as receipt
        where receipt.receipt_id not in (select report.receipt_id from built.marts.fct_report as report)
        and receipt.receipt_id not in (select unnest({waiting}::varchar[]))
        """,
        "{count} received files have no row in fct_report",
    ),
    _Rule(
        "every accepted observation is a version",
        """
        select abs(
            (select count(*) from read_parquet({observations}, hive_partitioning = false))
            - (select count(*) from built.marts.fct_observation_version)
        )
        """,
        "fct_observation_version and the lake differ by {count} observations",
    ),
    _Rule(
        "only accepted reports count",
        """
        select count(*) from built.marts.fct_observation as observation
        inner join built.marts.fct_report as report on observation.receipt_id = report.receipt_id
        where report.state <> 'accepted'
        """,
        "{count} observations of refused reports stand",
    ),
    _Rule(
        "one standing report a key",
        """
        select count(*) from (
            select report_key from built.marts.fct_report where is_standing group by report_key having count(*) > 1
        )
        """,
        "{count} report keys have more than one standing report",
    ),
    _Rule(
        "five strategic objectives",
        "select abs(count(*) - 5) from built.marts.dim_objective",
        "dim_objective is off by {count} from the policy's five objectives",
    ),
    _Rule(
        "a missing value says why",
        """
        select count(*) from built.marts.indicator_by_objective_year
        where value is null and qualifier not in ('suppressed', 'not_applicable', 'not_reported')
        """,
        "{count} figures have no value and no qualifier that says why",
    ),
    _Rule(
        "completeness is a share",
        "select count(*) from built.marts.indicator_by_objective_year where completeness > 1 or completeness < 0",
        "{count} figures have a completeness outside 0 to 1",
    ),
    _Rule(
        "one row a programme, indicator, period and status",
        """
        select count(*) from (
            select 1 from built.marts.indicator_by_objective_year
            group by programme_code, indicator_code, period_start, period_end, data_status having count(*) > 1
        )
        """,
        "{count} figures stand twice in indicator_by_objective_year",
    ),
)


# What persons took out of the history on purpose is not lost.
_TAKEN_BACK = """
    select count(*) from built.marts.quarantine as quarantine
    where quarantine.rule_code in ('CORRECTION_DROPPED', 'CORRECTION_EXPECTATION_GONE', 'CORRECTIONS_COLLIDE')
        or quarantine.receipt_id in (select decision.receipt_id from built.marts.fct_decision as decision)
"""


def audit(
    warehouse: Path, lake: str, previous: Mapping[str, Any] | None, waiting: Collection[str] = frozenset()
) -> None:
    """Judge the built warehouse. `previous` is the manifest of the current release, if there is one.

    `waiting` are the receipts that are in no report because their family could not be judged.

    Raises AuditError with every failure.
    """
    failures: list[str] = []
    with duckdb.connect() as connection:
        connection.execute(f"attach {text_literal(str(warehouse))} as built (read_only)")
        counts = _counts(connection)
        missing = [name for name in PROMISED if name not in counts]
        if missing:
            raise AuditError([f"marts are missing: {', '.join(missing)}"])
        failures += [f"{name} is empty" for name in _MUST_HAVE_ROWS if not counts[name]]
        named = {"waiting": "[" + ", ".join(map(text_literal, sorted(waiting))) + "]"}
        globs = {name: text_literal(f"{lake}/{name}/**/*.parquet") for name in ("receipts", "observations")}
        for rule in _RULES:
            found = connection.execute(rule.sql.format(**globs, **named)).fetchone()
            if found is None or found[0]:
                failures.append(rule.says.format(count=found[0] if found else "?"))
        taken_back = connection.execute(_TAKEN_BACK).fetchone()
    before = int(((previous or {}).get("marts") or {}).get("fct_observation_version", {}).get("rows", 0))
    now = counts["fct_observation_version"]
    if now + int(taken_back[0] if taken_back else 0) < before * (1 - LARGEST_SHRINK):
        failures.append(f"the history shrank from {before} to {now} observations; at most 10 % may go at once")
    if failures:
        raise AuditError(failures)


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    names = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'built' and schema_name = 'marts'"
    ).fetchall()
    counts = {}
    for (name,) in names:
        found = connection.execute(f'select count(*) from built.marts."{name}"').fetchone()
        counts[name] = int(found[0]) if found else 0
    return counts
