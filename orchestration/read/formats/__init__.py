"""Formats: bytes in, located cells out.

One module a format, all behind `open_document`. A format knows nothing of contracts; it says which
sheets a file has and what stands in their cells.
"""
