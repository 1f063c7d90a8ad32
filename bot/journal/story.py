"""The facts of `explain` in words: what was seen, what was wanted, what the gate said, what happened, what it made."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from bot.journal import story_of_quotes
from bot.journal.ladder import ladder
from bot.journal.phrases import amended, count, named, refused, wrapped
from bot.journal.values import new_york

Facts = Mapping[str, Any]
SECOND_NS = 1_000_000_000
INDENT = " " * 24

IN_TICKS = frozenset({"level", "extreme", "cluster_low", "zone", "poc", "lift", "absorbed", "low", "high"})
"""Evidence that is a price, not a measure."""


def tell(facts: Facts) -> str:
    """The whole story as text; its first line is the headline.

    `thresholds` among the facts, name of a measure → `≥ 2.4`, stand beside the evidence.
    """
    parts = [_headline(facts), _setting(facts), "", *_timeline(facts)]
    if facts["round_trip"]:
        parts += ["", *_result(facts)]
    elif facts["kind"] == "bracket":
        parts += ["", _unfinished(facts)]
    if facts["tags"] or facts["notes"]:
        parts += ["", *_remarks(facts)]
    drawn = ladder(facts)
    if drawn:
        parts += ["", *drawn]
    elif facts["footprints_gone_ns"] is not None:
        parts += ["", f"The bars around it were let go on {new_york(facts['footprints_gone_ns']):%-d %B %Y}."]
    return "\n".join(parts)


def _headline(facts: Facts) -> str:
    name = f"{facts['instrument']} ({facts['contract']})" if facts["contract"] != facts["instrument"] else ""
    what = name or facts["instrument"]
    short = facts["id"].rpartition("-")[2]
    if facts["round_trip"]:
        trip = facts["round_trip"]
        net = f"{_signed(trip['net'])} {facts['currency']} net"
        r = "no R, " if trip["r"] is None else f"{_r(trip['r'])} gross, {_r(trip['r_net'])} and "
        made = f"{_gained(trip)}, {r}{net}"
        of_maker = " of a maker" if facts["quotes"] else ""
        return (
            f"Round trip {short}{of_maker}: {trip['side'].upper()} {trip['quantity']} {what}, "
            f"{trip['entry_price']} → {trip['exit_price']}, {made}"
        )
    if facts["quotes"]:
        return _of_maker(facts, short, what)
    if facts["kind"] in ("bracket", "would-place"):
        side = facts["decisions"][0]["side"].upper()
        words = {"bracket": f"Bracket {short}", "would-place": f"Dry run, decision {short}"}[facts["kind"]]
        return f"{words}: {side} {facts['decisions'][0]['quantity']} {what}"
    if facts["kind"] == "blocked":
        reasons = sum(len(decision["reasons"]) for decision in facts["decisions"])
        side = (facts["decisions"][0]["side"] or "").upper()
        return f"Blocked {short}: {side} {what} was not taken, for {count(reasons, 'reason')}"
    return f"Signal {short}: {facts['signal']['kind']} in {what}, which no strategy wanted"


def _of_maker(facts: Facts, short: str, what: str) -> str:
    """A maker's quotes that are no round trip."""
    if facts["bracket"]:
        return f"Quotes {short}: a bid and an ask in {what}"
    (one,) = facts["quotes"]
    word = {"blocked": "was refused", "would-place": "would have worked: a dry run"}.get(one["verdict"], "was approved")
    return f"Quote {short}: the {story_of_quotes.SIDES[one['side']]} of a maker in {what} {word}"


def _setting(facts: Facts) -> str:
    run = facts["run"]
    strategy = facts["decisions"][0]["strategy"] if facts["decisions"] else "no strategy"
    model = f", fills by the {run['fill_model']} model" if run["fill_model"] else ""
    return f"{strategy} · run {run['run']} ({run['adapter']} of {run['tape']}{model})"


