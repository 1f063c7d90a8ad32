"""placeOrder as bytes. Source: TWS API at server version 178, message 3: 114 fields, in the order of ib_async's Client.

The library takes 50 µs for one order; a bracket is three, and a print that asks for one waits for all. What never
differs is taken from the library's own encoding once; gateways of another version get that encoding whole.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from ib_async.client import Client
from ib_async.contract import Contract
from ib_async.order import Order

VERSION = 178
"""The server version whose layout stands here."""
_LENGTH = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Placing:
    """What differs from one order to the next. Prices are in points, exact; `parent` is 0 for an order on its own."""

    number: int
    ref: str
    account: str
    side: int  # +1 buy, −1 sell
    quantity: int
    type: Literal["LMT", "STP", "MKT"]
    tif: Literal["DAY", "GTC"]
    price: Decimal | None = None  # limit
    trigger: Decimal | None = None
    outside_rth: bool = False
    transmit: bool = True
    parent: int = 0
    oca_group: str = ""
    oca_type: int = 0


def encode(contract: Contract, orders: Sequence[Placing], version: int) -> bytes:
    """One message an order, each with its length, to be written in one piece.

    Raises ValueError for a text that would break out of its field, or that IB does not take (ASCII without controls).
    """
    for order in orders:
        for text in (order.ref, order.account, order.oca_group):
            if not (text.isascii() and text.isprintable()):
                raise ValueError(f"{text!r} cannot be sent to IB: plain ASCII only")
    if version != VERSION:
        return b"".join(_framed(_by_library(contract, order, version)) for order in orders)
    traded = _contract(contract)
    if not traded.replace("\0", "").isprintable():
        raise ValueError(f"{contract} cannot be sent to IB: it holds control characters")
    return b"".join(_framed(_plain(traded, order)) for order in orders)


def _framed(text: str) -> bytes:
    body = text.encode()
    return _LENGTH.pack(len(body)) + body


def _plain(traded: str, order: Placing) -> str:
    return (
        f"3\0{order.number}\0{traded}{'BUY' if order.side > 0 else 'SELL'}\0{order.quantity}\0{order.type}\0"
        f"{_points(order.price)}\0{_points(order.trigger)}\0{order.tif}\0{order.oca_group}\0{order.account}\0{_ORIGIN}"
        f"{order.ref}\0{order.transmit:d}\0{order.parent}\0{_SWEEP}{order.outside_rth:d}\0{_HIDDEN}{order.oca_type}\0"
        f"{_REST}"
    )


def _points(price: Decimal | None) -> str:
    """Never with an exponent, which Decimal writes for round numbers."""
    return "" if price is None else format(price, "f")


def _contract(contract: Contract) -> str:
    """Fields 2 to 15."""
    c = contract
    return (
        f"{c.conId}\0{c.symbol}\0{c.secType}\0{c.lastTradeDateOrContractMonth}\0{c.strike}\0{c.right}\0{c.multiplier}\0"
        f"{c.exchange}\0{c.primaryExchange}\0{c.currency}\0{c.localSymbol}\0{c.tradingClass}\0{c.secIdType}\0{c.secId}\0"
    )


class _Library(Client):
    """The library's encoder without a connection."""

    def __init__(self, version: int) -> None:
        self._version, self.said = version, ""

    def serverVersion(self) -> int:
        return self._version

    def isConnected(self) -> bool:
        return True

    def sendMsg(self, msg: str) -> None:
        self.said = msg


def _by_library(contract: Contract, order: Placing, version: int) -> str:
    library = _Library(version)
    made = Order(
        action="BUY" if order.side > 0 else "SELL",
        totalQuantity=order.quantity,
        orderType=order.type,
        tif=order.tif,
        ocaGroup=order.oca_group,
        ocaType=order.oca_type,
        account=order.account,
        orderRef=order.ref,
        transmit=order.transmit,
        parentId=order.parent,
        outsideRth=order.outside_rth,
    )
    # Text, so that no float comes between: the library writes it as it stands.
    made.lmtPrice, made.auxPrice = _points(order.price), _points(order.trigger)  # type: ignore[assignment]
    library.placeOrder(order.number, contract, made)
    return library.said


def _constant(first: int, behind: int) -> str:
    """Fields that no order of ours fills, as the library writes them when they are not set."""
    library = _Library(VERSION)
    library.placeOrder(0, Contract(), Order())
    return "".join(f"{field}\0" for field in library.said.split("\0")[first:behind])


_ORIGIN = _constant(24, 26)  # openClose, origin
_SWEEP = _constant(29, 33)  # blockOrder to triggerMethod
_HIDDEN = _constant(34, 46)  # hidden to exemptCode
_REST = _constant(47, 114)  # rule80A to manualOrderTime
