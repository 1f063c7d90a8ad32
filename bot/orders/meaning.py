"""What the broker's words and executions mean to a bracket: an event of the table, or nothing."""

from bot.domain.order import BracketState, OrderReport, OrderState, Role
from bot.orders.bracket import Leg, LiveBracket
from bot.orders.table import BEFORE_A_FILL, ENDED, Event


def nothing_new(leg: Leg, report: OrderReport) -> bool:
    """Whether a report says nothing new: brokers repeat themselves, and an order that has ended stays ended."""
    if not leg.alive and report.state is OrderState.PENDING_UNKNOWN:
        return True
    if report.state is not leg.state:
        # A late status must not wake what the broker has ended; what only we believed to be gone may be there.
        return not leg.alive and not leg.concluded and report.state is OrderState.WORKING
    moved = report.stop_price not in (None, leg.trigger)
    told = moved or report.message or (report.broker_id and report.broker_id not in leg.broker_ids)
    return not told


def event_of(live: LiveBracket, leg: Leg, report: OrderReport) -> Event | None:
    """What a word on an order means to its bracket; None when it means nothing."""
    if live.state in ENDED:
        return None
    if report.state is OrderState.WORKING:
        unheard = (OrderState.SENT, OrderState.PENDING_UNKNOWN)
        started = all(one.state not in unheard for one in live.legs.values())
        if leg.role is not Role.ENTRY and live.state is BracketState.NAKED and live.uncovered <= 0:
            return Event.COVERED
        return Event.ACKED if started and live.state is BracketState.SENT else None
    if report.state not in (OrderState.CANCELLED, OrderState.REJECTED) or leg.order.role is Role.QUOTE:
        return None  # what the end of a quote means `bot.orders.quotes` says
    if leg.role is Role.ENTRY:
        if live.filled_in and live.share == 0:
            return Event.EXIT_REST
        rejected = report.state is OrderState.REJECTED
        return Event.ENTRY_REJECTED if rejected and not live.filled_in else Event.ENTRY_CANCELLED
    if leg.role is Role.FLATTEN:
        return Event.EXIT_REFUSED if live.share and not live.of_role(Role.FLATTEN) else None
    if leg.role is Role.TARGET:
        return _of_target(live, leg, report)
    # What went out before it came in is no position to protect; what two answers lacked was acted upon then.
    covered = leg.concluded and leg.missed > 1
    covered = covered or live.share < 0 or (live.share > 0 and live.uncovered <= 0)
    covered = covered or (live.quoted and not live.share)
    return Event.STOP_LOST if leg.role is Role.STOP and not covered else None


def _of_target(live: LiveBracket, leg: Leg, report: OrderReport) -> Event | None:
    """A target has ended. What the broker ends because the bracket leaves, or we, is nobody's loss."""
    if report.state is OrderState.REJECTED:
        return Event.TARGET_REFUSED if live.share > 0 or live.state in BEFORE_A_FILL else None
    expected = leg.cancelling or live.leaving or live.of_role(Role.TARGET) or live.share <= 0
    return None if expected else Event.TARGET_GONE


def fill_event(live: LiveBracket, leg: Leg) -> Event:
    """What an execution means to its bracket, which has counted it."""
    if live.flipped:
        return Event.OVERFILLED
    over = not live.share and not live.of_role(Role.ENTRY)
    if leg.role is Role.ENTRY and not (over and live.filled_out):
        return Event.ENTRY_REST if live.filled_in + leg.taken >= leg.order.quantity else Event.ENTRY_PART
    return Event.EXIT_REST if over else Event.EXIT_PART
