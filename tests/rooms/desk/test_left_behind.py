"""A strategy that is asked no more leaves a bracket behind: somebody still sees that it is flat before the close."""

import asyncio
from dataclasses import replace
from pathlib import Path

from bot.config import read_bot, read_strategy
from bot.daemon import Asked, Run
from bot.daemon.building import agenda_of
from bot.daemon.opening import _left
from bot.domain.decision import Proposal
from bot.domain.order import BracketState
from bot.domain.past import Past, PastBracket
from bot.resources import shipped
from tests.laws.markets import DRILL, market
from tests.playing import strategy


def past(**states: BracketState) -> Past:
    brackets = [
        PastBracket(name, Proposal(name, 0, 1, 1, 0, 0, 0, "", 0, 0), 0, {}, "ESM2026", state, ())
        for name, state in states.items()
    ]
    return Past(products=("ES",), brackets=tuple(brackets))


def test_only_what_lives_and_has_no_strategy_any_more_is_left_behind() -> None:
    found = past(gone=BracketState.OPEN, here=BracketState.OPEN, over=BracketState.CLOSED)
    assert _left(found, ["here"]) == {"gone": "ES"}


def test_its_position_leaves_before_the_close_like_any(tmp_path: Path) -> None:
    tape = market(5, rows=700, start="2026-05-27 16:54").write(tmp_path / "tape.parquet")
    bot = read_bot(shipped("config/bot.toml"), [f"adapters.replay.tape={tape}"])
    asked = Asked(bot, [read_strategy(strategy(tmp_path, DRILL))], f"sqlite:///{tmp_path / 'journal.db'}", "process")

    async def flattened() -> set[str]:
        async with Run(asked) as run:
            agenda = agenda_of(replace(run._opened, left={"gone": "ES"}, specs=[]), {})
            edges = []
            while agenda.next_due() is not None:
                edges.append(agenda.take())
        return {edge.strategy for edge in edges if edge.what == "flatten"}

    assert asyncio.run(flattened()) == {"gone"}
