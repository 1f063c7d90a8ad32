"""Real recorded tapes go through the whole desk: no crash, nothing held at the end, the same again on the same tape.

The recordings are a vendor's and do not ship; where they are not beside the checkout these stories are skipped.
"""

import os
from collections import defaultdict
from pathlib import Path

import pytest

from bot.config import load_instruments
from bot.resources import checkout
from bot.tape.grid import Grid
from bot.tape.importers import Wishes, import_source, open_source
from tests.playing import play, strategy

DATA = Path(os.environ.get("PAPERPIT_SHARED_DATA") or (checkout() or Path()) / ".." / "shared" / "data")
pytestmark = pytest.mark.skipif(
    not (DATA / "README.md").is_file(), reason="no recordings beside the checkout (PAPERPIT_SHARED_DATA names them)"
)

DRILL = """
name = "drill-recorded"
strategy = "drill"
instrument = "{product}"
timeframe = "1m"
time_stop = "10m"

[params]
every = 3

[bracket]
stop_ticks = {stop}
target_ticks = {target}
contracts = 1

[entry]
ttl = "30s"
offset_ticks = 0

[hours]
session = "any"
"""
# Product, stop and target of a drill that the product's limits allow, and whether the tape has quotes to trade against.
TAPES = {
    "ESH4_2023-12-25": ("ES", 8, 12, True),
    "ESU4_2024-07-01": ("ES", 4, 6, False),  # a few minutes: too short for an entry to be sure
    "ESH2_2022-01-24": ("ES", 4, 6, False),
    "NQZ5_2025-11-27": ("NQ", 20, 30, False),
    "GCZ3_2013-10-07": ("GC", 10, 15, False),  # no quote at all: the gate lets nothing through
    "AAPL_2012-06-21": ("AAPL", 60, 90, False),  # spreads of fifteen ticks: mostly refused
    "SPY_2013-10-07": ("SPY", 10, 15, True),
    "IBM_2013-10-07": ("IBM", 10, 15, False),
    "BAC_2013-10-08": ("BAC", 10, 15, True),
}


@pytest.mark.parametrize("name", TAPES)
def test_a_recorded_tape_is_traded_and_nothing_is_held_at_its_end(tmp_path: Path, name: str) -> None:
    product, stop, target, trades = TAPES[name]
    tape = tmp_path / f"{name}.parquet"
    wished = Wishes()
    import_source(open_source(DATA / f"{name}.parquet", wished), tape, wished, known)
    spec = strategy(tmp_path, DRILL.format(product=product, stop=stop, target=target))
    played = play(tmp_path, tape, spec)

    held: defaultdict[str, int] = defaultdict(int)
    for fill in played.fills:
        held[fill["contract"]] += fill["quantity"] if fill["side"] == "buy" else -fill["quantity"]
    assert not any(held.values())
    assert len(played.round_trips) == played.outcome.round_trips
    assert played.round_trips or not trades, played.rules
    assert play(tmp_path, tape, spec, batch=977).hash == played.hash


def known(product: str) -> Grid | None:
    """The grid of a product that instruments.toml knows."""
    facts = load_instruments().get(product)
    return Grid(facts.tick, future=facts.kind == "future") if facts else None
