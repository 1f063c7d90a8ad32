"""What a chart's pixels are."""

from playwright.async_api import Page

_COLOURS = """async chart => {
  const frame = () => new Promise(requestAnimationFrame);
  await frame();
  await frame();
  const count = new Map();
  for (const canvas of chart.querySelectorAll("canvas")) {
    if (!canvas.width || !canvas.height) continue;
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
    copy.drawImage(canvas, 0, 0);
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] < 255) continue;
      const colour = `rgb(${data[at]}, ${data[at + 1]}, ${data[at + 2]})`;
      count.set(colour, (count.get(colour) || 0) + 1);
    }
  }
  return Object.fromEntries(count);
}"""
_NAMED = """names => {
  const probe = document.body.appendChild(document.createElement("i"));
  const colour = (name) => { probe.style.color = `var(--${name})`; return getComputedStyle(probe).color; };
  const found = names.map(colour);
  probe.remove();
  return found;
}"""


async def drawn(page: Page) -> dict[str, int]:
    """Wait for the chart; how many pixels it has of each colour."""
    await page.locator("#chart[data-ms]").wait_for()
    found: dict[str, int] = await page.locator("#chart").evaluate(_COLOURS)
    return found


async def named(page: Page, *names: str) -> list[str]:
    """The page's own colours of these names, in the theme that is on."""
    found: list[str] = await page.evaluate(_NAMED, list(names))
    return found
