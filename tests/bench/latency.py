"""P10, P11: from the last byte of a tick to the last byte of the bracket that it asks for, over the wire.

Method: a far end in a process of its own plays ticks and holds the stopwatch. Against it the real desk (every shipped
detector, gate, journal, recording; a third party's detector and strategy, which ask for a bracket at each trigger) at
both durabilities, and the bot of ib_async's documentation: pendingTickersEvent, then placeOrder for each of the three.
They take turns, some triggers each, and so does the disk's own fdatasync; all are put ahead of their neighbours where
that may be done. A trigger comes every fifth of a second: the gateway takes 50 messages a second.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.rows import Row
from tests.bench.wire.contest import Contest, Took, disk

RATES = (100, 1_000, 5_000)
TRIGGERS, TURNS = 20, 4
"""Of a turn, and turns of a round: five rounds are 400. Short turns, for a market that says nothing for half a minute
closes entries."""
EVERY_S = 0.2
TEN = ("ES", "NQ", "CL", "GC", "SPY", "AAPL", "TSLA", "MES", "MNQ", "MCL")
SIDES = ("power", "process", "documented")
BURST = 1_000
MS = 1e3


def _contest(folder: Path, products: Sequence[str] = ("ES",)) -> Contest:
    contest = Contest(folder, products)
    contest.desk("power")
    contest.desk("process")
    contest.documented()
    for side in SIDES:
        _warmed(contest, side)
    return contest


def _warmed(contest: Contest, side: str) -> None:
    answer = contest.round(side, do="play", rate=1_000, triggers=10, every_s=EVERY_S)
    if answer["late"]:
        raise RuntimeError(f"{answer['late']} of 10 triggers got no bracket from {side}: its journal says why")


def _turns(contest: Contest, folder: Path, rounds: int, sides: Sequence[str], **command: Any) -> dict[str, Took]:
    """Rounds in turns; the disk's own figures stand under `disk`."""
    took = {name: Took() for name in (*sides, "disk")}
    for _ in range(rounds * TURNS):
        for name in sides:
            took[name].add(contest.round(name, every_s=EVERY_S, **command))
        took["disk"].thirds += disk(folder, int(command["triggers"]))
    return took


def measure(folder: Path, rounds: int) -> list[Row]:
    """Rows P10, at each rate and with ten instruments."""
    rows = []
    with _contest(folder / "one") as contest:
        for rate in RATES:
            took = _turns(contest, folder, rounds, SIDES, do="play", rate=rate, triggers=TRIGGERS)
            rows += _rows(f"P10 {rate:,} ticks/s", took, judged=rate == 1_000)
    with Contest(folder / "ten", TEN) as contest:
        contest.desk("power")
        _warmed(contest, "power")
        took = _turns(contest, folder, rounds, ["power"], do="play", rate=1_000, triggers=TRIGGERS)
        rows += _rows("P10 10 instruments, 1,000 ticks/s", took, judged=False)
    return rows


def measure_burst(folder: Path, rounds: int) -> list[Row]:
    """Rows P11."""
    with _contest(folder / "burst") as contest:
        took = _turns(contest, folder, rounds, SIDES, do="burst", ticks=BURST, triggers=TRIGGERS)
    rows = []
    for name in ("power", "process"):
        side, theirs = took[name], took["documented"]
        note = f"p99 {side.p99 / MS:.2f} ms; theirs {theirs.p50 / MS:.2f}, p99 {theirs.p99 / MS:.2f}; {_odd(side)}"
        rows.append(
            Row(
                f"P11 burst of {BURST:,} ticks, {name}: p50",
                side.p50 / MS,
                "ms",
                "documented bot",
                side.p50 / theirs.p50,
                1 / 4,
                1 / 8,
                less=True,
                note=note,
            )
        )
        rows.append(Row(f"P11 burst, {name}: p50 in ms", side.p50 / MS, "ms", must=3, less=True))
    return rows


def _rows(title: str, took: dict[str, Took], *, judged: bool) -> list[Row]:
    """A side's p50 and p99; where they are judged, against what each has to beat."""
    rows, least = [], took["disk"]
    power = took["power"]
    note = f"fdatasync {least.p50 / MS:.2f} / {least.p99 / MS:.2f} ms; {_odd(power)}"
    goals = (least.p50 / MS + 0.5, least.p99 / MS + 1) if judged else (None, None)
    for name, value, must in (("p50", power.p50, goals[0]), ("p99", power.p99, goals[1])):
        must = None if must is None else round(must, 3)
        rows.append(Row(f"{title}, power: {name}", value / MS, "ms", must=must, less=True, note=note))
    if "process" in took:
        side, theirs = took["process"], took["documented"]
        note = f"documented bot {theirs.p50 / MS:.2f} / {theirs.p99 / MS:.2f} ms; {_odd(side)}"
        ratio = side.p50 / theirs.p50
        must, aim = (1 / 2, 1 / 4) if judged else (None, None)
        title = f"{title}, process"
        rows.append(Row(f"{title}: p50", side.p50 / MS, "ms", "documented bot", ratio, must, aim, less=True, note=note))
        must, aim = (1.0, 0.6) if judged else (None, None)
        rows.append(Row(f"{title}: p99", side.p99 / MS, "ms", must=must, aim=aim, less=True))
    return rows


def _odd(side: Took) -> str:
    return f"{len(side.thirds)} triggers" + (f", {side.late} WITHOUT A BRACKET" if side.late else "")