def _timeline(facts: Facts) -> list[str]:
    steps = sorted(_steps(facts), key=lambda step: step[0])
    lines, today = [], ""
    for ts, label, texts in steps:
        at = new_york(ts)
        if (day := f"{at:%A %-d %B %Y}, New York") != today:
            lines.append(day)
            today = day
        first, *rest = texts
        stamp = f"{at:%H:%M:%S}.{ts % SECOND_NS // 1_000_000:03d}"
        lines.append(f"  {stamp}  {label:<8}  {first}")
        lines += [f"{INDENT}{text}" for text in rest]
    return lines


def _steps(facts: Facts) -> Iterable[tuple[int, str, list[str]]]:
    """Moments with their words, in the order of their telling where two are of one moment."""
    if facts["quotes"]:
        yield from story_of_quotes.steps(facts)
        return
    if facts["signal"]:
        yield _signal(facts)
    for decision in facts["decisions"]:
        yield from _decision(decision)
    entry_sent = False
    for order in facts["orders"]:
        if order["role"] not in ("entry", "stop", "target") or (order["role"] == "entry" and entry_sent):
            yield order["created_ns"], "order", [f"{_order(order)} ({order['reason'] or order['role']})"]
        elif order["role"] == "entry":
            entry_sent = True
            yield order["created_ns"], "order", ["entry, stop and target journalled in one commit, then sent as one"]
    for fill in facts["fills"]:
        yield _fill(facts, fill)
    for order in facts["orders"]:
        for move in order["amendments"]:
            yield move["ts_ns"], "order", [amended(order["role"], move)]
        for event in order["events"]:
            if event["state"] in ("cancelled", "rejected", "pending-unknown"):
                why = f": {event['message']}" if event["message"] else ""
                yield event["ts_ns"], "order", [f"{order['role']} {event['state']}{why}"]


def _signal(facts: Facts) -> tuple[int, str, list[str]]:
    seen = facts["signal"]
    at = f" at {seen['price']}" if seen["price"] else ""
    side = f", {seen['side']}" if seen["side"] else ""
    frame = f" on the {seen['timeframe']} bar" if seen["timeframe"] else ""
    late = (seen["known_ns"] - seen["ts_ns"]) // 1_000_000
    known = f", known {late} ms later" if late else ""
    tick = Decimal(facts["tick"])
    numbers = [
        f"{name} {_evidence(name, value, tick)} {facts.get('thresholds', {}).get(name, '')}".rstrip()
        for name, value in seen["evidence"].items()
        if value is not None
    ]
    headline = f"{seen['kind']}{side}{at}{frame}, strength {seen['strength']:.2f}{known}"
    return seen["ts_ns"], "signal", [headline, *wrapped(numbers)]


def _evidence(name: str, value: float, tick: Decimal) -> str:
    return f"{int(value) * tick:f}" if name in IN_TICKS else f"{value:.2f}".rstrip("0").rstrip(".")


def _decision(decision: Facts) -> Iterable[tuple[int, str, list[str]]]:
    if decision["entry"] is not None:
        wanted = (
            f"{'BUY' if decision['side'] == 'long' else 'SELL'} {decision['quantity']} limit {decision['entry']}, "
            f"stop {decision['stop']} ({decision['risk_ticks']} ticks), "
            f"target {decision['target']} ({decision['reward_ticks']} ticks)"
        )
        if decision["risk_ticks"]:
            wanted += f", reward:risk {decision['reward_ticks'] / decision['risk_ticks']:g}"
        why = [f"because {decision['why']}"] if decision["why"] else []
        yield decision["ts_ns"], "wanted", [wanted, *why]
    if decision["verdict"] == "blocked":
        yield decision["ts_ns"], "refused", refused(decision)
    else:
        word = "approved, not sent: a dry run" if decision["verdict"] == "would-place" else "approved"
        yield decision["ts_ns"], "gate", [word, *wrapped(named(decision["room"]))]


