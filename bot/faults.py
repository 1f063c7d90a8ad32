"""Named dangerous moments: windows of a few hundred microseconds that no kill at random would hit.

Nothing happens at them unless the program was told so: `paperpit run --fault-points` with `PAPERPIT_FAULT=name:n:kill`
in the environment kills the process at the n-th passing of a point, and `name:n:term` asks it to end (SIGTERM). They
are for tests of recovery and of an end in order.
"""

import os
import signal
from collections.abc import Callable
from typing import Literal, get_args

Point = Literal[
    "intent-committed",
    "bracket-sent",
    "fill-received",
    "fill-committed",
    "stop-lost",
    "exit-committed",
    "exit-sent",
    "change-told",
    "taken-up",
    "compared",
]
"""A bracket is durable and not sent · sent and nothing about that is written · an execution is heard and not written ·
written and nothing done about it · a position has lost its stop and nothing is done yet · a stop or a market exit is
durable and not sent · sent and nothing about that is written · the end or the change of an order has been asked for and
what follows is not written · a start has read what earlier runs left, and the broker's answer is not looked at · it has
been dealt with, and nothing is traded yet."""

ENVIRONMENT = "PAPERPIT_FAULT"

SIGNALS = {"kill": signal.SIGKILL, "term": signal.SIGTERM}
_armed: dict[str, tuple[int, signal.Signals]] = {}
"""Point → passings until the process gets that signal."""

_listener: Callable[[Point], None] | None = None


def fault_point(name: Point) -> None:
    """Pass a dangerous moment."""
    if _armed:
        _pass(name)
    if _listener is not None:
        _listener(name)


def listen(listener: Callable[[Point], None] | None) -> None:
    """Have a simulation told of each passing; None: nobody listens any more."""
    global _listener
    _listener = listener


def arm(text: str) -> None:
    """Let `name:n:kill` or `name:n:term` happen; an empty text disarms. Raises ValueError: what is allowed."""
    _armed.clear()
    if not text:
        return
    name, _, rest = text.partition(":")
    count, _, what = rest.partition(":")
    if name not in get_args(Point) or not count.isdigit() or int(count) < 1 or what not in SIGNALS:
        allowed = f"name:n:kill or name:n:term, where name is one of {', '.join(get_args(Point))} and n counts from 1"
        raise ValueError(f"{ENVIRONMENT}={text!r} names no fault; allowed: {allowed}")
    _armed[name] = int(count), SIGNALS[what]


def _pass(name: Point) -> None:
    if name not in _armed:
        return
    left, number = _armed[name]
    _armed[name] = left - 1, number
    if left == 1:
        os.kill(os.getpid(), number)
