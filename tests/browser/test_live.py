"""A page that stays open: it says when it is not live, and goes on by itself when the server is back."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.window import window
from tests.playing import Played
from tests.programs import ended
from tests.rooms.web.served import serving

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_page_outlives_its_server(chromium: Browser, demo: Played, tmp_path: Path) -> None:
    # given a page that is open on a journal
    journal = tmp_path / "journal.db"
    journal.write_bytes(Path(demo.url.removeprefix("sqlite:///")).read_bytes())
    async with AsyncExitStack() as opened:
        async with serving(tmp_path, "--journal", journal) as first:
            page = await opened.enter_async_context(window(chromium, first, forgiven="ERR_"))
            await expect(page.get_by_text("live", exact=True)).to_be_visible()
            shown = page.get_by_role("heading", name="Round trips of run")
            before = await shown.inner_text()
        # when its server goes, and another run is written meanwhile
        await expect(page.get_by_text("not live: the server does not answer, trying again")).to_be_visible()
        await page.evaluate("renew()")
        code, said = await ended("replay", "demo", "--journal", journal)
        assert code == 0, said.words
        # then it shows that run once a server is back, without being told
        async with serving(tmp_path, "--journal", journal, "--port", first.address.rpartition(":")[2]):
            await expect(page.get_by_text("live", exact=True)).to_be_visible()
            await expect(shown).not_to_have_text(before)
