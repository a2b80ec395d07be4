"""Answer: the feedback workbooks of the reports that are new, in the outbox. The last asset of the load."""

from collections.abc import Iterator

import dagster as dg

from orchestration import night
from orchestration.assets.resource import Hasila


@dg.asset(
    key="answers",
    deps=["release"],
    group_name="answer",
    kinds={"excel"},
    owners=["team:data-engineering"],
    description="An answer to the reporter of each report that is new since the last release: the reporter's own "
    "workbook, marked. They wait in the outbox; `hasila outbox --send` sends them. An answer that cannot be "
    "written fails no load.",
)
def answers(hasila: Hasila) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg, unused-ignore]
    from orchestration.answer.room import answer

    summary = answer(hasila.settings, hasila.rulebook)
    yield dg.MaterializeResult(
        metadata={
            "written": summary["written"],
            "failed": dg.MetadataValue.json(summary["failed"]),
            "error": summary["error"],
            "seconds": summary["seconds"],
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
