"""Bytes to rows: exact prices, books in force, any cut of the stream, and what a message may look like.

Method: messages as a gateway writes them; the library's own decoder reads the same bytes for comparison.
"""

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_async.decoder import Decoder

from adapters.ib.frames import Frames, Garbage, Unreadable
from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, QUOTE, STATUS, Ticks
from tests.rooms.ib.messages import bid_ask, last, message

PRINTS, QUOTES, TICK = 1_000_000_001, 1_000_000_002, Decimal("0.25")
NOW = 1_795_000_000_123_456_789


def watching(tick: Decimal = TICK, *, off_grid: bool = False) -> Frames:
    frames = Frames()
    frames.watch(PRINTS, 0, tick, PRINT, off_grid=off_grid)
    frames.watch(QUOTES, 0, tick, QUOTE, off_grid=off_grid)
    return frames


def rows(data: bytes, frames: Frames | None = None) -> Ticks:
    frames = frames or watching()
    assert list(frames.read(data, NOW)) == []
    return frames.take()


def test_a_print_carries_the_quote_that_stood_before_it():
    made = rows(
        bid_ask(QUOTES, "4200.25", "4200.50", 7, 9) + last(PRINTS, "4200.50", 3) + bid_ask(QUOTES, 4200, 4200.25)
    )
    assert made["kind"].tolist() == [QUOTE, PRINT, QUOTE]
    assert made["price"].tolist() == [ABSENT, 16_802, ABSENT]
    assert made["size"].tolist() == [0, 3, 0]
    assert made[["bid", "ask", "bid_size", "ask_size"]].tolist()[1] == (16_801, 16_802, 7, 9)
    assert set(made["ts"].tolist()) == {NOW}
    assert not made["side"].any()


@pytest.mark.parametrize(
    "text", ["4200.25", "4200.250", "4200.250000000", "4.20025E3", "42002.5e-1", "+4200.25", "04200.25"]
)
def test_one_price_written_in_any_way_is_one_price(text: str):
    made = rows(last(PRINTS, text))
    assert (made["price"][0], made["flags"][0]) == (16_801, 0)


@pytest.mark.parametrize(
    ("size", "meant"), [("3", 3), ("3.0", 3), ("3.000", 3), ("", 0), ("3.7", 3), ("1E2", 100), ("-2", -2)]
)
def test_sizes_come_as_decimals(size: str, meant: int):
    assert rows(last(PRINTS, 4200, size))["size"][0] == meant


def test_crude_oil_has_traded_below_zero():
    made = rows(last(PRINTS, "-37.50", 2) + bid_ask(QUOTES, "-1", "0", 5, 6))
    assert made["price"][0] == -150
    assert (made["bid"][1], made["ask"][1]) == (-4, 0)


@pytest.mark.parametrize("nothing", ["-1", "0", "", "0.0", "-1.0"])
def test_a_side_without_a_size_has_no_price(nothing: str):
    made = rows(bid_ask(QUOTES, nothing, "4200.25", 0, 3) + bid_ask(QUOTES, "4200.00", nothing, 3, "0.0"))
    assert made["bid"].tolist() == [ABSENT, 16_800]
    assert made["ask"].tolist() == [16_801, ABSENT]
    assert made["bid_size"].tolist() == [0, 3]


@pytest.mark.parametrize(("off_grid", "flags"), [(True, OFF_GRID), (False, OFF_GRID | QUARANTINED)])
def test_a_print_between_two_ticks_is_a_stocks_or_none(off_grid: bool, flags: int):
    made = rows(last(PRINTS, "4200.30") + last(PRINTS, "-0.1"), watching(off_grid=off_grid))
    assert made["price"].tolist() == [16_801, -1]
    assert made["flags"].tolist() == [flags, flags]


def test_a_quote_between_two_ticks_is_widened():
    made = rows(bid_ask(QUOTES, "4200.30", "4200.30"), watching(off_grid=True))
    assert (made["bid"][0], made["ask"][0], made["flags"][0]) == (16_801, 16_802, OFF_GRID)


def test_the_noise_of_a_double_is_no_price_between_two_ticks():
    made = rows(last(PRINTS, "0.30000000000000004") + last(PRINTS, "0.29999999999999999"), watching(Decimal("0.1")))
    assert made["price"].tolist() == [3, 3]
    assert made["flags"].tolist() == [0, 0]


def test_an_unreported_print_counts_for_nothing():
    assert rows(last(PRINTS, 4200, mask=1) + last(PRINTS, 4200, mask=2))["flags"].tolist() == [0, QUARANTINED]


