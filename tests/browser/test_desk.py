"""A desk that trades, watched and told something in a browser."""

import asyncio
import os
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.window import PHONE, shot, unlock, window
from tests.programs import ended, program
from tests.rooms.web.served import serving

pytestmark = pytest.mark.asyncio(loop_scope="session")
GIVEN = (
    *("--adapter", "synthetic", "--set", "adapters.synthetic.speed=60x", "--strategy", "drill-es.toml"),
    *("--calendar", "none", "--warm", "none", "--once"),
)


async def test_a_desk_is_paused_from_one_window_and_seen_to_be_so_in_another(chromium: Browser, tmp_path: Path) -> None:
    # given a desk that trades, and two people at its page
    journal, desk = f"sqlite:///{tmp_path / 'journal.db'}", f"browsed-{os.getpid()}"
    async with program("run", *GIVEN, "--desk", desk, "--journal", journal) as running:
        await running.until("trading")
        async with (
            serving(tmp_path, "--journal", journal) as site,
            window(chromium, site) as mine,
            window(chromium, site, width=PHONE) as theirs,
        ):
            await expect(theirs.get_by_text("live", exact=True)).to_be_visible()
            # then what the desk does comes to the page without being asked for
            await expect(theirs.get_by_role("region", name="Round trips").locator("tbody tr")).not_to_have_count(0)
            # when one of them may not write yet, and presses pause
            await mine.get_by_role("link", name="Pause").click()
            await expect(mine.get_by_text("This browser may only read.")).to_be_visible()
            await unlock(mine)
            # and pauses after showing the token, with a reason that is no markup
            await mine.get_by_role("link", name="Pause").click()
            await mine.get_by_label("Reason, for the journal").fill("<b>lunch</b>")
            await mine.get_by_role("button", name="Pause").click()
            await expect(mine.get_by_role("heading", name="Pause: told")).to_be_visible()
            # then the other one sees it, in words
            await expect(theirs.locator(".state")).to_have_text("paused")
            await expect(theirs.get_by_role("listitem").filter(has_text="<b>lunch</b>")).to_be_visible()
            await shot(theirs, "paused-phone")
            # and what cannot be taken back is not done without its box
            await mine.get_by_role("link", name="Back to today").click()
            await mine.get_by_role("link", name="Flatten, kill switch").click()
            await mine.get_by_role("button", name="Flatten").click()
            await expect(mine.get_by_role("heading", name="Flatten?")).to_be_visible()
            await mine.get_by_label("yes, leave every position at market").check()
            await mine.get_by_role("button", name="Flatten").click()
            await expect(mine.get_by_role("heading", name="Flatten: told")).to_be_visible()
        await asyncio.gather(ended("stop", "--desk", desk), running.code())
