"""What a run of the daemon is opened with: the daemon's own composition over a simulated market and broker."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.clock import WallClock
from bot.config import BotFile, Loaded, StrategyFile
from bot.daemon.asked import Asked
from bot.daemon.opening import Opened
from bot.ports import Adapter
from bot.risk.calendar import EventCalendar
from bot.risk.calendar_import import read_csv
from bot.risk.in_force import InForce
from bot.warm import Memories
from tests.sim.broker import SimBroker
from tests.sim.market import SimEngine, SimMarket
from tests.sim.plan import Shape
from tests.sim.script import INSTRUMENTS, sessions

HERE = Path(__file__).parent
RISK = {
    "max_daily_loss_usd": 2500,
    "max_brackets_per_day": 40,
    "max_open_brackets": 5,
    "duplicate_window": "1s",
    "no_entry_before_close": "3m",
    "flatten_before_close": "1m",
    # A day of half an hour shall be full.
    "cooldown": "2s",
    "max_brackets_per_minute": 40,
    "max_brackets_per_strategy": 40,
    "max_daily_loss_r": 1000,
    "max_drawdown_usd": 2500,
    "max_losses_in_a_row": 1000,  # a pause is a person's to lift, and nobody is there
    "max_losses_in_a_row_all": 1000,
}
CANARY = "not-to-be-told-9f2c"
"""Stands among the adapter's settings, as a password would."""


MANAGE = {"breakeven_after_ticks": 2, "breakeven_plus_ticks": 1, "trail_after_ticks": 3, "trail_ticks": 2}


@lru_cache(maxsize=16)
def asked_for(instruments: int, manages: bool, on_blackout: str) -> Asked:
    """The settings of a simulated daemon; the journal is still to be named."""
    strategies = []
    for one in INSTRUMENTS[:instruments]:
        spec = StrategyFile.model_validate(
            {
                "name": f"sim-{one.product.lower()}",
                "strategy": f"{HERE / 'wishing.py'}:Wishing",
                "instrument": one.product,
                "hours": {"session": "any"},
                "manage": MANAGE if manages else {},
                "on_blackout": on_blackout,
            }
        )
        strategies.append(Loaded(spec, HERE / f"{spec.name}.toml", spec.name))
    bot = BotFile.model_validate({"adapter": "sim", "risk": RISK, "adapters": {"sim": {"password": CANARY}}})
    return Asked(Loaded(bot, HERE / "bot.toml", ""), strategies, "", "process")


@lru_cache(maxsize=8)
def calendar_of(state: str, minute: int) -> EventCalendar:
    """The day's calendar: with one event, with none, or not to be had."""
    if state == "absent":
        return EventCalendar.absent("the calendar cannot be read")
    rows = ["event,date_local,time_local,tz,ts_utc,status\n"]
    rows += [f"cpi,{date},00:00,America/New_York,,coverage\n" for date in ("2026-01-01", "2027-01-01")]
    if minute != -1:
        clock = 9 * 60 + 30 + minute
        rows.append(f"cpi,2026-05-27,{clock // 60:02d}:{clock % 60:02d},America/New_York,,scheduled\n")
    return EventCalendar.of([read_csv("".join(rows), Path("simulated.csv"))], "simulated.csv")


class NoMemory(Memories):
    """Detectors without a memory."""

    def __init__(self) -> None:
        self.hash, self.notes = "", []

    def end(self, *, stopped: bool) -> str:
        """Nothing is kept."""
        return ""


def opened_over(run: str, asked: Asked, shape: Shape, clock: WallClock, market: SimMarket, broker: SimBroker) -> Opened:
    """Everything that stands before the account is proven."""
    adapter = Adapter("sim", market, broker, fill_model="sim", clock=clock)
    days = {one.product: sessions() for one in market.instruments}
    engine: Any = SimEngine(market)
    return Opened(
        run=run,
        asked=asked,
        adapter=adapter,
        clock=clock,
        warm=NoMemory(),
        days=days,
        hours=days,
        differences={},
        in_force=InForce(calendar_of(shape.calendar, shape.event_minute), "none"),
        engine=engine,
        specs=asked.specs,
        hears=[frozenset({0})] * len(asked.specs),
        order_flow=frozenset(),
        idle={},
    )
