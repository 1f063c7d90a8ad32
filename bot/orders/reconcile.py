"""What we believe against what the broker says: differences, and what is to be done about them. A pure function.

Executions come first, then orders, then positions. A difference is a sentence for a person. Silence about an order is
an absence, never a verdict: `Recovery` counts absences (rulings 21). Orders and positions of somebody else are named
and never touched. Applied twice, a plan changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.domain.order import ENDED, BrokerState, FillReport, OrderFact, OrderReport, OrderState

PATIENCE_NS = 2_000_000_000
"""A cancellation that an answer, asked for so much later, does not show is asked for again."""

LAG_NS = 3_000_000_000
"""A broker's position may be without an execution of its own for so long."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that the journal and the broker do not agree on."""

    what: str  # "position", "order", "fill"
    subject: str
    ours: str
    theirs: str

    def __str__(self) -> str:
        return f"{self.what} {self.subject}: the journal says {self.ours}, the broker says {self.theirs}"


@dataclass(frozen=True, slots=True)
class Believed:
    """One order of ours as we know it."""

    instrument: int
    side: int
    state: OrderState
    told: int = 0  # its quantity in the broker's words; 0: not told yet
    broker_ids: frozenset[str] = frozenset()
    since_ns: int = 0  # when it was sent, or when its state was told
    over: bool = False  # its bracket has ended
    ending: bool = False  # an entry whose end was asked for
    cancel_ns: int = 0  # when its end was asked for last
    trigger: int | None = None  # of a stop, the one in force
    moving_ns: int = 0  # when another trigger was asked for, of which there is no word yet


