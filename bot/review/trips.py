"""Finished round trips as flat records: what figures and pages are made of.

A round trip's own numbers are those of `bot.journal.round_trips`. Around them stands what it is grouped by: the
exchange session that it was entered in, the kind of its signal, the hour, the weekday, the regime, who filled it and
under which settings.

Regime
    The journal records one measure of the market at an entry: the `atr_ticks` in the evidence of the signal. Within a
    product and a bar length, round trips fall into thirds by it: `calm`, `usual`, `lively`. A signal without that
    number, or fewer than three of them, is `unknown`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from bot.domain.abstain import Said
from bot.journal import rows
from bot.journal.filters import Filters
from bot.journal.lists import Wanted
from bot.journal.promises import chances
from bot.journal.reading import Reader, RunInfo
from bot.journal.remarks import Remarks, remarks
from bot.journal.round_trips import RoundTrip, round_trips
from bot.journal.values import LONG_SHORT, new_york
from bot.review.live import MADE
from bot.review.tries import Settings, key_of, settings
from bot.sessions import day_at, days

SECOND_NS = 1_000_000_000
BROKER = "broker"
"""The fill model of a live run: whoever fills it there."""
LIVE, DEMO = "live", "demo"
REGIMES = ("calm", "usual", "lively")
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Trip:
    """One finished round trip. Prices and money are Decimal, ticks, R and minutes numbers, times ns UTC."""

    id: str
    run: str
    instrument: str
    contract: str
    strategy: str
    side: str  # long or short
    quantity: int
    entry_ns: int
    exit_ns: int
    entry_price: Decimal
    exit_price: Decimal
    ticks: float
    gross: Decimal
    commission: Decimal
    net: Decimal
    r: float | None
    r_net: float | None
    r_planned: float | None
    slippage_ticks: float
    mae_ticks: int | None
    mfe_ticks: int | None
    exit_reason: str
    signal_id: str | None
    session: int  # yyyymmdd: the date on which the exchange's session ends
    kind: str  # of its signal; "none" where it had none
    timeframe: str  # of its signal; empty where it had none
    atr_ticks: float | None  # what its signal's evidence says of the market
    hour: int  # of its entry, New York
    weekday: int  # of its session, Monday is 0
    regime: str
    minutes: float  # in position
    fill_model: str
    adapter: str
    account: str
    market: str  # "live", "demo", else the adapter that made or replayed it
    drill: bool
    config_hash: str
    setting: str  # digest of what its strategy was set to
    seq: int  # of its last fill
    tags: tuple[str, ...]
    said: Said | None  # what its strategy's model said of it; None where none was asked


class Seen(NamedTuple):
    """What figures need of a round trip's signal."""

    kind: str
    timeframe: str
    atr_ticks: float | None


NOTHING_SEEN = Seen("none", "", None)


def trips(reader: Reader, runs: Sequence[RunInfo], filters: Filters) -> list[Trip]:
    """Every finished round trip of `runs` that the filters let through, in order of entry."""
    runs = filters.runs(runs)
    wanted = Wanted.of(reader, runs, filters)
    found = [
        trip
        for trip in round_trips(reader, runs)
        if wanted.has(trip.bracket, trip.entries[0].ts) and filters.strategy in ("", trip.bracket.strategy)
    ]
    return flat(reader, runs, found)


def flat(reader: Reader, runs: Sequence[RunInfo], found: Sequence[RoundTrip]) -> list[Trip]:
    """Round trips of `runs` with everything that they are grouped by."""
    if not found:
        return []
    around = _Around(
        reader,
        {run.run: run for run in runs},
        demos(reader),
        settings(reader, runs),
        remarks(reader),
        session_dates(reader.read(rows.Instrument, runs), found),
        signals_of(reader, runs),
        chances(reader, runs),
    )
    return regimed([around.trip(trip) for trip in found])


