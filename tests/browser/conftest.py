"""The pages in the system's Chromium, served by gunicorn on the small marts of the web service's own tests.

Chromium is Debian's (``apt-get install chromium``), or the one that CAMPAIGN_CHROMIUM names.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from campaign.db.connection import connect
from campaign.settings import Settings
from local_stack.mysql.server import free_port
from tests.integration.test_webapi.running_service import (
    PASSWORD,
    STATEMENTS,
    USER,
    Service,
    drop_marts,
    environment,
    run,
    start,
    wait_until_live,
)

TOKEN_KEY = "a key of the tests, 32 characters long"
# Debian's Chromium in a container: no sandbox as root, and nothing from the network.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
ARGUMENTS += ["--disable-component-update", "--no-first-run"]
LISTEN = """
window.violations = [];
document.addEventListener("securitypolicyviolation", event => violations.push(event.violatedDirective + " " + event.blockedURI));
"""
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return Chromium, for a module: while Playwright runs, its event loop is in the way of tests that start one."""
    chromium = os.environ.get("CAMPAIGN_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sentence = "Chromium is not on PATH. Debian, Ubuntu: apt-get install chromium"
        pytest.fail(sentence) if os.environ.get("CI") else pytest.skip(sentence)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def marts(mysql_settings: Settings) -> Iterator[None]:
    """Publish the small marts, with a campaign whose name would be a tag."""
    with closing(connect(mysql_settings, mysql_settings.mart_database)) as connection:
        drop_marts(connection, mysql_settings)
        run(connection, *STATEMENTS)
        run(connection, f"update campaign set name = '{HOSTILE}' where campaign_id = 2")
        yield
        drop_marts(connection, mysql_settings)


@pytest.fixture(scope="module")
def serve(
    mysql_settings: Settings, marts: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Service]]:
    """Return a function that starts the service with settings."""
    running: list[Service] = []

    def serve(**more: str) -> Service:
        folder, port = tmp_path_factory.mktemp("pages"), free_port()
        log_file, output = folder / "logs" / "api.log", folder / "output.txt"
        told = environment(
            mysql_settings, WEBAPI_PORT=str(port), WEBAPI_LOG_FILE=str(log_file), WEBAPI_WORKERS="1", **more
        )
        running.append(Service(port, log_file, output, None, start(told, output)))
        wait_until_live(running[-1])
        return running[-1]

    yield serve
    for service in running:
        service.process.terminate()
    for service in running:
        service.process.wait(timeout=40)


@pytest.fixture(scope="module")
def service(serve: Callable[..., Service]) -> Service:
    """Return the service with open lookups."""
    return serve()


@pytest.fixture(scope="module")
def closed_service(serve: Callable[..., Service]) -> Service:
    """Return the service with closed lookups."""
    return serve(WEBAPI_LOOKUPS="token", WEBAPI_TOKEN_KEY=TOKEN_KEY)


@dataclass
class Visitor:
    """A person at a browser, and what went wrong there."""

    page: Page
    url: str
    said: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        """Open an address of the service."""
        self.page.goto(self.url + path)
        return self.page

    def sign_in(self, password: str = PASSWORD, then: str = "/campaigns") -> Page:
        """Sign in by the form."""
        self.go(f"/sign-in?next={then}")
        self.page.fill("#name", USER)
        self.page.fill("#password", password)
        return self.follow("main button")

    def follow(self, selector: str) -> Page:
        """Click what leads to a page, and wait until that page is there: a click alone does not wait for it."""
        with self.page.expect_navigation():
            self.page.click(selector)
        return self.page

    def require_clean(self) -> None:
        """Hold that nothing was blocked by the policy and nothing was said on the console."""
        assert self.page.evaluate("window.violations") == [] and self.said == [], self.said


@pytest.fixture
def visit(browser: Browser, service: Service) -> Iterator[Callable[..., Visitor]]:
    """Return a function that gives a person a browser of their own, with the options of a Playwright context."""
    contexts = []

    def visit(url: str = service.url, **options: object) -> Visitor:
        context = browser.new_context(**options)
        contexts.append(context)
        context.add_init_script(LISTEN)
        visitor = Visitor(context.new_page(), url)
        visitor.page.on(
            "console", lambda message: visitor.said.append(message.text) if message.type == "error" else None
        )
        visitor.page.on("pageerror", lambda error: visitor.said.append(str(error)))
        return visitor

    yield visit
    for context in contexts:
        context.close()
