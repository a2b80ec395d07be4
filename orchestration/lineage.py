"""Which columns a column of a model is made from: its models' compiled SQL, read by sqlglot.

It follows from the dbt project alone, so it is found once for each version of it and kept beside the
manifest; a night pays nothing. A model that sqlglot cannot follow has no lineage, and hinders nothing.
"""

import graphlib
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

Lineage = dict[str, dict[str, list[tuple[str, str]]]]
"""By model (dbt's unique id) and column: the (unique id, column) pairs that its values come from."""


def column_lineage(manifest: Mapping[str, Any], sources: Mapping[str, pa.Schema]) -> Lineage:
    """The lineage of every model of a manifest of `dbt compile`, from its direct parents.

    `sources` are the columns of dbt's sources, by their names.
    """
    from sqlglot.errors import SqlglotError

    nodes = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")}
    names = {key: f"n{number}" for number, key in enumerate((*manifest["sources"], *nodes))}
    columns = {
        names[key]: dict.fromkeys(sources[source["name"]].names, "text")
        for key, source in manifest["sources"].items()
        if source["name"] in sources
    }
    parents = {key: set(node.get("depends_on", {}).get("nodes", ())) & nodes.keys() for key, node in nodes.items()}
    found: Lineage = {}
    for key in graphlib.TopologicalSorter(parents).static_order():
        node = nodes[key]
        if node["resource_type"] == "seed":
            columns[names[key]] = dict.fromkeys(node["columns"], "text")
            continue
        sql = node.get("compiled_code") or ""
        for parent in node["depends_on"]["nodes"]:
            relation = (manifest["nodes"].get(parent) or manifest["sources"].get(parent) or {}).get("relation_name")
            if relation:
                sql = sql.replace(relation, names[parent])
        try:
            found[key] = _of_query(sql, columns, {name: key for key, name in names.items()})
        except (SqlglotError, ValueError):
            found[key] = {}
        # sqlglot takes a table without columns for a fault of everything.
        if known := found[key] or node["columns"]:
            columns[names[key]] = dict.fromkeys(known, "text")
    return found


def _of_query(
    sql: str, columns: Mapping[str, Mapping[str, str]], keys: Mapping[str, str]
) -> dict[str, list[tuple[str, str]]]:
    from sqlglot import exp
    from sqlglot.lineage import lineage

    found: dict[str, list[tuple[str, str]]] = {}
    for name, node in lineage(None, sql, dict(columns), dialect="duckdb", trim_selects=False).items():
        origins = {
            (keys[leaf.expression.name], leaf.name.rsplit(".", 1)[-1].strip('"'))
            for leaf in node.walk()
            if isinstance(leaf.expression, exp.Table) and leaf.expression.name in keys
        }
        found[name] = sorted(origins)
    return found
