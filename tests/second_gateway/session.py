"""One client of the gateway: its handshake, its questions, its subscriptions, and what it is told of its orders."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.second_gateway.contracts import RULES, Contracts
from tests.second_gateway.exchange import LIVE, Execution
from tests.second_gateway.fields import Order, frame, order_of, read_frame

if TYPE_CHECKING:
    from tests.second_gateway.gateway import SecondGateway

COMMISSION = "2.25"
FARMS = ((2104, "Market data farm connection is OK:usfuture"), (2158, "Sec-def data farm connection is OK:secdefnj"))
FARMS_ASLEEP = ((2107, "HMDS data farm connection is inactive but should be available upon demand.ushmds"),)


class Session:
    """Serves until the socket ends."""

    def __init__(
        self, gateway: "SecondGateway", reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        self.gateway, self.reader, self.writer, self.number = gateway, reader, writer, number
        self.client = -1
        self.ready = False
        self.prints: dict[str, str] = {}
        self.quotes: dict[str, str] = {}
        self.contracts = Contracts(gateway.options, gateway.symbol, gateway.seconds())
        self._waiting: list[bytes] = []
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()

    def cut(self) -> None:
        """End it without a word."""
        self.ready = False
        self.writer.transport.abort()

    def send(self, data: bytes) -> None:
        """Write, in the pieces or heaps that this gateway likes."""
        if self.writer.is_closing():
            return
        options = self.gateway.options
        if options.merge:
            self._waiting.append(data)
            if len(self._waiting) == 1:
                asyncio.get_running_loop().call_later(0.01, self._flush)
        elif options.split and len(data) > 2:
            at = self.gateway.lot.randrange(1, len(data))
            self._waiting.append(data)
            if len(self._waiting) == 1:
                self.writer.write(data[:at])
                self._waiting[0] = data[at:]
                asyncio.get_running_loop().call_later(0.003, self._flush)
        else:
            self.writer.write(data)

    def _flush(self) -> None:
        if not self.writer.is_closing():
            self.writer.write(b"".join(self._waiting))
        self._waiting.clear()

    async def serve(self) -> None:
        """The handshake, then message after message."""
        gateway, options = self.gateway, self.gateway.options
        if gateway.mute:
            await self.reader.read()
            return
        assert await self.reader.readexactly(4) == b"API\0"
        length = int.from_bytes(await self.reader.readexactly(4), "big")
        wanted = (await self.reader.readexactly(length)).decode()
        if gateway.garbage_first:
            self.send(gateway.lot.randbytes(64))
            await self.reader.read()
            return
        assert wanted.startswith("v157..178"), wanted
        told = datetime.fromtimestamp(gateway.seconds(), UTC).astimezone(ZoneInfo("US/Central"))
        self.send(frame(options.server_version, f"{told:%Y%m%d %H:%M:%S} CST"))
        answering = asyncio.get_running_loop().create_task(self._answer())
        try:
            while True:
                fields = await read_frame(self.reader)
                gateway.received.append((self.number, fields))
                handler = getattr(self, f"_on_{fields[0]}", None)
                if handler is not None:
                    handler(fields)
        finally:
            answering.cancel()

    async def _answer(self) -> None:
        while True:
            data = await self._answers.get()
            if self.gateway.options.slow_s:
                await asyncio.sleep(self.gateway.options.slow_s)
            self.send(data)

    def reply(self, *messages: Any) -> None:
        """Answer a question, at this gateway's speed."""
        self._answers.put_nowait(b"".join(frame(*one) for one in messages))

    def end(self, name: str) -> bool:
        """Whether an end marker is sent: one kind may be missing, once in the gateway's life."""
        if name == self.gateway.options.missing_end_once and name not in self.gateway.missed:
            self.gateway.missed.add(name)
            return False
        return True

    # Questions

    def _on_71(self, fields: list[str]) -> None:
        gateway, options = self.gateway, self.gateway.options
        self.client = int(fields[2])
        if self.client in gateway.held_ids:
            self.send(frame(4, 2, -1, 326, "Unable to connect as the client id is already in use.", ""))
            asyncio.get_running_loop().call_later(0.05, self.writer.close)
            return
        accounts, ids = frame(15, 1, options.account), frame(9, 1, gateway.next_id)
        farms = FARMS if options.farms else FARMS_ASLEEP if options.id_first else ()
        words = [frame(4, 2, -1, code, text, "") for code, text in farms]
        for one in (ids, *words, accounts) if options.id_first else (accounts, ids, *words):
            self.send(one)
        self.ready = True

    def _on_17(self, fields: list[str]) -> None:
        self.reply((15, 1, self.gateway.options.account))

    def _on_8(self, fields: list[str]) -> None:
        self.reply((9, 1, self.gateway.next_id))

    def _on_49(self, fields: list[str]) -> None:
        if self.gateway.options.answers_time:
            self.send(frame(49, 1, int(self.gateway.seconds())))

    def _on_9(self, fields: list[str]) -> None:
        request, number, symbol = fields[2], int(fields[3] or 0), fields[4]
        known = self.contracts.listed()
        if (
            self.gateway.unknown_contract
            or (symbol and symbol != self.gateway.symbol)
            or (number and number not in known)
        ):
            self.reply((4, 2, request, 200, "No security definition has been found for the request", ""))
            return
        listed = [number] if number else known
        self.reply(*(self.contracts.details(request, one) for one in listed), (52, 1, request))

    def _on_91(self, fields: list[str]) -> None:
        rows = RULES[fields[1]]
        self.reply((93, fields[1], len(rows), *(text for row in rows for text in row)))

    def _on_59(self, fields: list[str]) -> None:
        if self.gateway.options.answers_data_type:
            self.send(frame(58, 1, -1, fields[2]))

    def _on_20(self, fields: list[str]) -> None:
        if self.gateway.options.answers_history:
            self.reply(
                (4, 2, fields[1], 162, "Historical Market Data Service error message:HMDS query returned no data", "")
            )

    def _on_5(self, fields: list[str]) -> None:
        self._open_orders(self.client)

    def _on_16(self, fields: list[str]) -> None:
        self._open_orders(None)

    def _open_orders(self, client: int | None) -> None:
        out: list[Any] = []
        for one in self.gateway.exchange.orders.values():
            if one.status in LIVE and client in (None, one.client):
                out += [self._open_order(one), self._status(one)]
        self.reply(*out, *([(53, 1)] if self.end("openOrderEnd") else []))

    def _on_7(self, fields: list[str]) -> None:
        out: list[Any] = []
        for done in self.gateway.exchange.ledger:
            out += [self._execution(fields[2], done)]
        out += [self._commission(done) for done in self.gateway.exchange.ledger]
        self.reply(*out, *([(55, 1, fields[2])] if self.end("execDetailsEnd") else []))

    def _on_61(self, fields: list[str]) -> None:
        exchange, writes = self.gateway.exchange, self.gateway.writes
        out: list[Any] = []
        if exchange.ledger:
            short = self.contracts.short(next(iter(self.contracts.ends)))
            short[7] = ""  # the gateway names no exchange of a position
            account = self.gateway.options.account.split(",")[0]
            out.append((61, 3, account, *short, writes.size(exchange.position), writes.price(exchange.last * 50)))
        self.reply(*out, *([(62, 1)] if self.end("positionEnd") else []))

    def _on_62(self, fields: list[str]) -> None:
        self.reply((64, 1, fields[2]))

    def _on_6(self, fields: list[str]) -> None:
        self.reply((54, 1, fields[3]))

    # Market data

    def _on_97(self, fields: list[str]) -> None:
        into = {"BidAsk": self.quotes, "Last": self.prints, "AllLast": self.prints}[fields[14]]
        into[fields[1]] = fields[14]

    def _on_98(self, fields: list[str]) -> None:
        self.quotes.pop(fields[1], None)
        self.prints.pop(fields[1], None)

    def bid_ask(self, bid: Decimal, ask: Decimal, bid_size: int, ask_size: int) -> None:
        """Message 99, kind 3."""
        writes, now = self.gateway.writes, int(self.gateway.seconds())
        for request in self.quotes:
            prices = (writes.price(bid), writes.price(ask))
            self.send(frame(99, request, 3, now, *prices, writes.size(bid_size), writes.size(ask_size), 0))

    def printed(self, price: Decimal, size: int, mask: int) -> None:
        """Message 99, kind 1 or 2."""
        writes, now = self.gateway.writes, int(self.gateway.seconds())
        for request, kind in self.prints.items():
            words = (1 if kind == "Last" else 2, now, writes.price(price), writes.size(size))
            self.send(frame(99, request, *words, mask, "CME", ""))

    # Orders

    def _on_3(self, fields: list[str]) -> None:
        order = order_of(fields, self.client, self.gateway.options.server_version)
        self.gateway.next_id = max(self.gateway.next_id, order.number + 1)
        self.gateway.exchange.place(order)
        self.gateway.exchange.moved()

    def _on_4(self, fields: list[str]) -> None:
        self.gateway.exchange.cancel(self.client, int(fields[2]))

    def _on_58(self, fields: list[str]) -> None:
        for one in list(self.gateway.exchange.orders.values()):
            if one.status in LIVE:
                self.gateway.exchange.cancel(one.client, one.number)

    def told(self, kind: str, *what: Any) -> None:
        """Tell the client what became of an order, in this gateway's manner."""
        getattr(self, f"_told_{kind}")(*what)

    def _told_error(self, number: int, code: int, text: str) -> None:
        self.send(frame(4, 2, number, code, text, ""))

    def _told_new(self, one: Order) -> None:
        options = self.gateway.options
        if options.infos:
            self._told_error(one.number, 10349, "Order TIF was set to DAY based on order preset.")
        if options.late_perm_id:
            true, one.perm = one.perm, 0
            self.say_order(one)
            one.perm = true
            asyncio.get_running_loop().call_later(0.05, self.say_order, one)
        else:
            self.say_order(one)
        if options.infos:
            self._told_error(
                one.number, 2109, 'Order Event Warning: Attribute "Outside Regular Trading Hours" is ignored.'
            )
            self._told_error(one.number, 399, "Order Message:\nBUY 1 ES\nWarning: your order is repriced not to cross.")

    def _told_changed(self, one: Order) -> None:
        self.say_order(one)

    def say_order(self, one: Order) -> None:
        """openOrder and orderStatus, in this gateway's order and number."""
        first = self.gateway.options.first_word
        words = [self._open_order(one)]
        if first != "openOrder alone":
            words = [*words, self._status(one)] if first == "openOrder" else [self._status(one), *words]
        for word in words * (2 if self.gateway.options.twice else 1):
            self.send(frame(*word))

    def _told_status(self, one: Order) -> None:
        for _ in range(2 if self.gateway.options.twice else 1):
            self.send(frame(*self._status(one)))

    def _told_cancelled(self, one: Order) -> None:
        words = [frame(*self._status(one)), frame(4, 2, one.number, 202, "Order Canceled - reason:", "")]
        how = self.gateway.options.cancelled_by
        for word in words[::-1] if how == "202+status" else words[:1] if how == "status alone" else words:
            self.send(word)

    def _told_filled(self, one: Order, done: Execution) -> None:
        options = self.gateway.options
        commission = frame(*self._commission(done))
        if options.commission == "before":
            self.send(commission)
        self.send(frame(*self._execution("-1", done)))
        if options.fill_status:
            self.say_order(one)
        if options.commission == "after":
            self.send(commission)
        elif options.commission == "late":
            asyncio.get_running_loop().call_later(2.0, self.send, commission)

    def _open_order(self, one: Order) -> list[str]:
        short = self.contracts.short(next(iter(self.contracts.ends)))
        return self.gateway.writes.open_order(one, short, self.gateway.exchange.group(one))

    def _status(self, one: Order) -> list[Any]:
        writes = self.gateway.writes
        held = "child" if one.status == "PreSubmitted" and one.parent and one.kind != "STP" else ""
        held = "trigger" if one.kind == "STP" and one.status == "PreSubmitted" else held
        sizes = [writes.size(one.filled), writes.size(one.left if one.status != "Cancelled" else 0)]
        prices = [
            writes.price(one.average.quantize(Decimal("0.001"))),
            one.perm,
            one.parent,
            writes.price(one.last or Decimal(0)),
        ]
        return [3, one.number, one.status, *sizes, *prices, one.client, held, "0.0"]

    def _execution(self, request: str, done: Execution) -> list[Any]:
        options, one, writes = self.gateway.options, done.order, self.gateway.writes
        out = [11, request, one.number, *self.contracts.short(next(iter(self.contracts.ends))), done.exec_id]
        out += [
            self._time(done.seconds),
            one.account,
            "CME",
            "BOT" if one.side > 0 else "SLD",
            writes.size(done.quantity),
        ]
        out += [writes.price(done.price), one.perm, one.client, 0, writes.size(done.filled)]
        out += [writes.price(done.average.quantize(Decimal("0.001"))), one.ref, "", options.unset, "", 2]
        return out + ([0] if options.server_version >= 178 else [])

    def _time(self, seconds: int) -> str:
        zone = self.gateway.options.zone_of_executions
        at = datetime.fromtimestamp(seconds, UTC)
        if zone == "dashed UTC":
            return f"{at:%Y%m%d-%H:%M:%S}"
        if zone == "two spaces":
            return f"{at.astimezone(ZoneInfo('US/Central')):%Y%m%d  %H:%M:%S}"
        if zone == "letters":
            return f"{at.astimezone(ZoneInfo('US/Central')):%Y%m%d %H:%M:%S %Z}"
        if zone:
            return f"{at.astimezone(ZoneInfo(zone)):%Y%m%d %H:%M:%S} {zone}"
        return f"{at.astimezone(ZoneInfo('US/Central')):%Y%m%d %H:%M:%S}"

    def _commission(self, done: Execution) -> list[Any]:
        unset = "1.7976931348623157E308"
        return [59, 1, done.exec_id, COMMISSION, "USD", unset if done.opening else "12.5", unset, ""]
