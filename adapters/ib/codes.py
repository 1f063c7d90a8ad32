"""What IB's message codes mean to us, as data. Source: TWS API message codes; issues that name them are in ADR 14.

An error never ends an order: on an order that is not refused by name it is a question, which the next reading of the
open orders answers.
"""

from dataclasses import dataclass
from enum import StrEnum


class Does(StrEnum):
    """What we do about a code."""

    LOST = "lost"  # the gateway lost IB: no order, no amendment until it is back
    BACK = "back"  # back, subscriptions kept: snapshot, then up
    BACK_ANEW = "back-anew"  # back, subscriptions lost: snapshot, subscribe everything once, then up
    RECONNECT = "reconnect"  # this socket is dropped
    FARM = "farm"  # a data farm: the market's business, never the order link's
    DATA = "data"  # a subscription: the market's business
    HELD = "held"  # somebody else has our client id
    PACED = "paced"  # too many messages
    REFUSED = "refused"  # an order or a request is refused; the order's status ends it
    ASK = "ask"  # read the open orders again
    STEP = "step"  # a tape waits until we have dealt with what it has played
    TOLD = "told"  # information


@dataclass(frozen=True, slots=True)
class Code:
    """One code: what we do, and what it means in a few words."""

    does: Does
    means: str


TAPE_STEP, TAPE_ENDED = 2198, 2199
"""Only a simulated gateway that plays a tape says so."""

CODES: dict[int, Code] = {
    1100: Code(Does.LOST, "the gateway lost IB"),
    1101: Code(Does.BACK_ANEW, "the gateway is back at IB, subscriptions are lost"),
    1102: Code(Does.BACK, "the gateway is back at IB, subscriptions are kept"),
    1300: Code(Does.RECONNECT, "the gateway's port was changed"),
    2103: Code(Does.FARM, "a market data farm is broken"),
    2104: Code(Does.FARM, "a market data farm is well"),
    2105: Code(Does.FARM, "a history farm is broken"),
    2106: Code(Does.FARM, "a history farm is well"),
    2107: Code(Does.FARM, "a history farm sleeps until it is asked"),
    2108: Code(Does.FARM, "a market data farm sleeps until it is asked"),
    2110: Code(Does.LOST, "the gateway's line to IB is broken"),
    2157: Code(Does.FARM, "a contract farm is broken"),
    2158: Code(Does.FARM, "a contract farm is well"),
    TAPE_STEP: Code(Does.STEP, "the tape waits for us"),
    TAPE_ENDED: Code(Does.DATA, "the tape has ended"),
    326: Code(Does.HELD, "the client id is in use"),
    100: Code(Does.PACED, "more messages a second than IB takes"),
    162: Code(Does.DATA, "history: pacing, no permission, or no data"),
    101: Code(Does.DATA, "no market-data line is left"),
    300: Code(Does.DATA, "no subscription of that number"),
    317: Code(Does.DATA, "the market depth was reset"),
    354: Code(Does.DATA, "no market-data permission"),
    420: Code(Does.DATA, "a real-time request that IB refuses"),
    10089: Code(Does.DATA, "no market-data permission"),
    10090: Code(Does.DATA, "part of the market data is not subscribed"),
    10167: Code(Does.DATA, "delayed market data is shown"),
    10168: Code(Does.DATA, "no market-data permission"),
    10182: Code(Does.DATA, "live updates are lost"),
    10186: Code(Does.DATA, "no market-data permission"),
    10189: Code(Does.DATA, "no tick-by-tick permission"),
    10190: Code(Does.DATA, "no tick-by-tick subscription is left"),
    10197: Code(Does.DATA, "another log-in of this user takes the market data"),
    110: Code(Does.REFUSED, "the price is not on IB's grid"),
    200: Code(Does.REFUSED, "no such contract, or several"),
    201: Code(Does.REFUSED, "the order is refused"),
    203: Code(Does.REFUSED, "this account may not trade it"),
    320: Code(Does.REFUSED, "the request cannot be read"),
    321: Code(Does.REFUSED, "the request does not stand up to validation"),
    460: Code(Does.REFUSED, "no trading permission"),
    10006: Code(Does.REFUSED, "the parent order is missing"),
    103: Code(Does.ASK, "the order number was used before"),
    104: Code(Does.ASK, "a filled order cannot be changed"),
    105: Code(Does.ASK, "the order to change is another one"),
    135: Code(Does.ASK, "no order of that number"),
    161: Code(Does.ASK, "the order cannot be cancelled in its state"),
    202: Code(Does.ASK, "the order is cancelled"),
    10147: Code(Does.ASK, "the order to cancel is not known"),
    10148: Code(Does.ASK, "the order to cancel has ended"),
    165: Code(Does.TOLD, "a history server speaks"),
    329: Code(Does.ASK, "an order's type cannot be changed"),
    399: Code(Does.TOLD, "a word on an order"),
    404: Code(Does.TOLD, "shares to sell short are being looked for"),
    434: Code(Does.ASK, "the order's size is zero"),
    492: Code(Does.TOLD, "scanner subscriptions"),
    2109: Code(Does.TOLD, "outside regular hours is ignored for this order"),
    10349: Code(Does.TOLD, "the time in force was set from a preset"),
}

WARNINGS = range(2100, 2200)
READ_ONLY = "read-only"


def code_of(number: int) -> Code:
    """What a code means; one that is not listed is a question, or a warning where IB numbers warnings."""
    known = CODES.get(number)
    if known is not None:
        return known
    return Code(Does.TOLD, "a warning") if number in WARNINGS else Code(Does.ASK, "not in our table")


def says_read_only(number: int, text: str) -> bool:
    """Whether it is the gateway's "Read-Only API" that speaks."""
    return number == 321 and READ_ONLY in text.lower().replace("readonly", READ_ONLY).replace("read only", READ_ONLY)
