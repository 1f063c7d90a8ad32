"""The contracts that the gateway lists: every product of instruments.toml, and what its market plays.

A future is listed with its front month and the next two, by the market's time; a market's own contract always is.
Contract numbers are stable: a stock's is IB's own where it is widely known, any other follows from the contract's name.
"""

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from adapters.gateway.hours import hours
from adapters.gateway.protocol import DETAILS
from adapters.gateway.seam import Field, Listed
from bot.config import instrument
from bot.config.instrument_file import InstrumentFile
from bot.domain.expiry import CONTRACT, MONTH_CODES, last_trading_day
from bot.domain.instrument import Instrument

ROUTES = {"SMART": "SMART,NYSE,NASDAQ,ARCA,BATS,IEX"}
PRIMARY = {"SPY": "ARCA", "AAPL": "NASDAQ", "TSLA": "NASDAQ"}
NUMBERS = {"SPY": 756733, "AAPL": 265598, "TSLA": 76792991}
ORDER_TYPES = "ACTIVETIM,AD,ALERT,DAY,GTC,GTD,IOC,LMT,MKT,NONALGO,OCA,STP,STPLMT,WHATIF"
FIRST_RULE = 101
MONTHS_LISTED = 3
FUTURE, STOCK, CONTINUOUS = "FUT", "STK", "CONTFUT"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The twelve fields of a contract in a request; empty text and zero ask for nothing."""

    con_id: int
    symbol: str
    sec_type: str
    expiry: str
    multiplier: str
    exchange: str
    primary_exchange: str
    currency: str
    local_symbol: str
    trading_class: str

    @classmethod
    def of(cls, fields: Sequence[str]) -> "Wanted":
        """conId symbol secType expiry strike right multiplier exchange primaryExchange currency localSymbol class."""
        con_id, symbol, sec_type, expiry, _, _, multiplier, *rest = fields[:12]
        number = int(con_id) if con_id.isdecimal() else 0
        return cls(number, symbol, sec_type, expiry, multiplier, *rest)

    def fits(self, one: Listed) -> bool:
        """Whether a listed contract is one of those that are asked for."""
        if self.con_id:
            return self.con_id == one.con_id and self.exchange in ("", *_routes(one))
        asked = (
            (self.symbol, one.symbol),
            (self.sec_type, one.sec_type),
            (self.multiplier, one.multiplier),
            (self.currency, one.currency),
            (self.local_symbol, one.local_symbol),
            (self.trading_class, one.trading_class),
            (self.primary_exchange, one.primary_exchange),
        )
        return (
            bool(self.symbol or self.local_symbol)
            and all(not wanted or wanted == there for wanted, there in asked)
            and one.expiry.startswith(self.expiry)
            and self.exchange in ("", *_routes(one))
        )


class Contracts:
    """The book of contracts; `now_ns` is the market's time, by which months come and go."""

    def __init__(
        self, files: Mapping[str, InstrumentFile], played: Sequence[Instrument], now_ns: Callable[[], int]
    ) -> None:
        self._files = files
        self._now_ns = now_ns
        self._played: dict[str, tuple[Instrument, int]] = {}
        for index, one in enumerate(played):
            self._played[self._named(one)] = (one, index)
        self._numbers: dict[int, Listed] = {}
        self._products: dict[str, Instrument] = {}
        self._book: tuple[date | None, Sequence[Listed]] = (None, ())
        """The day for which it holds, and what is listed then."""
        self._rules: list[Decimal] = []
        self.coarser: dict[str, Decimal] = {}
        """Product → another tick than instruments.toml says: a fault."""

    def all(self) -> Sequence[Listed]:
        """Every listed contract."""
        today = self._today()
        if self._book[0] == today:
            return self._book[1]
        names = dict.fromkeys(self._played)
        for product, facts in self._files.items():
            names |= dict.fromkeys(self._months(product, facts) if facts.kind == "future" else [product])
        found = [self._listed(name) for name in names]
        self._numbers |= {one.con_id: one for one in found}
        self._book = today, sorted(found, key=lambda one: (one.symbol, one.expiry))
        return self._book[1]

    def find(self, fields: Sequence[str]) -> Sequence[Listed]:
        """What can be traded of what fits the twelve fields of a request."""
        wanted = Wanted.of(fields)
        return [one for one in self.all() if wanted.fits(one)]

    def listed(self, con_id: int) -> Listed | None:
        """The contract of that number, also one that is no longer listed."""
        if con_id not in self._numbers:
            self.all()
        return self._numbers.get(con_id)

    def details(self, fields: Sequence[str]) -> Sequence[Listed]:
        """As `find`; the continuous future beside, which has details and nothing else."""
        wanted = Wanted.of(fields)
        if wanted.sec_type != CONTINUOUS:
            return self.find(fields)
        front = [one for one in self.all() if replace(wanted, sec_type=FUTURE, expiry="").fits(one)][:1]
        return [replace(one, sec_type=CONTINUOUS) for one in front]

    def tick(self, one: Listed) -> Decimal:
        """Its price step."""
        return self.coarser.get(one.symbol, one.instrument.tick)

    def rule(self, number: int) -> Sequence[tuple[Decimal, Decimal]] | None:
        """Rows (low edge, increment) of a market rule; None when there is none of that number."""
        index = number - FIRST_RULE
        return [(Decimal(0), self._rules[index])] if 0 <= index < len(self._rules) else None

    def message(self, request_id: int, one: Listed, version: int) -> tuple[Field, ...]:
        """Message 10."""
        tick, routes = self.tick(one), _routes(one)
        facts = self._files.get(one.symbol)
        zone, trading, liquid = hours(one.instrument, self._now_ns(), _overrides(facts))
        if tick not in self._rules:
            self._rules.append(tick)
        rules = ",".join(str(FIRST_RULE + self._rules.index(tick)) for _ in routes)
        future = one.sec_type != STOCK
        old: tuple[Field, ...] = (8,) if version < 164 else ()
        sizes: tuple[Field, ...] = (1, 1, 1 if future else 100)
        return (
            DETAILS,
            *old,
            request_id,
            one.symbol,
            one.sec_type,
            one.expiry,
            "0",
            "",
            one.exchange,
            one.currency,
            one.local_symbol,
            one.symbol,
            one.trading_class,
            one.con_id,
            tick,
            *(old and (1,)),
            one.multiplier,
            ORDER_TYPES,
            ",".join(routes),
            1,
            _number(f"{one.symbol} index") if future else 0,
            one.symbol,
            one.primary_exchange,
            one.expiry and _month(one),
            "",
            "",
            "",
            zone,
            trading,
            liquid,
            "",
            "",
            0,
            1,
            one.symbol if future else "",
            "IND" if future else "",
            rules,
            one.expiry,
            "" if future else "COMMON",
            *(() if version < 163 else sizes[2:] if version == 163 else sizes),
        )

    def _named(self, one: Instrument) -> str:
        """The contract that a market's instrument is: its own, or the front month where it names none."""
        facts, match = self._files.get(one.product), CONTRACT.match(one.contract)
        if one.kind == "stock" or facts is None:
            return one.product
        if match is None:
            return self._months(one.product, facts)[0]
        last = last_trading_day(one.contract, one.expires, self._today())
        year = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
        if len(match[3]) == 1 and last is not None:
            # A contract of January may end in the December before.
            year = last.year if last.year % 10 == year else last.year + 1
        return f"{one.product}{match[2]}{year}"

    def _months(self, product: str, facts: InstrumentFile) -> list[str]:
        """The nearest months of a future by the market's time, as contracts."""
        today = self._today()
        found: list[str] = []
        year, month = today.year, today.month
        while facts.months and len(found) < MONTHS_LISTED:
            code = MONTH_CODES[month - 1]
            name = f"{product}{code}{year}"
            last = last_trading_day(name, facts.expires, today) or date(year, month, 28)
            if code in facts.months and last >= today:
                found.append(name)
            year, month = (year, month + 1) if month < 12 else (year + 1, 1)
        return found

    def _today(self) -> date:
        return datetime.fromtimestamp(self._now_ns() // 1_000_000_000, UTC).date()

    def _instrument(self, product: str) -> Instrument:
        if product not in self._products:
            self._products[product] = instrument(product)
        return self._products[product]

    def _listed(self, name: str) -> Listed:
        played = self._played.get(name)
        match = CONTRACT.match(name)
        product = match[1] if match and match[1] in self._files else name
        facts = self._files.get(product)
        one = replace(played[0] if played else self._instrument(product), contract=name)
        future = one.kind == "future"
        last = last_trading_day(name, one.expires, self._today()) if future else None
        return Listed(
            con_id=NUMBERS.get(name) or _number(name),
            instrument=one,
            index=played[1] if played else None,
            symbol=product,
            sec_type=FUTURE if future else STOCK,
            expiry=f"{last:%Y%m%d}" if last else "",
            multiplier=_plain(facts.multiplier) if facts and future else "",
            exchange=one.exchange or "SMART",
            primary_exchange="" if future else PRIMARY.get(product, "NYSE"),
            currency=one.currency,
            local_symbol=f"{product}{match[2]}{match[3][-1]}" if future and match else product,
            trading_class=product if future else "NMS",
        )


def _number(name: str) -> int:
    return 500_000_000 + zlib.crc32(name.encode()) % 300_000_000


def _routes(one: Listed) -> list[str]:
    routes = ROUTES.get(one.exchange, one.exchange).split(",")
    return routes if not one.primary_exchange or one.primary_exchange in routes else [*routes, one.primary_exchange]


def _month(one: Listed) -> str:
    match = CONTRACT.match(one.instrument.contract)
    return f"{match[3]}{MONTH_CODES.index(match[2]) + 1:02d}" if match else one.expiry[:6]


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _overrides(facts: InstrumentFile | None) -> Sequence[Mapping[str, Any]]:
    return facts.hours if facts else ()
