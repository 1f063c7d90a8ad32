"""Round trips: derived from a bracket's fills, never typed in.

Definition
    A round trip is a bracket whose entry fills have all been answered by exit fills: it is flat. Means are weighted by
    quantity; "planned" is the bracket as it was sent, before anything filled. A maker's bracket has the side of the
    quote that filled first; quotes of that side are its entries, those of the other its exits.

    ticks          side × (exit VWAP − entry VWAP), for one unit
    gross          Σ over fills of −fill side × price × quantity, in money; net = gross − commission
    risk           |entry VWAP − first stop sent|, ticks
    r              ticks ÷ risk: slippage makes a stopped one worse than −1
    r_net          net ÷ (risk in money)
    r_planned      planned reward ÷ planned risk of the bracket as sent
    slippage_ticks what the fills paid beyond the prices intended: entry against its limit, an exit against its limit or
                   the trigger in force (an exit at market intends no price and adds nothing); positive is worse for us
    mae, mfe       how far the price went against and for the position, from the journal's excursion row

    The exit's reason is what had moved the stop that was hit (`breakeven`, `trail`, `blackout`), else the last exit
    order's own word (`time`, `blackout`, `session`, `tape-end`), else its role.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from bot.domain.order import Role, enters
from bot.journal import rows
from bot.journal.reading import Reader, RunInfo
from bot.journal.standing import standing
from bot.journal.values import LONG_SHORT, Grid, grids, money_text, number, ratio

REASONS = ("target", "stop", "time", "blackout", "session", "tape-end", "flatten", "breakeven", "trail", "hedge")


@dataclass(frozen=True, slots=True)
class RoundTrip:
    """One bracket that went in and came out, with all that its figures are made of. Prices are ticks.

    Ratios are of whole numbers: as exact as fractions, and ten times as fast.
    """

    bracket: rows.Bracket
    orders: Mapping[str, rows.Order]  # by client order id
    entries: Sequence[rows.Fill]
    exits: Sequence[rows.Fill]
    commission: Decimal
    excursion: rows.Excursion | None
    grid: Grid
    moves: Sequence[rows.Amendment] = ()
    """Triggers that the broker named for its stops."""

    @property
    def quantity(self) -> int:
        """Units that went in and out."""
        return sum(fill.quantity for fill in self.entries)

    @property
    def _paid(self) -> int:
        """Σ price × quantity of the entries."""
        return sum(fill.price * fill.quantity for fill in self.entries)

    @property
    def _left(self) -> tuple[int, int]:
        """Σ price × quantity and Σ quantity of the exits; what brought back a position sold twice counts against it."""
        units = [(-self.bracket.side * fill.side * fill.quantity, fill.price) for fill in self.exits]
        return sum(size * price for size, price in units), sum(size for size, _ in units)

    @property
    def entry(self) -> Fraction:
        """Entry VWAP in ticks."""
        return Fraction(self._paid, self.quantity)

    @property
    def exit(self) -> Fraction:
        """Exit VWAP in ticks."""
        return Fraction(*self._left)

    @property
    def _gained(self) -> int:
        """Ticks × quantity of the exits × quantity of the entries."""
        left, size = self._left
        return self.bracket.side * (left * self.quantity - self._paid * size)

    @property
    def ticks(self) -> Fraction:
        """Gained for one unit."""
        return Fraction(self._gained, self._left[1] * self.quantity)

    @property
    def gross(self) -> Decimal:
        """Money before commission."""
        return self.grid.money(sum(-fill.side * fill.price * fill.quantity for fill in (*self.entries, *self.exits)))

    @property
    def net(self) -> Decimal:
        """Money after commission."""
        return self.gross - self.commission

    @property
    def first_stop(self) -> int:
        """Trigger of the first stop that was sent."""
        stops = (order.stop_price for order in self.orders.values() if order.role == Role.STOP)
        return next((stop for stop in stops if stop is not None), self.bracket.stop)

    @property
    def _risked(self) -> int:
        """Ticks between entry VWAP and first stop × quantity."""
        return abs(self._paid - self.first_stop * self.quantity)

    @property
    def r(self) -> float | None:
        """Multiple of the risk; None when the entry filled on its stop."""
        return ratio(self._gained, self._left[1] * self._risked) if self._risked else None

    @property
    def r_net(self) -> float | None:
        """The same after commission."""
        net, cents = self.net.as_integer_ratio()
        value, parts = self.grid.tick_value.as_integer_ratio()
        return ratio(net * parts, cents * value * self._risked) if self._risked else None

    @property
    def quoted(self) -> bool:
        """Whether a maker's quotes made it."""
        return any(order.role == Role.QUOTE for order in self.orders.values())

    @property
    def r_planned(self) -> float | None:
        """Reward over risk of the bracket as sent; of a maker's there is none, nobody had planned where it is left."""
        planned = self.bracket
        if self.quoted:
            return None
        risk = abs(planned.entry - planned.stop)
        return ratio(abs(planned.target - planned.entry), risk) if risk else None

    @property
    def slippage(self) -> Fraction:
        """Ticks that one unit paid beyond the prices intended."""
        return Fraction(self._beyond(self.entries) + self._beyond(self.exits), self.quantity)

    def _beyond(self, fills: Sequence[rows.Fill]) -> int:
        paid = 0
        for fill in fills:
            order = self.orders[fill.client_order_id]
            moved = self._moved(fill)
            intended = order.price if order.price is not None else moved.stop_price if moved else order.stop_price
            if intended is not None:
                paid += fill.side * (fill.price - intended) * fill.quantity
        return paid

    def _moved(self, fill: rows.Fill) -> rows.Amendment | None:
        """What had put the stop that filled where it was; None when it was where it had been sent."""
        before = (one for one in self.moves if one.client_order_id == fill.client_order_id and one.seq < fill.seq)
        return max(before, key=lambda one: one.seq, default=None)

    @property
    def exit_reason(self) -> str:
        """Why it was left, one of REASONS."""
        order, moved = self.orders[self.exits[-1].client_order_id], self._moved(self.exits[-1])
        if moved is not None and moved.reason in REASONS:
            return moved.reason
        if order.reason in REASONS:
            return order.reason
        if order.role == Role.QUOTE:
            return Role.TARGET.value  # what a maker's other quote takes out is taken where it wanted to
        return order.role if order.role in REASONS else "flatten"

    def shape(self) -> dict[str, Any]:
        """The object of the command-line contract."""
        bracket, grid, seen = self.bracket, self.grid, self.excursion
        return {
            "id": bracket.id,
            "run": bracket.run,
            "instrument": bracket.instrument,
            "contract": bracket.contract,
            "strategy": bracket.strategy,
            "side": LONG_SHORT[bracket.side],
            "quantity": self.quantity,
            "entry_ns": self.entries[0].ts,
            "exit_ns": self.exits[-1].ts,
            "entry_price": grid.mean_price(self.entry),
            "exit_price": grid.mean_price(self.exit),
            "ticks": number(self.ticks),
            "gross": money_text(self.gross),
            "commission": money_text(self.commission),
            "net": money_text(self.net),
            "r": self.r,
            "r_net": self.r_net,
            "r_planned": self.r_planned,
            "slippage_ticks": number(self.slippage),
            "mae_ticks": seen.mae_ticks if seen else None,
            "mfe_ticks": seen.mfe_ticks if seen else None,
            "exit_reason": self.exit_reason,
            "signal_id": bracket.signal_id,
        }


