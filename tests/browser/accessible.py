"""What axe-core says of a page. It is handed in as text: the page's own policy lets no strange script in."""

import hashlib
from pathlib import Path

from playwright.async_api import Page

_FILE = Path(__file__).with_name("axe") / "axe.min.js"
DIGEST = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
"""SHA-256 of axe.min.js, from `sri-history.json` of axe-core 4.14.1."""
GRAVE = ("serious", "critical")


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
