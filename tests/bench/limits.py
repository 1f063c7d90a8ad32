"""What the machine itself allows: reading every column of every row once, and decoding a tape without using it."""

import time
from pathlib import Path
from typing import Any

from bot.domain.market import Ticks
from bot.kernel import kernel
from bot.tape import open_tape


@kernel
def read_once(rows: Any) -> Any:
    """The sum of everything, so that nothing can be left out."""
    total = 0
    for i in range(rows.shape[0]):
        row = rows[i]
        total += row.ts + row.price + row.size + row.bid + row.ask + row.bid_size + row.ask_size
        total += row.instrument + row.kind + row.side + row.side_method + row.flags
    return total


def read_rate(rows: Ticks) -> float:
    """Rows per second of reading rows in memory once."""
    start = time.perf_counter()
    read_once(rows)
    return len(rows) / (time.perf_counter() - start)


def decode_rate(path: Path) -> float:
    """Rows per second of decoding every row group of a tape, one after the other, in one thread."""
    with open_tape(path) as tape:
        start = time.perf_counter()
        for index in range(tape.groups):
            tape.group(index)
        return tape.facts.rows / (time.perf_counter() - start)
