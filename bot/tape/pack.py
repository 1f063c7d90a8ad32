"""Columns into rows: a tape is stored by column and travels by row.

A compiled loop writes a row at a time (about 180 M rows/s); numpy field by field is three times slower, because it
walks over the rows once a field. Columns arrive read-only, as Arrow gives them.
"""

from typing import Any

from bot.kernel import kernel


@kernel
def pack(
    rows: Any,
    ts: Any,
    kind: Any,
    price: Any,
    size: Any,
    side: Any,
    side_method: Any,
    bid: Any,
    ask: Any,
    bid_size: Any,
    ask_size: Any,
    flags: Any,
) -> None:
    """Fill `rows` (TICK) from columns of the same length; the instrument is 0."""
    for i in range(rows.shape[0]):
        row = rows[i]
        row.ts = ts[i]
        row.price = price[i]
        row.size = size[i]
        row.bid = bid[i]
        row.ask = ask[i]
        row.bid_size = bid_size[i]
        row.ask_size = ask_size[i]
        row.instrument = 0
        row.kind = kind[i]
        row.side = side[i]
        row.side_method = side_method[i]
        row.flags = flags[i]
