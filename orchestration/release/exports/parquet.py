"""Parquet: one file a mart, with the comments of tables and columns as metadata of schema and fields."""

from pathlib import Path
from typing import Any

from orchestration.release.exports.contents import Contents, Mart
from orchestration.release.exports.edition import Edition

_ROW_GROUP = 122_880


def write(source: Contents, folder: Path, edition: Edition) -> None:
    """Write `<mart>.parquet` for every mart, batch by batch. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for mart in source.marts.values():
        _write_mart(source, mart, folder / f"{mart.name}.parquet", edition)


def _write_mart(source: Contents, mart: Mart, path: Path, edition: Edition) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    reader: Any = source.connection.execute(f"select * from {mart.table}").to_arrow_reader(_ROW_GROUP)
    fields = [
        field.with_metadata({"description": column.comment}) if column.comment else field
        for field, column in zip(reader.schema, mart.columns, strict=True)
    ]
    about = {"release_id": edition.release_id, "description": mart.comment}
    schema = pa.schema(fields, metadata=about)
    with pq.ParquetWriter(path, schema, compression="zstd", version="2.6") as writer:
        for batch in reader:
            table = pa.Table.from_batches([batch]).replace_schema_metadata(about)
            writer.write_table(table.cast(schema), row_group_size=_ROW_GROUP)
