"""The day itself: a gateway, a market, a desk, and a person who does nothing but look on and stop it in the evening."""

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.background import meanwhile
from tests.chaos.market import account
from tests.gateways import gateway_program
from tests.programs import Program, program
from tests.realday.ledger import Ledger
from tests.realday.market import Market
from tests.realday.plan import PRODUCTS, SECOND_NS, STREAMS, Plan

QUIET_NS = SECOND_NS
"""So long before an edge the market falls silent: no tick can bring it to the desk."""
REFUSED_NS = 5 * SECOND_NS
"""The first blackout lasts so long for a desk that stands: every strategy is refused something."""
EDGE_S = 20.0
"""After so long of silence it is let go on: the edge has been missed."""
TERMINATED = 143


@dataclass(frozen=True)
class Moment:
    """Something that the clock, or the gateway, was to bring; ns UTC. `done` is None where it did not come."""

    what: str
    due: int
    done: int | None

    @property
    def late_s(self) -> float:
        """Seconds from when it was due; for ever, where it did not come."""
        return float("inf") if self.done is None else (self.done - self.due) / SECOND_NS

    def __str__(self) -> str:
        clock = datetime.fromtimestamp(self.due // SECOND_NS, UTC)
        return f"{clock:%H:%M:%S} UTC  {self.what:<48}  {self.late_s:>7.3f} s late"


@dataclass
class Day:
    """What is known of it from outside."""

    plan: Plan
    folder: Path
    ledger: Ledger
    tell: Callable[[str], None]
    """Hears of each moment as it comes."""
    moments: list[Moment] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    words: str = ""

    @property
    def journal(self) -> str:
        """Where the desk writes."""
        return f"sqlite:///{self.folder / 'journal.db'}"

    def came(self, what: str, due: int, done: int | None) -> None:
        """Something came, or did not."""
        self.moments.append(Moment(what, due, done))
        self.tell(str(self.moments[-1]))


class TooSlow(Exception):
    """The desk stood only when its first blackout was over: the day has to begin anew with more time."""


async def play(length: int, lead: int, folder: Path, tell: Callable[[str], None]) -> Day:
    """Live through a day of about `length` ns; `tell` hears of each moment. Ledger and journal are left in `folder`.

    Raises TooSlow when the desk takes longer than `lead` ns to stand.
    """
    ledger, socket = folder / "ledger.jsonl", folder / "gateway.sock"
    words = ["--no-market", "--account", account(folder), "--tick-by-tick", str(STREAMS), "--fill-model", "ib-paper"]
    words += ["--ledger", str(ledger), "--control", str(socket), "--state", str(folder / "state.jsonl")]
    words += [word for product in PRODUCTS for word in ("--instrument", product)]
    market = Market(socket)
    async with gateway_program(*words, cwd=folder) as far:
        plan = Plan.of(time.time_ns(), length, lead)
        plan.write(folder, f"realday-{far.port}", far.port)
        day = Day(plan, folder, Ledger(ledger), tell)
        async with (
            meanwhile(market.run()),
            program("run", "--warm", "none", "--journal", day.journal, cwd=folder) as desk,
        ):
            await _live(day, market, desk)
            code = await desk.interrupted(signal.SIGTERM, seconds=60)
            day.words = desk.words
        if code != TERMINATED:
            day.findings.append(f"asked to stop, the desk ended with {code}")
        verdict = await market.ask(do="verdict")
        day.findings += [f"the gateway: {one}" for one in verdict["findings"]]
    day.ledger.catch_up()
    (folder / "desk.log").write_text(day.words)
    return day


async def _live(day: Day, market: Market, desk: Program) -> None:
    plan = day.plan
    try:
        left = plan.lifts - REFUSED_NS - time.time_ns()
        await desk.until("no-entries; consumer prices", seconds=left / SECOND_NS)
    except TimeoutError as late:
        raise TooSlow(desk.words) from late
    day.came("the desk stands, in a blackout", plan.begins, time.time_ns())
    day.came("a blackout ends, entries open", plan.lifts, await _entry(day, plan.lifts))
    plan = await _reset(day, market, desk)
    await _edge(day, market, "session", plan.flattens, ("ES", "MES", "MNQ"))
    await desk.until("the session is over")
    day.came("the session is over", plan.closes, time.time_ns())
    copies = sorted((day.folder / "backups").glob("*"))
    day.came("the journal is copied", plan.closes, copies[0].stat().st_mtime_ns if copies else None)
    if plan.wakes is not None:
        day.came("the daemon has slept and opens the next run", plan.wakes, await _opened(desk, plan.wakes))
    # The market goes on meanwhile: it is the hours that keep the desk from entering.
    day.came("the next session opens, entries with it", plan.opens, await _entry(day, plan.opens))
    await _edge(day, market, "blackout", plan.falls, ("MNQ",))
    await _until(plan.ends)


async def _reset(day: Day, market: Market, desk: Program) -> Plan:
    """The gateway goes away as it does every night, while brackets live; the plan with the moment at which it did."""
    await _until(day.plan.resets)
    away = (day.plan.returns - day.plan.resets) // SECOND_NS
    await market.ask(do="fault", name="nightly", arg=str(away))
    plan = day.plan = day.plan.reset_at(time.time_ns())
    await desk.until("link up: connected again", seconds=away + 60)
    day.came("the gateway is back, the desk is heard again", plan.returns, time.time_ns())
    day.came("entries open after the reset", plan.paused[1], await _entry(day, plan.paused[1]))
    return plan


async def _opened(desk: Program, due: int) -> int | None:
    """When the second run was opened; it has a minute."""
    try:
        await desk.until("until Ctrl-C", times=2, seconds=max(0, due - time.time_ns()) / SECOND_NS + 60)
    except TimeoutError:
        return None
    return time.time_ns()


async def _entry(day: Day, since: int, seconds: float = 60.0) -> int | None:
    """When the first entry after `since` stood at the exchange; it has so many seconds from then on."""
    await _until(since)
    return await _seen(lambda: next((wall for wall in day.ledger.catch_up().entries() if wall >= since), None), seconds)


async def _edge(day: Day, market: Market, why: str, due: int, leave: tuple[str, ...]) -> None:
    """Around an edge that the clock alone brings: what rested is cancelled, and what is to leave has left."""
    await _until(due - QUIET_NS)
    market.silent = True
    books = day.ledger.catch_up().books
    rested, held = bool(day.ledger.resting("NQ")), [one for one in leave if books[one].position]
    await _until(due)
    asked = await _seen(lambda: day.ledger.catch_up().first("end", "NQ", due), EDGE_S) if rested else None
    market.silent = False
    day.came(f"{why}: the entry that rests is cancelled", due, asked)
    flat = await _seen(lambda: _flat(day, due, leave), EDGE_S)
    day.came(f"{why}: out: {', '.join(held) or 'nothing was held'}", due, flat)


def _flat(day: Day, due: int, products: tuple[str, ...]) -> int | None:
    """When these products were out, and no entry of any rested any more; None: not yet."""
    day.ledger.catch_up()
    if any(day.ledger.books[one].position for one in products) or any(map(day.ledger.resting, PRODUCTS)):
        return None
    return max((wall for one in products if (wall := day.ledger.first("exec", one, due))), default=due)


async def _seen(look: Callable[[], int | None], seconds: float) -> int | None:
    """What `look` shows once it shows something."""
    last = time.monotonic() + seconds
    while (found := look()) is None and time.monotonic() < last:
        await asyncio.sleep(0.02)
    return found


async def _until(ns: int) -> None:
    await asyncio.sleep(max(0.0, (ns - time.time_ns()) / SECOND_NS))
