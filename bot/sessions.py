"""Exchange sessions: when a trading day opens and closes, holidays and early closes, back to the oldest tape.

A year of one exchange calendar is asked of `pandas_market_calendars` once and kept as JSON in the cache folder, named
by the library's version; afterwards neither that library nor pandas is imported. Stocks' sessions run from the
pre-market's open to the post-market's close where the calendar knows them (`NYSE` does, `XNYS` does not).
"""

import contextlib
import json
import os
import re
import tempfile
import warnings
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import numpy as np

from bot import resources
from bot.domain.instrument import Instrument
from bot.domain.market import DAY, Days
from bot.errors import ConfigError

SECOND_NS = 1_000_000_000
# The longest closure is a long weekend with holidays on both sides: two weeks hold at least two sessions on each side.
_MARGIN = timedelta(days=14)
_LIBRARY = "pandas_market_calendars"


@dataclass(frozen=True, slots=True)
class _Session:
    date: int  # yyyymmdd, the day on which trading ends
    open: int
    close: int
    core_open: int  # without pre- and post-market; equal to open and close where there are none
    core_close: int


def days(
    calendar: str,
    *,
    zone: str,
    regular_open: str,
    regular_close: str,
    first_ns: int,
    last_ns: int,
    overrides: Sequence[Mapping[str, Any]] = (),
) -> Days:
    """Every session that meets [first_ns, last_ns] with at least one before and one after, as ascending DAY rows.

    `anchor` and `anchor_close` are `regular_open` and `regular_close` (clock times in `zone`) on the trading date,
    clipped into the session, so an early close counts. `overrides` are tables `{from, until, open, close}` with ISO
    dates (both included) and clock times in `zone`; one of several days leaves early closes alone, one of a single day
    sets that day; `{from, until, closed}` takes sessions away. Raises ConfigError for what is unknown of all that.
    """
    assert first_ns <= last_ns
    clock = _zone(zone)
    first, last = _utc(first_ns) - _MARGIN, _utc(last_ns) + _MARGIN
    sessions = [row for year in range(first.year, last.year + 1) for row in _year(calendar, year)]
    sessions = [row for row in sessions if _number(first.date()) <= row.date <= _number(last.date())]
    usual = Counter(_clock_time(row.close, clock) for row in sessions).most_common(1)[0][0] if overrides else ""
    for table in overrides:
        sessions = _overridden(sessions, table, clock, usual)
    sessions.sort(key=lambda row: row.open)
    opens = [row.open for row in sessions]
    before = max(bisect_right(opens, first_ns) - 2, 0)
    after = bisect_right(opens, last_ns) + 1
    rows = np.array([_day(row, clock, regular_open, regular_close) for row in sessions[before:after]], DAY)
    _in_order(rows, calendar)
    return rows


class Trades(Protocol):
    """An instrument as far as its sessions go, whether of the configuration or of a journal."""

    @property
    def calendar(self) -> str: ...
    @property
    def zone(self) -> str: ...
    @property
    def regular_open(self) -> str: ...
    @property
    def regular_close(self) -> str: ...


def days_of(one: Trades, first_ns: int, last_ns: int, overrides: Sequence[Mapping[str, Any]] = ()) -> Days:
    """`days` of an instrument's own calendar, zone and regular hours."""
    return days(
        one.calendar,
        zone=one.zone,
        regular_open=one.regular_open,
        regular_close=one.regular_close,
        first_ns=first_ns,
        last_ns=last_ns,
        overrides=overrides,
    )


def trading_days(
    one: Instrument,
    first_ns: int,
    last_ns: int,
    *,
    known: Sequence[Mapping[str, Any]] = (),
    told: Sequence[Mapping[str, Any]] = (),
    liquid: Sequence[tuple[int, int]] = (),
    trading: Sequence[tuple[int, int]] = (),
) -> tuple[Days, list[str]]:
    """The hours in which orders are sent, and a sentence for each difference between calendar and broker.

    `known` are the product's overrides, `told` those of hours-override.toml, whose dates the broker cannot change;
    `liquid` and `trading` are the broker's hours as `Adapter.open_hours` has them. Detectors keep `days_of`: what a
    broker said on some morning must not change a signal.
    """
    rows = days_of(one, first_ns, last_ns, (*known, *told))
    settled = [_override(table)[:2] for table in told]
    return narrowed(rows, one, liquid=liquid, trading=trading, settled=settled)


