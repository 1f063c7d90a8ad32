"""What passes between the gate and the models of its strategies; the rule `model` reads what they say."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.domain.abstain import Reset, outcome
from bot.domain.decision import Proposal, Signal
from bot.errors import UsageError
from bot.ports import Doubter
from bot.risk.context import Context, Rule
from bot.risk.rules import Guard
from bot.risk.trips import Trip


def doubted(
    models: Mapping[str, Doubter], proposal: Proposal, signal: Signal | None, ctx: Context, rules: Iterable[Rule]
) -> Proposal:
    """The same proposal with what the strategy's model says of it among its facts."""
    risk, reward = proposal.risk_ticks, proposal.reward_ticks
    guarded = any(isinstance(rule, Guard) and rule.check(proposal, ctx) for rule in rules)
    break_even = float(ctx.instrument.break_even(risk, reward)) if risk > 0 and reward > 0 else 1.0
    told = models[proposal.strategy].says(proposal, signal, break_even, guarded=guarded)
    return replace(proposal, facts={**proposal.facts, **told})


def tell(models: Mapping[str, Doubter], trip: Trip) -> None:
    """The end of a bracket is an outcome of the promise that let it pass."""
    proposal, order = trip.bracket.approved.proposal, trip.left_by
    model = models.get(proposal.strategy)
    if model is None:
        return
    found = outcome(proposal.strategy, proposal.facts, trip.bracket.id, order.reason or order.role.value, trip.ts)
    if found is not None:
        model.hear([found])


def reset(models: Mapping[str, Doubter], strategy: str, ts: int) -> None:
    """A person trusts a strategy's model again. Raises UsageError where it has none."""
    if strategy not in models:
        raise UsageError(f"{strategy or 'no strategy'} has no model", allowed=", ".join(models) or "none has one")
    models[strategy].hear([Reset(strategy, ts)])
