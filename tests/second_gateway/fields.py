"""The text of the wire: frames, numbers as one gateway or another writes them, the long messages field by field."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.second_gateway.options import Options

PLACE = (  # noqa: SIM905  # a list of forty lines says no more
    "id orderId conId symbol secType expiry strike right multiplier exchange primaryExchange currency localSymbol "
    "tradingClass secIdType secId action quantity orderType lmtPrice auxPrice tif ocaGroup account openClose origin "
    "orderRef transmit parentId blockOrder sweepToFill displaySize triggerMethod outsideRth hidden sharesAllocation "
    "discretionaryAmt goodAfterTime goodTillDate faGroup faMethod faPercentage"
).split()
"""placeOrder up to the field where versions part."""

FA_PROFILE_GONE = 177
OPEN_ORDER_FIELDS = 135
ZERO = [6, 22, 27, 28, 39, 48, 49, 50, 51, 54, 55, 58, 60, 63, 68, 69, 71, 72, 78, 79, 80, 85, 88, 89, 91, 92]
ZERO += [108, 109, 110, 118, 123, 124, 125, 126, 129]
UNSET = [37, 43, 44, 45, 46, 47, 56, 59, 62, 73, 74, 75, 83, *range(94, 106), *range(112, 118), 122, 132, 133, 134]
UNSET_INT = [52, 76, 81, 82, 127, 128, 130, 131]


@dataclass
class Order:
    """What a client sent, and what became of it."""

    client: int
    number: int
    symbol: str
    action: str
    quantity: int
    kind: str
    limit: Decimal | None
    stop: Decimal | None
    tif: str
    account: str
    ref: str
    parent: int
    transmit: bool
    outside: str
    oca: str
    oca_type: str
    perm: int = 0
    status: str = "held back"
    filled: int = 0
    value: Decimal = Decimal(0)
    last: Decimal | None = None
    rested: bool = False

    @property
    def left(self) -> int:
        """What is not filled."""
        return self.quantity - self.filled

    @property
    def side(self) -> int:
        """1 buys, -1 sells."""
        return 1 if self.action == "BUY" else -1

    @property
    def average(self) -> Decimal:
        """Price of what is filled."""
        return self.value / self.filled if self.filled else Decimal(0)


def order_of(body: list[str], client: int, version: int) -> Order:
    """The order of a placeOrder message."""
    want = 114 + (version < FA_PROFILE_GONE)
    assert len(body) == want, f"a placeOrder of {len(body)} fields, not {want}"
    said = dict(zip(PLACE, body, strict=False))
    skip = 1 if version < FA_PROFILE_GONE else 0
    assert said["secType"] == "FUT"
    return Order(
        client,
        int(said["orderId"]),
        said["symbol"],
        said["action"],
        int(Decimal(said["quantity"])),
        said["orderType"],
        number(said["lmtPrice"]),
        number(said["auxPrice"]),
        said["tif"],
        said["account"],
        said["orderRef"],
        int(said["parentId"] or 0),
        said["transmit"] == "1",
        said["outsideRth"],
        said["ocaGroup"],
        body[46 + skip],
    )


def number(text: str) -> Decimal | None:
    """A price that may be unset in either way."""
    return None if not text or Decimal(text) > Decimal("1e300") else Decimal(text)


def frame(*parts: Any) -> bytes:
    """One message."""
    body = "".join(f"{int(part) if isinstance(part, bool) else part}\0" for part in parts).encode()
    return len(body).to_bytes(4, "big") + body


async def read_frame(reader: asyncio.StreamReader) -> list[str]:
    """The fields of the next message; raises IncompleteReadError at the end."""
    length = int.from_bytes(await reader.readexactly(4), "big")
    return (await reader.readexactly(length)).decode().split("\0")[:-1]


class Writes:
    """Numbers as this gateway writes them."""

    def __init__(self, options: Options) -> None:
        self.options = options

    def price(self, value: Decimal | None) -> str:
        """A price, or unset."""
        if value is None:
            return self.options.unset
        style = self.options.price_style
        if style == "short":
            return f"{value.normalize():f}"
        return str(float(value)) if style == "float" else f"{value:.2f}" if style == "two" else f"{value:.3f}"

    def size(self, value: int) -> str:
        """A number of units."""
        return str(value) + self.options.size_style[1:]

    def open_order(self, one: Order, contract: list[str], group: str) -> list[str]:
        """Message 5, every field of it."""
        row = [""] * OPEN_ORDER_FIELDS
        for places, value in ((ZERO, "0"), (UNSET, self.options.unset), (UNSET_INT, self.options.unset_int)):
            for place in places:
                row[place] = value
        row[0:2] = ["5", str(one.number)]
        row[2:13] = contract
        row[13:16] = [one.action, self.size(one.quantity), one.kind]
        row[16:18] = [self.price(one.limit or Decimal(0)), self.price(one.stop or Decimal(0))]
        row[18:21] = [one.tif, group, one.account]
        row[23:27] = [one.ref, str(one.client), str(one.perm), one.outside]
        row[41], row[53], row[57] = "-1", "3" if group else "0", str(one.parent)
        row[61], row[87], row[93], row[111] = "None", "IB", one.status, "None"
        if not self.options.delta_neutral_parts:
            row[61] = ""
            del row[63:71]
        if self.options.server_version < FA_PROFILE_GONE:
            row.insert(34, "")
        return row
