"""Little tapes for guards, and what one guard says of them."""

from typing import Any

from bot.config.params import SECOND_NS
from bot.domain.instrument import Instrument
from bot.domain.market import Events, Ticks
from bot.signals.engine import Wish, build
from tests.rooms.signals.scanning import ES, WEEK
from tests.tapes import Tape, ns

DAY = "2026-05-27"


def at(time: str) -> int:
    """A time of the day as ns UTC."""
    return ns(f"{DAY} {time}")


def tape(start: str = "10:00") -> Tape:
    """A tape that begins with a quote."""
    return Tape(start=f"{DAY} {start}").quote("4200.00", "4200.25")


def guarded(ticks: Ticks, number: int, instrument: Instrument = ES, **params: Any) -> list[tuple[bool, int, int]]:
    """(on, known, before) of every edge of one guard."""
    engine = build(instrument, WEEK, [Wish(params=params)])
    return edges(engine, engine.scan(ticks), number)


def edges(engine: Any, events: Events, number: int) -> list[tuple[bool, int, int]]:
    """(on, known, before) of every edge of one guard."""
    told = [(engine.evidence(e), e) for e in events if e["kind"] == 1]
    return [(bool(v["on"]), int(e["known"]), int(e["before"])) for v, e in told if v["number"] == number]


def calm(told: Tape, seconds: int, step: float = 0.5) -> Tape:
    """A market in which a little happens: prints at both sides and a mid that wavers by a tick."""
    for k in range(int(seconds / step)):
        low = 16800 + (k // 16) % 2
        told.quote(str(low / 4), str((low + 1) / 4)).bought(1, str((low + 1) / 4)).sold(1, str(low / 4))
        told.now += int(step * SECOND_NS) - 3_000_000
    return told
