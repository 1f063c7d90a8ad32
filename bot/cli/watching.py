"""What is happening, on standard error, while a market goes on whose rows nobody knows: time, touch, seen and done."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.cli.output import new_york, note, tell
from bot.clock import WallClock
from bot.domain.market import ABSENT

if TYPE_CHECKING:
    from bot.daemon import Run
    from bot.domain.instrument import Instrument

_FRAME_NS, _LINE_NS = 200_000_000, 60_000_000_000
"""How often a terminal's line changes, and how often a log gets one; wall time."""


@contextmanager
def watching(run: "Run") -> Iterator[Callable[[int], None]]:
    """Yields `seen(rows)`, to be called after each batch: a line that changes, or without a terminal one a minute."""
    from rich.console import Console

    market = run.adapter.market
    contracts = ", ".join(one.contract for one in market.instruments)
    until = f"until {new_york(market.last_ns)[:19]}" if market.last_ns is not None else "until Ctrl-C"
    start = f"{run.adapter.name}: {contracts} from {new_york(market.first_ns)[:19]} New York {until}"
    tell("start", start, adapter=run.adapter.name)
    console, clock = Console(stderr=True), WallClock()
    every = _FRAME_NS if console.is_terminal else _LINE_NS
    last, recorded, ready = clock.now_ns(), True, False
    refused = Counter[str]()
    with console.status("waiting for the first tick") as status:

        def seen(rows: int) -> None:
            nonlocal last, recorded, ready, refused
            if not ready:
                ready = True
                note("ready", text=happening(run))
            if recorded and run.recorder is not None and run.recorder.trouble:
                recorded = False
                why = f"warning: nothing is recorded any more: {run.recorder.trouble}; the desk goes on"
                tell("recording", why)
            _tell_all(run)
            now = clock.now_ns()
            if now - last < every:
                return
            last = now
            if console.is_terminal:
                status.update(happening(run))
            else:
                before, refused = refused, Counter(run.desk.tally.refusals if run.desk is not None else ())
                tell("beat", happening(run), refused=dict(refused - before))

        try:
            yield seen
        finally:
            _tell_all(run)


def _tell_all(run: "Run") -> None:
    for notice in run.notices():
        tell(notice.event, notice)


def happening(run: "Run") -> str:
    """One line: the market's time, each instrument's touch, and the desk's tally."""
    desk = run.desk
    if desk is None or not desk.tally.last_ns:
        return "waiting for the first tick"
    tally = desk.tally
    quotes = [_quote(one, *desk.touch(index)) for index, one in enumerate(run.adapter.market.instruments)]
    return (
        f"{new_york(tally.last_ns)[:19]}  {'  '.join(quotes)}  {tally.rows:,} ticks  {tally.bars:,} bars  "
        f"{tally.signals.total()} signals  {tally.approved} approved  {tally.blocked} blocked"
    )


def _quote(one: "Instrument", bid: int, ask: int) -> str:
    told = ["-" if ticks == ABSENT else f"{one.text(ticks)}" for ticks in (bid, ask)]
    return f"{one.product} {told[0]} × {told[1]}"
