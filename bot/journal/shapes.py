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


def _one_of(*words: str) -> Schema:
    return {"enum": list(words)}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _list_of(**keys: Schema) -> Schema:
    item = {"type": "object", "properties": keys, "required": list(keys)}
    return {"type": "array", "items": item}


SIDE = _one_of("long", "short")
WAY = _one_of("buy", "sell")
ROLE = _one_of(*(role.value for role in Role), "quote")
REMARKS: dict[str, Schema] = {
    "tags": {"type": "array", "items": TEXT},
    "notes": _list_of(ts_ns=INTEGER, who=TEXT, text=TEXT),
}
REASON: Schema = {
    "type": "object",
    "properties": {"rule": TEXT, "message": TEXT, "facts": OBJECT},
    "required": ["rule", "message", "facts"],
}

LISTS: dict[str, Schema] = {
    "runs": _list_of(
        run=TEXT,
        started_ns=INTEGER,
        ended_ns=_or_null(INTEGER),
        state=_one_of("finished", "cut-off", "running"),
        adapter=TEXT,
        tape=TEXT,
        config_hash=TEXT,
        strategies={"type": "array", "items": TEXT},
        warm=_or_null(TEXT),
        revisions=_list_of(
            seq=INTEGER,
            ts_ns=INTEGER,
            config_hash=TEXT,
            strategies={"type": "array", "items": TEXT},
            why=TEXT,
            who=TEXT,
        ),
        **REMARKS,
    ),
    "signals": _list_of(
        id=TEXT,
        run=TEXT,
        ts_ns=INTEGER,
        known_ns=INTEGER,
        instrument=TEXT,
        contract=TEXT,
        timeframe=TEXT,
        kind=TEXT,
        side=_or_null(SIDE),
        price=_or_null(DECIMAL),
        strength=NUMBER,
        evidence={"type": "object", "additionalProperties": {"type": ["number", "null"]}},
        outcome=_one_of("approved", "blocked", "unused"),
        config_hash=TEXT,
        **REMARKS,
    ),
    "blocked": _list_of(
        id=TEXT,
        run=TEXT,
        ts_ns=INTEGER,
        instrument=TEXT,
        strategy=TEXT,
        side=_or_null(SIDE),
        signal_id=_or_null(TEXT),
        reasons={"type": "array", "items": REASON, "minItems": 1},
        config_hash=TEXT,
        **REMARKS,
    ),
    "orders": _list_of(
        id=TEXT,
        client_order_id=TEXT,
        bracket_id=_or_null(TEXT),
        role=ROLE,
        side=WAY,
        type=_one_of(*(kind.value for kind in OrderType)),
        quantity=INTEGER,
        price=_or_null(DECIMAL),
        stop_price=_or_null(DECIMAL),
        state=_one_of(*(state.value for state in OrderState)),
        created_ns=INTEGER,
        **REMARKS,
    ),
    "fills": _list_of(
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
        commission=_or_null(DECIMAL),
        **REMARKS,
    ),
    "round-trips": _list_of(
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
        r=_or_null(NUMBER),
        r_net=_or_null(NUMBER),
        r_planned=_or_null(NUMBER),
        slippage_ticks=NUMBER,
        mae_ticks=_or_null(INTEGER),
        mfe_ticks=_or_null(INTEGER),
        exit_reason=_one_of(*REASONS),
        signal_id=_or_null(TEXT),
        config_hash=TEXT,
        **REMARKS,
    ),
}


def _object(**keys: Schema) -> Schema:
    return {"type": "object", "properties": keys, "required": list(keys)}


