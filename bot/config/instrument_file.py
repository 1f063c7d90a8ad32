"""The model of one table of instruments.toml."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from bot.config.params import MINUTE_NS, SECOND_NS, ClockTime, Duration, Exact, Params, clock_time
from bot.domain.expiry import Expires


def _override(table: dict[str, Any]) -> dict[str, Any]:
    """One override of session hours, its dates as ISO text; checked here so that a wrong one has a line."""
    unknown = set(table) - {"from", "until", "open", "close", "closed"}
    if unknown or not {"from", "until"} <= set(table) or not {"open", "close", "closed"} & set(table):
        raise ValueError('hours are { from = "2013-01-01", until = "2015-09-18", close = "17:15" }, or with open')
    if "closed" in table and (table["closed"] is not True or {"open", "close"} & set(table)):
        raise ValueError("a day without trading is closed = true, without open and close")
    try:
        dates: dict[str, Any] = {key: date.fromisoformat(str(table[key])).isoformat() for key in ("from", "until")}
    except ValueError:
        raise ValueError('from and until are dates like "2013-01-01"') from None
    if dates["from"] > dates["until"]:
        raise ValueError(f"from {dates['from']} comes after until {dates['until']}")
    times = {key: clock_time(table[key]) for key in ("open", "close") if key in table}
    return dates | times | ({"closed": True} if "closed" in table else {})


def _zone(name: str) -> str:
    """The name of a time zone."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # a zone is looked up as a file: `America` is a folder
        raise ValueError(f'a zone is an IANA name like "America/New_York"; got {name!r}') from None
    return name


def _roll(text: str) -> str:
    """A roll rule; a date is given back as ISO text."""
    if text == "volume" or re.match(r"^\d+d$", text):
        return text
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f'a roll is "8d" (before the last trading day), "volume" or a date; got {text!r}') from None


HoursOverride = Annotated[dict[str, Any], AfterValidator(_override)]


class InstrumentFile(Params):
    """One table of instruments.toml; the key is the product."""

    kind: Literal["future", "stock"]
    """A future has contracts with a month code, a stock is counted in shares."""
    exchange: str
    """As the broker calls it."""
    primary_exchange: str = ""
    """A stock's home exchange, where `exchange` is a router (SMART)."""
    currency: str = "USD"
    """Of its money."""
    tick: Exact = Field(gt=0)
    """Smallest price step, in points."""
    tick_value: Exact = Field(gt=0)
    """Money of one tick of one contract or share: tick × multiplier."""
    multiplier: Exact = Field(gt=0)
    """Money of one point."""
    calendar: str
    """Name of the exchange's session calendar in pandas_market_calendars."""
    zone: Annotated[str, AfterValidator(_zone)] = "America/New_York"
    """Zone of the clock times of this table."""
    regular_open: ClockTime = "09:30"
    """Where the regular hours begin and the statistics of a day anew."""
    regular_close: ClockTime = "16:00"
    """Where the regular hours end."""
    months: str = ""
    """Month codes that are traded."""
    expires: Expires = ""
    """How a contract's last trading day follows from its month; without a rule nobody minds its roll."""
    roll: Annotated[str, AfterValidator(_roll)] = "8d"
    """When a live run turns to the next contract: days before the last trading day, "volume", or a date."""
    commission: Exact = Field(Decimal("0"), ge=0)
    """Of one contract or share and one side, exchange fees included."""
    slippage_ticks: int = Field(1, ge=0)
    """What a stop pays beyond the opposite quote in a replay."""
    events: tuple[str, ...] = ()
    """Kinds of events that close entries; `fomc` is statement, press conference and minutes."""
    round_ticks: int = Field(ge=1)
    """Grid of round numbers."""
    major_round_ticks: int = Field(ge=1)
    """Grid of the great round numbers."""
    max_spread_ticks: int = Field(ge=1)
    """No entry while the spread is wider."""
    timeframe_min: Duration = Field(MINUTE_NS, gt=0)
    """No shorter bar is proposed for it, whatever is measured."""
    timeframe_max: Duration = Field(5 * MINUTE_NS, gt=0)
    """Bars from timeframe_min to this are as the lesson has them: `check` leaves them alone."""
    stale_after: Duration = Field(2 * SECOND_NS, gt=0)
    """No entry when nothing was heard of the market for so long."""
    max_order: int = Field(ge=1)
    """Contracts or shares of one entry, at most."""
    max_position: int = Field(ge=1)
    """Contracts or shares held, at most."""
    collar_ticks: int = Field(ge=1)
    """No entry limit further than this from the middle of the quotes."""
    min_stop_ticks: int = Field(ge=1)
    """Nearest stop that is allowed."""
    max_stop_ticks: int = Field(ge=1)
    """Furthest stop that is allowed."""
    max_bracket_risk_usd: Exact = Field(gt=0)
    """Money that one bracket may lose at its stop."""
    max_order_notional_usd: Exact | None = Field(None, gt=0)
    """Worth of one entry (price × multiplier × units), at most; absent: max_order alone bounds it."""
    max_position_notional_usd: Exact | None = Field(None, gt=0)
    """Worth of everything held and working on one side, at most; absent: max_position alone bounds it."""
    initial_margin_percent: Exact = Field(Decimal("100"), gt=0, le=100)
    """What the broker asks to be put down for it, in percent of its worth."""
    band_low: Exact | None = None
    """Lower price limit of the day, where known."""
    band_high: Exact | None = None
    """Upper price limit of the day, where known."""
    hours: tuple[HoursOverride, ...] = ()
    """Overrides of session hours by date range, both dates included: {from, until, open, close} or {…, closed}."""
