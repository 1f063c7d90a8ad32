"""Each fault of the wire by its name: what a client then sees."""

import asyncio
import struct
from decimal import Decimal
from pathlib import Path

import pytest
from ib_async import LimitOrder

from adapters.gateway.play import Push
from adapters.gateway.server import Gateway
from adapters.gateway.wire_faults import END_MARKERS, WIRE_FAULTS
from tests.gateways import gateway
from tests.rooms.gateway.clients import ES, Raw, raw, shut_out


def go_wrong(far: Gateway, name: str, arg: str = "") -> None:
    """As the control socket would do it."""
    assert far.control({"do": "fault", "name": name, "arg": arg}) == {"ok": True}


def quote(far: Gateway, bid: str = "4200.25", ask: str = "4200.50") -> None:
    far.play.push(Push("ES", Decimal(bid), Decimal(ask)))


async def watched(client: Raw, number: int = 1) -> None:
    """A tick-by-tick stream that has said its first word."""
    client.reqTickByTickData(number, await client.contract(ES, 900 + number), "BidAsk", 0, False)
    await asked(client)


async def asked(client: Raw) -> None:
    """Everything that was sent before has been answered."""
    count = len(client.heard.all("currentTime"))
    client.reqCurrentTime()
    await client.heard.until("currentTime", count + 1)


async def lost(client: Raw) -> None:
    await client.heard.until("connectionClosed")


@pytest.mark.parametrize(("name", "arg"), [("drop", ""), ("half-message", ""), ("nightly", "0")])
async def test_faults_that_cut(name, arg):
    async with gateway(silent=True) as far:
        async with raw(far) as client:
            go_wrong(far, name, arg)
            await lost(client)
        async with raw(far) as again:
            await asked(again)


@pytest.mark.parametrize("name", ["drop", "nightly"])
async def test_nobody_is_let_in_while_it_is_away(name):
    async with gateway(silent=True) as far, raw(far) as client:
        go_wrong(far, name, "600")
        await lost(client)
        with pytest.raises((OSError, TimeoutError)):
            await Raw().connectAsync("127.0.0.1", far.port, 17, timeout=0.5)
        go_wrong(far, "clear")
        async with raw(far):
            pass


async def test_garbage_is_no_frame():
    async with gateway(silent=True) as far:
        reader, writer = await asyncio.open_connection("127.0.0.1", far.port)
        writer.write(b"API\0" + struct.pack(">I", 9) + b"v157..178")
        await reader.readexactly(4)
        go_wrong(far, "garbage")
        assert b"garbage" in await reader.readuntil(b"garbage")
        writer.close()
        await writer.wait_closed()


async def test_a_handshake_that_is_never_answered():
    async with gateway(silent=True) as far:
        go_wrong(far, "mute-handshake")
        with pytest.raises(TimeoutError):
            await Raw().connectAsync("127.0.0.1", far.port, 17, timeout=0.2)


async def test_a_gateway_that_takes_everything_and_says_nothing():
    async with gateway(silent=True) as far, raw(far) as client:
        go_wrong(far, "mute")
        client.reqCurrentTime()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await client.heard.until("currentTime")


@pytest.mark.parametrize("marker", END_MARKERS)
async def test_an_end_marker_that_never_comes(marker):
    asks = {
        "contract-details": ("contractDetailsEnd", lambda one: one.reqContractDetails(5, ES)),
        "open-orders": ("openOrderEnd", lambda one: one.reqAllOpenOrders()),
        "account": ("accountDownloadEnd", lambda one: one.reqAccountUpdates(True, "")),
        "executions": ("execDetailsEnd", lambda one: one.send(7, 3, 5, 0, "", "", "", "", "", "")),
        "positions": ("positionEnd", lambda one: one.reqPositions()),
        "summary": ("accountSummaryEnd", lambda one: one.reqAccountSummary(5, "All", "NetLiquidation")),
        "account-multi": ("accountUpdateMultiEnd", lambda one: one.reqAccountUpdatesMulti(5, "", "", False)),
        "completed-orders": ("completedOrdersEnd", lambda one: one.reqCompletedOrders(False)),
    }
    end, ask = asks[marker]
    async with gateway(silent=True) as far, raw(far) as client:
        go_wrong(far, "mute-end", marker)
        ask(client)
        await asked(client)
        assert client.heard.all(end) == []
        go_wrong(far, "clear")
        ask(client)
        await client.heard.until(end)


async def test_ib_is_lost_and_comes_back_without_the_subscriptions():
    async with gateway(silent=True) as far, raw(far) as client:
        await watched(client)
        go_wrong(far, "1100")
        await client.heard.refusal(1100)
        assert far.lost_ib_ns is not None
        quote(far)
        go_wrong(far, "1101")
        await client.heard.refusal(1101)
        quote(far)
        await asked(client)
        assert client.heard.all("tickByTickBidAsk") == []
        # when it is asked for anew
        await watched(client, 2)
        # then the stream goes on, with the quote in force
        assert (await client.heard.until("tickByTickBidAsk"))[2] == 4200.25


async def test_ib_is_lost_and_comes_back_with_the_subscriptions():
    async with gateway(silent=True) as far, raw(far) as client:
        await watched(client)
        go_wrong(far, "1100")
        quote(far)
        go_wrong(far, "1102")
        await client.heard.refusal(1102)
        quote(far, "4200.50", "4200.75")
        assert (await client.heard.until("tickByTickBidAsk"))[2] == 4200.5


