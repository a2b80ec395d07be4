"""Jobs: what can be run. The nightly load is one job, whoever starts it."""

import dagster as dg

NIGHTLY_LOAD = "nightly_load"

nightly_load = dg.define_asset_job(
    NIGHTLY_LOAD,
    selection=dg.AssetSelection.all(),
    description="Receive, read, check, model, release, answer. The same job as `hasila load`.",
    # One process: starting one a step would cost more than most steps.
    executor_def=dg.in_process_executor,
)
