"""A market without a socket: the exchange, tapes told row by row, and clients that speak through ib_async's own code.

The bytes of a client are made by the library's encoder and those of the exchange read by its decoder; only the wire
between the two is left out, so that a test can say between which two rows a message arrives.
"""

from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from ib_async import Contract, ExecutionFilter, Order
from ib_async.client import Client

from adapters.gateway.exchange import Exchange
from adapters.gateway.protocol import text
from adapters.gateway.seam import Field, Listed, Rules
from bot.domain.instrument import Instrument
from bot.domain.market import Ticks

ES = Instrument(
    "ES", Decimal("0.25"), Decimal("12.50"), contract="ESM2026", commission=Decimal("2.25"), slippage_ticks=1
)
ESM = Listed(
    con_id=495512,
    instrument=ES,
    index=0,
    symbol="ES",
    sec_type="FUT",
    expiry="20260618",
    multiplier="50",
    exchange="CME",
    primary_exchange="",
    currency="USD",
    local_symbol="ESM6",
    trading_class="ES",
)
FUTURE = Contract(conId=ESM.con_id, symbol="ES", secType="FUT", exchange="CME", currency="USD")
ACCOUNT = "DU1234567"


class Pit:
    """The World of the seam, and the exchange in it."""

    lost_ib_ns: int | None = None
    account = ACCOUNT
    instruments = (ES,)

    def __init__(self, ticks: Ticks, model: str = "queue", *, latency_ms: int = 0, folder: Path | None = None) -> None:
        self.ticks, self.row = ticks, 0
        self.sessions: list[Desk] = []
        self._connections = 0
        self.wall = 1_800_000_000_000_000_000
        state, ledger = (None, None) if folder is None else (folder / "state", folder / "ledger")
        self.rules = Rules(model, latency_ms * 1_000_000, state, ledger)
        self.exchange = Exchange(self, self.rules)

    def now_ns(self) -> int:
        return int(self.ticks["ts"][max(0, self.row - 1)]) if len(self.ticks) else 0

    def wall_ns(self) -> int:
        self.wall += 1_000_000
        return self.wall

    def find(self, contract: Sequence[str]) -> list[Listed]:
        fits = contract[0] == str(ESM.con_id) or (contract[0] in ("", "0") and contract[1] == "ES")
        return [ESM] if fits else []

    def listed(self, con_id: int) -> Listed | None:
        return ESM if con_id == ESM.con_id else None

    def client(self, client_id: int = 17, *, asked: bool = True) -> "Desk":
        """A client that has connected, and (as a careful one does) asked where it stands."""
        self._connections += 1
        desk = Desk(self, client_id, self._connections)
        self.sessions.append(desk)
        if asked:
            desk.ask()
        return desk

    def play(self, rows: int | None = None) -> "Pit":
        """The market goes on by so many rows, or to the end and a second beyond it."""
        end = len(self.ticks) if rows is None else min(len(self.ticks), self.row + rows)
        while self.row < end:
            self.row = self.exchange.walk(self.ticks, self.row, end)
            self.exchange.flush()
        if rows is None:
            self.exchange.at(int(self.ticks["ts"][-1]) + 1_000_000_000)
            self.exchange.flush()
        return self

    def on(self, ticks: Ticks) -> "Pit":
        """Another batch of rows follows."""
        self.ticks, self.row = ticks, 0
        return self

    def fault(self, name: str, argument: str = "", **more: Any) -> None:
        """Arm a fault, or let it happen."""
        answer = self.exchange.control({"do": "fault", "name": name, "arg": argument, **more})
        assert answer.get("ok"), answer

    @property
    def findings(self) -> set[str]:
        """Names of what the verdict holds against the clients."""
        return {one["name"] for one in self.exchange.control({"do": "verdict"})["findings"]}


class _Library(Client):
    """ib_async's client with its wire cut off."""

    def __init__(self, desk: "Desk") -> None:
        super().__init__(_Ears(desk))
        self._desk = desk
        self._serverVersion = 178
        self.decoder.serverVersion = 178

    def isConnected(self) -> bool:
        return True

    def sendMsg(self, msg: str) -> None:
        self._desk.sent.append(msg.split("\0")[:-1])
        self._desk.pit.exchange.request(self._desk, self._desk.sent[-1])


