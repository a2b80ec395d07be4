"""Handing answers over, to servers that are really there: accepted, refused, silent, gone half-way."""

import base64
import datetime as dt
import socket
from pathlib import Path

import pytest

from orchestration.answer import outbox, send
from orchestration.answer.outbox import Entry
from orchestration.answer.send import NotifierError, notifier, read_contacts
from orchestration.settings import Settings, load_settings
from tests.helpers import Desk
from tests.servers import Mailbox, Service, free_port
from tests.unit.answer.makers import answer_of

CONTACTS = "organisation_code,address,language\nNGO_EXAMPLE_1,one@example.org,\nNGO_EXAMPLE_1,two@example.org,ar\n"


@pytest.fixture
def by_mail(tmp_path: Path, settings: Settings, mailbox: tuple[Mailbox, int]) -> Settings:
    contacts = tmp_path / "contacts.csv"
    contacts.write_text(CONTACTS, encoding="utf-8")
    return load_settings(
        data=settings.data,
        notify="smtp",
        smtp_host="127.0.0.1",
        smtp_port=mailbox[1],
        smtp_security="none",
        smtp_sender="hasila@example.org",
        notify_timeout_seconds=5,
        contacts=contacts,
    )


def put(settings: Settings, desk: Desk, *organisations: str, verdict: str = "sent_back") -> None:
    for organisation in organisations:
        answer = answer_of(desk, organisation=organisation, verdict=verdict, file_name="rapport T1.xlsx")
        outbox.store(settings.outbox, answer, f"workbook of {organisation}".encode())


def waiting(settings: Settings) -> list[Entry]:
    return [entry for entry in outbox.entries(settings.outbox)[0] if entry.state == "waiting"]


def sent(settings: Settings) -> list[tuple[bool, str]]:
    outcomes = list(send.send(settings, waiting(settings), notifier(settings)))
    return [(outcome.is_sent, outcome.reason) for outcome in outcomes]


def test_a_mail_in_the_contacts_language_with_the_workbook(
    by_mail: Settings, mailbox: tuple[Mailbox, int], desk: Desk
) -> None:
    put(by_mail, desk, "NGO_EXAMPLE_1")
    assert sent(by_mail) == [(True, "")]
    (first, french), (second, arabic) = mailbox[0].messages
    assert (first, second) == ("one@example.org", "two@example.org")
    assert french["Subject"] == "Réponse à votre rapport rapport T1.xlsx : Rapport à corriger et à renvoyer"
    assert "31 janvier 2025" in french.get_body().get_content()
    assert "التقرير مُعاد إليكم" in arabic["Subject"]
    assert french["From"] == "hasila@example.org"
    (attached,) = french.iter_attachments()
    assert attached.get_content() == b"workbook of NGO_EXAMPLE_1"
    assert attached.get_filename() == "rapport T1.aaaaaaaaaaaa.sent_back.xlsx"
    (entry,) = outbox.entries(by_mail.outbox)[0]
    assert (entry.state, entry.attempts, len(entry.sent_to)) == ("sent", 1, 2)
    assert "example.org" not in entry.path(by_mail.outbox).read_text(encoding="utf-8")
    assert sent(by_mail) == []


def test_an_address_that_is_refused_is_tried_again_and_the_other_gets_nothing_twice(
    by_mail: Settings, mailbox: tuple[Mailbox, int], desk: Desk
) -> None:
    put(by_mail, desk, "NGO_EXAMPLE_1")
    mailbox[0].refuses = {"two@example.org"}
    ((is_sent, reason),) = sent(by_mail)
    assert not is_sent
    assert "550" in reason
    assert "two@" not in reason
    (entry,) = waiting(by_mail)
    assert (entry.attempts, entry.error) == (1, reason)
    mailbox[0].refuses = set()
    assert sent(by_mail) == [(True, "")]
    assert [address for address, _ in mailbox[0].messages] == ["one@example.org", "two@example.org"]
    (entry,) = outbox.entries(by_mail.outbox)[0]
    assert (entry.state, entry.attempts, entry.error) == ("sent", 2, "")


def test_the_failure_of_one_address_is_kept_when_a_later_one_takes_it(
    by_mail: Settings, mailbox: tuple[Mailbox, int], desk: Desk
) -> None:
    put(by_mail, desk, "NGO_EXAMPLE_1")
    mailbox[0].refuses = {"one@example.org"}
    ((is_sent, reason),) = sent(by_mail)
    assert not is_sent
    (entry,) = waiting(by_mail)
    assert (entry.attempts, len(entry.sent_to), entry.error) == (1, 1, reason)
    assert "550" in reason


def test_an_address_in_two_lines_of_the_contacts_gets_one_mail(
    by_mail: Settings, mailbox: tuple[Mailbox, int], desk: Desk
) -> None:
    assert by_mail.contacts is not None
    lines = "PPO,focal@example.org,ar\nPPO,Focal@example.org,fr\n"
    by_mail.contacts.write_text(f"organisation_code,address,language\n{lines}", encoding="utf-8")
    put(by_mail, desk, "PPO")
    assert sent(by_mail) == [(True, "")]
    assert [(address, mail["Content-Language"]) for address, mail in mailbox[0].messages] == [
        ("focal@example.org", "ar")
    ]


