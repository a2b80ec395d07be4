"""Assets: the rooms on Dagster, thin. What a room does stands in its own package.

One module a room, in the order of the data's way: `receipts`, `readings`, `observations` (one
asset a family), `warehouse` (the dbt models), `release`.
"""