def test_a_tapes_own_time_is_kept_and_the_walls_never_goes_back():
    frames = watching()
    tape = 1_700_000_000_000_000_001
    assert list(frames.read(last(PRINTS, 1, time=tape) + last(PRINTS, 1), NOW)) == []
    assert list(frames.read(last(PRINTS, 1), NOW - 5)) == []
    assert frames.take()["ts"].tolist() == [tape, NOW, NOW]


def test_other_messages_know_which_rows_came_before_them():
    frames, told = watching(), []
    data = (
        last(PRINTS, 1)
        + message(3, 5, "Submitted")
        + last(PRINTS, 1)
        + last(PRINTS, 1)
        + message(53, 1)
        + last(PRINTS, 1)
    )
    for body in frames.read(data, NOW):
        told.append((frames.rows, body))
    assert told == [(1, b"3\x005\0Submitted\0"), (3, b"53\x001\0")]
    assert len(frames.take()) == 4
    assert frames.rows == 0


def test_a_subscription_that_ends_in_the_middle_of_a_read_ends_there():
    frames = watching()
    for _ in frames.read(last(PRINTS, 1) + message(4, 2, PRINTS, 10190, "no", "") + last(PRINTS, 2), NOW):
        frames.forget(PRINTS)
    assert len(frames.take()) == 1
    assert frames.strangers == 1


def test_rows_that_came_in_another_way_stand_where_they_came():
    frames = watching()
    for _ in frames.read(last(PRINTS, 1) + message(46, 6) + last(PRINTS, 2), NOW):
        frames.add(1, NOW, QUOTE, bid=3, ask=4, bid_size=5, ask_size=6)
        frames.add(1, NOW, PRINT, price=4, size=2)
        frames.add(1, NOW, STATUS)
    made = frames.take()
    assert made["instrument"].tolist() == [0, 1, 1, 1, 0]
    assert made[["bid", "ask", "bid_size", "ask_size"]].tolist()[2] == (3, 4, 5, 6)
    assert made["bid"].tolist() == [ABSENT, 3, 3, ABSENT, ABSENT]


def test_a_new_connection_knows_neither_books_nor_subscriptions():
    frames = watching()
    assert list(frames.read(bid_ask(QUOTES, 1, 2) + last(PRINTS, 1)[:9], NOW)) == []
    frames.begin()
    frames.watch(PRINTS, 0, TICK, PRINT)
    assert list(frames.read(last(PRINTS, 1) + bid_ask(QUOTES, 1, 2), NOW)) == []
    made = frames.take()
    assert made["bid"].tolist() == [4, ABSENT], "what came before is still to be taken"
    assert frames.strangers == 1


@pytest.mark.parametrize("length", [b"\0\0\0\0", b"HTTP", b"\xff\xff\xff\xff", b"\x01\x00\x00\x01"])
def test_no_message_is_as_long_as_that(length: bytes):
    with pytest.raises(Garbage, match="a message of"):
        list(watching().read(last(PRINTS, 1) + length + b"rest", NOW))


@pytest.mark.parametrize(
    "odd",
    [
        last(PRINTS, "abc"),
        last(PRINTS, "NaN"),
        last(PRINTS, "1e99"),
        last(PRINTS, 1, "many"),
        last(PRINTS, 1, kind=4),
        bid_ask(PRINTS, 1, 2),
        message(99, PRINTS, 1, 1_795_000_000, 1),
        message(99, PRINTS, 1, 1_795_000_000, 1, 1, 0, "CME", "", "more"),
        message(99),
        message(99, "x", 1),
        bid_ask(QUOTES, 1, "Infinity"),
    ],
)
def test_a_tick_that_cannot_be_read_makes_no_row_and_is_told(odd: bytes):
    frames = watching()
    (told,) = frames.read(odd + last(PRINTS, 2), NOW)
    assert isinstance(told, Unreadable)
    assert frames.take()["price"].tolist() == [8]


def test_a_tick_finer_than_a_billionth_is_refused():
    with pytest.raises(ValueError, match="a tick of"):
        Frames().watch(PRINTS, 0, Decimal("1e-10"), PRINT)


