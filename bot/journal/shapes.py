"""JSON Schema of what leaves the journal: the lists of the command-line contract and their enumerations."""

from typing import Any

from bot.domain.order import OrderState, OrderType, Role
from bot.journal.round_trips import REASONS

Schema = dict[str, Any]

DECIMAL: Schema = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}
TEXT: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
OBJECT: Schema = {"type": "object"}
OBJECTS: Schema = {"type": "array", "items": OBJECT}


def one_of(*words: str) -> Schema:
    """One of a few words."""
    return {"enum": list(words)}


def or_null(schema: Schema) -> Schema:
    """The same, or nothing."""
    return {"anyOf": [schema, {"type": "null"}]}


def object_of(**keys: Schema) -> Schema:
    """An object that has all of these."""
    return {"type": "object", "properties": keys, "required": list(keys)}


def list_of(**keys: Schema) -> Schema:
    """An array of objects that have all of these."""
    return {"type": "array", "items": object_of(**keys)}


SIDE = one_of("long", "short")
WAY = one_of("buy", "sell")
ROLE = one_of(*(role.value for role in Role), "quote")
REMARKS: dict[str, Schema] = {
    "tags": {"type": "array", "items": TEXT},
    "notes": list_of(ts_ns=INTEGER, who=TEXT, text=TEXT),
}
REASON: Schema = {
    "type": "object",
    "properties": {"rule": TEXT, "message": TEXT, "facts": OBJECT},
    "required": ["rule", "message", "facts"],
}

LISTS: dict[str, Schema] = {
    "runs": list_of(
        run=TEXT,
        started_ns=INTEGER,
        ended_ns=or_null(INTEGER),
        state=one_of("finished", "cut-off", "running"),
        adapter=TEXT,
        tape=TEXT,
        config_hash=TEXT,
        strategies={"type": "array", "items": TEXT},
        warm=or_null(TEXT),
        revisions=list_of(
            seq=INTEGER,
            ts_ns=INTEGER,
            config_hash=TEXT,
            strategies={"type": "array", "items": TEXT},
            why=TEXT,
            who=TEXT,
        ),
        **REMARKS,
    ),
    "signals": list_of(
        id=TEXT,
        run=TEXT,
        ts_ns=INTEGER,
        known_ns=INTEGER,
        instrument=TEXT,
        contract=TEXT,
        timeframe=TEXT,
        kind=TEXT,
        side=or_null(SIDE),
        price=or_null(DECIMAL),
        strength=NUMBER,
        evidence={"type": "object", "additionalProperties": {"type": ["number", "null"]}},
        outcome=one_of("approved", "blocked", "unused"),
        config_hash=TEXT,
        **REMARKS,
    ),
    "blocked": list_of(
        id=TEXT,
        run=TEXT,
        ts_ns=INTEGER,
        instrument=TEXT,
        strategy=TEXT,
        side=or_null(SIDE),
        signal_id=or_null(TEXT),
        reasons={"type": "array", "items": REASON, "minItems": 1},
        config_hash=TEXT,
        **REMARKS,
    ),
    "orders": list_of(
        id=TEXT,
        client_order_id=TEXT,
        bracket_id=or_null(TEXT),
        role=ROLE,
        side=WAY,
        type=one_of(*(kind.value for kind in OrderType)),
        quantity=INTEGER,
        price=or_null(DECIMAL),
        stop_price=or_null(DECIMAL),
        state=one_of(*(state.value for state in OrderState)),
        created_ns=INTEGER,
        **REMARKS,
    ),
    "fills": list_of(
        id=TEXT,
        run=TEXT,
        ts_ns=INTEGER,
        instrument=TEXT,
        contract=TEXT,
        order_id=TEXT,
        client_order_id=TEXT,
        exec_id=TEXT,
        role=ROLE,
        side=WAY,
        quantity=INTEGER,
        price=DECIMAL,
        commission=or_null(DECIMAL),
        **REMARKS,
    ),
    "round-trips": list_of(
        id=TEXT,
        run=TEXT,
        instrument=TEXT,
        contract=TEXT,
        strategy=TEXT,
        side=SIDE,
        quantity=INTEGER,
        entry_ns=INTEGER,
        exit_ns=INTEGER,
        entry_price=DECIMAL,
        exit_price=DECIMAL,
        ticks=NUMBER,
        gross=DECIMAL,
        commission=DECIMAL,
        net=DECIMAL,
        r=or_null(NUMBER),
        r_net=or_null(NUMBER),
        r_planned=or_null(NUMBER),
        slippage_ticks=NUMBER,
        mae_ticks=or_null(INTEGER),
        mfe_ticks=or_null(INTEGER),
        exit_reason=one_of(*REASONS),
        signal_id=or_null(TEXT),
        config_hash=TEXT,
        **REMARKS,
    ),
}


SINGLE: dict[str, Schema] = {
    "calendar": list_of(
        kind=TEXT,
        ts_ns=or_null(INTEGER),
        from_ns=INTEGER,
        to_ns=INTEGER,
        status=TEXT,
        source=TEXT,
        instruments={"type": "array", "items": TEXT},
    ),
    "story": object_of(
        id=TEXT,
        kind=one_of("round-trip", "bracket", "blocked", "would-place", "signal"),
        run=OBJECT,
        instrument=TEXT,
        contract=TEXT,
        tick=DECIMAL,
        tick_value=DECIMAL,
        currency=TEXT,
        signal=or_null(OBJECT),
        decisions=OBJECTS,
        bracket=or_null(OBJECT),
        states=OBJECTS,
        orders=OBJECTS,
        fills=OBJECTS,
        round_trip=or_null(OBJECT),
        first_stop=or_null(DECIMAL),
        footprints=OBJECTS,
        footprints_gone_ns=or_null(INTEGER),
        **REMARKS,
    ),
    "moment": object_of(
        kind=one_of("moment"),
        from_ns=INTEGER,
        to_ns=INTEGER,
        instrument=or_null(TEXT),
        run=or_null(OBJECT),
        before=or_null(OBJECT),
        after=or_null(OBJECT),
        answer={"type": "array", "items": TEXT, "minItems": 1},
    ),
    "status": object_of(
        state=one_of("trading", "paused", "blackout", "held", "closed", "starting", "stopping"),
        reasons={"type": "array", "items": TEXT},
        account=or_null(TEXT),
        positions=OBJECTS,
        working_orders=OBJECTS,
        link=TEXT,
        lag_ms=or_null(NUMBER),
        next_blackout=or_null(OBJECT),
        journal=TEXT,
        day=OBJECT,
        room=OBJECTS,
        health=OBJECT,
        strategies=OBJECTS,
        calendar_until=OBJECT,
        contracts=OBJECTS,
        version=TEXT,
    ),
    "health": object_of(
        status=or_null(OBJECT),
        journal=TEXT,
        size=or_null(INTEGER),
        runs=INTEGER,
        run=or_null(TEXT),
        state=or_null(one_of("finished", "cut-off", "running")),
        modes=list_of(ts_ns=or_null(INTEGER), mode=TEXT, causes={"type": "array"}),
        links=list_of(ts_ns=INTEGER, state=TEXT, code=TEXT),
        room=OBJECT,
        anomalies=list_of(first_ns=INTEGER, kind=TEXT, rows=INTEGER),
    ),
}
"""What is asked for by its own name: by the API, and by `calendar list`, `journal explain`, `status` with `--json`."""
