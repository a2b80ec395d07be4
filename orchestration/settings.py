"""The one place that reads the environment.

Every path and every limit of hasila is a field of `Settings`; the rest of the code is handed a
`Settings` object and looks nowhere else. Variables are prefixed with `HASILA_`
(`HASILA_DATA`, `HASILA_INBOX`, ...).
"""

import datetime as dt
import getpass
import hashlib
import os
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, PlainValidator, PrivateAttr, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError
from upath import UPath

if TYPE_CHECKING:
    from orchestration.release.remote import RemoteReleases

Language = Literal["ar", "fr", "en"]
LANGUAGES: tuple[Language, ...] = ("ar", "fr", "en")

_PROJECT = Path(__file__).resolve().parent.parent


_PATHS = (
    "data",
    "local",
    "inbox",
    "contracts",
    "corrections",
    "expectations",
    "dbt_project",
    "contacts",
    "branding",
    "metrics_file",
    "dagster_home",
    "portal_scripts",
)


_AMOUNT = re.compile(r"[1-9][0-9]*(\.[0-9]+)? ?[KMGT]i?B")


def _folder_or_address(value: object) -> Path | UPath:
    """A local folder, or a place in object storage (`s3://bucket/prefix`)."""
    text = os.fspath(value) if isinstance(value, os.PathLike) else str(value)
    scheme, separator, rest = text.partition("://")
    if not separator or scheme == "file":
        return Path(rest if separator else text)
    if scheme != "s3" or not rest.strip("/") or "@" in rest or "?" in rest:
        raise PydanticCustomError("address", "Input should be a folder, or an address s3://bucket/prefix")
    return UPath(text.rstrip("/"))


def _amount_of_memory(value: str | None) -> str | None:
    if value is not None and not _AMOUNT.fullmatch(value):
        raise PydanticCustomError("memory", "Input should be an amount of memory with its unit, such as 800MiB or 8GB")
    return value


def _home(given: Mapping[str, Any]) -> Path:
    """Where what stays on this machine lies, going by the fields `data` and `local`."""
    if (local := given.get("local")) is not None:
        return Path(local)
    data = given["data"]
    return data if isinstance(data, Path) else _PROJECT / "data"


