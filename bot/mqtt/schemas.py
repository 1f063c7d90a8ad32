"""JSON Schema of every message, by topic: made from the journal's own shapes. docs/mqtt/ holds them as files."""

import msgspec

from bot.domain.mode import Mode
from bot.domain.order import OrderState
from bot.journal.shapes import DECIMAL, INTEGER, LISTS, NUMBER, OBJECT, REMARKS, SIDE, SINGLE, TEXT, Schema
from bot.mqtt.events import BLACKOUT, BLOCKED, FILL, LINK, NOTE, ORDER, ROUND_TRIP, SIGNAL
from bot.mqtt.judging import VERBS
from bot.mqtt.signing import Said
from bot.mqtt.state import OFFLINE
from bot.mqtt.topics import VERSION

_TEXTS: Schema = {"type": "array", "items": TEXT}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(**keys: Schema) -> Schema:
    return {"type": "object", "properties": keys, "required": list(keys)}


def _row(name: str) -> dict[str, Schema]:
    """Keys of one of the journal's lists, without what is only known later."""
    keys: dict[str, Schema] = LISTS[name]["items"]["properties"]
    return {key: value for key, value in keys.items() if key not in {*REMARKS, "outcome"}}


_BRACKET = _object(
    bracket_id=TEXT,
    strategy=TEXT,
    side=SIDE,
    quantity=INTEGER,
    state=TEXT,
    flags=_TEXTS,
    entry_price=DECIMAL,
    stop_price=_or_null(DECIMAL),
    target_price=_or_null(DECIMAL),
    open_net=_or_null(DECIMAL),
    open_r=_or_null(NUMBER),
)
STATES: dict[str, Schema] = {
    "status": _object(
        state={"enum": [*SINGLE["status"]["properties"]["state"]["enum"], OFFLINE]},
        since_ns=_or_null(INTEGER),
        reasons=_TEXTS,
        mode=_or_null({"enum": [mode.value for mode in Mode]}),
        link=_or_null(TEXT),
        run=_or_null(TEXT),
        adapter=_or_null(TEXT),
        version=_or_null(TEXT),
    ),
    "position": _object(
        instrument=TEXT, contract=TEXT, quantity=INTEGER, brackets={"type": "array", "items": _BRACKET}
    ),
    "day": _object(net=DECIMAL, r=_or_null(NUMBER), round_trips=INTEGER, loss_used=DECIMAL, loss_limit=DECIMAL),
    "next_blackout": _object(
        kind=_or_null(TEXT), from_ns=_or_null(INTEGER), to_ns=_or_null(INTEGER), source=_or_null(TEXT)
    ),
    "health": _object(
        ts_ns=INTEGER,
        lag_ms=_or_null(NUMBER),
        tick_age_ms=OBJECT,
        loop_lag_ms=NUMBER,
        clock_offset_ms=NUMBER,
        commit_ms=NUMBER,
        journal=TEXT,
    ),
}
"""What holds now."""

EVENTS: dict[str, Schema] = {
    SIGNAL: _object(**_row("signals")),
    BLOCKED: _object(**_row("blocked")),
    ORDER: _object(
        run=TEXT,
        ts_ns=INTEGER,
        client_order_id=TEXT,
        bracket_id=_or_null(TEXT),
        instrument=TEXT,
        contract=TEXT,
        **{key: _row("orders")[key] for key in ("role", "side", "type", "quantity", "price", "stop_price")},
        state={"enum": [state.value for state in OrderState]},
        source={"enum": ["desk", "broker"]},
        message=TEXT,
    ),
    FILL: _object(**_row("fills"), source=TEXT, corrects=_or_null(TEXT)),
    ROUND_TRIP: _object(**_row("round-trips")),
    LINK: _object(run=TEXT, ts_ns=INTEGER, state=TEXT, code=TEXT),
    BLACKOUT: _object(run=TEXT, ts_ns=INTEGER, kind=TEXT, from_ns=INTEGER, to_ns=INTEGER, source=TEXT),
    NOTE: _object(run=TEXT, ts_ns=INTEGER, subject=TEXT, text=TEXT, who=TEXT),
}
"""What happens, without what every event has."""


def _message(topic: str, schema: Schema, about: str, **more: Schema) -> Schema:
    keys = {"v": {"const": VERSION}, **more, **schema["properties"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"paperpit/<desk>/{topic}",
        "description": f"{about} Keys may be added, never renamed.",
        **_object(**keys),
    }


def _command() -> Schema:
    """What the desk is told, from the very type that reads it; regular expressions of others end with `$`."""
    said = msgspec.json.schema(Said)["$defs"]["Said"]
    keys = {
        name: {**of, "pattern": of["pattern"].replace(r"\Z", "$")} if "pattern" in of else of
        for name, of in said["properties"].items()
    }
    told = _message(
        "cmd/<verb>",
        {**said, "properties": {**keys, "verb": {"enum": list(VERBS)}}},
        "docs/mqtt-commands.md says how it is signed.",
    )
    return {**told, "required": [*said["required"], "sig"], "additionalProperties": False}


def _reply() -> Schema:
    """What came of it: done, told, or refused."""
    done, verb = {"const": True}, {"enum": list(VERBS)}
    told = [
        _object(ok=done, verb=verb, result=TEXT),
        _object(ok=done, verb=verb, status=SINGLE["status"]),
        _object(ok={"const": False}, code=TEXT, message=TEXT, allowed=TEXT, do=TEXT),
    ]
    return {**_message("reply", _object(), "Or the message's own response topic."), "oneOf": told}


_PLACE = {"seq": INTEGER, "after": _or_null(INTEGER)}
SCHEMAS: dict[str, Schema] = {
    **{
        name: _message("position/<instrument>" if name == "position" else name, schema, "Retained.")
        for name, schema in STATES.items()
    },
    **{
        f"event-{kind}": _message(
            f"event/{kind}",
            schema,
            "`seq` is its place in the journal, `after` that of the message before it on this topic.",
            **_PLACE,
        )
        for kind, schema in EVENTS.items()
    },
    "cmd": _command(),
    "reply": _reply(),
}
"""File in docs/mqtt/ without its ending → the schema of one topic's messages."""
