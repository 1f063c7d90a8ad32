"""What axe-core says of a page. It is handed in as text: the page's own policy lets no strange script in."""

import hashlib
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.async_api import Page

from tests.browser.window import DESK, PHONE, shot

_FILE = Path(__file__).with_name("axe") / "axe.min.js"
DIGEST = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
"""SHA-256 of axe.min.js, from `sri-history.json` of axe-core 4.14.1."""
GRAVE = ("serious", "critical")
THEMES: tuple[Literal["light"], Literal["dark"]] = ("light", "dark")


async def findings(page: Page) -> list[str]:
    """What is seriously wrong for people who cannot see, point or tell colours apart: rule, place, words."""
    script = _FILE.read_bytes()
    assert hashlib.sha256(script).hexdigest() == DIGEST
    await page.evaluate(script.decode())
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']} at {node['target']}: {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


async def for_everybody(page: Page, name: str) -> None:
    """What a page must be in both themes, on a desk and on a phone; a picture of each is kept."""
    for width, theme in product((DESK, PHONE), THEMES):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=theme)
        await shot(page, f"{name}-{theme}-{width}")
        assert (width, theme, await findings(page)) == (width, theme, [])
        # it does not have to be pushed sideways: a wide table scrolls in itself
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
