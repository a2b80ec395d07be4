"""Read and check: `readings`, and one observations asset a family.

The families are those of the contracts: a new contract is a new asset without a line of code.
"""

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
                "findings": dg.MetadataValue.md(_findings_table(summary)),
                "seconds": summary["seconds"],
            },
            check_results=[_check_result(severity, summary) for severity in SEVERITIES],
        )

    return observations


def _check_result(severity: Severity, summary: dict[str, object]) -> dg.AssetCheckResult:
    rules = {
        rule: counts
        for rule, counts in summary["rules"].items()  # type: ignore[attr-defined]
        if counts["severity"] == severity
    }
    failed = {rule: counts["failed"] for rule, counts in rules.items() if counts["failed"]}
    # A bad row is the reporter's to mend, not the pipeline's: it is quarantined and the load goes on.
    return dg.AssetCheckResult(
        check_name=severity,
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "rules": len(rules),
            "rows_judged": max((counts["judged"] for counts in rules.values()), default=0),
            "rows_failed": sum(failed.values()),
            "failed_rules": dg.MetadataValue.json(failed),
        },
    )


def _findings_table(summary: dict[str, object], limit: int = 50) -> str:
    findings = summary["findings"][:limit]  # type: ignore[index]
    if not findings:
        return "no findings"
    lines = ["| organisation | file | rule | finding |", "|---|---|---|---|"]
    for finding in findings:
        text = str(finding["en"]).replace("|", "\\|")
        lines.append(f"| {finding['organisation_code']} | {finding['file_name']} | {finding['code']} | {text} |")
    return "\n".join(lines)
