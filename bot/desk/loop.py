"""The loop: market → signals → strategies → gate → brackets. The same for a tape and for a live market.

Signals are scanned over the whole batch, because they are a pure function of the tape; then events, clock edges and the
broker's reports are walked in tape order, and only our own working orders are looked at in between. At one row: clock
edges with nominal time ≤ the row's, acknowledgements and fills, signals in order of configuration.
"""

import asyncio
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from typing import Any

import numpy as np

from bot.ahead import scanned
from bot.config import duration_text
from bot.desk.asking import Asking, signal_of
from bot.desk.facts import Facts
from bot.desk.hearing import Hearing
from bot.desk.hedging import Hedging
from bot.desk.opposed import opposed
from bot.desk.parts import Parts, Seat, Tally
from bot.desk.pictures import Pictures
from bot.desk.quoting import Quoting
from bot.desk.telling import Told
from bot.desk.turns import Turns, told_turn
from bot.desk.watch import Watch
from bot.domain.command import Command
from bot.domain.decision import Approved, Proposal, Quote, Refusal, Signal
from bot.domain.market import ABSENT, TICK, Events, Ticks, standing
from bot.ports import Batch, DeskView, Edge, Stop

_NEVER = np.iinfo(np.int64).max
SECOND_NS = 1_000_000_000
UNHEARD = 256  # rows and events after which a tape lets the loop look at what else there is
SETTLE_S = 10.0  # how long an answer to the last cancellations and exits is waited for
SETTLE_ROUNDS = 3  # what is heard then may ask for something again


