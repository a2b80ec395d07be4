"""What people would use instead: short scripts that put the cells of every report into DuckDB, with one aggregate.

They read with all cores, know nothing of contracts, check nothing, and keep file, sheet, row and column of each cell.
Each is `python -m benchmarks.rivals.NAME INBOX OUT.duckdb`.
"""
