"""What an order finds when it arrives between two rows: the quote that stands, and whether anybody is ahead of it."""

from typing import Any

import numpy as np

from adapters.replay.matching import FAR
from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, Ticks


def meets(tick: Any, side: int, limit: int) -> tuple[int | None, int]:
    """The price at which a limit fills at once against the standing row (None: it rests), and the size ahead of it."""
    own, other = (tick["bid"], tick["ask"]) if side > 0 else (tick["ask"], tick["bid"])
    if own == ABSENT or other == ABSENT or side * own >= side * other:
        return None, FAR
    if side * other <= side * limit:
        return int(other), FAR
    if side * own < side * limit:
        return None, 0
    if own == limit:
        return None, int(tick["bid_size"] if side > 0 else tick["ask_size"])
    return None, FAR


def market_price(tick: Any, side: int, slippage: int) -> int | None:
    """What a market order pays against the standing row: the opposite touch plus slippage; None without a valid one."""
    touch = int(tick["ask"] if side > 0 else tick["bid"])
    crossed = tick["bid"] != ABSENT and tick["ask"] != ABSENT and tick["bid"] > tick["ask"]
    return None if touch == ABSENT or crossed else touch + side * slippage


def last_print(ticks: Ticks, instrument: int, before: Any) -> int | None:
    """Price of the newest usable print of these rows, else of `before`, the row that stood before them."""
    prints = (ticks["kind"] == PRINT) & (ticks["instrument"] == instrument)
    rows = np.flatnonzero(prints & (ticks["flags"] & (OFF_GRID | QUARANTINED) == 0))
    if len(rows):
        return int(ticks[rows[-1]]["price"])
    return None if before is None or before["price"] == ABSENT else int(before["price"])


def slippage_ticks(model: str, ticks: int) -> int:
    """What a stop pays beyond the touch: a paper account (`ib-paper`) pays the quote and no more."""
    return 0 if model == "ib-paper" else ticks
