"""A workbook as KoboToolbox exports it: a sheet of submissions, and one for each repeat group."""

import io
from collections.abc import Sequence

import openpyxl

Table = Sequence[Sequence[object]]

FOLLOW_UP: Table = [
    ["start", "identification/province", "periode", "_id", "_uuid", "_submission_time", "_index"],
    ["2019-05-02T08:00", "Larache", "2019-05", 71, "a", "2019-05-02T09:00", 1],
    ["2019-06-03T08:00", "Chefchaouen", "2019-06", 72, "b", "2019-06-03T09:00", 2],
]
CHILDREN: Table = [
    ["visites/filles", "visites/garcons", "_index", "_parent_table_name", "_parent_index", "_submission__id"],
    [3, 4, 1, "Suivi", 1, 71],
    [5, 6, 2, "Suivi", 2, 72],
    [7, 8, 3, "Suivi", 1, 71],
]


def export(**sheets: Table) -> bytes:
    """The workbook of some sheets, by name."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
