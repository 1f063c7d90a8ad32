"""Rules about the clock: hours of the strategy and the exchange, and blackouts around news."""

from datetime import datetime

from bot.config import duration_text
from bot.domain.decision import Proposal, Reason
from bot.risk.blackout import FOREVER_NS, Window
from bot.risk.context import Context, Rule
from bot.risk.events import NEW_YORK, SECOND_NS


def clock(ns: int) -> str:
    """New York time of day."""
    return f"{datetime.fromtimestamp(ns // SECOND_NS, NEW_YORK):%H:%M:%S}"


class InHours(Rule):
    """The exchange is open and the strategy's own hours have neither ended nor not begun."""

    name = "hours"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse outside [from, to); a closed exchange is refused even with `session = "any"`."""
        index = ctx.sessions.at(ctx.now)
        if index < 0 or ctx.now >= ctx.sessions.closes[index]:
            return Reason(
                self.name,
                f"{clock(ctx.now)} New York: {ctx.instrument.exchange or ctx.instrument.product} is closed",
                {"now_ns": ctx.now, "calendar": ctx.instrument.calendar},
            )
        first, last = ctx.hours.window(index)
        if first <= ctx.now < last:
            return None
        margin = ctx.hours.close(index) - last
        left_out = f", {duration_text(margin)} before the close" if ctx.now >= last and margin > 0 else ""
        return Reason(
            self.name,
            f"{clock(ctx.now)} New York is outside {clock(first)}–{clock(last)} ({ctx.hours.name} hours{left_out})",
            {"now_ns": ctx.now, "from_ns": first, "to_ns": last, "session": ctx.hours.name},
        )


class InBlackout(Rule):
    """News is near, or nobody knows whether it is: G7 of the regime guards, by the calendar and not the tape."""

    name = "blackout"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse inside any window, naming each event, its window and its source."""
        windows = ctx.blackout.at(ctx.now)
        if not windows:
            return None
        # The event nearest in time speaks first: at 15:10 that is the press conference, not the statement.
        windows = tuple(sorted(windows, key=lambda window: _distance(window, ctx.now)))
        first = windows[0]
        message = "; ".join(f"{window.why} [{window.source}]" for window in windows)
        return Reason(
            self.name,
            message,
            {
                "guard": "G7",
                "event": first.kind,
                "event_ns": first.event_ns,
                "from_ns": min(window.from_ns for window in windows),
                "to_ns": max(window.to_ns for window in windows),
                "source": first.source,
                "status": first.status,
                "events": ", ".join(window.kind for window in windows),
            },
        )


def _distance(window: Window, now: int) -> int:
    return FOREVER_NS if window.event_ns is None else abs(window.event_ns - now)
