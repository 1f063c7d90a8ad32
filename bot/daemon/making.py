"""What a run's start and a reload both make of a strategy's settings."""

from bot import plugins
from bot.config import StrategyFile
from bot.config.bot_file import RiskSettings
from bot.daemon.asked import Asked
from bot.daemon.opening import Opened
from bot.domain.instrument import Instrument
from bot.ports import Strategy
from bot.risk.blackout import Blackout
from bot.risk.calendar import EventCalendar
from bot.risk.schedule import Watched


def own_nonce(run: str, nonce: str) -> str:
    """The number of a command in a repetition: it is unique in a journal, where both runs may stand."""
    return f"{run}-{nonce}"


def strategy_of(asked: Asked, spec: StrategyFile, one: Instrument) -> Strategy:
    """A strategy, made for an instrument."""
    folder = asked.loaded(spec).path.parent
    made: Strategy = plugins.find("strategies", spec.strategy, folder)(spec, one)
    return made


def blackout_of(opened: Opened, spec: StrategyFile, calendar: EventCalendar) -> Blackout:
    """A strategy's blackouts by a calendar."""
    one = opened.adapter.market.instruments[opened.products.index(spec.instrument)]
    return Blackout(calendar, one.events, spec.blackout)


def watched_of(opened: Opened, spec: StrategyFile, blackout: Blackout, risk: RiskSettings) -> Watched:
    """What the clock has to know of a strategy."""
    at = opened.products.index(spec.instrument)
    return Watched(
        spec.name,
        at,
        opened.hours[spec.instrument],
        blackout,
        risk.flatten_before_close,
        spec.flat_by,
        regular=opened.adapter.market.instruments[at].kind == "stock" and spec.hours.session == "regular",
        on_blackout=spec.on_blackout,
        flatten_before_ns=spec.blackout.flatten_before,
    )
