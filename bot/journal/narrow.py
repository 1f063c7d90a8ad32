"""A few columns of many rows, by `seq`: what somebody keeps in memory who looks at a whole journal again and again.

seen_after(reader, seq)      what detectors saw
judged_after(reader, seq)    what the gate said, beside the `seq` of the signal that it was about
touched_after(reader, seq)   ids of brackets of which something came that a round trip is made of
"""

from collections.abc import Iterator
from typing import NamedTuple

from bot.journal.reading import Reader


class SeenRow(NamedTuple):
    """Of a signal."""

    seq: int
    ts: int
    run: str
    instrument: str
    kind: str
    timeframe: str
    side: int


class JudgedRow(NamedTuple):
    """Of a decision."""

    seq: int
    signal_seq: int | None
    ts: int
    run: str
    instrument: str
    side: int
    verdict: str
    strategy: str
    reasons: str  # JSON


_SEEN = "SELECT seq, ts, run, instrument, kind, timeframe, side FROM signal WHERE seq > ? ORDER BY seq"
_JUDGED = """
SELECT d.seq, s.seq, d.ts, d.run, d.instrument, d.side, d.verdict, d.strategy, d.reasons
FROM decision d LEFT JOIN signal s ON s.id = d.signal_id WHERE d.seq > ? ORDER BY d.seq
"""
_TOUCHED = """
SELECT bracket_id FROM fill WHERE seq > ? AND bracket_id IS NOT NULL
UNION SELECT bracket_id FROM excursion WHERE seq > ?
UNION SELECT subject FROM tag WHERE seq > ?
UNION SELECT f.bracket_id FROM commission c JOIN fill f ON f.exec_id = c.exec_id
      WHERE c.seq > ? AND f.bracket_id IS NOT NULL
"""


def seen_after(reader: Reader, seq: int) -> Iterator[SeenRow]:
    """Signals that came after `seq`, in order."""
    return map(SeenRow._make, reader.query(_SEEN, (seq,)))


def judged_after(reader: Reader, seq: int) -> Iterator[JudgedRow]:
    """Decisions that came after `seq`, in order."""
    return map(JudgedRow._make, reader.query(_JUDGED, (seq,)))


def touched_after(reader: Reader, seq: int) -> set[str]:
    """Ids that filled, were tagged, or of which an excursion or a commission came after `seq`; not only brackets'."""
    return {name for (name,) in reader.query(_TOUCHED, (seq,) * 4)}
