"""The footprint chart: it is there, in the colours of the theme that is on, and says in words what it shows."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.accessible import for_everybody
from tests.browser.drawing import drawn, named
from tests.browser.window import window
from tests.playing import Played
from tests.rooms.web.served import Served

pytestmark = pytest.mark.asyncio(loop_scope="session")
INKED = 200
"""Pixels of a colour that are more than an accident."""


async def test_a_round_trip_is_drawn_in_both_themes(chromium: Browser, demo: Played, site: Served) -> None:
    trip = demo.round_trips[0]
    async with window(chromium, site, f"/round-trips/{trip['id']}") as page:
        for theme in ("light", "dark"):
            # given a theme, when the chart has been painted
            await page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            ground, up, down, ink = await named(page, "raised", "up", "down", "ink")
            pixels = await drawn(page)
            # then its ground, its candles, its letters and its lines are of that theme
            assert max(pixels, key=pixels.__getitem__) == ground, theme
            assert min(pixels.get(colour, 0) for colour in (up, down, ink)) > INKED, theme
        # and the tables say the same
        cells = page.locator("#cells tbody tr")
        await page.get_by_text("The signal's bar, price by price").click()
        assert await cells.count() > 3
        await expect(page.get_by_role("img", name=f"entry {trip['entry_price']}")).to_be_visible()
        await for_everybody(page, "round-trip")


async def test_a_refusal_is_drawn_with_what_it_wanted(chromium: Browser, demo: Played, site: Served) -> None:
    refused = next(row for row in demo.blocked if row["signal_id"])
    async with window(chromium, site, f"/signals/{refused['id']}") as page:
        assert len(await drawn(page)) > 20
        for reason in refused["reasons"]:
            await expect(page.get_by_text(reason["message"]).first).to_be_visible()
        # when its tape is asked what it would have made
        await page.get_by_role("link", name="Ask the tape").click()
        # then that is told, in figures or in words
        made = page.get_by_role("region", name="What it would have made")
        await expect(made.or_(page.get_by_text("not told: the tape ends too early")).first).to_be_visible()
        await for_everybody(page, "refusal")


async def test_any_bar_is_told_price_by_price(chromium: Browser, demo: Played, site: Served) -> None:
    async with window(chromium, site, f"/round-trips/{demo.round_trips[0]['id']}") as page:
        await drawn(page)
        # given the table of the bars, when one of them is chosen without a mouse
        await page.get_by_text("The bars as a table").click()
        first = page.locator("#bars tbody tr").first
        told = await first.locator("td").all_inner_texts()
        await first.get_by_role("button").press("Enter")
        # then its prices are there, and add up to its volume
        await expect(page.get_by_text(f"The bar of {told[0][:5]}, price by price")).to_be_visible()
        cells = await page.locator("#cells tbody td").all_inner_texts()
        assert sum(int(cells[at]) for at in range(len(cells)) if at % 4 in (1, 2)) == int(told[6])
