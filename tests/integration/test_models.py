"""The rules of adding up, as dbt's own unit tests: small tables beside the models."""

import pytest

from orchestration import model
from orchestration.settings import load_settings
from tests.integration.conftest import Installation


@pytest.mark.xdist_group("shipped")
def test_the_models_keep_their_rules(shipped: Installation) -> None:
    """dbt raises, with the table that differs, when one does not."""
    settings = load_settings(data=shipped.data)
    model.run(settings, ["test", "--select", "test_type:unit"], settings.work / "dbt_unit_tests")
