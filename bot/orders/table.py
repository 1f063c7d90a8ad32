"""The life of a bracket as one table: state × event → next state and what to do. It is the code's own data.

    intended ─sent→ sent ─acked→ working ─entry_part→ partial ─entry_rest→ open ─exit_part→ exiting ─exit_rest→ closed
        │             │             │                    │                   │
        └─void        └─rejected    └─cancelled          └─exit_part: the entry's rest is cancelled first
    any state with a position: stop_lost → naked ─covered→ open;  flatten → flattening ─exit_rest→ closed
    flattening ─exit_refused→ stuck ─flatten→ flattening
    sent ─unanswered→ pending-unknown;  any state: link_lost → unverified

Every pair of a state and an event stands here. Where it says `settle`, no message decides: the facts are looked at
(`LiveBracket.implied`), as always after the broker's answer, a corrected execution, or one that came late. Where it
says `ask`, the event has no business there: that is journalled as unexpected, the state stays, and the broker is asked.
`docs/orders.md` shows the table and is made from it: `python -m tests.rooms.orders.manual`.
Source: order states of the reliability notes, §5.2.
"""

from enum import StrEnum

from bot.domain.order import OVER
from bot.domain.order import BracketState as S


class Event(StrEnum):
    """What can happen to a bracket; `MEANING` says it in words."""

    SENT = "sent"
    VOIDED = "voided"
    ACKED = "acked"
    UNANSWERED = "unanswered"
    ENTRY_PART = "entry-part"
    ENTRY_REST = "entry-rest"
    EXIT_PART = "exit-part"
    EXIT_REST = "exit-rest"
    ENTRY_CANCELLED = "entry-cancelled"
    ENTRY_REJECTED = "entry-rejected"
    TARGET_REFUSED = "target-refused"
    TARGET_GONE = "target-gone"
    STOP_LOST = "stop-lost"
    COVERED = "covered"
    FLATTEN = "flatten"
    EXIT_REFUSED = "exit-refused"
    OVERFILLED = "overfilled"
    CORRECTED = "corrected"
    LINK_LOST = "link-lost"
    ANSWERED = "answered"


class Action(StrEnum):
    """What the desk does about it, besides writing it down; `MEANING` says it in words."""

    NOTHING = "nothing"
    CANCEL_ENTRY = "cancel-entry"
    CANCEL_EXITS = "cancel-exits"
    PROTECT = "protect"
    LEAVE = "leave"
    TARGET = "target"
    LATER = "later"
    SETTLE = "settle"
    ASK = "ask"


E, A = Event, Action

MEANING: dict[S | Event | Action, str] = {
    S.INTENDED: "journalled with its three orders; nothing has left",
    S.SENT: "on its way to the broker, without a word of it yet",
    S.WORKING: "the broker has named all three orders; nothing has filled",
    S.PARTIAL: "a part of the entry has filled and is covered; the rest works",
    S.OPEN: "the entry is over; the position stands under its stop",
    S.EXITING: "a part of the position has left; the rest is covered",
    S.CLOSED: "what came in has gone out",
    S.CANCELLED: "the entry ended without a fill",
    S.REJECTED: "the broker refused the entry",
    S.VOID: "never reached the broker",
    S.PENDING_UNKNOWN: "something was sent and there is no word of it: the instrument takes no entries",
    S.UNVERIFIED: "was certain before the link was lost, or the desk: nothing is sent before the broker's answer",
    S.NAKED: "a position that no working stop covers: the watchdog's deadline runs",
    S.FLATTENING: "a market exit is on its way",
    S.STUCK: "cannot be flattened now (halted, closed): tried again and again, and a person is wanted",
    E.SENT: "the bracket was sent",
    E.VOIDED: "nothing of it was sent, and nothing will be",
    E.ACKED: "every order of it has its word",
    E.UNANSWERED: "three seconds without a word",
    E.ENTRY_PART: "the entry filled in part",
    E.ENTRY_REST: "the entry has filled whole",
    E.EXIT_PART: "an exit filled in part, or whole while the entry can still fill",
    E.EXIT_REST: "nothing is left, and nothing more can come in",
    E.ENTRY_CANCELLED: "the entry, or what was left of it, has ended",
    E.ENTRY_REJECTED: "the entry was refused with nothing filled",
    E.TARGET_REFUSED: "the broker refuses the target",
    E.TARGET_GONE: "the target was cancelled, and not by us",
    E.STOP_LOST: "the position is seen to have no working stop",
    E.COVERED: "a stop works again for all that is held",
    E.FLATTEN: "a market exit was sent",
    E.EXIT_REFUSED: "the order that was to flatten has ended with a position left",
    E.OVERFILLED: "more went out than came in, or more came in than was wanted, for all that has been heard",
    E.CORRECTED: "the broker corrected an execution: the new one takes the place of the old",
    E.LINK_LOST: "the link to the broker is not up",
    E.ANSWERED: "the broker has said what it holds, or what was awaited",
    A.NOTHING: "nothing",
    A.CANCEL_ENTRY: "ask for the end of what works of the entry",
    A.CANCEL_EXITS: "ask for the end of stop and target",
    A.PROTECT: "place a stop for what is bare, ask for the end of what works of the entry; at the second loss leave",
    A.LEAVE: "leave at market",
    A.TARGET: "place the target once more, the first time; then go on under the stop alone, and say so",
    A.LATER: "place a stop for what is bare, and leave at market again in a while",
    A.SETTLE: "take the state that the facts imply, and act on it",
    A.ASK: "unexpected: journal it, stay, ask the broker",
}

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
    (S.PENDING_UNKNOWN, E.EXIT_REFUSED): (S.STUCK, A.LATER),
    (S.PENDING_UNKNOWN, E.COVERED): (S.OPEN, A.NOTHING),
    (S.WORKING, E.ACKED): (S.WORKING, A.NOTHING),
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
    # Covered anew, it is open also while a rest of its entry works.
    (S.OPEN, E.EXIT_PART): (S.EXITING, A.CANCEL_ENTRY),
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
    (S.NAKED, E.EXIT_PART): (S.NAKED, A.CANCEL_ENTRY),
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
    (S.FLATTENING, E.EXIT_REFUSED): (S.STUCK, A.LATER),
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
LIVE = (S.INTENDED, *BEFORE, *HOLDING, *IN_DANGER)

