"""hasila: periodic child-protection reports in, an audited warehouse of indicators out.

The packages stand in the order of the data's way: `receive`, `read`, `check`, (the dbt project
models), `release`. They are plain functions without a Dagster import; `assets`, `jobs`,
`schedules` and `definitions` put them on Dagster, `cli` on a command line.
"""

__version__ = "0.1.0"
