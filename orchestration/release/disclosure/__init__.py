"""Disclosure control: which figures about children may go public, so that no child can be found behind one.

`policy` is what was decided (threshold, rounding, sums across indicators), `relations` what a reader can add up
and take apart, `bounds` the counts that sums leave for figures such as "less than 5", `protect` which cells are
withheld so that no small count follows from the rest, `record` what each release withheld.
`orchestration.release.public` applies it. The method, its sources and its limits stand in `docs/disclosure.md`.
"""
