"""Writes the table of limits by product in docs/risk.md: `python -m tests.rooms.risk.products`."""

from collections.abc import Iterator
from pathlib import Path

from bot.config.instruments import load_instruments
from bot.config.params import duration_text
from bot.resources import shipped

PAGE = Path(__file__).parents[3] / "docs" / "risk.md"
BEGIN, END = "<!-- products -->\n", "<!-- end -->"


def page(text: str) -> str:
    """The page with its table as the shipped instruments.toml has it."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}{''.join(rows())}{END}{after}"


def rows() -> Iterator[str]:
    """One row a product."""
    for product, one in load_instruments(shipped("config")).items():
        worth = f"{one.max_order_notional_usd:,}, {one.max_position_notional_usd:,} USD"
        cells = (
            *(f"`{product}`", one.max_order, one.max_position, one.collar_ticks, one.max_spread_ticks),
            *(duration_text(one.stale_after), f"{one.min_stop_ticks} to {one.max_stop_ticks}"),
            *(f"{one.max_bracket_risk_usd} USD", worth, f"{one.initial_margin_percent} %"),
        )
        yield f"| {' | '.join(map(str, cells))} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
