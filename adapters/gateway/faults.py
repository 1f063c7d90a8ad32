"""What can be made to go wrong at the exchange, by name. Data; who asks is `trading`, `telling` and `answers`.

Faults of the wire itself (cut sockets, garbage, silence, lost farms) are the server's: `wire_faults`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that can be armed."""

    argument: str
    """What the text after the colon means; empty: it takes none."""
    default: str
    """The argument when none is given."""
    times: int
    """How often it happens when nothing is said; 0: until it is switched off."""
    does: str
    """What happens, for a person."""


FAULTS = {
    "slow-acks": Fault("milliseconds", "2000", 0, "openOrder, orderStatus and 202 (cancelled) come so much later."),
    "reject": Fault("any, parent, stop, target or amend; then a code", "any:201", 1, "The next such order is refused."),
    "inactive-child": Fault("stop or target", "stop", 1, "The next such child is held as Inactive and never works."),
    "cancel-meets-fill": Fault("", "", 1, "The next cancel arrives after the order has filled."),
    "status-before-execution": Fault("", "", 1, "orderStatus of the next fill comes before its execution."),
    "status-late": Fault("milliseconds", "2000", 1, "orderStatus of the next fill comes so much later."),
    "execution-without-status": Fault("", "", 1, "The next fill is told by its execution alone."),
    "status-without-execution": Fault("", "", 1, "The next fill's execution is told only to those who ask."),
    "doubled-status": Fault("", "", 0, "Every orderStatus comes twice."),
    "commission-before": Fault("", "", 1, "The commission of the next fill comes before its execution."),
    "commission-late": Fault("milliseconds", "5000", 1, "The commission of the next fill comes so much later."),
    "commission-never": Fault("", "", 1, "The commission of the next fill is never told, not even when asked."),
    "repeated-execution": Fault("", "", 1, "The next execution is told twice."),
    "corrected-execution": Fault("ticks", "1", 1, "The next execution is followed by a revision, so many ticks worse."),
    "partial-fills": Fault("units", "1", 0, "Orders fill so many units at a time."),
    "two-perm-ids": Fault("", "", 1, "The next change of an order makes a second live order under the same orderId."),
    "order-cancelled": Fault("parent, stop, target or any", "stop", 1, "The broker ends every such live order, now."),
    "precautionary": Fault(
        "a code", "399", 1, "Every live order is spoken of in a message 4 of that code; it lives on."
    ),
    "foreign-order": Fault("a contract's conId", "", 1, "An order of another client stands in the book, now."),
    "foreign-position": Fault("units, then a conId", "1", 1, "The account holds units that no client bought, now."),
    "id-rollback": Fault("how many", "10", 1, "The next valid id of every client goes back, now."),
}
"""By name. A number of times may be given with each: `times` on the control socket."""
NOW = frozenset({"order-cancelled", "precautionary", "foreign-order", "foreign-position", "id-rollback"})
"""Those that happen when they are asked for."""


class Faults:
    """Which faults are armed."""

    def __init__(self) -> None:
        self._armed: dict[str, tuple[str, int]] = {}

    def arm(self, name: str, argument: str = "", times: int | None = None) -> str:
        """Let it happen; the argument it will have. Raises KeyError for an unknown name."""
        fault = FAULTS[name]
        said = argument or fault.default
        self._armed[name] = said, fault.times if times is None else times
        return said

    def disarm(self, name: str) -> None:
        """Let it not happen any more."""
        self._armed.pop(name, None)

    def clear(self) -> None:
        """Let nothing happen any more."""
        self._armed.clear()

    def armed(self, name: str) -> str | None:
        """The fault's argument when it is armed; it stays so."""
        found = self._armed.get(name)
        return None if found is None else found[0]

    def take(self, name: str) -> str | None:
        """The fault's argument when it is armed; one time less from now on."""
        found = self._armed.get(name)
        if found is None:
            return None
        argument, left = found
        if left == 1:
            del self._armed[name]
        elif left:
            self._armed[name] = argument, left - 1
        return argument

    @property
    def names(self) -> list[str]:
        """What is armed."""
        return sorted(self._armed)
