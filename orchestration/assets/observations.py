"""Read and check: `readings`, one observations asset a family, and `lake`, the days that are whole.

The families are those of the contracts: a new contract is a new asset without a line of code. They are
judged in one step: a family of which nothing came leaves no event, so that what is stored follows the
night's reports, and an asset's last materialisation is the last time that reports of it came.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration import night
from orchestration.assets.described import arrow_columns, described
from orchestration.assets.resource import POOL, Hasila, measured
from orchestration.check import lake
from orchestration.findings import Severity
from orchestration.freshness import due_policy
from orchestration.read import candidates
from orchestration.read.contracts import Contract
from orchestration.settings import Settings

SEVERITIES: tuple[Severity, ...] = ("critical", "warning")
LAKE = dg.AssetKey("lake")


@dg.asset(
    key="readings",
    deps=["receipts"],
    **described("read", kinds={"python", "parquet"}, code=[night.read]),
    pool=POOL,
    description="Every pending received day read from the archive: candidate rows with their cells, by family.",
)
def readings(context: dg.AssetExecutionContext, hasila: Hasila) -> dg.MaterializeResult:  # type: ignore[type-arg, unused-ignore]
    with hasila.at_work(context):
        night.read(hasila.settings, hasila.rulebook)
    summary = night.read_summary(hasila.settings, "read")
    return dg.MaterializeResult(
        metadata={
            "days": dg.MetadataValue.json(sorted(summary["days"])),
            "files": sum(summary["reports"].values()),
            "rows": sum(summary["observations"].values()),
            "reports": dg.MetadataValue.json(summary["reports"]),
            "observations": dg.MetadataValue.json(summary["observations"]),
            **measured(summary["seconds"]),
        }
    )


def observations_key(family: str) -> dg.AssetKey:
    """The asset of one family."""
    return dg.AssetKey(["observations", family])


def check_assets(
    families: Sequence[str], contracts: Sequence[Contract], folders: Sequence[Path]
) -> dg.AssetsDefinition:
    """The assets of all families with a check a severity, and `lake`, as one step.

    `folders` are those of the contracts and of the suites, in which a family's rules stand.
    """
    newest = {contract.family: contract for contract in sorted(contracts, key=lambda one: one.version)}

    @dg.multi_asset(
        name="check",
        specs=[*(_family_spec(family, newest.get(family), folders) for family in families), _lake_spec(families)],
        check_specs=[
            dg.AssetCheckSpec(
                name=severity,
                asset=observations_key(family),
                description=f"The {severity} rules of expectations/{family}.yml, judged by Great Expectations.",
            )
            for family in families
            for severity in SEVERITIES
        ],
        can_subset=True,
        pool=POOL,
    )
    def check(context: dg.AssetExecutionContext, hasila: Hasila) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg, unused-ignore]
        settings = hasila.settings
        with hasila.at_work(context):
            came = set(candidates.families(settings.work / "readings"))
            wanted = [
                family
                for family in families
                if family in came and observations_key(family) in context.selected_asset_keys
            ]
            for family, summary in night.check_all(settings, hasila.rulebook, wanted):
                yield _judged(settings, family, summary)
            if LAKE not in context.selected_asset_keys:
                return
            watch = night.Stopwatch()
            night.note_corrections(settings, hasila.rulebook)
            night.close_days(settings, hasila.rulebook)
        yield dg.MaterializeResult(
            asset_key=LAKE,
            metadata={
                "path": dg.MetadataValue.path(str(settings.lake)),
                "last_received_date": night.last_received_date(settings).isoformat(),
                "failed_families": dg.MetadataValue.json([failed.family for failed in night.failed_families(settings)]),
                **measured(watch.seconds),
            },
        )

    return check


def _family_spec(family: str, contract: Contract | None, folders: Sequence[Path]) -> dg.AssetSpec:
    files = [path for folder in folders if (path := folder / f"{family}.yml").exists()]
    tags = {"hasila/programme": contract.programme} if contract and contract.programme else {}
    title = f" ({contract.title.en})" if contract else ""
    return dg.AssetSpec(
        observations_key(family),
        deps=["readings"],
        skippable=True,
        freshness_policy=due_policy(contract.due) if contract and contract.due else None,
        description=f"Reports of the family {family}{title}: judged, each with a verdict; refused rows in quarantine.",
        **described(
            "check",
            kinds={"great_expectations", "parquet"},
            code=[night.check],
            files=files,
            columns=arrow_columns(lake.OBSERVATIONS),
            tags=tags,
        ),
    )


def _lake_spec(families: Sequence[str]) -> dg.AssetSpec:
    return dg.AssetSpec(
        LAKE,
        deps=[observations_key(family) for family in families],
        description="The received days of which every family's files are written, sealed; what the models read.",
        **described("check", kinds={"parquet"}, code=[night.close_days]),
    )


def _judged(settings: Settings, family: str, summary: Mapping[str, Any]) -> dg.MaterializeResult:  # type: ignore[type-arg, unused-ignore]
    return dg.MaterializeResult(
        asset_key=observations_key(family),
        metadata={
            "files": sum(summary["reports"].values()),
            "rows": summary["observations"]["read"],
            **{f"reports_{state}": count for state, count in summary["reports"].items()},
            **{f"observations_{state}": count for state, count in summary["observations"].items()},
            "findings": summary["findings_total"],
            "answers": dg.MetadataValue.path(str(settings.outbox)),
            # The pages are made when somebody asks for them.
            "quality": dg.MetadataValue.path(str(settings.quality / "index.html")),
            "quality_made_by": f"hasila docs quality --data {settings.data}",
            **measured(summary["seconds"]),
        },
        check_results=[_check_result(family, severity, summary) for severity in SEVERITIES],
    )


def _check_result(family: str, severity: Severity, summary: Mapping[str, Any]) -> dg.AssetCheckResult:
    """The check of one severity: which rules failed, and the first rows that did.

    It stops nothing by itself: what a critical rule refuses is not in the family's lake files, and a
    family that failed as a whole ends the run as failed once the others are released.
    """
    rules = {rule: counts for rule, counts in summary["rules"].items() if counts["severity"] == severity}
    failed = {rule: counts["failed"] for rule, counts in rules.items() if counts["failed"]}
    told = [finding for finding in summary["findings"] if finding["severity"] == severity]
    failure = summary["failure"] if severity == "critical" or summary["not_judged"] else None
    metadata: dict[str, Any] = {
        "rows_judged": max((counts["judged"] for counts in rules.values()), default=0),
        "rows_failed": sum(failed.values()),
    }
    if failure:
        metadata["failure"] = failure
    if rules:
        metadata["rules"] = dg.MetadataValue.table(
            [
                dg.TableRecord({"rule": rule, "judged": counts["judged"], "failed": counts["failed"]})
                for rule, counts in sorted(rules.items(), key=lambda item: (-item[1]["failed"], item[0]))
            ],
            schema=_RULES,
        )
    if told:
        metadata["failing_rows"] = dg.MetadataValue.table(
            [
                dg.TableRecord({name: finding[field] for name, field in _SHOWN.items()})
                for finding in told[:_SHOWN_ROWS]
            ],
            schema=_FAILING_ROWS,
        )
    return dg.AssetCheckResult(
        asset_key=observations_key(family),
        check_name=severity,
        # A report that could not be read breaks no rule of a suite, and is no less refused.
        passed=not (failed or told or failure),
        severity=dg.AssetCheckSeverity.ERROR if severity == "critical" else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


_SHOWN_ROWS = 20
_SHOWN = {
    "organisation": "organisation_code",
    "file": "file_name",
    "sheet": "sheet",
    "cell": "cell",
    "rule": "code",
    "found": "found",
    "expected": "expected",
    "message": "en",
}
_RULES = dg.TableSchema(
    columns=[
        dg.TableColumn("rule", "string"),
        dg.TableColumn("judged", "int", description="Rows that the rule judged."),
        dg.TableColumn("failed", "int", description="Rows that break it."),
    ]
)
_FAILING_ROWS = dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in _SHOWN])
