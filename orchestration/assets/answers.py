"""Answer: the feedback workbooks of the reports that are new, in the outbox."""

import dagster as dg

from orchestration.assets.resource import Hasila


@dg.asset(
    key="answers",
    deps=["release"],
    group_name="answer",
    kinds={"excel"},
    owners=["team:data-engineering"],
    description="An answer to the reporter of each report that is new since the last release: the reporter's own "
    "workbook, marked. They wait in the outbox; `hasila outbox --send` sends them. Never fails a load.",
)
def answers(hasila: Hasila) -> dg.MaterializeResult:  # type: ignore[type-arg, unused-ignore]
    from orchestration.answer.room import answer

    summary = answer(hasila.settings, hasila.rulebook)
    return dg.MaterializeResult(
        metadata={
            "written": summary["written"],
            "failed": dg.MetadataValue.json(summary["failed"]),
            "error": summary["error"],
            "seconds": summary["seconds"],
        }
    )
