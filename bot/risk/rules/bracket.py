"""Rules about the bracket itself: sides, distances, size, money at risk. Exact arithmetic only."""

from fractions import Fraction

from bot.domain.decision import Proposal, Reason
from bot.domain.market import ABSENT
from bot.risk.context import Context, Rule


class Grid(Rule):
    """Prices are whole ticks, the stop protects, the target pays."""

    name = "grid"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse a bracket that is not one."""
        side, entry, stop, target = proposal.side, proposal.entry, proposal.stop, proposal.target
        whole = type(entry) is int and type(stop) is int and type(target) is int
        if whole and side in (1, -1) and side * stop < side * entry < side * target and ABSENT not in (stop, target):
            return None
        prices = {"entry": entry, "stop": stop, "target": target}
        wrong = [name for name, price in prices.items() if type(price) is not int or price == ABSENT]
        if wrong:
            return Reason(self.name, f"{', '.join(wrong)} is no price on the grid", dict.fromkeys(wrong))
        if proposal.side not in (1, -1):
            return Reason(self.name, "a bracket is long or short", {"side": proposal.side})
        faults = []
        if proposal.risk_ticks <= 0:
            faults.append("the stop is not on the protective side of the entry")
        if proposal.reward_ticks <= 0:
            faults.append("the target is not on the paying side of the entry")
        return Reason(
            self.name, "; ".join(faults), {name: ctx.instrument.text(price) for name, price in prices.items()}
        )


class StopDistance(Rule):
    """The stop is neither inside the noise nor out of sight."""

    name = "stop_distance"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse outside [min_stop_ticks, max_stop_ticks]."""
        least, most, ticks = ctx.instrument.min_stop_ticks, ctx.instrument.max_stop_ticks, proposal.risk_ticks
        if least <= ticks <= most:
            return None
        message = f"the stop is {ticks} ticks away, allowed are {least} to {most}"
        return Reason(self.name, message, {"ticks": ticks, "min": least, "max": most})


class RewardRisk(Rule):
    """The target pays at least `min_reward_risk` times the risk, as an exact fraction."""

    name = "reward_risk"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse below it; without risk there is no ratio, and `grid` has refused."""
        risk, reward = proposal.risk_ticks, proposal.reward_ticks
        if risk <= 0:
            return None
        above, below = ctx.settings.min_reward_risk.as_integer_ratio()
        if reward * below >= above * risk:
            return None
        least = ctx.settings.min_reward_risk
        message = f"{reward} ticks of reward for {risk} of risk is {float(Fraction(reward, risk)):.2f}, least {least}"
        return Reason(self.name, message, {"reward_ticks": reward, "risk_ticks": risk, "min": str(least)})


class OrderSize(Rule):
    """One order is not larger than a slip of the finger may be."""

    name = "order_size"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse less than one unit and more than `max_order`."""
        limit = ctx.instrument.max_order
        if 1 <= proposal.quantity <= limit:
            return None
        facts = {"quantity": proposal.quantity, "limit": limit}
        return Reason(self.name, f"{proposal.quantity} of {ctx.instrument.product} in one order, limit {limit}", facts)


class BracketRisk(Rule):
    """Money from entry to stop."""

    name = "bracket_risk"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse more than the instrument's `max_bracket_risk`."""
        facts, limit = ctx.instrument, ctx.instrument.max_bracket_risk
        money = facts.money(proposal.risk_ticks, proposal.quantity)
        if money <= limit:
            return None
        message = (
            f"{proposal.risk_ticks} ticks × {facts.tick_value} × {proposal.quantity} risk {money} {facts.currency},"
            f" limit {limit}"
        )
        return Reason(self.name, message, {"risk": str(money), "limit": str(limit), "ticks": proposal.risk_ticks})
