"""Signals: everything that was seen, taken or refused or left, with its evidence, and how often each rule refused."""

from typing import Any

import numpy as np
from starlette.requests import Request
from starlette.responses import Response

from bot.journal.reading import Reader
from bot.web.asked import TIMES, Query, within
from bot.web.look_up import whole
from bot.web.seen import OUTCOMES, Rows, Words
from bot.web.site import Site
from bot.web.view import View

SHOWN = 100
"""Signals of one page."""
SIDES = {"long": 1, "short": -1, "neither": 0}
FILTERS = ("run", *TIMES, "instrument", "kind", "timeframe", "side", "outcome", "rule", "strategy", "page")


def page(request: Request) -> Response:
    """The list, newest first, and what became of the whole selection."""
    site: Site = request.app.state.site
    query = Query.of(request, FILTERS)

    def facts(reader: Reader, view: View) -> dict[str, Any]:
        rows = view.seen.rows  # others move the view on meanwhile
        if not len(rows):
            return {}
        chosen, at = selected(query, reader, view, rows, site.now_ns()), query.page()
        places, outcomes = np.flatnonzero(chosen)[::-1], rows["outcome"][chosen]
        return {
            "query": query,
            "found": len(places),
            "shown": whole(places[(at - 1) * SHOWN : at * SHOWN], reader, view),
            "pages_of": range(1, max(1, -(-len(places) // SHOWN)) + 1),
            "at": at,
            "outcomes": _outcomes(outcomes),
            "refused": int(np.count_nonzero(outcomes == OUTCOMES.index("blocked"))),
            "rules": _rules(chosen, view),
            "choices": _choices(view),
        }

    return site.listed(request, "signals.html", facts)


def selected(query: Query, reader: Reader, view: View, rows: Rows, now_ns: int) -> Rows:
    """Which of these rows of SEEN the filters let through. Raises UsageError, InputMissing for a run."""
    seen = view.seen
    chosen = np.ones(len(rows), bool)
    if query.text("run"):
        runs = [seen.runs.get(run.run, _NONE) for run in reader.choose(query.text("run"))]
        chosen &= np.isin(rows["run"], runs)
    for name, words in (("instrument", seen.instruments), ("kind", seen.kinds), ("timeframe", seen.timeframes)):
        if value := query.text(name):
            chosen &= rows[name] == words.get(value, _NONE)
    if side := query.one_of("side", SIDES):
        chosen &= rows["side"] == SIDES[side]
    if outcome := query.one_of("outcome", OUTCOMES):
        chosen &= rows["outcome"] == OUTCOMES.index(outcome)
    for name, words in (("rule", seen.rules), ("strategy", seen.strategies)):
        if value := query.text(name):
            chosen &= _said(seen.judged, name, words.get(value, _NONE), len(rows))
    if any(query.text(name) for name in TIMES):
        spans = within(query, reader, now_ns)
        for product, code in list(seen.instruments.items()):
            since, until = spans(product)
            mine = rows["instrument"] == code
            chosen &= ~mine | ((rows["ts"] >= _least(since)) & (rows["ts"] < _most(until)))
    return chosen


_NONE = -2  # a word that never came: nothing has that number


def _said(judged: Rows, name: str, code: int, count: int) -> Rows:
    """Of what any decision says that."""
    found = np.zeros(count, bool)
    places = judged["at"][judged[name] == code]
    found[places[places < count]] = True
    return found


def _least(since: int | None) -> int:
    return np.iinfo(np.int64).min if since is None else since


def _most(until: int | None) -> int:
    return np.iinfo(np.int64).max if until is None else until


def _outcomes(codes: Rows) -> list[tuple[str, int]]:
    """What became of them, and of how many."""
    counts = np.bincount(codes, minlength=len(OUTCOMES)).tolist()
    return [(OUTCOMES[code], counts[code]) for code in (2, 1, 0)]


def _rules(chosen: Rows, view: View) -> list[tuple[str, int]]:
    """How many of the chosen each rule refused, the most first; one that several rules refused counts for each."""
    judged = view.seen.judged
    known = view.seen.rules.known
    mine = judged[(judged["rule"] >= 0) & (judged["at"] < len(chosen))]
    mine = mine[chosen[mine["at"]]]
    once = np.unique(mine["at"].astype(np.int64) * len(known) + mine["rule"])
    counts = np.bincount(once % max(1, len(known)), minlength=len(known)).tolist()
    return sorted(((known[code], count) for code, count in enumerate(counts) if count), key=lambda one: -one[1])


def _choices(view: View) -> dict[str, list[str]]:
    """What there is to choose from, filter by filter."""
    seen = view.seen
    known: dict[str, Words] = {
        "instrument": seen.instruments,
        "kind": seen.kinds,
        "timeframe": seen.timeframes,
        "rule": seen.rules,
        "strategy": seen.strategies,
    }
    words = {name: sorted(filter(None, of)) for name, of in known.items()}
    return {**words, "side": list(SIDES), "outcome": list(OUTCOMES)}
