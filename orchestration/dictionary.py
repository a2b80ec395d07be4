"""Pages about the models: the data dictionary, and dbt's own pages with the lineage.

Run as `make docs`. `docs/data-dictionary.md` is written from what the dbt project says of its marts,
and a test holds it true. dbt's pages are one file to open, made from the project alone.
"""

import json
from pathlib import Path
from typing import Any

from orchestration import model
from orchestration.release import changes
from orchestration.settings import load_settings

_HEAD = """# Data dictionary

The schema `marts` of every release. Written by `make docs` from the descriptions in
`dbt_project/models/marts/` and `orchestration/release/changes.py`; do not edit it here.

"""


def page(manifest: dict[str, Any]) -> str:
    """The dictionary as Markdown: a table of the marts, then each with its columns."""
    built = [
        node for node in manifest["nodes"].values() if node["resource_type"] == "model" and node["schema"] == "marts"
    ]
    marts = sorted([*built, _release_change()], key=lambda node: str(node["name"]))
    lines = [_HEAD + "| mart | what it holds |", "|---|---|"]
    lines += [f"| [{mart['name']}](#{mart['name']}) | {_one_line(mart['description'])} |" for mart in marts]
    for mart in marts:
        lines += ["", f"## {mart['name']}", "", _one_line(mart["description"]), ""]
        lines += ["| column | type | meaning |", "|---|---|---|"]
        lines += [
            f"| {column['name']} | {column.get('data_type') or ''} | {_one_line(column['description'])} |"
            for column in mart["columns"].values()
        ]
    return "\n".join(lines) + "\n"


def _release_change() -> dict[str, Any]:
    """The mart that the release room writes, as dbt describes the others."""
    columns = {
        name: {"name": name, "data_type": kind, "description": meaning}
        for name, (kind, meaning) in changes.COLUMNS.items()
    }
    return {"name": changes.TABLE, "description": changes.DESCRIPTION, "columns": columns}


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def path() -> Path:
    """Where the page lies."""
    return load_settings().dbt_project.parent / "docs" / "data-dictionary.md"


def current_page() -> str:
    """The page as the dbt project now has it."""
    manifest = json.loads(model.manifest_path(load_settings()).read_text(encoding="utf-8"))
    return page(manifest)


def lineage_page() -> Path:
    """Let dbt write its pages of models, columns, tests and lineage as one file; returns where it lies.

    Raises ModelError when the project cannot be parsed.
    """
    settings = load_settings()
    folder = settings.dbt_project / "target" / "docs"
    model.run(settings, ["docs", "generate", "--static", "--empty-catalog"], folder)
    return folder / "static_index.html"


if __name__ == "__main__":
    path().parent.mkdir(exist_ok=True)
    path().write_text(current_page(), encoding="utf-8")
    print(path())
    print(lineage_page())
