"""What we believe against what the broker says, difference by difference. There is one start path, and this is on it.

Nothing is repaired here. A difference is a sentence for a person; while one stands, no entry is sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.order import ENDED, BrokerState


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the journal and the broker do not agree on."""

    what: str  # "position", "order", "fill"
    subject: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        return f"{self.what} {self.subject}: the journal says {self.ours}, the broker says {self.theirs}"


def compare(
    positions: Mapping[int, int], orders: frozenset[str], fills: frozenset[str], broker: BrokerState
) -> tuple[Difference, ...]:
    """Differences between our fold of the journal and the broker's answer, executions first.

    `positions`: signed units by instrument index; `orders`: client order ids that we believe to be working; `fills`:
    execution ids that we have written. Empty when everything agrees.
    """
    found = [
        Difference("fill", fill.exec_id, "nothing", f"{fill.side * fill.quantity:+d} at {fill.price} ticks")
        for fill in broker.fills
        if fill.exec_id not in fills
    ]
    working = {report.client_order_id for report in broker.orders if report.state not in ENDED}
    found += [Difference("order", name, "working", "not there") for name in sorted(orders - working)]
    found += [Difference("order", name, "not there", "working") for name in sorted(working - orders)]
    theirs = dict(broker.positions)
    for instrument in sorted(positions.keys() | theirs.keys()):
        ours, other = positions.get(instrument, 0), theirs.get(instrument, 0)
        if ours != other:
            found.append(Difference("position", str(instrument), f"{ours:+d}", f"{other:+d}"))
    return tuple(found)
