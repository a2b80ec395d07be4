"""The code location: `build_defs` puts the rooms on Dagster.

Loading it reads contracts and the dbt project's manifest; it opens no warehouse and no connection.
"""

import dagster as dg

from orchestration import model
from orchestration.assets.answers import answers
from orchestration.assets.observations import observations_asset, readings
from orchestration.assets.receipts import receipts
from orchestration.assets.release import release_asset
from orchestration.assets.resource import Hasila
from orchestration.assets.warehouse import warehouse_assets
from orchestration.jobs import nightly_load
from orchestration.read.contracts import load_contracts
from orchestration.read.room import UNMATCHED
from orchestration.schedules import nightly
from orchestration.settings import load_settings


def build_defs(*, data: str | None = None, inbox: str | None = None, lock_held: bool = False) -> dg.Definitions:
    """The definitions for one installation.

    The arguments override the environment, so that tests and the command line run the same assets
    elsewhere. Raises ContractError and ModelError.
    """
    settings = load_settings(data=data, inbox=inbox)
    families = sorted({contract.family for contract in load_contracts(settings.contracts)} | {UNMATCHED})
    warehouse = warehouse_assets(model.manifest_path(settings), families)
    marts = sorted(key for key in warehouse.keys if key.path[0] == "marts")
    return dg.Definitions(
        assets=[
            receipts,
            readings,
            *(observations_asset(family) for family in families),
            warehouse,
            release_asset(marts),
            answers,
        ],
        jobs=[nightly_load],
        schedules=[nightly],
        # What is started asset by asset in the web UI holds the load's lock as one process too.
        executor=dg.in_process_executor,
        resources={"hasila": Hasila(data=data, inbox=inbox, lock_held=lock_held)},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster's tools load."""
    return build_defs()
