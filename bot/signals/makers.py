"""Market makers: what they seem to hold, and what their quotes seem to answer.

Definition
    inventory, at each end of a bar of the trigger's timeframe in which a row came (internal: strategies hear it, no
    list shows it): the estimate of `inventory.py`, microprice (a·qb + b·qa)/(qa + qb) less the mid, and its drift over
    five seconds, the bar's readings of `quote_reaction.py`, `controlled.py`, and the order flow of `order_flow.py`.
    quote_skew, at the end of a step of five seconds, `mm_model = "literature"` (the default): makers hold |q| ≥ q_min
    and both quotes moved the way that sheds it (long: down). Short when they are long: they lean on the price.
    quote_widen, `mm_model = "seed"`: makers hold as much and bid and offer moved apart, the lesson's rule. Side alike.
    Either only with sides as sure as confidence_min, and once a side in `cooldown`. The readings of both models, and
    steps that widened while makers were long (the lesson's very words) or short, are counted whichever rules.
Source
    Specification of signals §8; the microprice is the plain one. No model is claimed to be right: `paperpit tape
    makers` measures what the quotes of a tape do. Thresholds are guesses.
Evidence
    EVIDENCE, in order. Distances are ticks, `since` seconds since 1970; `reading`, `d_bid` and `d_ask` are those of the
    bar's newest step that moved (of the step itself in a signal), −1 SKEW_DOWN, +1 SKEW_UP, 2 WIDEN, 3 NARROW, 0 none.
"""

import math
from typing import Literal

import numpy as np
from pydantic import Field

from bot.config import Params as Base
from bot.config.params import MINUTE_NS, SECOND_NS, Duration
from bot.domain.market import Events, Ticks
from bot.kernel import Row, part
from bot.signals import controlled, event, inventory, order_flow, quote_reaction
from bot.signals.args import args_dtype, first
from bot.signals.bars import GRACE_NS
from bot.signals.epochs import NEVER
from bot.signals.quote_reaction import NARROW, PAST_MAX_NS, SKEW_DOWN, SKEW_UP, STEP_NS, WIDEN

EVIDENCE = (
    "q", "q_hat", "q_v", "confidence", "micro", "drift", "efficiency", "variance_ratio", "controlled",
    "reading", "d_bid", "d_ask", "since", "steps", "skew_down", "skew_up", "widen", "narrow", "widen_long_seed",
    "widen_short_seed", "ofi", "ofi_z", "beta", "r2",
)  # fmt: skip
ROW_EVENTS = 2
"""More than one row, or the silence before it, cannot give."""
SEED = 1
"""The second of the models."""


class Params(Base):
    """How inventory is guessed, whose model of quotes rules, and when it is worth a word."""

    mm_model: Literal["literature", "seed"] = "literature"
    phi: float = Field(0.5, gt=0, le=1)
    """Share of the passive side that is market-making."""
    tau: Duration = 600 * SECOND_NS
    """How long what they took on stays with them."""
    q_min: float = Field(2.0, gt=0)
    """In usual flows."""
    look: Duration = Field(MINUTE_NS, ge=SECOND_NS, multiple_of=SECOND_NS)
    """How often flow is looked at; a usual one is that of five such stretches."""
    past: Duration = Field(60 * SECOND_NS, ge=2 * SECOND_NS, le=PAST_MAX_NS, multiple_of=2 * SECOND_NS)
    """What quotes are compared with."""
    confidence_min: float = 0.8
    cooldown: Duration = 5 * MINUTE_NS

    @classmethod
    def defaults(cls, product: str, timeframe_ns: int = MINUTE_NS) -> "Params":
        """Where the price is slow, so are makers."""
        return cls(tau=3600 * SECOND_NS) if product in ("CL", "GC") else cls()


