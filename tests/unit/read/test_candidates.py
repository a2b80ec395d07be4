"""What the read room hands to the check room comes back as it was."""

from pathlib import Path

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
