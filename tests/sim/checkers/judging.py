"""What the gate said: one decision for each order, every reason, and a loss that stays within its limit."""

import json
from typing import Any

from tests.sim.checkers.invariant import Found
from tests.sim.checkers.money import day_net, open_risk
from tests.sim.seen import Seen, Sent


def one_decision(seen: Seen, sent: Sent) -> Found:
    """I12: an entry stands on exactly one approved decision, and a decision makes one bracket."""
    if sent.bracket is None:
        return
    row = seen.durable.brackets.get(sent.bracket.id)
    if row is None:
        return  # I03 says so
    decision = seen.durable.decisions.get(row.decision_id)
    if decision is None or decision.verdict != "approved":
        yield f"bracket {row.id} left without an approved decision"
    made = seen.durable.of_decision[row.decision_id]
    if made != [row.id]:
        yield f"decision {row.decision_id} made brackets {made}"


def every_reason(seen: Seen, table: str, row: Any) -> Found:
    """I12: a refusal names every rule that failed: at least those that are plain from outside.

    A strategy's own refusal (no prices) was judged by nobody but itself.
    """
    if table != "decision" or row.verdict != "blocked":
        return
    told = {reason["rule"] for reason in json.loads(row.reasons)}
    if not told:
        yield f"decision {row.id} is blocked without a reason"
    if row.entry is None:
        return
    at = seen.day.index(row.instrument)
    scopes = {("", ""), (row.strategy, ""), ("", row.instrument), (row.strategy, row.instrument)}
    failing = {
        "kill_switch": seen.durable.killed,
        "pause": bool(scopes & seen.durable.pauses),
        "link": seen.flags.heard_link != "up" and row.ts >= seen.flags.heard_link_ns,  # rows may come late
        "blackout": seen.day.blacked_out(at, row.ts),
    }
    for rule, fails in failing.items():
        if fails and rule not in told:
            yield f"decision {row.id} is blocked by {sorted(told)}, and {rule} failed as well"


def loss_bound(seen: Seen, table: str, row: Any) -> Found:
    """I15: at each approval the day's loss, what is at risk already and this bracket stay within the limit."""
    if table != "bracket" or seen.durable.adjustments:
        return
    at = seen.day.index(row.instrument)
    lost = -day_net(seen, seen.day.trading_day(at, row.created_ns))
    risk, limit = open_risk(seen), seen.day.risk.max_daily_loss_usd
    if lost + risk > limit:
        yield f"bracket {row.id}: {lost} lost today and {risk} at risk are more than {limit}"
