"""The parts of a review's page: each a function from facts to markup, with an empty state that says what to do."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bot.log import scrub
from bot.review import words
from bot.review.calibration import watched
from bot.review.export import reliability
from bot.review.export.markup import Html, tag
from bot.review.stats import counted

Facts = Mapping[str, Any]


def table(caption: str, heads: Sequence[str], lines: Iterable[Sequence[Any]], *, numbers: Sequence[str] = ()) -> Html:
    """A table; a cell is a value, or a whole `td`. Columns of `numbers` are right-aligned."""
    way = ["n" if head in numbers else None for head in heads]
    return scrolled(
        caption,
        tag(
            "table",
            tag("caption", caption),
            tag(
                "thead",
                tag("tr", [tag("th", head, scope="col", class_=of) for head, of in zip(heads, way, strict=True)]),
            ),
            tag("tbody", [tag("tr", [_cell(one, of) for one, of in zip(line, way, strict=True)]) for line in lines]),
        ),
    )


def scrolled(name: str, wide: Html) -> Html:
    """What may be wider than a phone: it is moved by itself, also with the keyboard."""
    return tag("div", wide, class_="wide", tabindex=0, role="region", aria_label=name)


def _cell(value: Any, way: str | None) -> Html:
    if isinstance(value, Html) and value.startswith("<td"):
        return value
    return tag("td", words.DASH if value is None else value, class_=way)


def gain(value: Any, digits: int = 2) -> Html:
    """A cell of a gain or a loss: its sign is always said, colour only repeats it."""
    return tag("td", words.signed(value, digits), class_=f"n {words.way(value)}".rstrip())


def summary(facts: Facts) -> list[Html]:
    """What the day came to, a line a group: unlike markets are never added up."""
    lines = [
        [group["group"], group["round_trips"], group["won"], group["lost"], gain(group["r_net"]), gain(group["net"])]
        for group in facts["groups"]
    ]
    dry = f", {facts['would_place']} would have been placed (dry)" if facts["would_place"] else ""
    seen = ", ".join(f"{count} {kind}" for kind, count in facts["signals"].items()) or "none"
    heads = ("Group", "Round trips", "Won", "Lost", "R after costs", "Net USD")
    return [
        table("What the round trips came to", heads, lines, numbers=heads[1:]) if lines else tag("p", NO_ROUND_TRIP),
        tag("p", f"Signals: {seen}. Approved: {facts['approved']}{dry}. Refused: {_refused(facts)}."),
    ]


NO_ROUND_TRIP = "No round trip: below stands what was refused and why."


def _refused(facts: Facts) -> str:
    return ", ".join(f"{count} {rule}" for rule, count in facts["blocked"].items()) or "none"


def runs(facts: Facts) -> Html:
    """Which runs are reviewed."""
    lines = [
        [
            *(one["run"], words.moment(one["started_ns"])),
            words.moment(one["ended_ns"]) if one["ended_ns"] else one["state"],
            *(one["adapter"], one["fill_model"] or "broker"),
        ]
        for one in facts["runs"]
    ]
    return table("What is reviewed here", ("Run", "Started", "Ended", "Adapter", "Fills by"), lines)


NUMBERS = ("In", "Out", "Ticks", "R net", "Sum R", "Net USD", "MAE/MFE", "Slip")
ROUND_TRIP = ("Entry", "Id", "What", *NUMBERS[:2], "Left by", *NUMBERS[2:], "Strategy", "Tags")


def round_trips(name: str, trips: Iterable[Facts]) -> Html:
    """Round trips that may be added up, in order of entry, with the running sum of their R after costs."""
    total, lines = 0.0, []
    for trip in trips:
        total += trip["r_net"] or 0.0
        lines.append(
            [
                words.moment(trip["entry_ns"]).removesuffix(" ET"),
                tag("td", trip["id"], id=f"row-{trip['id']}"),
                f"{trip['side']} {trip['quantity']} {trip['contract']}",
                *(trip["entry_price"], trip["exit_price"], trip["exit_reason"]),
                gain(trip["ticks"], _digits(trip["ticks"])),
                *(gain(trip["r_net"]), gain(round(total, 6)), gain(trip["net"])),
                f"{_or_dash(trip['mae_ticks'])}/{_or_dash(trip['mfe_ticks'])}",
                words.signed(trip["slippage_ticks"], _digits(trip["slippage_ticks"])) if trip["slippage_ticks"] else 0,
                *(trip["strategy"], ", ".join(trip["tags"])),
            ]
        )
    return table(f"{name}: in order of entry, New York time", ROUND_TRIP, lines, numbers=NUMBERS)


def _digits(ticks: float) -> int:
    return 2 if ticks % 1 else 0


def _or_dash(value: Any) -> Any:
    return words.DASH if value is None else value


ESTIMATES: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "win_rate": ("Win rate", lambda value: f"{100 * value:.1f} %"),
    "expectancy_r": ("R a round trip, before costs", words.signed),
    "expectancy_r_net": ("R a round trip, after costs", words.signed),
    "expectancy_ticks": ("Ticks a round trip", words.signed),
    "profit_factor": ("Profit factor", "{:.2f}".format),
    "drawdown_r": ("Deepest drawdown in R", "{:.1f}".format),
    "mae_ticks": ("Ticks against the position at worst, mean", "{:.1f}".format),
    "mfe_ticks": ("Ticks for the position at best, mean", "{:.1f}".format),
    "slippage_ticks": ("Slippage in ticks, mean", words.signed),
    "minutes": ("Minutes in position, mean", "{:.1f}".format),
}
"""Key of a group → what it is called and how a value of it is said."""


def statistics(group: Facts) -> list[Html | None]:
    """Each figure of a group with its interval, the number of tries, and what may be said of it."""
    lines = [
        [name, said(group[key]["value"]), _interval(group[key], said), f"{group[key]['n']:,}"]
        for key, (name, said) in ESTIMATES.items()
        if group[key]["value"] is not None
    ]
    drawn = f"{100 * group['level']:g} % intervals, {group['draws']:,} draws of whole sessions, seed {group['seed']}"
    heads = ("Figure", "Value", "Interval", "n")
    counts = f"{group['round_trips']:,} round trips in {counted(group['sessions'], 'session', 'sessions')}"
    return [
        tag("h3", group["group"]),
        tag(
            "p",
            tag("strong", _sentence(group["words"])),
            f" {counts}, {counted(group['tries'], 'try', 'tries')}.",
        ),
        table(drawn, heads, lines, numbers=heads[1:]) if lines else None,
    ]


def _sentence(words_of_it: str) -> str:
    return f"{words_of_it[:1].upper()}{words_of_it[1:]}."


SCORES: Mapping[str, str] = {
    "gap": "Won less what it said",
    "brier": "Brier",
    "base_brier": "Brier of the base rate",
    "log_loss": "Log loss",
    "base_log_loss": "Log loss of the base rate",
    "gain": "Log loss, better than the base rate by",
}


def model(told: Facts, key: str) -> list[Html | None]:
    """What one model said of the chance of winning, held against what came; `key` makes its ids unique."""
    name, counts = told["group"], f"{told['judged']:,} round trips that it let pass, {told['won']:,} won"
    said: list[Html | None] = [
        tag("h3", name),
        tag("p", tag("strong", _sentence(told["words"])), f" {counts}. Its monitor: {watched(told['monitor'])}."),
    ]
    if not told["bins"]:
        return said
    scores = [[of, f"{told[one]['value']:.3f}", _interval(told[one], "{:.3f}".format)] for one, of in SCORES.items()]
    heads = reliability.HEADS
    return [
        *said,
        scrolled(f"Reliability of {name}", reliability.drawing(name, told["bins"], key)),
        table("What it said and what came, bins of equal mass", heads, reliability.lines(told["bins"]), numbers=heads),
        table("Scores", ("Score", "Value", "Interval"), scores, numbers=("Value", "Interval")),
    ]


def _interval(found: Facts, said: Callable[[float], str]) -> str:
    low, high = ("?" if found[end] is None else said(found[end]) for end in ("low", "high"))
    return f"{low} to {high}"


def refusals(facts: Facts) -> Html:
    """Refusals by rule, with the rule's words the last time."""
    if not facts["refusals"]:
        return tag("p", "Nothing was refused.")
    most = facts["refusals"][0]["refused"]
    lines = [
        [
            *(one["rule"], one["refused"]),
            tag("td", _bar(one["refused"] / most)),
            *(words.moment(one["first_ns"]), words.moment(one["last_ns"])),
            tag("td", scrub(one["message"]), class_="text"),
        ]
        for one in facts["refusals"]
    ]
    heads = ("Rule", "Refused", "Share", "First", "Last", "Its words the last time")
    return table("Refusals by rule; a proposal may break several", heads, lines, numbers=("Refused",))


