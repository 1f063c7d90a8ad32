"""Every row that the journal holds, one small class a table: the one definition that writer, tables and tests share.

Common to all: `seq` is one ever-growing counter over all tables (what readers follow), `run` the run that wrote the
row. Prices are integer ticks of the row's instrument, money is decimal text, times are int64 ns UTC, flags are 0 or 1,
and a comment says which texts are JSON. `chain`, where a row has it, is the hash of it and all chained rows before it.
"""

import re
from typing import NamedTuple, get_args


class Run(NamedTuple):
    """One start of the desk, with everything that is needed to repeat it."""

    seq: int
    run: str
    started_ns: int  # wall
    adapter: str
    account: str
    tape: str
    tapes: str  # JSON
    config: str  # JSON: file name → text
    config_hash: str
    strategies: str  # JSON
    seed: int
    fill_model: str
    calendar: str
    versions: str  # JSON
    dry: int
    warm: str  # SHA-256 of the snapshot that its detectors started with; empty: they started cold


class Instrument(NamedTuple):
    """The facts of one instrument as this run used them."""

    seq: int
    run: str
    position: int  # index in the run's instruments
    product: str
    contract: str
    kind: str
    tick: str  # decimal points
    tick_value: str  # decimal money
    currency: str
    exchange: str
    calendar: str
    zone: str
    regular_open: str
    regular_close: str
    commission: str  # decimal money per unit and side
    generic: int


class Signal(NamedTuple):
    """What a detector saw, with the numbers that made it fire."""

    seq: int
    run: str
    id: str
    ts: int
    known: int
    instrument: str
    contract: str
    timeframe: str
    kind: str
    side: int  # +1 long, −1 short, 0 neither
    price: int | None
    strength: float
    evidence: str  # JSON
    params_hash: str


class Candidate(Signal):
    """What a detector saw and what falls short of a signal: no strategy was asked. The columns of a signal."""


class Footprint(NamedTuple):
    """One bar around a signal, so that the evening's chart needs no tape. Outside the chain; it has its own digest."""

    seq: int
    run: str
    signal_id: str
    bar: str  # JSON
    digest: str


class Decision(NamedTuple):
    """What the gate said to a proposal: approved, blocked with every reason, or would-place in a dry run."""

    seq: int
    run: str
    id: str
    ts: int
    known: int
    verdict: str
    strategy: str
    instrument: str
    contract: str
    side: int
    signal_id: str | None
    quantity: int | None
    entry: int | None
    stop: int | None
    target: int | None
    ttl_ns: int | None
    time_stop_ns: int | None
    why: str
    facts: str  # JSON: the proposal's
    room: str  # JSON: the room to each limit when approved
    reasons: str  # JSON: [{rule, message, facts}]
    chain: str


class Bracket(NamedTuple):
    """Entry, stop and target of one approved proposal, as intended."""

    seq: int
    run: str
    id: str
    decision_id: str
    signal_id: str | None
    strategy: str
    instrument: str
    contract: str
    side: int
    quantity: int
    entry: int
    stop: int
    target: int
    time_stop_ns: int
    created_ns: int


class BracketEvent(NamedTuple):
    """A bracket entered a state."""

    seq: int
    run: str
    bracket_id: str
    state: str
    ts: int
    why: str


class Order(NamedTuple):
    """One order as it was intended; its state is the newest order_event."""

    seq: int
    run: str
    client_order_id: str
    bracket_id: str | None
    instrument: str
    contract: str
    role: str
    side: int  # +1 buy, −1 sell
    type: str
    quantity: int
    price: int | None
    stop_price: int | None
    created_ns: int
    reason: str
    late: int = 0  # it could not be written when it was told: what of it left did so before it stood here


class Amendment(NamedTuple):
    """A working order was to take other terms: asked for, then named by the broker or refused."""

    seq: int
    run: str
    client_order_id: str
    word: str  # asked, named or refused
    stop_price: int | None  # ticks; None: unchanged
    quantity: int | None  # None: unchanged
    ts: int
    reason: str


class BrokerOrder(NamedTuple):
    """The broker's own name for an order of ours; there may be several."""

    seq: int
    run: str
    client_order_id: str
    broker_id: str
    ts: int


class OrderEvent(NamedTuple):
    """A word on an order: the broker's (`source` = broker) or the desk's conclusion (`source` = desk)."""

    seq: int
    run: str
    client_order_id: str
    state: str
    ts: int
    source: str
    broker_id: str
    message: str
    chain: str


