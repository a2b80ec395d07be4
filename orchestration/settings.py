"""The one place that reads the environment.

Every path and every limit of hasila is a field of `Settings`; the rest of the code is handed a
`Settings` object and looks nowhere else. Variables are prefixed with `HASILA_`
(`HASILA_DATA`, `HASILA_INBOX`, ...).
"""

import datetime as dt
import getpass
import os
from functools import cached_property
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError
from upath import UPath

Language = Literal["ar", "fr", "en"]
LANGUAGES: tuple[Language, ...] = ("ar", "fr", "en")

_PROJECT = Path(__file__).resolve().parent.parent


_PATHS = (
    "data",
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


class Settings(BaseSettings):
    """Paths, limits and language of one hasila installation.

    Relative paths are taken from the working directory, as every command line tool does, except
    the defaults, which lie in the project.
    """

    model_config = SettingsConfigDict(env_prefix="HASILA_", extra="ignore", frozen=True)

    data: Path = Field(_PROJECT / "data", description="Runtime state: archive, lake, work, published.")
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
    memory_limit: str | None = Field(
        None,
        pattern=r"^[1-9][0-9]*(\.[0-9]+)? ?[KMGT]i?B$",
        description="Memory (8GB) that building the warehouse takes before it uses the disk; else half the machine's.",
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
        default_factory=lambda given: given["data"] / "dagster",
        description="Dagster's dagster.yaml and its storage where that is local; else in the runtime state.",
    )
    portal_scripts: Path = Field(
        default_factory=lambda given: given["data"] / "work" / "portal",
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

    # The rooms' folders. Archive and lake may be object storage, so they are universal paths.

    @property
    def archive(self) -> UPath:
        """Received files, unchanged: `archive/received=<date>/<sha256><suffix>`."""
        return UPath(self.data) / "archive"

    @property
    def lake(self) -> UPath:
        """Parquet: `lake/<table>/[family=<family>/]received=<date>.parquet`."""
        return UPath(self.data) / "lake"

    @property
    def work(self) -> Path:
        """What a load needs only while it runs, and what can be built again."""
        return self.data / "work"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that dbt builds; nobody but the load opens it."""
        return self.work / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """`releases/<release_id>/` and the link `current`."""
        return self.data / "published"

    @property
    def outbox(self) -> Path:
        """Answers to reporters: `<organisation>/<received-date>/<file>.<receipt>.<verdict>.xlsx` and `.json`."""
        return self.data / "outbox"

    @property
    def seeds(self) -> Path:
        """The results framework: CSV files that dbt and the read room share."""
        return self.dbt_project / "seeds"


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
    paths = {
        name: Path(getattr(settings, name)).expanduser().resolve()
        for name in _PATHS
        if getattr(settings, name) is not None
    }
    return settings.model_copy(update=paths)
