"""Release: the audited warehouse as the current release, and the check of what did not come."""

from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field

from orchestration import night, retries
from orchestration.assets.described import described
from orchestration.assets.resource import POOL, Hasila, measured
from orchestration.freshness import NIGHTLY
from orchestration.jobs import OVERDUE_REPORTS
from orchestration.release import publish

_ROOM = Path(__file__).parents[1] / "release" / "room.py"


class ReleaseConfig(dg.Config):
    """`accepted`: codes of the audit that `by` lets through this time, for `reason`."""

    accepted: list[str] = Field(default_factory=list)
    reason: str = ""
    by: str = ""


def release_asset(marts: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The release, after all marts."""

    @dg.asset(
        key="release",
        deps=marts,
        **described("release", kinds={"duckdb"}, code=[publish.publish], files=[_ROOM]),
        pool=POOL,
        freshness_policy=NIGHTLY,
        description="The current release: audited, immutable, switched to by one atomic rename.",
    )
    def release(context: dg.AssetExecutionContext, config: ReleaseConfig, hasila: Hasila) -> dg.MaterializeResult:  # type: ignore[type-arg, unused-ignore]
        from orchestration.release.audit import Acceptance
        from orchestration.release.room import release as make_release

        settings = hasila.settings
        accepted = [Acceptance(code, config.reason, config.by) for code in config.accepted]
        with hasila.at_work(context):
            release_id = make_release(settings, hasila.rulebook, accepted)
        manifest = publish.current_manifest(settings.published) or {}
        summary = night.read_summary(settings, "release")
        folder = publish.releases_folder(settings.published) / release_id
        return dg.MaterializeResult(
            metadata={
                "release_id": release_id,
                "rows": sum(mart["rows"] for mart in manifest["marts"].values()),
                "rows_by_mart": dg.MetadataValue.json({name: mart["rows"] for name, mart in manifest["marts"].items()}),
                "path": dg.MetadataValue.path(str(folder)),
                "portal": dg.MetadataValue.path(str(folder / "public" / "portal" / "index.html")),
                "retired": dg.MetadataValue.json(summary.get("retired", [])),
                **measured(summary.get("seconds", 0.0)),
            }
        )

    return release


@dg.asset_check(
    asset="release",
    name=OVERDUE_REPORTS,
    description="Reports that are overdue today by the dated enrolment, told to those who run hasila.",
)
def overdue_check(context: dg.AssetCheckExecutionContext, hasila: Hasila) -> dg.AssetCheckResult:
    from orchestration import alerts
    from orchestration.overdue import overdue_reports
    from orchestration.release.access import NoReleaseError

    settings = hasila.settings
    today = settings.today()
    try:
        found = overdue_reports(settings, today)
    except NoReleaseError:
        return dg.AssetCheckResult(passed=True, description="Nothing was released yet.")
    alert = alerts.reports_overdue(settings, found, today)
    told = "nobody: HASILA_ALERT_TO and HASILA_ALERT_WEBHOOK_URL are empty"
    if alert is not None and alerts.is_set_up(settings):
        taken, problems = alerts.hand_over(settings, alert)
        for problem in problems:
            context.log.error(f"the alert could not be sent: {problem}")
        if problems and not taken:
            attempt = context.op_execution_context.retry_number
            if attempt < len(retries.PASSING_SECONDS):
                raise dg.RetryRequested(len(retries.PASSING_SECONDS), retries.PASSING_SECONDS[attempt])
            raise dg.Failure(f"The alert reached nobody: {'; '.join(problems)}", allow_retries=False)
        told = f"{taken} receivers"
    return dg.AssetCheckResult(
        passed=not found,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "overdue": len(found),
            **({"told": told} if found else {}),
            **({"reports": _table([report.as_json() for report in found])} if found else {}),
        },
    )


_SHOWN = ("organisation_code", "family", "period_start", "period_end", "due_date", "days_late")
_MOST = 200


def _table(reports: list[dict[str, Any]]) -> dg.TableMetadataValue:
    return dg.MetadataValue.table(
        [dg.TableRecord({name: report[name] for name in _SHOWN}) for report in reports[:_MOST]],
        schema=dg.TableSchema(
            columns=[dg.TableColumn(name, "int" if name == "days_late" else "string") for name in _SHOWN]
        ),
    )
