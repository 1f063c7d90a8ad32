"""What a round trip's page weighs, how soon its chart is there, and what a frame costs while 10,000 bars are panned.

Method: Debian's chromium without a screen, each visit by a browser that knows nothing yet. A frame is all the time that
scripts take from a push of the axis until it has been painted anew, the library's own share included.
"""

import shutil
import statistics
from collections.abc import Iterator, Sequence

from playwright.sync_api import Browser, Page, sync_playwright

from tests.bench.rows import Row
from tests.browser.window import DESK, QUIET

VISITS = 15
BARS, FRAMES = 10_000, 200
DETAILS = {"numbers": 110, "profile": 30, "candles": 3}
"""What is drawn of a bar, at so many pixels a bar."""
NAMES = (
    *("round trip's page in all, compressed", "its chart is drawn after its script begins: p95"),
    *(f"a frame of {BARS:,} bars panned, {detail}: p95" for detail in DETAILS),
)
PAN = """async ([count, frames, spacing]) => {
  const { draw } = await import("/static/charts/chart.js");
  const facts = JSON.parse(document.getElementById("chart-facts").textContent), { bars } = facts;
  const made = Array.from({ length: count }, (_, at) => {
    const bar = bars[at % bars.length], time = bars[0].time + at * facts.step, up = Math.round(4 * Math.sin(at / 300));
    const rows = bar.rows.map(([price, bid, ask]) => [price + up, bid, ask]);
    const moved = ["open", "high", "low", "close", "poc"].map((name) => [name, bar[name] + up]);
    return { ...bar, ...Object.fromEntries(moved), time, rows };
  });
  const place = document.querySelector("main").appendChild(document.createElement("div"));
  Object.assign(place.style, { width: "1168px", height: "900px" });
  const next = window.requestAnimationFrame.bind(window), frame = () => new Promise(next);
  let spent = 0;
  const timed = (work) => { const begun = performance.now(); work(); spent += performance.now() - begun; };
  window.requestAnimationFrame = (paint) => next((now) => timed(() => paint(now)));
  const { chart, footprint } = draw(place, { ...facts, bars: made, until: made[count - 1].time });
  const scale = chart.timeScale(), took = [];
  scale.applyOptions({ barSpacing: spacing });
  for (let at = 0; at < frames; at++) {
    spent = 0;
    timed(() => scale.scrollToPosition(-3 * at, false));
    await frame();
    await frame();
    took.push(spent);
  }
  return [footprint.last.detail, took];
}"""


def measure(address: str, path: str) -> Iterator[Row]:
    """Rows for the story at a path; without a browser they say so."""
    program = shutil.which("chromium")
    if program is None:
        yield from (Row(name, None, "", note="apt-get install chromium") for name in NAMES)
        return
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=[*QUIET])
        url = f"http://{address}{path}"
        weights, drawn = zip(*(_visit(browser, url) for _ in range(VISITS)), strict=True)
        yield Row(NAMES[0], max(weights) / 1024, "KiB", must=120, less=True, note="headers and style sheets, too")
        yield Row(NAMES[1], _p95(drawn), "ms", must=400, less=True, note=f"p50 {statistics.median(drawn):.0f} ms")
        for name, (detail, spacing) in zip(NAMES[2:], DETAILS.items(), strict=True):
            took = _panned(browser, url, detail, spacing)
            yield Row(name, _p95(took), "ms", must=8, less=True, note=f"p50 {statistics.median(took):.1f} ms")
        browser.close()


def _visit(browser: Browser, url: str) -> tuple[float, float]:
    """Bytes over the wire, and milliseconds until the chart was drawn."""
    with browser.new_context(viewport={"width": DESK, "height": 900}) as context:
        page = context.new_page()
        sizes: list[float] = []
        wire = context.new_cdp_session(page)
        wire.on("Network.loadingFinished", lambda said: sizes.append(said["encodedDataLength"]))
        wire.send("Network.enable")
        _open(page, url)
        return sum(sizes), float(page.locator("#chart").get_attribute("data-ms") or "nan")


def _panned(browser: Browser, url: str, detail: str, spacing: int) -> Sequence[float]:
    with browser.new_context(viewport={"width": DESK, "height": 900}) as context:
        page = context.new_page()
        _open(page, url)
        seen, took = page.evaluate(PAN, [BARS, FRAMES, spacing])
    if seen != detail:
        raise RuntimeError(f"{spacing} pixels a bar showed {seen}, not {detail}")
    return list(took)


def _open(page: Page, url: str) -> None:
    page.goto(url)
    page.locator("#chart[data-ms]").wait_for()


def _p95(took: Sequence[float]) -> float:
    return sorted(took)[int(0.95 * len(took))]
