"""Rules about what the account already carries: positions, brackets, the day's loss."""

from bot.domain.decision import Fact, Proposal, Reason
from bot.risk.context import Context, Rule


class Position(Rule):
    """Position, working entries and this order together stay within the instrument's limit."""

    name = "position"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when position + working entries of this side + this > `max_position`."""
        held = proposal.side * ctx.ledger.position[proposal.instrument]
        working = ctx.ledger.working[proposal.instrument].get(proposal.side, 0)
        limit = ctx.instrument.max_position
        if held + working + proposal.quantity <= limit:
            return None
        facts = {"position": held, "working": working, "quantity": proposal.quantity, "limit": limit}
        message = f"{held} held + {working} working + {proposal.quantity} is more than {limit} {ctx.instrument.product}"
        return Reason(self.name, message, facts)


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


class BracketsPerDay(Rule):
    """Overtrading has an end."""

    name = "brackets_per_day"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when `max_brackets_per_day` were sent in this exchange session."""
        count, limit = ctx.day.brackets, ctx.settings.max_brackets_per_day
        if count < limit:
            return None
        return Reason(self.name, f"{count} brackets were sent today, limit {limit}", {"today": count, "limit": limit})


class DailyLoss(Rule):
    """Realised loss, the worst of what is open, and this bracket together stay within the day's limit.

    The day is the exchange's session. Once the realised loss has reached the limit the day is over, whatever follows.
    """

    name = "daily_loss"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when loss so far + open risk + this bracket's risk + commissions > `max_daily_loss_usd`."""
        limit, facts = ctx.settings.max_daily_loss_usd, ctx.instrument
        lost, carried = -ctx.day.net, ctx.ledger.risk
        risk = facts.money(proposal.risk_ticks, proposal.quantity) + 2 * facts.commission * proposal.quantity
        over = -ctx.day.worst >= limit
        if not over and lost + carried + risk <= limit:
            return None
        numbers: dict[str, Fact] = {
            "net": str(ctx.day.net),
            "open_risk": str(carried),
            "risk": str(risk),
            "limit": str(limit),
            "locked": over,
        }
        if over:
            return Reason(
                self.name, f"the day has lost {-ctx.day.worst}, limit {limit}: no entry until tomorrow", numbers
            )
        message = (
            f"{lost} lost today + {carried} at risk + {risk} for this bracket is more than {limit} {facts.currency}"
        )
        return Reason(self.name, message, numbers)
