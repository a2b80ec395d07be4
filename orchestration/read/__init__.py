"""Read: a received file becomes observations, each with the cell it stands in.

Bytes become cells (`formats`), cells become a table by the family's contract (`contracts`,
`tables`), and the table becomes one candidate row a reported value (`rows`). Nothing here judges a
value; what cannot be read is said by a finding and never becomes a zero.
"""
