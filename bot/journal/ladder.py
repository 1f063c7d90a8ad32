"""A footprint bar as text: volume at the bid and at the ask, price by price, with the bracket's prices marked."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

ROWS_MAX = 16


def ladder(facts: Mapping[str, Any]) -> list[str]:
    """Lines of the bar that the signal came from, highest price first; none without a footprint."""
    seen = facts["signal"] and facts["signal"]["ts_ns"]
    bars = [bar for bar in facts["footprints"] if bar["cells"] and bar["end"] <= seen]
    if not bars:
        return []
    tick, cells = Decimal(facts["tick"]), {cell[0]: cell for cell in bars[-1]["cells"]}
    marks = _marks(facts)
    shown = _around(sorted(cells, reverse=True), facts, tick)
    prices = [f"{price * tick:f}" for price in shown]
    width = max(len(price) for price in prices)
    most = max(max(cell[1], cell[2]) for cell in cells.values())
    digits = max(len(str(most)), 3)
    lines = [f"  {'price':>{width}} │ {'bid':>{digits}} │ {'ask':>{digits}}   the signal's bar, volume sold and bought"]
    for price, text in zip(shown, prices, strict=True):
        _, sold, bought, *_ = cells[price]
        line = f"  {text:>{width}} │ {sold:>{digits}} │ {bought:>{digits}}   {marks.get(text, '')}"
        lines.append(line.rstrip())
    return lines


def _marks(facts: Mapping[str, Any]) -> dict[str, str]:
    wanted = facts["bracket"] or (facts["decisions"][0] if facts["decisions"] else {})
    marks: dict[str, str] = {}
    for word, price in (
        ("signal", facts["signal"] and facts["signal"]["price"]),
        *((role, wanted.get(role)) for role in ("entry", "stop", "target")),
    ):
        if price:
            marks[price] = f"{marks[price]}, {word}" if price in marks else f"← {word}"
    return marks


def _around(prices: list[int], facts: Mapping[str, Any], tick: Decimal) -> list[int]:
    """At most ROWS_MAX prices: those nearest the signal's own."""
    if len(prices) <= ROWS_MAX or not facts["signal"] or not facts["signal"]["price"]:
        return prices[:ROWS_MAX]
    centre = int(Decimal(facts["signal"]["price"]) / tick)
    nearest = sorted(prices, key=lambda price: abs(price - centre))[:ROWS_MAX]
    return sorted(nearest, reverse=True)