class _Ears:
    """What the library's decoder calls: everything is written down."""

    class ib:
        TimezoneTWS = None

    defaultTimezone = UTC

    def __init__(self, desk: "Desk") -> None:
        self._desk = desk

    def __getattr__(self, name: str) -> Any:
        if name.startswith("tcpData"):
            raise AttributeError(name)
        return lambda *args: self._desk.heard.append((name, args))


class Desk:
    """One client: the Session of the seam on one side, ib_async on the other. `heard` is what it was told, in order."""

    tape_time = True
    version = 178
    account = ACCOUNT

    def __init__(self, pit: Pit, client_id: int, number: int) -> None:
        self.pit, self.client_id, self.number = pit, client_id, number
        self.connected = True
        self.heard: list[tuple[str, tuple[Any, ...]]] = []
        self.raw: list[list[str]] = []
        self.sent: list[list[str]] = []
        self.library = _Library(self)
        self._next = 0

    def send(self, *fields: Field) -> None:
        told = [text(field) for field in fields]
        self.raw.append(told)
        self.library.decoder.interpret(told)

    def error(self, request_id: int, code: int, words: str) -> None:
        self.send(4, 2, request_id, code, words, "")

    def ask(self) -> "Desk":
        """Open orders, executions, positions."""
        self.library.reqAllOpenOrders()
        self.library.reqExecutions(9, ExecutionFilter())
        self.library.reqPositions()
        return self

    def leaves(self) -> None:
        """The socket is cut."""
        self.connected = False
        self.pit.sessions.remove(self)
        self.pit.exchange.left(self)

    # What it does

    def next_id(self) -> int:
        """An order id that was not used before."""
        self.library.reqIds(1)
        self._next = max(self._next + 1, self.told("nextValidId")[-1][0])
        return self._next

    def place(self, action: str, quantity: int, kind: str, price: object = None, **more: Any) -> int:
        """Place an order; its id. `price` is the limit of a LMT, the trigger of a STP."""
        number = int(more.pop("orderId", 0)) or self.next_id()
        contract = more.pop("contract", FUTURE)
        named = {"LMT": "lmtPrice", "STP": "auxPrice"}
        priced = {named[kind]: price} if kind in named else {}
        order = Order(**{"tif": "GTC", "account": ACCOUNT, **priced, **more})
        order.action, order.totalQuantity, order.orderType = action, quantity, kind
        self.library.placeOrder(number, contract, order)
        return number

    def bracket(
        self, entry: object, stop: object, target: object, quantity: int = 1, *, name: str = "b", side: str = "BUY"
    ) -> tuple[int, int, int]:
        """Entry, stop and target; the last transmits."""
        other = "SELL" if side == "BUY" else "BUY"
        first = self.next_id()
        self.place(side, quantity, "LMT", entry, orderId=first, transmit=False, orderRef=f"{name}/entry")
        kept = {"parentId": first, "outsideRth": True}
        self.place(other, quantity, "STP", stop, orderId=first + 1, transmit=False, orderRef=f"{name}/stop", **kept)
        self.place(other, quantity, "LMT", target, orderId=first + 2, orderRef=f"{name}/target", **kept)
        self._next = first + 2
        return first, first + 1, first + 2

    def cancel(self, number: int) -> None:
        self.library.cancelOrder(number)

    # What it was told

    def told(self, name: str) -> list[tuple[Any, ...]]:
        """Arguments of every message of that name."""
        return [args for one, args in self.heard if one == name]

    def errors(self, number: int | None = None) -> list[int]:
        """Codes of messages 4, about one order or about anything."""
        return [args[1] for args in self.told("error") if number in (None, args[0])]

    def states(self, number: int) -> list[str]:
        """States of an order, one after the other."""
        return [args[1] for args in self.told("orderStatus") if args[0] == number]

    def last(self, number: int) -> tuple[Any, ...]:
        """The newest orderStatus of an order."""
        return [args for args in self.told("orderStatus") if args[0] == number][-1]

    @property
    def fills(self) -> list[tuple[str, int, Decimal]]:
        """(orderRef, shares, price) of every execution, as it was told."""
        told = [args[2] for args in self.told("execDetails")]
        return [(one.orderRef, int(one.shares), Decimal(str(one.price))) for one in told]

    def forget(self) -> "Desk":
        """Begin a new page."""
        self.heard.clear()
        self.raw.clear()
        return self


def cuts(ticks: Ticks, *where: int) -> list[Ticks]:
    """The rows in several batches."""
    return [part for part in np.split(ticks, where) if len(part)]