ARGS = args_dtype(Params)
_LOOKS = 8  # a power of two above the five seconds of a drift
FLOW = np.dtype([("ofi", "i8"), ("depth", "i8"), ("quotes", "i8"), ("length", "i8")], align=True)
STATE = np.dtype(
    [
        ("args", ARGS),
        ("source", "i8"),
        ("kind", "i8"),  # inventory; then quote_skew, then quote_widen
        ("timeframe", "i8"),
        ("rows", "i8"),  # read by the last second
        ("due", "i8"),  # end of the bar that is to be told of; NEVER when none is
        ("told", "i8"),  # rows that the bars told of hold
        ("flow", FLOW),  # of that bar
        ("quiet", "i8", (2,)),  # no signal of the side (0 long, 1 short) before
        ("widened", "i8", (2,)),  # steps of this bar, while makers were long, short
        ("looks", "i8"),  # at a whole book since it broke last
        ("mids", "i8", (_LOOKS,)),  # half ticks
        ("leans", "f8", (_LOOKS,)),  # microprice less mid, ticks
        ("stock", inventory.STATE),
        ("quotes", quote_reaction.STATE),
        ("path", controlled.STATE),
    ],
    align=True,
)
SHAPING = ("tau", "look", "past")
"""Parameters that are part of its memory: with another one it begins anew."""


def fresh(params: Params, source: int, kind: int, timeframe: int) -> Ticks:
    """One STATE without memory."""
    state = first(STATE, params, source, kind, timeframe)
    state["due"] = NEVER
    state["quotes"]["past"] = params.past // SECOND_NS + 1
    state["stock"]["fade"] = math.exp(-SECOND_NS / params.tau)
    return state


def join(state: Ticks, traded: Ticks, ts: int) -> None:
    """A STATE without memory begins while a tape is being read: what was `traded` up to the second `ts` is no flow."""
    for name in ("buy", "sell", "unknown", "unsure"):
        state["stock"][name] = traded[name]
    state["stock"]["last"] = ts


@part
def restart(m: Row) -> None:
    """Trading stopped or went on: nothing reaches back beyond this."""
    inventory.restart(m.stock)
    quote_reaction.restart(m.quotes)
    controlled.restart(m.path)
    m.looks = 0


@part
def new_day(m: Row) -> None:
    """Statistics begin anew."""
    inventory.new_day(m.stock)


@part
def on_bar(m: Row, bar: Row, rows: int) -> None:
    """A bar has closed, after so many rows; it is told of at its end, unless no row has come since the one before."""
    if rows != m.told:
        m.told, m.due = rows, bar.end
        f = m.flow
        f.ofi, f.depth, f.quotes, f.length = bar.ofi, bar.depth, bar.quotes, bar.end - bar.start


@part
def look(m: Row, book: Row) -> None:
    """A whole second is over; `book` is the order flow, which knows the newest quote."""
    quote_reaction.look(m.quotes, book.bid, book.ask)
    if not book.whole:
        m.looks = 0
        return
    sizes = book.bid_size + book.ask_size
    k = m.looks & (_LOOKS - 1)
    m.mids[k] = book.mid
    m.leans[k] = 0.5 * (book.ask - book.bid) * (book.bid_size - book.ask_size) / sizes if sizes > 0 else 0.0
    m.looks += 1
    controlled.push(m.path, book.mid)


@part
def drift(m: Row) -> float:
    """How far the microprice went in five seconds, ticks; NaN while it is not known."""
    if m.looks < 6:
        return np.nan
    now, then = (m.looks - 1) & (_LOOKS - 1), (m.looks - 6) & (_LOOKS - 1)
    return float(0.5 * (m.mids[now] - m.mids[then]) + (m.leans[now] - m.leans[then]))