def narrowed(
    rows: Days,
    one: Instrument,
    *,
    liquid: Sequence[tuple[int, int]],
    trading: Sequence[tuple[int, int]] = (),
    settled: Sequence[tuple[int, int]] = (),
) -> tuple[Days, list[str]]:
    """DAY rows cut to the broker's hours, the narrower of two always, and a sentence for each difference.

    Liquid hours bound the regular ones; where they end before the regular close they end the whole session, because
    then somebody is wrong about an early close. Trading hours bound the session. A day that is closed by either has no
    row. Dates in `settled` (from, until as yyyymmdd) stay as they are, and so do those of which nothing is said.
    """
    clock = _zone(one.zone)
    by_liquid, by_trading = _by_date(liquid, clock), _by_date(trading, clock)
    fixed = [range(first, last + 1) for first, last in settled]
    kept, told = [], list[str]()
    for row in rows:
        day = int(row["date"])
        if any(day in dates for dates in fixed):
            kept.append(row.item())
            continue
        cut = _cut(row, by_liquid.get(day, _ALWAYS), by_trading.get(day, _ALWAYS))
        told += _differences(row, cut, by_trading.get(day, _ALWAYS), one, clock)
        if cut[0] < cut[1]:
            kept.append(cut)
    ours = set(rows["date"].tolist())
    for day in sorted(by_trading.keys() - ours):
        if ours and min(ours) < day < max(ours) and by_trading[day] != _NEVER and not any(day in one for one in fixed):
            told.append(f"{_date(day)}: the broker trades {one.product}, the calendar does not; it stays closed")
    return np.array(kept, DAY), told


def day_at(days: Days, ts: int) -> int:
    """Index of the last session with open ≤ `ts`, which may have ended; −1 before the first."""
    return int(np.searchsorted(days["open"], ts, side="right")) - 1


def in_session(days: Days, ts: int) -> bool:
    """Whether the exchange trades at `ts`, by its calendar: open ≤ ts < close of some session."""
    index = day_at(days, ts)
    return index >= 0 and ts < int(days[index]["close"])


Span = tuple[int, int]
"""First and last moment of a day's hours, ns UTC."""
_ALWAYS: Span = (np.iinfo(np.int64).min, np.iinfo(np.int64).max)
_NEVER: Span = (_ALWAYS[1], _ALWAYS[0])


def _by_date(hours: Sequence[tuple[int, int]], zone: ZoneInfo) -> dict[int, Span]:
    """The broker's hours by the trading date on which they end."""
    found: dict[int, Span] = {}
    for begin, end in sorted(hours):
        day = _number(_utc(max(begin, end - 1)).astimezone(zone).date())
        before = found.get(day, _NEVER)
        found[day] = (min(before[0], begin), max(before[1], end)) if begin < end else before
    return found


def _cut(row: Any, liquid: Span, trading: Span) -> tuple[int, int, int, int, int]:
    """A DAY row inside the broker's hours; its open is no longer before its close where it is closed."""
    opens, close = max(int(row["open"]), trading[0]), min(int(row["close"]), trading[1])
    if liquid[1] < row["anchor_close"]:
        close = min(close, liquid[1])
    anchor = max(min(max(int(row["anchor"]), liquid[0]), close), opens)
    anchor_close = max(min(int(row["anchor_close"]), liquid[1], close), anchor)
    return opens, close, anchor, anchor_close, int(row["date"])


def _differences(row: Any, cut: Sequence[int], trading: Span, one: Instrument, zone: ZoneInfo) -> Iterator[str]:
    """What calendar and broker say of one day, where they do not agree, and what holds."""
    day = _date(cut[4])
    if cut[0] >= cut[1]:
        yield f"{day}: the calendar trades {one.product}, the broker does not; it stays closed"
        return
    names = ("session opens", "session closes", "regular hours open", "regular hours close")
    for name, calendars, holds in zip(names, row.item(), cut, strict=False):
        if calendars != holds:
            at, until = _clock_time(calendars, zone), _clock_time(holds, zone)
            yield f"{day}: {one.product}'s {name} at {at} by the calendar, at {until} by the broker; {until} holds"
    if trading != _ALWAYS and trading[1] > row["close"]:
        at, until = _clock_time(int(row["close"]), zone), _clock_time(trading[1], zone)
        yield f"{day}: {one.product}'s session closes at {at} by the calendar, at {until} by the broker; {at} holds"


def _day(row: _Session, zone: ZoneInfo, regular_open: str, regular_close: str) -> tuple[int, int, int, int, int]:
    anchor = min(max(_local(row.date, regular_open, zone), row.core_open), row.core_close)
    anchor_close = min(max(_local(row.date, regular_close, zone), anchor), row.core_close)
    return (row.open, row.close, anchor, anchor_close, row.date)


def _in_order(rows: Days, calendar: str) -> None:
    """Raise ConfigError when a session ends before it begins, or goes into the next one: overrides can say anything."""
    reversed_ = rows["open"] >= rows["close"]
    into = np.append(rows["close"][:-1] > rows["open"][1:], False)
    for wrong, words in ((reversed_, "ends before it begins"), (into, "goes into the next one")):
        if bool(wrong.any()):
            raise ConfigError(
                f"the session of {_date(int(rows['date'][wrong][0]))} {words} ({calendar} with its overrides of hours)",
                allowed="open and close of one session, an open after the close meaning the evening before",
            )


