"""The life of a bracket as one table: state × event → next state and what to do. It is the code's own data.

    intended ─sent→ sent ─acked→ working ─entry_part→ partial ─entry_rest→ open ─exit_part→ exiting ─exit_rest→ closed
        │             │             │                    │                   │
        └─void        └─rejected    └─cancelled          └─exit_part: the entry's rest is cancelled first
    any state with a position: stop_lost → naked ─covered→ open;  flatten → flattening ─exit_rest→ closed
    flattening ─exit_refused→ stuck ─flatten→ flattening
    sent ─unanswered→ pending-unknown;  any state: link_lost → unverified

Out of `unverified` no event leads: what happened is counted, and the broker's next answer says what the facts imply
(`LiveBracket.implied`). What has ended wakes only for a fill that came late, and then the facts say to what. What is
not in the table is *unexpected*: it is journalled, the state stays, and the broker is asked.
Source: order states of the reliability notes, §5.2.
"""

from enum import StrEnum

from bot.domain.order import OVER
from bot.domain.order import BracketState as S


class Event(StrEnum):
    """What can happen to a bracket."""

    SENT = "sent"
    VOIDED = "voided"
    ACKED = "acked"
    UNANSWERED = "unanswered"  # something was sent and there is no word of it
    ENTRY_PART = "entry-part"
    ENTRY_REST = "entry-rest"
    EXIT_PART = "exit-part"
    EXIT_REST = "exit-rest"
    ENTRY_CANCELLED = "entry-cancelled"
    ENTRY_REJECTED = "entry-rejected"
    TARGET_REFUSED = "target-refused"  # before anything has filled
    STOP_LOST = "stop-lost"
    COVERED = "covered"
    FLATTEN = "flatten"
    EXIT_REFUSED = "exit-refused"  # the order that was to flatten has ended with a position left
    OVERFILLED = "overfilled"  # exits took out more than came in, for all that has been heard
    LINK_LOST = "link-lost"


class Action(StrEnum):
    """What the desk does about it, besides writing it down."""

    NOTHING = "nothing"
    CANCEL_ENTRY = "cancel-entry"
    CANCEL_EXITS = "cancel-exits"
    PROTECT = "protect"
    LEAVE = "leave"  # flatten at market


E, A = Event, Action

BEFORE_A_FILL = (S.SENT, S.PENDING_UNKNOWN, S.WORKING)
"""States in which a target may be refused with nothing at stake; later the position stands under its stop alone."""

ENDED = OVER

_SENT: dict[tuple[S, Event], tuple[S, Action]] = {
    (S.INTENDED, E.SENT): (S.SENT, A.NOTHING),
    (S.INTENDED, E.VOIDED): (S.VOID, A.NOTHING),
    (S.SENT, E.ACKED): (S.WORKING, A.NOTHING),
    (S.SENT, E.UNANSWERED): (S.PENDING_UNKNOWN, A.NOTHING),
    (S.SENT, E.ENTRY_REJECTED): (S.REJECTED, A.CANCEL_EXITS),
    (S.SENT, E.ENTRY_CANCELLED): (S.CANCELLED, A.NOTHING),
    # A fill can overtake its acknowledgement.
    (S.SENT, E.ENTRY_PART): (S.PARTIAL, A.NOTHING),
    (S.SENT, E.ENTRY_REST): (S.OPEN, A.NOTHING),
    (S.SENT, E.STOP_LOST): (S.SENT, A.CANCEL_ENTRY),
    # The target goes last and releases the others: refused, it leaves them lying at the broker, live for nobody.
    (S.SENT, E.TARGET_REFUSED): (S.SENT, A.CANCEL_ENTRY),
    (S.PENDING_UNKNOWN, E.ACKED): (S.WORKING, A.NOTHING),
    (S.PENDING_UNKNOWN, E.UNANSWERED): (S.PENDING_UNKNOWN, A.NOTHING),
    (S.PENDING_UNKNOWN, E.ENTRY_REJECTED): (S.REJECTED, A.CANCEL_EXITS),
    (S.PENDING_UNKNOWN, E.ENTRY_CANCELLED): (S.CANCELLED, A.NOTHING),
    (S.PENDING_UNKNOWN, E.ENTRY_PART): (S.PARTIAL, A.NOTHING),
    (S.PENDING_UNKNOWN, E.ENTRY_REST): (S.OPEN, A.NOTHING),
    (S.PENDING_UNKNOWN, E.STOP_LOST): (S.PENDING_UNKNOWN, A.CANCEL_ENTRY),
    (S.PENDING_UNKNOWN, E.TARGET_REFUSED): (S.PENDING_UNKNOWN, A.CANCEL_ENTRY),
    # Its entry has filled, and it is the stop that nobody speaks of.
    (S.PENDING_UNKNOWN, E.FLATTEN): (S.FLATTENING, A.CANCEL_ENTRY),
    (S.PENDING_UNKNOWN, E.EXIT_PART): (S.EXITING, A.CANCEL_ENTRY),
    (S.PENDING_UNKNOWN, E.EXIT_REST): (S.CLOSED, A.NOTHING),
    (S.PENDING_UNKNOWN, E.EXIT_REFUSED): (S.STUCK, A.NOTHING),
    (S.PENDING_UNKNOWN, E.COVERED): (S.OPEN, A.NOTHING),
    (S.WORKING, E.ACKED): (S.WORKING, A.NOTHING),
    (S.WORKING, E.UNANSWERED): (S.WORKING, A.NOTHING),
    (S.WORKING, E.ENTRY_PART): (S.PARTIAL, A.NOTHING),
    (S.WORKING, E.ENTRY_REST): (S.OPEN, A.NOTHING),
    (S.WORKING, E.ENTRY_REJECTED): (S.REJECTED, A.CANCEL_EXITS),
    # Stop and target die with their entry, and with each other: the broker sees to it.
    (S.WORKING, E.ENTRY_CANCELLED): (S.CANCELLED, A.NOTHING),
    (S.WORKING, E.STOP_LOST): (S.WORKING, A.CANCEL_ENTRY),
    # An entry without its target is not what was approved.
    (S.WORKING, E.TARGET_REFUSED): (S.WORKING, A.CANCEL_ENTRY),
}

