"""Chromium without a window, and portals for it to read.

Every page that a test opens is watched: an error in the console, an answer that is none, or a request to anywhere but
the portal fails the test, whatever else it looks at.
"""

import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, Route, sync_playwright

from orchestration import portal
from orchestration.portal.serve import PUBLIC, Server
from tests.integration.conftest import Installation
from tests.integration.conftest import shipped as shipped
from tests.unit.portal import made

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NPM = shutil.which("npm")
AXE = "4.14.1"
"""The version of axe-core that judges the pages; a newer one may find more."""

Open = Callable[..., Page]


@dataclass(frozen=True)
class Portal:
    """A portal that is served."""

    folder: Path
    address: str

    def at(self, path: str) -> str:
        """The address of a page, `fr/index.html`."""
        return f"{self.address}portal/{path}"

    def on_disk(self, path: str) -> str:
        """The page as one opens it from a memory stick."""
        return (self.folder / path).as_uri()

    def pages(self, language: str) -> list[str]:
        """Every page of a language."""
        root = self.folder / language
        return sorted(path.relative_to(self.folder).as_posix() for path in root.rglob("*.html"))

    def kinds(self, language: str) -> list[str]:
        """The fullest page of every kind: those above the folders, and from each folder one of each form of name."""
        found: dict[tuple[str, ...], Path] = {}
        root = self.folder / language
        for path in sorted(root.rglob("*.html")):
            part = next((part for part in path.name.split(".")[1:-1] if not part.isdigit()), "")
            kind = (path.name,) if path.parent == root else (path.parent.name, part)
            if kind not in found or path.stat().st_size > found[kind].stat().st_size:
                found[kind] = path
        return [path.relative_to(self.folder).as_posix() for path in found.values()]


@contextmanager
def served(published: Path) -> Iterator[Portal]:
    """The portal of the current release of `published`, as `hasila serve` shows it."""
    with Server(published, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            assert server.folder is not None
            yield Portal(server.folder / portal.FOLDER, server.address)
        finally:
            server.shutdown()
            thread.join()


# The fixtures end with the package: while Playwright runs, nothing else in the process can run an event loop.


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """The browser; skips where there is none."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The portal of the made-up release that has one of everything."""
    published = tmp_path_factory.mktemp("published")
    release = published / "releases" / made.EDITION.release_id
    release.mkdir(parents=True)
    public = made.write_public(release)
    assert public == release / PUBLIC
    portal.write(public, made.EDITION, rules=made.RULES)
    (release / "manifest.json").write_text("{}")
    (published / "current").symlink_to(release.relative_to(published))
    with served(published) as site:
        yield site


@pytest.fixture(scope="package")
def real(shipped: Installation) -> Iterator[Portal]:
    """The portal of what `make load` releases."""
    with served(shipped.data / "published") as site:
        yield site


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Open]:
    """Opens an address in a window of its own; `given` are a browser context's settings."""
    troubles: list[str] = []
    contexts = []

    def open_(address: str, **given: Any) -> Page:
        own = address.split("/portal/")[0]
        context = chromium.new_context(**given)
        contexts.append(context)
        context.set_default_timeout(10_000)

        def only_own(route: Route) -> None:
            if route.request.url.startswith(own):
                route.continue_()
            else:
                troubles.append(f"asks for {route.request.url}")
                route.abort()

        def failed(request: Request) -> None:
            # What a page still asks for while one leaves it is broken off.
            if request.failure != "net::ERR_ABORTED":
                troubles.append(f"{request.url}: {request.failure}")

        context.route("**/*", only_own)
        page = context.new_page()
        page.on("console", lambda said: troubles.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("requestfailed", failed)
        page.on("response", lambda got: troubles.append(f"{got.url}: {got.status}") if got.status >= 400 else None)
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert troubles == []


@pytest.fixture(scope="package")
def axe() -> str:
    """The code of axe-core, fetched once through npm and kept; skips where that does not go."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hasila" / f"axe-core-{AXE}"
    code = cache / "node_modules" / "axe-core" / "axe.min.js"
    if not code.is_file():
        if NPM is None:
            pytest.skip("there is no npm on this machine to fetch axe-core with")
        cache.mkdir(parents=True, exist_ok=True)
        options = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-save")
        done = subprocess.run(
            [NPM, "install", *options, "--prefix", str(cache), f"axe-core@{AXE}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        if done.returncode:
            pytest.skip(f"npm could not fetch axe-core {AXE}: {done.stderr.strip()[-200:]}")
    return code.read_text(encoding="utf-8")
