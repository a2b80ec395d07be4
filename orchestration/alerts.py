"""Alerts to those who run hasila: a load failed, reports are overdue or nobody could be told of them. By mail, to a web
service, or both.

An alert that cannot be handed over is told to the caller and fails nothing: whoever watches a load
must not be what stops it. The command line and Dagster's sensors call the same functions. What
reporters get is no alert: that is `answer/`.
"""

import datetime as dt
import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Any, Literal

from orchestration.overdue import OverdueReport
from orchestration.release import publish
from orchestration.settings import Settings
from orchestration.texts import load_texts
from orchestration.transport import MailServer, NotTakenError, SetupError, WebService, is_address

Kind = Literal["load_failed", "reports_overdue", "overdue_failed", "message"]
LONGEST_REASON = 4000
MOST_REPORTS = 100
"""So many overdue reports are named in a mail; a web service gets them all."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What is told: `subject` and `body` for people, `details` for programs (JSON values)."""

    kind: Kind
    subject: str
    body: str
    details: Mapping[str, Any]

    @property
    def key(self) -> str:
        """The same whenever the same alert is sent again."""
        said = json.dumps([self.kind, self.subject, self.body, self.details], ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()


def _words(settings: Settings) -> Mapping[str, Any]:
    words: Mapping[str, Any] = load_texts(Path(__file__).with_name("alert_texts.yml"))[settings.language]
    return words


def _moment(moment: dt.datetime, settings: Settings) -> str:
    return f"{moment.astimezone(settings.zone):%Y-%m-%d %H:%M %Z}"


# --- what is told


def load_failed(
    settings: Settings, reason: str, *, run_id: str, began_at: dt.datetime, released: bool = False
) -> Alert:
    """The alert of a load that failed: why, and which release stands.

    `began_at` is a moment with a time zone; `released` says that only some families failed.
    """
    words = _words(settings)["load_failed"]
    try:
        manifest = publish.current_manifest(settings.published)
    except (OSError, ValueError, publish.DamagedReleaseError):
        manifest = None
    stands = words["nothing"]
    if manifest is not None:
        made = _moment(dt.datetime.fromisoformat(manifest["created_at"]), settings)
        stands = words["released" if released else "stands"].format(release_id=manifest["release_id"], created_at=made)
    host, told = platform.node(), _shortened(reason)
    return Alert(
        "load_failed",
        words["subject"].format(host=host),
        words["body"].format(host=host, run_id=run_id, moment=_moment(began_at, settings), reason=told, stands=stands),
        {
            "host": host,
            "run_id": run_id,
            "began_at": began_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
            "reason": told,
            "release_id": manifest["release_id"] if manifest else None,
            "is_released": released,
        },
    )


def reports_overdue(settings: Settings, reports: Sequence[OverdueReport], day: dt.date) -> Alert | None:
    """The alert that names the reports that are overdue on `day`; None where none is."""
    if not reports:
        return None
    words = _words(settings)["reports_overdue"]
    lines = [
        words["report"].format(**report.as_json() | {"organisation": report.organisation_name})
        for report in reports[:MOST_REPORTS]
    ]
    if len(reports) > MOST_REPORTS:
        lines.append(words["more"].format(count=len(reports) - MOST_REPORTS))
    return Alert(
        "reports_overdue",
        words["subject"].format(count=len(reports)),
        words["body"].format(day=day.isoformat(), reports="\n".join(lines)),
        {"day": day.isoformat(), "reports": [report.as_json() for report in reports]},
    )


def overdue_failed(settings: Settings, reason: str, *, run_id: str, began_at: dt.datetime) -> Alert:
    """The alert of a run that should have told which reports are overdue, and failed. `began_at` has a time zone."""
    words = _words(settings)["overdue_failed"]
    host, told = platform.node(), _shortened(reason)
    return Alert(
        "overdue_failed",
        words["subject"].format(host=host),
        words["body"].format(host=host, run_id=run_id, moment=_moment(began_at, settings), reason=told),
        {
            "host": host,
            "run_id": run_id,
            "began_at": began_at.astimezone(dt.UTC).isoformat(timespec="seconds"),
            "reason": told,
        },
    )


def message(settings: Settings, text: str) -> Alert:
    """A message in somebody's, or some program's, own words."""
    words = _words(settings)["message"]
    host, told = platform.node(), _shortened(text)
    return Alert(
        "message",
        words["subject"].format(host=host),
        words["body"].format(reason=told),
        {"host": host, "reason": told},
    )


def _shortened(reason: str) -> str:
    """The beginning of a long text: it says what broke first."""
    clean = reason.strip()
    return clean if len(clean) <= LONGEST_REASON else clean[: LONGEST_REASON - 1] + "…"


# --- to whom


def is_set_up(settings: Settings) -> bool:
    """Whether alerts go anywhere."""
    return bool(settings.alert_to.strip() or settings.alert_webhook_url.get_secret_value())


def send(settings: Settings, alert: Alert) -> list[str]:
    """Hand an alert over to every receiver that is set up; returns why it could not be, one reason a receiver.

    Raises nothing that a receiver or the settings cause.
    """
    return hand_over(settings, alert)[1]


def hand_over(settings: Settings, alert: Alert) -> tuple[int, list[str]]:
    """The same; returns how many took it as well, for whoever tries again when nobody did."""
    taken = 0
    reasons: list[str] = []
    if settings.alert_to.strip():
        taken, reasons = _mail(settings, alert)
    if url := settings.alert_webhook_url.get_secret_value():
        try:
            service = WebService(url, "HASILA_ALERT_WEBHOOK_URL", settings.notify_timeout_seconds)
            document = {
                "kind": alert.kind,
                "subject": alert.subject,
                "body": alert.body,
                "language": settings.language,
                **alert.details,
            }
            service.hand_over(document, alert.key)
            taken += 1
        except (SetupError, NotTakenError) as error:
            reasons.append(str(error))
    return taken, reasons


def _mail(settings: Settings, alert: Alert) -> tuple[int, list[str]]:
    """One mail a receiver, so that an address that is refused keeps it from no other."""
    taken, reasons = 0, []
    addresses = [address.strip() for address in settings.alert_to.split(",") if address.strip()]
    if any(not is_address(address) for address in addresses):
        reasons.append("HASILA_ALERT_TO is no list of mail addresses with commas between them")
        addresses = [address for address in addresses if is_address(address)]
    try:
        with MailServer(settings) as server:
            for address in addresses:
                try:
                    server.hand_over(_message_of(settings, alert, address), [address])
                    taken += 1
                except NotTakenError as error:
                    reasons.append(str(error))
    except SetupError as error:
        reasons.append(str(error))
    return taken, reasons


def _message_of(settings: Settings, alert: Alert, address: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = settings.smtp_sender, address, alert.subject
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{alert.key[:32]}.alert@{settings.smtp_sender.rpartition('@')[2]}>"
    mail["Content-Language"] = settings.language
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(alert.body + "\n")
    return mail
