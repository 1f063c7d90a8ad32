"""What must come to an end, what a person said, and what must never be said."""

from typing import Any

from bot.domain.order import BracketState
from tests.sim.checkers.invariant import Found
from tests.sim.seen import Seen

CERTAIN = frozenset({BracketState.WORKING, BracketState.PARTIAL, BracketState.OPEN, BracketState.EXITING})
"""States in which a bracket may rest."""
TIMERS_MAX = 2_000
"""Deadlines that a day may leave behind: each is dropped when its time comes."""


def settled(seen: Seen) -> Found:
    """I20: when faults have ceased everything is certain, and desk, journal and broker agree."""
    mind = seen.mind
    if mind is None:
        yield "the desk does not run"
        return
    if not mind.settled:
        yield "the broker's answer is still waited for"
    for name, state in mind.brackets.items():
        if state not in CERTAIN:
            yield f"bracket {name} is {state.value}"
    for at, one in enumerate(seen.day.instruments):
        held = seen.truth.account.get(at, 0)
        if mind.positions[at] != held:
            yield f"the desk holds {mind.positions[at]:+d} {one.product}, and the account {held:+d}"


def once(seen: Seen, table: str, row: Any) -> Found:
    """I22: a command takes effect at most once."""
    if table == "command" and seen.durable.commands.get(row.nonce, 0) > 1:
        yield f"command {row.nonce} ({row.verb}) took effect twice"


def remembered(seen: Seen) -> Found:
    """I22: what was acknowledged is durable, and in force."""
    closed: set[tuple[str, str]] = set()
    kill = False
    # Whoever asked may be told later than who asked after him: what counts is the order in which they were done.
    done = {nonce: at for at, nonce in enumerate(seen.durable.commands)}
    for one in sorted(seen.acknowledged, key=lambda one: done.get(one.nonce, len(done))):
        if one.verb == "flatten":
            kill = True
        elif one.verb == "pause":
            closed.add((one.strategy, one.instrument))
        elif one.verb == "resume":
            closed.discard((one.strategy, one.instrument))
            kill = kill and not one.clear_kill
    # What was done and not acknowledged when the desk died may have opened them.
    undone = {one.nonce for one in seen.acknowledged} != seen.durable.commands.keys()
    if kill and not undone and not (seen.durable.killed and (seen.mind is None or seen.mind.kill)):
        yield "the kill switch was acknowledged and is not set"
    in_force = seen.durable.pauses if seen.mind is None else seen.durable.pauses & seen.mind.pauses
    if not undone and not closed <= in_force:
        yield f"pauses of {sorted(closed - in_force)} were acknowledged and are not in force"


def bounded(seen: Seen) -> Found:
    """I24: what the desk keeps has a bound."""
    if seen.mind is not None and seen.mind.timers > TIMERS_MAX:
        yield f"{seen.mind.timers} deadlines are set"


def no_secret_row(seen: Seen, table: str, row: Any) -> Found:
    """I26: no row holds the configured secret."""
    canary = seen.day.canary
    if canary and any(type(cell) is str and canary in cell for cell in row):
        yield f"{table} row {row.seq} holds a configured secret"


def no_secret_word(seen: Seen, text: str) -> Found:
    """I26: no line, payload or error holds the configured secret."""
    if seen.day.canary and seen.day.canary in text:
        yield f"a configured secret was said: {text[:40]!r}…"
