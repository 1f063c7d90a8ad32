"""What must be true of a day that is over: by the exchange's ledger, and by the journal as its commands show it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.chaos import books, journal
from tests.programs import ended
from tests.realday.day import Day
from tests.realday.plan import PRODUCTS, SECOND_NS, Stretch

LINK_S = 60.0
"""A gateway that is back is tried again up to every 30 s."""
CLOCK = ("session: ", "blackout: ")
"""What the clock alone brings is held against `late_s`; the rest takes a bar, a connection or a start."""


async def violations(day: Day, late_s: float) -> list[str]:
    """All that is not as it should be. What the clock brings may be `late_s` seconds late."""
    orders, fills, trips, runs = [await _list(day, what) for what in ("orders", "fills", "round-trips", "runs")]
    blocked = await _list(day, "blocked")
    entries = [one for one in orders if one["role"] == "entry"]
    return [
        *day.findings,
        *late(day, late_s),
        *shut(day, [int(one["created_ns"]) for one in entries], int(late_s * SECOND_NS)),
        *unused(day, [int(one["created_ns"]) for one in entries]),
        *left(day, trips),
        *refused(day, blocked),
        *_books(day, fills),
        *_runs(day, runs),
        *await _kept(day),
        *_called(day, len(runs)),
    ]


def late(day: Day, late_s: float) -> Iterator[str]:
    for one in day.moments:
        most = late_s if one.what.startswith(CLOCK) else LINK_S
        if one.late_s > most:
            yield f"{one.what}: {one.late_s:.1f} s late"


def shut(day: Day, entries: list[int], slack_ns: int) -> Iterator[str]:
    """No entry is approved while entries are shut; none reaches the exchange that was not under way by then."""
    for stretch in day.plan.shut:
        for who, times, slack in (("approved", entries, 0), ("at the exchange", [*day.ledger.entries()], slack_ns)):
            inside = [ts for ts in times if stretch.since + slack <= ts < stretch.until]
            if inside:
                yield f"{stretch.why}: {len(inside)} entries {who}, the first {_into(stretch, inside[0])}"


def unused(day: Day, entries: list[int]) -> Iterator[str]:
    for stretch in day.plan.open:
        if stretch.until > stretch.since and not any(stretch.since <= ts < stretch.until for ts in entries):
            yield f"{stretch.why}: not one entry in {(stretch.until - stretch.since) / SECOND_NS:.0f} s"


def left(day: Day, trips: list[dict[str, Any]]) -> Iterator[str]:
    """Why positions left: at the session's edge all of them, at the blackout's those whose strategy wants no news."""
    why = sorted((one["strategy"], one["exit_reason"]) for one in trips if one["strategy"] in ("holds", "leaves"))
    if why != [("holds", "session"), ("leaves", "blackout"), ("leaves", "session")]:
        yield f"positions left when they should not, or did not when they should: {why}"
    if not day.ledger.books["MES"].position:
        yield "nothing is held at the end"


def refused(day: Day, blocked: list[dict[str, Any]]) -> Iterator[str]:
    """Every blackout has refused something, in the journal's words."""
    times = [int(one["ts_ns"]) for one in blocked if any(why["rule"] == "blackout" for why in one["reasons"])]
    for stretch in day.plan.shut:
        if stretch.why == "blackout" and not any(stretch.since <= ts < stretch.until for ts in times):
            yield f"a blackout refused nothing, {_into(stretch, stretch.until)}"


def _books(day: Day, fills: list[dict[str, Any]]) -> Iterator[str]:
    """Broker and journal agree, execution by execution and order by order, and everything held was under its stop."""
    written, ledger = journal.read(day.journal), day.ledger
    found = [*books.never(ledger.whole, written), *books.missing(ledger.whole, written, day.ledger.whole.wall)]
    for product in PRODUCTS:
        found += books.at_rest(ledger.books[product], written)
        found += books.naked(ledger.books[product], [(day.plan.begins, ledger.whole.wall)])
    yield from (f"{one.kind}: {one.what}" for one in found)
    real = sorted((one.exec_id, one.quantity) for one in ledger.whole.standing(ledger.whole.wall).values())
    if real != sorted((one["exec_id"], one["quantity"]) for one in fills):
        yield f"the journal lists {len(fills)} fills, the exchange has {len(real)} executions"


def _runs(day: Day, runs: list[dict[str, Any]]) -> Iterator[str]:
    if [one["state"] for one in runs] != ["finished", "finished"]:
        yield f"two sessions are two runs that ended in order: {[one['state'] for one in runs]}"
    if "error" in day.words:
        yield f"the desk said: {next(line for line in day.words.splitlines() if 'error' in line)}"


async def _kept(day: Day) -> list[str]:
    """The journal and its copy are whole."""
    copies = sorted((day.folder / "backups").glob("*.db"))
    checked = [await ended("db", "check", "--journal", one, cwd=day.folder) for one in (day.journal, *copies)]
    broken = [f"db check: {one.told}{one.words}" for code, one in checked if code]
    return [*broken, *([] if copies else ["there is no copy of the journal"])]


def _called(day: Day, runs: int) -> Iterator[str]:
    """Each session's end is told once, and nobody is called for a reset or a blackout."""
    path = Path(day.folder / "notices.txt")
    titles = [line for line in path.read_text().splitlines() if line.startswith("paperpit ")] if path.exists() else []
    digests = [one for one in titles if ": the day: " in one]
    if len(digests) != runs:
        yield f"{runs} sessions and {len(digests)} digests: {titles}"
    if others := [one for one in titles if one not in digests and "disk is nearly full" not in one]:
        yield f"somebody was called: {others}"


def _into(stretch: Stretch, ts: int) -> str:
    return f"{(ts - stretch.since) / SECOND_NS:.3f} s into {(stretch.until - stretch.since) / SECOND_NS:.0f} s"


async def _list(day: Day, what: str) -> list[dict[str, Any]]:
    code, one = await ended("journal", what, "--run", "all", "--journal", day.journal, "--json", cwd=day.folder)
    assert code == 0, one.words
    found: list[dict[str, Any]] = json.loads(one.told)
    return found