_WHEREVER: dict[tuple[S, Event], tuple[S, Action]] = {
    **{(state, E.LINK_LOST): (S.UNVERIFIED, A.NOTHING) for state in LIVE},
    **{(state, E.ANSWERED): (state, A.SETTLE) for state in S},
    **{(state, E.CORRECTED): (state, A.SETTLE) for state in (*LIVE, *ENDED)},
    # An exit that is heard of before its entry, or twice as much: the rest of the entry must not come on top.
    **{(state, E.OVERFILLED): (S.NAKED, A.CANCEL_ENTRY) for state in (*BEFORE, *HOLDING, *IN_DANGER)},
    **{(state, E.UNANSWERED): (state, A.SETTLE) for state in (S.PENDING_UNKNOWN, S.WORKING, *HOLDING, *IN_DANGER)},
    **{(state, E.COVERED): (state, A.NOTHING) for state in HOLDING},
    **{(state, E.EXIT_REFUSED): (S.STUCK, A.LATER) for state in (*HOLDING, S.NAKED, S.STUCK)},
    # What a person took away before the fill is not put back; what the broker refuses after it is, once.
    **{(state, E.TARGET_GONE): (state, A.NOTHING) for state in (*BEFORE, *HOLDING, *IN_DANGER)},
    **{(state, E.TARGET_REFUSED): (state, A.TARGET) for state in HOLDING},
    **{(state, E.TARGET_REFUSED): (state, A.NOTHING) for state in IN_DANGER},
}

_FILLS = (E.ENTRY_PART, E.ENTRY_REST, E.EXIT_PART, E.EXIT_REST, E.OVERFILLED)

_UNVERIFIED: dict[tuple[S, Event], tuple[S, Action]] = {
    # Everything is counted and nothing concluded: the broker's answer decides.
    (S.UNVERIFIED, event): (S.UNVERIFIED, A.NOTHING)
    for event in set(Event) - {E.ANSWERED}
}

_ENDED: dict[tuple[S, Event], tuple[S, Action]] = {
    # Only an execution wakes what has ended, and then the facts say to what; the ends of its orders are told late.
    **{(state, event): (state, A.SETTLE) for state in ENDED for event in _FILLS},
    **{
        (state, event): (state, A.NOTHING)
        for state in ENDED
        for event in (
            *(E.ACKED, E.UNANSWERED, E.ENTRY_CANCELLED, E.ENTRY_REJECTED, E.TARGET_REFUSED, E.TARGET_GONE),
            *(E.STOP_LOST, E.COVERED, E.EXIT_REFUSED, E.LINK_LOST),
        )
    },
}

_NOT_SENT_YET = (
    *(E.ACKED, E.UNANSWERED, E.ENTRY_PART, E.ENTRY_REST, E.EXIT_PART, E.EXIT_REST, E.ENTRY_CANCELLED),
    *(E.ENTRY_REJECTED, E.TARGET_REFUSED, E.TARGET_GONE, E.STOP_LOST, E.COVERED, E.FLATTEN, E.EXIT_REFUSED),
    E.OVERFILLED,
)
_NO_POSITION = (E.EXIT_PART, E.EXIT_REST, E.COVERED, E.FLATTEN, E.EXIT_REFUSED)

UNEXPECTED: dict[tuple[S, Event], tuple[S, Action]] = {
    # A bracket is sent once, and is void only if it was not.
    **{(state, event): (state, A.ASK) for state in set(S) - {S.INTENDED, S.UNVERIFIED} for event in (E.SENT, E.VOIDED)},
    **{(S.INTENDED, event): (S.INTENDED, A.ASK) for event in _NOT_SENT_YET},
    # An exit that fills here is more out than in: overfilled.
    **{(state, event): (state, A.ASK) for state in (S.SENT, S.WORKING) for event in _NO_POSITION},
    **{(state, E.FLATTEN): (state, A.ASK) for state in ENDED},
}
"""What has no business in a state."""

TABLE: dict[tuple[S, Event], tuple[S, Action]] = {
    **_SENT,
    **_HOLDING,
    **_IN_DANGER,
    **_WHEREVER,
    **_UNVERIFIED,
    **_ENDED,
    **UNEXPECTED,
}


def follow(state: S, event: Event) -> tuple[S, Action]:
    """The next state and action: every pair has one."""
    return TABLE[state, event]
