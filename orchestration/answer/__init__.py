"""The answer to the reporter: the feedback workbook of each judged report, and how it is sent.

It comes after checking, beside the release: what a report was found to hold becomes the reporter's
own workbook, marked, with a first sheet in the reporter's language. What is wrong is decided in the
rooms before; nothing here judges. Plain functions, no Dagster.
"""
