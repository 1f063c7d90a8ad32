"""What holds now: `status --json` in parts, each a retained message of its own. The newest replaces all before it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.mqtt.topics import Topics, payload

OFFLINE = "offline"
BRACKET = (
    *("bracket_id", "strategy", "side", "quantity", "state", "flags"),
    *("entry_price", "stop_price", "target_price", "open_net", "open_r"),
)
"""What is said of each bracket that holds a position."""
Message = tuple[str, bytes]
"""Topic and payload."""


def states(topics: Topics, told: Mapping[str, Any], since_ns: int) -> Iterator[Message]:
    """Everything that is retained, of what `Daemon.status()` told; the desk is in its state since `since_ns`.

    Between two runs nobody knows what is held: what was said last stays.
    """
    yield topics.status, status(told["state"], told["reasons"], since_ns, told)
    if "run" not in told:
        return
    yield topics.day, payload(**told["day"])
    coming = told["next_blackout"] or dict.fromkeys(("kind", "from_ns", "to_ns", "source"))
    yield topics.next_blackout, payload(**coming)
    for one in told["contracts"]:
        mine = [held for held in told["positions"] if held["instrument"] == one["instrument"]]
        yield topics.position(one["instrument"]), _position(one, mine)


def status(state: str, reasons: Sequence[str], since_ns: int | None, told: Mapping[str, Any]) -> bytes:
    """The payload of the status topic."""
    known = {key: told.get(key) for key in ("mode", "link", "run", "adapter", "version")}
    return payload(state=state, since_ns=since_ns, reasons=list(reasons), **known)


def health(told: Mapping[str, Any], ts_ns: int) -> bytes:
    """How the process is, and how old the market's newest ticks are."""
    ages = {one["instrument"]: one["last_tick_age_ms"] for one in told["contracts"]}
    return payload(ts_ns=ts_ns, lag_ms=told["lag_ms"], tick_age_ms=ages, **told["health"])


def _position(contract: Mapping[str, Any], held: Sequence[Mapping[str, Any]]) -> bytes:
    """Nothing held is said as well."""
    return payload(
        instrument=contract["instrument"],
        contract=contract["contract"],
        quantity=contract["position"],
        brackets=[{key: one[key] for key in BRACKET} for one in held],
    )