async def test_a_data_farm_breaks_and_mends():
    async with gateway(silent=True) as far, raw(far) as client:
        await watched(client)
        go_wrong(far, "history-broken")
        go_wrong(far, "farm-broken", "ES")
        await client.heard.refusal(2103)
        quote(far)
        go_wrong(far, "farm-ok")
        quote(far, "4200.50", "4200.75")
        assert (await client.heard.until("tickByTickBidAsk"))[2] == 4200.5
        assert client.heard.codes().count(2104) == 2  # the first one said hello
        assert 2105 in client.heard.codes()


async def test_a_client_id_that_somebody_holds():
    async with gateway(silent=True) as far:
        go_wrong(far, "id-held")
        assert await shut_out(far, 17) == [326]


async def test_delayed_data_says_that_it_is():
    async with gateway(silent=True) as far, raw(far) as client:
        contract = await client.contract(ES)
        quote(far)
        await watched(client)
        go_wrong(far, "delayed")
        await client.heard.refusal(10189)
        client.reqMktData(5, contract, "", False, False, [])
        await client.heard.until("marketDataType", where=lambda number, kind: kind == 3)
        await client.heard.refusal(10167)
        await client.heard.until("priceSizeTick", where=lambda number, kind, *_: kind == 66)
        # when permission is back
        go_wrong(far, "data-ok")
        await client.heard.until("marketDataType", where=lambda number, kind: kind == 1)
        client.reqTickByTickData(6, contract, "Last", 0, False)
        await asked(client)
        assert client.heard.codes().count(10189) == 1


async def test_data_without_permission():
    async with gateway(silent=True) as far, raw(far) as client:
        contract = await client.contract(ES)
        go_wrong(far, "no-permission", "10089")
        client.reqMktData(5, contract, "", False, False, [])
        assert (await client.heard.refusal(10089))[0] == 5


async def test_another_login_has_the_data():
    async with gateway(silent=True) as far, raw(far) as client:
        await watched(client)
        go_wrong(far, "competing-login")
        assert (await client.heard.refusal(10197))[0] == 1
        quote(far)
        go_wrong(far, "data-ok")
        quote(far, "4200.50", "4200.75")
        assert (await client.heard.until("tickByTickBidAsk"))[2] == 4200.5


async def test_a_stream_that_is_asked_for_too_soon_again():
    async with gateway(silent=True) as far, raw(far) as client:
        go_wrong(far, "too-soon")
        await watched(client)
        client.cancelTickByTickData(1)
        await watched(client, 2)
        assert (await client.heard.refusal(10190))[0] == 2


async def test_a_read_only_gateway_refuses_orders():
    async with gateway(silent=True) as far, raw(far) as client:
        contract = await client.contract(ES)
        go_wrong(far, "read-only")
        client.placeOrder(11, contract, LimitOrder("BUY", 1, 4200.25))
        number, _, text, _ = await client.heard.refusal(321)
        assert (number, "Read-Only" in text) == (11, True)


async def test_too_many_messages_are_refused():
    async with gateway(silent=True) as far, raw(far) as client:
        go_wrong(far, "pacing", "once")
        client.reqCurrentTime()
        await client.heard.refusal(100)
        go_wrong(far, "pacing")
        client.MaxRequests = 0
        for _ in range(60):
            client.reqCurrentTime()
        await client.heard.refusal(100, 2)


async def test_a_clock_that_is_off():
    async with gateway(silent=True) as far, raw(far) as client:
        await asked(client)
        go_wrong(far, "clock-skew", "-30")
        await asked(client)
        (before,), (after,) = client.heard.all("currentTime")
        assert -30 <= after - before <= -28


@pytest.mark.parametrize(("arg", "tick"), [("ES", "0.50"), ("ES=0.05", "0.05")])
async def test_a_tick_that_is_another_one_today(arg, tick):
    async with gateway(silent=True) as far, raw(far) as client:
        client.reqMktData(5, await client.contract(ES, 901), "", False, False, [])
        await client.heard.until("tickReqParams", where=lambda number, least, *_: least == 0.25)
        # when
        go_wrong(far, "tick-size", arg)
        # then it is told to who has the data, and to who asks
        await client.heard.until("tickReqParams", where=lambda number, least, *_: least == float(tick))
        client.heard.said.clear()
        await client.contract(ES)
        details = client.heard.all("contractDetails")[0][1]
        assert details.minTick == float(tick)
        client.reqMarketRule(int(details.marketRuleIds))
        (increment,) = (await client.heard.until("marketRule"))[1]
        assert increment.increment == float(tick)


@pytest.mark.parametrize(("name", "account"), [("live-account", "U1234567"), ("account", "DU7654321")])
async def test_after_a_reconnect_it_is_another_account(name, account):
    async with gateway(silent=True) as far:
        go_wrong(far, name)
        async with raw(far) as client:
            assert client.getAccounts() == [account]


async def test_an_argument_that_a_fault_cannot_take_is_refused():
    async with gateway(silent=True) as far:
        for name, arg in (("mute-end", "nosuch"), ("tick-size", "ZZ"), ("farm-broken", "ZZ"), ("drop", "soon")):
            with pytest.raises(ValueError, match=arg):
                far.control({"do": "fault", "name": name, "arg": arg})


def test_every_fault_of_the_wire_has_a_test():
    here = Path(__file__).read_text()
    assert [name for name in WIRE_FAULTS if f'"{name}"' not in here] == []
