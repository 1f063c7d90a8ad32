"""The exchange and the paper account behind a simulated gateway: the other side of the server's seam.

Everything that it says passes through one place, in this order: the state file, the ledger, the client. So whatever a
client has heard of is on the disk, and a ledger never lacks what a client knows.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adapters.gateway.answers import Answers
from adapters.gateway.books import Books
from adapters.gateway.faults import FAULTS, NOW, Faults
from adapters.gateway.floor import Floor
from adapters.gateway.ledger import Ledger
from adapters.gateway.life import Life
from adapters.gateway.money import Money
from adapters.gateway.mouth import Mouth
from adapters.gateway.placing import Placing
from adapters.gateway.seam import Rules, Session, World
from adapters.gateway.staging import Staging
from adapters.gateway.state import State
from adapters.gateway.telling import Telling
from adapters.gateway.ticket import Execution
from adapters.gateway.verdict import Verdict
from adapters.gateway.wire_faults import WIRE_FAULTS
from bot.domain.market import Ticks

Handler = Callable[[Session, Sequence[str]], object]


class Exchange:
    """Orders, executions, positions, account; matches working orders with the market's rows."""

    def __init__(self, world: World, rules: Rules) -> None:
        self._world = world
        self._state, self._ledger, self._faults = State(rules.state), Ledger(rules.ledger), Faults()
        self.books = Books(world, self._state)
        """All that is known."""
        self._verdict = Verdict(lambda: self.books.live, self.books.units)
        self._mouth = Mouth(world)
        self._floor = Floor(world.instruments, rules.fill_model)
        self._telling = Telling(world, self.books, self._mouth, self._faults, self._ledger, self._verdict)
        self._life = Life(world, rules, self.books, self._floor, self._telling, self._faults)
        self._begun = False
        self._placing = Placing(
            world,
            rules,
            self.books,
            self._life,
            self._telling,
            self._mouth,
            self._faults,
            self._ledger,
            self._verdict,
        )
        self._answers = Answers(world, self.books, self._mouth, self._telling, self._verdict)
        self._money = Money(world, self.books.accounts, self._mouth, self._floor.worth)
        self._staging = Staging(world, self.books, self._life, self._telling, self._ledger)
        self._telling.position_changed = self._money.changed
        self._telling.now = self._answers.now = lambda: self._life.now
        self._handlers = self._roster()

    # The server's seam

    def request(self, session: Session, fields: Sequence[str]) -> bool:
        """A client's message; False when it is not the exchange's."""
        self._come_to(self._world.now_ns())
        self._ledger.heard(session, list(fields))
        self._verdict.heard(session, self._world.wall_ns())
        handler = self._handlers.get(fields[0])
        if handler is not None:
            try:
                handler(session, fields)
            except (IndexError, ValueError) as odd:
                self._mouth.error(session, -1, 320, f"Error reading request. Message id = {fields[0]}: {odd}")
        self.flush()
        return handler is not None

    def walk(self, ticks: Ticks, row: int, end: int) -> int:
        """Match rows from `row`; stop after the first row at which something happened. Returns the next row.

        That is `row` itself when what was under way has arrived before it.
        """
        floor, life = self._floor, self._life
        self._begin(int(ticks["ts"][row]))
        floor.turn(ticks)
        stamps = ticks["ts"]
        while row < end:
            upto = end if life.due is None else bisect_left(stamps, life.due, row, end)
            if floor.looks and row < upto:
                row = floor.scan(row, upto)
                if row < upto:
                    self._hit(row, int(stamps[row]))
                    return row + 1
            row = floor.row = upto
            if row < end and life.due is not None:
                self._come_to(life.due)
                if self._mouth:
                    return row
        self._come_to(int(stamps[end - 1]))
        return end

    def flush(self) -> None:
        """Write the books, then send what is queued."""
        self._mouth.due(self._life.now)
        self.books.flush()
        self._ledger.flush()
        self._mouth.flush()

    def at(self, ts: int) -> None:
        """The market's time has come to `ts`: what was under way arrives."""
        self._come_to(ts)
        self.flush()

    def left(self, session: Session) -> None:
        """A client has gone; its orders work on."""
        self._telling.followers.discard(session)
        self._money.left(session)

    def control(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """A command of the control socket: `fault`, `verdict`, `status`. Unknown ones answer `{"error": …}`."""
        self._come_to(self._world.now_ns())
        what = command.get("do")
        if what == "fault":
            answer = self._fault(command)
        elif what == "verdict":
            answer = self._verdict.judge()
        elif what == "status":
            answer = self._status()
        else:
            answer = {"error": f"{what!r} is not known"}
        self.flush()
        return answer

    @property
    def executions(self) -> Sequence[Execution]:
        """All that was executed, oldest first; a correction follows what it corrects."""
        return self.books.executions

    def close(self) -> None:
        """Let go of the books' files."""
        self._state.close()
        self._ledger.close()

    # Inside

    def _begin(self, ts: int) -> None:
        if self._begun:
            return
        self._begun = True
        self._life.at(ts)
        self._life.restore()
        self._verdict.restore(self.books.tickets.values(), self.books.executions)
        self._stamp()
        if self.books.tickets:
            self._ledger.write("restored", orders=len(self.books.tickets), executions=len(self.books.executions))

    def _come_to(self, ts: int) -> None:
        self._begin(ts)
        self._life.at(ts)
        self._verdict.at(ts)
        self._mouth.due(ts)
        self._stamp()

    def _hit(self, row: int, ts: int) -> None:
        """Row `row` fills one order after another."""
        self._come_to(ts)
        self._floor.row = row
        while True:
            hit = self._floor.hit()
            self._life.hit(hit.ticket, hit.quantity, hit.price)
            if self._floor.scan(row, row + 1) > row:
                break
        self._floor.row = row + 1

    def _stamp(self) -> None:
        self._ledger.at(self._life.now, self._world.wall_ns())

    def _roster(self) -> dict[str, Handler]:
        answers, money, placing = self._answers, self._money, self._placing
        return {
            "3": placing.place,
            "4": placing.cancel,
            "5": lambda session, fields: answers.open_orders(session, everybody=False),
            "6": money.updates,
            "7": answers.executions,
            "8": lambda session, fields: answers.next_id(session),
            "15": lambda session, fields: answers.open_orders(session, everybody=True),
            "16": lambda session, fields: answers.open_orders(session, everybody=True),
            "58": lambda session, fields: placing.cancel_all(),
            "61": lambda session, fields: answers.positions(session),
            "62": money.summary,
            "63": lambda session, fields: None,
            "64": lambda session, fields: self._telling.followers.discard(session),
            "74": answers.positions_multi,
            "75": lambda session, fields: None,
            "76": money.multi,
            "77": lambda session, fields: None,
            "92": money.profit,
            "93": money.no_profit,
            "94": money.profit,
            "95": money.no_profit,
            "99": lambda session, fields: answers.completed(session),
        }

    def _fault(self, command: Mapping[str, Any]) -> dict[str, Any]:
        name, argument = str(command.get("name", "")), str(command.get("arg", ""))
        if name in WIRE_FAULTS:
            return self._wire_fault(name)
        if name not in FAULTS:
            allowed = ", ".join([*WIRE_FAULTS, *FAULTS])
            return {"error": f"no fault is called {name!r}; there are {allowed}"}
        if command.get("off"):
            self._faults.disarm(name)
        elif name in NOW:
            wrong = self._staging.stage(name, argument or FAULTS[name].default)
            if wrong:
                return {"error": wrong}
        else:
            self._faults.arm(name, argument, command.get("times"))
        self._ledger.write("fault", name=name, argument=argument, off=bool(command.get("off")))
        return {"ok": True, "armed": self._faults.names}

    def _wire_fault(self, name: str) -> dict[str, Any]:
        """The server has done it; what it means for the exchange."""
        if name in ("delayed", "data-ok", "clear"):
            self._verdict.delayed = name == "delayed"
        if name == "clear":
            self._faults.clear()
        if name == "nightly":
            self.books.held.clear()
        self._ledger.write("fault", name=name, argument="", off=False)
        return {"ok": True}

    def _status(self) -> dict[str, Any]:
        positions = self.books.accounts.positions.items()
        return {
            "orders": [
                {"ref": one.ref, "perm_id": one.perm_id, "state": one.state, "filled": one.filled}
                for one in self.books.live
            ],
            "positions": [
                {"account": account, "con_id": con_id, "position": one.units}
                for (account, con_id), one in positions
                if one.units
            ],
            "executions": len(self.books.executions),
            "faults": self._faults.names,
        }
