"""A review as one HTML file: it opens from a disk, asks nobody for anything, and runs nothing.

Its style is the only thing that its own policy (CSP) lets it use, named by its hash; there is no script and no address
outside the file. The same journal and the same question give the same bytes.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.journal.filters import Filters
from bot.journal.reading import Reader, RunInfo
from bot.review import words
from bot.review.calibration import calibration, taken
from bot.review.estimates import Bootstrap
from bot.review.export import equity, sections
from bot.review.export.markup import Html, tag
from bot.review.stats import Asked, day_text, groups, stats
from bot.review.trips import Trip, trips

STYLE = Path(__file__).with_name("report.css")


@dataclass(frozen=True, slots=True)
class SoFar:
    """A day alone says nothing about a method: all round trips up to it, under the same filters but those of time."""

    trips: Sequence[Trip]
    groups: Sequence[Mapping[str, Any]]
    models: Sequence[Mapping[str, Any]]


def so_far(
    reader: Reader, runs: Sequence[RunInfo], reviewed: Sequence[RunInfo], filters: Filters, facts: Mapping[str, Any]
) -> SoFar:
    """Everything of `runs` up to the newest of those that are reviewed; `facts` are their review."""
    until = max((run.seq for run in reviewed), default=0)
    chosen = [run for run in runs if run.seq <= until]
    timeless = replace(filters, since_ns=None, until_ns=None, day="", now_ns=0)
    same = timeless == filters and chosen == list(reviewed)
    found, earlier = trips(reader, chosen, timeless), [run for run in reader.runs if run.seq <= until]
    return SoFar(
        found,
        facts["groups"] if same else stats(reader, chosen, timeless, Asked()),
        calibration(taken(found), lambda: trips(reader, earlier, Filters()), Bootstrap()),
    )


def page(facts: Mapping[str, Any], known: SoFar, version: str) -> str:
    """The document of a review's facts (`bot.review.report`)."""
    style = STYLE.read_text()
    title = f"paperpit · {_when(facts)}"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy(style)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Html(style)),
    )
    body = tag(
        "body",
        tag("header", tag("h1", f"{_when(facts)} ", tag("strong", "PAPER", class_="paper"))),
        tag("main", _main(facts, known)),
        tag("footer", _footer(facts, version)),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def policy(style: str) -> str:
    """What the document may use: this style and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _when(facts: Mapping[str, Any]) -> str:
    stamps = [trip["entry_ns"] for trip in facts["round_trips"]] or [run["started_ns"] for run in facts["runs"]]
    if not stamps:
        return "Nothing to review"
    first, last = words.day(min(stamps)), words.day(max(stamps))
    return f"Review of {first}" if first == last else f"Review of {first} to {last}"


def _main(facts: Mapping[str, Any], known: SoFar) -> list[Any]:
    if not facts["runs"]:
        replayed = tag("code", "paperpit journal report --run last --html FILE")
        return [
            tag("p", "No live paper run to review: ", tag("code", "paperpit run"), ", or ", replayed, " for a replay.")
        ]
    return [
        sections.summary(facts),
        tag("h2", "Equity in R"),
        _equity(facts, known),
        tag("h2", "Round trips"),
        _round_trips(facts, known),
        tag("h2", f"Statistics{_span(known.trips)}"),
        [sections.statistics(group) for group in known.groups] or tag("p", "No round trip to count."),
        *_models(known),
        tag("h2", "Refused"),
        sections.refusals(facts),
        sections.worth(facts),
        tag("h2", "Calendar"),
        sections.calendar(facts),
        tag("h2", "Notes"),
        sections.notes(facts),
        tag("h2", "What went wrong, and what was said"),
        sections.trouble(facts),
        tag("h2", "Runs"),
        sections.runs(facts),
    ]


def _models(known: SoFar) -> list[Any]:
    """Whether what models said came true; nothing where none was asked."""
    found = [sections.model(one, f"model-{at}") for at, one in enumerate(known.models)]
    return [tag("h2", "Models"), *found] if found else []


def _span(found: Sequence[Trip]) -> str:
    sessions = sorted({trip.session for trip in found})
    if len(sessions) < 2:
        return f" of {day_text(sessions[0])}" if sessions else ""
    return f" of {len(sessions):,} sessions, {day_text(sessions[0])} to {day_text(sessions[-1])}"


def _round_trips(facts: Mapping[str, Any], known: SoFar) -> list[Any]:
    """A table a market and fill model: their results are never added up."""
    shapes = {trip["id"]: trip for trip in facts["round_trips"]}
    parts = groups([trip for trip in known.trips if trip.id in shapes], ())
    found = [sections.round_trips(group.name, [shapes[trip.id] for trip in group.trips]) for group in parts]
    return found or [tag("p", sections.NO_ROUND_TRIP)]


def _equity(facts: Mapping[str, Any], known: SoFar) -> list[Any]:
    """A curve a market and fill model, which are never pooled."""
    asked = {trip["id"] for trip in facts["round_trips"]}
    found: list[Any] = []
    for number, group in enumerate(groups(known.trips, ())):
        curve = equity.points(group, asked)
        unknown = sum(trip.r_net is None for trip in group.trips)
        found += [
            tag("h3", group.name),
            sections.scrolled(f"Equity of {group.name}", equity.drawing(group.name, curve, f"equity-{number}")),
            tag("p", equity.caption(group, curve, unknown), class_="quiet"),
        ]
    return found or [tag("p", "No round trip, no curve.")]


def _footer(facts: Mapping[str, Any], version: str) -> list[Html]:
    left_out = ", ".join(f"{runs} runs of adapter {adapter}" for adapter, runs in facts["left_out"].items())
    said = [
        f"Left out: {left_out}." if left_out else "",
        words.no_edge(len(facts["round_trips"])),
        f"paperpit {version} · times are New York · fills are those of a paper account or of a model",
    ]
    return [tag("p", line) for line in said if line]
