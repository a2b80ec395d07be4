"""Receive: the inbox's new files as receipts."""

from collections.abc import Iterator

import dagster as dg

from orchestration import night
from orchestration.assets.resource import Hasila


class ReceiveConfig(dg.Config):
    """`received`: the files of this load were received already, by the caller."""

    received: bool = False


@dg.asset(
    key="receipts",
    group_name="receive",
    kinds={"file", "parquet"},
    owners=["team:data-engineering"],
    output_required=False,
    description="Files that appeared in the inbox, archived unchanged, each with a receipt. "
    "Nothing is materialised, and nothing after it runs, on a night without news.",
)
def receipts(config: ReceiveConfig, hasila: Hasila) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg, unused-ignore]
    settings = hasila.settings
    if not config.received:
        night.clear_summaries(settings)
        night.receive(settings)
    summary = night.read_summary(settings, "receive")
    if night.has_news(settings, hasila.rulebook):
        yield dg.MaterializeResult(
            metadata={
                "received": summary.get("received", 0),
                "files_seen": summary.get("files_seen", 0),
                "days": dg.MetadataValue.json(summary.get("days", [])),
                "waiting": dg.MetadataValue.json(summary.get("waiting", [])),
                "seconds": summary.get("seconds", 0.0),
            }
        )
