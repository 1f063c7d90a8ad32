"""Reports that cannot be true, or that are about nothing we know: written down, not counted, and asked about."""

from collections.abc import Sequence

from bot.domain.order import FillReport, OrderReport
from bot.orders.bracket import Leg, LiveBracket
from bot.orders.machine import Machine
from bot.orders.sound import UNCOUNTABLE, WORDS, Band, flaw_of_fill, flaw_of_word

KEPT = 1_000
"""So many anomalies are told apart; then all are told again."""


class Anomalies:
    """Stands between the broker's reports and the books. `bands` go by instrument."""

    def __init__(self, machine: Machine, bands: Sequence[Band]) -> None:
        self._machine, self._bands = machine, bands
        self._told: set[str] = set()

    def fill(self, live: LiveBracket, leg: Leg, fill: FillReport, *, confirmed: bool) -> bool:
        """Whether an execution may not be counted. `confirmed`: the broker said so in an answer."""
        before = live.executions.get(fill.corrects)
        filled = leg.filled - (before.quantity if before is not None else 0)
        at = leg.order.instrument
        flaw = flaw_of_fill(fill, leg.order, filled, leg.told, self._bands[at] if self._bands else Band())
        if flaw is None:
            return False
        if confirmed and flaw not in UNCOUNTABLE:
            self._tell(f"fill-{flaw}", f"execution {fill.exec_id} {WORDS[flaw]}, and the broker says it again", fill.ts)
            return False
        words = f"execution {fill.exec_id} of order {fill.client_order_id} {WORDS[flaw]}: it is not counted"
        self._close(at, words, fill.ts)
        self._tell(f"fill-{flaw}", words, fill.ts)
        return True

    def word(self, leg: Leg, report: OrderReport) -> bool:
        """Whether a word on an order may not be believed."""
        flaw = flaw_of_word(report, leg.order)
        if flaw is None:
            return False
        words = f"a word on order {report.client_order_id} {WORDS[flaw]}: it is not believed"
        self._close(leg.order.instrument, words, report.ts)
        self._tell(f"order-{flaw}", words, report.ts)
        return True

    def orphan(self, fill: FillReport) -> None:
        """An execution under a name of ours that no journal knows. One without a name is somebody else's affair."""
        if not fill.client_order_id:
            return
        words = (
            f"execution {fill.exec_id} ({fill.side * fill.quantity:+d} at {fill.price} ticks) is of order "
            f"{fill.client_order_id}, which the journal does not know"
        )
        for instrument in range(len(self._machine.contracts)):
            self._close(instrument, words, fill.ts)
        self._tell("fill-unknown-order", words, fill.ts)

    def stranger(self, report: OrderReport) -> None:
        """A word on an order under a name of ours that no journal knows."""
        name = report.client_order_id
        if name:
            self._tell(
                "order-unknown", f"the broker speaks of order {name}, which the journal does not know", report.ts
            )

    def _close(self, instrument: int, words: str, ts: int) -> None:
        """No entries before the broker's answer, which says whether the books agree."""
        self._machine.holds[instrument] = words
        self._machine.look(instrument, ts)

    def _tell(self, kind: str, words: str, ts: int) -> None:
        if words in self._told:
            return
        if len(self._told) >= KEPT:
            self._told.clear()
        self._told.add(words)
        journal = self._machine.journal
        journal.anomaly(kind, 1, ts)
        journal.mode_change("difference", [words], ts)
        journal.commit()
        self._machine.broker.ask()