def _overridden(sessions: Sequence[_Session], table: Mapping[str, Any], zone: ZoneInfo, usual: str) -> list[_Session]:
    first, last, opens, closes = _override(table)
    if table.get("closed"):
        return [row for row in sessions if not first <= row.date <= last]
    changed = []
    for row in sessions:
        if not first <= row.date <= last or (first != last and _clock_time(row.close, zone) != usual):
            changed.append(row)
            continue
        close = _local(row.date, closes, zone) if closes else row.close
        start = _open(row.date, opens, close, zone) if opens else row.open
        core_open = min(max(row.core_open, start), close) if row.core_open != row.open else start
        core_close = min(row.core_close, close) if row.core_close != row.close else close
        changed.append(replace(row, open=start, close=close, core_open=core_open, core_close=core_close))
    if first == last and opens and closes and all(row.date != first for row in sessions):
        changed.append(_added(first, opens, closes, zone))
    return changed


def _added(day: int, opens: str, closes: str, zone: ZoneInfo) -> _Session:
    """A session that the library does not know (an exchange that opened for an hour on a holiday)."""
    close = _local(day, closes, zone)
    start = _open(day, opens, close, zone)
    return _Session(day, start, close, start, close)


def _override(table: Mapping[str, Any]) -> tuple[int, int, str, str]:
    try:
        first, last = (date.fromisoformat(str(table[key])) for key in ("from", "until"))
        opens, closes = str(table.get("open", "")), str(table.get("close", ""))
        known = {"from", "until", "open", "close", "closed"}
        if first > last or not (opens or closes or table.get("closed")) or set(table) - known:
            raise ValueError("from must not be after until, and open, close or closed must be given")
        for text in (opens, closes):
            if text and not re.match(r"^([01]\d|2[0-3]):[0-5]\d$", text):
                raise ValueError(f"{text!r} is not a time of day")
    except (KeyError, ValueError) as fault:
        raise ConfigError(
            f"hours override {dict(table)} cannot be read ({fault})",
            where="instruments.toml",
            allowed='{ from = "2013-01-01", until = "2015-09-18", close = "17:15" }, dates included',
        ) from fault
    return _number(first), _number(last), opens, closes


def _open(day: int, text: str, close: int, zone: ZoneInfo) -> int:
    """An opening time later than the close is on the evening before: 18:00 opens the next date's session."""
    same_day = _local(day, text, zone)
    return same_day if same_day < close else _local(_number(_date(day) - timedelta(days=1)), text, zone)


@lru_cache(maxsize=256)
def _year(calendar: str, year: int) -> tuple[_Session, ...]:
    path = _cache_path(calendar, year)
    with contextlib.suppress(OSError, ValueError, TypeError):
        return tuple(_Session(*map(int, row)) for row in json.loads(path.read_text()))
    sessions = _asked(calendar, year)
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time, nothing else
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, json.dumps([[row.date, row.open, row.close, row.core_open, row.core_close] for row in sessions]))
    return sessions


def _cache_path(calendar: str, year: int) -> Path:
    name = re.sub(r"[^A-Za-z0-9]+", "-", calendar)
    return resources.cache_folder() / "sessions" / f"{name}-{year}-{version(_LIBRARY)}.json"


def _replace(path: Path, text: str) -> None:
    # Two commands may fill the cache at once: each writes its own file and the last rename wins, whole.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.stem)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    os.replace(name, path)


def _asked(calendar: str, year: int) -> tuple[_Session, ...]:
    """One year of the calendar library, vectorised."""
    import pandas_market_calendars as library

    try:
        found = library.get_calendar(calendar)
    except RuntimeError as unknown:
        raise _unknown_calendar(calendar, library.get_calendar_names()) from unknown
    known = found.regular_market_times
    start, end = ("pre" if "pre" in known else "market_open"), ("post" if "post" in known else "market_close")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library's own deprecations are none of the reader's business
        table = found.schedule(f"{year}-01-01", f"{year}-12-31", start=start, end=end)
    stamps = [
        table[name].astype("datetime64[ns, UTC]").astype("int64").tolist()
        for name in (start, end, "market_open", "market_close")
    ]
    dates = [int(text) for text in table.index.strftime("%Y%m%d")]
    return tuple(_Session(*row) for row in zip(dates, *stamps, strict=True))


def _unknown_calendar(calendar: str, names: Sequence[str]) -> ConfigError:
    import difflib

    near = difflib.get_close_matches(calendar, names, 3, 0.5)
    return ConfigError(
        f"no session calendar is called {calendar!r}",
        allowed=" or ".join(near) if near else "a name that pandas_market_calendars knows",
        do='"CME Globex Equity" is for ES and NQ, "CMEGlobex_Crude" for CL, "CMEGlobex_Gold" for GC, "NYSE" for stocks',
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as unknown:
        raise ConfigError(f"no time zone is called {name!r}", allowed='an IANA name, "America/New_York"') from unknown


def _utc(ns: int) -> datetime:
    return datetime.fromtimestamp(ns // SECOND_NS, UTC)


def _number(day: date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def _date(number: int) -> date:
    return date(number // 10_000, number // 100 % 100, number % 100)


def _local(day: int, text: str, zone: ZoneInfo) -> int:
    at = datetime(day // 10_000, day // 100 % 100, day % 100, int(text[:2]), int(text[3:]), tzinfo=zone)
    return int(at.timestamp()) * SECOND_NS


def _clock_time(ns: int, zone: ZoneInfo) -> str:
    return f"{_utc(ns).astimezone(zone):%H:%M}"
