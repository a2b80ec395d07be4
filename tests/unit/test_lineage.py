"""Which columns a column is made from, read from compiled SQL."""

from typing import Any

import pyarrow as pa

from orchestration.lineage import column_lineage

SOURCE = "read_parquet('/somewhere/lake/reports/*.parquet', hive_partitioning=false)"


def model(sql: str, *parents: str, name: str) -> dict[str, Any]:
    return {
        "resource_type": "model",
        "relation_name": f'"warehouse"."main"."{name}"',
        "compiled_code": sql,
        "columns": {},
        "depends_on": {"nodes": list(parents)},
    }


def manifest(**models: dict[str, Any]) -> dict[str, Any]:
    seed = {
        "resource_type": "seed",
        "relation_name": '"warehouse"."seeds"."place"',
        "columns": {"place_code": {}, "region_code": {}},
        "depends_on": {"nodes": []},
    }
    return {
        "nodes": {"seed.hasila.place": seed, **{f"model.hasila.{name}": node for name, node in models.items()}},
        "sources": {"source.hasila.lake.reports": {"name": "reports", "relation_name": SOURCE}},
    }


SOURCES = {"reports": pa.schema([("receipt_id", pa.string()), ("place_code", pa.string()), ("findings", pa.int32())])}
STAGED = model(
    f"with source as (select * from {SOURCE}) select receipt_id, place_code, findings from source",
    "source.hasila.lake.reports",
    name="staged",
)


def test_a_column_is_followed_through_ctes_stars_joins_and_expressions_to_the_parent() -> None:
    mart = model(
        """
        with staged as (select * from "warehouse"."main"."staged"),
        place as (select * from "warehouse"."seeds"."place"),
        final as (
            select place.region_code, sum(staged.findings) as findings, count(*) as reports,
                coalesce(max(staged.receipt_id), place.place_code) as either
            from staged left join place on staged.place_code = place.place_code
            group by place.region_code, place.place_code
        )
        select * from final
        """,
        "model.hasila.staged",
        "seed.hasila.place",
        name="mart",
    )
    found = column_lineage(manifest(mart=mart, staged=STAGED), SOURCES)
    assert found["model.hasila.staged"]["findings"] == [("source.hasila.lake.reports", "findings")]
    assert found["model.hasila.mart"] == {
        "region_code": [("seed.hasila.place", "region_code")],
        "findings": [("model.hasila.staged", "findings")],
        "reports": [],
        "either": [("model.hasila.staged", "receipt_id"), ("seed.hasila.place", "place_code")],
    }


def test_sql_that_cannot_be_followed_hinders_no_other_model() -> None:
    broken = model("select from where (", name="broken")
    found = column_lineage(manifest(broken=broken, staged=STAGED), SOURCES)
    assert found["model.hasila.broken"] == {}
    assert set(found["model.hasila.staged"]) == {"receipt_id", "place_code", "findings"}
