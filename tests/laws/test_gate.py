"""Laws 4 and 7. Only the gate approves and it tells every reason; no entry is approved inside a blackout.

Each law is tried on mutants as well: a property that no broken gate can break proves nothing.
"""

import ast
import copy
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.decision import Approved, Blocked, Proposal, Refusal, Verdict
from bot.domain.seal import SEAL
from bot.risk.blackout import Blackout, Window
from bot.risk.calendar import EventCalendar
from bot.risk.calendar_import import Reading, Span
from bot.risk.events import Event
from bot.risk.gate import Gate
from tests.rooms.risk.bench import SECOND, SHIPPED, Bench, ns

ROOT = Path(__file__).parents[2]
HOLDERS = {"bot/risk/gate.py", "bot/domain/decision.py"}
MINUTE = 60 * SECOND


# Law 4: only the gate can make an Approved.


def forgeries(approved: Approved) -> Iterator[str]:
    """Ways of getting an approval without the gate that work on this type."""
    wider = replace(approved.proposal, quantity=99)
    kind = type(approved)
    ways: dict[str, Callable[[], object]] = {
        "made by hand": lambda: kind(wider, approved.ts, approved.facts, object()),
        "made without a seal": lambda: kind(wider, approved.ts, approved.facts),  # type: ignore[call-arg]
        "changed by replace": lambda: replace(approved, proposal=wider),
        "changed in place": lambda: setattr(approved, "proposal", wider),
    }
    for name, way in ways.items():
        try:
            way()
        except (TypeError, ValueError, AttributeError):
            continue
        yield name


@dataclass(frozen=True)
class SealKept:
    """The mutant: a seal that is a field is copied by `replace`."""

    proposal: Proposal
    ts: int
    facts: dict[str, object]
    seal: object

    def __post_init__(self) -> None:
        if self.seal is not SEAL:
            raise TypeError


def approval() -> Approved:
    verdict = Bench().judge()
    assert isinstance(verdict, Approved)
    return verdict


def test_an_approval_cannot_be_forged() -> None:
    assert list(forgeries(approval())) == []


def test_a_seal_that_is_kept_would_be_caught() -> None:
    genuine = approval()
    assert list(forgeries(SealKept(genuine.proposal, genuine.ts, {}, SEAL))) == ["changed by replace"]  # type: ignore[arg-type]


def test_the_seal_leaves_no_trace_in_an_approval() -> None:
    genuine = approval()
    assert "seal" not in repr(genuine)
    assert copy.copy(genuine) == pickle.loads(pickle.dumps(genuine)) == genuine


