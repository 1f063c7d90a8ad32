"""The pictures of README.md, taken of the demo's own journal in every run.

What they show now lies in `var/screenshots`; `cp var/screenshots/readme-*.png docs/images/` renews them.
"""

import pytest
from playwright.async_api import Browser

from tests.browser.drawing import drawn
from tests.browser.window import SHOTS, window
from tests.playing import Played
from tests.rooms.web.served import Served

pytestmark = pytest.mark.asyncio(loop_scope="session")
WIDTH, MARGIN = 1200, 16


async def test_the_first_page_shows_what_a_person_will_see(chromium: Browser, demo: Played, site: Served) -> None:
    won = max(demo.round_trips, key=lambda trip: trip["r"])
    refused = demo.blocked[-1]
    for name, path, dark in (
        ("round-trip", f"/round-trips/{won['id']}", False),
        ("refusal", f"/signals/{refused['id']}/what-if", True),
    ):
        async with window(chromium, site, path, width=WIDTH, dark=dark) as page:
            await drawn(page)
            chart = await page.locator("#chart").bounding_box()
            assert chart is not None
            whole = {"x": 0, "y": 0, "width": WIDTH, "height": chart["y"] + chart["height"] + MARGIN}
            await page.screenshot(path=SHOTS / f"readme-{name}.png", full_page=True, clip=whole)
