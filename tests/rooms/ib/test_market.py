"""The market at IB over a socket: subscriptions that stand once, rows as they were played, data nobody may trade."""

from collections.abc import AsyncGenerator
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from ib_async.contract import Contract

from adapters.gateway.play import Push
from adapters.ib import Params, open_ib, streams
from adapters.ib.contracts import Resolved
from adapters.ib.link import Link, Waits
from adapters.ib.market import IbMarket
from adapters.ib.plan import plan
from bot.clock import PacedClock
from bot.config import instrument
from bot.domain.market import HALT, OFF_GRID, PRINT, QUOTE, RESUME, STATUS
from bot.errors import ConfigError, Unreachable, UsageError
from bot.ports import AdapterNeeds, Batch
from bot.tape import open_tape
from tests.gateways import gateway
from tests.rooms.ib.markets import Watched, tape, watched

SILENT: dict[str, Any] = {"silent": True}


def push(one: Watched, price: str, product: str = "ES") -> None:
    """A quote and a print there."""
    at = Decimal(price)
    step = Decimal("0.25")
    one.far.play.push(Push(product, bid=at - step, ask=at, last=at))


async def subscribed(one: Watched, streams: int = 2, lines: int = 1) -> None:
    """So many subscriptions have reached the gateway."""
    await one.until(lambda: (len(one.far.feed.streams), len(one.far.feed.lines)) == (streams, lines))


async def ticking(one: Watched, price: str = "4200.00", product: str = "ES") -> None:
    """A tick has been handed on."""
    before = len(one.ticks)
    push(one, price, product)
    await one.until(lambda: len(one.ticks) > before)


async def test_every_row_of_a_played_tape_comes_in_its_own_time(tmp_path: Path) -> None:
    path = tape(tmp_path, "ESM2026")
    async with watched(tapes=(path,), speed="max") as one:
        await one.until(lambda: one.finals == 1)
    # then only aggressors, which IB does not send, and halts, which are sampled, are not as they were
    played = np.concatenate([batch.copy() for batch in open_tape(Path(path)).batches(10_000)])
    came, there = (rows[rows["kind"] != STATUS] for rows in (one.ticks, played))
    assert len(came) == len(there) > 500
    for name in ("ts", "price", "size", "bid", "ask", "bid_size", "ask_size", "kind", "instrument"):
        assert (came[name] == there[name]).all(), name
    assert (came["side"] == 0).all()
    assert one.adapter.clock is not None
    assert one.adapter.clock.now_ns() >= int(played["ts"][-1])
    assert one.adapter.market.first_ns <= int(played["ts"][0])


async def test_a_tick_is_handed_on_when_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    # given a market that would not look by itself
    monkeypatch.setattr("adapters.ib.market.SILENCE_S", 1_000)
    async with watched(**SILENT) as one:
        await subscribed(one)
        await ticking(one, "4200.00")
        # then ticks alone wake it, without any report beside them
        said = len(one.said)
        await ticking(one, "4200.25")
        await ticking(one, "4200.50")
        assert len(one.said) == said


async def test_what_the_budget_does_not_give_is_sampled() -> None:
    async with watched("ES", "NQ", **SILENT, instruments=("ES", "NQ")) as one:
        await subscribed(one, streams=2, lines=2)
        await ticking(one, "20000.00", "NQ")
        await one.until(lambda: {PRINT, QUOTE} <= set(one.ticks["kind"][one.ticks["instrument"] == 1].tolist()))
    assert one.adapter.feeds == {"NQ": "sampled"}
    assert any("NQ would be sampled, absorption refuses it" in note for note in one.adapter.notes)
    nq = one.ticks[one.ticks["instrument"] == 1]
    assert set(nq["price"][nq["kind"] == PRINT]) == {80_000}
    assert (nq["bid"][-1], nq["ask"][-1]) == (79_999, 80_000)


