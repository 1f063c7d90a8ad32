"""What the clock allowed a run's strategies at a moment, by the very texts that the run was made of: hours and news."""

from collections.abc import Mapping
from typing import Any

import msgspec

from bot.config import BotFile, StrategyFile, instrument
from bot.domain.market import Days
from bot.errors import ConfigError, DataDamaged, PaperpitError
from bot.journal import rows
from bot.journal.first_rows import CALENDAR
from bot.review.settings_of import bot_of, strategies_of
from bot.risk.blackout import Blackout
from bot.risk.calendar import EventCalendar
from bot.risk.hours import Hours, Sessions
from bot.sessions import days_of

Facts = dict[str, Any]

_DAY_NS = 86_400_000_000_000


def sessions_of(it: rows.Instrument, ts: int) -> Days:
    """The sessions around a moment, by the calendar of an instrument as the run knew it."""
    return days_of(it, ts - 10 * _DAY_NS, ts + 2 * _DAY_NS)


def allowed(row: rows.Run, calendar: str, known: Mapping[str, Days], ts: int) -> tuple[list[Facts], list[str]]:
    """For each strategy its hours and the blackouts in force at `ts` (ns UTC), and what could not be read any more.

    `calendar` is the calendar's text as it was in force then, `known` the sessions of each product.
    """
    texts: Mapping[str, str] = msgspec.json.decode(row.config)
    unread: list[str] = []
    try:
        bot = bot_of(texts)
    except ConfigError as error:
        bot, unread = BotFile(), [*unread, _unread("its bot.toml", error)]
    try:
        events = EventCalendar.parse(calendar, (row.calendar.split() or [CALENDAR])[0])
    except DataDamaged as error:
        events, unread = EventCalendar.load("none"), [*unread, _unread("its calendar", error)]
    found = []
    for spec in strategies_of(texts, lambda name, error: unread.append(_unread(name, error))):
        if spec.enabled and spec.instrument in known:
            found.append(_one(spec, bot, events, known[spec.instrument], ts))
    return found, unread


def _unread(what: str, error: PaperpitError) -> str:
    return f"{what}: {error.what.splitlines()[0]}"


def _one(spec: StrategyFile, bot: BotFile, events: EventCalendar, known: Days, ts: int) -> Facts:
    sessions = Sessions(known)
    hours, index = Hours(sessions, spec.hours, bot.risk), sessions.at(ts)
    first, last = hours.window(index) if index >= 0 else (0, 0)
    blackouts = Blackout(events, instrument(spec.instrument).events, spec.blackout).at(ts)
    trading = index >= 0 and ts < sessions.closes[index]
    return {
        "strategy": spec.name,
        "instrument": spec.instrument,
        "hours": hours.name,
        "from_ns": first,
        "to_ns": last,
        "open": trading and first <= ts < last,
        "blackouts": [
            {"kind": one.kind, "from_ns": one.from_ns, "to_ns": one.to_ns, "why": one.why, "source": one.source}
            for one in blackouts
        ],
    }


def exchange(known: Days, ts: int) -> Facts:
    """What the exchange did at `ts`: `regular` or `extended` hours, or `closed`; the session's bounds in ns UTC."""
    sessions = Sessions(known)
    index = sessions.at(ts)
    if index < 0:
        return {"state": "closed", "date": 0, "opens_ns": None, "closes_ns": None}
    trading = ts < sessions.closes[index]
    regular = sessions.anchors[index] <= ts < sessions.anchor_closes[index]
    return {
        "state": "regular" if regular and trading else "extended" if trading else "closed",
        "date": sessions.dates[index],
        "opens_ns": sessions.opens[index],
        "closes_ns": sessions.closes[index],
    }
