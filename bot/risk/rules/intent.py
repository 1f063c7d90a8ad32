"""Rules about the wish itself: said once, and while it is fresh."""

from bot.config import duration_text
from bot.domain.decision import Proposal, Reason
from bot.risk.context import Context, Rule


class Duplicate(Rule):
    """One signal makes one bracket for a strategy, and the same bracket is not wanted twice in a breath."""

    name = "duplicate"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse a signal that was approved before, ever, and an equal intent within `duplicate_window`."""
        if proposal.signal_id and (proposal.strategy, proposal.signal_id) in ctx.control.signals:
            message = f"signal {proposal.signal_id} has made a bracket already"
            return Reason(self.name, message, {"signal": proposal.signal_id})
        key = (proposal.strategy, proposal.instrument, proposal.side, proposal.entry)
        last, window = ctx.control.intents.get(key), ctx.settings.duplicate_window
        # A tape that is played again under one account is earlier than what it did the first time.
        if last is None or not 0 <= ctx.now - last < window:
            return None
        message = f"the same entry was approved {(ctx.now - last) / 1e9:.1f} s ago, window {duration_text(window)}"
        return Reason(self.name, message, {"age_ms": (ctx.now - last) // 10**6, "window_ms": window // 10**6})


class Freshness(Rule):
    """A signal is acted on at once or never, also across a restart."""

    name = "freshness"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse later than `signal_ttl` after the signal could be known: at the moment at which it would be sent."""
        age, limit = max(ctx.now, ctx.sent) - proposal.known, ctx.settings.signal_ttl
        if age <= limit:
            return None
        message = f"the signal is {age / 1e9:.1f} s old, limit {duration_text(limit)}"
        return Reason(self.name, message, {"age_ms": age // 10**6, "limit_ms": limit // 10**6})
