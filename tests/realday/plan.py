"""A trading day made to fit a stretch of the wall's time: hours, calendar and strategies are brought to the clock."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from bot.daemon.daemon import BEFORE_OPEN_NS
from bot.risk.events import NEW_YORK

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
BEFORE_NS, AFTER_NS = 5 * MINUTE_NS, 15 * MINUTE_NS
"""The window of consumer prices."""
ROOMY_NS = 4 * MINUTE_NS
"""From this length on there is time for a pause of the broker's that the settings know of, to the minute."""
SLEEPY_NS = 15 * MINUTE_NS
"""From this length on the exchange is closed for so long that the daemon sleeps meanwhile."""
PRODUCTS = ("ES", "MES", "NQ", "MNQ")
STREAMS = 2 * len(PRODUCTS)
KINDS = ("fomc_statement", "fomc_press_conference", "fomc_minutes", "cpi", "nfp", "ppi")

BOT = """adapter = "ib"
desk = "{desk}"
strategies = ["trades.toml", "holds.toml", "rests.toml", "leaves.toml"]
calendar = "calendar.csv"

[adapters.ib]
port = {port}
tick_by_tick = {streams}
maintenance = [{maintenance}]

[notify]
command = ["/bin/sh", "-c", "cat >> notices.txt"]
before_session = "1m"

[log]
format = "text"

[record]
enabled = false

[risk]                                   # nothing but the clock shall keep it from trading
flatten_before_close = "{before_close}s"
no_entry_before_close = "{before_close}s"
max_open_brackets = 9
max_daily_loss_usd = 1000000
max_daily_loss_r = 100000
max_drawdown_usd = 1000000
max_brackets_per_day = 100000
max_brackets_per_minute = 1000
max_brackets_per_strategy = 100000
max_order_messages_per_minute = 100000
max_losses_in_a_row = 100000
max_losses_in_a_row_all = 100000
cooldown = "0s"
duplicate_window = "0s"
"""
DRILL = """name = "{name}"
strategy = "drill"
instrument = "{product}"
timeframe = "1s"
time_stop = "{time_stop}"
on_blackout = "{on_blackout}"
[params]
every = {every}
[bracket]
stop_ticks = {stop}
target_ticks = {target}
contracts = 1
[entry]
ttl = "{ttl}"
offset_ticks = {offset}
[hours]
session = "any"
"""
WIDE = {"every": 1, "stop": 30, "target": 60, "ttl": "30h", "time_stop": "30h", "offset": 0, "on_blackout": "hold"}
STRATEGIES: dict[str, dict[str, object]] = {
    # in and out all the time
    "trades": {**WIDE, "product": "ES", "every": 2, "stop": 3, "target": 4, "ttl": "2s", "time_stop": "20s"},
    # in once, under its stop through news and reset, out before the close
    "holds": {**WIDE, "product": "MES"},
    # the same, and out before the news
    "leaves": {**WIDE, "product": "MNQ", "on_blackout": "flatten"},
    # an entry that nobody fills
    "rests": {**WIDE, "product": "NQ", "offset": -24},
}


@dataclass(frozen=True)
class Stretch:
    """A part of the day, `[since, until)` ns UTC, in which entries are open or shut, and why."""

    since: int
    until: int
    why: str


