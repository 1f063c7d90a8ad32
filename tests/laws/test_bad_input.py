"""Bad input is counted, flagged, and never seen by a detector: no crash, and no signal that such a row confirms.

Method: a lively tape is spoilt at any row and read through the same cleaner as every adapter's. A row that says nothing
(no price, no size, far off the market, between two ticks of a future, a crossed quote) is put in between, and the
signals must be those of the clean tape, evidence and all. A stamp that goes back is a row that came late: it is read,
but confirms nothing, and beyond its own bar the same levels are seen.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.market import ABSENT, OFF_GRID, PRINT, QUARANTINED, QUOTE, STATUS, TS_REGRESSED, Events, Ticks
from bot.signals.roster import CANDIDATES
from bot.tape.clean import FAR_NS, FAR_TICKS, Cleaner
from tests.rooms.signals.scanning import CONTEXT_NS, TRIGGER_NS, hair_engine, kinds, lively, scanned

SEEN: Counter[str] = Counter()


def _print(row: Any, price: int, size: int, flags: int = 0) -> None:
    row["kind"], row["price"], row["size"], row["side"], row["flags"] = PRINT, price, size, 1, flags


def _quote(row: Any, bid: int, ask: int, flags: int = 0) -> None:
    row["kind"], row["price"], row["size"], row["side"], row["side_method"] = QUOTE, ABSENT, 0, 0, 0
    row["bid"], row["ask"], row["bid_size"], row["ask_size"], row["flags"] = bid, ask, 40, 40, flags


SET_APART = OFF_GRID | QUARANTINED


def _far_ahead(row: Any) -> None:
    row["ts"] += 10 * 52 * FAR_NS


FAULTS: dict[str, tuple[str, Callable[[Any], None]]] = {
    "a print without a price": ("bad_price", lambda row: _print(row, ABSENT, 5)),
    "a print of size zero": ("zero_size", lambda row: _print(row, 16_790, 0)),
    "a print of a negative size": ("bad_size", lambda row: _print(row, 16_790, -7)),
    "a print without a size": ("bad_size", lambda row: _print(row, 16_790, ABSENT)),
    "a print far off the market": ("far_price", lambda row: _print(row, 16_790 + FAR_TICKS * 2, 5)),
    "a print between two ticks": ("off_grid", lambda row: _print(row, 16_790, 500, SET_APART)),
    "a quote between two ticks": ("off_grid", lambda row: _quote(row, 16_700, 16_900, SET_APART)),
    "a stamp of another decade": ("far_time", _far_ahead),
    "a crossed quote": ("crossed", lambda row: _quote(row, 16_830, 16_770)),
}


def cleaned(ticks: Ticks) -> tuple[Ticks, Counter[str]]:
    cleaner = Cleaner()
    return cleaner.clean(ticks.copy()), Counter(cleaner.anomalies)


def spoilt(ticks: Ticks, faults: list[tuple[str, int]]) -> tuple[Ticks, list[int]]:
    """The tape with a bad row put in before each of these rows, and where the bad rows stand then."""
    rows, places = list(ticks), []
    for shift, (name, at) in enumerate(sorted(faults, key=lambda fault: fault[1])):
        row = ticks[at].copy()
        FAULTS[name][1](row)
        rows.insert(at + shift, row)
        places.append(at + shift)
    return np.array(rows, ticks.dtype), places


def told(engine: Any, events: Events) -> list[Any]:
    """Every signal without the number of its row: kind, times, side, price, strength and evidence."""
    names = kinds(engine, events)
    found = []
    for name, event in zip(names, events, strict=True):
        if name not in ("bar", "guard"):
            found.append(
                (name, event["ts"], event["side"], event["price"], event["strength"], event["evidence"].tobytes())
            )
    return found


# Each once: two prints far off that agree are a market that has moved.
faults = st.lists(
    st.tuples(st.sampled_from(sorted(FAULTS)), st.integers(5, 590)),
    min_size=1,
    max_size=6,
    unique_by=lambda fault: fault[0],
)


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 3_000), faults, st.booleans(), st.lists(st.integers(0, 600), max_size=5))
def test_rows_that_say_nothing_change_nothing(
    seed: int, faults: list[tuple[str, int]], sided: bool, cut: list[int]
) -> None:
    ticks = lively(seed, sided=sided)
    clean, before = cleaned(ticks)
    dirty, places = spoilt(ticks, faults)
    dirty, after = cleaned(dirty)
    assert after - before == Counter(FAULTS[name][0] for name, _ in faults)
    assert not before - after

    engine = hair_engine()
    events = scanned(engine, clean)
    found = scanned(hair_engine(), dirty, cut)
    assert told(engine, found) == told(engine, events)
    assert _at(engine, found, places) <= {"guard"} | CANDIDATES
    SEEN.update(kinds(engine, found))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 3_000), st.lists(st.integers(5, 590), min_size=1, max_size=4, unique=True), st.booleans())
def test_a_stamp_that_goes_back_is_clamped_counted_and_confirms_nothing(
    seed: int, places: list[int], sided: bool
) -> None:
    ticks = lively(seed, sided=sided)
    dirty = ticks.copy()
    for at in places:
        dirty["ts"][at] -= 10 * 60 * 1_000_000_000
    dirty, after = cleaned(dirty)
    clean, before = cleaned(ticks)
    assert after - before == Counter(ts_regressed=len(places))
    assert (np.flatnonzero(dirty["flags"] & TS_REGRESSED) == sorted(places)).all()
    assert (np.diff(dirty["ts"]) >= 0).all()

    engine = hair_engine()
    found = scanned(engine, dirty)
    assert _at(engine, found, places) <= {"guard"} | CANDIDATES
    first = min(int(ticks["ts"][at]) for at in places)
    whole = scanned(hair_engine(), clean)
    until = first - first % CONTEXT_NS
    assert _until(engine, found, until) == _until(engine, whole, until)


def _at(engine: Any, events: Events, places: list[int]) -> set[str]:
    """Kinds of the events that rows at these places confirmed; what the end of a bar confirms, time does."""
    in_time = events["ts"] % TRIGGER_NS == 0
    return set(kinds(engine, events[np.isin(events["row"], places) & (events["before"] == 0) & ~in_time]))


def _until(engine: Any, events: Events, ts: int) -> list[Any]:
    return told(engine, events[events["known"] < ts])


@pytest.mark.parametrize("place", range(60, 600, 90))
def test_a_late_row_changes_no_signal_beyond_its_bar(place: int) -> None:
    for seed in range(6):
        ticks = lively(seed)
        dirty = ticks.copy()
        dirty["ts"][place] -= 10 * 60 * 1_000_000_000
        engine = hair_engine()
        clean, spoilt_too = scanned(engine, cleaned(ticks)[0]), scanned(hair_engine(), cleaned(dirty)[0])
        bar = int(ticks["ts"][place]) // CONTEXT_NS * CONTEXT_NS
        outside = [
            {one[:4] for one in told(engine, events) if not bar - TRIGGER_NS <= one[1] <= bar + CONTEXT_NS + TRIGGER_NS}
            for events in (clean, spoilt_too)
        ]
        assert outside[0] == outside[1]


def test_what_was_tried_reached_signals_of_every_reader() -> None:
    assert {"absorption", "absorption_early", "rejection", "imbalance", "absorption_rejection"} <= set(SEEN), SEEN


def test_rows_that_nobody_cleaned_do_no_harm_either() -> None:
    # An adapter of somebody else may pass its rows on as they came.
    ticks = lively(3)
    engine = hair_engine()
    whole = told(engine, scanned(engine, cleaned(ticks)[0]))
    names = [name for name in FAULTS if "far" not in FAULTS[name][0]]
    dirty, _ = spoilt(ticks, [(name, 100 + 40 * k) for k, name in enumerate(names)])
    assert told(engine, scanned(hair_engine(), dirty)) == whole


@pytest.mark.parametrize("begin", [True, False])
def test_a_gap_of_weeks_costs_the_row_after_it_and_no_more(begin: bool) -> None:
    ticks = lively(3)
    ticks["ts"][300:] += 3 * FAR_NS
    cleaner = Cleaner(int(ticks["ts"][0])) if begin else Cleaner()
    rows = cleaner.clean(ticks.copy())
    assert (np.flatnonzero(rows["ts"] != ticks["ts"]) == [300]).all()
    assert cleaner.anomalies["far_time"] == 1
    assert "ts_regressed" not in cleaner.anomalies


def test_status_rows_are_nobodys_fault() -> None:
    ticks = lively(3)
    ticks = ticks[ticks["kind"] == STATUS]
    assert cleaned(ticks)[1] == Counter()
