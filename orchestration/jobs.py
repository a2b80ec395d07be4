"""Jobs: what can be run. The nightly load is one job, whoever starts it; so is a reread."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

NIGHTLY_LOAD = "nightly_load"
REREAD = "reread"
OVERDUE_REPORTS = "overdue_reports"
FROM_THE_BEGINNING = {"dagster/retry_strategy": "ALL_STEPS"}
"""The tag of a run that begins anew when its process died: what the dead one left half-done is cleared."""
WRITING = frozenset({NIGHTLY_LOAD, REREAD, "__ASSET_JOB"})
"""The jobs that work on the runtime state, with Dagster's own for assets that are chosen by hand."""

_OVERDUE = dg.AssetSelection.checks(dg.AssetCheckKey(dg.AssetKey("release"), OVERDUE_REPORTS))
_ROOMS = dg.AssetSelection.all() - _OVERDUE


@dg.config_mapping(
    config_schema={
        "families": dg.Field(
            [str], is_required=False, default_value=[], description="Only days with reports of one of these families."
        ),
        "from": dg.Field(
            dg.Noneable(str), is_required=False, default_value=None, description="First received day, YYYY-MM-DD."
        ),
        "to": dg.Field(
            dg.Noneable(str), is_required=False, default_value=None, description="Last received day, YYYY-MM-DD."
        ),
    }
)
def reread_config(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a person asks for, as the receipts asset is configured."""
    days = {"families": wanted["families"], "first": wanted["from"] or "", "last": wanted["to"] or ""}
    return {"ops": {"receipts": {"config": {"reread": days}}}}


# One process: starting one a step would cost more than most steps.
nightly_load = dg.define_asset_job(
    NIGHTLY_LOAD,
    selection=_ROOMS,
    tags=FROM_THE_BEGINNING,
    description="Receive, read, check, model, release, answer. The same job as `hasila load`.",
    executor_def=dg.in_process_executor,
)
reread = dg.define_asset_job(
    REREAD,
    selection=_ROOMS,
    config=reread_config,
    tags=FROM_THE_BEGINNING,
    description="Received days read again from the archive, by the contracts and rules of now, and released. "
    "The same as `hasila reread`: run config `families`, `from`, `to`; nothing given is everything.",
    executor_def=dg.in_process_executor,
)
overdue_reports = dg.define_asset_job(
    OVERDUE_REPORTS,
    selection=_OVERDUE,
    description="Which reports are overdue, told to those who run hasila. The same as `hasila overdue --send`.",
    executor_def=dg.in_process_executor,
)