_HOLDING: dict[tuple[S, Event], tuple[S, Action]] = {
    (S.PARTIAL, E.ACKED): (S.PARTIAL, A.NOTHING),
    (S.PARTIAL, E.ENTRY_PART): (S.PARTIAL, A.NOTHING),
    (S.PARTIAL, E.ENTRY_REST): (S.OPEN, A.NOTHING),
    (S.PARTIAL, E.ENTRY_CANCELLED): (S.OPEN, A.NOTHING),
    (S.PARTIAL, E.ENTRY_REJECTED): (S.OPEN, A.NOTHING),
    (S.PARTIAL, E.EXIT_PART): (S.EXITING, A.CANCEL_ENTRY),
    (S.PARTIAL, E.EXIT_REST): (S.EXITING, A.CANCEL_ENTRY),
    (S.PARTIAL, E.STOP_LOST): (S.NAKED, A.PROTECT),
    (S.PARTIAL, E.FLATTEN): (S.FLATTENING, A.CANCEL_ENTRY),
    (S.OPEN, E.ACKED): (S.OPEN, A.NOTHING),
    # A fill can beat the cancellation of its order's rest.
    (S.OPEN, E.ENTRY_PART): (S.OPEN, A.NOTHING),
    (S.OPEN, E.ENTRY_REST): (S.OPEN, A.NOTHING),
    (S.OPEN, E.ENTRY_CANCELLED): (S.OPEN, A.NOTHING),
    (S.OPEN, E.ENTRY_REJECTED): (S.OPEN, A.NOTHING),
    (S.OPEN, E.EXIT_PART): (S.EXITING, A.NOTHING),
    (S.OPEN, E.EXIT_REST): (S.CLOSED, A.NOTHING),
    (S.OPEN, E.STOP_LOST): (S.NAKED, A.PROTECT),
    (S.OPEN, E.FLATTEN): (S.FLATTENING, A.NOTHING),
    (S.EXITING, E.ACKED): (S.EXITING, A.NOTHING),
    (S.EXITING, E.ENTRY_PART): (S.EXITING, A.NOTHING),
    (S.EXITING, E.ENTRY_REST): (S.EXITING, A.NOTHING),
    (S.EXITING, E.ENTRY_CANCELLED): (S.EXITING, A.NOTHING),
    (S.EXITING, E.ENTRY_REJECTED): (S.EXITING, A.NOTHING),
    (S.EXITING, E.EXIT_PART): (S.EXITING, A.NOTHING),
    (S.EXITING, E.EXIT_REST): (S.CLOSED, A.NOTHING),
    (S.EXITING, E.STOP_LOST): (S.NAKED, A.PROTECT),
    (S.EXITING, E.FLATTEN): (S.FLATTENING, A.NOTHING),
}

