"""Compiling before a wire is opened: a first start must not keep a broker waiting, nor let its ticks pile up."""

import inspect
from collections.abc import Callable

import numpy as np

from bot import plugins
from bot.clock import WallClock
from bot.config import instrument
from bot.daemon.asked import Asked
from bot.domain.market import PRINT, QUOTE, TICK, Days, Ticks
from bot.kernel import all_compiled, note_all_compiled
from bot.orders.excursion import extremes
from bot.sessions import days_of
from bot.signals.engine import build
from bot.tape.clean import Cleaner

__all__ = ["compile_all", "compile_for_a_wire", "has_wire", "rehearsal"]

ROWS = 3_600
HOUR_NS = 3_600_000_000_000


def compile_for_a_wire(asked: Asked) -> None:
    """Compile what the run needs when its adapter has a wire; nothing for a tape. Raises ConfigError.

    Where all that was compiled before it has only to be loaded, which a run does beside its opening. Best called before
    an event loop listens to signals: it would hear of a Ctrl-C when all has been compiled.
    """
    if has_wire(asked) and not all_compiled():
        compile_all(asked)
        note_all_compiled()


def has_wire(asked: Asked) -> bool:
    """Whether the run's adapter talks to somebody who does not wait. Raises ConfigError."""
    return inspect.iscoroutinefunction(plugins.find("adapters", asked.bot.value.adapter, asked.bot.path.parent))


def compile_all(asked: Asked) -> None:
    """Let every kernel of a run see a made-up hour: half a minute the first time. Raises ConfigError."""
    rehearsal(asked)()


def rehearsal(asked: Asked) -> Callable[[], None]:
    """What compiles or loads every kernel of a run, in whichever thread it is called. Raises ConfigError."""
    now, folder = WallClock().now_ns(), asked.bot.path.parent
    scenes = []
    for product in dict.fromkeys(spec.instrument for spec in asked.specs):
        one = instrument(product, folder=folder)
        mine = [asked.loaded(spec) for spec in asked.specs if spec.instrument == product]
        days = days_of(one, now, now)
        scenes.append((build(one, days, plugins.wishes(asked.bot, mine, one)), _an_hour(days)))

    def play() -> None:
        for engine, hour in scenes:
            ticks = Cleaner().clean(hour)
            engine.scan(ticks, 0)
            engine.go_on_with(engine.roster)
            extremes(ticks, 0)

    return play


def _an_hour(days: Days) -> Ticks:
    """Quotes and prints that go up and down once a minute, from the opening on: bars close, levels are met."""
    ticks = np.zeros(ROWS, TICK)
    step = np.arange(ROWS)
    ticks["ts"] = int(days["anchor"][-1]) + step * (HOUR_NS // ROWS)
    ticks["kind"] = np.where(step % 2, PRINT, QUOTE)
    ticks["bid"] = 10_000 + np.abs(step % 60 - 30)
    ticks["ask"] = ticks["bid"] + 1
    ticks["price"] = np.where(step % 4 == 1, ticks["ask"], ticks["bid"])
    ticks["size"] = np.where(step % 2, 5, 0)
    ticks["bid_size"] = ticks["ask_size"] = 50
    return ticks
