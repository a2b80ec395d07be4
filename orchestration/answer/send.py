"""Handing answers over: by mail to the focal points' addresses, or to a web service.

An answer is marked sent once the server has accepted it, address by address, and never handed to one
that accepted it before. What fails is told, keeps waiting, and stops no other answer.
"""

import base64
import csv
import http.client
import json
import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

from orchestration.answer import outbox
from orchestration.answer.content import long_date, words
from orchestration.answer.outbox import Entry, OutboxError
from orchestration.findings import shown
from orchestration.settings import LANGUAGES, Language, Settings

_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,255}")
_MIME = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
_COLUMNS = ("organisation_code", "address", "language")
RECEIVER = "webhook"
"""What stands for the one receiver where there are no addresses."""


class NotifierError(OutboxError):
    """Answers cannot be sent as things are set up; says what to set."""


class SendError(Exception):
    """One answer was not taken; says why."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Where an organisation's answers go by mail, and the language of the mail around them."""

    organisation_code: str
    address: str
    language: Language | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an answer: `is_sent`, or why not."""

    entry: Entry
    is_sent: bool
    reason: str = ""


def notifier(settings: Settings) -> "Smtp | Webhook":
    """The notifier of an installation. Raises NotifierError."""
    if settings.notify == "off":
        raise NotifierError("nothing is sent while HASILA_NOTIFY is off; set it to smtp or webhook")
    if settings.notify == "smtp":
        for name in ("smtp_host", "smtp_sender"):
            if not getattr(settings, name):
                raise NotifierError(f"to send by mail, set HASILA_{name.upper()}")
        if not _ADDRESS.fullmatch(settings.smtp_sender):
            raise NotifierError(f"HASILA_SMTP_SENDER is no mail address: {settings.smtp_sender}")
        return Smtp(settings, read_contacts(settings.contacts))
    return Webhook(settings)


def send(settings: Settings, entries: Sequence[Entry], to: "Smtp | Webhook") -> Iterator[Outcome]:
    """Hand over answers that wait, one after the other. Raises OSError when the outbox cannot be written."""
    with to:
        for entry in entries:
            yield _send_one(settings.outbox, entry, to)


def rehearse(entries: Sequence[Entry], to: "Smtp | Webhook") -> Iterator[Outcome]:
    """What `send` would hand over, and what it could not for want of a receiver."""
    for entry in entries:
        try:
            to.receivers(entry)
        except SendError as error:
            yield Outcome(entry, False, str(error))
        else:
            yield Outcome(entry, True)


def _send_one(folder: Path, entry: Entry, to: "Smtp | Webhook") -> Outcome:
    reasons: list[str] = []
    try:
        workbook = entry.workbook_path(folder).read_bytes()
        waiting = [
            (receiver, language)
            for receiver, language in to.receivers(entry)
            if outbox.address_digest(receiver) not in entry.sent_to
        ]
    except (SendError, OSError) as error:
        return Outcome(entry, False, str(error))
    entry = replace(entry, attempts=entry.attempts + 1)
    for receiver, language in waiting:
        try:
            to.hand_over(entry, workbook, receiver, language)
        except SendError as error:
            reasons.append(str(error))
            entry = replace(entry, error=str(error))
        else:
            entry = outbox.accepted(entry, receiver)
        outbox.save(folder, entry)
    if not reasons:
        entry = replace(entry, state="sent", sent_at=datetime.now(UTC))
    outbox.save(folder, entry)
    return Outcome(entry, not reasons, "; ".join(reasons))


# --- who gets them


def read_contacts(path: Path | None) -> dict[str, list[Contact]]:
    """The contacts by organisation. Raises NotifierError naming the file and the line."""
    if path is None:
        raise NotifierError(
            f"to send by mail, set HASILA_CONTACTS to a CSV file with the columns {', '.join(_COLUMNS)}"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise NotifierError(f"the contacts cannot be read: {path}: {reason}") from error
    lines = text.splitlines()
    delimiter = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    rows = csv.DictReader(lines, delimiter=delimiter)
    names = [name.strip() for name in rows.fieldnames or ()]
    if missing := [name for name in _COLUMNS if name not in names]:
        raise NotifierError(f"the contacts lack the column {', '.join(missing)}: {path}")
    rows.fieldnames = names
    found: dict[str, list[Contact]] = {}
    for row in rows:
        code, address, language = ((row[name] or "").strip() for name in _COLUMNS)
        if not _ADDRESS.fullmatch(address) or not code:
            # The address itself is not repeated: it may be somebody's.
            raise NotifierError(f"{path}: line {rows.line_num}: an organisation and a mail address are expected")
        if language and language not in LANGUAGES:
            raise NotifierError(
                f"{path}: line {rows.line_num}: the language is one of {', '.join(LANGUAGES)}, or empty"
            )
        said = next((name for name in LANGUAGES if name == language), None)
        found.setdefault(code, []).append(Contact(code, address, said))
    return found


# --- in which words


def subject_and_body(entry: Entry, language: Language) -> tuple[str, str]:
    """The mail around an answer."""
    texts = words(language)
    verdict = texts["verdicts"][entry.verdict]
    said = {
        "file": shown(entry.file_name),
        "verdict": verdict["name"],
        "received": long_date(entry.received_date, language),
        "meaning": verdict["meaning"],
        "next": verdict["next"],
    }
    mail = texts["mail"]
    body = "\n\n".join((mail["greeting"], mail["body"].format(**said), mail["closing"]))
    return mail["subject"].format(**said), body + "\n"


def message_of(entry: Entry, workbook: bytes, sender: str, receiver: str, language: Language) -> EmailMessage:
    """The mail of an answer, with the same identity whenever it is made: a repetition can be told."""
    message = EmailMessage()
    subject, body = subject_and_body(entry, language)
    message["From"], message["To"], message["Subject"] = sender, receiver, subject
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{entry.digest[:32]}.{outbox.address_digest(receiver)}@{sender.rpartition('@')[2]}>"
    message["Content-Language"] = language
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    message.add_attachment(workbook, maintype=_MIME[0], subtype=_MIME[1], filename=entry.workbook)
    return message


# --- by mail


class Smtp:
    """A mail server; the connection is opened for the first answer and again after one that broke it."""

    def __init__(self, settings: Settings, contacts: Mapping[str, Sequence[Contact]]):
        self._settings = settings
        self._contacts = contacts
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> "Smtp":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._server is not None:
            try:
                self._server.quit()
            except (smtplib.SMTPException, OSError):
                self._server.close()
            self._server = None

    def receivers(self, entry: Entry) -> list[tuple[str, Language]]:
        contacts = self._contacts.get(entry.organisation_code, ())
        if not contacts:
            raise SendError(f"the contacts name no address for {entry.organisation_code}")
        return [(contact.address, contact.language or entry.language) for contact in contacts]

    def hand_over(self, entry: Entry, workbook: bytes, receiver: str, language: Language) -> None:
        message = message_of(entry, workbook, self._settings.smtp_sender, receiver, language)
        try:
            self._connected().send_message(message, self._settings.smtp_sender, [receiver])
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self._drop(error)
            raise SendError(_reason(error)) from error

    def _connected(self) -> smtplib.SMTP:
        if self._server is None:
            settings = self._settings
            seconds, context = settings.notify_timeout_seconds, ssl.create_default_context()
            server: smtplib.SMTP
            if settings.smtp_security == "tls":
                server = smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=seconds, context=context)
            else:
                server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=seconds)
            try:
                if settings.smtp_security == "starttls":
                    server.starttls(context=context)
                if settings.smtp_user:
                    server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            except BaseException:
                server.close()
                raise
            self._server = server
        return self._server

    def _drop(self, error: Exception) -> None:
        """Leave a connection that cannot be used for the next answer."""
        refused = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)
        if self._server is not None and not isinstance(error, refused):
            self._server.close()
            self._server = None


def _reason(error: Exception) -> str:
    """Why a server did not take it, without the address, which is personal."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in error.recipients.values()})
        return f"the mail server refuses the address ({', '.join(map(str, codes))})"
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        words_said = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        return f"the mail server answers {error.smtp_code} {shown(words_said)}"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "the mail server does not answer in time"
    return f"the mail server cannot be used: {shown(str(error))}"


