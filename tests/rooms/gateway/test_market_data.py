"""What a client is told of the market: contracts, ticks row by row, samples, time."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import time_machine
from ib_async import ContFuture, Future, Stock

from adapters.gateway.play import Push
from bot.domain.market import ABSENT, PRINT, QUOTE
from tests.gateways import gateway
from tests.laws.markets import market
from tests.rooms.gateway.clients import ES, ib, raw
from tests.tapes import Tape


@pytest.fixture
def tape(tmp_path: Path) -> str:
    return str(market(5, rows=400).write(tmp_path / "tape.parquet", contract="ESM2026"))


async def test_ib_async_starts_up_as_with_any_gateway(tape):
    async with gateway(tapes=(tape,), speed="hand") as far, ib(far) as client:
        # all of its questions at start-up were answered
        assert client.isConnected()
        assert client.client.serverVersion() == 178
        assert client.managedAccounts() == ["DU1234567"]
        assert client.positions() == client.openOrders() == client.fills() == []
        assert (await client.reqCurrentTimeAsync()).year >= 2026


async def test_a_tape_s_contract_is_listed_among_the_next_ones(tape):
    async with gateway(tapes=(tape,), speed="hand") as far, ib(far) as client:
        found = await client.reqContractDetailsAsync(ES)
    assert [one.contract.lastTradeDateOrContractMonth for one in found] == ["20260619", "20260918", "20261218"]
    front = found[0]
    assert (front.contract.localSymbol, front.contract.multiplier, front.minTick) == ("ESM6", "50", 0.25)
    assert front.contractMonth == "202606"
    assert front.realExpirationDate == "20260619"
    assert front.timeZoneId == "US/Central"
    assert front.tradingHours.split(";")[0] == "20260526:1700-20260527:1600"
    assert front.liquidHours.split(";")[0] == "20260527:0830-20260527:1600"
    assert "20260530:CLOSED" in front.liquidHours


async def test_stocks_are_listed_with_their_primary_exchange_and_their_rule():
    async with gateway(silent=True) as far, ib(far) as client:
        (found,) = await client.reqContractDetailsAsync(Stock("SPY", "SMART", "USD"))
        assert found.contract.conId == 756733
        assert found.contract.primaryExchange == "ARCA"
        rules = found.marketRuleIds.split(",")
        assert len(rules) == len(found.validExchanges.split(","))
        (row,) = await client.reqMarketRuleAsync(int(rules[0]))
        assert (row.lowEdge, row.increment) == (0.0, 0.01)


async def test_an_unknown_contract_is_an_error_and_no_empty_list():
    async with gateway(silent=True) as far, raw(far) as client:
        client.reqContractDetails(7, Stock("NOSUCH", "SMART", "USD"))
        assert (await client.heard.refusal(200))[0] == 7


async def test_the_continuous_future_has_details_and_nothing_else():
    async with gateway(silent=True) as far, raw(far) as client:
        found = await client.contract(ContFuture("ES", "CME"))
        assert found.secType == "CONTFUT"
        client.reqTickByTickData(8, found, "Last", 0, False)
        assert (await client.heard.refusal(321))[0] == 8


async def test_every_row_of_a_tape_comes_through_in_order_with_its_own_time(tape):
    # given a client that goes by the tape
    async with gateway(tapes=(tape,), speed="max") as far, raw(far, tape_time=True) as client:
        contract = await client.contract(ES)
        # when
        client.reqTickByTickData(1, contract, "BidAsk", 0, False)
        client.reqTickByTickData(2, contract, "Last", 0, False)
        await client.heard.refusal(2199)
        # then
        heard = [said for said in client.heard.said if said[0].startswith("tickByTick")]
        ticks = market(5, rows=400).rows()
        told = [row for row in ticks if row["kind"] in (PRINT, QUOTE)]
        assert len(heard) == len(told)
        for (name, args), row in zip(heard, told, strict=True):
            assert args[1 if name == "tickByTickBidAsk" else 2] == row["ts"]
            if row["kind"] == PRINT:
                assert (name, args[3:5]) == ("tickByTickAllLast", (row["price"] * 0.25, row["size"]))
            else:
                book = [-1.0 if row[side] == ABSENT else row[side] * 0.25 for side in ("bid", "ask")]
                assert (name, list(args[2:6])) == ("tickByTickBidAsk", [*book, row["bid_size"], row["ask_size"]])


async def test_any_other_client_is_told_the_wall_s_time(tape):
    async with gateway(tapes=(tape,), speed="hand") as far, raw(far) as client:
        contract = await client.contract(ES)
        client.reqTickByTickData(2, contract, "Last", 0, False)
        client.reqCurrentTime()
        (now,) = await client.heard.until("currentTime")
        await far.play.advance(100)
        assert now <= (await client.heard.until("tickByTickAllLast"))[2] <= now + 60


async def test_a_tape_s_time_is_told_to_who_asks_for_it(tape):
    async with gateway(tapes=(tape,), speed="hand") as far, raw(far, tape_time=True) as client:
        client.reqCurrentTime()
        assert await client.heard.until("currentTime") == (market(5, rows=400).rows()["ts"][0] // 10**9,)


async def test_tick_by_tick_ends_at_three_subscriptions(tape):
    async with gateway(tapes=(tape,), speed="hand") as far, raw(far) as client:
        contract = await client.contract(ES)
        for number, kind in enumerate(("Last", "BidAsk", "AllLast", "Last")):
            client.reqTickByTickData(number, contract, kind, 0, False)
        assert (await client.heard.refusal(10190))[0] == 3
        # when one is given back
        client.cancelTickByTickData(0)
        client.reqTickByTickData(4, contract, "Last", 0, False)
        client.reqCurrentTime()
        await client.heard.until("currentTime")
        # then another can be had
        assert client.heard.codes().count(10190) == 1


async def test_a_market_data_line_is_a_sample_of_the_market():
    async with gateway(silent=True) as far, raw(far) as client:
        contract = await client.contract(ES)
        client.reqMktData(5, contract, "233", False, False, [])
        await client.heard.until("marketDataType", where=lambda number, kind: (number, kind) == (5, 1))
        # when three prints come at one moment
        for _ in range(3):
            far.play.push(Push("ES", Decimal("4200.25"), Decimal("4200.50"), Decimal("4200.50"), 2))
        # then it is one price, and one RTVolume for all of them
        await client.heard.until("priceSizeTick", where=lambda number, kind, price, size: (kind, price) == (1, 4200.25))
        words = (await client.heard.until("tickString", where=lambda number, kind, _: kind == 48))[2].split(";")
        assert (words[0], words[1], words[3], words[5]) == ("4200.50", "6", "6", "false")


async def test_a_tape_waits_for_its_first_subscription(tape):
    async with gateway(tapes=(tape,), speed="max") as far, raw(far) as client:
        await client.contract(ES)
        assert not far.play.begun.is_set()


async def test_history_is_refused_and_nobody_hangs():
    async with gateway(silent=True) as far, ib(far) as client:
        (front, *_) = await client.reqContractDetailsAsync(ES)
        assert not await client.reqHistoricalDataAsync(front.contract, "", "1 D", "1 min", "TRADES", True)


async def test_what_the_gateway_does_not_read_is_counted_and_refused():
    async with gateway(silent=True) as far, raw(far) as client:
        client.send(4711, 1)
        await client.heard.refusal(320)
        assert far.status()["unread"] == {"4711": 1}


async def test_a_future_of_a_month_is_found_by_it(tape):
    async with gateway(tapes=(tape,), speed="hand") as far, ib(far) as client:
        (found,) = await client.qualifyContractsAsync(Future("ES", "202609", "CME"))
        assert found.localSymbol == "ESU6"


async def test_ib_async_s_tickers_get_every_row(tape):
    # given
    async with gateway(tapes=(tape,), speed="hand") as far, ib(far) as client:
        contract = (await client.reqContractDetailsAsync(ES))[0].contract
        heard: list[object] = []
        ticker = client.reqTickByTickData(contract, "Last")
        assert client.reqTickByTickData(contract, "BidAsk") is ticker
        ticker.updateEvent += lambda one: heard.extend(one.tickByTicks)
        sampled = client.reqMktData(contract, "233")
        await client.reqCurrentTimeAsync()
        # when
        while await far.play.advance(50):
            await client.reqCurrentTimeAsync()
        # then
        ticks = market(5, rows=400).rows()
        assert len(heard) == np.count_nonzero((ticks["kind"] == PRINT) | (ticks["kind"] == QUOTE))
        assert sampled.last == ticks[ticks["kind"] == PRINT][-1]["price"] * 0.25
        assert sampled.marketDataType == 1
        assert sampled.rtVolume > 0


async def test_a_stock_that_nobody_described_is_listed_when_a_tape_plays_it(tmp_path):
    path = Tape("IBM", tick="0.01").quote("140.01", "140.02").bought(5, "140.02").write(tmp_path / "ibm.parquet")
    async with gateway(tapes=(str(path),), speed="max") as far, raw(far, tape_time=True) as client:
        client.reqTickByTickData(1, await client.contract(Stock("IBM", "SMART", "USD")), "Last", 0, False)
        assert (await client.heard.until("tickByTickAllLast"))[3:5] == (140.02, 5)


async def test_the_synthetic_market_goes_by_the_wall_s_clock():
    # Thanksgiving is over by then, and it is a Monday's morning in New York.
    with time_machine.travel("2026-11-30T15:00:00+00:00"):
        async with gateway() as far, raw(far) as client:
            assert not far.play.timing.plays_a_tape
            contract = await client.contract(ES)
            assert contract.lastTradeDateOrContractMonth == "20261218"
            client.reqTickByTickData(1, contract, "BidAsk", 0, False)
            number, second, bid, ask, *_ = await client.heard.until("tickByTickBidAsk")
            assert (second // 60, number) == (1796050800 // 60, 1)
            assert ask - bid == 0.25
