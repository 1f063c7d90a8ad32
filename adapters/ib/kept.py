"""What one order of ours is at IB: its names there, its terms, and what has been said about it."""

from dataclasses import dataclass, field

from bot.domain.order import ENDED, Order, OrderState, OrderType

WORKS = frozenset({"ApiPending", "PendingSubmit", "PreSubmitted", "Submitted", "PendingCancel"})
CANCELLED = frozenset({"Cancelled", "ApiCancelled"})
INACTIVE, FILLED = "Inactive", "Filled"


@dataclass(slots=True)
class Kept:
    """One client order id. `words` holds the newest status of each permId: one id can name two orders at IB."""

    ref: str
    order: Order | None = None  # as this process sent it; None: found at the broker
    number: int = 0  # of the order, with our client id; 0: not known on any connection
    words: dict[int, str] = field(default_factory=dict)
    instrument: int = 0
    side: int = 0
    quantity: int = 0
    price: int | None = None
    stop_price: int | None = None
    wish: tuple[int, int | None] | None = None  # quantity and trigger of an amendment that IB has not shown yet
    parent: int = 0  # order number of its parent, 0: none
    group: str = ""  # OCA group, as IB shows it
    sent_group: str = ""  # as we sent it
    filled: int = 0  # from executions only
    claimed: int = 0  # from statuses: more than `filled` means that executions are missing
    state: OrderState = OrderState.SENT
    told: OrderState | None = None
    told_ids: set[str] = field(default_factory=set)
    told_ns: int = 0
    refusal: str = ""  # the error with which IB refused it, verbatim
    cancel_asked: bool = False
    lasts: str = ""  # as sent: "GTC outside regular hours"; read back when it is acknowledged
    terms_changed: str = ""  # what differs from what was told

    @property
    def ended(self) -> bool:
        """Whether the broker's word has ended it."""
        return self.state in ENDED

    @property
    def answered(self) -> bool:
        """Whether nothing is owed to us: no acknowledgement, no end that was asked for, no execution at market."""
        if self.ended:
            return True
        at_market = self.order is not None and self.order.type is OrderType.MARKET
        return not (self.cancel_asked or at_market or self.state in (OrderState.SENT, OrderState.PENDING_UNKNOWN))

    def broker_ids(self) -> list[str]:
        """`number/permId` of everything that IB has under this id; empty until IB has named it."""
        return [f"{self.number}/{perm}" for perm in self.words if perm]

    def hear(self, perm: int, word: str) -> bool:
        """Take a status; False when it changes nothing."""
        if perm and 0 in self.words:
            self.words.pop(0)
        if not perm and self.words:
            perm = next(iter(self.words))
        if self.words.get(perm) == word:
            return False
        self.words[perm] = word
        return True

    def judged(self) -> OrderState | None:
        """What the words and the executions make of it; None: executions are missing, ask for them."""
        if self.quantity and self.filled >= self.quantity:
            return OrderState.FILLED
        words = set(self.words.values())
        if words & WORKS:
            return OrderState.PARTIAL if self.filled else OrderState.WORKING
        if not words:
            return OrderState.PARTIAL if self.filled else self.state
        if INACTIVE in words:
            return OrderState.PENDING_UNKNOWN
        if FILLED in words or self.claimed > self.filled:
            return None
        return OrderState.REJECTED if self.refusal and not self.filled else OrderState.CANCELLED


def numbers_in(broker_id: str) -> tuple[int, int]:
    """(order number, permId) of a `broker_id` as the journal keeps it; zero where there is none."""
    number, _, perm = broker_id.partition("/")
    return (int(number) if number.isdecimal() else 0), (int(perm) if perm.isdecimal() else 0)
