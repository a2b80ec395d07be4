"""Showing the portal of the current release on this machine: `hasila serve`.

It serves the release's public folder, portal and downloads, and nothing else. Which release is current is looked up
for each request, so that a new one is shown as soon as it is published. Files are small and read whole.
"""

import http
import mimetypes
import os
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from typing import Any

from orchestration.release.access import CurrentPublic
from orchestration.release.publish import Published

HOST = "127.0.0.1"
START = "/portal/index.html"
PUBLIC = "public"
_BLOCK = 256 * 1024

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml",
    ".duckdb": "application/octet-stream",
    ".parquet": "application/vnd.apache.parquet",
}
# What a page may load it says itself, in its head; beside that it may not be framed, nor send anything elsewhere.
_HEADERS = {
    "Content-Security-Policy": "default-src 'self' data: blob: 'wasm-unsafe-eval'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Server(ThreadingHTTPServer):
    """Serves `published` on `HOST`; port 0 takes a free one. Raises OSError where the port is taken."""

    daemon_threads = True

    def __init__(self, published: Published, port: int):
        self._current = CurrentPublic(published)
        super().__init__((HOST, port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Tell of what went wrong with a request; a browser that went away, at whatever moment, is nothing wrong."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    @property
    def folder(self) -> Path | None:
        """The public folder of the current release, resolved once; None while there is no portal."""
        folder = self._current.folder()
        return folder if folder and (folder / START.lstrip("/")).is_file() else None

    @property
    def has_portal(self) -> bool:
        """Whether there is something to show."""
        return self.folder is not None

    @property
    def address(self) -> str:
        """Where it can be opened."""
        return f"http://{HOST}:{self.server_port}/"


class Handler(BaseHTTPRequestHandler):
    """Answers requests for files of the public folder."""

    server: Server
    server_version = "hasila"
    sys_version = ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        """Send a file."""
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        """Send a file's headers."""
        self._answer(with_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002, the name is http.server's
        """Keep no log of who reads what."""

    def _answer(self, *, with_body: bool) -> None:
        # A page on the web must not read the portal through a name of its own that leads to this machine.
        if self.headers.get("Host", "").rsplit(":", 1)[0] not in (HOST, "localhost"):
            self._refuse(http.HTTPStatus.FORBIDDEN, "Open this portal as 127.0.0.1 or localhost.", with_body=with_body)
            return
        wanted = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path, errors="replace")
        folder = self.server.folder
        if folder is None:
            told = "There is no portal yet: `hasila load` makes it with the first release."
            self._refuse(http.HTTPStatus.SERVICE_UNAVAILABLE, told, with_body=with_body)
            return
        if wanted == "/" or (wanted.endswith("/") and find(folder, f"{wanted}index.html")):
            self._redirect(START if wanted == "/" else f"{wanted}index.html")
            return
        path = find(folder, wanted)
        if path is None:
            self._refuse(http.HTTPStatus.NOT_FOUND, "There is no such page in this release.", with_body=with_body)
            return
        self._send(path, f'"{folder.parent.name}"', with_body=with_body)

    def _send(self, path: Path, tag: str, *, with_body: bool) -> None:
        # A release never changes: what a browser has of it is good as long as the release is current.
        if self.headers.get("If-None-Match") == tag:
            self._begin(http.HTTPStatus.NOT_MODIFIED, {"ETag": tag, "Cache-Control": "no-cache"})
            return
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                headers = {"Content-Type": kind, "Content-Length": str(size), "ETag": tag, "Cache-Control": "no-cache"}
                self._begin(http.HTTPStatus.OK, headers)
                while with_body and (block := file.read(_BLOCK)):
                    self.wfile.write(block)
        except FileNotFoundError:
            # Retention removed the release in this moment.
            self._refuse(http.HTTPStatus.NOT_FOUND, "There is no such page in this release.", with_body=with_body)

    def _redirect(self, address: str) -> None:
        self._begin(http.HTTPStatus.FOUND, {"Location": urllib.parse.quote(address), "Content-Length": "0"})

    def _refuse(self, status: http.HTTPStatus, told: str, *, with_body: bool) -> None:
        body = f"{told}\n".encode()
        headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body))}
        self._begin(status, headers)
        if with_body:
            self.wfile.write(body)

    def _begin(self, status: http.HTTPStatus, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**_HEADERS, **headers}.items():
            self.send_header(name, value)
        self.end_headers()


def find(root: Path, wanted: str) -> Path | None:
    """The file of `root` that an address names; None for folders, hidden files, and whatever lies outside."""
    parts = PurePosixPath(wanted).parts[1:]
    if "\0" in wanted or "\\" in wanted or any(part.startswith(".") for part in parts):
        return None
    try:
        path = root.joinpath(*parts).resolve(strict=True)
    except (OSError, ValueError):
        return None
    return path if path.is_file() and path.is_relative_to(root.resolve()) else None
