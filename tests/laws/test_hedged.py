"""The laws over a hedged maker: two instruments, one inventory, and what of it stands alone is told to the last unit.

ES is the drill's market, MES follows it; where either is halted or one-sided the gate closes it, and legs stand alone.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.desk.hedging import Hedging
from bot.domain.order import HEDGE
from bot.journal import rows
from bot.journal.check import check
from bot.journal.place import place
from bot.journal.reading import reading
from tests.hedged import allowing, hedged, pair
from tests.laws.test_mirror_desk import AXIS
from tests.laws.test_mirror_desk import told as told_in_a_mirror
from tests.laws.test_no_peeking_desk import cut_short
from tests.laws.test_no_peeking_desk import told as told_until
from tests.laws.test_quotes import FREE, naked
from tests.playing import Played, play
from tests.tapes import Tape

SECOND = 1_000_000_000
RATIO = 10
PLAYED: list[Played] = []
hurried = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def run(folder: Path, tapes: tuple[Tape, Tape], batch: int | None = None) -> Played:
    return play(folder, tapes, hedged(folder), sets=FREE, config=allowing(folder), batch=batch)


def legs(played: Played) -> Iterator[tuple[rows.Fill | None, int, int, float, str]]:
    """In order of writing: after each fill what is held of both and what was told to be open; `None`: a row of it."""
    with reading(place(played.url)) as reader:
        runs = reader.choose(played.outcome.run)
        told: list[Any] = [*reader.read(rows.Fill, runs)]
        told += [row for row in reader.read(rows.Control, runs) if row.key == "hedge.maker-law"]
    held, units, why = {"ES": 0, "MES": 0}, 0.0, ""
    for row in sorted(told, key=lambda one: one.seq):
        if isinstance(row, rows.Fill):
            held[row.instrument] += row.side * row.quantity
            yield row, held["ES"], held["MES"], units, why
        else:
            units, why = float(msgspec.json.decode(row.value)), row.why
            yield None, held["ES"], held["MES"], units, why


def untold(played: Played) -> list[str]:
    """Moments at which something else was open than the newest row says."""
    found, before = list[str](), (0, 0, 0.0, "")
    for fill, es, mes, units, why in legs(played):
        if fill is not None:
            if before[0] * RATIO + before[1] != before[2] * RATIO:
                found.append(f"{before} before {fill.exec_id}")
            if fill.role == "flatten" and fill.instrument == "ES":
                return found  # the tape ends: both legs leave
        before = (es, mes, units, why)
    return found


def late(played: Played, most_ns: int = 2 * SECOND) -> list[str]:
    """Legs that stood alone for longer than their orders take, without a word why."""
    with reading(place(played.url)) as reader:
        told = [
            (row.ts, msgspec.json.decode(row.value), row.why)
            for row in reader.read(rows.Control, reader.choose(played.outcome.run))
            if row.key == "hedge.maker-law"
        ]
    ends = [*(ts for ts, _, _ in told[1:]), played.outcome.tally.last_ns]
    longer = [(ts, why) for (ts, units, why), then in zip(told, ends, strict=False) if units and then - ts > most_ns]
    # The words end in the reason, where there is one.
    return [f"{ts}: {why}" for ts, why in longer if ": " not in why]


@hurried
@given(seed=st.integers(0, 10_000))
def test_both_legs_come_from_fills_are_stopped_and_are_nothing_at_the_end(tmp_path: Path, seed: int) -> None:
    played = run(tmp_path, pair(seed))
    for product in ("ES", "MES"):
        own = [fill for fill in played.fills if fill["instrument"] == product]
        assert sum(fill["quantity"] if fill["side"] == "buy" else -fill["quantity"] for fill in own) == 0
    assert naked(played) == []
    assert untold(played) == []
    assert late(played) == []
    with reading(place(played.url)) as reader:
        assert check(reader) == []
    PLAYED.append(played)


def test_what_was_tried_hedged_a_lot() -> None:
    assert sum(len(played.round_trips) for played in PLAYED) > len(PLAYED)
    reasons = [trip["exit_reason"] for played in PLAYED for trip in played.round_trips if trip["instrument"] == "MES"]
    assert HEDGE in reasons


@hurried
@given(seed=st.integers(0, 10_000), batch=st.integers(1, 400))
def test_a_cut_anywhere_changes_no_row(tmp_path: Path, seed: int, batch: int) -> None:
    assert run(tmp_path, pair(seed), batch).hash == run(tmp_path, pair(seed)).hash


@hurried
@given(seed=st.integers(0, 10_000), rows=st.integers(100, 500))
def test_what_comes_later_changes_nothing_before(tmp_path: Path, seed: int, rows: int) -> None:
    es, mes = pair(seed)
    end = int(es.rows()["ts"][rows - 1])
    short = cut_short(es, rows), Tape("MES").then(mes.rows()[mes.rows()["ts"] < end])
    assert told_until(run(tmp_path, short), end) == told_until(run(tmp_path, (es, mes)), end)


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_a_mirrored_pair_is_a_mirrored_journal(tmp_path: Path, seed: int) -> None:
    es, mes = pair(seed)
    straight, mirrored = run(tmp_path, (es, mes)), run(tmp_path, (es.mirrored(AXIS), mes.mirrored(AXIS)))
    assert sorted(told_in_a_mirror(mirrored, mirrored=True), key=str) == sorted(told_in_a_mirror(straight), key=str)
    assert {fill["instrument"] for fill in straight.fills} == {"ES", "MES"}


def test_the_laws_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutants: a desk that hedges nothing and gives no reason, and one that tells nothing."""
    tapes = pair(1)

    async def nothing(self: Hedging, *_: object, **__: object) -> str:
        return ""

    with monkeypatch.context() as mutant:
        mutant.setattr(Hedging, "_act", nothing)
        assert late(run(tmp_path, tapes))
    monkeypatch.setattr(Hedging, "_tell", nothing)
    assert untold(run(tmp_path, tapes))
