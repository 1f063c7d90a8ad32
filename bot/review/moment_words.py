"""The facts of a moment in words: first what happened and why nothing more did, then everything that was known."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bot.journal.values import new_york

Facts = Mapping[str, Any]
SECOND_NS = 1_000_000_000
SHOWN = 12
"""Rows of one kind that are told; the rest is counted."""
MESSAGES_SHOWN = 5
_LABEL = 10


def answer(facts: Facts) -> list[str]:
    """What happened at the moment, or why nothing did: the decisive sentences, the nearest cause first."""
    if facts["run"] is None:
        return [_nobody(facts)]
    sentences = list(_done(facts))
    if not sentences:
        sentences = ["No order was sent.", *_not_wanted(facts)]
    return [*sentences, *_shut(facts)]


def tell(facts: Facts) -> str:
    """The whole moment as text; its first line says which."""
    lines = [_headline(facts), "", *facts["answer"]]
    if facts["run"] is None:
        for word in ("before", "after"):
            if facts[word]:
                lines.append(f"{word:<{_LABEL}}{_run(facts[word])}, {_span(facts[word])}")
        return "\n".join(lines)
    told = [(label, texts) for label, texts in _sections(facts) if texts]
    lines.append("")
    for label, texts in told:
        for index, text in enumerate(texts[:SHOWN]):
            lines.append(f"{label if not index else '':<{_LABEL}}{text}")
        if len(texts) > SHOWN:
            lines.append(f"{'':<{_LABEL}}… and {len(texts) - SHOWN} more: --json")
    ids = [one["id"].rpartition("-")[2] for one in (*facts["decisions"], *facts["signals"])]
    if ids:
        lines += ["", f"paperpit journal explain --run {facts['run']['run']} {ids[0]} tells one of them whole"]
    return "\n".join(lines)


def _headline(facts: Facts) -> str:
    at = new_york(facts["from_ns"])
    minute = facts["to_ns"] - facts["from_ns"] > SECOND_NS
    clock = f"{at:%H:%M}" if minute else f"{at:%H:%M:%S}"
    where = f", {facts['instrument']}" if facts["instrument"] else ""
    run = f" · {_run(facts['run'])}" if facts["run"] else ""
    return f"{clock} New York, {at:%A %-d %B %Y}{where}{run}"


def _run(run: Facts) -> str:
    model = f", fills by the {run['fill_model']} model" if run["fill_model"] else ""
    return f"run {run['run']} ({run['adapter']} of {run['tape']}{model})"


def _span(run: Facts) -> str:
    return f"{_stamp(run['from_ns'])} to {_stamp(run['to_ns'])}, {run['state']}"


def _nobody(facts: Facts) -> str:
    before, after = facts["before"], facts["after"]
    last = f"the run before it had {_ended(before)} at {_stamp(before['to_ns'])}" if before else ""
    following = f"the next one began at {_stamp(after['from_ns'])}" if after else ""
    around = "; ".join(text for text in (last, following) if text)
    return f"No desk was there: {around}."


def _ended(run: Facts) -> str:
    return "been cut off" if run["state"] == "cut-off" else "ended"


def _done(facts: Facts) -> Iterator[str]:
    """What was sent and filled."""
    entries = [one for one in facts["orders"] if one["role"] == "entry"]
    if entries:
        yield f"{_count(len(entries), 'entry', 'entries')} sent: {'; '.join(_order(one) for one in entries)}."
    if facts["fills"]:
        yield f"Filled: {'; '.join(_fill(one) for one in facts['fills'])}."
    dry = [one for one in facts["decisions"] if one["verdict"] == "would-place"]
    if dry:
        yield f"{_count(len(dry), 'proposal')} approved and not sent: it is a dry run."


def _not_wanted(facts: Facts) -> Iterator[str]:
    blocked = [one for one in facts["decisions"] if one["verdict"] == "blocked"]
    if blocked:
        rules = Counter(reason["rule"] for one in blocked for reason in one["reasons"])
        yield f"{_count(len(blocked), 'proposal')} refused: {', '.join(f'{name} ({n})' for name, n in rules.items())}."
        messages = list(dict.fromkeys(reason["message"] for one in blocked for reason in one["reasons"]))
        yield from (f"- {message}." for message in messages[:MESSAGES_SHOWN])
    elif facts["signals"]:
        kinds = Counter(one["kind"] for one in facts["signals"])
        seen = ", ".join(f"{n} {kind}" for kind, n in kinds.items())
        yield f"What was seen ({seen}) no strategy wanted: nothing was proposed."
    elif facts["candidates"]:
        yield f"No signal: what was seen fell short of one ({len(facts['candidates'])}), and no strategy was asked."
    else:
        yield "No detector saw anything, and nothing was proposed."


def _shut(facts: Facts) -> Iterator[str]:
    """What closed entries at the moment, whether or not anybody wanted one."""
    for one in facts["exchange"]:
        if one["state"] == "closed":
            yield f"{one['instrument']}: the exchange was closed."
    for one in facts["mode"]:
        if one["mode"] != "trading":
            causes = "; ".join(one["causes"]) or "no cause is told"
            yield f"The desk's mode was {one['mode']} since {_clock(one['since_ns'])}: {causes}."
    told = {cause for one in facts["mode"] for cause in one["causes"]}
    for one in facts["closed"]:
        if not any(one["why"] and one["why"] in cause for cause in told):
            yield f"{_key(one)} since {_stamp(one['since_ns'])}: {one['why'] or 'no reason is told'}."
    if facts["link"] and facts["link"]["state"] != "up":
        link = facts["link"]
        yield f"The link to the broker was {link['state']} since {_clock(link['since_ns'])}: {link['code'] or '-'}."
    for one in facts["strategies"]:
        if not one["open"]:
            yield f"{one['strategy']}: outside its {one['hours']} hours, {_hours(one)}."
    for why in dict.fromkeys(window["why"] for one in facts["strategies"] for window in one["blackouts"]):
        yield f"Blackout: {why}."
    for one in facts["held"]:
        yield f"A position was held: {_held(one)}."


def _sections(facts: Facts) -> Iterator[tuple[str, Sequence[str]]]:
    yield "exchange", [_exchange(one) for one in facts["exchange"]]
    yield "desk", [_mode(one) for one in facts["mode"]] or ["no mode is told: a replay has none, and has no link"]
    yield "closed", [f"{_key(one)} since {_stamp(one['since_ns'])}: {one['why'] or '-'}" for one in facts["closed"]]
    link = facts["link"]
    yield "link", [f"{link['state']} since {_stamp(link['since_ns'])}  {link['code']}".rstrip()] if link else []
    yield (
        "strategy",
        [
            f"{one['strategy']} in {one['instrument']}: {'inside' if one['open'] else 'outside'} its {one['hours']} "
            f"hours, {_hours(one)}"
            for one in facts["strategies"]
        ],
    )
    windows = {window["why"]: window for one in facts["strategies"] for window in one["blackouts"]}
    yield "blackout", [f"{one['why']} [{one['source']}]" for one in windows.values()]
    yield "held", [_held(one) for one in facts["held"]]
    yield "told", [f"{_clock(one['ts_ns'])}  {one['verb']}  {one['reason']}".rstrip() for one in facts["commands"]]
    yield "seen", [f"{_signal(one)}: {one['outcome']}" for one in facts["signals"]]
    yield "too weak", [_signal(one) for one in facts["candidates"]]
    yield "asked", [line for one in facts["decisions"] for line in _decision(one)]
    yield "sent", [f"{_clock(one['created_ns'])}  {_order(one)} ({one['role']})" for one in facts["orders"]]
    yield "filled", [f"{_clock(one['ts_ns'])}  {_fill(one)}" for one in facts["fills"]]
    yield "before", [_signal(facts["last_signal"], dated=True)] if facts["last_signal"] else []
    yield "after", [_signal(facts["next_signal"], dated=True)] if facts["next_signal"] else []
    yield "unread", [f"{text}: not judged here" for text in facts["unread"]]


def _exchange(one: Facts) -> str:
    hours = "" if one["opens_ns"] is None else f", session {_stamp(one['opens_ns'])} to {_stamp(one['closes_ns'])}"
    state = "closed" if one["state"] == "closed" else f"{one['state']} hours"
    return f"{one['instrument']} ({one['contract']}): {state}{hours}"


def _mode(one: Facts) -> str:
    causes = f": {'; '.join(one['causes'])}" if one["causes"] else ""
    return f"{one['mode']} since {_stamp(one['since_ns'])}{causes}"


def _key(one: Facts) -> str:
    what, _, scope = one["key"].partition(":") if ":" in one["key"] else one["key"].partition(".")
    words = {"kill": "The kill switch was set", "pause": "Paused", "day_end": "The day had ended"}
    words |= {"feed": "Data was not good", "house": "Closed by the house", "strategy": "Asked no more"}
    named = " ".join(part for part in scope.split(":") if part)
    return f"{words.get(what, what)}{f' ({named})' if named else ''}"


def _hours(one: Facts) -> str:
    if one["from_ns"] >= one["to_ns"]:
        return "none on this day"
    return f"{new_york(one['from_ns']):%H:%M}–{new_york(one['to_ns']):%H:%M}"


def _held(one: Facts) -> str:
    short = one["bracket_id"].rpartition("-")[2]
    held = f"{one['side']} {one['quantity']} {one['contract']} of {one['strategy']}"
    return f"{held} since {_stamp(one['since_ns'])} (bracket {short})"


def _signal(one: Facts, *, dated: bool = False) -> str:
    at = f" at {one['price']}" if one["price"] else ""
    side = f", {one['side']}" if one["side"] else ""
    frame = f" on the {one['timeframe']} bar" if one["timeframe"] else ""
    stamp = _stamp(one["known_ns"]) if dated else _clock(one["known_ns"])
    short = one["id"].rpartition("-")[2]
    words = f"{one['kind']}{side}{at}{frame} in {one['contract']}, strength {one['strength']:.2f}"
    return f"{stamp}  {short:>6}  {words}"


def _decision(one: Facts) -> Iterator[str]:
    short, side = one["id"].rpartition("-")[2], f", {one['side']}" if one["side"] else ""
    yield f"{_clock(one['ts_ns'])}  {short:>6}  {one['strategy']} in {one['contract']}{side}: {one['verdict']}"
    for reason in one["reasons"]:
        yield f"{'':<22}{reason['rule']}: {reason['message']}"


def _order(one: Facts) -> str:
    price = one["price"] or one["stop_price"]
    at = f" {one['type']} {price}" if price else " at market"
    return f"{one['side'].upper()} {one['quantity']} {one['contract']}{at}"


def _fill(one: Facts) -> str:
    return f"{one['side'].upper()} {one['quantity']} {one['contract']} @ {one['price']} ({one['role']})"


def _count(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun if number == 1 else plural or noun + 's'} {'was' if number == 1 else 'were'}"


def _clock(ns: int) -> str:
    return f"{new_york(ns):%H:%M:%S}.{ns % SECOND_NS // 1_000_000:03d}"


def _stamp(ns: int) -> str:
    return f"{new_york(ns):%Y-%m-%d %H:%M:%S}"
