"""One round trip, one refusal in a browser: the chart's numbers are the journal's, what people write stays text."""

import gzip
import html
import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.playing import Played
from tests.rooms.journal.build import Told, writer
from tests.rooms.web.served import TOKEN, Answer, Served, serving

pytestmark = pytest.mark.asyncio(loop_scope="session")
WEIGHT_MAX = 120_000
BEARER = {"authorization": f"Bearer {TOKEN}"}


def drawn(page: Answer) -> dict[str, Any]:
    """What the script is given to draw."""
    found = re.search(r'<script type="application/json" id="chart-facts">(.*?)</script>', page.text)
    assert found is not None, page.text
    facts: dict[str, Any] = json.loads(found[1])
    return facts


@pytest.fixture
def own(tmp_path: Path, reviewed: Played) -> str:
    """A copy of the day that may be written on."""
    path = tmp_path / "own.db"
    shutil.copy(reviewed.url.removeprefix("sqlite:///"), path)
    return str(path)


async def test_a_round_trip_is_told_with_its_chart(reviewed: Played, site: Served) -> None:
    trip = reviewed.round_trips[0]
    page = await site.get(f"/round-trips/{trip['id']}")
    assert page.code == 200
    text, facts = html.unescape(page.text), drawn(page)
    # the figures, the story, the orders and the neighbours are there
    for said in (
        trip["entry_price"],
        f"left by {trip['exit_reason']}",
        "What it made",
        "The orders' life",
        'rel="next"',
    ):
        assert said in text
    # beside what its signal saw, also what it had to reach
    assert re.search(r"<dt>volume</dt><dd>[\d.]+ ≥ 150</dd>", text)
    # the chart draws what the journal says, to the bar in which the position was left
    assert facts["bars"][-1]["time"] * 10**9 <= trip["exit_ns"] < (facts["bars"][-1]["time"] + facts["step"]) * 10**9
    wanted = next(one for one in reviewed.orders if one["bracket_id"] == trip["id"] and one["role"] == "stop")
    tick = float(facts["tick"])
    assert facts["bracket"]["stop"] * tick == float(wanted["stop_price"])
    assert [one["price"] * tick for one in facts["fills"]] == [float(trip["entry_price"]), float(trip["exit_price"])]
    # and the table behind it says the same
    signal = next(bar for bar in facts["bars"] if bar["time"] == facts["signal"]["time"])
    cells = page.text.partition('<table id="cells">')[2].partition("</table>")[0]
    assert cells.count("<tr>") == len(signal["rows"]) + 1


async def test_a_refusal_is_told_with_its_chart(reviewed: Played, site: Served) -> None:
    refused = reviewed.blocked[0]
    page = await site.get(f"/signals/{refused['id']}")
    assert refused["reasons"][0]["message"] in html.unescape(page.text)
    assert drawn(page)["bracket"]["sent"] is False


async def test_any_row_of_a_story_leads_to_its_page(reviewed: Played, site: Served) -> None:
    trip, refused = reviewed.round_trips[0], reviewed.blocked[0]
    order = next(one for one in reviewed.orders if one["bracket_id"] == trip["id"])
    of_trip = [await site.get(f"/signals/{one}") for one in (trip["signal_id"], trip["id"], order["id"])]
    of_refusal = await site.get(f"/round-trips/{refused['signal_id']}")
    nothing = [await site.get(f"/round-trips/{one}") for one in ("nothing", "%00", "x" * 300, "%3Cscript%3E")]
    assert {one.headers["location"] for one in of_trip} == {f"/round-trips/{trip['id']}"}
    assert of_refusal.headers["location"] == f"/signals/{refused['id']}"
    assert [one.code for one in nothing] == [404] * 4
    assert "<script>" not in nothing[3].text


async def test_what_people_write_is_kept_as_text(tmp_path: Path, reviewed: Played, own: str) -> None:
    page, words = f"/round-trips/{reviewed.round_trips[0]['id']}", "<script>alert(1)</script> & 'so on'"
    async with serving(tmp_path, "--journal", own) as site:
        # given a browser that may write, and one that may not
        browser = await site.unlocked()
        form, cookie = {"form_secret": browser["form_secret"]}, browser["cookie"]
        assert (await site.post(f"{page}/notes", {"note": words})).code == 403
        # when it writes a note, puts tags on and takes one off
        told = [
            await site.post(f"{page}/notes", {**form, "note": words}, cookie=cookie),
            await site.post(f"{page}/tags", {**form, "tags": "late, <b> a+"}, cookie=cookie),
            await site.post(f"{page}/tags", {**form, "tags": "a+", "remove": "yes"}, cookie=cookie),
        ]
        # then it comes back to the page, which shows them, and the list finds them
        assert [(one.code, one.headers["location"]) for one in told] == [(303, f"{page}#remarks")] * 3
        shown = (await site.get(page, cookie=cookie)).text
        assert "<script>alert" not in shown
        assert words in html.unescape(shown)
        assert 'aria-label="Take late off"' in shown
        assert "Take a+ off" not in shown
        assert page in (await site.get("/round-trips?tag=late")).text
        assert page not in (await site.get("/round-trips?tag=a%2B")).text
        # and what is no note and no tag is refused
        refused = [
            await site.post(f"{page}/notes", {"note": " "}, **BEARER),
            await site.post(f"{page}/notes", {"note": "x" * 5_000}, **BEARER),
            await site.post(f"{page}/tags", {"tags": " , "}, **BEARER),
            await site.post(f"{page}/tags", {"tags": "x" * 50}, **BEARER),
            await site.post("/round-trips/nothing/notes", {"note": "x"}, **BEARER),
        ]
    assert [one.code for one in refused] == [400, 400, 400, 400, 404]


async def test_a_position_that_is_open_has_a_page_and_takes_notes(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with writer(f"sqlite:///{path}", run="one") as journal:
        told = Told(journal)
        bracket = told.bracket(660)
        told.fill(bracket.entry, 690, 16802)
    async with serving(tmp_path, "--journal", path) as site:
        page = await site.get(f"/round-trips/{bracket.id}")
        noted = await site.post(f"/round-trips/{bracket.id}/notes", {"note": "holding"}, **BEARER)
        again = await site.get(f"/round-trips/{bracket.id}")
    assert (page.code, noted.code, "holding" in again.text) == (200, 303, True)
    assert "No bar was kept" in page.text


async def test_a_page_with_all_that_it_loads_is_light(reviewed: Played, site: Served) -> None:
    weights = {trip["id"]: await _weight(site, f"/round-trips/{trip['id']}") for trip in reviewed.round_trips}
    assert max(weights.values()) <= WEIGHT_MAX


async def _weight(site: Served, path: str) -> int:
    page = await site.get(path)
    files = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)) | {"/static/charts/footprint.js"}
    parts = [page.text, *[(await site.get(file)).text for file in sorted(files)]]
    assert len(parts) == 8
    return sum(len(gzip.compress(part.encode())) for part in parts)
