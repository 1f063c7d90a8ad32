"""Questions about money: account values and portfolio (6, 76), account summary (62), profit and loss (92, 94)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

from adapters.gateway import words
from adapters.gateway.account import EQUITY, Accounts, Position
from adapters.gateway.mouth import Mouth
from adapters.gateway.seam import Listed, Session, World
from adapters.gateway.speech import NEW_YORK, SECOND_NS, UNSET_FLOAT, plain

Worth = Callable[[int | None], int | None]
_CENT = Decimal("0.01")


class Money:
    """What an account holds, to those who ask and to those who follow."""

    def __init__(self, world: World, accounts: Accounts, mouth: Mouth, worth: Worth) -> None:
        self._world, self._accounts, self._mouth, self._worth = world, accounts, mouth, worth
        self._following: dict[Session, str] = {}
        self._profits: dict[tuple[Session, str], tuple[str, int | None]] = {}

    def left(self, session: Session) -> None:
        """A client has gone: nobody follows in its name."""
        self._following.pop(session, None)
        self._profits = {key: one for key, one in self._profits.items() if key[0] is not session}

    def updates(self, session: Session, fields: Sequence[str]) -> None:
        """6: values and portfolio of an account, 8 and 54; again whenever a position changes."""
        account = fields[3] or self._first(session)
        if fields[2] != "1":
            self._following.pop(session, None)
            return
        self._following[session] = account
        for key, value, currency in self._values(account):
            self._mouth.to(session, (6, 2, key, value, currency, account))
        for one in self._accounts.of(account):
            self._mouth.to(session, self._portfolio(one))
        self._mouth.to(session, (8, 1, self._clock()))
        self._mouth.to(session, (54, 1, account))

    def multi(self, session: Session, fields: Sequence[str]) -> None:
        """76: the same values under a number, then 74."""
        number, account = fields[2], fields[3] or self._first(session)
        for key, value, currency in self._values(account):
            self._mouth.to(session, (73, 1, number, account, "", key, value, currency))
        self._mouth.to(session, (74, 1, number))

    def summary(self, session: Session, fields: Sequence[str]) -> None:
        """62: the values whose names were asked for, then 64."""
        number, tags = fields[2], set(fields[4].split(",")) if len(fields) > 4 else set()
        for account in session.account.split(","):
            for key, value, currency in self._values(account):
                if key in tags or not tags - {""}:
                    self._mouth.to(session, (63, 1, number, account, key, value, currency))
        self._mouth.to(session, (64, 1, number))

    def profit(self, session: Session, fields: Sequence[str]) -> None:
        """92, 94: profit and loss of an account or of one of its positions, now and whenever one changes."""
        con_id = int(fields[4] or 0) if fields[0] == "94" and len(fields) > 4 else None
        self._profits[session, fields[1]] = fields[2] or self._first(session), con_id
        self._tell_profit(session, fields[1])

    def no_profit(self, session: Session, fields: Sequence[str]) -> None:
        """93, 95: no more of it."""
        self._profits.pop((session, fields[1]), None)

    def changed(self, account: str, listed: Listed) -> None:
        """A position has changed: those who follow are told."""
        position = self._accounts.position(account, listed)
        for session in [one for one, followed in self._following.items() if followed == account]:
            self._mouth.to(session, self._portfolio(position))
            for key, value, currency in self._values(account):
                self._mouth.to(session, (6, 2, key, value, currency, account))
        for session, number in self._profits:
            self._tell_profit(session, number)

    def _values(self, account: str) -> list[tuple[str, str, str]]:
        held = self._accounts.of(account)
        worth = sum((self._now(one) for one in held), Decimal(0))
        cost = sum((one.cost for one in held), Decimal(0))
        realized = self._accounts.realized(account)
        stocks = sum((self._now(one) for one in held if one.listed.sec_type == "STK"), Decimal(0))
        whole = EQUITY + realized + worth - cost
        money = {
            "NetLiquidation": whole,
            "TotalCashValue": whole - stocks,
            "SettledCash": whole - stocks,
            "AvailableFunds": whole,
            "ExcessLiquidity": whole,
            "BuyingPower": whole * 4,
            "EquityWithLoanValue": whole,
            "GrossPositionValue": abs(stocks),
            "InitMarginReq": Decimal(0),
            "MaintMarginReq": Decimal(0),
            "RealizedPnL": realized,
            "UnrealizedPnL": worth - cost,
        }
        words_of_it = [("AccountType", "INDIVIDUAL", ""), ("AccountReady", "true", ""), ("Currency", "USD", "USD")]
        return words_of_it + [(key, f"{value.quantize(_CENT):f}", "USD") for key, value in money.items()]

    def _now(self, one: Position) -> Decimal:
        ticks = self._worth(one.listed.index)
        return one.worth(None if ticks is None else one.listed.instrument.to_price(ticks))

    def _portfolio(self, one: Position) -> words.Fields:
        ticks = self._worth(one.listed.index)
        price = Decimal(0) if ticks is None else one.listed.instrument.to_price(ticks)
        worth = self._now(one)
        listed = one.listed
        return (
            *(7, 8, listed.con_id, listed.symbol, listed.sec_type, listed.expiry, 0, "0", listed.multiplier),
            *(listed.primary_exchange or listed.exchange, listed.currency, listed.local_symbol, listed.trading_class),
            *(one.units, plain(price), plain(worth), plain(one.average_cost)),
            *(plain(worth - one.cost), plain(one.realized), one.account),
        )

    def _tell_profit(self, session: Session, number: str) -> None:
        account, con_id = self._profits[session, number]
        held = [one for one in self._accounts.of(account) if con_id in (None, one.listed.con_id)]
        open_ = sum((self._now(one) - one.cost for one in held), Decimal(0))
        done = sum((one.realized for one in held), Decimal(0))
        money = (plain(open_ + done), plain(open_), plain(done))
        if con_id is None:
            self._mouth.to(session, (94, number, *money))
        else:
            units = sum(one.units for one in held)
            value = plain(sum((self._now(one) for one in held), Decimal(0))) if held else UNSET_FLOAT
            self._mouth.to(session, (95, number, units, *money, value))

    def _clock(self) -> str:
        return f"{datetime.fromtimestamp(self._world.wall_ns() // SECOND_NS, NEW_YORK):%H:%M}"

    def _first(self, session: Session) -> str:
        return session.account.split(",")[0]
