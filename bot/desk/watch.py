"""What a live run knows of itself: link, feeds and clocks, and the mode that follows from all of it.

The worst cause makes the mode (`bot.domain.mode`), all of them are told. A change is one journal row, so that "why did
it not trade at 10:14" has an answer. A replay has no such rows: its tape has neither link nor wall.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bot.clock import Moved, WallClock
from bot.desk.parts import Parts
from bot.domain.command import GOOD, Health
from bot.domain.mode import House, Mode, mode_of, worst
from bot.domain.order import ClockReport, FeedReport, LinkReport
from bot.ports import Batch, Renewal

SECOND_NS = 1_000_000_000
EVERY_NS = SECOND_NS  # how often the mode is thought about when nothing has happened
HEARTBEAT_NS = 60 * SECOND_NS
SLOW_COMMIT_NS = 250_000_000  # a commit that took longer is tried again until one is quick
STALLED_NS = 5 * SECOND_NS
"""Entries stay closed for so long after the loop stood still: what has piled up has been walked by then."""
UNMEASURED_NS = 60 * SECOND_NS
"""Entries stay closed for so long after the clock was set, where no broker tells its own time."""
FOREVER_NS = 1 << 62
QUIET = frozenset({"stale", "WARMUP", *(f"G{number}" for number in range(1, 12))})
"""What the market itself brings, many times a day, is no change of mode: its refusals say so themselves."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Something that closes entries: of everybody, or of one strategy."""

    what: str
    """The rule that refuses, or a word of `bot.domain.mode`."""
    words: str
    mode: Mode
    strategy: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it the same cause, however its numbers change."""
        return self.strategy, self.what


class Notice(str):
    """A sentence for a person, and the event that it is to the log (`bot.log.EVENTS`)."""

    event: str

    def __new__(cls, text: str, event: str) -> "Notice":
        """Both of them."""
        made = super().__new__(cls, text)
        made.event = event
        return made


class Watch:
    """Folds what is heard about the wire and the process, and writes down what follows."""

    def __init__(self, parts: Parts, failed: Mapping[str, str]) -> None:
        self._p, self._failed = parts, failed
        self._wall = parts.clock if isinstance(parts.clock, WallClock) else None
        self._moved = Moved(self._wall) if self._wall is not None else None
        self._measured = False
        self.live = parts.market.last_ns is None
        """Whether the market has no end of its own."""
        self.link = parts.broker.link
        self.by_the_wall = self._wall is not None
        """Whether the wall's clock rules: else nothing that only the wall knows may change what the desk does."""
        self.lag_ns: int | None = None
        """How long the newest batch had waited when it was walked; None in a replay."""
        self.notices: list[Notice] = []
        """What a person should be told at once, in order."""
        self._written: tuple[Mode | None, frozenset[tuple[str, str]]] = (None, frozenset())
        self._shut: dict[House, int] = {}
        self._since: dict[tuple[str, str], int] = {}
        self._stopping = self._unwritten = False
        self._due = self._beat = 0

    @property
    def house(self) -> list[House]:
        """What of the house closes entries, in order of names."""
        return sorted(self._shut)

    def now_ns(self) -> int:
        """The wall's time in a live run, ns UTC; 0 where another clock rules."""
        return self._wall.now_ns() if self._wall is not None else 0

    def health(self) -> Health:
        """Clock, loop and journal as the gate knows them; good where the wall's clock does not rule."""
        return self._wall.health() if self._wall is not None else GOOD

    def batch(self, batch: Batch) -> int:
        """A batch is about to be walked: how old is it? Returns by how many ns the clock was set since the last one."""
        if self._wall is None or self._moved is None:
            return 0
        if moved := self._moved.look():
            self._clock_set(moved)
        newest = int(batch.ticks["ts"][-1]) if len(batch.ticks) else batch.silent_until
        if newest is not None:
            self.lag_ns = max(0, self._wall.now_ns() - newest)
        health = self._wall.health()
        journal = self._p.journal
        health = replace(health, loop_lag_ns=self.lag_ns or 0, commit_ns=journal.commit_ns, journal=journal.down)
        self._wall.report(health)
        return moved

    def _clock_set(self, moved: int) -> None:
        """Entries wait until the broker's clock has been compared with the new time, where it ever was."""
        now = self.now_ns()
        self._due = self._beat = 0
        self._since = {key: ts + moved for key, ts in self._since.items()}
        self._shut = {what: until + moved for what, until in self._shut.items()}
        until = FOREVER_NS if self._measured else now + UNMEASURED_NS
        then = "until it has been held against the broker's" if self._measured else "for a minute"
        self.shut("clock", f"the wall's clock was set by {moved / SECOND_NS:+.1f} s; no entries {then}", now, until)

    def link_changed(self, report: LinkReport) -> None:
        """The link changed."""
        self.link = report.state
        self._p.journal.link_event(report.state, report.ts, report.code)
        self._p.gate.link(report.state, report.code)
        self.say(f"link {report.state}" + (f": {report.code}" if report.code else ""), "link")

    def feed_changed(self, report: FeedReport) -> None:
        """What an instrument's data is worth changed."""
        product = self._p.instruments[report.instrument].product
        self._p.gate.feed(report.instrument, report.state, report.why)
        self._p.journal.control(f"feed.{product}", report.state, report.ts, report.why)
        self._p.journal.commit()
        why = report.why.removeprefix(f"{product}: ")
        because = f": {why}" if why else ""
        invalid = "; signals on it are not valid" if report.state in ("delayed", "refused") else ""
        self.say(f"{product} data is {report.state}{because}{invalid}", "feed")

    def calendar_renewed(self, renewal: Renewal, ts: int) -> None:
        """The calendar's files changed; what is in force since then stands in the journal, for a repetition."""
        self._p.journal.control("calendar", renewal.text or False, ts, renewal.why)
        self._p.journal.commit()
        self.say(renewal.why, "calendar")

    def clock_measured(self, report: ClockReport) -> None:
        """The broker's clock was measured against ours."""
        if self._wall is not None:
            self._measured = True
            self._wall.report(replace(self._wall.health(), clock_offset_ns=report.offset_ns))
            self._open("clock", report.ts)

    def stalled(self, late_ns: int, whose: str, now: int) -> None:
        """The loop stood still, by the process's own heartbeat: what it knows of the market is old."""
        because = f", strategy {whose} was being asked" if whose else ""
        why = f"the process stood still for {late_ns / SECOND_NS:.3g} s{because}"
        self.shut("stall", why, now, now + STALLED_NS)

    def shut(self, what: House, why: str, now: int, until: int) -> None:
        """Close entries for a cause of the house from now until then, ns UTC."""
        self._shut[what] = until
        self._p.gate.shut(what, why)
        self._p.journal.control(f"house.{what}", True, now, why)
        self._p.journal.commit()
        self.say(why, "house")

    def _open_what_is_over(self, now: int) -> None:
        for what in [what for what, until in self._shut.items() if until <= now]:
            self._open(what, now)

    def _open(self, what: House, now: int) -> None:
        if self._shut.pop(what, None) is not None:
            self._p.gate.shut(what, "")
            self._p.journal.control(f"house.{what}", False, now, "it is over")
            self._due = 0

    def note(self, now: int, *, stopping: bool = False) -> None:
        """Between two batches: write down a new mode, and from time to time that we are alive."""
        if not self.live or not now:
            return
        self._stopping = stopping
        self._journal_told()
        self._open_what_is_over(now)
        if self._wall is not None and (now >= self._beat or self._p.journal.commit_ns > SLOW_COMMIT_NS):
            self._beat = now + HEARTBEAT_NS
            self._p.journal.heartbeat(now)
            self._p.journal.commit()
        if now < self._due and not stopping:
            return
        self._due = now + EVERY_NS
        self._set(self.causes(now), now)

    def causes(self, now: int) -> list[Cause]:
        """What closes entries at `now`, but for what the market itself brings many times a day."""
        found = list(self._found(now))
        keys = {cause.key for cause in found}
        if now:
            self._since = {key: self._since.get(key, now) for key in keys}
        return [replace(one, mode=mode_of(one.what, now - self._since.get(one.key, now))) for one in found]

    def mode(self, causes: list[Cause], instrument: int | None = None) -> Mode:
        """The worst of the causes; `trading` while any strategy (of one instrument, or of all) may enter."""
        seats = [seat for seat in self._p.seats if instrument in (None, seat.instrument)]
        mine = [cause for cause in causes if cause.strategy in ("", *(seat.strategy.name for seat in seats))]
        closed = {cause.strategy for cause in mine}
        if "" in closed or all(seat.strategy.name in closed for seat in seats):
            return worst(cause.mode for cause in mine)
        return Mode.TRADING

    def _set(self, causes: list[Cause], now: int) -> None:
        mode, keys = self.mode(causes), frozenset(cause.key for cause in causes)
        if (mode, keys) == self._written:
            return
        changed, self._written = mode is not self._written[0], (mode, keys)
        words = list(dict.fromkeys(cause.words for cause in causes))
        self._p.journal.mode_change(mode.value, words, now)
        self._p.journal.commit()
        if changed:
            self.say("; ".join([mode.value, *words]), "mode")

    def _found(self, now: int) -> Iterator[Cause]:
        if self._stopping:
            yield Cause("stop", "the desk is stopping", Mode.PROTECT_ONLY)
        if self._p.journal.down:
            yield Cause("journal", f"the journal cannot be written: {self._p.journal.down}", Mode.PROTECT_ONLY)
        for seat in self._p.seats:
            name = seat.strategy.name
            if name in self._failed:
                words = f"strategy {name} is asked no more today: {self._failed[name]}"
                yield Cause("failed", words, Mode.NO_ENTRIES, name)
            for reason in self._p.gate.standing(name, seat.instrument, now):
                if reason.rule not in QUIET:
                    yield Cause(reason.rule, reason.message, Mode.NO_ENTRIES, name)

    def _journal_told(self) -> None:
        """Whoever watches is told at once: there is no row that could tell it later."""
        down = self._p.journal.down
        if bool(down) is self._unwritten:
            return
        self._unwritten = bool(down)
        told = f"the journal cannot be written: {down}; nothing is sent but what protects, until it can be"
        self.say(told if down else "the journal is written again, and nothing is lost", "written")

    def say(self, text: str, event: str = "command") -> None:
        """A person is told at once."""
        self._due = 0
        self.notices.append(Notice(text, event))
