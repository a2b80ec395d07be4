"""Answer: the feedback workbooks of the reports that are new, in the outbox. The last asset of the load."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration import night
from orchestration.assets.described import described
from orchestration.assets.resource import POOL, Hasila, measured

_ROOM = Path(__file__).parents[1] / "answer" / "room.py"


@dg.asset(
    key="answers",
    deps=["release"],
    **described("answer", kinds={"excel"}, files=[_ROOM]),
    pool=POOL,
    description="An answer to the reporter of each report that is new since the last release: the reporter's own "
    "workbook, marked. They wait in the outbox; `hasila outbox --send` sends them. An answer that cannot be "
    "written fails no load.",
)
def answers(context: dg.AssetExecutionContext, hasila: Hasila) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg, unused-ignore]
    from orchestration.answer.room import answer

    with hasila.at_work(context):
        summary = answer(hasila.settings, hasila.rulebook)
    yield dg.MaterializeResult(
        metadata={
            "written": summary["written"],
            "failed": dg.MetadataValue.json(summary["failed"]),
            "error": summary["error"],
            "outbox": dg.MetadataValue.path(str(hasila.settings.outbox)),
            **measured(summary["seconds"]),
        }
    )
    _raise_for_failed_families(hasila)


def _raise_for_failed_families(hasila: Hasila) -> None:
    """End the run as failed when a family failed as a whole: everything that could be done is done by then."""
    if failed := night.failed_families(hasila.settings):
        raise dg.Failure(
            "; ".join(f"{family.family}: {family.reason}" for family in failed),
            metadata={"failed_families": [family.family for family in failed]},
            allow_retries=False,
        )
