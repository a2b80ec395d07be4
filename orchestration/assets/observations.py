"""Read and check: `readings`, and one observations asset a family.

The families are those of the contracts: a new contract is a new asset without a line of code.
"""

from typing import Any

import dagster as dg

from orchestration import night
from orchestration.assets.resource import Hasila
from orchestration.findings import Severity

SEVERITIES: tuple[Severity, ...] = ("critical", "warning")


@dg.asset(
    key="readings",
    deps=["receipts"],
    group_name="read",
    kinds={"python", "parquet"},
    owners=["team:data-engineering"],
    description="Every pending received day read from the archive: candidate rows with their cells, by family.",
)
def readings(hasila: Hasila) -> dg.MaterializeResult:  # type: ignore[type-arg, unused-ignore]
    night.read(hasila.settings, hasila.rulebook)
    summary = night.read_summary(hasila.settings, "read")
    return dg.MaterializeResult(
        metadata={
            "days": dg.MetadataValue.json(sorted(summary["days"])),
            "reports": dg.MetadataValue.json(summary["reports"]),
            "observations": dg.MetadataValue.json(summary["observations"]),
            "seconds": summary["seconds"],
        }
    )


def observations_key(family: str) -> dg.AssetKey:
    """The asset of one family."""
    return dg.AssetKey(["observations", family])


def observations_asset(family: str) -> dg.AssetsDefinition:
    """The asset that checks one family and writes its lake files, with a check a severity."""
    key = observations_key(family)

    @dg.asset(
        key=key,
        deps=["readings"],
        group_name="check",
        kinds={"great_expectations", "parquet"},
        owners=["team:data-engineering"],
        check_specs=[
            dg.AssetCheckSpec(
                name=severity,
                asset=key,
                description=f"The {severity} rules of expectations/{family}.yml, judged by Great Expectations.",
            )
            for severity in SEVERITIES
        ],
        description=f"Reports of the family {family}: judged, each with a verdict; refused rows in quarantine.",
    )
    def observations(hasila: Hasila) -> dg.MaterializeResult:  # type: ignore[type-arg, unused-ignore]
        summary = night.check(hasila.settings, hasila.rulebook, family)
        return dg.MaterializeResult(
            metadata={
                **{f"reports_{state}": count for state, count in summary["reports"].items()},
                **{f"observations_{state}": count for state, count in summary["observations"].items()},
                "findings": summary["findings_total"],
                "seconds": summary["seconds"],
            },
            check_results=[_check_result(severity, summary) for severity in SEVERITIES],
        )

    return observations


def _check_result(severity: Severity, summary: dict[str, Any]) -> dg.AssetCheckResult:
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
