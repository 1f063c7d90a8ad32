"""One bracket that was never sent: what was wanted, what of it has filled, and how it ended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from adapters.replay.markouts import Markouts, Middles
from adapters.replay.what_moves import Moving
from bot.domain.moving import Managing
from bot.domain.order import Order, OrderType, Role
from bot.domain.what_if import HORIZONS_S, NOT_FILLED, NOT_PRICED, STILL_OPEN, Made, Moment, Terms, Wish

HORIZONS_NS = tuple(seconds * 1_000_000_000 for seconds in HORIZONS_S)


@dataclass(slots=True)
class Alone:
    """One bracket and what has become of it."""

    wish: Wish
    instrument: int
    terms: Terms | None
    moments: Iterator[Moment]
    middles: Middles
    from_mid: Markouts
    moving: Moving
    moves: bool  # whether its stop ever does
    from_fill: Markouts | None = None
    sent: bool = False
    working: bool = True  # its entry can still fill
    withdrawn: bool = False
    bought: int = 0
    sold: int = 0
    paid: int = 0
    left: int = 0
    entry_ns: int = 0
    exit_ns: int = 0
    reason: str = ""
    leaving: str = ""
    exits: dict[str, Order] = field(default_factory=dict)  # market exits that have not ended

    @classmethod
    def of(
        cls, wish: Wish, instrument: int, moments: Sequence[Moment], manage: Managing | None, middles: Middles
    ) -> "Alone":
        """A wish that waits for its time, with the moments that concern it and what moves its stop."""
        mine = [
            one
            for one in moments
            # A window that was on already is what it may have been refused for: without the rule it is not there.
            if one.ts > wish.known_ns and not one.from_ns <= wish.known_ns < one.to_ns
        ]
        closing = Moment(wish.until_ns, "flatten", "session")
        ordered = iter(sorted((*mine, closing), key=lambda one: one.ts))
        seen = Markouts(middles, instrument, wish.side, wish.known_ns, wish.until_ns)
        if wish.side:
            seen.from_middle(HORIZONS_NS)
        moves = manage is not None or any(one.what == "tighten" for one in mine)
        moving = Moving(manage, wish.side, instrument, wish.terms.stop if wish.terms else 0)
        return cls(wish, instrument, wish.terms, ordered, middles, seen, moving, moves)

    @property
    def share(self) -> int:
        """Units held."""
        return self.bought - self.sold

    @property
    def over(self) -> bool:
        """Whether nothing can happen to it any more."""
        return not self.working and not self.share

    @property
    def entry_id(self) -> str:
        """Of its entry."""
        return f"{self.wish.id}-{Role.ENTRY}"

    @property
    def stop_id(self) -> str:
        """Of its stop."""
        return f"{self.wish.id}-{Role.STOP}"

    @property
    def level(self) -> int | None:
        """The next print that moves its stop; None when none does just now."""
        return self.moving.level(self.paid, self.bought) if self.share and not self.leaving else None

    def wanted(self) -> int | None:
        """The trigger that is to be asked for now; None where the stop stays."""
        return self.moving.ask(self.paid, self.bought) if self.share and not self.leaving else None

    def orders(self) -> tuple[Order, Order, Order]:
        """Entry, stop, target."""
        assert self.terms is not None
        terms, side = self.terms, self.wish.side
        return (
            self._order(Role.ENTRY, side, OrderType.LIMIT, terms.quantity, self.wish.known_ns, price=terms.entry),
            self._order(Role.STOP, -side, OrderType.STOP, terms.quantity, self.wish.known_ns, stop=terms.stop),
            self._order(Role.TARGET, -side, OrderType.LIMIT, terms.quantity, self.wish.known_ns, price=terms.target),
        )

    def market_exit(self, ts: int, why: str) -> Order:
        """Out of all that is held."""
        number = str(len(self.exits)) if self.exits else ""
        return self._order(
            Role.FLATTEN, -self.wish.side, OrderType.MARKET, self.share, ts, reason=why, name=f"{ts}{number}"
        )

    def _order(
        self,
        role: Role,
        side: int,
        kind: OrderType,
        quantity: int,
        ts: int,
        *,
        price: int | None = None,
        stop: int | None = None,
        reason: str = "",
        name: str = "",
    ) -> Order:
        own = f"{self.wish.id}-{role}{name}"
        return Order(own, self.wish.id, self.instrument, role, side, kind, quantity, price, stop, ts, reason)

    def made(self) -> Made:
        """What has come of it."""
        if self.terms is None:
            end = NOT_PRICED
        elif not self.sent or self.share:
            end = STILL_OPEN
        else:
            end = self.reason if self.bought else NOT_FILLED
        return Made(
            end=end,
            units=self.bought,
            entry_ns=self.entry_ns,
            exit_ns=self.exit_ns,
            paid=self.paid,
            left=self.left,
            side=self.wish.side,
            stop=self.terms.stop if self.terms else 0,
            from_mid=tuple(self.from_mid.ticks),
            from_fill=tuple(self.from_fill.ticks) if self.from_fill else (),
        )