class Desk:
    """Walks the market's batches to their end, or until it is asked to stop."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts
        self.tally = Tally()
        self._stopping = False
        self._ticks: Ticks = np.zeros(0, TICK)
        self._row = 0
        self._last: list[Ticks | None] = [None] * len(parts.instruments)
        kinds = parts.engine.kinds
        self._bar = kinds.index("bar") if "bar" in kinds else -1
        self._delivered = self._wanted()
        self._until = 0  # up to when everything has been walked, ns UTC
        self.ended = "market"
        """What ended it: the market, its session, or somebody who stopped it."""
        self._over: set[int] = set()  # instruments whose session has ended
        self.watch = Watch(parts, self.tally.failed)
        """What a live run knows of itself."""
        self.asking = Asking(parts, self.tally.failed, self.watch.say)
        """Who asks the strategies."""
        self.told = Told(parts, self.stop, self.asking, self._take_seats)
        """What a person says."""
        self._facts = Facts(parts, self.tally, self.watch)
        self._pictures, self._quoting, self._turns = Pictures(parts), Quoting(parts, self.tally), Turns(parts)
        self._hedging = Hedging(parts, self._quoting, self._look)
        self._hearing = Hearing(parts, self.watch, self._hedging)

    def stop(self) -> None:
        """Stop in order after the batch at hand: entries cancelled, positions left under their stops."""
        self._stopping, self.ended = True, "stop"

    def _wanted(self) -> list[bool]:
        """For each kind of event whether anybody is told of it."""
        engine, seats = self._p.engine, self._p.seats
        wanted = set().union(*(seat.strategy.wants for seat in seats), self._p.later, {"guard"})
        return [kind not in engine.internal or kind in wanted for kind in engine.kinds]

    def _take_seats(self) -> None:
        """Others sit at the desk."""
        self._delivered = self._wanted()
        self._turns.sit()

    async def tell(self, command: Command) -> Mapping[str, Any]:
        """Do what a person says, between two batches, and say what came of it. Raises PaperpitError."""
        return self.status() if command.verb == "status" else await self.told.tell(command)

    def status(self) -> dict[str, Any]:
        """What the desk is doing and why it does not trade, as `status --json` has it."""
        touches = [self._look(instrument) for instrument in range(len(self._p.instruments))]
        queue = {"ticks": len(self._ticks), "commands": self.told.waiting}
        told = self._facts.status(self._until, touches, queue, stopping=self._stopping)
        return told | {"hedges": list(self._hedging.told(told["now_ns"]))}

    @property
    def begun(self) -> bool:
        """Whether anything of the market has been walked."""
        return self._until > 0

    def stalled(self, late_ns: int, strategy: str) -> None:
        """The process's heartbeat: nothing moved for so long, for most of it because a strategy was being asked."""
        if self.watch.by_the_wall and self.begun:
            self.watch.stalled(late_ns, strategy, self._until)
            if strategy:
                self.asking.error(strategy, f"an answer took {late_ns / SECOND_NS:.3g} s", self._until)

    def touch(self, instrument: int) -> tuple[int, int]:
        """Bid and ask after all that has been walked, ticks; ABSENT where there is none."""
        tick = self._standing(instrument, self._row)
        return (ABSENT, ABSENT) if tick is None else (int(tick["bid"]), int(tick["ask"]))

    async def run(self, seen: Callable[[int], None] = lambda rows: None) -> Tally:
        """Trade until the market ends; `seen(rows)` is told of each batch. Raises what its parts raise."""
        await self._p.market.subscribe()
        self._write_closed()
        try:
            async with aclosing(scanned(self._p.market, self._p.engine)) as batches:
                await self._walk_all(batches, seen)
        finally:
            self.told.end()
        return self.tally

    async def _walk_all(self, batches: AsyncIterator[tuple[Batch, Events]], seen: Callable[[int], None]) -> None:
        unheard = 0
        async for batch, events in batches:
            self._clock_moved(self.watch.batch(batch))
            await self._walk(batch, events)
            seen(len(batch.ticks))
            unheard += len(batch.ticks) + len(events)
            if unheard >= UNHEARD:
                # A tape never waits for anything: this lets signals of the operating system and commands in.
                unheard = 0
                await asyncio.sleep(0)
            await self.told.serve(self._until)
            self.watch.note(self._until)
            if batch.more:
                continue  # nothing ends within what was handed over at once: it has been recorded whole
            if batch.final and not self._stopping:
                await self._close_down()
            if self._stopping or self._session_over():
                self.ended = "stop" if self._stopping else "session"
                await self._leave(self.ended)
                break

    async def _walk(self, batch: Batch, events: Events) -> None:
        ticks = batch.ticks
        self._turn(ticks)
        until = batch.silent_until if batch.silent_until is not None else self.tally.last_ns
        self.tally.came(ticks, len(self._p.instruments))
        if len(events):
            await self._events(events)
        await self._advance(Stop(len(ticks), False, until))
        self._until = max(self._until, until, self.tally.last_ns)
        self._p.journal.commit()

    async def _events(self, events: Events) -> None:
        """Walk to each event and meet it."""
        kinds = events["kind"].tolist()
        self.tally.bars += kinds.count(self._bar)
        chosen = [index for index, kind in enumerate(kinds) if self._delivered[kind] or kind == self._bar]
        # Choosing copies record by record, which the one event of a live read need not wait for.
        events = events if len(chosen) == len(kinds) else events[chosen]
        silent = opposed(events)
        for index, kind in enumerate(kinds[at] for at in chosen):
            event = events[index]
            bar = kind == self._bar and self._pictures.follows(int(event["instrument"]), int(event["timeframe"]))
            if not bar and not self._delivered[kind]:
                continue
            stop = Stop(int(event["row"]), not event["before"], int(event["known"]))
            await self._take_turns(stop)
            await self._advance(stop)
            if bar:
                self._pictures.closed(int(event["instrument"]), int(event["timeframe"]), int(event["ts"]))
            if self._delivered[kind]:
                await self._meet(event, stop, index in silent)
        await self._take_turns()

    def _turn(self, ticks: Ticks) -> None:
        """A new batch: remember where each instrument stood, and how far time has come."""
        for instrument in range(len(self._last)):
            self._last[instrument] = self._standing(instrument, len(self._ticks))
        self._ticks, self._row = ticks, 0
        if len(ticks):
            self.tally.last_ns = int(ticks["ts"][-1])

    async def _advance(self, stop: Stop) -> None:
        """Let everything happen that comes before `stop`: edges and time-outs by their time, the broker's reports."""
        while True:
            timed = (self._p.orders, self._p.schedule, self._hedging)
            due = min(one.next_due() or _NEVER for one in timed)
            if due > stop.ts:
                if await self._walk_to(stop):
                    continue
                return
            row = bisect_left(self._ticks["ts"], due, self._row, min(stop.row, len(self._ticks)))
            if await self._walk_to(Stop(row, False, due - 1)):
                continue
            await self._edges(due)

    async def _walk_to(self, stop: Stop) -> bool:
        """As far as `stop`, or to the print before it that moves a stop order; True when there is more to come."""
        orders, end = self._p.orders, stop.row + 1 if stop.through else stop.row
        ahead = orders.next_move(self._ticks[self._row : end])
        if ahead is None:
            return await self._reports(stop)
        row = self._row + ahead
        ts = int(self._ticks[row]["ts"])
        if not await self._reports(Stop(row, True, ts)):
            await orders.move(ts)
        return True

    async def _reports(self, stop: Stop) -> bool:
        """Hand the broker's reports up to `stop` to the order manager.

        True when one of them changed what is to be waited for: another time-out, another print that moves a stop.
        """
        orders = self._p.orders
        awaited = (orders.next_due(), orders.levels(), self._hedging.next_due())
        while (found := self._p.broker.next_report(self._ticks, self._row, stop)) is not None:
            row, report = found
            self._see(row)
            await self._hearing.hear(report)
            self._write_closed()
            if (orders.next_due(), orders.levels(), self._hedging.next_due()) != awaited:
                return True
        self._see(stop.row + 1 if stop.through else stop.row)
        return False

    def _write_closed(self) -> None:
        """What the gate has closed by itself outlives this run."""
        for key, one in self._p.gate.closed().items():
            self._p.journal.control(key, one.value, one.ts, one.why)

    def _clock_moved(self, ns: int) -> None:
        """The wall's clock was set: deadlines stay as far away as they were."""
        if ns:
            self._until += ns
            self._p.orders.clock_moved(ns)

    def _see(self, row: int) -> None:
        """Everything before `row` has been walked."""
        if row > self._row:
            if self._p.orders.holding:
                self._p.orders.watch(self._ticks[self._row : row])
            self._row = row

    async def _edges(self, due: int) -> None:
        if (self._p.orders.next_due() or _NEVER) <= due:
            await self._p.orders.on_time(due)
        await self._hedging.on_time(due)
        while (self._p.schedule.next_due() or _NEVER) <= due:
            await self._edge(self._p.schedule.take())

    async def _edge(self, edge: Edge) -> None:
        """The clock brought something. An open position is kept under its stop unless the edge says to be flat."""
        orders, journal = self._p.orders, self._p.journal
        if edge.what == "flatten":
            why = "blackout" if edge.kind else "session"
            await orders.flatten(edge.ts, why, instrument=edge.instrument, strategy=edge.strategy)
        elif edge.what == "tighten":
            await orders.tighten(edge.ts, "blackout", instrument=edge.instrument, strategy=edge.strategy)
        elif edge.what == "blackout-start":
            journal.calendar_event(edge.kind, edge.from_ns, edge.to_ns, edge.source, edge.ts)
            await orders.cancel_entries(edge.ts, "blackout", instrument=edge.instrument, strategy=edge.strategy)
        elif edge.what == "session-end":
            self._over.add(edge.instrument)
        elif edge.what == "calendar" and (renewal := self._p.schedule.renew(edge)) is not None:
            self.watch.calendar_renewed(renewal, edge.ts)
        elif edge.what == "command" and edge.command is not None:
            await self.told.obey(edge.command, edge.ts)
        journal.commit()

    def _session_over(self) -> bool:
        """Whether every instrument's session has ended and nothing that we sent lives on."""
        return len(self._over) == len(self._p.instruments) and not self._p.orders.live

    async def _meet(self, event: Any, stop: Stop, opposed: bool) -> None:
        """One event: a guard's goes to the gate, a signal to the journal and to the strategies that hear it.

        What falls short of a signal goes to the journal alone.
        """
        engine, instrument = self._p.engine, int(event["instrument"])
        kind = engine.kinds[int(event["kind"])]
        evidence = engine.evidence(event)
        if kind == "guard":
            number, on = int(evidence["number"]), bool(evidence["on"])
            self._p.gate.guard(instrument, number, on, evidence)
        signal = signal_of(engine, event, kind, evidence, self._p.journal.next_id)
        if kind not in engine.internal:
            candidate = kind in engine.candidates
            (self.tally.candidates if candidate else self.tally.signals)[kind] += 1
            write = self._p.journal.candidate if candidate else self._p.journal.signal
            contract = self._p.instruments[instrument].contract
            write(signal, duration_text(signal.timeframe) if signal.timeframe else "", contract)
            if candidate:
                return
        # Two opposite readings of one moment cancel each other out.
        if not opposed:
            await self._ask(event, signal, stop)

    async def _ask(self, event: Any, signal: Signal, stop: Stop) -> None:
        for seat in self._p.seats:
            heard = seat.instrument == signal.instrument and int(event["source"]) in seat.hears
            if not heard or signal.kind not in seat.strategy.wants or self._turns.waits(seat, signal, stop):
                continue
            await self._ask_one(seat, signal, stop)

    async def _take_turns(self, until: Stop | None = None) -> None:
        """When a moment is over, those who share an instrument are asked, one after the other."""
        for seat, signal, stop, turn in self._turns.take(until):
            await self._ask_one(seat, signal, stop, turn)

    async def _ask_one(self, seat: Seat, signal: Signal, stop: Stop, turn: str = "") -> None:
        tick = self._standing(signal.instrument, stop.row + 1 if stop.through else stop.row)
        bid, ask = (ABSENT, ABSENT) if tick is None else (int(tick["bid"]), int(tick["ask"]))
        self._quote(signal.instrument, tick)
        await self._hedging.before(seat, signal.known)
        orders, own = self._p.orders, self._quoting.held(seat.strategy.name, seat.instrument)
        held, brackets = orders.position(signal.instrument), orders.open_brackets(seat.strategy.name)
        for wish in self.asking.wishes(seat, signal, DeskView(signal.known, bid, ask, held, brackets, own)):
            if isinstance(wish, Quote):
                await self._quoting.judge(wish, signal.known, self.watch.now_ns())
            else:
                await self._judge(told_turn(wish, turn), signal)

    def _look(self, instrument: int) -> tuple[int, int]:
        """Bid and ask as far as has been walked, also for the gate."""
        self._quote(instrument, self._standing(instrument, self._row))
        return self.touch(instrument)

    def _quote(self, instrument: int, tick: Ticks | None) -> None:
        """Let the gate know what stands."""
        if tick is not None:
            self._p.gate.quote(instrument, int(tick["ts"]), int(tick["bid"]), int(tick["ask"]))

    async def _judge(self, wish: Proposal | Refusal, signal: Signal) -> None:
        verdict = self._p.gate.judge(wish, signal.known, sent=self.watch.now_ns(), signal=signal)
        decision_id = self._p.journal.next_id()
        self._p.journal.decision(decision_id, verdict, dry=self._p.dry)
        if isinstance(verdict, Approved):
            self.tally.approved += 1
            if not self._p.dry:
                await self._p.orders.place(verdict, decision_id, signal.known)
        else:
            self.tally.blocked += 1
            self.tally.refusals.update(reason.rule for reason in verdict.reasons)
        # Pictures for the evening: no order waits for them.
        self._pictures.judged(signal, taken=isinstance(verdict, Approved))
        self._p.journal.commit()

    async def _close_down(self) -> None:
        """The tape has ended: entries are cancelled, positions leave at the last quote."""
        self._hedging.stopping, end = True, self.tally.last_ns + 1
        await self._advance(Stop(len(self._ticks), False, end))
        await self._p.orders.cancel_entries(end, "tape-end")
        await self._p.orders.flatten(end, "tape-end")
        await self._settle()

    async def _leave(self, why: str) -> None:
        """Nothing new begins: entries are cancelled, positions stay under their stops."""
        self._hedging.stopping = True
        self.watch.note(self._until, stopping=True)
        await self._p.orders.cancel_entries(self._until, why)
        await self._settle()

    async def _settle(self) -> None:
        """Hear what comes of what was asked for last. A tape answers at once, a wire takes its time."""
        for _ in range(SETTLE_ROUNDS):
            await self._p.broker.settled(SETTLE_S)
            heard = self._hearing.heard
            while await self._reports(Stop(len(self._ticks), False, _NEVER)):
                pass
            if self._hearing.heard == heard:
                break
        self._pictures.put_down()
        self._p.journal.commit()

    def _standing(self, instrument: int, row: int) -> Ticks | None:
        """The instrument's newest row before `row`."""
        found = standing(self._ticks, instrument, row)
        return self._last[instrument] if found is None else found
