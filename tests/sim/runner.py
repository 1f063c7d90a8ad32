"""Plays days, as many as are asked for, and says what came of them.

python -m tests.sim DAYS=1000 [SEED=1] [JOBS=2]     days of consecutive seeds
python -m tests.sim SEED=125                        one day again
python -m tests.sim SEED=125 SHRINK=1               the smallest plan that fails like it
python -m tests.sim PLAN=tests/sim/regress/x.json   a day that is kept
"""

import platform
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from bot.domain.order import BracketState
from tests.sim.closing import Contradiction, close
from tests.sim.loop import SECOND_NS, Deadlock, Livelock
from tests.sim.naked import Naked, spread
from tests.sim.plan import KINDS, FaultPlan
from tests.sim.watching import Broken, watch
from tests.sim.world import POINTS, Told, Unsettled, World, folder

HERE = Path(__file__).parent
FAILURES = Path("var") / "sim"
UNSEEN, CRASH, UNCONVERGED, INVARIANT = 126, 127, 128, 129
WORDS = {CRASH: "a crash", UNCONVERGED: "it does not come to rest", INVARIANT: "an invariant"}
LAST = 20
CHUNK = 25

Prepare = Callable[[World], object]


@dataclass
class Failure:
    """A day that went wrong."""

    seed: int
    code: int
    what: str
    events: list[str]
    plan: str


@dataclass
class Days:
    """What came of some days."""

    days: int = 0
    told: Told = field(default_factory=Told)
    naked_ms: list[int] = field(default_factory=list)
    naked_long: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def add(self, other: "Days") -> None:
        """Count others in."""
        self.days += other.days
        mine, theirs = self.told, other.told
        mine.turns += theirs.turns
        mine.brackets += theirs.brackets
        mine.executions += theirs.executions
        for name in ("faults", "states", "points", "endings"):
            getattr(mine, name).update(getattr(theirs, name))
        self.naked_ms += other.naked_ms
        self.naked_long += other.naked_long
        self.failures += other.failures


def play_one(plan: FaultPlan, prepare: Iterable[Prepare] = ()) -> Days:
    """One day, and what came of it."""
    days = Days(1)
    with folder() as place:
        world = World(plan, place)
        code, what = 0, ""
        naked = Naked(world)
        try:
            for each in prepare:
                each(world)
            world.play()
        except (Broken, Contradiction) as error:
            code, what = INVARIANT, str(error)
        except (Unsettled, Livelock) as error:
            code, what = UNCONVERGED, f"{type(error).__name__}: {error}"
        except (Exception, Deadlock) as error:  # noqa: BLE001 - whatever it is, it is the day's result
            code, what = CRASH, "".join(traceback.format_exception(error)[-6:])
        days.told, days.naked_ms, days.naked_long = world.told, naked.found_ms, naked.long
        days.told.turns, days.told.faults = world.loop.turns, world.wire.seen
        if code:
            events = [f"{at / SECOND_NS:10.3f}  {text}" for at, text in list(world.events)[-LAST:]]
            days.failures.append(Failure(plan.seed, code, what.strip(), events, plan.text()))
    return days


def play_seeds(first: int, count: int) -> Days:
    """Days of consecutive seeds, in this process."""
    days = Days()
    for seed in range(first, first + count):
        days.add(play_one(FaultPlan.drawn(seed, POINTS), watchers()))
    return days


def watchers() -> list[Prepare]:
    """Who looks at every step."""
    return [watch, close]


def play_many(first: int, count: int, jobs: int) -> Days:
    """The same in several processes."""
    if jobs <= 1 or count <= CHUNK:
        return play_seeds(first, count)
    days = Days()
    firsts = range(first, first + count, CHUNK)
    with ProcessPoolExecutor(jobs) as pool:
        sizes = [min(CHUNK, first + count - one) for one in firsts]
        for part in pool.map(play_seeds, firsts, sizes):
            days.add(part)
            progress(days, count)
    return days


def progress(days: Days, of: int) -> None:
    """A word on the error stream, where somebody looks."""
    if sys.stderr.isatty():
        print(f"\r{days.days}/{of} days, {len(days.failures)} failed", end="", file=sys.stderr, flush=True)


KNOWN = {
    "faults": [f"{kind.on}.{kind.what}" for kind in KINDS] + [f"point:{name}.kill" for name in POINTS],
    # A bracket is intended by its own row: no later word says so.
    "states": [state.value for state in BracketState if state is not BracketState.INTENDED],
    "points": list(POINTS),
}
"""What can happen on a day, by the counter that tells of it."""


def table(days: Days) -> Iterator[str]:
    """How often each fault, state and point was seen."""
    for title, names in {**KNOWN, "endings": list(days.told.endings)}.items():
        counts = getattr(days.told, title)
        yield f"{title}:"
        yield from (f"  {name:<28}{counts[name]:>10,}" for name in dict.fromkeys(names))
    yield spread(days.naked_ms)
    yield from days.naked_long


def unseen(days: Days) -> list[str]:
    """What never happened and should have."""
    return [name for title, names in KNOWN.items() for name in names if not getattr(days.told, title)[name]]


def report(one: Failure) -> Iterator[str]:
    """What to know of a day that failed, and how to see it again."""
    yield f"sim: FAILED with {WORDS[one.code]}: {one.what}"
    yield f"  seed {one.seed}  commit {_commit()}  python {platform.python_version()}  paperpit {version('paperpit')}"
    yield f"  reproduce:  make sim SEED={one.seed}        shrink:  make sim SEED={one.seed} SHRINK=1"
    yield f"  plan: {_kept(one)}"
    yield f"  last {len(one.events)} events:"
    yield from (f"    {text}" for text in one.events)


def last_line(days: Days) -> str:
    """The one line that a program reads."""
    return (
        f"days={days.days} steps={days.told.turns} faults={sum(days.told.faults.values())}"
        f" violations={len(days.failures)}"
    )


def _commit() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False, cwd=HERE
    )
    return found.stdout.strip() or "unknown"


def _kept(one: Failure) -> Path:
    FAILURES.mkdir(parents=True, exist_ok=True)
    path = FAILURES / f"{one.seed}.json"
    path.write_text(one.plan)
    return path


def read_plan(path: Path) -> FaultPlan:
    """A plan that was kept."""
    return FaultPlan.read(path.read_text())