class Fill(NamedTuple):
    """One execution. `exec_id` is the broker's and unique for ever."""

    seq: int
    run: str
    id: str
    exec_id: str
    client_order_id: str
    bracket_id: str | None
    instrument: str
    contract: str
    role: str
    side: int
    quantity: int
    price: int
    ts: int
    source: str  # live, recovered or reconciled
    model: str
    corrects: str | None  # exec_id of the execution that this one replaces
    chain: str


class Commission(NamedTuple):
    """What one execution cost; the newest row of an exec_id holds."""

    seq: int
    run: str
    exec_id: str
    amount: str  # decimal money
    currency: str


class Adjustment(NamedTuple):
    """A position changed without a fill of ours (split, expiry, a person's own trading)."""

    seq: int
    run: str
    id: str
    ts: int
    instrument: str
    contract: str
    quantity: int  # signed
    price: int | None
    kind: str
    reason: str
    facts: str  # JSON
    chain: str


class Excursion(NamedTuple):
    """How far a position went against us and for us, in ticks, both counted positive."""

    seq: int
    run: str
    bracket_id: str
    mae_ticks: int
    mfe_ticks: int


class Command(NamedTuple):
    """What a person told the desk; a nonce takes effect at most once."""

    seq: int
    run: str
    nonce: str
    verb: str
    ts: int
    reason: str
    strategy: str
    instrument: str
    clear_kill: int
    result: str
    who: str = ""  # the user of the machine that said it


class ModeChange(NamedTuple):
    """The desk's mode changed; the row with `summary` ends the run."""

    seq: int
    run: str
    mode: str
    causes: str  # JSON
    ts: int | None
    wall_ns: int | None  # on the run's last row only
    summary: str | None  # JSON, on the run's last row only
    head: str | None  # the chain's head, on the run's last row only


class Heartbeat(NamedTuple):
    """The desk was alive."""

    seq: int
    run: str
    ts: int


class LinkEvent(NamedTuple):
    """The link to the broker changed."""

    seq: int
    run: str
    state: str
    ts: int
    code: str


class Control(NamedTuple):
    """A state that outlives a run: kill switch, pause, daily loss."""

    seq: int
    run: str
    key: str
    value: str  # JSON
    ts: int
    why: str
    chain: str


class CalendarEvent(NamedTuple):
    """A blackout window came into force."""

    seq: int
    run: str
    kind: str
    from_ns: int
    to_ns: int
    source: str
    ts: int


class ConfigRevision(NamedTuple):
    """Settings that came into force while a run lasted: rows of the run from this `seq` on were made by them."""

    seq: int
    run: str
    ts: int
    config: str  # JSON: file name → text
    config_hash: str
    strategies: str  # JSON
    calendar: str
    why: str
    who: str


class Pruned(NamedTuple):
    """Rows that are let go: those of the table `kind` up to the row `up_to`. No others can be deleted."""

    seq: int
    run: str
    ts: int  # wall
    kind: str
    up_to: int
    rows: int


class Anomaly(NamedTuple):
    """Rows of the tape that were counted and not used."""

    seq: int
    run: str
    kind: str
    rows: int
    first_ns: int


class Note(NamedTuple):
    """A person's words about a row, or about a run."""

    seq: int
    run: str
    subject: str
    ts: int  # wall
    text: str
    who: str = ""


class Tag(NamedTuple):
    """A person's label on a row, or that it is taken off again: the newest row of a subject's label holds."""

    seq: int
    run: str
    subject: str
    name: str
    ts: int  # wall
    removed_ns: int | None  # wall, where this row takes it off
    who: str = ""


Row = (
    Run | Instrument | Signal | Candidate | Footprint | Decision | Bracket | BracketEvent | Order | Amendment
    | BrokerOrder | OrderEvent | Fill | Commission | Adjustment | Excursion | Command | ModeChange | Heartbeat
    | LinkEvent | Control | CalendarEvent | ConfigRevision | Pruned | Anomaly | Note | Tag
)  # fmt: skip

TABLES: dict[str, type[Row]] = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", row.__name__).lower(): row for row in get_args(Row)}
"""Table name → row, parents before children: the order in which a group is written."""

CHAINED = ("decision", "order_event", "fill", "adjustment", "control")  # one chain a run, in order of seq
EDITABLE = ("note", "tag")  # a person may change them; all others are append-only
