"""What leaves the desk: only after it is written, only when nothing forbids it, each thing once."""

from decimal import Decimal

from bot.domain.instrument import Instrument
from bot.domain.market import ABSENT
from bot.domain.order import Order, OrderType, Role
from tests.sim.checkers.invariant import Found
from tests.sim.seen import NEVER, SECOND, Seen, Sent

TWO_NAMES_NS = 5 * SECOND
CANCEL_NS = 2 * SECOND
GONE_NS = 10 * SECOND
MINUTE = 60 * SECOND
OFFSET_NS = 2 * SECOND


def write_ahead(seen: Seen, sent: Sent) -> Found:
    """I03: an order's row is durable, and equal, before the broker hears of it.

    While the journal cannot be written a protective order leaves all the same, and is written late.
    """
    if sent.refused:
        return
    for order in sent.orders:
        row = seen.durable.orders.get(order.client_order_id)
        if row is None:
            if sent.what == "place" or seen.flags.writable:
                yield f"{order.role.value} {order.client_order_id} left before its row was durable"
            continue
        product = seen.day.instruments[order.instrument].product
        written = (row.instrument, row.side, row.type, row.quantity, row.price, row.stop_price)
        told = (product, order.side, order.type.value, order.quantity, order.price, order.stop_price)
        if written != told:
            yield f"{order.role.value} {order.client_order_id} left as {told} and is written as {written}"


def written_late(seen: Seen) -> Found:
    """I03: at rest every order at the exchange has its row."""
    for order in seen.truth.orders.values():
        if order.name and order.name not in seen.durable.orders:
            yield f"{order.name} works at the exchange and has no row"


def fill_before_action(seen: Seen, sent: Sent) -> Found:
    """I04: nothing leaves while a fill that was heard is not durable."""
    if seen.delivered and seen.flags.writable:
        names = ", ".join(sorted(seen.delivered))
        yield f"{sent.what} {sent.name or sent.orders[0].client_order_id} left before execution {names} was durable"


def one_order_a_name(seen: Seen, sent: Sent) -> Found:
    """I05: a client order id has one content for ever, one decision makes one entry; nothing is amended unheard."""
    if sent.refused:
        return
    if sent.what == "amend" and not seen.flags.reconciled:
        yield f"{sent.name} was amended while nobody has said what there is: that makes two live orders"
    for earlier in seen.sent[:-1]:
        if earlier.refused or not earlier.orders or not sent.orders:
            continue
        for order in sent.orders:
            for known in earlier.orders:
                if known.client_order_id == order.client_order_id and known != order:
                    yield f"{order.client_order_id} left with a second content"
        if sent.bracket is not None and earlier.bracket is not None and sent.bracket.id != earlier.bracket.id:
            wish, before = sent.bracket.approved.proposal, earlier.bracket.approved.proposal
            if wish.signal_id and (wish.strategy, wish.signal_id) == (before.strategy, before.signal_id):
                yield f"brackets {earlier.bracket.id} and {sent.bracket.id} left for one signal {wish.signal_id}"


def one_live_order(seen: Seen) -> Found:
    """I05: at most one live order under one name; two, where the exchange made them, for five seconds."""
    names: dict[str, int] = {}
    for order in seen.truth.orders.values():
        if order.name and order.working:
            names[order.name] = names.get(order.name, 0) + 1
    for order in list(seen.truth.orders.values()):
        if order.name and order.working:
            lasted = seen.lasting(("twice", order.name), names[order.name] > 1)
            calm = seen.flags.calm(order.instrument)
            # The desk has to hear of it first: from the poll, which comes every five seconds.
            if lasted and calm != NEVER and min(lasted, seen.now - calm) > 2 * TWO_NAMES_NS:
                yield f"{names[order.name]} orders live under {order.name} for {lasted / SECOND:.1f} s"


def not_in_blackout(seen: Seen, sent: Sent) -> Found:
    """I13: no entry is sent in a blackout."""
    if sent.entry:
        at = sent.orders[0].instrument
        if seen.day.blacked_out(at, seen.now):
            yield f"entry {sent.orders[0].client_order_id} left inside a blackout"


def no_entry_in_blackout(seen: Seen) -> Found:
    """I13: two seconds after a blackout's edge the end of every resting entry has been asked for, soon it is gone."""
    for window in seen.day.blackouts:
        if not window.from_ns + CANCEL_NS < seen.now < window.to_ns:
            continue
        calm = max(window.from_ns, seen.flags.calm(window.instrument))
        resting = [one for one in seen.truth.of_instrument(window.instrument) if one.role is Role.ENTRY and one.working]
        for order in resting:
            asked = any(one.name == order.name and one.what == "cancel" for one in seen.sent)
            since = seen.now - max(calm, order.since)
            if calm != NEVER and since > (GONE_NS if asked else CANCEL_NS):
                yield f"entry {order.name} works {since / SECOND:.1f} s after the edge of a blackout"


