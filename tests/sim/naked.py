"""How long positions are without cover, by the exchange's own books, while link, market, desk and disk are all up."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from tests.sim.exchange import Exchange, Group
from tests.sim.loop import SECOND_NS
from tests.sim.world import World

P99_MS, MAX_MS = 4_000, 10_000
"""How fast a naked position is covered or flat: 99 of 100, and all of them (figures, R12)."""


Rows = Iterable[tuple[str, Sequence[Any]]]


class Naked:
    """Watches one day. An interval in which anything was down, at any turn, is nobody's fault and does not count.

    Down is, too, a wire that holds back what the desk has sent, for nothing can arrive before it.
    """

    def __init__(self, world: World) -> None:
        self.found_ms: list[int] = []
        self.long: list[str] = []
        """Those that took longer than 99 of 100 may: how long, on which day, and what went wrong meanwhile."""
        self._world = world
        self._since: dict[str, int] = {}
        self._before: dict[str, Counter[str]] = {}
        self._disturbed: set[str] = set()
        self._gone: dict[str, int] = {}
        self._said = self._looked = 0
        exchange = world.exchange
        say = exchange.say

        def counted(said: object) -> None:
            self._said += 1
            say(said)  # type: ignore[arg-type]  # it is what the exchange said

        exchange.say = counted
        world.checks.append(lambda _: self._turn())
        world.wrote.append(self._wrote)

    def _turn(self) -> None:
        if self._said != self._looked:
            self._looked = self._said
            self._look(self._world.exchange)
        if self._since and not self._calm():
            self._disturbed.update(self._since)

    def _look(self, exchange: Exchange) -> None:
        now = self._world.loop.now_ns
        for group in exchange.groups.values():
            if self._bare(group, exchange):
                if group.id not in self._since:
                    self._since[group.id], self._before[group.id] = now, Counter(self._world.wire.seen)
            elif group.id in self._since:
                lasted = now - self._since.pop(group.id)
                seen = Counter(self._world.wire.seen) - self._before.pop(group.id)
                if lasted and group.id not in self._disturbed:
                    self.found_ms.append(lasted * 1000 // SECOND_NS)
                    self._tell(group, lasted, seen)
                self._disturbed.discard(group.id)

    def _tell(self, group: Group, lasted: int, seen: Counter[str]) -> None:
        if lasted > P99_MS * SECOND_NS // 1000:
            meanwhile = ", ".join(f"{fault} {times}" for fault, times in sorted(seen.items())) or "nothing went wrong"
            day = f"seed {self._world.plan.seed}, bracket {group.id}"
            self.long.append(f"naked for {lasted / SECOND_NS:.1f} s: {day}; meanwhile {meanwhile}")

    def _bare(self, group: Group, exchange: Exchange) -> bool:
        """Whether a bracket holds more than its stops and market exits would take out.

        What somebody else took out of it is not there to be covered; whether it was is the judgement of I06. What the
        desk books because its executions were not heard of is in the exchange's own books already.
        """
        if group.entry is None:
            return False
        side = group.entry.side
        share = group.share + min(0, side * self._gone.get(group.id, 0))
        held = max(0, side * exchange.positions[group.entry.instrument])
        cover = sum(one.left for one in group.exits if one.alive and one.price is None)
        return min(share, held) > cover or share < 0

    def _wrote(self, groups: Rows) -> None:
        for table, rows in groups:
            for row in rows:
                if table == "adjustment" and (name := json.loads(row.facts).get("bracket")):
                    self._gone[name] = self._gone.get(name, 0) + row.quantity

    def _calm(self) -> bool:
        world = self._world
        run = world.run
        return (
            run is not None
            and run.standing
            and world.wire.up
            and world.loop.time() >= world.wire.late_until
            and run.broker.link == "up"
            and world.platter.writable
            and not world.exchange.halted
        )


def spread(found_ms: list[int]) -> str:
    """How long, in words: middle, the hundredth, the longest, and how many in each step."""
    if not found_ms:
        return "naked to covered: nothing was naked"
    ordered = sorted(found_ms)
    steps = (100, 500, 1_000, 2_000, 4_000, 10_000, 60_000)
    below, words = 0, []
    for step in steps:
        count = sum(one <= step for one in ordered) - below
        below += count
        words.append(f"≤{step / 1000:g} s: {count}")
    middle, last = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    return (
        f"naked to covered: {len(ordered)} times, p50 {middle} ms, p99 {last} ms, max {ordered[-1]} ms"
        f" ({', '.join(words)})"
    )