async def test_a_stream_that_is_refused_for_want_of_lines_becomes_a_sampled_one() -> None:
    async with watched("ES", "NQ", settings={"tick_by_tick": 9}, **SILENT, instruments=("ES", "NQ")) as one:
        await one.until(lambda: bool(one.feeds))
        await subscribed(one, streams=2, lines=2)
        ((instrument, state, why),) = one.feeds
        assert (instrument, state) == (1, "sampled")
        assert "NQ: Max number of tick-by-tick requests has been reached. (10190)" in why
        await ticking(one, "20000.00", "NQ")


async def test_subscriptions_stand_once_after_a_cut() -> None:
    async with watched(**SILENT) as one:
        await subscribed(one)
        await ticking(one)
        # when
        one.far.faults.do("drop")
        await one.until(lambda: any(state == "stale" for _, state, _ in one.feeds))
        await subscribed(one)
        # then the next tick makes it well, and it comes once
        rows = len(one.ticks)
        await one.until(lambda: one.adapter.broker.link == "up")
        push(one, "4201.00")
        await one.until(lambda: one.feeds[-1][1] == "live")
        assert [row["price"] for row in one.ticks[rows:] if row["kind"] == PRINT] == [16_804]
        assert len(one.far.feed.streams) == 2


@pytest.mark.parametrize("code", ["1101", "1102"])
async def test_the_gateway_loses_ib_and_finds_it_again(code: str) -> None:
    async with watched(**SILENT) as one:
        await subscribed(one)
        await ticking(one)
        one.far.faults.do("1100")
        await one.until(lambda: bool(one.feeds))
        assert one.feeds[-1][1] == "stale"
        assert "1100" in one.feeds[-1][2]
        # when
        one.far.faults.do(code)
        await one.until(lambda: one.adapter.broker.link == "up")
        await subscribed(one)
        rows = len(one.ticks)
        push(one, "4201.00")
        # then
        await one.until(lambda: one.feeds[-1][1] == "live")
        assert [row["price"] for row in one.ticks[rows:] if row["kind"] == PRINT] == [16_804]


async def test_a_broken_farm_closes_until_the_next_tick() -> None:
    async with watched(**SILENT) as one:
        await subscribed(one)
        one.far.faults.do("farm-broken")
        await one.until(lambda: bool(one.feeds))
        assert one.feeds == [(0, "stale", "Market data farm connection is broken:usfarm (2103)")]
        one.far.faults.do("farm-ok")
        await ticking(one)
        await one.until(lambda: one.feeds[-1][1] == "live")
        assert one.adapter.broker.link == "up", "a farm is none of the order link's business"


async def test_a_farm_that_is_well_and_silent_is_subscribed_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "QUIET_S", 0.2)
    async with watched(**SILENT) as one:
        await subscribed(one)
        before = set(one.far.feed.streams)
        one.far.faults.do("farm-broken")
        one.far.faults.do("farm-ok")
        await one.until(lambda: len(one.far.feed.streams) == 2 and not before & set(one.far.feed.streams))
        again = set(one.far.feed.streams)
        await ticking(one)
        await one.until(lambda: one.feeds[-1][1] == "live")
        assert set(one.far.feed.streams) == again


async def test_delayed_data_is_closed_and_makes_no_row_in_a_trading_run() -> None:
    async with watched(**SILENT, faults=("delayed",)) as one:
        await one.until(lambda: any(state in ("delayed", "refused") for _, state, _ in one.feeds))
        push(one, "4200.00")
        await one.until(lambda: len(one.rows) > 3)
        assert len(one.ticks) == 0
        assert any("live" in why for _, _, why in one.feeds)


async def test_a_dry_run_takes_delayed_data_and_says_what_it_is() -> None:
    async with watched(dry=True, **SILENT, faults=("delayed",)) as one:
        await subscribed(one, streams=0)
        for price in ("4200.00", "4200.25", "4200.50"):
            await ticking(one, price)
        await one.until(lambda: PRINT in one.ticks["kind"])
        assert one.feeds[-1][1] == "delayed"
        assert "subscribe to the exchange's live data" in one.feeds[-1][2]


