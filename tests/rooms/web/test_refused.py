"""What refusals would have made, in a browser: only where it is asked for, and said where it cannot be told."""

import asyncio
import json
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli.journal import journal as commands
from bot.kernel import cache_folder
from tests.laws.markets import drill, market
from tests.playing import Played, play
from tests.rooms.web.served import serving


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Played:
    """A drill most of whose wishes are refused."""
    monkeypatch.setenv("PAPERPIT_KERNEL_CACHE", str(cache_folder()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return play(tmp_path, market(5, 600), drill(tmp_path), sets=["risk.max_brackets_per_minute=1"])


async def test_a_refusal_is_asked_for_what_it_would_have_made(played: Played, tmp_path: Path) -> None:
    # given what the command line says of every refusal
    words = ["blocked", "--what-if", "--journal", played.url, "--json"]
    result = await asyncio.to_thread(CliRunner().invoke, commands, words)
    told = {row["id"]: row["what_if"] for row in json.loads(result.stdout)}
    one = next(key for key, made in told.items() if made["filled"])
    async with serving(tmp_path, "--journal", played.url) as site:
        # when its page is opened, then it offers to ask
        page = await site.get(f"/signals/{one}")
        assert f'href="/signals/{one}/what-if#what-if"' in page.text
        # and when it is asked, it says the same as the command line
        asked = await site.get(f"/signals/{one}/what-if")
        assert asked.code == 200
        assert f"{told[one]['entry_price']} → {told[one]['exit_price']}, left by {told[one]['end']}" in asked.text
        # and the run's rules are told with what they cost or saved
        rules = await site.get("/refused")
        assert rules.code == 200
        assert "too few sessions (1 of 20) to tell" in rules.text
        assert f'<td class="n">{len(told)}</td>' in rules.text
        for counted in ("every", "first"):
            assert (await site.get(f"/refused?counted={counted}&run={played.outcome.run}")).code == 200
        # and what has no refusal, or names no run, is answered as ever
        trip = played.round_trips[0]["id"]
        elsewhere = await site.get(f"/signals/{trip}/what-if")
        assert (elsewhere.code, elsewhere.headers["location"]) == (302, f"/round-trips/{trip}")
        assert [(await site.get(f"/refused?{query}")).code for query in ("run=none", "day=never", "counted=x")] == [
            *(404, 400, 400),
        ]


@pytest.fixture
def again(played: Played, tmp_path: Path) -> Played:
    """A second run in the same journal, by another fill model."""
    sets = ["risk.max_brackets_per_minute=1", 'replay.fill_model="touch"']
    return play(tmp_path, tmp_path / "0-ES.parquet", drill(tmp_path), sets=sets, journal=played.url)


async def test_several_runs_are_told_together_by_what_is_chosen(played: Played, again: Played, tmp_path: Path) -> None:
    async with serving(tmp_path, "--journal", played.url) as site:
        # when all of one strategy is asked for, then each market has a table of its own
        page = await site.get("/refused?strategy=drill-law")
        assert page.code == 200
        assert f'<td class="n">{len(played.blocked)}</td>' in page.text
        assert "<h2>all · touch · replay · drill</h2>" in page.text
        assert "2 runs, fills by" in page.text
        # and the API counts what the command line counts
        told = json.loads((await site.get("/api/v1/refused?run=all&by=strategy")).text)
        whole = [one for one in told if not one["by"]]
        assert sum(one["refused"] for one in whole) == len(played.blocked) + len(again.blocked)
        # and a day without a run holds nothing
        quiet = await site.get("/refused?run=all&day=2026-06-01")
        assert "Nothing was refused there" in quiet.text


async def test_a_tape_that_is_gone_is_said_to_be(played: Played, tmp_path: Path) -> None:
    (tmp_path / "0-ES.parquet").unlink()
    one = played.blocked[0]["id"]
    async with serving(tmp_path, "--journal", played.url) as site:
        for path in (f"/signals/{one}/what-if", "/refused"):
            page = await site.get(path)
            assert page.code == 200
            assert "there is no such tape" in unescape(page.text)
