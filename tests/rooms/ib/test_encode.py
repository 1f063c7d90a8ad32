"""placeOrder's bytes against the library's own, field by field."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_async.client import Client
from ib_async.contract import Contract
from ib_async.order import Order

from adapters.ib.encode import VERSION, Placing, encode

ES = Contract(
    conId=495512563,
    symbol="ES",
    secType="FUT",
    lastTradeDateOrContractMonth="20261218",
    multiplier="50",
    exchange="CME",
    currency="USD",
    localSymbol="ESZ6",
    tradingClass="ES",
)
ENTRY = Placing(7, "r-1", "DU1234567", 1, 2, "LMT", "DAY", price=Decimal("4200.50"), outside_rth=True, transmit=False)


class Recorder(Client):
    """The library's client, told that it is connected; what it would send is kept."""

    def __init__(self, version: int) -> None:
        self._version, self.said = version, ""

    def serverVersion(self) -> int:
        return self._version

    def isConnected(self) -> bool:
        return True

    def sendMsg(self, msg: str) -> None:
        self.said = msg


def by_library(order: Placing, version: int = VERSION) -> list[str]:
    made = Order(
        action={1: "BUY", -1: "SELL"}[order.side],
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
    if order.price is not None:
        made.lmtPrice = float(order.price)
    if order.trigger is not None:
        made.auxPrice = float(order.trigger)
    recorder = Recorder(version)
    recorder.placeOrder(order.number, ES, made)
    return recorder.said.split("\0")[:-1]


def messages(data: bytes) -> list[list[str]]:
    found = []
    while data:
        length = int.from_bytes(data[:4])
        found.append(data[4 : 4 + length].decode().split("\0")[:-1])
        data = data[4 + length :]
    return found


def same(ours: list[str], theirs: list[str]) -> None:
    """Field by field; a price as a number, for a float says 4200.5 where a Decimal says 4200.50."""
    assert len(ours) == len(theirs)
    for index, (a, b) in enumerate(zip(ours, theirs, strict=True)):
        assert a == b or (index in (19, 20) and Decimal(a) == Decimal(b)), index


PRICES = st.integers(-4_000, 100_000).map(lambda n: Decimal(n) / 4)
KINDS = st.one_of(
    st.builds(lambda p: {"type": "LMT", "price": p}, PRICES),
    st.builds(lambda p: {"type": "STP", "trigger": p}, PRICES),
    st.just({"type": "MKT"}),
)
ORDERS = st.builds(
    lambda kind, **rest: Placing(**rest, **kind),
    KINDS,
    number=st.integers(1, 2**31 - 1),
    ref=st.from_regex(r"[A-Za-z0-9._/-]{0,40}", fullmatch=True),
    account=st.just("DU1234567"),
    side=st.sampled_from([1, -1]),
    quantity=st.integers(1, 500),
    tif=st.sampled_from(["DAY", "GTC"]),
    outside_rth=st.booleans(),
    transmit=st.booleans(),
    parent=st.integers(0, 2**31 - 1),
    oca_group=st.sampled_from(["", "paperpit-7"]),
    oca_type=st.integers(0, 3),
)


@given(ORDERS)
def test_every_field_is_the_librarys(order: Placing):
    (ours,) = messages(encode(ES, [order], VERSION))
    assert len(ours) == 114
    same(ours, by_library(order))


@pytest.mark.parametrize("version", [157, 165, 176, 177, 179])
def test_a_gateway_of_another_version_gets_what_the_library_would_send(version: int):
    (ours,) = messages(encode(ES, [ENTRY], version))
    same(ours, by_library(ENTRY, version))


def test_a_bracket_is_one_piece_in_order():
    stop = replace(
        ENTRY, number=8, ref="r-2", side=-1, type="STP", price=None, trigger=Decimal(4199), tif="GTC", parent=7
    )
    target = replace(stop, number=9, ref="r-3", type="LMT", trigger=None, price=Decimal("4.2E+3"), transmit=True)
    sent = messages(encode(ES, [ENTRY, stop, target], VERSION))
    assert [(m[1], m[16], m[18], m[19], m[20], m[26], m[27], m[28]) for m in sent] == [
        ("7", "BUY", "LMT", "4200.50", "", "r-1", "0", "0"),
        ("8", "SELL", "STP", "", "4199", "r-2", "0", "7"),
        ("9", "SELL", "LMT", "4200", "", "r-3", "1", "7"),
    ]


@pytest.mark.parametrize("version", [VERSION, 177])
@pytest.mark.parametrize("name", ["ref", "account", "oca_group"])
@pytest.mark.parametrize("text", ["a\0b", "a\nb", "a\x7fb", "é"])
def test_t19_no_text_breaks_out_of_its_field(version: int, name: str, text: str):
    with pytest.raises(ValueError, match="cannot be sent"):
        encode(ES, [replace(ENTRY, **{name: text})], version)


def test_t19_nor_does_a_contracts():
    with pytest.raises(ValueError, match="control characters"):
        encode(replace(ES, localSymbol="ES\nZ6"), [ENTRY], VERSION)
