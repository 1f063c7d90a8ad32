"""Rules about the market at this moment: age and shape of the quote, distance of the entry, guards, price limits."""

from bot.config import duration_text
from bot.domain.decision import Proposal, Reason
from bot.domain.market import ABSENT
from bot.risk.context import Context, Rule

GUARDS = {
    0: "what a gap in the rows touched is being rebuilt",
    1: "volatility spike",
    2: "quote stuffing",
    3: "price limit near",
    4: "one-sided book",
    5: "spread blow-out",
    6: "halt or gap",
    7: "news",
    8: "block print",
    9: "contract roll",
    10: "stale or disordered feed",
    11: "trend day",
}
"""Regime guards by number (signals notes §11). Number 7 is the rule `blackout`: the tape knows no calendar."""


class Stale(Rule):
    """The newest row of the instrument is young enough (rulings 34)."""

    name = "stale"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse when known time minus that row's stamp is over `stale_after`."""
        limit = ctx.instrument.stale_ns
        age = ctx.now - ctx.book.ts
        if age <= limit:
            return None
        product = ctx.instrument.product
        if not ctx.book.ts:
            return Reason(self.name, f"{product} has not been quoted yet", {"age_ms": None, "limit_ms": limit // 10**6})
        message = f"the newest {product} row is {age / 1e9:.1f} s old, limit {duration_text(limit)}"
        return Reason(self.name, message, {"age_ms": age // 10**6, "limit_ms": limit // 10**6})


class FeedLive(Rule):
    """What the instrument's data is worth: whole, only sampled, or not to be traded on."""

    name = "feed"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse on data that is not live; sampled data will do for a strategy that reads no order flow."""
        state, why = ctx.control.feeds.get(proposal.instrument, ("live", ""))
        if state == "live" or (state == "sampled" and not ctx.order_flow):
            return None
        words, told = f"{ctx.instrument.product} data is {state}", why.removeprefix(f"{ctx.instrument.product}: ")
        if state == "sampled":
            words += f", and {proposal.strategy} reads order flow"
        return Reason(self.name, f"{words}: {told}" if told else words, {"feed": state, "why": why})


class Roll(Rule):
    """The contract at hand is not near its end."""

    name = "roll"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse from the trading day on which the next contract takes over."""
        if not ctx.roll or ctx.sessions.date(ctx.now) < int(ctx.roll.replace("-", "")):
            return None
        contract = ctx.instrument.contract or ctx.instrument.product
        message = f"{contract} takes no entries since its roll date {ctx.roll}: the next start takes the next contract"
        return Reason(self.name, message, {"contract": contract, "roll": ctx.roll})


class Expiry(Rule):
    """The contract at hand can still be held for some days."""

    name = "expiry"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse in fewer than `min_days_to_expiry` days before the last day on which it may be held."""
        if ctx.last_day is None or (today := ctx.sessions.date(ctx.now)) < ctx.closes_on:
            return None
        contract = ctx.instrument.contract
        message = f"{contract} must be left by {ctx.last_day}, limit {ctx.settings.min_days_to_expiry} days before"
        return Reason(self.name, message, {"contract": contract, "last": f"{ctx.last_day}", "today": today})


class Spread(Rule):
    """The book has two sides, is neither locked nor crossed, and not too wide."""

    name = "spread"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse any other book."""
        bid, ask, limit = ctx.book.bid, ctx.book.ask, ctx.instrument.max_spread_ticks
        if bid == ABSENT or ask == ABSENT:
            missing = " nor ".join(name for name, price in (("bid", bid), ("ask", ask)) if price == ABSENT)
            facts = {"bid": _text(ctx, bid), "ask": _text(ctx, ask), "limit": limit}
            return Reason(self.name, f"the book is one-sided: there is no {missing}", facts)
        spread = ask - bid
        if 0 < spread <= limit:
            return None
        shape = f"{spread} ticks wide, limit {limit}" if spread > 0 else "locked" if spread == 0 else "crossed"
        facts = {"bid": _text(ctx, bid), "ask": _text(ctx, ask), "spread": spread, "limit": limit}
        return Reason(self.name, f"the book is {shape}: {facts['bid']} / {facts['ask']}", facts)


class Collar(Rule):
    """The entry limit lies near the middle of the book."""

    name = "collar"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse more than `collar_ticks` from it; without two sides there is no middle, and `spread` has refused."""
        bid, ask, limit = ctx.book.bid, ctx.book.ask, ctx.instrument.collar_ticks
        if bid == ABSENT or ask == ABSENT or abs(2 * proposal.entry - bid - ask) <= 2 * limit:
            return None
        away = abs(2 * proposal.entry - bid - ask) / 2
        entry = ctx.instrument.text(proposal.entry)
        facts = {"entry": entry, "bid": _text(ctx, bid), "ask": _text(ctx, ask), "ticks": away, "limit": limit}
        return Reason(self.name, f"entry {entry} is {away:g} ticks from the middle, limit {limit}", facts)


class Band(Rule):
    """Every price of the bracket lies inside the day's price limits, where they are known."""

    name = "band"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse a bracket with a price beyond a limit: it could never be filled there."""
        low, high = ctx.instrument.band_low, ctx.instrument.band_high
        if low is None and high is None:
            return None
        prices = (("entry", proposal.entry), ("stop", proposal.stop), ("target", proposal.target))
        out = [
            (name, price)
            for name, price in prices
            if (low is not None and price < low) or (high is not None and price > high)
        ]
        if not out:
            return None
        text = ctx.instrument.text
        words = ", ".join(f"{name} {text(price)}" for name, price in out)
        facts = {name: text(price) for name, price in out}
        limits = {"low": None if low is None else text(low), "high": None if high is None else text(high)}
        return Reason(self.name, f"outside the price limits: {words}", {**facts, **limits})


class Guard(Rule):
    """One regime guard of the instrument (signals notes §11). The reason bears the guard's id as its rule: `G4`.

    Number 0 is none of those: after a restart with a gap it says `WARMUP`.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.name = f"G{number}" if number else "WARMUP"

    def check(self, proposal: Proposal, ctx: Context) -> Reason | None:
        """Refuse while the guard is on; one with a direction (a trend day) refuses only what goes against it.

        To a question about no side in particular such a one is silent.
        """
        facts = ctx.control.guards.get((proposal.instrument, self.number))
        if facts is None:
            return None
        direction = facts.get("direction")
        if direction in (1, -1) and proposal.side in (direction, 0):
            return None
        words = GUARDS.get(self.number, "guard")
        value, threshold = facts.get("value"), facts.get("threshold")
        numbers = f": {value:g} against {threshold:g}" if _is_number(value) and _is_number(threshold) else ""
        return Reason(self.name, f"{words} in {ctx.instrument.product}{numbers}", dict(facts))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and value == value


def _text(ctx: Context, ticks: int) -> str | None:
    return None if ticks == ABSENT else ctx.instrument.text(ticks)