async def test_no_permission_names_what_to_subscribe() -> None:
    async with watched(**SILENT, faults=("no-permission:10189",)) as one:
        await one.until(lambda: bool(one.feeds))
        assert one.feeds == [
            (0, "refused", "ES: Requested market data is not subscribed. (10189); subscribe to the live data of CME")
        ]


async def test_another_login_takes_the_data_and_gives_them_back() -> None:
    async with watched(**SILENT) as one:
        await subscribed(one)
        one.far.faults.do("competing-login")
        await one.until(lambda: bool(one.feeds))
        assert one.feeds[-1][1] == "refused"
        assert "log out wherever else" in one.feeds[-1][2]
        one.far.faults.do("data-ok")
        await ticking(one)
        await one.until(lambda: one.feeds[-1][1] == "live")


async def test_a_halt_is_a_row() -> None:
    async with watched(**SILENT) as one:
        await subscribed(one)
        await ticking(one)
        number = next(request for _, request in one.far.feed.lines)
        session = one.far.sessions[0]
        for value in (0, 1, 1, 0):
            session.send(45, 6, number, 49, value)
        session.flush()
        await one.until(lambda: len(one.ticks[one.ticks["kind"] == STATUS]) == 2)
        assert one.ticks["flags"][one.ticks["kind"] == STATUS].tolist() == [HALT, RESUME]


async def test_a_tick_that_changes_under_us_closes_the_instrument_for_good() -> None:
    async with watched(**SILENT) as one:
        await subscribed(one)
        number = next(request for _, request in one.far.feed.lines)
        one.far.sessions[0].send(81, number, "0.5", "a1", 3)
        one.far.sessions[0].flush()
        await one.until(lambda: bool(one.feeds))
        assert one.feeds[-1][1] == "refused"
        assert "ES's tick is now 0.5 and was 0.25" in one.feeds[-1][2]
        await ticking(one)
        assert one.feeds[-1][1] == "refused"


async def test_a_clock_that_is_put_back_breaks_no_silence_that_was_told_of() -> None:
    # given a market, no gateway, and a clock that can be set
    link, es = Link(Params()), instrument("ESZ2026")
    link.clock = PacedClock(1_790_000_000 * 10**9)
    contracts = [Resolved(es, Contract(conId=1))]
    market = IbMarket(link, contracts, plan({"ES": ()}, tick_by_tick=2, lines=1), first_ns=0)
    link.frames.watch(7, 0, es.tick, PRINT)
    told = cast(AsyncGenerator[Batch, None], market.batches())
    before = await anext(told)
    # when it is put back by a minute and a print comes
    link.clock = PacedClock(1_789_999_940 * 10**9)
    body = b"99\0007\0001\0001789999940\0004200.25\0003\0000\0CME\0\0"
    assert list(link.frames.read(len(body).to_bytes(4) + body, link.clock.now_ns())) == []
    link.wake.set()
    after = await anext(told)
    await told.aclose()
    # then
    assert before.silent_until == 1_790_000_000 * 10**9
    assert after.ticks["price"].tolist() == [16_801]
    assert before.silent_until < after.ticks["ts"][0]


# What is refused before anything is subscribed


async def opening(*products: str, settings: dict[str, Any] | None = None, **far: Any) -> str:
    """What opening is refused with."""
    async with gateway(**{**SILENT, **far}) as site:
        needs = AdapterNeeds("", lambda name, tick: instrument(name, tick), products=products, **(settings or {}))
        with pytest.raises((ConfigError, Unreachable)) as refused:
            await open_ib(Params(port=site.port), needs, Waits(answer=0.5))
    return str(refused.value)


async def test_another_tick_than_ours_is_refused_with_both() -> None:
    said = await opening("ES", faults=("tick-size:ES",))
    assert "tick: the gateway says 0.5, instruments.toml 0.25" in said


async def test_a_gateway_that_does_not_say_what_it_lists_is_not_one_that_lists_nothing() -> None:
    said = await opening("ES", faults=("mute-end:contract-details",))
    assert "did not say which future ES" in said


