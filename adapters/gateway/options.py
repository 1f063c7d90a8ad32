"""How a gateway is started."""

from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

from adapters.gateway.timing import HAND, MAX
from bot.errors import UsageError

PORT = 4002
ACCOUNT = "DU1234567"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says, or a test."""

    host: str = "127.0.0.1"
    port: int = PORT
    """0 = any free one."""
    account: str = ACCOUNT
    """One id, or several with commas between; the first one owns what the gateway holds from before."""
    tapes: tuple[str, ...] = ()
    """Paths, names, `demo`; without any, the synthetic market in the wall's time."""
    silent: bool = False
    """No market: prices come by the control socket or by hand, in the wall's time."""
    instruments: tuple[str, ...] = ("ES",)
    """Of a market without tapes."""
    seed: int = 1
    speed: str = "1"
    """A tape's: times the wall's, `max`, or `hand` (`Play.advance`)."""
    wait: bool | None = None
    """Begin with the first subscription; a tape does unless told otherwise."""
    fill_model: str = "ib-paper"
    latency_ms: int = 0
    state: Path | None = None
    ledger: Path | None = None
    control: Path | None = None
    tick_by_tick: int = 3
    """Tick-by-tick subscriptions of all clients together."""
    lines: int = 100
    """`reqMktData` lines of all clients together."""
    faults: tuple[str, ...] = field(default=())
    """`NAME` or `NAME:ARG`, from the start."""


def speed_of(text: str) -> Decimal | None:
    """Times the wall's speed; None when rows do not wait. Raises UsageError."""
    if text in (MAX, HAND):
        return None
    try:
        speed = Decimal(text.removesuffix("x"))
    except InvalidOperation:
        speed = Decimal(0)
    if not (speed.is_finite() and speed > 0):
        raise UsageError(f"{text!r} is no speed", where="--speed", allowed="1, 60, 0.5, max")
    return speed