def fail_closed(seen: Seen, sent: Sent) -> Found:
    """I14: no entry leaves while anything that it stands on is missing."""
    if not sent.entry:
        return
    at, flags = sent.orders[0].instrument, seen.flags
    one = seen.day.instruments[at]
    wish = sent.bracket.approved.proposal if sent.bracket is not None else None
    strategy = wish.strategy if wish is not None else ""
    scopes = {("", ""), (strategy, ""), ("", one.product), (strategy, one.product)}
    missing = [
        (not flags.calendar, "the calendar does not cover now"),
        (seen.now - flags.quoted.get(at, seen.now) > one.stale_ns, "its data is stale"),
        (abs(flags.clock_offset_ns) > OFFSET_NS, "the clock is off"),
        (not flags.writable, "the journal cannot be written"),
        (not flags.reconciled, "the broker has not said what it holds"),
        (flags.heard_link != "up", f"the link is {flags.heard_link}"),
        (seen.durable.killed, "the kill switch is set"),
        (bool(scopes & seen.durable.pauses), "it is paused"),
        (not flags.paper, "the account is not proven to be paper"),
    ]
    for wrong, words in missing:
        if wrong:
            yield f"entry {sent.orders[0].client_order_id} left while {words}"


def paper_only(seen: Seen, sent: Sent) -> Found:
    """I16: nothing leaves on a connection that is not proven to be to a paper account."""
    if not sent.refused and not seen.flags.paper:
        yield f"{sent.what} left towards an account that is not proven to be paper"


def on_the_grid(seen: Seen, sent: Sent) -> Found:
    """I17: whole ticks, whole quantities, and a stop not further from the entry than was approved.

    A stop that has to be placed anew after the market went through it stands where the market is, one tick behind.
    """
    for order in sent.orders:
        prices = [price for price in (order.price, order.stop_price) if price is not None]
        if any(type(price) is not int for price in prices) or type(order.quantity) is not int or order.quantity < 1:
            yield f"{order.client_order_id} has prices {prices} and quantity {order.quantity}"
        if (order.stop_price is None) != (order.type is not OrderType.STOP):
            yield f"{order.client_order_id} is a {order.type.value} with trigger {order.stop_price}"
        row = seen.durable.brackets.get(order.bracket_id)
        if row is not None and _looser(order, row.side, _wanted(seen, order.instrument, row.side, row.stop)):
            yield f"stop {order.client_order_id} at {order.stop_price} risks more than the approved {row.stop}"
    if sent.what == "amend" and sent.stop_price is not None and not sent.refused:
        written = seen.durable.orders.get(sent.name)
        row = seen.durable.brackets.get(written.bracket_id or "") if written is not None else None
        if row is not None and row.side * (sent.stop_price - row.stop) < 0:
            yield f"stop {sent.name} is amended to {sent.stop_price}, which risks more than the approved {row.stop}"


def _wanted(seen: Seen, instrument: int, side: int, stop: int) -> int:
    """The approved stop, or one tick behind the market where that is beyond it."""
    touch = seen.flags.touch.get(instrument)
    if touch is None or ABSENT in touch:
        return stop
    behind = touch[0] - 1 if side > 0 else touch[1] + 1
    return min(stop, behind) if side > 0 else max(stop, behind)


def _looser(order: Order, side: int, stop: int) -> bool:
    return order.role is Role.STOP and order.stop_price is not None and side * (order.stop_price - stop) < 0


def rounded(one: Instrument, side: int, wanted: Decimal, ticks: int) -> Found:
    """I17: a stop between two ticks goes towards protection, by less than one of them."""
    loose = side * (wanted - one.to_price(ticks))
    if not -one.tick < loose <= 0:
        yield f"a stop wanted at {wanted} is sent at {one.to_price(ticks)}"


def fresh(seen: Seen, sent: Sent) -> Found:
    """I18: an entry leaves at most `signal_ttl` after its signal was known."""
    if sent.entry and sent.bracket is not None:
        age = seen.now - sent.bracket.approved.proposal.known
        if age > seen.day.risk.signal_ttl:
            yield f"entry {sent.orders[0].client_order_id} left {age / SECOND:.1f} s after its signal"


def throttled(seen: Seen, sent: Sent) -> Found:
    """I25: never more than so many messages in sixty seconds, of entries and of everything together."""
    if sent.refused:
        return
    entries = every = 0
    for one in reversed(seen.sent):
        if seen.now - one.ts >= MINUTE:
            break
        count = 0 if one.refused else max(1, len(one.orders))
        every += count
        entries += count if one.what == "place" else 0
    for what, count, limit in (
        ("of entries", entries, seen.day.risk.max_order_messages_per_minute),
        ("in all", every, seen.day.messages_a_minute or NEVER),
    ):
        if count > limit:
            yield f"{count} messages {what} left within a minute, limit {limit}"
