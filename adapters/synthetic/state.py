"""The rows that the simulator works on: MARKET (where it stands), NATURE (what it is like), PLANT (what is staged).

Side of the book k: 0 = bid, 1 = ask. Rates are millihertz, shares are per mille, prices ticks, times ns UTC.
"""

import numpy as np
import numpy.typing as npt

SECOND = 1_000_000_000
States = npt.NDArray[np.void]
"""An array of MARKET, NATURE or PLANT rows."""

BID, ASK = 0, 1
MINUTES, STOPS = 30, 24
"""Minutes whose extremes are remembered; prices beyond a level that can hold stops."""

NATURE = np.dtype(
    [
        ("prints", "i8"),  # market orders at pace 1000, both sides, without excitation, mHz
        ("book", "i8"),  # limit orders and cancels at pace 1000, each per side, mHz
        ("depth", "i8"),  # usual displayed size at the touch, lots
        ("lot", "i8"),  # contracts or shares in a lot
        ("excite", "i8"),  # share of market orders caused by an earlier one of the same side
        ("flash", "i8"),  # share caused by one of the same side within a blink
        ("infect", "i8"),  # share caused by an earlier one of the other side
        ("memory", "i8"),  # how long an order excites, ns
        ("carry", "i8"),  # chance that the other side follows when a level is gone
        ("again", "i8"),  # tail of sizes: chance of one more doubling, per 1024
        ("wide", "i8"),  # usual spread, ticks
        ("round", "i8"),  # ticks between two round numbers
        ("slow", "i8"),  # minutes of the bar that patterns are made for
        ("split", "i8"),  # chance that a fill is told in one more piece, per mille
        ("closing", "i8"),  # how soon a wide spread is closed, mHz
        ("sway", "i8"),  # how much the maker moves quotes, per mille: little where books are thin
        ("mean", "i8"),  # lots of a market order on average, x 10
        ("span", "i8"),  # how many times further than a minute such a bar goes
    ],
    align=True,
)

MARKET = np.dtype(
    [
        ("ts", "i8"),
        ("begin", "i8"),
        ("end", "i8"),
        ("rows", "i8"),  # written into the current output
        ("price", "i4", (2,)),
        ("size", "i4", (2,)),
        ("heat", "i8", (2,)),  # excited market orders that hit side k, mHz
        ("flash", "i8", (2,)),  # the same, of the last blink
        ("mood", "i8"),  # slow activity factor, per mille
        ("mood_at", "i8"),
        ("lean", "i8"),  # slow preference for buying, per mille
        ("lean_until", "i8"),
        ("gone", "i8"),  # side whose touch was used up last
        ("wide", "i8"),  # spread that makers close down to
        ("used", "i8", (2,)),  # volume traded at the present touch of side k
        ("cost", "i8"),  # mean volume per tick of progress, lots x 16
        ("high", "i4"),  # of the running minute
        ("low", "i4"),
        ("minute", "i8"),  # end of the running minute
        ("reach", "i8"),  # mean range of a minute, ticks x 16
        ("volume", "i8"),  # traded in the running minute
        ("usual", "i8"),  # mean volume of a minute
        ("minutes", "i8"),  # that are over
        ("lows", "i4", (MINUTES,)),  # of the last ones, in a ring
        ("highs", "i4", (MINUTES,)),
        ("base", "i8", (2,)),  # market orders that hit side k on this day, of an even market's, per mille
        ("share", "i8", (2,)),  # the same now; resting orders make up for what is more or less
        ("day", "i4", (2,)),  # low and high of the session so far
        ("yesterday", "i4", (2,)),  # of the one before; equal before there was one
        ("closed", "i8"),  # since when the exchange is closed, 0 while it is open
        ("met", "i8"),  # resting volume that meets one of it, per cent
        ("way", "i8"),  # mean change of price in a minute, ticks x 1024
        ("was", "i4"),  # bid a minute ago
        ("maker", "i8"),  # NO_MAKER, LITERATURE or SEED
        ("busy", "i8"),  # 1 while something is staged
        ("met_share", "i8", (2,)),  # share of the day's orders that hit side k, per mille
        ("stock", "i8"),  # what resting orders have bought less what they have sold; half of it is the maker's
        ("stepped", "i8"),  # until when he quotes wide, 0 when he does not
        ("told", "i8"),  # seconds whose truth is written
        ("swing", "i8"),  # recent moves of the mid, half ticks x 512
        ("mid", "i8"),  # bid + ask
        ("boost", "i8", (2,)),  # factor on market orders that hit side k, per mille
        ("makers", "i8", (2,)),  # factor on limit orders that join side k, per mille
        ("extra", "i8", (2,)),  # staged market orders that hit side k, mHz
        ("floor", "i8"),  # side that has an absorber, -1 none
        ("floor_price", "i4"),
        ("level", "i4"),  # of the shape staged last
        ("stop_side", "i8"),  # side of the book that stops would hit, -1 none rest
        ("stop_level", "i4"),  # they rest beyond it
        ("stop_count", "i8"),
        ("stop_next", "i8"),  # the first that has not fired
        ("stops", "i8", (STOPS,)),  # volume on each tick beyond the level
        ("fired", "i8"),  # volume that has fired and is not filled yet
        ("absent", "i8"),  # side that nobody quotes, -1 none
        ("flicker", "i8"),  # rate of flickering quotes, mHz
        ("halted", "i8"),  # 1: the exchange has halted trading
        ("disorder", "i8"),  # above 0: rows since stamps began to go backwards
        ("crossed", "i8"),  # 1: the feed tells bid and ask the wrong way round
        ("stamp", "i8"),  # of the newest row
        ("plant", "i8"),  # index of the next or running plant
    ],
    align=True,
)

ABSORPTION, REJECTION, CONFLUENCE, IMBALANCE, STUFFING, LOCK, NEWS, ONE_SIDED, DRIFT = range(1, 10)
SWEEP, BREAK, HALTED, BLOCK, RUN, DISORDER, ACCUMULATION, RANGE = range(10, 18)
"""What is staged: patterns are labelled as themselves, decoys as `null`, a DRIFT not at all."""

WAITING, PUSH, HOLD, LIFT, REST, DONE = range(6)
"""How far a plant has come."""

NO_MAKER, LITERATURE, SEED = range(3)
"""How the market maker's inventory moves his quotes: not at all, both one way, each its own way."""

NOTHING, PLAYED, BROKEN = range(3)
"""What became of a plant that can fail: it did not happen, it did, a level broke that should have been reclaimed."""

PLANT = np.dtype(
    [
        ("kind", "u1"),
        ("side", "i1"),  # +1: selling is absorbed or rejected; buying dominates; price runs up
        ("grade", "u1"),  # 1 weak, 2 mid, 3 strong
        ("phase", "u1"),
        ("retest", "i4"),  # above 0: it works so many ticks short of the level of the shape before it
        ("start", "i8"),
        ("until", "i8"),  # whatever happens, it is over then
        ("aim", "i4"),  # price that the running phase works towards
        ("from_price", "i4"),  # touch when it began
        ("goal", "i8"),  # volume to be absorbed; ticks to be run beyond a level
        ("volume", "i8", (2,)),  # market orders that hit side k since the phase began
        ("phase_at", "i8"),
        ("first", "i8"),  # when the label begins
        ("last", "i8"),  # when the label ends
        ("came", "u1"),  # NOTHING, PLAYED or BROKEN, for those that can fail
        ("price", "i4"),  # the label's level
    ],
    align=True,
)
