"""The real program, from its entry point to its exit code, against a gateway written from the protocol alone.

What is held against each other: the ledger of that gateway, its orders and position, and what the journal tells.
"""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from bot.journal import lists
from bot.journal.filters import Filters
from bot.journal.place import place
from bot.journal.reading import reading
from tests.second_gateway.desk import Desk
from tests.second_gateway.exchange import LIVE, until
from tests.second_gateway.fields import Order
from tests.second_gateway.gateway import SecondGateway
from tests.second_gateway.options import CHOICES, Options

FAR = 40
"""Ticks to stop and target that a market of a quarter of an hour does not walk."""
PLACE, CANCEL, START = "3", "4", "71"
FIRST_S = 150
"""A machine that has never compiled the detectors does so first."""
GRACE_S = 1.5
Both = tuple[SecondGateway, Desk]


@asynccontextmanager
async def opened(
    folder: Path, options: Options | None = None, *, distance: int = 4, **more: Any
) -> AsyncIterator[Both]:
    """A gateway and a desk that is not started."""
    symbol, contracts = more.pop("symbol", "ES"), more.pop("contracts", 1)
    folder.mkdir(exist_ok=True)
    async with (
        SecondGateway(options, symbol=symbol, **more) as gateway,
        Desk(folder, gateway, stop=distance, target=distance, contracts=contracts) as desk,
    ):
        yield gateway, desk


async def the_books_agree(gateway: SecondGateway, desk: Desk) -> list[dict[str, Any]]:
    """Every execution of the ledger is in the journal once, and the other way round; the journal's fills."""
    fills = await desk.rows("fills")
    theirs = [(done.exec_id, done.order.ref, done.quantity, done.price) for done in gateway.exchange.ledger]
    ours = [(one["exec_id"], one["client_order_id"], one["quantity"], Decimal(one["price"])) for one in fills]
    assert Counter(ours) == Counter(theirs), desk.said
    assert "Traceback" not in desk.said
    assert "never awaited" not in desk.said
    assert "Task was destroyed" not in desk.said
    return fills


async def held(gateway: SecondGateway) -> Order:
    """Wait for a filled entry under a stop, and let nothing more fill; the stop."""
    exchange = gateway.exchange
    await until(lambda: exchange.position, FIRST_S, "a position")
    exchange.hold_fills = True

    def cover() -> list[Order]:
        return [one for one in exchange.orders.values() if one.kind == "STP" and one.status in LIVE and one.left]

    (stop,) = await until(cover, 30, "a stop")
    return stop


async def booked(gateway: SecondGateway, desk: Desk) -> None:
    """Let nothing more fill, and wait until the journal has all that did and what it cost."""
    gateway.exchange.hold_fills = True

    def told() -> bool:
        with reading(place(desk.journal)) as reader:
            fills = lists.list_fills(reader, reader.runs, Filters())
        return len(fills) >= len(gateway.exchange.ledger) and None not in [one["commission"] for one in fills]

    await until(told, 60, lambda: f"it is all in the journal:\n{desk.said}")


def working(gateway: SecondGateway) -> list[Order]:
    """Every order that works at the gateway."""
    return [one for one in gateway.exchange.orders.values() if one.status in LIVE]


def brackets(gateway: SecondGateway) -> list[list[list[str]]]:
    """placeOrder messages by threes."""
    sent = gateway.got(PLACE)
    return [sent[n : n + 3] for n in range(0, len(sent), 3)]


async def test_it_trades_and_both_sides_wrote_down_the_same(tmp_path: Path) -> None:
    async with opened(tmp_path) as (gateway, desk):
        await desk.start()
        await desk.trades(4, FIRST_S)
        await booked(gateway, desk)
        assert await desk.kill(signal.SIGTERM) == 143
        for entry, stop, target in brackets(gateway):
            assert [one[18] for one in (entry, stop, target)] == ["LMT", "STP", "LMT"]
            assert [one[27] for one in (entry, stop, target)] == ["0", "0", "1"]
            assert [one[28] for one in (entry, stop, target)] == ["0", entry[1], entry[1]]
            assert {one[33] for one in (entry, stop, target)} == {"1"}
            assert {one[23] for one in (entry, stop, target)} == {"DU1234567"}
            assert "" not in {one[21] for one in (entry, stop, target)}
        refs = [one[26] for one in gateway.got(PLACE)]
        assert len(set(refs)) == len(refs)
        fills = await the_books_agree(gateway, desk)
        assert {one["commission"] for one in fills} == {"2.25"}
        trips = await desk.rows("round-trips")
        assert len(trips) >= 2
        assert {one["exit_reason"] for one in trips} <= {"stop", "target"}
        assert gateway.naked_s < GRACE_S