async def test_a_product_that_the_gateway_does_not_know_is_refused() -> None:
    async with gateway(**SILENT) as site:
        strange = instrument("ES", None)
        needs = AdapterNeeds("", lambda name, tick: _with(strange, exchange="EUREX"), products=("ES",))
        with pytest.raises(ConfigError, match="knows no future ES at EUREX in USD"):
            await open_ib(Params(port=site.port), needs)


async def test_what_is_held_in_a_contract_that_is_gone_is_refused() -> None:
    said = await opening("ES", settings={"held": {"ES": "ESU2020"}})
    assert "the journal knows a position or an order in ESU2020" in said


async def test_a_tape_is_refused() -> None:
    needs = AdapterNeeds("", lambda name, tick: instrument(name, tick), products=("ES",), tapes=("demo",))
    with pytest.raises(UsageError, match="reads no tape"):
        await open_ib(Params(), needs)


def _with(one: Any, **changes: Any) -> Any:
    from dataclasses import replace

    return replace(one, **changes)


async def test_a_stock_is_found_at_its_home_and_its_prints_between_ticks_stay() -> None:
    async with watched("SPY", **SILENT, instruments=("SPY",)) as one:
        await subscribed(one)
        number = next(request for (_, request), stream in one.far.feed.streams.items() if stream.kind == "Last")
        one.far.sessions[0].send(99, number, 1, 1_790_000_000, "650.005", "100", 0, "ARCA", "")
        one.far.sessions[0].flush()
        await one.until(lambda: len(one.ticks) == 1)
    (row,) = one.ticks
    assert (int(row["price"]), int(row["size"]), int(row["flags"])) == (65_000, 100, OFF_GRID)
    assert one.adapter.rolls == {}


async def test_only_months_that_trade_are_chosen_and_the_roll_is_known() -> None:
    async with watched("GC", **SILENT, instruments=("GC",)) as one:
        contract = one.adapter.market.instruments[0].contract
        assert contract[2] in "GJMQZ"
        assert one.adapter.rolls["GC"] > "2026"
        assert one.adapter.open_hours["GC"]
        assert one.adapter.trading_hours["GC"]


async def test_a_request_that_came_too_early_is_asked_again_and_not_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "AGAIN_S", 1.5)
    async with watched(**SILENT) as one:
        await subscribed(one)
        one.far.faults.do("drop")
        await one.until(lambda: len(one.far.sessions) == 1 and len(one.far.feed.streams) == 2)
        first = set(one.far.feed.streams)
        number = max(request for _, request in first)
        one.far.sessions[0].error(number, 10190, "one request per 15 seconds")
        one.far.sessions[0].flush()
        await one.until(lambda: not one.far.feed.streams)
        # when the time has come
        await subscribed(one)
        assert not first & set(one.far.feed.streams)
        await ticking(one)
        assert one.feeds[-1][1] == "live"


async def test_without_yesterdays_volume_days_stand_in() -> None:
    async with gateway(**SILENT) as site:
        needs = AdapterNeeds("", lambda name, tick: instrument(name, tick), products=("ES",), rolls={"ES": "volume"})
        adapter = await open_ib(Params(port=site.port), needs)
        await adapter.broker.close()
    assert "yesterday's volume was not told" in adapter.notes[0]


async def test_two_instruments_on_one_socket_keep_their_order_and_their_own_counts() -> None:
    settings = {"tick_by_tick": 4}
    far = {"instruments": ("ES", "NQ"), "tick_by_tick": 4}
    async with watched("ES", "NQ", settings=settings, **SILENT, **far) as one:
        await subscribed(one, streams=4, lines=2)
        for number in range(40):
            push(one, f"{4200 + number}.00")
            push(one, f"{20000 + number}.00", "NQ")
        await one.until(lambda: len(one.ticks) == 160)
    ticks = one.ticks
    assert (np.diff(ticks["ts"]) >= 0).all()
    assert ticks["instrument"].reshape(40, 2, 2).tolist() == [[[0, 0], [1, 1]]] * 40
    prints = ticks[ticks["kind"] == PRINT]
    assert prints["price"][prints["instrument"] == 1].tolist() == [4 * (20_000 + number) for number in range(40)]
    assert (prints["ask"] == prints["price"]).all()
