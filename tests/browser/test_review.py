"""The evening: a round trip is found, opened, looked at and written about, by mouse and by keyboard."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.web.words import clock
from tests.browser.drawing import drawn
from tests.browser.window import shot, unlock, window
from tests.playing import Played
from tests.rooms.web.served import Served, serving

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_loss_is_found_opened_and_written_about(chromium: Browser, demo: Played, tmp_path: Path) -> None:
    own = tmp_path / "journal.db"
    own.write_bytes(Path(demo.url.removeprefix("sqlite:///")).read_bytes())
    (lost,) = [trip for trip in demo.round_trips if float(trip["net"]) < 0]
    async with serving(tmp_path, "--journal", own) as site, window(chromium, site) as page:
        # given the list of round trips, when it is filtered and the one that is left is opened
        await page.get_by_role("link", name="Round trips").click()
        rows = page.locator("table.rows tbody tr")
        await expect(rows).to_have_count(len(demo.round_trips))
        await page.get_by_label("Result").select_option("lost")
        await page.get_by_role("button", name="Filter").click()
        await expect(rows).to_have_count(1)
        await rows.get_by_role("link").first.click()
        # then it is told, drawn, and said in tables for whoever sees no picture
        await expect(page).to_have_url(f"http://{site.address}/round-trips/{lost['id']}")
        assert len(await drawn(page)) > 20
        await expect(page.locator("#chart")).to_have_attribute("aria-label", re.compile(re.escape(lost["entry_price"])))
        await page.get_by_text("The bars as a table").click()
        await expect(page.locator("#bars tbody tr").first).to_be_visible()
        # when a note is written, and a tag put on it
        story = page.url
        await unlock(page)
        await page.goto(story)
        await page.get_by_label("Note").fill("<script>alert(1)</script> chased it")
        await page.get_by_role("button", name="Write").click()
        await expect(page.locator("p.note")).to_contain_text("<script>alert(1)</script> chased it")
        await page.get_by_label("Tags").fill("chased")
        await page.get_by_role("button", name="Put on").click()
        # then the list can be asked for it
        await page.get_by_role("link", name="chased", exact=True).click()
        await expect(rows).to_have_count(1)
        await shot(page, "tagged")


async def test_it_goes_without_a_mouse(chromium: Browser, demo: Played, site: Served) -> None:
    first, second = (
        f"**/round-trips/{trip['id']}" for trip in sorted(demo.round_trips, key=lambda trip: trip["entry_ns"])
    )
    async with window(chromium, site, "/unlock") as page:
        await unlock(page)
        # given today, when the keys for round trips, the newest of them and its page are pressed
        await page.keyboard.press("g")
        await page.keyboard.press("r")
        await page.wait_for_url("**/round-trips")
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        # then that is open, and the one before and the one after are a key away
        await page.wait_for_url(second)
        await page.keyboard.press("k")
        await page.wait_for_url(first)
        await page.keyboard.press("j")
        await page.wait_for_url(second)
        # and what is typed into a note leads nowhere
        await page.keyboard.press("n")
        await page.keyboard.type("grjk")
        await expect(page.get_by_label("Note")).to_have_value("grjk")
        assert fnmatch(page.url, second)


async def test_why_there_was_no_trade_is_a_field_and_two_clicks_away(
    chromium: Browser, demo: Played, site: Served
) -> None:
    refused = demo.blocked[-1]
    async with window(chromium, site) as page:
        # when somebody asks of the minute of a refusal
        await page.get_by_role("navigation", name="Pages").get_by_role("link", name="Signals").click()
        await page.get_by_label("Time, New York").fill(clock(refused["ts_ns"])[:5])
        await page.get_by_role("button", name="Why no trade?").click()
        # then its reason is there
        await expect(page.locator("main")).to_contain_text(refused["reasons"][0]["message"])
