"""A review that is a file: it opens from a disk, for everybody, asks nobody, and lets nothing run in it."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from playwright.async_api import Browser, Error

from bot.cli.journal import journal as commands
from tests.browser.accessible import for_everybody
from tests.playing import Played

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_review_opens_from_a_disk(chromium: Browser, demo: Played, tmp_path: Path) -> None:
    # given the demo's day as a file
    file = tmp_path / "review.html"
    words = ["report", "--journal", demo.url, "--run", "last", "--html", str(file)]
    assert CliRunner().invoke(commands, words).exit_code == 0
    context = await chromium.new_context()
    page = await context.new_page()
    asked, said = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    # when it is opened
    await page.goto(file.as_uri())
    # then it has its style and its drawing, is for everybody, and has asked for nothing else
    await for_everybody(page, "review-file")
    box = await page.locator("path.equity").bounding_box()
    assert box is not None
    assert box["height"] > 50
    assert (asked, said) == ([file.as_uri()], [])
    # and what somebody puts into it does not run
    with pytest.raises(Error, match="Content Security Policy"):
        await page.add_script_tag(content="document.title = 'run'")
    assert await page.title() == "paperpit · Review of 2026-11-10"
    await context.close()
