"""The common task in hftbacktest: the same rule compiled by numba, over its own exchange model.

It has neither stop nor bracket orders, so the rule sends them itself when a quote reaches their price; its best-quote
event does not reach its exchange side, so quotes go in as changes of the book at two prices.

usage: hft.py ROWS.npy (rows of TICK)
"""

import sys

import hftbacktest as hft
import numpy as np
from hftbacktest import BacktestAsset, ROIVectorMarketDepthBacktest
from numba import njit
from serve import serve

TICK = 0.25
MINUTE_NS = 60_000_000_000
LOW = 19_000  # ticks; the walk stays within 2,000 of it
BOTH = hft.EXCH_EVENT | hft.LOCAL_EVENT
BID, ASK = BOTH | hft.DEPTH_EVENT | hft.BUY_EVENT, BOTH | hft.DEPTH_EVENT | hft.SELL_EVENT
BOUGHT, SOLD = BOTH | hft.TRADE_EVENT | hft.BUY_EVENT, BOTH | hft.TRADE_EVENT | hft.SELL_EVENT


@njit
def put(out, n, what, ts, ticks, quantity):
    out[n].ev, out[n].exch_ts, out[n].local_ts = what, ts, ts
    out[n].px, out[n].qty = ticks * TICK, quantity
    return n + 1


@njit
def convert(rows, out):
    """Rows of TICK as events here: a quote becomes its two levels, and the levels that it left are emptied."""
    n = 0
    bid, ask = 0, 0
    for row in rows:
        if row.kind == 1:
            n = put(out, n, BOUGHT if row.side > 0 else SOLD, row.ts, row.price, row.size)
            continue
        if bid > row.bid:
            n = put(out, n, BID, row.ts, bid, 0)
        if ask != 0 and ask < row.ask:
            n = put(out, n, ASK, row.ts, ask, 0)
        n = put(out, n, BID, row.ts, row.bid, row.bid_size)
        n = put(out, n, ASK, row.ts, row.ask, row.ask_size)
        bid, ask = row.bid, row.ask
    return n


@njit
def flow(ladder, low, high, near):
    """Volume at all prices of the bar, and at the three from `near` inwards."""
    whole = ladder[low - LOW : high - LOW + 1].sum()
    first = near if near == low else high - 2
    return whole, ladder[first - LOW : first - LOW + 3].sum()


@njit
def wish(first, last, low, high, sold, bought):
    """+1, −1 or 0: what the closed bar asks for, and how many signals it gave."""
    width = high - low
    side, found = 0, 0
    if width >= 8:
        whole, near = flow(sold, low, high, low)
        if min(first, last) - low >= 0.4 * width and near >= 0.3 * whole:
            side, found = 1, found + 1
        whole, near = flow(bought, low, high, high)
        if high - max(first, last) >= 0.4 * width and near >= 0.3 * whole:
            side, found = side if side != 0 else -1, found + 1
    return side, found


@njit
def send(hbt, number, side, ticks, kind):
    if side > 0:
        hbt.submit_buy_order(0, number, ticks * TICK, 1.0, hft.GTC, kind, False)
    else:
        hbt.submit_sell_order(0, number, ticks * TICK, 1.0, hft.GTC, kind, False)


@njit
def run(hbt):
    sold, bought = np.zeros(2_000, np.int64), np.zeros(2_000, np.int64)
    minute, first, last, low, high = 0, 0, 0, 0, -1
    signals, entries, trips = 0, 0, 0
    number, entry, side, stop, target, leaving = 0, 0, 0, 0, 0, False
    position = 0.0
    while hbt.wait_next_feed(True, 3_600_000_000_000) in (2, 3):
        depth = hbt.depth(0)
        bid, ask = depth.best_bid_tick, depth.best_ask_tick
        now = hbt.position(0)
        if now != position:
            if now != 0:
                entries += 1
            else:
                trips, side, leaving = trips + 1, 0, False
                hbt.clear_inactive_orders(0)
            position = now
        # Its exchange has no stops and no brackets: a quote that reaches either price sends the exit.
        if position != 0 and not leaving:
            out = bid if side > 0 else ask
            if side * (out - stop) <= 0 or side * (out - target) >= 0:
                number, leaving = number + 1, True
                send(hbt, number, -side, out, hft.MARKET)
        closed = hbt.current_timestamp // MINUTE_NS
        if closed != minute:
            if entry != 0 and position == 0 and entry in hbt.orders(0) and hbt.orders(0).get(entry).cancellable:
                hbt.cancel(0, entry, False)
                side, entry = 0, 0
            wanted, found = wish(first, last, low, high, sold, bought)
            signals += found
            if wanted != 0 and side == 0 and position == 0:
                number += 1
                side, entry = wanted, number
                market = minute % 2 == 0
                price = (ask if side > 0 else bid) if market else (bid if side > 0 else ask)
                stop, target = price - 6 * side, price + 12 * side
                send(hbt, number, side, price, hft.MARKET if market else hft.LIMIT)
            sold[max(0, low - LOW) : high - LOW + 1] = 0
            bought[max(0, low - LOW) : high - LOW + 1] = 0
            minute, low, high = closed, 0, -1
        for print_ in hbt.last_trades(0):
            last = round(print_.px / TICK)
            if high < 0:
                first, low, high = last, last, last
            low, high = min(low, last), max(high, last)
            if print_.ev & hft.BUY_EVENT == hft.BUY_EVENT:
                bought[last - LOW] += int(print_.qty)
            else:
                sold[last - LOW] += int(print_.qty)
        hbt.clear_last_trades(0)
    return signals, entries, trips


def main() -> None:
    rows = np.load(sys.argv[1])
    out = np.zeros(4 * len(rows), hft.event_dtype)
    events = out[: convert(rows.view(np.recarray), out)]

    def ready():
        asset = (
            BacktestAsset()
            .data(events)
            .linear_asset(50.0)
            .constant_order_latency(0, 0)
            .risk_adverse_queue_model()
            .no_partial_fill_exchange()
            .trading_value_fee_model(0, 0)
            .tick_size(TICK)
            .lot_size(1.0)
            .roi_lb(LOW * TICK)
            .roi_ub((LOW + 2_000) * TICK)
            .last_trades_capacity(1_000)
        )
        hbt = ROIVectorMarketDepthBacktest([asset])

        def timed() -> dict[str, int]:
            signals, entries, trips = run(hbt)
            hbt.close()
            return {"signals": signals, "entries": entries, "round_trips": trips}

        return timed

    ready()()  # compiles; its cache does not work for this class
    serve({"name": f"hftbacktest {hft.__version__}", "rows": len(rows)}, ready)


main()