@dataclass(frozen=True)
class Plan:
    """When what happens, ns UTC."""

    begins: int
    lifts: int
    """A blackout that was on when the desk was started ends."""
    resets: int
    returns: int
    """The gateway is away from `resets` to here."""
    flattens: int
    closes: int
    opens: int
    """The next session."""
    falls: int
    """A blackout begins."""
    ends: int
    paused: tuple[int, int]
    """When the settings say that the broker is away on purpose; the reset itself where a minute would be too long."""

    @classmethod
    def of(cls, begins: int, length: int, lead: int) -> "Plan":
        """A day of about `length` ns, or as long as it must be; the desk has `lead` ns to stand.

        It may be a minute more, because an exchange closes at a full one.
        """
        part, roomy = length // 100, length >= ROOMY_NS
        lifts = _second(begins + max(lead, min(10 * part, BEFORE_NS)))
        resets = lifts + _at_least(8, 15 * part)
        returns = resets + min(_at_least(2, 3 * part), 45 * SECOND_NS)
        paused = (resets // MINUTE_NS * MINUTE_NS, _minute(returns + MINUTE_NS // 2)) if roomy else (resets, returns)
        closes = _minute(paused[1] + _at_least(15, 20 * part))
        opens = closes + (BEFORE_OPEN_NS + MINUTE_NS if length >= SLEEPY_NS else MINUTE_NS)
        falls = opens + _at_least(20, 15 * part)
        ends = max(falls + _at_least(5, 5 * part), begins + length)
        before = min(_at_least(4, 5 * part), BEFORE_NS)
        return cls(begins, lifts, resets, returns, closes - before, closes, opens, falls, ends, paused)

    @property
    def wakes(self) -> int | None:
        """When the daemon opens the next run; None where it does so at once."""
        at = self.opens - BEFORE_OPEN_NS
        return at if at > self.closes else None

    @property
    def shut(self) -> list[Stretch]:
        """When no entry may be sent."""
        return [
            Stretch(self.begins, self.lifts, "blackout"),
            Stretch(*self.paused, "reset"),
            Stretch(self.flattens, self.opens, "session"),
            Stretch(self.falls, min(self.ends, self.falls + BEFORE_NS + AFTER_NS), "blackout"),
        ]

    @property
    def open(self) -> list[Stretch]:
        """When entries must be sent."""
        shut = self.shut
        between = [Stretch(one.until, other.since, f"after {one.why}") for one, other in pairwise(shut)]
        return [*between, Stretch(shut[-1].until, self.ends, "after blackout")]

    def write(self, folder: Path, desk: str, port: int) -> None:
        """The settings of a desk that lives through it."""
        pause = f'"{_clock(self.paused[0])}-{_clock(self.paused[1])}"' if self._roomy else ""
        before = (self.closes - self.flattens) // SECOND_NS
        (folder / "bot.toml").write_text(
            BOT.format(desk=desk, port=port, streams=STREAMS, maintenance=pause, before_close=before)
        )
        for name, what in STRATEGIES.items():
            (folder / f"{name}.toml").write_text(DRILL.format(name=name, **what))
        (folder / "calendar.csv").write_text(self.calendar())
        (folder / "calendar").mkdir()
        (folder / "calendar/hours-override.toml").write_text(self.hours())

    def reset_at(self, ts: int) -> "Plan":
        """The same day, with the reset when it really came."""
        returns = ts + self.returns - self.resets
        return replace(self, resets=ts, returns=returns, paused=self.paused if self._roomy else (ts, returns))

    def calendar(self) -> str:
        """Consumer prices twice, and the certainty that nothing else comes for two months."""
        rows = ["event,date_local,time_local,tz,ts_utc,status"]
        rows += [f"cpi,,,,{_utc(event)},scheduled" for event in (self.lifts - AFTER_NS, self.falls + BEFORE_NS)]
        edges = (self.begins - 1440 * MINUTE_NS, self.begins + 60 * 1440 * MINUTE_NS)
        rows += [f"{kind},,,,{_utc(edge // MINUTE_NS * MINUTE_NS)},coverage" for kind in KINDS for edge in edges]
        return "\n".join(rows) + "\n"

    def hours(self) -> str:
        """Two sessions, whatever day it is; the second one goes on for most of the next day."""
        day = _local(self.closes).date()
        last = _local(self.opens - MINUTE_NS) if _local(self.opens).date() == day else _local(self.opens)
        until = f"{last:%H:%M}" if last.date() == day else "23:59"
        sessions = [
            _session(day, _clock(self.begins - 60 * MINUTE_NS), _clock(self.closes)),
            _session(day + timedelta(days=1), _clock(self.opens), until),
            *(f'  {{ from = "{one}", until = "{one}", closed = true }},\n' for one in _around(day)),
        ]
        return "".join(f"{product} = [\n{''.join(sessions)}]\n" for product in PRODUCTS)

    @property
    def _roomy(self) -> bool:
        return self.paused != (self.resets, self.returns)


def _session(day: date, opens: str, closes: str) -> str:
    return f'  {{ from = "{day}", until = "{day}", open = "{opens}", close = "{closes}" }},\n'


def _around(day: date) -> tuple[date, date]:
    return day - timedelta(days=1), day + timedelta(days=2)


def _at_least(seconds: int, ns: int) -> int:
    """Whole seconds, in ns."""
    return max(seconds * SECOND_NS, _second(ns))


def _second(ns: int) -> int:
    return ns // SECOND_NS * SECOND_NS


def _minute(ns: int) -> int:
    """The next full minute."""
    return -(-ns // MINUTE_NS) * MINUTE_NS


def _local(ns: int) -> datetime:
    return datetime.fromtimestamp(ns // SECOND_NS, NEW_YORK)


def _clock(ns: int) -> str:
    return f"{_local(ns):%H:%M}"


def _utc(ns: int) -> str:
    return f"{datetime.fromtimestamp(ns // SECOND_NS, UTC):%Y-%m-%dT%H:%M:%SZ}"
