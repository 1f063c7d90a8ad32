"""A market maker's story in words: what it quoted and why there, what was pulled and why, and what it held after each
fill. It has no entry, no target and no reward that anybody had planned.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from bot.journal.phrases import amended, count, named, refused, wrapped

Facts = Mapping[str, Any]
Step = tuple[int, str, list[str]]
SIDES = {"buy": "bid", "sell": "ask", "long": "bid", "short": "ask"}
PULLED = {
    "requote": "another price is wanted",
    "not wanted": "the maker wants none there",
    "flat": "flat again, the next quotes begin anew",
    "ttl": "the maker has not said anything for too long",
}
"""Why a quote was asked to end; else the word of the rule or the person."""
MADE_OF = ("fair", "reservation", "half_width", "sigma", "run", "held", "quote")
"""Facts that have words of their own here."""


def steps(facts: Facts) -> Iterable[Step]:
    """Moments with their words, in the order of their telling where two are of one moment."""
    for decision in facts["quotes"]:
        yield _wanted(decision, Decimal(facts["tick"]))
    for order in facts["orders"]:
        if order["role"] != "quote":
            yield order["created_ns"], "order", [_order(order)]
    yield from _fills(facts)
    for order in facts["orders"]:
        yield from _ends(order)


def held(units: int) -> str:
    """What is held, in a word or two."""
    return f"long {units}" if units > 0 else f"short {-units}" if units else "flat"


def left_by(facts: Facts) -> str:
    """What took out what was held last."""
    reason, last = facts["round_trip"]["exit_reason"], facts["fills"][-1]
    return f"its {SIDES[last['side']]}" if reason == "target" else reason


def _wanted(decision: Facts, tick: Decimal) -> Step:
    """One side as it was wanted, what its price is made of, and what the gate said."""
    side = SIDES[decision["side"]]
    made, own = decision["facts"], f"{side} {decision['quantity']} @ {decision['entry']}"
    others = {name: value for name, value in made.items() if name not in MADE_OF}
    why = [*_price(made, tick), *wrapped(named(others)), f"because {decision['why']}"]
    if decision["verdict"] == "blocked":
        return decision["ts_ns"], "refused", [own, *why, *refused(decision)]
    word = "quote" if decision["verdict"] == "approved" else "dry run"
    return decision["ts_ns"], word, [own, *why]


def _price(made: Facts, tick: Decimal) -> list[str]:
    """Middle, reservation price and half width, where the maker has told them."""
    if not {"fair", "reservation", "half_width", "held"} <= made.keys():
        return []
    fair, centre = Decimal(str(made["fair"])), Decimal(str(made["reservation"]))
    lean = round(centre - fair, 2)
    leans = f", {count(abs(lean), 'tick')} {'above' if lean > 0 else 'below'} the middle" if lean else ", the middle"
    words = [f"reservation price {round(centre * tick, 4):f}{leans} {round(fair * tick, 4):f}, {held(made['held'])}"]
    words.append(f"{made['half_width']:.2f} ticks to either side")
    words += [f"sigma {made['sigma']:.2f} ticks/√s"] if "sigma" in made else []
    words += [f"run {made['run']:+.1f} ticks"] if round(made.get("run", 0), 1) else []
    return wrapped(words)


def _order(order: Facts) -> str:
    price = order["stop_price"] or order["price"]
    at = f" at {price}" if price else " at market"
    word = "stop for what is held" if order["role"] == "stop" else order["reason"] or order["role"]
    return f"{order['side'].upper()} {order['quantity']}{at} ({word})"


def _fills(facts: Facts) -> Iterable[Step]:
    units = 0
    for fill in facts["fills"]:
        units += fill["quantity"] * (1 if fill["side"] == "buy" else -1)
        did = "bought" if fill["side"] == "buy" else "sold"
        by = f"its {SIDES[fill['side']]}" if fill["role"] == "quote" else fill["role"]
        word = f"{did} {fill['quantity']} @ {fill['price']} ({by}), {held(units)}"
        if fill["corrects"]:
            word += f", in place of execution {fill['corrects']}"
        yield fill["ts_ns"], "fill", [word]


def _ends(order: Facts) -> Iterable[Step]:
    """What was asked to end, and what ended or has no word."""
    own = f"{SIDES[order['side']]} {order['price']}" if order["role"] == "quote" else order["role"]
    for move in order["amendments"]:
        yield move["ts_ns"], "order", [amended(own, move)]
    asked = ""
    for event in order["events"]:
        said = str(event["message"])
        if said.startswith("cancel asked: "):
            asked = said.removeprefix("cancel asked: ")
        elif event["state"] == "cancelled" and order["role"] == "quote":
            yield event["ts_ns"], "pulled", [f"{own}: {PULLED.get(asked, asked) or said}"]
        elif event["state"] in ("cancelled", "rejected", "pending-unknown"):
            yield event["ts_ns"], "order", [f"{own} {event['state']}{f': {said}' if said else ''}"]
