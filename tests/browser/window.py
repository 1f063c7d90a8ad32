"""A window of the browser on one site, which notes what a person would not forgive: errors and strangers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Page, Request

from tests.rooms.web.served import TOKEN, Served

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)
"""No sandbox: Chromium has none for root, and the pages are our own. The rest: it asks nobody for anything."""
DESK, PHONE = 1440, 390
"""Widths in pixels."""
SHOTS = Path(__file__).resolve().parents[2] / "var/screenshots"
"""Where every run leaves what it saw."""


@asynccontextmanager
async def window(
    browser: Browser, site: Served, path: str = "/", *, width: int = DESK, dark: bool = False, forgiven: str = "none"
) -> AsyncIterator[Page]:
    """A page that is open, in a browser that knows nothing yet.

    When the block ends, nothing may have been wrong on the way: no error in the console, no request that failed, none
    that left this machine. `forgiven` are words of what must go wrong.
    """
    wrong: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # A page that is not there says so itself; the browser's own line about it is no news.
        if message.type in ("error", "warning") and message.location["url"] != page.url:
            wrong.append(f"console: {message.text}")

    def asked(request: Request) -> None:
        if urlsplit(request.url).netloc != site.address and not request.url.startswith("data:"):
            wrong.append(f"asked elsewhere: {request.url}")

    def failed(request: Request) -> None:
        # Leaving a page ends its stream of events: that is no failure.
        if request.failure != "net::ERR_ABORTED":
            wrong.append(f"failed: {request.url} {request.failure}")

    context = await browser.new_context(
        base_url=f"http://{site.address}",
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    try:
        page = await context.new_page()
        page.on("console", heard)
        page.on("pageerror", lambda error: wrong.append(f"script: {error}"))
        page.on("request", asked)
        page.on("requestfailed", failed)
        await page.goto(path)
        yield page
    finally:
        await context.close()
    unforgiven = [one for one in wrong if forgiven not in one]
    assert not unforgiven, unforgiven


async def unlock(page: Page) -> None:
    """Show the token, as a person does."""
    await page.goto("/unlock")
    await page.get_by_label("Token").fill(TOKEN)
    await page.get_by_role("button", name="Unlock").click()
    await page.get_by_text("may write").wait_for()
    await page.wait_for_load_state()  # only then it hears keys


async def shot(page: Page, name: str) -> None:
    """Keep what the window shows."""
    await page.screenshot(path=SHOTS / f"{name}.png")