async def test_a_cut_in_mid_run_doubles_nothing_and_leaves_no_position_without_a_stop(tmp_path: Path) -> None:
    # All at once, for they wait more than they do; one desk an account.
    await asyncio.gather(
        cut(tmp_path / "nothing", "DU1000001", "nothing"),
        cut(tmp_path / "target", "DU1000002", "the target fills"),
        cut(tmp_path / "process", "DU1000003", "another process"),
    )


async def cut(folder: Path, account: str, meanwhile: str) -> None:
    """The gateway goes and comes back while a position is held."""
    async with opened(folder, replace(Options(), account=account), distance=FAR) as (gateway, desk):
        await desk.start()
        stop = await held(gateway)
        exchange = gateway.exchange
        placed = len(gateway.got(PLACE))
        await gateway.shut()
        if meanwhile == "the target fills":
            (target,) = [one for one in exchange.orders.values() if one.parent == stop.parent and one.kind == "LMT"]
            assert target.limit is not None
            exchange.fill(target, 1, target.limit)
        if meanwhile == "another process":
            gateway.next_id = 1
        await asyncio.sleep(0.5)
        await gateway.listen()
        await until(
            lambda: gateway.got("97", gateway.connections) and gateway.connections > 1,
            30,
            lambda: f"it is back:\n{desk.said}",
        )
        if meanwhile != "the target fills":
            await asyncio.sleep(2)
            assert len(gateway.got(PLACE)) == placed
            assert (stop.status, stop.filled) == ("PreSubmitted", 0)
            exchange.hold_fills = False
            assert stop.stop is not None
            gateway.go_to(stop.stop + stop.side * Decimal("0.25"))
        exchange.hold_fills = False
        await until(lambda: len(exchange.ledger) >= 3, 30, lambda: f"it trades on:\n{desk.said}")
        await booked(gateway, desk)
        assert await desk.kill(signal.SIGTERM) == 143
        await the_books_agree(gateway, desk)
        (trip,) = await desk.rows("round-trips")
        assert trip["exit_reason"] == ("target" if meanwhile == "the target fills" else "stop")
        assert gateway.naked_s < GRACE_S


async def test_while_the_gateway_has_lost_ib_nothing_is_sent_and_then_it_goes_on(tmp_path: Path) -> None:
    async with opened(tmp_path) as (gateway, desk):
        await desk.start()
        await desk.trades(2, FIRST_S)
        gateway.say(1100, "Connectivity between IBKR and Trader Workstation has been lost.")
        await asyncio.sleep(0.3)
        before = len([one for one in gateway.got(PLACE) if one[28] == "0"])
        await asyncio.sleep(3)
        assert len([one for one in gateway.got(PLACE) if one[28] == "0"]) == before
        status = await desk.paperpit("status", "--desk", tmp_path.name)
        assert status["link"] == "degraded"
        assert status["state"] != "trading"
        streams = len(gateway.got("97"))
        gateway.say(1102, "Connectivity between IBKR and Trader Workstation has been restored - data maintained.")
        await desk.trades(2, FIRST_S)
        assert len(gateway.got("97")) == streams
        gateway.say(1101, "Connectivity between IBKR and Trader Workstation has been restored - data lost.")
        await until(lambda: len(gateway.got("97")) == 2 * streams, 30, "subscribed anew, once")
        await desk.trades(2, FIRST_S)
        await booked(gateway, desk)
        assert await desk.kill(signal.SIGTERM) == 143
        await the_books_agree(gateway, desk)
        assert gateway.connections == 1


async def test_killed_with_a_filled_entry_it_comes_back_under_the_same_stop(tmp_path: Path) -> None:
    async with opened(tmp_path, replace(Options(), zone_of_executions=""), distance=FAR) as (gateway, desk):
        await desk.start()
        stop = await held(gateway)
        exchange = gateway.exchange
        assert await desk.kill(signal.SIGKILL) == -signal.SIGKILL
        placed = len(gateway.got(PLACE))
        await desk.start()
        await until(
            lambda: gateway.got("97", gateway.connections) and gateway.connections == 2,
            40,
            lambda: f"it is back:\n{desk.said}",
        )
        await asyncio.sleep(3)
        assert len(gateway.got(PLACE)) == placed, "something was sent anew"
        assert not gateway.got(CANCEL)
        status = await desk.paperpit("status", "--desk", tmp_path.name)
        assert [one["stop_price"] for one in status["positions"]] == [f"{stop.stop:.2f}"]
        exchange.hold_fills = False
        assert stop.stop is not None
        gateway.go_to(stop.stop + stop.side * Decimal("0.25"))
        await until(lambda: stop.status == "Filled", 30, "the stop fills")
        await booked(gateway, desk)
        assert await desk.kill(signal.SIGTERM) == 143
        await the_books_agree(gateway, desk)
        (trip,) = await desk.rows("round-trips")
        assert trip["exit_reason"] == "stop"
        assert gateway.naked_s < GRACE_S


