"""The rule about a maker's hedge: nothing more is taken on that cannot be hedged."""

from bot.domain.decision import Proposal, Reason
from bot.risk.context import Context, Rule

SECOND_NS = 1_000_000_000


class Leg(Rule):
    """One leg of a hedged inventory stands alone for too long, or would: the other instrument cannot be traded."""

    name = "leg_risk"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse a quote that would enlarge what is not hedged, and any that brings in while nothing can be hedged.

        The hedge's own orders are not asked, nor what only makes an inventory smaller.
        """
        leg, closed = ctx.control.legs.get(proposal.strategy), ctx.control.unhedgeable.get(proposal.strategy, "")
        if proposal.hedge:
            return None
        if leg is not None and proposal.side * leg.units > 0 and leg.lasts(ctx.now):
            seconds = (ctx.now - leg.since_ns) // SECOND_NS
            message = f"{float(leg.units):+g} {ctx.instrument.product} have not been hedged for {seconds} s"
            if leg.why:
                message = f"{message}: {leg.why}"
            facts = {"unhedged": float(leg.units), "seconds": seconds, "limit": leg.patience_ns / SECOND_NS}
            return Reason(self.name, message, facts)
        return Reason(self.name, f"could not be hedged now: {closed}", {"closed": closed}) if closed else None
