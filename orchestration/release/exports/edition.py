"""What an export says of the release that it belongs to."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Licence:
    """Terms under which the figures may be used: a short name, a title for people, an address."""

    name: str
    title: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """A release as its exports name it.

    `created_at` is the moment it was made (with its zone), `as_of_date` the last received date in it. `licences`
    is empty where the publisher states none: then the exports state none either.
    """

    release_id: str
    created_at: dt.datetime
    as_of_date: dt.date
    previous_release_id: str | None
    hasila_version: str
    licences: tuple[Licence, ...] = ()

    @property
    def moment(self) -> dt.datetime:
        """`created_at` in UTC without zone, in whole seconds, as file formats without zones hold it."""
        moment = self.created_at
        if moment.tzinfo is not None:
            moment = moment.astimezone(dt.UTC).replace(tzinfo=None)
        return moment.replace(microsecond=0)
