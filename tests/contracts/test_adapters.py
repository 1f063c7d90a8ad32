"""What every adapter promises (docs/writing-an-adapter.md), asked of each in the same words."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest

from bot.domain.market import ABSENT, PRINT, QUOTE, STATUS, TICK
from bot.domain.order import (
    ENDED,
    CommissionReport,
    FillReport,
    Known,
    Order,
    OrderReport,
    OrderState,
    OrderType,
    Protective,
    Role,
)
from tests.brackets import bracket
from tests.contracts.opening import HOUSE, Opening, Walk, batches, rows

FAR = 400


@pytest.fixture(params=HOUSE)
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opening]:
    """Opens the adapter under test as often as wanted."""
    async with AsyncExitStack() as stack:
        yield Opening(request.param, tmp_path, stack)


def states(walk: Walk, order_id: str) -> list[OrderState]:
    """Everything that the broker said of one order, in order."""
    return [one.state for one in walk.said(OrderReport) if one.client_order_id == order_id]


async def held(walk: Walk) -> dict[str, OrderState]:
    """The orders in the broker's snapshot."""
    answer = await walk.adapter.broker.snapshot()
    assert isinstance(answer, Known)
    return {one.client_order_id: one.state for one in answer.value.orders}


async def resting(walk: Walk) -> None:
    """A bracket too far below the market to fill."""
    bid, _ = walk.touch
    await walk.adapter.broker.place(bracket(bid - FAR, bid - FAR - 8, bid - FAR + 8, now=walk.now))


async def taking(walk: Walk) -> None:
    """A bracket whose entry crosses the spread; stop and target stand close."""
    _, ask = walk.touch
    await walk.adapter.broker.place(bracket(ask + 2, ask - 3, ask + 5, now=walk.now))


async def holding(walk: Walk) -> None:
    """A bracket that is filled and then held: stop and target stand far off."""
    _, ask = walk.touch
    await walk.adapter.broker.place(bracket(ask + 2, ask - FAR, ask + FAR, now=walk.now, quantity=2))


def _deal(fill: FillReport) -> tuple[str, str, int, int, int]:
    """What an execution is, however it was heard of."""
    return fill.client_order_id, fill.exec_id, fill.side, fill.quantity, fill.price


async def nothing(walk: Walk) -> None:
    """A batch goes by."""


def leave(walk: Walk, quantity: int, name: str = "leave") -> Protective:
    """A reduce-only market exit of the bracket `b`."""
    order = Order(name, "b", 0, Role.FLATTEN, -1, OrderType.MARKET, quantity, None, None, walk.now, "flatten")
    return Protective(order)


async def test_the_account_is_proven_to_be_paper(opened: Opening) -> None:
    facts = await (await opened()).broker.connect()
    assert facts.paper
    assert facts.proof
    assert facts.account == opened.account


async def test_a_snapshot_is_an_answer_and_empty_before_anything_was_sent(opened: Opening) -> None:
    broker = (await opened()).broker
    await broker.connect()
    answer = await broker.snapshot()
    assert isinstance(answer, Known)
    assert answer.value.account == opened.account
    assert (answer.value.orders, answer.value.fills, answer.value.positions) == ((), (), ())
    assert broker.link == "up"


async def test_rows_come_in_order_and_the_last_batch_says_so(opened: Opening) -> None:
    adapter = await opened()
    told = await batches(adapter)
    ticks = np.concatenate([batch.ticks for batch in told])
    assert ticks.dtype == TICK
    assert [batch.final for batch in told] == [False] * (len(told) - 1) + [True]
    assert (np.diff(ticks["ts"]) >= 0).all()
    if adapter.market.last_ns is None:  # a market that was connected to before its first tick
        assert ticks["ts"][0] >= adapter.market.first_ns
    else:
        assert ticks["ts"][0] == adapter.market.first_ns
        assert ticks["ts"][-1] <= adapter.market.last_ns
    assert set(ticks["instrument"]) == set(range(len(adapter.market.instruments)))
    assert set(ticks["kind"]) <= {PRINT, QUOTE, STATUS}


async def test_how_they_are_cut_changes_nothing(opened: Opening) -> None:
    assert (await rows(await opened(batch=177)) == await rows(await opened(batch=65_536))).all()


async def test_a_print_carries_the_quote_before_it(opened: Opening) -> None:
    ticks = await rows(await opened())
    prints = np.flatnonzero(ticks["kind"] == PRINT)
    for side in ("bid", "ask"):
        assert (ticks[side][prints] == ticks[side][prints - 1]).all()
    assert (ticks["price"][prints] != ABSENT).all()
    assert (ticks["size"][prints] > 0).all()


async def test_silence_is_never_announced_beyond_a_row_to_come(opened: Opening) -> None:
    told = await batches(await opened())
    for number, batch in enumerate(told):
        later = [one.ticks["ts"][0] for one in told[number + 1 :] if len(one.ticks)]
        if batch.silent_until is not None and later:
            assert batch.silent_until < later[0]


