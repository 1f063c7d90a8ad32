"""How rows become messages: in any cut the same, several tapes as one market, odd rows as they stand on their tape."""

import asyncio
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_async import Stock

from adapters.gateway.play import Push
from adapters.gateway.protocol import Reader, frame
from adapters.gateway.source import ROWS
from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, QUOTE, TICK
from bot.errors import UsageError
from bot.tape import TapeWriter
from tests.gateways import gateway
from tests.laws.markets import market
from tests.rooms.gateway.clients import ES, HASTE_S, Raw, raw
from tests.tapes import SECOND, Tape, ns

FIELDS = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1, max_size=9)


@given(st.lists(FIELDS, max_size=5), st.data())
def test_messages_are_the_same_however_the_stream_is_cut(messages, data):
    # given
    stream = b"API\0" + b"".join(frame(fields) for fields in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    # when
    reader, heard = Reader(), []
    for first, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        reader.feed(stream[first:end])
        heard += list(reader.messages())
    # then
    assert heard == messages


def ticks(client: Raw) -> list[tuple[str, tuple[object, ...]]]:
    """Tick-by-tick messages, their attributes as text."""
    return [
        (name, tuple(map(str, args)))
        for name, args in client.heard.said
        if name.startswith(("tickByTick", "tickPrice"))
    ]


async def streamed(client: Raw, *wanted: tuple[int, object, str]) -> None:
    """Subscriptions that have arrived."""
    for number, contract, kind in wanted:
        client.reqTickByTickData(number, contract, kind, 0, False)
    client.reqCurrentTime()
    await client.heard.until("currentTime")


async def drained(client: Raw) -> None:
    """Everything that was sent has been read."""
    count = len(client.heard.all("currentTime"))
    client.reqCurrentTime()
    await client.heard.until("currentTime", count + 1)


async def test_a_client_hears_the_same_however_the_rows_are_cut(tmp_path):
    tape = str(market(7, rows=700).write(tmp_path / "tape.parquet", contract="ESM2026"))
    heard = []
    for rows in (1, 7, 5 * ROWS):
        async with gateway(tapes=(tape,), speed="hand") as far, raw(far, tape_time=True) as client:
            contract = await client.contract(ES)
            await streamed(client, (1, contract, "BidAsk"), (2, contract, "Last"))
            while await far.play.advance(rows):
                pass
            await client.heard.refusal(2199)
            heard.append(ticks(client))
    assert heard[0] == heard[1] == heard[2]


async def test_several_tapes_are_one_market(tmp_path):
    # given two tapes of one hour
    es = market(7, rows=50).write(tmp_path / "es.parquet", contract="ESM2026")
    spy = Tape("SPY", tick="0.01", start="2026-05-27 10:00", step_ms=500)
    for cent in range(50):
        spy.quote(f"500.{cent:02d}", f"500.{cent + 1:02d}").bought(3, f"500.{cent + 1:02d}")
    tapes = (str(es), str(spy.write(tmp_path / "spy.parquet")))
    async with gateway(tapes=tapes, speed="max") as far, raw(far, tape_time=True) as client:
        # when
        stock = await client.contract(Stock("SPY", "SMART", "USD"), 901)
        await streamed(client, (1, await client.contract(ES), "BidAsk"), (2, stock, "BidAsk"), (3, stock, "Last"))
        await client.heard.refusal(2199)
    # then
    stamps = [
        args[1] if name == "tickByTickBidAsk" else args[2] for name, args in client.heard.said if "ByTick" in name
    ]
    assert stamps == sorted(stamps)
    assert {args[0] for args in client.heard.all("tickByTickBidAsk")} == {1, 2}
    assert len(client.heard.all("tickByTickAllLast")) == 50


def odd_tape(path: Path) -> Path:
    """A stock that prints between two ticks, out of order, without size, and set apart by whoever brought it."""
    start = ns("2026-05-27 10:00")
    quote = (50_000, 50_001, 5, 5, 0)
    rows = np.array(
        [
            (start, ABSENT, 0, *quote, QUOTE, 0, 0, 0),
            (start + 2 * SECOND, 50_000, 100, *quote, PRINT, 0, 0, OFF_GRID),
            (start + 1 * SECOND, 50_001, 100, *quote, PRINT, 0, 0, 0),
            (start + 3 * SECOND, 50_001, 0, *quote, PRINT, 0, 0, 0),
            (start + 4 * SECOND, 50_001, 7, *quote, PRINT, 0, 0, QUARANTINED),
        ],
        TICK,
    )
    remainder = np.array([0, 5_000_000, 0, 0, 0])
    with TapeWriter(
        path, instrument="SPY", contract="SPY", tick=Decimal("0.01"), source="a test", side_known=False, resolution_ns=1
    ) as writer:
        writer.append(rows, remainder)
    return path


async def test_odd_rows_travel_as_they_stand_on_their_tape(tmp_path):
    tape = odd_tape(tmp_path / "odd.parquet")
    start = ns("2026-05-27 10:00")
    async with gateway(tapes=(str(tape),), speed="max") as far, raw(far, tape_time=True) as client:
        await streamed(client, (1, await client.contract(Stock("SPY", "SMART", "USD")), "Last"))
        await client.heard.refusal(2199)
    told = [
        ((args[2] - start) // SECOND, *args[3:5], args[5].unreported) for args in client.heard.all("tickByTickAllLast")
    ]
    assert told == [(2, 500.005, 100, False), (1, 500.01, 100, False), (3, 500.01, 0, False), (4, 500.01, 7, True)]


async def test_a_quote_that_only_a_print_shows_is_sent_before_it(tmp_path):
    # given prints with their quotes, and no quote rows
    tape = Tape(start="2026-05-27 10:00").quote("4200.25", "4200.50").bought(1, "4200.50")
    tape.quote("4200.50", "4200.75").bought(2, "4200.75").bought(3, "4200.75")
    tape._rows = [row for row in tape._rows if row[8] == PRINT]
    path = tape.write(tmp_path / "tape.parquet", contract="ESM2026")
    async with gateway(tapes=(str(path),), speed="max") as far, raw(far, tape_time=True) as client:
        contract = await client.contract(ES)
        await streamed(client, (1, contract, "BidAsk"), (2, contract, "Last"))
        await client.heard.refusal(2199)
    assert [
        (name[10:], args[3 if name.endswith("Last") else 2]) for name, args in client.heard.said if "ByTick" in name
    ] == [
        ("BidAsk", 4200.25),
        ("AllLast", 4200.5),
        ("BidAsk", 4200.5),
        ("AllLast", 4200.75),
        ("AllLast", 4200.75),
    ]


async def test_a_tape_keeps_its_pace(tmp_path):
    # given a tape of two seconds
    tape = Tape(start="2026-05-27 10:00", step_ms=100)
    for _ in range(20):
        tape.quote("4200.25", "4200.50")
    path = tape.write(tmp_path / "tape.parquet", contract="ESM2026")
    loop = asyncio.get_running_loop()
    # when it is played ten times as fast
    async with gateway(tapes=(str(path),), speed="10", wait=False) as far, raw(far, tape_time=True) as client:
        began = loop.time()
        await client.heard.refusal(2199)
        took = loop.time() - began
        # then it takes its time, and time stands still after its end
        assert took >= 0.1
        assert far.now_ns() == tape.rows()["ts"][-1]


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "nan", "inf", ""])
async def test_a_speed_that_is_none_is_refused(speed, tmp_path):
    path = market(7, rows=5).write(tmp_path / "tape.parquet", contract="ESM2026")
    with pytest.raises(UsageError, match="is no speed"):
        async with gateway(tapes=(str(path),), speed=speed):
            pass


