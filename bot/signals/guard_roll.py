"""G9, roll: the contract is about to expire, its volume moves to the next one. No entries in the old one from then on.

Definition
    On from the open of the first session dated eight days or less before the contract's last trading day
    (`domain/expiry.py`), for good: a pure function of time. What has no expiry (a stock, a continuous series, a
    contract whose rule is not known) never rolls.
Source
    Specification of signals §11, without the volume of the next contract, which a tape of one contract does not show.
"""

from datetime import date, timedelta

from pydantic import Field

from bot.domain.expiry import last_trading_day
from bot.domain.instrument import Instrument
from bot.domain.market import Days, Events, Ticks
from bot.kernel import Row, part
from bot.signals import guard
from bot.signals.epochs import NEVER

NUMBER = 9
DAY_NS = 86_400_000_000_000


class Params(guard.GuardParams):
    """How early the old contract is left."""

    days_before: int = Field(8, ge=0)


STATE = guard.state(
    Params,
    ("first", "i8"),  # the trading day, as yyyymmdd, from which the contract is old; 0 = it never is
    ("expiry", "i8"),  # its last trading day, days since 1970
    ("left", "i8"),  # days to it when the guard goes on
    ("due", "i8"),  # when it will go on, once the sessions that are known reach so far
)
_EPOCH = date(1970, 1, 1)


def fresh(params: Params, source: int, kind: int, instrument: Instrument, days: Days) -> Ticks:
    """One STATE that knows from which day the contract is old."""
    started = int(days["date"][0])
    near = date(started // 10_000, started // 100 % 100, started % 100)
    expiry = last_trading_day(instrument.contract, instrument.expires, near)
    if expiry is None:
        return guard.first(STATE, params, NUMBER, source, kind, due=NEVER)
    first = int(f"{expiry - timedelta(params.days_before):%Y%m%d}")
    return guard.first(STATE, params, NUMBER, source, kind, due=NEVER, first=first, expiry=(expiry - _EPOCH).days)


@part
def plan(g: Row, days: Days, last: int) -> None:
    """Find when it is due among the sessions that are known now; `last` is the newest stamp of all."""
    if g.on or g.first == 0 or g.due != NEVER or days[days.shape[0] - 1].date < g.first:
        return
    k = days.shape[0] - 1
    while k > 0 and days[k - 1].date >= g.first:
        k -= 1
    g.due, g.left = max(days[k].open, last + 1), g.expiry - days[k].anchor // DAY_NS


@part
def begin(g: Row, ts: int, row: int, out: Events, found: int) -> int:
    """The first row of a tape; return how many events there are."""
    g.due = max(g.due, ts)
    return switch(g, ts, row, out, found) if g.due == ts else found


@part
def switch(g: Row, arrival: int, row: int, out: Events, found: int) -> int:
    """It is due: go on, for good; return how many events there are. The event's value is how many days are left."""
    due = g.due
    g.due = NEVER
    return guard.switch(g, g.left, g.args.days_before, due, arrival, row, out, found)