@part
def describe(m: Row, book: Row, at: int, v: Ticks) -> None:
    """What there is to say, but the order flow."""
    stock, quotes = m.stock, m.quotes
    v[0], v[1] = inventory.in_units(stock), m.args.phi * stock.q
    v[2], v[3] = float(stock.turned - stock.cvd), inventory.confidence(stock)
    v[4], v[5] = m.leans[(m.looks - 1) & (_LOOKS - 1)] if m.looks > 0 else np.nan, drift(m)
    v[6], v[7] = controlled.efficiency(m.path), controlled.variance_ratio(m.path)
    v[8] = 1.0 if v[6] <= controlled.EFFICIENCY_MAX and v[7] <= controlled.RATIO_MAX else 0.0
    v[9], v[10], v[11], v[12] = quotes.spoke, quotes.spoke_bid, quotes.spoke_ask, quotes.since / 1e9
    v[13], v[14], v[15] = quotes.steps, quotes.counts[SKEW_DOWN + 1], quotes.counts[SKEW_UP + 1]
    v[16], v[17], v[18], v[19] = quotes.counts[WIDEN + 1], quotes.counts[NARROW + 1], m.widened[0], m.widened[1]
    figures = order_flow.known(book, at)
    v[22], v[23] = figures.beta, figures.r2


@part
def tell(m: Row, book: Row, price: int, at: int, arrival: int, row: int, out: Events, found: int) -> int:
    """A bar is over: its inventory event; return how many events there are now."""
    e, known = out[found], min(arrival, at + GRACE_NS)
    event.when(e, at, known, row, 1 if known < arrival else 0)
    event.head(e, m.source, m.kind, m.timeframe, 0, price, 0.0)
    v = e.evidence
    describe(m, book, at, v)
    e.strength = abs(v[0]) if v[0] == v[0] else 0.0
    usual = order_flow.known(book, at).scale
    v[20], v[21] = m.flow.ofi, order_flow.z_of(m.flow.ofi, m.flow.depth, m.flow.quotes, usual, m.flow.length)
    quote_reaction.clear(m.quotes)
    m.widened[0] = m.widened[1] = 0
    m.due = NEVER
    return found + 1


@part
def react(m: Row, book: Row, at: int, arrival: int, row: int, out: Events, found: int) -> int:
    """A step has been read: is it what makers do who hold too much? Return how many events there are now."""
    args, reading = m.args, m.quotes.reading
    if reading == WIDEN and m.stock.q != 0.0:
        m.widened[0 if m.stock.q > 0.0 else 1] += 1
    q = inventory.in_units(m.stock)
    side = -1 if q > 0.0 else 1
    seed = args.mm_model == SEED
    # Both quotes down is what sheds a long inventory, and short is the side that it favours: the same number.
    if not abs(q) >= args.q_min or reading != (WIDEN if seed else side) or at < m.quiet[(1 - side) // 2]:
        return found
    if inventory.confidence(m.stock) < args.confidence_min:
        return found
    m.quiet[(1 - side) // 2] = at + args.cooldown
    e, known = out[found], min(arrival, at + GRACE_NS)
    event.when(e, at, known, row, 1 if known < arrival else 0)
    event.head(e, m.source, m.kind + (2 if seed else 1), m.timeframe, side, book.bid if side < 0 else book.ask, abs(q))
    describe(m, book, at, e.evidence)
    e.evidence[20] = e.evidence[21] = np.nan
    return found + 1


@part
def second(
    m: Row, book: Row, taken: int, traded: Row, rows: int, at: int, arrival: int, row: int, out: Events, found: int
) -> int:
    """A whole second is over; return how many events there are now.

    `book` is the order flow, `taken` when prints last took a level, `traded` all that was traded, in `rows` rows.
    """
    if rows != m.rows:
        m.rows = rows
        inventory.learn(m.stock, m.args.tau, traded, at)
    if at % m.args.look == 0:
        inventory.look(m.stock)
    look(m, book)
    if at % STEP_NS == 0 and quote_reaction.read(m.quotes, taken, rows, at):
        found = react(m, book, at, arrival, row, out, found)
    if at >= m.due:
        found = tell(m, book, traded.price, at, arrival, row, out, found)
    return found


class Inventory:
    """What makers hold and what their quotes answer. Reads whole seconds."""

    kind = "inventory"
    kinds = ("inventory", "quote_skew", "quote_widen")
    EVIDENCE = EVIDENCE
    Params = Params
