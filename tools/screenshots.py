"""``make screenshots``: pictures of the pages, of the demo that runs with its sample, for README and documentation.

Needs Chromium (``apt-get install chromium``, or CAMPAIGN_CHROMIUM names it). Raises Problem where it or the demo is missing.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

from campaign.settings import PROJECT_ROOT
from local_stack.console import Problem, ended_by
from local_stack.mysql.database import database_in_use
from local_stack.sample import campaign_shown, served_subjects
from local_stack.secrets_file import WEB_USER, load_secrets
from local_stack.services import Services
from local_stack.settings import read_settings

FOLDER = PROJECT_ROOT / "docs" / "images"
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
# Debian's Chromium has no sandbox for root, and asks nothing of the network.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def main() -> int:
    """Write the pictures, and print their names."""
    chromium = os.environ.get("CAMPAIGN_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        raise Problem("Chromium is not on PATH. Debian, Ubuntu: apt-get install chromium")
    settings = read_settings()
    password = load_secrets(settings.state_folder)["WEBAPI_MARCOM_PASSWORD"]
    with database_in_use(settings, keep_up=lambda: bool(Services(settings.state_folder).alive())) as ready:
        shown = campaign_shown(ready)
        customer, _ = served_subjects(ready, shown)
    pictures = {
        "campaign": (f"/campaigns/{shown}", WIDE, "light"),
        "campaign-narrow-dark": (f"/campaigns/{shown}", NARROW, "dark"),
        "own-page": (f"/me/customers/{customer}", NARROW, "light"),
    }
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        for name, (address, size, scheme) in pictures.items():
            file = FOLDER / f"{name}.png"
            try:
                _take(browser, settings.webapi_url, address, password, size, scheme, file)
            except Error as error:
                raise Problem(
                    f"{settings.webapi_url}{address} does not open: {error}\nIs the demo up? make demo"
                ) from None
            print(file.relative_to(PROJECT_ROOT))
    return 0


def _take(
    browser: Browser, url: str, address: str, password: str, size: dict[str, int], scheme: str, file: Path
) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme, locale="en-GB")
    page = context.new_page()
    page.goto(f"{url}/sign-in?next={address}")
    page.fill("#name", WEB_USER)
    page.fill("#password", password)
    page.click("main button")
    page.wait_for_url(f"{url}{address}")
    page.screenshot(path=file)
    context.close()


if __name__ == "__main__":
    sys.exit(ended_by(main))
