"""What the portal says of the release that it belongs to."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edition:
    """A release as its pages name it.

    `created_at` is the moment it was made (with its zone), `as_of_date` the last received date in it.
    """

    release_id: str
    created_at: dt.datetime
    as_of_date: dt.date
    previous_release_id: str | None
    hasila_version: str
