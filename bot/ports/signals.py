"""Signals and strategies: who scans, who remembers, who is asked, and who doubts what they want."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.domain.abstain import Abstain, Heard
from bot.domain.decision import Fact, Proposal, Quote, Refusal, Signal
from bot.domain.market import Events, Ticks


class Detector(Protocol):
    """A scan over ticks that writes EVENT rows: a pure fold, the same however the tape is cut."""

    kind: str
    """Name in the journal and in TOML."""
    kinds: tuple[str, ...]
    """Every kind it can emit; EVENT.kind is an index into this before the engine renumbers it."""
    EVIDENCE: tuple[str, ...]
    """Names of EVENT.evidence, in order."""

    def scan(self, ticks: Ticks, start: int, until: int) -> tuple[Events, int]:
        """Read rows from `start`; close whatever ends at or before `until` (ns UTC, after the last row).

        Returns a view of EVENT rows (read it before the next call) and the row reached; a full buffer returns early.
        """


class Remembers(Protocol):
    """What a Detector may do beside: be saved with the day and go on from there. Without, it starts cold each time."""

    def save(self) -> Mapping[str, Any]:
        """Arrays that hold all of its memory, by name; no Python objects. They may be its own: they are copied."""

    def load(self, saved: Mapping[str, Any]) -> None:
        """Go on from what `save` gave, before its first row. Raises ValueError for what it cannot take, unchanged."""


class Strategy(Protocol):
    """Asked at each signal that it wants whether to trade. It sees signals, never a detector's state."""

    name: str
    instrument: str
    wants: frozenset[str]
    """Kinds that it is called with; internal kinds `bar` and `guard` must be named to be had."""

    def decide(self, signal: Signal, desk: "DeskView") -> Sequence[Proposal | Refusal | Quote]:
        """What it would do about this signal, known now. Pure but for its own memory."""


class Doubter(Protocol):
    """A strategy's model: it can only abstain."""

    @property
    def state(self) -> object:
        """What it remembers, to compare."""

    def says(
        self, proposal: Proposal, signal: Signal | None, break_even: float, *, guarded: bool
    ) -> Mapping[str, Fact]:
        """Its words on a proposal and the numbers behind them, as facts."""

    def shut(self, now: int) -> Mapping[Abstain, int | None]:
        """What makes it abstain from everything at `now` → since when, where that is known; ns UTC."""

    def hear(self, what: Iterable[Heard]) -> None:
        """What has happened, in order."""


@dataclass(frozen=True, slots=True)
class DeskView:
    """What a strategy may know of the desk at the moment it is asked. Prices are ticks."""

    now: int
    bid: int  # ABSENT when there is none
    ask: int
    position: int  # signed, of the strategy's instrument
    open_brackets: int  # of this strategy: entries working or positions held
    own: int = 0  # signed, what this strategy itself holds of its instrument


class Engine(Protocol):
    """All detectors over one batch, merged by (row, order of configuration)."""

    kinds: tuple[str, ...]
    internal: frozenset[str]
    """Kinds delivered to strategies and gate but not listed as signals."""
    candidates: frozenset[str]
    """Kinds that fall short of a signal: journalled in a table of their own, and no strategy is asked about them."""
    knows: bool
    """Whether a scan only looks up what was seen of the tape before: no thread is needed for that."""

    moments: Sequence[int]
    """When detectors change, ns UTC, in order, also those that have passed; a batch that is scanned has none within."""
    reads_to: int
    """How far the market has been handed to it, ns UTC; whoever hands it over keeps this."""

    def scan(self, ticks: Ticks, until: int) -> Events:
        """EVENT rows of this batch in the order in which they happened; a copy."""

    def hushed_until(self, sources: frozenset[int]) -> int:
        """Up to which moment (ns UTC) one of these sources says nothing, for it is not warm; 0 = all of them speak."""

    def evidence(self, event: Any) -> dict[str, float]:
        """The event's evidence by name."""

    def params_hash(self, event: Any) -> str:
        """Which parameters made it."""

    def footprint(self, instrument: int, timeframe_ns: int, end_ns: int) -> object | None:
        """A closed bar with its cells, as JSON would have it, while it is among the newest few; else None."""
