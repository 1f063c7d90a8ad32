"""A maker at the desk: each side of its quote goes through the gate, and only what changes is written and sent."""

from bot.desk.parts import Parts, Tally
from bot.domain.decision import Approved, Quote


class Quoting:
    """Judges quotes. A refusal is written once for as long as its reasons are the same ones."""

    def __init__(self, parts: Parts, tally: Tally) -> None:
        self._p, self._tally = parts, tally
        self._refused: dict[tuple[str, int, int], tuple[str, ...]] = {}

    def held(self, strategy: str, instrument: int) -> int:
        """Signed units of an instrument that a strategy's own brackets hold."""
        wishes = ((one, one.bracket.approved.proposal) for one in self._p.orders.live)
        own = (one for one, wish in wishes if (wish.strategy, wish.instrument) == (strategy, instrument))
        return sum(one.side * one.share for one in own)

    async def judge(self, quote: Quote, known: int, sent: int) -> list[str]:
        """Keep, move or pull both sides, as the gate lets them; why it did not. `sent`: when they would leave."""
        strategy, at = quote.strategy, quote.instrument
        standing = self._p.orders.quotes.standing(strategy, at)
        keep, wanted = set[int](), dict[int, tuple[Approved, str]]()
        closed, refused = dict[int, str](), list[str]()
        for wish in quote.sides():
            verdict = self._p.gate.judge(wish, known, sent=sent)
            if not isinstance(verdict, Approved):
                refused += (reason.message for reason in verdict.reasons)
                reasons = tuple(reason.rule for reason in verdict.reasons)
                closed[wish.side] = ", ".join(reasons)
                if self._refused.get((strategy, at, wish.side)) != reasons:
                    self._refused[strategy, at, wish.side] = reasons
                    self._tally.blocked += 1
                    self._tally.refusals.update(reasons)
                    self._p.journal.decision(self._p.journal.next_id(), verdict, dry=self._p.dry)
                continue
            self._refused.pop((strategy, at, wish.side), None)
            if standing.get(wish.side) == (wish.entry, wish.quantity):
                keep.add(wish.side)
            else:
                wanted[wish.side] = verdict, self._written(verdict)
        if not self._p.dry:
            await self._p.orders.quotes.quote(strategy, at, frozenset(keep), wanted, known, closed)
        self._p.journal.commit()
        return refused

    def _written(self, verdict: Approved) -> str:
        decision_id = self._p.journal.next_id()
        self._p.journal.decision(decision_id, verdict, dry=self._p.dry)
        self._tally.approved += 1
        return decision_id
