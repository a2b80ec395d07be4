"""Release: the audited warehouse as the current release."""

from collections.abc import Iterator

import dagster as dg

from orchestration import night
from orchestration.assets.resource import Hasila
from orchestration.release import publish


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
    def release(hasila: Hasila) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg, unused-ignore]
        from orchestration.release.room import release as make_release

        release_id = make_release(hasila.settings, hasila.rulebook)
        manifest = publish.current_manifest(hasila.settings.published) or {}
        yield dg.MaterializeResult(
            metadata={
                "release_id": release_id,
                "rows": dg.MetadataValue.json({name: mart["rows"] for name, mart in manifest["marts"].items()}),
                "path": dg.MetadataValue.path(str(publish.current_folder(hasila.settings.published))),
            }
        )
        raise_for_failed_families(hasila)

    return release


def raise_for_failed_families(hasila: Hasila) -> None:
    """End the run as failed, once everything that could be released is, when a family failed as a whole.

    For the last asset of the job: what comes after an asset that fails is skipped.
    """
    if failed := night.failed_families(hasila.settings):
        raise dg.Failure(
            "; ".join(f"{family.family}: {family.reason}" for family in failed),
            metadata={"failed_families": [family.family for family in failed]},
            allow_retries=False,
        )
