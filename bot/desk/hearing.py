"""What the broker reports, handed to whom it concerns."""

from bot.desk.hedging import Hedging
from bot.desk.parts import Parts
from bot.desk.watch import Watch
from bot.domain.order import (
    ClockReport,
    CommissionReport,
    FeedReport,
    FillReport,
    LinkReport,
    OrderReport,
    PauseReport,
    Report,
    SnapshotReport,
)


class Hearing:
    """Orders hear of orders, the watch of the wire; a hedge follows what was filled. `heard` counts reports."""

    def __init__(self, parts: Parts, watch: Watch, hedging: Hedging) -> None:
        self._p, self._watch, self._hedging = parts, watch, hedging
        self.heard = 0

    async def hear(self, report: Report) -> None:
        """One report."""
        orders = self._p.orders
        self.heard += 1
        if isinstance(report, FillReport):
            await orders.on_fill(report)
            await self._hedging.review(report.ts)
        elif isinstance(report, OrderReport):
            await orders.on_order(report)
            await self._hedging.review(report.ts)
        elif isinstance(report, CommissionReport):
            orders.on_commission(report)
        elif isinstance(report, SnapshotReport):
            await orders.on_snapshot(report)
        elif isinstance(report, LinkReport):
            self._watch.link_changed(report)
            await orders.on_link(report)
        elif isinstance(report, FeedReport):
            self._watch.feed_changed(report)
        elif isinstance(report, ClockReport):
            self._watch.clock_measured(report)
        elif isinstance(report, PauseReport):
            self._watch.shut(report.what, report.why, report.ts, report.until_ns)
