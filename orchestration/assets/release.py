"""Release: the audited warehouse as the current release."""

import dagster as dg
from pydantic import Field

from orchestration.assets.resource import Hasila
from orchestration.release import publish


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
        group_name="release",
        kinds={"duckdb"},
        owners=["team:data-engineering"],
        description="The current release: audited, immutable, switched to by one atomic rename.",
    )
    def release(config: ReleaseConfig, hasila: Hasila) -> dg.MaterializeResult:  # type: ignore[type-arg, unused-ignore]
        from orchestration.release.audit import Acceptance
        from orchestration.release.room import release as make_release

        accepted = [Acceptance(code, config.reason, config.by) for code in config.accepted]
        release_id = make_release(hasila.settings, hasila.rulebook, accepted)
        manifest = publish.current_manifest(hasila.settings.published) or {}
        return dg.MaterializeResult(
            metadata={
                "release_id": release_id,
                "rows": dg.MetadataValue.json({name: mart["rows"] for name, mart in manifest["marts"].items()}),
                "path": dg.MetadataValue.path(str(publish.current_folder(hasila.settings.published))),
            }
        )

    return release