_IN_DANGER: dict[tuple[S, Event], tuple[S, Action]] = {
    (S.NAKED, E.ACKED): (S.NAKED, A.NOTHING),
    (S.NAKED, E.COVERED): (S.OPEN, A.NOTHING),
    (S.NAKED, E.EXIT_PART): (S.NAKED, A.NOTHING),
    (S.NAKED, E.EXIT_REST): (S.CLOSED, A.NOTHING),
    (S.NAKED, E.ENTRY_PART): (S.NAKED, A.PROTECT),
    (S.NAKED, E.ENTRY_REST): (S.NAKED, A.PROTECT),
    (S.NAKED, E.ENTRY_CANCELLED): (S.NAKED, A.NOTHING),
    (S.NAKED, E.ENTRY_REJECTED): (S.NAKED, A.NOTHING),
    (S.NAKED, E.STOP_LOST): (S.NAKED, A.LEAVE),
    (S.NAKED, E.FLATTEN): (S.FLATTENING, A.CANCEL_ENTRY),
    (S.FLATTENING, E.ACKED): (S.FLATTENING, A.NOTHING),
    (S.FLATTENING, E.ENTRY_PART): (S.FLATTENING, A.NOTHING),
    (S.FLATTENING, E.ENTRY_REST): (S.FLATTENING, A.NOTHING),
    (S.FLATTENING, E.ENTRY_CANCELLED): (S.FLATTENING, A.NOTHING),
    (S.FLATTENING, E.ENTRY_REJECTED): (S.FLATTENING, A.NOTHING),
    (S.FLATTENING, E.STOP_LOST): (S.FLATTENING, A.NOTHING),
    (S.FLATTENING, E.COVERED): (S.FLATTENING, A.NOTHING),
    (S.FLATTENING, E.EXIT_PART): (S.FLATTENING, A.NOTHING),
    (S.FLATTENING, E.EXIT_REST): (S.CLOSED, A.NOTHING),
    (S.FLATTENING, E.EXIT_REFUSED): (S.STUCK, A.NOTHING),
    (S.FLATTENING, E.FLATTEN): (S.FLATTENING, A.NOTHING),
    (S.STUCK, E.ACKED): (S.STUCK, A.NOTHING),
    (S.STUCK, E.ENTRY_PART): (S.STUCK, A.NOTHING),
    (S.STUCK, E.ENTRY_REST): (S.STUCK, A.NOTHING),
    (S.STUCK, E.ENTRY_CANCELLED): (S.STUCK, A.NOTHING),
    (S.STUCK, E.ENTRY_REJECTED): (S.STUCK, A.NOTHING),
    (S.STUCK, E.STOP_LOST): (S.STUCK, A.NOTHING),
    (S.STUCK, E.COVERED): (S.STUCK, A.NOTHING),
    (S.STUCK, E.EXIT_PART): (S.STUCK, A.NOTHING),
    (S.STUCK, E.EXIT_REST): (S.CLOSED, A.NOTHING),
    (S.STUCK, E.FLATTEN): (S.FLATTENING, A.CANCEL_ENTRY),
}

BEFORE = (S.SENT, S.PENDING_UNKNOWN, S.WORKING)
HOLDING = (S.PARTIAL, S.OPEN, S.EXITING)
IN_DANGER = (S.NAKED, S.FLATTENING, S.STUCK)

_WHEREVER: dict[tuple[S, Event], tuple[S, Action]] = {
    **{(state, E.LINK_LOST): (S.UNVERIFIED, A.NOTHING) for state in (S.INTENDED, *BEFORE, *HOLDING, *IN_DANGER)},
    **{(S.UNVERIFIED, event): (S.UNVERIFIED, A.NOTHING) for event in Event},
    # An exit that is heard of before its entry, or twice as much: the rest of the entry must not come on top.
    **{(state, E.OVERFILLED): (S.NAKED, A.CANCEL_ENTRY) for state in (*BEFORE, *HOLDING, *IN_DANGER)},
    **{(state, E.UNANSWERED): (state, A.NOTHING) for state in (*HOLDING, *IN_DANGER)},
    **{(state, E.COVERED): (state, A.NOTHING) for state in HOLDING},
    **{(state, E.EXIT_REFUSED): (S.STUCK, A.NOTHING) for state in (*HOLDING, S.NAKED, S.STUCK)},
}

TABLE: dict[tuple[S, Event], tuple[S, Action]] = {**_SENT, **_HOLDING, **_IN_DANGER, **_WHEREVER}


def follow(state: S, event: Event) -> tuple[S, Action] | None:
    """The next state and action, or None when the event is unexpected in this state."""
    return TABLE.get((state, event))
