"""The few rows of SEEN that a page shows, whole: what was seen, what the gate said, and where its page is."""

from collections import defaultdict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np

from bot.journal import rows
from bot.journal.reading import Reader
from bot.journal.story import IN_TICKS
from bot.journal.values import LONG_SHORT, Grid, grids
from bot.web import words
from bot.web.seen import OUTCOMES, Rows
from bot.web.view import View

_decode = msgspec.json.decode


def whole(at: Rows, reader: Reader, view: View) -> list[dict[str, Any]]:
    """The rows with these places in SEEN, in that order; those that came after this moment of the journal are left out.

    The view may have been moved on by another page since the journal was opened.
    """
    seen = view.seen.rows[at]
    alone = seen["alone"]
    signals = {row.seq: row for row in reader.among(rows.Signal, "seq", seen["seq"][~alone].tolist())}
    judged = view.seen.judged
    mine = judged[np.isin(judged["at"], at)]
    decisions = {row.seq: row for row in reader.among(rows.Decision, "seq", mine["seq"].tolist())}
    runs = {row.run for row in signals.values()} | {row.run for row in decisions.values()}
    grid = grids(reader.among(rows.Instrument, "run", runs))
    said: dict[int, list[rows.Decision]] = defaultdict(list)
    for seq, place in dict(zip(mine["seq"].tolist(), mine["at"].tolist(), strict=True)).items():
        if seq in decisions:
            said[place].append(decisions[seq])
    shown = []
    for place, row in zip(at.tolist(), seen, strict=True):
        about = said[place]
        signal = signals.get(int(row["seq"]))
        anchor = signal or next(iter(about), None)
        if anchor is None:
            continue
        shown.append(
            {
                "id": anchor.id,
                "ts_ns": anchor.ts,
                "run": anchor.run,
                "instrument": anchor.instrument,
                "kind": signal.kind if signal else view.seen.kinds.known[row["kind"]],
                "timeframe": signal.timeframe if signal else "",
                "side": LONG_SHORT[anchor.side],
                "price": grid[anchor.run, anchor.instrument].optional(signal.price) if signal else None,
                "strength": signal.strength if signal else None,
                "evidence": measures(_decode(signal.evidence), grid[anchor.run, anchor.instrument]) if signal else {},
                "outcome": OUTCOMES[row["outcome"]],
                "decisions": [_decision(one) for one in about],
            }
        )
    return shown


def measures(
    evidence: Mapping[str, float | None], grid: Grid, reached: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Evidence in words: prices as prices, what is not known left out, what it had to reach behind it."""
    return {
        name.replace("_", " "): " ".join(
            (grid.price(int(value)) if name in IN_TICKS else words.number(value), *filter(None, [reached.get(name)]))
        )
        for name, value in evidence.items()
        if value is not None
    }


def _decision(row: rows.Decision) -> dict[str, Any]:
    return {"id": row.id, "strategy": row.strategy, "verdict": row.verdict, "reasons": _decode(row.reasons)}
