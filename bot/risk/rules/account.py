"""Rules about the account and the house: paper, kill switch, pause, certainty, health of the process."""

from bot.domain.command import GOOD
from bot.domain.decision import Fact, Proposal, Reason
from bot.risk.context import Context, Rule, Scope

MS_NS = 1_000_000
CLOCK_OFFSET_NS = 2_000 * MS_NS
"""An offset to the broker's clock from which times mean nothing (rulings 22)."""
LOOP_LAG_NS = 500 * MS_NS
"""Older than this when they are walked, the market's newest rows are not the market any more."""
COMMIT_NS = 250 * MS_NS
"""A journal that takes longer than this for a commit is stalling (design §8)."""


class Paper(Rule):
    """The account is proven to be paper by the adapter. Not configurable."""

    name = "paper"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse unless `AccountFacts.paper`."""
        if ctx.account.paper:
            return None
        facts = {"account": ctx.account.account, "proof": ctx.account.proof}
        return Reason(self.name, f"account {ctx.account.account} is not provably a paper account", facts)


class KillSwitch(Rule):
    """A person, or the house, has closed everything until a person opens it again."""

    name = "kill_switch"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse while it is set."""
        why = ctx.control.kill
        if why is None:
            return None
        return Reason(self.name, f"the kill switch is set: {why}; resume --clear-kill --reason TEXT", {"why": why})


class Pause(Rule):
    """Entries are paused: all, one strategy's, one instrument's, or one strategy's in one instrument."""

    name = "pause"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse while a pause covers this proposal."""
        pauses = ctx.control.pauses
        if not pauses:
            return None
        wide: tuple[Scope, ...] = (
            ("", None),
            (proposal.strategy, None),
            ("", proposal.instrument),
            (proposal.strategy, proposal.instrument),
        )
        scope = next((scope for scope in wide if scope in pauses), None)
        if scope is None:
            return None
        strategy, instrument = scope
        product = "" if instrument is None else ctx.instrument.product
        what = " in ".join(filter(None, (strategy, product))) or "every entry"
        facts = {"strategy": strategy, "instrument": product, "why": pauses[scope]}
        return Reason(self.name, f"{what} is paused: {pauses[scope]}", facts)


class OpenHouse(Rule):
    """Nothing of the house is in the way: no stall, no jump of the clock, no pause that the broker wants or plans."""

    name = "house"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse while anything of it lasts."""
        house = dict(ctx.control.house)
        return Reason(self.name, "; ".join(house.values()), house) if house else None


class LinkUp(Rule):
    """Somebody at the broker hears us and can reach the exchange."""

    name = "link"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse unless the link is up; nothing could be sent, or only half of a bracket."""
        state, why = ctx.control.link, ctx.control.link_why
        if state == "up":
            return None
        because = f" ({why})" if why else ""
        return Reason(self.name, f"the link to the broker is {state}{because}", {"link": state, "code": why})


class Reconciled(Rule):
    """What is held and what works is certain: no order without a word, no position that nobody can explain."""

    name = "reconciled"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse while the order manager holds the instrument."""
        why = ctx.control.holds.get(proposal.instrument)
        if why is None:
            return None
        return Reason(self.name, f"{ctx.instrument.product} is not certain: {why}", {"why": why})


class Foreign(Rule):
    """Nobody else trades where we trade: no order and no position of theirs in the instrument."""

    name = "foreign"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse while there is one that no person has let stay."""
        why = ctx.control.foreign.get(proposal.instrument)
        if why is None:
            return None
        return Reason(self.name, f"somebody else is in {ctx.instrument.product}: {why}", {"why": why})


class Healthy(Rule):
    """The process keeps up: clock, loop and journal. Constant and good in a replay (rulings 6)."""

    name = "health"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when the clock is off by 2 s, the loop 500 ms late, a commit took over 250 ms or none can be made."""
        health = ctx.health
        if health == GOOD:
            return None
        limits = (
            ("clock_offset_ms", abs(health.clock_offset_ns), CLOCK_OFFSET_NS, "the clock is off the broker's"),
            ("loop_lag_ms", health.loop_lag_ns, LOOP_LAG_NS, "the loop lags"),
            ("commit_ms", health.commit_ns, COMMIT_NS, "the journal is slow: a commit took"),
        )
        late = [(key, value // MS_NS, limit // MS_NS, words) for key, value, limit, words in limits if value > limit]
        told = [f"{words} {value} ms, limit {limit} ms" for _, value, limit, words in late]
        numbers: dict[str, Fact] = {key: value for key, value, _, _ in late}
        if health.journal:
            told.append(f"the journal cannot be written: {health.journal}")
            numbers["journal"] = health.journal
        return Reason(self.name, "; ".join(told), numbers) if told else None
