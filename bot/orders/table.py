"""The life of a bracket as one table: state × event → next state and what to do. It is the code's own data.

    intended ─sent→ sent ─acked→ working ─entry_part→ partial ─entry_rest→ open ─exit_part→ exiting ─exit_rest→ closed
        │             │             │                    │                   │
        └─void        └─rejected    └─cancelled          └─exit_part: the entry's rest is cancelled first
    any state with a position: stop_lost → naked ─covered→ open;  flatten → flattening ─exit_rest→ closed

What is not in the table is *unexpected*: it is journalled, the state stays, and nothing is done about it on a guess.
Source: order states of the reliability notes, §5.2 (rows 1–20, 30–35); uncertain states join with the first adapter
that has a wire.
"""

from enum import StrEnum

from bot.domain.order import OVER
from bot.domain.order import BracketState as S


class Event(StrEnum):
    """What can happen to a bracket."""

    SENT = "sent"
    VOIDED = "voided"
    ACKED = "acked"
    ENTRY_PART = "entry-part"
    ENTRY_REST = "entry-rest"
    EXIT_PART = "exit-part"
    EXIT_REST = "exit-rest"
    ENTRY_CANCELLED = "entry-cancelled"
    ENTRY_REJECTED = "entry-rejected"
    STOP_LOST = "stop-lost"
    COVERED = "covered"
    FLATTEN = "flatten"


class Action(StrEnum):
    """What the desk does about it, besides writing it down."""

    NOTHING = "nothing"
    CANCEL_ENTRY = "cancel-entry"
    CANCEL_EXITS = "cancel-exits"
    PROTECT = "protect"


E, A = Event, Action

TABLE: dict[tuple[S, Event], tuple[S, Action]] = {
    (S.INTENDED, E.SENT): (S.SENT, A.NOTHING),
    (S.INTENDED, E.VOIDED): (S.VOID, A.NOTHING),
    (S.SENT, E.ACKED): (S.WORKING, A.NOTHING),
    (S.SENT, E.ENTRY_REJECTED): (S.REJECTED, A.CANCEL_EXITS),
    (S.SENT, E.ENTRY_CANCELLED): (S.CANCELLED, A.NOTHING),
    # A fill can overtake its acknowledgement.
    (S.SENT, E.ENTRY_PART): (S.PARTIAL, A.NOTHING),
    (S.SENT, E.ENTRY_REST): (S.OPEN, A.NOTHING),
    (S.SENT, E.STOP_LOST): (S.SENT, A.CANCEL_ENTRY),
    (S.WORKING, E.ENTRY_PART): (S.PARTIAL, A.NOTHING),
    (S.WORKING, E.ENTRY_REST): (S.OPEN, A.NOTHING),
    (S.WORKING, E.ENTRY_REJECTED): (S.REJECTED, A.CANCEL_EXITS),
    # Stop and target die with their entry, and with each other: the broker sees to it.
    (S.WORKING, E.ENTRY_CANCELLED): (S.CANCELLED, A.NOTHING),
    (S.WORKING, E.STOP_LOST): (S.WORKING, A.CANCEL_ENTRY),
    (S.PARTIAL, E.ACKED): (S.PARTIAL, A.NOTHING),
    (S.PARTIAL, E.ENTRY_PART): (S.PARTIAL, A.NOTHING),
    (S.PARTIAL, E.ENTRY_REST): (S.OPEN, A.NOTHING),
    (S.PARTIAL, E.ENTRY_CANCELLED): (S.OPEN, A.NOTHING),
    (S.PARTIAL, E.EXIT_PART): (S.EXITING, A.CANCEL_ENTRY),
    (S.PARTIAL, E.EXIT_REST): (S.EXITING, A.CANCEL_ENTRY),
    (S.PARTIAL, E.STOP_LOST): (S.NAKED, A.PROTECT),
    (S.PARTIAL, E.FLATTEN): (S.FLATTENING, A.CANCEL_ENTRY),
    (S.OPEN, E.ACKED): (S.OPEN, A.NOTHING),
    (S.OPEN, E.EXIT_PART): (S.EXITING, A.NOTHING),
    (S.OPEN, E.EXIT_REST): (S.CLOSED, A.NOTHING),
    (S.OPEN, E.STOP_LOST): (S.NAKED, A.PROTECT),
    (S.OPEN, E.FLATTEN): (S.FLATTENING, A.NOTHING),
    (S.EXITING, E.ENTRY_PART): (S.EXITING, A.NOTHING),
    (S.EXITING, E.ENTRY_REST): (S.EXITING, A.NOTHING),
    (S.EXITING, E.ENTRY_CANCELLED): (S.EXITING, A.NOTHING),
    (S.EXITING, E.EXIT_PART): (S.EXITING, A.NOTHING),
    (S.EXITING, E.EXIT_REST): (S.CLOSED, A.NOTHING),
    (S.EXITING, E.STOP_LOST): (S.NAKED, A.PROTECT),
    (S.EXITING, E.FLATTEN): (S.FLATTENING, A.NOTHING),
    (S.NAKED, E.COVERED): (S.OPEN, A.NOTHING),
    (S.NAKED, E.EXIT_PART): (S.NAKED, A.NOTHING),
    (S.NAKED, E.EXIT_REST): (S.CLOSED, A.NOTHING),
    (S.NAKED, E.ENTRY_PART): (S.NAKED, A.PROTECT),
    (S.NAKED, E.ENTRY_REST): (S.NAKED, A.PROTECT),
    (S.NAKED, E.ENTRY_CANCELLED): (S.NAKED, A.NOTHING),
    (S.NAKED, E.FLATTEN): (S.FLATTENING, A.CANCEL_ENTRY),
    (S.FLATTENING, E.ACKED): (S.FLATTENING, A.NOTHING),
    (S.FLATTENING, E.ENTRY_PART): (S.FLATTENING, A.NOTHING),
    (S.FLATTENING, E.ENTRY_REST): (S.FLATTENING, A.NOTHING),
    (S.FLATTENING, E.ENTRY_CANCELLED): (S.FLATTENING, A.NOTHING),
    (S.FLATTENING, E.STOP_LOST): (S.FLATTENING, A.NOTHING),
    (S.FLATTENING, E.COVERED): (S.FLATTENING, A.NOTHING),
    (S.FLATTENING, E.EXIT_PART): (S.FLATTENING, A.NOTHING),
    (S.FLATTENING, E.EXIT_REST): (S.CLOSED, A.NOTHING),
}

ENDED = OVER


def follow(state: S, event: Event) -> tuple[S, Action] | None:
    """The next state and action, or None when the event is unexpected in this state."""
    return TABLE.get((state, event))
