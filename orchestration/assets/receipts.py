"""Receive: the inbox's new files as receipts; or, in a reread, received days opened again."""

from collections.abc import Iterator

import dagster as dg
from pydantic import Field

from orchestration import night
from orchestration.assets.described import arrow_columns, described
from orchestration.assets.resource import POOL, Hasila, measured
from orchestration.receive import receipts as received
from orchestration.release import publish
from orchestration.reread import Reread, RereadError, check, day_of, open_days


class RereadConfig(dg.Config):
    """Which received days are read again: those from `first` to `last` with reports of one of `families`."""

    families: list[str] = Field(default_factory=list)
    first: str = ""
    last: str = ""


class ReceiveConfig(dg.Config):
    """`received`: the files of this load were received already, by the caller. `reread`: nothing is received."""

    received: bool = False
    reread: RereadConfig | None = None


@dg.asset(
    key="receipts",
    **described("receive", kinds={"file", "parquet"}, code=[night.receive], columns=arrow_columns(received.SCHEMA)),
    pool=POOL,
    output_required=False,
    description="Files that appeared in the inbox, archived unchanged, each with a receipt. "
    "Nothing is materialised, and nothing after it runs, on a night without news.",
)
def receipts(
    context: dg.AssetExecutionContext, config: ReceiveConfig, hasila: Hasila
) -> Iterator[dg.MaterializeResult | dg.AssetMaterialization]:  # type: ignore[type-arg, unused-ignore]
    settings = hasila.settings
    with hasila.at_work(context):
        if not config.received:
            night.clear_summaries(settings)
        if config.reread is not None:
            _open(context, hasila, config.reread)
        elif not config.received:
            night.receive(settings)
        has_news = night.has_news(settings, hasila.rulebook)
    summary = night.read_summary(settings, "receive")
    if has_news:
        yield dg.MaterializeResult(
            metadata={
                "received": summary.get("received", 0),
                "files_seen": summary.get("files_seen", 0),
                "days": dg.MetadataValue.json(summary.get("days", [])),
                "waiting": dg.MetadataValue.json(summary.get("waiting", [])),
                "inbox": dg.MetadataValue.path(str(settings.inbox)),
                "archive": dg.MetadataValue.path(str(settings.archive)),
                **measured(summary.get("seconds", 0.0)),
            }
        )
    elif (folder := publish.current_folder(settings.published)) is not None:
        # The release was looked after tonight, and is as it should be: that keeps it fresh.
        context.log.info(f"nothing new, release {folder.name} stands")
        yield dg.AssetMaterialization(
            "release",
            description="Nothing new: it stands.",
            metadata={"release_id": folder.name, "path": dg.MetadataValue.path(str(folder))},
        )


def _open(context: dg.AssetExecutionContext, hasila: Hasila, config: RereadConfig) -> None:
    """Unseal what is asked for; what cannot be meant ends the run with its reason."""
    try:
        wanted = Reread(tuple(config.families), day_of("from", config.first), day_of("to", config.last))
        check(hasila.settings, hasila.rulebook, wanted)
    except RereadError as error:
        raise dg.Failure(str(error), allow_retries=False) from None
    context.log.info(wanted.told(open_days(hasila.settings, wanted)))