async def test_anomalies_are_counted_by_name(opened: Opening) -> None:
    adapter = await opened()
    assert dict(adapter.market.anomalies) == {}
    await batches(adapter)
    assert all(isinstance(kind, str) and count > 0 for kind, count in adapter.market.anomalies.items())


async def test_the_same_bracket_twice_is_one(opened: Opening) -> None:
    async def again(walk: Walk) -> None:
        await resting(walk)
        bid, _ = walk.touch
        await walk.adapter.broker.place(bracket(bid - FAR, bid - FAR - 8, bid - FAR + 8, now=walk.now))

    walk = await Walk(await opened()).on(again)
    said = Counter((one.client_order_id, one.state) for one in walk.said(OrderReport))
    assert said == {(f"b-{role}", OrderState.WORKING): 1 for role in ("entry", "stop", "target")}
    assert set(await held(walk)) == {"b-entry", "b-stop", "b-target"}


async def test_only_a_report_ends_an_order(opened: Opening) -> None:
    async def cancelled(walk: Walk) -> None:
        await walk.adapter.broker.cancel("b-entry", walk.now)
        assert (await held(walk))["b-entry"] not in ENDED

    walk = await Walk(await opened()).on(resting, nothing, cancelled)
    for order in ("b-entry", "b-stop", "b-target"):
        assert states(walk, order) == [OrderState.WORKING, OrderState.CANCELLED]
    assert await held(walk) == {}


async def test_a_fill_has_an_id_of_its_own_and_a_price_that_was_there(opened: Opening) -> None:
    walk = await Walk(await opened()).on(taking)
    fills = [one for one in walk.said(FillReport) if isinstance(one, FillReport)]
    assert fills[0].client_order_id == "b-entry"
    assert len({one.exec_id for one in fills}) == len(fills) >= 2
    paid = Counter(one.exec_id for one in walk.said(CommissionReport) if isinstance(one, CommissionReport))
    assert paid == {one.exec_id: 1 for one in fills}
    assert sum(one.side * one.quantity for one in fills) == 0
    answer = await walk.adapter.broker.snapshot()
    assert isinstance(answer, Known)
    assert [_deal(one) for one in answer.value.fills] == [_deal(one) for one in fills]
    assert answer.value.positions == ()


async def test_what_is_held_is_the_sum_of_the_fills(opened: Opening) -> None:
    walk = await Walk(await opened()).on(holding)
    answer = await walk.adapter.broker.snapshot()
    assert isinstance(answer, Known)
    assert answer.value.positions == ((0, 2),)
    assert sum(one.side * one.quantity for one in answer.value.fills) == 2
    assert set(await held(walk)) == {"b-stop", "b-target"}


async def test_an_exit_leaves_what_is_held_and_no_more(opened: Opening) -> None:
    opened.must_reduce_only()

    async def protect(walk: Walk) -> None:
        await walk.adapter.broker.protect(leave(walk, 5))
        await walk.adapter.broker.protect(leave(walk, 5))

    walk = await Walk(await opened()).on(holding, nothing, protect)
    exits = [one for one in walk.said(FillReport) if isinstance(one, FillReport) and one.client_order_id == "leave"]
    assert sum(one.quantity for one in exits) == 2
    answer = await walk.adapter.broker.snapshot()
    assert isinstance(answer, Known)
    assert (answer.value.positions, answer.value.orders) == ((), ())


async def test_an_exit_of_nothing_opens_nothing(opened: Opening) -> None:
    opened.must_reduce_only()

    async def protect(walk: Walk) -> None:
        await walk.adapter.broker.protect(leave(walk, 1))

    walk = await Walk(await opened()).on(resting, nothing, protect)
    assert walk.said(FillReport) == []
    assert states(walk, "leave")[-1] is OrderState.CANCELLED


async def test_a_stop_that_is_moved_holds_at_its_new_place(opened: Opening) -> None:
    places: list[int] = []

    async def tighten(walk: Walk) -> None:
        bid, _ = walk.touch
        places.append(bid - 2)
        await walk.adapter.broker.amend("b-stop", walk.now, stop_price=bid - 2, quantity=None)

    walk = await Walk(await opened()).on(holding, nothing, tighten)
    (out,) = [one for one in walk.said(FillReport) if isinstance(one, FillReport) and one.client_order_id == "b-stop"]
    assert abs(out.price - places[0]) < FAR // 2
    # and the broker has named it: until then the old place was in force
    named = [one.stop_price for one in walk.said(OrderReport) if isinstance(one, OrderReport) and one.stop_price]
    assert named[-1] == places[0]


async def test_reports_never_go_back_in_time(opened: Opening) -> None:
    walk = await Walk(await opened()).on(taking, nothing)
    places = [row for row, _ in walk.heard]
    stamps = [one.ts for _, one in walk.heard if isinstance(one, (OrderReport, FillReport))]
    assert places == sorted(places)
    assert stamps == sorted(stamps)
    assert len(stamps) >= 5
