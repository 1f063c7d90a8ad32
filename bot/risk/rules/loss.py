"""Rules about what the day has lost: in money, in R, from its best, and for good. The day is the exchange's session."""

from decimal import Decimal

from bot.domain.decision import Proposal, Reason
from bot.risk.context import Context, Rule


def _own_risk(proposal: Proposal, ctx: Context) -> Decimal:
    """What this bracket can lose at its stop, commissions in and out included."""
    facts = ctx.instrument
    return facts.money(proposal.risk_ticks, proposal.quantity) + 2 * facts.commission * proposal.quantity


class DayEnd(Rule):
    """The day has lost all that it may: no entry until tomorrow, whatever is won until then, and whoever restarts."""

    name = "day_end"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse in the trading day whose realised loss reached a limit; only the next day opens it."""
        locked = ctx.control.day_end
        if locked is None or ctx.sessions.date(ctx.now) != locked[0]:
            return None
        return Reason(self.name, f"{locked[1]}: no entry until the next trading day", {"day": locked[0]})


class DailyLoss(Rule):
    """Realised loss, the worst of what is open, and this bracket together stay within the day's limit."""

    name = "daily_loss"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when loss so far + open risk + this bracket's risk + commissions > `max_daily_loss_usd`."""
        limit, lost, carried = ctx.settings.max_daily_loss_usd, -ctx.day.net, ctx.ledger.risk
        risk = _own_risk(proposal, ctx)
        if lost + carried + risk <= limit:
            return None
        message = (
            f"{lost} lost today + {carried} at risk + {risk} for this bracket is more than {limit}"
            f" {ctx.instrument.currency}"
        )
        numbers = {"net": ctx.day.net, "open_risk": carried, "risk": risk, "limit": limit}
        return Reason(self.name, message, {key: str(value) for key, value in numbers.items()})


class DailyLossR(Rule):
    """The same in R, so that small brackets have their limit too."""

    name = "daily_loss_r"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when R lost so far + open R + 1 for this bracket > `max_daily_loss_r`."""
        limit, lost, carried = ctx.settings.max_daily_loss_r, -ctx.day.r, ctx.ledger.risk_r
        if lost + carried + 1 <= limit:
            return None
        message = f"{lost:.2f} R lost today + {carried:.2f} R at risk + 1 R for this bracket is more than {limit} R"
        return Reason(self.name, message, {"r": str(ctx.day.r), "open_r": str(carried), "limit": str(limit)})


class Drawdown(Rule):
    """What a good morning brought is not all given back."""

    name = "drawdown"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when fall from the day's best + open risk + this bracket's risk > `max_drawdown_usd`.

        A day that was never above nothing has no best to fall from: there `daily_loss` speaks.
        """
        if not ctx.day.best:
            return None
        limit, carried, fallen = ctx.settings.max_drawdown_usd, ctx.ledger.risk, ctx.day.best - ctx.day.net
        risk = _own_risk(proposal, ctx)
        if fallen + carried + risk <= limit:
            return None
        message = (
            f"{fallen} below the day's best of {ctx.day.best} + {carried} at risk + {risk} for this bracket is more"
            f" than {limit} {ctx.instrument.currency}"
        )
        numbers = {"best": ctx.day.best, "net": ctx.day.net, "open_risk": carried, "risk": risk, "limit": limit}
        return Reason(self.name, message, {key: str(value) for key, value in numbers.items()})