@dataclass(frozen=True, slots=True)
class Belief:
    """All that we know. `positions` are Σ fills and adjustments, `shares` the part of them that live brackets hold."""

    orders: Mapping[str, Believed] = field(default_factory=dict)
    fills: Mapping[str, int] = field(default_factory=dict)  # execution id → signed units
    positions: Mapping[int, int] = field(default_factory=dict)
    shares: Mapping[int, int] = field(default_factory=dict)
    products: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, in this order."""

    fills: tuple[FillReport, ...] = ()
    """Executions of our orders that we have not written."""
    strays: tuple[FillReport, ...] = ()
    """Executions under names of ours that no journal knows: their rows died with the process that sent the orders."""
    words: tuple[OrderReport, ...] = ()
    """What the broker says of our orders that is news."""
    ended: tuple[OrderReport, ...] = ()
    """Orders that we believe to live, and that the broker says have ended without another fill."""
    unmoved: tuple[str, ...] = ()
    """Stops that stand where they stood, long enough after another trigger was asked for."""
    absent: tuple[str, ...] = ()
    """Orders that we believe to live and that the answer does not have."""
    cancel: tuple[str, ...] = ()
    """Orders of ours that work, belong to nothing that lives and protect nothing; entries that were to end."""
    positions: tuple[tuple[int, int, int], ...] = ()
    """(instrument, ours, theirs) where they differ after the executions."""
    lagging: frozenset[int] = frozenset()
    """Instruments whose position is the one from before the answer's own newest executions."""
    strange: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Instrument → what somebody else has there, in words."""
    differences: tuple[Difference, ...] = ()


def reconcile(belief: Belief, state: BrokerState, asked_ns: int) -> Plan:
    """Compare what we believe with an answer that was asked for at `asked_ns`."""
    fills = tuple(
        one for one in state.fills if one.exec_id not in belief.fills and one.client_order_id in belief.orders
    )
    strays = tuple(
        one
        for one in state.fills
        if one.exec_id not in belief.fills and one.client_order_id and one.client_order_id not in belief.orders
    )
    alive = [fact for fact in state.orders if fact.state not in ENDED]
    ours = [fact for fact in alive if fact.client_order_id in belief.orders]
    others = [fact for fact in alive if fact.client_order_id not in belief.orders]
    words = tuple(word for fact in ours if (word := _word(belief.orders[fact.client_order_id], fact, asked_ns)))
    there = dict.fromkeys(fact.client_order_id for fact in ours)  # in the answer's order: what is done follows it
    absent = tuple(
        name
        for name, one in belief.orders.items()
        if one.state not in ENDED and name not in there and one.since_ns < asked_ns
    )
    ended = tuple(
        OrderReport(fact.client_order_id, fact.state, fact.ts, fact.broker_id, "ended while nobody listened")
        for fact in state.over
        if fact.client_order_id in absent
    )
    absent = tuple(name for name in absent if name not in {word.client_order_id for word in ended})
    unmoved = tuple(
        fact.client_order_id
        for fact in ours
        if 0 < (one := belief.orders[fact.client_order_id]).moving_ns <= asked_ns - PATIENCE_NS
        and fact.stop_price == one.trigger
    )
    held = _after(belief, fills)
    strangers = {fact.client_order_id: fact for fact in others if fact.client_order_id}
    useless = [name for name, fact in strangers.items() if not _protects(fact, belief, state)]
    left = [name for name in there if belief.orders[name].over or belief.orders[name].ending]
    useless += [name for name in left if asked_ns - belief.orders[name].cancel_ns >= PATIENCE_NS]
    positions = tuple(
        (instrument, held.get(instrument, 0), theirs)
        for instrument, theirs in _theirs(held, state)
        if held.get(instrument, 0) != theirs
    )
    return Plan(
        fills=fills,
        strays=strays,
        words=words,
        ended=ended,
        unmoved=unmoved,
        absent=absent,
        cancel=tuple(useless),
        positions=positions,
        lagging=frozenset(at for at, ours, theirs in positions if _lags(belief, state, asked_ns, at, ours - theirs)),
        strange=_strange([fact for fact in others if fact.client_order_id not in useless]),
        differences=_differences(belief, fills + strays, absent, others, positions),
    )


def _word(one: Believed, fact: OrderFact, asked_ns: int) -> OrderReport | None:
    """What a fact says that we did not know; a state that was told after the question is newer than the answer."""
    state = fact.state
    if state is OrderState.WORKING and one.state is OrderState.PARTIAL:
        state = OrderState.PARTIAL
    if one.state in ENDED and one.since_ns >= asked_ns:
        return None
    same = state is one.state and fact.quantity in (0, one.told) and fact.stop_price in (None, one.trigger)
    if same and (not fact.broker_id or fact.broker_id in one.broker_ids):
        return None
    return OrderReport(fact.client_order_id, fact.state, fact.ts, fact.broker_id, "", fact.quantity, fact.stop_price)


def _after(belief: Belief, fills: tuple[FillReport, ...]) -> dict[int, int]:
    """Positions once these executions are counted; a correction takes the place of what it corrects."""
    held, known = dict(belief.positions), dict(belief.fills)
    for fill in fills:
        instrument, units = belief.orders[fill.client_order_id].instrument, fill.side * fill.quantity
        held[instrument] = held.get(instrument, 0) + units - (known.pop(fill.corrects, 0) if fill.corrects else 0)
        known[fill.exec_id] = units
    return held


def _theirs(held: Mapping[int, int], state: BrokerState) -> list[tuple[int, int]]:
    theirs = {instrument: units for instrument, units in state.positions if instrument >= 0}
    return [(instrument, theirs.get(instrument, 0)) for instrument in sorted(held.keys() | theirs.keys())]


def _lags(belief: Belief, state: BrokerState, asked_ns: int, instrument: int, units: int) -> bool:
    """Whether the newest executions of an answer, a moment old, are what its position lacks."""
    missing = 0
    for fill in sorted(state.fills, key=lambda one: one.ts, reverse=True):
        one = belief.orders.get(fill.client_order_id)
        if fill.ts <= asked_ns - LAG_NS or fill.corrects or missing == units:
            break
        if one is not None and one.instrument == instrument:
            missing += fill.side * fill.quantity
    return missing == units


def _protects(fact: OrderFact, belief: Belief, state: BrokerState) -> bool:
    """Whether an order under a name of ours that no journal knows reduces a position that no bracket of ours holds."""
    held = dict(state.positions).get(fact.instrument, 0) - belief.shares.get(fact.instrument, 0)
    return fact.instrument < 0 or not fact.side or held * fact.side < 0


def _strange(facts: list[OrderFact]) -> dict[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for fact in facts:
        name = fact.client_order_id or fact.broker_id or "without a name"
        words = f"somebody else's order works there ({name})"
        found[fact.instrument] = (*found.get(fact.instrument, ()), words)
    return found


def _differences(
    belief: Belief,
    fills: tuple[FillReport, ...],
    absent: tuple[str, ...],
    others: list[OrderFact],
    positions: tuple[tuple[int, int, int], ...],
) -> tuple[Difference, ...]:
    found = [
        Difference("fill", fill.exec_id, "nothing", f"{fill.side * fill.quantity:+d} at {fill.price} ticks")
        for fill in fills
    ]
    # What is left of a bracket that has ended goes by itself.
    mine = {name: belief.orders[name] for name in absent if not belief.orders[name].over}
    found += [Difference("order", name, one.state.value, "not there") for name, one in mine.items()]
    found += [
        Difference("order", fact.client_order_id or fact.broker_id, "not there", fact.state.value) for fact in others
    ]
    for instrument, ours, theirs in positions:
        product = belief.products[instrument] if instrument < len(belief.products) else str(instrument)
        found.append(Difference("position", product, f"{ours:+d}", f"{theirs:+d}"))
    return tuple(found)
