"""An order as the exchange holds it, and an execution of it. Prices are ticks."""

from dataclasses import dataclass, field
from decimal import Decimal

from adapters.gateway.order_entry import number, whole
from adapters.gateway.seam import Listed

TYPES = frozenset({"LMT", "MKT", "STP", "STP LMT"})
TIFS = frozenset({"DAY", "GTC", "IOC"})
HELD = "Held"
"""Our own word for an order that is not transmitted yet; no client ever hears it."""
LIVE = frozenset({"PreSubmitted", "Submitted", "Inactive", "PendingCancel"})
OVER = frozenset({"Filled", "Cancelled", "ApiCancelled"})


@dataclass(slots=True, eq=False)
class Ticket:
    """One order. `perm_id` is its name for ever; `order_id` belongs to the client."""

    client_id: int
    order_id: int
    account: str
    listed: Listed
    entry: dict[str, str]
    """Its fields as they were sent, by the names of the TWS API."""
    perm_id: int = 0
    state: str = HELD
    why_held: str = ""
    quantity: int = 0
    filled: int = 0
    paid: int = 0
    """Σ price × quantity of what is filled, ticks."""
    last_price: int | None = None
    parent: int = 0
    """permId of the order that it waits for; 0 without one."""
    oca_group: str = ""
    oca_type: int = 0
    triggered: bool = False
    slot: int = -1
    """Where the floor works it; -1: nowhere."""
    waiting: int = 0
    """Units of a target that filled within a stamp that is not over yet."""
    created_ns: int = 0
    ended: str = ""
    """How it ended, in words."""
    ended_ns: int = 0
    children: list["Ticket"] = field(default_factory=list)

    @property
    def side(self) -> int:
        """+1 buys, −1 sells."""
        return 1 if self.entry["action"] == "BUY" else -1

    @property
    def type(self) -> str:
        """LMT, MKT, STP or STP LMT."""
        return self.entry["orderType"].upper()

    @property
    def tif(self) -> str:
        """DAY, GTC or IOC."""
        return self.entry["tif"].upper() or "DAY"

    @property
    def ref(self) -> str:
        """The client's own name for it."""
        return self.entry["orderRef"]

    @property
    def limit(self) -> int | None:
        """Its limit in ticks, where its type has one."""
        return self._ticks("lmtPrice") if self.type in ("LMT", "STP LMT") else None

    @property
    def trigger(self) -> int | None:
        """Its stop price in ticks, where its type has one."""
        return self._ticks("auxPrice") if self.type in ("STP", "STP LMT") else None

    @property
    def left(self) -> int:
        """Units that have not been executed."""
        return self.quantity - self.filled

    @property
    def over(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self.state in OVER

    @property
    def live(self) -> bool:
        """Whether a client that asks for open orders is told of it."""
        return self.state in LIVE

    @property
    def role(self) -> str:
        """`stop`, `target`, `parent`, or `single`: what faults and verdict call it."""
        if self.parent or (self.oca_group and not self.children):
            return "stop" if self.type in ("STP", "STP LMT") else "target"
        return "parent" if self.children or self.entry["transmit"] != "1" else "single"

    def average(self) -> Decimal:
        """Mean price of what is filled; 0 before."""
        return self.listed.instrument.tick * self.paid / self.filled if self.filled else Decimal(0)

    def price(self, ticks: int | None) -> Decimal:
        """A price for the wire; 0 for none."""
        return Decimal(0) if ticks is None else self.listed.instrument.to_price(ticks)

    def _ticks(self, name: str) -> int | None:
        value = number(self.entry[name])
        return None if value is None else int(value / self.listed.instrument.tick)


@dataclass(slots=True)
class Execution:
    """One execution, or a later revision of it."""

    root: str
    ticket: Ticket
    ts: int
    """When, by the market's clock, ns UTC."""
    wall_ns: int
    """When, by the wall's."""
    quantity: int
    price: int
    cumulated: int
    average: Decimal
    liquidity: int
    """1 added, 2 removed."""
    commission: Decimal
    realized: Decimal | None
    """Profit of what it closed, costs deducted; None when it opened."""
    revision: int = 1

    @property
    def exec_id(self) -> str:
        """`0000e0d5.6571a1b2.01.01`: its root, and which revision of it this is."""
        return f"{self.root}.{self.revision:02d}"


def fault_of(entry: dict[str, str], listed: Listed) -> tuple[int, str] | None:
    """Code and words of what is wrong with an order in itself, None for a good one. Raises Unreadable."""
    kind, action = entry["orderType"].upper(), entry["action"]
    if action not in ("BUY", "SELL"):
        return 321, f"Error validating request:-'bW' : cause - Invalid action '{action}'"
    if kind not in TYPES:
        return 387, f"Unsupported order type for this exchange and security type: {kind or 'none'}"
    if entry["tif"].upper() not in ("", *TIFS):
        return 10052, f"Invalid time in force: {entry['tif']}"
    if entry["extras"]:
        return 201, f"Order rejected - reason:the simulated gateway has no {entry['extras']}"
    if whole(entry["totalQuantity"]) <= 0:
        return 434, "The order size cannot be zero."
    wanted = {"LMT": ["lmtPrice"], "STP": ["auxPrice"], "STP LMT": ["lmtPrice", "auxPrice"]}.get(kind, [])
    for name in wanted:
        value = number(entry[name])
        if value is None:
            return 321, f"Error validating request:-'bW' : cause - {name} is required for {kind} orders"
        if value % listed.instrument.tick:
            return 110, "The price does not conform to the minimum price variation for this contract."
    return None


__all__ = ["HELD", "LIVE", "OVER", "TIFS", "TYPES", "Execution", "Ticket", "fault_of"]