def holders(root: Path) -> set[str]:
    """Source files that know the seal, by whatever way of importing it."""
    found = set()
    for path in (file for folder in ("bot", "adapters", "strategies") for file in (root / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
            module = (node.module or "") if isinstance(node, ast.ImportFrom) else ""
            if any("seal" in f"{module}.{name}".split(".") for name in names):
                found.add(path.relative_to(root).as_posix())
    return found


def test_only_the_gate_holds_the_seal() -> None:
    assert holders(ROOT) == HOLDERS


@pytest.mark.parametrize(
    "line", ["from bot.domain.seal import SEAL", "from bot.domain import seal", "import bot.domain.seal"]
)
def test_another_holder_would_be_caught(tmp_path: Path, line: str) -> None:
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies" / "sly.py").write_text(line + "\n")
    assert holders(tmp_path) == {"strategies/sly.py"}


# Law 4: everything else is Blocked, with every reason.

FAULTS: dict[str, Callable[[Bench], None]] = {
    "kill_switch": lambda bench: bench.gate.kill(True, "test"),
    "pause": lambda bench: bench.gate.pause(True, "test"),
    "stale": lambda bench: bench.quote(age=3 * SECOND),
    "G4": lambda bench: bench.gate.guard(0, 4, True, {}),
}
WISHES = {
    "order_size": {"quantity": 2},
    "stop_distance": {"risk": 41},
    "freshness": {"known": Bench().now - 3 * SECOND},
    "collar": {"entry": 16820},
}


class FirstReasonOnly(Gate):
    """The mutant: it stops at the first rule that refuses."""

    def judge(self, proposal: Proposal | Refusal, now: int) -> Verdict:
        verdict = super().judge(proposal, now)
        return replace(verdict, reasons=verdict.reasons[:1]) if isinstance(verdict, Blocked) else verdict


def every_reason_is_told(make: type[Gate]) -> None:
    @settings(max_examples=60, deadline=None)
    @given(st.sets(st.sampled_from(sorted(FAULTS))), st.sets(st.sampled_from(sorted(WISHES))))
    def law(faults: set[str], wishes: set[str]) -> None:
        bench = Bench(make=make)
        for name in faults:
            FAULTS[name](bench)
        changes = {key: value for name in wishes for key, value in WISHES[name].items()}
        refused = bench.refused(**changes)
        assert faults | wishes <= set(refused)
        assert bool(refused) == bool(faults | wishes)

    law()


def test_every_reason_is_told_not_only_the_first() -> None:
    every_reason_is_told(Gate)


def test_a_gate_that_tells_only_the_first_would_be_caught() -> None:
    with pytest.raises(AssertionError):
        every_reason_is_told(FirstReasonOnly)


# Law 7: no entry is approved inside a blackout.

MARGINS = {  # minutes before and after, told here once more on purpose
    "fomc_statement": (30, 90),
    "fomc_press_conference": (30, 60),
    "fomc_minutes": (5, 15),
    "cpi": (5, 15),
    "nfp": (5, 15),
    "ppi": (5, 15),
}
START, END = ns("2026-11-30 00:00"), ns("2026-12-20 00:00")


class NoBlackoutRule(Gate):
    """The mutant: one rule is missing."""

    def judge(self, proposal: Proposal | Refusal, now: int) -> Verdict:
        self._rules = [rule for rule in self._rules if rule.name != "blackout"]
        return super().judge(proposal, now)


class LateByAMinute(Blackout):
    """The mutant: it wakes up a minute after the window began."""

    def at(self, ts: int) -> tuple[Window, ...]:
        return super().at(ts - MINUTE) if super().at(ts - MINUTE) else ()


class FirstEventOnly(Blackout):
    """The mutant: of two windows that overlap it knows the earlier one."""

    def __init__(self, calendar: EventCalendar, *args: object) -> None:
        super().__init__(replace(calendar, events=calendar.events[:1]), *args)  # type: ignore[arg-type]


def calendar_of(events: list[tuple[str, int]]) -> EventCalendar:
    told = tuple(
        Event(kind, at, datetime.fromtimestamp(at // SECOND, UTC).date(), "scheduled", "own.csv") for kind, at in events
    )
    spans = tuple(Span(kind, START - 10**17, END + 10**17, "own.csv") for kind in MARGINS)
    return EventCalendar.of([Reading(told, spans)], "own.csv")


def no_approval_inside_a_window(make: type[Gate], blackout: type[Blackout]) -> None:
    # Minutes of one session's regular hours, so that most moments would be approved but for the news.
    open_, minutes = ns("2026-12-11 09:30"), 375
    moments = st.integers(0, minutes * 60 - 1)
    events = st.lists(st.tuples(st.sampled_from(sorted(MARGINS)), moments), min_size=1, max_size=4)

    @settings(max_examples=150, deadline=None)
    @given(events, st.lists(st.integers(-5, 100 * 60), max_size=6))
    def law(found: list[tuple[str, int]], steps: list[int]) -> None:
        placed = [(kind, open_ + seconds * SECOND) for kind, seconds in found]
        bench = Bench(calendar=calendar_of(placed), make=make, blackout=blackout)
        edges = [at + way * MARGINS[kind][way > 0] * MINUTE for kind, at in placed for way in (-1, 1)]
        for now in {open_ + step * SECOND for step in steps} | {edge + by for edge in edges for by in (-1, 0, 1)}:
            if not open_ <= now < open_ + minutes * MINUTE:
                continue
            inside = any(at - MARGINS[kind][0] * MINUTE <= now < at + MARGINS[kind][1] * MINUTE for kind, at in placed)
            assert ("blackout" in bench.at(now).refused()) == inside

    law()


def test_m18_no_entry_is_approved_inside_a_blackout() -> None:
    no_approval_inside_a_window(Gate, Blackout)


@pytest.mark.parametrize(
    ("make", "blackout"),
    [(NoBlackoutRule, Blackout), (Gate, LateByAMinute), (Gate, FirstEventOnly)],
    ids=["no rule", "late", "first event only"],
)
def test_a_gate_with_a_hole_would_be_caught(make: type[Gate], blackout: type[Blackout]) -> None:
    with pytest.raises(AssertionError):
        no_approval_inside_a_window(make, blackout)


@given(st.integers(START, END))
def test_a_calendar_that_is_missing_closes_every_moment(now: int) -> None:
    windows = Blackout(EventCalendar.absent("no file"), ("cpi",)).at(now)
    assert [window.status for window in windows] == ["absent"]


@given(st.dates(date(2027, 1, 4), date(2030, 12, 31)), st.integers(8 * 60 + 25, 8 * 60 + 44))
def test_beyond_its_calendar_a_kind_closes_its_hours(day: date, minute: int) -> None:
    now = ns(f"{day} {minute // 60:02}:{minute % 60:02}")
    closed = bool(Blackout(SHIPPED, ("cpi",)).at(now))
    assert closed == (day.weekday() < 5)


# The day's loss belongs to the exchange's session.


class MidnightGate(Gate):
    """The mutant: a new day begins at midnight in New York."""

    def judge(self, proposal: Proposal | Refusal, now: int) -> Verdict:
        for sessions in self._sessions:
            sessions.date = lambda ts: int(f"{datetime.fromtimestamp(ts // SECOND - 5 * 3600, UTC):%Y%m%d}")  # type: ignore[method-assign]
        return super().judge(proposal, now)


def the_limit_holds_for_the_session(make: type[Gate]) -> None:
    @settings(max_examples=40, deadline=None)
    @given(st.integers(0, 22 * 60), st.integers(1, 80 * 60))
    def law(lost_at: int, later: int) -> None:
        opened = ns("2026-12-10 18:00")
        bench = Bench(
            now=opened + lost_at * MINUTE,
            hours={"session": "extended"},
            settings={"max_daily_loss_usd": "80"},
            make=make,
        )
        bench.lose()
        bench.at(opened + (lost_at + later) * MINUTE)
        assert ("daily_loss" in bench.refused()) == (bench.now < ns("2026-12-13 18:00"))

    law()


def test_a_lost_day_stays_lost_until_the_next_session_opens() -> None:
    the_limit_holds_for_the_session(Gate)


def test_a_day_that_ends_at_midnight_would_be_caught() -> None:
    with pytest.raises(AssertionError):
        the_limit_holds_for_the_session(MidnightGate)