@pytest.mark.parametrize(
    "said",
    [
        "554 5.7.1 <one@example.org>: rejected",
        "550 to=one@example.org, relay denied",
        "421-two@example.org\r\n421 mailto:one@example.org is busy",
    ],
)
def test_an_address_that_the_server_repeats_is_kept_nowhere(
    said: str, by_mail: Settings, mailbox: tuple[Mailbox, int], desk: Desk
) -> None:
    put(by_mail, desk, "NGO_EXAMPLE_1")
    mailbox[0].answer = said
    ((is_sent, reason),) = sent(by_mail)
    assert not is_sent
    assert said[:3] in reason and "[address]" in reason
    (entry,) = waiting(by_mail)
    assert "@" not in reason + entry.path(by_mail.outbox).read_text(encoding="utf-8")


@pytest.mark.parametrize("failure", ["refused", "hangs up"])
def test_a_server_that_takes_no_data_leaves_the_answers_waiting(
    failure: str, by_mail: Settings, mailbox: tuple[Mailbox, int], desk: Desk
) -> None:
    put(by_mail, desk, "NGO_EXAMPLE_1")
    mailbox[0].answer = "554 no"
    mailbox[0].hangs_up_after = failure == "hangs up"
    ((is_sent, _),) = sent(by_mail)
    assert not is_sent
    mailbox[0].answer, mailbox[0].hangs_up_after = "250 OK", False
    assert sent(by_mail) == [(True, "")]
    assert len(mailbox[0].messages) == 2


def test_one_organisation_without_an_address_stops_no_other(
    by_mail: Settings, mailbox: tuple[Mailbox, int], desk: Desk
) -> None:
    put(by_mail, desk, "ENTRAIDE", "NGO_EXAMPLE_1", "PPO")
    outcomes = sent(by_mail)
    assert [is_sent for is_sent, _ in outcomes] == [False, True, False]
    assert "ENTRAIDE" in outcomes[0][1]
    assert [entry.organisation_code for entry in waiting(by_mail)] == ["ENTRAIDE", "PPO"]
    assert [entry.attempts for entry in waiting(by_mail)] == [0, 0]


def test_a_server_that_is_not_there_or_says_nothing_is_told(by_mail: Settings, desk: Desk) -> None:
    put(by_mail, desk, "NGO_EXAMPLE_1")
    gone = by_mail.model_copy(update={"smtp_port": free_port()})
    ((is_sent, reason),) = sent(gone)
    assert not is_sent and "cannot be used" in reason
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mute = by_mail.model_copy(update={"smtp_port": silent.getsockname()[1], "notify_timeout_seconds": 0.3})
        ((is_sent, reason),) = sent(mute)
    assert not is_sent and "in time" in reason
    assert [entry.attempts for entry in waiting(by_mail)] == [2]


def test_starttls_is_asked_for_and_not_done_without(
    by_mail: Settings, mailbox: tuple[Mailbox, int], desk: Desk
) -> None:
    put(by_mail, desk, "NGO_EXAMPLE_1")
    ((is_sent, _),) = sent(by_mail.model_copy(update={"smtp_security": "starttls"}))
    assert not is_sent
    assert mailbox[0].messages == []


def test_a_workbook_that_is_gone_is_told(by_mail: Settings, desk: Desk) -> None:
    put(by_mail, desk, "NGO_EXAMPLE_1")
    waiting(by_mail)[0].workbook_path(by_mail.outbox).unlink()
    ((is_sent, reason),) = sent(by_mail)
    assert not is_sent and "No such file" in reason


# --- a web service


@pytest.fixture
def by_web(settings: Settings, service: Service) -> Settings:
    return load_settings(data=settings.data, notify="webhook", webhook_url=service.url, notify_timeout_seconds=2)


def test_a_web_service_gets_the_answer_as_one_document(by_web: Settings, service: Service, desk: Desk) -> None:
    put(by_web, desk, "ENTRAIDE")
    assert sent(by_web) == [(True, "")]
    ((headers, document),) = service.taken
    assert base64.b64decode(document["workbook"]["base64"]) == b"workbook of ENTRAIDE"
    assert document["workbook"]["name"] == "rapport T1.aaaaaaaaaaaa.sent_back.xlsx"
    assert (document["organisation_code"], document["verdict"], document["language"]) == ("ENTRAIDE", "sent_back", "fr")
    assert document["received_date"] == "2025-01-31"
    (entry,) = outbox.entries(by_web.outbox)[0]
    assert headers["Idempotency-Key"] == entry.key
    assert entry.sent_at is not None
    assert dt.datetime.now(dt.UTC) - entry.sent_at < dt.timedelta(minutes=5)
    assert sent(by_web) == []