def worth(facts: Facts) -> list[Html]:
    """What the refusals would have made, where it was asked for."""
    if "worth" not in facts:
        asked = tag("code", "paperpit journal report --blocked --html FILE")
        return [tag("p", "What they would have made was not asked: ", asked, " does.", class_="quiet")]
    heads = ("Rule", "Counted", "Refused", "Untold", "Would fill", "Won", "R after costs", "R of one")
    lines = [
        [
            *(one[key] for key in ("group", "counted", "refused", "untold", "filled", "won")),
            *(gain(one["r_net"]), _estimate(one["expectancy_r_net"])),
        ]
        for one in facts["worth"]
    ]
    return [
        table("What the refusals would have made", heads, lines, numbers=heads[2:]),
        tag("p", WORTH, class_="quiet") if lines else tag("p", "Nothing was refused."),
    ]


WORTH = (
    "Each alone, by the fill model of its run: not what the run would have made. Every: for each rule that refused it; "
    "first: for the first; alone: where no other rule did. These must not be added up."
)


def _estimate(found: Facts) -> str:
    if found["value"] is None:
        return str(found["words"])
    return f"{words.signed(found['value'])} ({_interval(found, words.signed)})"


def _bar(share: float) -> Html:
    rect = tag("rect", width=f"{100 * share:.1f}", height=8)
    return tag("svg", rect, class_="bar", viewBox="0 0 100 8", aria_hidden="true")


