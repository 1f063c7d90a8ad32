"""What a live run knows of itself: link, feeds and clocks, and the mode that follows from all of it.

Modes (reliability notes §5.4): `trading` · `no-entries` · `protect-only` (kill switch, stopping) · `blind` (nobody
hears us). The worst cause wins, all of them are told. A change is one journal row, so that "why did it not trade at
10:14" has an answer. A replay has no such rows: its tape has neither link nor wall.
"""

from collections.abc import Iterator
from dataclasses import replace

from bot.clock import WallClock
from bot.desk.parts import Parts
from bot.domain.order import ClockReport, FeedReport, LinkReport
from bot.ports import Batch

SECOND_NS = 1_000_000_000
EVERY_NS = SECOND_NS  # how often the mode is thought about when nothing has happened
HEARTBEAT_NS = 60 * SECOND_NS
SLOW_COMMIT_NS = 250_000_000  # a commit that took longer is tried again until one is quick
QUIET = frozenset({"stale", "WARMUP", *(f"G{number}" for number in range(1, 12))})
"""What the market itself brings, many times a day, is no change of mode: its refusals say so themselves."""
SEVERITY = {"link": 3, "kill_switch": 2, "stop": 2}
MODES = ("trading", "no-entries", "protect-only", "blind")


class Watch:
    """Folds what is heard about the wire and the process, and writes down what follows."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts
        self._wall = parts.clock if isinstance(parts.clock, WallClock) else None
        self.live = parts.market.last_ns is None
        """Whether the market has no end of its own."""
        self.link = parts.broker.link
        self.lag_ns: int | None = None
        """How long the newest batch had waited when it was walked; None in a replay."""
        self.notices: list[str] = []
        """What a person should be told at once, in order."""
        self.mode, self._causes = "", frozenset[tuple[str, str]]()
        self._due = self._beat = 0

    def now_ns(self) -> int:
        """The wall's time in a live run, ns UTC; 0 where another clock rules."""
        return self._wall.now_ns() if self._wall is not None else 0

    def batch(self, batch: Batch) -> None:
        """A batch is about to be walked: how old is it?"""
        if self._wall is None:
            return
        newest = int(batch.ticks["ts"][-1]) if len(batch.ticks) else batch.silent_until
        if newest is not None:
            self.lag_ns = max(0, self._wall.now_ns() - newest)
        health = self._wall.health()
        self._wall.report(replace(health, loop_lag_ns=self.lag_ns or 0, commit_ns=self._p.journal.commit_ns))

    def link_changed(self, report: LinkReport) -> None:
        """The link changed."""
        self.link = report.state
        self._p.journal.link_event(report.state, report.ts, report.code)
        self._p.gate.link(report.state, report.code)
        self._say(f"link {report.state}" + (f": {report.code}" if report.code else ""))

    def feed_changed(self, report: FeedReport) -> None:
        """What an instrument's data is worth changed."""
        product = self._p.instruments[report.instrument].product
        self._p.gate.feed(report.instrument, report.state, report.why)
        self._p.journal.control(f"feed.{product}", report.state, report.ts, report.why)
        self._p.journal.commit()
        why = report.why.removeprefix(f"{product}: ")
        because = f": {why}" if why else ""
        invalid = "; signals on it are not valid" if report.state in ("delayed", "refused") else ""
        self._say(f"{product} data is {report.state}{because}{invalid}")

    def clock_measured(self, report: ClockReport) -> None:
        """The broker's clock was measured against ours."""
        if self._wall is not None:
            self._wall.report(replace(self._wall.health(), clock_offset_ns=report.offset_ns))

    def note(self, now: int, *, stopping: bool = False) -> None:
        """Between two batches: write down a new mode, and from time to time that we are alive."""
        if not self.live or not now:
            return
        if self._wall is not None and (now >= self._beat or self._p.journal.commit_ns > SLOW_COMMIT_NS):
            self._beat = now + HEARTBEAT_NS
            self._p.journal.heartbeat(now)
            self._p.journal.commit()
        if now < self._due and not stopping:
            return
        self._due = now + EVERY_NS
        self._set(dict(self._found(now, stopping=stopping)), now)

    def _set(self, causes: dict[tuple[str, str], str], now: int) -> None:
        worst = max((SEVERITY.get(rule, 1) for _, rule in causes), default=0)
        mode = MODES[worst if self._all_closed(causes) else 0]
        if mode == self.mode and causes.keys() == self._causes:
            return
        changed, self.mode, self._causes = mode != self.mode, mode, frozenset(causes)
        words = list(dict.fromkeys(causes.values()))
        self._p.journal.mode_change(mode, words, now)
        self._p.journal.commit()
        if changed:
            self._say("; ".join([mode, *words]))

    def _all_closed(self, causes: dict[tuple[str, str], str]) -> bool:
        """Whether no strategy can enter."""
        closed = {strategy for strategy, _ in causes}
        return "" in closed or all(seat.strategy.name in closed for seat in self._p.seats)

    def _found(self, now: int, *, stopping: bool) -> Iterator[tuple[tuple[str, str], str]]:
        """(strategy, rule) → why. An empty strategy is everybody."""
        if stopping:
            yield ("", "stop"), "the desk is stopping"
        for seat in self._p.seats:
            name = seat.strategy.name
            for reason in self._p.gate.standing(name, seat.instrument, now):
                if reason.rule not in QUIET:
                    yield (name, reason.rule), reason.message

    def _say(self, text: str) -> None:
        self._due = 0
        self.notices.append(text)
