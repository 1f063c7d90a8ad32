"""One browser for all of these tests, and the demo's day on a page server of its own.

Without Debian's chromium a test is skipped with that reason, unless CI=true: there a missing browser is a failure.
"""

import os
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from bot.resources import shipped
from tests.browser.window import QUIET
from tests.playing import Played, play
from tests.rooms.web.served import Served, serving

# As long as a busy machine may take; whoever waits goes on at once when it is there.
expect.set_options(timeout=60_000)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """A real browser without a screen."""
    program = shutil.which("chromium")
    if program is None and os.environ.get("CI") == "true":
        pytest.fail("no chromium here: apt-get install chromium")
    if program is None:
        pytest.skip("no chromium here: apt-get install chromium")
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=program, args=[*QUIET])
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The demo's day: the shipped tape under the shipped settings."""
    return play(
        tmp_path_factory.mktemp("demo"), shipped("config/tapes/demo.parquet"), "es-open-absorption.toml", calendar=None
    )


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(demo: Played, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """Its pages. What is written there, other tests see: note and tag what nobody else looks for."""
    async with serving(tmp_path_factory.mktemp("site"), "--journal", demo.url) as served:
        yield served