class Settings(BaseSettings):
    """Paths, limits and language of one hasila installation.

    Relative paths are taken from the working directory, as every command line tool does, except
    the defaults, which lie in the project.
    """

    model_config = SettingsConfigDict(env_prefix="HASILA_", extra="ignore", frozen=True, populate_by_name=True)

    data: Annotated[Path | UPath, PlainValidator(_folder_or_address)] = Field(
        _PROJECT / "data", description="Runtime state: archive, lake, published; a folder, or s3://bucket/prefix."
    )
    local: Path | None = Field(
        None,
        validation_alias="HASILA_WORK",
        description="The folder of what stays on this machine: work, outbox, dagster; else that of `data`.",
    )
    inbox: Path = Field(_PROJECT / "raw" / "inbox", description="Where reports arrive, one folder an organisation.")
    contracts: Path = Field(_PROJECT / "raw" / "contracts", description="One YAML contract a family.")
    corrections: Path = Field(_PROJECT / "raw" / "corrections", description="Known errors and what counts instead.")
    expectations: Path = Field(_PROJECT / "expectations", description="Rules and their suites.")
    dbt_project: Path = Field(_PROJECT / "dbt_project", description="The dbt project that models the lake.")

    language: Language = Field("en", description="Language of messages where a command is not told another.")
    user: str | None = Field(None, description="Whose decisions are recorded; else the login name.")
    timezone: str = Field("Africa/Casablanca", description="Decides which day a report without a date was received.")
    settle_seconds: float = Field(
        1.0, ge=0, le=60, description="A file whose size or time still changes within this span is being written."
    )
    max_file_bytes: int = Field(256 * 1024 * 1024, gt=0, description="A larger report is archived but not opened.")
    max_cells: int = Field(5_000_000, gt=0, description="A report with more cells is not read.")
    max_expanded_bytes: int = Field(
        1024 * 1024 * 1024, gt=0, description="A zipped workbook that unpacks to more is not opened."
    )
    memory_limit: Annotated[str | None, AfterValidator(_amount_of_memory)] = Field(
        None,
        description="Memory (8GB) for building the warehouse before the disk is used; else 800 MiB a million rows.",
    )
    years_kept_from: int = Field(
        500_000,
        ge=0,
        description="From so many observations on, a load builds only the years that something changed in.",
    )
    lock_wait_seconds: float = Field(0, ge=0, description="How long a second load waits for the first one.")
    notify: Literal["off", "smtp", "webhook"] = Field(
        "off", description="How `hasila outbox --send` hands answers over; off hands over nothing."
    )
    contacts: Path | None = Field(
        None, description="CSV organisation_code,address,language: where answers go by mail. Never in the repository."
    )
    notify_timeout_seconds: float = Field(30, gt=0, le=600, description="How long a mail or web server may be silent.")
    smtp_host: str = Field("", description="Mail server.")
    smtp_port: int = Field(587, gt=0, lt=65536, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="How the connection to the mail server is encrypted."
    )
    smtp_user: str = Field("", description="User name at the mail server; empty for none.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Its password.")
    smtp_sender: str = Field("", description="Address that answers come from.")
    webhook_url: SecretStr = Field(SecretStr(""), description="Where answers are posted as JSON.")
    branding: Path | None = Field(
        None, description="The portal's name, publisher and colours; else those of orchestration/portal/branding.yml."
    )
    alert_to: str = Field("", description="Mail addresses that alerts go to, with commas between them; empty for none.")
    alert_webhook_url: SecretStr = Field(
        SecretStr(""), description="Where alerts are posted as JSON; empty for nowhere."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="What a load says on standard error: lines for people, or one JSON object a line."
    )
    metrics_file: Path | None = Field(
        None, description="A Prometheus text file (*.prom) that every load writes anew; none where it is not set."
    )
    dagster_home: Path = Field(
        default_factory=lambda given: _home(given) / "dagster",
        description="Dagster's dagster.yaml and its storage where that is local; else in the runtime state.",
    )
    portal_scripts: Path = Field(
        default_factory=lambda given: _home(given) / "work" / "portal",
        description="Where scripts of the portal that are the same in every release are made once and kept.",
    )
    releases_kept: int = Field(
        30, ge=1, description="So many releases are kept; older ones are removed, never the current one."
    )
    releases_kept_days: int | None = Field(
        None, ge=1, description="Releases made longer ago are removed as well, never the current one."
    )

    @cached_property
    def zone(self) -> ZoneInfo:
        """The time zone of `timezone`."""
        return ZoneInfo(self.timezone)

    def today(self) -> dt.date:
        """The calendar day in `timezone`."""
        return dt.datetime.now(self.zone).date()

    def day_of(self, moment: dt.datetime) -> dt.date:
        """The calendar day in `timezone` of a moment in UTC without zone."""
        return moment.replace(tzinfo=dt.UTC).astimezone(self.zone).date()

    def person(self) -> str | None:
        """Who decides: `user`, else the login name; None where the system knows neither."""
        try:
            return self.user or getpass.getuser()
        except (KeyError, OSError):
            return None

    # The rooms' folders. Archive, lake and releases may lie in object storage.

    @property
    def is_remote(self) -> bool:
        """Whether archive, lake and releases lie in object storage."""
        return not isinstance(self.data, Path)

    @property
    def home(self) -> Path:
        """Where what stays on this machine lies: `work`, `outbox` and, unless told otherwise, `dagster`."""
        return _home({"data": self.data, "local": self.local})

    @property
    def archive(self) -> UPath:
        """Received files, unchanged: `archive/received=<date>/<sha256><suffix>`."""
        return self._shared_archive or UPath(self.data) / "archive"

    @property
    def lake(self) -> UPath:
        """Parquet: `lake/<table>/[family=<family>/]received=<date>.parquet`.

        Of a lake in object storage it is the copy on this machine, whose changes go there first. It is brought up
        to date by whoever takes the lock, when a process begins, and again in one that lives on (`mirror`); then
        this raises OSError.
        """
        if isinstance(self.data, Path):
            return UPath(self.data) / "lake"
        from orchestration import mirror

        return mirror.mirrored(self.data / "lake", self._copies / "lake")

    @property
    def work(self) -> Path:
        """What a load needs only while it runs, and what can be built again."""
        return self.home / "work"

    @property
    def _copies(self) -> Path:
        """What this machine has of the object storage, apart for each address."""
        address = hashlib.sha256(str(self.data).encode()).hexdigest()
        return self.work / "copies" / address[:16]

    @property
    def gathered(self) -> Path:
        """Where the lake's files lie gathered, many in one (`orchestration.gathered`)."""
        return self.work / "gathered"

    @property
    def quality(self) -> Path:
        """Where the pages of `hasila docs quality` are written, unless told otherwise."""
        return self.work / "quality"

    @property
    def spill(self) -> Path:
        """Where DuckDB goes on in a load when its memory is full."""
        return self.work / "spill"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt builds; nobody but the load opens it."""
        return self.work / "warehouse.duckdb"

    @property
    def warehouse_note(self) -> Path:
        """Says of the built warehouse that it is sound and may be built upon (`earlier_build`)."""
        return self.work / "warehouse.json"

    @property
    def published(self) -> "Path | RemoteReleases":
        """`releases/<release_id>/` and the link `current`."""
        if isinstance(self.data, Path):
            return self.data / "published"
        from orchestration.release.remote import RemoteReleases

        return RemoteReleases(self.data / "published", self._copies)

    @property
    def outbox(self) -> Path:
        """Answers to reporters: `<organisation>/<received-date>/<file>.<receipt>.<verdict>.xlsx` and `.json`."""
        return self.home / "outbox"

    @property
    def seeds(self) -> Path:
        """The results framework: CSV files that dbt and the read room share."""
        return self.dbt_project / "seeds"

    _shared_archive: UPath | None = PrivateAttr(default=None)

    def beside(self, folder: Path) -> "Settings":
        """An installation of its own in `folder`, on this machine, whose archive is that of this one."""
        own = self.model_copy(update={"data": folder, "local": None})
        own._shared_archive = self.archive  # noqa: SLF001  # it is one of its own kind
        return own


def load_settings(**overrides: object) -> Settings:
    """Settings from the environment, with `overrides` on top and every path made absolute.

    Where `HASILA_SECRETS` names a folder, a file in it with a variable's name in small letters
    (`hasila_smtp_password`) stands for that variable, unless the environment has it. Raises
    ValidationError, and SettingsError where that folder is not there.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    secrets = os.environ.get("HASILA_SECRETS") or None
    if secrets is not None and not Path(secrets).is_dir():
        raise SettingsError(f"HASILA_SECRETS is no folder: {secrets}")
    settings = Settings(_secrets_dir=secrets, **given)  # type: ignore[arg-type]
    paths = {name: path.expanduser().resolve() for name in _PATHS if isinstance(path := getattr(settings, name), Path)}
    return settings.model_copy(update=paths)


def what_is_wrong(error: ValidationError | SettingsError) -> str:
    """Which variable `load_settings` refused and why; its value may be a secret and is not repeated."""
    if isinstance(error, SettingsError):
        return str(error)
    return "; ".join(
        f"HASILA_{'_'.join(map(str, fault['loc'])).upper().removeprefix('HASILA_')}: {fault['msg']}"
        for fault in error.errors()
        # A default that is made from another variable has nothing wrong of its own.
        if fault["type"] != "default_factory_not_called"
    )