class _Around(NamedTuple):
    reader: Reader
    runs: Mapping[str, RunInfo]
    demos: set[str]
    settings: Settings
    remarks: Mapping[str, Remarks]
    sessions: Mapping[str, int]
    signals: Mapping[str, Seen]
    chances: Mapping[str, Said]

    def seen(self, trip: RoundTrip) -> Seen:
        return self.signals.get(trip.bracket.signal_id or "", NOTHING_SEEN)

    def trip(self, trip: RoundTrip) -> Trip:
        bracket, grid, seen = trip.bracket, trip.grid, trip.excursion
        run, setting = (
            self.runs[bracket.run],
            self.settings.get(key_of(self.reader, bracket.run, bracket.seq, bracket.strategy)),
        )
        entry_ns, exit_ns = trip.entries[0].ts, trip.exits[-1].ts
        session, said, signal = self.sessions[bracket.id], self.remarks.get(bracket.id), self.seen(trip)
        return Trip(
            id=bracket.id,
            run=bracket.run,
            instrument=bracket.instrument,
            contract=bracket.contract,
            strategy=bracket.strategy,
            side=LONG_SHORT[bracket.side] or "",
            quantity=trip.quantity,
            entry_ns=entry_ns,
            exit_ns=exit_ns,
            entry_price=Decimal(grid.mean_price(trip.entry)),
            exit_price=Decimal(grid.mean_price(trip.exit)),
            ticks=float(trip.ticks),
            gross=trip.gross,
            commission=trip.commission,
            net=trip.net,
            r=trip.r,
            r_net=trip.r_net,
            r_planned=trip.r_planned,
            slippage_ticks=float(trip.slippage),
            mae_ticks=seen.mae_ticks if seen else None,
            mfe_ticks=seen.mfe_ticks if seen else None,
            exit_reason=trip.exit_reason,
            signal_id=bracket.signal_id,
            session=session,
            kind=signal.kind,
            timeframe=signal.timeframe,
            atr_ticks=signal.atr_ticks,
            hour=new_york(entry_ns).hour,
            weekday=date(session // 10_000, session // 100 % 100, session % 100).weekday(),
            regime=UNKNOWN,
            minutes=(exit_ns - entry_ns) / (60 * SECOND_NS),
            fill_model=run.fill_model or BROKER,
            adapter=run.adapter,
            account=run.account,
            market=market_of(run, self.demos),
            drill=setting is not None and setting.drill,
            config_hash=self.reader.config_hash(bracket.run, bracket.seq),
            setting=setting.digest if setting else "",
            seq=max(fill.seq for fill in (*trip.entries, *trip.exits)),
            tags=tuple(sorted(said.tags)) if said else (),
            said=self.chances.get(bracket.decision_id),
        )


def market_of(run: RunInfo, demos: Collection[str]) -> str:
    """`live`, `demo`, else the adapter that made or replayed the market; `demos` are the runs of the shipped tape."""
    return LIVE if run.adapter not in MADE else DEMO if run.run in demos else run.adapter


def apart(market: str, *, drill: bool) -> tuple[str, ...]:
    """Words by which people tell unlike groups apart: none for live round trips of a real strategy."""
    return (*(() if market == LIVE else (market,)), *(("drill",) if drill else ()))


def demos(reader: Reader) -> set[str]:
    """The runs that replayed the shipped tape."""
    tapes = ((run, msgspec.json.decode(text)) for run, text in reader.query("SELECT run, tapes FROM run"))
    return {run for run, played in tapes if any(tape.get("name") == DEMO for tape in played)}


def signals_of(reader: Reader, runs: Sequence[RunInfo]) -> dict[str, Seen]:
    """The signals of the brackets of `runs`, by id: looked up one by one, a journal holds a hundred times as many."""
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    return {
        row.id: Seen(row.kind, row.timeframe, decode(row.evidence).get("atr_ticks"))
        for row in reader.children(rows.Signal, "id", rows.Bracket, "signal_id", runs)
    }


def session_dates(instruments: Iterable[rows.Instrument], found: Sequence[RoundTrip]) -> dict[str, int]:
    """Bracket id → date (yyyymmdd) of the exchange session that its entry filled in."""
    hours = {(it.run, it.product): (it.calendar, it.zone, it.regular_open, it.regular_close) for it in instruments}
    by_hours: dict[tuple[str, ...], list[RoundTrip]] = defaultdict(list)
    for trip in found:
        by_hours[hours[trip.bracket.run, trip.bracket.instrument]].append(trip)
    dates: dict[str, int] = {}
    for (calendar, zone, regular_open, regular_close), mine in by_hours.items():
        stamps = [trip.entries[0].ts for trip in mine]
        known = days(
            calendar,
            zone=zone,
            regular_open=regular_open,
            regular_close=regular_close,
            first_ns=min(stamps),
            last_ns=max(stamps),
        )
        dates |= {trip.bracket.id: int(known[day_at(known, ts)]["date"]) for trip, ts in zip(mine, stamps, strict=True)}
    return dates


def regimed(found: Sequence[Trip]) -> list[Trip]:
    """The same round trips, each with its regime among these: thirds of `atr_ticks` of a product and a bar length."""
    ranges: dict[tuple[str, str], list[float]] = defaultdict(list)
    for trip in found:
        if trip.atr_ticks is not None:
            ranges[trip.instrument, trip.timeframe].append(trip.atr_ticks)
    bounds = {key: np.quantile(values, (1 / 3, 2 / 3)) for key, values in ranges.items() if len(values) >= len(REGIMES)}
    regimes = (_regime(trip, bounds.get((trip.instrument, trip.timeframe))) for trip in found)
    return [
        trip if trip.regime == regime else replace(trip, regime=regime)
        for trip, regime in zip(found, regimes, strict=True)
    ]


def _regime(trip: Trip, bounds: NDArray[np.float64] | None) -> str:
    if trip.atr_ticks is None or bounds is None:
        return UNKNOWN
    return REGIMES[int(np.searchsorted(bounds, trip.atr_ticks))]
