"""Handing answers over: by mail to the focal points' addresses, or to a web service.

An answer is marked sent once the server has accepted it, address by address, and never handed to one
that accepted it before. What fails is told, keeps waiting, and stops no other answer.
"""

import base64
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from types import TracebackType

from orchestration.answer import outbox
from orchestration.answer.content import long_date, words
from orchestration.answer.outbox import Entry, OutboxError
from orchestration.findings import shown
from orchestration.settings import LANGUAGES, Language, Settings
from orchestration.transport import MailServer, NotTakenError, SetupError, WebService, is_address

_MIME = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
_COLUMNS = ("organisation_code", "address", "language")
RECEIVER = "webhook"
"""What stands for the one receiver where there are no addresses."""


class NotifierError(OutboxError):
    """Answers cannot be sent as things are set up; says what to set."""


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
    try:
        return Smtp(settings) if settings.notify == "smtp" else Webhook(settings)
    except SetupError as error:
        raise NotifierError(str(error)) from error


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
        except NotTakenError as error:
            yield Outcome(entry, False, str(error))
        else:
            yield Outcome(entry, True)


def _send_one(folder: Path, entry: Entry, to: "Smtp | Webhook") -> Outcome:
    reasons: list[str] = []
    try:
        workbook = entry.workbook_path(folder).read_bytes()
        receivers = to.receivers(entry)
    except (NotTakenError, OSError) as error:
        return Outcome(entry, False, str(error))
    entry = replace(entry, attempts=entry.attempts + 1, error="")
    for receiver, language in receivers:
        # Asked anew each time: the contacts may name one address twice.
        if outbox.address_digest(receiver) in entry.sent_to:
            continue
        try:
            to.hand_over_answer(entry, workbook, receiver, language)
        except NotTakenError as error:
            reasons.append(str(error))
            entry = replace(entry, error="; ".join(reasons))
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
        # A spreadsheet saves rows that were emptied, as separators; what goes beyond the header is a list.
        if not "".join("".join(cell or "") for cell in row.values()).strip():
            continue
        code, address, language = ((row[name] or "").strip() for name in _COLUMNS)
        if not is_address(address) or not code:
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
    message["Message-ID"] = f"<{entry.key[:32]}.{outbox.address_digest(receiver)}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body)
    message.add_attachment(workbook, maintype=_MIME[0], subtype=_MIME[1], filename=entry.workbook)
    # What sets the content takes the headers about it away.
    message["Content-Language"] = language
    return message


# --- by mail, and to a web service


class Smtp(MailServer):
    """A mail server, and the contacts that answers go to. Raises SetupError and NotifierError."""

    def __init__(self, settings: Settings):
        super().__init__(settings)
        self._contacts = read_contacts(settings.contacts)

    def __enter__(self) -> "Smtp":
        return self

    def receivers(self, entry: Entry) -> list[tuple[str, Language]]:
        contacts = self._contacts.get(entry.organisation_code, ())
        if not contacts:
            raise NotTakenError(f"the contacts name no address for {entry.organisation_code}")
        return [(contact.address, contact.language or entry.language) for contact in contacts]

    def hand_over_answer(self, entry: Entry, workbook: bytes, receiver: str, language: Language) -> None:
        self.hand_over(message_of(entry, workbook, self.sender, receiver, language), [receiver])


class Webhook(WebService):
    """A web service that takes each answer as one JSON document (docs/answers.md) and answers 2xx."""

    def __init__(self, settings: Settings):
        url = settings.webhook_url.get_secret_value()
        super().__init__(url, "HASILA_WEBHOOK_URL", settings.notify_timeout_seconds)

    def __enter__(self) -> "Webhook":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Each answer has a connection of its own: there is nothing to close."""

    def receivers(self, entry: Entry) -> list[tuple[str, Language]]:
        return [(RECEIVER, entry.language)]

    def hand_over_answer(self, entry: Entry, workbook: bytes, _receiver: str, language: Language) -> None:
        self.hand_over(_document(entry, workbook, language), entry.key)


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
