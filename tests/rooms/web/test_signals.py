"""Signals in a browser: what was taken, what was refused by which rule, what was left, and nothing counted twice."""

import re
from pathlib import Path

import pytest

from bot.domain.decision import Blocked, Reason
from tests.playing import Played
from tests.rooms.journal.build import Told, the_lesson, writer
from tests.rooms.web.served import Served, serving

pytestmark = pytest.mark.asyncio(loop_scope="session")
SPREAD, CPI = Reason("spread", "the spread is 4 ticks", {"ticks": 4}), Reason("blackout", "CPI at 08:30", {})
ABSURD = ("side=up", "outcome=x", "page=0", "day=soon", "since=9999-12-31T23:59", "sort=ts", "rule=%00")


async def listed(site: Served, query: str) -> str:
    page = await site.get(f"/signals?{query}")
    assert page.code == 200, page.text
    return page.text


def count(text: str) -> int:
    found = re.search(r'<h2 id="list">([\d,]+) signal', text)
    return int(found[1].replace(",", "")) if found else 0


async def test_the_page_counts_what_the_lists_count(reviewed: Played, site: Served) -> None:
    outcomes = [one["outcome"] for one in reviewed.signals]
    text = await listed(site, "")
    assert count(text) == len(outcomes)
    for name in ("approved", "blocked", "unused"):
        assert count(await listed(site, f"outcome={name}")) == outcomes.count(name)
    for rule in reviewed.rules:
        mine = {row["signal_id"] for row in reviewed.blocked for one in row["reasons"] if one["rule"] == rule}
        assert count(await listed(site, f"rule={rule}")) == len(mine)
    kind = reviewed.signals[0]["kind"]
    assert count(await listed(site, f"kind={kind}")) == [one["kind"] for one in reviewed.signals].count(kind)
    assert count(await listed(site, "day=2026-11-10&run=last&instrument=ES")) == len(outcomes)
    assert "None of them passes" in await listed(site, "rule=nothing")
    absurd = {query: (await site.get(f"/signals?{query}")).code for query in ABSURD}
    # every refusal is there, with why
    assert all(f'href="/signals/{row["signal_id"]}"' in text or count(text) > 100 for row in reviewed.blocked)
    assert absurd == dict.fromkeys(ABSURD, 400)


@pytest.fixture
def refused(tmp_path: Path) -> Path:
    """A run whose strategy was refused for two reasons, then proposed without a signal, and won once."""
    path = tmp_path / "journal.db"
    with writer(f"sqlite:///{path}", run="one") as journal:
        told = Told(journal)
        told.blocked(60, SPREAD, CPI)
        told.blocked(90, SPREAD)
        seen = told.signal(120)
        alone = told.proposal(seen)
        object.__setattr__(alone, "signal_id", "")
        journal.decision(journal.next_id(), Blocked(alone, seen.known, (CPI,)))
        journal.commit()
        the_lesson(told)
        journal.finish({})
    return path


async def test_a_refusal_for_two_reasons_is_one_and_one_without_a_signal_is_there(
    tmp_path: Path, refused: Path
) -> None:
    async with serving(tmp_path, "--journal", refused) as site:
        text = await listed(site, "outcome=blocked")
        spread, blackout = await listed(site, "rule=spread"), await listed(site, "rule=blackout")
        alone = await listed(site, "kind=none")
        story = await site.get(re.search(r'href="(/signals/one-\d+)"', alone)[1])  # type: ignore[index]
    assert [count(one) for one in (text, spread, blackout, alone)] == [3, 2, 2, 1]
    assert re.findall(r'class="n">(\d+)</td><td class="n">(\d+) %', text) == [("2", "67"), ("2", "67")]
    assert (story.code, "CPI at 08:30" in story.text) == (200, True)
