"""What passes between the gate and the models of its strategies; the rule `model` reads what they say."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.domain.abstain import DO, MEANS, Reset, outcome
from bot.domain.command import since
from bot.domain.decision import Fact, Proposal, Reason, Signal
from bot.errors import UsageError
from bot.ports import Doubter
from bot.risk.context import Context, Rule
from bot.risk.rules import Guard
from bot.risk.rules.model import Model
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


def closed(models: Mapping[str, Doubter], strategy: str, now: int) -> Reason | None:
    """Why a strategy's model lets nothing pass at `now`, since when, and what to do; None while it might."""
    model = models.get(strategy)
    shut = model.shut(now) if model is not None else {}
    if not shut:
        return None
    why = "; ".join(MEANS[word][1] if ts is None else since(MEANS[word][1], ts) for word, ts in shut.items())
    do = "; ".join(DO[word].format(strategy) for word in shut)
    first = min((ts for ts in shut.values() if ts is not None), default=None)
    facts: dict[str, Fact] = {"abstain": ", ".join(shut), "since_ns": first, "do": do}
    return Reason(Model.name, f"the model of {strategy} is closed: {why}; {do}", facts)


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
