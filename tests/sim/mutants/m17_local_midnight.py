"""M17: the day of the daily loss ends at midnight where the desk stands, not with the exchange's session."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.config.bot_file import RiskSettings
from bot.domain.decision import Approved
from bot.domain.order import BracketState
from bot.risk.hours import Sessions
from tests.rooms.risk.bench import Bench, ns
from tests.sim.checkers.stage import Stage
from tests.sim.mutants.mutant import Mutant, Patch

LIMIT = 80


def change(patch: Patch) -> None:
    """Days go by the wall's date in New York."""

    def broken(self: Any, ts: int) -> int:
        return int(datetime.fromtimestamp(ts // 10**9, ZoneInfo("America/New_York")).strftime("%Y%m%d"))

    patch.setattr(Sessions, "date", broken)


def history() -> list[str]:
    """A loss before midnight, and a wish after it, in one session of the exchange."""
    bench = Bench(ns("2026-12-10 23:50"), settings={"max_daily_loss_usd": LIMIT}, hours={"session": "any"})
    stage = Stage(risk=RiskSettings.model_validate({"max_daily_loss_usd": LIMIT}))
    bench.lose(risk=4, reward=8)
    stage.place()
    stage.hear(stage.fill("entry"))
    stage.hear(stage.fill("stop"))
    stage.state(BracketState.CLOSED)
    bench.at(ns("2026-12-11 00:05"))
    if isinstance(bench.judge(risk=4, reward=8), Approved):
        stage.place("c")
    return [str(one) for one in stage.eye.violations]


MUTANT = Mutant("M17", "ends the trading day at local midnight", "I15", change, history, "the gate across midnight")
