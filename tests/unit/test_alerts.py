"""Alerts, to servers that are really there, that refuse, that hang, that are not there."""

import datetime as dt
import socket
import string
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from orchestration import alerts
from orchestration.overdue import OverdueReport
from orchestration.settings import LANGUAGES, Settings, load_settings
from orchestration.texts import load_texts
from tests.helpers import PROJECT
from tests.servers import Mailbox, Service, free_port

BEGAN = dt.datetime(2025, 1, 31, 1, 0, tzinfo=dt.UTC)
LATE = OverdueReport(
    "ENTRAIDE",
    "Entraide Nationale",
    "activity_report",
    dt.date(2024, 10, 1),
    dt.date(2024, 12, 31),
    dt.date(2025, 1, 30),
    1,
    "reported",
)


@pytest.fixture
def by_mail(settings: Settings, mailbox: tuple[Mailbox, int]) -> Settings:
    return load_settings(
        data=settings.data,
        smtp_host="127.0.0.1",
        smtp_port=mailbox[1],
        smtp_security="none",
        smtp_sender="hasila@example.org",
        notify_timeout_seconds=5,
        alert_to="one@example.org, two@example.org",
    )


@pytest.fixture
def by_web(settings: Settings, service: Service) -> Settings:
    return load_settings(data=settings.data, alert_webhook_url=service.url, notify_timeout_seconds=2)


def failed(settings: Settings) -> alerts.Alert:
    return alerts.load_failed(settings, "the disk is full", run_id="run-1", began_at=BEGAN)


def test_a_failed_load_is_told_by_mail_to_everybody(by_mail: Settings, mailbox: tuple[Mailbox, int]) -> None:
    assert alerts.send(by_mail, failed(by_mail)) == []
    assert [address for address, _ in mailbox[0].messages] == ["one@example.org", "two@example.org"]
    mail = mailbox[0].messages[0][1]
    body = mail.get_body().get_content()
    assert "the disk is full" in body
    assert "run-1" in body
    # 01:00 UTC is two in the morning in Morocco, whose time is ahead of UTC by an hour.
    assert "2025-01-31 02:00" in body
    assert "Nothing was released yet." in body


def test_an_address_that_is_refused_keeps_it_from_no_other(by_mail: Settings, mailbox: tuple[Mailbox, int]) -> None:
    mailbox[0].refuses = {"one@example.org"}
    (reason,) = alerts.send(by_mail, failed(by_mail))
    assert "550" in reason
    assert "one@" not in reason
    assert [address for address, _ in mailbox[0].messages] == ["two@example.org"]


def test_something_that_is_no_address_is_told_and_the_others_get_it(
    by_mail: Settings, mailbox: tuple[Mailbox, int]
) -> None:
    odd = by_mail.model_copy(update={"alert_to": "two@example.org,a@b.c\nBcc: x@y.z"})
    assert any("HASILA_ALERT_TO" in reason for reason in alerts.send(odd, failed(odd)))
    assert [address for address, _ in mailbox[0].messages] == ["two@example.org"]


def test_a_web_service_gets_the_alert_as_one_document(by_web: Settings, service: Service) -> None:
    alert = failed(by_web)
    assert alerts.send(by_web, alert) == []
    ((headers, document),) = service.taken
    assert headers["Idempotency-Key"] == alert.key
    assert (document["kind"], document["reason"], document["run_id"]) == ("load_failed", "the disk is full", "run-1")
    assert document["began_at"] == "2025-01-31T01:00:00+00:00"
    assert document["release_id"] is None


@pytest.mark.parametrize("status", [500, 302, 0])
def test_a_web_service_that_does_not_take_it_is_told(status: int, by_web: Settings, service: Service) -> None:
    service.status = status
    (reason,) = alerts.send(by_web, failed(by_web))
    assert "the web service" in reason
    assert "key=1" not in reason


