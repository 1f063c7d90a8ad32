"""What a person tells the desk, done between two batches and journalled with what came of it."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from bot.desk.asking import Asking
from bot.desk.parts import Parts
from bot.domain.command import KILL, REFUSED, Command, model_key, pause_key, since
from bot.domain.order import ENDED, Role
from bot.errors import PaperpitError, Unreachable, UsageError

_Waiting = tuple[Command, "asyncio.Future[str]"]


class Told:
    """The queue of commands, and what each of them does."""

    def __init__(self, parts: Parts, stop: Callable[[], None], asking: Asking, seated: Callable[[], None]) -> None:
        self._p, self._stop, self._asking, self._seated = parts, stop, asking, seated
        self._queue: deque[_Waiting] = deque()
        self._done: dict[str, str] = {}  # nonce → what came of it
        self._refused: deque[tuple[str, str, int]] = deque()
        self.ended = False
        """Whether the desk has ended: nothing is done any more."""

    @property
    def waiting(self) -> int:
        """Commands that are not done yet."""
        return len(self._queue)

    async def tell(self, command: Command) -> Mapping[str, Any]:
        """Have a command done before the next batch, and wait for it. One that was done already is not done again.

        Raises UsageError for what it cannot be about, Unreachable when the desk has ended.
        """
        if self.ended:
            raise Unreachable("the desk has stopped", do="paperpit journal runs")
        self._instrument(command)
        self._strategy(command)
        waiting: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._queue.append((command, waiting))
        return {"result": await waiting}

    async def serve(self, now: int) -> None:
        """Do what waits; `now` is up to when the market has been walked, ns UTC."""
        while self._queue:
            command, waiting = self._queue.popleft()
            try:
                # All of `now` has been walked: a repetition must not do it before the rows of that very moment.
                result = await self.obey(command, now + 1)
            except PaperpitError as error:
                if not waiting.done():
                    waiting.set_exception(error)
                continue
            if not waiting.done():  # whoever asked may have gone
                waiting.set_result(result)

        self._write_refused(now + 1)

    def refused(self, way: str, why: str, count: int) -> None:
        """So many that came by some `way` were no commands. It is written between two batches, and changes nothing."""
        if not self.ended:
            self._refused.append((way, why, count))

    def _write_refused(self, now: int) -> None:
        if not self._refused:
            return
        while self._refused:
            way, why, count = self._refused.popleft()
            self._p.journal.control(f"{way}{REFUSED}", count, now, why)
        self._p.journal.commit()

    def remember(self, done: Mapping[str, str]) -> None:
        """What an earlier run has done."""
        self._done.update(done)

    def end(self) -> None:
        """The desk has ended: nobody is left waiting."""
        self.ended = True
        for _, waiting in self._queue:
            if not waiting.done():
                waiting.set_exception(Unreachable("the desk stopped before it could do that"))
        self._queue.clear()

    async def obey(self, command: Command, now: int) -> str:
        """Do it, and write it down as of `now`: a repetition of the run does it at the same place."""
        if command.nonce in self._done:
            return self._done[command.nonce]
        if command.verb in ("note", "tag"):
            return self._remark(command)
        try:
            result = await self._do(command, now)
        except PaperpitError as error:
            self._p.journal.command(replace(command, ts=now), f"refused: {error.what}")
            self._p.journal.commit()
            raise
        self._done[command.nonce] = result
        self._p.journal.command(replace(command, ts=now), result)
        self._p.journal.commit()
        return result

    async def _do(self, command: Command, now: int) -> str:
        match command.verb:
            case "pause":
                return self._pause(command, now)
            case "resume":
                return self._resume(command, now)
            case "cancel-entries":
                return await self._cancel(command, now)
            case "flatten":
                return await self._flatten(command, now)
            case "model-reset":
                self._p.gate.reset_model(command.strategy, now)
                self._p.journal.control(model_key(command.strategy), "reset", now, _because(command, ""))
                return f"reset: the model of {command.strategy}"
            case "reload":
                result = await self._p.reload(command, now)
                self._seated()
                return result
            case "stop" if command.ends_a_part:
                return await self._stop_scope(command, now)
            case "stop":
                self._stop()
                return "stopping: entries are cancelled, positions stay under their stops"
            case _:
                raise UsageError(f"{command.verb} is nothing that the desk does")

    def _remark(self, command: Command) -> str:
        """What a person says about a row; it changes nothing that the desk does, so that a repetition leaves it out."""
        journal = self._p.journal
        if command.verb == "note":
            journal.note(command.subject, command.text, command.ts, command.who)
        for name in command.tags:
            journal.tag(command.subject, name, command.ts, command.who, removed=command.remove)
        journal.commit()
        self._done[command.nonce] = "written"
        return "written"

    def _pause(self, command: Command, now: int) -> str:
        why = _because(command, "by command")
        at = self._instrument(command)
        self._p.gate.pause(True, since(why, now), strategy=command.strategy, instrument=at)
        self._p.journal.control(pause_key(command.strategy, command.instrument), True, now, why)
        return f"paused: {_scope(command)}"

    def _resume(self, command: Command, now: int) -> str:
        gate, journal = self._p.gate, self._p.journal
        gate.pause(False, command.reason, strategy=command.strategy, instrument=self._instrument(command))
        self._p.orders.allow(self._instrument(command))
        why = _because(command, "")
        journal.control(pause_key(command.strategy, command.instrument), False, now, why)
        if command.strategy:
            self._asking.forgive(command.strategy, why, now)
        if not command.clear_kill:
            return f"resumed: {_scope(command)}"
        gate.kill(False, command.reason)
        journal.control(KILL, False, now, why)
        return f"resumed: {_scope(command)}; the kill switch is cleared"

    async def _cancel(self, command: Command, now: int) -> str:
        instrument, strategy = self._instrument(command), command.strategy
        await self._p.orders.cancel_entries(now, "command", instrument=instrument, strategy=strategy)
        return f"cancelling working entries: {_scope(command)}"

    async def _flatten(self, command: Command, now: int) -> str:
        why = _because(command, "flatten", "flatten: ")
        # The door is closed first: nothing may come in while everything goes out.
        self._p.gate.kill(True, since(why, now))
        self._p.journal.control(KILL, True, now, why)
        self._p.journal.commit()
        instrument = self._instrument(command)
        await self._p.orders.flatten(now, "flatten", instrument=instrument, strategy=command.strategy)
        return "; ".join([f"flattening: {_scope(command)}", "the kill switch is set", *self._stays(command)])

    def _stays(self, command: Command) -> Iterator[str]:
        """What a flatten could not send, or may not touch."""
        wanted = self._instrument(command)
        for at, one in enumerate(self._p.instruments):
            if wanted not in (None, at):
                continue
            foreign = self._p.orders.position(at)
            for live in self._p.orders.live:
                if live.bracket.entry.instrument != at:
                    continue
                foreign -= live.side * live.share
                strategy = live.bracket.approved.proposal.strategy
                leaves = any(leg.order.role is Role.FLATTEN and leg.state not in ENDED for leg in live.legs.values())
                if live.share and not leaves and command.strategy in ("", strategy):
                    yield (
                        f"{live.side * live.share:+d} {one.product} of {strategy} cannot leave now"
                        f" ({live.state.value}): it is tried again until it has left"
                    )
            if foreign and not command.strategy:
                yield f"{foreign:+d} {one.product} belong to no bracket of ours and are left alone"

    async def _stop_scope(self, command: Command, now: int) -> str:
        """A part of the desk stops: no entries, working ones cancelled, what is held stays under its stop."""
        self._pause(replace(command, reason=f"stopped: {command.reason}" if command.reason else "stopped"), now)
        await self._cancel(command, now)
        flags = (f"--{key} {value}" for key, value in _named(command))
        opens = " ".join(["paperpit resume", *flags, "--reason TEXT"])
        return f"stopped: {_scope(command)}; entries are cancelled, positions stay under their stops; {opens} opens it"

    def _instrument(self, command: Command) -> int | None:
        """The index that the command means; None for all of them."""
        if not command.instrument:
            return None
        products = [one.product for one in self._p.instruments]
        if command.instrument not in products:
            raise UsageError(f"the desk does not trade {command.instrument}", allowed=", ".join(products))
        return products.index(command.instrument)

    def _strategy(self, command: Command) -> None:
        names = [seat.strategy.name for seat in self._p.seats]
        # Who has gone may still hold something, and that may have to leave.
        left = [live.bracket.approved.proposal.strategy for live in self._p.orders.live]
        if command.strategy and command.strategy not in (*names, *left):
            raise UsageError(f"no strategy {command.strategy} sits at the desk", allowed=", ".join(names))


def _named(command: Command) -> list[tuple[str, str]]:
    scope = (("strategy", command.strategy), ("instrument", command.instrument))
    return [(key, value) for key, value in scope if value]


def _because(command: Command, otherwise: str, before: str = "") -> str:
    """Why, and who says so."""
    why = f"{before}{command.reason}" if command.reason else otherwise
    return f"{why} ({command.who})" if command.who else why


def _scope(command: Command) -> str:
    return " in ".join(filter(None, (command.strategy, command.instrument))) or "everything"
