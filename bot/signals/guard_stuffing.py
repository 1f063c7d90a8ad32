"""G2, quote stuffing: the book moves a great deal and nothing trades. What it shows is not worth reading.

Definition
    On within the second in which quotes reach max(10 × the usual number, 200) while prints are fewer than 2 % of them;
    or at the end of a second with at least 50 quotes of which 60 % take a size back to what it was before the last one,
    within 50 ms at unchanged prices. Off after ten clean seconds.
    The usual number is a frugal median: each second moves it by 2 % up or down (Ma, Muthukrishnan & Sandler 2013).
Source
    Specification of signals §11; the least number for flickers is ours: in a quiet second two quotes prove nothing.
"""

from pydantic import Field

from bot.config.params import SECOND_NS, Duration
from bot.domain.instrument import Instrument
from bot.domain.market import Days, Events, Ticks
from bot.kernel import Row, hot, part
from bot.signals import guard

NUMBER = 2
_STEP = 1.02


class Params(guard.GuardParams):
    """How many quotes are too many, and how many may be undone."""

    times: float = 10.0
    quotes_min: int = Field(200, ge=1)
    prints_max: float = 0.02
    flickers_min: float = 0.6
    flicker_quotes_min: int = Field(50, ge=1)
    undone: Duration = SECOND_NS // 20
    clean_seconds: int = Field(10, ge=1)


STATE = guard.state(
    Params,
    ("quotes", "i8"),  # of the running second
    ("prints", "i8"),
    ("flickers", "i8"),
    ("usual", "f8"),  # quotes of a second
    ("limit", "f8"),
    ("clean", "i8"),  # seconds
    ("ts", "i8"),  # of the last quote
    ("bid", "i4"),
    ("ask", "i4"),
    ("bid_size", "i4"),
    ("ask_size", "i4"),
    ("old_bid_size", "i4"),  # what it showed at the same prices before; −1 = other prices
    ("old_ask_size", "i4"),
)


def fresh(params: Params, source: int, kind: int, instrument: Instrument, days: Days) -> Ticks:
    """One STATE without memory."""
    return guard.first(STATE, params, NUMBER, source, kind, limit=params.quotes_min, usual=1.0)


@part
def switch(g: Row, value: float, limit: float, due: int, arrival: int, row: int, out: Events, found: int) -> int:
    """Go on or off; return how many events there are."""
    g.clean = 0
    return guard.switch(g, value, limit, due, arrival, row, out, found)


@part
def flood(g: Row) -> bool:
    """Whether the running second has too many quotes for its prints."""
    return bool(g.quotes >= g.limit and g.prints < g.args.prints_max * g.quotes)


@part
def flooded(g: Row, ts: int, row: int, out: Events, found: int) -> int:
    """It has: go on at this row."""
    return switch(g, g.quotes, g.limit, ts, ts, row, out, found)


@hot
def quote(g: Row, tick: Row) -> None:
    """Count a quote, and whether it undoes the one before."""
    g.quotes += 1
    same = (tick.bid == g.bid) & (tick.ask == g.ask)
    if same & (tick.bid_size == g.bid_size) & (tick.ask_size == g.ask_size):
        return
    undone = same & (tick.bid_size == g.old_bid_size) & (tick.ask_size == g.old_ask_size)
    g.flickers += undone & (tick.ts - g.ts <= g.args.undone)
    g.old_bid_size, g.old_ask_size = (g.bid_size if same else -1), g.ask_size
    g.ts, g.bid, g.ask, g.bid_size, g.ask_size = tick.ts, tick.bid, tick.ask, tick.bid_size, tick.ask_size


@part
def second(g: Row, at: int, arrival: int, row: int, out: Events, found: int) -> int:
    """A second ended at `at`; return how many events there are."""
    args = g.args
    flickering = g.quotes >= args.flicker_quotes_min and g.flickers >= args.flickers_min * g.quotes
    if flickering and not g.on:
        found = switch(g, g.flickers, args.flickers_min * g.quotes, at, arrival, row, out, found)
    g.clean = 0 if flickering or flood(g) else g.clean + 1
    if g.on and g.clean >= args.clean_seconds:
        found = switch(g, g.quotes, g.limit, at, arrival, row, out, found)
    g.usual = g.usual * _STEP if g.quotes > g.usual else max(1.0, g.usual / _STEP)
    g.limit = max(float(args.quotes_min), args.times * g.usual)
    g.quotes = g.prints = g.flickers = 0
    return found
