"""The documentation that is made from the code is the one of this code."""

import json

from orchestration import dictionary
from orchestration.model import manifest_path
from orchestration.settings import load_settings


def test_the_data_dictionary_is_current() -> None:
    """`make docs` writes it."""
    assert dictionary.path().read_text(encoding="utf-8") == dictionary.current_page()


def test_the_release_is_shown_with_every_mart_it_holds() -> None:
    manifest = json.loads(manifest_path(load_settings()).read_text(encoding="utf-8"))
    (release,) = [one for one in manifest["exposures"].values() if one["name"] == "release"]
    marts = {
        name
        for name, node in manifest["nodes"].items()
        if node.get("schema") == "marts" and node["resource_type"] == "model"
    }
    assert set(release["depends_on"]["nodes"]) == marts
