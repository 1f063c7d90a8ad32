"""Footprint bars for the evening's charts, which then need no tape: around each judged signal, and while it was held.

What led to a signal is written when it was judged. What followed is gathered as the bars close and written with the
first one after the bracket's end, which holds the exit. An order waits for none of it.
"""

from collections import deque
from dataclasses import dataclass, field

from bot.desk.parts import Live, Parts
from bot.domain.decision import Signal

BEFORE = 5
"""Bars up to the signal."""
HELD = 60
"""Bars after it; of a longer position the last ones."""


@dataclass(slots=True)
class _Followed:
    """A signal that was taken, its brackets, and the bars since."""

    signal: Signal
    lives: list[Live]
    bars: deque[object] = field(default_factory=lambda: deque(maxlen=HELD))

    def of(self, instrument: int, timeframe: int) -> bool:
        """Whether its bars are of that market and length."""
        return (self.signal.instrument, self.signal.timeframe) == (instrument, timeframe)


class Pictures:
    """Writes bars of the engine's to the journal, each once for a signal."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts
        self._followed: dict[str, _Followed] = {}
        self._shown = ""  # the signal that was judged last: several strategies may want it

    def judged(self, signal: Signal, *, taken: bool) -> None:
        """A strategy wanted it: write the bars up to it, and follow what was `taken`."""
        if not signal.id or not signal.timeframe:
            return
        if signal.id != self._shown:
            self._shown = signal.id
            for back in range(BEFORE - 1, -1, -1):
                bar = self._p.engine.footprint(signal.instrument, signal.timeframe, signal.ts - back * signal.timeframe)
                if bar is not None:
                    self._p.journal.footprint(signal.id, bar)
        if taken:
            lives = [one for one in self._p.orders.live if one.bracket.approved.proposal.signal_id == signal.id]
            self._followed.setdefault(signal.id, _Followed(signal, [])).lives = lives

    def follows(self, instrument: int, timeframe: int) -> bool:
        """Whether a closed bar of that length is of use."""
        return any(one.of(instrument, timeframe) for one in self._followed.values())

    def closed(self, instrument: int, timeframe: int, end_ns: int) -> None:
        """A bar has closed."""
        bar = self._p.engine.footprint(instrument, timeframe, end_ns)
        living = {live.bracket.id for live in self._p.orders.live}
        for one in list(self._followed.values()):
            if not one.of(instrument, timeframe) or end_ns <= one.signal.ts:
                continue
            if bar is not None:
                one.bars.append(bar)
            if not any(live.bracket.id in living for live in one.lives):
                self._write(one)

    def put_down(self) -> None:
        """The market ends, or we leave it: write what there is."""
        for one in list(self._followed.values()):
            self._write(one)

    def _write(self, one: _Followed) -> None:
        if any(live.filled_in for live in one.lives):
            for bar in one.bars:
                self._p.journal.footprint(one.signal.id, bar)
        del self._followed[one.signal.id]
