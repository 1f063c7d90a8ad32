"""What was wanted, and what each proposal would have made alone, by the fill model of its run: the refused, or all.

The tape answers, not this page: whoever is handed in as `Ask` takes a run's proposals to it. What a refusal would have
made is no claim about the run without its rules: proposals that were all refused while a position was open are all
counted here, each as if it had been the only one.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import numpy as np

from bot.domain.abstain import Said
from bot.domain.market import Days
from bot.domain.what_if import HORIZONS_S, Answer, Drawn, Made, Terms, Wish
from bot.errors import PaperpitError
from bot.journal import rows
from bot.journal.filters import Filters
from bot.journal.lists import Wanted
from bot.journal.promises import chance_in
from bot.journal.reading import Reader, RunInfo
from bot.journal.values import LONG_SHORT, Grid, grids
from bot.review.tries import settings
from bot.review.trips import BROKER, demos, market_of
from bot.sessions import days_of

Ask = Callable[[RunInfo, Sequence[Wish]], Answer]
"""Who takes the proposals of a run to its tape. Raises PaperpitError where there is none to ask."""
Asking = Callable[[Reader], Ask]
"""The same, for the runs of a journal."""
Draws = Callable[[RunInfo, Sequence[Wish]], Mapping[str, Sequence[Drawn]]]
"""Who draws random entries that are like a run's wishes, and tells what they would have made. Raises as `Ask` does."""
BLOCKED = "blocked"
VERDICTS = (BLOCKED, "approved", "would-place")
"""All that may come of a proposal."""
NO_SIGNAL = ("none", True)
"""Of a proposal that only the end of a bar led to."""


@dataclass(frozen=True, slots=True)
class Refused:
    """One refusal, or another proposal (`verdict`): `made` is None where no tape could be asked.

    Ticks and R are numbers, times ns UTC.
    """

    id: str
    run: str
    ts_ns: int
    instrument: str
    strategy: str
    side: str | None
    kind: str  # of its signal; "none" where it had none
    rules: tuple[str, ...]  # in the order in which the gate asked them, each once
    session: int  # yyyymmdd
    fill_model: str
    market: str  # "live", "demo", else the adapter that made or replayed it
    drill: bool
    made: Made | None
    cost_ticks: float
    """Commission of one unit in and out, ticks."""
    grid: Grid
    verdict: str = BLOCKED
    drawn: Sequence[Drawn] | None = None
    """Random entries beside it; None where none were drawn."""
    said: Said | None = None
    """What its strategy's model said of it; None where none was asked."""

    @property
    def filled(self) -> bool:
        """Whether it would have been a round trip."""
        return self.made is not None and self.made.filled

    @property
    def ticks(self) -> float | None:
        """Gained for one unit before costs."""
        return None if self.made is None or self.made.ticks is None else float(self.made.ticks)

    @property
    def r(self) -> float | None:
        """Multiple of the risk."""
        return None if self.made is None or self.made.r is None else float(self.made.r)

    @property
    def r_net(self) -> float | None:
        """The same after commission."""
        if self.made is None or self.made.r is None:
            return None
        return float(self.made.r) - self.cost_ticks / float(self.made.risk)

    def shape(self) -> dict[str, Any] | None:
        """As an object for programs and pages, prices as decimal text; None where no tape could be asked."""
        made = self.made
        if made is None:
            return None
        prices = [self.grid.mean_price(made.vwap(one)) if made.filled else None for one in (made.paid, made.left)]
        return {
            "end": made.end,
            "filled": made.filled,
            "fill_model": self.fill_model,
            "entry_ns": made.entry_ns if made.units else None,
            "exit_ns": made.exit_ns if made.filled else None,
            "entry_price": prices[0],
            "exit_price": prices[1],
            "ticks": _rounded(self.ticks),
            "r": _rounded(self.r),
            "r_net": _rounded(self.r_net),
            "markouts": [
                {"after_s": after, "from_mid": _at(made.from_mid, index), "from_fill": _at(made.from_fill, index)}
                for index, after in enumerate(HORIZONS_S)
            ],
        }


class Found(NamedTuple):
    """Proposals in order, and the runs whose tape could not be asked → why."""

    refused: list[Refused]
    untold: dict[str, str]


def refused(reader: Reader, runs: Sequence[RunInfo], filters: Filters, ask: Ask) -> Found:
    """What the filters let through of what `runs` refused, with what each would have made."""
    return wanted(reader, runs, filters, ask, (BLOCKED,))


