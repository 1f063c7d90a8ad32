"""JSON Schema of figures that are made of the journal, and all schemas together."""

from bot.journal.round_trips import REASONS
from bot.journal.shapes import (
    DECIMAL,
    INTEGER,
    LISTS,
    NUMBER,
    OBJECT,
    SINGLE,
    TEXT,
    Schema,
    list_of,
    object_of,
    one_of,
    or_null,
)

ESTIMATE = object_of(
    value=or_null(NUMBER), low=or_null(NUMBER), high=or_null(NUMBER), n=INTEGER, sessions=INTEGER, words=TEXT
)
MEAN_R = object_of(
    value=or_null(NUMBER),
    low=or_null(NUMBER),
    high=or_null(NUMBER),
    n=INTEGER,
    sessions=INTEGER,
    needed=or_null(INTEGER),
    level=NUMBER,
)
STATS = list_of(
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
    r=or_null(NUMBER),
    r_net=or_null(NUMBER),
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
    deflated_sharpe=object_of(
        value=or_null(NUMBER), sharpe=or_null(NUMBER), best_of_tries=or_null(NUMBER), tries=INTEGER, words=TEXT
    ),
    needed=object_of(value=or_null(INTEGER), words=TEXT),
    words=TEXT,
    level=NUMBER,
    draws=INTEGER,
    seed=INTEGER,
)

WHAT_IF = object_of(
    end=one_of(*REASONS, "unfilled", "unpriced", "open"),
    filled={"type": "boolean"},
    fill_model=TEXT,
    entry_ns=or_null(INTEGER),
    exit_ns=or_null(INTEGER),
    entry_price=or_null(DECIMAL),
    exit_price=or_null(DECIMAL),
    ticks=or_null(NUMBER),
    r=or_null(NUMBER),
    r_net=or_null(NUMBER),
    markouts=list_of(after_s=INTEGER, from_mid=or_null(NUMBER), from_fill=or_null(NUMBER)),
)
"""What a refusal would have made."""
BLOCKED_WHAT_IF = list_of(**LISTS["blocked"]["items"]["properties"], what_if=or_null(WHAT_IF))
BLOCKED_STATS = list_of(
    group=TEXT,
    by={"type": "object", "additionalProperties": TEXT},
    counted=one_of("once", "every", "first", "alone"),
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
    markouts=list_of(after_s=INTEGER, from_mid=ESTIMATE, from_fill=ESTIMATE, censored=INTEGER),
    words=TEXT,
    level=NUMBER,
    draws=INTEGER,
    seed=INTEGER,
)

EVALUATE = list_of(
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
    random=object_of(
        n=INTEGER,
        sessions=INTEGER,
        unmatched=INTEGER,
        entries=INTEGER,
        r=or_null(NUMBER),
        r_random=or_null(NUMBER),
        difference=or_null(NUMBER),
        p=or_null(NUMBER),
    ),
    markouts=list_of(
        after_s=INTEGER,
        filled=ESTIMATE,
        from_fill=ESTIMATE,
        unfilled=ESTIMATE,
        refused=ESTIMATE,
        censored=INTEGER,
    ),
    costs=list_of(fill_model=TEXT, times=INTEGER, r=or_null(NUMBER), filled=INTEGER),
    turns={"type": "boolean"},
    tries=INTEGER,
    deflated_sharpe=or_null(OBJECT),
    level=NUMBER,
    among=INTEGER,
    seed=INTEGER,
    edge={"type": "boolean"},
    words=TEXT,
)

MAKER = list_of(
    run=TEXT,
    strategy=TEXT,
    instrument=TEXT,
    hedge={"type": "boolean"},
    hedged=or_null(
        object_of(
            legs=INTEGER,
            seconds=NUMBER,
            most=NUMBER,
            open=NUMBER,
            money=DECIMAL,
            swing_alone=DECIMAL,
            swing=DECIMAL,
        )
    ),
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
SAID = object_of(p0=or_null(NUMBER), p=or_null(NUMBER), p1=or_null(NUMBER))
CALIBRATION = list_of(
    group=TEXT,
    strategy=TEXT,
    model=TEXT,
    fill_model=TEXT,
    market=TEXT,
    drill={"type": "boolean"},
    counted=one_of("taken", "refused"),
    judged=INTEGER,
    silent=INTEGER,
    sessions=INTEGER,
    won=INTEGER,
    said=SAID,
    win_rate=ESTIMATE,
    gap=ESTIMATE,
    promise_gap=ESTIMATE,
    brier=ESTIMATE,
    base_brier=ESTIMATE,
    log_loss=ESTIMATE,
    base_log_loss=ESTIMATE,
    gain=ESTIMATE,
    bins=list_of(count=INTEGER, low=NUMBER, high=NUMBER, said=SAID, won=ESTIMATE),
    monitor=object_of(outcomes=INTEGER, e=NUMBER, alarm_ns=or_null(INTEGER)),
    words=TEXT,
    level=NUMBER,
    draws=INTEGER,
    seed=INTEGER,
)
"""What a model said of the chance of winning, held against what came."""

REFUSALS = {"blocked-what-if": BLOCKED_WHAT_IF, "stats-blocked": BLOCKED_STATS, "evaluate": EVALUATE, "maker": MAKER}
"""What tapes are asked for: `journal blocked --what-if`, `journal stats --blocked`, `journal evaluate` and `maker`."""

SCHEMA: Schema = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "paperpit journal lists",
    "description": "One definition a list of `paperpit journal LIST --json`. Keys may be added, never renamed.",
    "$defs": {**LISTS, **SINGLE, **REFUSALS, "stats": STATS, "stats-calibration": CALIBRATION},
}
