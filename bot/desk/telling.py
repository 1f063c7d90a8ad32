"""What a person tells the desk, done between two batches and journalled with what came of it."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.desk.asking import Asking
from bot.desk.parts import Parts
from bot.domain.command import KILL, Command, pause_key
from bot.errors import PaperpitError, Unreachable, UsageError

_Waiting = tuple[Command, "asyncio.Future[str]"]


class Told:
    """The queue of commands, and what each of them does."""

    def __init__(self, parts: Parts, stop: Callable[[], None], asking: Asking) -> None:
        self._p, self._stop, self._asking = parts, stop, asking
        self._queue: deque[_Waiting] = deque()
        self._done: dict[str, str] = {}  # nonce → what came of it
        self._ended = False

    async def tell(self, command: Command) -> Mapping[str, Any]:
        """Have a command done before the next batch, and wait for it. One that was done already is not done again.

        Raises UsageError for what it cannot be about, Unreachable when the desk has ended.
        """
        if self._ended:
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

    def end(self) -> None:
        """The desk has ended: nobody is left waiting."""
        self._ended = True
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
        why = command.reason or "by command"
        self._p.gate.pause(True, why, strategy=command.strategy, instrument=self._instrument(command))
        self._p.journal.control(pause_key(command.strategy, command.instrument), True, now, why)
        return f"paused: {_scope(command)}"

    def _resume(self, command: Command, now: int) -> str:
        gate, journal = self._p.gate, self._p.journal
        gate.pause(False, command.reason, strategy=command.strategy, instrument=self._instrument(command))
        self._p.orders.allow(self._instrument(command))
        journal.control(pause_key(command.strategy, command.instrument), False, now, command.reason)
        if command.strategy:
            self._asking.forgive(command.strategy, command.reason, now)
        if not command.clear_kill:
            return f"resumed: {_scope(command)}"
        gate.kill(False, command.reason)
        journal.control(KILL, False, now, command.reason)
        return f"resumed: {_scope(command)}; the kill switch is cleared"

    async def _cancel(self, command: Command, now: int) -> str:
        instrument, strategy = self._instrument(command), command.strategy
        await self._p.orders.cancel_entries(now, "command", instrument=instrument, strategy=strategy)
        return f"cancelling working entries: {_scope(command)}"

    async def _flatten(self, command: Command, now: int) -> str:
        why = f"flatten: {command.reason}" if command.reason else "flatten"
        # The door is closed first: nothing may come in while everything goes out.
        self._p.gate.kill(True, why)
        self._p.journal.control(KILL, True, now, why)
        self._p.journal.commit()
        instrument = self._instrument(command)
        await self._p.orders.flatten(now, "flatten", instrument=instrument, strategy=command.strategy)
        return f"flattening: {_scope(command)}; the kill switch is set"

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
        if command.strategy and command.strategy not in names:
            raise UsageError(f"no strategy {command.strategy} sits at the desk", allowed=", ".join(names))


def _scope(command: Command) -> str:
    return " in ".join(filter(None, (command.strategy, command.instrument))) or "everything"