def wanted(
    reader: Reader,
    runs: Sequence[RunInfo],
    filters: Filters,
    ask: Ask,
    verdicts: Collection[str] = VERDICTS,
    draws: Draws | None = None,
) -> Found:
    """What the filters let through of what `runs` wanted, by the gate's verdict, with what each would have made.

    With `draws` also what random entries beside each would have.
    """
    runs = filters.runs(runs)
    passing, around, found, untold = Wanted.of(reader, runs, filters), _Around.of(reader, runs), list[Refused](), {}
    for run in runs:
        told = [row for row in reader.each(rows.Decision, [run]) if row.verdict in verdicts]
        mine = [row for row in told if passing.has(row, row.ts) and filters.strategy in ("", row.strategy)]
        if not mine:
            continue
        signals = _signals(reader, told)
        hours = around.hours(run, min(row.known for row in told), max(row.known for row in told))
        answer, drawn = Answer(run.fill_model or BROKER, {}), dict[str, Sequence[Drawn]]()
        # All of them: whoever answers may keep the answer for the next question.
        wishes = [_wish(row, signals, hours[row.instrument]) for row in told]
        try:
            answer = ask(run, wishes)
            drawn |= draws(run, wishes) if draws else {}
        except PaperpitError as error:
            untold[run.run] = error.what
        for row in mine:
            one = around.refused(run, row, signals, hours[row.instrument], answer)
            found.append(replace(one, verdict=row.verdict, drawn=drawn.get(row.id)))
    return Found(found, untold)


Signals = Mapping[str | None, tuple[str, bool]]
"""Id → kind, and whether it came of a bar's end."""


def _signals(reader: Reader, blocked: Sequence[rows.Decision]) -> dict[str | None, tuple[str, bool]]:
    named = {row.signal_id for row in blocked if row.signal_id}
    return {row.id: (row.kind, row.ts < row.known) for row in reader.among(rows.Signal, "id", named)}


def _wish(row: rows.Decision, signals: Signals, hours: Days) -> Wish:
    """What was proposed; without terms where it never had prices."""
    numbers = (row.quantity, row.entry, row.stop, row.target, row.ttl_ns, row.time_stop_ns)
    known = [number for number in numbers if number is not None]
    terms = Terms(*known) if len(known) == len(numbers) else None
    _, at_first = signals.get(row.signal_id, NO_SIGNAL)
    until = int(_day(hours, row.known)["close"])
    return Wish(row.id, row.strategy, row.instrument, row.side, row.known, until, at_first, terms)


class _Around(NamedTuple):
    """What a refusal is read with."""

    instruments: Mapping[tuple[str, str], rows.Instrument]
    drills: Mapping[tuple[str, str], bool]
    demos: set[str]

    @classmethod
    def of(cls, reader: Reader, runs: Sequence[RunInfo]) -> "_Around":
        return cls(
            instruments={(one.run, one.product): one for one in reader.read(rows.Instrument, runs)},
            drills={(run, name): one.drill for (run, _, name), one in settings(reader, runs).items()},
            demos=demos(reader),
        )

    def hours(self, run: RunInfo, first_ns: int, last_ns: int) -> dict[str, Days]:
        """Product → the sessions from one moment of a run to another."""
        return {
            product: days_of(one, first_ns, last_ns)
            for (name, product), one in self.instruments.items()
            if name == run.run
        }

    def refused(self, run: RunInfo, row: rows.Decision, signals: Signals, hours: Days, answer: Answer) -> Refused:
        """One refusal with its answer."""
        one = self.instruments[row.run, row.instrument]
        return Refused(
            id=row.id,
            run=row.run,
            ts_ns=row.ts,
            instrument=row.instrument,
            strategy=row.strategy,
            side=LONG_SHORT[row.side],
            kind=signals.get(row.signal_id, NO_SIGNAL)[0],
            rules=tuple(dict.fromkeys(reason["rule"] for reason in msgspec.json.decode(row.reasons))),
            session=int(_day(hours, row.known)["date"]),
            fill_model=answer.fill_model,
            market=market_of(run, self.demos),
            drill=self.drills.get((row.run, row.strategy), False),
            made=answer.made.get(row.id),
            cost_ticks=float(2 * Decimal(one.commission) / Decimal(one.tick_value)),
            grid=grids([one])[row.run, row.instrument],
            said=chance_in(row.facts),
        )


def _day(hours: Days, ts: int) -> Any:
    """The session that is on at `ts`, else the next one."""
    return hours[int(np.searchsorted(hours["close"], ts, side="right"))]


def _at(markouts: Sequence[float | None], index: int) -> float | None:
    return markouts[index] if markouts else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