def test_an_answer_that_says_again_what_an_earlier_one_said_is_no_repetition(
    by_web: Settings, service: Service, desk: Desk
) -> None:
    for verdict in ("accepted", "sent_back", "accepted"):
        put(by_web, desk, "PPO", verdict=verdict)
        assert sent(by_web) == [(True, "")]
    assert [document["verdict"] for _, document in service.taken] == ["accepted", "sent_back", "accepted"]
    assert len({headers["Idempotency-Key"] for headers, _ in service.taken}) == 3
    mails = [
        send.message_of(entry, b"", "a@b.c", "d@e.f", "fr")["Message-ID"] for entry in outbox.entries(by_web.outbox)[0]
    ]
    assert len(set(mails)) == 3


@pytest.mark.parametrize("status", [0, 500])
def test_an_answer_that_is_handed_over_again_has_the_key_it_had(
    status: int, by_web: Settings, service: Service, desk: Desk
) -> None:
    put(by_web, desk, "PPO")
    before = waiting(by_web)[0].key
    service.status = status
    assert not sent(by_web)[0][0]
    service.status = 200
    assert sent(by_web) == [(True, "")]
    assert {headers["Idempotency-Key"] for headers, _ in service.taken} == {before}


@pytest.mark.parametrize("status", [500, 403, 302, 0])
def test_a_web_service_that_does_not_take_it_gets_it_again(
    status: int, by_web: Settings, service: Service, desk: Desk
) -> None:
    put(by_web, desk, "ENTRAIDE", "PPO")
    service.status = status
    outcomes = sent(by_web)
    assert [is_sent for is_sent, _ in outcomes] == [False, False]
    assert all(str(status or "cannot be used") in reason for _, reason in outcomes)
    service.status = 200
    assert sent(by_web) == [(True, ""), (True, "")]


def test_a_web_service_that_says_nothing_is_told(by_web: Settings, desk: Desk) -> None:
    put(by_web, desk, "ENTRAIDE")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        from pydantic import SecretStr

        url = SecretStr(f"http://127.0.0.1:{silent.getsockname()[1]}/")
        ((is_sent, reason),) = sent(by_web.model_copy(update={"webhook_url": url, "notify_timeout_seconds": 0.3}))
    assert not is_sent and "in time" in reason


# --- how it is set up


def test_nothing_is_sent_unless_it_is_set_up(settings: Settings) -> None:
    with pytest.raises(NotifierError, match="HASILA_NOTIFY"):
        notifier(settings)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"notify": "smtp"}, "HASILA_SMTP_HOST"),
        ({"notify": "smtp", "smtp_host": "x"}, "HASILA_SMTP_SENDER"),
        ({"notify": "smtp", "smtp_host": "x", "smtp_sender": "nobody"}, "HASILA_SMTP_SENDER"),
        ({"notify": "smtp", "smtp_host": "x", "smtp_sender": "a@b.c"}, "HASILA_CONTACTS"),
        ({"notify": "webhook"}, "HASILA_WEBHOOK_URL"),
        ({"notify": "webhook", "webhook_url": "file:///etc/passwd"}, "HASILA_WEBHOOK_URL"),
        ({"notify": "webhook", "webhook_url": "https://x:y/"}, "HASILA_WEBHOOK_URL"),
    ],
)
def test_what_is_not_set_is_named(given: dict[str, object], named: str, settings: Settings) -> None:
    with pytest.raises(NotifierError, match=named):
        notifier(load_settings(data=settings.data, **given))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        (b"\xff\xfe", "UTF-8"),
        (b"organisation_code,language\n", "address"),
        (b"organisation_code,address,language\nPPO,nobody,\n", "line 2"),
        (b"organisation_code,address,language\nPPO,a@b.c,\nPPO,a@b.c\\nBcc: d@e.f,fr\n", "line 3"),
        (b"organisation_code,address,language\nPPO,a@b.c,de\n", "line 2"),
        (b"organisation_code,address,language\nPPO\n", "line 2"),
        (b"organisation_code,address,language,name\n,,,\n,,,Somebody\n", "line 3"),
        (b"", "organisation_code"),
    ],
)
def test_contacts_that_cannot_be_used_are_told_with_their_line(
    content: bytes | None, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "contacts.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(NotifierError, match=said):
        read_contacts(path)


def test_contacts_as_a_french_spreadsheet_saves_them(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_bytes("\ufefforganisation_code;address;language\r\nPPO;a@b.c;FR\r\n".replace("FR", "fr").encode())
    assert [(contact.address, contact.language) for contact in read_contacts(path)["PPO"]] == [("a@b.c", "fr")]


def test_rows_of_separators_in_the_contacts_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_bytes(b"organisation_code;address;language\n;;\nPPO;a@b.c;\n; ;;;\n;;\n")
    assert {code: [contact.address for contact in found] for code, found in read_contacts(path).items()} == {
        "PPO": ["a@b.c"]
    }


def test_passwords_are_not_shown(settings: Settings) -> None:
    secrets = {"smtp_password": "hidden!", "webhook_url": "https://x.y/hidden!"}
    given = load_settings(data=settings.data, **secrets)
    assert "hidden!" not in repr(given)