# --- to a web service


class Webhook:
    """A web service that takes each answer as one JSON document (docs/answers.md) and answers 2xx."""

    def __init__(self, settings: Settings):
        url = settings.webhook_url.get_secret_value()
        try:
            self._url = urlsplit(url)
            self._port = self._url.port
        except ValueError as error:
            raise NotifierError("HASILA_WEBHOOK_URL is no address") from error
        if self._url.scheme not in ("http", "https") or not self._url.hostname:
            raise NotifierError("to post answers, set HASILA_WEBHOOK_URL to an address that begins with https://")
        self._seconds = settings.notify_timeout_seconds

    def __enter__(self) -> "Webhook":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Each answer has a connection of its own: there is nothing to close."""

    def receivers(self, entry: Entry) -> list[tuple[str, Language]]:
        return [(RECEIVER, entry.language)]

    def hand_over(self, entry: Entry, workbook: bytes, _receiver: str, language: Language) -> None:
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(str(self._url.hostname), self._port, timeout=self._seconds)
        path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": entry.digest,
            "User-Agent": "hasila",
        }
        try:
            connection.request("POST", path, json.dumps(_document(entry, workbook, language)).encode(), headers)
            status = connection.getresponse().status
        except TimeoutError as error:
            raise SendError("the web service does not answer in time") from error
        except (OSError, http.client.HTTPException) as error:
            raise SendError(f"the web service cannot be used: {shown(str(error) or type(error).__name__)}") from error
        finally:
            connection.close()
        # A redirection is no acceptance: a report's answer is not carried to where somebody else says.
        if not 200 <= status < 300:
            raise SendError(f"the web service answers {status}")


def _document(entry: Entry, workbook: bytes, language: Language) -> dict[str, object]:
    subject, body = subject_and_body(entry, language)
    return {
        "receipt_id": entry.receipt_id,
        "organisation_code": entry.organisation_code,
        "file_name": entry.file_name,
        "received_date": entry.received_date.isoformat(),
        "family": entry.family,
        "language": language,
        "verdict": entry.verdict,
        "values": entry.values,
        "findings": entry.counts,
        "subject": subject,
        "body": body,
        "workbook": {
            "name": entry.workbook,
            "content_type": "/".join(_MIME),
            "base64": base64.b64encode(workbook).decode("ascii"),
        },
    }
