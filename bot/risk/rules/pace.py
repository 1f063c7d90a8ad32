"""Rules about how often: brackets in a minute and in a day, losses in a row, the wait after a stop."""

from bot.config import duration_text
from bot.domain.decision import Proposal, Reason
from bot.risk.context import Context, Rule


class BracketsPerMinute(Rule):
    """What sends entries faster than a person could follow has gone wrong."""

    name = "brackets_per_minute"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when `max_brackets_per_minute` were sent in the last 60 s."""
        count, limit = ctx.ledger.sent_within(ctx.now), ctx.settings.max_brackets_per_minute
        if count < limit:
            return None
        return Reason(self.name, f"{count} brackets were sent within a minute, limit {limit}", _of(count, limit))


class BracketsPerStrategy(Rule):
    """One strategy does not use up everybody's day."""

    name = "brackets_per_strategy"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when the strategy sent `max_brackets_per_strategy` in this exchange session."""
        count, limit = ctx.day.sent[proposal.strategy], ctx.settings.max_brackets_per_strategy
        if count < limit:
            return None
        return Reason(self.name, f"{proposal.strategy} sent {count} brackets today, limit {limit}", _of(count, limit))


class BracketsPerDay(Rule):
    """Overtrading has an end."""

    name = "brackets_per_day"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when `max_brackets_per_day` were sent in this exchange session."""
        count, limit = ctx.day.brackets, ctx.settings.max_brackets_per_day
        if count < limit:
            return None
        return Reason(self.name, f"{count} brackets were sent today, limit {limit}", _of(count, limit))


class LossesInARow(Rule):
    """Who loses again and again does not understand this market. The gate pauses with the last of them.

    A row is the last week's round trips, commissions included, since a person's last `resume`.
    """

    name = "losses_in_a_row"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse after `max_losses_in_a_row` of the strategy, or `max_losses_in_a_row_all` of all of them."""
        trips, settings = ctx.ledger.trips, ctx.settings
        if not trips:
            return None
        limits = ((proposal.strategy, settings.max_losses_in_a_row), ("", settings.max_losses_in_a_row_all))
        for strategy, limit in limits:
            if (count := trips.losses(strategy, ctx.now)) >= limit:
                return Reason(self.name, told(strategy, count), {"strategy": strategy, **_of(count, limit)})
        return None


class Cooldown(Rule):
    """Who was just stopped out waits: the next entry would be revenge."""

    name = "cooldown"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse within `cooldown` after a stop of ours filled at a loss in the instrument, whoever's it was."""
        last, span = ctx.ledger.stopped.get(proposal.instrument), ctx.settings.cooldown
        # A tape that is played again under one account is earlier than what it did the first time.
        if last is None or not 0 <= ctx.now - last < span:
            return None
        age = ctx.now - last
        message = f"a stop in {ctx.instrument.product} lost {age / 1e9:.0f} s ago, wait {duration_text(span)}"
        return Reason(self.name, message, {"age_ms": age // 10**6, "wait_ms": span // 10**6})


def told(strategy: str, count: int) -> str:
    """A row of losses, in words."""
    scope = f"--strategy {strategy} " if strategy else ""
    return f"{count} losing round trips in a row{f' of {strategy}' if strategy else ''}: resume {scope}--reason TEXT"


def _of(count: int, limit: int) -> dict[str, int]:
    return {"count": count, "limit": limit}