def _order(order: Facts) -> str:
    price = order["price"] or order["stop_price"]
    at = f" {order['type']} {price}" if price else " at market"
    return f"{order['side'].upper()} {order['quantity']}{at}"


def _fill(facts: Facts, fill: Facts) -> tuple[int, str, list[str]]:
    order = next(order for order in facts["orders"] if order["id"] == fill["order_id"])
    intended = order["price"] or order["stop_price"]
    paid = ""
    if intended:
        away = (Decimal(fill["price"]) - Decimal(intended)) / Decimal(facts["tick"])
        ticks = int(away if fill["side"] == "buy" else -away)
        if ticks:
            paid = f", {count(abs(ticks), 'tick')} {'worse' if ticks > 0 else 'better'} than {intended}"
    word = f"{fill['side'].upper()} {fill['quantity']} @ {fill['price']} ({order['reason'] or fill['role']}){paid}"
    if fill["corrects"]:
        word += f", in place of execution {fill['corrects']}"
    return fill["ts_ns"], "fill", [word]


def _result(facts: Facts) -> list[str]:
    trip = facts["round_trip"]
    held = (trip["exit_ns"] - trip["entry_ns"]) / SECOND_NS
    lines = [
        "What it made",
        f"  ticks  {trip['entry_price']} → {trip['exit_price']} = {_gained(trip)} a contract, "
        f"{trip['slippage_ticks']:g} of slippage in it",
        f"  money  {trip['ticks']:+g} × {facts['tick_value']} × {trip['quantity']} = {trip['gross']}, "
        f"less {trip['commission']} commission = {_signed(trip['net'])} {facts['currency']}",
    ]
    if trip["r"] is not None:
        planned = "" if trip["r_planned"] is None else f"; reward:risk was {trip['r_planned']:g}"
        risk = abs(Decimal(trip["entry_price"]) - Decimal(facts["first_stop"])) / Decimal(facts["tick"])
        lines.append(
            f"  R      {trip['ticks']:+g} ÷ {count(risk, 'tick')} at risk ({trip['entry_price']} to the first stop, "
            f"{facts['first_stop']}) = {_r(trip['r'])}; {_r(trip['r_net'])} net{planned}"
        )
    path, by = "", story_of_quotes.left_by(facts) if facts["quotes"] else trip["exit_reason"]
    if trip["mae_ticks"] is not None:
        path = f"at worst {count(trip['mae_ticks'], 'tick')} against, at best {trip['mfe_ticks']} for it, "
    lines.append(f"  path   {path}held {_held(held)}, left by {by}")
    return lines


def _unfinished(facts: Facts) -> str:
    state = facts["states"][-1] if facts["states"] else {"state": "intended", "why": "never sent"}
    why = f" ({state['why']})" if state["why"] else ""
    if not facts["fills"]:
        what = "the quotes are" if facts["quotes"] else "the bracket is"
        return f"Nothing was filled; {what} {state['state']}{why}."
    return f"The position is not closed by fills; the bracket is {state['state']}{why}."


def _remarks(facts: Facts) -> list[str]:
    tags = [f"  tags  {', '.join(facts['tags'])}"] if facts["tags"] else []
    return ["What was said about it", *tags, *(f"  {_noted(note)}" for note in facts["notes"])]


def _noted(note: Facts) -> str:
    at = new_york(note["ts_ns"])
    return f"{at:%Y-%m-%d %H:%M}  {note['who'] or 'somebody'}: {note['text']}"


def _gained(trip: Facts) -> str:
    return f"{trip['ticks']:+g} tick{'s' * (abs(trip['ticks']) != 1)}"


def _signed(amount: str) -> str:
    return amount if amount.startswith("-") else f"+{amount}"


def _r(value: float | None) -> str:
    return "no R" if value is None else f"{value:+.2f} R"


def _held(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
