"""The common task here, beside the peers and beside what the machine allows; all of one run, in turns."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from tests.bench.limits import decode_rate, read_rate
from tests.bench.peer import Peer, peers_are_here
from tests.bench.rows import Row, in_turns
from tests.bench.tape import load
from tests.bench.whole import Replay

# script, rows that it is given, goals of the ratio
PEERS = (("nautilus.py", 500_000, 200.0, 500.0), ("hft.py", 1_000_000, 3.0, 8.0))


def measure(folder: Path, rows: Path, tape: Path, rounds: int) -> list[Row]:
    """Rows P1, P2, P3 (rows in memory) and P5 (the same rows from a file)."""
    held = load(rows)
    ours, streamed = Replay(folder, rows), Replay(folder, tape)
    ours.run(), streamed.run(), read_rate(held), decode_rate(tape)  # compile and warm up
    contestants: dict[str, Callable[[], float]] = {
        "ours": ours.rate,
        "read": lambda: read_rate(held),
        "streamed": streamed.rate,
        "decode": lambda: decode_rate(tape),
    }
    with ExitStack() as opened:
        peers: dict[str, Peer] = {}
        for script, count, _, _ in PEERS if peers_are_here() else ():
            part = folder / f"rows-{count}.npy"
            np.save(part, held[:count])
            peers[script] = opened.enter_context(Peer(script, part))
            contestants[script] = peers[script].round
        rates = in_turns(contestants, rounds)
        found = [_beside(script, peers.get(script), rates, must, aim) for script, _, must, aim in PEERS]
    millions = {name: rate / 1e6 for name, rate in rates.items()}
    return [
        Row("replay: whole desk, rows in memory", millions["ours"], "M rows/s"),
        *found,
        Row(
            "replay: share of reading the rows once",
            millions["read"],
            "M rows/s",
            "read once",
            rates["ours"] / rates["read"],
            must=0.2,
            aim=0.33,
        ),
        Row("replay: whole desk, from a file", millions["streamed"], "M rows/s"),
        Row(
            "replay: share of decoding the file",
            millions["decode"],
            "M rows/s",
            "decode alone",
            rates["streamed"] / rates["decode"],
            must=0.7,
            aim=0.85,
        ),
    ]


def _beside(script: str, peer: Peer | None, rates: dict[str, float], must: float, aim: float) -> Row:
    if peer is None:
        return Row(f"replay: {script} beside it", None, "M rows/s", must=must, aim=aim, note="not to be had here")
    counts = ", ".join(f"{count} {name}" for name, count in peer.counts.items())
    rate = rates[script]
    return Row(
        f"replay: {peer.name}", rate / 1e6, "M rows/s", peer.name, rates["ours"] / rate, must=must, aim=aim, note=counts
    )
