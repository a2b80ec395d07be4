"""Release: the built warehouse is audited, written as an immutable release, and published.

Publishing is one atomic switch of the link `published/current`; a reader sees the release before
or the release after, whole.
"""
