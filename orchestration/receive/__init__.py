"""Receive: a file appears in the inbox, is archived unchanged, and gets a receipt.

Nothing here opens a report. What was received is never lost or altered, whatever is in it.
"""