ESTIMATE = _object(
    value=_or_null(NUMBER), low=_or_null(NUMBER), high=_or_null(NUMBER), n=INTEGER, sessions=INTEGER, words=TEXT
)
MEAN_R = _object(
    value=_or_null(NUMBER),
    low=_or_null(NUMBER),
    high=_or_null(NUMBER),
    n=INTEGER,
    sessions=INTEGER,
    needed=_or_null(INTEGER),
    level=NUMBER,
)
STATS = _list_of(
    group=TEXT,
    by={"type": "object", "additionalProperties": TEXT},
    fill_model=TEXT,
    market=TEXT,
    drill={"type": "boolean"},
    round_trips=INTEGER,
    sessions=INTEGER,
    won=INTEGER,
    lost=INTEGER,
    net=DECIMAL,
    r=_or_null(NUMBER),
    r_net=_or_null(NUMBER),
    win_rate=ESTIMATE,
    expectancy_r=ESTIMATE,
    expectancy_r_net=ESTIMATE,
    expectancy_ticks=ESTIMATE,
    mean_r=MEAN_R,
    profit_factor=ESTIMATE,
    drawdown_r=ESTIMATE,
    mae_ticks=ESTIMATE,
    mfe_ticks=ESTIMATE,
    slippage_ticks=ESTIMATE,
    minutes=ESTIMATE,
    tries=INTEGER,
    deflated_sharpe=_object(
        value=_or_null(NUMBER), sharpe=_or_null(NUMBER), best_of_tries=_or_null(NUMBER), tries=INTEGER, words=TEXT
    ),
    needed=_object(value=_or_null(INTEGER), words=TEXT),
    words=TEXT,
    level=NUMBER,
    draws=INTEGER,
    seed=INTEGER,
)

SINGLE: dict[str, Schema] = {
    "calendar": _list_of(
        kind=TEXT,
        ts_ns=_or_null(INTEGER),
        from_ns=INTEGER,
        to_ns=INTEGER,
        status=TEXT,
        source=TEXT,
        instruments={"type": "array", "items": TEXT},
    ),
    "story": _object(
        id=TEXT,
        kind=_one_of("round-trip", "bracket", "blocked", "would-place", "signal"),
        run=OBJECT,
        instrument=TEXT,
        contract=TEXT,
        tick=DECIMAL,
        tick_value=DECIMAL,
        currency=TEXT,
        signal=_or_null(OBJECT),
        decisions=OBJECTS,
        bracket=_or_null(OBJECT),
        states=OBJECTS,
        orders=OBJECTS,
        fills=OBJECTS,
        round_trip=_or_null(OBJECT),
        first_stop=_or_null(DECIMAL),
        footprints=OBJECTS,
        footprints_gone_ns=_or_null(INTEGER),
        **REMARKS,
    ),
    "moment": _object(
        kind=_one_of("moment"),
        from_ns=INTEGER,
        to_ns=INTEGER,
        instrument=_or_null(TEXT),
        run=_or_null(OBJECT),
        before=_or_null(OBJECT),
        after=_or_null(OBJECT),
        answer={"type": "array", "items": TEXT, "minItems": 1},
    ),
    "status": _object(
        state=_one_of("trading", "paused", "blackout", "held", "closed", "starting", "stopping"),
        reasons={"type": "array", "items": TEXT},
        account=_or_null(TEXT),
        positions=OBJECTS,
        working_orders=OBJECTS,
        link=TEXT,
        lag_ms=_or_null(NUMBER),
        next_blackout=_or_null(OBJECT),
        journal=TEXT,
        day=OBJECT,
        room=OBJECTS,
        health=OBJECT,
        strategies=OBJECTS,
        calendar_until=OBJECT,
        contracts=OBJECTS,
        version=TEXT,
    ),
    "health": _object(
        status=_or_null(OBJECT),
        journal=TEXT,
        size=_or_null(INTEGER),
        runs=INTEGER,
        run=_or_null(TEXT),
        state=_or_null(_one_of("finished", "cut-off", "running")),
        modes=_list_of(ts_ns=_or_null(INTEGER), mode=TEXT, causes={"type": "array"}),
        links=_list_of(ts_ns=INTEGER, state=TEXT, code=TEXT),
        room=OBJECT,
        anomalies=_list_of(first_ns=INTEGER, kind=TEXT, rows=INTEGER),
    ),
}
"""What is asked for by its own name: by the API, and by `calendar list`, `journal explain`, `status` with `--json`."""
WHAT_IF = _object(
    end=_one_of(*REASONS, "unfilled", "unpriced", "open"),
    filled={"type": "boolean"},
    fill_model=TEXT,
    entry_ns=_or_null(INTEGER),
    exit_ns=_or_null(INTEGER),
    entry_price=_or_null(DECIMAL),
    exit_price=_or_null(DECIMAL),
    ticks=_or_null(NUMBER),
    r=_or_null(NUMBER),
    r_net=_or_null(NUMBER),
    markouts=_list_of(after_s=INTEGER, from_mid=_or_null(NUMBER), from_fill=_or_null(NUMBER)),
)
"""What a refusal would have made."""
BLOCKED_WHAT_IF = _list_of(**LISTS["blocked"]["items"]["properties"], what_if=_or_null(WHAT_IF))
BLOCKED_STATS = _list_of(
    group=TEXT,
    by={"type": "object", "additionalProperties": TEXT},
    counted=_one_of("once", "every", "first", "alone"),
    fill_model=TEXT,
    market=TEXT,
    drill={"type": "boolean"},
    refused=INTEGER,
    untold=INTEGER,
    unpriced=INTEGER,
    unfilled=INTEGER,
    open=INTEGER,
    filled=INTEGER,
    sessions=INTEGER,
    won=INTEGER,
    lost=INTEGER,
    r=NUMBER,
    r_net=NUMBER,
    expectancy_r=ESTIMATE,
    expectancy_r_net=ESTIMATE,
    expectancy_ticks=ESTIMATE,
    markouts=_list_of(after_s=INTEGER, from_mid=ESTIMATE, from_fill=ESTIMATE, censored=INTEGER),
    words=TEXT,
    level=NUMBER,
    draws=INTEGER,
    seed=INTEGER,
)