def round_trips(reader: Reader, runs: Sequence[RunInfo]) -> list[RoundTrip]:
    """Every round trip whose bracket one of `runs` sent, in order of entry."""
    brackets = reader.read(rows.Bracket, runs)
    parts = _Parts(
        reader.read(rows.Instrument, runs),
        reader.children(rows.Order, "bracket_id", rows.Bracket, "id", runs),
        reader.children(rows.Fill, "bracket_id", rows.Bracket, "id", runs),
        reader.children(rows.Amendment, "client_order_id", rows.Order, "client_order_id", reader.runs),
        commissions(reader, runs),
        reader.children(rows.Excursion, "bracket_id", rows.Bracket, "id", runs),
    )
    return parts.assembled(brackets)


def round_trips_of(reader: Reader, brackets: Sequence[rows.Bracket]) -> list[RoundTrip]:
    """The same of these brackets alone, each looked up: for a few of a journal that holds thousands."""
    names = [one.id for one in brackets]
    orders = reader.among(rows.Order, "bracket_id", names)
    fills = reader.among(rows.Fill, "bracket_id", names)
    paid = reader.among(rows.Commission, "exec_id", [fill.exec_id for fill in fills])
    parts = _Parts(
        reader.among(rows.Instrument, "run", {one.run for one in brackets}),
        orders,
        fills,
        reader.among(rows.Amendment, "client_order_id", [one.client_order_id for one in orders]),
        {row.exec_id: Decimal(row.amount) for row in paid},
        reader.among(rows.Excursion, "bracket_id", names),
    )
    return parts.assembled(brackets)