def calendar(facts: Facts) -> Html:
    """Blackouts that came into force."""
    if not facts["calendar"]:
        return tag("p", "No blackout came into force.")
    lines = [
        [one["kind"], words.moment(one["from_ns"]), words.moment(one["to_ns"]), one["stopped"], one["source"]]
        for one in facts["calendar"]
    ]
    heads = ("Kind", "Closed from", "Until", "Stopped", "Source")
    return table("Blackouts that came into force, and proposals that they stopped", heads, lines, numbers=("Stopped",))


def notes(facts: Facts) -> Html:
    """What people wrote about these runs and their rows."""
    if not facts["notes"]:
        return tag("p", "No note: ", tag("code", "paperpit journal note ID TEXT"), " writes one.")
    known = {trip["id"] for trip in facts["round_trips"]}
    return tag(
        "ul", [tag("li", _head(note, known), tag("p", scrub(note["text"]), class_="said")) for note in facts["notes"]]
    )


def _head(note: Facts, known: set[str]) -> list[Any]:
    subject = note["subject"]
    about = tag("a", subject, href=f"#row-{subject}") if subject in known else subject
    who = f" · {note['who']}" if note["who"] else ""
    return [about, tag("span", f" · {words.moment(note['ts_ns'])}{who}", class_="quiet")]


def trouble(facts: Facts) -> list[Html]:
    """The link's changes, odd ticks, and what the desk was told."""
    found = []
    if facts["links"]:
        lines = [[words.moment(one["ts_ns"]), one["state"], scrub(one["code"])] for one in facts["links"]]
        found.append(table("The link to the broker", ("Time", "State", "Code"), lines))
    if facts["anomalies"]:
        found.append(table("Ticks that were not used", ("Kind", "Rows"), facts["anomalies"].items(), numbers=("Rows",)))
    if facts["commands"]:
        lines = [[words.moment(one["ts_ns"]), one["verb"], scrub(one["reason"])] for one in facts["commands"]]
        found.append(table("What the desk was told", ("Time", "Command", "Reason"), lines))
    return found or [tag("p", "The link held, no tick was odd, nobody gave a command.")]