@pytest.mark.parametrize("rows", [1, 1000])
async def test_trading_that_is_halted_is_told_on_a_line_and_never_missed(tmp_path, rows):
    tape = (
        Tape(start="2026-05-27 10:00").quote("4200.25", "4200.50").halt().wait(1).quote("4200.25", "4200.50").resume()
    )
    tape.wait(1).quote("4200.25", "4200.50")
    path = tape.write(tmp_path / "tape.parquet", contract="ESM2026")
    async with gateway(tapes=(str(path),), speed="hand") as far, raw(far) as client:
        client.reqMktData(5, await client.contract(ES), "", False, False, [])
        await drained(client)
        while await far.play.advance(rows):
            pass
        await drained(client)
        assert [args[1:] for args in client.heard.all("tickGeneric")] == [(49, 2.0), (49, 0.0)]


async def test_a_snapshot_ends_by_itself():
    async with gateway(silent=True) as far, raw(far) as client:
        far.play.push(Push("ES", Decimal("4200.25"), Decimal("4200.50")))
        client.reqMktData(5, await client.contract(ES), "", True, False, [])
        await client.heard.until("tickSnapshotEnd")
        assert {args[1] for args in client.heard.all("priceSizeTick")} == {1, 2}
        client.cancelMktData(5)
        await client.heard.refusal(300)


async def test_who_comes_late_is_told_the_quote_in_force(tmp_path):
    tape = str(market(7, rows=50).write(tmp_path / "tape.parquet", contract="ESM2026"))
    async with gateway(tapes=(tape,), speed="hand") as far:
        await far.play.advance(40)
        async with raw(far, tape_time=True) as client:
            await streamed(client, (1, await client.contract(ES), "BidAsk"))
            (told,) = client.heard.all("tickByTickBidAsk")
            rows = market(7, rows=50).rows()[:40]
            newest = rows[rows["kind"] == QUOTE][-1]
            assert told[2:4] == (newest["bid"] * 0.25, newest["ask"] * 0.25)


async def test_a_tape_waits_step_by_step_for_a_client_that_asks_for_it(tmp_path):
    # given
    tape = market(7, rows=300).write(tmp_path / "tape.parquet", contract="ESM2026")
    client = Raw()
    client.optCapab = "tape-time tape-step"
    async with gateway(tapes=(str(tape),), speed="max") as far:
        await client.connectAsync("127.0.0.1", far.port, 17, timeout=HASTE_S)
        await streamed(client, (1, await client.contract(ES), "BidAsk"))
        # when steps are answered one by one
        for step in range(1, 20):
            text = (await client.heard.refusal(2198, step))[2]
            assert text == f"step {step}"
            stamps = [args[1] for args in client.heard.all("tickByTickBidAsk")]
            rows = far.play.rows
            await drained(client)
            # then nothing comes before the answer, and a step is ten milliseconds at most
            assert (far.play.rows, len(client.heard.all("tickByTickBidAsk"))) == (rows, len(stamps))
            client.send(9001, step)
        # when the client goes away
        client.disconnect()
        # then the tape goes on without it
        async with asyncio.timeout(HASTE_S):
            while not far.play.over:
                await asyncio.sleep(0)
