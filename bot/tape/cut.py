"""Cutting a piece out of a tape."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.domain.market import Ticks
from bot.errors import UsageError
from bot.tape.facts import TapeFacts
from bot.tape.reader import TapeReader
from bot.tape.writer import TapeWriter

Keep = Callable[[Ticks, int], npt.NDArray[np.bool_]]
"""Which of some rows to keep; the second argument is the tape row of the first of them."""


def by_time(from_ns: int | None, to_ns: int | None) -> Keep:
    """Rows with a stamp in [from_ns, to_ns); None leaves that end open."""

    def keep(rows: Ticks, start: int) -> npt.NDArray[np.bool_]:
        kept = np.ones(len(rows), np.bool_)
        if from_ns is not None:
            kept &= rows["ts"] >= from_ns
        if to_ns is not None:
            kept &= rows["ts"] < to_ns
        return kept

    return keep


def by_rows(first: int, end: int | None) -> Keep:
    """Rows [first, end) counted from 0; None leaves the end open."""

    def keep(rows: Ticks, start: int) -> npt.NDArray[np.bool_]:
        numbers = np.arange(start, start + len(rows))
        kept: npt.NDArray[np.bool_] = numbers >= first
        return kept if end is None else kept & (numbers < end)

    return keep


def cut_tape(reader: TapeReader, out: Path, keep: Keep, advance: Callable[[int], None] = lambda by: None) -> TapeFacts:
    """Write the rows that `keep` names to a tape of their own. Raises UsageError when there are none of them."""
    refuse_itself(reader.path, out)
    facts = reader.facts
    with TapeWriter(
        out,
        instrument=facts.instrument,
        contract=facts.contract,
        tick=facts.tick,
        source=facts.source,
        side_known=facts.side_known,
        resolution_ns=facts.resolution_ns,
    ) as writer:
        start = found = 0
        for rows, remainder in reader.blocks():
            kept = keep(rows, start)
            writer.append(rows[kept], remainder[kept])
            start, found = start + len(rows), found + int(kept.sum())
            advance(len(rows))
        if not found:
            raise UsageError("no row lies in this cut", where=str(reader.path), do=f"paperpit tape info {reader.path}")
    return writer.facts


def refuse_itself(source: Path, out: Path) -> None:
    """Raises UsageError when the result would be written over what it is made of."""
    if out.exists() and out.samefile(source):
        raise UsageError("would be written over its own source", where=str(out), do="choose another --out")
