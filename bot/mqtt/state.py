"""What holds now: `status --json` in parts, each a retained message of its own. The newest replaces all before it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from bot.mqtt.topics import VERSION, Topics

OFFLINE = "offline"
Message = tuple[str, bytes]
"""Topic and payload."""
encode = msgspec.json.Encoder(order="sorted").encode


def states(topics: Topics, told: Mapping[str, Any], since_ns: int) -> Iterator[Message]:
    """Everything that is retained, of what `Daemon.status()` told; the desk is in its state since `since_ns`.

    Between two runs nobody knows what is held: what was said last stays.
    """
    yield topics.status, status(told["state"], told["reasons"], since_ns, told)
    if "run" not in told:
        return
    yield topics.day, encode({"v": VERSION, **told["day"]})
    coming = told["next_blackout"] or dict.fromkeys(("kind", "from_ns", "to_ns", "source"))
    yield topics.next_blackout, encode({"v": VERSION, **coming})
    held = told["positions"]
    contracts = {one["instrument"]: one["contract"] for one in (*told["contracts"], *held)}
    for instrument, contract in contracts.items():
        mine = [one for one in held if one["instrument"] == instrument]
        yield topics.position(instrument), _position(instrument, contract, mine)


def status(state: str, reasons: Sequence[str], since_ns: int | None, told: Mapping[str, Any]) -> bytes:
    """The payload of the status topic."""
    return encode(
        {
            "v": VERSION,
            "state": state,
            "since_ns": since_ns,
            "reasons": list(reasons),
            "mode": told.get("mode"),
            "link": told.get("link"),
            "run": told.get("run"),
            "adapter": told.get("adapter"),
            "version": told.get("version"),
        }
    )


def health(told: Mapping[str, Any], ts_ns: int) -> bytes:
    """How the process is, and how old the market's newest ticks are."""
    ages = {one["instrument"]: one["last_tick_age_ms"] for one in told["contracts"]}
    return encode({"v": VERSION, "ts_ns": ts_ns, "lag_ms": told["lag_ms"], "tick_age_ms": ages, **told["health"]})


def _position(instrument: str, contract: str, held: Sequence[Mapping[str, Any]]) -> bytes:
    """Nothing held is said as well."""
    brackets = [{key: value for key, value in one.items() if key != "instrument"} for one in held]
    net = sum(one["quantity"] if one["side"] == "long" else -one["quantity"] for one in held)
    said = {"v": VERSION, "instrument": instrument, "contract": contract, "quantity": net, "brackets": brackets}
    return encode(said)
