"""The code location: `build_defs` puts the rooms on Dagster.

Loading it reads contracts and the dbt project's manifest; it opens no warehouse and no connection.
"""

import dagster as dg

from orchestration import model
from orchestration.assets.answers import answers
from orchestration.assets.observations import check_assets, readings
from orchestration.assets.receipts import receipts
from orchestration.assets.release import overdue_check, release_asset
from orchestration.assets.resource import Hasila
from orchestration.assets.warehouse import warehouse_assets
from orchestration.jobs import nightly_load, overdue_reports, reread
from orchestration.read.contracts import load_contracts
from orchestration.read.room import UNMATCHED
from orchestration.schedules import schedules
from orchestration.sensors import sensors
from orchestration.settings import load_settings


def build_defs(
    *, data: str | None = None, inbox: str | None = None, lock_held: bool = False, for_people: bool = True
) -> dg.Definitions:
    """The definitions for one installation.

    The arguments override the environment, so that tests and the command line run the same assets
    elsewhere. What only a web UI shows (the lineage of columns) is left out unless `for_people`: it takes
    seconds to find for a new version of the models. Raises ContractError and ModelError.
    """
    settings = load_settings(data=data, inbox=inbox)
    contracts = load_contracts(settings.contracts)
    families = sorted({contract.family for contract in contracts} | {UNMATCHED})
    manifest = model.manifest_path(settings)
    lineage = model.column_lineage(manifest) if for_people else {}
    warehouse = warehouse_assets(manifest, settings.dbt_project, lineage)
    marts = sorted(key for key in warehouse.keys if key.path[0] == "marts")
    return dg.Definitions(
        assets=[
            receipts,
            readings,
            check_assets(families, contracts, (settings.contracts, settings.expectations)),
            warehouse,
            release_asset(marts),
            answers,
        ],
        asset_checks=[overdue_check],
        jobs=[nightly_load, reread, overdue_reports],
        schedules=schedules,
        sensors=sensors,
        # What is started asset by asset in the web UI holds the load's lock as one process too.
        executor=dg.in_process_executor,
        resources={"hasila": Hasila(data=data, inbox=inbox, lock_held=lock_held)},
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What Dagster's tools load."""
    return build_defs()
