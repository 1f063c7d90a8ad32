"""A market of two instruments that move together, and a maker in the one that is hedged by the other."""

import re
from pathlib import Path

from adapters.synthetic.following import FOLLOWERS, follow
from bot.resources import shipped
from tests.laws.markets import market
from tests.laws.test_quotes import MAKER
from tests.playing import strategy
from tests.tapes import Tape

HEDGE = """
[hedge]
instrument = "MES"
stop_ticks = 40
patience = "{patience}"
"""


def pair(seed: int, rows: int = 300) -> tuple[Tape, Tape]:
    """ES, and the MES that follows it."""
    es = market(seed, rows)
    return es, following(es, seed)


def following(es: Tape, seed: int) -> Tape:
    """The MES of an ES."""
    (rows,) = follow(iter([es.rows()]), FOLLOWERS["MES"], seed)
    return Tape("MES").then(rows)


def hedged(folder: Path, *, most: int = 2, patience: str = "5s", hedge: str = HEDGE) -> Path:
    """A maker in ES that looks every second, hedged."""
    text = MAKER.format(instrument="ES", model="literature", most=most)
    return strategy(folder, text + hedge.format(patience=patience), "hedged.toml")


def allowing(folder: Path, product: str = "MES", order: int = 10, position: int = 20, worth: int = 10_000_000) -> Path:
    """A bot.toml with an instruments.toml beside it in which so many of a product may be had, worth so much."""
    head, found, tail = shipped("config/instruments.toml").read_text().partition(f"[{product}]")
    table, rest = tail.split("\n[", 1)
    limits = [("max_order", order), ("max_position", position), ("max_bracket_risk_usd", 50 * order)]
    limits += [(f"max_{what}_notional_usd", worth) for what in ("order", "position")]
    for key, value in limits:
        table = re.sub(rf"^{key} = .*$", f"{key} = {value}", table, flags=re.MULTILINE)
    (folder / "instruments.toml").write_text(f"{head}{found}{table}\n[{rest}")
    (folder / "bot.toml").write_text(shipped("config/bot.toml").read_text())
    return folder / "bot.toml"
