"""What became of one bracket in one run: which of its orders filled, at which price, and who says so."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from bot.domain.order import Role
from bot.journal import rows
from bot.journal.reading import Reader, RunInfo
from bot.journal.values import LONG_SHORT, Grid, clock, grids

ALIKE_NS = 1_000_000_000
"""Fills this near in time are the same: a broker's come by wire, and IB's own stamps are whole seconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One bracket and its fills, corrections applied."""

    bracket: rows.Bracket
    fills: Mapping[str, Sequence[rows.Fill]]  # role → fills in order
    grid: Grid
    by: str  # who filled it: a model, or the broker

    @property
    def named(self) -> str:
        """The bracket in words."""
        one = self.bracket
        return f"the {LONG_SHORT[one.side]} bracket in {one.instrument} of {clock(one.created_ns)}"

    def told(self) -> dict[str, Any]:
        """As a difference shows it."""
        return {
            "bracket_id": self.bracket.id,
            "instrument": self.bracket.instrument,
            "side": LONG_SHORT[self.bracket.side],
            "filled_by": self.by,
            "fills": [
                {"role": fill.role, "quantity": fill.quantity, "price": self.grid.price(fill.price), "ts_ns": fill.ts}
                for fills in self.fills.values()
                for fill in fills
            ],
        }

    def of(self, role: str) -> str:
        """What filled of one role, in words."""
        fills = self.fills.get(role, ())
        if not fills:
            return f"not filled by {self.by}"
        count = sum(fill.quantity for fill in fills)
        mean = Fraction(sum(fill.price * fill.quantity for fill in fills), count)
        return f"{count} at {self.grid.mean_price(mean)}, {clock(fills[-1].ts)}, by {self.by}"


def outcomes(reader: Reader, info: RunInfo) -> dict[str, Outcome]:
    """What became of each bracket that a run sent, by the id of its decision; a later run's fills are not told."""
    grid = grids(reader.read(rows.Instrument, [info]))
    fills: dict[str, dict[str, list[rows.Fill]]] = defaultdict(lambda: defaultdict(list))
    written = reader.read(rows.Fill, [info])
    replaced = {fill.corrects for fill in written if fill.corrects}
    for fill in written:
        if fill.bracket_id is not None and fill.exec_id not in replaced:
            fills[fill.bracket_id][fill.role].append(fill)
    return {
        one.decision_id: Outcome(one, fills[one.id], grid[info.run, one.instrument], _by(info))
        for one in reader.read(rows.Bracket, [info])
    }


@dataclass(frozen=True, slots=True)
class Parted:
    """Where two outcomes of one bracket part."""

    ts: int  # ns UTC
    role: str  # the first order of which they do
    late: bool  # that order was filled at the same prices, in one of them later
    later: bool  # it was filled in both, in one of them later
    why: str


def filled_differently(a: Outcome, b: Outcome) -> Parted | None:
    """Where two outcomes of one bracket part, and how in a sentence; None when they do not."""
    roles = [
        role for role in dict.fromkeys((*Role, *a.fills, *b.fills)) if _sums_differ(a, b, role) or _late(a, b, role)
    ]
    if not roles:
        return None
    first = {role: _first(a, b, role) for role in roles}
    role = min(roles, key=lambda one: first[one])
    told = [f"{role} {a.of(role)} in A, {b.of(role)} in B" for role in roles]
    left, right = _of(a, b, role)
    later = bool(left and right) and left[-1].ts != right[-1].ts
    return Parted(first[role], role, not _sums_differ(a, b, role), later, f"{a.named}: {'; '.join(told)}")


def _first(a: Outcome, b: Outcome, role: str) -> int:
    return min((fill.ts for one in (a, b) for fill in one.fills.get(role, ())), default=a.bracket.created_ns)


def _sums_differ(a: Outcome, b: Outcome, role: str) -> bool:
    sums = [(sum(f.quantity for f in fills), sum(f.quantity * f.price for f in fills)) for fills in _of(a, b, role)]
    return sums[0] != sums[1]


def _late(a: Outcome, b: Outcome, role: str) -> bool:
    left, right = _of(a, b, role)
    return bool(left and right) and abs(left[-1].ts - right[-1].ts) > ALIKE_NS


def _of(a: Outcome, b: Outcome, role: str) -> tuple[Sequence[rows.Fill], Sequence[rows.Fill]]:
    return a.fills.get(role, ()), b.fills.get(role, ())


def _by(info: RunInfo) -> str:
    if info.adapter in ("replay", "synthetic"):
        return f"the model {info.fill_model}"
    return f"{info.adapter} ({info.fill_model})" if info.fill_model else info.adapter
