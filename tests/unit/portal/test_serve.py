"""Showing the portal on this machine: what is served, what is not, and how."""

import http.client
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.portal.serve import HOST, Server, find

Ask = Callable[..., http.client.HTTPResponse]


def release(published: Path, name: str, text: str) -> None:
    """Publish a release whose portal says `text`."""
    portal = published / "releases" / name / "public" / "portal"
    portal.mkdir(parents=True)
    (portal / "index.html").write_text(text, encoding="utf-8")
    (portal / "assets").mkdir()
    (portal / "assets" / "portal.js").write_text("'use strict';")
    (portal.parent / "hasila.duckdb").write_bytes(b"database")
    (portal.parent.parent / "manifest.json").write_text("{}")
    (portal.parent.parent / "warehouse.duckdb").write_bytes(b"restricted")
    link = published / "current"
    link.unlink(missing_ok=True)
    link.symlink_to(Path("releases") / name)


@pytest.fixture
def published(tmp_path: Path) -> Path:
    return tmp_path / "published"


@pytest.fixture
def ask(published: Path) -> Iterator[Ask]:
    """Asks a running server for a path."""
    with Server(published, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        connections = []

        def send(path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
            connection = http.client.HTTPConnection(HOST, server.server_port, timeout=10)
            connections.append(connection)
            connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            return connection.getresponse()

        yield send
        for connection in connections:
            connection.close()
        server.shutdown()
        thread.join()


def test_before_the_first_release_it_says_what_makes_one(ask: Ask) -> None:
    answer = ask("/")
    assert answer.status == 503
    assert b"hasila load" in answer.read()


def test_the_start_page_and_its_files(ask: Ask, published: Path) -> None:
    release(published, "one", "<p>حصيلة</p>")
    start = ask("/")
    assert (start.status, start.headers["Location"]) == (302, "/portal/index.html")
    page = ask("/portal/index.html")
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert page.read().decode() == "<p>حصيلة</p>"
    assert ask("/portal/assets/portal.js?v=1").headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert ask("/hasila.duckdb").read() == b"database"
    folder = ask("/portal/")
    assert (folder.status, folder.headers["Location"]) == (302, "/portal/index.html")


def test_headers_keep_the_page_to_itself(ask: Ask, published: Path) -> None:
    release(published, "one", "page")
    for answer in (ask("/portal/index.html"), ask("/nothing"), ask("/")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert "Python" not in answer.headers["Server"]


def test_the_next_release_is_shown_as_soon_as_it_is_published(ask: Ask, published: Path) -> None:
    release(published, "one", "first")
    first = ask("/portal/index.html")
    tag = first.headers["ETag"]
    assert first.read() == b"first"
    assert ask("/portal/index.html", If_None_Match=tag).status == 304
    release(published, "two", "second")
    assert ask("/portal/index.html", If_None_Match=tag).read() == b"second"


@pytest.mark.parametrize(
    "path",
    [
        "/warehouse.duckdb",
        "/../warehouse.duckdb",
        "/portal/../../warehouse.duckdb",
        "/%2e%2e/warehouse.duckdb",
        "/..%2fwarehouse.duckdb",
        "/portal/..%5c..%5cwarehouse.duckdb",
        "//etc/passwd",
        "/etc/passwd",
        "/portal/index.html%00.js",
        "/portal",
        "/portal/assets",
        "/portal/assets/",
        "/.hidden",
        "/portal/index.html/more",
        "/" + "a" * 5000,
        "/%ff%fe",
    ],
)
def test_nothing_else_is_served(ask: Ask, published: Path, path: str) -> None:
    release(published, "one", "page")
    (published / "releases" / "one" / "public" / ".hidden").write_text("hidden")
    answer = ask(path)
    assert answer.status == 404
    assert answer.read() == b"There is no such page in this release.\n"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    root = tmp_path / "public"
    root.mkdir()
    (tmp_path / "secret").write_text("secret")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "page.html").write_text("page")
    assert find(root, "/link") is None
    assert find(root, "/page.html") == root / "page.html"


def test_only_reading(ask: Ask, published: Path) -> None:
    release(published, "one", "page")
    assert ask("/portal/index.html", "POST").status == 501
    head = ask("/portal/index.html", "HEAD")
    assert (head.status, head.headers["Content-Length"], head.read()) == (200, "4", b"")


def test_a_name_from_the_web_that_leads_here_is_refused(ask: Ask, published: Path) -> None:
    release(published, "one", "page")
    assert ask("/portal/index.html", Host="evil.example").status == 403
    assert ask("/portal/index.html", Host="localhost:80").status == 200


@pytest.mark.parametrize("sent", [b"GET /portal/in", b"GET /public/hasila.duckdb HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"])
def test_a_browser_that_goes_away_is_nothing_wrong(
    published: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    release(published, "one", "one")
    ended = threading.Event()
    shut = Server.shutdown_request

    def and_tell(server: Server, request: socket.socket) -> None:
        shut(server, request)
        ended.set()

    monkeypatch.setattr(Server, "shutdown_request", and_tell)
    with Server(published, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        with socket.create_connection((HOST, server.server_port)) as browser:
            # Closed like this, the connection is reset.
            browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            browser.sendall(sent)
        assert ended.wait(10)
        server.shutdown()
        thread.join()
    assert capfd.readouterr().err == ""


def test_what_is_wrong_with_the_server_itself_is_told(
    published: Path, ask: Ask, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    release(published, "one", "one")

    def breaks(*_: object) -> None:
        raise PermissionError("the disk is not ours")

    monkeypatch.setattr("orchestration.portal.serve.find", breaks)
    with pytest.raises(http.client.RemoteDisconnected):
        ask("/portal/index.html")
    assert "the disk is not ours" in capfd.readouterr().err
