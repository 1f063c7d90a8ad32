"""Law of the lesson's M08: in layers, but within preset limits. Whatever is asked for and however it goes, nothing is
approved beyond a limit.

Random brackets of one ES strategy are asked for one after the other; what is approved is sent and filled, stopped out,
won or left working by chance. The limits are counted here anew from what was approved, not read from the gate.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.decision import Approved, Proposal, Verdict
from bot.domain.order import Bracket
from bot.risk.gate import Gate
from bot.risk.rules import ALL
from tests.rooms.risk.bench import ASK, BID, ES, SECOND, Bench

LIMITED = replace(ES, max_order=3, max_position=4, max_bracket_risk=Decimal(500))
LOSS_MAX, OPEN_MAX, DAY_MAX = Decimal(900), 2, 8
SETTINGS = {"max_daily_loss_usd": f"{LOSS_MAX}", "max_open_brackets": OPEN_MAX, "max_brackets_per_day": DAY_MAX}
wishes = st.tuples(
    st.sampled_from([1, -1]),  # side
    st.integers(1, 5),  # contracts
    st.integers(2, 14),  # risk in ticks
    st.sampled_from(["work", "fill", "stop", "win", "lapse"]),
)


@dataclass
class Book:
    """What was approved so far, counted by hand."""

    brackets: list[tuple[Bracket, str]] = field(default_factory=list)
    lost: Decimal = Decimal(0)

    def at_risk(self) -> Decimal:
        """Money of the brackets that work or are held, if all are stopped out."""
        return sum((risk(bracket.approved.proposal) for bracket, _ in self.brackets), Decimal(0))


def risk(wanted: Proposal) -> Decimal:
    """Money between entry and stop, without costs."""
    return wanted.quantity * wanted.risk_ticks * LIMITED.tick_value


def within(wanted: Proposal, book: Book, sent: int) -> bool:
    """Whether a bracket keeps to every limit."""
    same = [b.approved.proposal for b, _ in book.brackets]
    beside = sum(one.side * one.quantity for one in same if one.side == wanted.side)
    return (
        wanted.quantity <= LIMITED.max_order
        and abs(beside + wanted.side * wanted.quantity) <= LIMITED.max_position
        and risk(wanted) <= LIMITED.max_bracket_risk
        and len(book.brackets) < OPEN_MAX
        and sent < DAY_MAX
        and book.lost + book.at_risk() + risk(wanted) <= LOSS_MAX
    )


def go_on(bench: Bench, book: Book, bracket: Bracket, then: str) -> None:
    """What becomes of a bracket that was sent."""
    wanted = bracket.approved.proposal
    if then != "work" and then != "lapse":
        bench.fill(bracket.entry, wanted.entry)
    if then in ("stop", "win"):
        end = bracket.stop if then == "stop" else bracket.target
        bench.fill(end, wanted.stop if then == "stop" else wanted.target)
        ticks = -wanted.risk_ticks if then == "stop" else wanted.reward_ticks
        book.lost -= ticks * wanted.quantity * LIMITED.tick_value
    if then in ("stop", "win", "lapse"):
        bench.gate.ended(bracket)
    else:
        book.brackets.append((bracket, then))


def beyond(asked: list[tuple[int, int, int, str]], make: type[Gate] = Gate) -> list[Proposal]:
    """What was approved although it breaks a limit."""
    bench, book, sent, found = Bench(instruments=(LIMITED,), settings=SETTINGS, make=make), Book(), 0, []
    for side, quantity, ticks, then in asked:
        bench.at(bench.now + 20 * SECOND)
        entry = BID if side > 0 else ASK
        wanted = bench.want(side=side, risk=ticks, reward=2 * ticks, entry=entry, quantity=quantity)
        if not isinstance(bench.judge(wanted), Approved):
            continue
        if not within(wanted, book, sent):
            found.append(wanted)
        bench.at(bench.now + 20 * SECOND)  # the gate takes an equal wish within ten seconds for a double
        go_on(bench, book, bench.open(side=side, risk=ticks, reward=2 * ticks, entry=entry, quantity=quantity), then)
        sent += 1
    return found


@settings(max_examples=300, deadline=None)
@given(st.lists(wishes, min_size=1, max_size=14))
def test_m08_nothing_is_approved_beyond_a_limit(asked: list[tuple[int, int, int, str]]) -> None:
    assert beyond(asked) == []


class Lenient(Gate):
    """The mutant: it forgets a rule about amounts."""

    def judge(self, proposal: Proposal, now: int) -> Verdict:
        self._rules = [rule for rule in self._rules if type(rule).__name__ not in FORGOTTEN]
        return super().judge(proposal, now)


FORGOTTEN: set[str] = set()


def test_the_law_can_fail() -> None:
    for rule, asked in {
        "OrderSize": [(1, 4, 3, "work")],
        "Position": [(1, 3, 3, "fill"), (1, 3, 3, "fill")],
        "BracketRisk": [(1, 3, 14, "work")],
        "OpenBrackets": [(1, 1, 3, "work")] * 3,
        "BracketsPerDay": [(1, 1, 3, "lapse")] * 9,
        "DailyLoss": [(1, 3, 10, "stop")] * 4,
    }.items():
        FORGOTTEN.clear()
        FORGOTTEN.add(rule)
        assert rule in {one.__name__ for one in ALL}
        assert beyond(asked, Lenient) != [], rule
        assert beyond(asked) == []
