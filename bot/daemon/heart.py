"""The process's own heartbeat: the loop beats, a thread listens, so that what holds the loop up is seen from outside.

    100 ms late     the log says where the main thread stands, once a stall
    2 s late        the desk hears of it when the loop beats again: entries are closed for a while
    wedged_after    nothing will come: the process replaces itself by its own command line, and the new start recovers

Where a stop was asked for there is no new start: the process ends after `wedged_after`, and at a second signal as soon
as the loop is 2 s late.

What the process had open is closed by the kernel with it: the journal's lock, the account's, the broker's socket. The
strategy that was being asked is named to the new start, which asks it no more that day. Only a call that also keeps the
interpreter to itself (a loop inside of C) is beyond a thread: a supervisor outside has to see to that.
"""

import asyncio
import logging
import os
import sys
import threading
import time
import traceback
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, NoReturn

import msgspec

from bot.desk import Desk
from bot.errors import PaperpitError

BEAT_S, LOOK_S = 0.025, 0.05
MS_NS, SECOND_NS = 1_000_000, 1_000_000_000
LATE_NS, STALL_NS = 100 * MS_NS, 2 * SECOND_NS
RESTARTS, WITHIN_NS = 5, 600 * SECOND_NS
"""So many restarts within that time; the next one is an end."""
LAGS_MS = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000)
"""How late beats came is counted up to and with each of these, and beyond the last."""
FRAMES = 6
ENVIRONMENT = "PAPERPIT_WEDGED"
"""How a process tells the one that takes its place."""

_log = logging.getLogger("paperpit.heart")


@dataclass(frozen=True, slots=True)
class Wedged:
    """Why a process was replaced."""

    strategy: str
    """Who was being asked; empty: nobody."""
    why: str
    restarts: tuple[int, ...]
    """When, by the machine's monotonic clock; the newest one last."""


def taken() -> Wedged | None:
    """What the process before this one has left in its place; None after an ordinary start."""
    text = os.environ.pop(ENVIRONMENT, "")
    try:
        return msgspec.json.decode(text, type=Wedged) if text else None
    except msgspec.DecodeError:
        return None  # somebody else's variable


class Heart:
    """Beats in the running loop and listens in a thread while the block lasts.

    `desk` is the desk at hand, `came` the signals so far that ask for an end, also while the loop stands still.
    """

    def __init__(
        self,
        desk: Callable[[], Desk | None],
        wedged_ns: int,
        before: Wedged | None,
        came: Callable[[], Sequence[int]] = lambda: (),
    ) -> None:
        self._desk, self._wedged_ns, self._came = desk, wedged_ns, came
        self._restarts = before.restarts if before is not None else ()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="heartbeat", daemon=True)
        self._beaten, self._logged = 0, False
        self._lags, self._lag_ns = [0] * (len(LAGS_MS) + 1), 0
        self._timer: asyncio.TimerHandle | None = None
        self._main = 0

    def __enter__(self) -> "Heart":
        self._main = threading.get_ident()
        self._beaten = time.monotonic_ns()
        self._beat()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        if self._timer is not None:
            self._timer.cancel()

    @property
    def lags(self) -> dict[str, Any]:
        """How late the loop was, beat by beat since the start: counts between the bounds (ms), and their sum."""
        return {"bounds_ms": LAGS_MS, "counts": self._lags[:], "sum_ms": self._lag_ns // MS_NS}

    def _beat(self) -> None:
        now = time.monotonic_ns()
        late, self._beaten, self._logged = now - self._beaten, now, False
        if self._timer is not None:
            lag = max(0, late - round(BEAT_S * SECOND_NS))
            self._lags[bisect_left(LAGS_MS, lag / MS_NS)] += 1
            self._lag_ns += lag
        desk = self._desk()
        if desk is not None:
            took, name = desk.asking.slowest()
            if late >= STALL_NS:
                desk.stalled(late, name if 2 * took >= late else "")
        self._timer = asyncio.get_running_loop().call_later(BEAT_S, self._beat)

    def _listen(self) -> None:
        looked = time.monotonic_ns()
        while not self._over.wait(LOOK_S):
            before, looked = looked, time.monotonic_ns()
            desk = self._desk()
            # Where this thread is late as well, it is the machine that stood still, or somebody stopped us.
            if looked - before > LATE_NS:
                continue
            if len(self._came()) > 1 and looked - self._beaten >= STALL_NS:
                self._stop("the loop does not move, and a second signal does not wait for it", looked - self._beaten)
            if desk is None:
                continue
            late, name, moves = looked - self._beaten, desk.asking.name, desk.watch.live and desk.begun
            if late >= LATE_NS and not self._logged and moves:
                self._logged = True
                _log.warning("the loop stands still for %d ms%s: %s", late // MS_NS, _whose(name), self._where())
            # A tape may be scanned for as long as it takes; a strategy may not think for ever anywhere.
            if late >= self._wedged_ns and (moves or name):
                if self._came() or desk.ended == "stop":
                    self._stop(f"{_what(name)} while a stop was asked for", late)
                self._replace(name, late)

    def _where(self) -> str:
        """Where the main thread stands, innermost call first."""
        frame = sys._current_frames().get(self._main)
        stack = traceback.extract_stack(frame)[-FRAMES:] if frame is not None else []
        return " ← ".join(f"{one.filename}:{one.lineno} {one.name}" for one in reversed(stack))

    def _stop(self, what: str, late: int) -> NoReturn:
        """The end that was asked for, without the loop."""
        signals = self._came()
        _end(
            f"error: {what} ({self._still(late)}): it ends now; positions stay under their stops at the broker\n",
            128 + signals[0] if signals else PaperpitError.exit_code,
        )

    def _still(self, late: int) -> str:
        return f"no answer for {late / SECOND_NS:.3g} s, at {self._where()}"

    def _replace(self, name: str, late: int) -> None:
        """Start again in this process's place. Does not return."""
        now = time.monotonic_ns()
        why = self._still(late)
        restarts = tuple(ts for ts in self._restarts if now - ts < WITHIN_NS)
        what = _what(name)
        if len(restarts) >= RESTARTS:
            _end(
                f"error: {what} ({why}), and {RESTARTS} restarts in ten minutes have not helped; positions stay under"
                f" their stops at the broker\n  do:      take that strategy out, then: paperpit run\n"
            )
        os.environ[ENVIRONMENT] = msgspec.json.encode(Wedged(name, why, (*restarts, now))).decode()
        os.write(sys.stderr.fileno(), f"{what}: {why}; the desk starts again and recovers\n".encode())
        try:
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
        except OSError as error:
            _end(f"error: {what}, and it cannot be started again: {error}\n  do:      paperpit run\n")


def _what(name: str) -> str:
    return f"strategy {name} does not return" if name else "the desk does not move"


def _whose(name: str) -> str:
    return f", strategy {name} is being asked" if name else ""


def _end(text: str, code: int = PaperpitError.exit_code) -> NoReturn:
    os.write(sys.stderr.fileno(), text.encode())
    os._exit(code)
