"""A market in which something trades five times a second, and a desk that is nearly always in it."""

import random
import zlib
from pathlib import Path

import tomlkit

from bot.resources import shipped
from tests.tapes import MILLISECOND, Tape

SPEED = 10
"""Seconds of the tape in one of the wall."""
CONTRACT, TICK = "ESM2026", "0.25"
HOURS = 5
STEP = 200 * MILLISECOND

STRATEGY = """
name = "chaos"
strategy = "drill"
instrument = "ES"
timeframe = "1s"
time_stop = "40s"

[params]
every = 2

[bracket]
stop_ticks = 5
target_ticks = 8
contracts = 2                            # so that an entry can fill in part

[entry]
ttl = "4s"
offset_ticks = 0

[hours]
session = "any"
"""

SETTINGS = """
adapter = "ib"
strategies = ["chaos.toml"]
calendar = "none"
desk = "{desk}"

[adapters.ib]
port = {port}

[journal]
url = "{journal}"

[record]
enabled = false

[risk]                                   # nothing but a kill shall keep it from trading
max_daily_loss_usd = 10000000
max_brackets_per_day = 1000000
max_brackets_per_strategy = 1000000
max_brackets_per_minute = 1000000
max_daily_loss_r = 1000000
max_drawdown_usd = 10000000
max_losses_in_a_row = 1000000
max_losses_in_a_row_all = 1000000
cooldown = "0s"
signal_ttl = "60s"                       # of the tape: a busy machine is no finding here
max_order_messages_per_minute = 10000000
duplicate_window = "0s"
"""

LIMITS = {
    **{"max_order": 2, "max_position": 6, "max_bracket_risk_usd": 1500, "stale_after": "60s"},
    **{"max_order_notional_usd": 10_000_000, "max_position_notional_usd": 10_000_000},
}
"""Of ES: three brackets of two."""


def tape(folder: Path, seed: str) -> Path:
    """A walk of one tick at a time. The same seed is the same market."""
    chance, told = random.Random(f"market {seed}"), Tape(start="2026-05-27 10:00")
    bid = 16_800
    for _ in range(HOURS * 3600 * 1000 * MILLISECOND // STEP):
        bid += chance.choice((-1, 0, 0, 1))
        told.quote(_text(bid), _text(bid + 1))
        if chance.random() < 0.5:
            told.bought(3, _text(bid + 1))
        else:
            told.sold(3, _text(bid))
        told.now += STEP - 2 * told.step
    return told.write(folder / "walk.parquet", contract=CONTRACT)


def account(folder: Path) -> str:
    """A paper account of its own for whatever happens in a folder: one daemon owns one account."""
    return f"DU{zlib.crc32(str(folder).encode()):010}"


def settings(folder: Path, *, desk: str, port: int, journal: str) -> Path:
    """`bot.toml` of a desk at a gateway's port, with its strategy beside it."""
    (folder / "chaos.toml").write_text(STRATEGY)
    product = tomlkit.parse(shipped("config/instruments.toml").read_text())["ES"]
    (folder / "instruments.toml").write_text(tomlkit.dumps({"ES": {**product.unwrap(), **LIMITS}}))
    path = folder / "bot.toml"
    path.write_text(SETTINGS.format(desk=desk, port=port, journal=journal))
    return path


def _text(ticks: int) -> str:
    return f"{ticks * 0.25:.2f}"
