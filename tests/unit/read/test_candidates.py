"""What the read room hands to the check room comes back as it was."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from orchestration.read import candidates
from tests.helpers import OFFICIAL, Desk, csv_report, xlsx_report


def test_reports_and_rows_come_back_in_order_over_several_batches(desk: Desk, tmp_path: Path) -> None:
    readings = [desk.read(csv_report([OFFICIAL] * rows), file_name=f"{rows}.csv") for rows in (3, 1, 2)]
    writer = candidates.Writer(tmp_path, part_rows=3)
    for reading in readings:
        writer.add(candidates.batch_of([reading]))
    writer.close()
    reports, rows = candidates.load(tmp_path, "official_figures")
    assert reports == [candidates.report_of(reading) for reading in readings]
    assert rows == candidates.rows_table(readings).combine_chunks()
    assert writer.reports == {"official_figures": 3}
    assert writer.observations == {"official_figures": 6}


def test_many_small_batches_take_the_memory_of_their_rows_and_keep_their_order(desk: Desk, tmp_path: Path) -> None:
    reading = desk.read(csv_report([OFFICIAL]))
    batch = candidates.batch_of([reading])
    many = 500
    one = pa.concat_tables([batch.rows] * many).combine_chunks()
    writer = candidates.Writer(tmp_path)
    before = pa.total_allocated_bytes()
    for number in range(many):
        report = replace(batch.reports[0], receipt_id=f"r{number}")
        rows = batch.rows.set_column(0, "receipt_id", pa.array([report.receipt_id]))
        writer.add(candidates.Batch((report,), rows))
    assert pa.total_allocated_bytes() - before < 2 * one.nbytes
    writer.close()
    reports, rows = candidates.load(tmp_path, "official_figures")
    expected = [f"r{number}" for number in range(many)]
    assert [report.receipt_id for report in reports] == rows.column("receipt_id").to_pylist() == expected


def test_each_family_has_its_own_and_what_cannot_be_read_too(desk: Desk, tmp_path: Path) -> None:
    writer = candidates.Writer(tmp_path)
    writer.add(candidates.batch_of([desk.read(xlsx_report(), "ENTRAIDE", "report.xlsx"), desk.read(b"")]))
    writer.close()
    assert candidates.families(tmp_path) == ["activity_report", "unmatched"]
    (unreadable,), rows = candidates.load(tmp_path, "unmatched")
    assert (unreadable.state, rows.num_rows) == ("unreadable", 0)
    assert [finding.code for finding in unreadable.findings] == ["FILE_EMPTY"]
    assert candidates.load(tmp_path, "no_such_family") == ([], candidates.SCHEMA.empty_table())
    candidates.clear(tmp_path)
    assert not tmp_path.exists()
