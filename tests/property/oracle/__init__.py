"""The oracle: section 6 of the design once more, in plain Python and apart from the SQL.

`facts` says what goes in, `rules` adds it up by brute force, `cases` makes reports up, `run` sends them
through the real rooms and dbt, `comparison` holds the marts against the rules. Nothing in `rules` knows
SQL, pandas or the dbt project; docs/adding-up.md says the same in words, rule by rule.
"""
