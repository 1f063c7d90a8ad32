"""The common task in NautilusTrader: the same rule as a Python Strategy, its own bracket orders, its own matching.

usage: nautilus.py ROWS.npy [MINUTES…]   (rows of TICK; footprint bars of more lengths than the rule's one minute)
"""

import sys
from collections import defaultdict

import nautilus_trader
import numpy as np
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, RiskEngineConfig
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.data import QuoteTick, TradeTick
from nautilus_trader.model.enums import AccountType, AggressorSide, OmsType, OrderSide, OrderType
from nautilus_trader.model.identifiers import TradeId, Venue
from nautilus_trader.model.objects import FIXED_SCALAR, Money, Price
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy
from serve import serve

MINUTE_NS = 60_000_000_000
TICK_RAW = int(0.25 * FIXED_SCALAR)
LOT_RAW = int(FIXED_SCALAR)
LONGER = tuple(map(int, sys.argv[2:]))
ES = TestInstrumentProvider.es_future(2026, 3)


class Task(Strategy):
    """At a bar's close: a tail with absorption at one end of a wide bar asks for a bracket away from that end."""

    def on_start(self) -> None:
        self.counts = {"signals": 0, "entries": 0, "round_trips": 0}
        self.minute, self.bar, self.entry, self.bid, self.ask = 0, None, None, 0, 0
        self.longer = dict.fromkeys(LONGER, (0, None))
        self.deltas = []
        self.quantity = ES.make_qty(1)
        self.subscribe_quote_ticks(ES.id)
        self.subscribe_trade_ticks(ES.id)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        self.roll(tick.ts_event)
        self.bid, self.ask = tick.bid_price.raw // TICK_RAW, tick.ask_price.raw // TICK_RAW

    def on_trade_tick(self, tick: TradeTick) -> None:
        self.roll(tick.ts_event)
        price, size = tick.price.raw // TICK_RAW, tick.size.raw // LOT_RAW
        if self.bar is None:
            self.bar = [price, price, defaultdict(int), defaultdict(int)]  # open, close, sold and bought by price
        self.bar[1] = price
        side = 2 if tick.aggressor_side == AggressorSide.SELLER else 3
        self.bar[side][price] += size
        for minutes in LONGER:
            self.longer[minutes][1][side - 2][price] += size

    def roll(self, ts: int) -> None:
        minute = ts // MINUTE_NS
        if minute == self.minute:
            return
        for minutes in LONGER:
            number, cells = self.longer[minutes]
            if minute // minutes != number:
                if cells is not None:
                    self.deltas.append(sum(cells[1].values()) - sum(cells[0].values()))
                self.longer[minutes] = minute // minutes, (defaultdict(int), defaultdict(int))
        bar, self.bar, closed, self.minute = self.bar, None, self.minute, minute
        if self.entry is not None and self.entry.is_open:
            self.cancel_order(self.entry)
        if bar is not None:
            self.close_bar(bar, closed)

    def close_bar(self, bar: list, minute: int) -> None:
        first, last, sold, bought = bar
        low, high = min((first, *sold, *bought)), max((first, *sold, *bought))
        width = high - low
        if width < 8:
            return
        at_low = sum(volume for price, volume in sold.items() if price <= low + 2)
        if min(first, last) - low >= 0.4 * width and at_low >= 0.3 * sum(sold.values()):
            self.signal(1, minute)
        at_high = sum(volume for price, volume in bought.items() if price >= high - 2)
        if high - max(first, last) >= 0.4 * width and at_high >= 0.3 * sum(bought.values()):
            self.signal(-1, minute)

    def signal(self, side: int, minute: int) -> None:
        self.counts["signals"] += 1
        if not self.portfolio.is_flat(ES.id) or self.cache.orders_open_count(instrument_id=ES.id):
            return
        market = minute % 2 == 0
        here, there = (self.bid, self.ask) if side > 0 else (self.ask, self.bid)
        price = there if market else here
        bracket = self.order_factory.bracket(
            instrument_id=ES.id,
            order_side=OrderSide.BUY if side > 0 else OrderSide.SELL,
            quantity=self.quantity,
            entry_order_type=OrderType.MARKET if market else OrderType.LIMIT,
            entry_price=None if market else as_price(price),
            sl_trigger_price=as_price(price - 6 * side),
            tp_price=as_price(price + 12 * side),
            tp_post_only=False,
        )
        self.entry = bracket.first
        self.submit_order_list(bracket)

    def on_position_opened(self, event: object) -> None:
        self.counts["entries"] += 1

    def on_position_closed(self, event: object) -> None:
        self.counts["round_trips"] += 1


def as_price(ticks: int) -> Price:
    return Price.from_raw(ticks * TICK_RAW, 2)


def objects(rows: np.ndarray) -> list:
    """The rows as the library's own objects, which it keeps for the whole run."""
    sides = {1: AggressorSide.BUYER, -1: AggressorSide.SELLER}
    found = []
    for ts, price, size, bid, ask, bid_size, ask_size, _, kind, side, _, _ in rows.tolist():
        if kind == 1:
            found.append(
                TradeTick.from_raw(ES.id, price * TICK_RAW, 2, size * LOT_RAW, 0, sides[side], TradeId(str(ts)), ts, ts)
            )
        else:
            found.append(
                QuoteTick.from_raw(
                    ES.id, bid * TICK_RAW, ask * TICK_RAW, 2, 2, bid_size * LOT_RAW, ask_size * LOT_RAW, 0, 0, ts, ts
                )
            )
    return found


def main() -> None:
    data = objects(np.load(sys.argv[1]))

    def ready():
        engine = BacktestEngine(
            BacktestEngineConfig(
                logging=LoggingConfig(bypass_logging=True),
                risk_engine=RiskEngineConfig(bypass=True),
                run_analysis=False,
            )
        )
        engine.add_venue(
            Venue("GLBX"), OmsType.NETTING, AccountType.MARGIN, [Money(10_000_000, USD)], trade_execution=False
        )
        engine.add_instrument(ES)
        engine.add_data(data)
        task = Task()
        engine.add_strategy(task)

        def timed() -> dict[str, int]:
            engine.run()
            counts = task.counts
            engine.dispose()
            return counts

        return timed

    serve({"name": f"NautilusTrader {nautilus_trader.__version__}", "rows": len(data)}, ready)


main()