PRICES = st.one_of(
    st.decimals(-20_000, 20_000, places=2).map(str),
    st.floats(-1e6, 1e6, allow_nan=False).map(str),
    st.sampled_from(["", "-1", "0", "1E+2", "x", "4200.250"]),
)
SIZES = st.one_of(st.integers(0, 10**7).map(str), st.sampled_from(["3.0", "", "0.5", "9999999999"]))
MESSAGES = st.one_of(
    st.builds(
        last,
        st.sampled_from([PRINTS, QUOTES, 5]),
        PRICES,
        SIZES,
        kind=st.sampled_from([1, 2, 4]),
        mask=st.integers(0, 3),
    ),
    st.builds(bid_ask, st.sampled_from([QUOTES, PRINTS, 5]), PRICES, PRICES, SIZES, SIZES),
    st.builds(
        message, st.sampled_from([3, 4, 53, 990]), st.integers(), st.text(st.characters(blacklist_characters="\0"))
    ),
)


def gathered(frames: Frames, pieces: list[bytes]) -> tuple[list[Any], list[Any]]:
    """What pieces of a stream bring: (other messages with the rows before each), (rows)."""
    told = [(frames.rows, part) for piece in pieces for part in frames.read(piece, NOW)]
    return told, frames.take().tolist()


@given(st.lists(MESSAGES, max_size=30), st.data())
def test_any_cut_of_the_stream_brings_the_same(messages: list[bytes], data: st.DataObject):
    stream = b"".join(messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert gathered(watching(), pieces) == gathered(watching(), [stream])


class Heard:
    """What the library's decoder says of ticks."""

    def __init__(self) -> None:
        self.prints: list[tuple[int, float, float, bool]] = []
        self.quotes: list[tuple[int, float, float, float, float]] = []

    def tickByTickAllLast(
        self, number: int, _type: int, _time: int, price: float, size: float, attrib: Any, *_: str
    ) -> None:
        self.prints.append((number, price, size, attrib.unreported))

    def tickByTickBidAsk(
        self, number: int, _time: int, bid: float, ask: float, b: float, a: float, _attrib: Any
    ) -> None:
        self.quotes.append((number, bid, ask, b, a))


@given(
    st.lists(
        st.one_of(
            st.builds(
                last,
                st.just(PRINTS),
                st.integers(-9_000, 9_000).map(lambda n: n / 4),
                st.integers(1, 10**6),
                mask=st.integers(0, 3),
            ),
            st.builds(
                bid_ask,
                st.just(QUOTES),
                st.integers(-9_000, 9_000).map(lambda n: n / 4),
                st.integers(-9_000, 9_000).map(lambda n: n / 4),
                st.integers(1, 10**6),
                st.integers(1, 10**6).map(float),
            ),
        ),
        max_size=30,
    )
)
def test_rows_are_what_the_librarys_decoder_reads(messages: list[bytes]):
    heard = Heard()
    decoder = Decoder(heard, 178)  # type: ignore[arg-type]
    for one in messages:
        decoder.interpret(one[4:].decode().split("\0")[:-1])
    made = rows(b"".join(messages))
    prints, quotes = made[made["kind"] == PRINT], made[made["kind"] == QUOTE]
    assert [
        (PRINTS, p / 4, s, bool(f & QUARANTINED)) for p, s, f in prints[["price", "size", "flags"]].tolist()
    ] == heard.prints
    books = quotes[["bid", "ask", "bid_size", "ask_size"]].tolist()
    assert [(QUOTES, b / 4, a / 4, float(bs), float(as_)) for b, a, bs, as_ in books] == heard.quotes


@given(st.lists(st.binary(max_size=60), max_size=20), st.booleans())
def test_no_bytes_break_the_reading(pieces: list[bytes], framed: bool):
    frames = watching()
    for piece in pieces:
        sent = len(piece).to_bytes(4) + piece if framed else piece
        try:
            list(frames.read(sent, NOW))
        except Garbage:
            return
    frames.take()


@given(st.binary(max_size=80))
def test_no_bytes_behind_the_number_of_a_watched_tick_break_the_reading(rest: bytes):
    body = f"99\0{PRINTS}\0".encode() + rest
    parts = list(watching().read(len(body).to_bytes(4) + body, NOW))
    assert all(isinstance(part, Unreadable) for part in parts)


def test_a_long_message_in_small_reads_and_many_rows_are_kept_whole():
    frames, long = watching(), message(4, 2, -1, 2104, "x" * 1_000_000, "")
    stream = last(PRINTS, 1) * 10_000 + long + last(PRINTS, 2) * 3
    told = [part for at in range(0, len(stream), 1_000) for part in frames.read(stream[at : at + 1_000], NOW)]
    assert told == [long[4:]]
    assert np.unique(frames.take()["price"], return_counts=True)[1].tolist() == [10_000, 3]
