"""Check: Great Expectations judges the candidate rows; each report gets a verdict.

What passes goes to the lake's observations, what is refused to its rejections (the quarantine)
with the rule it broke: nothing disappears.
"""
