"""Where working orders meet the market's rows: replay's compiled scan, over orders as IB knows them.

What fills when is said in `adapters/replay/matching.py`; this file hands out its slots, and decides what an order finds
when it arrives between two rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from adapters.gateway.ticket import Ticket
from adapters.replay.arriving import market_price, meets, slippage_ticks
from adapters.replay.matching import FAR, HIT, LIMIT, MODELS, STOP, WORK, scan
from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, STATUS, TICK, Ticks


@dataclass(frozen=True, slots=True)
class Hit:
    """A row fills an order."""

    ticket: Ticket
    quantity: int
    price: int


class Floor:
    """Slots of WORK rows in the order in which they are looked at: a stop is given its slot before its target."""

    def __init__(self, instruments: Sequence[Instrument], model: str) -> None:
        self._model = MODELS[model]
        self._slippage = [slippage_ticks(model, one.slippage_ticks) for one in instruments]
        self._works = np.zeros(16, WORK)
        self._slots: list[Ticket | None] = [None] * 16
        self._used = 0
        self.live = 0
        """How many orders a row has to be held against."""
        self._ticks: Ticks = np.zeros(0, TICK)
        self._statuses = False
        self._base = 0
        self.row = 0
        """Up to which row of the batch at hand the market has come."""
        self._last: list[Ticks | None] = [None] * len(instruments)
        self._prints: list[int | None] = [None] * len(instruments)
        self._halted = np.zeros(max(1, len(instruments)), np.uint8)
        self._hits = np.zeros(1, HIT)

    def turn(self, ticks: Ticks) -> None:
        """Go on with another batch; the one before is over."""
        if ticks is self._ticks:
            return
        for index in range(len(self._last)):
            self._last[index] = self._standing(index, self.row)
            self._prints[index] = self._newest_print(index, self.row)
        self._base += len(self._ticks)
        self._ticks, self.row = ticks, 0
        self._statuses = bool((ticks["kind"] == STATUS).any())

    @property
    def looks(self) -> bool:
        """Whether rows matter: an order works, or trading is halted or goes on, which the next order must know."""
        return self.live > 0 or self._statuses

    def add(self, ticket: Ticket, quantity: int) -> None:
        """Give an order a slot, not looked at yet."""
        self._grow()
        ticket.slot = self._used
        self._slots[ticket.slot] = ticket
        self._used += 1
        work = self._works[ticket.slot]
        stop = ticket.type != "LMT"
        work["kind"] = STOP if stop else LIMIT
        work["triggered"] = ticket.type == "MKT"
        work["instrument"], work["side"] = ticket.listed.index, ticket.side
        work["slippage"] = self._slippage[ticket.listed.index or 0] if stop else 0
        work["remaining"], work["ahead"], work["live"] = quantity, FAR, 0
        self.price(ticket)

    def price(self, ticket: Ticket) -> None:
        """Take over an order's price as it is now."""
        if ticket.slot >= 0:
            price = ticket.trigger if ticket.type in ("STP", "STP LMT") and not ticket.triggered else ticket.limit
            self._works[ticket.slot]["price"] = 0 if price is None else price
            self._works[ticket.slot]["ahead"] = FAR

    def wake(self, ticket: Ticket, *, after: bool = False) -> None:
        """Let the order be looked at from the row at hand on, or from the one after it."""
        work = self._works[ticket.slot]
        if not work["live"]:
            self.live += 1
        work["live"], work["seen"] = 1, self._base + self.row - 1 + after

    def quantity(self, ticket: Ticket) -> int:
        """Units that the market may still fill."""
        return int(self._works[ticket.slot]["remaining"]) if ticket.slot >= 0 else 0

    def set_quantity(self, ticket: Ticket, units: int) -> None:
        """Let so many units be filled."""
        if ticket.slot >= 0:
            self._works[ticket.slot]["remaining"] = units

    def end(self, ticket: Ticket) -> None:
        """Free its slot."""
        if ticket.slot < 0:
            return
        if self._works[ticket.slot]["live"]:
            self.live -= 1
        self._works[ticket.slot]["live"] = 0
        self._slots[ticket.slot] = None
        ticket.slot = -1
        while self._used and self._slots[self._used - 1] is None:
            self._used -= 1

    def arrives(self, ticket: Ticket) -> int | None:
        """The price at which an order that arrives now fills at once; a limit that does not joins its queue."""
        tick = self.standing(ticket.listed.index)
        work = self._works[ticket.slot]
        if tick is None or self._halted[ticket.listed.index or 0]:
            return None
        if work["kind"] == LIMIT:
            price, ahead = meets(tick, ticket.side, int(work["price"]))
            work["ahead"] = ahead
            return price
        return market_price(tick, ticket.side, int(work["slippage"])) if work["triggered"] else None

    def becomes_limit(self, ticket: Ticket) -> None:
        """A stop-limit was triggered: from here on it is a limit."""
        ticket.triggered = True
        work = self._works[ticket.slot]
        work["kind"], work["slippage"] = LIMIT, 0
        self.price(ticket)

    def scan(self, row: int, end: int) -> int:
        """The first row in [row, end) that fills anything, else `end`; then `hit` tells what."""
        return int(
            scan(self._ticks, row, end, self._base, self._works, self._used, self._halted, self._model, self._hits)
        )

    def hit(self) -> Hit:
        """What the row filled at which the scan stopped."""
        found = self._hits[0]
        ticket = self._slots[int(found["work"])]
        assert ticket is not None
        return Hit(ticket, int(found["quantity"]), int(found["price"]))

    def standing(self, index: int | None) -> Ticks | None:
        """The newest usable row of an instrument."""
        return None if index is None else self._standing(index, self.row)

    def worth(self, index: int | None) -> int | None:
        """The newest print of an instrument, in ticks; else the middle of its quote; None before both."""
        if index is None:
            return None
        found = self._newest_print(index, self.row)
        tick = self._standing(index, self.row)
        if found is not None or tick is None or ABSENT in (tick["bid"], tick["ask"]):
            return found
        return (int(tick["bid"]) + int(tick["ask"])) // 2

    def _standing(self, index: int, row: int) -> Ticks | None:
        for at in range(row - 1, -1, -1):
            tick = self._ticks[at]
            usable = not tick["flags"] & (OFF_GRID | QUARANTINED) and tick["kind"] != STATUS
            if tick["instrument"] == index and usable:
                return tick  # type: ignore[no-any-return]  # numpy types a row of a structured array as Any
        return self._last[index]

    def _newest_print(self, index: int, row: int) -> int | None:
        ticks = self._ticks[:row]
        prints = (ticks["kind"] == PRINT) & (ticks["instrument"] == index)
        rows = np.flatnonzero(prints & (ticks["flags"] & (OFF_GRID | QUARANTINED) == 0))
        return int(ticks[rows[-1]]["price"]) if len(rows) else self._prints[index]

    def _grow(self) -> None:
        # Always past the newest one: a bracket's stop must keep its place before its target.
        if self._used == len(self._works):
            self._works = np.concatenate([self._works, np.zeros(len(self._works), WORK)])
            self._slots.extend([None] * len(self._slots))