def round_trips_in(written: Mapping[str, Sequence[Any]]) -> list[RoundTrip]:
    """The same of a run whose rows are all at hand, by table."""
    parts = _Parts(
        written["instrument"],
        [order for order in written["order"] if order.bracket_id is not None],
        [fill for fill in written["fill"] if fill.bracket_id is not None],
        written["amendment"],
        {row.exec_id: Decimal(row.amount) for row in written["commission"]},
        written["excursion"],
    )
    return parts.assembled(written["bracket"])


def round_trip(reader: Reader, bracket: rows.Bracket) -> RoundTrip | None:
    """The round trip of one bracket, None while it holds a position or when it never did."""
    return next(iter(round_trips_of(reader, [bracket])), None)


class _Parts:
    """What brackets are made of, by bracket."""

    def __init__(
        self,
        instruments: Iterable[rows.Instrument],
        orders: Iterable[rows.Order],
        fills: Iterable[rows.Fill],
        moves: Iterable[rows.Amendment],
        paid: Mapping[str, Decimal],
        excursions: Iterable[rows.Excursion],
    ) -> None:
        self._grids, self._paid = grids(instruments), paid
        self._orders: dict[str, dict[str, rows.Order]] = defaultdict(dict)
        for order in orders:
            assert order.bracket_id is not None
            self._orders[order.bracket_id][order.client_order_id] = order
        self._fills: dict[str, list[rows.Fill]] = defaultdict(list)
        for fill in fills:
            assert fill.bracket_id is not None
            self._fills[fill.bracket_id].append(fill)
        self._moves: dict[str, list[rows.Amendment]] = defaultdict(list)
        for move in moves:
            if move.word == "named" and move.stop_price is not None:
                self._moves[move.client_order_id].append(move)
        # The newest row holds: a bracket that was opened again by a late fill has two.
        self._seen = {row.bracket_id: row for row in excursions}

    def assembled(self, brackets: Iterable[rows.Bracket]) -> list[RoundTrip]:
        """Those of these brackets that went in and came out, in order of entry."""
        made = (self._assembled(bracket) for bracket in brackets)
        return sorted((trip for trip in made if trip is not None), key=lambda trip: trip.entries[0].seq)

    def _assembled(self, bracket: rows.Bracket) -> RoundTrip | None:
        fills = standing(self._fills[bracket.id])
        quoted = [fill for fill in fills if fill.role == Role.QUOTE]
        if quoted and quoted[0].side != bracket.side:
            bracket = turned(bracket)
        entries = [fill for fill in fills if enters(fill.role, fill.side, bracket.side)]
        exits = [fill for fill in fills if not enters(fill.role, fill.side, bracket.side)]
        held = sum(fill.side * fill.quantity for fill in fills)
        if not entries or held:
            return None
        commission = sum((self._paid.get(fill.exec_id, Decimal(0)) for fill in fills), Decimal(0))
        return RoundTrip(
            bracket,
            self._orders[bracket.id],
            entries,
            exits,
            commission,
            self._seen.get(bracket.id),
            self._grids[bracket.run, bracket.instrument],
            [move for name in self._orders[bracket.id] for move in self._moves.get(name, ())],
        )


def turned(bracket: rows.Bracket) -> rows.Bracket:
    """A maker's bracket as its other quote would have opened it: that one's fill came first, and made its side."""
    side, risk = -bracket.side, abs(bracket.entry - bracket.stop)
    entry, target = bracket.target, bracket.entry
    return bracket._replace(side=side, entry=entry, stop=entry - side * risk, target=target)


def commissions(reader: Reader, runs: Sequence[RunInfo]) -> dict[str, Decimal]:
    """What each execution of `runs` cost, by execution id; the newest word holds."""
    return {
        row.exec_id: Decimal(row.amount)
        for row in reader.children(rows.Commission, "exec_id", rows.Fill, "exec_id", runs)
    }
