"""Round trips in a browser: found, put in order, added up, and never pooled with those of another market."""

import re
from pathlib import Path

import pytest

from tests.bench.year import build
from tests.playing import Played
from tests.rooms.web.served import Served, serving

pytestmark = pytest.mark.asyncio(loop_scope="session")
ABSURD = (
    "nothing=1",
    "side=up",
    "side=short&side=long",
    "result=x",
    "exit=x",
    "sort=name",
    "page=0",
    "page=-1",
    "page=x",
    f"page={'9' * 40}",
    "day=soon",
    "day=0001-01-01",
    "day=9999-12-31",
    "since=x",
    f"since={'9' * 19}",
    "since=9999-12-31T23:59",
    f"tag={'x' * 999}",
    "tag=%00",
)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small journal of a live year."""
    path = tmp_path_factory.mktemp("year") / "journal.db"
    build(path, 500, 2_000)
    return path


def cells(text: str, number: int) -> list[str]:
    """One column of the list, without its marks."""
    body = text.partition('<table class="rows">')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in body.split("</tr>") if "<td" in row]
    return [re.sub("<[^>]*>", "", row[number]).strip() for row in rows]


async def listed(site: Served, query: str) -> str:
    page = await site.get(f"/round-trips?{query}")
    assert page.code == 200, page.text
    return page.text


async def test_the_day_that_was_replayed_is_listed_with_what_it_came_to(reviewed: Played, site: Served) -> None:
    text = await listed(site, "")
    none = await listed(site, "side=long&result=even&exit=breakeven")
    elsewhere = await site.get("/round-trips?run=nothing")
    for trip in reviewed.round_trips:
        assert f'href="/round-trips/{trip["id"]}"' in text
    assert "too few sessions (1 of 20) to tell" in text
    assert "queue · replay" in text
    assert "None of them passes these filters" in none
    assert (elsewhere.code, "paperpit journal runs" in elsewhere.text) == (404, True)


async def test_a_year_is_filtered_ordered_and_paged(tmp_path: Path, year: Path) -> None:
    async with serving(tmp_path, "--journal", year) as site:
        text = await listed(site, "")
        assert len(cells(text, 0)) == 100
        assert "page 1 of 5" in text
        assert cells(text, 0) == sorted(cells(text, 0), reverse=True)
        assert re.search(r"[+−]0\.\d\d \([+−]\d\.\d\d … [+−]\d\.\d\d\)", text)

        best, worst = await listed(site, "sort=net"), await listed(site, "sort=net.up&page=5")
        assert cells(best, 10)[0] == cells(worst, 10)[-1] == "+145.50"

        won, lost = await listed(site, "result=won"), await listed(site, "result=lost")
        count = [int(re.search(r"<h2 id=\"list\">(\d+)", one)[1]) for one in (won, lost)]  # type: ignore[index]
        assert sum(count) == 500
        assert set(cells(won, 7)) == {"target"}

        session = await listed(site, "day=2025-03-05")
        assert {one[:8] for one in cells(session, 0)} == {"25-03-05"}
        hour = await listed(site, "since=2025-03-05T09:30&until=2025-03-06&instrument=ES&kind=sweep")
        assert set(cells(hour, 4)) <= {"sweep"}


async def test_an_absurd_filter_is_told_what_is_meant(site: Served) -> None:
    answers = {query: await site.get(f"/round-trips?{query}") for query in ABSURD}
    assert {query: one.code for query, one in answers.items()} == dict.fromkeys(ABSURD, 400)
    assert all("Allowed: " in one.text for one in answers.values())


async def test_a_place_without_a_journal_says_what_makes_one(tmp_path: Path) -> None:
    async with serving(tmp_path, "--journal", tmp_path / "nothing.db") as site:
        page = await site.get("/round-trips")
    assert (page.code, "paperpit replay" in page.text) == (200, True)