async def test_asked_to_end_it_cancels_entries_and_leaves_stops_at_the_gateway(tmp_path: Path) -> None:
    await asyncio.gather(
        asked(tmp_path / "signal", "DU1000001", "SIGTERM", 143), asked(tmp_path / "command", "DU1000002", "stop", 0)
    )


async def asked(folder: Path, account: str, how: str, code: int) -> None:
    """Ask it to end with a bracket at the gateway."""
    async with opened(folder, replace(Options(), account=account), distance=FAR) as (gateway, desk):
        exchange = gateway.exchange
        exchange.hold_fills = how == "stop"
        await desk.start()
        if how == "stop":
            await until(lambda: len(working(gateway)) == 3, FIRST_S, "a bracket whose entry rests")
            ended = asyncio.create_task(desk.ended())
            await desk.tell("stop", "--desk", folder.name)
            assert await ended == code
            assert working(gateway) == []
            assert exchange.position == 0
        else:
            stop = await held(gateway)
            assert await desk.kill(signal.Signals[how]) == code
            assert stop in working(gateway)
            assert abs(exchange.position) == exchange.cover() == 1
        await the_books_agree(gateway, desk)


async def test_what_cannot_be_traded_at_says_why(tmp_path: Path) -> None:
    async def ends(name: str, options: Options | None, prepare: Callable[[SecondGateway], Any]) -> tuple[int, str, Any]:
        async with opened(tmp_path / name, options) as (gateway, desk):
            made = prepare(gateway)
            if asyncio.iscoroutine(made):
                await made
            await desk.start()
            code = await desk.ended(FIRST_S)
            assert "Traceback" not in desk.said
            assert "Task was destroyed" not in desk.said
            return code, desk.said.replace(str(gateway.port), "PORT"), gateway

    live, none, mute, garbage, unknown = await asyncio.gather(
        ends("live", replace(Options(), account="U7654321"), lambda gateway: None),
        ends("none", None, lambda gateway: gateway.shut()),
        ends("mute", None, lambda gateway: setattr(gateway, "mute", True)),
        ends("garbage", None, lambda gateway: setattr(gateway, "garbage_first", True)),
        ends("unknown", None, lambda gateway: setattr(gateway, "unknown_contract", True)),
    )
    assert live[0] == 77
    assert "U7654321" in live[1]
    assert "PORT" in live[1]
    assert [fields[0] for _, fields in live[2].received] == [START]
    for code, said, _ in (none, mute, garbage):
        assert code == 69
        assert "PORT" in said
        assert "do:" in said
    assert unknown[0] == 78
    assert "no future ES at CME" in unknown[1]
    assert "200" in unknown[1]


def characters(count: int) -> list[tuple[int, Options]]:
    """So many seeds' characters that together have every value of every option: the smallest seeds that bring most.

    None of them is silent to two questions, for the desk is patient with each.
    """
    wanted = {(name, value) for name, values in CHOICES.items() for value in values}
    lots = {seed: Options.drawn(seed) for seed in range(2000)}
    lots = {seed: one for seed, one in lots.items() if one.answers_time or not one.missing_end_once}
    chosen: list[tuple[int, Options]] = []
    for _ in range(count):
        new = {seed: {(n, getattr(one, n)) for n in CHOICES} & wanted for seed, one in lots.items()}
        best = max(new, key=lambda seed: len(new[seed]))
        wanted -= new[best]
        chosen.append((best, lots[best]))
    assert not wanted
    return chosen


async def test_it_trades_with_gateways_of_any_character(tmp_path: Path) -> None:
    async def one(seed: int, options: Options) -> None:
        more: dict[str, Any] = {"symbol": "MES", "contracts": 3} if options.parts else {}
        own = f"DU{1_000_000 + seed}"  # one desk an account, and these trade at the same time
        options = replace(options, account=options.account.replace("DU1234567", own))
        async with opened(tmp_path / str(seed), options, seed=seed, **more) as (gateway, desk):
            account = ["--set", f"adapters.ib.account={own}"] if "DU7654321" in options.account else []
            await desk.start(*account)
            await desk.trades(3, FIRST_S)
            await booked(gateway, desk)
            assert await desk.kill(signal.SIGTERM) == 143, options
            fills = await the_books_agree(gateway, desk)
            assert {one["commission"] for one in fills} == {"2.25"}, options
            assert gateway.naked_s < GRACE_S, options
            # An answer that does not come, or not to its end, is asked for once more on the same connection.
            assert gateway.connections == 1, options

    await asyncio.gather(*(one(*drawn) for drawn in characters(6)))
