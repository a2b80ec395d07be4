"""Handing something over to another machine: a mail to a mail server, a JSON document to a web service.

How a connection is made, encrypted and given up stands here; what is handed over, to whom, and what
becomes of it when it is not taken is for the callers: `answer/send.py` and `alerts.py`. The passwords
and addresses of settings never stand in a reason.
"""

import http.client
import json
import re
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from types import TracebackType
from urllib.parse import urlsplit

from orchestration.findings import shown
from orchestration.settings import Settings

_IN_WORDS = re.compile(r"[^\s<>]+@[^\s<>]+")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]{1,255}")


class SetupError(Exception):
    """Nothing can be handed over as things are set up; says what to set."""


class NotTakenError(Exception):
    """The other side did not take it; says why."""


def is_address(text: str) -> bool:
    """Whether `text` is one mail address and nothing else: no list, no second header."""
    return _ADDRESS.fullmatch(text) is not None


class MailServer:
    """A mail server; the connection is opened for the first mail and again after one that broke it.

    Raises SetupError when the settings name no server or no sender.
    """

    def __init__(self, settings: Settings):
        for name in ("smtp_host", "smtp_sender"):
            if not getattr(settings, name):
                raise SetupError(f"to send by mail, set HASILA_{name.upper()}")
        if not is_address(settings.smtp_sender):
            raise SetupError(f"HASILA_SMTP_SENDER is no mail address: {settings.smtp_sender}")
        self._settings = settings
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> "MailServer":
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

    @property
    def sender(self) -> str:
        """The address that mails come from."""
        return self._settings.smtp_sender

    def hand_over(self, message: EmailMessage, receivers: Sequence[str]) -> None:
        """Send one mail. Raises NotTakenError."""
        try:
            self._connected().send_message(message, self.sender, receivers)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self._drop(error)
            raise NotTakenError(_reason(error)) from error

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
        """Leave a connection that cannot be used for the next mail."""
        refused = (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError)
        if self._server is not None and not isinstance(error, refused):
            self._server.close()
            self._server = None


def _reason(error: Exception) -> str:
    """Why a server did not take it, without addresses, which are personal: servers repeat them in what they say."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = sorted({code for code, _ in error.recipients.values()})
        return f"the mail server refuses the address ({', '.join(map(str, codes))})"
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        words_said = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        return f"the mail server answers {error.smtp_code} {shown(_without_addresses(words_said))}"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "the mail server does not answer in time"
    return f"the mail server cannot be used: {shown(_without_addresses(str(error)))}"


def _without_addresses(text: str) -> str:
    return _IN_WORDS.sub("[address]", text)


class WebService:
    """A web service that takes JSON documents by POST and answers 2xx.

    `url` is the value of the setting `name`. Raises SetupError when it is no address.
    """

    def __init__(self, url: str, name: str, seconds: float):
        try:
            self._url = urlsplit(url)
            self._port = self._url.port
        except ValueError as error:
            raise SetupError(f"{name} is no address") from error
        if self._url.scheme not in ("http", "https") or not self._url.hostname:
            raise SetupError(f"to post to a web service, set {name} to an address that begins with https://")
        self._seconds = seconds

    def hand_over(self, document: Mapping[str, object], key: str) -> None:
        """Post one document; `key` is the same whenever the same is posted again. Raises NotTakenError.

        Each document has a connection of its own. A redirection is no acceptance: nothing is carried
        to where somebody else says.
        """
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(str(self._url.hostname), self._port, timeout=self._seconds)
        path = (self._url.path or "/") + (f"?{self._url.query}" if self._url.query else "")
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": key,
            "User-Agent": "hasila",
        }
        try:
            connection.request("POST", path, json.dumps(document).encode(), headers)
            status = connection.getresponse().status
        except TimeoutError as error:
            raise NotTakenError("the web service does not answer in time") from error
        except (ValueError, http.client.InvalidURL) as error:
            # What they say repeats a part of the address.
            raise NotTakenError("the web service cannot be used: its address is none") from error
        except (OSError, http.client.HTTPException) as error:
            reason = shown(str(error) or type(error).__name__)
            raise NotTakenError(f"the web service cannot be used: {reason}") from error
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise NotTakenError(f"the web service answers {status}")
