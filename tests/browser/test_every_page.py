"""Every page, on a desk and on a phone, in light and in dark: readable by everybody, and nothing wrong behind it."""

from pathlib import Path

import pytest
from playwright.async_api import Browser

from bot.web.site import PAGES
from tests.browser.accessible import for_everybody
from tests.browser.window import window
from tests.rooms.review.promising import promising
from tests.rooms.web.served import Served, serving

pytestmark = pytest.mark.asyncio(loop_scope="session")
EVERY = (
    *PAGES,
    ("/refused", "Refused"),
    ("/runs", "Runs"),
    ("/moment?at=10:14", "Moment"),
    ("/unlock", "Unlock"),
    ("/control/flatten", "Flatten"),
    ("/nowhere", "Nowhere"),
)


@pytest.mark.parametrize(("path", "name"), EVERY, ids=[name.lower() for _, name in EVERY])
async def test_a_page_is_for_everybody(chromium: Browser, site: Served, path: str, name: str) -> None:
    async with window(chromium, site, path) as page:
        await for_everybody(page, name.lower().replace(" ", "-"))


async def test_what_a_model_said_is_for_everybody(chromium: Browser, tmp_path: Path) -> None:
    promising(tmp_path / "j.db")
    async with serving(tmp_path, "--journal", tmp_path / "j.db") as site, window(chromium, site, "/stats") as page:
        await for_everybody(page, "statistics-of-a-model")
        picture = page.get_by_role("img", name="What was said and what came")
        box = await picture.bounding_box()
        assert box is not None
        assert box["height"] > 200