EVALUATE = _list_of(
    group=TEXT,
    strategy=TEXT,
    fill_model=TEXT,
    market=TEXT,
    drill={"type": "boolean"},
    round_trips=INTEGER,
    sessions=INTEGER,
    wanted=INTEGER,
    untold=INTEGER,
    taken=INTEGER,
    filled=INTEGER,
    refused=INTEGER,
    mean_r=MEAN_R,
    random=_object(
        n=INTEGER,
        sessions=INTEGER,
        unmatched=INTEGER,
        entries=INTEGER,
        r=_or_null(NUMBER),
        r_random=_or_null(NUMBER),
        difference=_or_null(NUMBER),
        p=_or_null(NUMBER),
    ),
    markouts=_list_of(
        after_s=INTEGER,
        filled=ESTIMATE,
        from_fill=ESTIMATE,
        unfilled=ESTIMATE,
        refused=ESTIMATE,
        censored=INTEGER,
    ),
    costs=_list_of(fill_model=TEXT, times=INTEGER, r=_or_null(NUMBER), filled=INTEGER),
    turns={"type": "boolean"},
    tries=INTEGER,
    deflated_sharpe=_or_null(OBJECT),
    level=NUMBER,
    among=INTEGER,
    seed=INTEGER,
    edge={"type": "boolean"},
    words=TEXT,
)

MAKER = _list_of(
    run=TEXT,
    strategy=TEXT,
    instrument=TEXT,
    fill_model=TEXT,
    round_trips=INTEGER,
    fills=INTEGER,
    quoted=INTEGER,
    after_s=NUMBER,
    unpriced=INTEGER,
    total_ticks=NUMBER,
    spread_ticks=NUMBER,
    crossed_ticks=NUMBER,
    adverse_ticks=NUMBER,
    inventory_ticks=NUMBER,
    gross=DECIMAL,
    commission=DECIMAL,
    net=DECIMAL,
)
"""A market maker's result in parts."""
REFUSALS = {"blocked-what-if": BLOCKED_WHAT_IF, "stats-blocked": BLOCKED_STATS, "evaluate": EVALUATE, "maker": MAKER}
"""What tapes are asked for: `journal blocked --what-if`, `journal stats --blocked`, `journal evaluate` and `maker`."""

SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "paperpit journal lists",
    "description": "One definition a list of `paperpit journal LIST --json`. Keys may be added, never renamed.",
    "$defs": {**LISTS, **SINGLE, **REFUSALS, "stats": STATS},
}
