"""What came of all lives, in figures."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tests.chaos.books import Finding
from tests.chaos.journal import Written
from tests.chaos.plan import POINTS, Death
from tests.chaos.truth import Naked, Truth


@dataclass
class Summary:
    """Gathered over every episode."""

    forked: bool = False
    """Whether daemons were forked off a process that has imported everything: readiness comes sooner then."""
    kills: int = 0
    findings: dict[tuple[str, Finding], None] = field(default_factory=dict)
    """(seed of the episode, finding), each once."""
    hits: Counter[str] = field(default_factory=Counter)
    armed: Counter[str] = field(default_factory=Counter)
    unready: int = 0
    holding: int = 0
    """Deaths that met a position."""
    working: int = 0
    """Deaths that met an order at the broker."""
    faults: Counter[str] = field(default_factory=Counter)
    restarts: int = 0
    starts: list[tuple[float, float, int]] = field(default_factory=list)
    """Seconds from a start until it had recovered and until it traded, and how many runs the journal had."""
    bare_s: list[float] = field(default_factory=list)
    executions: int = 0
    orders: int = 0

    def found(self, seed: str, finding: Finding) -> bool:
        """Remember a finding; False when it is known."""
        new = (seed, finding) not in self.findings
        self.findings[seed, finding] = None
        return new

    def ready(self, recovered_s: float, trading_s: float, runs: int) -> None:
        """A daemon was ready again."""
        self.starts.append((recovered_s, trading_s, runs))

    def died(self, death: Death, *, by_itself: bool, truth: Truth) -> None:
        """A life is over, or will be at once."""
        self.kills += 1
        self.unready += death.unready
        self.holding += truth.position != 0
        self.working += bool(truth.alive)
        if death.point:
            self.armed[death.point] += 1
            self.hits[death.point] += by_itself

    def ended(self, truth: Truth, written: Written, bare: Sequence[tuple[Naked, int]]) -> None:
        """An episode is over."""
        self.executions += len(truth.executions)
        self.orders += sum(truth.accepted.values())
        self.bare_s += [watched / 1e9 for _, watched in bare if watched]

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def table(self) -> Iterator[str]:
        """Figures for a person."""
        share = 100 / max(1, self.kills)
        yield f"kills that met a position {self.holding * share:.0f} %, any order {self.working * share:.0f} %"
        yield f"before the daemon was ready: {self.unready}"
        yield f"executions {self.executions}, orders {self.orders}, restarts of the database {self.restarts}"
        yield "named moments (hit of armed): " + ", ".join(
            f"{one} {self.hits[one]}/{self.armed[one]}" for one in POINTS
        )
        yield "faults: " + (", ".join(f"{name} {times}" for name, times in sorted(self.faults.items())) or "none")
        if self.starts:
            most = max(runs for *_, runs in self.starts)
            told = f"{len(self.starts)} {'forked ' * self.forked}starts, up to {most} runs in a journal"
            yield f"ready again (recovered; it trades, or says why not) after {_spread(one[0] for one in self.starts)}"
            yield f"trading again after {_spread(one[1] for one in self.starts)} ({told})"
        if self.bare_s:
            yield (f"without enough stops {len(self.bare_s)} times while the daemon was there: {_spread(self.bare_s)}")

    def line(self) -> str:
        """The one line for programs."""
        count = Counter(finding.kind for _, finding in self.findings)
        figures = " ".join(f"{kind}={count[kind]}" for kind in ("lost", "doubled", "altered", "naked"))
        return f"kills={self.kills} {figures}"


def _spread(seconds: Iterable[float]) -> str:
    ordered = sorted(seconds)
    p50, p99 = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.99))
    return f"p50 {p50:.2f} s, p99 {p99:.2f} s, most {ordered[-1]:.2f} s"
