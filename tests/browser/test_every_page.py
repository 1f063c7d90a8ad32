"""Every page, on a desk and on a phone, in light and in dark: readable by everybody, and nothing wrong behind it."""

from itertools import product

import pytest
from playwright.async_api import Browser

from bot.web.site import PAGES
from tests.browser.accessible import findings
from tests.browser.window import DESK, PHONE, shot, window
from tests.rooms.web.served import Served

pytestmark = pytest.mark.asyncio(loop_scope="session")
EVERY = (*PAGES, ("/unlock", "Unlock"), ("/control/flatten", "Flatten"), ("/nowhere", "Nowhere"))


@pytest.mark.parametrize(("path", "name"), EVERY, ids=[name.lower() for _, name in EVERY])
async def test_a_page_is_for_everybody(chromium: Browser, site: Served, path: str, name: str) -> None:
    async with window(chromium, site, path) as page:
        for width, theme in product((DESK, PHONE), ("light", "dark")):
            await page.set_viewport_size({"width": width, "height": 900})
            await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            await shot(page, f"{name.lower()}-{theme}-{width}")
            assert (width, theme, await findings(page)) == (width, theme, [])
            # it does not have to be pushed sideways: a wide table scrolls in itself
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
