"""Who is asked first when several strategies hear something of one instrument at one moment.

What one of them takes, the limits of the account may leave no room for in the next: the first is whoever has sent the
fewest brackets in this exchange session, then whoever stands first in the settings. So they take turns.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from bot.desk.parts import Parts, Seat
from bot.domain.decision import Proposal, Refusal, Signal
from bot.ports import Stop


class Asked(NamedTuple):
    """One question: to whom, about what, when, and whose turn it is ("2 of 3"; empty where nobody else is asked)."""

    seat: Seat
    signal: Signal
    stop: Stop
    turn: str


class Turns:
    """Keeps the questions of one moment until all of it is known. A strategy alone in its instrument never waits."""

    def __init__(self, parts: Parts) -> None:
        self._p = parts
        self._waiting: list[tuple[Seat, Signal]] = []
        self._stop = Stop(0, False, 0)
        self.sit()

    def sit(self) -> None:
        """Others sit at the desk, or the first ones."""
        self._rank = {seat.strategy.name: rank for rank, seat in enumerate(self._p.seats)}
        traded = [seat.instrument for seat in self._p.seats]
        self._shared = {instrument for instrument in traded if traded.count(instrument) > 1}

    def waits(self, seat: Seat, signal: Signal, stop: Stop) -> bool:
        """Whether the question is kept for the moment's end."""
        if seat.instrument not in self._shared:
            return False
        self._stop = stop
        self._waiting.append((seat, signal))
        return True

    def take(self, until: Stop | None) -> Iterator[Asked]:
        """The questions that wait, in turn, once their moment is over (`until` is another, or none); each strategy's
        in the order of the tape."""
        if not self._waiting or until == self._stop:
            return
        waiting, self._waiting = self._waiting, []
        names = {seat.strategy.name for seat, _ in waiting}
        sent = self._p.gate.sent(self._stop.ts)
        order = sorted(names, key=lambda name: (sent[name], self._rank[name]))
        for turn, name in enumerate(order, 1):
            words = f"{turn} of {len(order)}" if len(order) > 1 else ""
            for seat, signal in waiting:
                if seat.strategy.name == name:
                    yield Asked(seat, signal, self._stop, words)


def told_turn(wish: Proposal | Refusal, turn: str) -> Proposal | Refusal:
    """The wish with whose turn it was, where there was one: a refusal for want of room can be read by it."""
    return replace(wish, facts={**wish.facts, "turn": turn}) if turn and isinstance(wish, Proposal) else wish