def test_receivers_that_are_not_there_or_say_nothing_are_told_one_by_one(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        gone = load_settings(
            data=settings.data,
            alert_to="one@example.org",
            smtp_host="127.0.0.1",
            smtp_port=free_port(),
            smtp_security="none",
            smtp_sender="hasila@example.org",
            alert_webhook_url=f"http://127.0.0.1:{silent.getsockname()[1]}/",
            notify_timeout_seconds=0.3,
        )
        mail, web = alerts.send(gone, failed(gone))
    assert "mail server cannot be used" in mail
    assert "in time" in web


@pytest.mark.parametrize("address", ["https://hooks..example.org/secret", "https://example.org/a secret"])
def test_an_address_that_cannot_be_asked_is_told_without_it_and_keeps_the_mail_from_nobody(
    address: str, by_mail: Settings, mailbox: tuple[Mailbox, int]
) -> None:
    both = by_mail.model_copy(update={"alert_webhook_url": SecretStr(address)})
    taken, reasons = alerts.hand_over(both, failed(both))
    assert taken == len(mailbox[0].messages) == 2
    assert reasons == ["the web service cannot be used: its address is none"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"alert_to": "one@example.org"}, "HASILA_SMTP_HOST"),
        ({"alert_to": "one@example.org", "smtp_host": "localhost"}, "HASILA_SMTP_SENDER"),
        ({"alert_webhook_url": "ftp://example.org"}, "HASILA_ALERT_WEBHOOK_URL"),
        ({"alert_webhook_url": "https://example.org:port"}, "HASILA_ALERT_WEBHOOK_URL"),
    ],
)
def test_what_is_not_set_up_is_named(given: dict[str, str], named: str, settings: Settings) -> None:
    half = load_settings(data=settings.data, **given)
    (reason,) = alerts.send(half, failed(half))
    assert named in reason


def test_nothing_is_sent_where_nothing_is_set(settings: Settings) -> None:
    assert not alerts.is_set_up(settings)
    assert alerts.send(settings, failed(settings)) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_overdue_reports_are_named_in_every_language(language: str, settings: Settings) -> None:
    spoken = load_settings(data=settings.data, language=language)
    alert = alerts.reports_overdue(spoken, [LATE] * (alerts.MOST_REPORTS + 2), dt.date(2025, 1, 31))
    assert alert is not None
    assert alert.body.count("Entraide Nationale") == alerts.MOST_REPORTS
    assert alert.body.splitlines()[-1].endswith("2")
    assert len(alert.details["reports"]) == alerts.MOST_REPORTS + 2
    assert alert.details["reports"][0]["due_date"] == "2025-01-30"
    assert alerts.reports_overdue(spoken, [], dt.date(2025, 1, 31)) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_that_nobody_could_be_told_of_overdue_reports_is_told(language: str, settings: Settings) -> None:
    spoken = load_settings(data=settings.data, language=language)
    alert = alerts.overdue_failed(spoken, "the mail server is away", run_id="run-1", began_at=BEGAN)
    # 01:00 UTC is two in the morning in Morocco, whose time is ahead of UTC by an hour.
    for told in ("the mail server is away", "run-1", "2025-01-31 02:00", "hasila overdue"):
        assert told in alert.body
    assert (alert.kind, alert.details["began_at"]) == ("overdue_failed", "2025-01-31T01:00:00+00:00")


def test_a_long_reason_keeps_its_beginning(settings: Settings) -> None:
    reason = alerts.load_failed(settings, "first" + "x" * 10_000, run_id="", began_at=BEGAN).details["reason"]
    assert reason.startswith("first")
    assert len(reason) == alerts.LONGEST_REASON


def test_the_texts_have_no_placeholder_that_is_not_filled(settings: Settings) -> None:
    """Every text is used by one of the alerts; what an alert says has no brace left."""
    assert set(load_texts(PROJECT / "orchestration" / "alert_texts.yml")) == set(LANGUAGES)
    for language in LANGUAGES:
        spoken = load_settings(data=settings.data, language=language)
        made = [
            failed(spoken),
            alerts.message(spoken, "hello"),
            alerts.reports_overdue(spoken, [LATE], BEGAN.date()),
            alerts.overdue_failed(spoken, "it broke", run_id="run-1", began_at=BEGAN),
        ]
        for alert in made:
            assert alert is not None
            fields = [name for _, name, _, _ in string.Formatter().parse(alert.subject + alert.body) if name]
            assert fields == []


def test_the_page_that_alerts_point_to_has_that_section() -> None:
    texts = yaml.safe_load((PROJECT / "orchestration" / "alert_texts.yml").read_text(encoding="utf-8"))
    page = Path(PROJECT / "docs" / "operate.md").read_text(encoding="utf-8")
    for language in LANGUAGES:
        assert "When a load fails" in texts[language]["load_failed"]["body"]
    assert "\n## When a load fails\n" in page
