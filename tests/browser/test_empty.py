"""Before there is anything to see: every page says what to do, and nothing is wrong behind it."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from bot.web.site import PAGES
from tests.browser.accessible import findings
from tests.browser.window import shot, window
from tests.programs import ended
from tests.rooms.web.served import serving

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_place_without_a_journal_is_told_on_every_page(chromium: Browser, tmp_path: Path) -> None:
    # given a server without a journal, when somebody goes from page to page
    journal = tmp_path / "none.db"
    async with serving(tmp_path, "--journal", journal) as site, window(chromium, site) as page:
        for _, name in PAGES:
            link = page.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True)
            await link.click()
            await expect(link).to_have_attribute("aria-current", "page")
            await shot(page, f"empty-{name.lower().replace(' ', '-')}")
            # then each is whole, and names a command that makes something to see
            assert (name, await findings(page)) == (name, [])
            if name != "Calendar":  # which needs no journal
                await expect(page.locator("main code").first).to_contain_text("paperpit ")
        # when there is one at last, then an open page shows it without being loaded again
        await page.get_by_role("link", name="Today").click()
        await expect(page.get_by_text("live", exact=True)).to_be_visible()
        code, said = await ended("replay", "demo", "--journal", journal)
        assert code == 0, said.words
        await expect(page.get_by_role("heading", name="Round trips of run")).to_be_visible()
