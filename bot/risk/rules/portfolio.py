"""Rules about all instruments together: what strategies that know nothing of each other add up to.

Worth is price × multiplier × units; what is held and works counts at our newest price in its instrument, a working
entry as filled. An entry that takes an exposure down passes.
"""

from collections.abc import Mapping
from decimal import Decimal

from bot.domain.decision import Fact, Proposal, Reason
from bot.risk.context import Context, Rule


class GrossExposure(Rule):
    """Long and short added up: what could go wrong if nothing offset anything."""

    name = "gross_exposure"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when all instruments and this entry are worth more than `max_gross_notional_usd`."""
        carried, this = ctx.ledger.gross(), ctx.instrument.worth(proposal.entry, proposal.quantity)
        limit = ctx.settings.max_gross_notional_usd
        if carried + this <= limit:
            return None
        message = f"{carried:.2f} carried, long and short added, + {this:.2f} is more than {limit} USD"
        return Reason(self.name, message, _facts(carried, this, limit))


class NetExposure(Rule):
    """One direction of the whole account: longs less shorts, or shorts less longs."""

    name = "net_exposure"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when this entry would make the account worth more than `max_net_notional_usd` in its direction."""
        carried, this = ctx.ledger.carried(proposal.side), ctx.instrument.worth(proposal.entry, proposal.quantity)
        limit = ctx.settings.max_net_notional_usd
        if carried + this <= limit:
            return None
        message = f"{carried:.2f} carried net {_way(proposal.side)} + {this:.2f} is more than {limit} USD"
        return Reason(self.name, message, _facts(carried, this, limit))


class CorrelatedExposure(Rule):
    """Products that move together are one position: each dollar counts by its product's weight (its beta)."""

    name = "correlated_exposure"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when a group of `[risk.exposure.NAME]` would carry more than its `max_usd` one way."""
        product = ctx.instrument.product
        for name, group in ctx.settings.exposure.items():
            weight = group.weights.get(product)
            if not weight:
                continue
            way = proposal.side if weight > 0 else -proposal.side
            carried = ctx.ledger.carried(way, group.weights)
            this = abs(weight) * ctx.instrument.worth(proposal.entry, proposal.quantity)
            if carried + this > group.max_usd:
                message = (
                    f"{carried:.2f} carried {_way(way)} in {name} + {this:.2f} for this ({weight} × {product}) is more"
                    f" than {group.max_usd} USD"
                )
                return Reason(self.name, message, {**_facts(carried, this, group.max_usd), "group": name})
        return None


def _facts(carried: Decimal, this: Decimal, limit: Decimal) -> Mapping[str, Fact]:
    return {"carried": str(carried), "worth": str(this), "limit": str(limit)}


def _way(side: int) -> str:
    return "long" if side > 0 else "short"
