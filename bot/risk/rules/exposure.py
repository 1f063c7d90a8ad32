"""Rules about what the account already carries: positions, their worth and margin, brackets."""

from bot.domain.decision import Fact, Proposal, Reason
from bot.risk.context import Context, Rule


class Position(Rule):
    """Position, working entries and this order together stay within the instrument's limit."""

    name = "position"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when position + working entries of this side + this > `max_position`."""
        limit = ctx.instrument.max_position
        if _together(proposal, ctx) <= limit:
            return None
        held = proposal.side * ctx.ledger.position[proposal.instrument]
        working = ctx.ledger.working[proposal.instrument].get(proposal.side, 0)
        facts = {"position": held, "working": working, "quantity": proposal.quantity, "limit": limit}
        message = f"{held} held + {working} working + {proposal.quantity} is more than {limit} {ctx.instrument.product}"
        return Reason(self.name, message, facts)


class Notional(Rule):
    """What an entry and the position after it are worth: price × multiplier × units."""

    name = "notional"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse an entry worth more than `max_order_notional`, and one that makes more than `max_position_notional`.

        What is held and works counts at this entry's price.
        """
        facts = ctx.instrument
        order, position = facts.max_order_notional, facts.max_position_notional
        if order is None and position is None:
            return None
        worth = facts.worth(proposal.entry, proposal.quantity)
        if order is not None and worth > order:
            message = (
                f"one entry of {proposal.quantity} {facts.product} is worth {worth} {facts.currency}, limit {order}"
            )
            return Reason(self.name, message, {"worth": str(worth), "limit": str(order), "what": "order"})
        if position is None:
            return None
        units = max(0, _together(proposal, ctx))
        worth = facts.worth(proposal.entry, units)
        if worth <= position:
            return None
        message = (
            f"{units} {facts.product} held, working and wanted are worth {worth} {facts.currency}, limit {position}"
        )
        return Reason(self.name, message, {"worth": str(worth), "limit": str(position), "what": "position"})


class Margin(Rule):
    """Initial margin of everything held and working stays within a part of what the account is worth.

    What it is worth is the broker's word, else `account_usd`; where nobody says it, nobody judges, and `check` says so.
    """

    name = "margin"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when margins of positions, working entries and this one are more than `max_margin_percent` of it."""
        if ctx.equity is None:
            return None
        this = ctx.instrument.margin(proposal.entry, proposal.quantity)
        carried = ctx.ledger.margin()
        limit = ctx.equity * ctx.settings.max_margin_percent / 100
        if carried + this <= limit:
            return None
        message = (
            f"margin of {carried} carried + {this} for this bracket is more than {ctx.settings.max_margin_percent} % of"
            f" {ctx.equity} {ctx.instrument.currency}"
        )
        numbers: dict[str, Fact] = {"carried": str(carried), "margin": str(this), "limit": str(limit)}
        return Reason(self.name, message, numbers | {"account": str(ctx.equity)})


class Opposite(Rule):
    """An entry never trades against our own position or our own working entry."""

    name = "opposite"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse while the other side is held or works."""
        held = ctx.ledger.position[proposal.instrument]
        working = ctx.ledger.working[proposal.instrument].get(-proposal.side, 0)
        if held * proposal.side >= 0 and not working:
            return None
        facts = {"position": held, "working": working}
        way = "long" if proposal.side > 0 else "short"
        return Reason(self.name, f"{way} against our own {held:+d} held and {working} working", facts)


class OpenBrackets(Rule):
    """The whole account has not more brackets open than a person can watch."""

    name = "open_brackets"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when `max_open_brackets` are open."""
        count, limit = len(ctx.ledger.open), ctx.settings.max_open_brackets
        if count < limit:
            return None
        return Reason(self.name, f"{count} brackets are open, limit {limit}", {"open": count, "limit": limit})


def _together(proposal: Proposal, ctx: Context) -> int:
    """Units on the proposal's side: held (below nothing when the other side is), working, and its own."""
    held = proposal.side * ctx.ledger.position[proposal.instrument]
    return held + ctx.ledger.working[proposal.instrument].get(proposal.side, 0) + proposal.quantity
