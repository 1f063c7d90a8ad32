"""A tape fills the orders of a client here as it fills those of a desk in a replay: same rows, same prices."""

import asyncio
from functools import lru_cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.replay.broker import FillRules, ReplayBroker
from bot.domain.market import ABSENT, QUOTE, Ticks
from bot.domain.order import FillReport
from bot.ports import Stop
from tests.brackets import bracket
from tests.laws.markets import market
from tests.rooms.gateway.pit import ES, Pit, cuts
from tests.tapes import Tape

MODELS = ["queue", "touch", "through", "ib-paper"]
ROWS = 300


def replayed(ticks: Ticks, model: str, at: int, legs: tuple[int, int, int], quantity: int) -> list[tuple[int, ...]]:
    """(stamp, price, quantity, side) of every fill of a bracket that a desk sends after row `at`."""
    broker = ReplayBroker([ES], FillRules(model, 0, 0), "REPLAY-test")
    found: list[tuple[int, ...]] = []

    def go(row: int, stop: Stop) -> None:
        while (one := broker.next_report(ticks, row, stop)) is not None:
            row, report = one
            if isinstance(report, FillReport):
                found.append((report.ts, report.price, report.quantity, report.side))

    go(0, Stop(at, False, int(ticks["ts"][at - 1])))
    asyncio.run(broker.place(bracket(*legs, now=int(ticks["ts"][at - 1]), quantity=quantity)))
    go(at, Stop(len(ticks), False, int(ticks["ts"][-1]) + 1_000_000_000))
    return found


def traded(
    ticks: Ticks, model: str, at: int, legs: tuple[int, int, int], quantity: int, cut: list[int]
) -> list[tuple[int, ...]]:
    """The same of a client, the rows in batches."""
    head, *rest = cuts(ticks, at, *[one for one in sorted(set(cut)) if one > at])
    pit = Pit(head, model).play(len(head))
    desk = pit.client()
    entry, stop, target = (ES.to_price(leg) for leg in legs)
    desk.bracket(f"{entry:f}", f"{stop:f}", f"{target:f}", quantity, side="BUY" if legs[1] < legs[2] else "SELL")
    for part in rest:
        pit.on(part).play(len(part))
    pit.play()
    return [(one.ts, one.price, one.quantity, one.ticket.side) for one in pit.exchange.executions]


@lru_cache
def tape(seed: int) -> Ticks:
    return market(seed, rows=ROWS).rows()


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(1, 6),
    at=st.integers(2, ROWS - 2),
    side=st.sampled_from([1, -1]),
    away=st.integers(-3, 3),
    risk=st.integers(1, 5),
    reward=st.integers(1, 6),
    quantity=st.integers(1, 4),
    cut=st.lists(st.integers(1, ROWS - 1), max_size=4),
)
def test_a_bracket_fills_as_in_a_replay(
    model: str, seed: int, at: int, side: int, away: int, risk: int, reward: int, quantity: int, cut: list[int]
) -> None:
    ticks = tape(seed)
    quotes = [row for row in ticks[:at] if row["kind"] == QUOTE and ABSENT not in (row["bid"], row["ask"])]
    middle = int(quotes[-1]["bid"]) if quotes else 16800
    entry = middle + side * away
    legs = entry, entry - side * risk, entry + side * reward
    assert traded(ticks, model, at, legs, quantity, cut) == replayed(ticks, model, at, legs, quantity)


@pytest.mark.parametrize("model", MODELS)
def test_an_order_that_comes_into_a_halt_waits_for_its_end(model: str) -> None:
    """Given a halt that began while nobody had an order here: what comes then fills nowhere before trading goes on."""
    tape = Tape().quote("4200.25", "4200.50").wait(1).halt().wait(1).quote("4200.25", "4200.50")
    at = len(tape.rows())
    goes_on = tape.wait(1).sold(5, "4200.00").wait(1).now
    ticks = tape.resume().wait(1).quote("4200.25", "4200.50").wait(1).sold(5, "4200.00").wait(1).rows()
    legs = 16802, 16700, 16900
    for cut in ([], [at + 1]):
        found = traded(ticks, model, at, legs, 1, cut)
        assert found == replayed(ticks, model, at, legs, 1)
        assert [ts for ts, *_ in found if ts < goes_on] == []
        assert found
